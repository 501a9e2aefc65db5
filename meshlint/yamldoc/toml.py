"""TOML out as BurntSushi/toml 1.6 writes it (Helm's toToml), and the door to reading it (fromToml).

In: Go values; out: text. Direct keys come before tables, tables are indented by two blanks a level, floats
always show a point or an exponent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from meshlint.gotemplate.govalue import Duration, Fields, GoError
from meshlint.yamldoc.gotext import general_form, shortest_digits
from meshlint.yamldoc.tomlread import TomlError, load_toml

__all__ = ["TomlError", "dump_toml", "load_toml"]

Key = tuple[str, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f]')
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def dump_toml(value: Any) -> str:
    """The value as TOML, with the final line end of tables.

    Raises TomlError with the encoder's text, and GoError for nil, on which the encoder panics.
    """
    if value is None:
        raise GoError("reflect: call of reflect.Value.Type on zero Value")
    writer = _Writer()
    writer.encode((), _plain(value))
    return "".join(writer.out)


def _plain(value: Any) -> Any:
    """Structs as mappings of their fields."""
    if isinstance(value, int):
        return value
    fields = None if hasattr(value, "toml_text") else getattr(value, "fields", None)
    if not callable(fields) or isinstance(value, (dict, list)):
        return value
    own = getattr(value, "own_fields", None)
    return Fields(fields() if own is None else own(inline=True))


def _is_nil(value: Any) -> bool:
    return value is None or bool(getattr(value, "is_nil", False))


def _is_table(value: Any) -> bool:
    return isinstance(_plain(value), Mapping)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _is_table_list(value: Any) -> bool:
    """True for a list of tables only; a nil element cannot be written at all."""
    if not _is_list(value) or not value:
        return False
    if any(item is None for item in value):
        raise TomlError("toml: cannot encode array with nil element")
    return all(map(_is_table, value))


class _Writer:
    """Collects the pieces of one document."""

    __slots__ = ("out",)

    def __init__(self) -> None:
        self.out: list[str] = []

    def encode(self, key: Key, value: Any) -> None:
        """One value under its full key; the empty key is the document."""
        if _is_table(value):
            self.table(key, _plain(value))
        elif _is_table_list(value):
            self.tables(key, value)
        elif not key:
            self.element(value)
        elif value is not None:
            self.out += (_indent(key), _quoted_key(key[-1]), " = ")
            self.element(value)
            self.line_end()

    def line_end(self) -> None:
        """A line end, but none before anything was written."""
        if self.out:
            self.out.append("\n")

    def table(self, key: Key, value: Mapping[str, Any]) -> None:
        """`[key]` and what is in it; top-level tables are set off by a blank line."""
        if len(key) == 1:
            self.line_end()
        if key:
            self.out.append(f"{_indent(key)}[{_dotted(key)}]")
            self.line_end()
        self.entries(key, value)

    def tables(self, key: Key, values: Sequence[Any]) -> None:
        """`[[key]]` for each table of a list."""
        if not key:
            raise TomlError("toml: top-level values must be Go maps or structs")
        for value in values:
            if _is_nil(value):
                continue
            self.line_end()
            self.out.append(f"{_indent(key)}[[{_dotted(key)}]]")
            self.line_end()
            self.entries(key, _plain(value))

    def entries(self, key: Key, value: Mapping[str, Any]) -> None:
        """The direct keys, then the tables, each sorted; nil values are left out."""
        direct, below = _divided(value)
        for name in (*direct, *below):
            if not _is_nil(value[name]):
                self.encode((*key, name), value[name])

    def element(self, value: Any) -> None:
        """A value on the right of an equals sign."""
        if isinstance(value, bool):
            self.out.append("true" if value else "false")
        elif isinstance(value, Duration):
            self.out.append(_quoted(value.go_string()))
        elif isinstance(value, int):
            self.out.append(str(int(value)))
        elif isinstance(value, float):
            self.out.append(_float(value))
        elif isinstance(value, str):
            self.out.append(_quoted(str(value)))
        elif isinstance(value, bytes):
            self.out.append("[" + ", ".join(map(str, value)) + "]")
        elif _is_list(value):
            self.list_element(value)
        elif hasattr(value, "toml_text"):
            self.out.append(value.toml_text())
        elif _is_table(value):
            self.inline_table(_plain(value))
        else:
            raise TomlError("toml: cannot encode array with nil element")

    def list_element(self, values: Sequence[Any]) -> None:
        """`[1, 2]`."""
        self.out.append("[")
        for index, value in enumerate(values):
            if index:
                self.out.append(", ")
            self.element(value)
        self.out.append("]")

    def inline_table(self, value: Mapping[str, Any]) -> None:
        """`{a = 1}`; a nil value leaves its comma behind, as in Go."""
        direct, below = _divided(value)
        self.out.append("{")
        names = (*direct, *below)
        for index, name in enumerate(names):
            if _is_nil(value[name]):
                continue
            self.out += (_quoted_key(name), " = ")
            self.element(value[name])
            if index + 1 < len(names):
                self.out.append(", ")
        self.out.append("}")


def _divided(value: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    direct: list[str] = []
    below: list[str] = []
    names = list(value)
    if not isinstance(value, Fields):  # those of a struct keep their order
        names.sort(key=lambda text: text.encode("utf-8", "surrogateescape"))
    for name in names:
        item = value[name]
        (below if _is_table(item) or _is_table_list(item) else direct).append(name)
    return direct, below


def _indent(key: Key) -> str:
    return "  " * (len(key) - 1)


def _dotted(key: Key) -> str:
    return ".".join(map(_quoted_key, key))


def _quoted_key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quoted(name)


def _quoted(text: str) -> str:
    escaped = _ESCAPED.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)
    return f'"{escaped}"'


def _float(value: float) -> str:
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    text = general_form(shortest_digits(value))
    return text if "e" in text or "." in text else text + ".0"
