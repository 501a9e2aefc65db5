"""SARIF: valid by the OASIS schema, and what GitHub needs to take it in and show it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from meshlint.report.linehash import line_hashes
from meshlint.report.result import Coverage, Report
from meshlint.report.sarif import MOST_RESULTS, write
from meshlint.report.view import View
from meshlint.rules.catalog import ALL
from meshlint.text.finding import Edit, Finding, Severity
from meshlint.text.source import Source
from tests.report.samples import COVERAGE, REPORTS, ROUTING, VIEW, all_corners, at, placed, settled, story
from tests.report.sarif_schema import schema_text


def logged(report: Report, view: View = VIEW) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(write(report, view))
    return log


def run_of(report: Report, view: View = VIEW) -> dict[str, Any]:
    runs = logged(report, view)["runs"]
    assert len(runs) == 1  # GitHub takes 20 at most
    run: dict[str, Any] = runs[0]
    return run


def nested(value: Any, name: str) -> Iterator[Any]:
    """Every value under the key `name`, however deep."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            yield from nested(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from nested(item, name)


@pytest.mark.parametrize("sample", REPORTS)
def test_valid_by_the_schema(sample: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    from jsonschema import Draft7Validator

    cache = getattr(request.config, "cache", None)
    text = schema_text(tmp_path if cache is None else Path(cache.mkdir("sarif")))
    if text is None:
        pytest.skip("the SARIF schema cannot be fetched: no network")
    validator = Draft7Validator(json.loads(text))
    assert [error.message for error in validator.iter_errors(logged(REPORTS[sample]()))] == []


def test_a_clean_run_has_results_and_rules() -> None:
    run = run_of(REPORTS["clean"]())
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["DR001", "VS027"]
    assert run["invocations"][0]["executionSuccessful"] is True


def test_every_rule_has_what_github_reads() -> None:
    run = run_of(Report([], COVERAGE, enabled=tuple(rule.code for rule in ALL)))
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule.code for rule in ALL)
    for rule in rules:
        assert rule["name"][0].isupper()
        assert rule["name"].isalnum()
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        properties = rule["properties"]
        assert len(properties["tags"]) <= 10
        assert properties["precision"] in ("very-high", "high", "medium", "low")
        assert ("security-severity" in properties) == ("security" in properties["tags"])
        assert ("security-severity" in properties) != ("problem.severity" in properties)


def test_regions_are_whole_and_on_one_line() -> None:
    regions = list(nested(logged(all_corners()), "region"))
    assert len(regions) > 20
    for region in regions:
        assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert min(region.values()) >= 1
        assert region["startLine"] == region["endLine"]
        assert region["endColumn"] >= region["startColumn"]


def test_related_locations_are_linked_from_the_message() -> None:
    result = run_of(REPORTS["story"]())["results"][0]
    ids = [place["id"] for place in result["relatedLocations"]]
    assert ids == list(range(1, len(ids) + 1))
    assert all(f"]({number})" in result["message"]["text"] for number in ids)
    assert result["message"]["text"].startswith("subset `v1` of DestinationRule demo/review selects no pod. ")


def test_the_story_is_a_code_flow() -> None:
    result = run_of(REPORTS["story"]())["results"][0]
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    said = [step["location"]["message"]["text"] for step in steps]
    assert said == [
        "100 % of the traffic for host review goes to v1",
        "wants version=v1",
        "the pods get these labels",
        "value from charts/review/values.yaml:2 routing.subset",
    ]


def test_no_text_makes_a_link_by_accident() -> None:
    results = run_of(all_corners())["results"]
    text = next(each["message"]["text"] for each in results if each["ruleId"] == "XV010")
    assert "[f\\](1)" in text


def test_columns_are_utf16_code_units() -> None:
    results = run_of(all_corners())["results"]
    region = next(
        each["locations"][0]["physicalLocation"]["region"] for each in results if each["ruleId"] == "XV010"
    )
    assert (region["startColumn"], region["endColumn"]) == (13, 28)  # two characters outside the BMP before


def test_results_name_their_rules() -> None:
    run = run_of(all_corners())
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert len(result["locations"]) == 1
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_suppressed_findings_are_kept_as_such() -> None:
    results = run_of(all_corners())["results"]
    assert [each["suppressions"] for each in results if "suppressions" in each] == [
        [{"kind": "inSource", "justification": "moves next week"}]
    ]


def test_failures_are_notifications() -> None:
    run = run_of(all_corners(), VIEW._replace(exit_code=4))
    invocation = run["invocations"][0]
    assert invocation["executionSuccessful"] is False
    assert invocation["exitCode"] == 4
    said = [each["message"]["text"] for each in invocation["toolExecutionNotifications"]]
    assert any(text.startswith("HLM002: ") for text in said)
    assert any(text.startswith("internal error in DR004") for text in said)


