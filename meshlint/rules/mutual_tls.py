"""Mutual TLS: what DestinationRules make clients send, and PeerAuthentications make servers accept.

The mesh fact guarded here: a client that is told to send plaintext meets a server that takes only mTLS
(or the other way round), and every connection is closed: 503 UC or UF, "connection termination".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.kube.fields import mapping, maps, text
from meshlint.kube.kinds import DESTINATION_RULE, PEER_AUTHENTICATION
from meshlint.kube.resource import Resource
from meshlint.mesh.destination_rules import DestinationRule
from meshlint.mesh.graph import Mesh
from meshlint.mesh.inventory import client_namespaces, gets_rule
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

MESH_WIDE = "*.local"
MUTUAL = ("ISTIO_MUTUAL", "MUTUAL")
_MODE: Path = ("spec", "trafficPolicy", "tls", "mode")
_PLAIN_EFFECT = Effect(
    "clients send plaintext to servers that accept only mTLS", flag="UC", http='503 "connection termination"'
)


def rule_mode(each: DestinationRule) -> str:
    """The tls mode of a rule's general policy: DISABLE for a tls block without one, "" without a block."""
    tls = each.policy.get("tls")
    return (text(mapping(tls).get("mode")) or "DISABLE") if isinstance(tls, dict) else ""


def policy_mode(policy: Resource) -> str:
    """The mode a PeerAuthentication sets for all pods it applies to; "" with a selector or without mtls."""
    mtls = policy.spec.get("mtls")
    if "selector" in policy.spec or not isinstance(mtls, dict):
        return ""
    return text(mtls.get("mode")) or "UNSET"


class Levels(NamedTuple):
    """The PeerAuthentications and DestinationRules for whole namespaces and the whole mesh, by name."""

    mesh: Mesh
    policies: list[Resource]
    rules: list[DestinationRule]

    def of_mesh(self) -> list[Resource]:
        """The mesh-wide PeerAuthentications."""
        return self.of_namespace(self.mesh.settings.root_namespace)

    def of_namespace(self, namespace: str) -> list[Resource]:
        """The PeerAuthentications of a namespace that set a mode for all its pods."""
        return [one for one in self.policies if one.namespace == namespace and policy_mode(one)]

    def wide_rules(self, namespace: str) -> list[DestinationRule]:
        """The DestinationRules for all services of a namespace."""
        host = f"*.{namespace}.svc.{self.mesh.settings.domain}"
        return [each for each in self.rules if each.host == host and rule_mode(each)]

    def mesh_rules(self) -> list[DestinationRule]:
        """The DestinationRules for all services of the mesh."""
        return [each for each in self.rules if each.host == MESH_WIDE and rule_mode(each)]


def levels(mesh: Mesh) -> Levels:
    """The levels of a mesh."""
    policies = sorted(mesh.kind(PEER_AUTHENTICATION), key=lambda one: (one.namespace, one.name))
    return Levels(mesh, policies, mesh.rules.rules)


def _record(mesh: Mesh, resource: Resource) -> DestinationRule | None:
    return next((each for each in mesh.rules.rules if each.resource is resource), None)


def _is_namespace_wide(each: DestinationRule, mesh: Mesh) -> bool:
    return each.host == f"*.{each.resource.namespace}.svc.{mesh.settings.domain}"


def first_policy(policies: list[Resource], *modes: str) -> Resource | None:
    return next((one for one in policies if policy_mode(one) in modes), None)


