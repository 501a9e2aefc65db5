"""GitHub's line hash against the vectors of github/codeql-action and against its algorithm, spelled out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.report.linehash import line_hashes

# Facts of github/codeql-action's own tests: inputs and the hashes they must give.
GREETINGS = ["8b7cf3e952e7aeb2", "b1ae1287ec4718d9", "bff680108adb0fcc", "c6805c5e1288b612"]
GREETINGS += ["b86d3392aea1be30", "e6ceba753e1a442"]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f", "54703d4cd895b18", "180aee12dab6264", "a23a3dc5e078b07b"],
        ),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End", GREETINGS),
        (" hello; \t\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End", GREETINGS),
        (" hello; \t\rworld!!!\r\r\r  \t\tGreetings\r End", GREETINGS),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End", GREETINGS),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End", GREETINGS),
    ],
)
def test_vectors(text: str, hashes: list[str]) -> None:
    assert line_hashes(text) == [f"{value}:1" for value in hashes]


def test_repeated_lines_are_counted() -> None:
    hashes = line_hashes("x: y\n" * 120)
    assert hashes[0].rpartition(":")[0] == hashes[1].rpartition(":")[0]
    assert [value.rpartition(":")[2] for value in hashes[:3]] == ["1", "2", "3"]


def rolling(text: str) -> list[str]:
    """The algorithm as codeql-action writes it: a ring of 100 characters, one step per character."""
    window, starts, at, value, line = [0] * 100, [0] * 100, 0, 0, 0
    counts: dict[str, int] = {}
    found: dict[int, str] = {}
    fresh, after_cr = True, False

    def put() -> None:
        name = f"{value:x}"
        counts[name] = counts.get(name, 0) + 1
        found[starts[at]] = f"{name}:{counts[name]}"
        starts[at] = 0

    units = [*memoryview(text.encode("utf-16-le")).cast("H"), 65535]
    for unit in [*units, *[None] * 100]:
        if unit is not None:
            skip = unit in (9, 32) or (after_cr and unit == 10)
            after_cr = unit == 13
            if skip:
                continue
        current = 10 if unit == 13 else unit or 0
        if starts[at]:
            put()
        if fresh and unit is not None:
            fresh, line = False, line + 1
            starts[at] = line
        if current == 10:
            fresh = True
        gone, window[at] = window[at], current
        value = (value * 37 + current - pow(37, 100, 1 << 64) * gone) & ((1 << 64) - 1)
        at = (at + 1) % 100
    return [found[number] for number in sorted(found)]


@given(st.text(alphabet="ab: \t\n\r\U0001f600\xe9", max_size=400))
def test_the_same_as_the_rolling_hash(text: str) -> None:
    assert line_hashes(text) == rolling(text)
