"""Ambient: which namespaces and pods ambient mode captures, and which of them have a waypoint.

In: a Mesh. Out: answers. A waypoint serves what carries the label istio.io/use-waypoint, itself or through
its namespace; without one only layer 4 is enforced. Facts: the labels of istio.io/docs/ambient.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshlint.kube.fields import mapping, maps, text, texts
from meshlint.kube.kinds import SERVICE
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import MESH
from meshlint.mesh.injection import DATAPLANE, INJECT, NAMESPACE_LABEL, REVISION

USE_WAYPOINT = "istio.io/use-waypoint"
MANAGED = "gateway.istio.io/managed"
_WAYPOINT = "istio.io-mesh-controller"
_HTTP_OPERATION = ("methods", "notMethods", "paths", "notPaths", "hosts", "notHosts")
_HTTP_SOURCE = ("requestPrincipals", "notRequestPrincipals")
_HTTP_CONDITION = ("request.headers", "request.auth.")


def ambient_namespace(mesh: Mesh, namespace: str) -> bool:
    """True if the Namespace is in the input and asks for ambient mode."""
    found = mesh.namespaces.get(namespace)
    system = namespace == mesh.settings.root_namespace
    return found is not None and not system and found.labels.get(DATAPLANE) == "ambient"


def captured(mesh: Mesh, workload: Workload) -> bool:
    """True if ambient mode captures the pods: by their own label, else by their namespace's."""
    own = workload.labels.get(DATAPLANE)
    return own == "ambient" if own is not None else ambient_namespace(mesh, workload.namespace)


def enrolled(labels: Mapping[str, str], mesh: Mesh, namespace: str) -> bool:
    """True if an object with these labels uses a waypoint, or its namespace does."""
    if USE_WAYPOINT in labels:
        return labels[USE_WAYPOINT] not in ("", "none")
    found = mesh.namespaces.get(namespace)
    return found is not None and found.labels.get(USE_WAYPOINT, "none") not in ("", "none")


def asks_for_sidecar(mesh: Mesh, workload: Workload) -> bool:
    """True if the namespace or the pods ask for a sidecar as well."""
    found = mesh.namespaces.get(workload.namespace)
    labels = found.labels if found is not None else {}
    own = workload.labels.get(INJECT, "")
    if labels.get(NAMESPACE_LABEL) == "disabled" or own in ("false", "none"):
        return False
    return (
        labels.get(NAMESPACE_LABEL) == "enabled" or bool(labels.get(REVISION)) or own in ("true", "enabled")
    )


def is_proxy(workload: Workload) -> bool:
    """True for waypoints and gateways, which enforce policies themselves."""
    labels = workload.labels
    return (
        MANAGED in labels
        or "gateway.networking.k8s.io/gateway-name" in labels
        or "istio.io/gateway-name" in labels
        or labels.get("istio") in ("ingressgateway", "egressgateway")
    )


def is_waypoint(workload: Workload) -> bool:
    """True for the pods of a waypoint."""
    return workload.labels.get(MANAGED) == _WAYPOINT


def http_policy(policy: Resource) -> bool:
    """True if an AuthorizationPolicy asks for what only a layer 7 proxy sees."""
    for _, each in maps(policy.spec.get("rules")):
        operations = [mapping(item.get("operation")) for _, item in maps(each.get("to"))]
        sources = [mapping(item.get("source")) for _, item in maps(each.get("from"))]
        keys = [text(item.get("key")) for _, item in maps(each.get("when"))]
        if (
            any(operation.get(field) for operation in operations for field in _HTTP_OPERATION)
            or any(source.get(field) for source in sources for field in _HTTP_SOURCE)
            or any(key.startswith(_HTTP_CONDITION) for key in keys)
        ):
            return True
    return False


def http_telemetry(telemetry: Resource) -> bool:
    """True if a Telemetry object configures what a layer 7 proxy reports."""
    spec = telemetry.spec
    overrides = any(item.get("overrides") for _, item in maps(spec.get("metrics")))
    return bool(spec.get("tracing") or spec.get("accessLogging")) or overrides


def http_rule(rule: Resource) -> bool:
    """True if a DestinationRule sets what only a layer 7 proxy does."""
    policies = [mapping(rule.spec.get("trafficPolicy"))]
    policies += [mapping(item.get("trafficPolicy")) for _, item in maps(rule.spec.get("subsets"))]
    return any(map(_http_traffic, policies))


def _http_traffic(policy: Mapping[str, Any]) -> bool:
    hashing = mapping(mapping(policy.get("loadBalancer")).get("consistentHash"))
    pool = mapping(policy.get("connectionPool"))
    return bool(
        hashing.get("httpHeaderName")
        or hashing.get("httpCookie")
        or pool.get("http")
        or policy.get("outlierDetection")
    )


def http_routes(virtual: Resource) -> bool:
    """True if a VirtualService routes requests inside the mesh."""
    gateways = texts(virtual.spec.get("gateways"))
    routes = virtual.spec.get("http") or virtual.spec.get("tls")
    return bool(routes) and (not gateways or MESH in gateways)


def target_services(mesh: Mesh, policy: Resource) -> list[Resource]:
    """The existing Services a policy is attached to by targetRef(s)."""
    references = [mapping(policy.spec.get("targetRef"))]
    references += [item for _, item in maps(policy.spec.get("targetRefs"))]
    found = [
        mesh.find(SERVICE, policy.namespace, text(each.get("name")))
        for each in references
        if text(each.get("kind")) == "Service" and text(each.get("group")) in ("", "core")
    ]
    return [service for service in found if service is not None]


def lacks_waypoint(mesh: Mesh, policy: Resource, selector: Mapping[str, str]) -> bool:
    """True if something a policy applies to uses no waypoint, so that nothing enforces layer 7 there."""
    namespace = policy.namespace
    services = target_services(mesh, policy)
    if services:
        return not all(enrolled(service.labels, mesh, namespace) for service in services)
    matched = [
        one
        for one in mesh.pods.in_namespace(namespace)
        if selector and selects(selector, one.labels) and not is_waypoint(one)
    ]
    judged = [one for one in matched if one.labels.get(DATAPLANE) != "none"]
    if matched:
        return any(not enrolled(one.labels, mesh, namespace) for one in judged)
    return not enrolled({}, mesh, namespace)
