"""Jsonread: JSON text to plain Python values, refused in the words of Go's encoding/json.

Valid texts go through Python's json module; only for a text it refuses Go's scanner is followed
step by step (jsontext and jsonwire of Go 1.27, worded as encoding/json words them) to say what is wrong.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from meshlint.text.pattern import lazy
from meshlint.yamldoc.gotext import quote
from meshlint.yamldoc.jsonerror import JsonError, whole_characters

_MAX_DEPTH = 10_000  # scanner.go, maxNestingDepth
_HALF = lazy("[\ud800-\udfff]")
_HALF_ESCAPE = lazy(r"\\u[dD][89a-fA-F]")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_DIGITS = frozenset(b"0123456789")
_SPACES = frozenset(b" \t\r\n")
_LITERALS = {ord("t"): b"true", ord("f"): b"false", ord("n"): b"null"}


def read_json(text: str) -> Any:
    """The value of a JSON text, numbers as float64; raises JsonError.

    A number beyond float64 is an error too, but the rest is there as the error's `partial`.
    """
    import json

    whole = text if text.isascii() else whole_characters(text)
    try:
        value = json.loads(whole, parse_int=float, parse_constant=_refuse)
    except RecursionError:
        raise JsonError(_fault(text) or "exceeded max depth") from None
    except ValueError:
        raise JsonError(_fault(text) or "unexpected end of JSON input") from None
    if _HALF_ESCAPE.search(whole) or not whole.isascii():
        value = _without_halves(value)
    if "e" in whole or "E" in whole or re.search("[0-9]{300}", whole):
        _check_range(whole)
    return value


def _refuse(word: str) -> Any:
    raise ValueError(word)


def _without_halves(value: Any) -> Any:
    """Halves of surrogate pairs and bytes of broken UTF-8 become U+FFFD, numbers beyond float64 zero."""
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, _Beyond):
        return 0.0
    if isinstance(value, list):
        return [_without_halves(item) for item in value]
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(item) for key, item in value.items()}
    return value


class _Beyond(float):
    """Zero, which Go leaves where a number does not fit into a float64; `digits` is that number."""

    digits: str


def _check_range(text: str) -> None:
    import json

    found: list[_Beyond] = []

    def number(digits: str) -> float:
        parsed = float(digits)
        if isfinite(parsed):
            return parsed
        zero = _Beyond()
        zero.digits = digits
        found.append(zero)
        return zero

    partial = json.loads(text, parse_int=number, parse_float=number)
    if found:
        into = "Go value" if partial is found[0] else _field(_pointer(partial, found[0]) or [])
        words = f"json: cannot unmarshal number {found[0].digits} into {into} of type float64"
        raise JsonError(words, _without_halves(partial))


def _pointer(value: Any, wanted: _Beyond) -> list[str] | None:
    """The keys and indexes that lead to a number, None if they do not."""
    entries: Any = ()
    if isinstance(value, list):
        entries = enumerate(value)
    elif isinstance(value, dict):
        entries = value.items()
    for key, item in entries:
        below = [] if item is wanted else _pointer(item, wanted)
        if below is not None:
            return [str(key), *below]
    return None


def _field(pointer: list[str]) -> str:
    """A JSON pointer as Go words it: what ends in digits is taken for an array."""
    path = "".join("." + key.replace("~", "~0").replace("/", "~1") for key in pointer)
    last = path.rpartition(".")[2]
    return path if last.isdigit() and last.isascii() else f"Go struct field {path}"


def _fault(text: str) -> str:
    """The error of Go's scanner, "" if it finds none."""
    try:
        _Scanner(text.encode("utf-8", "surrogateescape")).document()
    except JsonError as error:
        return error.text
    except UnicodeEncodeError:
        return ""
    return ""


