"""Whole lint runs: what users see, on which stream, with which exit code."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from meshlint.cli.main import exit_code
from tests.cli.runs import BROKEN, HEALTHY, Run, meshlint
from tests.permissions import modes_count

CLUSTER = "outbound|80|v1|review.review.svc.cluster.local"
DATA = ("json", "sarif", "gitlab", "rdjson")
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\nspec: {ports: [{port: 80}]}\n"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A git root with the founding chart broken and healthy, one that does not render, an empty folder."""
    shutil.copytree(BROKEN, tmp_path / "broken")
    shutil.copytree(HEALTHY, tmp_path / "healthy")
    shutil.copytree(HEALTHY, tmp_path / "failing")
    (tmp_path / "failing" / "templates" / "x.yaml").write_text("a: {{ fail `no` }}\n")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".git").mkdir()
    return tmp_path


def codes(run: Run) -> list[str]:
    return [finding["code"] for finding in json.loads(run.out)["findings"]]


def test_the_founding_story(work: Path) -> None:
    run = meshlint("chart", "broken", cwd=work)
    assert run.code == 1
    assert run.out.count("error[") == run.out.count("error[DR001]") == 1
    assert CLUSTER in run.out
    assert "broken/templates/_helpers.tpl" in run.out
    assert run.err.splitlines()[0].startswith("checked 1 chart: 3 templates, ")
    assert run.err.splitlines()[-1].startswith("1 error")


def test_a_healthy_chart_is_said_to_be(work: Path) -> None:
    run = meshlint("chart", "healthy", cwd=work)
    assert (run.code, run.out) == (0, "")
    assert run.err.splitlines()[-1] == "no findings"


@pytest.mark.parametrize("name", ["full", "json", "sarif", "github", "markdown"])
@pytest.mark.parametrize(("path", "code"), [("broken", 1), ("healthy", 0), ("failing", 4), ("empty", 3)])
def test_the_exit_code_is_the_same_for_every_format(name: str, path: str, code: int, work: Path) -> None:
    assert meshlint("check", path, "--format", name, cwd=work).code == code


