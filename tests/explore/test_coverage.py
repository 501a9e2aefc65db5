"""Coverage: which lines and branches of templates the value sets rendered, and what opens the others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from meshlint.explore import listing
from meshlint.explore.coverage import ChartCoverage, FileCoverage, coverage
from meshlint.helm.loader import load_chart
from meshlint.helm.render import render_chart
from meshlint.helm.scenario import Scenario
from tests.cli.runs import meshlint
from tests.rules.worlds import write


def covered(folder: Path, files: dict[str, str], *sets: list[str]) -> ChartCoverage:
    write(folder, files)
    chart = load_chart(str(folder))
    renderings = [render_chart(chart, Scenario(set=flags), tolerant=True) for flags in sets or ([],)]
    return coverage(renderings, chart)


def of(folder: Path, text: str, *sets: list[str], values: str = "") -> FileCoverage:
    found = covered(folder, {"templates/x.yaml": text, "values.yaml": values}, *sets)
    return found.files[0]


def never(file: FileCoverage) -> list[tuple[int, str, bool, tuple[str, ...]]]:
    return [(each.line, each.guard, each.inside, each.flags) for each in file.never]


TEXT = """\
{{- /* a comment */}}
a: 1
{{- if .Values.b }}
b: {{ .Values.b }}
{{- else }}
c: 1
{{- end }}

