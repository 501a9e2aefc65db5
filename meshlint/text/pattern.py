"""Patterns: regular expressions that are compiled when they are first used.

A commit hook pays for every pattern of every module it loads, and a run needs few of them: compiling all
of them takes longer than linting a small chart.
"""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = frozenset(("match", "fullmatch", "search", "findall", "finditer", "split", "sub", "subn"))


class _Lazy:
    """Stands for a compiled pattern; its methods become those of the pattern at the first use."""

    def __init__(self, text: str, flags: int) -> None:
        self.pattern = text
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        if name not in _METHODS:
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self.flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def lazy(text: str, flags: int = 0) -> re.Pattern[str]:
    """What `re.compile` gives, compiled at its first use. A mistake in the text shows only then."""
    return cast("re.Pattern[str]", _Lazy(text, flags))
