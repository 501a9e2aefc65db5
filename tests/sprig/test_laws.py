"""Laws that hold for all values: inverses, idempotence, nothing lost and nothing invented."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import GoError, Int64, NilList, NilMap
from meshlint.sprig import casing, dicts, encoding, flow, lists, paths, strings, urls, wrapping
from meshlint.sprig.reflection import deep_equal
from meshlint.sprig.runes import from_bytes, to_bytes
from meshlint.text.origin import Origin
from meshlint.yamldoc.tracked import TrackedMap

SITE = Origin(None, None)
BYTES = st.binary(max_size=40).map(from_bytes)
TEXT = st.text(alphabet="abZ019 -_.é中\n", max_size=24)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False), TEXT)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
LISTS = st.lists(VALUES, max_size=6)
MAPS = st.dictionaries(st.sampled_from("abcd"), VALUES, max_size=4)


def no_origins(count: int) -> list[Any]:
    return [None] * count


@given(BYTES)
def test_base64_and_base32_decode_what_they_encoded(text: str) -> None:
    assert encoding.base64_decode(encoding.base64_encode(text)) == text
    assert encoding.base32_decode(encoding.base32_encode(text)) == text


@given(st.text(alphabet="AQ=\n-", max_size=12))
def test_decoders_never_raise(text: str) -> None:
    assert isinstance(encoding.base64_decode(text), str)
    assert isinstance(encoding.base32_decode(text), str)


@given(BYTES, st.integers(0, 50))
def test_trunc_and_substr_cut_between_the_same_bytes(text: str, count: int) -> None:
    size = len(to_bytes(text))
    assume(count <= size)
    head, tail = strings.trunc(SITE, count, text), strings.substr(SITE, count, -1, text)
    assert to_bytes(head) + to_bytes(tail) == to_bytes(text)


@given(TEXT, st.sampled_from([",", "a", "-_", "é", ""]))
def test_join_undoes_split_list(text: str, separator: str) -> None:
    assert strings.join(SITE, separator, strings.split_list(separator, text)) == text


@given(TEXT, st.sampled_from([",", "a", ""]), st.integers(-1, 5))
def test_splitn_gives_at_most_n_pieces_and_loses_nothing(text: str, separator: str, count: int) -> None:
    pieces = strings.splitn(separator, count, text)
    assert count < 0 or len(pieces) <= count
    assert count == 0 or separator.join(pieces.values()) == text


@given(TEXT, st.integers(-2, 12))
def test_wrapped_lines_keep_all_but_spaces(text: str, width: int) -> None:
    lines = to_bytes(wrapping.wrap_with(width, "|", text)).split(b"|")
    assert all(len(line) <= max(width, 1) for line in lines)
    for wrapped in (to_bytes(wrapping.wrap(width, text)), b"".join(lines)):
        assert wrapped.translate(None, b" \n") == to_bytes(text).translate(None, b" \n")


@given(BYTES, st.integers(4, 30), st.integers(-5, 45))
def test_abbreviations_are_no_longer_than_asked(text: str, width: int, left: int) -> None:
    assume(left <= 0 or width >= 7)
    for short in (wrapping.abbrev(width, text), wrapping.abbrevboth(left, width, text)):
        assert len(to_bytes(short)) <= width


@given(st.text(alphabet="a./", max_size=16))
def test_clean_is_idempotent_and_made_of_dir_and_base(path: str) -> None:
    cleaned = paths.clean(path)
    assert paths.clean(cleaned) == cleaned
    assert paths.clean(f"{paths.directory(cleaned)}/{paths.base(cleaned)}") == cleaned
    assert paths.is_absolute(cleaned) == paths.is_absolute(path)


PIECES = st.fixed_dictionaries(
    {
        "scheme": st.just("https"),
        "host": st.sampled_from(["h", "h:80", "[::1]:8080"]),
        "path": st.text(alphabet="ab /%é?#", max_size=8).map(lambda text: "/" + text),
        "query": st.text(alphabet="a=&", max_size=6),
        "fragment": st.text(alphabet="a é%", max_size=6),
        "userinfo": st.sampled_from(["", "u", "u:p", "u:"]),
    }
)


@given(PIECES)
def test_parsing_a_joined_url_gives_its_pieces(pieces: dict[str, str]) -> None:
    parsed = urls.url_parse([None], urls.url_join(pieces))
    assert {key: parsed[key] for key in pieces} == pieces


@given(st.text(max_size=20))
def test_urls_parse_or_fail_with_words_of_go(text: str) -> None:
    try:
        outcome = " ".join(urls.url_parse([None], text))
    except GoError as error:
        outcome = str(error)
    assert outcome.startswith(("scheme host hostname path", "unable to parse url: parse "))


@given(VALUES)
def test_deep_equal_is_reflexive_and_copies_are_equal(value: Any) -> None:
    assert deep_equal(value, value)
    if value is not None:
        assert deep_equal(dicts.copy_deep([None], value), value)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, Int64(1)), (1, True), (0.0, False), ([], NilList()), ({}, NilMap()), ("", None), ("1", 1)],
)
def test_values_of_different_types_differ(one: Any, other: Any) -> None:
    assert not deep_equal(one, other)
    assert not deep_equal([one], [other])
    assert not deep_equal({"a": other}, {"a": one})


@given(LISTS)
def test_lists_fall_apart_and_come_together_again(items: list[Any]) -> None:
    assert lists.reverse([None], lists.reverse([None], items)) == items
    if items:
        assert lists.prepend(no_origins(2), lists.rest([None], items), lists.first(items)) == items
        assert lists.append(no_origins(2), lists.initial([None], items), lists.last(items)) == items
        assert lists.concat(no_origins(2), items, []) == items


@given(LISTS, st.integers(1, 4))
def test_chunks_hold_all_elements(items: list[Any], size: int) -> None:
    chunks = lists.chunk(no_origins(2), size, items)
    assert [item for chunk in chunks for item in chunk] == items
    assert all(len(chunk) == size for chunk in chunks[:-1])


@given(LISTS)
def test_uniq_keeps_one_of_each(items: list[Any]) -> None:
    kept = lists.uniq([None], items)
    assert all(lists.has(item, kept) for item in items)
    assert all(not deep_equal(one, other) for at, one in enumerate(kept) for other in kept[:at])


@given(LISTS)
def test_compact_and_without_leave_what_is_not_unwanted(items: list[Any]) -> None:
    assert all(not flow.empty(item) for item in lists.compact([None], items))
    assert lists.without([None] * (1 + len(items)), items, *items) == []


@given(MAPS, MAPS)
def test_merge_fills_gaps_and_overwrite_wins(first: dict[str, Any], second: dict[str, Any]) -> None:
    filled = dicts.merge(no_origins(2), dicts.copy_deep([None], first), second)
    assert set(filled) == set(first) | {key for key, value in second.items() if value is not None}
    for key, value in first.items():
        if not flow.empty(value) and not isinstance(value, dict):
            assert deep_equal(filled[key], value)
    won = dicts.merge_overwrite(no_origins(2), dicts.copy_deep([None], first), second)
    for key, value in second.items():
        if not isinstance(value, dict) or not isinstance(first.get(key), dict):
            assert deep_equal(won[key], value)


@given(MAPS)
def test_merging_a_map_with_itself_changes_nothing(value: dict[str, Any]) -> None:
    before = dicts.copy_deep([None], value)
    assert dicts.merge(no_origins(2), value, value) is value
    assert dicts.merge_overwrite(no_origins(2), value, value) is value
    assert deep_equal(value, before)


@given(MAPS, st.lists(st.sampled_from("abxy")))
def test_pick_and_omit_part_a_map(value: dict[str, Any], wanted: list[str]) -> None:
    picked = dicts.pick([None], value, *wanted)
    omitted = dicts.omit([None], value, *wanted)
    assert deep_equal(dicts.merge_overwrite(no_origins(3), TrackedMap(), picked, omitted), value)
    assert not set(picked) & set(omitted)


@given(TEXT)
def test_cases_keep_length_and_words_keep_their_letters(text: str) -> None:
    assert all(len(change(text)) == len(text) for change in (casing.title, casing.untitle, casing.swapcase))
    letters = [char.lower() for char in text if char.isalnum()]
    for change in (casing.camelcase, casing.snakecase, casing.kebabcase):
        assert [char.lower() for char in change(text) if char.isalnum()] == letters


def test_fail_stops_with_its_message() -> None:
    with pytest.raises(GoError, match="no such host"):
        flow.fail("no such host")
