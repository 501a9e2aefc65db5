"""toYaml and toYamlPretty: byte for byte what Go writes, and ropes that know what each line shows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.text.origin import KeyOrigin, Origin, Read
from meshlint.text.rope import Rope
from meshlint.text.source import Source
from meshlint.text.span import Span
from meshlint.yamldoc.dump import to_yaml, to_yaml_rope
from meshlint.yamldoc.jsontext import JsonError
from meshlint.yamldoc.keyorder import sorted_keys
from meshlint.yamldoc.load import load_manifest, load_values
from meshlint.yamldoc.pretty import to_yaml_pretty, to_yaml_pretty_rope
from tests.yamldoc.recorded import DUMPS

TEMPLATE = Source("templates/x.yaml", "{{ toYaml .Values }}", "template")


@pytest.mark.parametrize(("value", "text", "pretty"), DUMPS)
def test_values_are_written_as_go_writes_them(value: Any, text: str | None, pretty: str) -> None:
    assert to_yaml_pretty(value) == pretty
    if text is None:
        with pytest.raises(JsonError):
            to_yaml(value)
    else:
        assert to_yaml(value) == text


class Struct:
    """Stands for a Go struct."""

    def fields(self) -> dict[str, Any]:
        return {"Name": "n", "AppVersion": 1.0}

    def json_value(self) -> dict[str, Any]:
        return {"name": "n", "appVersion": 1.0}


def test_other_types() -> None:
    assert to_yaml({"b": b"hi", "s": Struct()}) == 'b: aGk=\ns:\n  appVersion: 1\n  name: "n"'
    assert (
        to_yaml_pretty({"b": b"hi", "s": Struct()})
        == 'b:\n  - 104\n  - 105\ns:\n  name: "n"\n  appversion: 1'
    )


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": 1j}, {"a": object()}])
def test_what_json_cannot_have_is_refused(value: Any) -> None:
    with pytest.raises(JsonError, match="json: unsupported"):
        to_yaml(value)


def test_infinities_are_yaml_to_the_pretty_writer() -> None:
    assert to_yaml_pretty([float("inf"), float("-inf"), float("nan")]) == "- .inf\n- -.inf\n- .nan"


def test_cycles_are_refused() -> None:
    value: dict[str, Any] = {}
    value["self"] = value
    with pytest.raises(JsonError, match="cycle via map"):
        to_yaml(value)


def test_bytes_that_are_no_utf_8() -> None:
    assert to_yaml("a\udcff") == "a\ufffd"
    assert to_yaml_pretty("a\udcff") == "!!binary Yf8="
    assert to_yaml("\udcc3\udca9") == "é"


def test_keys_sort_naturally_and_letters_last() -> None:
    keys = ["a10", "a2", "B", "_", "2", "10", "1", "a", "é", "b", "a1"]
    assert sorted_keys(keys) == ("_", "1", "2", "10", "B", "a", "a1", "a2", "a10", "b", "é")
    assert sorted_keys(["a1-", "a1b"]) == ("a1-", "a1b")
    assert sorted_keys(["a1-", "a1b"], letter_after_digit_first=True) == ("a1b", "a1-")


# ---------------------------------------------------------------------------------- laws

texts = st.one_of(
    st.text(
        st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="\ufeff\u2028\u2029"),
        max_size=40,
    ),
    st.text("ab :#-'\"\n\\,[]{}&*!|>%@`?=~01.", max_size=30),
    st.sampled_from(
        ["true", "1", "~", "", "0x1", "1e3", "2024-01-02", "12:30", "<<", "word " * 30, "- a", "x: y"]
    ),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), st.floats(-1e15, 1e15), texts),
    # Go writes the key "<<" without quotes, too, and then reads a merge.
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(texts.filter(lambda key: key != "<<"), inner, max_size=4)
    ),
    max_leaves=15,
)


@given(values)
def test_what_is_written_reads_back(value: Any) -> None:
    assert load_manifest(to_yaml(value) + "\n").value == value
    assert load_manifest(to_yaml_pretty(value) + "\n").value == value


@given(values)
def test_a_rope_is_the_text_and_its_parts_are_entries(value: Any) -> None:
    site = Origin(Span(TEMPLATE, 0, 20), None)
    for rope, text in (
        (to_yaml_rope(value, site), to_yaml(value)),
        (to_yaml_pretty_rope(value, site), to_yaml_pretty(value)),
    ):
        assert isinstance(rope, Rope)
        assert rope == text
        assert "".join(part.text for part in rope.parts) == text
        assert all(part.origin.span is site.span for part in rope.parts)
        assert all(part.text.endswith("\n") for part in rope.parts[:-1])


# ---------------------------------------------------------------------------------- origins


def shown(rope: Rope) -> list[tuple[str, list[str]]]:
    """Each part with the places in values files that went into it."""
    return [
        (part.text, [f"{origin.source.position(origin.value_start)[0]}" for origin in part.origin.written()])
        for part in rope.parts
    ]


def test_every_line_of_a_dumped_map_leads_to_its_own_line_of_the_values_file() -> None:
    source = Source("values.yaml", "b: 1\na:\n  x: [1,\n    2]\n  w: {}\nt: |\n  l1\n  l2\n", "values")
    read = Read({}, "Values")
    rope = to_yaml_rope(load_values(source), Origin(Span(TEMPLATE, 0, 20), None, (read,), "lookup"))
    assert shown(rope) == [
        ("a:\n", ["3"]),
        ("  w: {}\n", ["5"]),
        ("  x:\n", ["3"]),
        ("  - 1\n", ["3"]),
        ("  - 2\n", ["4"]),
        ("b: 1\n", ["1"]),
        ("t: |\n  l1\n  l2", ["6"]),
    ]
    assert {part.origin.flags for part in rope.parts} == {"lookup"}


def test_entries_of_unknown_origin_read_what_the_entry_around_them_reads() -> None:
    source = Source("values.yaml", "a: 1\n", "values")
    tracked = load_values(source)
    tracked.put("plain", {"x": {"y": 1}}, KeyOrigin(source, 0, 0, 4, ("plain",)))
    rope = to_yaml_rope({"top": tracked}, Origin(None, None, (Read(tracked, "a"),)))
    reads = [[(read.container is tracked, read.key) for read in part.origin.reads] for part in rope.parts]
    assert reads == [[(True, "a")], [(True, "a")], [(True, "plain")], [(True, "plain")], [(True, "plain")]]
