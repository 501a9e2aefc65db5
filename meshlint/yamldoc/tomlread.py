"""TOML in as BurntSushi/toml 1.6 reads it: tables as dicts, integers as Go's int64, errors in its words.

In: a TOML text; out: a dict. Dates and times become RFC 3339 text, as JSON shows Go's times.
"""

from __future__ import annotations

import re
from typing import Any

from meshlint.gotemplate.govalue import Int64
from meshlint.yamldoc.gotext import quote

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANKS = re.compile(r"[ \t]*")
_TIME = r"\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
_DATE = re.compile(rf"\d{{4}}-\d\d-\d\d(?:[Tt ]{_TIME}(?:[Zz]|[+-]\d\d:\d\d)?)?|{_TIME}")
_NUMBER = re.compile(r"[+-]?(?:inf|nan|[0-9A-Za-z_.]+(?:(?<=[eE])[+-][0-9_]+)?)")
_INTEGER = re.compile(r"[+-]?(?:0|[1-9](?:_?[0-9])*)")
_PREFIXED = re.compile(r"0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*")
_FLOAT = re.compile(
    r"[+-]?(?:0|[1-9](?:_?[0-9])*)(?:\.[0-9](?:_?[0-9])*)?(?:[eE][+-]?[0-9](?:_?[0-9])*)?|[+-]?(?:inf|nan)"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_LAST_KEY = re.compile(r"([A-Za-z0-9_.-]+)[ \t]*=")
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
_CODES = {"x": 2, "u": 4, "U": 8}
MAX_DEPTH = 200


class TomlError(Exception):
    """A fault of reading or writing; `text` is Go's."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def load_toml(text: str) -> dict[str, Any]:
    """The document. Raises TomlError: `toml: line 1 (last key "a"): ...`."""
    return _Reader(text).document()


class _Reader:
    """One pass over the text.

    closed   ids of tables that may not be opened again: inline ones and those with a header of their own
    """

    __slots__ = ("at", "closed", "key", "root", "static", "text")

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.key = ""
        self.root: dict[str, Any] = {}
        self.closed: set[int] = set()
        self.static: set[int] = set()

    def fault(self, message: str) -> TomlError:
        """The error at the current place."""
        end = min(self.at, len(self.text))
        line = self.text.count("\n", 0, end) + 1
        if self.at >= len(self.text) and self.text.endswith("\n"):
            line -= 1
        last = f" (last key {quote(self.key)})" if self.key else ""
        return TomlError(f"toml: line {max(line, 1)}{last}: {message}")

    def peek(self) -> str:
        """The next character, "" at the end."""
        return self.text[self.at : self.at + 1]

    def skip(self) -> str:
        """Skip blanks; the next character."""
        found = _BLANKS.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.peek()

    def skip_lines(self) -> str:
        """Skip blanks, line ends and comments; the next character."""
        while True:
            char = self.skip()
            if char == "#":
                self.comment()
            elif char != "\n":
                return char
            else:
                self.at += 1

    def comment(self) -> None:
        """Skip to the end of the line."""
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def document(self) -> dict[str, Any]:
        """Headers and entries to the end."""
        control = _CONTROL.search(self.text)
        if control:
            self.at = control.start()
            return self.refuse_control()
        table = self.root
        while self.skip_lines():
            if self.peek() == "[":
                table = self.header()
            else:
                self.entry(table)
                self.key = ""
            self.line_end()
        return self.root

    def refuse_control(self) -> dict[str, Any]:
        """Read what stands before a control character, for the key to be named; then refuse it."""
        last = _LAST_KEY.findall(self.text[self.text.rfind("\n", 0, self.at) + 1 : self.at])
        self.key = last[-1] if last else ""
        raise self.fault(f"TOML files cannot contain control characters: '0x{ord(self.peek()):02x}'")

    def line_end(self) -> None:
        """What must follow a header or an entry."""
        char = self.skip()
        if char == "#":
            self.comment()
        elif char not in ("", "\n"):
            self.at += 1
            expected = "a newline, comment, or EOF"
            raise self.fault(
                f"expected a top-level item to end with {expected}, but got {_rune(char)} instead"
            )

    def header(self) -> dict[str, Any]:
        """`[a.b]` or `[[a.b]]`: the table it opens."""
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        if self.skip() in ("]", ""):
            raise self.fault("unexpected end of table name (table names cannot be empty)")
        names = self.names("]")
        if not self.text.startswith("]]" if many else "]", self.at):
            what = "table array name delimiter ']'" if many else "'.' or ']' to end table name"
            raise self.fault(
                f"expected {'end of ' if many else ''}{what}, but got {_rune(self.peek())} instead"
            )
        self.at += 2 if many else 1
        self.key = ".".join(names[:-1])
        return self.open_list(names) if many else self.open_table(names)

    def open_table(self, names: list[str]) -> dict[str, Any]:
        """The table of a header; it may be there already as the parent of another one."""
        parent = self.walk(self.root, names[:-1])
        table = parent.setdefault(names[-1], {})
        if not isinstance(table, dict) or id(table) in self.closed:
            raise self.fault(f"Key '{'.'.join(names)}' has already been defined.")
        self.closed.add(id(table))
        self.key = ".".join(names)
        return table

    def open_list(self, names: list[str]) -> dict[str, Any]:
        """A new table at the end of a list of tables."""
        parent = self.walk(self.root, names[:-1])
        tables = parent.setdefault(names[-1], [])
        if not isinstance(tables, list) or id(tables) in self.static:
            raise self.fault(f"Key '{'.'.join(names)}' was already created and cannot be used as an array.")
        tables.append({})
        last: dict[str, Any] = tables[-1]
        return last

    def walk(self, table: dict[str, Any], names: list[str]) -> dict[str, Any]:
        """Go down, making the tables that are not there."""
        for name in names:
            below = table.setdefault(name, {})
            if isinstance(below, list) and below and id(below) not in self.static:
                below = below[-1]
            if not isinstance(below, dict) or id(below) in self.static:
                raise self.fault(f"Key '{name}' has already been defined.")
            table = below
        return table

    def entry(self, table: dict[str, Any], depth: int = 0) -> None:
        """`key = value`."""
        outer, self.key = self.key, ""
        names = self.names("=")
        if self.skip() != "=":
            char = self.peek()
            if not char:
                raise self.fault("unexpected EOF; expected key separator '='")
            self.at += 1
            raise self.fault(f"expected '.' or '=', but got {_rune(char)} instead")
        self.at += 1
        self.skip()
        self.key = ".".join([outer, *names] if outer else names)
        value = self.value(depth)
        parent = self.walk(table, names[:-1])
        if names[-1] in parent:
            raise self.fault(f"Key '{self.key}' has already been defined.")
        parent[names[-1]] = value

    def names(self, end: str) -> list[str]:
        """A dotted key."""
        found = [self.name(end)]
        while self.skip() == ".":
            self.at += 1
            self.skip()
            found.append(self.name(end))
        return found

    def name(self, end: str) -> str:
        char = self.skip()
        if char in ("'", '"'):
            return self.string(char)
        found = _BARE.match(self.text, self.at)
        if found:
            self.at = found.end()
            return found[0]
        if char == "=" and end == "=":
            raise self.fault("unexpected '=': key name appears blank")
        if char == "." and end == "=":
            raise self.fault("unexpected '.': keys cannot start with a '.'")
        self.at += 1
        wanted = "'.' or ']' to end table name" if end == "]" else "'.' or '='"
        raise self.fault(f"expected {wanted}, but got {_rune(char)} instead")

    def value(self, depth: int) -> Any:
        """The value at the current place."""
        if depth > MAX_DEPTH:
            raise self.fault("nesting is too deep")
        char = self.peek()
        if char in ("'", '"'):
            return self.string(char * 3 if self.text.startswith(char * 3, self.at) else char)
        if char == "[":
            return self.list_value(depth)
        if char == "{":
            return self.inline_table(depth)
        date = _DATE.match(self.text, self.at)
        if date:
            self.at = date.end()
            return _moment(date[0])
        return self.word(char)

    def word(self, char: str) -> Any:
        """A boolean or a number."""
        for word, value in (("true", True), ("false", False)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return value
        if not char:
            raise self.fault("unexpected EOF; expected value")
        if char == ".":
            raise self.fault("floats must start with a digit, not '.'")
        found = _NUMBER.match(self.text, self.at)
        if found is not None and char.isalpha() and found[0] not in ("inf", "nan"):
            raise self.fault(f"expected value but found {quote(found[0])} instead")
        if found is None or not (char in "+-" or char.isdigit() or found[0] in ("inf", "nan")):
            self.at += 1
            raise self.fault(f"expected value but found {_rune(char)} instead")
        self.at = found.end()
        return self.number(found[0])

    def number(self, text: str) -> Any:
        """An int64 or a float64."""
        plain = text.replace("_", "")
        if _INTEGER.fullmatch(text) or _PREFIXED.fullmatch(text):
            number = int(plain, 0) if _PREFIXED.fullmatch(text) else int(plain)
            if not -(1 << 63) <= number < 1 << 63:
                raise self.fault(f"{text} is out of range for int64")
            return Int64(number)
        if _FLOAT.fullmatch(text):
            return float(plain)
        raise self.fault(_number_fault(text))

    def list_value(self, depth: int) -> list[Any]:
        """`[1, 2]`, over several lines if need be."""
        self.at += 1
        values: list[Any] = []
        while True:
            char = self.skip_lines()
            if char == "]":
                break
            if char == ",":
                raise self.fault("unexpected comma")
            values.append(self.value(depth + 1))
            char = self.skip_lines()
            if char == ",":
                self.at += 1
            elif char != "]":
                raise self.fault(
                    f"expected a comma (',') or array terminator (']'), but got {_rune(char, 'end of file')}"
                )
        self.at += 1
        self.static.add(id(values))
        return values

    def inline_table(self, depth: int) -> dict[str, Any]:
        """`{a = 1}`."""
        self.at += 1
        table: dict[str, Any] = {}
        outer = self.key
        while self.skip_lines() != "}":
            if self.peek() == ",":
                raise self.fault("unexpected comma")
            self.entry(table, depth + 1)
            char = self.skip_lines()
            if char == ",":
                self.at += 1
            elif char != "}":
                end = "expected a comma or an inline table terminator '}'"
                raise self.fault(f"{end}, but got {_rune(char, 'end of file')} instead")
            self.key = outer
        self.at += 1
        self.closed.add(id(table))
        return table

    def string(self, mark: str) -> str:
        """A string between marks; one with apostrophes has no escapes."""
        self.at += len(mark)
        if len(mark) == 3 and self.peek() == "\n":
            self.at += 1
        out: list[str] = []
        while not self.text.startswith(mark, self.at):
            char = self.peek()
            if not char:
                raise self.fault(f"unexpected EOF; expected {_marked(mark)}")
            if char == "\n" and len(mark) == 1:
                raise self.fault("strings cannot contain newlines")
            if char == "\\" and mark[0] == '"':
                out.append(self.escape(len(mark) == 3))
            else:
                out.append(char)
                self.at += 1
        self.at += len(mark)
        while len(mark) == 3 and self.peek() == mark[0]:  # `""""`: one quote belongs to the text
            out.append(mark[0])
            self.at += 1
        return "".join(out)

    def escape(self, several_lines: bool) -> str:
        char = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if char in _ESCAPES and char:
            return _ESCAPES[char]
        if char in _CODES:
            digits = self.text[self.at : self.at + _CODES[char]]
            self.at += len(digits)
            try:
                return chr(int(digits, 16))
            except (ValueError, OverflowError):
                raise self.fault(f"invalid escape in string '\\{char}{digits}'") from None
        if several_lines and char in (" ", "\t", "\n"):
            while self.peek() in (" ", "\t", "\n") and self.peek():
                self.at += 1
            return ""
        raise self.fault(f"invalid escape in string '\\{char}'")


def _number_fault(text: str) -> str:
    kind = "float" if "." in text or "e" in text.lower() else "integer"
    reason = "underscores must be surrounded by digits"
    if "_" not in text:
        reason = "cannot have leading zeroes"
        if kind == "float" and not re.match(r"[+-]?0[0-9]", text):
            reason = "'.' must be followed by one or more digits"
    return f"Invalid {kind} {quote(text)}: {reason}"


def _moment(text: str) -> str:
    """A date or a time as Go's time.Time prints in JSON."""
    if text[2] == ":":
        return f"0000-01-01T{text}Z"
    date, time = text[:10], text[11:].upper()
    if not time:
        return f"{date}T00:00:00Z"
    return f"{date}T{time}" if time[-1] == "Z" or re.search("[+-]", time) else f"{date}T{time}Z"


def _marked(mark: str) -> str:
    return f"'{mark}'" if mark[0] == '"' else f'"{mark}"'


def _rune(char: str, end: str = "'\\x00'") -> str:
    """A character as %q prints a rune."""
    if not char:
        return end
    if char == "'":
        return "'\\''"
    return "'" + quote(char)[1:-1].replace('\\"', '"') + "'"
