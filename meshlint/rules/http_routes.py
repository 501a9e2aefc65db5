"""HTTP routes of a VirtualService: Envoy takes the first route that matches, and a prefix is plain text.

The mesh fact guarded here: routes are tried in order, a catch-all ends the list, prefixes and rewrites
are cut and glued as strings, and a route has exactly one action.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, maps, sequence, text
from meshlint.kube.kinds import VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.rules.http_matches import catch_all, implies, matches_of, string_match
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_EXCLUDED = {
    "redirect": ("route", "fault", "rewrite", "directResponse"),
    "directResponse": ("route", "fault", "rewrite"),
    "delegate": ("route", "redirect"),
}
_ACTIONS = ("route", "redirect", "directResponse", "delegate")


class _Match(NamedTuple):
    """A match block of a route: where it stands, how messages name its route, what it asks."""

    path: Path
    route: str
    asks: dict[str, Any]


class _Taken(NamedTuple):
    """A match and the earlier one that takes all it could match, None if none does."""

    match: _Match
    taker: _Match | None


def _routes(resource: Resource) -> list[tuple[int, dict[str, Any]]]:
    return maps(resource.get("spec", "http"))


def _name(protocol: str, index: int, route: dict[str, Any]) -> str:
    """How a message names a route: `"v2"` or `http[1]`."""
    return f'"{text(route.get("name"))}"' if text(route.get("name")) else f"{protocol}[{index}]"


def _taken(resource: Resource) -> Iterator[tuple[Path, list[_Taken]]]:
    """Each route's path with its matches and who takes them first, in the order of the routes."""
    for protocol in ("http", "tcp", "tls"):
        earlier: list[_Match] = []
        for index, route in maps(resource.get("spec", protocol)):
            path: Path = ("spec", protocol, index)
            name = _name(protocol, index, route)
            matches = [_Match(path, name, asks) for asks in matches_of(route)]
            yield path, [_Taken(match, _taker(match, earlier)) for match in matches]
            if "delegate" not in route:
                earlier += matches


def _taker(match: _Match, earlier: list[_Match]) -> _Match | None:
    for candidate in earlier:
        if not candidate.asks or candidate.asks == match.asks:
            return candidate
        if match.path[1] == "http" and implies(match.asks, candidate.asks):
            return candidate
    return None


@rule(
    "VS012",
    "route-unreachable",
    "A route that no request reaches, because an earlier route takes all it could match.",
    severity="warning",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE,),
    peers=("IST0130",),
    tags=("virtual-service", "routing"),
)
def route_unreachable(resource: Resource, context: Context) -> Iterator[Finding]:
    """Every match of the route is implied by a match of an earlier one."""
    for path, taken in _taken(resource):
        taker = taken[0].taker if taken else None
        if taker is None or not all(each.taker for each in taken):
            continue
        name = taken[0].match.route
        how = "matches every request" if catch_all(taker.asks) else "matches all that it could match"
        yield route_unreachable.finding(
            f"route {name} of {resource.label()} is never reached: the earlier route {taker.route} {how}",
            Place(resource, path, "never reached"),
            Place(resource, taker.path, how, "cause"),
            effect=Effect("requests meant for this route go to the earlier one"),
            hint=_reorder_hint(resource, path, taker),
            key=f"{path[1]}/{name}",
        )


def _reorder_hint(resource: Resource, path: Path, taker: _Match) -> str:
    """Two routes with one weighted destination each were meant as one route with two destinations."""
    destinations = [sequence(resource.get(*where, "route")) for where in (path, taker.path)]
    if all(len(found) == 1 and mapping(found[0]).get("weight") for found in destinations):
        return "list both destinations under one `route` to split the traffic by weight"
    return f"move the route before {taker.route}, or remove it"


@rule(
    "VS024",
    "match-ineffective",
    "A match of a route that never decides, because an earlier match takes all it could match.",
    severity="note",
    kinds=(VIRTUAL_SERVICE,),
    peers=("IST0131",),
    tags=("virtual-service", "routing"),
)
def match_ineffective(resource: Resource, context: Context) -> Iterator[Finding]:
    """Some, not all, matches of a route are implied by earlier routes; VS012 reports the whole routes."""
    for path, taken in _taken(resource):
        if all(each.taker for each in taken):
            continue
        for at, (match, taker) in enumerate(taken):
            if taker is not None:
                yield match_ineffective.finding(
                    f"match {at} of route {match.route} of {resource.label()} never decides: "
                    f"the earlier route {taker.route} takes all that it could match",
                    Place(resource, (*path, "match", at), "never decides"),
                    Place(resource, taker.path, "takes these requests first", "cause"),
                    hint=f"remove the match, or move the route before {taker.route}",
                    key=f"{path[1]}/{match.route}/{at}",
                )


