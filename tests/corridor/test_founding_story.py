"""The story the project exists for: the lost `version` label, found at the line that lost it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.shared import ROOT, shared

HEALTHY = "examples/review-rating-chart"
BROKEN = "examples/review-rating-chart-broken"
HELPERS = f"{BROKEN}/templates/_helpers.tpl"
CLUSTER = "outbound|80|v1|review.review.svc.cluster.local"


def meshlint(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "meshlint", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


def findings(*arguments: str, cwd: Path = ROOT) -> tuple[int, list[dict[str, Any]]]:
    run = meshlint(*arguments, "--format", "json", cwd=cwd)
    return run.returncode, json.loads(run.stdout)["findings"]


@pytest.mark.parametrize("command", ["chart", "check"])
def test_the_healthy_chart_is_quiet(command: str) -> None:
    code, found = findings(command, HEALTHY)
    assert (code, [each for each in found if each["severity"] != "note"]) == (0, [])


@pytest.mark.parametrize("command", ["chart", "check"])
def test_the_broken_chart_has_one_error_at_the_line_that_lost_the_label(command: str) -> None:
    code, found = findings(command, BROKEN)
    errors = [each for each in found if each["severity"] == "error"]
    assert (code, [each["code"] for each in errors]) == (1, ["DR001"])
    primary = errors[0]["primary"]
    assert primary["file"] == HELPERS
    assert 2 <= primary["line"] <= 5
    assert errors[0]["effect"]["cluster"] == CLUSTER
    assert errors[0]["effect"]["flag"] == "UH"
    assert [each for each in found if each["severity"] == "warning"] == []


def test_the_text_names_cluster_flag_and_what_to_type() -> None:
    run = meshlint("chart", BROKEN)
    assert run.returncode == 1
    text = " ".join(run.stdout.split())  # lines may be folded to the width of the terminal
    effect = text.partition("= effect: ")[2].partition("= help:")[0]
    assert CLUSTER in effect
    assert "UH" in effect
    assert "version: v1" in text.partition("= help: ")[2].partition("= note:")[0]


def test_sarif_points_at_the_same_line() -> None:
    run = meshlint("chart", BROKEN, "--format", "sarif")
    results = json.loads(run.stdout)["runs"][0]["results"]
    errors = [each for each in results if each["level"] == "error"]
    assert (run.returncode, [each["ruleId"] for each in errors]) == (1, ["DR001"])
    place = errors[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == HELPERS
    assert 2 <= place["region"]["startLine"] <= 5


def test_the_hook_finds_it_when_only_the_helper_changed() -> None:
    run = meshlint("hook", HELPERS, "--format", "concise")
    assert run.returncode == 1
    assert re.search(rf"^{re.escape(HELPERS)}:\d+:\d+: error DR001 ", run.stdout, re.MULTILINE)


MESH = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: review
spec:
  hosts: [review]
  http:
    - route:
        - destination: {host: review, subset: v1}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: review
spec:
  host: review
  subsets:
    - name: v1
      labels: {version: v1}
"""


@pytest.fixture
def founding_chart(tmp_path: Path) -> Path:
    """A copy of the real chart the story began with, and the mesh objects it was deployed with."""
    shutil.copytree(shared("charts/review-rating-chart"), tmp_path / "review-rating-chart")
    for path in tmp_path.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (tmp_path / "mesh.yaml").write_text(MESH)
    return tmp_path


def test_the_real_chart_is_quiet(founding_chart: Path) -> None:
    for extra in ([], ["--with", "mesh.yaml"]):
        code, found = findings("chart", "review-rating-chart", *extra, cwd=founding_chart)
        assert (code, [each for each in found if each["severity"] != "note"]) == (0, [])


def test_the_real_chart_without_the_label(founding_chart: Path) -> None:
    template = founding_chart / "review-rating-chart/templates/review.yaml"
    head, pod, tail = template.read_text().partition("  template:")
    template.write_text(head + pod + tail.replace("        version: v1\n", "", 1))
    code, found = findings("chart", "review-rating-chart", "--with", "mesh.yaml", cwd=founding_chart)
    errors = [each for each in found if each["severity"] == "error"]
    assert (code, [each["code"] for each in errors]) == (1, ["DR001"])
    assert errors[0]["primary"]["file"] == "review-rating-chart/templates/review.yaml"
    assert errors[0]["primary"]["line"] in range(15, 20)


def test_a_chart_whose_namespace_nobody_said_is_joined_with_nothing_and_says_so(founding_chart: Path) -> None:
    placed = MESH.replace("  name: review\n", "  name: review\n  namespace: review\n")
    assert placed != MESH
    (founding_chart / "placed.yaml").write_text(placed)
    arguments = ("chart", "review-rating-chart", "--with", "placed.yaml")
    silent = meshlint(*arguments, cwd=founding_chart)
    assert "links of review-rating-chart with namespace review: say where" in silent.stderr
    told = meshlint(*arguments, "-n", "review", cwd=founding_chart)
    assert "say where" not in told.stderr
