"""Kubernetes objects: names and selectors that the API server refuses, and what it will not change later.

The fact guarded here: `helm template` and most linters accept what `helm install` or the next
`helm upgrade` stops at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from meshlint.kube.fields import mapping, maps, string_map
from meshlint.kube.kinds import APPS, GroupKind
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import missing
from meshlint.kube.workload import Workload
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path, Read, dotted
from meshlint.text.pattern import lazy

_SUBDOMAIN = lazy(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PART = lazy(r"[-a-z0-9.]*")
_LABEL = lazy(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_SERVICE_LABEL = lazy(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_LABEL, _LONGEST_NAME = 63, 253
_RBAC = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
# Kinds with names of their own shape, and a platform whose API servers go by other rules.
_ANY_NAME = ("CertificateSigningRequest", "ClusterTrustBundle", "IPAddress")
_OTHER_RULES = ".openshift.io"
_SET = "StatefulSet"
_SELECTING = ("Deployment", "ReplicaSet", "DaemonSet", _SET)
_POLICY = "helm.sh/resource-policy"

# Labels that the conventions of `helm create` fill with the version of the chart or the app.
CHANGING_KEYS = ("helm.sh/chart", "chart", "app.kubernetes.io/version")
# What an upgrade changes, as templates read it.
_CHANGING: tuple[Path, ...] = (
    *(("Chart", "Version"), ("Chart", "AppVersion"), ("Chart", "version"), ("Chart", "appVersion")),
)


# --------------------------------------------------------------------------------------------------- names


@rule(
    "KUB003",
    "object-name-invalid",
    "An object with a name that Kubernetes refuses.",
    precision="very-high",
    tags=("kubernetes", "rejected"),
)
def object_name_invalid(context: Context) -> Iterator[Finding]:
    """A DNS name in lower case; a single label for Services and Namespaces; RBAC takes nearly all.

    One value or helper may spoil many names: one finding tells of all of them.
    """
    found: dict[object, list[Resource]] = {}
    for resource in context.resources:
        judged = resource.name and not resource.group.endswith(_OTHER_RULES)
        if judged and _name_fault(resource.kind, resource.name):
            found.setdefault(_cause(resource), []).append(resource)
    for first, *rest in found.values():
        listed = ", ".join(each.label() for each in rest[:3]) + (", ..." if len(rest) > 3 else "")
        others = f" ({len(rest)} more objects likewise)" if rest else ""
        yield object_name_invalid.finding(
            f"name `{first.name}` of {first.kind} {_name_fault(first.kind, first.name)}{others}",
            Place(first, ("metadata", "name"), "refused by the API server"),
            effect=Effect("the API server refuses the object: metadata.name: Invalid value"),
            hint=_name_hint(first),
            notes=[f"the same text is in the names of {listed}"] if rest else (),
            key="name",
        )


def _cause(resource: Resource) -> object:
    """What spoils the name: a value that is no part of a name, else the place of the name."""
    location = resource.locate(("metadata", "name"), False)
    for origin in location.values:
        written = origin.source.text[origin.value_start : origin.value_end].strip("\"'")
        if written in resource.name and not _PART.fullmatch(written):
            return origin.source.path, origin.path
    return location.source.path, location.line, location.column


def _name_fault(kind: str, name: str) -> str:
    if kind in _ANY_NAME:
        return ""
    if kind in _RBAC:
        bad = name in (".", "..") or "/" in name or "%" in name
        return "holds `/` or `%`, or is a dot" if bad else ""
    if kind in ("Service", "Namespace"):
        pattern, longest = (_SERVICE_LABEL if kind == "Service" else _LABEL), _LONGEST_LABEL
        shape = "a DNS label: lower-case letters, digits and `-`" + (
            ", a letter first" if kind == "Service" else ""
        )
    else:
        pattern, longest = _SUBDOMAIN, _LONGEST_NAME
        shape = "a DNS name: lower-case letters, digits, `-` and `.`, letters or digits at both ends"
    if len(name) > longest:
        return f"has {len(name)} characters, and {longest} are allowed"
    return "" if pattern.fullmatch(name) else f"is not {shape}"


def _name_hint(resource: Resource) -> str:
    """What to type: the nearest valid name for one that is written out, functions for one put together."""
    name = resource.name
    plain = re.sub(r"[^a-z0-9.-]+", "-", name.lower()).strip("-.")
    if len(name) > _LONGEST_LABEL:
        return 'shorten it: `| trunc 63 | trimSuffix "-"`'
    if plain and not _name_fault(resource.kind, plain):
        return f"write `{plain}`"
    return 'use lower-case letters, digits and `-`: `| lower | replace "_" "-" | trimSuffix "-"`'


# ----------------------------------------------------------------------------------------------- selectors


def _workloads(context: Context) -> Iterator[Workload]:
    """The linted workloads with a template of their own."""
    mesh = context.mesh
    return (one for one in mesh.workloads if mesh.is_linted(one.resource) and one.template is one.resource)


@rule(
    "WL017",
    "workload-without-selector",
    "A Deployment, ReplicaSet, DaemonSet or StatefulSet without a selector.",
    precision="very-high",
    kinds=tuple(GroupKind(APPS, kind) for kind in _SELECTING),
    tags=("workload", "selector", "rejected"),
)
def workload_without_selector(resource: Resource, context: Context) -> Iterator[Finding]:
    """apps/v1 requires one; the APIs before it filled it in."""
    del context
    selector = resource.get("spec", "selector")
    written = isinstance(selector, dict) and (selector.get("matchLabels") or selector.get("matchExpressions"))
    if resource.version == "v1" and not written:
        empty = selector is not None
        yield workload_without_selector.finding(
            f"{resource.label()} has {'an empty' if empty else 'no'} `spec.selector`",
            Place(resource, ("spec", "selector"), "matchLabels belong here", on_key=empty),
            effect=Effect("Kubernetes refuses the object: spec.selector is required"),
            hint="add `selector: {matchLabels: ...}` with labels that the pod template carries",
            key="selector",
        )


@rule(
    "WL018",
    "selector-misses-own-pods",
    "A workload whose selector does not match the labels of its own pod template.",
    precision="very-high",
    tags=("workload", "selector", "rejected"),
)
def selector_misses_own_pods(context: Context) -> Iterator[Finding]:
    """Mostly two helpers, one for selectors and one for labels, that went apart."""
    for workload in _workloads(context):
        resource, selector = workload.resource, workload.selector
        if selector is None or selector.empty() or resource.group != APPS or workload.transient:
            continue
        wants = missing(selector.equalities, workload.labels)
        if not wants and not selector.matches(workload.labels):
            yield _misses(
                workload, ("spec", "selector", "matchExpressions"), "its matchExpressions", "labels"
            )
        for want in wants:
            has = "the pods have no such label" if want.actual is None else f"the pods have `{want.actual}`"
            yield _misses(
                workload,
                ("spec", "selector", "matchLabels", want.key),
                f"`{want.key}={want.wanted}`",
                want.key,
                has,
                f"write `{want.key}: {want.wanted}` in the pod template, or take both from one helper",
            )


def _misses(
    workload: Workload, path: Path, what: str, key: str, has: str = "the pods do not fit", hint: str = ""
) -> Finding:
    return selector_misses_own_pods.finding(
        f"the selector of {workload.label()} asks for {what}, but {has}",
        Place(workload.resource, path, "asked for here"),
        Place(workload.resource, (*workload.labels_path, key), "what the pods carry", "cause"),
        effect=Effect("Kubernetes refuses the object: `selector` does not match template `labels`"),
        hint=hint or "give the pod template labels that its own selector matches",
        key=key,
    )


# --------------------------------------------------------------------------------- what cannot be changed


class Versions:
    """The texts in the charts of a world that the next release changes: versions and image tags.

    A cheap look at a value before the origins of its characters are asked for.
    """

    __slots__ = ("texts",)

    def __init__(self, context: Context) -> None:
        self.texts: set[str] = set()
        for rendered in context.charts:
            for part in rendered.chart.tree():
                self.texts |= {_plain(part.metadata.version), _plain(part.metadata.app_version)}
            stack: list[Any] = [rendered.values]
            while stack:
                found = stack.pop()
                if isinstance(found, dict):
                    self.texts.add(_plain(mapping(found.get("image")).get("tag")))
                stack += (
                    found.values() if isinstance(found, dict) else found if isinstance(found, list) else ()
                )
        self.texts.discard("")

    def source(self, resource: Resource, path: Path, value: str) -> str:
        """Where the value at a path has such a text from: `.Chart.Version`; "" if it has none."""
        if not any(text in value for text in self.texts):
            return ""
        origin = resource.locate(path, False).origin
        found = (_changes(read, value) for read in origin.behind()) if origin is not None else ()
        return next((name for name in found if name), "")


def _plain(version: Any) -> str:
    """A version as it stands in a label."""
    return str(version or "").replace("+", "_").removeprefix("v")


def _changes(read: Read, value: str) -> str:
    """The name of what was read, if it changes and its text is in the value; helpers read more than that."""
    path = read.path()
    if path is None or not read.present():
        return ""
    if path not in _CHANGING and not (path[0] == "Values" and path[-2:] == ("image", "tag")):
        return ""
    written = _plain(read.container[read.key])
    return f".{dotted(path)}" if written and written in value else ""


@rule(
    "WL006",
    "selector-changes-with-release",
    "A workload selector with a label that changes with every release: upgrades are refused.",
    precision="very-high",
    tags=("workload", "selector", "upgrade"),
)
def selector_changes_with_release(context: Context) -> Iterator[Finding]:
    """spec.selector is immutable; a chart or app version in it fits one release only."""
    versions = Versions(context)
    for workload in _workloads(context):
        if not workload.resource.group or workload.transient:
            continue
        for key, value in workload.selector.equalities.items() if workload.selector else ():
            path: Path = ("spec", "selector", "matchLabels", key)
            source = versions.source(workload.resource, path, value)
            if source and versions.source(workload.resource, ("metadata", "name"), workload.name):
                continue  # a workload per version
            if source or key in CHANGING_KEYS:
                yield selector_changes_with_release.finding(
                    f"selector of {workload.label()} contains `{key}={value}`, "
                    f"which changes with {source or 'the next release'}",
                    Place(workload.resource, path, "cannot be changed"),
                    effect=Effect("`helm upgrade` fails: spec.selector is immutable"),
                    hint=f"remove `{key}` from the selector and keep it in metadata.labels",
                    key=key,
                )


@rule(
    "WL019",
    "volume-claim-changes-with-release",
    "A volumeClaimTemplate with a label that changes with every release: upgrades are refused.",
    precision="very-high",
    kinds=(GroupKind(APPS, _SET),),
    tags=("workload", "upgrade", "storage"),
)
def volume_claim_changes_with_release(resource: Resource, context: Context) -> Iterator[Finding]:
    """Nearly all of a StatefulSet's spec is immutable, labels of its claims included."""
    versions = Versions(context)
    for index, claim in maps(resource.spec.get("volumeClaimTemplates")):
        labels = string_map(mapping(claim.get("metadata")).get("labels"))
        for key, value in labels.items():
            path: Path = ("spec", "volumeClaimTemplates", index, "metadata", "labels", key)
            source = versions.source(resource, path, value)
            if source or key in CHANGING_KEYS[:1]:
                yield volume_claim_changes_with_release.finding(
                    f"volumeClaimTemplate {index} of {resource.label()} has the label "
                    f"`{key}={value}`, which changes with {source or 'the next release'}",
                    Place(resource, path, "cannot be changed"),
                    effect=Effect("`helm upgrade` fails: updates to statefulset spec ... are forbidden"),
                    hint="label the claim with the selector's labels only, which stay the same",
                    key=f"{index}/{key}",
                )


@rule(
    "KUB004",
    "resource-policy-in-list",
    "A helm.sh/resource-policy on an object inside a List: Helm does not see it.",
    precision="very-high",
    tags=("kubernetes", "helm"),
)
def resource_policy_in_list(context: Context) -> Iterator[Finding]:
    """Helm reads the annotations of whole documents; `keep` is lost and the object is deleted."""
    for resource in context.resources:
        policy = resource.annotations.get(_POLICY)
        if policy is not None and resource.prefix and resource.source is not None:
            if resource.source.kind != "template":
                continue
            yield resource_policy_in_list.finding(
                f"{resource.label()} in a List has the annotation `{_POLICY}: {policy}`, which Helm ignores",
                Place(resource, ("metadata", "annotations", _POLICY), "not read inside a List"),
                effect=Effect("`helm uninstall` and upgrades delete the object"),
                hint="write the object as a document of its own, after a line `---`",
                key="policy",
            )


RULES: tuple[Rule, ...] = (
    object_name_invalid,
    workload_without_selector,
    selector_misses_own_pods,
    selector_changes_with_release,
    volume_claim_changes_with_release,
    resource_policy_in_list,
)