@rule(
    "DR005",
    "plaintext-to-strict-servers",
    "A DestinationRule that sends plaintext to pods whose PeerAuthentication is STRICT.",
    kinds=(DESTINATION_RULE,),
    peers=("KIA0207", "KIA0208"),
    tags=("destination-rule", "mtls", "outage"),
)
def plaintext_to_strict_servers(resource: Resource, context: Context) -> Iterator[Finding]:
    """For a whole namespace or mesh by the policies of that level; for one service by its pods."""
    mesh = context.mesh
    each = _record(mesh, resource)
    if each is None or rule_mode(each) != "DISABLE":
        return
    known = levels(mesh)
    strict: Resource | None = None
    peers: tuple[str, ...] = ("KIA0207",)
    if each.host == MESH_WIDE:
        strict, peers = first_policy(known.of_mesh(), "STRICT"), ("KIA0208",)
    elif _is_namespace_wide(each, mesh):
        own = known.of_namespace(resource.namespace)
        decided = first_policy(own, "STRICT", "PERMISSIVE")
        strict = decided if decided is not None and policy_mode(decided) == "STRICT" else None
        if decided is None and first_policy(own, "DISABLE") is None:
            strict, peers = first_policy(known.of_mesh(), "STRICT"), ("KIA0208",)
    else:
        strict, peers = _strict_server(mesh, each), ()
    if strict is not None:
        yield plaintext_to_strict_servers.finding(
            f"{resource.label()} sends plaintext to `{each.host}`, and {strict.label()} accepts only mTLS",
            Place(resource, _MODE, "plaintext"),
            Place(strict, ("spec", "mtls", "mode"), "only mTLS", "cause"),
            effect=_PLAIN_EFFECT,
            hint="remove the tls block, or write `mode: ISTIO_MUTUAL`",
            key=each.host,
            peers=peers,
        )


def _strict_server(mesh: Mesh, each: DestinationRule) -> Resource | None:
    """The policy that makes the pods of the rule's service STRICT, if all that is known of them is."""
    service = mesh.resolve_host(each.written_host, each.resource.namespace).service
    if service is None:
        return None
    for workload in mesh.endpoints(service).selected:
        decision = mesh.peers.server_mode(workload.namespace, workload.labels)
        if decision.mode == "STRICT" and decision.resource and mesh.in_mesh(workload).verdict == "yes":
            return decision.resource
    return None


