"""Clusters: from a route's destination to the Envoy cluster, whether it exists, and what is in it.

In: a client, a destination, the port of the listener that took the request. Out: a ClusterState.
Facts: GetDestinationCluster (route.go), cluster_builder.go, endpoints of Istio.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from meshlint.kube.fields import mapping, text
from meshlint.mesh.destination_rules import DestinationRules, Effective
from meshlint.mesh.endpoints import Endpoints, EndpointSet
from meshlint.mesh.registry import (
    ALIAS,
    DNS,
    DNS_ROUND_ROBIN,
    DYNAMIC_DNS,
    HEADLESS,
    NONE,
    MeshService,
    Registry,
)
from meshlint.mesh.resolution import HostResolution, Hosts
from meshlint.mesh.scope import Client, Scope
from meshlint.mesh.virtual_services import Block, Destination

ClusterKind = Literal["EDS", "ORIGINAL_DST", "STRICT_DNS", "LOGICAL_DNS", "DYNAMIC_FORWARD_PROXY", ""]
Code = Literal["", "CDS-NOSVC", "CDS-NOPORT", "CDS-NOSUBSET", "CDS-NOEP-DNS", "EDS-EMPTY"]
_KINDS: dict[str, ClusterKind] = {
    DNS: "STRICT_DNS",
    DNS_ROUND_ROBIN: "LOGICAL_DNS",
    DYNAMIC_DNS: "DYNAMIC_FORWARD_PROXY",
}


class ClusterState(NamedTuple):
    """One cluster as one client has it.

    name       `outbound|80|v1|review.review.svc.cluster.local`; port 0 if it cannot be told
    state      PRESENT, ABSENT, or UNKNOWN (depends on things outside the input)
    code       what breaks: CDS-* (ABSENT), EDS-EMPTY (PRESENT without endpoint), "" if nothing does
    why        one clause in plain words for ABSENT and UNKNOWN
    kind       Envoy's cluster type, "" unless PRESENT
    service    the service behind it, as the client sees it
    effective  the DestinationRules this client gets for it
    endpoints  what is in it; None for clusters without endpoint selection
    resolution what the host means
    """

    name: str
    state: Literal["PRESENT", "ABSENT", "UNKNOWN"]
    code: Code
    why: str
    host: str
    port: int
    subset: str
    resolution: HostResolution
    kind: ClusterKind = ""
    service: MeshService | None = None
    effective: Effective | None = None
    endpoints: EndpointSet | None = None


def cluster_name(port: int, subset: str, host: str) -> str:
    """Envoy's name of an outbound cluster."""
    return f"outbound|{port}|{subset}|{host}"


