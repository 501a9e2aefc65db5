"""Helm room, flags: the grammar of --set, --set-string, --set-file, --set-json and --set-literal.

In: the text of one flag (as a Source of kind "flag") and the mapping of values so far. Out: the same
mapping, changed in place; every value set keeps the flag as its KeyOrigin. Facts: helm pkg/strvals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

from meshlint.gotemplate.govalue import Int64, decimal
from meshlint.gotemplate.quoting import quote, quote_rune
from meshlint.text.origin import KeyOrigin, Path
from meshlint.text.pattern import lazy
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedList, TrackedMap

FlagKind = Literal["--set", "--set-string", "--set-file", "--set-json", "--set-literal"]
ReadFile = Callable[[str], str]

MAX_INDEX = 65536
MAX_NESTED_LEVEL = 30

_INTEGER = lazy(r"[+-]?[0-9]+", re.ASCII)
_CUT_NUMBER = lazy(r"-?[0-9]+(?:\.|(?:\.[0-9]+)?[eE])", re.ASCII)
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "0": Int64(0)}


class StrvalsError(Exception):
    """The flag does not parse; the text is Go's, without the "failed parsing" prefix."""


class _End(Exception):
    """The end of the flag was reached where more could have come: ends parsing, is no fault."""


def parse_into(
    source: Source, values: TrackedMap, kind: FlagKind, compat: str = "4", read_file: ReadFile | None = None
) -> None:
    """Apply one flag to `values` in place. Raises StrvalsError; what was set before the fault stays set."""
    parser = _Parser(source, kind, compat, read_file)
    try:
        while True:
            parser.key_start = parser.at
            parser.key(values, 0, ())
    except _End:
        return


def _whole(text: str) -> int:
    return -decimal(text[1:]) if text[0] == "-" else decimal(text.lstrip("+"))


def typed(text: str) -> Any:
    """The value of `--set`: true, false, null, an int64 without leading zero, else the string itself."""
    lowered = text.lower()
    if lowered in _WORDS:
        return _WORDS[lowered]
    if (
        text
        and text[0] != "0"
        and _INTEGER.fullmatch(text)
        and len(text) <= 20
        and -(2**63) <= int(text) < 2**63
    ):
        return Int64(text)
    return text


def go_type(value: Any) -> str:
    """The name Go prints for a value's type in a failed type assertion."""
    if value is None:
        return "nil"
    for kind, name in ((bool, "bool"), (Int64, "int64"), (float, "float64"), (str, "string")):
        if isinstance(value, kind):
            return name
    return "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"


def _assert(value: Any, kind: type[Any], name: str) -> Any:
    """Go's type assertion in the parser: a failure is recovered with this text."""
    if not isinstance(value, kind):
        raise StrvalsError(
            f"unable to parse key: interface conversion: interface {{}} is {go_type(value)}, not {name}"
        )
    return value


