"""What becomes a target, what does not, and what is said about the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meshlint.discover import Discovery, Target, find
from tests.permissions import modes_count

MANIFEST = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"
CHART = "apiVersion: v2\nname: x\nversion: 0.1.0\n"


def tree(root: Path, *names: str) -> None:
    """Files by name: charts, manifests and templates get fitting contents."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name == "Chart.yaml":
            path.write_text(CHART)
        elif path.name == "values.yaml":
            path.write_text("replicas: 1\n")
        elif "templates" in path.parts:
            path.write_text("kind: {{ .Values.kind }}\n")
        else:
            path.write_text(MANIFEST)


def found(result: Discovery) -> list[tuple[str, str]]:
    return [(target.kind, target.path) for target in result.targets]


@pytest.fixture(autouse=True)
def _inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


CASES = {
    "a chart": (["c/Chart.yaml", "c/templates/a.yaml"], ["c"], [("chart", "c")]),
    "its parts are no targets": (
        ["c/Chart.yaml", "c/charts/s/Chart.yaml", "c/crds/x.yaml", "c/extra.yaml", "c/templates/a.yaml"],
        ["."],
        [("chart", "c")],
    ),
    "charts beside each other": (
        ["b/Chart.yaml", "a/Chart.yaml"],
        ["."],
        [("chart", "a"), ("chart", "b")],
    ),
    "a chart below a chart, not in charts/": (
        ["c/Chart.yaml", "c/examples/d/Chart.yaml"],
        ["c"],
        [("chart", "c"), ("chart", "c/examples/d")],
    ),
    "a subchart that is named": (
        ["c/Chart.yaml", "c/charts/s/Chart.yaml"],
        ["c/charts/s"],
        [("chart", "c/charts/s")],
    ),
    "each once": (["c/Chart.yaml"], ["c", ".", "./c/"], [("chart", "c")]),
    "a template stands for its chart": (
        ["c/Chart.yaml", "c/templates/deep/a.yaml"],
        ["c/templates/deep/a.yaml", "c/templates"],
        [("chart", "c")],
    ),
    "a values file too": (["c/Chart.yaml", "c/values.yaml"], ["c/values.yaml"], [("chart", "c")]),
    "manifests of a tree are one target": (
        ["d/a.yaml", "d/sub/b.yml"],
        ["d"],
        [("manifests", "d")],
    ),
    "a chart and manifests": (
        ["d/a.yaml", "d/c/Chart.yaml"],
        ["d"],
        [("chart", "d/c"), ("manifests", "d")],
    ),
    "hidden and installed things": (
        [".github/x.yaml", "node_modules/m/x.yaml", "a.yaml"],
        ["."],
        [("manifests", ".")],
    ),
    "a packed chart that is named": (["c-1.tgz"], ["c-1.tgz"], [("archive", "c-1.tgz")]),
    "stdin": ([], ["-"], [("stdin", "-")]),
}


@pytest.mark.parametrize("name", CASES)
def test_targets(name: str, tmp_path: Path) -> None:
    names, paths, targets = CASES[name]
    tree(tmp_path, *names)
    assert found(find(paths)) == targets


def test_files_of_a_target_are_the_manifests(tmp_path: Path) -> None:
    tree(tmp_path, "d/b.yaml", "d/a.yaml")
    (tmp_path / "d" / "values.yaml").write_text("replicas: 1\n")
    (tmp_path / "d" / "x.json").write_text('{"apiVersion": "v1",\n "kind": "Service"}')
    assert find(["d"]).targets == [Target("manifests", "d", ("d/a.yaml", "d/b.yaml", "d/x.json"))]


def test_named_files_are_one_target(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "d/b.yaml")
    assert find(["d/b.yaml", "a.yaml"]).targets == [Target("manifests", "d/b.yaml", ("a.yaml", "d/b.yaml"))]


