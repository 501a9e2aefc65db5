"""Samples: requests made so that a given route takes them.

In: the match of a route, those before it. Out: a request that Envoy gives to it, whether that is sure;
and if an earlier match certainly takes every such request.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshlint.mesh.envoy import RouteEntry
from meshlint.mesh.request import Request
from meshlint.mesh.route_match import CLAIM_PREFIX, Match, StringMatch
from meshlint.mesh.trace.routes import accepts, choose
from meshlint.re2.node import Chars, Choice, Concat, Group, Node, Repeat
from meshlint.re2.parser import parse
from meshlint.re2.pattern import RegexError

_ENDINGS = ("", "/meshlint", "meshlint", "/a/b", "?meshlint=1")
_PREFERRED = (("a", "z"), ("0", "9"), ("A", "Z"), ("/", "/"), ("-", "-"))
_MOST_REPEATS = 200
_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")


def sample(routes: Sequence[RouteEntry], entry: RouteEntry, base: Request) -> tuple[Request, bool]:
    """(a request for the route, True if it is known that the route gets it or that no request does)."""
    first: Request | None = None
    for candidate in _candidates(entry.match, base):
        first = first or candidate
        chosen, _ = choose(routes, candidate)
        if chosen is not None and chosen.route is entry.route and chosen.match is entry.match:
            return candidate, True
    request = first or base
    index = next((at for at, one in enumerate(routes) if one is entry), len(routes))
    return request, any(_takes_all(one.match, entry.match) for one in routes[:index])


def _candidates(match: Match | None, base: Request) -> Iterator[Request]:
    """Requests the match accepts, as different as its conditions allow."""
    if match is None:
        for path in ("/", *_ENDINGS[1:]):
            yield base._replace(path=path if path.startswith("/") else f"/{path}")
        return
    for request in _of_match(match, base):
        if accepts(match, request):
            yield request


def _of_match(match: Match, base: Request) -> Iterator[Request]:
    headers = dict(base.headers)
    for name, want in match.headers.items():
        if not name.startswith(CLAIM_PREFIX):
            headers[name.lower()] = _text_for(want)
    query = "&".join(f"{name}={_text_for(want)}" for name, want in match.query.items())
    authority = match.pseudo.get("authority")
    if authority is not None and authority.kind != "present":
        headers["host"] = _text_for(authority)
    request = base._replace(headers=tuple(headers.items()))
    for method in _methods(match, base):
        for path in _paths(match):
            plain, mark, rest = path.partition("?")
            joined = "&".join(part for part in (query, rest) if part)
            yield request._replace(method=method, path=f"{plain}{'?' if joined or mark else ''}{joined}")


def _methods(match: Match, base: Request) -> Sequence[str]:
    want = match.pseudo.get("method")
    if want is None:
        return (base.method, *(one for one in _METHODS if one != base.method))
    return [one for one in _METHODS if want.matches(one)] or [_text_for(want)]


def _paths(match: Match) -> Iterator[str]:
    if match.uri is None or match.uri.kind == "present":
        yield from ("/", *(f"/{ending.removeprefix('/')}" for ending in _ENDINGS[1:]))
        return
    start = _text_for(match.uri)
    endings = _ENDINGS if match.uri.kind in ("prefix", "segments") else ("", "?meshlint=1")
    for ending in endings:
        yield (start + ending if not start.endswith("/") else start + ending.removeprefix("/")) or "/"
    if match.uri.kind == "regex":
        for variant in range(1, 4):
            yield _example(match.uri.text, variant)


def _text_for(want: StringMatch) -> str:
    """A text the condition accepts."""
    if want.kind == "present":
        return "meshlint"
    return _example(want.text, 0) if want.kind == "regex" else want.text


def _example(pattern: str, variant: int) -> str:
    """A text that a regular expression matches, "" for one that cannot be read."""
    try:
        return _written(parse(pattern).node, variant)
    except RegexError:
        return ""


def _written(node: Node, variant: int) -> str:
    if isinstance(node, Chars):
        return _character(node)
    if isinstance(node, Group):
        return _written(node.body, variant)
    if isinstance(node, Concat):
        return "".join(_written(item, variant) for item in node.items)
    if isinstance(node, Choice):
        return _written(node.branches[variant % len(node.branches)], variant)
    if isinstance(node, Repeat):
        times = (
            max(node.low, min(variant, 1)) if node.high is None else min(max(node.low, variant), node.high)
        )
        return _written(node.body, variant) * min(times, 200)
    return ""


def _character(node: Chars) -> str:
    """One of the set, a plain one if there is any."""
    for low, high in _PREFERRED:
        for first, last in node.ranges:
            start = max(ord(low), first)
            if start <= min(ord(high), last):
                return chr(start)
    return chr(node.ranges[0][0]) if node.ranges else ""


# ------------------------------------------------------------------------------ what an earlier match takes


def _takes_all(earlier: Match | None, later: Match | None) -> bool:
    """True if every request of the later match is certainly one of the earlier match too."""
    if earlier is None or earlier.catch_all():
        return True
    if later is None or earlier.without_headers or earlier.query.keys() - later.query.keys():
        return False
    if not _within(earlier.uri, later.uri, fold=earlier.ignore_case, folded=later.ignore_case):
        return False
    asked = ((earlier.pseudo, later.pseudo), (earlier.headers, later.headers), (earlier.query, later.query))
    return all(_within(want, theirs.get(name)) for ours, theirs in asked for name, want in ours.items())


def _within(
    earlier: StringMatch | None, later: StringMatch | None, *, fold: bool = False, folded: bool = False
) -> bool:
    """True if every text of `later` is one of `earlier`."""
    if earlier is None or (earlier.kind == "present" and later is not None):
        return True
    if later is None or (folded and not fold):
        return False
    if earlier == later:
        return True
    if later.kind == "exact":
        return earlier.matches(later.text, fold)
    if earlier.kind == "prefix" and later.kind in ("prefix", "segments"):
        return earlier.matches(later.text, fold)
    return earlier.kind == "segments" and later.kind == "segments" and earlier.matches(later.text, fold)
