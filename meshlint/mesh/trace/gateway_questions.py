"""Gateway questions: what callers outside may ask of every gateway of a world.

In: a Tracer. Out: Traces: a request per route and virtual host, per TLS name and TCP server; requests for
servers that are left out and for hosts that nobody serves; bindings to Gateways that nobody runs.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import mapping, text
from meshlint.kube.kinds import GATEWAY
from meshlint.mesh.envoy import Chain, Listener, RouteEntry
from meshlint.mesh.gateway_api import API_GATEWAY, hostnames
from meshlint.mesh.gateway_merge import Placed
from meshlint.mesh.gateway_routes import intersect
from meshlint.mesh.gateway_servers import Server, servers_of
from meshlint.mesh.gateways import GatewayProxy, outside_port, proxies_of
from meshlint.mesh.host import MESH, covers, overlap, wildcard
from meshlint.mesh.request import Request
from meshlint.mesh.steps import Branch, Spot, Step, Trace, broken
from meshlint.mesh.trace.asked import concrete, entries_of, host_of, lost_routes, request
from meshlint.mesh.trace.routes import Wanted
from meshlint.mesh.trace.samples import sample
from meshlint.mesh.trace.tracer import Tracer, no_proxy
from meshlint.mesh.virtual_services import VirtualService
from meshlint.mesh.xds import GatewayState


def of_gateways(tracer: Tracer) -> Iterator[Trace]:
    """Every question to gateways."""
    yield from _unrun(tracer)
    for proxy in tracer.gateways():
        yield from _Questions(tracer, proxy).all()
    yield from _unbound(tracer)
    yield from _refused(tracer)


def _unrun(tracer: Tracer) -> Iterator[Trace]:
    """Gateways that no pod runs."""
    for resource in tracer.mesh.kind(GATEWAY):
        if not proxies_of(tracer.mesh, resource):
            for server in servers_of(resource):
                host = next((concrete(entry.host) for entry in server.hosts), "any.example")
                asked = request(_scheme(server), host, server.number or 0)
                label = f"gateway:{resource.namespace}/{resource.name}"
                yield Trace(label, asked, (Branch(100.0, (no_proxy(resource),)),), (), resource)


def _scheme(server: Server) -> str:
    if server.block == "http":
        return "https" if server.secured and not server.http else "http"
    return "tls" if server.secured else "tcp"


class _Questions:
    """The questions to one gateway proxy."""

    def __init__(self, tracer: Tracer, proxy: GatewayProxy) -> None:
        self.tracer = tracer
        self.proxy = proxy
        self.client = tracer.xds.gateway_client(proxy)
        self.state: GatewayState = tracer.xds.gateway(self.client)
        self.hosts: dict[int, set[str]] = {}  # by the port of the pods

    def all(self) -> Iterator[Trace]:
        """Listener by listener, then what has none."""
        for listener in self.tracer.xds.listeners(self.client).values():
            done: set[str] = set()
            for chain in listener.chains:
                if chain.kind == "tcp":
                    yield from self._connections(listener, chain)
                elif chain.route_name not in done:
                    done.add(chain.route_name)
                    yield from self._routes(chain.route_name)
        yield from self._left_out()
        yield from self._unserved()
        yield from self._gone()

    def _number(self, placed: Placed) -> int:
        """The port callers use; the server's own if no Service leads there."""
        found = outside_port(self.proxy, list(self.state.targets), placed.server, placed.port)
        return found or placed.server.number or 0

    def _routes(self, name: str) -> Iterator[Trace]:
        """Every route of every virtual host."""
        servers = self.state.merged.routes.get(name, [])
        config = self.tracer.xds.route_config(self.client, name)
        bound = frozenset(one.server.bound for one in servers)
        for found in config.hosts:
            if not servers or found.name.startswith("blackhole:"):
                continue
            host = host_of(found)
            for one in servers:
                self.hosts.setdefault(one.port, set()).update(found.domains)
            placed = next((one for one in servers if _serves(one.server, host)), servers[0])
            base = request(_scheme(placed.server), host, self._number(placed))
            if found.redirect is not None:
                yield self._ask(placed, base)
                continue
            for entry in entries_of(found, self.client, bound, placed.server.number or 0):
                asked, sure = sample(found.routes, entry, _grpc(entry, base))
                yield self._ask(placed, asked, Wanted(entry, sure))

    def _connections(self, listener: Listener, chain: Chain) -> Iterator[Trace]:
        """One connection per filter chain of bytes, AUTO_PASSTHROUGH left out."""
        server = chain.server
        if server is None:
            return
        placed = self._placed(server, listener.port)
        names = [concrete(name) for name in chain.sni] or [concrete(entry.host) for entry in server.hosts]
        known = self.hosts.setdefault(listener.port, set())
        known.update(chain.sni)
        known.update(entry.host for entry in server.hosts if not server.secured)
        number = self._number(placed) if placed is not None else server.number or 0
        asked = request(_scheme(server), names[0] if names else "any.example", number)
        yield self.tracer.from_gateway(self.proxy, asked)

    def _placed(self, server: Server, port: int) -> Placed | None:
        found = self._placed_servers()
        return next((one for one in found if one.server is server and one.port == port), None)

    def _left_out(self) -> Iterator[Trace]:
        """Servers that istiod drops, and those without any listener though something is bound to them."""
        for dropped in self.state.merged.dropped:
            server = dropped.placed.server
            taken = dropped.host.rpartition("/")[2]
            hosts = [one.host for one in server.hosts if one.host != taken] or [taken]
            for host in hosts:
                asked = request(_scheme(server), concrete(host or "*"), self._number(dropped.placed))
                yield self.tracer.from_gateway(self.proxy, asked)
        listening = {listener.port for listener in self.tracer.xds.listeners(self.client).values()}
        for group in self.state.merged.groups.values():
            for placed in group.servers:
                if placed.port not in listening and self._bound(placed.server):
                    host = next((concrete(entry.host) for entry in placed.server.hosts), "any.example")
                    asked = request(_scheme(placed.server), host, self._number(placed))
                    yield self.tracer.from_gateway(self.proxy, asked)

    def _bound(self, server: Server) -> list[VirtualService]:
        return self.tracer.mesh.bound(server.bound)

    def _unserved(self) -> Iterator[Trace]:
        """Hosts of bound VirtualServices, and exact hosts of servers, that nothing serves on a port."""
        asked: set[tuple[str, int]] = set()
        for placed in self._placed_servers():
            server = placed.server
            virtuals = self._bound(server)
            if not virtuals:
                yield from self._routeless(placed)
                continue
            wanted = [host for virtual in virtuals if _reads(virtual, server) for host in virtual.hosts]
            wanted += [entry.host for entry in server.hosts if not wildcard(entry.host)]
            for host in wanted:
                key = (host, self._number(placed))
                served = host == "*" or self._known(host, placed.port) or self._read_elsewhere(host, server)
                if not served and key not in asked:
                    asked.add(key)
                    yield self._ask(placed, request(_scheme(server), concrete(host), self._number(placed)))
        yield from self._bound_in_vain({host for host, _ in asked})

    def _bound_in_vain(self, asked: set[str]) -> Iterator[Trace]:
        """Hosts that no server has, of VirtualServices bound to one that reads other routes than theirs."""
        for placed in self._placed_servers():
            for virtual in self._bound(placed.server):
                for host in virtual.hosts:
                    ports = self.hosts.keys() | {placed.port}
                    if host == "*" or host in asked or any(self._known(host, port) for port in ports):
                        continue
                    asked.add(host)
                    scheme = _scheme(placed.server)
                    yield self._ask(placed, request(scheme, concrete(host), self._number(placed)))

    def _routeless(self, placed: Placed) -> Iterator[Trace]:
        """A server of a Gateway without routes in the input: its listener and certificate can be told."""
        server = placed.server
        host = next((concrete(entry.host) for entry in server.hosts), "any.example")
        found = self._ask(placed, request(_scheme(server), host, self._number(placed)))
        if found.branches[-1].last.code in ("RDS-NOVHOST", "LDS-NOLISTENER", "LDS-SNI", ""):
            what = "no route of the input is bound to the Gateway"
            spots = (Spot(server.gateway, server.path),)
            step = Step("RDS", server.gateway.label(), "UNKNOWN", "", what, spots)
            steps = (*found.branches[-1].steps[:-1], step)
            found = found._replace(branches=(Branch(100.0, steps),))
        yield found

    def _placed_servers(self) -> Iterator[Placed]:
        for group in self.state.merged.groups.values():
            yield from group.servers

    def _ask(self, placed: Placed, asked: Request, wanted: Wanted | None = None) -> Trace:
        """Servers that want a certificate of the mesh are asked by a client of the mesh."""
        inside = placed.server.mode == "ISTIO_MUTUAL"
        identity = f"{self.proxy.namespace}/*" if inside else ""
        return self.tracer.from_gateway(self.proxy, asked, wanted, identity)

    def _gone(self) -> Iterator[Trace]:
        """Routes that a delegation takes away, at the first server that would have them."""
        done: set[int] = set()
        for group in self.state.merged.groups.values():
            for placed in group.servers if group.servers[0].server.block == "http" else ():
                for virtual in self._bound(placed.server):
                    hosts = intersect(placed.server.hosts, virtual)
                    if not hosts or id(virtual) in done:
                        continue
                    done.add(id(virtual))
                    base = request(_scheme(placed.server), concrete(hosts[0]), self._number(placed))
                    for lost in lost_routes(self.tracer.mesh, virtual):
                        asked, _ = sample((), lost.entry, base)
                        yield self._ask(placed, asked, lost)

    def _known(self, host: str, port: int) -> bool:
        return any(overlap(known.lower(), host.lower()) for known in self.hosts.get(port, ()))

    def _read_elsewhere(self, host: str, server: Server) -> bool:
        """True if another server of the same Gateway has the host, so that this one need not."""
        for group in self.state.merged.groups.values():
            for placed in group.servers:
                other = placed.server
                if other is not server and other.bound == server.bound and _serves(other, host):
                    return not _serves(server, host)
        return False


