"""Helm room, schema scopes: where a validation stands, what is not evaluated yet, when values are equal."""

from __future__ import annotations

from typing import Any

from meshlint.helm.schemadocument import Node

Location = tuple[str, ...]


class Scope:
    """A subschema being applied; `value` tells whether two scopes look at the same value."""

    __slots__ = ("keyword", "node", "parent", "value")

    def __init__(self, node: Node, keyword: str, value: int, parent: Scope | None) -> None:
        self.node = node
        self.keyword = keyword
        self.value = value
        self.parent = parent

    def cycle(self) -> Scope | None:
        """An outer scope that applies the same subschema to the same value."""
        scope = self.parent
        while scope is not None and scope.value == self.value:
            if scope.node is self.node:
                return scope
            scope = scope.parent
        return None

    def keywords(self) -> str:
        """The way from the top: `/properties/a/$ref`."""
        out = ""
        scope = self
        while scope.parent is not None:
            here = scope.node.location()
            out = (f"/{scope.keyword}" if scope.keyword else here[len(scope.parent.node.location()) :]) + out
            scope = scope.parent
        return out


class Left:
    """The properties and items that no subschema has evaluated yet; None where nobody asks."""

    __slots__ = ("items", "names")

    def __init__(self, value: Any, node: Node, wanted: bool) -> None:
        raw = node.raw if isinstance(node.raw, dict) else {}
        self.names: set[str] = set()
        self.items: set[int] = set()
        if isinstance(value, dict) and "additionalProperties" not in raw:
            if wanted or "unevaluatedProperties" in raw:
                self.names = set(value)
        elif isinstance(value, list) and (wanted or "unevaluatedItems" in raw):
            self.items = set(range(_evaluated_items(raw, node.draft, len(value)), len(value)))

    def merge(self, other: Left) -> None:
        """What another subschema evaluated is evaluated."""
        self.names &= other.names
        self.items &= other.items

    def __bool__(self) -> bool:
        return bool(self.names or self.items)


def _evaluated_items(raw: dict[str, Any], draft: int, length: int) -> int:
    items = raw.get("items")
    if draft >= 2020:
        prefix = raw.get("prefixItems")
        return length if "items" in raw else len(prefix) if isinstance(prefix, list) else 0
    if "additionalItems" in raw and isinstance(items, list):
        return length
    return len(items) if isinstance(items, list) else length if "items" in raw else 0


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, (int, float)):
        return "number"
    return "object" if isinstance(value, dict) else "array"


def equal(left: Any, right: Any) -> bool:
    """True if two JSON values are the same; 1 and 1.0 are, 1 and true are not."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    same_kind = type_of(left) == type_of(right)
    return bool(same_kind and left == right)
