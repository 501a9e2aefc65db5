"""Mutual TLS: what a server accepts, what a client sends, and whether the two meet.

In: PeerAuthentications, the effective DestinationRule tls, facts of the endpoint. Out: decisions
that name the object they rest on. The rules are Istio's (PeerAuthentication composition, auto mTLS).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from meshlint.kube.fields import mapping, text
from meshlint.kube.kinds import PEER_AUTHENTICATION
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import label_selector
from meshlint.text.origin import Path

Mode = Literal["STRICT", "PERMISSIVE", "DISABLE"]
Transport = Literal["plaintext", "mtls", "tls"]
MODES: tuple[Mode, ...] = ("STRICT", "PERMISSIVE", "DISABLE")


class Decision(NamedTuple):
    """A server's mode and where it was written; no resource means Istio's default, PERMISSIVE."""

    mode: Mode
    resource: Resource | None = None
    path: Path = ()


class Sent(NamedTuple):
    """What a client sends to an endpoint, and why in one clause."""

    transport: Transport
    why: str


DEFAULT = Decision("PERMISSIVE")


class PeerAuthentications:
    """The PeerAuthentication objects of one world, by scope.

    Of several in one scope the oldest counts; in manifests of one install all are of one age, so
    the first by name does. Selectors in the root namespace have no effect.
    """

    __slots__ = ("_assumed", "_namespace_wide", "_root", "_selecting")

    def __init__(self, resources: Iterable[Resource], root_namespace: str, assumed: str = "") -> None:
        """`assumed` is the mesh-wide mode as long as no policy of the root namespace says one."""
        self._root = root_namespace
        mode = _mode(assumed)
        self._assumed = DEFAULT if mode is None else Decision(mode)
        self._namespace_wide: dict[str, Resource] = {}
        self._selecting: dict[str, list[tuple[dict[str, str], Resource]]] = {}
        policies = (resource for resource in resources if resource.is_a(PEER_AUTHENTICATION))
        for policy in sorted(policies, key=lambda resource: resource.name):
            selector = label_selector(policy.spec.get("selector")).equalities
            if not selector:
                self._namespace_wide.setdefault(policy.namespace, policy)
            elif policy.namespace != root_namespace:
                self._selecting.setdefault(policy.namespace, []).append((selector, policy))

    def namespace_mode(self, namespace: str) -> Decision:
        """The mode of a namespace without its workload policies: all that a client's istiod looks at."""
        decision = _over(self._assumed, self._namespace_wide.get(self._root))
        if namespace != self._root:
            decision = _over(decision, self._namespace_wide.get(namespace))
        return decision

    def workload_policy(self, namespace: str, labels: Mapping[str, str]) -> Resource | None:
        """The policy whose selector picks the workload, if any."""
        for selector, policy in self._selecting.get(namespace, ()):
            if selector.items() <= labels.items():
                return policy
        return None

    def server_mode(self, namespace: str, labels: Mapping[str, str], port: int | None = None) -> Decision:
        """The mode a sidecar enforces on a container port (None: on ports without an entry)."""
        decision = self.namespace_mode(namespace)
        policy = self.workload_policy(namespace, labels)
        if policy is None:
            return decision
        decision = _over(decision, policy)
        ports = mapping(policy.spec.get("portLevelMtls"))
        written = mapping(ports.get(str(port))).get("mode") if port is not None else None
        mode = _mode(written)
        if mode is None:
            return decision
        return Decision(mode, policy, ("spec", "portLevelMtls", str(port), "mode"))


def _mode(value: Any) -> Mode | None:
    """The written mode; None for UNSET, absent and unknown words, which inherit."""
    name = text(value)
    return next((mode for mode in MODES if mode == name), None)


def _over(decision: Decision, policy: Resource | None) -> Decision:
    mode = None if policy is None else _mode(policy.get("spec", "mtls", "mode"))
    return decision if mode is None else Decision(mode, policy, ("spec", "mtls", "mode"))


def sent_by_rule(tls: Mapping[str, Any], *, gateway: bool, selects_proxies: bool) -> Sent | None:
    """What an explicit DestinationRule tls makes a client send; None if it decides nothing.

    gateway           the client is a gateway
    selects_proxies   the DestinationRule has a workloadSelector
    """
    mode = text(tls.get("mode"))
    if not mode and not tls:
        return None
    if mode in ("", "DISABLE"):  # an empty mode is DISABLE, the enum's zero value
        return Sent("plaintext", "the DestinationRule's tls mode is DISABLE")
    if mode == "ISTIO_MUTUAL":
        return Sent("mtls", "the DestinationRule's tls mode is ISTIO_MUTUAL")
    if text(tls.get("credentialName")) and not gateway and not selects_proxies:
        return Sent("plaintext", "a sidecar ignores tls with credentialName unless workloadSelector is set")
    return Sent("tls", f"the DestinationRule's tls mode is {mode}")


def sent_automatically(
    *, external: bool, auto_mtls: bool, namespace_mode: Decision, capable: bool, server: Decision
) -> Sent:
    """What a sidecar or gateway sends without an explicit tls (auto mTLS).

    external  the service lies outside the mesh (ServiceEntry MESH_EXTERNAL)
    capable   the endpoint has a sidecar
    """
    if external:
        return Sent("plaintext", "the service is outside the mesh")
    if not auto_mtls:
        return Sent("plaintext", "auto mTLS is off and no DestinationRule sets tls")
    if namespace_mode.mode == "DISABLE":
        return Sent("plaintext", "the namespace's PeerAuthentication is DISABLE")
    if not capable:
        return Sent("plaintext", "the endpoint has no sidecar")
    if server.mode == "DISABLE":
        return Sent("plaintext", "the workload's PeerAuthentication is DISABLE")
    return Sent("mtls", "auto mTLS")


def meets(sent: Transport, server: Decision, *, sidecar: bool) -> str:
    """The break code when a client's transport does not fit the server, "" when it does.

    TLS-PLAIN-STRICT    plaintext (or foreign TLS) to STRICT: the connection is closed
    TLS-MTLS-NOSIDECAR  mesh mTLS to a port that speaks plaintext: WRONG_VERSION_NUMBER
    """
    if not sidecar or server.mode == "DISABLE":
        return "TLS-MTLS-NOSIDECAR" if sent == "mtls" else ""
    return "TLS-PLAIN-STRICT" if sent != "mtls" and server.mode == "STRICT" else ""
