"""Virtual hosts: the route configuration of a sidecar's HTTP listener, and the route a request takes.

In: a client's scope and a listener port. Out: virtual hosts with their domains and routes in Envoy's
order, the VirtualServices that lost, and the route for a host header and a request.
Facts: BuildSidecarVirtualHostWrapper (route.go) and BuildSidecarOutboundVirtualHosts (httproute.go).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from meshlint.mesh.host import MESH, covers, is_address, most_specific, overlap, short_names, wildcard
from meshlint.mesh.registry import ALIAS, HEADLESS, MeshService
from meshlint.mesh.route_match import Match
from meshlint.mesh.scope import Client, Scope
from meshlint.mesh.virtual_services import Route, VirtualService


class ActiveRoute(NamedTuple):
    """A route as one proxy has it: one match of it (None: every request)."""

    route: Route
    match: Match | None

    def catch_all(self) -> bool:
        """True if no request passes it by."""
        return self.match is None or self.match.catch_all()


class VirtualHost(NamedTuple):
    """A virtual host of a route configuration.

    name      "host:port", as Envoy shows it
    domains   what the Host header may say; only the first claimant of a domain keeps it
    service   the service it stands for, None for a plain VirtualService host
    virtual   the VirtualService whose routes it has; None: one route to the service itself
    routes    of that VirtualService, as this proxy has them
    """

    name: str
    domains: tuple[str, ...]
    service: MeshService | None
    virtual: VirtualService | None
    routes: tuple[ActiveRoute, ...]


class Shadowed(NamedTuple):
    """A VirtualService whose routes for a host are dropped, because an earlier one has the host."""

    loser: VirtualService
    winner: VirtualService
    host: str


class RouteTable:
    """A route configuration: the virtual hosts of one listener port, and the hosts that were fought over.

    listening  True if some service makes an HTTP (or sniffed) listener on the port; without one the
               virtual hosts are never asked
    """

    __slots__ = ("_by_domain", "hosts", "listening", "port", "shadowed")

    def __init__(
        self, port: int, listening: bool, hosts: tuple[VirtualHost, ...], shadowed: tuple[Shadowed, ...]
    ) -> None:
        self.port = port
        self.listening = listening
        self.hosts = hosts
        self.shadowed = shadowed
        self._by_domain = {domain.lower(): found for found in hosts for domain in found.domains}

    def find(self, host: str) -> VirtualHost | None:
        """The virtual host for a Host header (port ignored): exact domain, longest wildcard, else None."""
        name = host.lower()
        if not is_address(name) and name.rpartition(":")[2].isdigit():
            name = name.rpartition(":")[0]
        pattern = most_specific(name, self._by_domain)
        return self._by_domain[pattern] if pattern is not None else None

    def of_service(self, host: str) -> VirtualHost | None:
        """The virtual host of a service: what a sniffed listener uses whatever the Host header says."""
        found = self._by_domain.get(host.lower())
        return found if found is not None and host in found.domains else None


def active_routes(
    virtual: VirtualService, gateway: str, namespace: str, labels: Mapping[str, str], port: int | None
) -> list[ActiveRoute]:
    """The HTTP routes a proxy has of a VirtualService, in order; what follows a catch-all is left out.

    gateway   "mesh" for sidecars, else the Gateway's "namespace/name"
    port      listener port: service port (sidecar) or declared Gateway port; None: any
    """
    found: list[ActiveRoute] = []
    for route in virtual.routes:
        if route.block != "http":
            continue
        if not route.matches:
            found.append(ActiveRoute(route, None))
            break
        for match in route.matches:
            if match.applies_to(gateway, namespace, labels, port):
                found.append(ActiveRoute(route, match))
                if match.catch_all():
                    return found
    return found


def pick(
    routes: Iterable[ActiveRoute],
    path: str,
    host: str = "",
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    scheme: str = "http",
) -> ActiveRoute | None:
    """The first route a request passes, None for 404; header names are compared in lower case."""
    lowered = {name.lower(): value for name, value in (headers or {}).items()}
    for found in routes:
        if found.match is None or found.match.accepts(method, host, path, lowered, scheme):
            return found
    return None


class _Builder:
    """Collects the virtual hosts of one port; the first claimant of a name or domain keeps it."""

    def __init__(self, client: Client, scope: Scope, port: int, domain: str) -> None:
        self.client = client
        self.port = port
        self.domain = domain
        self.services = {service.host.lower(): service for service in scope.services_on(port)}
        self.scope = scope
        self.wildcards = [host for host in self.services if wildcard(host)]
        self.hosts: list[VirtualHost] = []
        self.owner: dict[str, VirtualService | None] = {}
        self.shadowed: list[Shadowed] = []
        self.done: set[str] = set()
        self._domains: set[str] = set()

    def matched(
        self, virtual: VirtualService, index: Mapping[str, VirtualService]
    ) -> tuple[list[str], list[MeshService]]:
        """(hosts that are no service of this port, services the VirtualService is for)."""
        plain: list[str] = []
        found: list[MeshService] = []
        for host in virtual.hosts:
            if not wildcard(host):
                service = self.services.get(host.lower())
                if service is None:
                    plain.append(host.lower())
                else:
                    found.append(service)
                continue
            covered = [service for service in self.services.values() if overlap(service.host, host)]
            if not covered:
                plain.append(host.lower())
            found += [service for service in covered if _winner(service, index) is virtual]
        return plain, found

    def meets(self, virtual: VirtualService) -> bool:
        """True if some host of the VirtualService is (or covers) a service of this port."""
        for host in virtual.hosts:
            name = host.lower()
            if name in self.services:
                return True
            if wildcard(name) and any(covers(name, service) for service in self.services):
                return True
            if any(overlap(name, pattern) for pattern in self.wildcards):
                return True
        return False

    def add(
        self,
        host: str,
        service: MeshService | None,
        virtual: VirtualService | None,
        routes: list[ActiveRoute],
    ) -> None:
        """Add one virtual host unless its name is taken; domains already claimed are left out."""
        if host in self.owner:
            winner = self.owner[host]
            if virtual is not None and winner is not None and winner is not virtual:
                self.shadowed.append(Shadowed(virtual, winner, host))
            return
        self.owner[host] = virtual
        wanted = [host] if service is None else self._names(service)
        domains = tuple(domain for domain in dict.fromkeys(wanted) if domain.lower() not in self._domains)
        self._domains.update(domain.lower() for domain in domains)
        if domains:
            found = VirtualHost(f"{host}:{self.port}", domains, service, virtual, tuple(routes))
            self.hosts.append(found)

    def _names(self, service: MeshService) -> list[str]:
        """Every way to write the service's name (and its aliases') in a Host header."""
        names: list[str] = []
        aliases = [alias.host for alias in self.scope.aliases(service, self.port)]
        for host in [service.host, *aliases]:
            short = short_names(host, self.client.namespace, self.domain)
            names += [host, *(one for one in short if one not in self.services)]
        if service.kubernetes and service.resolution == HEADLESS:
            names += [f"*.{name}" for name in names]
        # of a ServiceEntry with several addresses istiod keeps the last: it is a service per address
        return names + list(service.addresses if service.kubernetes else service.addresses[-1:])


def _winner(service: MeshService, index: Mapping[str, VirtualService]) -> VirtualService | None:
    """The VirtualService with the most specific host for a service: wildcards serve only those."""
    pattern = most_specific(service.host, index)
    return index[pattern] if pattern is not None else None


def sidecar_routes(client: Client, scope: Scope, port: int, domain: str) -> RouteTable:
    """The route configuration of a sidecar's HTTP listener on a service port.

    On port 80 VirtualServices of any host take part; on other ports only those that meet a service
    which owns the port. A VirtualService none of whose routes is for this proxy counts as absent.
    """
    builder = _Builder(client, scope, port, domain)
    listed = scope.virtual_services_on(port)
    index: dict[str, VirtualService] = {}
    for virtual in listed:
        for host in virtual.hosts:
            index.setdefault(host, virtual)
    labels = dict(client.labels)
    for virtual in listed:
        if port != 80 and not builder.meets(virtual):
            continue
        routes = active_routes(virtual, MESH, client.namespace, labels, port)
        if routes:
            _take(builder, virtual, routes, index)
    for service in builder.services.values():
        if service.host not in builder.done and service.resolution != ALIAS and _speaks_http(service, port):
            builder.add(service.host, service, None, [])
    listening = any(_speaks_http(service, port) for service in builder.services.values())
    return RouteTable(port, listening, tuple(builder.hosts), tuple(builder.shadowed))


def _speaks_http(service: MeshService, port: int) -> bool:
    return service.by_number[port].family in ("http", "auto")


def _take(
    builder: _Builder, virtual: VirtualService, routes: list[ActiveRoute], index: Mapping[str, VirtualService]
) -> None:
    """Add the virtual hosts of one VirtualService: its plain hosts first, then its services."""
    plain, services = builder.matched(virtual, index)
    if virtual.gateway_api:  # only the client's or the service's own namespace may route in the mesh
        own = builder.client.namespace
        services = [service for service in services if virtual.namespace in (service.namespace, own)]
        if not services:
            return
    spoken = [service for service in services if _speaks_http(service, builder.port)]
    if not spoken and builder.port != 80:
        return
    for host in plain:
        builder.add(host, None, virtual, routes)
    for service in spoken:
        builder.done.add(service.host)
        builder.add(service.host, service, virtual, routes)


def l4_routes(
    client: Client, scope: Scope, service: MeshService, port: int, block: str
) -> list[tuple[Route, Match | None]]:
    """The tcp (or tls) routes of VirtualServices for a service's port, in the order Istio tries them.

    block  "tcp" for ports without TLS, "tls" for HTTPS and TLS ports. Empty: the traffic goes to the
           service itself. A tcp route without destination subnets ends the list.
    """
    labels = dict(client.labels)
    found: list[tuple[Route, Match | None]] = []
    for virtual in scope.virtual_services_on(port):
        if not any(overlap(host, service.host) for host in virtual.hosts):
            continue
        for route in virtual.routes:
            if route.block != block or not route.destinations:
                continue
            if block == "tcp" and not route.matches:
                return [*found, (route, None)]
            for match in route.matches:
                if _l4_applies(match, client, labels, port):
                    found.append((route, match))
                    if block == "tcp" and not match.subnets:
                        return found
    return found


def _l4_applies(match: Match, client: Client, labels: Mapping[str, str], port: int) -> bool:
    """Unlike HTTP, source labels and namespace count even beside gateways."""
    if match.gateways and client.via not in match.gateways:
        return False
    return match._replace(gateways=()).applies_to(client.via, client.namespace, labels, port)
