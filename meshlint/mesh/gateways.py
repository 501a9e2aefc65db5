"""Gateways: the proxies behind Gateway objects, which are found by the labels of their pods.

In: Gateways, workloads, Services. Out: GatewayProxies, each with the servers it runs and the Services
in front of it. A gateway that another chart installs is assumed as Istio's charts make it, and says so.
Facts: pilot/pkg/model/push_context.go (mergeGateways) of Istio; the charts istio-ingress and gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import maps, text
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.gateway_api import (
    API_GATEWAY,
    GATEWAY_NAME_LABEL,
    front_services,
    managed,
    managed_name,
)
from meshlint.mesh.gateway_merge import ServiceTarget
from meshlint.mesh.gateway_servers import Server, selector_of, stock

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

UNPRIVILEGED = "ISTIO_META_UNPRIVILEGED_POD"
# Service port -> pod port of the gateway that istioctl installs, and of the Helm chart `gateway`.
LEGACY_PORTS = {15021: 15021, 80: 8080, 443: 8443}


class GatewayProxy(NamedTuple):
    """The pods of one gateway.

    labels     of the pods, as sorted pairs
    workload   what makes them, None if no manifest of the input does
    assumed    "" or what is taken for granted, in one clause
    managed    the Gateway API Gateway for which istiod makes the pods, None for others
    """

    namespace: str
    labels: tuple[tuple[str, str], ...]
    workload: Workload | None
    assumed: str = ""
    managed: Resource | None = None

    @property
    def name(self) -> str:
        """What to call it in commands and headings."""
        if self.workload is not None:
            return self.workload.name
        return managed_name(self.managed) if self.managed else dict(self.labels).get("app", "gateway")

    def runs(self, gateway: Resource) -> bool:
        """True if the Gateway's selector picks these pods; an empty one picks every gateway."""
        return selects(selector_of(gateway), dict(self.labels))

    @property
    def unprivileged(self) -> bool:
        """True if the pods may not listen on ports below 1024."""
        containers = self.workload.containers if self.workload is not None else ()
        return any(
            text(entry.get("name")) == UNPRIVILEGED and text(entry.get("value")) == "true"
            for container in containers
            for _, entry in maps(container.data.get("env"))
        )


def looks_like_gateway(workload: Workload) -> bool:
    """True for pods whose only job is to be a proxy: istiod's gateway injection, or a gateway's labels."""
    annotations, labels = workload.annotations, workload.labels
    if "gateway" in annotations.get("inject.istio.io/templates", "") or "istio" in labels:
        return True
    return any(one.name == "istio-proxy" and not one.init for one in workload.containers)


def proxies_of(mesh: Mesh, gateway: Resource) -> list[GatewayProxy]:
    """The proxies a Gateway's selector picks.

    None of the input: the stock gateway the selector means, or an unknown one in the Gateway's own
    namespace, as long as no workload of the input looks like a gateway that should have been picked.
    """
    if gateway.is_a(API_GATEWAY):
        return _api_proxies(mesh, gateway)
    selector = selector_of(gateway)
    picked = [
        one
        for one in mesh.pods.anywhere(selector)
        if (selector or looks_like_gateway(one)) and not one.transient
    ]
    if mesh.settings.scope_gateways:
        picked = [one for one in picked if one.namespace == gateway.namespace]
    if picked:
        return [proxy_of(one) for one in picked]
    if mesh.settings.closed_world or (not stock(selector) and any(map(looks_like_gateway, mesh.workloads))):
        return []
    return [_assumed(mesh, gateway, selector)]


def _api_proxies(mesh: Mesh, gateway: Resource) -> list[GatewayProxy]:
    """The pods behind the Services of a Gateway API Gateway; made by istiod if the input has none."""
    hosts = front_services(gateway, mesh.settings.domain)
    picked = [
        one
        for one in mesh.pods.in_namespace(gateway.namespace)
        if any(service.host in hosts for service in mesh.services_selecting(one))
    ]
    if picked or not managed(gateway):
        return [proxy_of(one) for one in picked]
    labels = ((GATEWAY_NAME_LABEL, gateway.name),)
    why = f"istiod makes the Deployment {gateway.namespace}/{managed_name(gateway)}"
    return [GatewayProxy(gateway.namespace, labels, None, why, gateway)]


def proxy_of(workload: Workload) -> GatewayProxy:
    """The proxy a workload's pods are."""
    return GatewayProxy(workload.namespace, tuple(sorted(workload.labels.items())), workload)


def _assumed(mesh: Mesh, gateway: Resource, selector: dict[str, str]) -> GatewayProxy:
    labels = dict(selector)
    if selector.get("istio") == "ingressgateway":
        labels.setdefault("app", "istio-ingressgateway")
    usual = stock(selector)
    namespace = mesh.settings.root_namespace if usual else gateway.namespace
    what = "the gateway of Istio's installation" if usual else "a gateway outside the input"
    pairs = ", ".join(f"{key}={value}" for key, value in selector.items()) or "no selector"
    why = f"{what} ({pairs}) in namespace {namespace}"
    return GatewayProxy(namespace, tuple(sorted(labels.items())), None, why)


def service_targets(mesh: Mesh, proxy: GatewayProxy) -> list[ServiceTarget]:
    """The ports of the Services that select a proxy's pods, and the pod ports they lead to."""
    if proxy.managed is not None:
        ports = {parent.port for parent in mesh.api_gateways.parents(gateway_key(proxy.managed))}
        return [ServiceTarget(None, port, port) for port in sorted(ports)]
    if proxy.workload is None:
        legacy = LEGACY_PORTS if dict(proxy.labels).get("istio") == "ingressgateway" else {}
        return [ServiceTarget(None, number, target) for number, target in legacy.items()]
    found: list[ServiceTarget] = []
    for service in mesh.services.selecting(proxy.namespace, dict(proxy.labels)):
        for port in service.by_number.values():
            target = target_port(port.target, port.number, proxy.workload, port.transport)
            if target is not None:
                found.append(ServiceTarget(service, port.number, target))
    return found


def gateway_key(gateway: Resource) -> str:
    """The "namespace/name" of a Gateway."""
    return f"{gateway.namespace}/{gateway.name}"


def target_port(
    written: int | str | None, number: int, workload: Workload | None, transport: str = "TCP"
) -> int | None:
    """The pod port behind a service port; None if targetPort names a port the pods do not declare."""
    if isinstance(written, str):
        named = workload.port_named(written, transport) if workload is not None else None
        return None if named is None else named.number
    return number if written is None else written


def outside_port(
    proxy: GatewayProxy, targets: list[ServiceTarget], server: Server, listening: int
) -> int | None:
    """The port callers outside use to reach a server; None if no Service leads to it.

    A proxy whose Services are not in the input is taken to expose what its servers declare.
    """
    direct = next((one.port for one in targets if one.target == listening), None)
    if direct is not None:
        return direct
    return server.number if proxy.workload is None or not targets else None
