"""The table holds all of Sprig once, with the signatures Go's reflection shows."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from meshlint.sprig.table import FAMILIES, TABLE

SHARED = Path(os.environ.get("MESHLINT_SHARED", Path(__file__).parents[2] / ".." / "shared"))
SPECIFICATION = SHARED / "spec" / "helm-semantics.md"

HELM_ONLY = frozenset(
    (
        *("toToml", "mustToToml", "fromToml", "toYaml", "mustToYaml", "toYamlPretty"),
        *("fromYaml", "fromYamlArray", "fromJsonArray", "include", "tpl", "required", "lookup"),
        *("mustToDuration", "durationSeconds", "durationMilliseconds", "durationMicroseconds"),
        *("durationNanoseconds", "durationMinutes", "durationHours", "durationDays", "durationWeeks"),
        *("durationRoundTo", "durationTruncateTo"),
    )
)
TYPES = {"map[string]any": "map", "time.Time": "time", "sprig.certificate": "certificate"}


def test_no_function_is_defined_twice() -> None:
    names = Counter(function.name for family in FAMILIES for function in family)
    assert [name for name, count in names.items() if count > 1] == []


def test_environment_is_out_of_reach() -> None:
    assert "env" not in TABLE
    assert "expandenv" not in TABLE


@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_function_is_called_by_its_own_name(name: str) -> None:
    function = TABLE[name]
    assert function.name == name
    assert callable(function.call)
    assert not any(param.startswith("...") for param in function.params[:-1])


def signatures() -> dict[str, tuple[str, ...]]:
    """The parameters of each function of the specification's appendix A, in our type names."""
    text = SPECIFICATION.read_text(encoding="utf-8")
    appendix = text[text.index("## Appendix A.") : text.index("## Appendix B.")]
    found: dict[str, tuple[str, ...]] = {}
    for name, params in re.findall(r"`(\w+)\((.*?)\) -> ", appendix):
        found[name] = tuple(translated(param) for param in params.split(", ") if param)
    return found


def translated(param: str) -> str:
    dots = "..." if param.startswith("...") else ""
    plain = param.removeprefix("...")
    return dots + TYPES.get(plain, plain)


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="shared reference is absent")
def test_signatures_are_those_of_the_specification() -> None:
    expected = {name: params for name, params in signatures().items() if name not in HELM_ONLY}
    assert len(expected) > 200
    actual = {name: function.params for name, function in TABLE.items() if name not in HELM_ONLY}
    assert actual == expected
