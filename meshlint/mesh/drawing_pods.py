"""Drawing pods: the edges from services and subsets to the workloads behind them.

In: the drawing of services and what routes were seen to use. Out: an edge per service or subset and
workload, broken where Envoy's cluster has no endpoint, told from the pod template that comes nearest.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.kube.selectors import NearMiss, Want
from meshlint.kube.workload import Workload
from meshlint.mesh.destination_rules import Subset
from meshlint.mesh.drawing_services import ServiceDrawing, pairs
from meshlint.mesh.endpoints import EndpointSet
from meshlint.mesh.picture import Edge, Verdict
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import ALIAS, HEADLESS, MeshService
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.steps import Spot

NO_ENDPOINT = ("EDS-EMPTY", "CDS-NOEP-DNS")
_UNKNOWN = {
    "transient": "only Jobs or hook pods match, which come and go",
    "no-selector": "the Service has no selector and nothing in the input supplies addresses",
    "run-time-labels": "the labels exist at run time only",
    "operator": "a custom resource of the namespace may run the pods",
    "workload-group": "machines of a WorkloadGroup may register at run time",
}


class _Reach(NamedTuple):
    """One port of a service or subset, and what Envoy finds behind it.

    code     of the break table if there is nothing, "" otherwise
    doubt    there is nothing in the input, and it may be elsewhere
    """

    port: ServicePort | None
    found: EndpointSet
    code: str
    cluster: str
    doubt: bool = False


class PodDrawing:
    """Draws what stands behind each service.

    fronts   host names of Services in front of gateways, which the gateways stand for
    """

    __slots__ = ("_fronts", "canvas", "mesh", "services")

    def __init__(self, services: ServiceDrawing, fronts: set[str]) -> None:
        self.mesh = services.mesh
        self.canvas = services.canvas
        self.services = services
        self._fronts = fronts

    def draw(self) -> None:
        """Every service of the input with its subsets and pods."""
        for service in self.mesh.services.services:
            if service.kubernetes and self._is_front(service):
                continue
            card = self.services.service(service)
            for name, subset in self.services.defined(service).items():
                self.services.subset(service, name, subset)
            self._pods(service, card, "", {})
            for name, subset in self._subsets(service, card).items():
                self._pods(service, f"{card}#{name}", name, subset.labels, subset)
            if service.resolution == ALIAS:
                self._alias(service, card)

    def _is_front(self, service: MeshService) -> bool:
        """True for the Service in front of a drawn gateway, unless routes lead there."""
        card = f"Service/{service.namespace}/{service.name}"
        return service.host in self._fronts and all(node != card for node, _ in self.services.used)

    def _subsets(self, service: MeshService, card: str) -> dict[str, Subset]:
        """The subsets of a service: those of its own DestinationRules, and those routes were seen to use."""
        found = self.services.defined(service)
        for (node, name), states in self.services.used.items():
            for state in states if node == card and name else ():
                chosen = state.effective.subsets.get(name) if state.effective else None
                if chosen is not None:
                    found.setdefault(name, chosen)
        return found

    def _alias(self, service: MeshService, card: str) -> None:
        meant = self.mesh.resolve_host(service.external_name, service.namespace)
        spot = Spot(service.resource, ("spec", "externalName"))
        if meant.service is not None and meant.service is not service:
            target, verdict = self.services.service(meant.service), "ok"
        else:
            target, verdict = (
                self.services.unknown_host(service.external_name, meant, service.namespace),
                "unknown",
            )
        known: Verdict = "ok" if verdict == "ok" else "unknown"
        self.canvas.draw(Edge(card, target, "alias", "is another name of", known, spots=(spot,)))

    def _pods(
        self,
        service: MeshService,
        node: str,
        name: str,
        labels: dict[str, str],
        subset: Subset | None = None,
    ) -> None:
        """The edges from a service ("": no subset) or one of its subsets to what its selector finds."""
        good: dict[Workload, list[_Reach]] = {}
        bad: list[_Reach] = []
        for port in service.by_number.values() or [None]:
            reach = self._reach(service, node.partition("#")[0], name, labels, port)
            if reach.code or reach.doubt or reach.found.verdict == "UNKNOWN":
                bad.append(reach)
            for workload in reach.found.workloads if not reach.code else ():
                good.setdefault(workload, []).append(reach)
        for workload, reached in good.items():
            self.canvas.draw(
                Edge(
                    node,
                    self.services.workload(workload),
                    "selects",
                    _ports([_mapping(one.port, workload) for one in reached]),
                    clusters=tuple(one.cluster for one in reached if one.cluster),
                    spots=_good_spots(service, subset, workload),
                )
            )
        for reach in bad:
            self._empty(service, node, subset, reach)

    def _reach(
        self,
        service: MeshService,
        card: str,
        name: str,
        labels: dict[str, str],
        port: ServicePort | None,
    ) -> _Reach:
        """The endpoints as the clients that use the cluster have them; the emptiest counts."""
        number = port.number if port is not None else None
        states = [one for one in self.services.used.get((card, name), ()) if one.port == number]
        if number is not None and not states:
            states = [self.mesh.cluster(sidecar_client(service.namespace), service.host, number, name)]
        for state in states:
            if state.code in NO_ENDPOINT and state.endpoints is not None:
                return self._nothing(service, port, state.endpoints, state.code, state.name)
        direct = states[0] if states else None
        if direct is not None and direct.endpoints is not None:
            return _Reach(port, direct.endpoints, "", direct.name)
        original = direct is not None and direct.kind == "ORIGINAL_DST"
        found = self.mesh.endpoints(service, number, {} if original else labels)
        cluster = direct.name if direct is not None and direct.state == "PRESENT" else ""
        if original and service.resolution == HEADLESS and service.selector and found.verdict == "EMPTY":
            return self._nothing(service, port, found, "DNS-NX", cluster)
        return _Reach(port, found, "", cluster)

    def _nothing(
        self, service: MeshService, port: ServicePort | None, found: EndpointSet, code: str, cluster: str
    ) -> _Reach:
        """No endpoint: a break, unless the input has no pods in the namespace at all."""
        mesh = self.mesh
        whole = mesh.settings.closed_world or service.namespace in mesh.settings.closed_namespaces
        steady = any(not one.transient for one in mesh.pods.in_namespace(service.namespace))
        doubt = found.reason in ("selector", "transient") and not whole and not steady
        return _Reach(port, found, "" if doubt else code, cluster, doubt)

    def _empty(self, service: MeshService, node: str, subset: Subset | None, reach: _Reach) -> None:
        """What keeps a port without endpoints, or why that cannot be told."""
        found = reach.found
        label = _ports([_mapping(reach.port, None)])
        clusters = (reach.cluster,) if reach.cluster else ()
        if not reach.code:
            if found.reason != "alias":
                detail = _UNKNOWN.get(found.reason, "the pods may come from elsewhere")
                pods = self.services.nobody(service, "outside", "outside the input")
                spots = _bad_spots(service, subset, None, None, reach.port)
                self.canvas.draw(
                    Edge(node, pods, "selects", "", "unknown", "", detail, clusters, spots=spots)
                )
            return
        for workload, miss in _culprits(found) or [(None, None)]:
            target = (
                self.services.workload(workload)
                if workload
                else self.services.nobody(service, "missing", "nothing matches")
            )
            self.canvas.draw(
                Edge(
                    node,
                    target,
                    "selects",
                    label,
                    "broken",
                    reach.code,
                    _why(service, subset, found, workload, miss, reach.port),
                    clusters,
                    spots=_bad_spots(service, subset, workload, miss, reach.port, found.reason),
                )
            )


def _ports(mappings: list[str]) -> str:
    """`port 80 to 8080, 9090`."""
    named = ", ".join(mapping for mapping in mappings if mapping)
    return f"port {named}" if named else ""


def _mapping(port: ServicePort | None, workload: Workload | None) -> str:
    """`80 to 8080`: the service port and the pod port behind it, if it is another."""
    if port is None:
        return ""
    target: int | str | None = port.target
    if isinstance(target, str) and workload is not None:
        named = workload.port_named(target, port.transport)
        target = named.number if named is not None and named.number is not None else target
    return f"{port.number}" if target in (None, port.number) else f"{port.number} to {target}"


def _culprits(found: EndpointSet) -> list[tuple[Workload | None, NearMiss[Workload] | None]]:
    """The workloads that ought to supply endpoints and do not."""
    if found.reason == "replicas":
        return [(one, None) for one in found.workloads]
    if found.reason == "target-port":
        return [(one, None) for one in found.selected if not one.transient]
    return [(miss.subject, miss) for miss in found.near[:1]]


def _why(
    service: MeshService,
    subset: Subset | None,
    found: EndpointSet,
    workload: Workload | None,
    miss: NearMiss[Workload] | None,
    port: ServicePort | None,
) -> str:
    who = f"subset {subset.name} of {service.label()}" if subset else service.label()
    if workload is not None and found.reason == "replicas":
        return f"{workload.label()} runs no pod"
    if workload is not None and found.reason == "target-port" and port is not None:
        return f"no container of {workload.label()} has a port named {port.target}"
    if miss is not None:
        return f"{who} selects no pod: the pods of {miss.subject.label()} {_want(miss.wants[0])}"
    if found.reason == "address":
        return "the endpoints are no IP addresses, and the resolution is STATIC"
    if found.reason == "not-exported":
        return "exportTo is ~, so istiod does not look at its pods"
    return f"{who} selects no pod"


def _want(want: Want) -> str:
    if want.actual is None:
        return f"have no label {want.key}={want.wanted}"
    return f"have {want.key}={want.actual}, not {want.key}={want.wanted}"


def _good_spots(service: MeshService, subset: Subset | None, workload: Workload) -> tuple[Spot, ...]:
    spots = [Spot(subset.resource, (*subset.path, "labels"), pairs(subset.labels))] if subset else []
    spots.append(Spot(service.resource, ("spec", "selector"), f"selects {pairs(service.selector or {})}"))
    return (*spots, Spot(workload.template, workload.labels_path, f"the pods get {pairs(workload.labels)}"))


def _bad_spots(
    service: MeshService,
    subset: Subset | None,
    workload: Workload | None,
    miss: NearMiss[Workload] | None,
    port: ServicePort | None,
    reason: str = "",
) -> tuple[Spot, ...]:
    spots = []
    if miss is not None:
        path = (*miss.subject.labels_path, miss.wants[0].key)
        spots.append(Spot(miss.subject.template, path, f"the pods {_want(miss.wants[0])}"))
    elif workload is not None and reason == "replicas":
        replicas = workload.replicas
        spots.append(Spot(replicas.resource, replicas.path, f"{replicas.label()} pods"))
    if port is not None and reason == "target-port":
        spots.append(Spot(port.resource, (*port.path, "targetPort"), "no container declares this port"))
    if subset is not None:
        spots.append(Spot(subset.resource, (*subset.path, "labels"), f"wants {pairs(subset.labels)}"))
    if service.selector is not None:
        spots.append(Spot(service.resource, ("spec", "selector"), f"selects {pairs(service.selector)}"))
    return tuple(spots) or (Spot(service.resource, service.path),)
