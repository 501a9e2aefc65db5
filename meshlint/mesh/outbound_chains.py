"""Outbound chains: the filter chains a sidecar's listener has for one service port.

In: a service port to be listened for, the VirtualServices of the client. Out: Chains in istiod's order.
Facts: pilot/pkg/networking/core/tls.go and networkfilter.go of Istio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meshlint.mesh.clusters import cluster_name
from meshlint.mesh.envoy import ANY_ADDRESS, UNKNOWN_SERVICE, Chain, Target
from meshlint.mesh.host import short_names, wildcard
from meshlint.mesh.port import family
from meshlint.mesh.registry import ALIAS, DYNAMIC_DNS, HEADLESS, MeshService
from meshlint.mesh.route_match import Match
from meshlint.mesh.scope import Client, Scope
from meshlint.mesh.scope import Listener as EgressListener
from meshlint.mesh.virtual_services import Block, Destination, Route, VirtualService

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh


class Ask(NamedTuple):
    """One service port to be listened for.

    port       the port to listen on (a Sidecar listener's, or the service's)
    protocol   declared for it
    bind       address the Sidecar names, "" if none
    subnets    the service's CIDR addresses
    listener   the Sidecar's egress listener that asks, None in the default scope
    """

    service: MeshService
    port: int
    protocol: str
    bind: str
    subnets: tuple[str, ...] = ()
    listener: EgressListener | None = None


def http_chain(ask: Ask, address: str) -> Chain:
    """The chain whose requests are routed: by the port's routes, or the service's own if it is sniffed."""
    alone = family(ask.protocol) == "auto" and address != ANY_ADDRESS
    name = f"{ask.service.host}:{ask.port}" if alone else str(ask.port or address)
    return Chain("http", route_name=name, service=ask.service)


def tcp_chains(mesh: Mesh, client: Client, ask: Ask, address: str) -> list[Chain]:
    """The chains of a TCP, TLS or sniffed port: what VirtualServices say of it, else the service itself."""
    scope = mesh.scope(client)
    virtuals = scope.meeting(ask.service.host, ask.listener)
    if ask.protocol in ("HTTPS", "TLS"):
        return _tls_chains(mesh, client, scope, ask, address, virtuals)
    return _plain_chains(mesh, client, scope, ask, virtuals)


def _tls_chains(
    mesh: Mesh, client: Client, scope: Scope, ask: Ask, address: str, virtuals: list[VirtualService]
) -> list[Chain]:
    """One chain per tls match; a second match of the same names and addresses never counts."""
    found: list[Chain] = []
    handled: set[tuple[object, ...]] = set()
    subnets = ask.subnets
    for virtual in virtuals:
        for route in virtual.routes:
            for match in route.matches if route.block == "tls" and route.destinations else ():
                if not _applies(match, client, ask.port):
                    continue
                subnets = match.subnets or subnets
                key = (match.sni, match.subnets)
                if key not in handled:
                    handled.add(key)
                    targets = l4_targets(mesh, client, scope, route, ask.port)
                    found.append(
                        Chain(
                            "tcp", match.sni, (), "", subnets, "", targets, ask.service, virtual, route, match
                        )
                    )
    if found:
        return found
    by_name = subnets or address == ANY_ADDRESS
    dynamic = wildcard(ask.service.host) and ask.service.resolution == DYNAMIC_DNS
    names = [ask.service.host]
    for alias in scope.aliases(ask.service, ask.port):
        names += [alias.host, *short_names(alias.host, client.namespace, mesh.settings.domain)]
    names = names if by_name or dynamic else []
    return [Chain("tcp", tuple(names), (), "", subnets, "", (_own(ask),), ask.service)]


def _plain_chains(
    mesh: Mesh, client: Client, scope: Scope, ask: Ask, virtuals: list[VirtualService]
) -> list[Chain]:
    """Tcp routes in order; the first without destination addresses ends the list."""
    found: list[Chain] = []
    for virtual in virtuals:
        for route in virtual.routes:
            if route.block != "tcp" or not route.destinations:
                continue
            applying = [match for match in route.matches if _applies(match, client, ask.port)]
            if route.matches and not applying:
                continue
            last = next((match for match in applying if not match.subnets or not ask.port), None)
            targets = l4_targets(mesh, client, scope, route, ask.port)
            if last is not None or not route.matches:
                chain = Chain("tcp", (), (), "", ask.subnets, "", targets, ask.service, virtual, route, last)
                return [*found, chain]
            subnets = tuple(subnet for match in applying for subnet in match.subnets)
            chain = Chain("tcp", (), (), "", subnets, "", targets, ask.service, virtual, route, applying[0])
            found.append(chain)
            if sorted(subnets) == sorted(ask.subnets):
                return found
    return [*found, Chain("tcp", (), (), "", ask.subnets, "", (_own(ask),), ask.service)]


def _applies(match: Match, client: Client, port: int) -> bool:
    """Unlike HTTP, source labels and namespace count even beside gateways."""
    if match.gateways and client.via not in match.gateways:
        return False
    labels = dict(client.labels)
    return match._replace(gateways=()).applies_to(client.via, client.namespace, labels, port)


def _own(ask: Ask) -> Target:
    """The service's cluster: on its only port, else on the listener's."""
    ports = ask.service.ports
    port = ports[0].number if len(ports) == 1 else ask.port
    return Target(cluster_name(port, "", ask.service.host), ask.service.host, port)


def l4_targets(mesh: Mesh, client: Client, scope: Scope, route: Route, port: int) -> tuple[Target, ...]:
    """The clusters of a tcp or tls route; destinations of weight 0 beside others are left out."""
    lone = len(route.destinations) == 1
    return tuple(
        destination_target(mesh, client, scope, one, port, route.block, lone=lone)
        for one in route.destinations
        if lone or one.weight
    )


def destination_target(
    mesh: Mesh, client: Client, scope: Scope, one: Destination, port: int, block: Block, *, lone: bool
) -> Target:
    """The cluster of one destination; a backend that means nothing has a cluster that never exists.

    lone   the only destination of its route: its weight does not count
    """
    weight = 0 if lone else one.weight
    if not one.host:
        return Target(UNKNOWN_SERVICE, weight=weight, share=one.share, destination=one)
    host, number = mesh.clusters.target(client, scope, one, port, block)
    name = cluster_name(number, one.subset, host)
    return Target(name, host, number, one.subset, weight, one.share, one)


def service_addresses(service: MeshService) -> list[str]:
    """The addresses clients connect to: written ones, a symbolic VIP, or the wildcard address for none."""
    if service.addresses:
        return [address.removesuffix("/32") for address in service.addresses]
    if service.kubernetes and service.resolution not in (HEADLESS, ALIAS):
        return [f"VIP({service.name}.{service.namespace})"]
    return [ANY_ADDRESS]