@rule(
    "DR019",
    "mutual-tls-without-policy",
    "A DestinationRule for a whole namespace or mesh sends mTLS, and no PeerAuthentication accepts it.",
    kinds=(DESTINATION_RULE,),
    peers=("KIA0205", "KIA0206"),
    tags=("destination-rule", "mtls"),
)
def mutual_tls_without_policy(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only without auto mTLS, where both sides must be told."""
    mesh = context.mesh
    each = _record(mesh, resource)
    if each is None or mesh.settings.auto_mtls or rule_mode(each) != "ISTIO_MUTUAL":
        return
    known = levels(mesh)
    accepts = known.of_mesh()
    peers = ("KIA0205",)
    if _is_namespace_wide(each, mesh):
        accepts = [*accepts, *known.of_namespace(resource.namespace)]
        peers = ("KIA0206",)
    elif each.host != MESH_WIDE:
        return
    if first_policy(accepts, "STRICT", "PERMISSIVE") is None:
        yield mutual_tls_without_policy.finding(
            f"{resource.label()} sends mTLS to `{each.host}`, and no PeerAuthentication accepts it",
            Place(resource, _MODE, "mTLS"),
            effect=Effect("servers without a policy may refuse the connection", flag="UF", http="503"),
            hint="add a PeerAuthentication with mode PERMISSIVE or STRICT",
            key=each.host,
            peers=peers,
        )


@rule(
    "PA007",
    "strict-without-mutual-rule",
    "A STRICT PeerAuthentication without a DestinationRule that makes clients send mTLS.",
    kinds=(PEER_AUTHENTICATION,),
    peers=("KIA0401", "KIA0501"),
    tags=("mtls", "outage"),
)
def strict_without_mutual_rule(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only without auto mTLS."""
    mesh = context.mesh
    if mesh.settings.auto_mtls or policy_mode(resource) != "STRICT":
        return
    known = levels(mesh)
    root = resource.namespace == mesh.settings.root_namespace
    rules = [*known.mesh_rules(), *([] if root else known.wide_rules(resource.namespace))]
    if not any(rule_mode(each) == "ISTIO_MUTUAL" for each in rules):
        yield strict_without_mutual_rule.finding(
            f"{resource.label()} accepts only mTLS, and no DestinationRule makes clients send it",
            Place(resource, ("spec", "mtls", "mode"), "only mTLS"),
            effect=_PLAIN_EFFECT,
            hint="add a DestinationRule with tls mode ISTIO_MUTUAL, or switch auto mTLS on",
            key="mtls",
            peers=("KIA0401",) if root else ("KIA0501",),
        )


@rule(
    "PA008",
    "mutual-tls-to-disabled-servers",
    "A PeerAuthentication that switches mTLS off while a DestinationRule makes clients send it.",
    kinds=(PEER_AUTHENTICATION,),
    peers=("KIA0505", "KIA0506"),
    tags=("mtls", "outage"),
)
def mutual_tls_to_disabled_servers(resource: Resource, context: Context) -> Iterator[Finding]:
    """A DestinationRule of the namespace decides before one of the mesh."""
    mesh = context.mesh
    if policy_mode(resource) != "DISABLE":
        return
    known = levels(mesh)
    root = resource.namespace == mesh.settings.root_namespace
    found = None
    own = [] if root else known.wide_rules(resource.namespace)
    for each in (*own, *known.mesh_rules()):
        if each in own and rule_mode(each) == "DISABLE":
            return
        if rule_mode(each) in MUTUAL:
            found = each
            break
    if found is not None:
        yield mutual_tls_to_disabled_servers.finding(
            f"{resource.label()} switches mTLS off, and {found.resource.label()} makes clients send it",
            Place(resource, ("spec", "mtls", "mode"), "plaintext only"),
            Place(found.resource, _MODE, "mTLS", "cause"),
            effect=Effect(
                "servers cannot read what clients send", flag="UF", http='503 "WRONG_VERSION_NUMBER"'
            ),
            hint="write `mode: DISABLE` in the DestinationRule, or remove the PeerAuthentication",
            key="mtls",
            peers=("KIA0506",) if root else ("KIA0505",),
        )


@rule(
    "DR020",
    "rule-drops-wide-mutual-tls",
    "A DestinationRule without tls settings that hides the mTLS of a wider one.",
    severity="note",
    precision="low",
    kinds=(DESTINATION_RULE,),
    peers=("KIA0204",),
    tags=("destination-rule", "mtls"),
)
def rule_drops_wide_mutual_tls(resource: Resource, context: Context) -> Iterator[Finding]:
    """Rules are not merged over hosts: the narrower one counts alone. Auto mTLS makes up for it."""
    mesh = context.mesh
    each = _record(mesh, resource)
    if each is None or _says_tls(each):
        return
    wider = next(
        (
            one
            for namespace in client_namespaces(mesh)
            if gets_rule(mesh, each, namespace)
            for one in mesh.rules.rules
            if one is not each and _covers(one, each) and gets_rule(mesh, one, namespace)
        ),
        None,
    )
    if wider is not None:
        yield rule_drops_wide_mutual_tls.finding(
            f"{resource.label()} says nothing about tls, and hides the mTLS of {wider.resource.label()}",
            Place(resource, ("spec", "host"), "no tls here"),
            Place(wider.resource, _MODE, "mTLS there", "cause"),
            effect=Effect("without auto mTLS clients send plaintext to this host"),
            hint="add `tls: {mode: ISTIO_MUTUAL}` to the trafficPolicy",
            key=each.host,
        )


def _says_tls(each: DestinationRule) -> bool:
    ports = maps(each.policy.get("portLevelSettings"))
    return bool(each.policy.get("tls")) or any(port.get("tls") for _, port in ports)


def _covers(wider: DestinationRule, each: DestinationRule) -> bool:
    """True if `wider` makes clients of all services, or of this host's namespace, send mTLS."""
    if rule_mode(wider) != "ISTIO_MUTUAL":
        return False
    namespace = each.host.partition(".")[2]
    return wider.host in (MESH_WIDE, each.host) or wider.host == f"*.{namespace}"


RULES: tuple[Rule, ...] = (
    plaintext_to_strict_servers,
    mutual_tls_without_policy,
    rule_drops_wide_mutual_tls,
    strict_without_mutual_rule,
    mutual_tls_to_disabled_servers,
)
