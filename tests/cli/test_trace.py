from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from meshlint.cli.trace import trace
from tests.shared import ROOT

BROKEN = str(ROOT / "examples/review-rating-chart-broken")
HEALTHY = str(ROOT / "examples/review-rating-chart")
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: a, namespace: b}
spec: {ports: [{port: 80, name: http}]}
"""
CALLER = ("--from", "sidecar:rating/rating")


def run(*arguments: str, text: str = "") -> Result:
    return CliRunner().invoke(trace, arguments, standalone_mode=False, input=text)


def test_the_founding_fault_with_template_lines_at_every_step() -> None:
    found = run(BROKEN, *CALLER, "http://review.review/")
    assert found.return_value == 1
    cluster = "outbound|80|v1|review.review.svc.cluster.local"
    steps = [
        line.split()[:2] for line in found.stdout.splitlines() if line.startswith("  ") and line[2] != " "
    ]
    assert steps == [
        ["DNS", "OK"],
        ["LDS", "OK"],
        ["RDS", "OK"],
        ["RDS", "OK"],
        ["CDS", "OK"],
        ["EDS", "BREAK"],
        ["=>", "BREAK:"],
    ]
    for expected in (
        "templates/review.yaml:37",
        "templates/routing.yaml:10",
        "templates/routing.yaml:25",
        "values.yaml:18 routing.subset",
        '503 UH "no healthy upstream"',
        f'istioctl proxy-config endpoints deploy/rating.rating --cluster "{cluster}"',
    ):
        assert expected in found.stdout


def test_the_healthy_chart_gets_through() -> None:
    found = run(HEALTHY, *CALLER, "http://review.review/")
    assert found.return_value == 0
    assert "BREAK" not in found.stdout
    assert "INBOUND OK      inbound|8080||" in found.stdout


def test_everything_of_a_chart() -> None:
    assert run(HEALTHY, "--all").return_value == 0
    broken = run(BROKEN, "--all")
    assert broken.return_value == 1
    assert "3 requests" in broken.stderr or "2 requests" in broken.stderr


def test_json_has_the_places() -> None:
    found = json.loads(run(BROKEN, *CALLER, "http://review.review/", "--format", "json").stdout)
    assert found["version"] == 1
    (only,) = found["traces"]
    last = only["branches"][0]["steps"][-1]
    assert (last["stage"], last["code"], last["symptom"]["flag"]) == ("EDS", "EDS-EMPTY", "UH")
    assert last["sources"][0]["line"] == 25
    assert last["sources"][0]["values"][0].endswith("values.yaml:18 routing.subset")


def test_mermaid_paints_the_break() -> None:
    found = run(BROKEN, *CALLER, "http://review.review/", "--format", "mermaid").stdout
    assert found.startswith("flowchart LR\n")
    assert 'n6["EDS<br/>outbound|80|v1|review.review.svc.cluster.local"]:::broken' in found


def test_values_of_the_command_line_count() -> None:
    assert run(HEALTHY, *CALLER, "http://review.review/", "--set", "routing.subset=v9").return_value == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--from WHO and a URL, or --all"),
        (("http://x/",), "--from WHO and a URL, or --all"),
        (("--from", "pod:a/b", "http://x/"), "--from takes"),
        (("--from", "sidecar:rating/ratin", "http://x/"), "did you mean `sidecar:rating/rating`?"),
        (("--from", "sidecar:review/rating", "http://x/"), "did you mean `sidecar:rating/rating`?"),
        (("--from", "gateway:a/b", "http://x/"), "the input has none"),
        ((*CALLER, "ftp://x/"), "no scheme `ftp`"),
        ((*CALLER, "http://x/", "-H", "nothing"), "a header is"),
        (("--all", "http://x/"), "leave out URL"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str) -> None:
    found = CliRunner().invoke(trace, (BROKEN, *arguments))
    assert found.exit_code == 2
    assert words in found.output


def test_nothing_to_look_at(tmp_path: Path) -> None:
    assert run(str(tmp_path), "--all").return_value == 3


def test_unreadable_input(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: [\n")
    assert run(str(tmp_path), "--all").return_value == 4


def test_manifests_from_stdin() -> None:
    found = run("-", "--all", text=SERVICE)
    assert found.return_value == 0
    assert "http://a.b/" in found.stdout


def test_several_charts_are_told_apart() -> None:
    found = run(str(ROOT / "examples"), *CALLER, "http://review.review/")
    assert found.return_value == 1
    for chart in ("review-rating-chart", "review-rating-chart-broken"):
        assert re.search(rf"{chart} +GET http://review.review/", found.stdout)
    assert "2 requests: 1 OK, 1 BREAK" in found.stderr
