"""Gateways: a request reaches a gateway's pods: Service port, listener, server name, certificate.

In: a gateway proxy and a Way, from outside or from a sidecar. Out: Branches, by way of the gateway's
routes or straight to a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from meshlint.kube.fields import mapping, text
from meshlint.kube.kinds import SECRET
from meshlint.kube.resource import Resource
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.credentials import credential_name, credential_of, is_made, problem_of
from meshlint.mesh.envoy import Chain, Listener
from meshlint.mesh.gateway_merge import Dropped
from meshlint.mesh.gateway_servers import Server
from meshlint.mesh.gateways import GatewayProxy, outside_port
from meshlint.mesh.host import covers
from meshlint.mesh.steps import Branch, Spot, Step, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.assumed import is_assumed
from meshlint.mesh.trace.chains import Bytes, chain_for
from meshlint.mesh.trace.sidecar import bytes_of
from meshlint.mesh.trace.transport import Outgoing
from meshlint.mesh.trace.way import Sender, Way, pod_of
from meshlint.mesh.xds import GatewayState

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer

MESH_MODES = ("ISTIO_MUTUAL",)
_CLIENT_CERTIFICATE = ("MUTUAL", "ISTIO_MUTUAL")
_DROPPED = {
    "duplicate-tls-host": "an earlier TLS server of the port has the host {host}",
    "protocol-conflict": "an earlier server of the port speaks another protocol",
    "second-tcp-server": "an earlier plain TCP server has the port",
    "port-name": "an earlier HTTPS server of the Gateway has the same port number and name",
    "no-tls": "the port belongs to TLS servers",
    "unprivileged": "the pod may not listen below 1024",
}


def sender_of(tracer: Tracer, proxy: GatewayProxy) -> Sender:
    """A gateway proxy as a sender."""
    client = tracer.xds.gateway_client(proxy)
    workload = proxy.workload
    pod = pod_of(workload) if workload is not None else f"deploy/{proxy.name}.{proxy.namespace}"
    account = "*" if proxy.managed is None else proxy.name
    account = workload.service_account if workload is not None else account
    label = f"gateway:{proxy.namespace}/{proxy.name}"
    return Sender(client, label, pod, workload, f"{proxy.namespace}/{account}")


def arrive(tracer: Tracer, sender: Sender, way: Way, identity: str = "") -> list[Branch]:
    """A request from outside at a gateway: through a Service port to a port of the pods."""
    state = tracer.xds.gateway(sender.client)
    ports = pod_ports(state, way.request.port)
    for step in _assumed_steps(state):
        way = way.plus(step)
    if not ports:
        return way.end(_not_exposed(state, sender, way))
    listening = {listener.port for listener in tracer.xds.listeners(sender.client).values()}
    best = next((port for port in ports if port in listening), ports[0])
    return listen(tracer, sender, way, best, bytes_of(way.request, ""), identity)


def _assumed_steps(state: GatewayState) -> Iterator[Step]:
    """What is taken for granted of a gateway whose pods, or whose Gateway, no manifest shows."""
    spots = _gateway_spots(state)
    named = [spot.resource for spot in spots if is_assumed(spot.resource)]
    if named:
        names = ", ".join(one.label() for one in named)
        what = f"{names} is outside the input, and taken to serve every host on ports 80 and 443"
        yield Step("LDS", state.proxy.name, "ASSUMED", detail=what)
    elif state.proxy.assumed:
        yield Step("LDS", state.proxy.name, "ASSUMED", detail=state.proxy.assumed, sources=tuple(spots[:1]))


def pod_ports(state: GatewayState, number: int) -> list[int]:
    """The pod ports behind a port that callers outside use."""
    found = [one.target for one in state.targets if one.port == number]
    for group in state.merged.groups.values():
        for placed in group.servers:
            if outside_port(state.proxy, list(state.targets), placed.server, placed.port) == number:
                found.append(placed.port)
    return list(dict.fromkeys(found))


def _gateway_spots(state: GatewayState) -> list[Spot]:
    servers = [placed.server for group in state.merged.groups.values() for placed in group.servers]
    gateways: dict[int, Resource] = {id(one.gateway): one.gateway for one in servers}
    return [Spot(gateway, ("spec", "selector")) for gateway in gateways.values()]


def _not_exposed(state: GatewayState, sender: Sender, way: Way) -> Step:
    port = way.request.port
    dropped = [one for one in state.merged.dropped if one.placed.server.number == port]
    if dropped:
        return _left_out(sender, dropped[0], port)
    written = [
        placed.server
        for group in state.merged.groups.values()
        for placed in group.servers
        if placed.server.number == port
    ]
    if written:
        spots = [Spot(one.gateway, (*one.path, "port"), "listens") for one in written[:1]]
        services = {id(one.service): one.service for one in state.targets if one.service is not None}
        spots += [Spot(one.resource, ("spec", "ports")) for one in services.values()]
        what = f"no Service of {state.proxy.name} has port {port}"
    else:
        spots = _gateway_spots(state)
        what = f"no Gateway of {state.proxy.name} has a server on port {port}"
    return broken("LDS-NOLISTENER", f"0.0.0.0_{port}", what, spots, evidence.listeners(sender, port))


def _left_out(sender: Sender, dropped: Dropped, port: int) -> Step:
    server = dropped.placed.server
    spots = [Spot(server.gateway, server.path, "left out")]
    if dropped.other is not None:
        other = dropped.other.server
        spots.append(Spot(other.gateway, other.path, "is there first"))
    what = f"istiod leaves out the server of {server.gateway.label()}: {_DROPPED[dropped.reason]}"
    what = what.format(host=dropped.host)
    return broken("LDS-DROPPED", f"0.0.0.0_{port}", what, spots, evidence.listeners(sender, port))


# ------------------------------------------------------------------------------------- the listener


def listen(
    tracer: Tracer, sender: Sender, way: Way, port: int, seen: Bytes, identity: str = ""
) -> list[Branch]:
    """The connection at a port of the gateway's pods."""
    state = tracer.xds.gateway(sender.client)
    listener = _listener(tracer, sender, port)
    if listener is None:
        return way.end(_no_listener(state, sender, port))
    confirm = evidence.listeners(sender, port)
    twin = next((one for one in state.built.twins if one.listener == listener.name), None)
    if twin is not None:
        spots = [spot for chain in (twin.first, twin.second) for spot in _server_spots(chain)]
        what = f"two filter chains match {twin.sni or 'every server name'}, so Envoy rejects the listener"
        return way.end(broken("LDS-NACK", listener.name, what, spots, confirm))
    secured = seen.transport == "tls"
    if not secured and all(_tls_only(chain) for chain in listener.chains):
        spots = [spot for chain in listener.chains[:2] for spot in _server_spots(chain)]
        what = f"{way.request.scheme} arrives at a port of TLS servers"
        return way.end(broken("LDS-PROTO", listener.name, what, spots, confirm))
    chain = chain_for(listener.chains, seen)
    if chain is None:
        return way.end(_no_chain(state, sender, listener, seen))
    if secured and chain.kind == "http" and not chain.secured:
        what = "TLS arrives at a server of plain HTTP"
        return way.end(broken("LDS-PROTO", listener.name, what, _server_spots(chain), confirm))
    return _accepted(tracer, sender, way, listener, chain, seen, identity)


