r"""Reading characters and classes of a pattern: escapes, `\pL`, `[a-z]`, with Go's error texts.

In: a pattern and the place in it; out: code points and ranges. Raises RegexError.
"""

from __future__ import annotations

import re

from meshlint.re2.charclass import MAX_RUNE, PERL, POSIX, folded, merged, negated, unicode_class
from meshlint.re2.fault import RegexError
from meshlint.re2.scripts import Ranges

FOLD = 1  # the flag of (?i)
_CONTROL = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_HEX = frozenset("0123456789abcdefABCDEF")
_OCTAL = frozenset("01234567")


class Reader:
    """A pattern and the next character to read; `flags` are those in force."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.flags = 0

    def rune(self) -> int:
        """The next code point; RegexError for a byte that is no UTF-8."""
        char = self.pattern[self.at]
        if "\ud800" <= char <= "\udfff":
            raise RegexError("invalid UTF-8", self.pattern[self.at :])
        self.at += 1
        return ord(char)

    def check_text(self, text: str) -> None:
        """RegexError for a byte that is no UTF-8."""
        broken = re.search("[\ud800-\udfff]", text)
        if broken:
            raise RegexError("invalid UTF-8", text[broken.start() :])

    def class_escape(self) -> Ranges | None:
        r"""A class written \d, \W, \pL, \P{Greek}; None if something else stands there."""
        letter = self.pattern[self.at + 1 : self.at + 2] if self.pattern[self.at] == "\\" else ""
        if letter in ("p", "P"):
            return self.unicode_escape(letter == "P")
        if letter.lower() not in PERL:
            return None
        self.at += 2
        return self.signed(PERL[letter.lower()], letter.isupper())

    def signed(self, ranges: Ranges, negative: bool) -> Ranges:
        ranges = folded(ranges) if self.flags & FOLD else ranges
        return negated(ranges) if negative else ranges

    def unicode_escape(self, negative: bool) -> Ranges:
        start = self.at
        text = self.pattern
        self.at += 2
        if self.at >= len(text):
            raise RegexError("invalid character class range", text[start:])
        if self.rune() != 123:
            name = text[self.at - 1 : self.at]
        else:
            end = text.find("}", start)
            self.check_text(text[start:] if end < 0 else text[self.at : end])
            if end < 0:
                raise RegexError("invalid character class range", text[start:])
            name = text[self.at : end]
            self.at = end + 1
        piece = text[start : self.at]
        if name.startswith("^"):
            negative, name = not negative, name[1:]
        ranges = unicode_class(name)
        if ranges is None:
            raise RegexError("invalid character class range", piece)
        return self.signed(ranges, negative)

    def escape(self) -> int:
        r"""The code point of an escape such as \n, \x{263a}, \101, \."""
        start = self.at
        self.at += 1
        if self.at >= len(self.pattern):
            raise RegexError("trailing backslash at end of expression", "")
        char = chr(self.rune())
        following = self.pattern[self.at : self.at + 1]
        if char in _OCTAL and (char == "0" or (following and following in _OCTAL)):
            return self.octal(int(char))
        if char == "x" and following:
            code = self.hexadecimal()
        elif char in _CONTROL:
            code = _CONTROL[char]
        else:
            code = ord(char) if char < "\x80" and not char.isalnum() else -1
        if code < 0:
            raise RegexError("invalid escape sequence", self.pattern[start : self.at])
        return code

    def octal(self, code: int) -> int:
        for _ in range(2):
            digit = self.pattern[self.at : self.at + 1]
            if not digit or digit not in _OCTAL:
                break
            code = code * 8 + int(digit)
            self.at += 1
        return code

    def hexadecimal(self) -> int:
        r"""The digits behind \x; -1 if they are none."""
        first = chr(self.rune())
        if first != "{":
            second = chr(self.rune()) if self.at < len(self.pattern) else ""
            return int(first + second, 16) if first in _HEX and second in _HEX else -1
        code = -1
        while self.at < len(self.pattern):
            char = chr(self.rune())
            if char == "}":
                return code
            if char not in _HEX:
                return -1
            code = max(code, 0) * 16 + int(char, 16)
            if code > MAX_RUNE:
                return -1
        return -1

    def bracket_ranges(self) -> Ranges:
        """`[...]` with ranges, escapes and the classes of POSIX, Perl and Unicode."""
        start = self.at
        self.at += 1
        negative = self.pattern.startswith("^", self.at)
        self.at += negative
        ranges: list[tuple[int, int]] = []
        first = True
        while first or not self.pattern.startswith("]", self.at):
            first = False
            ranges += self.bracket_item(start)
        self.at += 1
        found = merged(ranges)
        return negated(found) if negative else found

    def bracket_item(self, start: int) -> Ranges:
        if self.at < len(self.pattern):
            named = self.posix_class() or self.class_escape()
            if named is not None:
                return named
        item = self.at
        low = high = self.bracket_char(start)
        text = self.pattern
        if text.startswith("-", self.at) and self.at + 1 < len(text) and text[self.at + 1] != "]":
            self.at += 1
            high = self.bracket_char(start)
            if high < low:
                raise RegexError("invalid character class range", text[item : self.at])
        ranges = ((low, high),)
        return folded(ranges) if self.flags & FOLD else ranges

    def bracket_char(self, start: int) -> int:
        if self.at >= len(self.pattern):
            raise RegexError("missing closing ]", self.pattern[start:])
        return self.escape() if self.pattern[self.at] == "\\" else self.rune()

    def posix_class(self) -> Ranges | None:
        """`[:alpha:]` or `[:^alpha:]`; None if something else stands there."""
        end = self.pattern.find(":]", self.at + 2) if self.pattern.startswith("[:", self.at) else -1
        if end < 0:
            return None
        name = self.pattern[self.at + 2 : end]
        ranges = POSIX.get(name.removeprefix("^"))
        if ranges is None:
            raise RegexError("invalid character class range", self.pattern[self.at : end + 2])
        self.at = end + 2
        return self.signed(ranges, name.startswith("^"))
