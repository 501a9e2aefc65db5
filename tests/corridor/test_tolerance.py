"""Charts that want values: linted all the same, with warnings where nobody said which values there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions, ValuesSet
from meshlint.report.result import Report
from tests.rules.worlds import write

SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: review, namespace: shop}
spec:
  selector: {app: review}
  ports: [{name: http, port: 80, targetPort: 8080}]
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: review, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: review}}}}
  template:
    metadata:
      labels:
        app: review
        {label}
      annotations:
        {annotation}
    spec:
      containers: [{{name: app, image: "x:{image}", ports: [{{containerPort: 8080}}]}}]
"""
ROUTES = """\
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
STYLE = ("WL007", "SVC008")  # what is said of these objects whatever their values are
REQUIRED = '{{ required "which version?" .Values.version }}'
FAIL = '{{ if not .Values.version }}{{ fail "which version?" }}{{ end }}'


def chart(
    folder: Path, label: str = "x: y", annotation: str = "a: b", image: str = "1", **files: str
) -> Path:
    deployment = DEPLOYMENT.format(label=label, annotation=annotation, image=image)
    named = {name.replace("__", "/") + ".yaml": text for name, text in files.items()}
    templates = {"service": SERVICE, "deployment": deployment, "routes": ROUTES}
    write(folder, {**{f"templates/{name}.yaml": text for name, text in templates.items()}, **named})
    return folder


def run(folder: Path, **options: Any) -> Report:
    return lint(LintOptions(paths=(str(folder),), isolated=True, **options))


def severities(report: Report) -> dict[str, str]:
    found = (each.finding for each in report.settled)
    return {each.code: each.severity for each in found if each.code not in STYLE}


@pytest.mark.parametrize(
    ("image", "code"),
    [(REQUIRED, "HLM009"), ("{{ .Values.x.y }}", "HLM025"), (FAIL, "HLM010")],
)
def test_a_demand_of_the_defaults_is_a_warning_and_no_failure(tmp_path: Path, image: str, code: str) -> None:
    report = run(chart(tmp_path, label="version: v1", image=image))
    assert severities(report)[code] == "warning"
    assert report.exit_code() == 0


def test_a_demand_of_chosen_values_is_an_error(tmp_path: Path) -> None:
    folder = chart(tmp_path, label="version: v1", image=REQUIRED)
    declared = ValuesSet("prod", values={"a": 1}, config=".meshlint.yaml")
    for options in ({"set_values": ("a=1",)}, {"values_sets": (declared,)}):
        report = run(folder, **options)
        assert severities(report)["HLM009"] == "error"
        assert report.exit_code() == 4


def test_where_another_value_set_renders_a_demand_is_a_note(tmp_path: Path) -> None:
    folder = chart(tmp_path, label=f"version: {REQUIRED}", ci__good_values="version: v2\n".replace("_", "-"))
    (folder / "ci/good_values.yaml").rename(folder / "ci/good-values.yaml")
    report = run(folder)
    found = {each.finding.code: each for each in report.settled}
    assert found["HLM009"].finding.severity == "note"
    assert found["HLM009"].finding.notes == ["the value set `ci/good` renders"]
    # the subset without pods is a fact of the values that are known, and an error there only
    assert found["DR001"].finding.severity == "error"
    assert found["DR001"].scenarios == ("ci/good",)


def test_a_finding_that_rests_on_a_placeholder_is_never_an_error(tmp_path: Path) -> None:
    report = run(chart(tmp_path, label="{{- toYaml .Values.pod.labels | nindent 8 }}"))
    (finding,) = [each.finding for each in report.settled if each.finding.code == "DR001"]
    assert (finding.severity, finding.provisional) == ("warning", True)
    assert report.exit_code() == 0


def test_nothing_is_said_of_a_placeholder_itself(tmp_path: Path) -> None:
    report = run(chart(tmp_path, label=f"version: {REQUIRED}"))
    assert severities(report) == {"HLM009": "warning"}
    assert any("nobody met" in note for note in report.coverage.not_checked)


# a pod label that a condition lets through: nobody knows whether it is there
MAYBE = "{{ if eq .Values.a.b 1 }}version: v1{{ end }}"


@pytest.mark.parametrize(
    ("label", "helper"),
    [
        (MAYBE, ""),
        ("{{- with .Values.a.b }}\n        version: {{ . }}{{ end }}", ""),
        ("{{- range $k, $v := .Values.a.b }}\n        {{ $k }}: {{ $v }}{{ end }}", ""),
        ('{{- include "labels" . | nindent 8 }}', "x: y\n" + MAYBE),
        ('{{- include "labels" . | nindent 8 }}', MAYBE),
        (
            '{{- include "labels" . | nindent 8 }}',
            '{{ $a := required "a" .Values.a }}{{ if eq $a "b" }}version: v1{{ end }}',
        ),
        ("version: v2{{ if .Values.a.b }}{{ end }}", None),
    ],
)
def test_what_a_placeholder_may_have_left_out_is_not_missed(
    tmp_path: Path, label: str, helper: str | None
) -> None:
    named = {"templates___h": '{{ define "labels" }}' + helper + "{{ end }}"} if helper else {}
    (finding,) = [
        each.finding
        for each in run(chart(tmp_path, label=label, **named)).settled
        if each.finding.code == "DR001"
    ]
    assert (finding.severity, finding.provisional) == ("warning", True)


@pytest.mark.parametrize(
    "opening", ["if eq (required `m` .Values.kind) `b`", "if .Values.a.b", "with .Values.a.b"]
)
def test_objects_a_placeholder_decides_on_are_in_doubt(tmp_path: Path, opening: str) -> None:
    """The Deployment with the version stands in a branch that is not taken."""
    other = DEPLOYMENT.format(label="version: v1", annotation="a: b", image="1").replace(
        "name: review", "name: b"
    )
    files = {"templates__other": "{{ " + opening + " }}\n" + other + "{{ end }}\n"}
    report = run(chart(tmp_path, **files))
    assert severities(report)["DR001"] == "warning"
    assert report.exit_code() == 0


def test_consequences_of_a_condition_are_no_findings(tmp_path: Path) -> None:
    text = '{{ $m := required "m" .Values.mode }}{{ if ne $m "a" }}{{ fail "must be a" }}{{ end }}'
    report = run(chart(tmp_path, label="version: v1", image=text))
    assert severities(report) == {"HLM009": "warning"}


@pytest.mark.parametrize(
    "image",
    [
        '{{ (lookup "v1" "Secret" "a" "b").data.x }}',
        '{{ index (lookup "v1" "Secret" "a" "b").data "x" }}',
        '{{ $s := lookup "v1" "Secret" "a" "b" }}{{ $s.data.x | b64dec }}',
    ],
)
def test_what_only_a_cluster_has_is_never_an_error(tmp_path: Path, image: str) -> None:
    for options in ({}, {"set_values": ("a=1",)}):
        report = run(
            chart(tmp_path, label="version: v1", image=image.replace('"', "'").replace("'", "`")), **options
        )
        assert severities(report) == {"HLM025": "warning"}
        assert report.exit_code() == 0


def test_stand_in_names_are_nobodys_fault(tmp_path: Path) -> None:
    """A host, a port name and a label of random letters: no rule speaks of them."""
    write(
        tmp_path,
        {
            "templates/all.yaml": """\
