"""Envoy's own objects as istiod would send them: listeners with filter chains, routes, where they lead.

In: nothing; the records that the builders of sidecars and gateways fill and that traces and tables read.
Out: Listener, Chain, RouteConfig, VirtualHost entries and Targets, each with the manifest objects it
comes from. Names are spelt as `istioctl proxy-config` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from meshlint.mesh.gateway_servers import Server
from meshlint.mesh.host import is_address, most_specific
from meshlint.mesh.registry import MeshService
from meshlint.mesh.route_match import Match
from meshlint.mesh.virtual_services import Destination, Route, VirtualService

ANY_ADDRESS = "0.0.0.0"
PASSTHROUGH_CLUSTER = "PassthroughCluster"
BLACK_HOLE_CLUSTER = "BlackHoleCluster"
INBOUND_PASSTHROUGH = "InboundPassthroughCluster"
UNKNOWN_SERVICE = "UnknownService"  # the cluster of a backend reference that means nothing
PLAIN_HTTP = ("http/1.1", "h2c")  # what the HTTP inspector recognises


class Target(NamedTuple):
    """A cluster that requests or connections are sent to.

    host, port, subset   of the cluster; "" and 0 for the clusters that belong to no service
    weight, share        as Envoy has it (0: the only one), and percent of the requests
    destination          what names it in a manifest; None for the default route to a service
    """

    cluster: str
    host: str = ""
    port: int = 0
    subset: str = ""
    weight: int = 0
    share: float = 100.0
    destination: Destination | None = None


class Chain(NamedTuple):
    """A filter chain of a listener.

    kind         "http": requests are routed by `route_name`; "tcp": connections go to `targets`
    sni          server names it matches, () any
    alpn         application protocols it matches: PLAIN_HTTP after sniffing, () any
    transport    "raw_buffer", "tls" or "" for both
    subnets      destination addresses it matches, () any
    service      the service it stands for, None for what is not made for one
    virtual, route, match   the VirtualService that decides a tcp chain
    server       the Gateway server it is made for; with `secured` it terminates TLS
    port         destination port it matches (inbound), 0 any
    """

    kind: Literal["http", "tcp"]
    sni: tuple[str, ...] = ()
    alpn: tuple[str, ...] = ()
    transport: str = ""
    subnets: tuple[str, ...] = ()
    route_name: str = ""
    targets: tuple[Target, ...] = ()
    service: MeshService | None = None
    virtual: VirtualService | None = None
    route: Route | None = None
    match: Match | None = None
    server: Server | None = None
    secured: bool = False
    port: int = 0

    def matches_all(self) -> bool:
        """True if nothing passes it by."""
        return not (self.alpn or self.transport or self.subnets or self.port) and (
            not self.sni or "*" in self.sni
        )

    def criteria(self) -> tuple[object, ...]:
        """What it matches; Envoy refuses two chains of one listener with the same."""
        names = frozenset(name for name in self.sni if name != "*")
        return self.transport, self.alpn, names, _ranges(self.subnets)

    def takes(self, server_name: str) -> str | None:
        """The entry of `sni` that matches a server name: itself, the longest wildcard, "" for any."""
        if not self.sni or "*" in self.sni:
            return ""
        found = most_specific(server_name, set(self.sni))
        return found if found is not None and (found == server_name or found.startswith("*.")) else None


def _ranges(subnets: Iterable[str]) -> frozenset[str]:
    from ipaddress import ip_network

    found = set()
    for written in subnets:
        try:
            network = ip_network(written, strict=False)
        except ValueError:
            continue
        if str(network.network_address) != ANY_ADDRESS:
            found.add(str(network))
    return frozenset(found)


class Listener(NamedTuple):
    """A listener.

    name       "0.0.0.0_80", "10.0.0.7_5432"; addresses no manifest shows: "VIP(db.shop)_5432",
               "PODIP(db.shop)_5432"
    address    what it listens on, spelt likewise; port: where
    default    the chain for what no other chain takes, None if there is none
    dropped    chains that an earlier chain keeps out
    """

    name: str
    address: str
    port: int
    chains: tuple[Chain, ...]
    default: Chain | None = None
    dropped: tuple[Chain, ...] = ()


class RouteEntry(NamedTuple):
    """A route of a virtual host.

    virtual, route, match   where it is written; None for the default route to a service
    listener_port   the port on which destinations without port are read
    catch_all       no request passes it by
    """

    virtual: VirtualService | None
    route: Route | None
    match: Match | None
    listener_port: int
    service: MeshService | None = None

    def catch_all(self) -> bool:
        """True if no request passes it by."""
        return self.match is None or self.match.catch_all()


class Redirect(NamedTuple):
    """A Gateway server that answers plain requests with a redirect to https."""

    server: Server


class Domains(NamedTuple):
    """A virtual host of a route configuration.

    name       "host:port", "allow_any" or "block_all"
    service    the service it stands for, None for plain hosts
    redirect   the Gateway server whose httpsRedirect answers every request, None if there is none
    """

    name: str
    domains: tuple[str, ...]
    routes: tuple[RouteEntry, ...]
    service: MeshService | None = None
    redirect: Redirect | None = None


class Loser(NamedTuple):
    """A VirtualService without effect for a host, because another one has the host."""

    host: str
    loser: VirtualService
    winner: VirtualService


class RouteConfig:
    """A route configuration (RDS).

    name       "80", "web.shop.svc.cluster.local:9090", "http.8080", "https.443.https.gw.edge"
    fallback   "allow_any" or "block_all" for hosts no domain covers, "" for gateways and sniffed services
    """

    __slots__ = ("_by_domain", "fallback", "hosts", "losers", "name")

    def __init__(
        self, name: str, hosts: tuple[Domains, ...], fallback: str = "", losers: tuple[Loser, ...] = ()
    ) -> None:
        self.name = name
        self.hosts = hosts
        self.fallback = fallback
        self.losers = losers
        self._by_domain: dict[str, Domains] | None = None

    def find(self, host: str, table: Mapping[str, Domains] | None = None) -> Domains | None:
        """The virtual host of a Host header (its port is ignored), as Envoy picks it.

        table   by_domain(), if the caller keeps it
        """
        name = host.lower()
        if not is_address(name) and name.rpartition(":")[2].isdigit():
            name = name.rpartition(":")[0]
        table = self.by_domain() if table is None else table
        pattern = most_specific(name, table)
        return table[pattern] if pattern is not None else None

    def by_domain(self) -> Mapping[str, Domains]:
        """Domain (lower case) -> virtual host."""
        if self._by_domain is None:
            self._by_domain = {domain.lower(): found for found in self.hosts for domain in found.domains}
        return self._by_domain
