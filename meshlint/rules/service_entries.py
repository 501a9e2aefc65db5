"""ServiceEntries: hosts, ports and addresses of services outside the registry.

The mesh fact guarded here: one host and port has one protocol in the mesh; a TCP port without address
takes all traffic of that port; DNS resolution needs a name that DNS can answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.kube.fields import integer, mapping, maps, sequence, text, texts
from meshlint.kube.kinds import SERVICE_ENTRY
from meshlint.kube.resource import Resource
from meshlint.mesh.graph import Mesh
from meshlint.mesh.inventory import client_namespaces, imports, sees
from meshlint.mesh.registry import DNS, DNS_ROUND_ROBIN, NONE
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_HTTP_PORT_WORDS = ("HTTP", "HTTP2")
_AUTOALLOCATE = "networking.istio.io/enable-autoallocate-ip"


class _Port(NamedTuple):
    """A host and port of a ServiceEntry."""

    entry: Resource
    host: str
    number: int
    protocol: str
    path: Path


def _ports(entry: Resource) -> Iterator[_Port]:
    for host in texts(entry.spec.get("hosts")):
        for index, port in maps(entry.spec.get("ports")):
            number = integer(port.get("number"))
            if number is not None:
                protocol = text(port.get("protocol")).upper()
                yield _Port(entry, host.lower(), number, protocol, ("spec", "ports", index))


def _groups(mesh: Mesh) -> list[list[_Port]]:
    """The declarations of one host and port that clients of some namespace see together, two or more."""
    declared: dict[tuple[str, int], list[_Port]] = {}
    for entry in mesh.kind(SERVICE_ENTRY):
        for port in _ports(entry):
            declared.setdefault((port.host, port.number), []).append(port)
    found: list[list[_Port]] = []
    for ports in declared.values():
        if len(ports) > 1:
            found += _seen_together(mesh, ports)
    return found


def _seen_together(mesh: Mesh, ports: list[_Port]) -> list[list[_Port]]:
    """The different groups of two or more that clients of the namespaces see."""
    found: dict[tuple[int, ...], list[_Port]] = {}
    for namespace in client_namespaces(mesh):
        imported = imports(mesh, namespace)
        group = [
            port
            for port in ports
            if sees(mesh, namespace, port.entry) and imported.has(port.host, port.entry.namespace)
        ]
        if len(group) > 1:
            found.setdefault(tuple(id(port) for port in group), group)
    return list(found.values())


def _declared_again(
    mesh: Mesh, group: list[_Port], told: set[int], differ: bool
) -> Iterator[tuple[_Port, _Port]]:
    """(mine, another) for every linted entry of a group whose protocols agree or differ, each entry once."""
    if (len({port.protocol for port in group}) > 1) is not differ:
        return
    for mine in group:
        others = [port for port in group if port is not mine]
        other = next((port for port in others if port.protocol != mine.protocol), others[0])
        if id(mine.entry) not in told and mesh.is_linted(mine.entry):
            told.add(id(mine.entry))
            yield mine, other


@rule(
    "SE006",
    "protocols-conflict",
    "ServiceEntries that give one host and port different protocols.",
    severity="warning",
    peers=("IST0177", "KIA1212"),
    tags=("service-entry", "protocol", "outage"),
)
def protocols_conflict(context: Context) -> Iterator[Finding]:
    """One listener serves both; one finding per ServiceEntry."""
    told: set[int] = set()
    for group in _groups(context.mesh):
        for mine, theirs in _declared_again(context.mesh, group, told, differ=True):
            yield protocols_conflict.finding(
                f"{mine.entry.label()} declares {mine.protocol or 'no protocol'} for `{mine.host}` port "
                f"{mine.number}, and {theirs.entry.label()} {theirs.protocol or 'none'}",
                Place(mine.entry, mine.path, f"declares {mine.protocol or 'nothing'}"),
                Place(theirs.entry, theirs.path, f"declares {theirs.protocol or 'nothing'}", "cause"),
                effect=Effect("the older entry decides for both; the other's traffic fails or bypasses"),
                hint="declare the same protocol in both, or limit one with exportTo",
                key=f"{mine.host}:{mine.number}",
            )


@rule(
    "SE003",
    "host-declared-twice",
    "Several ServiceEntries for one host and port: only one counts.",
    severity="warning",
    peers=("KIA1211",),
    tags=("service-entry", "host"),
)
def host_declared_twice(context: Context) -> Iterator[Finding]:
    """The older one counts for a client; endpoints and resolution of the other are ignored."""
    told: set[int] = set()
    for group in _groups(context.mesh):
        for mine, theirs in _declared_again(context.mesh, group, told, differ=False):
            yield host_declared_twice.finding(
                f"{mine.entry.label()} and {theirs.entry.label()} both declare `{mine.host}` "
                f"port {mine.number}",
                Place(mine.entry, mine.path, "declared twice"),
                Place(theirs.entry, theirs.path, "declared here too", "cause"),
                effect=Effect("Istio takes the older one; the other's endpoints are ignored"),
                hint="keep one of the two, or limit them to different namespaces with exportTo",
                key=f"{mine.host}:{mine.number}",
            )


@rule(
    "SE001",
    "wildcard-resolved-by-dns",
    "A wildcard host with DNS resolution and no endpoints: no address can be looked up.",
    precision="very-high",
    kinds=(SERVICE_ENTRY,),
    peers=("IST0106",),
    tags=("service-entry", "host", "rejected"),
)
def wildcard_resolved_by_dns(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: validateServiceEntry of Istio's webhook."""
    resolution = text(resource.spec.get("resolution"))
    if resolution not in (DNS, DNS_ROUND_ROBIN) or sequence(resource.spec.get("endpoints")):
        return
    for index, host in enumerate(texts(resource.spec.get("hosts"))):
        if "*" in host:
            yield wildcard_resolved_by_dns.finding(
                f"{resource.label()} resolves wildcard host `{host}` by {resolution} without endpoints",
                Place(resource, ("spec", "hosts", index), "no DNS name"),
                Place(resource, ("spec", "resolution"), "needs a name or endpoints", "cause"),
                effect=Effect("Istio's validating webhook refuses the object"),
                hint="write `resolution: NONE`, or name the hosts",
                key=host,
            )


