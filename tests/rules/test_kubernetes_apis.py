"""Removed and deprecated APIs of Kubernetes, for the version of the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions
from tests.rules.worlds import write

BUDGET = "apiVersion: %s\nkind: PodDisruptionBudget\nmetadata:\n  name: review\n"


def found(folder: Path, text: str, version: str | None, **files: str) -> list[tuple[str, int]]:
    """(code, line) of the findings about versions."""
    write(folder, {"templates/a.yaml": text, **files})
    report = lint(LintOptions(paths=(str(folder),), isolated=True, kube_version=version))
    return [
        (each.finding.code, each.primary.line)
        for each in report.open()
        if each.finding.code.startswith("VER")
    ]


@pytest.mark.parametrize(
    ("version", "code"),
    [("1.20", None), ("1.21", "VER005"), ("v1.24.9", "VER005"), ("1.25", "VER004"), (None, "VER004")],
)
def test_the_version_of_the_run_decides(version: str | None, code: str | None, tmp_path: Path) -> None:
    expected = [] if code is None else [(code, 1)]
    assert found(tmp_path, BUDGET % "policy/v1beta1", version) == expected


def test_the_line_is_that_of_the_helper_that_wrote_the_version(tmp_path: Path) -> None:
    helper = '{{- define "v" -}}\n{{- if semverCompare ">=1.21-0" .Capabilities.KubeVersion.Version -}}\n'
    helper += "policy/v1\n{{- else -}}\npolicy/v1beta1\n{{- end -}}\n{{- end -}}\n"
    files = {"templates/_v.tpl": helper}
    assert found(tmp_path, BUDGET % '{{ include "v" . }}', "1.30", **files) == []
    helper = '{{- define "v" -}}\npolicy/v1beta1\n{{- end -}}\n'
    write(tmp_path, {"templates/_v.tpl": helper})
    report = lint(LintOptions(paths=(str(tmp_path),), isolated=True))
    places = [(each.primary.source.path.rpartition("/")[2], each.primary.line) for each in report.open()]
    assert places == [("_v.tpl", 2)]


@pytest.mark.parametrize(
    "text",
    [
        '{{ if .Capabilities.APIVersions.Has "policy/v1beta1" }}policy/v1beta1{{ else }}policy/v1{{ end }}',
        '{{ ternary "policy/v1beta1" "policy/v1" (.Capabilities.APIVersions.Has "policy/v1beta1") }}',
        "example.com/v1beta1",
        "policy/v1",
    ],
)
def test_what_the_cluster_decides_and_what_is_not_in_the_table_is_quiet(text: str, tmp_path: Path) -> None:
    assert found(tmp_path, BUDGET % text, None) == []


def test_definitions_in_crds_count(tmp_path: Path) -> None:
    old = (
        "apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nmetadata:\n  name: a.b.c\n"
    )
    assert found(tmp_path, "", None, **{"crds/a.yaml": old}) == [("VER004", 1)]
