"""Plain scalars, tags and keys as go-yaml v2 resolves them."""

from __future__ import annotations

from math import inf, isnan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.yamldoc.scalar import (
    FLOATS,
    KEYS,
    TAG_PREFIX,
    TagMismatch,
    needs_quotes,
    resolve,
    resolve_tagged,
)
from tests.yamldoc.recorded import SCALARS


@pytest.mark.parametrize(("text", "value", "key"), SCALARS)
def test_scalars_mean_what_go_says(text: str, value: Any, key: str | None) -> None:
    found = resolve(text)
    expected = float(value) if type(found) is float else value  # the record is JSON: digits without a type
    assert (found, isinstance(found, bool)) == (expected, isinstance(value, bool))
    assert KEYS[text] == key


def test_only_go_s_spellings_are_infinite() -> None:
    assert [resolve(text) for text in (".inf", "+.Inf", "-.INF", ".iNF")] == [inf, inf, -inf, ".iNF"]
    assert isnan(resolve(".nan"))
    assert [KEYS[text] for text in (".inf", "-.inf", ".nan")] == [".inf", "-.inf", ".nan"]


@pytest.mark.parametrize(("text", "kind"), [("8080", int), ("0x1f", int), ("1.0", float), ("08", float)])
def test_manifests_keep_integers_and_values_have_none(text: str, kind: type) -> None:
    assert type(resolve(text)) is kind
    assert type(FLOATS[text]) is float
    assert FLOATS[text] == resolve(text)


@pytest.mark.parametrize(
    "text", ["true", "on", "~", "", "1", "0o17", "1e3", ".5", "2024-01-02", "12:30", "190:20:30.5"]
)
def test_texts_that_read_as_another_type_need_quotes(text: str) -> None:
    assert needs_quotes(text)


@pytest.mark.parametrize(
    "text", ["v1", "1.2.3", "=", "<<", "yEs", "1e", "12:60x", "-", "1e400", "a:b", "2024-13-01"]
)
def test_texts_that_stay_strings_need_none(text: str) -> None:
    assert not needs_quotes(text)


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        ("str", "1", "1"),
        ("int", "0x10", 16),
        ("float", "3", 3.0),
        ("bool", "yes", True),
        ("null", "~", None),
        ("timestamp", "2024-01-02", "2024-01-02"),
        ("binary", "aGk=\n", "hi"),
        ("binary", "/w==", "\ufffd"),
        ("set", "1", "1"),
    ],
)
def test_explicit_tags(tag: str, text: str, value: Any) -> None:
    found = resolve_tagged(TAG_PREFIX + tag, text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("tag", "text", "words"),
    [
        ("int", "x", "cannot decode !!str `x` as a !!int"),
        ("int", "1.5", "cannot decode !!float `1.5` as a !!int"),
        ("bool", "1", "cannot decode !!int `1` as a !!bool"),
        ("timestamp", "1", "cannot decode !!int `1` as a !!timestamp"),
        ("binary", "?", "!!binary value contains invalid base64 data"),
    ],
)
def test_tags_that_do_not_fit(tag: str, text: str, words: str) -> None:
    with pytest.raises(TagMismatch) as caught:
        resolve_tagged(TAG_PREFIX + tag, text)
    assert caught.value.text == words


def test_unknown_tags_make_strings() -> None:
    assert resolve_tagged("!mine", "1") == "1"


@given(st.integers(-(2**63), 2**64 - 1))
def test_integers_of_64_bits_are_exact(number: int) -> None:
    assert resolve(str(number)) == number
    assert needs_quotes(str(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_read_back(number: float) -> None:
    assert FLOATS[repr(number)] == number


@given(st.text())
def test_a_text_without_need_for_quotes_reads_as_itself(text: str) -> None:
    assert needs_quotes(text) or resolve(text) == text