def _grpc(entry: RouteEntry, base: Request) -> Request:
    """Requests of GRPCRoutes are gRPC."""
    if entry.route is None or entry.route.resource.kind != "GRPCRoute":
        return base
    return base._replace(scheme="grpcs" if base.secured else "grpc", method="POST")


def _serves(server: Server, host: str) -> bool:
    return any(covers(entry.host, host.lower()) for entry in server.hosts)


def _reads(virtual: VirtualService, server: Server) -> bool:
    """True if the VirtualService has routes of the kind the server reads."""
    return any(route.block == server.block for route in virtual.routes)


def _unbound(tracer: Tracer) -> Iterator[Trace]:
    """VirtualServices bound to a Gateway that is not there, or not in the input."""
    for virtual in tracer.mesh.virtual_services:
        for index, reference in enumerate(virtual.gateways if virtual.hosts else ()):
            if reference == MESH:
                continue
            state, _ = tracer.mesh.gateway(reference)
            if state == "FOUND":
                continue
            asked = request("http", concrete(virtual.hosts[0]), 80)
            spots = (Spot(virtual.resource, ("spec", "gateways", index)),)
            if state == "MISSING":
                what = f"{virtual.resource.label()} is bound to a Gateway that does not exist"
                step = broken("LDS-NOGW", f"Gateway {reference}", what, spots)
            else:
                what = "the Gateway is outside the input"
                step = Step("LDS", f"Gateway {reference}", "UNKNOWN", "", what, spots)
            yield Trace(f"gateway:{reference}", asked, (Branch(100.0, (step,)),), (), None)