@pytest.mark.parametrize("name", DATA)
@pytest.mark.parametrize("path", ["broken", "failing", "empty"])
def test_data_on_stdout_parses(name: str, path: str, work: Path) -> None:
    run = meshlint("check", path, "--format", name, "--verbose", cwd=work)
    json.loads(run.out)
    assert run.err == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "broken", "healthy"], 1),
        (["check", "broken", "failing"], 4),
        (["check", "broken", "nope"], 4),
        (["check", "empty", "healthy"], 0),
        (["check", "empty", "--allow-empty"], 0),
        (["check", "broken", "--fail-on", "never"], 0),
        (["check", "broken", "--exit-zero"], 0),
        (["check", "broken", "--ignore", "DR001"], 0),
        (["check", "broken", "--select", "VS"], 0),
        (["check", "broken", "--select", "KIA0203"], 1),
        (["chart", "empty"], 3),
        (["chart", "broken/templates"], 1),
        (["broken"], 1),
        (["hook", "healthy/values.yaml"], 0),
        (["hook", "broken/templates/_helpers.tpl"], 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_exit_codes(arguments: list[str], code: int, work: Path) -> None:
    run = meshlint(*arguments, cwd=work)
    assert run.code == code, run.out + run.err


def test_a_render_failure_is_a_finding_and_the_rest_is_linted(work: Path) -> None:
    run = meshlint("check", "failing", "broken", "--format", "json", cwd=work)
    assert run.code == 4
    assert {"DR001", "HLM010"} <= set(codes(run))


def test_several_outputs_of_one_run(work: Path) -> None:
    outs = ["--out", "sarif=out/x.sarif", "--out", "markdown=out/x.md"]
    run = meshlint("check", "broken", "--format", "concise", *outs, cwd=work)
    assert run.out.startswith("broken/templates/")
    assert " error DR001 " in run.out
    results = json.loads((work / "out" / "x.sarif").read_text())["runs"][0]["results"]
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert (work / uri).is_file()
    assert "DR001" in (work / "out" / "x.md").read_text()


def test_sarif_paths_from_a_folder_below_the_root(work: Path) -> None:
    run = meshlint("chart", ".", "--format", "sarif", cwd=work / "broken")
    results = json.loads(run.out)["runs"][0]["results"]
    for place in (results[0]["locations"][0], *results[0]["relatedLocations"]):
        assert (work / place["physicalLocation"]["artifactLocation"]["uri"]).is_file()


def test_colour_only_when_asked(work: Path) -> None:
    assert "\x1b[" not in meshlint("check", "broken", cwd=work).out
    assert "\x1b[" in meshlint("check", "broken", cwd=work, FORCE_COLOR="1").out
    assert "\x1b[" not in meshlint("check", "broken", "--format", "json", cwd=work, FORCE_COLOR="1").out


def test_annotations_in_actions(work: Path) -> None:
    run = meshlint("check", "broken", cwd=work, GITHUB_ACTIONS="true", NO_COLOR="1")
    assert "::error file=broken/templates/" in run.err
    quiet = meshlint("check", "broken", "--no-annotations", cwd=work, GITHUB_ACTIONS="true", NO_COLOR="1")
    assert "::error" not in quiet.err
    data = meshlint("check", "broken", "--format", "json", cwd=work, GITHUB_ACTIONS="true")
    assert data.err == ""


def test_the_github_format_writes_the_job_summary(work: Path) -> None:
    run = meshlint(
        "check", "broken", "--format", "github", cwd=work, GITHUB_STEP_SUMMARY=str(work / "summary")
    )
    assert run.out.startswith("::error file=broken/templates/")
    assert "DR001" in (work / "summary").read_text()


def test_stdin(work: Path) -> None:
    rendered = meshlint("render", "broken", cwd=work)
    run = meshlint(
        "manifests", "-", "--stdin-filename", "all.yaml", "--format", "concise", cwd=work, text=rendered.out
    )
    assert run.code == 1
    assert [line.split(":")[0] for line in run.out.splitlines()] == ["all.yaml"]


def test_manifest_files_are_one_world(work: Path) -> None:
    text = meshlint("render", "broken", cwd=work).out
    for number, document in enumerate(text.split("---\n")[1:]):
        (work / f"m{number}.yaml").write_text(document)
    names = [f"m{number}.yaml" for number in range(text.count("---\n"))]
    assert codes(meshlint("check", *names, "--format", "json", cwd=work)) == ["DR001"]


def test_values_sets_that_show_a_finding_are_named(work: Path) -> None:
    helpers = work / "healthy" / "templates" / "_helpers.tpl"
    text = helpers.read_text().replace("version: {{ .version }}", "version: {{ .version | default `v1` }}")
    helpers.write_text(text)
    (work / "healthy" / "values-prod.yaml").write_text("routing: {subset: v2}\n")
    run = meshlint("check", "healthy", cwd=work)
    assert run.out.count("error[DR001]") == 1
    assert "(in 1 of 2 value sets: prod)" in run.out
    assert " x 2 value sets: " in run.err
    alone = meshlint("check", "healthy", "--no-auto-values", cwd=work)
    assert alone.code == 0


def test_one_finding_of_all_sets_is_printed_once(work: Path) -> None:
    for name in ("dev", "prod"):
        (work / "broken" / f"values-{name}.yaml").write_text("{}\n")
    run = meshlint("check", "broken", cwd=work)
    assert run.out.count("error[DR001]") == 1
    assert "(value sets" not in run.out
    assert " x 3 value sets: " in run.err


def test_an_unknown_values_set_is_a_usage_error(work: Path) -> None:
    (work / "broken" / "values-prod.yaml").write_text("{}\n")
    run = meshlint("check", "broken", "--values-set", "prd", cwd=work)
    assert run.code == 2
    assert "no value set `prd`; did you mean `prod`?" in run.err
    assert meshlint("check", "broken", "--values-set", "prod", cwd=work).code == 1


def test_configuration_file(work: Path) -> None:
    (work / "broken" / ".meshlint.yaml").write_text(
        "ignores:\n- {rule: DR001, reason: next week, object: DestinationRule/review/review}\n"
    )
    run = meshlint("check", ".", "--format", "json", cwd=work, text="")
    accepted = [each for each in json.loads(run.out)["findings"] if each["suppression"]]
    assert [each["code"] for each in accepted] == ["DR001"]
    assert accepted[0]["suppression"]["reason"] == "next week"
    assert meshlint("check", "broken", cwd=work).code == 0
    assert meshlint("check", "broken", "--isolated", cwd=work).code == 1
    shown = meshlint("check", "broken", "--show-suppressed", cwd=work)
    assert "= accepted: next week" in shown.out


def test_a_rule_unknown_to_the_file_names_the_file(work: Path) -> None:
    (work / ".meshlint.yaml").write_text("rules: {ignore: [DR999]}\n")
    run = meshlint("check", "broken", cwd=work)
    assert run.code == 2
    assert "no rule `DR999`" in run.err
    assert "(in .meshlint.yaml)" in run.err


def test_context_is_known_but_not_linted(work: Path) -> None:
    route = (
        "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: r, namespace: b}\n"
        "spec:\n  hosts: [a.example.com]\n  gateways: [outer/gate]\n"
        "  http: [{route: [{destination: {host: a.b.svc.cluster.local}}]}]\n"
    )
    (work / "route.yaml").write_text(route)
    (work / "service.yaml").write_text(SERVICE)
    outside = meshlint("check", "route.yaml", "--format", "json", cwd=work)
    assert outside.code == 0, outside.out
    known = meshlint("check", "route.yaml", "--context", "service.yaml", "--format", "json", cwd=work)
    assert known.code == 0
    assert {each["primary"]["file"] for each in json.loads(known.out)["findings"]} <= {"route.yaml"}


def test_hook_with_a_deleted_template(work: Path) -> None:
    shutil.rmtree(work / ".git")
    for command in (["init", "-q"], ["add", "-A"], ["rm", "-qf", "broken/templates/rating.yaml"]):
        subprocess.run(["git", *command], cwd=work, check=True, capture_output=True)
    (work / "other.yaml").write_text("a: 1\n")
    # against an empty history nothing is deleted: commit first
    identity = ["-c", "user.name=n", "-c", "user.email=e@x.org", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *identity, "commit", "-qm", "x"], cwd=work, check=True, capture_output=True)
    subprocess.run(["git", "rm", "-q", "broken/values.yaml"], cwd=work, check=True, capture_output=True)
    run = meshlint("hook", "other.yaml", "--format", "json", cwd=work)
    assert json.loads(run.out)["coverage"]["targets"] == ["broken"]


def test_an_unreadable_directory(work: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(work)
    (work / "healthy" / "templates").chmod(0)
    with modes_count():
        code = exit_code(["check", "."])
    (work / "healthy" / "templates").chmod(0o700)
    assert code == 4
