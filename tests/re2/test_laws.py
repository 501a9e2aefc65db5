"""Laws of the pattern engine: its two matchers agree, google-re2 agrees, and no pattern can run away."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meshlint.re2.charclass import ANY, folded, merged, negated, unicode_class
from meshlint.re2.machine import Program
from meshlint.re2.parser import parse
from meshlint.re2.pattern import LimitError, Pattern, RegexError, compile_go, fault_of
from meshlint.re2.scripts import script_ranges

ATOMS = ["a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", r"\b", r"\B", "^", "$", "(?i:k)", "é", r"\pL", ""]
# Since Go 1.25 names of classes are read without regard to case, spaces and hyphens; google-re2 is strict.
LOOSE_CLASS = re.compile(r"\\[pP](?![LMNPSZC])")
SUBJECTS = st.text(alphabet="abk1 \né\u212a_", max_size=10)


def _extended(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = inner.map(lambda text: f"({text})") | inner.map(lambda text: f"(?:{text})")
    quantifier = st.sampled_from(["*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?"])
    return (
        groups
        | st.tuples(inner, inner).map("".join)
        | st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})")
        | st.tuples(groups, quantifier).map("".join)
    )


PATTERNS = st.recursive(st.sampled_from(ATOMS), _extended, max_leaves=8)
ANYTHING = st.text(alphabet="ab()[]{}?*+|\\^$.-:=!<>PQE,01pLxzi", max_size=12)


@given(PATTERNS, SUBJECTS)
def test_both_matchers_agree(text: str, subject: str) -> None:
    parsed = parse(text)
    found = Program(parsed.node, len(parsed.names) - 1, text).run(subject)
    assert Pattern(text, *parsed).search(subject) == found


@given(PATTERNS, SUBJECTS)
def test_google_re2_agrees(text: str, subject: str) -> None:
    re2: Any = pytest.importorskip("re2")
    assume(subject.isascii() or r"\B" not in text)  # google-re2 finds it inside of characters
    match = re2.compile(text).search(subject)
    found = compile_go(text).search(subject)
    assert (found is None) == (match is None)
    if found is not None:
        assert (found[0], found[1]) == match.span()
    assert compile_go(text).full_match(subject) == (re2.compile(text).fullmatch(subject) is not None)


@given(ANYTHING)
def test_any_text_is_a_pattern_or_has_a_fault_of_go(text: str) -> None:
    re2: Any = pytest.importorskip("re2")
    assume(not LOOSE_CLASS.search(text))
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options=options)
        refused = r"\C" in text  # Go has no such escape
    except re2.error:
        refused = True
    assert fault_of(text).startswith("error parsing regexp: ") == refused


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("(a+)+$", "a" * 3000 + "b"),
        ("(a|a|aa)*b", "a" * 2000),
        ("(a*)*b", "a" * 2000),
        ("a*a*a*a*b", "a" * 2000),
        ("a?" * 25 + "a" * 25, "a" * 24),
        (r"^\s+|\s+$", "x" + " " * 30_000 + "x"),
        ("(x+x+)+y", "x" * 2000),
        (".*.*=.*", "a" * 10_000),
    ],
)
def test_no_pattern_takes_more_than_a_moment(text: str, subject: str) -> None:
    start = time.perf_counter()
    assert compile_go(text).search(subject) is None
    assert time.perf_counter() - start < 5


def test_work_without_end_is_refused() -> None:
    with pytest.raises(LimitError, match="more steps than meshlint allows"):
        compile_go("((a|b)*c?){99}d").search("ab" * 100_000)


@pytest.mark.parametrize("text", ["(" * 999 + ")" * 999, "(" + "ab" * 2000 + "){1000}"])
def test_patterns_have_a_largest_size(text: str) -> None:
    with pytest.raises(RegexError, match=r"nests too deeply|too large"):
        parse(text)


def test_matches_before_the_start_are_not_found_but_seen() -> None:
    pattern = compile_go(r"\bb|^a")
    assert pattern.search("ab", 1) is None
    assert pattern.search("a b", 1) == [2, 3]


def test_a_broken_byte_is_one_replacement_character() -> None:
    assert compile_go(r"^a.b$").search("a\udcffb") == [0, 3]
    assert compile_go("\ufffd").search("a\udcff") == [1, 2]
    assert fault_of("a\udcff(") == "error parsing regexp: invalid UTF-8: `\udcff(`"


RANGES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), max_size=6).map(
    lambda pairs: merged((low, low + width) for low, width in pairs)
)


@given(RANGES)
def test_negation_is_its_own_inverse(ranges: tuple[tuple[int, int], ...]) -> None:
    assert negated(negated(ranges)) == ranges
    assert merged((*ranges, *negated(ranges))) == ANY


@given(RANGES)
@settings(max_examples=30)
def test_folding_twice_adds_nothing(ranges: tuple[tuple[int, int], ...]) -> None:
    once = folded(ranges)
    assert folded(once) == once
    assert merged((*once, *ranges)) == once


@pytest.mark.parametrize(
    "name", ["Greek", "greek", "L", "lu", "Cased_Letter", "cased letter", "ASCII", "any", "Cn"]
)
def test_class_names_are_compared_loosely(name: str) -> None:
    assert unicode_class(name)


@pytest.mark.parametrize("name", ["", "X", "Old_Italic", "Foo", "Gre ek é"])
def test_unknown_classes(name: str) -> None:
    assert unicode_class(name) is None


def size(ranges: tuple[tuple[int, int], ...]) -> int:
    return sum(high - low + 1 for low, high in ranges)


def test_scripts_do_not_overlap() -> None:
    greek, latin = script_ranges("Greek"), script_ranges("Latin")
    assert greek is not None
    assert latin is not None
    assert size(merged((*greek, *latin))) == size(greek) + size(latin)
    assert any(low <= ord("λ") <= high for low, high in greek)
