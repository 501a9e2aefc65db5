"""Selectors: equality maps of Services and subsets, LabelSelectors of workloads, and near misses.

In: a selector and label sets. Out: whether it matches, and if not, what keeps it from matching.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from meshlint.kube.fields import mapping, maps, string_map, text, texts

Subject = TypeVar("Subject")


class Want(NamedTuple):
    """One label a selector asks for and does not get; `actual` is None if the key is absent."""

    key: str
    wanted: str
    actual: str | None


class NearMiss(NamedTuple, Generic[Subject]):
    """A candidate that fails a selector, with the labels in the way, in the selector's order."""

    subject: Subject
    wants: tuple[Want, ...]


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

    A key with another value is nearer than an absent key, and values that share a beginning or
    differ in case only are nearer than others. A candidate that shares no label is no near miss,
    unless the selector has one label and the candidate carries its key.
    """
    ranked = []
    for order, (subject, labels) in enumerate(candidates):
        wants = missing(selector, labels)
        if wants and (len(wants) < len(selector) or any(want.actual is not None for want in wants)):
            ranked.append((sum(_distance(want) for want in wants), order, NearMiss(subject, wants)))
    ranked.sort(key=lambda row: row[:2])
    return [row[2] for row in ranked[:limit]]


def _distance(want: Want) -> float:
    if want.actual is None:
        return 1.0
    wanted, actual = want.wanted.lower(), want.actual.lower()
    if wanted == actual:
        return 0.3
    return 0.6 if wanted.startswith(actual) or actual.startswith(wanted) else 0.9