class _Parser:
    """One flag and the reading position in it."""

    __slots__ = ("at", "compat", "end", "escapes", "key_start", "kind", "read_file", "source", "text")

    def __init__(self, source: Source, kind: FlagKind, compat: str, read_file: ReadFile | None) -> None:
        self.source = source
        self.text = source.text
        self.kind = kind
        self.compat = compat
        self.read_file = read_file
        self.escapes = kind != "--set-literal"
        self.at = 0
        self.key_start = 0
        self.end = 0  # of the value read last

    # -- reading

    def until(self, stops: str) -> tuple[str, str]:
        """The unescaped text up to a stop rune, and that rune; "" as rune at the end of the flag."""
        out = ""
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            self.at += 1
            if char in stops:
                return out, char
            if char == "\\" and self.escapes:
                if self.at >= len(text):
                    break
                char = text[self.at]
                self.at += 1
            out += char
        return out, ""

    def store(self, data: TrackedMap, key: str, value: Any, start: int, path: Path) -> None:
        """Set a key, unless it is empty, with the flag as its origin."""
        if key != "":
            data.put(key, value, KeyOrigin(self.source, self.key_start, start, max(self.end, start), path))

    # -- keys

    def key(self, data: TrackedMap, level: int, path: Path) -> None:
        """One key and its value; `level` counts the dots."""
        name, last = self.until("=[,." if self.escapes else "=[.")
        path = (*path, name)
        if last == "":
            if name == "":
                raise _End
            raise StrvalsError(f"key {quote(name)} has no value")
        if last == "[":
            self.list_key(data, name, level, path)
        elif last == "=":
            self.value(data, name, path)
        elif last == ",":
            self.store(data, name, "", self.at, path)
            raise StrvalsError(f"key {quote(name)} has no value (cannot end with ,)")
        else:
            self.nested(data, name, level + 1, path)

    def nested(self, data: TrackedMap, name: str, level: int, path: Path) -> None:
        """`name.` - the rest belongs into the mapping under `name`."""
        if level > MAX_NESTED_LEVEL:
            raise StrvalsError(
                "value name nested level is greater than maximum supported nested level of "
                f"{MAX_NESTED_LEVEL}"
            )
        inner = _assert(data[name], dict, "map[string]interface {}") if name in data else TrackedMap()
        start = self.at
        try:
            self.key(inner, level, path)
            if not inner:
                raise StrvalsError(f"key map {quote(name)} has no value")
        finally:
            if inner:
                self.keep(data, name, inner, start, path)

    def keep(self, data: TrackedMap, name: str, inner: Any, start: int, path: Path) -> None:
        """Store a container; one that stands there already keeps the origin of its own."""
        if data.get(name) is not inner or name not in data:
            self.store(data, name, inner, start, path)

    def list_key(self, data: TrackedMap, name: str, level: int, path: Path) -> None:
        """`name[` - an index into the list under `name`."""
        index = self.index()
        items = _assert(data[name], list, "[]interface {}") if name in data else TrackedList()
        start = self.at
        holder = [items]
        try:
            self.list_item(holder, index, level, (*path, index))
        finally:
            if holder[0] is not items or name not in data:
                self.store(data, name, holder[0], start, path)

    def index(self) -> int:
        """The number before `]`."""
        text, last = self.until("]")
        if last == "":
            if self.compat != "3":
                raise _End
            raise StrvalsError("error parsing index: EOF")
        digits = _INTEGER.match(text)
        number = _whole(digits[0]) if digits else 0
        whole = digits is not None and digits[0] == text
        if abs(number) >= 2**64 or (whole and not -(2**63) <= number < 2**63):
            raise StrvalsError(
                f"error parsing index: strconv.Atoi: parsing {quote(text)}: value out of range"
            )
        if not whole:
            raise StrvalsError(f"error parsing index: strconv.Atoi: parsing {quote(text)}: invalid syntax")
        return number

    def list_item(self, holder: list[Any], index: int, level: int, path: Path) -> None:
        """What follows `[n]`; `holder` is a cell with the list, which is replaced when it must grow."""
        if index < 0:
            raise StrvalsError(f"negative {index} index not allowed")
        name, last = self.until("[.=")
        if name:
            runes = " ".join(quote_rune(ord(char)) for char in name)
            raise StrvalsError(f"unexpected data at end of array index: [{runes}]")
        if last == "":
            raise _End
        items = holder[0]
        start = self.at
        if last == "=":
            self.item_value(holder, index, path)
        elif last == "[":
            following = self.index()
            existing = items[index] if len(items) > index else None
            inner = [TrackedList() if existing is None else _assert(existing, list, "[]interface {}")]
            self.list_item(inner, following, level, (*path, following))
            self.put_item(holder, index, inner[0], start, path)
        else:
            mapping: Any = TrackedMap()
            if len(items) > index:
                if not isinstance(items[index], dict):
                    items[index] = TrackedMap()
                mapping = items[index]
            self.key(mapping, level, path)
            self.put_item(holder, index, mapping, start, path)

    def put_item(self, holder: list[Any], index: int, value: Any, start: int, path: Path) -> None:
        """list[index] = value, growing the list with nulls."""
        if index > MAX_INDEX:
            raise StrvalsError(f"index of {index} is greater than maximum supported index of {MAX_INDEX}")
        items = holder[0]
        if len(items) <= index:
            grown = TrackedList(items)
            grown.extend([None] * (index + 1 - len(items)))
            grown.origins = dict(getattr(items, "origins", {}))
            holder[0] = items = grown
        if items[index] is not value or index not in getattr(items, "origins", {}):
            items[index] = value
            if isinstance(items, TrackedList):
                items.origins[index] = KeyOrigin(self.source, self.key_start, start, self.at, path)

    # -- values

    def value(self, data: TrackedMap, name: str, path: Path) -> None:
        """What follows `name=`."""
        start = self.at
        if self.kind == "--set-literal":
            # the rest of the flag, whatever it is
            self.at = self.end = len(self.text)
            self.store(data, name, self.text[start:], start, path)
        elif self.kind == "--set-json":
            self.store(data, name, self.json_value(path), start, path)
        else:
            self.store(data, name, self.plain_value(path), start, path)
            if start >= len(self.text):
                raise _End

    def item_value(self, holder: list[Any], index: int, path: Path) -> None:
        """What follows `name[n]=`."""
        start = self.at
        if self.kind == "--set-literal":
            self.at = self.end = len(self.text)
            self.put_item(holder, index, self.text[start:], start, path)
        elif self.kind == "--set-json":
            self.put_item(holder, index, self.json_value(path), start, path)
        else:
            self.put_item(holder, index, self.plain_value(path), start, path)

    def plain_value(self, path: Path) -> Any:
        """A list in braces, or the text up to the next comma."""
        if self.text.startswith("{", self.at):
            return self.braces(path)
        self.end = self.at
        if self.at >= len(self.text):
            return ""
        text, last = self.until(",")
        self.end = self.at - len(last)
        return self.read(text)

    def braces(self, path: Path) -> TrackedList:
        """`{a,b}`; a comma after the brace is eaten."""
        self.at += 1
        items = TrackedList()
        last = ","
        while last == ",":
            start = self.at
            text, last = self.until(",}")
            if last == "":
                raise StrvalsError("list must terminate with '}'")
            items.origins[len(items)] = KeyOrigin(self.source, start, start, self.at - 1, (*path, len(items)))
            items.append(self.read(text))
        self.end = self.at
        if self.text.startswith(",", self.at):
            self.at += 1
        return items

    def read(self, text: str) -> Any:
        """The value of one piece of text, by the kind of flag."""
        if self.kind == "--set-string":
            return text
        if self.kind == "--set-file":
            assert self.read_file is not None
            return self.read_file(text)
        return typed(text)

    def skip_blank(self) -> bool:
        """Eat blanks up to and with a comma; True if nothing else came before it or the end."""
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == ",":
                self.at += 1
                return True
            if not char.isspace():
                return False
            self.at += 1
        return True

    def json_value(self, path: Path) -> Any:
        """One JSON value with the comma after it; nothing at all is null."""
        if self.skip_blank():
            return None
        start = self.at
        value, self.at = decode_json(self.text, self.at)
        found = tracked(value, self.source, start, self.at, path)
        self.end = self.at
        self.skip_blank()
        return found


