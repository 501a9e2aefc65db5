"""Every function against what Helm printed: small templates with their output or error.

`golden/*.jsonl` holds one case a line, recorded from Helm 4.3 (Go 1.27, TZ=UTC) with the values of
`golden/values.yaml`; an error is the text behind Go's `at <...>: `. Broken UTF-8 is written as
surrogate escapes.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from meshlint.gotemplate.errors import TemplateError
from meshlint.gotemplate.evaluate import NO_VALUE, Evaluator, TemplateSet
from meshlint.sprig.table import TABLE
from meshlint.text.source import Source
from meshlint.yamldoc.load import load_values
from meshlint.yamldoc.tracked import TrackedMap, deep_copy

GOLDEN = Path(__file__).parent / "golden"
FAMILIES = sorted(path.stem for path in GOLDEN.glob("*.jsonl"))

OVERRIDDEN = ("fail", "fromJson")  # Helm has its own versions


class Values(TrackedMap):
    """What `.Values` is in Go: a named map type."""

    __slots__ = ()
    go_type = "common.Values"


@cache
def values() -> TrackedMap:
    text = (GOLDEN / "values.yaml").read_text(encoding="utf-8")
    return load_values(Source("values.yaml", text, "values"))


def render(template: str) -> dict[str, str]:
    """The output or the reason of the error."""
    templates = TemplateSet(TABLE)
    templates.add(Source("t.yaml", template, "template"), "t")
    try:
        parts = Evaluator(templates).execute("t", TrackedMap(Values=Values(deep_copy(values()))))
    except TemplateError as error:
        return {"error": error.reason}
    return {"out": "".join(part.text for part in parts).replace(NO_VALUE, "")}


def cases(family: str) -> list[dict[str, Any]]:
    lines = (GOLDEN / f"{family}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


ALL = [
    pytest.param(case.pop("template"), case, id=f"{family}-{number}")
    for family in FAMILIES
    for number, case in enumerate(cases(family))
]


@pytest.mark.parametrize(("template", "expected"), ALL)
def test_output_is_that_of_helm(template: str, expected: dict[str, str]) -> None:
    assert render(template) == expected


@pytest.mark.parametrize("family", FAMILIES)
def test_every_function_has_a_case(family: str) -> None:
    words = {word for case in cases(family) for word in case["template"].replace("(", " ").split()}
    assert [name for name in names(family) if name not in words and name not in OVERRIDDEN] == []


def names(family: str) -> list[str]:
    import importlib

    return [function.name for function in importlib.import_module(f"meshlint.sprig.{family}").FUNCTIONS]
