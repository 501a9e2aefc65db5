"""Patterns ready to match: Go's regexp.Regexp for the linter.

In: pattern texts and subjects; out: spans. Patterns that a backtracking matcher could choke on, or
would group differently, run on the machine of this package; all others run on Python's `re`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from meshlint.re2.fault import LimitError as LimitError
from meshlint.re2.fault import RegexError as RegexError

if TYPE_CHECKING:
    from meshlint.re2.machine import Program
    from meshlint.re2.node import Node

_MAX_STEPS = 20_000_000  # of the backtracking matcher at worst: about a second
_BROKEN = re.compile("[\ud800-\udfff]")


class Pattern:
    """A compiled pattern.

    text    the pattern as it was written
    names   names of the groups; names[0] is the whole match, "" means no name
    """

    __slots__ = ("_cost", "_node", "_program", "_python", "_whole", "names", "text")

    def __init__(self, text: str, node: Node, names: tuple[str, ...]) -> None:
        self.text = text
        self.names = names
        self._node = node
        from meshlint.re2.translate import cost_of_search

        self._cost = cost_of_search(node)
        self._python: re.Pattern[str] | None = None
        self._program: Program | None = None
        self._whole: Pattern | None = None

    def __repr__(self) -> str:
        return f"<Pattern {self.text}>"

    def search(self, subject: str, start: int = 0) -> list[int] | None:
        r"""The first match from `start` on, None if there is none.

        Gives start and end of the whole match and of each group, -1 for a group that took no part.
        Characters before `start` are seen by ^ and \b. Broken UTF-8 counts as U+FFFD. Raises LimitError.
        """
        if not subject.isascii() and _BROKEN.search(subject):
            subject = _BROKEN.sub("\ufffd", subject)
        if not self._cost.admits(len(subject) - start, _MAX_STEPS):
            if self._program is None:
                from meshlint.re2.machine import Program

                self._program = Program(self._node, len(self.names) - 1, self.text)
            return self._program.run(subject, start)
        if self._python is None:
            from meshlint.re2.translate import to_python

            self._python = re.compile(to_python(self._node))
        match = self._python.search(subject, start)
        return None if match is None else [at for span in match.regs for at in span]

    def matches(self, subject: str) -> bool:
        """True if the pattern is found in the subject (regexp.MatchString). Raises LimitError."""
        return self.search(subject) is not None

    def full_match(self, subject: str) -> bool:
        """True if the pattern matches the whole subject (RE2::FullMatch, as Envoy)."""
        if self._whole is None:
            from meshlint.re2.node import TEXT_END, TEXT_START, Assertion, Concat

            ends = Assertion(TEXT_START), Assertion(TEXT_END)
            self._whole = Pattern(self.text, Concat((ends[0], self._node, ends[1])), self.names)
        return self._whole.matches(subject)


@lru_cache(maxsize=1024)
def compile_go(text: str) -> Pattern:
    """regexp.Compile. Raises RegexError with Go's text."""
    from meshlint.re2.parser import parse

    return Pattern(text, *parse(text))


def fault_of(text: str) -> str:
    """Go's error for a malformed pattern ("error parsing regexp: ..."), "" if it is well formed."""
    try:
        compile_go(text)
    except RegexError as fault:
        return str(fault)
    return ""


def translate(text: str) -> str:
    """The pattern as Python's `re` writes it. Raises RegexError with Go's text."""
    from meshlint.re2.parser import parse
    from meshlint.re2.translate import to_python

    return to_python(parse(text).node)
