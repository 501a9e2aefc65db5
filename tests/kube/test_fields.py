from __future__ import annotations

from typing import Any

import pytest

from meshlint.kube import fields


@pytest.mark.parametrize(
    ("value", "text", "integer"),
    [
        ("v1", "v1", None),
        (1, "1", 1),
        (1.0, "1", 1),
        (1.5, "1.5", None),
        (True, "true", None),
        (False, "false", None),
        (None, "", None),
        ({}, "", None),
        ([1], "", None),
        ("8080", "8080", None),
        (1e6, "1000000", 1000000),
    ],
)
def test_scalars(value: Any, text: str, integer: int | None) -> None:
    assert fields.text(value) == text
    assert fields.integer(value) == integer


@pytest.mark.parametrize("wrong", [None, "text", 3, True])
def test_a_wrong_type_is_empty(wrong: Any) -> None:
    assert fields.mapping(wrong) == {}
    assert fields.sequence(wrong) == []
    assert fields.maps(wrong) == []
    assert fields.texts(wrong) == []
    assert fields.string_map(wrong) == {}


def test_items_of_a_wrong_type_are_left_out_and_keep_their_index() -> None:
    assert fields.maps(["x", {"a": 1}, None, {}]) == [(1, {"a": 1}), (3, {})]
    assert fields.texts(["a", 1, {}, True]) == ["a", "1", "true"]
    assert fields.string_map({"a": 1, "b": [], "c": None}) == {"a": "1", "c": ""}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", 0, "b"), 1),
        (("a", 1), "none"),
        (("a", -1), "none"),
        (("a", "b"), "none"),
        (("c",), None),
        ((), {"a": [{"b": 1}], "c": None}),
    ],
)
def test_dig(path: tuple[str | int, ...], found: Any) -> None:
    assert fields.dig({"a": [{"b": 1}], "c": None}, path, "none") == found
