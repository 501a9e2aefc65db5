"""Sidecars: a request leaves an application and meets its own proxy: DNS, listener, filter chain.

In: the sending pods and a Way. Out: Branches, by way of the routes, a cluster, or past the mesh.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshlint.mesh.envoy import BLACK_HOLE_CLUSTER, PASSTHROUGH_CLUSTER, Chain, Listener
from meshlint.mesh.host import overlap
from meshlint.mesh.outbound_listeners import catch_all_cluster
from meshlint.mesh.request import Request
from meshlint.mesh.scope import Scope
from meshlint.mesh.steps import Branch, Spot, Step, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.chains import Bytes, chain_for, listener_for
from meshlint.mesh.trace.dns import Address, resolve
from meshlint.mesh.trace.way import Sender, Way

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer

_LEFTOVER = (PASSTHROUGH_CLUSTER, BLACK_HOLE_CLUSTER)
_CAPTURED_BY = "has no addresses, so its TCP port takes every connection to that port"


def leave(tracer: Tracer, sender: Sender, way: Way) -> list[Branch]:
    """What becomes of a request of an application in the mesh, or of a bare one."""
    step, address = resolve(tracer.mesh, sender.client.namespace, way.request.host)
    if address is None:
        return way.end(step)
    way = way.plus(step)
    if sender.client.kind == "plain":
        bare = Step("LDS", "no proxy", detail="the client has no sidecar; Kubernetes picks a pod")
        return past(tracer, sender, way.plus(bare), address)
    return _listen(tracer, sender, way, address)


def _listen(tracer: Tracer, sender: Sender, way: Way, address: Address) -> list[Branch]:
    port = way.request.port
    listener = listener_for(tracer.xds.listeners(sender.client), address.names, port)
    if listener is None:
        return _leftover(tracer, sender, way, address, f"nothing in the mesh has port {port}")
    seen = bytes_of(way.request, address.address())
    chain = chain_for(listener.chains, seen) or listener.default
    if chain is None:
        what = f"no filter chain of the listener takes {way.request.scheme}"
        return way.end(broken("LDS-PROTO", listener.name, what, _declared(chain, address, port)))
    if chain.kind == "http":
        return _to_routes(tracer, sender, way, listener, chain, address)
    if chain.targets and chain.targets[0].cluster in _LEFTOVER:
        what = _unlike(listener, way.request)
        return _leftover(tracer, sender, way, address, what, listener, foreign=bool(what))
    return _to_connection(tracer, sender, way, listener, chain, address)


def bytes_of(request: Request, address: str) -> Bytes:
    """What the inspectors see of a request's first bytes."""
    if request.secured:
        offered = ("h2", "http/1.1") if request.http else ()
        return Bytes(address, request.host, "tls", offered)
    plain = ("h2c" if request.http2 else "http/1.1",) if request.http else ()
    return Bytes(address, "", "raw_buffer", plain)


def _declared(chain: Chain | None, address: Address, port: int) -> tuple[Spot, ...]:
    """Where the port is declared that made the listener."""
    service = address.service or (chain.service if chain is not None else None)
    found = service.by_number.get(port) if service is not None else None
    if found is None:
        return ()
    return (Spot(found.resource, found.path, f"declared {found.protocol or 'no protocol'}"),)


def _unlike(listener: Listener, request: Request) -> str:
    """Why the listener's chains leave a request alone that its port does not expect; "" if they do not."""
    if not any(chain.kind == "http" for chain in listener.chains):
        return ""
    if request.secured:
        return "the port is declared HTTP and the request is TLS of the application's own"
    return "" if request.http else "the port is declared HTTP and the connection is not"


def _to_routes(
    tracer: Tracer, sender: Sender, way: Way, listener: Listener, chain: Chain, address: Address
) -> list[Branch]:
    request = way.request
    spots = _declared(chain, address, request.port)
    confirm = evidence.listeners(sender, request.port)
    if way.opaque:
        what = "the listener reads HTTP and gets something else"
        return way.end(broken("LDS-PROTO", listener.name, what, spots, confirm, tcp=True))
    sniffed = bool(chain.route_name.rpartition(":")[1])
    detail = f"{'sniffed as HTTP' if sniffed else 'HTTP'}, route configuration {chain.route_name}"
    step = Step("LDS", listener.name, detail=detail, sources=spots, confirm=confirm)
    return tracer.route(sender, way.plus(step), chain.route_name, address)