@rule(
    "SE005",
    "tcp-port-without-address",
    "A TCP port of a ServiceEntry without address: it takes all traffic of that port.",
    severity="warning",
    precision="medium",
    kinds=(SERVICE_ENTRY,),
    peers=("IST0134",),
    tags=("service-entry", "port", "outage"),
)
def tcp_port_without_address(resource: Resource, context: Context) -> Iterator[Finding]:
    """Istio gives such entries an address of its own, useful only to proxies that capture DNS."""
    spec = resource.spec
    if texts(spec.get("addresses")) or sequence(mapping(resource.data.get("status")).get("addresses")):
        return
    resolution = text(spec.get("resolution")) or NONE
    allocated = resolution != NONE and resource.labels.get(_AUTOALLOCATE) != "false"
    for index, port in maps(spec.get("ports")):
        protocol = text(port.get("protocol"))
        if protocol.upper() not in ("", "TCP"):
            continue
        number = integer(port.get("number"))
        yield tcp_port_without_address.finding(
            f"port {number} of {resource.label()} is {protocol.upper() or 'of no declared protocol'} "
            "and the entry has no addresses",
            Place(resource, ("spec", "ports", index), f"listens on 0.0.0.0:{number}"),
            precision="low" if allocated or not protocol else None,
            effect=Effect(f"connections to port {number} of any other host may end at this service"),
            hint="add `addresses`, or declare HTTP, TLS or HTTPS if that is what is spoken",
            key=f"{number}",
        )


