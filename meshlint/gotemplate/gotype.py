"""Go's names for the types and kinds of template values; in: a value, out: what reflection would say."""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.govalue import Duration, GoObject, Int64, Uint8, Uint64

_NAMES: dict[type, str] = {
    type(None): "<nil>",
    bool: "bool",
    int: "int",
    Int64: "int64",
    Uint8: "uint8",
    Uint64: "uint64",
    Duration: "time.Duration",
    float: "float64",
    complex: "complex128",
    str: "string",
    bytes: "[]uint8",
    list: "[]interface {}",
    dict: "map[string]interface {}",
}
_KINDS: dict[type, str] = {
    type(None): "invalid",
    bool: "bool",
    int: "int",
    Int64: "int64",
    Uint8: "uint8",
    Uint64: "uint64",
    Duration: "int64",
    float: "float64",
    complex: "complex128",
    str: "string",
    bytes: "slice",
    list: "slice",
    dict: "map",
}


def type_name(value: Any) -> str:
    """The Go type, as `typeOf` and `%T` print it: `map[string]interface {}`, `<nil>`."""
    kind = type(value)
    name = _NAMES.get(kind)
    if name is None:
        declared = getattr(value, "go_type", None)
        name = declared if isinstance(declared, str) else _inherited(kind, _NAMES, "func()")
        _NAMES[kind] = name
    return name


def kind_name(value: Any) -> str:
    """The Go kind, as `kindOf` prints it: `map`, `slice`, `invalid`."""
    kind = type(value)
    name = _KINDS.get(kind)
    if name is None:
        plain = isinstance(value, (dict, list, str, int, float))
        name = (
            value.go_kind if isinstance(value, GoObject) and not plain else _inherited(kind, _KINDS, "func")
        )
        _KINDS[kind] = name
    return name


def _inherited(kind: type, names: dict[type, str], otherwise: str) -> str:
    for parent in kind.__mro__:
        if parent in names:
            return names[parent]
    return otherwise


def sort_key(key: Any) -> Any:
    """A key that orders map keys as Go does: strings bytewise, numbers by value."""
    if isinstance(key, str):
        return key if key.isascii() else key.encode("utf-8", "surrogateescape").decode("latin-1")
    return key


def sorted_keys(mapping: dict[Any, Any]) -> list[Any]:
    """The keys of a mapping in Go's order."""
    try:
        keys = sorted(mapping)
    except TypeError:
        return sorted(mapping, key=lambda key: (type_name(key), sort_key(key)))
    # Code point order is byte order but for the escapes that stand for broken UTF-8.
    if keys and isinstance(keys[-1], str) and not keys[-1].isascii():
        keys.sort(key=sort_key)
    return keys
