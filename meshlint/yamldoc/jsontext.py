"""Jsontext: template values to JSON as Go's encoding/json writes it.

In: any template value. Out: text, or a JsonError with Go's words. Go structs give what stands for
them through a method `json_value`. `from_json` reads; the work behind it is in jsonread.py.
"""

from __future__ import annotations

import re
from typing import Any

from meshlint.text.pattern import lazy
from meshlint.yamldoc.gotext import exponent_form, plain_form, shortest_digits
from meshlint.yamldoc.jsonerror import JsonError as JsonError
from meshlint.yamldoc.jsonerror import whole_characters
from meshlint.yamldoc.jsonread import read_json

_PLAIN = lazy('[^"\\\\\x00-\x1f<>&\u2028\u2029\ud800-\udfff]*')
_ESCAPED = lazy('["\\\\\x00-\x1f\u2028\u2029\ud800-\udfff]')
_ESCAPED_HTML = lazy('["\\\\\x00-\x1f<>&\u2028\u2029\ud800-\udfff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def from_json(text: str) -> Any:
    """The value of a JSON text: dict, list, str, bool, None, float for every number. Raises JsonError."""
    return read_json(text)


def to_json(value: Any, escape_html: bool = True, indent: int = 0) -> str:
    """The value as JSON, compact or (with `indent`) one entry a line; keys in byte order."""
    out: list[str] = []
    try:
        _Writer(out, escape_html, indent).write(value, "\n")
    except RecursionError:
        raise JsonError(_cycle(value)) from None
    return "".join(out)


def _cycle(value: Any) -> str:
    kind = "map[string]interface {}" if isinstance(value, dict) else "[]interface {}"
    return f"json: unsupported value: encountered a cycle via {kind}"


class _Writer:
    __slots__ = ("colon", "escape", "indent", "out")

    def __init__(self, out: list[str], escape_html: bool, indent: int) -> None:
        self.out = out
        self.escape = _ESCAPED_HTML if escape_html else _ESCAPED
        self.indent = " " * indent
        self.colon = ": " if indent else ":"

    def write(self, value: Any, line: str) -> None:
        """Write a value; `line` is the line break before its closing bracket."""
        out = self.out
        if isinstance(value, str):
            out.append(self.string(value))
        elif value is None:
            out.append("null")
        elif isinstance(value, bool):
            out.append("true" if value else "false")
        elif isinstance(value, int):
            out.append(str(int(value)))
        elif isinstance(value, float):
            out.append(json_number(value))
        elif isinstance(value, dict):
            self.mapping(value, line)
        elif isinstance(value, list):
            self.sequence(value, line)
        else:
            self.write(json_plain(value), line)

    def string(self, text: str) -> str:
        if _PLAIN.fullmatch(text):
            return f'"{text}"'
        if not text.isascii():
            text = whole_characters(text)
        return '"' + self.escape.sub(_escape, text) + '"'

    def mapping(self, value: dict[Any, Any], line: str) -> None:
        if not value:
            self.out.append("null" if is_nil(value) else "{}")
            return
        below = line + self.indent if self.indent else ""
        separator = "{" + below
        keys = {key if isinstance(key, str) else json_key(key): key for key in value}
        for name in keys if in_order(value) else sorted(keys):
            self.out.append(f"{separator}{self.string(name)}{self.colon}")
            self.write(value[keys[name]], below)
            separator = "," + below
        self.out.append((line if self.indent else "") + "}")

    def sequence(self, value: list[Any], line: str) -> None:
        if not value:
            self.out.append("null" if is_nil(value) else "[]")
            return
        below = line + self.indent if self.indent else ""
        separator = "[" + below
        for item in value:
            self.out.append(separator)
            self.write(item, below)
            separator = "," + below
        self.out.append((line if self.indent else "") + "]")


def in_order(value: Any) -> bool:
    """True for the fields of a Go struct, which keep their order: a class of govalue that says so."""
    return getattr(value, "in_order", False) is True


def is_nil(value: Any) -> bool:
    """True for a typed nil, such as a nil slice: a class of govalue that says so."""
    return getattr(value, "is_nil", False) is True


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    return _SHORT.get(character) or f"\\u{code:04x}"


def json_number(value: float) -> str:
    """A float64 as encoding/json writes it: ES6 rules, exponents from 1e21 and below 1e-6."""
    if value != value or value in (float("inf"), float("-inf")):
        word = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
        raise JsonError(f"json: unsupported value: {word}")
    number = shortest_digits(value)
    if value and not -6 <= number.exponent < 21:
        return exponent_form(number, 1)
    return plain_form(number)


def json_key(key: Any) -> str:
    """Integer keys become their digits; other keys are no JSON."""
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))
    raise JsonError(f"json: unsupported type: map[{type(key).__name__}]interface {{}}")


def json_plain(value: Any) -> Any:
    """What stands for a value of another type: base64 for bytes, the JSON value of a Go struct."""
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    convert = getattr(value, "json_value", None)
    if convert is not None:
        return convert()
    if isinstance(value, tuple):
        return list(value)
    kind = "complex128" if isinstance(value, complex) else "func()"
    raise JsonError(f"json: unsupported type: {kind}")
