"""Printing as Go's fmt: tables from Go's own output, and laws."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.floatfmt import format_float
from meshlint.gotemplate.gofmt import (
    format_value,
    kind_name,
    printed,
    quote,
    sprint,
    sprintf,
    sprintln,
    truth,
    type_name,
)
from meshlint.gotemplate.govalue import (
    Duration,
    Int64,
    IntList,
    ListList,
    NilList,
    NilMap,
    Placeholder,
    StringList,
    StringMap,
    Uint8,
)
from meshlint.gotemplate.quoting import QuotingError, can_backquote, quote_ascii, unquote, unquote_rune
from meshlint.text.rope import Rope
from meshlint.yamldoc.tracked import TrackedList, TrackedMap
from tests.gotemplate.engine import Named, Pointer, Widget

HOUR = 3_600_000_000_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "<nil>"),
        (True, "true"),
        (5, "5"),
        (Int64(-5), "-5"),
        (Uint8(7), "7"),
        (1.0, "1"),
        (100000.0, "100000"),
        (1e6, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (123456789.5, "1.234567895e+08"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (-0.0, "-0"),
        (1e21, "1e+21"),
        (5e-324, "5e-324"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
        (complex(1, -2), "(1-2i)"),
        ("a b", "a b"),
        (b"hi", "[104 105]"),
        ([1.0, "a", None, [True]], "[1 a <nil> [true]]"),
        ({"b": 1, "a": {"x": None}}, "map[a:map[x:<nil>] b:1]"),
        ({"é": 1, "z": 2, "\udcff": 3}, "map[z:2 é:1 \udcff:3]"),
        (Duration(HOUR), "1h0m0s"),
        (Duration(-90_500_000_000), "-1m30.5s"),
        (Duration(1_500), "1.5µs"),
        (Duration(0), "0s"),
        (Widget(), "{3 w <nil>}"),
        (Pointer(), "&{3 w <nil>}"),
        ([Named(), Named()], "[named! named!]"),
        (NilMap(), "map[]"),
        (NilList(), "[]"),
    ],
)
def test_a_value_prints(value: Any, text: str) -> None:
    assert format_value(value) == text


def test_an_action_prints_nil_and_pointers_in_its_own_way() -> None:
    assert printed(None) == "<no value>"
    assert printed(Pointer()) == "{3 w <nil>}"


# format, arguments -> text
FORMATS: list[tuple[str, list[Any], str]] = [
    ("%v %s %d", ["a", "b", 3], "a b 3"),
    ("%d", [8080.0], "%!d(float64=8080)"),
    ("%s", [5], "%!s(int=5)"),
    ("%s", [None], "%!s(<nil>)"),
    ("%d", ["a"], "%!d(string=a)"),
    ("%z", [5], "%!z(int=5)"),
    ("%5z", [5], "%!z(int=    5)"),
    ("%d", [], "%!d(MISSING)"),
    ("x", [1, "b", None], "x%!(EXTRA int=1, string=b, <nil>)"),
    ("%", [], "%!(NOVERB)"),
    ("%!", [], "%!!(MISSING)"),
    ("%%|%5%", [], "%|%"),
    ("%[2]d %[1]d %d", [1, 2], "2 1 2"),
    ("%[3]d", [1], "%!d(BADINDEX)"),
    ("%[x]d", [1], "%!d(BADINDEX)"),
    ("%[2]*.[1]*f|", [2, 8, 3.14159], "%!f(int=      08)|"),
    ("%[3]*.[2]*[1]f|", [12.0, 2, 6], " 12.00|"),
    ("%*d|%-*d|", [5, 1, 5, 2], "    1|2    |"),
    ("%*d", ["a", 1], "%!(BADWIDTH)1"),
    ("%.*d", ["a", 1], "%!(BADPREC)1"),
    ("%6d|%-6d|%06d|%+d|% d|%x|%X|%#x|%o|%O|%#o|%b|%c|%q|%U|%#U",
     [42, 42, -42, 4, 4, 255, 255, 255, 8, 8, 8, 5, 233, 233, 233, 233],
     "    42|42    |-00042|+4| 4|ff|FF|0xff|10|0o10|010|101|é|'é'|U+00E9|U+00E9 'é'"),
    ("%.3d|%8.3d|%.0d|%+.2d", [5, -5, 0, 5], "005|    -005||+05"),
    ("%f|%.2f|%8.3f|%-8.1f|%08.2f|%+.1e|%E|%g|%G|%F",
     [1.5, 2.675, 3.14159, 2.5, -1.5, 12345.678, 1e10, 1e-7, 1e-7, 1.0],
     "1.500000|2.67|   3.142|2.5     |-0001.50|+1.2e+04|1.000000E+10|1e-07|1E-07|1.000000"),
    ("%#g %#.3g %#f %#.0f", [1.0, 1.0, 1.0, 2.0], "1.00000 1.00 1.000000 2."),
    ("%x %X %b", [1.5, -2.75, 1.0], "0x1.8p+00 -0X1.6P+01 4503599627370496p-52"),
    ("%6.1f|%06v|%+v", [math.inf, math.nan, math.inf], "  +Inf|   NaN|+Inf"),
    ("%5s|%-5s|%.2s|%5.1s|", ["é", "é", "日本語", "xyz"], "    é|é    |日本|    x|"),
    ("%q %+q %#q %#q", ["é\n", "é", "a`b", "ab"], '"é\\n" "\\u00e9" "a`b" `ab`'),
    ("%x|% x|% X|%#x|%# x|%x|%.2x", ["abc", "abc", "abc", "abc", "abc", b"abc", "abc"],
     "616263|61 62 63|61 62 63|0x616263|0x61 0x62 0x63|616263|6162"),
    ("%s %v %d %q", [b"hi", b"hi", b"hi", b"hi"], 'hi [104 105] [104 105] "hi"'),
    ("%t %5t|%t", [True, False, 1], "true false|%!t(int=1)"),
    ("%s %d", [[1.0, "a", None, True], [1, 2]], "[%!s(float64=1) a <nil> %!s(bool=true)] [1 2]"),
    ("%s %q", [{"a": "b"}, {"a": 1}], 'map[a:b] map["a":\'\\x01\']'),
    ("%T %T %T %T", [1, None, [], {}], "int <nil> []interface {} map[string]interface {}"),
    ("%#v %#v %#v %#v", [1, 1.0, "a", None], '1 1 "a" <nil>'),
    ("%#v", [[1, "a", None, {"k": b"x"}]],
     '[]interface {}{1, "a", interface {}(nil), map[string]interface {}{"k":[]uint8{0x78}}}'),
    ("%#v %#v", [StringList(["a"]), StringMap({"a": "b"})], '[]string{"a"} map[string]string{"a":"b"}'),
    ("%+v", [Widget()], "{Size:3 Name:w Inner:<nil>}"),
    ("%#v", [Widget()], 'shop.Widget{Size:3, Name:"w", Inner:interface {}(nil)}'),
    ("%#v|%#12v|%#.8v", [b"hi", Uint8(200), Uint8(200)], "[]byte{0x68, 0x69}|        0xc8|0x000000c8"),
    ("%#d|%#s", [1e6, 1.0], "%!d(float64=1.00000e+06)|%!s(float64=1.00000)"),
    ("%v %s %d %q", [Duration(HOUR), Duration(1_500_000), Duration(5), Duration(1)], '1h0m0s 1.5ms 5 "1ns"'),
    ("%s|%10v|%d", [Named(), Named(), Named()], "named!|    named!|{}"),
    ("%p", [5], "%!p(int=5)"),
    ("%6v|%-6v|", [[1, 22], {"a": 1}], "[     1     22]|map[a     :1     ]|"),
]  # fmt: skip


@pytest.mark.parametrize(("form", "args", "text"), FORMATS)
def test_a_format_prints(form: str, args: list[Any], text: str) -> None:
    assert sprintf(form, args) == text


def test_print_puts_spaces_between_two_that_are_no_strings() -> None:
    assert sprint([1, 2, "a", "b", 3, None, 4]) == "1 2ab3 <nil> 4"
    assert sprintln(["a", 1]) == "a 1\n"


@pytest.mark.parametrize(
    ("value", "name", "kind"),
    [
        (None, "<nil>", "invalid"),
        (True, "bool", "bool"),
        (1, "int", "int"),
        (Int64(1), "int64", "int64"),
        (Uint8(1), "uint8", "uint8"),
        (1.0, "float64", "float64"),
        (1j, "complex128", "complex128"),
        (Duration(1), "time.Duration", "int64"),
        ("a", "string", "string"),
        (Rope("a", []), "string", "string"),
        (Placeholder("a"), "string", "string"),
        (b"", "[]uint8", "slice"),
        (TrackedList(), "[]interface {}", "slice"),
        (NilList(), "[]interface {}", "slice"),
        (StringList(), "[]string", "slice"),
        (IntList(), "[]int", "slice"),
        (ListList(), "[][]interface {}", "slice"),
        (TrackedMap(), "map[string]interface {}", "map"),
        (NilMap(), "map[string]interface {}", "map"),
        (StringMap(), "map[string]string", "map"),
        (Widget(), "shop.Widget", "struct"),
        (Pointer(), "*shop.Widget", "ptr"),
    ],
)
def test_a_value_has_gos_type(value: Any, name: str, kind: str) -> None:
    assert (type_name(value), kind_name(value)) == (name, kind)


@pytest.mark.parametrize("value", [None, False, 0, 0.0, Int64(0), "", [], {}, b"", 0j, NilMap(), StringMap()])
def test_what_is_false(value: Any) -> None:
    assert not truth(value)


@pytest.mark.parametrize("value", [True, -1, 0.5, math.nan, "0", [None], {"a": None}, Widget(), Pointer()])
def test_what_is_true(value: Any) -> None:
    assert truth(value)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("plain é😀", '"plain é😀"'),
        ('a"b\\', '"a\\"b\\\\"'),
        ("\a\b\f\n\r\t\v\x00\x7f", '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x7f"'),
        ("\u00a0\ufeff\u200b\U000e0001", '"\\u00a0\\ufeff\\u200b\\U000e0001"'),
        ("\udcff\udc80", '"\\xff\\x80"'),
        ("\U0001fa77\u0cf3", '"\U0001fa77\u0cf3"'),
        ("\U0002ebf0", '"\\U0002ebf0"'),
    ],
)
def test_a_text_is_quoted(text: str, quoted: str) -> None:
    assert quote(text) == quoted


def test_backquotes_take_one_line() -> None:
    assert can_backquote('a\t"é')
    assert not any(can_backquote(text) for text in ("`", "a\nb", "\x7f", "\ufeff", "\udcff"))


@pytest.mark.parametrize("literal", ['"\\q"', '"\\x4"', '"\\400"', '"\\ud800"', '"\\U00110000"', '"\\\'"'])
def test_a_wrong_literal_is_refused(literal: str) -> None:
    with pytest.raises(QuotingError, match="invalid syntax"):
        unquote(literal)


@pytest.mark.parametrize(
    ("literal", "code"), [("'a'", 97), ("'\\n'", 10), ("'\\''", 39), ("'é'", 233), ("'\\xff'", 255)]
)
def test_a_character_constant_is_its_code(literal: str, code: int) -> None:
    assert unquote_rune(literal) == code


@given(st.text())
def test_what_was_quoted_reads_back(text: str) -> None:
    assert unquote(quote(text)) == text
    assert unquote(quote_ascii(text)) == text
    assert quote_ascii(text).isascii()


@given(st.floats())
def test_the_shortest_digits_read_back(number: float) -> None:
    same = struct.pack("d", float(format_value(number))) == struct.pack("d", number)
    assert same or math.isnan(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_hexadecimal_digits_read_back(number: float) -> None:
    assert float.fromhex(format_float(number, "x", -1)) == number


@given(
    st.lists(st.one_of(st.integers(), st.text(max_size=4), st.none(), st.booleans()), max_size=4),
    st.text(max_size=9),
)
def test_any_format_prints_something(args: list[Any], form: str) -> None:
    assert isinstance(sprintf(form + "%v", args), str)
    assert sprintf("%v" * len(args), args) == "".join(format_value(value) for value in args)
