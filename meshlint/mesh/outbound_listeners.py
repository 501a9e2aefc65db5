"""Outbound listeners: what a sidecar listens on for its application's connections.

In: a client, its scope, the registry. Out: Listeners with filter chains in istiod's order, conflicts
between services settled. Facts: pilot/pkg/networking/core/listener.go and tls.go of Istio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from meshlint.mesh.envoy import (
    ANY_ADDRESS,
    BLACK_HOLE_CLUSTER,
    PASSTHROUGH_CLUSTER,
    PLAIN_HTTP,
    Chain,
    Listener,
    Target,
)
from meshlint.mesh.outbound_chains import Ask, http_chain, service_addresses, tcp_chains
from meshlint.mesh.port import HTTP_FAMILY, TCP_FAMILY, UNDECLARED, family, parse
from meshlint.mesh.registry import ALIAS, HEADLESS, NONE, MeshService
from meshlint.mesh.scope import Client, Scope
from meshlint.mesh.scope import Listener as EgressListener

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

# The proxy's own ports: status and metrics, and its two catch-all listeners.
RESERVED_PORTS = frozenset({15001, 15006, 15021, 15090})
LOCALHOST = "127.0.0.1"
_SERVER_FIRST = frozenset({"Mongo", "MySQL"})


class _Entry:
    """A listener in the making; `protocol` is "" once it sniffs."""

    __slots__ = ("address", "chains", "dropped", "known", "locked", "port", "protocol")

    def __init__(self, address: str, port: int, chains: list[Chain], protocol: str) -> None:
        self.address = address
        self.port = port
        self.chains = chains
        self.protocol = protocol
        self.locked = False
        self.dropped: list[Chain] = []
        self.known = {chain.criteria() for chain in chains}

    def merge(self, incoming: list[Chain]) -> None:
        """Add chains that match something no chain matches yet."""
        for chain in incoming:
            criteria = chain.criteria()
            (self.dropped if criteria in self.known else self.chains).append(chain)
            self.known.add(criteria)


def outbound_listeners(mesh: Mesh, client: Client) -> list[Listener]:
    """The outbound listeners of a sidecar by name; the catch-all ones are left out."""
    return _Builder(mesh, client).build()


class _Builder:
    """Builds the listeners of one client."""

    def __init__(self, mesh: Mesh, client: Client) -> None:
        self.mesh = mesh
        self.client = client
        self.scope: Scope = mesh.scope(client)
        self.entries: dict[tuple[str, int], _Entry] = {}

    def build(self) -> list[Listener]:
        """Every egress listener in turn; the one without port comes last and leaves the others alone."""
        for listener in self.scope.listeners or (None,):
            bind = _bind(listener)
            if listener is not None and listener.port is not None:
                self._declared(listener, bind)
                continue
            for entry in self.entries.values():
                entry.locked = True
            for service in self._imported(listener):
                for port in service.by_number.values():
                    self._service_port(service, port.number, port.protocol, bind, listener)
        found = [self._finish(entry) for entry in self.entries.values()]
        return sorted(found, key=lambda one: (one.port, one.name))

    def _imported(self, listener: EgressListener | None) -> Iterator[MeshService]:
        """The services an egress listener imports, in istiod's order."""
        namespaces = self.scope.namespaces(listener)
        parts = [one for one in self.mesh.services.parts(namespaces) if one.visible_to(self.client.namespace)]
        for service in sorted(parts, key=lambda one: "*" in one.export_to):  # exported by name: first
            if service.resolution != ALIAS and any(
                one is service for one in self.scope.offered(service.host, listener)
            ):
                yield service

    def _declared(self, listener: EgressListener, bind: str) -> None:
        """A Sidecar listener with a port: its own port and protocol count for every service on it."""
        number = listener.port or 0
        protocol = parse(listener.protocol)
        if self._reserved(bind, number, protocol):
            return
        for service in self._imported(listener):
            if listener.takes(service) or bind.startswith("unix:"):
                self._at_addresses(service, number, protocol, bind, listener)

    def _service_port(
        self, service: MeshService, number: int, protocol: str, bind: str, listener: EgressListener | None
    ) -> None:
        if self._reserved(bind, number, protocol):
            return
        addresses = service_addresses(service)
        pods = not bind and service.resolution in (HEADLESS, NONE) and ANY_ADDRESS in addresses
        if pods and family(protocol) != "http":
            for address in self._pod_addresses(service, number):
                self._add(Ask(service, number, protocol, address, listener=listener))
            return
        self._at_addresses(service, number, protocol, bind, listener)

    def _at_addresses(
        self, service: MeshService, number: int, protocol: str, bind: str, listener: EgressListener | None
    ) -> None:
        if bind or family(protocol) == "http":  # HTTP services share one listener per port
            self._add(Ask(service, number, protocol, bind, listener=listener))
            return
        for address in service_addresses(service):
            if "/" in address:
                self._add(Ask(service, number, protocol, "", (address,), listener))
            else:
                self._add(Ask(service, number, protocol, address, listener=listener))

    def _pod_addresses(self, service: MeshService, number: int) -> list[str]:
        """One listener per endpoint; none for a service without any, the wildcard for a bare ServiceEntry."""
        found = self.mesh.endpoints(service, number)
        if not service.kubernetes and not found.addresses and service.selector is None:
            return [""]
        addresses = [one.address for one in found.addresses if one.numeric()]
        if found.workloads and not self._alone(service, number):
            addresses.append(f"PODIP({service.name}.{service.namespace})")
        return addresses

    def _alone(self, service: MeshService, number: int) -> bool:
        """True if the client itself is the only endpoint: a proxy has no listener for its own address."""
        found = self.mesh.endpoints(service, number)
        labels = dict(self.client.labels)
        return (
            found.high == 1
            and bool(labels)
            and self.client.namespace == service.namespace
            and service.selector is not None
            and all(labels.get(key) == value for key, value in service.selector.items())
        )

    def _reserved(self, bind: str, number: int, protocol: str) -> bool:
        """True for the proxy's own ports on the wildcard address."""
        wild = bind == ANY_ADDRESS or (not bind and protocol in HTTP_FAMILY)
        return wild and number in RESERVED_PORTS

    def _add(self, ask: Ask) -> None:
        """Add a service port; what is there already decides how."""
        kind = family(ask.protocol)
        if kind == "udp":
            return
        address = ask.bind or ANY_ADDRESS
        current = self.entries.get((address, ask.port))
        if current is not None and current.locked:
            return
        if ask.protocol == "HTTP_PROXY":
            if current is None:
                chains = [http_chain(ask, address)]
                self.entries[address, ask.port] = _Entry(address, ask.port, chains, "HTTP_PROXY")
        elif kind == "http":
            self._add_http(ask, address, current)
        else:
            self._add_other(ask, address, current, sniffed=kind == "auto")

    def _add_http(self, ask: Ask, address: str, current: _Entry | None) -> None:
        if current is not None and current.protocol not in TCP_FAMILY:
            return  # the listener is there; the service is a virtual host of its route configuration
        wild = address == ANY_ADDRESS
        chain = http_chain(ask, address)
        if wild:
            chain = chain._replace(alpn=PLAIN_HTTP, transport="raw_buffer")
        self._place(ask, address, current, [chain], UNDECLARED if wild else ask.protocol)

    def _add_other(self, ask: Ask, address: str, current: _Entry | None, *, sniffed: bool) -> None:
        if sniffed and current is not None and current.protocol == UNDECLARED:
            return
        chains = tcp_chains(self.mesh, self.client, ask, address)
        if sniffed:
            chains.append(http_chain(ask, address)._replace(alpn=PLAIN_HTTP, transport="raw_buffer"))
        if sniffed and current is not None and current.protocol in HTTP_FAMILY:
            current = None  # sniffing takes the whole listener over
        self._place(ask, address, current, chains, ask.protocol)

    def _place(
        self, ask: Ask, address: str, current: _Entry | None, chains: list[Chain], protocol: str
    ) -> None:
        if current is None:
            self.entries[address, ask.port] = _Entry(address, ask.port, chains, protocol)
            return
        if {ask.protocol, current.protocol} & _SERVER_FIRST and ask.protocol != current.protocol:
            current.dropped += chains
            return
        mixed = family(ask.protocol) != "tcp" or current.protocol not in TCP_FAMILY
        current.merge(chains)
        if mixed:
            current.protocol = UNDECLARED

    def _finish(self, entry: _Entry) -> Listener:
        """Chains in order, the one that matches everything as the default."""
        every = next((chain for chain in reversed(entry.chains) if chain.matches_all()), None)
        chains = [chain for chain in entry.chains if not chain.matches_all()]
        name = f"{entry.address}_{entry.port}"
        dropped = tuple(entry.dropped)
        if every is not None and not chains:
            return Listener(name, entry.address, entry.port, (every,), None, dropped)
        default = every or Chain("tcp", targets=(Target(catch_all_cluster(self.scope)),))
        return Listener(name, entry.address, entry.port, tuple(chains), default, dropped)


def catch_all_cluster(scope: Scope) -> str:
    """Where connections to unknown addresses go."""
    return PASSTHROUGH_CLUSTER if scope.policy == "ALLOW_ANY" else BLACK_HOLE_CLUSTER


def _bind(listener: EgressListener | None) -> str:
    """The address a Sidecar's egress listener names; the loopback one if it captures nothing."""
    if listener is None:
        return ""
    return listener.bind or (LOCALHOST if listener.capture == "NONE" else "")
