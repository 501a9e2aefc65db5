"""Gateways: servers need a workload, a Service port, one protocol per port, and a certificate.

The mesh fact guarded here: all Gateways of one workload are merged; servers that clash are dropped
without a word, and a port no Service exposes is reachable by nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from meshlint.kube.kinds import GATEWAY
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import nearest
from meshlint.kube.workload import Workload
from meshlint.mesh.gateway_servers import (
    HTTP_PROTOCOLS,
    STOCK_PORTS,
    TLS_PROTOCOLS,
    Server,
    ServerHost,
    hosts_overlap,
    runs,
    selector_of,
    servers_of,
    stock,
    workloads_of,
)
from meshlint.mesh.graph import Mesh
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place


def _pairs(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


@rule(
    "GW001",
    "selector-picks-no-gateway",
    "A Gateway whose selector picks no gateway workload.",
    severity="warning",
    kinds=(GATEWAY,),
    peers=("IST0101", "KIA0302"),
    tags=("gateway", "selector", "outage"),
)
def selector_picks_no_gateway(resource: Resource, context: Context) -> Iterator[Finding]:
    """Gateways mostly live in another chart: only a near miss, or a closed world, is worth a warning."""
    mesh = context.mesh
    selector = selector_of(resource)
    pods = workloads_of(mesh, selector)
    if mesh.settings.scope_gateways:
        pods = [one for one in pods if one.namespace == resource.namespace]
    if not selector or pods or stock(selector):
        return
    proxies = [one for one in mesh.workloads if any(each.name == "istio-proxy" for each in one.containers)]
    near = nearest(selector, [(one, one.labels) for one in proxies])
    wanted = selector.get("istio", "")
    typo = _typo(wanted)
    certain = bool(near) or bool(typo) or mesh.settings.closed_world
    hint = "correct the selector, or declare the gateway under `external`"
    if near:
        want = near[0].wants[0]
        hint = (
            f"write `{want.key}: {want.actual}`"
            if want.actual
            else f"label the gateway `{want.key}: {want.wanted}`"
        )
    elif typo:
        hint = f"write `istio: {typo}`"
    yield selector_picks_no_gateway.finding(
        f"selector {_pairs(selector)} of {resource.label()} picks no workload of the input",
        Place(resource, ("spec", "selector"), "picks no gateway"),
        *(
            Place(miss.subject.template, miss.subject.labels_path, "nearest gateway", "candidate")
            for miss in near[:1]
        ),
        severity="warning" if certain else "note",
        precision="high" if certain else "low",
        effect=Effect("no proxy listens for this Gateway", http="connection refused"),
        hint=hint,
        key="selector",
    )


def _typo(wanted: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(wanted, ("ingressgateway", "egressgateway", "eastwestgateway"), n=1, cutoff=0.8)
    return found[0] if found else ""


@rule(
    "GW002",
    "server-port-not-exposed",
    "A Gateway server on a port that no Service of its workload exposes.",
    severity="warning",
    kinds=(GATEWAY,),
    peers=("IST0162",),
    tags=("gateway", "port", "outage"),
)
def server_port_not_exposed(resource: Resource, context: Context) -> Iterator[Finding]:
    """Service port and targetPort both count; a stock gateway outside the input has the stock ports."""
    mesh = context.mesh
    selector = selector_of(resource)
    workloads = workloads_of(mesh, selector)
    exposed = {number for one in workloads for number in _exposed(mesh, one)}
    assumed = not workloads and stock(selector) and selector.get("istio") == "ingressgateway"
    if assumed:
        exposed = set(STOCK_PORTS)
    if not exposed and not any(mesh.services_selecting(one) for one in workloads):
        return
    for server in servers_of(resource):
        if server.number is not None and server.number not in exposed and not server.bind.startswith("unix"):
            yield _not_exposed(server, selector, sorted(exposed), assumed)


def _exposed(mesh: Mesh, workload: Workload) -> Iterator[int]:
    """The ports through which Services reach the pods, and the ports the pods see."""
    for service in mesh.services_selecting(workload):
        for port in service.ports:
            yield port.number
            target = port.target
            if isinstance(target, str):
                named = workload.port_named(target, port.transport)
                target = named.number if named else None
            if target:
                yield target


def _not_exposed(server: Server, selector: dict[str, str], ports: list[int], assumed: bool) -> Finding:
    numbers = ", ".join(map(str, ports)) or "no port"
    who = "the stock ingress gateway" if assumed else "the gateway's Service"
    return server_port_not_exposed.finding(
        f"{server.gateway.label()} has a server on port {server.number}, and {who} exposes {numbers}",
        Place(server.gateway, (*server.path, "port", "number"), "exposed by no Service"),
        precision="medium" if assumed else None,
        effect=Effect("nobody outside the cluster reaches this server", http="connection refused"),
        hint=f"use one of the ports {numbers}, or add port {server.number} to the gateway's Service",
        notes=["the gateway itself is not in the input: its stock ports are assumed"] if assumed else [],
        key=f"{server.number}",
    )


@rule(
    "GW003",
    "servers-clash",
    "Servers on one port of one gateway workload that claim the same host, or two kinds of protocol.",
    severity="warning",
    peers=("IST0145", "KIA0301"),
    tags=("gateway", "outage"),
)
def servers_clash(context: Context) -> Iterator[Finding]:
    """Plain HTTP servers with one host are merged; TLS duplicates and mixed protocols are dropped."""
    mesh = context.mesh
    everything = [server for gateway in _by_age(mesh) for server in servers_of(gateway)]
    told: set[tuple[int, int]] = set()
    for server in everything:
        repeated = _repeated(server)
        if repeated is not None and mesh.is_linted(server.gateway):
            told.add((id(server.gateway), id(server.gateway)))
            yield _within(server, *repeated)
    for earlier, later in _candidates(everything):
        pair = (id(earlier.gateway), id(later.gateway))
        clash = _clash(earlier, later) if pair not in told and _meet(mesh, earlier, later) else ""
        if clash:
            told.add(pair)
            yield from _clashing(mesh, earlier, later, clash)


def _candidates(servers: list[Server]) -> list[tuple[Server, Server]]:
    """The pairs (older, younger) on one port that share a host, may share one, or speak differently."""
    ports: dict[tuple[int | None, str], list[int]] = {}
    for at, server in enumerate(servers):
        ports.setdefault((server.number, server.bind), []).append(at)
    pairs: set[tuple[int, int]] = set()
    for found in ports.values():
        kinds = {_kind(servers[at]) for at in found}
        by_host: dict[str, list[int]] = {}
        for at in found:
            for entry in servers[at].hosts:
                by_host.setdefault(entry.host, []).append(at)
        for host, claimed in by_host.items():
            wide = host.startswith("*")
            others = found if wide else claimed
            pairs |= {(min(one, two), max(one, two)) for one in claimed for two in others if one != two}
        if len(kinds) > 1:
            pairs |= set(combinations(found, 2))
    return [(servers[first], servers[second]) for first, second in sorted(pairs)]


def _repeated(server: Server) -> tuple[ServerHost, ServerHost] | None:
    """Two hosts of one server that overlap, the first such pair."""
    for position, later in enumerate(server.hosts):
        for earlier in server.hosts[:position]:
            if hosts_overlap(earlier, later):
                return earlier, later
    return None


def _within(server: Server, earlier: ServerHost, later: ServerHost) -> Finding:
    return servers_clash.finding(
        f"hosts `{earlier.written}` and `{later.written}` of one server of {server.gateway.label()} overlap",
        Place(server.gateway, later.path, "overlaps"),
        Place(server.gateway, earlier.path, "with this one", "cause"),
        severity="note",
        precision="low",
        hint="keep the wider one",
        key=f"{server.at}/{later.written}",
        peers=("KIA0301",),
    )


def _by_age(mesh: Mesh) -> list[Resource]:
    """Gateways as Istio merges them: all of one install have one age, so by name, then namespace."""
    return sorted(mesh.kind(GATEWAY), key=lambda gateway: (gateway.name, gateway.namespace))


def _meet(mesh: Mesh, first: Server, second: Server) -> bool:
    """True if both are served on one port by one workload."""
    if first.number is None or first.number != second.number or first.bind != second.bind:
        return False
    ours, theirs = selector_of(first.gateway), selector_of(second.gateway)
    return ours == theirs or any(
        runs(one, ours) and runs(one, theirs) for one in mesh.workloads if ours and theirs
    )


def _clash(earlier: Server, later: Server) -> str:
    """What two servers on one port fight about: "protocol", "host", or "" if they get along."""
    return "protocol" if _kind(earlier) != _kind(later) else "host" if _shared(earlier, later) else ""


def _kind(server: Server) -> str:
    """What a port speaks as a whole: "tls", "http" or "tcp"; two kinds do not share one."""
    if server.protocol in TLS_PROTOCOLS:
        return "tls"
    return "http" if server.protocol in HTTP_PROTOCOLS else "tcp"


def _shared(earlier: Server, later: Server) -> ServerHost | None:
    """The first host of the later server that the earlier one claims too."""
    return next(
        (mine for mine in later.hosts for theirs in earlier.hosts if hosts_overlap(mine, theirs)), None
    )


def _clashing(mesh: Mesh, earlier: Server, later: Server, clash: str) -> Iterator[Finding]:
    """The finding for each side; the later one loses, so it is the worse of the two."""
    merged = clash == "host" and earlier.protocol in HTTP_PROTOCOLS
    exact = any(mine.written == theirs.written for mine in later.hosts for theirs in earlier.hosts)
    for server, other, loses in ((later, earlier, True), (earlier, later, False)):
        if not mesh.is_linted(server.gateway) or (server.gateway is other.gateway and not loses):
            continue
        host = _shared(other, server)
        what = (
            f"claims host `{host.written}` on port {server.number}, as does"
            if clash == "host" and host
            else f"speaks {server.protocol} on port {server.number}, where {other.protocol} is spoken by"
        )
        yield servers_clash.finding(
            f"{server.gateway.label()} {what} {other.gateway.label()}",
            Place(server.gateway, host.path if clash == "host" and host else server.path, "claimed twice"),
            Place(other.gateway, other.path, "the other server", "cause"),
            severity="note" if merged else ("error" if loses else "warning"),
            precision="low" if merged or not exact else None,
            effect=_clash_effect(merged, loses),
            hint="let one Gateway own the host and port, and bind the VirtualServices to it",
            key=f"{server.number}/{other.gateway.namespace}/{other.gateway.name}",
        )


def _clash_effect(merged: bool, loses: bool) -> Effect:
    if merged:
        return Effect("the routes of both are put together, the order depends on age")
    if loses:
        return Effect("Istio drops this server; which one is kept depends on age", http="404 or a reset")
    return Effect("Istio keeps one of the two; which one depends on age", http="404 or a reset")


@rule(
    "GW004",
    "certificate-shared-by-gateways",
    "One certificate in several Gateways of one workload: browsers reuse connections and get 404.",
    severity="warning",
    precision="medium",
    kinds=(GATEWAY,),
    peers=("IST0138",),
    tags=("gateway", "tls"),
)
def certificate_shared_by_gateways(resource: Resource, context: Context) -> Iterator[Finding]:
    """HTTP/2 clients send requests for every host of a certificate through one connection."""
    selector = selector_of(resource)
    for other in _by_age(context.mesh):
        if other is resource or not selector.items() <= selector_of(other).items():
            continue
        shared = _shared_certificate(resource, other)
        if shared is not None:
            mine, theirs, field = shared
            yield certificate_shared_by_gateways.finding(
                f"{resource.label()} and {other.label()} use the same certificate `{mine.tls[field]}`",
                Place(resource, (*mine.path, "tls", field), "used in two Gateways"),
                Place(other, (*theirs.path, "tls", field), "used here too", "cause"),
                effect=Effect(
                    "an HTTP/2 client reuses a connection for the other host", flag="NR", http="404"
                ),
                hint="put both servers into one Gateway, or give each its own certificate",
                key=f"{other.namespace}/{other.name}",
            )


def _shared_certificate(first: Resource, second: Resource) -> tuple[Server, Server, str] | None:
    for mine in servers_of(first):
        for theirs in servers_of(second):
            if not mine.secured or not theirs.secured:
                continue
            name = mine.tls.get("credentialName")
            if name and name == theirs.tls.get("credentialName"):
                return mine, theirs, "credentialName"
            if not name and not theirs.tls.get("credentialName") and _same_files(mine, theirs):
                return mine, theirs, "serverCertificate"
    return None


def _same_files(first: Server, second: Server) -> bool:
    fields = ("serverCertificate", "privateKey")
    return all(first.tls.get(field) and first.tls.get(field) == second.tls.get(field) for field in fields)


RULES: tuple[Rule, ...] = (
    selector_picks_no_gateway,
    server_port_not_exposed,
    servers_clash,
    certificate_shared_by_gateways,
)
