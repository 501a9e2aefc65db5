from __future__ import annotations

from pathlib import Path

import pytest

from tests.mesh.golden import CASES, QUESTIONS, load, mesh_of

FILES = sorted(CASES.glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_the_model_gives_the_written_answers(path: Path) -> None:
    case = load(path)
    mesh = mesh_of(case)
    asked = 0
    for question, asks in case["expect"].items():
        for ask in asks:
            answer = ask.pop("answer")
            found = QUESTIONS[question](mesh, ask)
            assert {field: found[field] for field in answer} == answer, (question, ask)
            asked += 1
    assert asked > 0