@rule(
    "SE002",
    "https-port-declared-http",
    "Port 443 of a ServiceEntry declared as HTTP: the sidecar sends plaintext to it.",
    kinds=(SERVICE_ENTRY,),
    tags=("service-entry", "protocol", "tls", "outage"),
)
def https_port_declared_http(resource: Resource, context: Context) -> Iterator[Finding]:
    """Right only together with a DestinationRule that originates TLS."""
    for index, port in maps(resource.spec.get("ports")):
        number, protocol = integer(port.get("number")), text(port.get("protocol")).upper()
        if number != 443 or protocol not in _HTTP_PORT_WORDS:
            continue
        hosts = texts(resource.spec.get("hosts"))
        if all(_originates(context.mesh, host, number) for host in hosts):
            continue
        yield https_port_declared_http.finding(
            f"port 443 of {resource.label()} is declared {protocol}",
            Place(resource, ("spec", "ports", index, "protocol"), "443 speaks TLS"),
            effect=Effect(
                "an application that speaks HTTPS is refused, one that speaks HTTP meets a TLS server"
            ),
            hint="write `protocol: HTTPS`, or add a DestinationRule with tls mode SIMPLE for port 443",
            key="443",
        )


def _originates(mesh: Mesh, host: str, number: int) -> bool:
    """True if some DestinationRule for the host originates TLS on the port."""
    for each in mesh.rules.covering(host):
        policies = [each.policy, *(subset.policy for subset in each.subsets)]
        for policy in policies:
            for part in (policy, *(item for _, item in maps(policy.get("portLevelSettings")))):
                port = integer(mapping(part.get("port")).get("number"))
                if port in (None, number) and text(mapping(part.get("tls")).get("mode")) in (
                    "SIMPLE",
                    "MUTUAL",
                ):
                    return True
    return False


@rule(
    "DR006",
    "tls-originated-twice",
    "TLS origination for a port whose traffic is TLS already.",
    kinds=(SERVICE_ENTRY,),
    tags=("destination-rule", "service-entry", "tls", "outage"),
)
def tls_originated_twice(resource: Resource, context: Context) -> Iterator[Finding]:
    """The application's TLS is wrapped in the sidecar's: the server answers with a handshake error."""
    for index, port in maps(resource.spec.get("ports")):
        number, protocol = integer(port.get("number")), text(port.get("protocol")).upper()
        if protocol not in ("HTTPS", "TLS") or number is None:
            continue
        for host in texts(resource.spec.get("hosts")):
            for each in context.mesh.rules.covering(host):
                path = _tls_path(each.resource, number)
                if path is not None and each.host == host:
                    yield tls_originated_twice.finding(
                        f"{each.resource.label()} originates TLS for port {number} of `{host}`, "
                        f"which is declared {protocol} already",
                        Place(each.resource, path, "wraps TLS in TLS"),
                        Place(resource, ("spec", "ports", index, "protocol"), "TLS already", "cause"),
                        effect=Effect("the handshake fails", flag="UF", http="503"),
                        hint="declare the port as HTTP with targetPort 443, or remove the tls block",
                        about=each.resource.ref(),
                        key=f"{host}:{number}",
                    )


def _tls_path(rule_object: Resource, number: int) -> Path | None:
    """Where a DestinationRule originates TLS for a port: its port entry, else its general policy."""
    policy = mapping(rule_object.spec.get("trafficPolicy"))
    for index, item in maps(policy.get("portLevelSettings")):
        if integer(mapping(item.get("port")).get("number")) == number:
            mode = text(mapping(item.get("tls")).get("mode"))
            path: Path = ("spec", "trafficPolicy", "portLevelSettings", index, "tls", "mode")
            return path if mode in ("SIMPLE", "MUTUAL") else None
    if text(mapping(policy.get("tls")).get("mode")) in ("SIMPLE", "MUTUAL"):
        return ("spec", "trafficPolicy", "tls", "mode")
    return None


RULES: tuple[Rule, ...] = (
    wildcard_resolved_by_dns,
    https_port_declared_http,
    host_declared_twice,
    tcp_port_without_address,
    protocols_conflict,
    tls_originated_twice,
)
