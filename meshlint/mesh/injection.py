"""Injection: which pods get a sidecar, and why.

In: a workload and the Namespace objects of the input. Out: a verdict with the place that decides.
Facts: pkg/kube/inject (injectRequired) and the webhook templates of Istio; ambient is only detected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from meshlint.kube.resource import Resource
from meshlint.kube.workload import Workload
from meshlint.mesh.settings import SYSTEM_NAMESPACES, Settings
from meshlint.text.origin import Path

Membership = Literal["yes", "no", "unknown"]
INJECT = "sidecar.istio.io/inject"
REVISION = "istio.io/rev"
NAMESPACE_LABEL = "istio-injection"
DATAPLANE = "istio.io/dataplane-mode"


class Injection(NamedTuple):
    """Whether pods get a sidecar.

    verdict   "yes", "no" or "unknown"
    why       one clause in plain words, ends a sentence: "namespace review has istio-injection=enabled"
    resource, path   the object and the place that decide; None if nothing written does
    revision  the control-plane revision that injects, "" for the default one
    ambient   True if the namespace or pod is captured by ambient mode instead
    """

    verdict: Membership
    why: str
    resource: Resource | None = None
    path: Path = ()
    revision: str = ""
    ambient: bool = False


def injection_of(workload: Workload, namespace: Resource | None, settings: Settings) -> Injection:
    """The verdict for one workload.

    namespace   the Namespace object, None if it is not in the input
    """
    manual = _by_hand(workload)
    if manual is not None:
        return manual
    if workload.host_network:
        path = (*workload.pod_path, "hostNetwork")
        return Injection("no", "the pod uses the host network", workload.template, path)
    if workload.namespace in SYSTEM_NAMESPACES:
        return Injection("no", f"{workload.namespace} is a system namespace")
    labels: Mapping[str, str] | None = None if namespace is None else namespace.labels
    matched = _webhook(workload, labels, namespace, settings)
    if matched.verdict == "no" or matched.ambient:
        return matched
    return _policy(workload, matched)


def _by_hand(workload: Workload) -> Injection | None:
    """Pods whose manifest already carries the proxy (`istioctl kube-inject`)."""
    for container in workload.containers:
        if container.name == "istio-proxy" and container.restarts:
            if container.data.get("image") == "auto":
                return None
            return Injection("yes", "the pod has an istio-proxy container", workload.template, container.path)
    return None


def _webhook(
    workload: Workload, labels: Mapping[str, str] | None, namespace: Resource | None, settings: Settings
) -> Injection:
    """Whether the injector's webhook sees the pods at all: namespace labels, then pod labels."""
    name = workload.namespace
    if labels is None and settings.assumes_injection(name):
        return Injection("yes", f"namespace {name} is assumed to be injected")
    known = labels or {}
    if known.get(DATAPLANE) == "ambient" and NAMESPACE_LABEL not in known and not known.get(REVISION):
        path: Path = ("metadata", "labels", DATAPLANE)
        return Injection("no", f"namespace {name} is in ambient mode", namespace, path, ambient=True)
    if NAMESPACE_LABEL in known:
        value = known[NAMESPACE_LABEL]
        path = ("metadata", "labels", NAMESPACE_LABEL)
        verdict: Membership = "yes" if value == "enabled" else "no"
        return Injection(verdict, f"namespace {name} has {NAMESPACE_LABEL}={value}", namespace, path)
    if REVISION in known:
        path = ("metadata", "labels", REVISION)
        why = f"namespace {name} has {REVISION}={known[REVISION]}"
        return Injection("yes" if known[REVISION] else "no", why, namespace, path, known[REVISION])
    return _unlabelled(workload, labels, settings)


def _unlabelled(workload: Workload, labels: Mapping[str, str] | None, settings: Settings) -> Injection:
    """The namespace says nothing (or is not in the input): the pods' own labels decide."""
    pod_revision = workload.labels.get(REVISION)
    if pod_revision and workload.labels.get(INJECT) != "false":
        why = f"the pods have the label {REVISION}={pod_revision}"
        return Injection("yes", why, workload.template, (*workload.labels_path, REVISION), pod_revision)
    if workload.labels.get(INJECT) == "true":
        why = f"the pods have the label {INJECT}=true"
        return Injection("yes", why, workload.template, (*workload.labels_path, INJECT))
    if workload.labels.get(DATAPLANE) == "ambient":
        why = f"the pods have the label {DATAPLANE}=ambient"
        path = (*workload.labels_path, DATAPLANE)
        return Injection("no", why, workload.template, path, ambient=True)
    if labels is None:
        why = f"namespace {workload.namespace} is not in the input, so its labels are unknown"
        return Injection("unknown", why)
    if settings.inject_by_default:
        return Injection("yes", "the mesh injects namespaces by default")
    return Injection("no", f"namespace {workload.namespace} has no injection label")


def _policy(workload: Workload, matched: Injection) -> Injection:
    """The pods' own word once the webhook is (or may be) asked: the label first, then the annotation."""
    for table, base in (
        (workload.labels, workload.labels_path),
        (workload.annotations, (*workload.template_path, "metadata", "annotations")),
    ):
        value = table.get(INJECT)
        if value is None:
            continue
        what = "label" if table is workload.labels else "annotation"
        if value == "false":
            why = f"the pods have the {what} {INJECT}={value}"
            return Injection("no", why, workload.template, (*base, INJECT))
        return matched
    return matched
