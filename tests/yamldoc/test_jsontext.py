"""JSON as encoding/json writes and reads it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.yamldoc.jsontext import JsonError, from_json, to_json

OVERFLOW = re.compile("[0-9]{3}")  # an exponent that may be too large


class Fields(dict[str, Any]):
    in_order = True


class NilMap(dict[str, Any]):
    is_nil = True


class Pointer:
    def json_value(self) -> Any:
        return Fields(z=1, a=[Fields()])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1, "1"),
        (1.0, "1"),
        (-0.0, "-0"),
        (1e6, "1000000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1.5e-10, "1.5e-10"),
        (0.1, "0.1"),
        (2**64, "18446744073709551616"),
        ("<a>&\u2028\u2029", '"\\u003ca\\u003e\\u0026\\u2028\\u2029"'),
        ('\x00\b\f\n\r\t\x1f\x7f"\\/', '"\\u0000\\b\\f\\n\\r\\t\\u001f\x7f\\"\\\\/"'),
        ("é😀", '"é😀"'),
        ("a\udcff", '"a\ufffd"'),
        ("\udcc3\udca9", '"é"'),
        (b"hi", '"aGk="'),
        ({"b": 1, "a": [], "B": {}}, '{"B":{},"a":[],"b":1}'),
        (Pointer(), '{"z":1,"a":[{}]}'),
        ([NilMap(), {}], "[null,{}]"),
    ],
)
def test_values_are_written_as_go_writes_them(value: Any, text: str) -> None:
    assert to_json(value) == text


def test_raw_json_escapes_no_html() -> None:
    assert to_json(["<a>&", "\u2028"], escape_html=False) == '["<a>&","\\u2028"]'


def test_pretty_json() -> None:
    value = {"b": [1, {"c": None}], "a": {}, "l": []}
    assert to_json(value, indent=2) == (
        '{\n  "a": {},\n  "b": [\n    1,\n    {\n      "c": null\n    }\n  ],\n  "l": []\n}'
    )


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("nan"), "json: unsupported value: NaN"),
        ([float("-inf")], "json: unsupported value: -Inf"),
        (1j, "json: unsupported type: complex128"),
        (len, "json: unsupported type: func()"),
    ],
)
def test_what_json_cannot_have(value: Any, words: str) -> None:
    with pytest.raises(JsonError) as caught:
        to_json(value)
    assert caught.value.text == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "unexpected end of JSON input"),
        ('{"a":', "unexpected end of JSON input"),
        ('"abc', "unexpected end of JSON input"),
        ("x", "invalid character 'x' looking for beginning of value"),
        ("\ufeff1", "invalid character '\\ufeff' looking for beginning of value"),
        ("NaN", "invalid character 'N' looking for beginning of value"),
        ("{'a':1}", "invalid character '\\'' looking for beginning of object key string"),
        ('{"a":1,}', "invalid character '}' looking for beginning of object key string"),
        ('{"a" 1}', "invalid character '1' after object key"),
        ('{"a":1 2}', "invalid character '2' after object key:value pair"),
        ("[1 2]", "invalid character '2' after array element"),
        ("[1,]", "invalid character ']' looking for beginning of value"),
        ("1 2", "invalid character '2' after top-level value"),
        ("01", "invalid character '1' after top-level value"),
        ("tru", "unexpected end of JSON input"),
        ("nul!", "invalid character '!' in literal null (expecting 'l')"),
        ("-", "unexpected end of JSON input"),
        ("1.x", "invalid character 'x' in numeric literal"),
        ("1e", "unexpected end of JSON input"),
        ("[é]", "invalid character 'é' looking for beginning of value"),
        ("[\udcff]", "invalid character '\\xff' looking for beginning of value"),
        ('"\n"', "invalid character '\\n' in string"),
        ('"\\x"', "invalid escape sequence `\\x` in string"),
        ('"\\u12g4"', "invalid escape sequence `\\u12g4` in string"),
        ('"\\u12 4"', 'invalid escape sequence "\\\\u12 4" in string'),
        ('"\\u12', "unexpected end of JSON input"),
        ('"\\u1g', "invalid escape sequence `\\u1g` in string"),
        ("[1e999]", "json: cannot unmarshal number 1e999 into .0 of type float64"),
        (
            '{"a/b": [{"~": -1e999}]}',
            "json: cannot unmarshal number -1e999 into Go struct field .a~1b.0.~0 of type float64",
        ),
        ('[""', "unexpected end of JSON input"),
        ("[" * 10_001, "exceeded max depth"),
    ],
)
def test_faults_have_go_s_words(text: str, words: str) -> None:
    with pytest.raises(JsonError) as caught:
        from_json(text)
    assert caught.value.text == words


def test_numbers_are_floats_and_overflow_leaves_the_rest() -> None:
    assert type(from_json("1")) is float
    with pytest.raises(JsonError) as caught:
        from_json('{"a": 1e400, "b": 2}')
    assert caught.value.text == "json: cannot unmarshal number 1e400 into Go struct field .a of type float64"
    assert caught.value.partial == {"a": 0.0, "b": 2}


def test_halves_of_characters_are_replaced() -> None:
    assert from_json('["\\ud83d\\ude00", "\\ud800", "\udcff"]') == ["😀", "\ufffd", "\ufffd"]


values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8")),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
    ),
    max_leaves=12,
)


@given(values)
def test_json_reads_back(value: Any) -> None:
    for text in (to_json(value), to_json(value, escape_html=False, indent=2)):
        assert from_json(text) == value
        assert json.loads(text, parse_int=float) == value


@given(st.text('{}[]",:0123.eE+-tfnul \\x\n', max_size=15))
def test_every_text_is_read_or_refused_like_json(text: str) -> None:
    try:
        expected = json.loads(text, parse_int=float, parse_constant=lambda word: pytest.fail(word))
    except (ValueError, RecursionError):
        with pytest.raises(JsonError):
            from_json(text)
        return
    if '"' in text or not OVERFLOW.search(text):
        assert from_json(text) == expected
