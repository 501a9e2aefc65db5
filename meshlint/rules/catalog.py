"""The catalog: every rule of meshlint in one tuple, and which of them a run uses.

In: codes, slugs, prefixes, tags or peers' codes as users write them. Out: rules. The families are
listed by hand; importing a family registers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from meshlint.rules import (
    ambient,
    authorization,
    chart_layout,
    chart_metadata,
    control_plane,
    credentials,
    destination_rules,
    destinations,
    envoy_filters,
    gateway_api,
    gateway_bindings,
    gateway_tls,
    gateways,
    http_routes,
    identities,
    inputs,
    istio_annotations,
    kubernetes_apis,
    kubernetes_objects,
    mutual_tls,
    policies,
    references,
    releases,
    rendered_text,
    service_entries,
    services,
    sidecars,
    subsets,
    templates,
    undefined_subsets,
    versions,
    virtual_hosts,
    weights,
    workloads,
)
from meshlint.rules.rule import Rule

ALL: tuple[Rule, ...] = tuple(
    sorted(
        (
            *ambient.RULES,
            *authorization.RULES,
            *chart_layout.RULES,
            *chart_metadata.RULES,
            *control_plane.RULES,
            *credentials.RULES,
            *destination_rules.RULES,
            *destinations.RULES,
            *envoy_filters.RULES,
            *gateway_api.RULES,
            *gateway_bindings.RULES,
            *gateway_tls.RULES,
            *gateways.RULES,
            *http_routes.RULES,
            *identities.RULES,
            *inputs.RULES,
            *istio_annotations.RULES,
            *kubernetes_apis.RULES,
            *kubernetes_objects.RULES,
            *mutual_tls.RULES,
            *policies.RULES,
            *references.RULES,
            *releases.RULES,
            *rendered_text.RULES,
            *service_entries.RULES,
            *services.RULES,
            *sidecars.RULES,
            *subsets.RULES,
            *templates.RULES,
            *undefined_subsets.RULES,
            *versions.RULES,
            *virtual_hosts.RULES,
            *weights.RULES,
            *workloads.RULES,
        ),
        key=lambda rule: rule.code,
    )
)

# Codes that were given up; they are never used again for something else.
RETIRED: dict[str, str] = {}

_PREFIX = re.compile(r"[A-Z]{2,}\d{0,3}")
_EXACT = 100


class Selection(NamedTuple):
    """The rules of a run.

    rules     the enabled rules, in catalog order
    unknown   selectors that name nothing, with the nearest known word ("" if none is near)
    asked     codes of the rules that the user chose, in whatever way: their findings of low
              precision are shown too
    """

    rules: tuple[Rule, ...]
    unknown: tuple[tuple[str, str], ...]
    asked: frozenset[str] = frozenset()

    def codes(self) -> frozenset[str]:
        """The codes of the enabled rules."""
        return frozenset(rule.code for rule in self.rules)


def rule_of(code: str) -> Rule | None:
    """The rule with this code or slug, None if there is none."""
    return next((rule for rule in ALL if code in (rule.code, rule.slug)), None)


def matching(selector: str) -> list[Rule]:
    """The rules that a selector names: a code, slug, prefix ("VS", "VS0"), tag, peer's code, or ALL."""
    return [rule for rule in ALL if _rank(rule, selector) >= 0]


def select(
    chosen: Iterable[str] = (), extended: Iterable[str] = (), ignored: Iterable[str] = ()
) -> Selection:
    """The rules a run uses. The more exact selector wins, an ignore wins a tie.

    chosen    replaces the default selection
    extended  adds to it
    ignored   takes away
    Faults that keep the input from being checked at all stay on whatever is chosen.
    """
    chosen, extended, ignored = tuple(chosen), tuple(extended), tuple(ignored)
    rules = tuple(rule for rule in ALL if _enabled(rule, chosen, extended, ignored))
    named = (*chosen, *extended, *ignored)
    unknown = tuple((name, nearest(name)) for name in dict.fromkeys(named) if not matching(name))
    asked = {rule.code for rule in rules if any(_rank(rule, name) >= 0 for name in (*chosen, *extended))}
    return Selection(rules, unknown, frozenset(asked))


def override(code: str, severities: Mapping[str, str]) -> str:
    """What the most exact entry of `severities` (selector -> severity) says of the rule; "" if none does."""
    rule = rule_of(code)
    ranked = [(_rank(rule, name), severity) for name, severity in severities.items()] if rule else []
    rank, severity = max(ranked, default=(-1, ""))
    return severity if rank >= 0 else ""


def peers() -> dict[str, tuple[str, ...]]:
    """Peer's code -> our codes that mean the same."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in ALL:
        for peer in rule.peers:
            found[peer] = (*found.get(peer, ()), rule.code)
    return found


def nearest(name: str) -> str:
    """The known code, slug, tag or peer's code most like `name`; "" if none is."""
    from difflib import get_close_matches

    words = {word for rule in ALL for word in (rule.code, rule.slug, *rule.tags, *rule.peers)}
    near = get_close_matches(name, sorted(words), n=1, cutoff=0.7)
    return near[0] if near else ""


def _enabled(
    rule: Rule, chosen: tuple[str, ...], extended: tuple[str, ...], ignored: tuple[str, ...]
) -> bool:
    wanted = max((_rank(rule, name) for name in (*chosen, *extended)), default=-1)
    if wanted < 0 and ((rule.default and not chosen) or "always" in rule.tags):
        wanted = 0
    return wanted > max((_rank(rule, name) for name in ignored), default=-1)


def _rank(rule: Rule, selector: str) -> int:
    """How exactly the selector names the rule: -1 not at all, 0 ALL, 1 tag, then prefixes, exact last."""
    if selector in (rule.code, rule.slug) or selector in rule.peers:
        return _EXACT
    if selector == "ALL":
        return 0
    if selector in rule.tags:
        return 1
    named = any(code.startswith(selector) for code in (rule.code, *rule.peers))
    return 1 + len(selector) if named and _PREFIX.fullmatch(selector) else -1
