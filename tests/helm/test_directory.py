"""Chart directories: walk order, .helmignore, links, files nobody can read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meshlint.helm.archive import MAX_FILE_SIZE
from meshlint.helm.directory import read_directory, shown_path
from meshlint.helm.loader import load_chart
from tests.helm.charts import CHART_YAML, fatal


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(CHART_YAML)
    (folder / "templates" / "a.yaml").write_text("kind: A\n")
    return folder


def names(root: Path, outside_links: bool = False) -> list[str]:
    return [file.name for file in read_directory(str(root), outside_links)[0]]


def codes(root: Path) -> list[str]:
    return [found.finding.code for found in read_directory(str(root))[1]]


def test_depth_first_by_name(root: Path) -> None:
    (root / "templates" / "Z").mkdir()
    (root / "templates" / "Z" / "x.yaml").write_text("")
    (root / "templates-more").write_text("")
    assert names(root) == ["Chart.yaml", "templates/Z/x.yaml", "templates/a.yaml", "templates-more"]


def test_helmignore(root: Path) -> None:
    (root / ".helmignore").write_text("\ufeff# c\n*.bak\ndocs/\n/only-here\n!never*\n", encoding="utf-8")
    for name in ("x.bak", "only-here", "templates/.hidden"):
        (root / name).write_text("")
    # a negated rule ignores everything it does not match
    assert names(root) == []


def test_helmignore_syntax(root: Path) -> None:
    (root / ".helmignore").write_text("a\n**/b\n")
    assert fatal(load_chart(str(root))) == "double-star (**) syntax is not supported"


def test_a_link_that_leaves_the_chart_is_refused(root: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("secret")
    (root / "files").symlink_to(secret)
    (root / "key").symlink_to(secret / "key")
    assert names(root) == ["Chart.yaml", "templates/a.yaml"]
    assert codes(root) == ["HLM012", "HLM012"]
    assert names(root, outside_links=True) == ["Chart.yaml", "files/key", "key", "templates/a.yaml"]
    assert fatal(load_chart(str(root))) == ""


def test_an_ignored_link_is_not_worth_a_word(root: Path, tmp_path: Path) -> None:
    (root / ".helmignore").write_text("link\n.helmignore\n")
    (root / "link").symlink_to(tmp_path)
    assert codes(root) == []


def test_links_inside_the_chart_are_followed(root: Path) -> None:
    (root / "again").symlink_to(root / "templates")
    (root / "b.yaml").symlink_to("templates/a.yaml")
    assert names(root) == ["Chart.yaml", "again/a.yaml", "b.yaml", "templates/a.yaml"]
    assert codes(root) == []


def test_a_link_to_a_parent_ends_the_walk(root: Path) -> None:
    (root / "templates" / "loop").symlink_to(root)
    assert names(root) == ["Chart.yaml", "templates/a.yaml"]
    assert codes(root) == ["HLM002"]


def test_a_broken_link_is_fatal(root: Path) -> None:
    (root / "gone").symlink_to(root / "nowhere")
    error = fatal(load_chart(str(root)))
    assert error == (f"error evaluating symlink {root}/gone: lstat {root}/nowhere: no such file or directory")


def test_a_pipe_is_no_regular_file(root: Path) -> None:
    os.mkfifo(root / "pipe")
    assert fatal(load_chart(str(root))) == (
        f"cannot load irregular file {root}/pipe as it has file mode type bits set"
    )


def test_a_file_of_more_than_five_mebibytes(root: Path) -> None:
    with (root / "big").open("wb") as file:
        file.truncate(MAX_FILE_SIZE + 1)
    assert fatal(load_chart(str(root))) == 'chart file "big" is larger than the maximum file size 5242880'


def test_no_chart_yaml(root: Path) -> None:
    (root / "Chart.yaml").unlink()
    name = f"{root}/Chart.yaml"
    assert fatal(load_chart(str(root))) == (
        f"unable to detect chart at {name}: open {name}: no such file or directory"
    )
    assert fatal(load_chart(str(root), "3")) == "Chart.yaml file is missing"


@pytest.mark.parametrize(
    ("version", "error"), [("v3", "invalid chart apiVersion"), ("v4", "unsupported chart version")]
)
def test_helm_4_looks_at_api_version_first(root: Path, version: str, error: str) -> None:
    (root / "Chart.yaml").write_text(f"apiVersion: {version}\nname: c\nversion: 1.0.0\n")
    assert fatal(load_chart(str(root))) == error
    assert fatal(load_chart(str(root), "3")) == ""


def test_paths_are_shown_as_people_open_them(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root.parent)
    assert shown_path(str(root)) == "chart"
    assert [file.path for file in read_directory("chart")[0]] == [
        "chart/Chart.yaml",
        "chart/templates/a.yaml",
    ]
    monkeypatch.chdir(root)
    assert [file.path for file in read_directory(".")[0]] == ["Chart.yaml", "templates/a.yaml"]
