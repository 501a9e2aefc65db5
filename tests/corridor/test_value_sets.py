"""Several value sets of one chart, linted in one run: what is merged, what is said, what is done once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import meshlint.gotemplate.evaluate as engine
from meshlint.gotemplate import parser
from meshlint.lint import lint
from meshlint.options import LintOptions
from meshlint.report import formats
from meshlint.report.result import Report, Settled
from meshlint.report.summary import checked
from meshlint.report.view import View
from tests.corridor.test_exploration import APP, ROUTES
from tests.rules.worlds import write

LABELLED = APP.replace(
    "metadata: {labels: {app: review}}",
    "metadata: {labels: {app: review, version: {{ .Values.version }}}}",
)
NEEDS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: x}
data: {a: {{ required "say it" .Values.need }}}
"""
SETS = {
    "values.yaml": "version: v1\nname: review\n",
    "values-prod.yaml": "version: v2\n",
    "values-uat.yaml": "version: v3\n",
    "values-dev.yaml": "version: v1\n",
}


def chart(folder: Path, **sets: str) -> Path:
    templates = {"templates/app.yaml": LABELLED, "templates/routes.yaml": ROUTES.replace("SUBSET", "v1")}
    write(folder, {**SETS, **templates, **{f"values-{name}.yaml": text for name, text in sets.items()}})
    return folder


def run(folder: Path, **options: Any) -> Report:
    options = {"select": ("DR001", "HLM004", "HLM009", "YML"), **options}
    return lint(LintOptions(paths=(str(folder),), isolated=True, **options))


def dead(report: Report) -> list[Settled]:
    return [each for each in report.settled if each.finding.code == "DR001"]


def test_a_finding_says_which_sets_show_it(tmp_path: Path) -> None:
    (found,) = dead(run(chart(tmp_path)))
    assert found.seen() == "in 2 of 4 value sets: prod, uat"


def test_a_finding_of_all_sets_says_nothing(tmp_path: Path) -> None:
    folder = chart(tmp_path, prod="version: v9\n", uat="version: v9\n", dev="version: v9\n")
    (folder / "values.yaml").write_text("version: v9\n")
    (found,) = dead(run(folder))
    assert (found.seen(), found.scenarios, found.sets) == ("", (), 4)


FORMATS = (
    "full",
    "concise",
    "grouped",
    "github",
    "sarif",
    "gitlab",
    "azure",
    "junit",
    "rdjson",
    "markdown",
    "html",
)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_it(name: str, tmp_path: Path) -> None:
    text = formats.render(name, run(chart(tmp_path)), View())
    assert "in 2 of 4 value sets: prod, uat" in text.replace("%2C", ",").replace("%3A", ":")


def test_json_and_sarif_have_the_names_as_data(tmp_path: Path) -> None:
    report = run(chart(tmp_path))
    (row,) = json.loads(formats.render("json", report, View()))["findings"]
    assert (row["values_sets"], row["values_sets_total"], row["toggles"]) == (["prod", "uat"], 4, [])
    (result,) = json.loads(formats.render("sarif", report, View()))["runs"][0]["results"]
    assert result["properties"]["valuesSets"] == ["prod", "uat"]
    assert result["properties"]["valuesSetsTotal"] == 4


@pytest.mark.parametrize(
    "given", [{"values": ("VALUES",)}, {"set_values": ("version=v9",)}, {"auto_values": False}]
)
def test_given_values_are_the_only_ones(tmp_path: Path, given: dict[str, Any]) -> None:
    folder = chart(tmp_path)
    if "values" in given:
        given = {"values": (str(folder / "values-prod.yaml"),)}
    report = run(folder, **given)
    assert report.coverage.value_sets == 1
    assert [each.seen() for each in dead(report)] == ([""] if "auto_values" not in given else [])


@pytest.mark.parametrize("text", ["a: [\n", "- a\n- b\n", "a: 1\na: {\n"])
def test_a_broken_file_is_one_finding_and_the_others_go_on(tmp_path: Path, text: str) -> None:
    report = run(chart(tmp_path, qa=text))
    (broken,) = [each for each in report.settled if each.finding.code == "HLM004"]
    assert broken.primary.source.path == f"{tmp_path}/values-qa.yaml"
    assert [each.seen() for each in dead(report)] == ["in 2 of 5 value sets: prod, uat"]
    assert report.exit_code() == 4


def test_a_set_that_demands_more_does_not_hide_the_others(tmp_path: Path) -> None:
    folder = chart(tmp_path)
    (folder / "templates/need.yaml").write_text(NEEDS)
    (folder / "values-prod.yaml").write_text("version: v2\nneed: here\n")
    report = run(folder)
    assert [each.seen() for each in dead(report)] == ["in 2 of 4 value sets: prod, uat"]
    assert [(each.finding.code, each.finding.severity, each.seen()) for each in report.settled[1:]] == [
        ("HLM009", "note", "in 3 of 4 value sets: default, dev, uat")
    ]


def test_two_findings_about_one_object_stay_two(tmp_path: Path) -> None:
    folder = chart(tmp_path)
    text = (
        ROUTES.replace("SUBSET", "v1")
        .replace(
            "subsets: [{name: v1, labels: {version: v1}}]",
            "subsets: [{name: v1, labels: {version: v1}}, {name: v7, labels: {version: v7}}]",
        )
        .replace(
            "{destination: {host: review, subset: v1}}",
            "{destination: {host: review, subset: v1}, weight: 50}, "
            "{destination: {host: review, subset: v7}, weight: 50}",
        )
    )
    (folder / "templates/routes.yaml").write_text(text)
    seen = {each.finding.key: each.seen() for each in dead(run(folder))}
    assert seen == {"v1": "in 2 of 4 value sets: prod, uat", "v7": ""}


def test_an_object_of_another_name_is_another_finding(tmp_path: Path) -> None:
    folder = chart(tmp_path, prod="version: v2\nroute: one\n", uat="version: v2\nroute: two\n")
    text = ROUTES.replace("SUBSET", "v1").replace(
        "{name: review, namespace", '{name: {{ .Values.route | default "review" }}, namespace'
    )
    (folder / "templates/routes.yaml").write_text(text)
    objects = {each.finding.object.name: each.seen() for each in dead(run(folder)) if each.finding.object}
    assert objects == {"one": "in 1 of 4 value sets: prod", "two": "in 1 of 4 value sets: uat"}


def test_templates_are_parsed_once_for_all_sets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = parser.parse

    def counting(source: Any, name: str, functions: Any) -> Any:
        parsed.append(name)
        return parse(source, name, functions)

    monkeypatch.setattr(engine, "parse", counting)
    report = run(chart(tmp_path), explore=True)
    assert report.coverage.value_sets == 4
    assert sorted(parsed) == ["example/templates/app.yaml", "example/templates/routes.yaml"]


def test_the_closing_line_counts_the_sets(tmp_path: Path) -> None:
    assert checked(run(chart(tmp_path))).startswith("checked 1 chart x 4 value sets: 2 templates, 4 objects")


def test_the_closing_line_of_charts_with_several_numbers_of_sets_adds_them_up(tmp_path: Path) -> None:
    write(tmp_path / "a", {"templates/app.yaml": APP, "values-x.yaml": "a: 1\n", "values.yaml": "a: 1\n"})
    write(tmp_path / "b", {"templates/app.yaml": APP})
    assert checked(run(tmp_path)).startswith("checked 2 charts in 3 value sets: 2 templates")
