"""When to colour, and what a terminal is spared."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.report.style import columns, one_line, safe, wants_color, whole, wrap


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "terminal", "environment", "wanted"),
    [
        ("auto", True, {}, True),
        ("auto", False, {}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", True, {"FORCE_COLOR": "0"}, False),
        ("auto", False, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("auto", False, {"GITHUB_ACTIONS": "true"}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"CLICOLOR": "0"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(choice: str, terminal: bool, environment: dict[str, str], wanted: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert wants_color(choice, stream, environment) is wanted


def test_a_closed_stream_has_no_colour() -> None:
    stream = io.StringIO()
    stream.close()
    assert not wants_color("auto", stream, {})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("x\u202ey", "x\\u202ey"),
        ("bad \udcff byte", "bad \\xff byte"),
        ("plain \xe9 \u6f22", "plain \xe9 \u6f22"),
    ],
)
def test_safe(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text())
def test_safe_text_can_be_written_and_moves_no_cursor(text: str) -> None:
    assert safe(text).encode().decode() == safe(text)
    assert all(ch.isprintable() or not ch.isascii() for ch in one_line(text))


@given(st.text())
def test_whole_text_can_be_written(text: str) -> None:
    assert whole(text + "\udcff").encode()


@given(
    st.lists(st.text(alphabet="abc\u6f22", min_size=1, max_size=9), min_size=1, max_size=30),
    st.integers(12, 40),
)
def test_wrap_keeps_the_words_and_the_width(words: list[str], width: int) -> None:
    lines = wrap(" ".join(words), width, 5, "  ").split("\n")
    assert " ".join(lines).split() == words
    assert all(columns(line) <= width for line in lines[1:] if " " in line.strip())
