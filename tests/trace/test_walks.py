"""Scenarios, walked: the end of each branch is written by hand, the whole walk is a golden."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Snapshot
from tests.trace import walks

CASES = walks.cases()


@pytest.mark.parametrize("path", CASES, ids=[path.stem for path in CASES])
def test_walks(path: Path, snapshot: Snapshot) -> None:
    asked = walks.traces_of(walks.read(path))
    assert asked
    snapshot(path.with_suffix(".txt"), walks.text([trace for _, trace in asked]))
    for ask, trace in asked:
        assert walks.ends(trace) == ask["ends"], (ask["from"], ask["url"])
