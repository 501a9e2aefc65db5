"""Gateway listeners: what a gateway proxy listens on, and the filter chains per server.

In: the merged servers of the proxy and the VirtualServices bound to their Gateways. Out: Listeners, and
the faults only Envoy sees: chains with the same match. Facts: buildGatewayListeners
(pilot/pkg/networking/core/gateway.go) of Istio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from meshlint.mesh.envoy import ANY_ADDRESS, Chain, Listener, Target
from meshlint.mesh.gateway_merge import Merged, Placed
from meshlint.mesh.gateway_routes import Bound
from meshlint.mesh.gateway_servers import Server
from meshlint.mesh.host import covers, overlap
from meshlint.mesh.outbound_chains import l4_targets
from meshlint.mesh.registry import ALIAS, MeshService
from meshlint.mesh.route_match import Match
from meshlint.mesh.scope import Client
from meshlint.mesh.virtual_services import Route, VirtualService

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

MESH_ALPN = ("istio", "istio-peer-exchange", "istio-http/1.0", "istio-http/1.1", "istio-h2")


class Twin(NamedTuple):
    """Two chains of a listener with the same match: Envoy rejects the whole listener."""

    listener: str
    first: Chain
    second: Chain
    sni: str


class Skipped(NamedTuple):
    """A tls match whose server names an earlier match of the port has already."""

    virtual: VirtualService
    match: Match
    sni: str


class GatewayListeners(NamedTuple):
    """The listeners of a gateway proxy by name, the ones Envoy rejects, and the matches left out."""

    listeners: tuple[Listener, ...]
    twins: tuple[Twin, ...]
    skipped: tuple[Skipped, ...]


def gateway_listeners(mesh: Mesh, client: Client, merged: Merged, bound: Bound) -> GatewayListeners:
    """The listeners of a gateway proxy; those without any chain do not exist."""
    builder = _Builder(mesh, client, bound)
    chains: dict[tuple[str, int], list[Chain]] = {}
    for group in merged.groups.values():
        address = group.bind or ANY_ADDRESS
        found = chains.setdefault((address, group.port), [])
        first = group.servers[0]
        if first.server.http:
            found.append(Chain("http", route_name=group.route_name, server=first.server))
            continue
        for placed in group.servers:
            found += builder.chains(placed)
    listeners: list[Listener] = []
    twins: list[Twin] = []
    for (address, port), built in sorted(chains.items(), key=lambda item: (item[0][1], item[0][0])):
        if built:
            name = f"{address}_{port}"
            listeners.append(Listener(name, address, port, tuple(built)))
            twins += _twins(name, built)
    return GatewayListeners(tuple(listeners), tuple(twins), tuple(builder.skipped))


def _twins(name: str, chains: list[Chain]) -> Iterator[Twin]:
    """Pairs of chains that share a server name (or both take any) and differ in nothing else."""
    seen: dict[tuple[str, tuple[str, ...]], Chain] = {}
    for chain in chains:
        names = ("",) if not chain.sni or "*" in chain.sni else chain.sni
        for sni in names:
            first = seen.setdefault((sni, chain.alpn), chain)
            if first is not chain:
                yield Twin(name, first, chain, sni)
                break


class _Builder:
    """Builds the chains of one proxy; passthrough matches share one table of server names per port."""

    def __init__(self, mesh: Mesh, client: Client, bound: Bound) -> None:
        self.mesh = mesh
        self.client = client
        self.bound = bound
        self.skipped: list[Skipped] = []
        self._names: set[tuple[int, str, str]] = set()

    def chains(self, placed: Placed) -> list[Chain]:
        """The chains of one server."""
        server = placed.server
        if server.secured and server.protocol == "HTTPS" and not server.passthrough:
            chain = Chain("http", placed.sni, route_name=placed.route_name, server=server, secured=True)
            return [chain]
        if server.mode == "AUTO_PASSTHROUGH":
            return list(self._automatic(placed))
        if server.passthrough:
            return list(self._handed_on(placed))
        return self._connections(placed)

    def _connections(self, placed: Placed) -> list[Chain]:
        """Plain TCP, or TLS opened here: the first tcp route that fits."""
        server = placed.server
        sni = placed.sni if server.secured else ()
        for virtual in self.bound(server.bound):
            if not _meets(server, virtual):
                continue
            for route in virtual.routes:
                match = _first_match(route, server) if route.block == "tcp" else None
                opened = match is None and virtual.opens_tls and route.block == "tls"
                if opened:
                    match = _first_match(route, server)
                if match is None or not route.destinations:
                    continue
                targets = self._targets(route, server)
                written = match if isinstance(match, Match) else None
                chain = Chain("tcp", sni, targets=targets, virtual=virtual, route=route, match=written)
                return [chain._replace(server=server, secured=server.secured)]
        return []

    def _handed_on(self, placed: Placed) -> Iterator[Chain]:
        """TLS passed on unopened: one chain per tls match, by the names the match says."""
        server = placed.server
        for virtual in self.bound(server.bound):
            if not _meets(server, virtual):
                continue
            for route in virtual.routes:
                if route.block != "tls" or not route.destinations:
                    continue
                for match in route.matches:
                    if _fits(match, server) and self._claim(placed, virtual, match):
                        targets = self._targets(route, server)
                        chain = Chain("tcp", match.sni, targets=targets, virtual=virtual, route=route)
                        yield chain._replace(match=match, server=server)

    def _claim(self, placed: Placed, virtual: VirtualService, match: Match) -> bool:
        keys = [(placed.port, placed.server.bind, name) for name in match.sni]
        taken = next((key for key in keys if key in self._names), None)
        if taken is not None:
            self.skipped.append(Skipped(virtual, match, taken[2]))
            return False
        self._names.update(keys)
        return True

    def _automatic(self, placed: Placed) -> Iterator[Chain]:
        """AUTO_PASSTHROUGH: a chain per mesh cluster whose service the server's hosts cover."""
        for service in self.mesh.services.services:
            if not self._offered(placed, service):
                continue
            effective = self.mesh.destination_rule_for(
                self.client.namespace, service, dict(self.client.labels)
            )
            for port in service.by_number.values():
                for subset in ("", *effective.subsets):
                    name = f"outbound_.{port.number}_.{subset}_.{service.host}"
                    target = Target(name, service.host, port.number, subset)
                    yield Chain("tcp", (name,), MESH_ALPN, targets=(target,), service=service)

    def _offered(self, placed: Placed, service: MeshService) -> bool:
        if service.mesh_external or service.resolution == ALIAS:
            return False
        seen = self.mesh.services.lookup(service.host, self.client.namespace) is service
        return seen and any(covers(name, service.host) for name in placed.sni)

    def _targets(self, route: Route, server: Server) -> tuple[Target, ...]:
        client = self.client._replace(gateway=server.bound)
        return l4_targets(self.mesh, client, self.mesh.scope(client), route, server.number or 0)


def _meets(server: Server, virtual: VirtualService) -> bool:
    """True if one of the VirtualService's hosts meets one of the server's that are open to its namespace."""
    return any(
        entry.namespace in ("*", virtual.namespace) and overlap(entry.spelt, host)
        for entry in server.hosts
        for host in virtual.hosts
    )


def _first_match(route: Route, server: Server) -> Match | bool | None:
    """The match by which a route takes a server's connections; True if it has none, None if it does not."""
    if not route.matches:
        return True if route.block == "tcp" else None
    return next((match for match in route.matches if _fits(match, server)), None)


def _fits(match: Match, server: Server) -> bool:
    """On gateways only the port and the gateways of a match count; source labels are not looked at."""
    if match.port is not None and match.port != server.number:
        return False
    return not match.gateways or server.bound in match.gateways
