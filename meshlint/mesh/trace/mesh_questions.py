"""Mesh questions: what applications in the mesh may ask, each by the clients that can get different answers.

In: a Tracer. Out: Traces: a request per route of every virtual host, a connection per filter chain of
bytes, for every Service port; routes that lose their host to another VirtualService.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import mapping, string_map
from meshlint.kube.kinds import SIDECAR
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.ambient import captured
from meshlint.mesh.envoy import Chain, Domains, Listener, Loser, RouteEntry
from meshlint.mesh.gateways import looks_like_gateway
from meshlint.mesh.host import MESH, overlap, wildcard
from meshlint.mesh.registry import ALIAS, MeshService
from meshlint.mesh.request import Request
from meshlint.mesh.scope import Client, sidecar_client
from meshlint.mesh.steps import Branch, Spot, Step, Trace
from meshlint.mesh.trace.asked import concrete, entries_of, host_of, lost_routes, request, service_host
from meshlint.mesh.trace.routes import Wanted
from meshlint.mesh.trace.samples import sample
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.virtual_services import VirtualService

_MESH = frozenset({MESH})
_TLS = ("HTTPS", "TLS")


def of_mesh(tracer: Tracer) -> Iterator[Trace]:
    """Every question inside the mesh."""
    seen: set[object] = set()
    for workload, client in clients(tracer):
        yield from _Questions(tracer, workload, client, seen).all()
    yield from _unasked(tracer, seen)
    for workload in tracer.mesh.workloads:
        if captured(tracer.mesh, workload) and ("ambient", workload.namespace) not in seen:
            seen.add(("ambient", workload.namespace))
            yield tracer.from_workload(workload, request("http", f"any.{workload.namespace}", 80))


def _unasked(tracer: Tracer, seen: set[object]) -> Iterator[Trace]:
    """VirtualServices for the mesh that no client has on any port."""
    mesh = tracer.mesh
    for virtual in mesh.bound(MESH):
        if virtual.gateway_api or ("asked", id(virtual)) in seen or not _for_mesh(virtual):
            continue
        host = next((one for one in virtual.hosts if one), "*")
        found = mesh.resolve_host(host, virtual.namespace)
        port = next((one.number for service in found.services for one in service.ports), 80)
        asked = request("http", concrete(host), port)
        if found.state == "OUTSIDE":
            what = "no Service of the input has the host, so its ports are not known"
            step = Step("LDS", host, "UNKNOWN", "", what, (Spot(virtual.resource, ("spec", "hosts", 0)),))
            label = f"sidecar:{virtual.namespace}/*"
            yield Trace(label, asked, (Branch(100.0, (step,)),), (), virtual.resource)
        else:
            yield tracer.from_client(sidecar_client(virtual.namespace), asked)


def _for_mesh(virtual: VirtualService) -> bool:
    """True if some route is for sidecars at all."""
    matches = [route.matches for route in virtual.routes]
    return any(not one or any(MESH in (each.gateways or (MESH,)) for each in one) for one in matches)


# --------------------------------------------------------------------------------------- who asks


def clients(tracer: Tracer) -> list[tuple[Workload | None, Client]]:
    """One client per way in which answers can differ: workloads where there are any, else bare namespaces."""
    mesh = tracer.mesh
    selectors = _selectors(tracer)
    special = _special_namespaces(tracer)
    identities = tracer.policies.asks_for_identities()
    found: dict[object, tuple[Workload | None, Client]] = {}
    for workload in mesh.workloads:
        if mesh.in_mesh(workload).verdict == "no" or workload.transient or looks_like_gateway(workload):
            continue
        flags = tuple(selects(selector, workload.labels) for selector in selectors)
        key: tuple[object, ...] = (workload.namespace if workload.namespace in special else "", flags)
        if identities:
            key = (workload.namespace, workload.service_account, flags)
        client = sidecar_client(workload.namespace, workload.labels)
        found.setdefault(key, (workload, client))
    for namespace in sorted(_owners(tracer)):
        group = namespace if namespace in special else ""
        if any(
            (client.namespace if client.namespace in special else "") == group for _, client in found.values()
        ):
            continue
        if namespace not in mesh.workload_namespaces:
            found[namespace] = (None, sidecar_client(namespace))
    return list(found.values())


def _owners(tracer: Tracer) -> set[str]:
    """Namespaces whose clients are meant by something: those of mesh routes and Services."""
    mesh = tracer.mesh
    found = {virtual.namespace for virtual in mesh.bound(MESH)}
    return found | {service.namespace for service in mesh.services.services}


def _selectors(tracer: Tracer) -> list[dict[str, str]]:
    """Every set of pod labels that Sidecars, DestinationRules and matches tell clients apart by."""
    mesh = tracer.mesh
    found = [
        string_map(mapping(one.spec.get("workloadSelector")).get("labels")) for one in mesh.kind(SIDECAR)
    ]
    found += [rule.selector for rule in mesh.rules.rules if rule.selector]
    for virtual in mesh.virtual_services:
        found += [
            dict(match.source_labels)
            for route in virtual.routes
            for match in route.matches
            if match.source_labels
        ]
    return [one for index, one in enumerate(found) if one and one not in found[:index]]


def _special_namespaces(tracer: Tracer) -> set[str]:
    """Namespaces whose clients may get other answers than those of the rest."""
    mesh = tracer.mesh
    found = mesh.sidecars.namespaces()
    for virtual in mesh.virtual_services:
        if "*" not in virtual.export_to:
            found |= set(virtual.export_to)
        found |= {
            match.source_namespace
            for route in virtual.routes
            for match in route.matches
            if match.source_namespace
        }
        found |= {virtual.namespace} if virtual.gateway_api else set()
    for service in mesh.services.services:
        if "*" not in service.export_to:
            found |= {service.namespace, *service.export_to}
    for rule in mesh.rules.rules:
        owner = rule.resource.namespace
        if rule.export_to and "*" not in rule.export_to:
            found |= {owner, *rule.export_to}
        elif wildcard(rule.host) or any(one.namespace != owner for one in mesh.services.all_of(rule.host)):
            found.add(owner)  # elsewhere other rules may be found first
    return found | {one.namespace for one in mesh.api_routes.routes}


# -------------------------------------------------------------------------------------- what is asked


class _Questions:
    """The questions of one client; `seen` holds the answers that other clients have asked for already."""

    def __init__(self, tracer: Tracer, workload: Workload | None, client: Client, seen: set[object]) -> None:
        self.tracer = tracer
        self.workload = workload
        self.client = client
        self.seen = seen

    def all(self) -> Iterator[Trace]:
        """Listener by listener."""
        done: set[str] = set()
        for listener in self.tracer.xds.listeners(self.client).values():
            chains = (*listener.chains, *([listener.default] if listener.default else []))
            for chain in chains:
                if chain.kind == "http" and chain.route_name not in done:
                    done.add(chain.route_name)
                    yield from self._routes(listener, chain)
                elif chain.kind == "tcp" and chain.service is not None:
                    yield from self._connection(listener, chain)
            for chain in listener.dropped:
                if chain.service is not None and chain.kind == "tcp":
                    yield from self._connection(listener, chain)
        yield from self._gone()

    def _gone(self) -> Iterator[Trace]:
        """Routes that a delegation takes away."""
        mesh = self.tracer.mesh
        for virtual in mesh.scope(self.client).virtual_services:
            if not virtual.delegations or not self._new(("gone", id(virtual))):
                continue
            service = mesh.scope(self.client).service(virtual.hosts[0])
            ports = (
                [port.number for port in service.ports if port.family in ("http", "auto")]
                if service
                else [80]
            )
            host = service_host(service) if service is not None else concrete(virtual.hosts[0])
            for lost in lost_routes(mesh, virtual) if ports else ():
                asked, _ = sample((), lost.entry, request("http", host, ports[0]))
                yield self._ask(asked, lost)

    def _ask(self, asked: Request, wanted: Wanted | None = None) -> Trace:
        if self.workload is not None:
            return self.tracer.from_workload(self.workload, asked, wanted)
        return self.tracer.from_client(self.client, asked, wanted)

    def _new(self, key: object) -> bool:
        """True the first time; a client that gets the same answer need not ask again."""
        if key in self.seen:
            return False
        self.seen.add(key)
        return True

    def _routes(self, listener: Listener, chain: Chain) -> Iterator[Trace]:
        config = self.tracer.xds.route_config(self.client, chain.route_name)
        number = listener.port
        if not number:
            return
        for found in config.hosts:
            if self._idle(found, number):
                continue
            base = self._base(found, chain, number)
            for entry in entries_of(found, self.client, _MESH, number):
                self.seen.add(("asked", id(entry.virtual)))
                facts = self._facts(entry, found)
                if self._new((number, found.name, id(entry.route), id(entry.match), facts)):
                    asked, sure = sample(found.routes, entry, base)
                    yield self._ask(asked, Wanted(entry, sure))
        for loser in config.losers:
            self.seen.add(("asked", id(loser.loser)))
            yield from self._lost(loser, config.find(loser.host), number)

    def _idle(self, found: Domains, number: int) -> bool:
        """True for virtual hosts nobody asks: a gateway's own Service, a Service's name on a foreign port."""
        mesh = self.tracer.mesh
        if found.service is not None:
            return self.tracer.fronts_gateway(found.service)
        return any(
            service.kubernetes and number not in service.by_number
            for domain in found.domains
            for service in mesh.services.all_of(domain)
        )

    def _base(self, found: Domains, chain: Chain, number: int) -> Request:
        service = chain.service if chain.route_name.rpartition(":")[1] else found.service
        host = service_host(service) if service is not found.service and service else host_of(found)
        port = service.by_number.get(number) if service is not None else None
        grpc = port is not None and port.protocol in ("GRPC", "GRPC-Web")
        return request("grpc" if grpc else "http", host, number)

    def _facts(self, entry: RouteEntry, found: Domains) -> object:
        """What can make the answer another one than another client's: clusters, rules, identity."""
        targets = self.tracer.xds.targets(self.client, entry)
        facts = tuple((one.cluster, self._cluster(one.host, one.port, one.subset)) for one in targets)
        first = next(iter(found.domains), "")
        identity = ""
        if self.tracer.policies.asks_for_identities() and self.workload is not None:
            identity = f"{self.client.namespace}/{self.workload.service_account}"
        return facts, first, identity, id(found.service)

    def _lost(self, loser: Loser, found: Domains | None, number: int) -> Iterator[Trace]:
        """The first route of a VirtualService whose host another one has."""
        route = next((one for one in loser.loser.routes if one.block == "http"), None)
        if found is None or route is None or not self._new((number, loser.host, id(loser.loser))):
            return
        match = route.matches[0] if route.matches else None
        entry = RouteEntry(loser.loser, route, match, number)
        asked, _ = sample(found.routes, entry, request("http", host_of(found), number))
        yield self._ask(asked, Wanted(entry, True))

    def _connection(self, listener: Listener, chain: Chain) -> Iterator[Trace]:
        service = chain.service
        assert service is not None
        port = service.by_number.get(listener.port)
        sniffed = port is not None and port.family == "auto"
        if service.resolution == ALIAS or (sniffed and chain.route is None):
            return
        if self.tracer.fronts_gateway(service):
            return
        facts = tuple(
            (target.cluster, self._cluster(target.host, target.port, target.subset))
            for target in chain.targets
        )
        if not self._new((listener.port, service.host, chain.sni, chain.subnets, id(chain.route), facts)):
            return
        self.seen.add(("asked", id(chain.virtual)))
        protocol = port.protocol if port is not None else ""
        yield self._ask(_connection(service, chain, listener.port, protocol))
        if protocol not in _TLS and self._has_http_routes(service):
            yield self._ask(request("http", service_host(service), listener.port))

    def _has_http_routes(self, service: MeshService) -> bool:
        """True if a VirtualService of the client has http routes for the service."""
        return any(
            route.block == "http" and any(overlap(host, service.host) for host in virtual.hosts)
            for virtual in self.tracer.mesh.scope(self.client).virtual_services
            for route in virtual.routes
        )

    def _cluster(self, host: str, port: int, subset: str) -> object:
        state = self.tracer.mesh.cluster(self.client, host, port, subset)
        rules = state.effective.sources if state.effective is not None else ()
        return state.state, state.code, tuple(map(id, rules))


def _connection(service: MeshService, chain: Chain, port: int, protocol: str) -> Request:
    host = service_host(service)
    if protocol in _TLS:
        if chain.sni:
            host = concrete(chain.sni[0])
        return request("https" if protocol == "HTTPS" else "tls", host, port)
    return request("tcp", host, port)