def _listener(tracer: Tracer, sender: Sender, port: int) -> Listener | None:
    """The listener of a pod port; one on any address first."""
    found = [one for one in tracer.xds.listeners(sender.client).values() if one.port == port]
    return min(found, key=lambda one: not one.name.startswith("0.0.0.0"), default=None)


def _tls_only(chain: Chain) -> bool:
    """True if a chain is of a server that expects TLS."""
    return chain.server is not None and chain.server.secured and not chain.server.http


def _server_spots(chain: Chain) -> tuple[Spot, ...]:
    if chain.server is None or is_assumed(chain.server.gateway):
        return ()
    return (Spot(chain.server.gateway, chain.server.path),)


def _no_listener(state: GatewayState, sender: Sender, port: int) -> Step:
    dropped = next((one for one in state.merged.dropped if one.placed.port == port), None)
    if dropped is not None:
        return _left_out(sender, dropped, port)
    servers = [
        placed.server
        for group in state.merged.groups.values()
        for placed in group.servers
        if placed.port == port
    ]
    spots = [Spot(one.gateway, one.path) for one in servers]
    if servers:
        block = servers[0].block
        what = f"no {block} route is bound to the server, so there is no listener"
    else:
        what = f"nothing listens on port {port} of {state.proxy.name}"
    return broken("LDS-NOLISTENER", f"0.0.0.0_{port}", what, spots, evidence.listeners(sender, port))


def _no_chain(state: GatewayState, sender: Sender, listener: Listener, seen: Bytes) -> Step:
    """No server has the name; maybe one had it and was left out."""
    for dropped in state.merged.dropped:
        if dropped.placed.port == listener.port and _names(dropped.placed.sni, seen.sni):
            return _left_out(sender, dropped, listener.port)
    spots = [Spot(server.gateway, (*server.path, "hosts")) for server in _servers(state, listener.port)]
    what = f"no TLS server of the port has the name `{seen.sni}`"
    unread = next((one for one in _servers(state, listener.port) if _names(_sni(one), seen.sni)), None)
    if unread is not None:
        what = f"the server of {unread.gateway.label()} has no {unread.block} route for `{seen.sni}`"
    return broken("LDS-SNI", listener.name, what, spots, evidence.listeners(sender, listener.port))


