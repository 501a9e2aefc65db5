"""Tracer: the door to traces: who sends, what is asked, what becomes of it.

In: an Xds view of a world. Out: Traces. A trace is a pure function of the world; the stations
(sidecar, routes, upstream, inbound, gateway) call each other through this object.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.kube.kinds import GATEWAY
from meshlint.kube.resource import Resource
from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address as Written
from meshlint.mesh.ambient import captured
from meshlint.mesh.authorization import Policies
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.envoy import Target
from meshlint.mesh.gateway_api import API_GATEWAY
from meshlint.mesh.gateway_servers import selector_of
from meshlint.mesh.gateways import GatewayProxy, looks_like_gateway, proxies_of, proxy_of
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import MeshService
from meshlint.mesh.request import Request
from meshlint.mesh.scope import Client, sidecar_client
from meshlint.mesh.steps import Branch, Spot, Step, Trace, broken
from meshlint.mesh.trace import gateway, inbound, policing, routes, sidecar, upstream
from meshlint.mesh.trace.assumed import with_assumed_gateways
from meshlint.mesh.trace.dns import Address
from meshlint.mesh.trace.routes import Wanted
from meshlint.mesh.trace.transport import Outgoing
from meshlint.mesh.trace.way import Sender, Way, pod_of
from meshlint.mesh.xds import Xds

_MOST_HOPS = 3
# How far into a gateway a request got that ends with a code; the other codes are further inside.
_FAR = {
    "LDS-NOGW": 0,
    "LDS-NOLISTENER": 1,
    "LDS-PROTO": 2,
    "LDS-SNI": 3,
    "RDS-NOVHOST": 3,
    "LDS-DROPPED": 4,
}


class Tracer:
    """Traces through one world.

    policies   its policies for requests
    sampling   the requests are samples made for routes: policies cannot be asked about their paths
    """

    __slots__ = ("_gateways", "_wanted", "mesh", "policies", "sampling", "xds")

    def __init__(self, xds: Xds) -> None:
        whole = with_assumed_gateways(xds.mesh)
        self.xds = xds if whole is xds.mesh else Xds(whole)
        self.mesh = whole
        settings = self.mesh.settings
        self.policies = Policies([*self.mesh.resources, *self.mesh.context], settings)
        self._gateways: list[GatewayProxy] | None = None
        self._wanted: Wanted | None = None
        self.sampling = False

    # Who sends

    def from_workload(self, workload: Workload, request: Request, wanted: Wanted | None = None) -> Trace:
        """A request of a workload's application; a pod without sidecar sends it bare."""
        sender = self.sender(workload)
        label = sender.label
        if captured(self.mesh, workload):
            step = Step("LDS", "ztunnel", "UNKNOWN", "", "ambient mode is not traced")
            return Trace(label, request, (Branch(100.0, (step,)),), (), workload.resource)
        injection = self.mesh.in_mesh(workload)
        notes = (f"a sidecar is assumed: {injection.why}",) if injection.verdict == "unknown" else ()
        return self._trace(sender, request, wanted, notes)

    def from_client(self, client: Client, request: Request, wanted: Wanted | None = None) -> Trace:
        """A request of some pod with a sidecar that no manifest makes."""
        namespace = client.namespace
        sender = Sender(client, f"sidecar:{namespace}/*", f"POD.{namespace}", None, f"{namespace}/*")
        return self._trace(sender, request, wanted, ())

    def _trace(
        self, sender: Sender, request: Request, wanted: Wanted | None, notes: tuple[str, ...]
    ) -> Trace:
        self._wanted = wanted
        opaque = request.secured or not request.http
        branches = sidecar.leave(self, sender, Way(request, opaque=opaque, secured=request.secured))
        resource = sender.workload.resource if sender.workload is not None else None
        return Trace(sender.label, request, tuple(branches), notes, resource)

    def sender(self, workload: Workload) -> Sender:
        """A workload as a sender."""
        bare = self.mesh.in_mesh(workload).verdict == "no"
        client = sidecar_client(workload.namespace, workload.labels)
        if bare:
            client = client._replace(kind="plain")
        label = f"{'pod' if bare else 'sidecar'}:{workload.namespace}/{workload.name}"
        identity = "" if bare else f"{workload.namespace}/{workload.service_account}"
        return Sender(client, label, pod_of(workload), workload, identity)

    def from_gateway(
        self, proxy: GatewayProxy, request: Request, wanted: Wanted | None = None, identity: str = ""
    ) -> Trace:
        """A request that reaches one gateway: from outside, or with an identity from the mesh."""
        self._wanted = wanted
        sender = gateway.sender_of(self, proxy)
        way = Way(request, opaque=not request.http, secured=request.secured)
        resource = proxy.workload.resource if proxy.workload is not None else None
        branches = tuple(gateway.arrive(self, sender, way, identity))
        return Trace(sender.label, request, branches, (), resource)

    def from_named_gateway(self, namespace: str, name: str, request: Request) -> Trace | None:
        """A request at the gateway workload, or the Gateway object, of that name; None if there is none."""
        for proxy in self.gateways():
            if (proxy.namespace, proxy.name) == (namespace, name):
                return self.from_gateway(proxy, request)
        for workload in self.mesh.workloads:
            if (workload.namespace, workload.name) == (namespace, name) and looks_like_gateway(workload):
                return self.from_gateway(proxy_of(workload), request)
        for resource in self._gateway_objects():
            if resource.key() == (namespace, name):
                proxies = proxies_of(self.mesh, resource)
                if proxies:
                    return self.from_gateway(proxies[0], request)
                label = f"gateway:{namespace}/{name}"
                return Trace(label, request, (Branch(100.0, (no_proxy(resource),)),))
        return None

    def gateway_names(self) -> list[str]:
        """The `namespace/name` of every gateway workload and Gateway object."""
        names = [f"{proxy.namespace}/{proxy.name}" for proxy in self.gateways()]
        names += [f"{one.namespace}/{one.name}" for one in self._gateway_objects()]
        return list(dict.fromkeys(names))

    def _gateway_objects(self) -> list[Resource]:
        return [*self.mesh.kind(GATEWAY), *self.mesh.kind(API_GATEWAY)]

    def from_outside(self, request: Request) -> Trace:
        """A request from outside at the gateway that serves its host and port best."""
        traces = [self.from_gateway(proxy, request) for proxy in self.gateways()]
        if not traces:
            return Trace("outside", request, (Branch(100.0, (self._no_gateway(),)),))
        best = max(traces, key=_progress)
        return best._replace(origin=f"outside, by {best.origin}")

    def _no_gateway(self) -> Step:
        gateways = self._gateway_objects()
        if not gateways:
            return Step("LDS", "no gateway", "UNKNOWN", "", "no Gateway is in the input")
        return no_proxy(gateways[0])

    def gateways(self) -> list[GatewayProxy]:
        """Every gateway proxy of the world, by the Gateways that pick it."""
        if self._gateways is None:
            found: dict[object, GatewayProxy] = {}
            for resource in self._gateway_objects():
                for proxy in proxies_of(self.mesh, resource):
                    found.setdefault((proxy.namespace, proxy.labels), proxy)
            self._gateways = list(found.values())
        return self._gateways

    # The stations

    def route(self, sender: Sender, way: Way, name: str, address: Address | None) -> list[Branch]:
        """The request in a route configuration."""
        wanted = self._wanted if not way.hops else None
        return routes.take_route(self, sender, way, name, address, wanted)

    def share_out(
        self, sender: Sender, way: Way, targets: Iterable[Target], address: Address | None
    ) -> list[Branch]:
        """The request at the clusters it is sent to."""
        return upstream.share_out(self, sender, way, targets, address)

    def to_pods(self, sender: Sender, way: Way, service: MeshService, number: int) -> list[Branch]:
        """The connection at a Service's pods, past the mesh."""
        return upstream.to_pods(self, sender, way, service, number)

    def meet(
        self,
        sender: Sender,
        way: Way,
        workload: Workload,
        port: ServicePort | None,
        target: int,
        state: ClusterState | None,
    ) -> list[Branch]:
        """The connection at a workload's pods."""
        return inbound.meet(self, sender, way, workload, port, target, state)

    def meet_address(
        self,
        sender: Sender,
        way: Way,
        addresses: tuple[Written, ...],
        service: MeshService | None,
        port: ServicePort | None,
        state: ClusterState | None,
    ) -> list[Branch]:
        """The connection at machines outside the pods."""
        return inbound.meet_address(self, sender, way, addresses, service, port, state)

    def enter_from_mesh(
        self,
        sender: Sender,
        way: Way,
        workload: Workload,
        target: int,
        out: Outgoing,
        state: ClusterState | None,
    ) -> list[Branch] | None:
        """The connection at the pods of a gateway; None if they are none of the input's gateways."""
        if way.hops >= _MOST_HOPS or not self._is_gateway(workload):
            return None
        inner = gateway.sender_of(self, proxy_of(workload))
        if not any(one.port == target for one in self.xds.listeners(inner.client).values()):
            return None
        tls = Step("TLS", f"{out.sent.transport} -> gateway", "OK", "", out.sent.why, out.spots)
        seen = gateway.hop_bytes(way, out, state)
        secured = seen.transport == "tls"
        mutual = out.sent.transport == "mtls"
        onward = way.plus(tls)._replace(hops=way.hops + 1, secured=secured)
        identity = policing.caller(sender, mutual=mutual)
        return gateway.listen(self, inner, onward, target, seen, identity)

    def _is_gateway(self, workload: Workload) -> bool:
        picked = any(map(selector_of, self.xds.gateways_of(proxy_of(workload))))
        return picked or (looks_like_gateway(workload) and bool(self.mesh.kind(GATEWAY)))

    def fronts_gateway(self, service: MeshService) -> bool:
        """True for the Service of a gateway's pods: what it answers is a question of the gateway's hosts."""
        workloads = self.mesh.endpoints(service).selected
        return bool(workloads) and all(map(self._is_gateway, workloads))

    def police(self, sender: Sender, way: Way, workload: Workload, port: int, *, mutual: bool) -> list[Step]:
        """The policies of a server's sidecar."""
        return policing.police(self, way, workload, port, policing.caller(sender, mutual=mutual))

    def police_gateway(self, sender: Sender, way: Way, port: int, identity: str) -> list[Step]:
        """The policies of a gateway's own proxy."""
        if sender.workload is None:
            return []
        return policing.police(self, way, sender.workload, port, identity)


def no_proxy(resource: Resource) -> Step:
    """The step of a request to a Gateway that no pod serves."""
    selector = selector_of(resource)
    pairs = ", ".join(f"{key}={value}" for key, value in selector.items())
    what = f"the selector {pairs} of {resource.label()} picks no gateway pod"
    return broken("LDS-NOGW", resource.label(), what, [Spot(resource, ("spec", "selector"))])


def _progress(trace: Trace) -> tuple[int, int]:
    """How far a request gets in a gateway: past the listener, to a virtual host, to a route."""
    ends = [_FAR.get(branch.last.code, 9) for branch in trace.branches]
    return max(ends, default=0), max((len(branch.steps) for branch in trace.branches), default=0)
