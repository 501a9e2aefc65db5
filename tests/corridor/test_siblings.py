from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions
from meshlint.report.result import Report

LIBRARY = '{{- define "common.name" -}}from-{{ .Chart.Name }}{{- end }}\n'
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ include "common.name" . }}}
"""


def write(folder: Path, name: str, version: str, dependencies: str = "") -> Path:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n{dependencies}")
    return folder


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """A repository with a chart that needs `common` ^1.0.0."""
    (tmp_path / "repo/.git").mkdir(parents=True)
    needs = "dependencies:\n- {name: common, version: ^1.0.0, repository: https://charts.example.com}\n"
    folder = write(tmp_path / "repo/charts/app", "app", "0.1.0", needs)
    (folder / "templates/map.yaml").write_text(CONFIG_MAP)
    return folder


def library(folder: Path, version: str) -> None:
    (write(folder, "common", version) / "templates/_names.tpl").write_text(LIBRARY)


def codes(report: Report) -> list[str]:
    return [each.finding.code for each in report.settled]


def test_a_chart_of_the_repository_stands_in(chart: Path, tmp_path: Path) -> None:
    library(tmp_path / "repo/library/common", "1.4.0")
    report = lint(LintOptions(paths=(str(chart),)))
    assert codes(report) == ["HLM024"]
    assert "library/common" in report.settled[0].finding.message
    assert report.coverage.objects == 1
    assert not report.input_failed


def test_a_chart_of_another_version_does_not(chart: Path, tmp_path: Path) -> None:
    library(tmp_path / "repo/library/common", "2.0.0")
    assert "HLM003" in codes(lint(LintOptions(paths=(str(chart),))))


def test_a_chart_outside_the_repository_does_not(chart: Path, tmp_path: Path) -> None:
    library(tmp_path / "elsewhere/common", "1.4.0")
    assert "HLM003" in codes(lint(LintOptions(paths=(str(chart),))))


def test_a_dependency_path_is_looked_into_first(chart: Path, tmp_path: Path) -> None:
    library(tmp_path / "elsewhere/common", "1.5.0")
    library(tmp_path / "repo/library/common", "1.4.0")
    report = lint(LintOptions(paths=(str(chart),), dependency_paths=(str(tmp_path / "elsewhere"),)))
    assert "elsewhere/common" in report.settled[0].finding.message


def test_without_a_repository_only_charts_beside_count(tmp_path: Path) -> None:
    needs = "dependencies:\n- {name: common, version: ^1.0.0}\n"
    app = write(tmp_path / "charts/app", "app", "0.1.0", needs)
    library(tmp_path / "charts/other/common", "1.4.0")
    assert "HLM003" in codes(lint(LintOptions(paths=(str(app),))))
    library(tmp_path / "charts/common", "1.4.0")
    assert "HLM024" in codes(lint(LintOptions(paths=(str(app),))))


def test_charts_that_borrow_from_each_other_end(tmp_path: Path) -> None:
    for name, other in (("one", "two"), ("two", "one")):
        needs = f"dependencies:\n- {{name: {other}, version: 1.x, repository: 'file://../{other}'}}\n"
        write(tmp_path / name, name, "1.0.0", needs)
    report = lint(LintOptions(paths=(str(tmp_path / "one"),)))
    assert "HLM024" in codes(report)


def test_a_sibling_of_another_version_is_named(chart: Path, tmp_path: Path) -> None:
    library(tmp_path / "repo/library/common", "2.0.0")
    report = lint(LintOptions(paths=(str(chart),)))
    [missing] = [each.finding for each in report.settled if each.finding.code == "HLM003"]
    assert missing.message.endswith("library/common` has version 2.0.0, not `^1.0.0`")
    assert (missing.severity, report.input_failed) == ("warning", False)


@pytest.mark.parametrize(("version", "codes_found"), [("1.4.0", ["HLM024"]), ("2.0.0", ["HLM003"])])
def test_the_version_of_a_file_repository_counts(
    tmp_path: Path, version: str, codes_found: list[str]
) -> None:
    needs = "dependencies:\n- {name: common, version: ^1.0.0, repository: 'file://../../lib/common'}\n"
    app = write(tmp_path / "charts/app", "app", "0.1.0", needs)
    library(tmp_path / "lib/common", version)
    found = lint(LintOptions(paths=(str(app),))).settled
    assert [each.finding.code for each in found if each.finding.code in ("HLM003", "HLM024")] == codes_found


def test_file_repositories_are_followed_through_borrowed_charts(tmp_path: Path) -> None:
    def needing(name: str) -> str:
        return f"dependencies:\n- {{name: {name}, version: 1.x, repository: 'file://../{name}'}}\n"

    app = write(tmp_path / "app", "app", "1.0.0", needing("one"))
    write(tmp_path / "one", "one", "1.0.0", needing("common"))
    library(tmp_path / "common", "1.0.0")
    (app / "templates/map.yaml").write_text(CONFIG_MAP)
    report = lint(LintOptions(paths=(str(app),)))
    assert codes(report).count("HLM024") == 2
    assert "HLM003" not in codes(report)
