"""Patterns that are compiled late are still held to be patterns."""

from __future__ import annotations

import importlib
import re

import pytest

from meshlint.text.pattern import lazy
from tests.architecture.graph import modules


def test_a_lazy_pattern_does_what_a_compiled_one_does() -> None:
    late, early = lazy("(a)(b)?", re.IGNORECASE), re.compile("(a)(b)?", re.IGNORECASE)
    for text in ("", "ab", "xAbA"):
        for method in ("findall", "split"):
            assert getattr(late, method)(text) == getattr(early, method)(text)
        for method in ("match", "search", "fullmatch"):
            assert str(getattr(late, method)(text)) == str(getattr(early, method)(text))
        assert late.sub("-", text) == early.sub("-", text)


def test_nothing_but_methods_of_patterns() -> None:
    with pytest.raises(AttributeError):
        lazy("a").unknown  # type: ignore[attr-defined]  # noqa: B018


def test_every_lazy_pattern_compiles() -> None:
    kind = type(lazy(""))
    found = 0
    for name in modules():
        if name != "meshlint.__main__":
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, kind):
                    value.fullmatch("")
                    found += 1
    assert found > 50
