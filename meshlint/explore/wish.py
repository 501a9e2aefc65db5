"""Explore room, wishes: what must become of the values so that a condition holds.

A Want says what a value should be; Changes gather Wants for several places. Two Changes join if no place
gets two contrary Wants.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from meshlint.text.origin import Path

MOST_ALTERNATIVES = 8


class Want(NamedTuple):
    """What a value should be.

    kind    "true" and "false" as `if` sees it; "is" and "not" a certain value
    value   of "is" and "not"
    loops   the value is gone over by `range`
    """

    kind: Literal["true", "false", "is", "not"]
    value: Any = None
    loops: bool = False

    def met(self, value: Any) -> bool:
        """True if the value is as wanted."""
        if self.kind == "true":
            return bool(value)
        if self.kind == "false":
            return not value
        same = type(value) is type(self.value) and bool(value == self.value)
        return same if self.kind == "is" else not same

    def negated(self) -> Want:
        """The contrary."""
        return Want(_CONTRARY[self.kind], self.value)

    def joined(self, other: Want) -> Want | None:
        """One Want for both, None if there is none."""
        if self == other:
            return self
        for one, two in ((self, other), (other, self)):
            if one.kind == "is":
                return one if two.kind != "is" and two.met(one.value) else None
        if self.kind in ("true", "false") and other.kind in ("true", "false"):
            return Want("true", None, self.loops or other.loops) if self.kind == other.kind else None
        return self if other.kind == "not" else other


_CONTRARY: dict[str, Literal["true", "false", "is", "not"]] = {
    "true": "false",
    "false": "true",
    "is": "not",
    "not": "is",
}
TRUE = Want("true")
FALSE = Want("false")


class Changes(NamedTuple):
    """Wants by the path of their value (from "Values"), and API versions the cluster should have."""

    values: dict[Path, Want] = {}
    apis: tuple[str, ...] = ()

    def joined(self, other: Changes) -> Changes | None:
        """Both together, None if they are contrary."""
        values = dict(self.values)
        for path, want in other.values.items():
            both = values[path].joined(want) if path in values else want
            if both is None:
                return None
            values[path] = both
        kept = {path: want for path, want in values.items() if not _implied(path, want, values)}
        if any(_blocked(path, kept) for path in kept):
            return None
        return Changes(kept, tuple(dict.fromkeys((*self.apis, *other.apis))))

    def empty(self) -> bool:
        """True if nothing has to change."""
        return not self.values and not self.apis

    def covers(self, other: Changes) -> bool:
        """True if all of the other Changes are among these."""
        return set(other.apis) <= set(self.apis) and all(
            path in self.values or _implied(path, want, self.values) for path, want in other.values.items()
        )


NO_CHANGES = Changes()
Alternatives = list[Changes]


def _implied(path: Path, want: Want, values: dict[Path, Want]) -> bool:
    """True for a mapping that only has to be there, and is because something is put into it."""
    return want.kind == "true" and any(
        len(other) > len(path) and other[: len(path)] == path and values[other].kind in ("true", "is")
        for other in values
    )


def _blocked(path: Path, values: dict[Path, Want]) -> bool:
    """True if a parent of the path gets a value that cannot hold it."""
    return any(path[:end] in values for end in range(1, len(path)))


def every(parts: list[Alternatives]) -> Alternatives:
    """The ways to have one alternative of each part."""
    found: Alternatives = [NO_CHANGES]
    for part in parts:
        joint = [both for one in found for two in part if (both := one.joined(two)) is not None]
        found = fewest(joint)
        if not found:
            return []
    return found


def either(parts: list[Alternatives]) -> Alternatives:
    """The ways to have an alternative of any part, those with the fewest changes first."""
    return fewest([each for part in parts for each in part])


def fewest(found: Alternatives) -> Alternatives:
    """The alternatives in order of their size, without repetitions; not too many."""
    unique: Alternatives = []
    for each in sorted(found, key=lambda changes: len(changes.values) + len(changes.apis)):
        if each not in unique:
            unique.append(each)
        if each.empty() or len(unique) >= MOST_ALTERNATIVES:
            break
    return unique