class _Scanner:
    """Checks one JSON text byte by byte; raises JsonError at the first fault."""

    __slots__ = ("at", "data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = len(data)
        self.at = 0

    def peek(self) -> int:
        """The next byte behind white space; the end of the text is an error."""
        while self.at < self.size and self.data[self.at] in _SPACES:
            self.at += 1
        return self.inside()

    def inside(self) -> int:
        """The next byte; the end of the text is an error."""
        if self.at >= self.size:
            raise JsonError("unexpected end of JSON input")
        return self.data[self.at]

    def refuse(self, context: str) -> JsonError:
        character = _first_character(self.data[self.at :])
        quoted = "\\'" if character == "'" else '"' if character == '"' else quote(character)[1:-1]
        return JsonError(f"invalid character '{quoted}' {context}")

    def document(self) -> None:
        """A value and nothing behind it."""
        closers: list[int] = []
        self.begin(closers)
        while closers:
            closer = closers[-1]
            byte = self.peek()
            if byte == closer:
                self.at += 1
                closers.pop()
                continue
            if byte != 0x2C:
                raise self.refuse("after object key:value pair" if closer == 0x7D else "after array element")
            self.at += 1
            if closer == 0x7D:
                self.key()
            self.begin(closers)
        while self.at < self.size and self.data[self.at] in _SPACES:
            self.at += 1
        if self.at < self.size:
            raise self.refuse("after top-level value")

    def begin(self, closers: list[int]) -> None:
        """A scalar, or the opening of collections up to their first scalar or their end."""
        while True:
            byte = self.peek()
            if byte not in b"{[":
                self.scalar(byte)
                return
            self.at += 1
            closers.append(0x7D if byte == 0x7B else 0x5D)
            if len(closers) > _MAX_DEPTH:
                raise JsonError("exceeded max depth")
            if self.peek() == closers[-1]:
                self.at += 1
                closers.pop()
                return
            if byte == 0x7B:
                self.key()

    def key(self) -> None:
        if self.peek() != 0x22:
            raise self.refuse("looking for beginning of object key string")
        self.string()
        if self.peek() != 0x3A:
            raise self.refuse("after object key")
        self.at += 1

    def scalar(self, byte: int) -> None:
        if byte == 0x22:
            self.string()
        elif byte == 0x2D or byte in _DIGITS:
            self.number(byte)
        elif byte in _LITERALS:
            self.literal(_LITERALS[byte])
        else:
            raise self.refuse("looking for beginning of value")

    def literal(self, word: bytes) -> None:
        for letter in word:
            if self.inside() != letter:
                raise self.refuse(f"in literal {word.decode()} (expecting '{chr(letter)}')")
            self.at += 1

    def string(self) -> None:
        self.at += 1
        while True:
            byte = self.inside()
            if byte < 0x20:
                raise self.refuse("in string")
            if byte == 0x5C:
                self.escape()
                continue
            self.at += 1
            if byte == 0x22:
                return

    def escape(self) -> None:
        written = self.data[self.at : self.at + 6]
        if len(written) < 2:
            raise JsonError("unexpected end of JSON input")
        if written[1] != 0x75:
            if written[1] not in b'bfnrt\\/"':
                raise _bad_escape(written[:2])
            self.at += 2
            return
        if not _HEX.issuperset(written[2:]):
            raise _bad_escape(written)
        if len(written) < 6:
            raise JsonError("unexpected end of JSON input")
        self.at += 6

    def number(self, byte: int) -> None:
        if byte == 0x2D:
            self.at += 1
        if self.wanted_digit() == 0x30:
            self.at += 1
        else:
            self.digits()
        if self.more(b"."):
            self.wanted_digit()
            self.digits()
        if self.more(b"eE"):
            self.more(b"+-")
            self.wanted_digit()
            self.digits()

    def more(self, characters: bytes) -> bool:
        """Pass one of the characters if it comes next."""
        found = self.at < self.size and self.data[self.at] in characters
        self.at += found
        return found

    def wanted_digit(self) -> int:
        byte = self.inside()
        if byte not in _DIGITS:
            raise self.refuse("in numeric literal")
        return byte

    def digits(self) -> None:
        while self.at < self.size and self.data[self.at] in _DIGITS:
            self.at += 1


def _first_character(data: bytes) -> str:
    """The first character, a byte of broken UTF-8 as its surrogate escape."""
    return data[:4].decode("utf-8", "surrogateescape")[0]


def _bad_escape(written: bytes) -> JsonError:
    text = written.decode("utf-8", "surrogateescape")
    plain = all(char != "`" and char.isprintable() and not char.isspace() for char in text)
    return JsonError(f"invalid escape sequence {f'`{text}`' if plain else quote(text)} in string")
