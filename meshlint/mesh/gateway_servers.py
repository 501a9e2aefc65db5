"""Servers of Istio Gateways: ports, hosts with their namespaces, TLS, and which workloads run them.

In: Gateway objects. Out: Server records and answers about hosts and selectors. Facts: Gateway API of
Istio (networking.istio.io), pilot/pkg/model/gateway.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, string_map, text, texts
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.host import overlap
from meshlint.text.origin import Path

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

HTTP_PROTOCOLS = frozenset({"HTTP", "HTTP2", "GRPC", "GRPC-WEB"})
TLS_PROTOCOLS = frozenset({"HTTPS", "TLS"})
PASSTHROUGH = frozenset({"PASSTHROUGH", "AUTO_PASSTHROUGH"})

# Workloads that installations bring along: the value of the label `istio`, and the ports they serve.
STOCK_SELECTORS = frozenset({"ingressgateway", "egressgateway", "eastwestgateway", "ingress", "egress"})
STOCK_PORTS = frozenset({80, 443, 15021, 15443, 31400})


class ServerHost(NamedTuple):
    """One entry of a server's hosts.

    namespace   whose VirtualServices it serves: a name or "*"
    host        the host or wildcard in lower case; `written` as in the manifest
    """

    namespace: str
    host: str
    written: str
    path: Path

    @property
    def spelt(self) -> str:
        """The host as written, without its namespace: istiod compares it letter by letter."""
        return self.written.rpartition("/")[2]

    def serves(self, host: str, namespace: str) -> bool:
        """True if a VirtualService of `namespace` with that host can be bound through it."""
        return self.namespace in ("*", namespace) and overlap(self.host, host.lower())


class Server(NamedTuple):
    """One server of a Gateway.

    number, protocol, port_name   of its port; number None if it is not written
    secured, tls   whether there is a tls block, and the block; `mode` is PASSTHROUGH if it names none
    listed_in      the field of spec it stands in: "servers", or "listeners" of a Gateway API Gateway
    reference      what routes bind to: "namespace/name" of the Gateway, or the name istiod gives a listener
    services       host names of the Services it is reached through; None: all that select its pods
    """

    gateway: Resource
    at: int
    number: int | None
    protocol: str
    port_name: str
    bind: str
    hosts: tuple[ServerHost, ...]
    secured: bool
    tls: dict[str, Any]
    listed_in: str = "servers"
    reference: str = ""
    services: tuple[str, ...] | None = None

    @property
    def path(self) -> Path:
        """The server in the Gateway."""
        return ("spec", self.listed_in, self.at)

    @property
    def bound(self) -> str:
        """What VirtualServices name to be served by it."""
        return self.reference or f"{self.gateway.namespace}/{self.gateway.name}"

    @property
    def http(self) -> bool:
        """True if it speaks plain HTTP (a tls block there can only redirect)."""
        return self.protocol in HTTP_PROTOCOLS

    @property
    def passthrough(self) -> bool:
        """True if it hands TLS on without opening it."""
        return self.mode in PASSTHROUGH

    @property
    def redirects(self) -> bool:
        """True if tls.httpsRedirect is set."""
        return self.tls.get("httpsRedirect") is True

    @property
    def mode(self) -> str:
        """The tls mode; "" without a tls block."""
        if not self.secured:
            return ""
        return text(self.tls.get("mode")) or "PASSTHROUGH"

    @property
    def block(self) -> str:
        """The block of a VirtualService it reads: "http", "tls", "tcp", or "" for AUTO_PASSTHROUGH."""
        if self.mode == "AUTO_PASSTHROUGH":
            return ""
        if self.protocol in HTTP_PROTOCOLS:
            return "http"
        if self.mode == "PASSTHROUGH":
            return "tls"
        return "http" if self.protocol == "HTTPS" else "tcp"


def servers_of(gateway: Resource) -> list[Server]:
    """The servers of an Istio Gateway, in order."""
    found = []
    for index, item in maps(gateway.spec.get("servers")):
        port = mapping(item.get("port"))
        path: Path = ("spec", "servers", index, "hosts")
        hosts = tuple(
            _server_host(written, gateway.namespace, (*path, at))
            for at, written in enumerate(texts(item.get("hosts")))
        )
        hosts = next(((one,) for one in hosts if one.written == "*/*"), hosts)  # it takes the place of all
        found.append(
            Server(
                gateway,
                index,
                integer(port.get("number")),
                text(port.get("protocol")).upper(),
                text(port.get("name")),
                text(item.get("bind")),
                hosts,
                isinstance(item.get("tls"), dict),
                mapping(item.get("tls")),
            )
        )
    return found


def _server_host(written: str, namespace: str, path: Path) -> ServerHost:
    owner, slash, host = written.partition("/")
    if not slash:
        return ServerHost("*", written.lower(), written, path)
    return ServerHost(namespace if owner == "." else owner, host.lower(), written, path)


def selector_of(gateway: Resource) -> dict[str, str]:
    """spec.selector; an empty one means every gateway workload."""
    return string_map(gateway.spec.get("selector"))


def workloads_of(mesh: Mesh, selector: dict[str, str]) -> list[Workload]:
    """The workloads of any namespace that a Gateway's selector picks; none for an empty selector."""
    if not selector:
        return []
    return [one for name in mesh.workload_namespaces for one in mesh.pods.selected(name, selector)]


def runs(workload: Workload, selector: dict[str, str]) -> bool:
    """True if the workload's pods are picked by a Gateway's selector."""
    return selects(selector, workload.labels)


def stock(selector: dict[str, str]) -> bool:
    """True if the selector means a gateway that installations bring along."""
    return bool(selector) and (
        selector.get("istio") in STOCK_SELECTORS or selector.get("app", "").startswith("istio-")
    )


def same_workload(first: dict[str, str], second: dict[str, str]) -> bool:
    """True if one of two selectors is part of the other, so that some pod may carry both Gateways."""
    return first.items() <= second.items() or second.items() <= first.items()


def hosts_overlap(first: ServerHost, second: ServerHost) -> bool:
    """True if two server hosts claim the same requests for the same VirtualServices.

    Of two different wildcards the longer one wins everywhere; that is no clash, except under `*`.
    """
    if first.namespace != second.namespace and "*" not in (first.namespace, second.namespace):
        return False
    wild = [host for host in (first.host, second.host) if host.startswith("*.")]
    return first.host == second.host if len(wild) > 1 else overlap(first.host, second.host)


def served(servers: Iterable[Server], host: str, namespace: str) -> bool:
    """True if some server serves the host for VirtualServices of the namespace."""
    return any(entry.serves(host, namespace) for server in servers for entry in server.hosts)
