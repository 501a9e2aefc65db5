"""Gateway TLS: a server's protocol, tls mode and certificate fit together.

The mesh fact guarded here: a tls block without a mode passes TLS through, whatever certificate it names,
and Istio's webhook refuses a tls block beside a protocol that has none.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.kinds import GATEWAY
from meshlint.kube.resource import Resource
from meshlint.mesh.gateway_servers import HTTP_PROTOCOLS, PASSTHROUGH, TLS_PROTOCOLS, Server, servers_of
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place


@rule(
    "GW006",
    "tls-and-protocol-disagree",
    "A Gateway server whose protocol and tls block do not fit together.",
    precision="very-high",
    kinds=(GATEWAY,),
    peers=("IST0106",),
    tags=("gateway", "tls", "rejected"),
)
def tls_and_protocol_disagree(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: validateServer of Istio's webhook."""
    for server in servers_of(resource):
        problem, hint = _tls_problem(server)
        if problem:
            yield tls_and_protocol_disagree.finding(
                f"server {server.at} of {resource.label()} {problem}",
                Place(resource, (*server.path, "tls") if server.secured else (*server.path, "port")),
                effect=Effect("Istio's validating webhook refuses the object"),
                hint=hint,
                key=f"{server.at}",
            )


def _tls_problem(server: Server) -> tuple[str, str]:
    certificates = any(
        server.tls.get(field) for field in ("serverCertificate", "privateKey", "caCertificates")
    )
    if server.protocol in TLS_PROTOCOLS and not server.secured:
        return (
            f"has protocol {server.protocol} and no tls block",
            "add `tls` with a mode, or use protocol HTTP",
        )
    if server.protocol in HTTP_PROTOCOLS and server.secured:
        if server.mode not in PASSTHROUGH or certificates:
            return f"has protocol {server.protocol} and terminates TLS", "write `protocol: HTTPS`"
    elif server.protocol and server.protocol not in TLS_PROTOCOLS and server.secured:
        return f"has protocol {server.protocol} and a tls block", "write `protocol: TLS`"
    return "", ""


@rule(
    "GW007",
    "tls-mode-forgotten",
    "A Gateway server with a certificate and no tls mode: TLS is passed through, not terminated.",
    precision="very-high",
    kinds=(GATEWAY,),
    tags=("gateway", "tls", "outage"),
)
def tls_mode_forgotten(resource: Resource, context: Context) -> Iterator[Finding]:
    """The default mode is PASSTHROUGH, which ignores every certificate."""
    for server in servers_of(resource):
        field = next(
            (
                name
                for name in ("credentialName", "credentialNames", "serverCertificate")
                if server.tls.get(name)
            ),
            None,
        )
        if field is None or server.mode not in PASSTHROUGH:
            continue
        forgotten = not server.tls.get("mode")
        what = "names no tls mode" if forgotten else f"has tls mode {server.mode}"
        yield tls_mode_forgotten.finding(
            f"server {server.at} of {resource.label()} has a certificate and {what}: TLS passes through",
            Place(resource, (*server.path, "tls", field), "ignored"),
            effect=Effect(
                "the gateway reads only tls routes for these hosts", flag="NR", http="the handshake is closed"
            ),
            hint="write `mode: SIMPLE` in the tls block",
            key=f"{server.at}",
        )


RULES: tuple[Rule, ...] = (tls_and_protocol_disagree, tls_mode_forgotten)
