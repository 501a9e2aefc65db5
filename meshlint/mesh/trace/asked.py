"""Asked: what questions have in common: hosts that stand for wildcards, routes a virtual host has and lacks.

In: virtual hosts. Out: names and RouteEntries.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import mapping, maps, text
from meshlint.kube.resource import Resource
from meshlint.mesh.envoy import Domains, RouteEntry
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import is_address, wildcard
from meshlint.mesh.registry import MeshService
from meshlint.mesh.request import DEFAULT_PORTS, Request
from meshlint.mesh.route_match import Match, match_from
from meshlint.mesh.scope import Client
from meshlint.mesh.trace.routes import Wanted
from meshlint.mesh.virtual_services import Route, VirtualService
from meshlint.text.origin import Path


def concrete(host: str) -> str:
    """A name that a host stands for: `any.example.com` for `*.example.com`."""
    if not wildcard(host):
        return host
    return f"any{host[1:]}" if host.startswith("*.") else f"any.example{host[1:]}"


def service_host(service: MeshService) -> str:
    """The name people call a service by: `web.shop`, or a ServiceEntry's host."""
    return f"{service.name}.{service.namespace}" if service.kubernetes else concrete(service.host)


def host_of(found: Domains) -> str:
    """A name that leads to a virtual host."""
    if found.service is not None:
        name = service_host(found.service)
        return name if name in found.domains or "*" in found.domains else concrete(found.service.host)
    names = sorted(found.domains, key=lambda one: (wildcard(one), is_address(one)))
    return concrete(names[0]) if names else ""


def entries_of(found: Domains, client: Client, gateways: frozenset[str], number: int) -> Iterator[RouteEntry]:
    """The routes of a virtual host, then those of its VirtualServices that an earlier route keeps out."""
    yield from found.routes
    seen = {(id(entry.route), id(entry.match)) for entry in found.routes}
    virtuals = {id(entry.virtual): entry.virtual for entry in found.routes if entry.virtual is not None}
    labels = dict(client.labels)
    for virtual in virtuals.values():
        for route in virtual.routes:
            if route.block != "http":
                continue
            kept: list[Match | None] = [
                match
                for match in route.matches
                if any(match.applies_to(one, client.namespace, labels, number) for one in gateways)
            ]
            for match in kept if route.matches else [None]:
                if (id(route), id(match)) not in seen:
                    seen.add((id(route), id(match)))
                    yield RouteEntry(virtual, route, match, number)


def lost_routes(mesh: Mesh, virtual: VirtualService) -> Iterator[Wanted]:
    """The routes that a delegation takes away from a VirtualService."""
    for delegation in virtual.delegations:
        name = f"{delegation.namespace}/{delegation.name}"
        missing = f"the delegate {name} does not exist"
        why = {
            "missing": missing,
            "not-exported": f"the delegate {name} is not exported to namespace {virtual.namespace}",
            "not-a-delegate": f"{name} has hosts, so it is no delegate",
        }.get(delegation.state, "")
        if why:
            known = mesh.closed(delegation.namespace) or any(
                one.namespace == delegation.namespace for one in mesh.virtual_services
            )
            unknown = delegation.state == "missing" and not known
            said = f"the delegate {name} is outside the input" if unknown else why
            entry = _lost(virtual, virtual.resource, delegation.path[:-1])
            yield Wanted(entry, True, said, unknown)
        for path, field in delegation.dropped if delegation.target is not None else ():
            assert delegation.target is not None
            what = f"its {field} does not fit the match it is delegated by"
            yield Wanted(_lost(virtual, delegation.target, path), True, what)


def _lost(virtual: VirtualService, resource: Resource, path: Path) -> RouteEntry:
    data = mapping(resource.get(*path))
    matches = tuple(
        match_from(item, resource, (*path, "match", index)) for index, item in maps(data.get("match"))
    )
    route = Route("http", text(data.get("name")), resource, path, matches, (), (), data)
    return RouteEntry(virtual, route, matches[0] if matches else None, 0)


def request(scheme: str, host: str, port: int) -> Request:
    """A plain request."""
    method = "POST" if scheme.startswith("grpc") else "GET"
    host = host.lower() or "any.example"  # what names no host is refused long before
    return Request(scheme, host, port or DEFAULT_PORTS.get(scheme, 0), "/", method)
