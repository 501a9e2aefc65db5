"""Transport: what a proxy sends to an endpoint: plaintext, the mesh's mTLS, or TLS that a rule originates.

In: the sender, the cluster, facts of the endpoint. Out: Sent with the place that decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import mapping
from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address as Written
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.gateways import looks_like_gateway
from meshlint.mesh.mtls import Decision, Sent, sent_automatically, sent_by_rule
from meshlint.mesh.registry import MeshService
from meshlint.mesh.steps import Spot
from meshlint.mesh.trace.way import Sender

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer

TLS_MODE = "security.istio.io/tlsMode"


class Outgoing(NamedTuple):
    """What leaves, why, and where that is written."""

    sent: Sent
    spots: tuple[Spot, ...] = ()


def to_workload(
    tracer: Tracer, sender: Sender, state: ClusterState | None, workload: Workload, target: int
) -> Outgoing:
    """What a sender sends to a workload's pods; `state` is the cluster, None past the mesh."""
    capable = _capable(tracer, workload)
    if state is not None and state.kind == "ORIGINAL_DST" and state.service is not None:
        capable = capable and _all_capable(tracer, state.service)
    server = tracer.mesh.peers.server_mode(workload.namespace, workload.labels, target)
    return _outgoing(tracer, sender, state, capable, workload.namespace, server)


def to_address(
    tracer: Tracer, sender: Sender, state: ClusterState | None, address: Written | None, service: MeshService
) -> Outgoing:
    """What a sender sends to a written endpoint, or to whatever DNS answers (None)."""
    labels: Mapping[str, str] = address.labels if address is not None else {}
    spec = mapping(address.resource.get(*address.path)) if address is not None else {}
    capable = labels.get(TLS_MODE) == "istio" or bool(spec.get("serviceAccount"))
    server = tracer.mesh.peers.server_mode(service.namespace, labels)
    return _outgoing(tracer, sender, state, capable, service.namespace, server)


def _capable(tracer: Tracer, workload: Workload) -> bool:
    label = tracer.mesh.pods.labels(workload).get(TLS_MODE) == "istio"
    return label and not looks_like_gateway(workload)  # gateways carry no such label


def _all_capable(tracer: Tracer, service: MeshService) -> bool:
    return all(_capable(tracer, one) for one in tracer.mesh.endpoints(service).workloads)


def _outgoing(
    tracer: Tracer,
    sender: Sender,
    state: ClusterState | None,
    capable: bool,
    namespace: str,
    server: Decision,
) -> Outgoing:
    if sender.client.kind == "plain":
        return Outgoing(Sent("plaintext", "the client has no sidecar"))
    if state is None or state.service is None:
        return Outgoing(Sent("plaintext", "PassthroughCluster never uses mTLS"))
    by_rule = _by_rule(sender, state)
    if by_rule is not None:
        return by_rule
    whole = tracer.mesh.peers.namespace_mode(namespace)
    sent = sent_automatically(
        external=state.service.mesh_external,
        auto_mtls=tracer.mesh.settings.auto_mtls,
        namespace_mode=whole,
        capable=capable,
        server=server,
    )
    decides = whole if whole.mode == "DISABLE" else server
    spots = (Spot(decides.resource, decides.path),) if decides.resource is not None else ()
    return Outgoing(sent, spots if sent.transport == "plaintext" and capable else ())


def _by_rule(sender: Sender, state: ClusterState) -> Outgoing | None:
    effective = state.effective
    policy = effective.policy(state.port, state.subset) if effective is not None else None
    if policy is None or "tls" not in policy.fields or effective is None:
        return None
    selects = effective.merged is not None and effective.merged.selector is not None
    gateway = sender.client.kind == "gateway"
    sent = sent_by_rule(mapping(policy.fields["tls"]), gateway=gateway, selects_proxies=selects)
    if sent is None:
        return None
    resource, path = policy.places["tls"]
    return Outgoing(sent, (Spot(resource, path, sent.why),))
