"""The composite action: its inputs stay data, and its scripts do what the outputs promise."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.architecture.graph import ROOT
from tests.cli.runs import BROKEN, GITHUB, HEALTHY

SCRIPTS = ROOT / ".github" / "action"
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


def test_no_input_is_written_into_a_script() -> None:
    assert [step for step in STEPS if "${{" in step.get("run", "")] == []


def test_every_input_is_used() -> None:
    used = set(re.findall(r"inputs\.([\w-]+)", (ROOT / "action.yml").read_text()))
    assert set(ACTION["inputs"]) == used


def test_third_party_actions_are_pinned() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name) for name in used)


def test_upload_comes_before_the_verdict() -> None:
    names = [step["name"] for step in STEPS]
    assert names.index("Lint") < names.index("Upload SARIF") < names.index("Result") == len(names) - 1


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_parse(script: Path) -> None:
    subprocess.run(["bash", "-n", str(script)], check=True)


class Runner:
    """A fake GitHub runner: a workspace, the files of a step, `meshlint` on the path."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "work space"
        self.workspace.mkdir()
        shutil.copytree(BROKEN, self.workspace / "broken chart")
        shutil.copytree(HEALTHY, self.workspace / "healthy")
        (self.workspace / ".git").mkdir()
        self.output, self.summary = folder / "output", folder / "summary"
        programs = folder / "bin"
        programs.mkdir()
        (programs / "meshlint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m meshlint "$@"\n')
        (programs / "meshlint").chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items() if name not in GITHUB}
        self.environment |= {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    def run(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(SCRIPTS / script)],
            cwd=self.workspace,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def outputs(self) -> dict[str, str]:
        pairs = (line.partition("=") for line in self.output.read_text().splitlines())
        return {name: value for name, _, value in pairs}


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_findings_are_reported_and_the_step_goes_on(runner: Runner) -> None:
    done = runner.run("lint.sh", MESHLINT_ARGS="broken chart\n")
    assert done.returncode == 0, done.stderr
    outputs = runner.outputs()
    assert outputs["exit-code"] == "1"
    assert int(outputs["errors"]) >= 1
    assert outputs["render-failures"] == "0"
    assert outputs["sarif-written"] == "true"
    assert json.loads(Path(outputs["sarif-file"]).read_text())["version"] == "2.1.0"
    assert json.loads(Path(outputs["findings-file"]).read_text())["summary"]["exit_code"] == 1
    assert "DR001" in runner.summary.read_text()
    assert "error[DR001]" in re.sub("\x1b\\[[0-9;]*m", "", done.stdout)
    assert "::error file=broken chart/templates/" in done.stderr


def test_a_clean_chart(runner: Runner) -> None:
    done = runner.run("lint.sh", MESHLINT_PATHS="healthy", MESHLINT_SUMMARY="false")
    assert (done.returncode, runner.outputs()["exit-code"]) == (0, "0"), done.stderr
    assert json.loads(runner.outputs()["charts"]) == ["healthy"]
    assert not runner.summary.exists()


def test_inputs_are_words_not_shell(runner: Runner) -> None:
    done = runner.run("lint.sh", MESHLINT_PATHS="healthy $(touch gone) `touch gone` ;touch gone *")
    assert done.returncode == 0
    assert not (runner.workspace / "gone").exists()
    assert runner.outputs()["exit-code"] == "4"  # such paths do not exist
    assert int(runner.outputs()["render-failures"]) > 0


def test_flags_reach_the_command(runner: Runner) -> None:
    runner.run(
        "lint.sh",
        MESHLINT_PATHS="healthy",
        MESHLINT_ARGS="broken chart\n",
        MESHLINT_FAIL_ON="never",
        MESHLINT_ANNOTATIONS="false",
        MESHLINT_FORMAT="concise",
        MESHLINT_SARIF_FILE="out/x.sarif",
    )
    assert runner.outputs()["exit-code"] == "0"
    assert runner.outputs()["sarif-file"].endswith("/out/x.sarif")


def test_usage_errors_leave_no_report(runner: Runner) -> None:
    runner.run("lint.sh", MESHLINT_FAIL_ON="bad")
    assert runner.outputs() == {"exit-code": "2"}


@pytest.mark.parametrize("code", ["0", "1", "2", "3", "4", "5"])
def test_the_verdict_is_the_exit_code(code: str, runner: Runner) -> None:
    done = runner.run("finish.sh", MESHLINT_EXIT_CODE=code)
    assert done.returncode == int(code)
    assert (done.stdout == "") is (code == "0")


def test_no_verdict_is_a_failure(runner: Runner) -> None:
    assert runner.run("finish.sh").returncode == 5
