"""Scopes: what one client can see, as its Sidecar object (or the lack of one) says.

In: a client and the Sidecars, services and VirtualServices of the world. Out: lookups of imported
services, the VirtualServices in the order istiod tries them, and the outbound policy.
Facts: pilot/pkg/model/sidecar.go (SidecarScope) and virtualservice.go (SelectVirtualServices).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, text, texts
from meshlint.kube.resource import Resource
from meshlint.mesh.host import MESH, covers, overlap
from meshlint.mesh.registry import MeshService, Registry, preference
from meshlint.mesh.settings import Settings
from meshlint.mesh.virtual_services import Route, VirtualService
from meshlint.mesh.visible import ByHost, Visible
from meshlint.text.origin import Path

ClientKind = Literal["sidecar", "gateway", "plain"]


class Client(NamedTuple):
    """A proxy (or an application without one) that sends requests.

    kind       "sidecar", "gateway", or "plain" for pods outside the mesh
    namespace  of the workload
    labels     of its pods, as sorted pairs
    gateway    "namespace/name" of the Gateway whose listener took the request, "" for sidecars
    """

    kind: ClientKind
    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    gateway: str = ""

    @property
    def via(self) -> str:
        """What VirtualServices are bound to for it: "mesh" or the Gateway."""
        return self.gateway or MESH


def sidecar_client(namespace: str, labels: Mapping[str, str] | None = None) -> Client:
    """A pod with a sidecar."""
    return Client("sidecar", namespace, tuple(sorted((labels or {}).items())))


def gateway_client(namespace: str, gateway: str, labels: Mapping[str, str] | None = None) -> Client:
    """A gateway pod in `namespace` that serves the Gateway `namespace/name`."""
    return Client("gateway", namespace, tuple(sorted((labels or {}).items())), gateway)


class HostEntry(NamedTuple):
    """One `namespace/host` of an egress listener; namespace is resolved, "*" is any."""

    namespace: str
    host: str
    exclude: bool
    path: Path

    def admits(self, service: MeshService) -> bool:
        """True if it names the service."""
        return self.namespace in ("*", service.namespace) and covers(self.host, service.host)


class Listener:
    """An egress listener of a Sidecar.

    port     its port number, None for the catch-all
    protocol of the port; HTTP_PROXY takes every service port
    bind     address or unix socket, "" if none
    capture  captureMode: "" for the default, "NONE" if it is a real port of the pod
    hosts    its entries; malformed ones (not exactly one `/`) are left out as istiod does
    """

    __slots__ = ("bind", "capture", "hosts", "path", "port", "protocol")

    def __init__(self, entry: Mapping[str, Any], namespace: str, path: Path) -> None:
        port = mapping(entry.get("port"))
        self.path = path
        self.port = integer(port.get("number")) or None
        self.protocol = text(port.get("protocol"))
        self.bind = text(entry.get("bind"))
        self.capture = text(entry.get("captureMode"))
        self.hosts = tuple(_host_entries(texts(entry.get("hosts")), namespace, (*path, "hosts")))

    def imports(self, service: MeshService) -> bool:
        """True if some entry names the service and none excludes it."""
        return any(entry.admits(service) for entry in self.hosts if not entry.exclude) and not any(
            entry.admits(service) for entry in self.hosts if entry.exclude
        )

    def admits_alias(self, service: MeshService, alias: str) -> bool:
        """True if an entry that can name the service covers the alias too."""
        return any(
            covers(entry.host, alias)
            for entry in self.hosts
            if not entry.exclude and entry.namespace in ("*", service.namespace)
        )

    def only_port(self) -> frozenset[int] | None:
        """The one service port that belongs to this listener, None for all of them."""
        return None if self.port is None or self.protocol == "HTTP_PROXY" else frozenset((self.port,))

    def takes(self, service: MeshService) -> bool:
        """True if some port of the service belongs to this listener, whose protocol counts then."""
        if self.port is None or self.protocol == "HTTP_PROXY":
            return True
        return any(port.number == self.port for port in service.ports)

    def selects(self, service: VirtualService) -> bool:
        """True if one of the VirtualService's hosts meets an entry of its namespace (two-way match)."""
        entries = [entry for entry in self.hosts if entry.namespace in ("*", service.namespace)]
        excluded = [entry.host for entry in entries if entry.exclude]
        return any(
            any(not entry.exclude and _meets(entry.host, host) for entry in entries)
            and not any(covers(pattern, host) for pattern in excluded)
            for host in service.hosts
        )


def _meets(pattern: str, host: str) -> bool:
    return pattern == host or overlap(pattern, host)


def _host_entries(written: list[str], namespace: str, path: Path) -> Iterator[HostEntry]:
    for index, entry in enumerate(written):
        if entry.count("/") != 1:
            continue
        owner, _, host = entry.partition("/")
        exclude = owner.startswith("~")
        owner = owner[1:] or "*" if exclude else owner
        yield HostEntry(namespace if owner == "." else owner, host, exclude, (*path, index))


