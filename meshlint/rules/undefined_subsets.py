"""Undefined subsets: a route may name only subsets of the DestinationRule its client really gets.

The mesh fact guarded here: Istio looks for a DestinationRule in the client's, the service's and the
root namespace, takes the most specific host of the first that has one, and builds clusters for its
subsets only. A route to any other subset has no cluster: 503 NC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshlint.mesh.destination_rules import Hidden, Subset
from meshlint.mesh.graph import Mesh
from meshlint.rules.hits import Hit, absent, harmless, hits, share_label
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Finding, Place


@rule(
    "VS001",
    "routed-subset-undefined",
    "A route to a subset that no DestinationRule visible to the client defines.",
    precision="very-high",
    peers=("IST0101", "KIA1107"),
    tags=("virtual-service", "subset", "outage"),
)
def routed_subset_undefined(context: Context) -> Iterator[Finding]:
    """One finding per destination; DR003 speaks where another DestinationRule hides the one that has it."""
    for found in _undefined(context.mesh):
        if not _hiding(found):
            yield _not_defined(context.mesh, found)


@rule(
    "DR003",
    "subset-hidden-by-other-rule",
    "A route to a subset whose DestinationRule the client does not get, because another one wins.",
    severity="warning",
    peers=("KIA1107",),
    tags=("destination-rule", "subset", "outage"),
)
def subset_hidden_by_other_rule(context: Context) -> Iterator[Finding]:
    """Istio looks in the client's, the service's and the root namespace and never merges across them."""
    for found in _undefined(context.mesh):
        for hidden in _hiding(found)[:1]:
            yield _hidden_finding(found, hidden)


def _undefined(mesh: Mesh) -> list[list[Hit]]:
    """The destinations whose subset has no cluster at some client, with all such hits of each."""
    groups: dict[tuple[object, ...], list[Hit]] = {}
    for hit in hits(mesh, subsets=True):
        linted = mesh.is_linted(hit.target.resource)
        absent = hit.cluster.code == "CDS-NOSUBSET" and hit.cluster.effective is not None
        if linted and (absent or _lacks(mesh, hit)):
            groups.setdefault((id(hit.target.resource), hit.target.path), []).append(hit)
    return list(groups.values())


def _lacks(mesh: Mesh, hit: Hit) -> bool:
    """True if no service of the host is known, but DestinationRules are, and none defines the subset."""
    if hit.cluster.service is not None:
        return False
    rules = mesh.rules.covering(hit.target.host)
    defined = any(subset.name == hit.target.subset for each in rules for subset in each.subsets)
    return not defined and (bool(rules) or mesh.settings.closed_world)


def _hiding(found: list[Hit]) -> list[tuple[Hit, Hidden]]:
    """The DestinationRules that define the subset and that the client does not get."""
    return [
        (hit, hidden)
        for hit in found
        for hidden in (hit.cluster.effective.hidden if hit.cluster.effective else ())
        if any(subset.name == hit.target.subset for subset in hidden.rule.subsets)
    ]


def _not_defined(mesh: Mesh, found: list[Hit]) -> Finding:
    hit = found[0]
    effective = hit.cluster.effective
    names = list(effective.subsets) if effective else []
    sources = effective.sources if effective else ()
    near = _near(hit.target.subset, names)
    if sources:
        known = ", ".join(f"`{name}`" for name in names) or "no subset"
        why = f"{sources[0].label()} defines {known}"
    else:
        why = f"no DestinationRule for `{hit.target.host}` is in the input"
    return routed_subset_undefined.finding(
        f"{hit.virtual.resource.label()} routes to subset `{hit.target.subset}` of `{hit.target.written}`, "
        f"which is not defined: {why}",
        Place(hit.target.resource, (*hit.target.path, "subset"), share_label(hit)),
        *(Place(source, ("spec", "subsets"), "the subsets in effect", "definition") for source in sources),
        *_partial_places(mesh, hit),
        severity="warning" if harmless(hit) else None,
        effect=absent(hit),
        hint=f"write `subset: {near}`" if near else _define_hint(hit, bool(sources)),
        notes=_partial_notes(mesh, hit),
        key=f"{hit.target.host}/{hit.target.subset}",
    )


def _define_hint(hit: Hit, exists: bool) -> str:
    where = "the DestinationRule" if exists else f"a DestinationRule with `host: {hit.target.host}`"
    return f"define the subset `{hit.target.subset}` in {where}"


def _partial_rules(mesh: Mesh, hit: Hit) -> list[Subset]:
    """Subsets of that name in DestinationRules whose host only looks like the service's."""
    found = []
    for each in mesh.rules.rules:
        meant = mesh.resolve_host(each.written_host, each.resource.namespace)
        if meant.why == "partial-name" and any(one.host == hit.cluster.host for one in meant.services):
            found += [subset for subset in each.subsets if subset.name == hit.target.subset]
    return found


