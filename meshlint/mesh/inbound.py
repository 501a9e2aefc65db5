"""Inbound: what a pod's sidecar does with the connections that reach it, container port by container port.

In: a workload, the Services that select it, its Sidecar's ingress, PeerAuthentications. Out: the ports that
have chains of their own, and all chains of `virtualInbound` in istiod's order. Facts:
pilot/pkg/networking/core/listener_inbound.go and filterchain_options.go of Istio.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, text
from meshlint.kube.resource import Resource
from meshlint.kube.workload import Workload
from meshlint.mesh.envoy import (
    ANY_ADDRESS,
    BLACK_HOLE_CLUSTER,
    INBOUND_PASSTHROUGH,
    PLAIN_HTTP,
    Chain,
    Listener,
    Target,
)
from meshlint.mesh.gateways import target_port
from meshlint.mesh.mtls import Decision
from meshlint.mesh.outbound_listeners import RESERVED_PORTS
from meshlint.mesh.port import UNDECLARED, family, parse
from meshlint.mesh.registry import MeshService
from meshlint.text.origin import Path

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

INBOUND_PORT = 15006
MESH_HTTP_ALPN = ("istio-http/1.0", "istio-http/1.1", "istio-h2")
MESH_TCP_ALPN = ("istio-peer-exchange", "istio")
ALL_MESH_ALPN = ("istio", "istio-peer-exchange", *MESH_HTTP_ALPN)
Kind = Literal["http", "tcp"]


class _Form(NamedTuple):
    """One way a port takes connections; secured: the sidecar opens mesh mTLS."""

    kind: Kind
    transport: str
    alpn: tuple[str, ...] = ()
    secured: bool = False


# Chains by what the port declares and the mTLS mode, in istiod's order.
_FORMS: dict[tuple[str, str], tuple[_Form, ...]] = {
    ("http", "STRICT"): (_Form("http", "tls", (), True),),
    ("http", "PERMISSIVE"): (_Form("http", "tls", ALL_MESH_ALPN, True), _Form("http", "raw_buffer")),
    ("http", "DISABLE"): (_Form("http", "raw_buffer"),),
    ("tcp", "STRICT"): (_Form("tcp", "tls", (), True),),
    ("tcp", "PERMISSIVE"): (
        _Form("tcp", "tls", ALL_MESH_ALPN, True),
        _Form("tcp", "tls"),
        _Form("tcp", "raw_buffer"),
    ),
    ("tcp", "DISABLE"): (_Form("tcp", "raw_buffer"),),
    ("auto", "STRICT"): (_Form("http", "tls", MESH_HTTP_ALPN, True), _Form("tcp", "tls", (), True)),
    ("auto", "PERMISSIVE"): (
        _Form("http", "tls", MESH_HTTP_ALPN, True),
        _Form("http", "raw_buffer", PLAIN_HTTP),
        _Form("tcp", "tls", MESH_TCP_ALPN, True),
        _Form("tcp", "raw_buffer"),
        _Form("tcp", "tls"),
    ),
    ("auto", "DISABLE"): (_Form("http", "raw_buffer", PLAIN_HTTP), _Form("tcp", "raw_buffer")),
}


class InboundPort(NamedTuple):
    """A container port with chains of its own.

    number     the container port; 0 for what no other port takes
    protocol   declared for it
    decision   the mTLS mode and where it is written
    service    the Service that leads to it, the first by name if several do
    resource, path   where the port is written: in the Service or in the Sidecar's ingress
    cluster    `inbound|8080||` or InboundPassthroughCluster
    endpoint   where the Sidecar's ingress sends its connections, "" to where the client sent them
    losers     further Services that lead to the port and declare something else
    """

    number: int
    protocol: str
    decision: Decision
    service: MeshService | None = None
    resource: Resource | None = None
    path: Path = ()
    cluster: str = INBOUND_PASSTHROUGH
    endpoint: str = ""
    losers: tuple[MeshService, ...] = ()

    @property
    def family(self) -> str:
        """One of "http", "tcp" and "auto"; a UDP port gets the chains of TCP, which no UDP packet meets."""
        found = family(self.protocol)
        return "tcp" if found == "udp" else found


def inbound_ports(mesh: Mesh, workload: Workload) -> list[InboundPort]:
    """The ports of a workload's pods that have chains of their own, by number.

    Those of the Services that select the pods; a Sidecar with ingress replaces them.
    """
    sidecar = mesh.sidecars.of(workload.namespace, workload.labels)
    ingress = maps(sidecar.spec.get("ingress")) if sidecar is not None else []
    found: dict[int, InboundPort] = {}
    if sidecar is not None and ingress:
        for port in _ingress_ports(mesh, workload, sidecar):
            found.setdefault(port.number, port)
    else:
        for port in _service_ports(mesh, workload):
            older = found.setdefault(port.number, port)
            if older.protocol != port.protocol and port.service is not None:
                found[port.number] = older._replace(losers=(*older.losers, port.service))
    return [found[number] for number in sorted(found)]


def _service_ports(mesh: Mesh, workload: Workload) -> Iterator[InboundPort]:
    for service in mesh.services.selecting(workload.namespace, workload.labels):
        for port in service.ports:
            number = target_port(port.target, port.number, workload, port.transport)
            if number is not None and number not in RESERVED_PORTS:
                yield _port(mesh, workload, number, port.protocol)._replace(
                    service=service, resource=port.resource, path=port.path
                )


def _ingress_ports(mesh: Mesh, workload: Workload, sidecar: Resource) -> Iterator[InboundPort]:
    for index, listener in maps(sidecar.spec.get("ingress")):
        written = mapping(listener.get("port"))
        number = integer(written.get("number"))
        if number is not None:
            yield _port(mesh, workload, number, parse(text(written.get("protocol"))))._replace(
                resource=sidecar,
                path=("spec", "ingress", index),
                endpoint=text(listener.get("defaultEndpoint")),
            )


def _port(mesh: Mesh, workload: Workload, number: int, protocol: str) -> InboundPort:
    decision = mesh.peers.server_mode(workload.namespace, workload.labels, number)
    return InboundPort(number, protocol, decision, cluster=f"inbound|{number}||")


def unserved_ports(mesh: Mesh, workload: Workload, served: set[int]) -> list[InboundPort]:
    """What takes connections to other ports: one for all, and one per port with its own mTLS mode."""
    modes = mesh.peers.server_mode(workload.namespace, workload.labels)
    policy = mesh.peers.workload_policy(workload.namespace, workload.labels)
    written = mapping(policy.spec.get("portLevelMtls")) if policy is not None else {}
    numbers = {int(key) for key in map(str, written) if key.isdecimal() and len(key) < 10} - served
    return [
        InboundPort(0, UNDECLARED, modes),
        *(
            _port(mesh, workload, number, UNDECLARED)._replace(cluster=INBOUND_PASSTHROUGH)
            for number in sorted(numbers)
        ),
    ]


def inbound_listener(mesh: Mesh, workload: Workload) -> Listener:
    """`virtualInbound`: it takes every connection that reaches the pod."""
    ports = inbound_ports(mesh, workload)
    hole = Chain("tcp", targets=(Target(BLACK_HOLE_CLUSTER),), port=INBOUND_PORT)
    chains = [hole]
    for port in (*unserved_ports(mesh, workload, {one.number for one in ports}), *ports):
        chains += inbound_chains(port)
    return Listener("virtualInbound", ANY_ADDRESS, INBOUND_PORT, tuple(chains))


def inbound_chains(port: InboundPort) -> list[Chain]:
    """The chains of one port, in istiod's order."""
    target = (Target(port.cluster),)
    return [
        Chain(
            form.kind,
            alpn=form.alpn,
            transport=form.transport,
            targets=target,
            service=port.service,
            secured=form.secured,
            port=port.number,
        )
        for form in _FORMS[port.family, port.decision.mode]
    ]