def test_fixes_are_replacements() -> None:
    finding = Finding("X001", "m", [], edits=[Edit(ROUTING, 0, 10, "kind")], hint="do")
    result = run_of(Report([settled(finding, [placed(at(ROUTING, "kind"))])], COVERAGE))["results"][0]
    change = result["fixes"][0]["artifactChanges"][0]
    assert change["artifactLocation"]["uri"] == "charts/review/templates/routing.yaml"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 11},
            "insertedContent": {"text": "kind"},
        }
    ]


def many(count: int, severity: Severity) -> list[Any]:
    return [
        settled(Finding("X001", f"m{n}", [], severity=severity), [placed(at(ROUTING, "kind"))], f"{n}")
        for n in range(count)
    ]


def test_over_the_limit_the_worst_are_kept_and_it_is_said() -> None:
    report = Report([*many(4000, "note"), *many(2000, "error")], COVERAGE)
    run = run_of(report)
    levels = [each["level"] for each in run["results"]]
    assert len(levels) == MOST_RESULTS
    assert levels.count("error") == 2000
    said = [each["message"]["text"] for each in run["invocations"][0]["toolExecutionNotifications"]]
    assert any(text.startswith("1000 findings") for text in said)


@pytest.fixture
def repository(tmp_path: Path) -> View:
    """A git root with a chart whose folder and files have odd names, seen from a folder inside."""
    root = tmp_path / "a repo #1"
    chart = root / "charts" / "dir not name"
    (chart / "templates").mkdir(parents=True)
    (root / ".git").mkdir()
    (chart / "Chart.yaml").write_text("name: other\ndependencies:\n  - name: common\n    version: 1.0.0\n")
    (chart / "templates" / "x.yaml").write_bytes(b"a: 1\r\nb: 2\r\n")
    os.symlink("x.yaml", chart / "templates" / "link.yaml")
    return View(root=str(root), directory=str(root / "charts"))


def uri_of(view: View, source: Source, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    finding = settled(Finding("X001", "m", []), [placed(at(source, text))])
    os.chdir(view.directory)
    result = run_of(Report([finding], Coverage(targets=["dir not name"], charts=1)), view)["results"][0]
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"], result


@pytest.mark.parametrize("name", ["x.yaml", "link.yaml"])
def test_uris_are_relative_to_the_git_root_and_exist(
    repository: View, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository.directory)
    source = Source(f"dir not name/templates/{name}", "a: 1\r\nb: 2\r\n", "template")
    place, result = uri_of(repository, source, "b: 2")
    assert place == {"uri": "charts/dir%20not%20name/templates/x.yaml", "uriBaseId": "SRCROOT"}
    assert (Path(repository.root) / unquote(place["uri"])).is_file()
    assert result["partialFingerprints"]["primaryLocationLineHash"] == line_hashes("a: 1\nb: 2\n")[1]


def test_a_packed_chart_stands_at_its_dependency(repository: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.directory)
    packed = Source("common/templates/x.yaml", "x: y\n", "template", "dir not name/charts/common-1.0.0.tgz")
    place, result = uri_of(repository, packed, "x: y")
    assert place["uri"] == "charts/dir%20not%20name/Chart.yaml"
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region["startLine"] == 3
    message = result["locations"][0]["message"]["text"]
    assert message == "common/templates/x.yaml:1 in dir not name/charts/common-1.0.0.tgz"


def test_a_packed_chart_by_itself_is_its_archive(repository: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.directory)
    (Path(repository.directory) / "Chart.yaml").write_text("name: unrelated\n")
    packed = Source("x-1.0.0.tgz/x/templates/x.yaml", "x: y\n", "template", "x-1.0.0.tgz")
    place, result = uri_of(repository, packed, "x: y")
    assert place["uri"] == "charts/x-1.0.0.tgz"
    assert result["locations"][0]["message"]["text"] == "x-1.0.0.tgz/x/templates/x.yaml:1"


def test_files_outside_the_root_are_absolute(repository: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.directory)
    outside = Source(str(Path(repository.root).parent / "other.yaml"), "a: 1\n", "manifest")
    place, _ = uri_of(repository, outside, "a: 1")
    assert place["uri"].startswith("file:///")
    assert "uriBaseId" not in place


def test_broken_utf8_can_be_written() -> None:
    source = Source("x.yaml", "bad: \udcff\n", "manifest")
    finding = settled(Finding("X001", "value `\udcff`", []), [placed(at(source, "bad"))])
    assert "\\\\xff" in write(Report([finding], COVERAGE), VIEW)


def test_effect_and_object_are_told() -> None:
    result = run_of(Report([story()], COVERAGE))["results"][0]
    assert result["properties"]["effect"]["flag"] == "UH"
    logical = result["locations"][0]["logicalLocations"][0]
    assert logical["fullyQualifiedName"] == "DestinationRule/demo/review"
    assert logical["properties"] == {"pointer": "/spec/subsets/0/labels/version", "renderedLine": 17}
