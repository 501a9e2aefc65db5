"""DestinationRules: which rule a client gets for a service, merged the way istiod merges.

In: the DestinationRules of one world. Out: for (client namespace, service, proxy labels) the
effective subsets and traffic policy, and the rules that lost, with the reason.
Facts: pilot/pkg/model/push_context.go (setDestinationRules, destinationRule) and destination_rule.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, NamedTuple

from meshlint.kube.fields import integer, mapping, maps, string_map, text, texts
from meshlint.kube.kinds import DESTINATION_RULE
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.host import covers, full_name, most_specific
from meshlint.mesh.settings import Settings
from meshlint.text.origin import Path

PORT_FIELDS = ("connectionPool", "loadBalancer", "outlierDetection", "tls")
POLICY_FIELDS = (*PORT_FIELDS, "tunnel", "proxyProtocol", "retryBudget")

HiddenReason = Literal[
    "client-namespace",  # a rule of the client's namespace matches the host, so the search stopped there
    "service-namespace",  # a rule of the service's namespace was found first
    "less-specific",  # a rule of the same namespace has a more specific host
    "not-exported",  # exportTo does not admit the client's namespace
    "never-read",  # its namespace is neither the client's, the service's nor the root namespace
    "selector",  # its workloadSelector does not match the client's pods
    "merged",  # it was merged into an older rule of its namespace that this client does not get
    "other-rule",  # of several rules that cannot be merged, another one is taken
]


class Subset(NamedTuple):
    """One subset of a DestinationRule; `path` leads to it in `resource`."""

    name: str
    labels: dict[str, str]
    policy: dict[str, Any]
    resource: Resource
    path: Path


class DestinationRule:
    """A DestinationRule as Istio reads it.

    host      full name or wildcard, as `spec.host` resolves in the rule's namespace
    export_to as in effect: only "." if there is a workloadSelector
    selector  workloadSelector labels, None if there is none
    policy    spec.trafficPolicy; has_policy is True even for an empty one
    """

    __slots__ = (
        "export_to",
        "has_policy",
        "host",
        "policy",
        "resource",
        "selector",
        "subsets",
        "written_host",
    )

    def __init__(self, resource: Resource, domain: str) -> None:
        spec = resource.spec
        self.resource = resource
        self.written_host = text(spec.get("host"))
        self.host = full_name(self.written_host, resource.namespace, domain)
        written = mapping(spec.get("workloadSelector")).get("matchLabels")
        self.selector: dict[str, str] | None = string_map(written) if "workloadSelector" in spec else None
        self.export_to = frozenset(["."] if self.selector is not None else texts(spec.get("exportTo")))
        self.has_policy = isinstance(spec.get("trafficPolicy"), dict)
        self.policy = mapping(spec.get("trafficPolicy"))
        self.subsets = tuple(
            Subset(
                text(item.get("name")),
                string_map(item.get("labels")),
                mapping(item.get("trafficPolicy")),
                resource,
                ("spec", "subsets", index),
            )
            for index, item in maps(spec.get("subsets"))
        )

    def __repr__(self) -> str:
        return f"<DestinationRule {self.resource.ref().label()}>"


class Duplicate(NamedTuple):
    """A subset that a merge dropped because an older rule has one of the same name."""

    kept: Subset
    dropped: Subset


class Merged:
    """One or more rules for the same host in one index, merged.

    rules       what went in, the winner of every conflict first
    subsets     name -> the subset that counts
    policy_from the rule whose trafficPolicy counts, None if none has one
    duplicates  subsets that lost
    """

    __slots__ = ("duplicates", "export_to", "host", "policy_from", "rules", "selector", "subsets")

    def __init__(self, rule: DestinationRule) -> None:
        self.host = rule.host
        self.export_to = rule.export_to
        self.selector = rule.selector
        self.rules: list[DestinationRule] = []
        self.subsets: dict[str, Subset] = {}
        self.duplicates: list[Duplicate] = []
        self.policy_from: DestinationRule | None = None
        self.take(rule)

    def take(self, rule: DestinationRule) -> None:
        """Merge one more rule: new subset names are added, a first trafficPolicy stays."""
        self.rules.append(rule)
        for subset in rule.subsets:
            kept = self.subsets.setdefault(subset.name, subset)
            if kept is not subset:
                self.duplicates.append(Duplicate(kept, subset))
        if self.policy_from is None and rule.has_policy:
            self.policy_from = rule

    def admits(self, namespace: str) -> bool:
        """True if clients of another namespace may use it."""
        return not self.export_to or "*" in self.export_to or namespace in self.export_to


class Hidden(NamedTuple):
    """A rule for the same service that this client does not get."""

    rule: DestinationRule
    reason: HiddenReason


class Policy(NamedTuple):
    """The traffic policy in effect for a port and subset.

    fields  connectionPool, loadBalancer, outlierDetection, tls, tunnel, ... as written
    places  field -> (resource, path) where it is written
    """

    fields: dict[str, Any]
    places: dict[str, tuple[Resource, Path]]

    @property
    def tls_mode(self) -> str | None:
        """tls.mode; "DISABLE" if tls is present without a mode, None if there is no tls."""
        if "tls" not in self.fields:
            return None
        return text(mapping(self.fields["tls"]).get("mode")) or "DISABLE"


class Effective:
    """What one client gets for one service.

    merged   the rules in effect, None if there are none
    hidden   other rules whose host covers the service, and why they do not count here (found on demand)
    """

    __slots__ = ("_hidden", "_search", "merged")

    def __init__(self, merged: Merged | None, search: Callable[[], Iterable[Hidden]]) -> None:
        self.merged = merged
        self._search = search
        self._hidden: tuple[Hidden, ...] | None = None

    @property
    def hidden(self) -> tuple[Hidden, ...]:
        """The rules that lost."""
        if self._hidden is None:
            self._hidden = tuple(self._search())
        return self._hidden

    @property
    def subsets(self) -> dict[str, Subset]:
        """Subsets by name."""
        return self.merged.subsets if self.merged else {}

    @property
    def sources(self) -> tuple[Resource, ...]:
        """The objects in effect."""
        return tuple(rule.resource for rule in self.merged.rules) if self.merged else ()

    def policy(self, port: int | None, subset: str = "") -> Policy:
        """The policy for a service port and subset ("": none)."""
        fields: dict[str, Any] = {}
        places: dict[str, tuple[Resource, Path]] = {}
        if self.merged is not None and self.merged.policy_from is not None:
            rule = self.merged.policy_from
            _lay(fields, places, rule.policy, port, rule.resource, ("spec", "trafficPolicy"))
        chosen = self.subsets.get(subset)
        if chosen is not None and chosen.policy:
            _lay(fields, places, chosen.policy, port, chosen.resource, (*chosen.path, "trafficPolicy"))
        return Policy(fields, places)


def _lay(
    fields: dict[str, Any],
    places: dict[str, tuple[Resource, Path]],
    policy: Mapping[str, Any],
    port: int | None,
    resource: Resource,
    path: Path,
) -> None:
    """Lay one written policy over what is there; a matching port entry replaces four fields wholesale."""
    index, entry = _port_entry(policy, port)
    if entry is None:
        chosen: Mapping[str, Any] = {
            name: policy[name] for name in POLICY_FIELDS if policy.get(name) is not None
        }
        base = path
    else:
        chosen = {name: entry[name] for name in PORT_FIELDS if entry.get(name) is not None}
        base = (*path, "portLevelSettings", index)
        for name in PORT_FIELDS:
            fields.pop(name, None)
            places.pop(name, None)
    for name, value in chosen.items():
        fields[name] = value
        places[name] = (resource, (*base, name))


def _port_entry(policy: Mapping[str, Any], port: int | None) -> tuple[int, dict[str, Any] | None]:
    """The portLevelSettings entry of a service port, the first if several; (0, None) if there is none."""
    if port is not None:
        for index, entry in maps(policy.get("portLevelSettings")):
            if integer(mapping(entry.get("port")).get("number")) == port:
                return index, entry
    return 0, None


Table = dict[str, list[Merged]]


class DestinationRules:
    """The indexes istiod builds: local, exported and root-private rules by namespace and host."""

    __slots__ = (
        "_exported",
        "_local",
        "_memo",
        "_root",
        "_root_private",
        "by_host",
        "rules",
        "wildcard_hosts",
    )

    def __init__(self, resources: Iterable[Resource], settings: Settings) -> None:
        rules = [
            DestinationRule(resource, settings.domain)
            for resource in resources
            if resource.is_a(DESTINATION_RULE)
        ]
        rules.sort(key=lambda rule: (rule.selector is None, rule.resource.name, rule.resource.namespace))
        self.rules = rules
        self._root = settings.root_namespace
        self._local: dict[str, Table] = {}
        self._exported: dict[str, Table] = {}
        self._root_private: Table = {}
        self._memo: dict[tuple[str, str, str], tuple[list[Merged], str]] = {}
        self.by_host: dict[str, list[DestinationRule]] = {}
        private_default = "." in settings.destination_rule_export_to
        for rule in rules:
            self.by_host.setdefault(rule.host, []).append(rule)
            self._index(rule, private_default)
        self.wildcard_hosts = [host for host in self.by_host if host.startswith("*")]

    def _index(self, rule: DestinationRule, private_default: bool) -> None:
        namespace, export_to = rule.resource.namespace, rule.export_to
        if not export_to or export_to & {"*", ".", namespace}:
            _merge(self._local.setdefault(namespace, {}), rule)
        private = private_default if not export_to else export_to in ({"."}, {namespace})
        if not private:
            _merge(self._exported.setdefault(namespace, {}), rule)
        elif namespace == self._root:
            _merge(self._root_private, rule)

    def namespaces(self) -> set[str]:
        """Namespaces with rules that only their own clients see first."""
        return set(self._local)

    def candidates(self, client: str, host: str, owner: str) -> tuple[list[Merged], str]:
        """The entries istiod finds for a client namespace, a service host and its namespace.

        The second value says where: "client", "service", "root" or "" for nowhere.
        """
        key = (client, host, owner)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._search(client, host, owner)
        return found

    def _search(self, client: str, host: str, owner: str) -> tuple[list[Merged], str]:
        local = self._root_private if client == self._root else self._local.get(client, {})
        pattern = most_specific(host, local)
        if pattern is not None:
            return local[pattern], "client"
        for namespace, where in ((owner, "service"), (self._root, "root")):
            table = self._exported.get(namespace, {})
            pattern = most_specific(host, table)
            if pattern is None:
                continue
            admitted = [entry for entry in table[pattern] if entry.admits(client)]
            if admitted:
                return admitted, where
        return [], ""

    def effective(self, client: str, host: str, owner: str, labels: Mapping[str, str]) -> Effective:
        """What a client (namespace, pod labels) gets for a service (host, namespace)."""
        entries, where = self.candidates(client, host, owner)
        chosen: Merged | None = None
        for entry in entries:
            if entry.selector is None:
                chosen = entry
            elif entry.rules[0].resource.namespace == client and selects(entry.selector, labels):
                chosen = entry
                break
        return Effective(chosen, lambda: self._hidden(chosen, entries, where, client, host, owner))

    def covering(self, host: str) -> list[DestinationRule]:
        """Every rule whose host is or covers `host`, whoever may use it."""
        found = list(self.by_host.get(host, ()))
        for pattern in self.wildcard_hosts:
            if pattern != host and covers(pattern, host):
                found += self.by_host[pattern]
        return found

    def _hidden(
        self, chosen: Merged | None, entries: list[Merged], where: str, client: str, host: str, owner: str
    ) -> Iterable[Hidden]:
        used = set(chosen.rules) if chosen else set()
        found = {rule for entry in entries for rule in entry.rules}
        for rule in self.covering(host):
            if rule not in used:
                yield Hidden(rule, self._reason(rule, rule in found, chosen, where, client, owner))

    def _reason(
        self, rule: DestinationRule, found: bool, chosen: Merged | None, where: str, client: str, owner: str
    ) -> HiddenReason:
        namespace = rule.resource.namespace
        if found:
            return "selector" if rule.selector is not None else "other-rule"
        if namespace not in (client, owner, self._root):
            return "never-read"
        own = {"."} if namespace == client else set()
        if rule.export_to and not rule.export_to & {"*", client, *own}:
            return "not-exported"
        if chosen is not None and chosen.rules[0].resource.namespace == namespace:
            return "less-specific"
        entries = self._exported.get(namespace, {}).get(rule.host, [])
        if namespace != client and entries and all(entry.rules[0] is not rule for entry in entries):
            return "merged"
        if where == "client":
            return "client-namespace"
        return "service-namespace" if where == "service" else "less-specific"


def _merge(table: Table, rule: DestinationRule) -> None:
    """Add a rule to the entries of its host, into those it can be merged with."""
    entries = table.setdefault(rule.host, [])
    alone = True
    for entry in entries:
        if rule.export_to == entry.export_to:
            alone = False
        elif not (entry.export_to and rule.export_to >= entry.export_to):
            alone = True
            continue
        else:
            alone = True
        both = rule.selector is not None and entry.selector is not None
        if both and rule.selector != entry.selector:
            alone = True
            continue
        if both or (rule.selector is None and entry.selector is None):
            alone = False
        entry.take(rule)
    if alone:
        entries.append(Merged(rule))