def _to_connection(
    tracer: Tracer, sender: Sender, way: Way, listener: Listener, chain: Chain, address: Address
) -> list[Branch]:
    """A connection that the proxy hands on unread."""
    port = way.request.port
    confirm = evidence.listeners(sender, port)
    owner = chain.service
    if owner is not None and (address.service is None or address.service.host != owner.host):
        found = owner.by_number.get(port)
        spots = [] if found is None else [Spot(found.resource, found.path, "has no address")]
        what = f"{owner.label()} {_CAPTURED_BY}"
        return way.end(broken("LDS-CAPTURE", listener.name, what, spots, confirm, tcp=True))
    spots = list(_declared(chain, address, port))
    if chain.route is not None:
        spots.append(Spot(chain.route.resource, chain.match.path if chain.match else chain.route.path))
    step = Step("LDS", listener.name, detail=_handed_on(chain), sources=tuple(spots), confirm=confirm)
    if way.request.http and not way.secured:
        step = _unread(tracer, sender, address, step)
    return tracer.share_out(sender, way.plus(step)._replace(opaque=True), chain.targets, address)


def _handed_on(chain: Chain) -> str:
    if chain.route is None:
        return "handed on unread"
    virtual = f"{chain.virtual.resource.label()} " if chain.virtual is not None else ""
    return f"handed on unread by {virtual}{chain.route.label()}"


def _unread(tracer: Tracer, sender: Sender, address: Address, step: Step) -> Step:
    """HTTP on a port declared otherwise: what VirtualServices say of requests does nothing."""
    host = address.service.host if address.service is not None else address.host
    for virtual in tracer.mesh.scope(sender.client).virtual_services:
        route = next((one for one in virtual.routes if one.block == "http"), None)
        if route is not None and any(overlap(name, host) for name in virtual.hosts):
            what = f"the port is not declared HTTP, so {virtual.resource.label()} is not read"
            spots = (*step.sources, Spot(route.resource, route.path, "has no effect"))
            return step._replace(verdict="BYPASS", code="LDS-PROTO", detail=what, sources=spots)
    return step._replace(
        notes=("the port is not declared HTTP: no routes, retries, HTTP policies or metrics",)
    )


def _leftover(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    address: Address,
    what: str,
    listener: Listener | None = None,
    *,
    foreign: bool = False,
) -> list[Branch]:
    """What no chain wants: passed through, or swallowed under REGISTRY_ONLY."""
    scope = tracer.mesh.scope(sender.client)
    cluster = catch_all_cluster(scope)
    name = listener.name if listener is not None else "virtualOutbound"
    spots = _declared(None, address, way.request.port) if foreign else _policy(scope)
    confirm = evidence.listeners(sender, way.request.port)
    why = what or "no filter chain is for this destination"
    if cluster == BLACK_HOLE_CLUSTER:
        step = broken(
            "RDS-BLOCKED", name, f"{why}; REGISTRY_ONLY sends it to {cluster}", spots, confirm, tcp=True,
            stage="LDS",
        )  # fmt: skip
        return way.end(step)
    code = "LDS-PROTO" if foreign else "RDS-PASSTHROUGH"
    step = Step("LDS", name, "BYPASS", code, f"{why}; {cluster} passes it on", tuple(spots), None, confirm)
    return past(tracer, sender, way.plus(step)._replace(opaque=way.opaque or foreign), address)


def _policy(scope: Scope) -> list[Spot]:
    return [Spot(scope.source, scope.policy_place)] if scope.source is not None else []


def past(tracer: Tracer, sender: Sender, way: Way, address: Address) -> list[Branch]:
    """Past the mesh: to the address the application asked for, in the bytes it sends."""
    service = address.service
    if service is None or not service.kubernetes:
        last = way.steps[-1]
        if sender.client.kind == "plain":
            return way._replace(steps=way.steps[:-1]).end(last._replace(detail="straight to the address"))
        return way.end()
    port = service.by_number.get(way.request.port)
    if port is None:
        numbers = ", ".join(str(number) for number in service.by_number) or "none"
        what = f"{service.label()} has no port {way.request.port} (ports: {numbers})"
        step = broken("LDS-NOLISTENER", address.host, what, [Spot(service.resource, ("spec", "ports"))])
        return way.end(step)
    return tracer.to_pods(sender, way, service, way.request.port)
