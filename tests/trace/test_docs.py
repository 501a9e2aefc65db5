"""docs/trace.md is true: its example is what the command prints, its table is the break table."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from meshlint.cli.trace import trace
from meshlint.mesh.breaks import BREAKS, STAGES
from meshlint.mesh.steps import WORSE
from tests.shared import ROOT

PAGE = (ROOT / "docs/trace.md").read_text()


def test_the_example(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    arguments = [
        "examples/review-rating-chart-broken",
        "--from",
        "sidecar:rating/rating",
        "http://review.review/",
    ]
    found = CliRunner().invoke(trace, arguments, standalone_mode=False)
    assert f"```text\n{found.stdout.rstrip()}\n```" in PAGE


def test_the_tables() -> None:
    rows = re.findall(r"(?m)^\| `([A-Z0-9-]+)` \| (\w+) \|", PAGE)
    assert rows == [(one.code, one.stage) for one in BREAKS.values()]
    for word in (*STAGES, *WORSE):
        assert f"| {word} |" in PAGE
