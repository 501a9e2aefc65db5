"""Helm room, .helmignore: which files of a chart directory Helm leaves out.

In: the text of the chart root's .helmignore. Out: Rules, asked with paths relative to that root. Facts:
helm pkg/ignore; a negated rule ignores everything it does not match.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meshlint.helm.pathmatch import PatternError, filepath_match


class IgnoreError(Exception):
    """A line that Helm refuses; `line` is 1-based, the text is Helm's."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


class Rule(NamedTuple):
    """One line: what it matches, against the whole path or the base name only."""

    regex: re.Pattern[str]
    negated: bool
    directories_only: bool
    whole_path: bool

    def matches(self, path: str) -> bool:
        """True if the pattern itself matches, negation aside."""
        name = path if self.whole_path else path.rpartition("/")[2]
        return self.regex.fullmatch(name) is not None


class Rules:
    """The rules of a chart in file order, then Helm's own: hidden files directly in templates/."""

    __slots__ = ("rules",)

    def __init__(self, text: str = "") -> None:
        self.rules: list[Rule] = []
        for number, line in enumerate(text.split("\n"), 1):
            self._add(line, number)
        self._add("templates/.?*", 0)

    def _add(self, line: str, number: int) -> None:
        line = line.strip()
        if not line or line.startswith("#"):
            return
        if "**" in line:
            raise IgnoreError("double-star (**) syntax is not supported", number)
        try:
            filepath_match(line)
            self.rules.append(_rule(line))
        except PatternError as fault:
            raise IgnoreError(str(fault), number) from None

    def ignored(self, path: str, directory: bool) -> bool:
        """True if Helm skips the file (or the directory with all in it) at `path`."""
        for rule in self.rules:
            if rule.negated:
                if (rule.directories_only and not directory) or not rule.matches(path):
                    return True
            elif (directory or not rule.directories_only) and rule.matches(path):
                return True
        return False


def _rule(line: str) -> Rule:
    negated = line.startswith("!")
    pattern = line[negated:]
    directories_only = pattern.endswith("/")
    if directories_only:
        pattern = pattern[:-1]
    whole = "/" in pattern
    return Rule(filepath_match(pattern.removeprefix("/")), negated, directories_only, whole)
