"""From changed files to targets: what pre-commit's hook lints."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from meshlint.cli.changes import CHART_PATTERN, PATTERN, Changes, any_relevant, deleted, relevant
from tests.architecture.graph import ROOT

MANIFEST = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"
FILES = {
    "umbrella/Chart.yaml": "name: umbrella\n",
    "umbrella/templates/_helpers.tpl": "{{ define `x` }}{{ end }}",
    "umbrella/charts/sub/Chart.yaml": "name: sub\n",
    "umbrella/charts/sub/templates/a.yaml": "a: b\n",
    "umbrella/charts/sub/charts/deep/Chart.yaml": "name: deep\n",
    "library/Chart.yaml": "name: library\n",
    "library/templates/_l.tpl": "x",
    "shop/Chart.yaml": "name: shop\ndependencies:\n- name: library\n  repository: file://../library\n",
    "shop/files/app.conf": "x",
    "shop/README.md": "x",
    "deploy/a.yaml": MANIFEST,
    "deploy/b.yaml": MANIFEST,
    "deploy/values.yaml": "a: 1\n",
    "env/prod.yaml": "a: 1\n",
    "README.md": "x",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    git("add", "-A")
    return tmp_path


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=n", "-c", "user.email=e@x.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


CASES = {
    "a helper": (["umbrella/templates/_helpers.tpl"], ["umbrella"]),
    "a subchart and its umbrella": (
        ["umbrella/charts/sub/templates/a.yaml"],
        ["umbrella", "umbrella/charts/sub"],
    ),
    "a subchart of a subchart": (
        ["umbrella/charts/sub/charts/deep/Chart.yaml"],
        ["umbrella", "umbrella/charts/sub", "umbrella/charts/sub/charts/deep"],
    ),
    "a library and who depends on it": (["library/templates/_l.tpl"], ["library", "shop"]),
    "a file that templates may read": (["shop/files/app.conf"], ["shop"]),
    "a README of a chart": (["shop/README.md"], []),
    "a manifest and its neighbours": (["deploy/a.yaml"], ["deploy/a.yaml", "deploy/b.yaml"]),
    "YAML that is no manifest": (["deploy/values.yaml"], []),
    "a deleted template": (["umbrella/templates/gone.yaml"], ["umbrella"]),
    "each once": (["umbrella/Chart.yaml"] * 500, ["umbrella"]),
}


@pytest.mark.parametrize("name", CASES)
def test_targets(name: str, repository: Path) -> None:
    files, targets = CASES[name]
    changes = Changes()
    for path in files:
        changes.add(path)
    assert sorted(changes.targets()) == targets


def test_without_git_the_tree_is_walked(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    changes = Changes()
    changes.add("library/templates/_l.tpl")
    assert changes.targets() == ("library", "shop")


def test_charts_only_leaves_manifests_out(repository: Path) -> None:
    changes = Changes(charts_only=True)
    changes.add("deploy/a.yaml")
    assert changes.targets() == ()


@pytest.mark.parametrize(
    ("config", "targets"),
    [
        ("values_sets: [{name: prod, files: env/prod.yaml}]\n", ["."]),
        ("values: [env/prod.yaml]\n", ["."]),
        ("targets: [{path: shop, values: env/prod.yaml}]\n", ["shop"]),
        ("targets: [{path: shop, context: env}]\n", ["shop"]),
        ("targets: [{path: shop}]\n", []),
    ],
)
def test_values_outside_of_charts_are_found_by_the_configuration(
    config: str, targets: list[str], repository: Path
) -> None:
    (repository / ".meshlint.yaml").write_text(config)
    changes = Changes()
    changes.add("env/prod.yaml")
    assert sorted(changes.targets()) == targets


def test_a_changed_configuration_queues_its_tree(repository: Path) -> None:
    (repository / "shop" / ".meshlint.yaml").write_text("")
    changes = Changes()
    changes.add("shop/.meshlint.yaml")
    assert changes.targets() == ("shop",)


def test_deletions_are_read_from_the_index(repository: Path) -> None:
    git("commit", "-qm", "x")
    git("rm", "-q", "umbrella/templates/_helpers.tpl")
    assert deleted() == ["umbrella/templates/_helpers.tpl"]


@pytest.mark.parametrize(
    ("path", "matters"),
    [
        ("c/Chart.yaml", True),
        ("c/Chart.lock", True),
        ("c/requirements.yaml", True),
        ("c/values.schema.json", True),
        ("c/values-prod.yaml", True),
        ("c/.helmignore", True),
        (".meshlint.yaml", True),
        ("c/templates/_helpers.tpl", True),
        ("c/templates/NOTES.txt", True),
        ("templates/dashboards/x.json", True),
        ("c/ci/x.yaml", True),
        ("any.yml", True),
        ("README.md", False),
        ("main.go", False),
        ("c/x.tpl", False),
    ],
)
def test_relevant(path: str, matters: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert relevant(path) is matters


def test_flags_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not any_relevant(["--charts-only", "--fail-on", "warning", "README.md"])


def test_the_hooks_match_what_the_code_calls_relevant() -> None:
    hooks = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}
    patterns = {name: re.sub(r"\s|^\(\?x\)", "", hook["files"].strip()) for name, hook in hooks.items()}
    assert patterns == {
        "meshlint": PATTERN,
        "meshlint-charts": CHART_PATTERN,
        "meshlint-all": PATTERN,
    }
    for name, hook in hooks.items():
        assert hook["require_serial"] is True
        assert hook["types"] == ["text"]
        assert re.compile(hook["files"]).search("c/templates/_helpers.tpl")
        assert bool(re.compile(hook["files"]).search("deploy/a.yaml")) is (name != "meshlint-charts")


def test_a_symlinked_working_directory(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    link = tmp_path_factory.mktemp("links") / "link"
    os.symlink(repository, link)
    os.chdir(link)
    changes = Changes()
    changes.add("umbrella/charts/sub/Chart.yaml")
    assert sorted(changes.targets()) == ["umbrella", "umbrella/charts/sub"]