# A service and the port numbers a client sees of it; None: all of them.
Import = tuple[MeshService | None, frozenset[int] | None]


class Scope:
    """What a client imports. The default scope imports everything visible, lazily.

    source     the Sidecar that decides, None for the default scope and for gateways
    implies    destinations of VirtualServices are imported too; not so on gateways
    listeners  its egress listeners; () in the default scope
    policy     "ALLOW_ANY" or "REGISTRY_ONLY"; policy_place says where it is written
    """

    __slots__ = (
        "_connections",
        "_imported",
        "_named",
        "_offered",
        "_registry",
        "client_namespace",
        "implies",
        "listeners",
        "policy",
        "policy_place",
        "source",
        "virtual_services",
    )

    def __init__(
        self,
        namespace: str,
        registry: Registry,
        virtual_services: Visible,
        settings: Settings,
        source: Resource | None = None,
        implies: bool = True,
    ) -> None:
        self.client_namespace = namespace
        self.source = source
        self.implies = implies
        self._registry = registry
        self.policy, self.policy_place = _outbound_policy(source, settings)
        egress = maps(source.spec.get("egress")) if source is not None else []
        self.listeners = tuple(
            Listener(entry, namespace, ("spec", "egress", index)) for index, entry in egress
        )
        if self.listeners:
            entries = [entry for listener in self.listeners for entry in listener.hosts if not entry.exclude]
            self.virtual_services = [
                service
                for service in virtual_services.near(
                    namespace, [(one.namespace, one.host) for one in entries]
                )
                if any(listener.selects(service) for listener in self.listeners)
            ]
        else:
            self.virtual_services = virtual_services.visible(namespace)
        self._imported: dict[str, Import] = {}
        self._connections: dict[int, ByHost] = {}
        self._offered: dict[tuple[str, int], list[MeshService]] = {}
        self._named: dict[int, dict[str, frozenset[int] | None]] = {}

    def virtual_services_on(self, port: int) -> list[VirtualService]:
        """The VirtualServices of the listener that serves a port, in the order istiod tries them."""
        return self.selected(self.listener(port))

    def selected(self, listener: Listener | None) -> list[VirtualService]:
        """The VirtualServices of an egress listener; all of them in the default scope."""
        if listener is None:
            return self.virtual_services
        return [service for service in self.virtual_services if listener.selects(service)]

    def meeting(self, host: str, listener: Listener | None) -> list[VirtualService]:
        """The VirtualServices of an egress listener with tcp or tls routes whose hosts meet a service's."""
        key = self._key(listener)
        if key not in self._connections:
            listed = [one for one in self.selected(listener) if any(r.block != "http" for r in one.routes)]
            self._connections[key] = ByHost(listed)
        return self._connections[key].meeting(host)

    def _key(self, listener: Listener | None) -> int:
        return -1 if listener is None else self.listeners.index(listener)

    def listener(self, port: int) -> Listener | None:
        """The egress listener for a port: the first that has the port or none; None in the default scope."""
        return next(
            (listener for listener in self.listeners if listener.port is None or listener.port == port), None
        )

    def service(self, host: str) -> MeshService | None:
        """The imported service of an exact host, None if the client does not know it."""
        return self._lookup(host)[0]

    def owns(self, host: str, port: int) -> MeshService | None:
        """The imported service of a host if it owns the port for this client."""
        service, ports = self._lookup(host)
        if service is None or port not in service.by_number or (ports is not None and port not in ports):
            return None
        return service

    def single_port(self, host: str) -> int | None:
        """The port of an imported service that has, or is reduced to, only one."""
        service, ports = self._lookup(host)
        if service is None:
            return None
        numbers = [port.number for port in service.ports if ports is None or port.number in ports]
        return numbers[0] if len(numbers) == 1 else None

    def listed(self, host: str, port: int) -> MeshService | None:
        """The service of a host that owns `port` and is imported by the listener of that port itself.

        Services imported only as destinations have clusters but no virtual host, and istiod does not
        find them when it looks up a destination's port.
        """
        owning = [one for one in self.offered(host, self.listener(port)) if port in one.by_number]
        return owning[-1] if owning else None

    def offered(self, host: str, listener: Listener | None) -> list[MeshService]:
        """The services that stand for a host on a listener: all of one namespace, ServiceEntries unmerged.

        The client's own namespace wins, then that of a Kubernetes Service, then that of the oldest.
        """
        key = (host, self._key(listener))
        found = self._offered.get(key)
        if found is None:
            seen = [
                service
                for service in self._candidates(host)
                if listener is None or (listener.imports(service) and listener.takes(service))
            ]
            parts = [part for one in seen if one.namespace == seen[0].namespace for part in one.parts]
            if listener is not None:
                parts = [part for part in parts if listener.takes(part)]
            found = self._offered[key] = sorted(parts, key=self._registry.position.__getitem__)
        return found

    def aliases(self, service: MeshService, port: int) -> list[MeshService]:
        """The ExternalName services that stand for a service on the listener of a port.

        A Sidecar admits their names by the entries for the namespace of the service they stand for.
        """
        found = self._registry.aliases.get(service.host, [])
        listener = self.listener(port)
        if listener is None:
            return list(found)
        return [alias for alias in found if listener.admits_alias(service, alias.host)]

    def services_on(self, port: int) -> Iterator[MeshService]:
        """Every service that owns a port and is imported by the listener of that port."""
        for service in self._registry.on_port(port, self.namespaces(self.listener(port))):
            if self.listed(service.host, port) is service:
                yield service

    def namespaces(self, listener: Listener | None) -> frozenset[str] | None:
        """The only namespaces whose services a listener can import, None if it may be any."""
        if listener is None:
            return None
        names = frozenset(entry.namespace for entry in listener.hosts if not entry.exclude)
        return None if "*" in names else names

    def _lookup(self, host: str) -> Import:
        """The service and the port numbers the client sees of it (None: all)."""
        found = self._imported.get(host)
        if found is None:
            found = self._imported[host] = self._find(host)
        return found

    def _find(self, host: str) -> Import:
        """What every egress listener asks for, and what its VirtualServices send to, in this order.

        The first service of a host stays, unless a Kubernetes Service follows a ServiceEntry.
        """
        chosen: MeshService | None = None
        numbers: frozenset[int] | None = frozenset()
        for listener in self.listeners or (None,):
            for service, taken in (self._requested(host, listener), self._implied(host, listener)):
                if service is None:
                    continue
                if chosen is None or (service.kubernetes and not chosen.kubernetes):
                    chosen, numbers = service, taken
                elif service is chosen:
                    numbers = None if numbers is None or taken is None else numbers | taken
                if listener is None:
                    return chosen, numbers
        return chosen, numbers

    def _requested(self, host: str, listener: Listener | None) -> Import:
        """The service of a host that a listener's entries name, and the ports it takes of it."""
        if listener is None:
            return self._registry.lookup(host, self.client_namespace), None
        for service in self._candidates(host):
            if listener.imports(service) and listener.takes(service):
                return service, listener.only_port()
        return None, None

    def _candidates(self, host: str) -> list[MeshService]:
        """Visible services of a host, the client's own namespace first, then Kubernetes', then by age."""
        seen = [one for one in self._registry.all_of(host) if one.visible_to(self.client_namespace)]
        return sorted(seen, key=lambda one: preference(one, self.client_namespace))

    def _implied(self, host: str, listener: Listener | None) -> Import:
        """Destinations of imported VirtualServices are imported too, reduced to the ports they name.

        A service of the client's own namespace is taken whether it is exported or not.
        """
        named = self._destinations(listener) if self.implies else {}
        if host not in named:
            return None, None
        listed = self._registry.all_of(host)
        service = next((one for one in listed if one.namespace == self.client_namespace), None) or next(
            (one for one in listed if one.visible_to(self.client_namespace)), None
        )
        if service is None:
            return None, None
        ports = named[host] if listener is None or listener.only_port() is None else listener.only_port()
        if ports is None:
            return service, None
        taken = ports & service.by_number.keys()
        return (service, frozenset(taken)) if taken else (None, None)

    def _destinations(self, listener: Listener | None) -> Mapping[str, frozenset[int] | None]:
        """Host -> ports (None: all) to which the VirtualServices of a listener send."""
        key = self._key(listener)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = {}
            for virtual in self.virtual_services:
                if listener is not None and not listener.selects(virtual):
                    continue
                for route, target in virtual.targets():
                    if _reachable(route, self.client_namespace):
                        known = found.get(target.host, frozenset())
                        every = target.port is None or known is None
                        found[target.host] = None if every else (known or frozenset()) | {target.port or 0}
        return found


def _reachable(route: Route, namespace: str) -> bool:
    """False if an http route's matches name source namespaces and this is none of them.

    A match without source namespace beside them does not help; istiod does not look at it.
    """
    names = [match.source_namespace for match in route.matches if match.source_namespace]
    return route.block != "http" or not names or namespace in names


def _outbound_policy(source: Resource | None, settings: Settings) -> tuple[str, Path]:
    """The Sidecar's outboundTrafficPolicy (its mode defaults to REGISTRY_ONLY), else the mesh's."""
    path: Path = ("spec", "outboundTrafficPolicy")
    if source is not None and isinstance(source.spec.get("outboundTrafficPolicy"), dict):
        return text(source.spec["outboundTrafficPolicy"].get("mode")) or "REGISTRY_ONLY", path
    return settings.outbound_policy, ()
