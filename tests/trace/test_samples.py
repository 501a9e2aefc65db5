"""Samples: whole applications that work, and each way to break one of them, found at its stage by --all."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from meshlint.mesh.breaks import BREAKS
from meshlint.mesh.steps import Trace
from meshlint.mesh.trace.questions import every_trace
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.xds import Xds
from meshlint.model import worlds
from meshlint.options import LintOptions
from tests.conftest import Snapshot
from tests.shared import ROOT
from tests.trace import walks

SAMPLES = ROOT / "tests/fixtures/mesh"
NAMES = sorted(path.name for path in SAMPLES.iterdir())


class Change(NamedTuple):
    """One edit of a sample, and the break it makes; `ask` is a request that --all does not make."""

    code: str
    sample: str
    file: str
    old: str
    new: str
    ask: dict[str, Any] | None = None


CHANGES = [Change(**entry) for entry in yaml.safe_load(Path(__file__).with_name("changes.yaml").read_text())]


def tracers(path: Path) -> list[Tracer]:
    found, findings = worlds(LintOptions(paths=(str(path),)))
    assert not findings
    return [Tracer(Xds(world.mesh)) for world in found]


def traces(path: Path) -> list[Trace]:
    return [trace for tracer in tracers(path) for trace in every_trace(tracer)]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_works(name: str, snapshot: Snapshot) -> None:
    found = traces(SAMPLES / name)
    assert found
    assert [walks.ends(trace) for trace in found if trace.verdict not in ("OK", "ASSUMED")] == []
    snapshot(Path(__file__).parent / f"samples/{name}.txt", walks.text(found))


def broken(change: Change, folder: Path) -> Path:
    """The sample with the change."""
    shutil.copytree(SAMPLES / change.sample, folder / "sample")
    file = folder / "sample" / change.file
    text = file.read_text()
    assert text.count(change.old) >= 1
    file.write_text(text.replace(change.old, change.new, 1))
    return folder / "sample"


@pytest.mark.parametrize("change", CHANGES, ids=[change.code for change in CHANGES])
def test_a_broken_sample_is_found_at_its_stage(change: Change, tmp_path: Path) -> None:
    path = broken(change, tmp_path)
    found = traces(path) if change.ask is None else [walks.ask_one(tracers(path)[0], change.ask)]
    steps = [
        step
        for trace in found
        for branch in trace.branches
        for step in branch.steps
        if step.code == change.code
    ]
    assert steps
    assert {step.stage for step in steps} == {BREAKS[change.code].stage}
    assert all(step.sources for step in steps if change.ask is None)


def test_every_break_has_a_broken_sample_and_a_scenario() -> None:
    written = {
        word
        for path in walks.cases()
        for ask in walks.read(path)["asks"]
        for end in ask["ends"]
        for word in end.split()
    }
    assert set(BREAKS) == {change.code for change in CHANGES}
    assert set(BREAKS) - written == {"RDS-SHADOWED"}  # only a question about a route can miss it