def _names(hosts: Iterable[str], name: str) -> bool:
    return any(covers(host, name) for host in hosts)


def _sni(server: Server) -> tuple[str, ...]:
    return tuple(entry.spelt for entry in server.hosts)


def _servers(state: GatewayState, port: int) -> Iterator[Server]:
    for group in state.merged.groups.values():
        for placed in group.servers:
            if placed.port == port:
                yield placed.server


def _accepted(
    tracer: Tracer, sender: Sender, way: Way, listener: Listener, chain: Chain, seen: Bytes, identity: str
) -> list[Branch]:
    confirm = evidence.listeners(sender, listener.port)
    how = "handed on unread"
    if chain.kind == "http":
        how = f"route configuration {chain.route_name}"
    if chain.secured:
        how = f"TLS opened for {seen.sni}, {how}"
    spots = list(_server_spots(chain))
    if chain.route is not None:
        spots.append(Spot(chain.route.resource, chain.match.path if chain.match else chain.route.path))
    way = way.plus(Step("LDS", listener.name, detail=how, sources=tuple(spots), confirm=confirm))
    if chain.secured:
        fault, step = _certificate(tracer, sender, chain.server, identity)
        if step is not None:
            way = way.plus(step)
        if fault:
            return way.end()
    way = way._replace(secured=way.secured and not chain.secured, opaque=chain.kind == "tcp")
    if sender.workload is not None:
        policies = tracer.police_gateway(sender, way, listener.port, identity)
        way = way.plus(*policies)
        if policies and policies[-1].verdict == "BREAK":
            return way.end()
    if chain.kind == "http":
        return tracer.route(sender, way, chain.route_name, None)
    return tracer.share_out(sender, way, chain.targets, None)


def _certificate(
    tracer: Tracer, sender: Sender, server: Server | None, identity: str
) -> tuple[bool, Step | None]:
    """(the handshake fails, what is to be said of certificates)."""
    if server is None:
        return False, None
    confirm = evidence.secrets(sender)
    if server.mode in MESH_MODES and not identity:
        what = "the server asks for a certificate of the mesh, and callers outside have none"
        spot = Spot(server.gateway, (*server.path, "tls", "mode"))
        return True, broken("LDS-CERT", server.mode, what, [spot], confirm)
    name = credential_name(server)
    if not name:
        return False, _client_certificate(server)
    spot = Spot(server.gateway, (*server.path, "tls", "credentialName"))
    mesh = tracer.mesh
    namespace, plain, secret = credential_of(mesh, sender.client.namespace, name)
    problem = problem_of(secret) if secret is not None else ""
    if secret is None and not is_made(mesh, namespace, plain):
        elsewhere = next((one for one in mesh.kind(SECRET) if one.name == plain), None)
        if elsewhere is not None:
            problem = f"namespace {namespace} has no Secret {plain}; {elsewhere.label()} has that name"
        elif mesh.settings.closed_world:
            problem = f"namespace {namespace} has no Secret {plain}"
        else:
            what = f"the Secret is taken to be in namespace {namespace}"
            return False, Step("LDS", f"kubernetes://{name}", "ASSUMED", "", what, (spot,), None, confirm)
    if problem:
        spots = [spot, *([Spot(secret, ("data",))] if secret is not None else [])]
        return True, broken("LDS-CERT", f"kubernetes://{name}", problem, spots, confirm)
    return False, _client_certificate(server)


def _client_certificate(server: Server) -> Step | None:
    if server.mode not in _CLIENT_CERTIFICATE or server.mode in MESH_MODES:
        return None
    spot = Spot(server.gateway, (*server.path, "tls", "mode"))
    return Step("LDS", server.mode, "ASSUMED", "", "the caller has a client certificate", (spot,))


# ---------------------------------------------------------------------------------- from a sidecar


def hop_bytes(way: Way, out: Outgoing, state: ClusterState | None) -> Bytes:
    """What a gateway's inspectors see of a connection from the mesh."""
    if out.sent.transport == "plaintext":
        request = way.request
        plain = request._replace(scheme="http" if request.http else "tcp")
        return bytes_of(request if way.secured else plain, "")
    sni = ""
    if state is not None:
        sni = f"outbound_.{state.port}_.{state.subset}_.{state.host}"
        policy = state.effective.policy(state.port, state.subset) if state.effective is not None else None
        tls = mapping(policy.fields.get("tls")) if policy is not None else {}
        sni = text(tls.get("sni")) or (sni if out.sent.transport == "mtls" else state.host)
    return Bytes("", sni, "tls", ("istio",))
