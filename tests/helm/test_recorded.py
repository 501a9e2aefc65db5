"""Generated charts, manifests, flags and schemas with what Helm's engine printed for them.

recorded.jsonl has the form of the shared vectors: cases made from random pieces, recorded once from Helm 4.
language.jsonl has the same form: templates, functions and YAML texts on which this engine once disagreed with
Helm, and a sample of the random ones around them, recorded from the engines of Helm 4.3 and 3.21 (Go 1.27).
Its first line holds the values and files of all cases that have none of their own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conformance.helm_vectors import verdict
from tests.helm.cases import FIXTURES

LINES = (FIXTURES / "recorded.jsonl").read_text(encoding="utf-8").splitlines()
VECTORS = [json.loads(line) for line in LINES]


@pytest.mark.parametrize("category", ["dependencies", "manifests", "flags", "schema"])
def test_recorded_cases_are_byte_identical(category: str) -> None:
    cases = [verdict(vector, "4") for vector in VECTORS if vector["cat"] == category]
    assert cases
    assert [f"{case.name}: {case.difference}" for case in cases if not case.passed] == []


FIRST, *REST = [
    json.loads(line) for line in (FIXTURES / "language.jsonl").read_text(encoding="utf-8").splitlines()
]
LANGUAGE: list[dict[str, Any]] = [
    {**FIRST, **case, "id": str(number), "files": {**FIRST["files"], **case.get("files", {})}}
    for number, case in enumerate(REST, 2)
]


@pytest.mark.parametrize("compat", ["4", "3"])
@pytest.mark.parametrize("category", ["functions", "language", "yaml"])
def test_templates_print_what_helm_prints(category: str, compat: str) -> None:
    cases = [verdict(vector, compat) for vector in LANGUAGE if vector["cat"] == category]
    assert cases
    assert [f"line {case.name}: {case.difference}" for case in cases if not case.passed] == []
