"""Authorization: what AuthorizationPolicies and RequestAuthentications decide about one request.

In: the policies of one world; a request as a pod's proxy sees it. Out: a Ruling with three truth values:
source addresses and the contents of tokens are in no manifest. Facts: pilot/pkg/security/authz of Istio.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, maps, string_map, text, texts
from meshlint.kube.kinds import AUTHORIZATION_POLICY, REQUEST_AUTHENTICATION
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.gateway_api import GATEWAY_NAME_LABEL
from meshlint.mesh.request import Request
from meshlint.mesh.settings import Settings
from meshlint.text.origin import Path

DRY_RUN = "istio.io/dry-run"
_ACTIONS = ("CUSTOM", "DENY", "ALLOW")
_BEARER = "bearer "


class Attempt(NamedTuple):
    """A request at a pod's proxy.

    http       the proxy reads HTTP; else only connections
    port       the pod's port
    identity   "namespace/serviceaccount" of the client's certificate, "" without mTLS; the account
               is "*" if it is not known
    sni        server name of the connection
    sample     the request stands for others with other methods, paths and headers
    """

    request: Request
    http: bool
    port: int
    identity: str = ""
    sni: str = ""
    sample: bool = False

    @property
    def token(self) -> str:
        """The bearer token, "" if none is sent."""
        written = self.request.header("authorization")
        return written[len(_BEARER) :].strip() if written.lower().startswith(_BEARER) else ""


class Ruling(NamedTuple):
    """What is decided: allowed True, False or None (it cannot be told), by which object, where, why."""

    allowed: bool | None
    why: str
    resource: Resource | None = None
    path: Path = ()
    code: str = ""


class Policies:
    """The AuthorizationPolicies and RequestAuthentications of one world, by namespace."""

    __slots__ = ("_authentications", "_policies", "_settings")

    def __init__(self, resources: Iterable[Resource], settings: Settings) -> None:
        self._settings = settings
        self._policies: dict[str, list[Resource]] = {}
        self._authentications: dict[str, list[Resource]] = {}
        for resource in resources:
            if resource.is_a(AUTHORIZATION_POLICY):
                self._policies.setdefault(resource.namespace, []).append(resource)
            elif resource.is_a(REQUEST_AUTHENTICATION):
                self._authentications.setdefault(resource.namespace, []).append(resource)

    def rule(self, namespace: str, labels: Mapping[str, str], attempt: Attempt) -> list[Ruling]:
        """The rulings on a request to pods, in the order they are made; a refusal is the last one."""
        token = self._check_token(namespace, labels, attempt) if attempt.http else None
        if token is not None and token.allowed is False:
            return [token]
        policies = [one for one in self._of(self._policies, namespace, labels) if not _dry(one)]
        found = [] if token is None else [token]
        if not policies:
            return found
        return [*found, _decide(policies, attempt, self._settings)]

    def asks_for_identities(self) -> bool:
        """True if some policy tells clients apart."""
        fields = ("principals", "namespaces", "serviceAccounts")
        return any(
            any(mapping(item.get("source")).get(field) for field in (*fields, *map(_negated, fields)))
            for policies in self._policies.values()
            for policy in policies
            for _, rule in maps(policy.spec.get("rules"))
            for _, item in maps(rule.get("from"))
        )

    def _of(
        self, table: Mapping[str, list[Resource]], namespace: str, labels: Mapping[str, str]
    ) -> list[Resource]:
        """The policies that apply to pods: the root namespace's and their own."""
        root = self._settings.root_namespace
        names = [root] if namespace == root else [root, namespace]
        found = [policy for name in names for policy in table.get(name, ())]
        return [policy for policy in found if _applies(policy, labels)]

    def _check_token(self, namespace: str, labels: Mapping[str, str], attempt: Attempt) -> Ruling | None:
        """A token that no RequestAuthentication accepts is refused; none at all is not."""
        rules = [
            (policy, index, rule)
            for policy in self._of(self._authentications, namespace, labels)
            for index, rule in maps(policy.spec.get("jwtRules"))
        ]
        if not rules or not attempt.token:
            return None
        policy = rules[0][0]
        issuer = _issuer(attempt.token)
        path: Path = ("spec", "jwtRules")
        if issuer is None:
            return Ruling(False, "the bearer token is no JWT", policy, path, "POL-401")
        known = [text(rule.get("issuer")) for _, _, rule in rules]
        if issuer not in known:
            why = f"the token's issuer `{issuer}` is none of {', '.join(known)}"
            return Ruling(False, why, policy, path, "POL-401")
        return Ruling(None, "the token's signature is in no manifest", policy, path)


