"""Kubernetes APIs: objects of an API version that the cluster no longer serves, or will not for long.

The fact guarded here: an API version is removed from one Kubernetes release to the next; `helm upgrade`
then fails for the whole release, even if the objects in the cluster are fine.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.helm.capabilities import DEFAULT_KUBE_VERSION
from meshlint.kube.lifecycle import Lifecycle, Version, lifecycle, version_of
from meshlint.kube.resource import Resource
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

# What else changes with the new version, for kinds where the apiVersion alone is not enough.
_ALSO = {
    "Ingress": "give every path a `pathType` and write the backend as `service: {name, port: {number}}`",
    "CustomResourceDefinition": "move the schema to `versions[].schema.openAPIV3Schema`",
    "HorizontalPodAutoscaler": "write metric targets as `target: {type, averageUtilization}`",
    "PodDisruptionBudget": "an empty selector then selects all pods of the namespace",
    "MutatingWebhookConfiguration": "set `sideEffects` and `admissionReviewVersions`",
    "ValidatingWebhookConfiguration": "set `sideEffects` and `admissionReviewVersions`",
    "CertificateSigningRequest": "set `signerName` and `usages`",
    "EndpointSlice": "write `nodeName` instead of the topology label kubernetes.io/hostname",
    "Event": "see the field names of events.k8s.io/v1",
}
_GONE = {
    "PodSecurityPolicy": "remove it and label the Namespace `pod-security.kubernetes.io/enforce: baseline`",
}
_SELECTS = frozenset({"Deployment", "DaemonSet", "ReplicaSet", "StatefulSet"})
_ASKS = ".APIVersions"


def _target(context: Context) -> Version:
    return version_of(context.options.kube_version or DEFAULT_KUBE_VERSION) or (1, 36)


def _outdated(context: Context) -> Iterator[tuple[Resource, Lifecycle]]:
    """The objects of deprecated APIs, but not where the template asks the cluster which one to write."""
    target = _target(context)
    for resource in context.resources:
        row = lifecycle(resource.api_version, resource.kind, target)
        if row is not None and not _asks_cluster(resource):
            yield resource, row


def _asks_cluster(resource: Resource) -> bool:
    """True if .Capabilities.APIVersions decides the apiVersion: offline it holds what Helm's client knows."""
    origin = resource.locate(("apiVersion",), False).origin
    if origin is None:
        return False
    spans = [origin.span] if origin.span is not None else []
    spans += [link.span for link in origin.scope.links()] if origin.scope is not None else []
    return any(_ASKS in span.text() for span in spans)


def _shown(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _instead(row: Lifecycle) -> str:
    return f" in favour of `{row.replacement}`" if row.replacement else ""


def _hint(row: Lifecycle) -> str:
    if not row.replacement:
        return _GONE.get(row.kind, "remove it; no other API replaces this one")
    also = "" if row.api_version == "autoscaling/v2beta2" else _ALSO.get(row.kind, "")
    if row.kind in _SELECTS:
        also = "write the `selector` out: it is no longer filled in"
    return f"write `apiVersion: {row.replacement}`" + (f"; {also}" if also else "")


def _notes(context: Context) -> list[str]:
    if context.options.kube_version:
        return []
    return [f"judged for Kubernetes {_shown(_target(context))}; --kube-version names another"]


@rule(
    "VER004",
    "kubernetes-api-removed",
    "An object of an API version that Kubernetes no longer serves.",
    precision="very-high",
    tags=("version", "upgrade", "rejected"),
)
def kubernetes_api_removed(context: Context) -> Iterator[Finding]:
    """For the Kubernetes version of the run; branches on .Capabilities.KubeVersion are taken as rendered."""
    target = _target(context)
    for resource, row in _outdated(context):
        if row.removed <= target:
            yield kubernetes_api_removed.finding(
                f"{resource.label()} is of API `{row.api_version}`, which was removed in Kubernetes "
                f"{_shown(row.removed)}{_instead(row)}",
                Place(resource, ("apiVersion",), f"removed in {_shown(row.removed)}"),
                effect=Effect(
                    f'the API server answers `no matches for kind "{row.kind}" in version '
                    f'"{row.api_version}"`: nothing of the release is installed or upgraded'
                ),
                hint=_hint(row),
                notes=_notes(context),
                key=row.api_version,
            )


@rule(
    "VER005",
    "kubernetes-api-deprecated",
    "An object of an API version that a coming Kubernetes version removes.",
    severity="warning",
    precision="very-high",
    tags=("version", "upgrade"),
)
def kubernetes_api_deprecated(context: Context) -> Iterator[Finding]:
    """Deprecated in the Kubernetes version of the run, but still served."""
    target = _target(context)
    for resource, row in _outdated(context):
        if row.removed > target:
            yield kubernetes_api_deprecated.finding(
                f"{resource.label()} is of API `{row.api_version}`, which is deprecated since Kubernetes "
                f"{_shown(row.deprecated)} and removed in {_shown(row.removed)}{_instead(row)}",
                Place(resource, ("apiVersion",), f"removed in {_shown(row.removed)}"),
                effect=Effect(f"install and upgrade fail from Kubernetes {_shown(row.removed)} on"),
                hint=_hint(row),
                notes=_notes(context),
                key=row.api_version,
            )


RULES: tuple[Rule, ...] = (kubernetes_api_removed, kubernetes_api_deprecated)
