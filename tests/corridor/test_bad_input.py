"""Bad input gives a finding with a place and a documented exit code, no traceback; the rest is linted."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.permissions import make_modes_count

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
# The fault that must still be found beside every other one: a Service port outside of 1 to 65535 would
# do as well, but this one needs the mesh model too.
LOST = """\
apiVersion: v1
kind: Service
metadata: {name: review, namespace: shop, labels: {app: review}}
spec:
  selector: {app: review}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: review, namespace: shop}
spec:
  selector: {matchLabels: {app: review}}
  template:
    metadata: {labels: {app: review}}
    spec: {containers: [{name: app, image: a/b:1, ports: [{containerPort: 8080}]}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: review, namespace: shop}
spec:
  hosts: [review]
  http: [{route: [{destination: {host: review, subset: v1}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: review, namespace: shop}
spec:
  host: review
  subsets: [{name: v1, labels: {version: v1}}]
"""

# name -> (files, further arguments, the code expected beside DR001, its exit code)
CASES: dict[str, tuple[dict[str, str | bytes], list[str], str, int]] = {
    "broken YAML in a template": ({"templates/bad.yaml": "a: [1\nb: 2\n"}, [], "YML001", 4),
    "a template that does not parse": ({"templates/bad.yaml": "a: {{ if }}\n"}, [], "HLM007", 4),
    "an undefined function": ({"templates/bad.yaml": "a: {{ nosuch . }}\n"}, [], "HLM007", 4),
    "a failing template": ({"templates/bad.yaml": "a: {{ index (list 1) 7 }}\n"}, [], "HLM008", 4),
    "an include without end": (
        {"templates/bad.yaml": '{{ define "r" }}{{ include "r" . }}{{ end }}a: {{ include "r" . }}\n'},
        [],
        "HLM008",
        4,
    ),
    "a tpl without end": (
        {"templates/bad.yaml": "a: {{ tpl .Values.t . }}\n", "values.yaml": "t: '{{ tpl .Values.t . }}'\n"},
        [],
        "HLM008",
        4,
    ),
    "a values file that is not there": ({}, ["-f", "nowhere.yaml"], "HLM004", 4),
    "a values file that is no mapping": ({"other.yaml": "[1, 2]\n"}, ["-f", "chart/other.yaml"], "HLM004", 4),
    "a broken --set": ({}, ["--set", "a=1,b"], "HLM005", 4),
    "a template that is no UTF-8": ({"templates/bad.yaml": b"a: \xff\xfe\n"}, [], "YML001", 4),
    "a document that is no object": ({"templates/bad.yaml": "just text\n"}, [], "YML001", 4),
}


def run(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "meshlint", *arguments, "--format", "json"]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=make_modes_count,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def write(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def codes(report: dict[str, Any]) -> set[str]:
    return {finding["code"] for finding in report["findings"]}


@pytest.mark.parametrize("name", CASES)
def test_the_fault_is_found_and_the_rest_is_linted(name: str, tmp_path: Path) -> None:
    files, arguments, code, exit_code = CASES[name]
    write(tmp_path / "chart", {"Chart.yaml": CHART, "templates/good.yaml": LOST, **files})
    got, report = run(tmp_path, "chart", "chart", *arguments)
    assert codes(report) >= {code, "DR001"}
    assert got == exit_code
    fault = next(finding for finding in report["findings"] if finding["code"] == code)
    assert (fault["primary"]["line"] or 1) >= 1  # a flag has no line
    assert fault["primary"]["file"]


def test_a_folder_without_chart_yaml(tmp_path: Path) -> None:
    write(tmp_path / "chart", {"templates/good.yaml": LOST})
    got, report = run(tmp_path, "chart", "chart")
    assert (got, codes(report)) == (4, {"INP003"})


def test_a_broken_chart_yaml_beside_a_good_chart(tmp_path: Path) -> None:
    write(tmp_path, {"bad/Chart.yaml": "name: [\n", "good/Chart.yaml": CHART, "good/templates/a.yaml": LOST})
    got, report = run(tmp_path, "check", ".")
    assert got == 4
    assert codes(report) >= {"HLM001", "DR001"}


def test_an_empty_folder(tmp_path: Path) -> None:
    got, report = run(tmp_path, "check", ".")
    assert (got, [each["severity"] for each in report["findings"]]) == (3, ["note"])


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, {"good/Chart.yaml": CHART, "good/templates/a.yaml": LOST})
    got, report = run(tmp_path, "check", "nowhere", "good")
    assert got == 4
    assert codes(report) >= {"INP001", "DR001"}


@pytest.mark.parametrize("member", ["shop/../evil.yaml", "shop/../../evil.yaml", "shop//../evil.yaml"])
def test_an_archive_that_leaves_its_folder(member: str, tmp_path: Path) -> None:
    write(tmp_path, {"good/Chart.yaml": CHART, "good/templates/a.yaml": LOST})
    with tarfile.open(tmp_path / "shop-0.1.0.tgz", "w:gz") as archive:
        for name, text in (("shop/Chart.yaml", CHART), (member, LOST)):
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    got, report = run(tmp_path, "check", "shop-0.1.0.tgz", "good")
    assert got == 4
    assert codes(report) >= {"HLM002", "DR001"}
    assert not (tmp_path.parent / "evil.yaml").exists()


def test_a_file_and_a_folder_without_permission(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a/Chart.yaml": CHART, "a/templates/a.yaml": LOST, "a/templates/b.yaml": "x: 1\n", "b/c.yaml": LOST},
    )
    (tmp_path / "a/templates/b.yaml").chmod(0)
    (tmp_path / "b").chmod(0)
    got, report = run(tmp_path, "check", ".")
    (tmp_path / "b").chmod(0o755)
    assert got == 4
    assert codes(report) >= {"INP001", "HLM002", "DR001"}


def test_broken_manifests_beside_good_ones(tmp_path: Path) -> None:
    write(tmp_path, {"a.yaml": "kind: [\napiVersion: v1\n", "b.yaml": LOST})
    got, report = run(tmp_path, "manifests", ".")
    assert got == 4
    assert codes(report) >= {"YML001", "DR001"}
