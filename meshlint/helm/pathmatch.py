"""Helm room, patterns: Go's filepath.Match and the glob dialect of `.Files.Glob`, as Python regexes.

In: a pattern. Out: a compiled regex for whole strings. Two dialects that look alike and differ:
filepath.Match (.helmignore, --show-only) knows `[^a]` and no braces; gobwas/glob knows `**`, `[!a]` and
`{a,b}`.
"""

from __future__ import annotations

import re
from functools import lru_cache


class PatternError(Exception):
    """The pattern is malformed."""


@lru_cache(maxsize=512)
def filepath_match(pattern: str) -> re.Pattern[str]:
    """Go's filepath.Match with `/` as separator. Raises PatternError("syntax error in pattern")."""
    out = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[":
            text, at = _match_class(pattern, at)
            out.append(text)
        elif char == "\\":
            if at >= len(pattern):
                raise PatternError("syntax error in pattern")
            out.append(re.escape(pattern[at]))
            at += 1
        else:
            out.append(re.escape(char))
    return re.compile("".join(out), re.DOTALL)


def _match_class(pattern: str, at: int) -> tuple[str, int]:
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while not (pattern.startswith("]", at) and ranges):
        low, at = _class_char(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _class_char(pattern, at + 1)
        ranges.append((low, high))
    # a range that ends before it starts matches nothing
    inner = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if negated:
        return f"[^{inner}]" if inner else "[\\s\\S]", at + 1
    return f"[{inner}]" if inner else "(?!)", at + 1


def _class_char(pattern: str, at: int) -> tuple[str, int]:
    char = pattern[at : at + 1]
    if char in ("", "-", "]"):
        raise PatternError("syntax error in pattern")
    if char == "\\":
        at += 1
        char = pattern[at : at + 1]
    if at + 1 >= len(pattern):
        raise PatternError("syntax error in pattern")
    return char, at + 1


@lru_cache(maxsize=512)
def glob(pattern: str) -> re.Pattern[str]:
    """gobwas/glob with `/` as separator. Raises PatternError for patterns it does not compile.

    As there, braces may stay open, and a backslash at the end is dropped.
    """
    out: list[str] = []
    depth = 0
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "{":
            depth += 1
            out.append("(?:")
        elif char == "," and depth:
            out.append("|")
        elif char == "}" and depth:
            depth -= 1
            out.append(")")
        elif char == "[":
            text, at = _glob_class(pattern, at)
            out.append(text)
        elif char == "*" and pattern.startswith("*", at):
            at += 1
            out.append(".*")
        elif char in _WILDCARDS:
            out.append(_WILDCARDS[char])
        elif char == "\\":
            out.append(re.escape(pattern[at : at + 1]))
            at += 1
        else:
            out.append(re.escape(char))
    return re.compile("".join(out) + ")" * depth, re.DOTALL)


_WILDCARDS = {"*": "[^/]*", "?": "[^/]"}


def _glob_class(pattern: str, at: int) -> tuple[str, int]:
    """`[abc]`, `[a-z]`, `[!...]`: one range or one list of characters, never both."""
    negated = "^" if pattern.startswith("!", at) else ""
    at += len(negated)
    if pattern.startswith("-", at + 1):
        low, high, close = pattern[at : at + 1], pattern[at + 2 : at + 3], pattern[at + 3 : at + 4]
        if close != "]" or high < low:
            raise PatternError("could not parse range")
        return f"[{negated}{re.escape(low)}-{re.escape(high)}]", at + 4
    chars = ""
    while at < len(pattern) and pattern[at] != "]":
        at += pattern[at] == "\\"
        chars += pattern[at : at + 1]
        at += 1
    if not chars or at >= len(pattern):
        raise PatternError("unexpected end of input" if at >= len(pattern) else "could not parse range")
    return "[" + negated + "".join(re.escape(char) for char in chars) + "]", at + 1
