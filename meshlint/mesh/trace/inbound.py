"""Inbound: the bytes reach a pod: its sidecar's mode, the port's protocol, the policies, the application.

In: a Way that ends at a pod, what the sender sends. Out: Branches; a gateway's pods send the request on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import mapping, text
from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address as Written
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.envoy import INBOUND_PASSTHROUGH
from meshlint.mesh.inbound import InboundPort, inbound_ports
from meshlint.mesh.injection import Injection
from meshlint.mesh.mtls import Decision, meets
from meshlint.mesh.port import ServicePort, family
from meshlint.mesh.registry import MeshService
from meshlint.mesh.steps import Branch, Spot, Step, Verdict, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.transport import Outgoing, to_address, to_workload
from meshlint.mesh.trace.way import Sender, Way, pod_of

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer

_TLS_PORTS = ("HTTPS", "TLS")
_H2 = ("HTTP2", "GRPC", "GRPC-Web")


class Server(NamedTuple):
    """The server's side of a connection.

    sidecar    its pods have one (or are taken to)
    certain    that is known
    mode       what the sidecar accepts
    protocol   declared for the container port by the Service that counts, "" for none
    port       that port at the sidecar, None for a port outside every Service
    """

    workload: Workload
    target: int
    sidecar: bool
    certain: bool
    mode: Decision
    protocol: str
    port: InboundPort | None


def meet(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    workload: Workload,
    port: ServicePort | None,
    target: int,
    state: ClusterState | None,
) -> list[Branch]:
    """What the pods of a workload make of the connection."""
    out = to_workload(tracer, sender, state, workload, target)
    hop = tracer.enter_from_mesh(sender, way, workload, target, out, state)
    if hop is not None:
        return hop
    server = server_of(tracer, workload, target)
    tls = _tls(tracer, sender, way, out, server, port, state)
    if tls.verdict == "BREAK":
        return way.end(tls)
    inside = _inside(sender, way, server, port, state)
    if inside.verdict == "BREAK" or not server.sidecar:
        return way.end(tls, inside)
    mutual = out.sent.transport == "mtls"
    opaque = _opaque(way, server)
    policies = tracer.police(sender, way._replace(opaque=opaque), workload, target, mutual=mutual)
    return way.end(tls, inside, *policies)


def _opaque(way: Way, server: Server) -> bool:
    """True if the server's sidecar reads no HTTP either."""
    readable = way.request.http and not way.secured and family(server.protocol) in ("http", "auto")
    return not readable


def server_of(tracer: Tracer, workload: Workload, target: int) -> Server:
    """The server's side of a container port."""
    mesh = tracer.mesh
    ports = inbound_ports(mesh, workload)
    port = next((one for one in ports if one.number == target), None)
    mode = mesh.peers.server_mode(workload.namespace, workload.labels, target)
    sidecar, certain = _has_sidecar(mesh.in_mesh(workload), mode, workload)
    return Server(workload, target, sidecar, certain, mode, port.protocol if port else "", port)


def _has_sidecar(injection: Injection, mode: Decision, workload: Workload) -> tuple[bool, bool]:
    """(taken to have a sidecar, that is certain): a PeerAuthentication of the namespace says it is meant."""
    if injection.verdict != "unknown":
        return injection.verdict == "yes", True
    meant = mode.resource is not None and mode.resource.namespace == workload.namespace
    return True, meant


# ---------------------------------------------------------------------------------------------- TLS


def _tls(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    out: Outgoing,
    server: Server,
    port: ServicePort | None,
    state: ClusterState | None,
) -> Step:
    """The TLS step: what is sent meets what is accepted."""
    accepted = f"{server.mode.mode} server" if server.sidecar else "no sidecar there"
    name = f"{out.sent.transport} -> {accepted}"
    spots = (*out.spots, *_mode_spot(server))
    tcp = way.opaque or not way.request.http
    host, number = (state.host, state.port) if state is not None else ("", 0)
    confirm = (
        evidence.transport(sender, host, number)
        if host
        else evidence.inbound(pod_of(server.workload), server.target)
    )
    code = meets(out.sent.transport, server.mode, sidecar=server.sidecar)
    if code and not server.certain:
        what = f"{out.sent.why}; {tracer.mesh.in_mesh(server.workload).why}"
        return Step("TLS", name, "UNKNOWN", code, what, spots, None, confirm)
    if code:
        return broken(code, name, _disagreement(code, out, server), spots, confirm, tcp=tcp)
    code, what = _originated(way, out, server, port)
    if code:
        return broken(code, name, what, spots, confirm, tcp=tcp)
    verdict: Verdict = "OK" if server.certain or out.sent.transport == "plaintext" else "ASSUMED"
    assumed = "" if verdict == "OK" else f"; {tracer.mesh.in_mesh(server.workload).why}"
    return Step("TLS", name, verdict, "", f"{out.sent.why}{assumed}", spots, None, confirm)


def _mode_spot(server: Server) -> tuple[Spot, ...]:
    if server.mode.resource is None or not server.sidecar:
        return ()
    return (Spot(server.mode.resource, server.mode.path, f"accepts {server.mode.mode}"),)


