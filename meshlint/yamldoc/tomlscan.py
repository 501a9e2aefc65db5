"""The scanner of TOML: characters with Go's line numbers, strings, numbers, as BurntSushi/toml lexes them.

In: a text; out: strings, and the words of numbers and dates. Raises TomlError with the library's words.
A character is looked at exactly when the library looks at it, for that decides which error comes first.
"""

from __future__ import annotations

from typing import NoReturn

from meshlint.yamldoc.gotext import quote

BLANKS = ("\t", " ")
LINE_ENDS = ("\n", "\r")
DIGITS = frozenset("0123456789")
HEX = frozenset("0123456789abcdefABCDEF")
BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_DATE = DIGITS | frozenset("-:Tt .Zz+")
_FLOAT = DIGITS | frozenset("_.-+eE")
_PREFIXES = {
    "b": ("a binary", frozenset("01")),
    "o": ("an octal", frozenset("01234567")),
    "x": ("a hexadecimal", HEX),
}
_NUMBERS_OF_DIGITS = {"x": (2, "two"), "u": (4, "four"), "U": (8, "eight")}


class TomlError(Exception):
    """A fault of reading or writing; `text` is Go's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def shown_rune(char: str) -> str:
    """A character as %q prints a rune; the end of the text is the rune 0."""
    if not char:
        return r"'\x00'"
    return r"'\''" if char == "'" else "'" + quote(char)[1:-1].replace('\\"', '"') + "'"


def rune_or_end(char: str) -> str:
    """A character between apostrophes, or `end of file`."""
    return f"'{char}'" if char else "end of file"


class Scanner:
    """A text and the place in it.

    line   of the character read last, from 1
    end    the end was read, and not given back
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.end = False

    def last_key(self) -> str:
        """The key that is being read, for error texts."""
        return ""

    def fault(self, message: str, line: int) -> NoReturn:
        """TomlError at a line."""
        key = self.last_key()
        last = f" (last key {quote(key)})" if key else ""
        raise TomlError(f"toml: line {line}{last}: {message}")

    def refuse(self, message: str) -> NoReturn:
        """TomlError at the current line; at the end of the text, that of the last line with text."""
        behind = self.end and self.text[self.at - 1 : self.at] == "\n"
        self.fault(message, self.line - behind)

    def refuse_line_end(self, message: str) -> NoReturn:
        """TomlError at the line that has just ended."""
        self.fault(message, self.line - 1)

    def next(self) -> str:
        """The next character, "" at the end."""
        if self.at >= len(self.text):
            self.end = True
            return ""
        char = self.text[self.at]
        if char == "\n":
            self.line += 1
        elif (
            char < " "
            and char != "\t"
            and not (char == "\r" and self.text[self.at + 1 : self.at + 2] == "\n")
        ):
            self.fault(f"TOML files cannot contain control characters: '0x{ord(char):02x}'", self.line)
        elif char == "\x7f":
            self.fault("TOML files cannot contain control characters: '0x7f'", self.line)
        elif "\ud800" <= char <= "\udfff":
            self.fault(f"invalid UTF-8 byte: 0x{ord(char) & 0xFF:02x}", self.line)
        self.at += 1
        return char

    def back(self) -> None:
        """Give back the last character."""
        if self.end:
            self.end = False
            return
        self.at -= 1
        if self.text[self.at] == "\n":
            self.line -= 1

    def accept(self, char: str) -> bool:
        """Read the next character if it is this one."""
        if self.next() == char:
            return True
        self.back()
        return False

    def peek(self) -> str:
        """The next character, not read."""
        char = self.next()
        self.back()
        return char

    def blanks(self) -> None:
        """Read blanks."""
        self.run(BLANKS)

    def run(self, chars: tuple[str, ...] | frozenset[str]) -> None:
        """Read as long as the characters are among these."""
        while self.next() in chars:
            pass
        self.back()

    def comment(self) -> None:
        """Read up to the end of the line; the mark has been read."""
        while (char := self.next()) and char not in LINE_ENDS:
            pass
        self.back()

    # ---------------------------------------------------------------------------------- strings

    def string(self) -> str:
        """A string between quotes, the first of which has been read; escapes still in it."""
        start = self.at
        while True:
            char = self.next()
            if not char:
                self.refuse("unexpected EOF; expected '\"'")
            if char in LINE_ENDS:
                self.refuse_line_end("strings cannot contain newlines")
            if char == "\\":
                self.escape(start)
            elif char == '"':
                return self.text[start : self.at - 1]

    def raw_string(self) -> str:
        """A string between apostrophes, the first of which has been read."""
        start = self.at
        while True:
            char = self.next()
            if not char:
                self.refuse('unexpected EOF; expected "\'"')
            if char in LINE_ENDS:
                self.refuse_line_end("strings cannot contain newlines")
            if char == "'":
                return self.text[start : self.at - 1]

    def long_string(self, mark: str) -> str:
        """A string between three marks, the first three of which have been read."""
        start = self.at
        other = "'" if mark == '"' else '"'
        while True:
            char = self.next()
            if not char:
                self.refuse(f"unexpected EOF; expected {other}{mark * 3}{other}")
            if char == "\\" and mark == '"':
                if self.next() not in LINE_ENDS:
                    self.back()
                    self.escape(start)
            elif char == mark and self.accept(mark):
                if not self.accept(mark):
                    self.back()
                elif self.peek() != mark:
                    return self.text[start : self.at - 3]
                else:
                    self.check_marks(self.text[start : self.at], mark, other)
                    self.back()
                    self.back()

    def check_marks(self, text: str, mark: str, other: str) -> None:
        """Two marks may stand before the closing three, not three."""
        escaped = mark == '"' and text.endswith("\\" + mark * 5)
        if text.endswith(mark * 5) and not escaped:
            self.refuse(f"unexpected {other}{mark * 6}{other}")

    def escape(self, start: int) -> None:
        """An escape sequence whose backslash has been read; `start` is that of the string."""
        char = self.next()
        if char in _NUMBERS_OF_DIGITS and char:
            count, word = _NUMBERS_OF_DIGITS[char]
            for _ in range(count):
                if self.next() not in HEX:
                    found = quote(self.text[start : self.at])
                    self.refuse(
                        f"expected {word} hexadecimal digits after '\\{char}', but got {found} instead"
                    )
        elif not char or char not in 'ebtnfr" \t\\':
            message = f"invalid escape in string '\\{char or chr(0)}'"
            self.fault(message, self.line - self.end)

    # ---------------------------------------------------------------------------------- numbers

    def number_or_date(self, start: int) -> tuple[str, str]:
        """Kind ("integer", "float", "date") and text of a word that begins with the digit just read."""
        kind = "integer"
        char = self.next()
        if self.text[start] == "0":
            if char in _PREFIXES and char:
                return self.prefixed(start, char)
            if char not in ("_", ".", "e", "E") and char not in DIGITS:
                self.back()
                return kind, self.text[start : self.at]
        while char in DIGITS:
            char = self.next()
        if char in ("-", ":"):
            self.run(_DATE)
            return "date", self.text[start : self.at].strip(" \t")
        return self.decimal(start, char)

    def decimal(self, start: int, char: str) -> tuple[str, str]:
        """The rest of a decimal number; `char` was read last."""
        while char == "_" or char in DIGITS:
            char = self.next()
        if char in (".", "e", "E"):
            self.run(_FLOAT)
            return "float", self.text[start : self.at]
        self.back()
        return "integer", self.text[start : self.at]

    def prefixed(self, start: int, letter: str) -> tuple[str, str]:
        """A number with a base."""
        name, digits = _PREFIXES[letter]
        char = self.peek()
        if char not in digits:
            self.refuse(f"not {name} number: '{self.text[start : self.at]}{char or chr(0)}'")
        self.run(digits | {"_"})
        return "integer", self.text[start : self.at]

    def signed(self, start: int) -> tuple[str, str]:
        """A number whose sign has been read."""
        char = self.next()
        if char in ("i", "n"):
            second, third = "nf" if char == "i" else "an"
            if not (self.accept(second) and self.accept(third)):
                self.refuse(f"invalid float: '{self.text[start : self.at]}'")
            return "float", self.text[start : self.at]
        if char == ".":
            self.refuse("floats must start with a digit, not '.'")
        if char == "0" and (letter := self.peek()) in _PREFIXES:
            self.refuse(f"cannot use sign with non-decimal numbers: '{self.text[start : self.at]}{letter}'")
        if char not in DIGITS:
            self.refuse(f"expected a digit but got {shown_rune(char)}")
        return self.decimal(start, self.next())
