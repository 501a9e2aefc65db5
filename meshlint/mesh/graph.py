"""Mesh: the world as Istio sees it, behind one door.

In: the Resources of one world, context resources that exist without being linted, Settings.
Out: answers about services, endpoints, rules, routes and clusters. Built once, never changed;
nothing is reported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from meshlint.kube.kinds import (
    DESTINATION_RULE,
    GATEWAY,
    NAMESPACE,
    PEER_AUTHENTICATION,
    SERVICE,
    VIRTUAL_SERVICE,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.kube.workload import Workload, workloads_of
from meshlint.mesh.clusters import Clusters, ClusterState
from meshlint.mesh.destination_rules import DestinationRules, Effective
from meshlint.mesh.endpoints import Endpoints, EndpointSet
from meshlint.mesh.gateway_api import ApiGateways
from meshlint.mesh.gateway_api_routes import ApiRoutes, by_name
from meshlint.mesh.gateway_servers import Server, servers_of
from meshlint.mesh.host import MESH
from meshlint.mesh.injection import Injection, injection_of
from meshlint.mesh.mtls import PeerAuthentications
from meshlint.mesh.platform import platform_gateway
from meshlint.mesh.registry import MeshService, Registry, services_of
from meshlint.mesh.resolution import HostResolution, Hosts, State
from meshlint.mesh.scope import Client, Scope
from meshlint.mesh.settings import Settings
from meshlint.mesh.sidecars import Sidecars
from meshlint.mesh.uses import Use, clients, listener_ports, uses
from meshlint.mesh.virtual_hosts import RouteTable, sidecar_routes
from meshlint.mesh.virtual_services import Destination, Route, VirtualService, virtual_services_of
from meshlint.mesh.visible import Visible

Alike = tuple[Scope, str, tuple[tuple[str, str], ...]]


class Mesh:
    """The mesh of one world.

    settings    the mesh-wide facts
    resources   the linted objects; context: objects known to exist, not linted; both in input order
    services    Registry of Kubernetes Services and ServiceEntries
    workloads   everything that makes pods
    pods        Endpoints: selectors to workloads and addresses
    rules       DestinationRules, by the order istiod looks
    virtual_services   all VirtualServices by age, delegates included
    api_gateways, api_routes   the Gateway API's listeners, and its routes as istiod reads them
    hosts       Hosts: what a host name means
    sidecars    Sidecar objects; peers: PeerAuthentications
    namespaces  Namespace objects by name; workload_namespaces: those with pods, sorted
    """

    def __init__(
        self, resources: Sequence[Resource], settings: Settings, context: Sequence[Resource]
    ) -> None:
        everything = [*resources, *context]
        self.settings = settings
        self.resources = list(resources)
        self.context = list(context)
        self._linted = {id(resource) for resource in resources}
        self._by_kind: dict[GroupKind, list[Resource]] = {}
        self._by_key: dict[tuple[GroupKind, str, str], Resource] = {}
        for resource in everything:
            kind = resource.group_kind
            self._by_kind.setdefault(kind, []).append(resource)
            self._by_key.setdefault((kind, resource.namespace, resource.name), resource)
        self.namespaces = {resource.name: resource for resource in self.kind(NAMESPACE)}
        self.services = Registry(list(services_of(everything, settings)))
        self.workloads = workloads_of(everything)
        self.workload_namespaces = sorted({workload.namespace for workload in self.workloads})
        self._injection: dict[Workload, Injection] = {}
        self.pods = Endpoints(self.workloads, everything, lambda one: self.in_mesh(one).verdict != "no")
        self.rules = DestinationRules(self.kind(DESTINATION_RULE), settings)
        self.virtual_services = virtual_services_of(self.kind(VIRTUAL_SERVICE), settings)
        self._virtual = {id(service.resource): service for service in self.virtual_services}
        self._bound: dict[str, list[VirtualService]] = {}
        self.api_gateways = ApiGateways(self.kind, self.namespaces, settings)
        self.api_routes = ApiRoutes(self.kind, self.api_gateways, settings)
        for service in by_name([*self.virtual_services, *self.api_routes.routes]):
            for gateway in service.gateways if service.hosts else ():
                self._bound.setdefault(gateway, []).append(service)
        self._visible = Visible(self._bound.get(MESH, []))
        self.sidecars = Sidecars(everything, settings)
        policies = self.kind(PEER_AUTHENTICATION)
        self.peers = PeerAuthentications(policies, settings.root_namespace, settings.mtls)
        self.hosts = Hosts(self.services, everything, settings)
        self.clusters = Clusters(self.services, self.hosts, self.rules, self.pods)
        self._scopes: dict[tuple[str, Resource | None, bool], Scope] = {}
        self._tables: dict[tuple[Alike, int], RouteTable] = {}
        self._asked_labels: frozenset[str] | None = None
        self._servers: dict[str, list[Server] | None] = {}
        self._members: dict[MeshService, str] | None = None

    @classmethod
    def build(
        cls, resources: Sequence[Resource], settings: Settings | None = None, context: Sequence[Resource] = ()
    ) -> Mesh:
        """The mesh of the resources; `context` resolves references and is not linted."""
        return cls(resources, settings or Settings(), context)

    # Objects

    def kind(self, kind: GroupKind) -> list[Resource]:
        """Every object of a kind, context included, in input order."""
        return self._by_kind.get(kind, [])

    def linted(self, kind: GroupKind) -> list[Resource]:
        """The objects of a kind that are to be linted."""
        return [resource for resource in self.kind(kind) if id(resource) in self._linted]

    def is_linted(self, resource: Resource) -> bool:
        """False for context objects."""
        return id(resource) in self._linted

    def find(self, kind: GroupKind, namespace: str, name: str) -> Resource | None:
        """The object of that identity (the first, if the input has several)."""
        return self._by_key.get((kind, namespace, name))

    # Names

    def resolve_host(self, host: str, namespace: str) -> HostResolution:
        """What a host written in an object of `namespace` means: FOUND, MISSING or OUTSIDE."""
        return self.hosts.resolve(host, namespace)

    def gateway(self, reference: str) -> tuple[State, Resource | None]:
        """A Gateway by "namespace/name"."""
        namespace, _, name = reference.partition("/")
        found = self.find(GATEWAY, namespace, name)
        if found is not None:
            return "FOUND", found
        if platform_gateway(reference):
            return "OUTSIDE", None
        return ("MISSING" if self.closed(namespace) else "OUTSIDE"), None

    def servers(self, reference: str) -> list[Server] | None:
        """The servers of a Gateway "namespace/name", None if it is not in the input."""
        if reference not in self._servers:
            _, found = self.gateway(reference)
            self._servers[reference] = None if found is None else servers_of(found)
        return self._servers[reference]

    def closed(self, namespace: str) -> bool:
        """True if what is not in the input does not exist in that namespace."""
        return self.hosts.closed(namespace)

    # Workloads and endpoints

    def in_mesh(self, workload: Workload) -> Injection:
        """Whether the workload's pods get a sidecar, and why."""
        found = self._injection.get(workload)
        if found is None:
            namespace = self.namespaces.get(workload.namespace)
            found = self._injection[workload] = injection_of(workload, namespace, self.settings)
        return found

    def endpoints(
        self, service: MeshService, port: int | None = None, subset: Mapping[str, str] | None = None
    ) -> EndpointSet:
        """The pods and addresses behind a service, one of its ports (None: any) and subset labels."""
        return self.pods.of(service, port, subset)

    def service_of(self, resource: Resource) -> MeshService | None:
        """The mesh service of a Kubernetes Service object."""
        found = self.services.by_namespace.get(resource.namespace, {}).get(resource.name)
        return found if found is not None and found.resource is resource else None

    def services_selecting(self, workload: Workload) -> list[MeshService]:
        """The Kubernetes Services whose selector matches the workload's pods."""
        found = self.services.selecting(workload.namespace, workload.labels)
        return [service for service in found if service.kubernetes]

    def membership(self, service: MeshService) -> str:
        """Why a service counts as a member of the mesh, "" if it does not: what names it, or its pods."""
        if self._members is None:
            self._members = self._named_services()
        if service in self._members:
            return self._members[service]
        for workload in self.endpoints(service).selected:
            verdict = self.in_mesh(workload)
            if verdict.verdict == "yes":
                return f"{workload.label()} is injected: {verdict.why}"
        return ""

    def _named_services(self) -> dict[MeshService, str]:
        """Services that a VirtualService, DestinationRule or Sidecar-free mesh object names."""
        found: dict[MeshService, str] = {}
        for virtual in self.virtual_services:
            names = [*virtual.hosts, *(target.host for _, target in virtual.targets())]
            self._note(found, names, virtual.resource)
        for rule in self.rules.rules:
            self._note(found, [rule.host], rule.resource)
        return found

    def _note(self, found: dict[MeshService, str], hosts: Iterable[str], resource: Resource) -> None:
        for host in hosts:
            if host.startswith("*"):
                continue
            for service in self.services.all_of(host):
                found.setdefault(service, f"{resource.ref().label()} names it")

    # Clients

    def scope(self, client: Client) -> Scope:
        """What a client imports. Gateways ignore Sidecar objects."""
        labels = dict(client.labels)
        source = self.sidecars.of(client.namespace, labels) if client.kind == "sidecar" else None
        implies = client.kind != "gateway"
        key = (client.namespace, source, implies)
        found = self._scopes.get(key)
        if found is None:
            found = Scope(client.namespace, self.services, self._visible, self.settings, source, implies)
            self._scopes[key] = found
        return found

    def destination_rule_for(
        self, namespace: str, service: MeshService, labels: Mapping[str, str] | None = None
    ) -> Effective:
        """The DestinationRules a client of `namespace` (with pod labels) gets for a service."""
        return self.rules.effective(namespace, service.host, service.namespace, labels or {})

    def cluster(self, client: Client, host: str, port: int, subset: str = "") -> ClusterState:
        """The state of cluster `outbound|port|subset|host` at a client; `host` is a full name."""
        return self.clusters.state(client, self.scope(client), host, port, subset)

    def route_table(self, client: Client, port: int) -> RouteTable:
        """The HTTP route configuration of a sidecar client on a service port."""
        key = (self.alike(client), port)
        found = self._tables.get(key)
        if found is None:
            found = sidecar_routes(client, self.scope(client), port, self.settings.domain)
            self._tables[key] = found
        return found

    def alike(self, client: Client) -> Alike:
        """What sidecars share that get the same routes: the scope, and labels a VirtualService asks for."""
        if self._asked_labels is None:
            self._asked_labels = frozenset(
                key
                for virtual in self.bound(MESH)
                for route in virtual.routes
                for match in route.matches
                for key in match.source_labels
            )
        labels = tuple(pair for pair in client.labels if pair[0] in self._asked_labels)
        return self.scope(client), client.namespace, labels

    # VirtualServices

    def virtual_service(self, resource: Resource) -> VirtualService:
        """The VirtualService record of an object."""
        return self._virtual[id(resource)]

    def bound(self, gateway: str) -> list[VirtualService]:
        """VirtualServices and Gateway API routes bound to "mesh" or a Gateway "namespace/name", by age."""
        return self._bound.get(gateway, [])

    def clients(self, virtual: VirtualService) -> list[Client]:
        """Representative clients of a VirtualService, one per way its clusters can differ."""
        return clients(self, virtual)

    def listener_ports(self, virtual: VirtualService, client: Client, route: Route) -> list[int | None]:
        """The ports on which a client's proxy uses a route; [None] if they cannot be told."""
        return listener_ports(self, virtual, client, route)

    def uses(self, virtual: VirtualService, route: Route, target: Destination) -> Iterator[Use]:
        """The clusters a destination leads to, for each representative client and listener port."""
        return uses(self, virtual, route, target)

    def services_linted(self) -> list[MeshService]:
        """The Kubernetes Services that are linted."""
        found = (self.service_of(resource) for resource in self.linted(SERVICE))
        return [service for service in found if service is not None]
