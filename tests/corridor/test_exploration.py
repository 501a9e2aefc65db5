"""`--explore`: what linting says of objects that are off by default, how severe, and with which flags."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from meshlint.lint import lint
from meshlint.options import LintOptions, ValuesSet
from meshlint.report.result import Report, Settled
from tests.rules.worlds import write

APP = """\
apiVersion: v1
kind: Service
metadata: {name: review, namespace: shop}
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
    spec:
      containers: [{name: app, image: "x:1", ports: [{containerPort: 8080}]}]
"""
ROUTES = """\
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: review, namespace: shop}
spec:
  hosts: [review]
  http: [{route: [{destination: {host: review, subset: SUBSET}}]}]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: review, namespace: shop}
spec:
  host: review
  subsets: [{name: SUBSET, labels: {version: SUBSET}}]
"""
PLAIN = ROUTES.replace("SUBSET", "v1")
OFF = "istio: {enabled: false}\nother: {enabled: false}\n"


def guarded(text: str, guard: str = ".Values.istio.enabled") -> str:
    return f"{{{{- if {guard} }}}}\n{text}{{{{- end }}}}\n"


def chart(folder: Path, values: str = OFF, **templates: str) -> Path:
    files = {f"templates/{name}.yaml": text for name, text in {"app": APP, **templates}.items()}
    write(folder, {"values.yaml": values, **files})
    return folder


def run(folder: Path, **options: Any) -> Report:
    options = {"explore": True, **options}
    return lint(
        LintOptions(
            paths=(str(folder),), isolated=True, select=("DR001", "HLM009", "HLM025", "YML", "VS"), **options
        )
    )


def found(report: Report, code: str) -> list[Settled]:
    return [each for each in report.settled if each.finding.code == code]


def test_a_finding_behind_a_guard_is_a_warning_that_names_the_flag(tmp_path: Path) -> None:
    report = run(chart(tmp_path, routes=guarded(PLAIN)))
    (dead,) = found(report, "DR001")
    assert dead.finding.severity == "warning"
    assert dead.finding.toggles == ("--set istio.enabled=true",)
    assert dead.seen() == "with --set istio.enabled=true"
    assert report.exit_code() == 0
    assert report.coverage.explored == 1


def test_without_exploring_the_finding_is_not_there_but_the_gap_is_said(tmp_path: Path) -> None:
    report = run(chart(tmp_path, routes=guarded(PLAIN)), explore=False)
    assert report.settled == []
    assert report.coverage.not_checked == [
        f"1 VirtualService and 1 DestinationRule of {tmp_path} are never rendered, "
        "behind istio.enabled; try --explore"
    ]


def test_nothing_is_said_if_a_value_set_renders_it(tmp_path: Path) -> None:
    folder = chart(tmp_path, routes=guarded(PLAIN))
    (folder / "values-prod.yaml").write_text("istio: {enabled: true}\n")
    report = run(folder)
    (dead,) = found(report, "DR001")
    assert (dead.finding.severity, dead.seen()) == ("error", "in 1 of 2 value sets: prod")
    assert (report.coverage.not_checked, report.coverage.explored) == ([], 0)


def test_what_the_base_shows_is_not_repeated(tmp_path: Path) -> None:
    folder = chart(tmp_path, routes=PLAIN, other=guarded(APP.replace("review", "other")))
    report = run(folder)
    (dead,) = found(report, "DR001")
    assert (dead.finding.severity, dead.finding.toggles, dead.seen()) == ("error", (), "")
    assert report.coverage.explored == 1


def test_only_the_flags_that_matter_are_named(tmp_path: Path) -> None:
    other = guarded(APP.replace("review", "other"), ".Values.other.enabled")
    report = run(chart(tmp_path, routes=guarded(PLAIN), other=other))
    assert report.coverage.explored == 1
    assert found(report, "DR001")[0].finding.toggles == ("--set istio.enabled=true",)


def test_flags_that_only_matter_together_are_both_named(tmp_path: Path) -> None:
    service = APP.partition("---")[0].replace("review", "other")
    route = PLAIN.partition("---")[0].replace("host: review, subset: v1", "host: other, port: {number: 81}")
    files = {"a": guarded(service, ".Values.a"), "b": guarded(route, ".Values.b")}
    report = run(chart(tmp_path, "a: false\nb: false\nc: false\n", c=guarded(PLAIN, ".Values.c"), **files))
    (wrong,) = [each.finding for each in report.settled if "81" in each.finding.message]
    assert sorted(wrong.toggles) == ["--set a=true", "--set b=true"]
    assert wrong.severity == "warning"


def test_made_up_values_make_no_finding(tmp_path: Path) -> None:
    text = "{{- with .Values.subset }}\n" + ROUTES.replace("SUBSET", "{{ . }}") + "{{- end }}\n"
    report = run(chart(tmp_path, 'subset: ""\n', routes=text))
    assert (report.settled, report.coverage.explored) == ([], 1)


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('{{ required "which subset?" .Values.subset }}', "which subset?"),
        ("{{ .Values.a.b.c }}", "`a.b.c` is not set"),
        ('{{ include "missing" . }}', "missing"),
    ],
)
def test_what_a_variant_lacks_is_said_and_no_finding(tmp_path: Path, inside: str, message: str) -> None:
    report = run(chart(tmp_path, routes=guarded(ROUTES.replace("SUBSET", inside))))
    assert report.settled == []
    assert report.exit_code() == 0
    (note,) = report.coverage.not_checked
    assert note.startswith("with --set istio.enabled=true: ")
    assert message in note


def test_yaml_that_a_variant_breaks_is_a_warning(tmp_path: Path) -> None:
    report = run(chart(tmp_path, routes=guarded(PLAIN + "  broken: [\n")))
    (broken,) = [each for each in report.settled if each.finding.code.startswith("YML")]
    assert (broken.finding.severity, report.exit_code()) == ("warning", 0)


def test_each_value_set_is_a_base(tmp_path: Path) -> None:
    folder = chart(tmp_path, "subset: v1\n", routes=guarded(ROUTES.replace("SUBSET", "{{ .Values.subset }}")))
    (folder / "values-prod.yaml").write_text("subset: v2\n")
    report = run(folder)
    seen = {each.finding.key: each.seen() for each in found(report, "DR001")}
    assert seen == {
        "v1": "in 1 of 2 value sets: default, with --set istio.enabled=true",
        "v2": "in 1 of 2 value sets: prod, with --set istio.enabled=true",
    }
    assert report.coverage.explored == 2


def test_the_number_of_variants_is_bounded_and_the_bound_said(tmp_path: Path) -> None:
    modes = {f"m{n}": guarded(PLAIN, f'eq .Values.mode "m{n}"') for n in range(9)}
    report = run(chart(tmp_path, "mode: none\n", **modes), explore_max=4)
    assert report.coverage.explored == 4
    assert report.coverage.not_checked[0] == f"values of {tmp_path} beyond 4 variants (--explore-max)"
    assert report.coverage.not_checked[1].startswith("5 VirtualServices and 5 DestinationRules of")


def test_a_severity_the_user_set_does_not_make_a_guess_an_error(tmp_path: Path) -> None:
    report = run(chart(tmp_path, routes=guarded(PLAIN)), severities={"DR001": "error"})
    assert found(report, "DR001")[0].finding.severity == "warning"


def test_declared_sets_are_explored_too(tmp_path: Path) -> None:
    declared = ValuesSet("prod", values={"subset": "v1"}, config=".meshlint.yaml")
    report = run(chart(tmp_path, routes=guarded(PLAIN)), values_sets=(declared,))
    assert found(report, "DR001")[0].finding.toggles == ("--set istio.enabled=true",)
