"""Selectors: equality maps of Services and subsets, LabelSelectors of workloads, and near misses.

In: a selector and label sets. Out: whether it matches, and if not, what keeps it from matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from meshlint.kube.fields import mapping, maps, string_map, text, texts

Subject = TypeVar("Subject")
_SIMILAR = 0.45  # half of a value's characters agree


class Want(NamedTuple):
    """One label a selector asks for and does not get; `actual` is None if the key is absent."""

    key: str
    wanted: str
    actual: str | None


class NearMiss(Generic[Subject]):
    """A candidate that fails a selector, with the labels in the way, in the selector's order."""

    __slots__ = ("subject", "wants")

    def __init__(self, subject: Subject, wants: tuple[Want, ...]) -> None:
        self.subject = subject
        self.wants = wants

    def __repr__(self) -> str:
        return f"<NearMiss {self.subject!r} {self.wants}>"


class Requirement(NamedTuple):
    """One expression of a LabelSelector; operator In, NotIn, Exists or DoesNotExist."""

    key: str
    operator: str
    values: tuple[str, ...]

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Kubernetes' meaning: NotIn and DoesNotExist also hold for an absent key."""
        actual = labels.get(self.key)
        if self.operator == "In":
            return actual is not None and actual in self.values
        if self.operator == "NotIn":
            return actual is None or actual not in self.values
        if self.operator == "Exists":
            return actual is not None
        return self.operator == "DoesNotExist" and actual is None


class LabelSelector:
    """A metav1.LabelSelector: matchLabels and matchExpressions, all of which must hold."""

    __slots__ = ("equalities", "requirements")

    def __init__(self, equalities: dict[str, str], requirements: tuple[Requirement, ...] = ()) -> None:
        self.equalities = equalities
        self.requirements = requirements

    def matches(self, labels: Mapping[str, str]) -> bool:
        """True if every part holds; the empty selector matches everything."""
        return selects(self.equalities, labels) and all(part.matches(labels) for part in self.requirements)

    def empty(self) -> bool:
        """True if nothing is asked for."""
        return not self.equalities and not self.requirements


def label_selector(value: Any) -> LabelSelector:
    """The LabelSelector written at `value`; a wrong type counts as empty."""
    written = mapping(value)
    requirements = tuple(
        Requirement(text(item.get("key")), text(item.get("operator")), tuple(texts(item.get("values"))))
        for _, item in maps(written.get("matchExpressions"))
    )
    return LabelSelector(string_map(written.get("matchLabels")), requirements)


def selects(selector: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """True if every pair of the selector is among the labels; an empty selector selects all."""
    get = labels.get
    return all(get(key) == value for key, value in selector.items())


def missing(selector: Mapping[str, str], labels: Mapping[str, str]) -> tuple[Want, ...]:
    """What keeps `labels` from being selected; empty if they are."""
    return tuple(
        Want(key, value, labels.get(key)) for key, value in selector.items() if labels.get(key) != value
    )


def nearest(
    selector: Mapping[str, str], candidates: Iterable[tuple[Subject, Mapping[str, str]]], limit: int = 3
) -> list[NearMiss[Subject]]:
    """The candidates that fail the selector by the least, nearest first, ties in the given order.

    A candidate is near if it carries one of the wanted labels or a value much like a wanted one.
    A key with a similar value costs less than one with another value, an absent key costs most.
    """
    ranked = []
    for order, (subject, labels) in enumerate(candidates):
        wants = missing(selector, labels)
        costs = [_distance(want) for want in wants]
        if wants and (len(wants) < len(selector) or min(costs) <= _SIMILAR):
            ranked.append((sum(costs), order, NearMiss(subject, wants)))
    ranked.sort(key=lambda row: row[:2])
    return [row[2] for row in ranked[:limit]]


def distance(wants: Iterable[Want]) -> float:
    """How far a candidate is from a selector: the sum over the labels in the way."""
    return sum(_distance(want) for want in wants)


def _distance(want: Want) -> float:
    """0 (same but for case) to 0.9 for a present key, 1 for an absent one."""
    if want.actual is None:
        return 1.0
    wanted, actual = want.wanted.lower(), want.actual.lower()
    longest = max(len(wanted), len(actual), 1)
    head = _common(wanted, actual)
    tail = _common(wanted[head:][::-1], actual[head:][::-1])
    return 0.9 * (1 - (head + tail) / longest)


def _common(first: str, second: str) -> int:
    """How many characters two texts share at the start."""
    return next(
        (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