@rule(
    "VS013",
    "glob-in-path",
    "A `*` in a uri prefix or exact match: it is taken literally, so ordinary requests do not match.",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE,),
    tags=("virtual-service", "routing", "outage"),
)
def glob_in_path(resource: Resource, context: Context) -> Iterator[Finding]:
    """Prefix and exact are compared as text; only regex knows wildcards."""
    for index, route in _routes(resource):
        for at, match in maps(route.get("match")):
            kind, wanted = string_match(match.get("uri"))
            if kind in ("prefix", "exact") and "*" in wanted:
                yield glob_in_path.finding(
                    f"uri {kind} `{wanted}` of {resource.label()} contains a literal `*`",
                    Place(resource, ("spec", "http", index, "match", at, "uri", kind), "`*` is no wildcard"),
                    effect=Effect(
                        "no ordinary path matches this route", flag="NR", http="404 if no other route matches"
                    ),
                    hint=_glob_hint(wanted),
                    key=f"{_name('http', index, route)}/{wanted}",
                )


def _glob_hint(wanted: str) -> str:
    stem = wanted.rstrip("*")
    if "*" not in stem:
        return f"write `prefix: {stem or '/'}`; a prefix needs no `*`"
    return f"write `regex: {wanted.replace('.', '[.]').replace('*', '.*')}`"


@rule(
    "VS014",
    "rewrite-slash-mismatch",
    "A rewritten prefix that glues the rest of the path on with two slashes or none.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE,),
    tags=("virtual-service", "routing"),
)
def rewrite_slash_mismatch(resource: Resource, context: Context) -> Iterator[Finding]:
    """Envoy cuts the matched prefix off and puts the rewrite in its place, as plain text."""
    for index, route in _routes(resource):
        rewrite = text(mapping(route.get("rewrite")).get("uri"))
        if not rewrite:
            continue
        for at, match in maps(route.get("match")):
            kind, prefix = string_match(match.get("uri"))
            if kind != "prefix" or prefix.endswith("/") == rewrite.endswith("/") or _has_twin(route, prefix):
                continue
            yield _mismatch(resource, ("spec", "http", index), at, prefix, rewrite)


def _has_twin(route: dict[str, Any], prefix: str) -> bool:
    """True if the route also matches the prefix with its slash: the longer one, tried first, is right."""
    wanted = {string_match(match.get("uri")) for _, match in maps(route.get("match"))}
    return not prefix.endswith("/") and ("prefix", prefix + "/") in wanted


def _mismatch(resource: Resource, route: Path, at: int, prefix: str, rewrite: str) -> Finding:
    example = (prefix if prefix.endswith("/") else prefix + "/") + "items"
    result = rewrite + example[len(prefix) :]
    if prefix == "/":
        hint = f"write `rewrite: {{uri: {rewrite}/}}`"
    elif prefix.endswith("/"):
        hint = f"write `rewrite: {{uri: {rewrite}/}}`, or match `prefix: {prefix.rstrip('/')}`"
    else:
        hint = f"match `prefix: {prefix}/` for the paths below, and `exact: {prefix}` for the path itself"
    return rewrite_slash_mismatch.finding(
        f"{resource.label()} rewrites `{example}` to `{result}`: "
        f"prefix `{prefix}` and rewrite `{rewrite}` differ in their last slash",
        Place(resource, (*route, "rewrite", "uri"), f"`{example}` becomes `{result}`"),
        Place(resource, (*route, "match", at, "uri", "prefix"), "this prefix is replaced", "definition"),
        effect=Effect("the application sees a path it may not know", http="404 from the application"),
        hint=hint,
        key=f"{prefix}>{rewrite}",
    )


@rule(
    "VS015",
    "route-actions-exclude-each-other",
    "A route with two actions that exclude each other, or with none: the webhook refuses the object.",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE,),
    peers=("IST0106",),
    tags=("virtual-service", "rejected"),
)
def route_actions_exclude_each_other(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: validateHTTPRoute of Istio's webhook."""
    for index, route in _routes(resource):
        path: Path = ("spec", "http", index)
        name = _name("http", index, route)
        for action, clash in _clashes(route):
            yield _refused(
                resource,
                path,
                f"route {name} of {resource.label()} has both `{action}` and `{clash}`",
                f"keep `{action}` or `{clash}`, not both",
                (*path, clash),
            )
        if not any(route.get(action) for action in _ACTIONS):
            yield _refused(
                resource,
                path,
                f"route {name} of {resource.label()} has no action",
                "give the route a `route`, `redirect`, `directResponse` or `delegate`",
                path,
            )


def _clashes(route: dict[str, Any]) -> list[tuple[str, str]]:
    """The pairs of present fields that exclude each other, each pair once."""
    found = [
        (action, clash)
        for action, excluded in _EXCLUDED.items()
        for clash in excluded
        if route.get(action) and route.get(clash)
    ]
    return [pair for pair in found if pair[::-1] not in found or pair[0] == "redirect"]


def _refused(resource: Resource, route: Path, message: str, hint: str, path: Path) -> Finding:
    return route_actions_exclude_each_other.finding(
        message,
        Place(resource, path, on_key=True),
        effect=Effect("Istio's validating webhook refuses the object"),
        hint=hint,
        key=f"http[{route[-1]}]",
    )


RULES: tuple[Rule, ...] = (
    route_unreachable,
    glob_in_path,
    rewrite_slash_mismatch,
    route_actions_exclude_each_other,
    match_ineffective,
)