def _refused(tracer: Tracer) -> Iterator[Trace]:
    """Gateway API routes with a parentRef that attaches to no listener at all."""
    mesh = tracer.mesh
    attached = {
        (id(source), one.gateways[0].partition("~")[0])
        for one in mesh.api_routes.routes
        for source in one.sources
    }
    seen: set[tuple[int, object]] = set()
    for refusal in mesh.api_routes.refusals:
        route, path = refusal.route, refusal.path
        written = mapping(route.get(*path))
        name = text(written.get("name"))
        owner = text(written.get("namespace")) or route.namespace
        key = (id(route), path)
        if key in seen or (id(route), f"{owner}/{name}") in attached:
            continue
        seen.add(key)
        asked = request("http", concrete(hostnames(route)[0]), 80)
        known = mesh.find(API_GATEWAY, owner, name) is not None
        spots = (Spot(route, path),)
        label = f"Gateway {owner}/{name}"
        if known or refusal.parent is not None:
            step = broken("RDS-NOVHOST", label, refusal.reason, spots)
        elif mesh.closed(owner):
            step = broken("LDS-NOGW", label, refusal.reason, spots)
        else:
            step = Step("LDS", label, "UNKNOWN", "", "the Gateway is outside the input", spots)
        yield Trace(f"gateway:{owner}/{name}", asked, (Branch(100.0, (step,)),), (), route)
