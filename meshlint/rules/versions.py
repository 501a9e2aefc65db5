"""Versions: fields, objects and installations that a version of Istio or of the Gateway API left behind.

The mesh fact guarded here: deprecated fields are ignored sooner or later, and old CRDs lack kinds and
fields that istiod reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from meshlint.kube.fields import mapping, maps, string_map, text
from meshlint.kube.kinds import (
    CUSTOM_RESOURCE_DEFINITION,
    GATEWAY_API,
    SIDECAR,
    TELEMETRY,
    VIRTUAL_SERVICE,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_TELEMETRY = GroupKind(TELEMETRY, "Telemetry")
_REMOVED_KINDS = ("ClusterRbacConfig", "RbacConfig", "ServiceRole", "ServiceRoleBinding")
_REMOVED_GROUPS = frozenset({"rbac.istio.io", "authentication.istio.io", "config.istio.io"})
_OLDEST = {
    "grpcroutes": (1, 1, 0),
    "backendtlspolicies": (1, 4, 0),
    "tlsroutes": (1, 5, 0),
    "tcproutes": (1, 6, 0),
}
_BUNDLE = "gateway.networking.k8s.io/bundle-version"


def _deprecated(
    resource: Resource, providers: tuple[tuple[str, str], ...]
) -> Iterator[tuple[Path, str, str]]:
    """(path, what, what instead) of the deprecated fields of an object."""
    if resource.is_a(VIRTUAL_SERVICE):
        for index, route in maps(resource.spec.get("http")):
            delay = mapping(mapping(route.get("fault")).get("delay"))
            path: Path = ("spec", "http", index)
            if delay.get("percent"):
                yield (*path, "fault", "delay", "percent"), "fault.delay.percent", "fault.delay.percentage"
            if "mirrorPercent" in route:
                yield (*path, "mirrorPercent"), "mirrorPercent", "mirrorPercentage"
    if resource.is_a(_TELEMETRY):
        for index, tracing in maps(resource.spec.get("tracing")):
            for at, provider in maps(tracing.get("providers")):
                if (text(provider.get("name")), "lightstep") in providers:
                    path = ("spec", "tracing", index, "providers", at, "name")
                    yield path, "lightstep provider", "an opentelemetry provider"
    if resource.is_a(SIDECAR):
        policy = mapping(resource.spec.get("outboundTrafficPolicy"))
        if "egressProxy" in policy:
            path = ("spec", "outboundTrafficPolicy", "egressProxy")
            yield path, "outboundTrafficPolicy.egressProxy", "a VirtualService to the egress gateway"


@rule(
    "VER002",
    "field-deprecated",
    "A deprecated field of an Istio object.",
    severity="warning",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE, SIDECAR, _TELEMETRY, CUSTOM_RESOURCE_DEFINITION),
    peers=("IST0002",),
    tags=("version", "upgrade"),
)
def field_deprecated(resource: Resource, context: Context) -> Iterator[Finding]:
    """One finding per field; CRDs of removed Istio kinds count as well."""
    for path, what, instead in _deprecated(resource, context.mesh.settings.providers):
        yield field_deprecated.finding(
            f"{resource.label()} uses the deprecated field `{what}`",
            Place(resource, path, "deprecated", on_key=True),
            effect=Effect("the field will be ignored by a later version"),
            hint=f"use {instead}",
            key=what,
            peers=None if what != "mirrorPercent" else ("IST0133",),
        )
    kind = text(resource.get("spec", "names", "kind"))
    if text(resource.get("spec", "group")) == "rbac.istio.io" and kind in _REMOVED_KINDS:
        yield field_deprecated.finding(
            f"{resource.label()} defines {kind}, which Istio no longer reads",
            Place(resource, ("spec", "names", "kind"), "no longer read"),
            effect=Effect("objects of this kind enforce nothing"),
            hint="use AuthorizationPolicy",
            key=kind,
        )


@rule(
    "VER001",
    "api-removed",
    "An object of an API that Istio no longer reads.",
    precision="very-high",
    tags=("version", "upgrade", "security"),
)
def api_removed(context: Context) -> Iterator[Finding]:
    """The policies of old Istio versions stay in charts and protect nothing."""
    for resource in context.resources:
        if resource.group in _REMOVED_GROUPS:
            yield api_removed.finding(
                f"{resource.label()} is of API {resource.api_version}, which Istio no longer reads",
                Place(resource, ("apiVersion",), "removed"),
                effect=Effect("the object has no effect, or Kubernetes refuses it"),
                hint="use AuthorizationPolicy, PeerAuthentication or RequestAuthentication",
                key=resource.api_version,
            )


@rule(
    "VER003",
    "gateway-api-crds-old",
    "A CRD of the Gateway API that is older than Istio needs.",
    severity="warning",
    precision="very-high",
    kinds=(CUSTOM_RESOURCE_DEFINITION,),
    peers=("IST0176",),
    tags=("version", "gateway-api"),
)
def gateway_api_crds_old(resource: Resource, context: Context) -> Iterator[Finding]:
    """The bundle version stands in an annotation of the CRD."""
    plural = resource.name.removesuffix("." + GATEWAY_API)
    needed = _OLDEST.get(plural)
    found = _version(string_map(resource.get("metadata", "annotations")).get(_BUNDLE, ""))
    if resource.name.endswith("." + GATEWAY_API) and needed and found and found < needed:
        least = ".".join(map(str, needed))
        yield gateway_api_crds_old.finding(
            f"{resource.label()} is of Gateway API {'.'.join(map(str, found))}, and Istio needs {least}",
            Place(resource, ("metadata", "annotations", _BUNDLE), f"needs {least}"),
            effect=Effect(f"istiod ignores {plural}"),
            hint=f"install the Gateway API CRDs {least} or newer",
            key=plural,
        )


def _version(written: str) -> tuple[int, ...]:
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", written)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


@rule(
    "TEL002",
    "access-log-without-provider",
    "An access log without a provider, and the mesh names none: nothing is logged.",
    severity="warning",
    precision="medium",
    kinds=(_TELEMETRY,),
    peers=("IST0157",),
    tags=("telemetry",),
)
def access_log_without_provider(resource: Resource, context: Context) -> Iterator[Finding]:
    """Medium precision: the mesh's default providers are mostly outside the input."""
    for index, entry in maps(resource.spec.get("accessLogging")):
        if entry.get("disabled") is not True and not entry.get("providers"):
            yield access_log_without_provider.finding(
                f"access log {index} of {resource.label()} names no provider",
                Place(resource, ("spec", "accessLogging", index), "no provider"),
                effect=Effect("nothing is logged unless the mesh has default providers"),
                hint="add `providers: [{name: envoy}]`",
                key=f"{index}",
            )


RULES: tuple[Rule, ...] = (
    api_removed,
    field_deprecated,
    gateway_api_crds_old,
    access_log_without_provider,
)
