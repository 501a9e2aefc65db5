"""Gateway API: routes attach to listeners that admit them and lead to Services they may reach.

The mesh fact guarded here: a route whose parent or backend does not resolve is accepted by the API server
and serves nobody: 404 without a parent, 500 without a backend.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, text
from meshlint.kube.kinds import GATEWAY_API, SERVICE, GroupKind
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import label_selector
from meshlint.mesh.graph import Mesh
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

GATEWAY = GroupKind(GATEWAY_API, "Gateway")
_HTTP_ROUTE = GroupKind(GATEWAY_API, "HTTPRoute")
_GRPC_ROUTE = GroupKind(GATEWAY_API, "GRPCRoute")
_ROUTES = (_HTTP_ROUTE, _GRPC_ROUTE)
_GRANT = GroupKind(GATEWAY_API, "ReferenceGrant")


def _references(items: Any, default_kind: str) -> list[tuple[int, str, str, str, dict[str, Any]]]:
    """(index, kind, namespace, name, reference) of parentRefs or backendRefs; "" for the own namespace."""
    return [
        (
            index,
            text(each.get("kind")) or default_kind,
            text(each.get("namespace")),
            text(each.get("name")),
            each,
        )
        for index, each in maps(items)
    ]


def _knows_gateways(mesh: Mesh, namespace: str) -> bool:
    """True if the input has Gateways of the namespace, so it would have this one."""
    return mesh.settings.closed_world or any(one.namespace == namespace for one in mesh.kind(GATEWAY))


@rule(
    "GA001",
    "parent-gateway-unreachable",
    "A route whose parent Gateway does not exist or does not admit its namespace.",
    kinds=_ROUTES,
    peers=("KIA1401",),
    tags=("gateway-api", "outage"),
)
def parent_gateway_unreachable(resource: Resource, context: Context) -> Iterator[Finding]:
    """Listeners admit routes of their own namespace unless allowedRoutes says more."""
    mesh = context.mesh
    for index, kind, written, name, _ in _references(resource.spec.get("parentRefs"), "Gateway"):
        namespace = written or resource.namespace
        if kind != "Gateway" or not name:
            continue
        gateway = mesh.find(GATEWAY, namespace, name)
        if gateway is None and not _knows_gateways(mesh, namespace):
            continue
        if gateway is None or not _admits(mesh, gateway, resource.namespace):
            what = "does not exist" if gateway is None else "admits no routes of this namespace"
            yield parent_gateway_unreachable.finding(
                f"parent Gateway {namespace}/{name} of {resource.label()} {what}",
                Place(resource, ("spec", "parentRefs", index, "name"), what),
                *([Place(gateway, ("spec", "listeners"), "its listeners", "cause")] if gateway else []),
                effect=Effect("no gateway serves the route", http="404"),
                hint=_parent_hint(gateway, resource),
                key=f"{namespace}/{name}",
            )


def _parent_hint(gateway: Resource | None, route: Resource) -> str:
    if gateway is None:
        return "correct the name or namespace of the parentRef"
    return f"allow namespace {route.namespace} in allowedRoutes of a listener"


def _admits(mesh: Mesh, gateway: Resource, namespace: str) -> bool:
    if gateway.namespace == namespace:
        return True
    for _, listener in maps(gateway.spec.get("listeners")):
        allowed = mapping(mapping(listener.get("allowedRoutes")).get("namespaces"))
        if text(allowed.get("from")) == "All":
            return True
        found = mesh.namespaces.get(namespace)
        if text(allowed.get("from")) == "Selector":
            labels = found.labels if found is not None else None
            if labels is None and not mesh.settings.closed_world:
                return True  # the labels of the namespace are outside the input
            if labels is not None and label_selector(allowed.get("selector")).matches(labels):
                return True
    return False


@rule(
    "GA002",
    "parent-listener-unknown",
    "A route that names a section or port its parent Gateway does not have.",
    precision="very-high",
    kinds=_ROUTES,
    tags=("gateway-api", "outage"),
)
def parent_listener_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """`sectionName` is the name of a listener, `port` its port."""
    for index, kind, written, name, each in _references(resource.spec.get("parentRefs"), "Gateway"):
        gateway = context.mesh.find(GATEWAY, written or resource.namespace, name)
        if kind != "Gateway" or gateway is None:
            continue
        listeners = [item for _, item in maps(gateway.spec.get("listeners"))]
        for field, own in (("sectionName", "name"), ("port", "port")):
            wanted = each.get(field)
            if wanted is None or any(item.get(own) == wanted for item in listeners):
                continue
            known = ", ".join(f"`{text(item.get(own))}`" for item in listeners) or "none"
            yield parent_listener_unknown.finding(
                f"{field} `{text(wanted)}` of {resource.label()} is no listener of {gateway.label()}, "
                f"which has {known}",
                Place(resource, ("spec", "parentRefs", index, field), "no such listener"),
                Place(gateway, ("spec", "listeners"), "its listeners", "definition"),
                effect=Effect("no gateway serves the route", http="404"),
                hint=f"use one of {known}",
                key=f"{field}/{text(wanted)}",
            )


def _backends(route: Resource) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The parentRefs and backendRefs of a route that mean Services."""
    for index, kind, _, _, each in _references(route.spec.get("parentRefs"), "Gateway"):
        if kind == "Service":
            yield ("spec", "parentRefs", index), each
    for at, item in maps(route.spec.get("rules")):
        for index, kind, _, _, each in _references(item.get("backendRefs"), "Service"):
            if kind == "Service" and text(each.get("group")) == "":
                yield ("spec", "rules", at, "backendRefs", index), each


