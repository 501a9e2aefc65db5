"""Which HTTP match conditions imply which: the one place that says what "an earlier match takes all" means.

In: match blocks of a VirtualService's http routes as written. Out: verdicts. A verdict is given only
where it holds for every request; regular expressions are compared by text, except those that match
everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, sequence, string_map, text, texts

_EVERYTHING = frozenset({".*", "/.*", "^.*$", "^/.*$", ".+", "^/.*"})
_STRING_FIELDS = ("scheme", "method", "authority")
_MAP_FIELDS = ("headers", "queryParams")


def catch_all(match: Mapping[str, Any]) -> bool:
    """True if the match takes every request of its port, gateway and source: no uri condition, or `/`."""
    return all(
        _everything(match.get("uri")) if field == "uri" else not match.get(field)
        for field in ("uri", *_STRING_FIELDS, *_MAP_FIELDS, "withoutHeaders")
    )


def implies(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    """True if every request that `later` takes is taken by `earlier` too."""
    return (
        _uri_covers(earlier, later)
        and all(_covers(earlier.get(field), later.get(field)) for field in _STRING_FIELDS)
        and all(_maps_cover(earlier.get(field), later.get(field)) for field in _MAP_FIELDS)
        and _without_covers(earlier.get("withoutHeaders"), later.get("withoutHeaders"))
        and _source_covers(earlier, later)
    )


def matches_of(route: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The match blocks of a route; one empty block, which takes everything, if it has none."""
    written = [item for _, item in maps(route.get("match"))]
    return written if sequence(route.get("match")) else [{}]


def string_match(value: Any) -> tuple[str, str]:
    """(kind, text) of a StringMatch: kind is "exact", "prefix", "regex", or "" if nothing is asked."""
    written = mapping(value)
    for kind in ("exact", "prefix", "regex"):
        if kind in written:
            return kind, text(written[kind])
    return "", ""


def _everything(value: Any) -> bool:
    kind, wanted = string_match(value)
    return (
        not kind or (kind == "prefix" and wanted in ("", "/")) or (kind == "regex" and wanted in _EVERYTHING)
    )


def _uri_covers(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    if _everything(earlier.get("uri")):
        return True
    folds = earlier.get("ignoreUriCase") is True
    if later.get("ignoreUriCase") is True and not folds:
        return False
    return _covers(earlier.get("uri"), later.get("uri"), folds)


def _covers(earlier: Any, later: Any, folds: bool = False) -> bool:
    """True if every string the later StringMatch takes is taken by the earlier one."""
    kind, wanted = string_match(earlier)
    if not kind:
        return True
    later_kind, later_wanted = string_match(later)
    if folds and "regex" not in (kind, later_kind):
        wanted, later_wanted = wanted.lower(), later_wanted.lower()
    if kind == "prefix":
        return later_kind in ("exact", "prefix") and later_wanted.startswith(wanted)
    if kind == "regex" and wanted in _EVERYTHING:
        return bool(later_kind)
    return kind == later_kind and wanted == later_wanted


def _maps_cover(earlier: Any, later: Any) -> bool:
    """Every condition of the earlier map is implied by the later one's for the same key."""
    conditions = mapping(later)
    return all(
        key in conditions and (_covers(value, conditions[key]) if string_match(value)[0] else True)
        for key, value in mapping(earlier).items()
    )


def _without_covers(earlier: Any, later: Any) -> bool:
    conditions = mapping(later)
    return all(key in conditions and conditions[key] == value for key, value in mapping(earlier).items())


def _source_covers(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Port, gateways and source: the earlier match must not be narrower."""
    port = integer(earlier.get("port"))
    if port is not None and port != integer(later.get("port")):
        return False
    gateways = set(texts(earlier.get("gateways")))
    if gateways and not (texts(later.get("gateways")) and gateways >= set(texts(later.get("gateways")))):
        return False
    if not string_map(earlier.get("sourceLabels")).items() <= string_map(later.get("sourceLabels")).items():
        return False
    namespace = text(earlier.get("sourceNamespace"))
    return not namespace or namespace == text(later.get("sourceNamespace"))
