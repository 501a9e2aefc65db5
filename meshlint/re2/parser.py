"""The parser of RE2 syntax: a pattern text to its tree, with the faults and the words of Go's regexp/syntax.

In: a pattern (broken UTF-8 as surrogate escapes); out: Parsed. Raises RegexError.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.re2.charclass import ANY, NOT_NEWLINE, folded
from meshlint.re2.fault import RegexError
from meshlint.re2.node import (
    LINE_END,
    LINE_START,
    NO_WORD_EDGE,
    TEXT_END,
    TEXT_START,
    WORD_EDGE,
    Assertion,
    Chars,
    Choice,
    Concat,
    Group,
    Node,
    Repeat,
)
from meshlint.re2.reader import FOLD, Reader
from meshlint.text.pattern import lazy

MAX_HEIGHT = 200  # levels; Go takes 1000, more than Python's own compiler can walk down
MAX_SIZE = (128 << 20) // 40  # instructions, as Go
MAX_REPEAT = 1000

MULTI_LINE, DOT_NEWLINE, LAZY = 2, 4, 8
_FLAGS = {"i": FOLD, "m": MULTI_LINE, "s": DOT_NEWLINE, "U": LAZY}
_REPEAT = lazy(r"\{(0|[1-9][0-9]*)(,(0|[1-9][0-9]*)?)?\}")
_SIMPLE = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_EDGES = {"A": TEXT_START, "b": WORD_EDGE, "B": NO_WORD_EDGE, "z": TEXT_END}
_NAME = lazy("[0-9A-Za-z_]+")


class Parsed(NamedTuple):
    """A tree and the names of its groups; names[0] is the whole match, "" means no name."""

    node: Node
    names: tuple[str, ...]


class _Level:
    """A parenthesis being read: its finished branches and the items of the current one."""

    __slots__ = ("branches", "flags", "items", "number")

    def __init__(self, flags: int, number: int) -> None:
        self.flags = flags  # those in force before the parenthesis
        self.number = number  # of the capturing group, 0 for none
        self.branches: list[Node] = []
        self.items: list[Node] = []


def parse(pattern: str) -> Parsed:
    """Read a pattern as Go's regexp.Compile does. Raises RegexError."""
    return _Parser(pattern).run()


