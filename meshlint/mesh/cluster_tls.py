"""Cluster TLS: what a client wraps around the connections of a cluster before any endpoint is chosen.

In: a cluster of a client. Out: the mode, and the place that decides it. Facts: buildUpstreamTLSSettings
(pilot/pkg/networking/core/cluster_tls.go) and BestEffortInferServiceMTLSMode of Istio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from meshlint.kube.fields import mapping, text
from meshlint.kube.resource import Resource
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.registry import HEADLESS, NONE, MeshService
from meshlint.mesh.scope import Client
from meshlint.text.origin import Path

if TYPE_CHECKING:
    from meshlint.mesh.graph import Mesh

TLS_MODE_LABEL = "security.istio.io/tlsMode"
Mode = Literal["", "auto", "ISTIO_MUTUAL", "SIMPLE", "MUTUAL"]


class ClusterTls(NamedTuple):
    """How a cluster's connections are secured.

    mode   "" plaintext; "auto": mesh mTLS to the endpoints that have a sidecar, plaintext to the others;
           ISTIO_MUTUAL: mesh mTLS to every endpoint; SIMPLE, MUTUAL: TLS as the DestinationRule says
    why    one clause
    resource, path   what decides it, None for Istio's defaults
    """

    mode: Mode
    why: str
    resource: Resource | None = None
    path: Path = ()


def cluster_tls(mesh: Mesh, client: Client, state: ClusterState) -> ClusterTls:
    """The TLS of a cluster that is there."""
    written = _written(client, state)
    if written is not None:
        return written
    service = state.service
    if service is None or service.mesh_external:
        return ClusterTls("", "the service is outside the mesh")
    if not mesh.settings.auto_mtls:
        return ClusterTls("", "auto mTLS is off and no DestinationRule sets tls")
    if _passes_through(service, state) and not _all_capable(mesh, service, state.port):
        return ClusterTls("", "some endpoint has no sidecar, and the client cannot tell which one it calls")
    decision = mesh.peers.namespace_mode(service.namespace)
    if decision.mode == "DISABLE":
        why = f"PeerAuthentication disables mTLS in namespace {service.namespace}"
        return ClusterTls("", why, decision.resource, decision.path)
    return ClusterTls("ISTIO_MUTUAL" if state.kind == "ORIGINAL_DST" else "auto", "auto mTLS")


def _written(client: Client, state: ClusterState) -> ClusterTls | None:
    """What the DestinationRule's tls says, None if it says nothing."""
    effective = state.effective
    if effective is None or effective.merged is None:
        return None
    policy = effective.policy(state.port, state.subset)
    mode = policy.tls_mode
    if mode is None:
        return None
    resource, path = policy.places["tls"]
    tls = mapping(policy.fields["tls"])
    why = f"the DestinationRule's tls mode is {mode}"
    found: Mode = "ISTIO_MUTUAL" if mode == "ISTIO_MUTUAL" else ""
    if mode in ("SIMPLE", "MUTUAL"):
        credential = text(tls.get("credentialName"))
        guarded = credential and not credential.startswith("configmap://")
        if guarded and client.kind != "gateway" and effective.merged.selector is None:
            why = "a sidecar ignores tls with credentialName unless workloadSelector is set"
        elif (
            mode == "MUTUAL"
            and not credential
            and not (tls.get("clientCertificate") and tls.get("privateKey"))
        ):
            why = "MUTUAL without clientCertificate and privateKey is left out"
        else:
            found = "SIMPLE" if mode == "SIMPLE" else "MUTUAL"
    return ClusterTls(found, why, resource, path)


def _passes_through(service: MeshService, state: ClusterState) -> bool:
    """True if istiod looks at the endpoints beforehand, since the proxy will not choose among them."""
    if service.resolution in (HEADLESS, NONE):
        return True
    merged = state.effective.merged if state.effective is not None else None
    if merged is None:
        return False
    chosen = merged.subsets[state.subset].policy if state.subset else {}
    policy = chosen if state.subset else merged.policy_from.policy if merged.policy_from else {}
    return text(mapping(policy.get("loadBalancer")).get("simple")) == "PASSTHROUGH"


def _all_capable(mesh: Mesh, service: MeshService, port: int) -> bool:
    """True if there are endpoints and each has a sidecar."""
    found = mesh.endpoints(service, port)
    labels = [mesh.pods.labels(one) for one in found.workloads]
    return bool(found.workloads or found.addresses) and all(
        one.get(TLS_MODE_LABEL, "disabled") != "disabled"
        for one in (*labels, *(address.tls_labels() for address in found.addresses))
    )
