"""xDS: everything istiod would send to one proxy, asked for by name and remembered.

In: a Mesh. Out: for each client (sidecar or gateway proxy) its listeners, route configurations, the
targets of routes, its clusters. The one place where traces, tables and the golden cases get Envoy's view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.kinds import GATEWAY
from meshlint.kube.resource import Resource
from meshlint.mesh.clusters import ClusterState, cluster_name
from meshlint.mesh.envoy import Domains, Listener, Loser, RouteConfig, RouteEntry, Target
from meshlint.mesh.gateway_listeners import GatewayListeners, gateway_listeners
from meshlint.mesh.gateway_merge import Merged, ServiceTarget, merge_servers
from meshlint.mesh.gateway_routes import gateway_route_config
from meshlint.mesh.gateway_servers import Server, selector_of
from meshlint.mesh.gateways import GatewayProxy, gateway_key, service_targets
from meshlint.mesh.outbound_chains import destination_target
from meshlint.mesh.outbound_listeners import outbound_listeners
from meshlint.mesh.registry import ALIAS, HEADLESS, NONE, MeshService
from meshlint.mesh.scope import Client
from meshlint.mesh.virtual_hosts import RouteTable, VirtualHost
from meshlint.mesh.virtual_services import VirtualService
from meshlint.mesh.visible import Visible

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh


class GatewayState(NamedTuple):
    """A gateway proxy as istiod configures it."""

    proxy: GatewayProxy
    targets: Sequence[ServiceTarget]
    merged: Merged
    built: GatewayListeners


class Xds:
    """Envoy's view of one world. Everything is built on demand and kept."""

    __slots__ = (
        "_bound",
        "_by_pair",
        "_clusters",
        "_domains",
        "_gateways",
        "_listeners",
        "_routes",
        "_targets",
        "_visible",
        "mesh",
    )

    def __init__(self, mesh: Mesh) -> None:
        self.mesh = mesh
        self._listeners: dict[object, dict[str, Listener]] = {}
        self._routes: dict[tuple[object, str], RouteConfig] = {}
        self._domains: dict[tuple[Client, str], Mapping[str, Domains]] = {}
        self._targets: dict[tuple[Client, int], tuple[RouteEntry, tuple[Target, ...]]] = {}
        self._clusters: dict[Client, list[ClusterState]] = {}
        self._gateways: dict[Client, GatewayState] = {}
        self._visible: dict[str, Visible] = {}
        self._bound: dict[tuple[str, str], list[VirtualService]] = {}
        self._by_pair: dict[tuple[str, str] | None, list[Resource]] | None = None

    # LDS

    def listeners(self, client: Client) -> dict[str, Listener]:
        """The listeners of a sidecar (outbound) or a gateway proxy by name."""
        key: object = client
        if client.kind == "sidecar":
            own = self.mesh.services.selecting(client.namespace, dict(client.labels))
            key = (self.mesh.alike(client), tuple(one for one in own if one.resolution in (HEADLESS, NONE)))
        found = self._listeners.get(key)
        if found is None:
            built = (
                self._gateways[client].built.listeners
                if client.kind == "gateway"
                else outbound_listeners(self.mesh, client)
            )
            found = self._listeners[key] = {listener.name: listener for listener in built}
        return found

    def gateway_client(self, proxy: GatewayProxy) -> Client:
        """The client a gateway proxy is; its configuration is built if it is not yet."""
        client = Client("gateway", proxy.namespace, proxy.labels)
        if client not in self._gateways:
            targets = service_targets(self.mesh, proxy)
            merged = merge_servers(self.servers(proxy, targets), targets, unprivileged=proxy.unprivileged)
            built = gateway_listeners(self.mesh, client, merged, lambda name: self.bound(client, name))
            self._gateways[client] = GatewayState(proxy, targets, merged, built)
        return client

    def gateway(self, client: Client) -> GatewayState:
        """What the Gateways of a proxy made by `gateway_client` merge to."""
        return self._gateways[client]

    def servers(self, proxy: GatewayProxy, targets: Sequence[ServiceTarget]) -> list[Server]:
        """The servers of every Gateway that picks the proxy, by age."""
        gateways = self.gateways_of(proxy)
        if self.mesh.settings.scope_gateways:
            gateways = [one for one in gateways if one.namespace == proxy.namespace]
        found = [server for one in gateways for server in self.mesh.servers(gateway_key(one)) or ()]
        hosts = {one.service.host for one in targets if one.service is not None}
        for gateway, parent in self.mesh.api_gateways.within(proxy.namespace):
            if hosts & set(parent.server.services or ()) or gateway is proxy.managed:
                found.append(parent.server)
        return sorted(found, key=lambda one: one.bound.partition("/")[::-2])

    def gateways_of(self, proxy: GatewayProxy) -> list[Resource]:
        """The Gateways whose selector picks the proxy; found by the first pair of the selector."""
        if self._by_pair is None:
            self._by_pair = {}
            for gateway in self.mesh.kind(GATEWAY):
                pair = next(iter(selector_of(gateway).items()), None)
                self._by_pair.setdefault(pair, []).append(gateway)
        near = [one for pair in (None, *proxy.labels) for one in self._by_pair.get(pair, ())]
        return [one for one in near if proxy.runs(one)]

    def bound(self, client: Client, gateway: str) -> list[VirtualService]:
        """The VirtualServices bound to a Gateway in the order the client's namespace gets them."""
        key = (client.namespace, gateway)
        found = self._bound.get(key)
        if found is None:
            if gateway not in self._visible:
                self._visible[gateway] = Visible(self.mesh.bound(gateway))
            found = self._visible[gateway].visible(client.namespace)
            # the Gateway API lets routes of the proxy's own namespace come first
            found = self._bound[key] = sorted(
                found, key=lambda one: _late(one, client.namespace) if "*" in one.export_to else 0
            )
        return found

    # RDS

    def route_names(self, client: Client) -> list[str]:
        """The route configurations the client's listeners refer to, in the order of the listeners."""
        names = [
            chain.route_name
            for listener in self.listeners(client).values()
            for chain in (*listener.chains, *([listener.default] if listener.default else []))
            if chain.route_name
        ]
        return list(dict.fromkeys(names))

    def route_config(self, client: Client, name: str) -> RouteConfig:
        """A route configuration by name."""
        key = (self.mesh.alike(client) if client.kind == "sidecar" else client, name)
        found = self._routes.get(key)
        if found is None:
            make = self._gateway_routes if client.kind == "gateway" else self._sidecar_routes
            found = self._routes[key] = make(client, name)
        return found

    def virtual_host(self, client: Client, name: str, host: str) -> Domains | None:
        """The virtual host of a route configuration for a Host header, found at once."""
        config = self.route_config(client, name)
        table = self._domains.get((client, name))
        if table is None:
            table = self._domains[client, name] = config.by_domain()
        return config.find(host, table)

    def _gateway_routes(self, client: Client, name: str) -> RouteConfig:
        placed = self._gateways[client].merged.routes.get(name)
        if not placed:
            return RouteConfig(name, ())
        return gateway_route_config(client, name, placed, lambda gateway: self.bound(client, gateway))

    def _sidecar_routes(self, client: Client, name: str) -> RouteConfig:
        """The virtual hosts of a port; of a sniffed service its own one only, for any Host header."""
        service, colon, number = name.rpartition(":")
        port = int(number) if number.isdigit() else 0
        table = self.mesh.route_table(client, port)
        losers = tuple(Loser(one.host, one.loser, one.winner) for one in table.shadowed)
        if colon:
            found = table.of_service(service)
            hosts = () if found is None else (_domains(found, table)._replace(domains=("*",)),)
            return RouteConfig(name, hosts, "", losers)
        scope = self.mesh.scope(client)
        fallback = "allow_any" if scope.policy == "ALLOW_ANY" else "block_all"
        listed = sorted((_domains(host, table) for host in table.hosts), key=lambda one: one.name)
        return RouteConfig(name, tuple(listed), fallback, losers)

    def targets(self, client: Client, entry: RouteEntry) -> tuple[Target, ...]:
        """The clusters of a route; empty for redirects and direct responses."""
        key = (client, id(entry))
        found = self._targets.get(key)
        if found is None:
            found = self._targets[key] = (entry, tuple(self._find_targets(client, entry)))
        return found[1]

    def _find_targets(self, client: Client, entry: RouteEntry) -> Iterator[Target]:
        route = entry.route
        if route is None:
            if entry.service is not None:
                host, port = entry.service.host, entry.listener_port
                yield Target(cluster_name(port, "", host), host, port)
            return
        if route.action != "route":
            return
        scope = self.mesh.scope(client)
        lone = len(route.destinations) == 1
        for one in route.destinations:
            if not lone and not one.weight:
                continue
            yield destination_target(self.mesh, client, scope, one, entry.listener_port, "http", lone=lone)

    # CDS

    def clusters(self, client: Client) -> list[ClusterState]:
        """The outbound clusters of a client, in the order of the services, subsets after the plain one."""
        found = self._clusters.get(client)
        if found is None:
            found = self._clusters[client] = list(self._find_clusters(client))
        return found

    def _find_clusters(self, client: Client) -> Iterator[ClusterState]:
        for service, ports in self.imported(client):
            effective = self.mesh.destination_rule_for(client.namespace, service, dict(client.labels))
            for port in ports:
                for subset in ("", *effective.subsets):
                    state = self.mesh.cluster(client, service.host, port, subset)
                    if state.state == "PRESENT":
                        yield state

    def imported(self, client: Client) -> Iterator[tuple[MeshService, list[int]]]:
        """The services a client has clusters for, and their ports."""
        scope = self.mesh.scope(client)
        for service in self.mesh.services.services:
            if service.resolution != ALIAS and scope.service(service.host) is service:
                ports = [number for number in service.by_number if scope.owns(service.host, number)]
                yield service, ports


def _late(virtual: VirtualService, namespace: str) -> int:
    return 1 if virtual.gateway_api and virtual.namespace == namespace else 2


def _domains(host: VirtualHost, table: RouteTable) -> Domains:
    """A virtual host of a sidecar as Envoy has it: without VirtualService one route to the service."""
    routes = [RouteEntry(host.virtual, active.route, active.match, table.port) for active in host.routes]
    if host.virtual is None:
        routes = [RouteEntry(None, None, None, table.port, host.service)]
    return Domains(host.name, host.domains, tuple(routes), host.service)
