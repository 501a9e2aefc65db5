"""Sprig's reflection: typeOf, kindOf and their questions, deepEqual.

In: any Go values; out: Go's names and verdicts.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import kind_name, type_name
from meshlint.gotemplate.govalue import NIL_TYPES, GoObject


def type_is(target: str, value: Any) -> bool:
    """True if the Go type has exactly this name."""
    return target == type_name(value)


def type_is_like(target: str, value: Any) -> bool:
    """True if the Go type or what it points to has this name."""
    return type_name(value) in (target, "*" + target)


def kind_is(target: str, value: Any) -> bool:
    """True if the Go kind has this name."""
    return target == kind_name(value)


def deep_equal(left: Any, right: Any) -> bool:
    """reflect.DeepEqual: strict on types (1, 1.0 and int64 1 differ), nil and empty lists differ."""
    return _equal(left, right, set())


def _equal(left: Any, right: Any, seen: set[tuple[int, int]]) -> bool:
    if left is None or right is None:
        return left is right
    if type(left) is not type(right) and type_name(left) != type_name(right):
        return False
    if isinstance(left, (dict, list)):
        return left is right or _equal_containers(left, right, seen)
    if isinstance(left, GoObject):
        return left is right or (
            type(left) is type(right) and _equal(left.printed_fields(), right.printed_fields(), seen)
        )
    return bool(left == right)


def _equal_containers(left: Any, right: Any, seen: set[tuple[int, int]]) -> bool:
    if len(left) != len(right) or isinstance(left, NIL_TYPES) != isinstance(right, NIL_TYPES):
        return False
    pair = (id(left), id(right))
    if pair in seen:
        return True  # a container that holds itself
    seen.add(pair)
    if isinstance(left, dict):
        return all(key in right and _equal(value, right[key], seen) for key, value in left.items())
    return all(_equal(one, other, seen) for one, other in zip(left, right, strict=True))


FUNCTIONS: tuple[Function, ...] = (
    Function("typeOf", ("any",), type_name),
    Function("typeIs", ("string", "any"), type_is),
    Function("typeIsLike", ("string", "any"), type_is_like),
    Function("kindOf", ("any",), kind_name),
    Function("kindIs", ("string", "any"), kind_is),
    Function("deepEqual", ("any", "any"), deep_equal),
)
