"""Identities: principals and source namespaces exist only where mTLS brings a certificate.

The mesh fact guarded here: an AuthorizationPolicy reads identities from the client's certificate. Without
mTLS there is none: ALLOW rules deny everybody, DENY rules allow everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, maps, text
from meshlint.kube.kinds import AUTHORIZATION_POLICY
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.destination_rules import DestinationRule
from meshlint.mesh.graph import Mesh
from meshlint.rules.mutual_tls import MUTUAL, Levels, first_policy, levels, policy_mode, rule_mode
from meshlint.rules.policies import selector_of
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_IDENTITIES = ("principals", "notPrincipals", "namespaces", "notNamespaces")
_CONDITIONS = ("source.namespace", "source.principal", "connection.sni")


@rule(
    "AP003",
    "identity-without-mutual-tls",
    "An AuthorizationPolicy that asks for identities where no mTLS brings them.",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("KIA0105",),
    tags=("authorization", "mtls", "security", "outage"),
)
def identity_without_mutual_tls(resource: Resource, context: Context) -> Iterator[Finding]:
    """Principals and source namespaces are read from the client's certificate."""
    missing = _no_mutual_tls(context.mesh, resource)
    if missing is None:
        return
    for path, what in _identities(resource):
        yield identity_without_mutual_tls.finding(
            f"{resource.label()} asks for `{what}`, and its pods get no mTLS: {missing.why}",
            Place(resource, path, "needs mTLS"),
            *_cause(missing),
            severity=None if missing.sure else "note",
            precision=None if missing.sure else "low",
            effect=Effect("the rule never matches: ALLOW denies, DENY allows", http="403 for everybody"),
            hint="switch mTLS on for these pods",
            key=f"{path}",
        )


def _cause(missing: _Missing) -> list[Place]:
    if missing.resource is None:
        return []
    return [Place(missing.resource, ("spec", "mtls", "mode"), "no mTLS", "cause")]


def _identities(policy: Resource) -> Iterator[tuple[Path, str]]:
    for index, each in maps(policy.spec.get("rules")):
        for at, source in maps(each.get("from")):
            fields: dict[str, Any] = mapping(source.get("source"))
            for field in _IDENTITIES:
                if fields.get(field):
                    yield ("spec", "rules", index, "from", at, "source", field), field
        for at, condition in maps(each.get("when")):
            if text(condition.get("key")) in _CONDITIONS:
                yield ("spec", "rules", index, "when", at, "key"), text(condition.get("key"))


class _Missing(NamedTuple):
    """Why pods get no mTLS, the object that says so, and whether it is sure."""

    why: str
    resource: Resource | None = None
    sure: bool = True


def _no_mutual_tls(mesh: Mesh, policy: Resource) -> _Missing | None:
    """Why the pods of a policy get no mTLS, None if they may; the narrowest level that decides counts."""
    known = levels(mesh)
    decided, missing = _by_workload(known, policy)
    if decided:
        return missing
    for policies, rules in (
        (known.of_namespace(policy.namespace), known.wide_rules(policy.namespace)),
        (known.of_mesh(), known.mesh_rules()),
    ):
        decided, missing = _by_level(mesh, policies, rules)
        if decided:
            return missing
    return None if mesh.settings.auto_mtls else _Missing("auto mTLS is off and nothing asks for it")


def _by_workload(known: Levels, policy: Resource) -> tuple[bool, _Missing | None]:
    """What PeerAuthentications with a selector and rules for the pods' Services decide."""
    selector = selector_of(policy)
    for each in known.policies:
        labels = selector_of(each)
        if each.namespace != policy.namespace or not labels or not selects(labels, selector):
            continue
        mode = text(mapping(each.spec.get("mtls")).get("mode"))
        if mode == "STRICT":
            return True, None
        if mode == "DISABLE":
            return True, _Missing(f"{each.label()} switches it off", each)
        sent = _sent_to(known, policy.namespace, labels) if mode == "PERMISSIVE" else ""
        if sent in MUTUAL:
            return True, None
        if sent == "DISABLE":
            return True, _Missing("a DestinationRule makes clients send plaintext")
    return False, None


def _sent_to(known: Levels, namespace: str, labels: dict[str, str]) -> str:
    """The tls mode that rules for Services with these selector labels set, the first that does."""
    for service in known.mesh.services.by_namespace.get(namespace, {}).values():
        if not selects(labels, service.selector or {}):
            continue
        found = next((rule_mode(each) for each in known.rules if each.host == service.host), "")
        if found in (*MUTUAL, "DISABLE"):
            return found
    return ""


def _by_level(
    mesh: Mesh, policies: list[Resource], rules: list[DestinationRule]
) -> tuple[bool, _Missing | None]:
    """What the policies and rules of a namespace, or of the mesh, decide."""
    decided = first_policy(policies, "STRICT", "PERMISSIVE", "DISABLE")
    if decided is not None and policy_mode(decided) == "DISABLE":
        return True, _Missing(f"{decided.label()} switches it off", decided)
    sent = next((rule_mode(each) for each in rules), "")
    if sent == "DISABLE":
        return True, _Missing("a DestinationRule makes clients send plaintext")
    if decided is None and sent not in MUTUAL:
        return False, None
    if sent not in MUTUAL and not mesh.settings.auto_mtls:
        return True, _Missing("nothing makes clients send it")
    if decided is None and not mesh.settings.auto_mtls:
        return True, _Missing("no PeerAuthentication says that it is accepted", sure=False)
    return True, None


RULES: tuple[Rule, ...] = (identity_without_mutual_tls,)
