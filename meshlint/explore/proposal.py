"""Explore room, proposals: the values that Changes stand for, as values and as the --set flags to type.

In: Changes, the present values, the Usage. Out: a tracked mapping to lay over the values, whose origins are
the flags, and those flags. What no condition and no default tells stands there as a Placeholder.
"""

from __future__ import annotations

import re
from typing import Any

from meshlint.explore.usage import Usage
from meshlint.explore.wish import Changes, Want
from meshlint.gotemplate.govalue import Placeholder
from meshlint.text.origin import KeyOrigin, Path, dotted
from meshlint.text.pattern import lazy
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedList, TrackedMap, deep_copy

STAND_IN = "placeholder"
_SWITCH = lazy(r"(?i)(?:^|[a-z_-])(?:enabled?|create|install|deploy|active|use|on)$")
_PORT = lazy(r"(?i)port(?:number)?$")
_SINGULAR = lazy(r"(?i)(?:labels|annotations|resources|requests|limits|status|class|options|headers)$")
_NEEDS_STRING = lazy(r"(?:true|false|null|[-+]?[0-9].*|)", re.IGNORECASE)


class Proposal:
    """Values that should open what is closed.

    changes   what they came from
    values    to be laid over the values of a base
    flags     the same as flags of `helm template`, as people would type them
    """

    __slots__ = ("changes", "flags", "values")

    def __init__(self, changes: Changes, current: dict[str, Any], usage: Usage) -> None:
        self.changes = changes
        self.values = TrackedMap()
        self.flags: list[str] = []
        for path in sorted(changes.values, key=len):
            value = proposed(path, changes.values[path], _at(current, path), usage)
            flag, text = as_flag(path, value)
            self.flags.append(f"{flag} {text}")
            source = Source(f"{flag} {text.partition('=')[0]}", text, "flag")
            _Writing(source, path, current).into(self.values, value)
        self.flags += [f"--api-versions {name}" for name in changes.apis]


def proposed(path: Path, want: Want, current: Any, usage: Usage) -> Any:
    """The value for a place."""
    if want.kind == "is":
        return want.value
    if want.kind == "not":
        return _other_than(path, want.value)
    if want.kind == "false":
        return _empty_like(current)
    if isinstance(current, bool):
        return True
    if isinstance(current, (int, float)):
        return 1
    return _filled(path, want, current, usage)


def _filled(path: Path, want: Want, current: Any, usage: Usage) -> Any:
    """A value where there is none: an empty one of the same type is filled, else the usage tells the type."""
    name = str(path[-1])
    uses = usage.of(path)
    if isinstance(current, list):
        return TrackedList([_text(path)])
    if isinstance(current, dict):
        return TrackedMap({STAND_IN: _text(path)})
    if current == "":
        return _text(path)
    if _SWITCH.search(name):
        return True
    if want.loops or "range" in uses:
        return TrackedList([_text(path)])
    if "map" in uses:
        return TrackedMap({STAND_IN: _text(path)})
    if "block" in uses:
        many = name.endswith("s") and not _SINGULAR.search(name)
        return TrackedList([_text(path)]) if many else TrackedMap({STAND_IN: _text(path)})
    return _text(path) if "text" in uses else True


def _text(path: Path) -> Any:
    names = [str(part) for part in path[1:] if isinstance(part, str)]
    if names and _PORT.search(names[-1]):
        return Placeholder("8080")
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(names).lower()).strip("-")
    return Placeholder(f"{STAND_IN}-{words}"[:50].rstrip("-"))


def _other_than(path: Path, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, (int, float)) else _text(path)


def _empty_like(current: Any) -> Any:
    if isinstance(current, bool):
        return False
    if isinstance(current, (int, float)):
        return 0
    if isinstance(current, list):
        return TrackedList()
    return "" if isinstance(current, str) else None


def _at(current: Any, path: Path) -> Any:
    for part in path[1:]:
        if isinstance(current, dict):
            current = current.get(part)
        elif isinstance(current, list) and isinstance(part, int) and part < len(current):
            current = current[part]
        else:
            return None
    return current


class _Writing:
    """One value on its way into a tree of values."""

    def __init__(self, source: Source, path: Path, current: dict[str, Any]) -> None:
        self.path = path
        self.current = current
        equals = source.text.find("=")
        self.origin = KeyOrigin(source, 0, equals + 1, len(source.text), path[1:])

    def into(self, container: Any, value: Any) -> None:
        """Put the value there; lists on the way are those of the present values, for Helm replaces lists."""
        names = self.path[1:]
        for depth, part in enumerate(names[:-1]):
            container = self._below(container, part, names[: depth + 1], isinstance(names[depth + 1], int))
        self._put(container, names[-1], value)

    def _below(self, container: Any, part: str | int, names: Path, is_list: bool) -> Any:
        present = container.get(part) if isinstance(container, dict) else self._item(container, part)
        if isinstance(present, (dict, list)):
            return present
        found: Any = TrackedMap()
        if is_list:
            now = _at(self.current, ("Values", *names))
            found = deep_copy(now) if isinstance(now, list) else TrackedList()
        self._put(container, part, found)
        return found

    def _item(self, container: Any, part: str | int) -> Any:
        return container[part] if isinstance(part, int) and part < len(container) else None

    def _put(self, container: Any, part: str | int, value: Any) -> None:
        if isinstance(container, list):
            assert isinstance(part, int)
            while len(container) <= part:
                container.append(TrackedMap())
            container[part] = value
            if isinstance(container, TrackedList):
                container.origins[part] = self.origin
        elif isinstance(container, TrackedMap):
            container.put(str(part), value, self.origin)
        else:
            container[part] = value


def as_flag(path: Path, value: Any) -> tuple[str, str]:
    """The flag of helm that sets a value, and its text: ("--set", "istio.enabled=true")."""
    key = "".join(
        f"[{part}]" if isinstance(part, int) else ("." if number else "") + _escaped(part, ".,=[")
        for number, part in enumerate(path[1:])
    )
    if isinstance(value, dict) and value:
        name, inner = next(iter(value.items()))
        return as_flag((*path, name), inner)
    if isinstance(value, list):
        return "--set", f"{key}={{{','.join(_shown(item) for item in value)}}}"
    if isinstance(value, str) and not isinstance(value, Placeholder) and _NEEDS_STRING.fullmatch(value):
        return "--set-string", f"{key}={value}"
    return "--set", f"{key}={_shown(value)}"


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return _escaped(str(value), ",{}") if isinstance(value, str) else str(value)


def _escaped(text: str, special: str) -> str:
    return "".join("\\" + char if char in special else char for char in text)


def paths_of(changes: Changes) -> list[str]:
    """What is changed, as people write it: `istio.enabled`, `--api-versions x`."""
    places = [dotted(path[1:]) for path in changes.values]
    return places + [f"--api-versions {api}" for api in changes.apis]
