"""Registry: the services the mesh knows, from Kubernetes Services and ServiceEntries.

In: the Resources of one world. Out: one MeshService per Service and per ServiceEntry host, found by
host name in constant time, with ports, protocols, resolution and visibility.
Facts: pilot/pkg/serviceregistry of Istio.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, string_map, text, texts
from meshlint.kube.kinds import SERVICE, SERVICE_ENTRY
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.host import most_specific, service_name, wildcard
from meshlint.mesh.port import UDP, ServicePort, declared_protocol, parse
from meshlint.mesh.settings import Settings

EXPORT_ANNOTATION = "networking.istio.io/exportTo"

# Resolutions. The first three are Kubernetes', the others a ServiceEntry's.
EDS = "EDS"
HEADLESS = "HEADLESS"
ALIAS = "ALIAS"
NONE = "NONE"
STATIC = "STATIC"
DNS = "DNS"
DNS_ROUND_ROBIN = "DNS_ROUND_ROBIN"
DYNAMIC_DNS = "DYNAMIC_DNS"


class MeshService:
    """One service of the mesh.

    host        full name (a ServiceEntry's may be a wildcard)
    namespace, name   of the object it comes from
    resource    that object; `path` leads to the host in it
    resolution  EDS, HEADLESS (clusterIP None), ALIAS (ExternalName), or a ServiceEntry's NONE,
                STATIC, DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS
    ports       in the written order; by_number has the first of each number, UDP left out
    selector    pod labels; None if there is no selector, an empty mapping if it selects all
    external_name   what an ALIAS points at
    export_to   as written or the mesh default, "." still unresolved
    kubernetes  True for a Kubernetes Service
    mesh_external   ServiceEntry with location MESH_EXTERNAL (the default)
    addresses   a ServiceEntry's VIPs; a Service's clusterIP if one is written
    node_local  internalTrafficPolicy Local
    parts       what it was merged from, the oldest first: itself, or several ServiceEntries of one host.
                Clusters are made for the merged service, listeners and virtual hosts for each part
    """

    __slots__ = (
        "addresses",
        "by_number",
        "export_to",
        "external_name",
        "host",
        "kubernetes",
        "mesh_external",
        "node_local",
        "parts",
        "path",
        "ports",
        "resolution",
        "resource",
        "selector",
    )

    def __init__(self, host: str, resource: Resource, resolution: str, ports: Iterable[ServicePort]) -> None:
        self.host = host
        self.resource = resource
        self.resolution = resolution
        self.ports = tuple(ports)
        self.by_number: dict[int, ServicePort] = {}
        for port in self.ports:
            if port.protocol != UDP:
                self.by_number.setdefault(port.number, port)
        self.path: tuple[str | int, ...] = ("metadata", "name")
        self.selector: dict[str, str] | None = None
        self.external_name = ""
        self.export_to: tuple[str, ...] = ("*",)
        self.kubernetes = False
        self.mesh_external = False
        self.addresses: tuple[str, ...] = ()
        self.node_local = False
        self.parts: tuple[MeshService, ...] = (self,)

    def joined(self, younger: list[MeshService]) -> MeshService:
        """The service with the ports of younger ServiceEntries of its host; the first of a number counts."""
        ports = {port.number: port for other in reversed(younger) for port in reversed(other.ports)}
        known = {port.number for port in self.ports}
        added = [port for number, port in ports.items() if number not in known]
        made = MeshService(self.host, self.resource, self.resolution, (*self.ports, *added))
        for name in ("path", "selector", "export_to", "mesh_external", "addresses"):
            setattr(made, name, getattr(self, name))
        made.parts = (self, *younger)
        return made

    def __repr__(self) -> str:
        return f"<MeshService {self.host}>"

    @property
    def namespace(self) -> str:
        """The namespace of the Service or ServiceEntry."""
        return self.resource.namespace

    @property
    def name(self) -> str:
        """The name of the Service or ServiceEntry."""
        return self.resource.name

    def label(self) -> str:
        """`Service review/review`."""
        return self.resource.ref().label()

    def visible_to(self, namespace: str) -> bool:
        """True if clients of the namespace may see it (exportTo)."""
        return exported(self.export_to, self.namespace, namespace)

    def port_named(self, name: str) -> ServicePort | None:
        """The first port of that name."""
        return next((port for port in self.ports if port.name == name), None)


def exported(export_to: Iterable[str], owner: str, namespace: str) -> bool:
    """True if an exportTo list of an object in `owner` admits `namespace`."""
    return any(
        entry == "*" or entry == namespace or (entry == "." and owner == namespace) for entry in export_to
    )


class Registry:
    """Every service by host name.

    services     by age, which is by name (of ServiceEntries: host) and namespace for objects of one age
    by_host      exact host -> services, the one Istio prefers first
    wildcards    wildcard host -> services (ServiceEntries only)
    by_namespace namespace -> Kubernetes services by name
    position     of every part among all by age
    aliases      host -> ExternalName services that end there, through any number of hops
    """

    __slots__ = (
        "_by_selector",
        "_on_port",
        "_within",
        "aliases",
        "by_host",
        "by_namespace",
        "position",
        "services",
        "wildcards",
    )

    def __init__(self, services: list[MeshService]) -> None:
        ordered = sorted(services, key=age)
        self.position = {service: number for number, service in enumerate(ordered)}
        self.services = _merge_entries(ordered)
        self.by_host: dict[str, list[MeshService]] = {}
        self.wildcards: dict[str, list[MeshService]] = {}
        self.by_namespace: dict[str, dict[str, MeshService]] = {}
        self._on_port: dict[int, dict[str, list[MeshService]]] = {}
        self._within: dict[str, list[MeshService]] = {}
        for service in sorted(self.services, key=lambda one: not one.kubernetes):
            table = self.wildcards if wildcard(service.host) else self.by_host
            table.setdefault(service.host, []).append(service)
            if service.kubernetes:
                self.by_namespace.setdefault(service.namespace, {}).setdefault(service.name, service)
        for part in self.position:
            self._within.setdefault(part.namespace, []).append(part)
            for number in part.by_number:
                self._on_port.setdefault(number, {}).setdefault(part.namespace, []).append(part)
        self.aliases = _aliases(self.services)
        self._by_selector: dict[tuple[str, str, str], list[MeshService]] | None = None

    def parts(self, namespaces: frozenset[str] | None = None) -> list[MeshService]:
        """What services are merged from, by age, of some namespaces (None: of all)."""
        if namespaces is None:
            return list(self.position)
        return self._by_age(self._within.get(name, ()) for name in namespaces)

    def on_port(self, number: int, namespaces: frozenset[str] | None = None) -> list[MeshService]:
        """The parts that own a service port, by age, of some namespaces (None: of all)."""
        found = self._on_port.get(number, {})
        return self._by_age(found.get(name, ()) for name in (found if namespaces is None else namespaces))

    def _by_age(self, groups: Iterable[Iterable[MeshService]]) -> list[MeshService]:
        return sorted((part for group in groups for part in group), key=self.position.__getitem__)

    def lookup(self, host: str, namespace: str, prefer: str = "") -> MeshService | None:
        """The service a client of `namespace` gets for an exact host: only visible ones count.

        A service of namespace `prefer` (default: the client's own) wins, then a Kubernetes Service,
        then one exported by name, then the oldest.
        """
        seen = [found for found in self._listed(host) if found.visible_to(namespace)]
        if len(seen) > 1:
            return min(seen, key=lambda one: preference(one, prefer or namespace))
        return seen[0] if seen else None

    def selecting(self, namespace: str, labels: Mapping[str, str]) -> list[MeshService]:
        """The Services and ServiceEntries of a namespace that select pods with these labels, by host."""
        if self._by_selector is None:
            self._by_selector = {}
            for service in self.parts():
                for key, value in list((service.selector or {}).items())[:1]:
                    self._by_selector.setdefault((service.namespace, key, value), []).append(service)
        found = [
            service
            for key, value in labels.items()
            for service in self._by_selector.get((namespace, key, value), ())
            if selects(service.selector or {}, labels)
        ]
        return sorted(found, key=lambda one: one.host)

    def covering(self, host: str, namespace: str) -> MeshService | None:
        """The ServiceEntry service whose wildcard host covers an exact host, most specific first."""
        pattern = most_specific(host, self.wildcards)
        while pattern is not None:
            found = self.lookup(pattern, namespace)
            if found is not None:
                return found
            pattern = most_specific("*" + pattern[2:], self.wildcards) if len(pattern) > 1 else None
        return None

    def all_of(self, host: str) -> list[MeshService]:
        """Every service of that host, visible or not, the preferred one first."""
        return self._listed(host)

    def _listed(self, host: str) -> list[MeshService]:
        return self.by_host.get(host) or self.wildcards.get(host) or []


def services_of(resources: Iterable[Resource], settings: Settings) -> Iterator[MeshService]:
    """The mesh services of the Services and ServiceEntries among the resources."""
    for resource in resources:
        if resource.is_a(SERVICE):
            yield _kubernetes_service(resource, settings)
        elif resource.is_a(SERVICE_ENTRY):
            yield from _entry_services(resource, settings)


def _aliases(services: list[MeshService]) -> dict[str, list[MeshService]]:
    targets = {service.host: service for service in services if service.resolution == ALIAS}
    found: dict[str, list[MeshService]] = {}
    for alias in targets.values():
        host, seen = alias.external_name, {alias.host}
        while host in targets and host not in seen:
            seen.add(host)
            host = targets[host].external_name
        if host not in targets:
            found.setdefault(host, []).append(alias)
    return found


def _merge_entries(services: list[MeshService]) -> list[MeshService]:
    """ServiceEntries of one namespace that share a host and all but the ports become one service.

    Istio merges them in each client's scope (canMergeServices in sidecar.go); the first one of a port counts.
    """
    groups: dict[object, list[MeshService]] = {}
    for service in services:
        same: object = service
        if not service.kubernetes:
            same = (
                service.host,
                service.namespace,
                service.resolution,
                frozenset(service.resource.labels.items()),
                None if service.selector is None else frozenset(service.selector.items()),
                frozenset(texts(service.resource.spec.get("exportTo"))),  # as written: "*" is not the default
            )
        groups.setdefault(same, []).append(service)
    return [found[0] if len(found) == 1 else found[0].joined(found[1:]) for found in groups.values()]


def age(service: MeshService) -> tuple[str, str]:
    """Istiod names a ServiceEntry's services after their hosts when it sorts services of one age."""
    return service.name if service.kubernetes else service.host, service.namespace


def preference(service: MeshService, namespace: str) -> tuple[bool, bool, bool]:
    """What istiod prefers among services of one host for clients of a namespace; the smallest wins."""
    return service.namespace != namespace, not service.kubernetes, "*" in service.export_to


def _kubernetes_service(resource: Resource, settings: Settings) -> MeshService:
    spec = resource.spec
    host = service_name(resource.name, resource.namespace, settings.domain)
    resolution = EDS
    if spec.get("clusterIP") == "None":
        resolution = HEADLESS
    elif spec.get("type") == "ExternalName" and text(spec.get("externalName")):
        resolution = ALIAS
    service = MeshService(host, resource, resolution, _service_ports(resource))
    selector = string_map(spec.get("selector"))
    service.selector = selector or None
    service.external_name = text(spec.get("externalName")) if resolution == ALIAS else ""
    service.kubernetes = True
    service.node_local = spec.get("internalTrafficPolicy") == "Local"
    address = text(spec.get("clusterIP"))
    service.addresses = (address,) if address not in ("", "None") else ()
    written = resource.annotations.get(EXPORT_ANNOTATION)
    service.export_to = settings.service_export_to
    if written is not None and written.strip():
        service.export_to = tuple(part.strip() for part in written.split(",") if part.strip())
    return service


def _service_ports(resource: Resource) -> Iterator[ServicePort]:
    for index, port in maps(resource.spec.get("ports")):
        number = integer(port.get("port"))
        if number is None:
            continue
        name = text(port.get("name"))
        transport = text(port.get("protocol")) or "TCP"
        written = port.get("appProtocol")
        app_protocol = None if written is None else text(written)
        protocol, declared = declared_protocol(number, name, app_protocol, transport)
        path = ("spec", "ports", index)
        yield ServicePort(number, name, protocol, declared, _target(port), transport, resource, path)


def _target(port: dict[str, Any]) -> int | str | None:
    """targetPort: a number or a name; None if it is left out (or 0, which means the same)."""
    written = port.get("targetPort")
    number = integer(written)
    return number or None if number is not None else text(written) or None


def _entry_services(resource: Resource, settings: Settings) -> Iterator[MeshService]:
    spec = resource.spec
    resolution = text(spec.get("resolution")) or NONE
    written = texts(spec.get("exportTo"))
    selector = spec.get("workloadSelector")
    for index, host in enumerate(texts(spec.get("hosts"))):
        service = MeshService(host, resource, resolution, _entry_ports(resource))
        service.path = ("spec", "hosts", index)
        service.export_to = tuple(written) or settings.service_export_to
        service.mesh_external = text(spec.get("location")) != "MESH_INTERNAL"
        service.addresses = tuple(texts(spec.get("addresses")))
        if selector is not None:
            service.selector = string_map(mapping(selector).get("labels"))
        yield service


def _entry_ports(resource: Resource) -> Iterator[ServicePort]:
    """Ports of a ServiceEntry: the protocol field decides, names and well-known numbers do not."""
    for index, port in maps(resource.spec.get("ports")):
        number = integer(port.get("number"))
        if number is None:
            continue
        protocol = parse(text(port.get("protocol")))
        target = integer(port.get("targetPort")) or None
        declared = "protocol" if protocol else ""
        path = ("spec", "ports", index)
        yield ServicePort(number, text(port.get("name")), protocol, declared, target, "TCP", resource, path)