class _Parser(Reader):
    """One run over a pattern; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        super().__init__(pattern)
        self.names = [""]
        self.levels = [_Level(0, 0)]
        self.last_repeat = -1

    def run(self) -> Parsed:
        pattern, end = self.pattern, len(self.pattern)
        while self.at < end:
            start = self.at
            repeated = self.token(pattern[start])
            self.last_repeat = start if repeated else -1
        if len(self.levels) > 1:
            raise RegexError("missing closing )", pattern)
        return Parsed(self.closed(), tuple(self.names))

    def token(self, char: str) -> bool:
        """Read one token; True if it was a repetition."""
        if char in _SIMPLE:
            low, high = _SIMPLE[char]
            self.repeat(low, high, 1, False)
            return True
        if char == "{":
            return self.counted()
        handler = _TOKENS.get(char)
        if handler is None:
            self.literal(self.rune())
        else:
            handler(self)
        return False

    # ------------------------------------------------------------------ structure

    def push(self, node: Node) -> None:
        """Add an item to the current branch."""
        self.levels[-1].items.append(self.bounded(node))

    def bounded(self, node: Node) -> Node:
        """The node itself; RegexError if it is too deep or too large."""
        if node.height > MAX_HEIGHT:
            raise RegexError("expression nests too deeply", self.pattern)
        if node.size > MAX_SIZE:
            raise RegexError("expression too large", self.pattern)
        return node

    def closed(self) -> Node:
        """The tree of the innermost level."""
        self.bar()
        branches = self.levels.pop().branches
        return branches[0] if len(branches) == 1 else self.bounded(Choice(tuple(branches)))

    def bar(self) -> None:
        level = self.levels[-1]
        items = level.items
        level.branches.append(items[0] if len(items) == 1 else self.bounded(Concat(tuple(items))))
        level.items = []

    def alternative(self) -> None:
        self.bar()
        self.at += 1

    def open(self) -> None:
        if self.pattern.startswith("(?", self.at):
            self.perl_group()
            return
        self.at += 1
        self.capture("")

    def capture(self, name: str) -> None:
        self.levels.append(_Level(self.flags, len(self.names)))
        self.names.append(name)

    def close(self) -> None:
        if len(self.levels) == 1:
            raise RegexError("unexpected )", self.pattern)
        level = self.levels[-1]
        node = self.closed()
        self.flags = level.flags
        self.push(Group(level.number, node) if level.number else node)
        self.at += 1

    def perl_group(self) -> None:
        """`(?flags)`, `(?flags:`, `(?P<name>` and `(?<name>`."""
        start = self.at
        text = self.pattern
        lead = 4 if text.startswith("(?P<", start) else 3 if text.startswith("(?<", start) else 0
        if lead and len(text) - start > lead:
            self.named_group(start, start + lead)
            return
        self.at = start + 2
        flags, negative, seen = self.flags, False, False
        while self.at < len(text):
            char = chr(self.rune())
            if char in _FLAGS:
                flags = flags & ~_FLAGS[char] if negative else flags | _FLAGS[char]
                seen = True
            elif char == "-" and not negative:
                negative, seen = True, False
            elif char in ":)" and (seen or not negative):
                if char == ":":
                    self.levels.append(_Level(self.flags, 0))
                self.flags = flags
                return
            else:
                break
        raise RegexError("invalid or unsupported Perl syntax", text[start : self.at])

    def named_group(self, start: int, name_start: int) -> None:
        end = self.pattern.find(">", start)
        self.check_text(self.pattern[name_start:end] if end >= 0 else self.pattern[start:])
        if end < 0:
            raise RegexError("invalid named capture", self.pattern[start:])
        name = self.pattern[name_start:end]
        if not _NAME.fullmatch(name):
            raise RegexError("invalid named capture", self.pattern[start : end + 1])
        self.capture(name)
        self.at = end + 1

    # ------------------------------------------------------------------ repetition

    def counted(self) -> bool:
        """`{n}`, `{n,}`, `{n,m}`; anything else is a literal brace."""
        match = _REPEAT.match(self.pattern, self.at)
        if match is None:
            self.literal(self.rune())
            return False
        low = int(match[1])
        high = low if match[2] is None else None if match[3] is None else int(match[3])
        if low > MAX_REPEAT or (high is not None and not low <= high <= MAX_REPEAT):
            raise RegexError("invalid repeat count", match[0])
        self.repeat(low, high, len(match[0]), True)
        return True

    def repeat(self, low: int, high: int | None, length: int, counted: bool) -> None:
        start = self.at
        self.at += length
        greedy = not self.flags & LAZY
        if self.pattern.startswith("?", self.at):
            self.at += 1
            greedy = not greedy
        if self.last_repeat >= 0:
            raise RegexError("invalid nested repetition operator", self.pattern[self.last_repeat : self.at])
        items = self.levels[-1].items
        if not items:
            raise RegexError("missing argument to repetition operator", self.pattern[start : self.at])
        node = self.bounded(Repeat(items[-1], low, high, greedy, counted))
        if counted and (low >= 2 or (high or 0) >= 2) and node.copies > MAX_REPEAT:
            raise RegexError("invalid repeat count", self.pattern[start : self.at])
        items[-1] = node

    # ------------------------------------------------------------------ characters

    def literal(self, code: int) -> None:
        ranges = ((code, code),)
        self.push(Chars(folded(ranges) if self.flags & FOLD else ranges))

    def dot(self) -> None:
        self.at += 1
        self.push(Chars(ANY if self.flags & DOT_NEWLINE else NOT_NEWLINE))

    def caret(self) -> None:
        self.at += 1
        self.push(Assertion(LINE_START if self.flags & MULTI_LINE else TEXT_START))

    def dollar(self) -> None:
        self.at += 1
        self.push(Assertion(LINE_END if self.flags & MULTI_LINE else TEXT_END))

    def backslash(self) -> None:
        letter = self.pattern[self.at + 1 : self.at + 2]
        if letter in _EDGES:
            self.at += 2
            self.push(Assertion(_EDGES[letter]))
        elif letter == "Q":
            self.quoted()
        elif letter == "C":
            raise RegexError("invalid escape sequence", "\\C")
        else:
            ranges = self.class_escape()
            if ranges is None:
                self.literal(self.escape())
            else:
                self.push(Chars(ranges))

    def quoted(self) -> None:
        r"""Everything up to \E or the end is literal."""
        stop = self.pattern.find("\\E", self.at + 2)
        self.at += 2
        end = len(self.pattern) if stop < 0 else stop
        text, self.pattern = self.pattern, self.pattern[:end]
        while self.at < end:
            self.literal(self.rune())
        self.pattern = text
        self.at = end + (0 if stop < 0 else 2)

    def bracket(self) -> None:
        self.push(Chars(self.bracket_ranges()))


_TOKENS = {
    "(": _Parser.open,
    "|": _Parser.alternative,
    ")": _Parser.close,
    "^": _Parser.caret,
    "$": _Parser.dollar,
    ".": _Parser.dot,
    "[": _Parser.bracket,
    "\\": _Parser.backslash,
}
