"""Laws of ropes: an operation gives the text the operation on a str gives, and keeps the parts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.text import rope
from meshlint.text.origin import Origin, Read
from meshlint.text.rope import Part, Rope
from meshlint.text.source import Source
from meshlint.text.span import Span


class Verbatim(Span):
    verbatim = True


SOURCE = Source("t.yaml", "ab \n:x\n" * 20)
SITE = Origin(None, None)
PIECES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 12)), max_size=6)
WORDS = st.text(alphabet="ab \n:x\tß", max_size=4)


def verbatim_rope(pieces: list[tuple[int, int]]) -> Rope:
    """A rope of verbatim stretches of SOURCE, each part knowing where its first character stands."""
    parts = []
    for start, length in pieces:
        span = Verbatim(SOURCE, start, start + length)
        text = span.text()
        keep = len(text) // 2
        parts += [Part(text[:keep], Origin(span, None)), Part(text[keep:], Origin(span, None), keep)]
    return rope.of(parts)


def check(result: str, expected: str) -> None:
    """The text is as expected, the parts joined are the text, verbatim parts stand where they say."""
    assert str(result) == expected
    if not isinstance(result, Rope):
        return
    assert "".join(part.text for part in result.parts) == expected
    for part in result.parts:
        span = part.origin.span
        if span is not None and span.verbatim:
            at = span.start + part.shift
            assert SOURCE.text[at : at + len(part.text)] == part.text


OPERATIONS: dict[str, tuple[Callable[[str, str, str], str], Callable[[str, str, str], str]]] = {
    "indent": (lambda t, a, b: rope.indent(t, a, SITE), lambda t, a, b: a + t.replace("\n", "\n" + a)),
    "nindent": (
        lambda t, a, b: rope.indent(t, a, SITE, "\n"),
        lambda t, a, b: "\n" + a + t.replace("\n", "\n" + a),
    ),
    "trim": (lambda t, a, b: rope.trim(t, a), lambda t, a, b: t.strip(a) if a else t),
    "trim left": (lambda t, a, b: rope.trim(t, a, right=False), lambda t, a, b: t.lstrip(a) if a else t),
    "trim right": (lambda t, a, b: rope.trim(t, a, left=False), lambda t, a, b: t.rstrip(a) if a else t),
    "trim prefix": (lambda t, a, b: rope.trim_prefix(t, a), lambda t, a, b: t.removeprefix(a)),
    "trim suffix": (lambda t, a, b: rope.trim_suffix(t, a), lambda t, a, b: t.removesuffix(a)),
    "replace": (lambda t, a, b: rope.replace(t, a, b, SITE), lambda t, a, b: t.replace(a, b)),
    "join": (lambda t, a, b: rope.join(a, [b, t, b], SITE), lambda t, a, b: a.join([b, t, b])),
    "join by rope": (lambda t, a, b: rope.join(t, [a, b, a], SITE), lambda t, a, b: t.join([a, b, a])),
    "concat": (lambda t, a, b: rope.concat([a, t, b], SITE), lambda t, a, b: a + t + b),
    "enclose": (lambda t, a, b: rope.enclose(t, '"', '"', SITE), lambda t, a, b: f'"{t}"'),
}


@pytest.mark.parametrize("name", OPERATIONS)
@given(pieces=PIECES, one=WORDS, two=WORDS)
def test_an_operation_on_a_rope_gives_the_text_of_the_operation_on_a_str(
    name: str, pieces: list[tuple[int, int]], one: str, two: str
) -> None:
    on_rope, on_str = OPERATIONS[name]
    text = verbatim_rope(pieces)
    expected = on_str(str(text), one, two)
    check(on_rope(text, one, two), expected)
    assert on_rope(str(text), one, two) == expected


@given(PIECES, st.integers(0, 80), st.integers(0, 80))
def test_a_slice_keeps_the_places(pieces: list[tuple[int, int]], one: int, two: int) -> None:
    text = verbatim_rope(pieces)
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    check(rope.slice_of(text, start, end), str(text)[start:end])


@given(PIECES, st.lists(st.integers(0, 80), max_size=6))
def test_slices_are_the_slices_one_by_one(pieces: list[tuple[int, int]], cuts: list[int]) -> None:
    text = verbatim_rope(pieces)
    ends = sorted(min(at, len(text)) for at in cuts)
    ranges = list(zip(ends[::2], ends[1::2], strict=False))
    for found, (start, end) in zip(rope.slices(text, ranges), ranges, strict=True):
        check(found, str(text)[start:end])


def escaped(char: str) -> str:
    return {"\n": "\\n", ":": "\\:"}.get(char, char)


@given(PIECES)
def test_a_quoted_character_keeps_its_place(pieces: list[tuple[int, int]]) -> None:
    text = verbatim_rope(pieces)
    quoted = f"'{''.join(escaped(char) for char in text)}'"
    result = rope.quote(text, quoted, escaped, ":", SITE)
    assert isinstance(result, Rope)
    assert "".join(part.text for part in result.parts) == result == quoted
    assert result.parts[0] == result.parts[-1] == Part("'", SITE)
    for part in result.parts[1:-1]:
        span = part.origin.span
        assert span is not None
        written = SOURCE.text[span.start + part.shift]
        assert part.text[0] == written or (part.text[0] == "\\" and written in "\n:")


def test_parts_are_made_however_deep_the_ropes_go() -> None:
    text: str = verbatim_rope([(0, 2)])
    for _ in range(5000):
        text = rope.concat([text, "x"], SITE)
    assert isinstance(text, Rope)
    assert "".join(part.text for part in text.parts) == text


@given(PIECES, st.lists(WORDS, max_size=3))
def test_joined_pieces_are_their_texts(pieces: list[tuple[int, int]], words: list[str]) -> None:
    text = verbatim_rope(pieces)
    result = rope.joined(
        [Part("x", SITE), text, Part("y", SITE), rope.of([Part(word, SITE) for word in words])]
    )
    check(result, f"x{text}y{''.join(words)}")


def test_plain_pieces_stay_plain() -> None:
    assert type(rope.join(",", ["a", "b"], SITE)) is str
    assert type(rope.indent("a\nb", "  ", SITE)) is str


def test_added_text_belongs_to_the_call_site() -> None:
    text = verbatim_rope([(0, 7)])
    result = rope.indent(text, "  ", SITE, "\n")
    assert isinstance(result, Rope)
    added = "".join(part.text for part in result.parts if part.origin is SITE)
    assert added == "\n  " + "  " * str(text).count("\n")


def test_what_was_read_is_told_once() -> None:
    mapping = {"a": "x"}
    read = Read(mapping, "a")
    text = rope.of(
        [Part("x", Origin(None, None, (read,))), Part("y", Origin(None, None, (Read(mapping, "a"),)))]
    )
    assert rope.reads_of(text) == [read]


def test_the_flags_of_a_part_are_those_of_the_rope() -> None:
    assert rope.flags_of(rope.of([Part("x", SITE), Part("y", Origin(None, None, (), "random"))])) == "random"
    assert rope.flags_of(rope.of([Part("x", SITE)])) == ""