def test_a_kustomization_is_incomplete_and_says_so(tmp_path: Path) -> None:
    tree(tmp_path, "base/a.yaml", "base/kustomization.yaml", "b.yaml")
    result = find(["."])
    assert [(target.path, bool(target.incomplete)) for target in result.targets] == [
        (".", False),
        ("base", True),
    ]
    assert result.targets[1].files == ("base/a.yaml",)
    assert result.not_checked == [
        "patches of 1 kustomization (base) (kubectl kustomize DIR | meshlint manifests -)"
    ]


def test_templates_outside_a_chart_are_said(tmp_path: Path) -> None:
    tree(tmp_path, "x/templates/a.yaml", "x/templates/b.yaml")
    result = find(["x"])
    assert result.targets == []
    assert result.not_checked == ["2 templates (x/templates/a.yaml, x/templates/b.yaml) outside a chart"]


@pytest.mark.parametrize(
    ("text", "targets"),
    [
        (MANIFEST + "  annotations:\n    a: 'up {{ $labels.pod }}'\n", 1),
        (MANIFEST + "data:\n  t: |\n    {{ range .Alerts }}x{{ end }}\n", 1),
        (MANIFEST + "  namespace: {{ .Values.ns }}\n", 0),
        (MANIFEST + "{{- if .x }}\n{{- end }}\n", 0),
        (MANIFEST + "  labels: {a: {b: c}}\n", 1),
    ],
)
def test_what_makes_a_template(text: str, targets: int, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(text)
    assert len(find(["."]).targets) == targets


def test_packed_charts_are_not_opened_unasked(tmp_path: Path) -> None:
    (tmp_path / "c-1.tgz").write_bytes(b"")
    assert find(["."]).not_checked == ["1 archive (c-1.tgz) (name it to lint a packed chart)"]


def test_exclusions(tmp_path: Path) -> None:
    tree(tmp_path, "a/Chart.yaml", "b/Chart.yaml", "d/x.yaml", "d/y.yaml")
    result = find(["."], exclude=("b", "d/y.yaml"))
    assert found(result) == [("chart", "a"), ("manifests", ".")]
    assert result.targets[1].files == ("d/x.yaml",)


@pytest.mark.parametrize(
    ("kind", "path", "code", "failed"),
    [
        ("auto", "nope", "INP001", True),
        ("auto", "dangling", "INP001", True),
        ("auto", "empty", "INP002", False),
        ("chart", "empty", "INP002", False),
        ("chart", "d", "INP003", True),
        ("chart", "d/a.yaml", "INP003", True),
        ("manifests", "empty", "INP002", False),
    ],
)
def test_faults(kind: str, path: str, code: str, failed: bool, tmp_path: Path) -> None:
    tree(tmp_path, "d/a.yaml")
    (tmp_path / "empty").mkdir()
    os.symlink("nowhere", tmp_path / "dangling")
    result = find([path], kind)  # type: ignore[arg-type]
    assert [finding.code for finding in result.findings] == [code]
    assert result.findings[0].places[0].locate().source.path == path
    assert (result.targets, result.failed) == ([], failed)


def test_no_permission(tmp_path: Path) -> None:
    tree(tmp_path, "a.yaml", "d/b.yaml", "e/c.yaml")
    (tmp_path / "a.yaml").chmod(0)
    (tmp_path / "d").chmod(0)
    with modes_count():
        result = find(["."])
    (tmp_path / "d").chmod(0o700)
    assert [finding.code for finding in result.findings] == ["INP001", "INP001"]
    assert result.targets[0].files == ("e/c.yaml",)
    assert result.failed


def test_manifests_takes_a_chart_directory_as_plain_files(tmp_path: Path) -> None:
    tree(tmp_path, "c/Chart.yaml", "c/a.yaml")
    assert find(["c"], "manifests").targets == [Target("manifests", "c", ("c/a.yaml",))]


def test_paths_below_the_working_directory_are_relative(tmp_path: Path) -> None:
    tree(tmp_path, "c/Chart.yaml")
    assert found(find([str(tmp_path / "c")])) == [("chart", "c")]
