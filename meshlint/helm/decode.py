"""Helm room, decoding: YAML values into Go structs, as sigs.k8s.io/yaml and encoding/json do.

In: a value with exact numbers and a Shape. Out: plain Python data with the struct's own field names, or a
DecodeError with Go's text. Facts: keys match without regard to case; scalars become strings where the
target is a string; null leaves the zero value; of several matching keys the bytewise last one wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from meshlint.gotemplate.floatfmt import shortest
from meshlint.gotemplate.gotype import sort_key
from meshlint.gotemplate.govalue import GoError
from meshlint.text.origin import Path
from meshlint.yamldoc.load import json_kind

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


class DecodeError(Exception):
    """Go's text (`json: cannot unmarshal ...`) and the keys that lead to the offending value."""

    def __init__(self, text: str, path: Path) -> None:
        super().__init__(text)
        self.path = path


class Shape:
    """A Go type to decode into.

    kind    "string", "bool", "time", "any", "list", "map" or "struct"
    name    what Go calls the type in errors
    item    the Shape of list items and map values
    fields  for structs: JSON key -> Shape
    """

    __slots__ = ("fields", "item", "kind", "name")

    def __init__(
        self, kind: str, name: str, item: Shape | None = None, fields: dict[str, Shape] | None = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.item = item
        self.fields = fields or {}


STRING = Shape("string", "string")
BOOL = Shape("bool", "bool")
ANY = Shape("any", "interface {}")
TIME = Shape("time", "time.Time")
STRING_LIST = Shape("list", "[]string", STRING)
STRING_MAP = Shape("map", "map[string]string", STRING)


def decode(value: Any, shape: Shape, path: Path = ()) -> Any:
    """The value in the given shape, None for null; structs become dicts of the fields present.

    Raises DecodeError.
    """
    if value is None:
        return None
    if shape.kind == "string":
        return _string(value, path)
    if shape.kind == "bool":
        return value if isinstance(value, bool) else _refuse(value, shape, path)
    if shape.kind == "time":
        return _time(value, path)
    if shape.kind == "list":
        return _list(value, shape, path)
    if shape.kind == "map":
        return _map(value, shape, path)
    if shape.kind == "struct":
        return _struct(value, shape, path)
    return _as_json(value)


def _string(value: Any, path: Path) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return shortest(value) if isinstance(value, float) else str(value)
    return str(_refuse(value, STRING, path))


def _time(value: Any, path: Path) -> str:
    """The text of a moment, as time.Time.UnmarshalJSON takes it."""
    if not isinstance(value, str):
        raise DecodeError("Time.UnmarshalJSON: input is not a JSON string", path)
    if not _RFC3339.fullmatch(value):
        from meshlint.sprig.layoutparse import parse_time

        try:
            parse_time("2006-01-02T15:04:05Z07:00", value)
        except GoError as fault:
            raise DecodeError(str(fault), path) from None
    return value


def _as_json(value: Any) -> Any:
    """A value for a Go interface: every number is a float64."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _list(value: Any, shape: Shape, path: Path) -> list[Any]:
    if not isinstance(value, list):
        _refuse(value, shape, path)
    assert shape.item is not None
    return [decode(item, shape.item, (*path, n)) for n, item in enumerate(value)]


def _map(value: Any, shape: Shape, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(value, shape, path)
    assert shape.item is not None
    found = {key: decode(value[key], shape.item, (*path, key)) for key in _sorted(value)}
    return {key: "" if item is None and shape.item.kind == "string" else item for key, item in found.items()}


def _struct(value: Any, shape: Shape, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        _refuse(value, shape, path)
    folded = {name.lower(): name for name in shape.fields}
    found: dict[str, Any] = {}
    for key in _sorted(value):
        name = key if key in shape.fields else folded.get(key.lower())
        if name is not None:
            item = decode(value[key], shape.fields[name], (*path, key))
            if item is not None:
                found[name] = item
    return found


def _sorted(mapping: dict[str, Any]) -> Iterable[str]:
    return sorted(mapping, key=sort_key)


def _refuse(value: Any, shape: Shape, path: Path) -> Any:
    """DecodeError in the words of Go 1.27, which prints the whole path as a JSON pointer with dots."""
    text = f"json: cannot unmarshal {json_kind(value)} into "
    if path:
        field = ".".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)
        index = field.rpartition(".")[2].isdigit()
        text += f"{'' if index else 'Go struct field '}.{field} of type {shape.name}"
    else:
        text += f"Go value of type {shape.name}"
    raise DecodeError(text, path)
