"""Truth and comparison of template values as Go's text/template defines them; errors are Go's texts."""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.gotype import kind_name, sort_key, type_name
from meshlint.gotemplate.govalue import NIL_TYPES, GoError

_BASIC = {
    "bool": "bool",
    "int": "int",
    "int64": "int",
    "uint8": "uint",
    "uint64": "uint",
    "float64": "float",
    "complex128": "complex",
    "string": "string",
}
_ORDERED = ("int", "uint", "float", "string")


def truth(value: Any) -> bool:
    """What `if` sees: false for false, numbers that are zero, "", nil and empty maps and lists.

    That is Python's truth: structs are true, and objects that are maps or lists say it by their length.
    """
    return bool(value)


def compare_equal(first: Any, second: Any) -> bool:
    """Go's `eq` for two values; GoError for values of different or uncomparable types."""
    one = _BASIC.get(kind_name(first), "")
    two = _BASIC.get(kind_name(second), "")
    if one != two:
        if {one, two} == {"int", "uint"}:
            return bool(first == second)
        if first is not None and second is not None:
            raise GoError(f"incompatible types for comparison: {type_name(first)} and {type_name(second)}")
        return False
    if one:
        return bool(first == second)
    return _equal_composites(first, second)


def _equal_composites(first: Any, second: Any) -> bool:
    kinds = kind_name(first), kind_name(second)
    if kinds[0] != kinds[1] and "invalid" not in kinds:
        raise GoError(
            f"non-comparable types {_shown(first)}: {type_name(first)}, "
            f"{type_name(second)}: {_shown(second, 'v')}"
        )
    if _is_nil(first) or _is_nil(second):
        return _is_nil(first) and _is_nil(second)
    if isinstance(second, (dict, list, bytes)) or kinds[1] in ("map", "slice"):
        raise GoError(f"non-comparable type {_shown(second)}: {type_name(second)}")
    if kinds[1] == "ptr":
        return first is second
    return type(first) is type(second) and bool(first == second)


def _is_nil(value: Any) -> bool:
    return value is None or isinstance(value, NIL_TYPES)


def _shown(value: Any, letter: str = "s") -> str:
    """The operand inside an error text; with %s numbers look like `%!s(float64=1)`."""
    from meshlint.gotemplate.verb import PLAIN, format_verb

    return format_verb(value, letter, PLAIN)


def compare_less(first: Any, second: Any) -> bool:
    """Go's `lt`; GoError for different types and for types without an order."""
    one = _BASIC.get(kind_name(first), "")
    two = _BASIC.get(kind_name(second), "")
    if not one or not two:
        raise GoError("invalid type for comparison")
    if one != two and {one, two} != {"int", "uint"}:
        raise GoError(f"incompatible types for comparison: {type_name(first)} and {type_name(second)}")
    if one not in _ORDERED:
        raise GoError("invalid type for comparison")
    if one == "string":
        return bool(sort_key(first) < sort_key(second))
    return bool(first < second)
