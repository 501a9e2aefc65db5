"""Port protocols: what Istio takes a Service port to speak, and the family that decides its listener.

In: number, name, appProtocol and transport of a port. Out: the declared protocol.
Facts: pkg/config/kube/conversion.go and pkg/config/protocol of Istio.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.kube.resource import Resource
from meshlint.text.origin import Path

UNDECLARED = ""
UDP = "UDP"
_BY_PREFIX = {
    "tcp": "TCP",
    "udp": UDP,
    "grpc": "GRPC",
    "http": "HTTP",
    "http_proxy": "HTTP_PROXY",
    "http2": "HTTP2",
    "https": "HTTPS",
    "tls": "TLS",
    "mongo": "Mongo",
    "redis": "Redis",
    "mysql": "MySQL",
    "grpc-web": "GRPC-Web",
}
_KUBERNETES_APP_PROTOCOLS = {
    "kubernetes.io/h2c": "HTTP2",
    "kubernetes.io/ws": "HTTP",
    "kubernetes.io/wss": "HTTPS",
}
SERVER_FIRST_PORTS = frozenset({25, 53, 3306, 27017})  # taken as TCP when nothing is declared
HTTP_FAMILY = frozenset({"HTTP", "HTTP2", "HTTP_PROXY", "GRPC", "GRPC-Web"})
TCP_FAMILY = frozenset({"TCP", "HTTPS", "TLS", "Mongo", "Redis", "MySQL"})


class ServicePort(NamedTuple):
    """One port of a mesh service.

    number     the port clients call
    protocol   declared protocol ("HTTP", "GRPC", "TCP", ...), "UDP", or "" if undeclared (sniffed)
    declared   what said so: "appProtocol", "name", "protocol" (ServiceEntry), "number"
               (a well-known server-first port) or ""
    target     targetPort: a number, a name, or None for the port number itself
    transport  TCP, UDP or SCTP
    resource, path   the port entry in the Service or ServiceEntry
    """

    number: int
    name: str
    protocol: str
    declared: str
    target: int | str | None
    transport: str
    resource: Resource
    path: Path

    @property
    def family(self) -> str:
        """One of "http", "tcp", "auto" (sniffed) and "udp"."""
        return family(self.protocol)


def family(protocol: str) -> str:
    """One of "http", "tcp", "auto" (undeclared) and "udp"."""
    if protocol in HTTP_FAMILY:
        return "http"
    if protocol == UDP:
        return "udp"
    return "tcp" if protocol in TCP_FAMILY else "auto"


def parse(name: str) -> str:
    """The protocol a word stands for, in any case; UNDECLARED if it stands for none."""
    return _BY_PREFIX.get(name.lower(), UNDECLARED)


def declared_protocol(
    number: int, name: str, app_protocol: str | None, transport: str = "TCP"
) -> tuple[str, str]:
    """(protocol, what declared it) of a Kubernetes Service port.

    app_protocol   None if the field is absent; a present one wins over the name, even if empty
    """
    if transport == UDP:
        return UDP, "protocol"
    word, source = (name, "name") if app_protocol is None else (app_protocol, "appProtocol")
    if app_protocol in _KUBERNETES_APP_PROTOCOLS:
        return _KUBERNETES_APP_PROTOCOLS[app_protocol], source
    if word.lower().startswith("grpc-web"):
        return "GRPC-Web", source
    found = parse(word.partition("-")[0])
    if found != UNDECLARED:
        return found, source
    return ("TCP", "number") if number in SERVER_FIRST_PORTS else (UNDECLARED, "")
