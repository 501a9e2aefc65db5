"""EnvoyFilters: patches that Istio ignores or that stop working with the next version.

The mesh fact guarded here: istiod applies a patch only where the operation is defined for its target,
and a patch placed relative to another filter does nothing once that filter is renamed or gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.kube.fields import dig, integer, mapping, maps, text
from meshlint.kube.kinds import ENVOY_FILTER
from meshlint.kube.resource import Resource
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_ROUTES = ("ROUTE_CONFIGURATION", "HTTP_ROUTE")
_REPLACEABLE = ("NETWORK_FILTER", "HTTP_FILTER", "VIRTUAL_HOST")
_RELATIVE = ("INSERT_BEFORE", "INSERT_AFTER", "REMOVE", "REPLACE")


class _Patch(NamedTuple):
    """One configPatch: its index, target, operation, and whether it names a proxy version first."""

    at: int
    target: str
    operation: str
    data: dict[str, Any]


def _patches(resource: Resource) -> list[_Patch]:
    """The patches in order, up to the first entry without `patch`, where istiod's analyzer stops."""
    found = []
    for index, entry in maps(resource.get("spec", "configPatches")):
        patch = entry.get("patch")
        if not isinstance(patch, dict):
            break
        found.append(_Patch(index, text(entry.get("applyTo")), text(patch.get("operation")), entry))
    return found


def _place(resource: Resource, patch: _Patch, label: str) -> Place:
    return Place(resource, ("spec", "configPatches", patch.at, "patch", "operation"), label)


def _ignored(record: Rule, resource: Resource, patch: _Patch, hint: str) -> Finding:
    return record.finding(
        f"patch {patch.at} of {resource.label()} applies {patch.operation} to {patch.target}, "
        "which Istio does not do",
        _place(resource, patch, f"{patch.operation} is ignored here"),
        effect=Effect("the patch has no effect"),
        hint=hint,
        key=f"{patch.at}",
    )


@rule(
    "EF001",
    "patch-relative-to-a-filter",
    "A patch placed relative to another filter, without priority: it is lost when that filter is.",
    severity="warning",
    precision="medium",
    kinds=(ENVOY_FILTER,),
    peers=("IST0151",),
    tags=("envoy-filter", "upgrade"),
)
def patch_relative_to_a_filter(resource: Resource, context: Context) -> Iterator[Finding]:
    """The first relative patch of each name; a repeated one is EF005."""
    for patch, repeated in _relative(resource):
        if not repeated:
            yield patch_relative_to_a_filter.finding(
                f"patch {patch.at} of {resource.label()} is placed relative to another filter "
                f"({patch.operation}) and the EnvoyFilter has no priority",
                _place(resource, patch, "depends on the order of filters"),
                effect=Effect("the patch is silently lost when the version in use has no such filter"),
                hint="use INSERT_FIRST, or set `priority` so that the order of EnvoyFilters is fixed",
                key=f"{patch.at}",
            )


def _relative(resource: Resource) -> Iterator[tuple[_Patch, bool]]:
    """The relative patches of an EnvoyFilter without priority, each with whether its name came before."""
    versioned: set[str] = set()
    for patch in _patches(resource):
        name = _filter_name(patch)
        relative = patch.operation in _RELATIVE and _is_defined(patch)
        if relative and not integer(resource.spec.get("priority")):
            yield patch, name in versioned
        if text(dig(patch.data, ("match", "proxy", "proxyVersion"))):
            versioned.add(name)


def _is_defined(patch: _Patch) -> bool:
    """False where EF002 to EF004 report the operation itself."""
    if patch.operation == "REMOVE":
        return patch.target not in _ROUTES
    return patch.operation != "REPLACE" or patch.target in _REPLACEABLE


def _filter_name(patch: _Patch) -> str:
    """What the patch writes or aims at; "" if it says neither."""
    value = mapping(dig(patch.data, ("patch", "value")))
    if value:
        return f"value {text(value.get('name'))}"
    return text(dig(patch.data, ("match", "listener", "filterChain", "filter", "name")))


@rule(
    "EF002",
    "replace-of-unsupported-target",
    "REPLACE of something other than a network filter, HTTP filter or virtual host: ignored.",
    precision="very-high",
    kinds=(ENVOY_FILTER,),
    peers=("IST0152",),
    tags=("envoy-filter",),
)
def replace_of_unsupported_target(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: EnvoyFilter.Patch.Operation of the API."""
    for patch in _patches(resource):
        if patch.operation == "REPLACE" and patch.target not in _REPLACEABLE:
            hint = "REMOVE the old one and ADD the new one, or MERGE"
            yield _ignored(replace_of_unsupported_target, resource, patch, hint)


@rule(
    "EF003",
    "add-to-routes",
    "ADD applied to a route configuration or HTTP route: ignored.",
    precision="very-high",
    kinds=(ENVOY_FILTER,),
    peers=("IST0153",),
    tags=("envoy-filter",),
)
def add_to_routes(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: EnvoyFilter.Patch.Operation of the API."""
    for patch in _patches(resource):
        if patch.operation == "ADD" and patch.target in _ROUTES:
            hint = "use MERGE, or INSERT_FIRST for an HTTP_ROUTE"
            yield _ignored(add_to_routes, resource, patch, hint)


@rule(
    "EF004",
    "remove-of-routes",
    "REMOVE applied to a route configuration or HTTP route: ignored.",
    precision="very-high",
    kinds=(ENVOY_FILTER,),
    peers=("IST0154",),
    tags=("envoy-filter",),
)
def remove_of_routes(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: EnvoyFilter.Patch.Operation of the API."""
    for patch in _patches(resource):
        if patch.operation == "REMOVE" and patch.target in _ROUTES:
            yield _ignored(
                remove_of_routes, resource, patch, "remove the route in its VirtualService instead"
            )


@rule(
    "EF005",
    "patch-repeated-per-version",
    "A relative patch repeated for several proxy versions, without priority.",
    severity="warning",
    precision="medium",
    kinds=(ENVOY_FILTER,),
    peers=("IST0155",),
    tags=("envoy-filter", "upgrade"),
)
def patch_repeated_per_version(resource: Resource, context: Context) -> Iterator[Finding]:
    """A relative patch whose name an earlier patch with proxyVersion already has."""
    for patch, repeated in _relative(resource):
        if repeated:
            yield patch_repeated_per_version.finding(
                f"patch {patch.at} of {resource.label()} repeats a relative patch that an earlier one "
                "makes for a proxy version, and the EnvoyFilter has no priority",
                _place(resource, patch, "may be applied beside the versioned one"),
                effect=Effect("a proxy of that version may get both patches, in any order"),
                hint="set `proxyVersion` on every variant and a `priority` on the EnvoyFilter",
                key=f"{patch.at}",
            )


RULES: tuple[Rule, ...] = (
    patch_relative_to_a_filter,
    replace_of_unsupported_target,
    add_to_routes,
    remove_of_routes,
    patch_repeated_per_version,
)
