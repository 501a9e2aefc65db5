"""TOML both ways against what Helm 4.3 answered to fromToml and toToml; recorded in toml.jsonl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from meshlint.gotemplate.govalue import GoError
from meshlint.sprig.dates import toml_time
from meshlint.yamldoc.jsonerror import JsonError
from meshlint.yamldoc.jsontext import to_json
from meshlint.yamldoc.toml import TomlError, dump_toml, load_toml

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "toml.jsonl").read_text().splitlines()
]


@pytest.mark.parametrize("row", [row for row in ROWS if "json" in row], ids=lambda row: repr(row["toml"]))
def test_reading(row: dict[str, str]) -> None:
    try:
        found: Any = load_toml(row["toml"], toml_time)
    except TomlError as error:
        found = {"Error": error.text}
    try:
        assert to_json(found) == row["json"]
    except JsonError:
        assert row["json"] == ""  # inf and nan: toJson gives up


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "value" in row], ids=lambda row: json.dumps(row["value"])
)
def test_writing(row: dict[str, Any]) -> None:
    try:
        found = dump_toml(row["value"])
    except TomlError as error:
        found = error.text
    assert found == row["toml"]


def test_nil_makes_the_encoder_panic() -> None:
    with pytest.raises(GoError, match="reflect: call of reflect"):
        dump_toml(None)


def test_what_is_written_is_read_again() -> None:
    value = {"a": {"b": [1.5, 2.5], "c": {"d": "x\ny"}}, "t": [{"e": True}, {"e": False}]}
    assert load_toml(dump_toml(value), toml_time) == value
