"""The hooks under real pre-commit, on a repository of their own."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.graph import ROOT
from tests.cli.runs import BROKEN, GITHUB

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("pre_commit") is None, reason="pre-commit is not installed"),
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


class Repository:
    """A git repository whose pre-commit runs this checkout's hooks."""

    def __init__(self, folder: Path, hook: str) -> None:
        self.folder = folder
        hooks = {each["id"]: each for each in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
        settings = hooks[hook]
        # The hook as published, only run by this interpreter instead of a fresh environment.
        settings["entry"] = settings["entry"].replace("meshlint", f"{sys.executable} -m meshlint", 1)
        settings["language"] = "system"
        config = {"repos": [{"repo": "local", "hooks": [settings]}]}
        (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
        shutil.copytree(BROKEN, folder / "chart")
        (folder / "README.md").write_text("x\n")
        self.environment = {name: value for name, value in os.environ.items() if name not in GITHUB}
        self.environment |= {"PYTHONPATH": str(ROOT), "PRE_COMMIT_HOME": str(folder / ".cache")}
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "x")

    def git(self, *arguments: str) -> None:
        identity = ["-c", "user.name=n", "-c", "user.email=e@x.org", "-c", "core.hooksPath=/dev/null"]
        subprocess.run(["git", *identity, *arguments], cwd=self.folder, check=True, capture_output=True)

    def change(self, name: str) -> subprocess.CompletedProcess[str]:
        path = self.folder / name
        path.write_text(path.read_text() + "\n" if path.exists() else "a: 1\n")
        self.git("add", name)
        return self.run()

    def run(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--color", "never"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path, "meshlint")


def test_a_helper_alone_triggers_one_lint_of_the_chart(repository: Repository) -> None:
    done = repository.change("chart/templates/_helpers.tpl")
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout.count("error[DR001]") == 1
    assert done.stdout.count("checked 1 chart") == 1


def test_many_files_of_a_chart_are_one_lint(repository: Repository) -> None:
    for number in range(150):
        (repository.folder / "chart" / "templates" / f"x{number}.yaml").write_text("")
    repository.git("add", "-A")
    assert repository.run().stdout.count("checked 1 chart") == 1


def test_what_does_not_matter_is_skipped(repository: Repository) -> None:
    done = repository.change("README.md")
    assert done.returncode == 0
    assert "no files to check" in done.stdout


def test_other_yaml_is_nothing_to_lint(repository: Repository) -> None:
    done = repository.change("other.yaml")
    assert done.returncode == 0, done.stdout
    assert "Passed" in done.stdout


def test_charts_only(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "meshlint-charts")
    assert "no files to check" in repository.change("other.yaml").stdout
    assert repository.change("chart/values.yaml").returncode == 1


def test_the_whole_repository(tmp_path: Path) -> None:
    repository = Repository(tmp_path, "meshlint-all")
    done = repository.change("other.yaml")
    assert done.returncode == 1
    assert "error[DR001]" in done.stdout
