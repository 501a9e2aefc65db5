"""Simple values of TOML: escapes, booleans, numbers, dates, with the checks and the words of BurntSushi/toml.

In: what the scanner gives; out: str, bool, Int64, float, and what `read_time` makes of dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

from meshlint.gotemplate.govalue import Int64, decimal
from meshlint.yamldoc.gotext import quote
from meshlint.yamldoc.tomlscan import BLANKS, HEX, Scanner, shown_rune

ReadTime = Callable[[str], Any]

_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(?:x(..)|u(.{4})|U(.{8})|(.))", re.DOTALL)
_LINE_CONTINUED = re.compile(r"(\\\\)|\\[ \t\r]*\n[ \t\r\n]*")
_FLOAT = re.compile(r"[+-]?(?:inf|nan|[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)")
_DATE_LETTERS = str.maketrans("zt ", "ZTT")


class ValueReader(Scanner):
    """A scanner that makes values of what it reads."""

    def __init__(self, text: str, read_time: ReadTime) -> None:
        super().__init__(text)
        self.read_time = read_time

    def any_string(self, mark: str) -> str:
        if self.accept(mark):
            if self.accept(mark):
                text = re.sub("^\r?\n", "", self.long_string(mark))
                if mark == "'":
                    return text
                return self.unescaped(_LINE_CONTINUED.sub(lambda found: found[1] or "", text))
            self.back()
        return self.unescaped(self.string()) if mark == '"' else self.raw_string()

    def unescaped(self, text: str) -> str:
        """The text without its escapes."""
        return _ESCAPE.sub(self.escaped, text) if "\\" in text else text

    def escaped(self, found: re.Match[str]) -> str:
        if found[4] is not None:
            if found[4] in BLANKS:
                self.fault(f"invalid escape: '\\{found[4]}'", self.line)
            return _ESCAPES[found[4]]
        digits = found[1] or found[2] or found[3]
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            self.fault(f"Escaped character '\\u{digits}' is not valid UTF-8.", self.line)
        return chr(code)

    def word(self, char: str, start: int) -> Any:
        """A boolean, inf, nan, or what is no value at all; `char` has been read."""
        if char in ("i", "n") and (
            (self.accept("n") and self.accept("f")) or (self.accept("a") and self.accept("n"))
        ):
            return self.float_value(self.text[start : self.at])
        if not char.isalpha():
            self.refuse_value(char)
        self.back()
        begin = self.at
        while self.next().isalpha():
            pass
        self.back()
        text = self.text[begin : self.at]
        if text not in ("true", "false"):
            self.refuse(f"expected value but found {quote(text)} instead")
        return text == "true"

    def refuse_value(self, char: str) -> NoReturn:
        """TomlError for a character no value begins with."""
        if char == ".":
            self.refuse("floats must start with a digit, not '.'")
        if not char:
            self.refuse("unexpected EOF; expected value")
        message = f"expected value but found {shown_rune(char)} instead"
        if char == "\n":
            self.refuse_line_end(message)
        self.refuse(message)

    # ---------------------------------------------------------------------------------- numbers

    def converted(self, kind: str, text: str) -> Any:
        """The value of a number or a date."""
        if kind == "date":
            text = text.translate(_DATE_LETTERS)
            value = self.read_time(text)
            if value is None:
                self.fault(f"invalid datetime: {quote(text)}", self.line)
            return value
        return self.integer(text) if kind == "integer" else self.float_value(text)

    def integer(self, text: str) -> Int64:
        self.check_number("integer", text, [text], text)
        plain = text.replace("_", "")
        number = decimal(plain) if plain.isdecimal() else int(plain, 0) if len(plain) < 100 else 1 << 64
        if not -(1 << 63) <= number < 1 << 63:
            self.fault(f"{text} is out of range for int64", self.line)
        return Int64(number)

    def check_number(self, kind: str, text: str, parts: list[str], whole: str) -> None:
        """Underscores and leading zeros."""
        reason = ""
        if not all(map(_underscores_fit, parts)):
            reason = "underscores must be surrounded by digits"
        elif (len(whole) > 1 and whole[0] == "0" and whole[1] not in "box") or re.match("[+-]0.", whole):
            reason = "cannot have leading zeroes"
        elif kind == "float" and re.search(r"\.(?![0-9])", text):
            reason = "'.' must be followed by one or more digits"
        if reason:
            self.fault(f"Invalid {kind} {quote(text)}: {reason}", self.line)

    def float_value(self, text: str) -> float:
        parts = [part for part in re.split("[.eE]", text) if part]
        self.check_number("float", text, parts, parts[0] if parts else "")
        plain = text.replace("_", "")
        if (
            re.fullmatch("[+-]?(inf|nan)", plain) is None
            and re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?", plain) is None
        ):
            self.fault(f"Invalid float value: {quote(text)}", self.line)
        number = float(plain)
        if number in (float("inf"), float("-inf")) and "inf" not in plain:
            self.fault(f"{text} is out of range for float64", self.line)
        return number


def _underscores_fit(text: str) -> bool:
    """True if a hexadecimal digit (what else could stand there was refused) surrounds each underscore."""
    if text.lstrip("+-") in ("inf", "nan"):
        return True
    before = False
    for char in text:
        if char == "_" and not before:
            return False
        before = char in HEX
    return before
