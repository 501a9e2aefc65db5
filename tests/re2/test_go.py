"""Patterns against what Go's package regexp said of them.

`go.jsonl` holds one pattern a line, recorded from Go 1.26: the spans of its first match in a subject
(characters, null for no match), or the error of regexp.Compile.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from meshlint.re2.machine import Program
from meshlint.re2.parser import parse
from meshlint.re2.pattern import RegexError, compile_go, fault_of, translate

LINES = (Path(__file__).parent / "go.jsonl").read_text(encoding="utf-8").splitlines()
CASES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
GOOD = [(case["pattern"], case["subject"], case["spans"]) for case in CASES if "spans" in case]
BAD = [(case["pattern"], case["error"]) for case in CASES if "error" in case]


@pytest.mark.parametrize(("pattern", "subject", "spans"), GOOD)
def test_the_first_match_is_that_of_go(pattern: str, subject: str, spans: list[int] | None) -> None:
    assert compile_go(pattern).search(subject) == spans
    assert fault_of(pattern) == ""


@pytest.mark.parametrize(("pattern", "subject", "spans"), GOOD)
def test_the_machine_alone_agrees(pattern: str, subject: str, spans: list[int] | None) -> None:
    parsed = parse(pattern)
    assert Program(parsed.node, len(parsed.names) - 1, pattern).run(subject) == spans


@pytest.mark.parametrize(("pattern", "subject", "spans"), GOOD)
def test_the_translation_finds_a_match_where_go_does(
    pattern: str, subject: str, spans: list[int] | None
) -> None:
    match = re.search(translate(pattern), subject)
    assert (match is None) == (spans is None)
    if match is not None and spans is not None:
        assert match.start() == spans[0]


@pytest.mark.parametrize(("pattern", "error"), BAD)
def test_faults_have_the_words_of_go(pattern: str, error: str) -> None:
    assert fault_of(pattern) == error
    with pytest.raises(RegexError):
        translate(pattern)