def _negated(field: str) -> str:
    return f"not{field[0].upper()}{field[1:]}"


def _dry(policy: Resource) -> bool:
    return policy.annotations.get(DRY_RUN) == "true"


def _applies(policy: Resource, labels: Mapping[str, str]) -> bool:
    references = [item for _, item in maps(policy.spec.get("targetRefs"))]
    if isinstance(policy.spec.get("targetRef"), dict):
        references.append(mapping(policy.spec.get("targetRef")))
    if references:
        name = labels.get(GATEWAY_NAME_LABEL)
        return any(text(one.get("kind")) == "Gateway" and text(one.get("name")) == name for one in references)
    return selects(string_map(mapping(policy.spec.get("selector")).get("matchLabels")), labels)


def _issuer(token: str) -> str | None:
    """The issuer a JWT claims; None for what is no JWT."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        payload = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return None
    return text(payload.get("iss")) if isinstance(payload, dict) else None


def _decide(policies: list[Resource], attempt: Attempt, settings: Settings) -> Ruling:
    """CUSTOM, then DENY, then ALLOW; without ALLOW policies what is not denied is allowed."""
    by_action = {action: [one for one in policies if _action(one) == action] for action in _ACTIONS}
    doubts: list[Ruling] = []
    for policy, path, verdict in _matched(by_action["CUSTOM"], attempt, settings):
        if verdict is not False:
            doubts.append(Ruling(None, "an external authorizer decides", policy, path))
    for policy, path, verdict in _matched(by_action["DENY"], attempt, settings):
        if verdict:
            return Ruling(False, "a DENY rule matches", policy, path, "POL-403")
        if verdict is None:
            doubts.append(Ruling(None, "a DENY rule asks for what no manifest tells", policy, path))
    allowing = by_action["ALLOW"]
    allowed = _allowed(allowing, attempt, settings)
    if allowed.allowed is False or not doubts:
        return allowed
    return doubts[0]


def _allowed(policies: list[Resource], attempt: Attempt, settings: Settings) -> Ruling:
    if not policies:
        return Ruling(True, "no policy denies it, and none has to allow it")
    doubt: Ruling | None = None
    for policy, path, verdict in _matched(policies, attempt, settings):
        if verdict:
            return Ruling(True, "an ALLOW rule matches", policy, path)
        if verdict is None:
            doubt = doubt or Ruling(None, "an ALLOW rule asks for what no manifest tells", policy, path)
    if doubt is not None:
        return doubt
    first = policies[0]
    more = f" and {len(policies) - 1} more" if len(policies) > 1 else ""
    rules = "has no rules" if not first.spec.get("rules") else "has no rule that matches"
    return Ruling(False, f"{first.label()}{more} {rules}", first, ("spec", "rules"), "POL-403")


def _action(policy: Resource) -> str:
    return text(policy.spec.get("action")) or "ALLOW"


def _matched(
    policies: list[Resource], attempt: Attempt, settings: Settings
) -> Iterator[tuple[Resource, Path, bool | None]]:
    for policy in policies:
        deny = _action(policy) == "DENY"
        for index, rule in maps(policy.spec.get("rules")):
            asked = _Asked(policy.namespace, attempt, settings, deny)
            yield policy, ("spec", "rules", index), asked.rule(rule)


def _every(found: Iterable[bool | None]) -> bool | None:
    verdict: bool | None = True
    for one in found:
        if one is False:
            return False
        verdict = None if one is None else verdict
    return verdict


def _some(found: Iterable[bool | None]) -> bool | None:
    verdict: bool | None = False
    for one in found:
        if one:
            return True
        verdict = None if one is None else verdict
    return verdict


class _Asked:
    """One rule asked about one attempt."""

    __slots__ = ("attempt", "deny", "namespace", "settings")

    def __init__(self, namespace: str, attempt: Attempt, settings: Settings, deny: bool) -> None:
        self.namespace = namespace
        self.attempt = attempt
        self.settings = settings
        self.deny = deny

    def rule(self, rule: Mapping[str, Any]) -> bool | None:
        """All of from, to and when; each list is an alternative, an absent one asks for nothing."""
        sources = [mapping(item.get("source")) for _, item in maps(rule.get("from"))]
        operations = [mapping(item.get("operation")) for _, item in maps(rule.get("to"))]
        return _every(
            (
                _some(map(self.fields, sources)) if sources else True,
                _some(map(self.fields, operations)) if operations else True,
                _every(self.condition(item) for _, item in maps(rule.get("when"))),
            )
        )

    def fields(self, written: Mapping[str, Any]) -> bool | None:
        """Every field of a source or an operation, and none of its negations."""
        verdicts = []
        for name, values in written.items():
            negated = name.startswith("not") and name[3:4].isupper()
            field = name[3:4].lower() + name[4:] if negated else name
            verdict = self.field(field, texts(values))
            verdicts.append(verdict if verdict is None or not negated else not verdict)
        return _every(verdicts)

    def field(self, field: str, wanted: list[str]) -> bool | None:
        """One field; HTTP fields on a connection never match in ALLOW and are left out of DENY."""
        attempt = self.attempt
        if field in ("hosts", "methods", "paths", "requestPrincipals"):
            if not attempt.http:
                return self.deny
            return None if attempt.sample else self._http_field(field, wanted)
        if field == "ports":
            return str(attempt.port) in wanted
        if field in ("principals", "serviceAccounts") and attempt.identity.endswith("/*"):
            namespace = attempt.identity.partition("/")[0]
            return None if any("*" in one or namespace in one or "/" not in one for one in wanted) else False
        if field == "principals":
            return any(_like(one, self._principal(one)) for one in wanted)
        if field == "namespaces":
            return any(_like(one, attempt.identity.partition("/")[0]) for one in wanted)
        if field == "serviceAccounts":
            own = attempt.identity
            return bool(own) and any(
                own == (one if "/" in one else f"{self.namespace}/{one}") for one in wanted
            )
        return None

    def _http_field(self, field: str, wanted: list[str]) -> bool | None:
        request = self.attempt.request
        if field == "requestPrincipals":
            return None if self.attempt.token else False
        if field == "methods":
            return any(_like(one, request.method) for one in wanted)
        if field == "hosts":
            return any(_like(one.lower(), request.authority) for one in wanted)
        path = request.path.partition("?")[0]
        return any(_path_like(one, path) for one in wanted)

    def _principal(self, wanted: str) -> str:
        """The client's name in the trust domain that is asked for, if that is the mesh's own."""
        namespace, _, account = self.attempt.identity.partition("/")
        if not account:
            return ""
        domain = wanted.partition("/")[0]
        own = {self.settings.trust_domain, "cluster.local", *self.settings.trust_domains}
        shown = domain if domain in own else self.settings.trust_domain
        return f"{shown}/ns/{namespace}/sa/{account}"

    def condition(self, item: Mapping[str, Any]) -> bool | None:
        """One entry of when."""
        key = text(item.get("key"))
        values, others = texts(item.get("values")), texts(item.get("notValues"))
        verdicts = []
        if values:
            verdicts.append(self._key(key, values))
        if others:
            found = self._key(key, others)
            verdicts.append(None if found is None else not found)
        return _every(verdicts)

    def _key(self, key: str, wanted: list[str]) -> bool | None:
        attempt = self.attempt
        if key.startswith("request."):
            if not attempt.http:
                return self.deny
            if attempt.sample:
                return None
            if key.startswith("request.headers["):
                actual = attempt.request.header(key[len("request.headers[") : -1].lower())
                return any(_like(one, actual) for one in wanted)
            return None if attempt.token else False
        if key == "source.namespace":
            return self.field("namespaces", wanted)
        if key == "source.principal":
            return self.field("principals", wanted)
        if key == "source.serviceAccount":
            return self.field("serviceAccounts", wanted)
        if key == "destination.port":
            return str(attempt.port) in wanted
        if key == "connection.sni":
            return any(_like(one, attempt.sni) for one in wanted)
        return None


def _like(wanted: str, actual: str) -> bool:
    """Exact, `abc*`, `*abc`, or `*` for anything but nothing."""
    if wanted == "*":
        return bool(actual)
    if wanted.endswith("*"):
        return bool(actual) and actual.startswith(wanted[:-1])
    if wanted.startswith("*"):
        return bool(actual) and actual.endswith(wanted[1:])
    return actual == wanted


def _path_like(wanted: str, path: str) -> bool:
    """A path, with `{*}` for one segment and `{**}` for any number of them."""
    if "{" not in wanted:
        return _like(wanted, path)
    return _segments_like(wanted.strip("/").split("/"), path.strip("/").split("/"))


def _segments_like(wanted: list[str], actual: list[str]) -> bool:
    if not wanted:
        return not actual
    if wanted[0] == "{**}":
        return any(_segments_like(wanted[1:], actual[skipped:]) for skipped in range(len(actual) + 1))
    return bool(actual) and wanted[0] in ("{*}", actual[0]) and _segments_like(wanted[1:], actual[1:])
