"""Values: who wins, what null does, how globals travel - and that the winner's place is kept."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshlint.helm.coalesce import coalesce_values
from meshlint.helm.strvals import tracked
from meshlint.text.origin import KeyOrigin
from meshlint.text.source import Source
from meshlint.yamldoc.load import load_values
from meshlint.yamldoc.tracked import TrackedMap
from tests.helm.charts import chart, render, shown

SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"


def values(defaults: str, user: str, sub: str = "", compat: str = "4") -> Any:
    files: dict[str, str | bytes] = {"values.yaml": defaults}
    if sub:
        files.update({"charts/sub/Chart.yaml": SUB, "charts/sub/values.yaml": sub})
    return shown(render(files, values=user, strict=True, compat=compat).values)


@pytest.mark.parametrize(
    ("defaults", "user", "expected"),
    [
        ("a: 1\n", "a: 2\n", {"a": 2}),
        ("a: {x: 1, y2: 2}\n", "a: {x: 3}\n", {"a": {"x": 3, "y2": 2}}),
        ("a: [1, 2]\n", "a: [3]\n", {"a": [3]}),
        ("a: {x: 1}\n", "a: null\n", {}),
        ("a: {x: 1, z: 2}\n", "a: {x: null}\n", {"a": {"z": 2}}),
        ("a: {x: 1}\n", "a: {q: null}\nunknown: null\n", {"a": {"x": 1, "q": None}, "unknown": None}),
        ("a: {x: 1}\n", "a: plain\n", {"a": "plain"}),
        ("a: plain\n", "a: {x: 1}\n", {"a": {"x": 1}}),
        ("a: null\nb: {c: null, d: 1}\n", "", {"b": {"d": 1}}),
    ],
)
def test_user_values_win(defaults: str, user: str, expected: Any) -> None:
    assert values(defaults, user) == expected


def test_helm_3_keeps_null_defaults() -> None:
    assert values("a: null\nb: {c: null}\n", "", compat="3") == {"a": None, "b": {"c": None}}


@pytest.mark.parametrize(
    ("defaults", "user", "sub", "expected"),
    [
        ("sub: {a: 1}\n", "sub: {b: 2}\n", "a: 0\nb: 0\nc: 0\n", {"a": 1, "b": 2, "c": 0, "global": {}}),
        ("", "sub: {a: null}\n", "a: 1\n", {"global": {}}),
        # a null of the user deletes only what the subchart itself says, not what the parent says of it
        ("sub: {z: 1}\n", "sub: {z: null}\n", "a: 1\n", {"a": 1, "z": None, "global": {}}),
        ("global: {g: 1}\n", "", "global: {g: 2, h: 3}\n", {"global": {"g": 1, "h": 3}}),
    ],
)
def test_sections_of_subcharts(defaults: str, user: str, sub: str, expected: Any) -> None:
    assert values(defaults, user, sub)["sub"] == expected


def test_nested_globals_of_a_subchart_leak_into_the_parent() -> None:
    found = values("global: {x: {y2: {a: 1}}}\n", "", "global: {x: {y2: {b: 2}, top: 3}}\n")
    assert found["global"] == {"x": {"y2": {"a": 1, "b": 2}}}
    assert found["sub"]["global"] == {"x": {"y2": {"a": 1, "b": 2}, "top": 3}}


@pytest.mark.parametrize(
    ("section", "error"),
    [
        ("5", "type mismatch on sub: %!t(float64=5)"),
        ("true", "type mismatch on sub: true"),
        ("[1]", "type mismatch on sub: [%!t(float64=1)]"),
    ],
)
def test_a_section_that_is_no_mapping(section: str, error: str) -> None:
    rendered = render(
        {"charts/sub/Chart.yaml": SUB, "values.yaml": f"sub: {section}\n", "templates/t.yaml": "x"}
    )
    assert [found.fatal for found in rendered.problems] == [error]
    location = rendered.problems[0].finding.places[0].locate()
    assert (location.source.path, location.line, location.column) == ("c/values.yaml", 1, 6)


def test_a_section_the_user_nulls() -> None:
    rendered = render({"charts/sub/Chart.yaml": SUB}, values="sub: null\n")
    assert [found.fatal for found in rendered.problems] == ["type mismatch on sub: %!t(<nil>)"]


def test_a_mapping_against_a_plain_value_is_reported_with_both_places() -> None:
    rendered = render({"values.yaml": "a: {x: 1}\nb: 1\n"}, values="a: plain\nb: {y2: 1}\n")
    found = {problem.finding.key: problem for problem in rendered.problems}
    assert sorted(found) == ["c.b"]
    assert found["c.b"].fatal is None
    places = [place.locate() for place in found["c.b"].finding.places]
    assert [(place.source.path, place.line) for place in places] == [("user.yaml", 2), ("c/values.yaml", 2)]


def origin(container: Any, key: str) -> tuple[str, int]:
    found = container.origins[key]
    assert isinstance(found, KeyOrigin)
    return found.source.path, found.source.position(found.value_start)[0]


def test_every_value_keeps_the_place_of_the_winner() -> None:
    rendered = render(
        {
            "values.yaml": "image:\n  repository: shop\n  tag: v1\nsub:\n  port: 1\nglobal:\n  zone: a\n",
            "charts/sub/Chart.yaml": SUB,
            "charts/sub/values.yaml": "port: 0\n\nname: sub\n",
        },
        values="image:\n  tag: v2\n",
        set=["sub.extra=1"],
        strict=True,
    )
    image, sub = rendered.values["image"], rendered.values["sub"]
    assert origin(image, "repository") == ("c/values.yaml", 2)
    assert origin(image, "tag") == ("user.yaml", 2)
    assert origin(sub, "port") == ("c/values.yaml", 5)
    assert origin(sub, "name") == ("c/charts/sub/values.yaml", 3)
    assert origin(sub, "extra") == ("--set sub.extra", 1)
    assert origin(sub["global"], "zone") == ("c/values.yaml", 7)


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3).map(float) | st.sampled_from(["", "x"]),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
MAPPINGS = st.dictionaries(st.sampled_from("abcd"), TREES, max_size=4)


def as_tracked(value: Any) -> TrackedMap:
    found = tracked(value, Source("x", "", "values"), 0, 0, ())
    assert isinstance(found, TrackedMap)
    return found


@settings(max_examples=60)
@given(MAPPINGS, MAPPINGS)
def test_laws_of_coalescing(defaults: dict[str, Any], user: dict[str, Any]) -> None:
    loaded = chart({})
    loaded.values = as_tracked(defaults)
    given_values = as_tracked(user)
    merged = coalesce_values(loaded, given_values)
    # the inputs stay as they are, the user's plain values win, null deletes what the chart sets
    assert shown(given_values) == user
    assert shown(loaded.values) == defaults
    for key, value in user.items():
        if value is None and defaults.get(key) is not None:
            assert key not in merged
        elif not isinstance(value, dict):
            assert key not in merged or merged[key] == value
    for key in set(defaults) - set(user):
        assert (key in merged) == (defaults[key] is not None)
    assert set(merged.origins) >= set(merged)


def test_values_files_of_several_documents() -> None:
    text = "a: {b: 1}\n---\na: {c: 2}\n"
    assert shown(load_values(Source("v", text, "values"))) == {"a": {"b": 1, "c": 2}}
    assert shown(load_values(Source("v", text, "values"), "3")) == {"a": {"b": 1}}
