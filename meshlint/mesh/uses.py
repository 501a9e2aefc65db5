"""Uses: which clients take a VirtualService's routes, on which ports, and to which clusters.

In: a Mesh and a VirtualService. Out: representative clients, the listener ports of a route, and one
Use per cluster that a destination can lead to. Rules judge these; a trace asks for one client.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import mapping
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.host import MESH, covers
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import MeshService
from meshlint.mesh.scope import Client, gateway_client, sidecar_client
from meshlint.mesh.virtual_services import Block, Destination, Route, VirtualService

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh


class Use(NamedTuple):
    """One destination as one client reaches it.

    listener_port   service port (sidecar) or Gateway port on which the route is taken; None unknown
    """

    client: Client
    listener_port: int | None
    cluster: ClusterState


def uses(mesh: Mesh, virtual: VirtualService, route: Route, target: Destination) -> Iterator[Use]:
    """The clusters a destination leads to, for each representative client and listener port."""
    seen = set()
    for client in clients(mesh, virtual):
        scope = mesh.scope(client)
        for number in listener_ports(mesh, virtual, client, route):
            host, port = mesh.clusters.target(client, scope, target, number, route.block)
            state = mesh.clusters.state(client, scope, host, port, target.subset)
            key = (client, state.name)
            if key not in seen:
                seen.add(key)
                yield Use(client, number, state)


def clients(mesh: Mesh, virtual: VirtualService) -> list[Client]:
    """Representative clients of a VirtualService, one per way its clusters can differ.

    Sidecars of its own namespace, of every namespace that may see it and has own DestinationRules
    for one of its destinations, and of one more namespace; a proxy for each Gateway.
    """
    found: list[Client] = []
    if virtual.bound_to(MESH):
        found += [sidecar_client(name) for name in _sidecar_namespaces(mesh, virtual)]
    for reference in virtual.gateways:
        if reference != MESH:
            found += [gateway_client(name, reference) for name in gateway_namespaces(mesh, reference)]
    return found


def _sidecar_namespaces(mesh: Mesh, virtual: VirtualService) -> list[str]:
    special = {
        rule.resource.namespace
        for host in {target.host for _, target in virtual.targets()}
        for rule in mesh.rules.covering(host)
    }
    special -= {virtual.namespace, mesh.settings.root_namespace}
    plain = next(
        (
            name
            for name in mesh.workload_namespaces
            if name != virtual.namespace and name not in special and virtual.visible_to(name)
        ),
        None,
    )
    names = [virtual.namespace, *sorted(special), *([plain] if plain is not None else [])]
    return [name for name in names if virtual.visible_to(name)]


def gateway_namespaces(mesh: Mesh, reference: str) -> list[str]:
    """Namespaces of the pods a Gateway's selector picks; its own namespace if none is in the input."""
    owner = reference.partition("/")[0]
    _, gateway = mesh.gateway(reference)
    if gateway is None:
        return [owner]
    selector = mapping(gateway.spec.get("selector"))
    names = {one.namespace for one in mesh.pods.anywhere(selector)} if selector else ()
    return sorted(names) or [owner]


def listener_ports(mesh: Mesh, virtual: VirtualService, client: Client, route: Route) -> list[int | None]:
    """The ports on which a client's proxy uses a route: those of the services its hosts match.

    On a gateway the ports its Gateway declares. [None] if they cannot be told (a Gateway outside
    the input).
    """
    if client.kind == "gateway":
        numbers = _gateway_ports(mesh, client, virtual, route)
        return [None] if numbers is None else _kept(route, client, numbers)
    scope = mesh.scope(client)
    if scope.listeners and all(one is not virtual for one in scope.virtual_services):
        return []  # the client's Sidecar does not import the VirtualService
    services = [service for host in virtual.hosts for service in _services(mesh, host, client)]
    ports = {port.number for service in services for port in service.ports if reads(port, route.block)}
    if not services and route.block == "http":
        ports = {80}  # hosts that are no service get their routes on port 80 only
    return _kept(route, client, ports)


def _services(mesh: Mesh, host: str, client: Client) -> list[MeshService]:
    scope = mesh.scope(client)
    if not host.startswith("*"):
        found = scope.service(host)
        return [found] if found is not None else []
    return [
        service
        for service in mesh.services.services
        if covers(host, service.host) and scope.service(service.host) is service
    ]


def reads(port: ServicePort, block: Block) -> bool:
    """True if a sidecar's listener for the port looks into that block of a VirtualService."""
    if block == "http":
        return port.family in ("http", "auto")
    secured = port.protocol in ("HTTPS", "TLS")
    return secured if block == "tls" else port.family in ("tcp", "auto") and not secured


def _gateway_ports(mesh: Mesh, client: Client, virtual: VirtualService, route: Route) -> set[int] | None:
    """The declared ports of the Gateway's servers that read this block and serve one of the hosts."""
    servers = mesh.servers(client.gateway)
    if servers is None:
        return None
    return {
        server.number
        for server in servers
        if server.number is not None
        and server.block == route.block
        and any(entry.serves(host, virtual.namespace) for entry in server.hosts for host in virtual.hosts)
    }


def _kept(route: Route, client: Client, numbers: set[int]) -> list[int | None]:
    return [number for number in sorted(numbers) if applies(route, client, number)]


def applies(route: Route, client: Client, port: int) -> bool:
    """True if some match of the route is kept for such a client on that port, with whatever labels."""
    if not route.matches:
        return True
    return any(
        match.applies_to(client.via, client.namespace, {**match.source_labels, **dict(client.labels)}, port)
        for match in route.matches
    )
