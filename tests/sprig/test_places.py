"""Containers built by Sprig keep the place of every value; texts keep the place of every character."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import GoError, StringList
from meshlint.sprig import casing, dicts, flow, lists, strings, urls
from meshlint.text.origin import Derived, KeyOrigin, Origin, Read
from meshlint.text.rope import Part, Rope
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedList, TrackedMap

SOURCE = Source("values.yaml", "a: 1\n", "values")
SITE = Origin(None, None)
FUNCTIONS = {
    function.name: function
    for family in (strings, casing, lists, dicts, flow, urls)
    for function in family.FUNCTIONS
}


def written(*path: str | int) -> KeyOrigin:
    return KeyOrigin(SOURCE, 0, 3, 4, path)


def derived() -> Derived:
    return Derived(Origin(None, None))


def tracked_map(**values: Any) -> TrackedMap:
    found = TrackedMap()
    for key, value in values.items():
        found.put(key, value, written(key))
    return found


def tracked_list(*values: Any) -> TrackedList:
    found = TrackedList(values)
    found.origins = {index: written(index) for index in range(len(values))}
    return found


def paths(container: Any) -> dict[str | int, Any]:
    """Where each value was written: its path in the values file, or the Derived itself."""
    return {
        key: origin.path if isinstance(origin, KeyOrigin) else origin
        for key, origin in container.origins.items()
    }


FIVE = ("a", "b", "", "a", "c")


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("rest", (), [1, 2, 3, 4]),
        ("initial", (), [0, 1, 2, 3]),
        ("reverse", (), [4, 3, 2, 1, 0]),
        ("compact", (), [0, 1, 3, 4]),
        ("uniq", (), [0, 1, 2, 4]),
        ("without", ("a",), [1, 2, 4]),
        ("slice", (1, 3), [1, 2]),
        ("mustSlice", (3,), [3, 4]),
    ],
)
def test_elements_keep_their_places(name: str, args: tuple[Any, ...], expected: list[int]) -> None:
    result = FUNCTIONS[name].call([derived()] * (1 + len(args)), tracked_list(*FIVE), *args)
    assert result == [FIVE[index] for index in expected]
    assert paths(result) == {place: (index,) for place, index in enumerate(expected)}


def test_chunks_keep_the_places_of_their_elements() -> None:
    chunks = FUNCTIONS["chunk"].call([None, None], 2, tracked_list("a", "b", "c"))
    assert [paths(chunk) for chunk in chunks] == [{0: (0,), 1: (1,)}, {0: (2,)}]


def test_append_and_prepend_add_the_place_of_the_new_element() -> None:
    new = derived()
    appended = FUNCTIONS["append"].call([None, new], tracked_list("a"), "b")
    prepended = FUNCTIONS["prepend"].call([None, new], tracked_list("a"), "b")
    assert paths(appended) == {0: (0,), 1: new}
    assert paths(prepended) == {0: new, 1: (0,)}


def test_concat_keeps_the_places_of_all_lists() -> None:
    third = derived()
    result = FUNCTIONS["concat"].call([None, None, third], tracked_list("a"), tracked_list("b"), ["c"])
    assert result == ["a", "b", "c"]
    assert paths(result) == {0: (0,), 1: (0,), 2: third}


def test_lists_of_unknown_place_take_that_of_their_argument() -> None:
    origin = derived()
    assert paths(FUNCTIONS["rest"].call([origin], StringList(["a", "b"]))) == {0: origin}
    assert paths(FUNCTIONS["list"].call([None, origin], 1, 2)) == {1: origin}


def test_dict_and_set_store_where_a_value_came_from() -> None:
    first, second = derived(), derived()
    made = FUNCTIONS["dict"].call([None, first], "a", 1)
    assert FUNCTIONS["set"].call([None, None, second], made, "b", 2) is made
    assert paths(made) == {"a": first, "b": second}
    assert FUNCTIONS["unset"].call([None, None], made, "a") is made
    assert (dict(made), paths(made)) == ({"b": 2}, {"b": second})


@pytest.mark.parametrize(("name", "kept"), [("pick", "a"), ("omit", "b")])
def test_picked_keys_keep_their_places(name: str, kept: str) -> None:
    result = FUNCTIONS[name].call([None, None], tracked_map(a=1, b=2), "a")
    assert (list(result), paths(result)) == ([kept], {kept: (kept,)})


def test_plucked_values_and_values_keep_their_places() -> None:
    plucked = FUNCTIONS["pluck"].call([None] * 3, "b", tracked_map(a=1), tracked_map(b=2))
    assert (plucked, paths(plucked)) == ([2], {0: ("b",)})
    found = FUNCTIONS["values"].call([None], tracked_map(b=2, a=1))
    assert (found, paths(found)) == ([1, 2], {0: ("a",), 1: ("b",)})


def test_merge_keeps_the_place_of_the_winner() -> None:
    defaults = tracked_map(a=1, b=2, deep=tracked_map(x=1, y=2))
    changed = TrackedMap(a=9, deep=TrackedMap(x=0))
    FUNCTIONS["merge"].call([None, None], changed, defaults)
    assert changed == {"a": 9, "b": 2, "deep": {"x": 1, "y": 2}}
    assert (paths(changed), paths(changed["deep"])) == ({"b": ("b",)}, {"x": ("x",), "y": ("y",)})


def test_merge_overwrite_takes_the_place_of_the_source() -> None:
    origin = derived()
    target = tracked_map(a=1, b=2)
    FUNCTIONS["mergeOverwrite"].call([None, None, origin], target, tracked_map(a=None), {"b": 3})
    assert (dict(target), paths(target)) == ({"a": None, "b": 3}, {"a": ("a",), "b": origin})


def test_deep_copy_keeps_places_and_shares_nothing() -> None:
    original = tracked_map(a=tracked_list(1, 2))
    copied = FUNCTIONS["deepCopy"].call([None], original)
    assert copied == original
    assert copied is not original
    assert copied["a"] is not original["a"]
    assert (paths(copied), paths(copied["a"])) == ({"a": ("a",)}, {0: (0,), 1: (1,)})


def test_url_pieces_come_from_the_url() -> None:
    origin = derived()
    pieces = FUNCTIONS["urlParse"].call([origin], "http://h/p")
    assert set(pieces.origins.values()) == {origin}


@pytest.mark.parametrize(
    ("name", "args", "expected"),
    [
        ("get", ({"a": 1}, "a"), [({"a": 1}, "a")]),
        ("get", (None, "a"), []),
        ("hasKey", ({"a": 1}, "b"), [({"a": 1}, "b")]),
        ("first", ([7, 8],), [([7, 8], 0)]),
        ("last", ([7, 8],), [([7, 8], 1)]),
        ("first", ([],), []),
        ("dig", ("a", "b", "x", {"a": {"b": 1}}), [({"b": 1}, "b")]),
        ("dig", ("a", "b", "x", {"c": 1}), [({"c": 1}, "a")]),
    ],
)
def test_functions_say_what_they_looked_at(name: str, args: tuple[Any, ...], expected: list[Any]) -> None:
    looks = FUNCTIONS[name].looks
    assert looks is not None
    assert looks(*args) == expected


def rope_of(pieces: list[str]) -> Rope:
    return Rope(
        "".join(pieces),
        [
            Part(piece, Origin(None, None, (Read({}, index),)), 0)
            for index, piece in enumerate(pieces)
            if piece
        ],
    )


PIECES = st.lists(st.text(alphabet='aB \nßé"-\udc80İ', max_size=5), max_size=5)
WORD = st.text(alphabet='aB \nßé"-\udc80', max_size=3)
CALLS: dict[str, Any] = {
    "quote": lambda text, word, number: (text, word),
    "squote": lambda text, word, number: (word, text),
    "cat": lambda text, word, number: (text, None, number, text),
    "join": lambda text, word, number: (word, [text, number, None, text]),
    "toString": lambda text, word, number: (text,),
    "indent": lambda text, word, number: (abs(number), text),
    "nindent": lambda text, word, number: (abs(number), text),
    "trim": lambda text, word, number: (text,),
    "trimAll": lambda text, word, number: (word, text),
    "trimPrefix": lambda text, word, number: (word, text),
    "trimSuffix": lambda text, word, number: (word, text),
    "replace": lambda text, word, number: (word, "xß", text),
    "trunc": lambda text, word, number: (number, text),
    "substr": lambda text, word, number: (number, number + 3, text),
    "upper": lambda text, word, number: (text,),
    "lower": lambda text, word, number: (text,),
    "title": lambda text, word, number: (text,),
    "untitle": lambda text, word, number: (text,),
    "swapcase": lambda text, word, number: (text,),
}


def outcome(name: str, args: tuple[Any, ...]) -> str:
    try:
        return FUNCTIONS[name].call(SITE, *args)  # type: ignore[no-any-return]
    except GoError as error:
        return f"error: {error}"


def test_every_span_function_is_under_the_law() -> None:
    spans = {name for name, function in FUNCTIONS.items() if function.kind == "span"}
    assert spans == {*CALLS, "trimall"}


@pytest.mark.parametrize("name", sorted(CALLS))
@given(pieces=PIECES, word=WORD, number=st.integers(-6, 12))
def test_span_functions_give_the_same_text_with_and_without_parts(
    name: str, pieces: list[str], word: str, number: int
) -> None:
    text = rope_of(pieces)
    args = CALLS[name]
    result = outcome(name, args(text, word, number))
    assert str(result) == outcome(name, args(str(text), word, number))
    if isinstance(result, Rope):
        assert "".join(part.text for part in result.parts) == str(result)


@given(pieces=PIECES, separator=st.sampled_from(["", "a", "\n", "ß", "- "]))
def test_split_pieces_of_a_rope_are_ropes(pieces: list[str], separator: str) -> None:
    text = rope_of(pieces)
    found = strings.split_list(separator, text)
    assert found == strings.split_list(separator, str(text))
    assert all(isinstance(piece, Rope) for piece in found)
    assert all("".join(part.text for part in piece.parts) == piece for piece in found)


def test_indented_lines_keep_their_origin_and_padding_belongs_to_the_call() -> None:
    text = rope_of(["a\n", "b"])
    result = FUNCTIONS["nindent"].call(SITE, 2, text)
    assert str(result) == "\n  a\n  b"
    assert [(part.text, part.origin is SITE) for part in result.parts] == [
        ("\n  ", True),
        ("a\n", False),
        ("  ", True),
        ("b", False),
    ]