class Clusters:
    """Answers cluster questions for one world; every answer is remembered."""

    __slots__ = ("_endpoints", "_hosts", "_memo", "_registry", "_rules")

    def __init__(
        self, registry: Registry, hosts: Hosts, rules: DestinationRules, endpoints: Endpoints
    ) -> None:
        self._registry = registry
        self._hosts = hosts
        self._rules = rules
        self._endpoints = endpoints
        self._memo: dict[tuple[Client, str, int, str], ClusterState] = {}

    def target(
        self, client: Client, scope: Scope, destination: Destination, listener_port: int | None, block: Block
    ) -> tuple[str, int]:
        """(host, port) of the cluster a destination names on a listener; port 0 if it cannot be told.

        listener_port   the service port on a sidecar, the Gateway's declared port on a gateway
        """
        host = destination.host
        if client.kind != "gateway" and block == "http":
            service = scope.listed(host, listener_port) if listener_port is not None else scope.service(host)
            single = None
        else:
            service = self._beside(destination, client) if block == "http" else None
            single = service.ports[0].number if service is not None and len(service.ports) == 1 else None
            if service is None:
                service = scope.service(host)
                single = scope.single_port(host)
        if service is not None and service.resolution == ALIAS:
            host = service.external_name
        return host, destination.port or single or listener_port or 0

    def _beside(self, destination: Destination, client: Client) -> MeshService | None:
        """The service of the host in the VirtualService's own namespace, which gateways look at first."""
        return next(
            (
                one
                for one in self._registry.all_of(destination.host)
                if one.namespace == destination.resource.namespace and one.visible_to(client.namespace)
            ),
            None,
        )

    def state(self, client: Client, scope: Scope, host: str, port: int, subset: str) -> ClusterState:
        """The cluster `outbound|port|subset|host` of a client."""
        key = (client, host, port, subset)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._state(client, scope, host, port, subset)
        return found

    def _state(self, client: Client, scope: Scope, host: str, port: int, subset: str) -> ClusterState:
        resolution = self._hosts.resolve(host, client.namespace)
        service = resolution.service if client.kind == "plain" else scope.service(host)
        blank = ClusterState(
            cluster_name(port, subset, host), "UNKNOWN", "", "", host, port, subset, resolution, "", service
        )
        if service is None or service.host != host:
            return self._no_service(blank)
        if service.resolution == ALIAS:
            why = f"{service.label()} is an ExternalName and has no cluster of its own"
            return blank._replace(state="ABSENT", code="CDS-NOSVC", why=why)
        if port == 0:
            return blank._replace(why="the port of the listener is not known")
        owner = service if client.kind == "plain" else scope.owns(host, port)
        if owner is None or port not in service.by_number:
            numbers = ", ".join(str(number) for number in service.by_number) or "none"
            why = f"{service.label()} has no port {port} for this client (ports: {numbers})"
            return blank._replace(state="ABSENT", code="CDS-NOPORT", why=why)
        return self._with_rules(client, blank, service)

    def _no_service(self, blank: ClusterState) -> ClusterState:
        resolution = blank.resolution
        if resolution.state == "OUTSIDE":
            return blank._replace(why="the host is outside the input")
        if resolution.why == "external":
            return blank._replace(why="the host is declared as external")
        if resolution.state == "MISSING" or resolution.why == "wildcard-entry":
            why = f"no service of the mesh has the host {blank.host}"
        else:
            why = "the client's Sidecar does not import the service"
        return blank._replace(state="ABSENT", code="CDS-NOSVC", why=why)

    def _with_rules(self, client: Client, blank: ClusterState, service: MeshService) -> ClusterState:
        effective = self._rules.effective(
            client.namespace, service.host, service.namespace, dict(client.labels)
        )
        blank = blank._replace(effective=effective)
        chosen = effective.subsets.get(blank.subset)
        if blank.subset and chosen is None:
            why = f"no DestinationRule in effect for this client defines the subset {blank.subset}"
            return blank._replace(state="ABSENT", code="CDS-NOSUBSET", why=why)
        kind = _kind(service, client, effective, blank)
        labels = chosen.labels if chosen is not None else {}
        if kind == "ORIGINAL_DST":
            return blank._replace(state="PRESENT", kind=kind)
        endpoints = self._endpoints.of(service, blank.port, labels)
        if endpoints.verdict == "EMPTY" and kind in ("STRICT_DNS", "LOGICAL_DNS"):
            why = "Istio leaves out a DNS cluster without endpoint"
            return blank._replace(state="ABSENT", code="CDS-NOEP-DNS", why=why, endpoints=endpoints)
        code: Code = "EDS-EMPTY" if endpoints.verdict == "EMPTY" else ""
        return blank._replace(state="PRESENT", code=code, kind=kind, endpoints=endpoints)


def _kind(service: MeshService, client: Client, effective: Effective, blank: ClusterState) -> ClusterKind:
    """Envoy's cluster type: without load balancing on sidecars for headless services, with it on gateways."""
    # a subset's cluster starts as a copy of the plain one, and its own balancer counts beside port settings
    chosen = effective.subsets.get(blank.subset)
    policies = [effective.policy(blank.port, subset).fields for subset in ("", blank.subset)]
    policies += [chosen.policy] if chosen is not None else []
    if any(text(mapping(one.get("loadBalancer")).get("simple")) == "PASSTHROUGH" for one in policies):
        return "ORIGINAL_DST"
    if service.resolution in (HEADLESS, NONE):
        return "EDS" if client.kind == "gateway" else "ORIGINAL_DST"
    return _KINDS.get(service.resolution, "EDS")