def decode_json(text: str, at: int) -> tuple[Any, int]:
    """The JSON value at `at` with all numbers as floats, and where it ends. Raises StrvalsError."""
    import json

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            raise ValueError(digits)
        return value

    def refuse(word: str) -> Any:
        raise ValueError(word)

    decoder = json.JSONDecoder(parse_int=number, parse_float=number, parse_constant=refuse)
    try:
        value, end = decoder.raw_decode(text, at)
    except (ValueError, RecursionError) as fault:
        raise StrvalsError(str(fault)) from None
    # Go's scanner does not go back: `1.` is no 1 followed by a point
    if _CUT_NUMBER.fullmatch(text[at : end + 1]):
        raise StrvalsError("unexpected end of a number")
    return value, end


def tracked(value: Any, source: Source, start: int, end: int, path: Path) -> Any:
    """Plain containers as tracked ones whose keys all come from the characters [start, end)."""
    if isinstance(value, dict):
        mapping = TrackedMap()
        for key, item in value.items():
            inner = (*path, key)
            mapping.put(
                key, tracked(item, source, start, end, inner), KeyOrigin(source, start, start, end, inner)
            )
        return mapping
    if isinstance(value, list):
        items = TrackedList(tracked(item, source, start, end, (*path, n)) for n, item in enumerate(value))
        for n in range(len(items)):
            items.origins[n] = KeyOrigin(source, start, start, end, (*path, n))
        return items
    return value
