"""VirtualServices: hosts, bindings, visibility and routes as istiod reads them, delegates merged.

In: the VirtualServices of one world. Out: VirtualService records with resolved names, each route
with its matches, destinations and shares, every one with the place it is written at.
Facts: pilot/pkg/model/virtualservice.go and virtualservice_controller.go of Istio.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, text, texts
from meshlint.kube.kinds import VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.mesh.host import MESH, full_name, gateway_name
from meshlint.mesh.route_match import Match, conflict, match_from, merge_matches
from meshlint.mesh.settings import Settings
from meshlint.text.origin import Path

Block = Literal["http", "tcp", "tls"]
REDIRECT_CODES = frozenset({0, 301, 302, 303, 307, 308})
# What a delegate's route takes over from the root's route if it does not say it itself.
INHERITED = (
    "rewrite",
    "directResponse",
    "timeout",
    "retries",
    "fault",
    "mirror",
    "mirrorPercent",
    "mirrorPercentage",
    "corsPolicy",
    "mirrors",
    "headers",
)


class Destination(NamedTuple):
    """One place a route sends requests to.

    host     resolved name; `written` is what stands in the manifest
    subset   "" if none
    port     destination.port.number, None if left out
    weight   as written, 0 if left out
    share    percent of the route's requests that go there; 0 for a weight of 0 beside others
    mirror   a copy is sent there; its answer is ignored
    resource, path   the `destination` mapping (or the `mirror`)
    """

    host: str
    written: str
    subset: str
    port: int | None
    weight: int
    share: float
    mirror: bool
    resource: Resource
    path: Path


class Route(NamedTuple):
    """One entry of http, tcp or tls, after delegation.

    resource, path   where it is written: in the delegate for a delegated one
    root             (VirtualService, path of the root's route) for a delegated route, else None
    matches          empty: every request
    data             the entry with what it inherits from the root
    """

    block: Block
    name: str
    resource: Resource
    path: Path
    matches: tuple[Match, ...]
    destinations: tuple[Destination, ...]
    mirrors: tuple[Destination, ...]
    data: Mapping[str, Any]
    root: tuple[Resource, Path] | None = None

    @property
    def action(self) -> str:
        """What answers: "redirect", "directResponse", "route", or "none" (Envoy rejects the config)."""
        redirect = self.data.get("redirect")
        if redirect is not None:
            known = (integer(mapping(redirect).get("redirectCode")) or 0) in REDIRECT_CODES
            return "redirect" if known else "none"
        if self.data.get("directResponse") is not None:
            return "directResponse"
        return "route" if any(target.share for target in self.destinations) else "none"

    def label(self) -> str:
        """`http route "name"` or `http route 2` (counted from 1)."""
        return f'{self.block} route "{self.name}"' if self.name else f"{self.block} route {self.position + 1}"

    @property
    def position(self) -> int:
        """Its place in the list it is written in."""
        return int(self.path[-1])


DelegationState = Literal["merged", "missing", "not-exported", "not-a-delegate", "nested"]


class Delegation(NamedTuple):
    """A root route's hand-over to another VirtualService.

    namespace, name  the delegate, resolved
    path      the `delegate` mapping in the root
    state     "merged"; else this root route disappears: "missing" (not in the input), "not-exported"
              to the root's namespace, "not-a-delegate" (it has hosts); "nested" marks a delegate
              that delegates again, which is not followed
    target    the delegate, None if missing
    dropped   delegate routes that conflict with the root's match: (route path, field)
    """

    namespace: str
    name: str
    path: Path
    state: DelegationState
    target: Resource | None
    dropped: tuple[tuple[Path, str], ...]


class VirtualService:
    """A VirtualService as Istio reads it.

    hosts       resolved, in order; host_paths where each is written
    gateways    "mesh" and "namespace/name"; ("mesh",) if none is written
    export_to   namespaces, "*" or "~"; "." is resolved
    routes      http, tcp and tls entries in that order, delegates merged
    delegations one per root route with a delegate
    """

    __slots__ = ("delegations", "export_to", "gateways", "hosts", "resource", "routes")

    gateway_api = False  # True for routes of the Gateway API, which istiod turns into VirtualServices

    def __init__(self, resource: Resource, settings: Settings) -> None:
        spec = resource.spec
        namespace = resource.namespace
        self.resource = resource
        self.hosts = tuple(full_name(host, namespace, settings.domain) for host in texts(spec.get("hosts")))
        written = texts(spec.get("gateways"))
        self.gateways = tuple(gateway_name(name, namespace) for name in written) or (MESH,)
        export_to = texts(spec.get("exportTo")) or settings.virtual_service_export_to
        self.export_to = frozenset(namespace if entry == "." else entry for entry in export_to)
        self.routes: tuple[Route, ...] = ()
        self.delegations: tuple[Delegation, ...] = ()

    def __repr__(self) -> str:
        return f"<VirtualService {self.resource.ref().label()}>"

    @property
    def namespace(self) -> str:
        """Its namespace."""
        return self.resource.namespace

    @property
    def opens_tls(self) -> bool:
        """True if its tls routes also serve where a Gateway opens TLS, as those of a TLSRoute do."""
        return False

    @property
    def is_delegate(self) -> bool:
        """True without hosts: it never stands alone."""
        return not self.hosts

    def visible_to(self, namespace: str) -> bool:
        """True if proxies of the namespace get it; `*` wins over `~`."""
        return "*" in self.export_to or ("~" not in self.export_to and namespace in self.export_to)

    def bound_to(self, gateway: str) -> bool:
        """True if `gateway` ("mesh" or "namespace/name") is among its gateways."""
        return gateway in self.gateways

    def targets(self) -> list[tuple[Route, Destination]]:
        """Every destination of every route, mirrors included, in the order they are written."""
        return [(route, target) for route in self.routes for target in (*route.destinations, *route.mirrors)]


def virtual_services_of(resources: Iterable[Resource], settings: Settings) -> list[VirtualService]:
    """All VirtualServices by age (name, then namespace), delegates included, their routes merged."""
    found = [VirtualService(resource, settings) for resource in resources if resource.is_a(VIRTUAL_SERVICE)]
    found.sort(key=lambda service: (service.resource.name, service.resource.namespace))
    by_key: dict[tuple[str, str], VirtualService] = {}
    for service in found:
        by_key.setdefault(service.resource.key(), service)
    for service in found:
        _build_routes(service, by_key, settings)
    return found


def _build_routes(
    service: VirtualService, by_key: Mapping[tuple[str, str], VirtualService], settings: Settings
) -> None:
    resource = service.resource
    routes: list[Route] = []
    delegations: list[Delegation] = []
    for index, entry in maps(resource.spec.get("http")):
        path: Path = ("spec", "http", index)
        if isinstance(entry.get("delegate"), dict) and not service.is_delegate:
            delegation, merged = _delegate(service, entry, path, by_key, settings)
            delegations.append(delegation)
            routes += merged
        else:
            routes.append(_route("http", entry, resource, path, settings))
    for block in ("tcp", "tls"):
        for index, entry in maps(resource.spec.get(block)):
            routes.append(_route(block, entry, resource, ("spec", block, index), settings))
    service.routes = tuple(routes)
    service.delegations = tuple(delegations)


def _route(block: Any, entry: Mapping[str, Any], resource: Resource, path: Path, settings: Settings) -> Route:
    matches = tuple(
        match_from(item, resource, (*path, "match", index)) for index, item in maps(entry.get("match"))
    )
    destinations = _destinations(entry, resource, path, settings)
    mirrors = _mirrors(entry, resource, path, settings)
    return Route(block, text(entry.get("name")), resource, path, matches, destinations, mirrors, entry)


def _destinations(
    entry: Mapping[str, Any], resource: Resource, path: Path, settings: Settings
) -> tuple[Destination, ...]:
    written = maps(entry.get("route"))
    weights = [integer(item.get("weight")) or 0 for _, item in written]
    total = sum(weights)
    found = []
    for (index, item), weight in zip(written, weights, strict=True):
        share = 100.0 if len(written) == 1 else (100.0 * weight / total if total else 0.0)
        target = mapping(item.get("destination"))
        where = (*path, "route", index, "destination")
        found.append(_destination(target, weight, share, False, resource, where, settings))
    return tuple(found)


def _mirrors(
    entry: Mapping[str, Any], resource: Resource, path: Path, settings: Settings
) -> tuple[Destination, ...]:
    found = []
    if isinstance(entry.get("mirror"), dict):
        share = _percent(
            entry.get("mirrorPercentage"), entry.get("mirrorPercent", entry.get("mirror_percent"))
        )
        where: Path = (*path, "mirror")
        found.append(_destination(entry["mirror"], 0, share, True, resource, where, settings))
    for index, item in maps(entry.get("mirrors")):
        share = _percent(item.get("percentage"), None)
        where = (*path, "mirrors", index, "destination")
        found.append(
            _destination(mapping(item.get("destination")), 0, share, True, resource, where, settings)
        )
    return tuple(found)


def _percent(percentage: Any, plain: Any) -> float:
    value = mapping(percentage).get("value") if percentage is not None else plain
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0 if percentage is not None else 100.0
    return float(value)


def _destination(
    target: Mapping[str, Any],
    weight: int,
    share: float,
    mirror: bool,
    resource: Resource,
    path: Path,
    settings: Settings,
) -> Destination:
    written = text(target.get("host"))
    return Destination(
        full_name(written, resource.namespace, settings.domain),
        written,
        text(target.get("subset")),
        integer(mapping(target.get("port")).get("number")),
        weight,
        share,
        mirror,
        resource,
        path,
    )


def _delegate(
    root: VirtualService,
    entry: Mapping[str, Any],
    path: Path,
    by_key: Mapping[tuple[str, str], VirtualService],
    settings: Settings,
) -> tuple[Delegation, list[Route]]:
    written = mapping(entry.get("delegate"))
    namespace = text(written.get("namespace")) or root.namespace
    name = text(written.get("name"))
    place: Path = (*path, "delegate")
    target = by_key.get((namespace, name))
    if target is None:
        return Delegation(namespace, name, place, "missing", None, ()), []
    if not target.is_delegate:
        return Delegation(namespace, name, place, "not-a-delegate", target.resource, ()), []
    if not target.visible_to(root.namespace):
        return Delegation(namespace, name, place, "not-exported", target.resource, ()), []
    root_route = _route("http", entry, root.resource, path, settings)
    routes: list[Route] = []
    dropped: list[tuple[Path, str]] = []
    nested = False
    for index, leaf in maps(target.resource.spec.get("http")):
        nested = nested or leaf.get("delegate") is not None
        leaf_route = _route("http", leaf, target.resource, ("spec", "http", index), settings)
        matches = merge_matches(root_route.matches, leaf_route.matches)
        if matches is None:
            dropped.append((leaf_route.path, _why(root_route.matches, leaf_route.matches)))
        else:
            routes.append(_inherit(root_route, leaf_route, matches))
    state: DelegationState = "nested" if nested else "merged"
    return Delegation(namespace, name, place, state, target.resource, tuple(dropped)), routes


def _why(roots: tuple[Match, ...], leaves: tuple[Match, ...]) -> str:
    """The field on which the first leaf match without a compatible root match fails."""
    for leaf in leaves:
        reasons = [conflict(root, leaf) for root in roots]
        if all(reasons):
            return reasons[0]
    return ""


def _inherit(root: Route, leaf: Route, matches: tuple[Match, ...]) -> Route:
    taken = {
        field: root.data[field]
        for field in INHERITED
        if root.data.get(field) is not None and leaf.data.get(field) is None
    }
    mirrors = tuple(
        target
        for field in ("mirror", "mirrors")
        for target in (root.mirrors if field in taken else leaf.mirrors)
        if target.path[len((root if field in taken else leaf).path)] == field
    )
    return leaf._replace(
        name="-".join(name for name in (root.name, leaf.name) if name),
        matches=matches,
        mirrors=mirrors,
        data={**leaf.data, **taken},
        root=(root.resource, root.path),
    )