def _partial_places(mesh: Mesh, hit: Hit) -> list[Place]:
    return [
        Place(subset.resource, ("spec", "host"), "does not mean this service", "candidate")
        for subset in _partial_rules(mesh, hit)
    ]


def _partial_notes(mesh: Mesh, hit: Hit) -> Iterator[str]:
    for subset in _partial_rules(mesh, hit):
        yield (
            f"{subset.resource.label()} defines it for `{subset.resource.get('spec', 'host')}`: "
            "Istio expands only names without a dot"
        )


_REASONS = {
    "client-namespace": "a DestinationRule in the client's own namespace comes first",
    "service-namespace": "a DestinationRule in the service's namespace comes first",
    "less-specific": "a DestinationRule with a more specific host comes first",
    "not-exported": "its exportTo does not admit the client's namespace",
    "never-read": "its namespace is neither the client's, the service's nor the root namespace",
    "selector": "its workloadSelector does not match the client",
    "merged": "it was merged into an older DestinationRule that is not exported to that namespace",
    "other-rule": "another DestinationRule for the host is taken and the two cannot be merged",
}


def _hidden_finding(found: list[Hit], hiding: tuple[Hit, Hidden]) -> Finding:
    hit, hidden = hiding
    client, effective = hit.use.client, hit.cluster.effective
    winners = effective.sources if effective else ()
    defined = next(subset for subset in hidden.rule.subsets if subset.name == hit.target.subset)
    who = f"{'gateways' if client.gateway else 'clients'} in namespace {client.namespace}"
    what = f"subset `{hit.target.subset}` of {hidden.rule.resource.label()}"
    return subset_hidden_by_other_rule.finding(
        f"{who} do not get {what}: {_REASONS[hidden.reason]}",
        Place(hit.target.resource, (*hit.target.path, "subset"), share_label(hit)),
        Place(defined.resource, defined.path, "defined here, not in effect", "cause"),
        *(Place(source, ("spec", "host"), "in effect instead", "definition") for source in winners),
        effect=absent(hit),
        hint=_hidden_hint(hit, hidden),
        key=f"{client.namespace}/{hit.target.host}/{hit.target.subset}",
    )


def _hidden_hint(hit: Hit, hidden: Hidden) -> str:
    if hidden.reason == "not-exported":
        return f"add `{hit.use.client.namespace}` to exportTo of {hidden.rule.resource.label()}"
    if hidden.reason == "never-read":
        owner = hit.cluster.service.namespace if hit.cluster.service else hit.use.client.namespace
        return f"move {hidden.rule.resource.label()} to namespace {owner}"
    winners = hit.cluster.effective.sources if hit.cluster.effective else ()
    where = winners[0].label() if winners else "the DestinationRule in effect"
    return f"define the subset `{hit.target.subset}` in {where} too"


def _near(name: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, list(names), n=1, cutoff=0.6)
    return found[0] if found and len(name) > 2 else ""


RULES: tuple[Rule, ...] = (routed_subset_undefined, subset_hidden_by_other_rule)
