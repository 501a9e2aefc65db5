"""Faults of patterns: what Go refuses, and what takes more work than a linter does."""

from __future__ import annotations


class RegexError(Exception):
    """A pattern that Go refuses; its text is Go's: "error parsing regexp: REASON: `PIECE`"."""

    def __init__(self, reason: str, piece: str) -> None:
        super().__init__(f"error parsing regexp: {reason}: `{piece}`")


class LimitError(RegexError):
    """More work than a linter does for one pattern."""

    def __init__(self, pattern: str) -> None:
        Exception.__init__(self, f"regular expression `{pattern}` takes more steps than meshlint allows")