def _disagreement(code: str, out: Outgoing, server: Server) -> str:
    if code == "TLS-MTLS-NOSIDECAR":
        there = "its PeerAuthentication is DISABLE" if server.sidecar else "its pods have no sidecar"
        return f"mTLS is sent ({out.sent.why}), and {there}"
    return f"{out.sent.transport} is sent ({out.sent.why}), and the server takes only mTLS"


def _originated(way: Way, out: Outgoing, server: Server, port: ServicePort | None) -> tuple[str, str]:
    """Faults of TLS that is not the mesh's own: ("", "") if there is none."""
    declared = port.protocol if port is not None else server.protocol
    label = server.workload.label()
    if way.secured and out.sent.transport == "tls":
        return "TLS-ORIGINATE", "the request is TLS already, and the DestinationRule adds another layer"
    if out.sent.transport == "tls" and server.sidecar and family(server.protocol) == "http":
        return "TLS-ORIGINATE", f"TLS is sent to a port that {label} serves as plain {server.protocol}"
    if declared in _TLS_PORTS and way.request.http and not way.secured and out.sent.transport != "tls":
        return "TLS-ORIGINATE", f"plain HTTP is sent to a port declared {declared}"
    return "", ""


# ------------------------------------------------------------------------------------------ the port


def _inside(
    sender: Sender,
    way: Way,
    server: Server,
    port: ServicePort | None,
    state: ClusterState | None,
) -> Step:
    """The server's listener for the port, and the application behind it."""
    label = server.workload.label()
    if not server.sidecar:
        name = f"{label}:{server.target}"
        fault = _protocol(sender, way, port.protocol if port else "", state)
        if fault:
            return broken("UP-PROTO", name, fault, _port_spot(port))
        return Step("INBOUND", name, detail="straight to the application, no sidecar")
    name = server.port.cluster if server.port is not None else INBOUND_PASSTHROUGH
    confirm = evidence.inbound(pod_of(server.workload), server.target)
    spots = _port_spot(server.port)
    raw = way.secured or not way.request.http
    if raw and family(server.protocol) == "http":
        sent = "TLS of the caller's own" if way.secured else "no HTTP"
        what = f"{sent} arrives at a port declared {server.protocol}"
        return broken("LDS-PROTO", name, what, spots, confirm, tcp=True, stage="INBOUND")
    fault = "" if way.opaque else _protocol(sender, way, server.protocol, state)
    if fault:
        return broken("UP-PROTO", name, fault, spots, confirm)
    said = server.protocol or "no protocol"
    detail = f"declared {said}" if server.port is not None else "a port outside every Service"
    notes = [f"{one.label()} declares another protocol for it in vain" for one in _losers(server)]
    return Step("INBOUND", name, "OK", "", detail, spots, None, confirm, tuple(notes))


def _losers(server: Server) -> tuple[MeshService, ...]:
    return server.port.losers if server.port is not None else ()


def _port_spot(port: ServicePort | InboundPort | None) -> tuple[Spot, ...]:
    if port is None or port.resource is None:
        return ()
    return (Spot(port.resource, port.path),)


def _protocol(sender: Sender, way: Way, protocol: str, state: ClusterState | None) -> str:
    """Why gRPC does not get through, "" if it does (or is none)."""
    if not way.request.http2 or way.opaque or way.secured or protocol in _H2 or sender.client.kind == "plain":
        return ""
    if state is None or _upgrades(state):
        return ""
    if protocol == "HTTP":
        return "gRPC needs HTTP/2, and to a port declared HTTP the proxy speaks HTTP/1.1"
    if protocol == "" and sender.client.kind == "gateway":
        return "gRPC needs HTTP/2, and a gateway speaks HTTP/1.1 to a port without declared protocol"
    return ""


def _upgrades(state: ClusterState) -> bool:
    if state.effective is None:
        return False
    pool = state.effective.policy(state.port, state.subset).fields.get("connectionPool")
    http = mapping(mapping(pool).get("http"))
    return text(http.get("h2UpgradePolicy")) == "UPGRADE" or http.get("useClientProtocol") is True


# ------------------------------------------------------------------------------- written addresses


def meet_address(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    addresses: Sequence[Written],
    service: MeshService | None,
    port: ServicePort | None,
    state: ClusterState | None,
) -> list[Branch]:
    """What machines outside the input's pods make of the connection: only its TLS can be told."""
    if service is None:
        return way.end()
    out = to_address(tracer, sender, state, addresses[0] if addresses else None, service)
    name = f"{out.sent.transport} -> outside the pods"
    tcp = way.opaque or not way.request.http
    if way.secured and out.sent.transport == "tls":
        what = "the request is TLS already, and the DestinationRule adds another layer"
        return way.end(broken("TLS-ORIGINATE", name, what, out.spots, tcp=tcp))
    plain = way.request.http and not way.secured and out.sent.transport == "plaintext"
    if plain and port is not None and (port.protocol in _TLS_PORTS or _secure_target(port)):
        what = f"plain HTTP is sent to port {port.target or port.number}, which serves TLS"
        return way.end(broken("TLS-ORIGINATE", name, what, (*out.spots, *_port_spot(port)), tcp=tcp))
    detail = "TLS of the caller's own" if way.secured else out.sent.why
    return way.end(Step("TLS", name, detail=detail, sources=out.spots))


def _secure_target(port: ServicePort) -> bool:
    """True for the port of HTTPS behind another number."""
    return port.target == 443 or (port.target is None and port.number == 443)