@rule(
    "GA003",
    "backend-unreachable",
    "A route to a Service that does not exist, or that no ReferenceGrant opens to its namespace.",
    kinds=_ROUTES,
    peers=("KIA1402",),
    tags=("gateway-api", "outage"),
)
def backend_unreachable(resource: Resource, context: Context) -> Iterator[Finding]:
    """A missing Service is reported only where the input shows the Services of its namespace."""
    mesh = context.mesh
    for path, each in _backends(resource):
        name = text(each.get("name"))
        namespace = text(each.get("namespace")) or resource.namespace
        service = mesh.find(SERVICE, namespace, name)
        problem = ""
        if service is None or "." in name:
            problem = "does not exist" if mesh.closed(namespace) else ""
        elif namespace != resource.namespace and not _granted(mesh, resource, namespace, name):
            problem = "is in another namespace, and no ReferenceGrant there admits this route"
        if problem:
            yield backend_unreachable.finding(
                f"Service {namespace}/{name}, to which {resource.label()} leads, {problem}",
                Place(resource, (*path, "name"), "unreachable"),
                effect=Effect("requests to this backend fail", http="500"),
                hint=_backend_hint(service, resource, namespace),
                key=f"{namespace}/{name}",
            )


def _granted(mesh: Mesh, route: Resource, namespace: str, name: str) -> bool:
    for grant in mesh.kind(_GRANT):
        if grant.namespace != namespace:
            continue
        sources = [item for _, item in maps(grant.spec.get("from"))]
        targets = [item for _, item in maps(grant.spec.get("to"))]
        source = any(
            text(item.get("kind")) == route.kind and text(item.get("namespace")) == route.namespace
            for item in sources
        )
        target = any(
            text(item.get("kind")) == "Service" and text(item.get("name")) in ("", name) for item in targets
        )
        if source and target:
            return True
    return False


def _backend_hint(service: Resource | None, route: Resource, namespace: str) -> str:
    if service is None:
        return "correct the name or namespace of the reference"
    return f"add a ReferenceGrant in namespace {namespace} from {route.kind}s of {route.namespace}"


@rule(
    "GA004",
    "backend-port-unknown",
    "A backendRef port that is no port of the Service.",
    precision="very-high",
    kinds=_ROUTES,
    tags=("gateway-api", "port", "outage"),
)
def backend_port_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """The port is required for Services, and it is the Service's port."""
    mesh = context.mesh
    for path, each in _backends(resource):
        namespace = text(each.get("namespace")) or resource.namespace
        found = mesh.services.by_namespace.get(namespace, {}).get(text(each.get("name")))
        number = integer(each.get("port"))
        if found is None or number is None or "backendRefs" not in path or number in found.by_number:
            continue
        numbers = ", ".join(map(str, found.by_number)) or "none"
        yield backend_port_unknown.finding(
            f"{resource.label()} leads to port {number} of {found.label()}, which has {numbers}",
            Place(resource, (*path, "port"), "no port of the Service"),
            Place(found.resource, ("spec", "ports"), f"ports: {numbers}", "definition"),
            effect=Effect("requests to this backend fail", http="500"),
            hint=f"use one of the ports {numbers}",
            key=f"{namespace}/{found.name}/{number}",
        )