{{- range .Values.items }}
- {{ . }}
{{- end }}
"""


def test_lines_count_the_value_sets_that_executed_them(tmp_path: Path) -> None:
    file = of(tmp_path, TEXT, [], ["b=1"], ["b=1"])
    assert file.counts == [None, 3, 3, 2, None, 1, None, None, 3, 0, None, None]
    assert (file.lines, file.rendered, file.branches, file.taken) == (6, 5, 3, 2)


def test_a_branch_never_taken_has_its_guard_its_place_and_what_opens_it(tmp_path: Path) -> None:
    assert never(of(tmp_path, TEXT)) == [
        (3, "if .Values.b", False, ("--set b=placeholder-b",)),
        (9, "range .Values.items", False, ("--set items={placeholder-items}",)),
    ]


def test_an_else_never_taken_is_a_branch(tmp_path: Path) -> None:
    file = of(tmp_path, TEXT, values="b: true\nitems: [x]\n")
    assert never(file) == [(5, "else of if .Values.b", False, ("--set b=false",))]


def test_a_chain_of_else_if_has_one_branch_for_each_word(tmp_path: Path) -> None:
    text = "{{ if .Values.a }}\na: 1\n{{ else if .Values.b }}\nb: 1\n{{ else }}\nc: 1\n{{ end }}\n"
    file = of(tmp_path, text)
    assert (file.branches, [each[1] for each in never(file)]) == (3, ["if .Values.a", "else if .Values.b"])
    assert [each[3] for each in never(file)] == [("--set a=true",), ("--set b=true",)]


def test_what_lies_in_a_branch_never_taken_says_so(tmp_path: Path) -> None:
    text = "{{ if .Values.a }}\n{{ with .Values.b }}\nb: {{ . }}\n{{ end }}\n{{ end }}\n"
    assert never(of(tmp_path, text)) == [
        (1, "if .Values.a", False, ("--set a=true",)),
        (2, "with .Values.b", True, ("--set a=true", "--set b=placeholder-b")),
    ]


def test_helpers_that_nothing_calls_and_branches_in_helpers(tmp_path: Path) -> None:
    helpers = (
        '{{ define "used" }}\n{{ if .Values.a }}\na: 1\n{{ end }}\n{{ end }}\n'
        '{{ define "unused" }}\nb: 1\n{{ end }}\n'
    )
    files = {"templates/_h.tpl": helpers, "templates/x.yaml": 'x: 1\n{{ include "used" . }}\n'}
    tpl, file = covered(tmp_path, files).files
    assert never(tpl) == [(2, "if .Values.a", False, ("--set a=true",)), (6, 'define "unused"', False, ())]
    assert (tpl.lines, tpl.rendered) == (3, 1)
    assert (file.lines, file.rendered, file.branches) == (2, 2, 0)


def test_a_subchart_that_is_off(tmp_path: Path) -> None:
    dependency = "dependencies:\n- {name: db, version: 0.1.0, condition: db.enabled}\n"
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 0.1.0\n{dependency}",
        "values.yaml": "db: {enabled: false}\n",
        "templates/x.yaml": "a: 1\n",
        "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
        "charts/db/templates/y.yaml": "b: 1\n",
    }
    assert covered(tmp_path, files).off == [("shop/charts/db", ("--set db.enabled=true",))]
    assert covered(tmp_path, files, [], ["db.enabled=true"]).off == []


def test_a_chart_under_two_names_counts_its_files_once(tmp_path: Path) -> None:
    entries = "- {name: db, version: 0.1.0, alias: one}\n- {name: db, version: 0.1.0, alias: two}\n"
    files = {
        "Chart.yaml": f"apiVersion: v2\nname: shop\nversion: 0.1.0\ndependencies:\n{entries}",
        "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
        "charts/db/templates/y.yaml": "{{ if .Values.a }}\nb: 1\n{{ end }}\n",
    }
    (file,) = covered(tmp_path, files, ["two.a=true"]).files
    assert (file.branches, file.taken, file.counts[1]) == (1, 1, 1)


def test_the_texts_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = covered(Path("shop"), {"templates/x.yaml": TEXT})
    assert listing.summary("shop", ["default"], found) == (
        "shop: 1 value set (default)\n\n"
        "shop/templates/x.yaml: 4 of 6 lines, 1 of 3 branches\n"
        "  3:1  if .Values.b  <- --set b=placeholder-b\n"
        "  9:1  range .Values.items  <- --set items={placeholder-items}\n\n"
        "lines 4 of 6 (66 %), branches 1 of 3 (33 %)\n"
    )
    assert listing.annotated(found).splitlines()[:6] == [
        "        -:    0:shop/templates/x.yaml: 4 of 6 lines, 1 of 3 branches",
        "        -:    1:{{- /* a comment */}}",
        "        1:    2:a: 1",
        "        1:    3:{{- if .Values.b }}",
        "    never:     :if .Values.b  <- --set b=placeholder-b",
        "    #####:    4:b: {{ .Values.b }}",
    ]


def shop(folder: Path) -> Path:
    route = "{{ if .Values.istio }}\napiVersion: networking.istio.io/v1\nkind: VirtualService\n{{ end }}\n"
    write(folder / "shop", {"templates/x.yaml": route, "values.yaml": "istio: false\n"})
    return folder


@pytest.mark.parametrize(
    ("flags", "sets", "rendered"),
    [
        ([], ["default"], 1),
        (["--set", "istio=true"], ["default"], 3),
        (["--explore"], ["default", "default --set istio=true"], 3),
    ],
)
def test_the_command_takes_the_values_that_linting_takes(
    tmp_path: Path, flags: list[str], sets: list[str], rendered: int
) -> None:
    run = meshlint("coverage", "shop", "--format", "json", *flags, cwd=shop(tmp_path))
    data = json.loads(run.out)
    assert (run.code, data["value_sets"], data["totals"]["rendered"]) == (0, sets, rendered)
    assert [each["file"] for each in data["files"]] == ["shop/templates/x.yaml"]


def test_the_exit_codes_of_the_command(tmp_path: Path) -> None:
    folder = shop(tmp_path)
    assert meshlint("coverage", "shop", "--fail-under", "90", cwd=folder).code == 1
    assert meshlint("coverage", "shop", "--fail-under", "30", cwd=folder).code == 0
    assert meshlint("coverage", "shop", "--annotate", cwd=folder).out.count("#####") == 2
    (folder / "empty").mkdir()
    assert meshlint("coverage", "empty", cwd=folder).code in (3, 4)
    (folder / "shop/templates/broken.yaml").write_text("{{ if }}")
    assert meshlint("coverage", "shop", cwd=folder).code == 4
