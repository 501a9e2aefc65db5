"""The --set family: grammar, types, and the flag as the origin of what it set."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import Int64
from meshlint.helm.scenario import Scenario, user_values
from meshlint.helm.strvals import FlagKind, StrvalsError, parse_into, typed
from meshlint.text.origin import KeyOrigin
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedMap
from tests.helm.charts import shown


def parse(text: str, kind: FlagKind = "--set", compat: str = "4", into: Any = None) -> Any:
    values = TrackedMap(into or {})
    parse_into(Source(kind, text, "flag"), values, kind, compat, lambda path: f"<{path}>")
    return values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", {"a": 1}),
        ("a=1,b=x", {"a": 1, "b": "x"}),
        ("a.b.c=true", {"a": {"b": {"c": True}}}),
        ("a=null", {"a": None}),
        ("a=NULL,b=False", {"a": None, "b": False}),
        ("a=1.5,b=007,c=0", {"a": "1.5", "b": "007", "c": 0}),
        ("a={1,x,true}", {"a": [1, "x", True]}),
        ("a={}", {"a": [""]}),
        ("a[2].b=1", {"a": [None, None, {"b": 1}]}),
        ("a[0][1]=x", {"a": [[None, "x"]]}),
        (r"a\.b=x\,y", {"a.b": "x,y"}),
        ("a=", {"a": ""}),
        ("=1", {}),
        ("a[0", {}),
        ("a[0]", {"a": []}),
    ],
)
def test_set(text: str, expected: Any) -> None:
    assert shown(parse(text)) == expected


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("a", 'key "a" has no value'),
        ("a,b=1", 'key "a" has no value (cannot end with ,)'),
        ("a.=1", 'key map "a" has no value'),
        ("a={1", "list must terminate with '}'"),
        ("a[-1]=1", "negative -1 index not allowed"),
        ("a[70000]=1", "index of 70000 is greater than maximum supported index of 65536"),
        ("a[x]=1", 'error parsing index: strconv.Atoi: parsing "x": invalid syntax'),
        ("a[0]x=1", "unexpected data at end of array index: ['x']"),
        (
            ".".join("a" * 32) + "=1",
            "value name nested level is greater than maximum supported nested level of 30",
        ),
    ],
)
def test_set_refuses(text: str, error: str) -> None:
    with pytest.raises(StrvalsError) as fault:
        parse(text)
    assert str(fault.value) == error


@pytest.mark.parametrize(
    ("into", "text", "found", "wanted"),
    [
        ({"a": Int64(1)}, "a.b=1", "int64", "map[string]interface {}"),
        ({"a": [1.0]}, "a.b=1", "[]interface {}", "map[string]interface {}"),
        ({"a": {}}, "a[0]=1", "map[string]interface {}", "[]interface {}"),
        ({"a": None}, "a[0]=1", "nil", "[]interface {}"),
        ({"a": "x"}, "a[0]=1", "string", "[]interface {}"),
    ],
)
def test_descending_into_a_plain_value(into: Any, text: str, found: str, wanted: str) -> None:
    with pytest.raises(StrvalsError) as fault:
        parse(text, into=into)
    assert (
        str(fault.value)
        == f"unable to parse key: interface conversion: interface {{}} is {found}, not {wanted}"
    )


def test_helm_3_refuses_an_open_index() -> None:
    with pytest.raises(StrvalsError, match="error parsing index: EOF"):
        parse("a[0=1", compat="3")


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("--set-string", "a=1,b=null", {"a": "1", "b": "null"}),
        ("--set-literal", "a.b=1,2={x}", {"a": {"b": "1,2={x}"}}),
        ("--set-literal", r"a\.b=1", {"a\\": {"b": "1"}}),
        ("--set-file", "a=x.txt,b={p,q}", {"a": "<x.txt>", "b": ["<p>", "<q>"]}),
        ("--set-json", 'a={"b":[1,null]},c="x"', {"a": {"b": [1, None]}, "c": "x"}),
        ("--set-json", "a= , b=2", {"a": None, " b": 2}),
    ],
)
def test_other_flags(kind: FlagKind, text: str, expected: Any) -> None:
    assert shown(parse(text, kind)) == expected


def test_numbers_are_int64_but_json_numbers_float64() -> None:
    assert type(parse("a=1")["a"]) is Int64
    assert type(parse("a=1", "--set-json")["a"]) is float


def test_the_flag_is_the_origin() -> None:
    values = parse("image.tag=v2,ports={80,90}")
    origin = values["image"].origins["tag"]
    assert isinstance(origin, KeyOrigin)
    assert origin.source.text[origin.value_start : origin.value_end] == "v2"
    assert origin.path == ("image", "tag")
    second = values["ports"].origins[1]
    assert isinstance(second, KeyOrigin)
    assert second.source.text[second.value_start : second.value_end] == "90"


def test_the_order_of_the_kinds_is_fixed() -> None:
    scenario = Scenario(
        values_files=[Source("f", "a: {b: file, f: 6}\n", "values")],
        set_literal=["a.e=5"],
        set_string=["a.b=string"],
        set=["a.b=1", "a.c=2"],
        set_json=['a={"b":9,"d":4}'],
    )
    values, problems = user_values(scenario)
    assert problems == []
    assert shown(values) == {"a": {"b": "string", "c": 2, "d": 4, "e": "5"}}


def test_what_does_not_parse_is_left_out_and_reported() -> None:
    values, problems = user_values(Scenario(set=["a=1", "b", "c=secret,,d"], set_json=["x", "{"]))
    assert shown(values) == {"a": 1, "c": "secret"}
    assert [found.fatal for found in problems] == [
        "failed parsing --set-json data x",
        "failed parsing --set-json data JSON: {",
        'failed parsing --set data: key "b" has no value',
        'failed parsing --set data: key "" has no value (cannot end with ,)',
    ]
    assert not any("secret" in found.finding.message for found in problems)


def test_a_remote_values_file_is_not_fetched() -> None:
    _, problems = user_values(Scenario(values_files=["https://example.org/values.yaml"]))
    assert [found.finding.code for found in problems] == ["HLM004"]
    assert "not fetched" in problems[0].finding.message


@given(st.text(alphabet='ab.=,[]{}\\01-" xé\n', max_size=20), st.sampled_from(["--set", "--set-json"]))
def test_any_text_parses_or_is_refused(text: str, kind: FlagKind) -> None:
    with suppress(StrvalsError):
        parse(text, kind)


@given(st.integers(min_value=-(2**63), max_value=2**63 - 1))
def test_every_int64_without_leading_zero_is_a_number(number: int) -> None:
    assert typed(str(number)) == number
    assert isinstance(typed(f"0{number}"), str)