@rule(
    "GA005",
    "gateways-share-listener",
    "Two Gateways with listeners for the same hostname, port and protocol.",
    severity="warning",
    precision="medium",
    kinds=(GATEWAY,),
    peers=("KIA1501", "KIA1502"),
    tags=("gateway-api",),
)
def gateways_share_listener(resource: Resource, context: Context) -> Iterator[Finding]:
    """Also two Gateways that ask for the same address."""
    for other in context.mesh.kind(GATEWAY):
        if other is resource or (other.namespace, other.name) == (resource.namespace, resource.name):
            continue
        for field, mine, theirs, peer in (
            ("listeners", _listeners(resource), set(_listeners(other).values()), "KIA1501"),
            ("addresses", _addresses(resource), set(_addresses(other).values()), "KIA1502"),
        ):
            same = next((index for index, key in mine.items() if key in theirs), None)
            if same is not None:
                yield gateways_share_listener.finding(
                    f"{resource.label()} and {other.label()} share {_shared(mine[same])}",
                    Place(resource, ("spec", field, same), "in both"),
                    Place(other, ("spec", field), "here too", "cause"),
                    effect=Effect("which of the two answers depends on how they are deployed"),
                    hint="let one Gateway own it",
                    key=f"{other.namespace}/{other.name}/{field}",
                    peers=(peer,),
                )


def _listeners(gateway: Resource) -> dict[int, tuple[str, ...]]:
    """Index -> (hostname, port, protocol) of listeners with a hostname."""
    return {
        index: (text(each["hostname"]), text(each.get("port")), text(each.get("protocol")))
        for index, each in maps(gateway.spec.get("listeners"))
        if text(each.get("hostname"))
    }


def _addresses(gateway: Resource) -> dict[int, tuple[str, ...]]:
    return {
        index: (text(each.get("type")), text(each.get("value")))
        for index, each in maps(gateway.spec.get("addresses"))
        if text(each.get("type")) and text(each.get("value"))
    }


def _shared(key: tuple[str, ...]) -> str:
    return f"`{key[0]}` on port {key[1]}" if len(key) > 2 else f"address `{key[1]}`"


@rule(
    "GA006",
    "listeners-repeat",
    "Two listeners of one Gateway with the same hostname, port and protocol.",
    precision="very-high",
    kinds=(GATEWAY,),
    peers=("KIA1503",),
    tags=("gateway-api", "rejected"),
)
def listeners_repeat(resource: Resource, context: Context) -> Iterator[Finding]:
    """Hostname, port and protocol together must be unique."""
    first: dict[tuple[str, ...], int] = {}
    for index, key in _listeners(resource).items():
        earlier = first.setdefault(key, index)
        if earlier != index:
            yield listeners_repeat.finding(
                f"listeners {earlier} and {index} of {resource.label()} are both for {_shared(key)}",
                Place(resource, ("spec", "listeners", index), "repeats"),
                Place(resource, ("spec", "listeners", earlier), "this one", "cause"),
                effect=Effect("the Gateway is refused, or one of the two is ignored"),
                hint="remove one of the two",
                key=f"{index}",
            )


@rule(
    "GA008",
    "gateway-class-unknown",
    "A Gateway of a class that nobody serves.",
    precision="medium",
    kinds=(GATEWAY,),
    peers=("KIA1504",),
    tags=("gateway-api", "outage"),
)
def gateway_class_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """GatewayClasses of the input count as well as Istio's own; other controllers may serve more."""
    mesh = context.mesh
    name = text(resource.spec.get("gatewayClassName"))
    classes = {each.name for each in mesh.kind(GroupKind(GATEWAY_API, "GatewayClass"))}
    if name and name not in classes | mesh.settings.gateway_classes and mesh.settings.closed_world:
        yield gateway_class_unknown.finding(
            f"class `{name}` of {resource.label()} does not exist",
            Place(resource, ("spec", "gatewayClassName"), "no such class"),
            effect=Effect("no proxy is deployed for the Gateway", http="connection refused"),
            hint="use one of the classes of your controllers, such as `istio`",
            key=name,
        )


RULES: tuple[Rule, ...] = (
    parent_gateway_unreachable,
    parent_listener_unknown,
    backend_unreachable,
    backend_port_unknown,
    gateways_share_listener,
    listeners_repeat,
    gateway_class_unknown,
)