apiVersion: v1
kind: Service
metadata: {name: {{ randAlpha 8 | lower }}, namespace: a, labels: {app: a}}
spec: {selector: {app: {{ randAlphaNum 5 }}}, ports: [{name: {{ randAlpha 5 | lower }}, port: 80}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: v, namespace: a}
spec: {hosts: [a.example.com], http: [{route: [{destination: {host: "{{ randAlphaNum 9 }}"}}]}]}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: v, namespace: a}
spec: {egress: [{hosts: ["{{ uuidv4 }}"]}]}
"""
        },
    )
    assert severities(run(tmp_path)) == {}


def test_a_placeholder_elsewhere_changes_nothing(tmp_path: Path) -> None:
    report = run(chart(tmp_path, image=REQUIRED))
    assert severities(report) == {"HLM009": "warning", "DR001": "error"}


@pytest.mark.parametrize(
    ("place", "severity"),
    [("label", "warning"), ("annotation", "error"), ("image", "error")],
)
def test_random_text_counts_where_others_look(tmp_path: Path, place: str, severity: str) -> None:
    text = "{{ randAlphaNum 5 }}" if place == "image" else "r: {{ randAlphaNum 5 | quote }}"
    assert severities(run(chart(tmp_path, **{place: text})))["DR001"] == severity


def test_an_object_that_a_placeholder_makes_unreadable_is_no_error(tmp_path: Path) -> None:
    broken = "a:\n  b: 1\n{{ .Values.x.y }}\nc: 2\n"
    report = run(chart(tmp_path, label="version: v1", templates__broken=broken))
    assert severities(report) == {"HLM025": "warning"}
    assert report.exit_code() == 0
    assert any("broken.yaml" in note for note in report.coverage.not_checked)


def test_labels_of_a_missing_library_do_not_make_errors(tmp_path: Path) -> None:
    needs = "apiVersion: v2\nname: c\nversion: 0.1.0\n"
    needs += "dependencies: [{name: common, version: 1.x, repository: ''}]\n"
    folder = chart(tmp_path, label='{{- include "common.labels" . | nindent 8 }}')
    (folder / "Chart.yaml").write_text(needs)
    found = severities(run(folder))
    assert found["DR001"] == "warning"
    assert found["HLM008"] == "warning"


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("{{ trunc 3 .Chart.Name.x }}", "HLM008"),
        ("{{ trunc 3 .Values.list }}", "HLM008"),
        ('{{ include "no.such.template" . }}', "HLM008"),
        ("{{ nothing .Values.x }}", "HLM007"),
        ("{{ if }}", "HLM007"),
        ('{{ fail "x" }}', "HLM010"),
        ('{{ include "never" . }}', "HLM010"),
    ],
)
def test_what_no_values_mend_is_an_error(tmp_path: Path, image: str, code: str) -> None:
    never = '{{ define "never" }}{{ fail "do not use" }}{{ end }}'
    folder = chart(tmp_path, label="version: v1", image=image, templates___never=never, values="list: [1]\n")
    report = run(folder)
    assert severities(report)[code] == "error"
    assert report.exit_code() == 4


@pytest.mark.parametrize(
    "image",
    [
        '{{ and (not .Values.x) (fail "x") }}',
        '{{ and (not .Values.x) (include "never" .) }}',
        '{{ with .Chart }}{{ include "never" . }}{{ end }}',
    ],
)
def test_fail_under_a_condition_is_a_demand(tmp_path: Path, image: str) -> None:
    never = '{{ define "never" }}{{ fail "do not use" }}{{ end }}'
    report = run(chart(tmp_path, label="version: v1", image=image, templates___never=never))
    assert severities(report)["HLM010"] == "warning"
    assert report.exit_code() == 0


def test_random_text_is_no_demand(tmp_path: Path) -> None:
    """What rests on random text is still reported where the chart renders with its defaults."""
    folder = chart(tmp_path, label="r: {{ randAlphaNum 5 | quote }}")
    (finding,) = [each.finding for each in run(folder).settled if each.finding.code == "DR001"]
    assert (finding.severity, finding.provisional) == ("warning", True)
