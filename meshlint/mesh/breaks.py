"""Breaks: the ways a request can fail in the mesh, and what the caller sees of each.

In: nothing; a table. Out: Break records by code: the stage, the symptom, the words for people. Facts:
Envoy's response flags, checked against Envoy's sources for missing clusters and clusters without host.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Stage = Literal["DNS", "LDS", "RDS", "CDS", "EDS", "TLS", "INBOUND", "POLICY"]
STAGES: tuple[Stage, ...] = ("DNS", "LDS", "RDS", "CDS", "EDS", "TLS", "INBOUND", "POLICY")


class Symptom(NamedTuple):
    """What the caller sees: HTTP status (or what happens to the connection), Envoy's flag, the body."""

    http: str
    flag: str = ""
    body: str = ""

    def label(self) -> str:
        """`503 UH "no healthy upstream"`."""
        return " ".join(
            part for part in (self.http, self.flag, f'"{self.body}"' if self.body else "") if part
        )


class Break(NamedTuple):
    """One way to fail.

    stage     where it is found
    about     the condition in a few words
    symptom   of HTTP requests
    tcp       what happens to a TCP connection instead, "" if it is the same
    """

    code: str
    stage: Stage
    about: str
    symptom: Symptom
    tcp: str = ""


_CLOSED = "connection closed"
_TABLE = (
    Break("DNS-NX", "DNS", "the name does not resolve", Symptom("the application's DNS lookup fails")),
    Break("LDS-NOGW", "LDS", "no gateway serves the Gateway", Symptom("connection refused")),
    Break("LDS-NOLISTENER", "LDS", "nothing listens on the port", Symptom("connection refused")),
    Break(
        "LDS-SNI",
        "LDS",
        "no TLS server has the host name",
        Symptom("TLS handshake reset", "NR", "filter_chain_not_found"),
    ),
    Break("LDS-CERT", "LDS", "the server's certificate is missing", Symptom("TLS handshake reset")),
    Break("LDS-PROTO", "LDS", "the traffic is not what the port declares", Symptom(_CLOSED)),
    Break("LDS-DROPPED", "LDS", "istiod leaves the server out", Symptom("connection refused or 404")),
    Break("LDS-NACK", "LDS", "Envoy rejects the listener", Symptom("connection refused by new pods")),
    Break(
        "LDS-CAPTURE",
        "LDS",
        "another service's listener takes the traffic",
        Symptom("the wrong host answers"),
    ),
    Break("RDS-NOVHOST", "RDS", "no virtual host has the host", Symptom("404", "NR")),
    Break("RDS-NOROUTE", "RDS", "no route matches", Symptom("404", "NR")),
    Break(
        "RDS-BLOCKED",
        "RDS",
        "unknown host under REGISTRY_ONLY",
        Symptom("502"),
        "connection closed by BlackHoleCluster",
    ),
    Break(
        "RDS-PASSTHROUGH", "RDS", "unknown host under ALLOW_ANY", Symptom("goes out without mesh features")
    ),
    Break("RDS-SHADOWED", "RDS", "another route wins", Symptom("another backend answers")),
    Break("RDS-BADACTION", "RDS", "Envoy rejects the route", Symptom("the previous routes stay")),
    Break(
        "CDS-NOSVC", "CDS", "the destination is no service the client knows", Symptom("503", "NC"), _CLOSED
    ),
    Break("CDS-NOPORT", "CDS", "the destination has no such port", Symptom("503", "NC"), _CLOSED),
    Break(
        "CDS-NOSUBSET", "CDS", "no DestinationRule in effect has the subset", Symptom("503", "NC"), _CLOSED
    ),
    Break("CDS-NOEP-DNS", "CDS", "a DNS cluster without endpoint is left out", Symptom("503", "NC"), _CLOSED),
    Break(
        "EDS-EMPTY",
        "EDS",
        "the cluster has no endpoint",
        Symptom("503", "UH", "no healthy upstream"),
        _CLOSED,
    ),
    Break(
        "EDS-PORT",
        "EDS",
        "nothing listens on the target port",
        Symptom("503", "UF", "connection refused"),
        _CLOSED,
    ),
    Break(
        "TLS-PLAIN-STRICT",
        "TLS",
        "plaintext to a STRICT server",
        Symptom("503", "UC", "upstream connect error or disconnect/reset before headers"),
        "connection reset",
    ),
    Break(
        "TLS-MTLS-NOSIDECAR",
        "TLS",
        "mesh mTLS to a plaintext port",
        Symptom("503", "UF", "TLS error: WRONG_VERSION_NUMBER"),
        _CLOSED,
    ),
    Break(
        "TLS-ORIGINATE", "TLS", "TLS where plaintext is spoken, or the reverse", Symptom("503", "UF"), _CLOSED
    ),
    Break(
        "POL-403",
        "POLICY",
        "an AuthorizationPolicy denies",
        Symptom("403", "", "RBAC: access denied"),
        _CLOSED,
    ),
    Break(
        "POL-401", "POLICY", "a RequestAuthentication refuses the token", Symptom("401", "", "Jwt is missing")
    ),
    Break("UP-PROTO", "INBOUND", "HTTP/2 meets HTTP/1.1", Symptom("502", "UPE", "protocol error")),
)
BREAKS: dict[str, Break] = {one.code: one for one in _TABLE}
