"""TOML in as BurntSushi/toml 1.6 reads it: tables as dicts, integers as Go's int64, errors in its words.

In: a TOML text; out: a dict. Its bookkeeping is that of the library: which tables exist only because
a deeper one was named, so that they may still be opened, and what a key was before it is defined again.
"""

from __future__ import annotations

from typing import Any, NoReturn

from meshlint.gotemplate.govalue import MapList
from meshlint.yamldoc.gotext import quote
from meshlint.yamldoc.tomlscan import BARE, BLANKS, DIGITS, LINE_ENDS, rune_or_end, shown_rune
from meshlint.yamldoc.tomlscan import TomlError as TomlError
from meshlint.yamldoc.tomlvalue import ReadTime, ValueReader

MAX_DEPTH = 200  # of arrays and inline tables; the library has no bound

_KEY_ESCAPES = str.maketrans(
    {**{chr(code): f"\\u{code:04x}" for code in (*range(32), 127)}, '"': '\\"', "\\": "\\\\"}
    | {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
)


def load_toml(text: str, read_time: ReadTime) -> dict[str, Any]:
    """The document. Raises TomlError: `toml: line 1 (last key "a"): ...`.

    read_time   makes the value of a date or time (`2024-05-06T07:08:09Z`, `07:08`), None if it is none
    """
    text = text.removeprefix("\ufeff")
    if "\0" in text[:6]:
        raise TomlError(
            "toml: line 1: files cannot contain NULL bytes; probably using UTF-16; TOML files must be UTF-8"
        )
    return _Reader(text, read_time).document()


def written(key: list[str]) -> str:
    """A key as TOML writes it: `a."b c"`."""
    pieces = [part if part and BARE.issuperset(part) else f'"{part.translate(_KEY_ESCAPES)}"' for part in key]
    return ".".join(pieces)


class _Reader(ValueReader):
    """One pass over the text.

    context    the table that is being filled
    key        the key in it whose value is being read, "" for none
    key_line   where errors of tables are reported: the line of the first part of the last key
    implicit   keys of tables that exist because of others
    arrays     keys whose value is an array
    """

    def __init__(self, text: str, read_time: ReadTime) -> None:
        super().__init__(text, read_time)
        self.context: list[str] = []
        self.key = ""
        self.key_line = 1
        self.root: dict[str, Any] = {}
        self.implicit: set[str] = set()
        self.arrays: set[str] = set()

    def last_key(self) -> str:
        if not self.key:
            return written(self.context)
        return f"{written(self.context)}.{self.key}" if self.context else self.key

    def refuse_key(self, message: str) -> NoReturn:
        """TomlError at the key."""
        self.fault(message, self.key_line)

    # ---------------------------------------------------------------------------------- tables

    def document(self) -> dict[str, Any]:
        """Headers and entries to the end."""
        while char := self.next():
            if char in BLANKS or char in LINE_ENDS:
                continue
            if char == "#":
                self.comment()
                continue
            if char == "[":
                self.header()
            else:
                self.back()
                self.entry()
            self.item_end()
        return self.root

    def item_end(self) -> None:
        """What must follow a header or an entry."""
        self.blanks()
        char = self.next()
        if char == "#":
            self.comment()
        elif char and char not in LINE_ENDS:
            message = "expected a top-level item to end with a newline, comment, or EOF, but got "
            self.refuse(f"{message}{shown_rune(char)} instead")

    def header(self) -> None:
        """`[a.b]` or `[[a.b]]`, whose first bracket has been read."""
        many = self.peek() == "["
        if many:
            self.next()
        names: list[str] = []
        while True:
            self.blanks()
            char = self.peek()
            if char in ("]", ""):
                self.refuse("unexpected end of table name (table names cannot be empty)")
            if char == ".":
                self.refuse("unexpected table separator (table names cannot be empty)")
            names.append(self.name(char, not names))
            self.blanks()
            char = self.next()
            if char == "]":
                break
            if char != ".":
                self.refuse(f"expected '.' or ']' to end table name, but got {shown_rune(char)} instead")
        if many and (char := self.next()) != "]":
            self.refuse(f"expected end of table array name delimiter ']', but got {shown_rune(char)} instead")
        self.enter(names, many)
        self.arrays.discard(written(self.context))

    def name(self, char: str, first: bool) -> str:
        """One part of a key; `char` is its first character."""
        if char in ("'", '"') and char:
            self.next()
            text = self.string() if char == '"' else self.raw_string()
            text = self.unescaped(text) if char == '"' else text
        else:
            start = self.at
            self.run(BARE)
            text = self.text[start : self.at]
        if first:
            self.key_line = self.line
        return text

    def enter(self, key: list[str], many: bool = False) -> None:
        """Make the table of a key, or a new one in its list of tables, and go there."""
        table = self.root
        for depth, part in enumerate(key[:-1], 1):
            if part not in table:
                self.implicit.add(written(key[:depth]))
                table[part] = {}
            below = table[part]
            if not isinstance(below, (dict, MapList)):
                self.refuse_key(f"Key '{written(key[:depth])}' was already created as a hash.")
            table = below[-1] if isinstance(below, MapList) else below
        self.context = key[:-1]
        if many:
            tables = table.setdefault(key[-1], MapList())
            if not isinstance(tables, MapList):
                self.refuse_key(f"Key '{written(key)}' was already created and cannot be used as an array.")
            tables.append({})
        else:
            self.put(key[-1], {})
        self.context = key

    def put(self, name: str, value: Any) -> None:
        """Define a key of the current table."""
        table = self.root
        for depth, part in enumerate(self.context, 1):
            below = table[part]
            if not isinstance(below, (dict, MapList)):
                self.refuse_key(f"Key '{written(self.context[:depth])}' has already been defined.")
            table = below[-1] if isinstance(below, MapList) else below
        key = written([*self.context, name])
        if name not in table:
            table[name] = value
        elif key not in self.implicit:
            self.refuse_key(f"Key '{key}' has already been defined.")
        else:
            self.implicit.discard(key)
            if key in self.arrays:
                table[name] = value

    # ---------------------------------------------------------------------------------- entries

    def entry(self) -> None:
        """`key = value` of the document or of a table with a header."""
        outer = self.context
        self.keys()
        self.put(self.key, self.assigned(0))
        self.context = outer
        self.key = ""

    def keys(self) -> list[str]:
        """A dotted key up to its equals sign; the last part becomes the current key, the others tables."""
        self.blanks()
        char = self.peek()
        if char in ("=", ""):
            self.refuse("unexpected '=': key name appears blank")
        if char == ".":
            self.refuse("unexpected '.': keys cannot start with a '.'")
        names: list[str] = []
        while True:
            self.blanks()
            char = self.peek()
            if char in ("=", "", "."):
                self.refuse(f"unexpected '{char or '='}'")
            names.append(self.name(char, not names))
            self.blanks()
            char = self.next()
            if char == "=":
                break
            if char != ".":
                self.refuse_after_key(char)
        self.key = names[-1]
        for part in names[:-1]:
            self.implicit.add(written([*self.context, part]))
            self.enter([*self.context, part])
        return names

    def refuse_after_key(self, char: str) -> NoReturn:
        if not char:
            self.refuse("unexpected EOF; expected key separator '='")
        message = f"expected '.' or '=', but got {shown_rune(char)} instead"
        if char == "\n":
            self.refuse_line_end(message)
        self.refuse(message)

    def assigned(self, depth: int) -> Any:
        """The value of the current key."""
        name = self.key
        value = self.value(False, depth)
        key = written([*self.context, name])
        if isinstance(value, list):
            self.arrays.add(key)
        else:
            self.arrays.discard(key)
        return value

    def value(self, in_array: bool, depth: int) -> Any:
        """The value that begins behind blanks."""
        if depth > MAX_DEPTH:
            self.refuse("nesting is too deep")
        self.blanks()
        start = self.at
        char = self.next()
        if char == "[":
            return self.array(depth)
        if char == "{":
            return self.inline_table(in_array, depth)
        if char in ("'", '"') and char:
            return self.any_string(char)
        if char in DIGITS:
            return self.converted(*self.number_or_date(start))
        if char in ("+", "-"):
            return self.converted(*self.signed(start))
        return self.word(char, start)

    def array(self, depth: int) -> list[Any]:
        """`[1, 2]`, over several lines if need be."""
        self.arrays.add(written([*self.context, self.key] if self.key else self.context or [""]))
        values: list[Any] = []
        while (char := self.between()) != "]":
            if char == ",":
                self.refuse("unexpected comma")
            self.back()
            values.append(self.value(True, depth + 1))
            char = self.between()
            if char == "]":
                break
            if char != ",":
                message = "expected a comma (',') or array terminator (']'), but got "
                self.refuse(message + rune_or_end(char))
        return values

    def between(self) -> str:
        """The next character that is no blank, line end or comment."""
        while True:
            char = self.next()
            if char == "#":
                self.comment()
            elif char not in BLANKS and char not in LINE_ENDS:
                return char

    def inline_table(self, in_array: bool, depth: int) -> dict[str, Any]:
        """`{a = 1}`: filled into the tree like any table, and given back as a value of its own."""
        found: dict[str, Any] = {}
        outer, outer_key = self.context, self.key
        here = [*outer, outer_key]
        self.context, self.key = here, ""
        self.implicit.add(written(here))
        self.enter(here, in_array)
        char = self.between()
        while char != "}":
            if char == ",":
                self.refuse("unexpected comma")
            self.back()
            self.inline_entry(found, depth)
            char = self.inline_end()
        self.context, self.key = outer, outer_key
        return found

    def inline_entry(self, found: dict[str, Any], depth: int) -> None:
        names = self.keys()
        value = self.assigned(depth + 1)
        self.put(self.key, value)
        for name in names[:-1]:
            below = found.setdefault(name, {})
            if not isinstance(below, dict):
                self.refuse_key(f"{quote(written(self.context))} is not a table")
            found = below
        found[names[-1]] = value
        self.context = self.context[: len(self.context) - len(names) + 1]

    def inline_end(self) -> str:
        """What follows an entry of an inline table: the first character of the next one, or `}`."""
        while True:
            char = self.between()
            if char == "}":
                return char
            if char != ",":
                end = "expected a comma or an inline table terminator '}', but got "
                self.refuse(f"{end}{rune_or_end(char)} instead")
            self.blanks()
            if self.peek() != "}":
                return self.between()
