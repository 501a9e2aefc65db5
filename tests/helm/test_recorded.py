"""Generated charts, manifests, flags and schemas with what Helm's engine printed for them.

recorded.jsonl has the form of the shared vectors: cases made from random pieces, recorded once from Helm 4.
"""

from __future__ import annotations

import json

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
