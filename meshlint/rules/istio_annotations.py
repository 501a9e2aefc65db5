"""Annotations of Istio: a misspelt or misplaced one is silently ignored.

The mesh fact guarded here: nobody validates annotations; the sidecar injector and istiod read only the
keys they know, on the objects they look at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshlint.kube.fields import mapping, string_map, text
from meshlint.kube.kinds import POD_TEMPLATES
from meshlint.kube.resource import Resource
from meshlint.rules.annotation_table import ANNOTATIONS, ANY, IGNORED, Annotation, fault, of_istio
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

INJECT = "sidecar.istio.io/inject"


def _written(context: Context) -> Iterator[tuple[Resource, str, Path, Mapping[str, str]]]:
    """(object, kind the annotations belong to, path, annotations): objects, and pod templates as Pods."""
    for resource in context.resources:
        yield resource, resource.kind, ("metadata", "annotations"), resource.annotations
        template = POD_TEMPLATES.get(resource.group_kind)
        if template:
            path: Path = (*template, "metadata", "annotations")
            yield resource, "Pod", path, string_map(resource.get(*path))


def _keys(context: Context) -> Iterator[tuple[Resource, str, Path, str, str]]:
    for resource, kind, path, written in _written(context):
        for key, value in written.items():
            if of_istio(key) and key not in IGNORED:
                yield resource, kind, (*path, key), key, value


@rule(
    "AN001",
    "annotation-unknown",
    "An annotation of Istio's domain that Istio does not know.",
    severity="warning",
    peers=("IST0108",),
    tags=("annotation",),
)
def annotation_unknown(context: Context) -> Iterator[Finding]:
    """A near miss is named; keys that are labels in truth are told so."""
    for resource, _, path, key, _ in _keys(context):
        if key not in ANNOTATIONS and not _of_platform(resource, key):
            near = _near(key)
            yield annotation_unknown.finding(
                f"annotation `{key}` of {resource.label()} is not known to Istio",
                Place(resource, path, "is ignored", on_key=True),
                effect=Effect("the annotation is ignored"),
                hint=f"write `{near}`" if near else "remove it, or check its spelling and the Istio version",
                key=key,
            )


def _of_platform(resource: Resource, key: str) -> bool:
    """Keys that Istio's own installation charts write, and webhooks' own keys."""
    return key.startswith(("internal.istio.io/", "install.operator.istio.io/", "operator.istio.io/"))


def _near(key: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(key, ANNOTATIONS, n=1, cutoff=0.8)
    return found[0] if found else ""


@rule(
    "AN002",
    "annotation-misplaced",
    "An annotation of Istio on a kind of object where nobody reads it.",
    severity="warning",
    peers=("IST0107",),
    tags=("annotation",),
)
def annotation_misplaced(context: Context) -> Iterator[Finding]:
    """The most common case is a sidecar annotation on the Deployment instead of its pod template."""
    for resource, kind, path, key, _ in _keys(context):
        known = ANNOTATIONS.get(key)
        if known is None or _may_stand(known, resource, kind):
            continue
        kinds = " or ".join(known.kinds)
        template = POD_TEMPLATES.get(resource.group_kind)
        if template and "Pod" in known.kinds:
            hint = f"move it to {'.'.join(map(str, template))}.metadata.annotations"
        else:
            hint = f"move it to a {kinds}"
        yield annotation_misplaced.finding(
            f"annotation `{key}` of {resource.label()} counts only on a {kinds}",
            Place(resource, path, f"not read on a {kind}", on_key=True),
            effect=Effect("the annotation is ignored"),
            hint=hint,
            key=key,
        )


def _may_stand(known: Annotation, resource: Resource, kind: str) -> bool:
    return ANY in known.kinds or kind in known.kinds


@rule(
    "AN003",
    "annotation-value-invalid",
    "A value that Istio cannot use in one of its annotations.",
    severity="warning",
    precision="very-high",
    peers=("IST0125",),
    tags=("annotation",),
)
def annotation_value_invalid(context: Context) -> Iterator[Finding]:
    """Only where the annotation counts; elsewhere AN002 speaks."""
    for resource, kind, path, key, value in _keys(context):
        known = ANNOTATIONS.get(key)
        problem = fault(key, value) if known and _may_stand(known, resource, kind) else ""
        if problem:
            yield annotation_value_invalid.finding(
                f"annotation `{key}` of {resource.label()} has a value Istio cannot use: {problem}",
                Place(resource, path, problem),
                effect=Effect("the injector refuses the pod, or the value is ignored"),
                hint=f"correct the value of `{key}`",
                key=key,
            )


@rule(
    "AN004",
    "annotation-deprecated",
    "A deprecated annotation of Istio.",
    severity="note",
    precision="very-high",
    peers=("IST0135",),
    tags=("annotation", "upgrade", "opt-in"),
)
def annotation_deprecated(context: Context) -> Iterator[Finding]:
    """`sidecar.istio.io/inject` is fine beside the label of the same name."""
    for resource, _, path, key, _ in _keys(context):
        known = ANNOTATIONS.get(key)
        if known is None or not known.deprecated:
            continue
        if key == INJECT and INJECT in string_map(resource.get(*path[:-2], "labels")):
            continue
        hint = f"use the label `{INJECT}`" if key == INJECT else f"remove `{key}`"
        yield annotation_deprecated.finding(
            f"annotation `{key}` of {resource.label()} is deprecated",
            Place(resource, path, "deprecated", on_key=True),
            hint=hint,
            key=key,
        )


_SET_BY_CNI = frozenset(
    {
        "sidecar.istio.io/interceptionMode",
        "traffic.sidecar.istio.io/includeInboundPorts",
        "traffic.sidecar.istio.io/excludeInboundPorts",
        "traffic.sidecar.istio.io/includeOutboundIPRanges",
    }
)


@rule(
    "AN005",
    "annotation-alpha",
    "An annotation of Istio whose behaviour may change (alpha).",
    severity="note",
    precision="very-high",
    peers=("IST0136",),
    tags=("annotation", "upgrade", "opt-in"),
)
def annotation_alpha(context: Context) -> Iterator[Finding]:
    """Pods without istio-init carry some of them by themselves (istio-cni)."""
    for resource, kind, path, key, _ in _keys(context):
        known = ANNOTATIONS.get(key)
        if known is None or known.status != "Alpha":
            continue
        if kind == "Pod" and key in _SET_BY_CNI and not _has_init(resource):
            continue
        yield annotation_alpha.finding(
            f"annotation `{key}` of {resource.label()} is alpha: its behaviour may change",
            Place(resource, path, "alpha", on_key=True),
            hint="check it in the release notes before each upgrade of Istio",
            key=key,
        )


def _has_init(resource: Resource) -> bool:
    """True if the pods have the init container that redirects traffic, so istio-cni does not."""
    template = POD_TEMPLATES.get(resource.group_kind, ())
    containers = resource.get(*template, "spec", "initContainers", default=[])
    return isinstance(containers, list) and any(
        text(mapping(item).get("name")) == "istio-init" for item in containers
    )


RULES: tuple[Rule, ...] = (
    annotation_unknown,
    annotation_misplaced,
    annotation_value_invalid,
    annotation_deprecated,
    annotation_alpha,
)
