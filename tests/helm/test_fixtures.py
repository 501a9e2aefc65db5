"""Small charts of our own against what real Helm printed for them."""

from __future__ import annotations

import pytest

from tests.helm.cases import FixtureCase, cases, output
from tests.helm.record import PLACE


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_prints_what_helm_prints(case: FixtureCase) -> None:
    assert output(case).replace(str(case.chart), PLACE) == case.expected()
