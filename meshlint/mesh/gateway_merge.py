"""Gateway merge: all Gateways of one proxy become one set of servers per port; what clashes is dropped.

In: the servers of the Gateways in order of age, the Services in front of the proxy. Out: Merged, with
the servers that stay, the route configurations they share, and the servers that istiod leaves out.
Facts: pilot/pkg/model/gateway.go (mergeGateways) of Istio.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from meshlint.mesh.gateway_servers import Server, ServerHost
from meshlint.mesh.registry import MeshService

DISABLE_TRANSLATION = "experimental.istio.io/disable-gateway-port-translation"

DropReason = Literal[
    "duplicate-tls-host",  # an earlier TLS server of the port has one of its hosts
    "protocol-conflict",  # an earlier plain server of the port speaks another protocol
    "second-tcp-server",  # an earlier plain TCP server has the port
    "port-name",  # an earlier HTTPS server of the Gateway has the same port number and name
    "no-tls",  # a server without tls on a port of TLS servers
    "unprivileged",  # the pod may not listen below 1024
]


class ServiceTarget(NamedTuple):
    """A port of a Service that selects the proxy's pods, and the pod port it leads to.

    service   None for the Service that comes with a gateway outside the input
    """

    service: MeshService | None
    port: int
    target: int


class Placed(NamedTuple):
    """A server on the port it listens on.

    port        the pod's port
    route_name  of its route configuration, "" if it has none
    exposed     the Service port that leads there, None if no Service has the server's port
    """

    server: Server
    port: int
    route_name: str
    exposed: ServiceTarget | None

    @property
    def sni(self) -> tuple[str, ...]:
        """The server names it matches: its hosts without their namespaces."""
        return tuple(sorted({entry.spelt for entry in self.server.hosts}))


class Dropped(NamedTuple):
    """A server that is left out, why, and the server that is in its way."""

    placed: Placed
    reason: DropReason
    other: Placed | None
    host: str = ""


class Group(NamedTuple):
    """Servers of one port, protocol and bind address; `route_name` is that of plain HTTP servers."""

    port: int
    protocol: str
    bind: str
    route_name: str
    servers: list[Placed]


class Merged:
    """What the Gateways of a proxy merge to.

    groups    in order of appearance; several may make one listener
    routes    route configuration -> its servers
    dropped   servers without effect
    """

    __slots__ = ("_bound", "_plain", "_ports", "_tls_hosts", "dropped", "groups", "routes")

    def __init__(self) -> None:
        self.groups: dict[tuple[int, str, str], Group] = {}
        self.routes: dict[str, list[Placed]] = {}
        self.dropped: list[Dropped] = []
        self._ports: set[int] = set()
        self._plain: dict[int, Group] = {}
        self._tls_hosts: dict[int, dict[tuple[str, str], Placed]] = {}
        self._bound: dict[int, set[str]] = {}

    def take(self, placed: Placed) -> None:
        """Add a server, or drop it."""
        if placed.server.secured and not self._claim_hosts(placed):
            return
        if placed.port not in self._ports:
            self._ports.add(placed.port)
            self._open(placed)
        elif placed.port in self._plain:
            self._beside_plain(placed, self._plain[placed.port])
        elif not _opaque(placed.server):
            self._open(placed)
        else:
            self._beside_tls(placed)

    def _claim_hosts(self, placed: Placed) -> bool:
        """Hosts are compared with their namespace prefix, whatever SNI they become."""
        known = self._tls_hosts.setdefault(placed.port, {})
        bind = placed.server.bind
        names = [host_text(entry) for entry in placed.server.hosts]
        for name in names:
            if (name, bind) in known:
                self.dropped.append(Dropped(placed, "duplicate-tls-host", known[name, bind], name))
                return False
        known.update({(name, bind): placed for name in names})
        return True

    def _open(self, placed: Placed) -> None:
        """The first server of a port and bind."""
        group = self._group(placed, placed.route_name)
        if not _opaque(placed.server):
            self._plain[placed.port] = group
        if _routed(placed.server):
            self.routes[placed.route_name] = [placed]
        group.servers.append(placed)

    def _group(self, placed: Placed, route_name: str) -> Group:
        server = placed.server
        key = (placed.port, server.protocol, server.bind)
        return self.groups.setdefault(key, Group(*key, route_name, []))

    def _beside_plain(self, placed: Placed, current: Group) -> None:
        server = placed.server
        first = current.servers[0]
        if current.bind == server.bind:
            if not (server.http and first.server.http):
                reason: DropReason = (
                    "second-tcp-server" if not server.http and not first.server.http else "protocol-conflict"
                )
                self.dropped.append(Dropped(placed, reason, first))
                return
            current.servers.append(placed)
            self.routes.setdefault(placed.route_name, []).append(placed)
        elif (placed.port, server.protocol, server.bind) not in self.groups:
            self._open(placed)
        else:
            self._group(placed, placed.route_name).servers.append(placed)
            self.routes.setdefault(placed.route_name, []).append(placed)

    def _beside_tls(self, placed: Placed) -> None:
        """One more TLS server on a port of TLS servers: told apart by server name."""
        if _routed(placed.server):
            if placed.route_name in self.routes:
                self.dropped.append(Dropped(placed, "port-name", self.routes[placed.route_name][0]))
                return
            self.routes[placed.route_name] = [placed]
        self._group(placed, "").servers.append(placed)


def merge_servers(
    servers: Iterable[Server], targets: Sequence[ServiceTarget], *, unprivileged: bool = False
) -> Merged:
    """Merge servers, oldest Gateway first.

    targets        the Services in front of the proxy, in the order istiod tries them
    unprivileged   the pod may not listen on ports below 1024
    """
    merged = Merged()
    for server in servers:
        for port, exposed in listening_ports(server, targets):
            placed = Placed(server, port, route_name(server, port), exposed)
            if unprivileged and port < 1024:
                merged.dropped.append(Dropped(placed, "unprivileged", None))
            else:
                merged.take(placed)
    return merged


def listening_ports(
    server: Server, targets: Sequence[ServiceTarget]
) -> list[tuple[int, ServiceTarget | None]]:
    """The ports a server listens on: the target of the first Service with its port, else the port itself.

    A Gateway API listener is reached through its own Services only, through every target of its port.
    """
    if server.number is None:
        return []
    if server.services is not None:
        found = {
            one.target: one
            for one in targets
            if one.port == server.number and (one.service is None or one.service.host in server.services)
        }
        return list(found.items())
    for one in targets:
        labels = one.service.resource.labels if one.service is not None else {}
        if one.port == server.number and DISABLE_TRANSLATION not in labels:
            return [(one.target, one)]
    return [(server.number, None)]


def route_name(server: Server, port: int) -> str:
    """The name of the server's route configuration; "" for connections that are not opened."""
    bind = f".{server.bind}" if server.bind else ""
    if server.http:
        return f"http.{port}{bind}"
    if server.protocol == "HTTPS" and not server.passthrough:
        namespace, _, name = server.bound.partition("/")
        return f"https.{server.number}.{server.port_name}.{name}.{namespace}{bind}"
    return ""


def host_text(entry: ServerHost) -> str:
    """A server host as istiod compares it: `ns/host`, or the bare host for any namespace."""
    return entry.spelt if entry.namespace == "*" else f"{entry.namespace}/{entry.spelt}"


def _opaque(server: Server) -> bool:
    """True for servers with TLS that are told apart by server name."""
    return server.secured and not server.http


def _routed(server: Server) -> bool:
    """True if requests are routed, not connections."""
    return server.http or (server.protocol == "HTTPS" and not server.passthrough)
