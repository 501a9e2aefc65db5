"""Tolerant rendering: what stands in for what is missing, what is said of it, and what is marked."""

from __future__ import annotations

import pytest

from meshlint.helm.render import Rendered
from tests.helm.charts import CHART_YAML, render

VALUES = "image: {}\nport: 80\nname: review\nlist: [1]\n"
T = "c/templates/t.yaml"


def tolerant(template: str, **others: str) -> Rendered:
    files = {"templates/t.yaml": template, "values.yaml": VALUES}
    return render(
        {**files, **{f"templates/{name}.tpl": text for name, text in others.items()}}, tolerant=True
    )


def text(rendered: Rendered) -> str:
    return str(rendered.files[T].text)


# template -> (text, code of the one problem, value named by its hint)
MISSING = {
    'a: {{ required "m" .Values.host }}': ("a: placeholder-host", "HLM009", "host"),
    'a: {{ required "m" .Values.host | quote }}': ('a: "placeholder-host"', "HLM009", "host"),
    'a: {{ printf "%s-x" (required "m" .Values.host) }}': ("a: placeholder-host-x", "HLM009", "host"),
    'a: {{ required "m" (default .Values.a .Values.b) }}': ("a: placeholder-b", "HLM009", "b"),
    "a: {{ .Values.image.x.tag }}": ("a: placeholder-image-x-tag", "HLM025", "image.x.tag"),
    "a: {{ .Values.x.y.z.tag }}": ("a: placeholder-x-y-z-tag", "HLM025", "x.y.z.tag"),
    "a: {{ .Values.x.y | default 5 }}": ("a: 5", "HLM025", "x.y"),
    "a: {{ .Values.x | upper }}": ("a: placeholder-x", "HLM025", "x"),
    "a: {{ .Values.x.y | upper | quote }}": ('a: "PLACEHOLDER-X-Y"', "HLM025", "x.y"),
    "containerPort: {{ .Values.x.y }}": ("containerPort: 8080", "HLM025", "x.y"),
    "a: {{ .Values.x.httpPort }}": ("a: 8080", "HLM025", "x.httpPort"),
    "a: {{ int .Values.x.replicas }}": ("a: 1", "HLM025", "x.replicas"),
    "a:\n  {{- toYaml .Values.x.labels | nindent 2 }}": (
        "a:\n  placeholder: placeholder",
        "HLM025",
        "x.labels",
    ),
    "a:{{ .Values.x.labels | nindent 2 }}": ("a:\n  placeholder-x-labels", "HLM025", "x.labels"),
    "{{ with .Values.x.y }}a: 1{{ else }}a: 2{{ end }}": ("a: 2", "HLM025", "x.y"),
    "{{ if .Values.x.y }}a: 1{{ else }}a: 2{{ end }}": ("a: 2", "HLM025", "x.y"),
    "a: 3{{ range .Values.x.y }}a: 1{{ end }}": ("a: 3", "HLM025", "x.y"),
    "{{ with .Values.image }}a: {{ .x.y }}{{ end }}": ("", "", ""),  # empty: not entered
    "{{ $x := .Values.image }}a: {{ $x.y.z }}": ("a: placeholder-image-y-z", "HLM025", "image.y.z"),
    "{{ range .Values.list }}a: {{ $.Values.x.y }}{{ end }}": ("a: placeholder-x-y", "HLM025", "x.y"),
    '{{ fail "no" }}a: 1': ("a: 1", "HLM010", ""),
    "a: {{ .Chart.Nothing.x }}": ("a: placeholder", "HLM008", ""),
    "a: {{ trunc 3 .Values.port }}": ("a: placeholder", "HLM008", ""),
    'a: {{ include "none" . }}': ("a: placeholder-none", "HLM008", ""),
    'a: {{ template "none" . }}': ("a: placeholder-none", "HLM008", ""),
    'a:\n  {{- include "none.labels" . | nindent 2 }}': ("a:\n  placeholder: placeholder", "HLM008", ""),
    'a: {{ index .Values.x "k" "l" }}': ("a: placeholder-x-k-l", "HLM025", "x.k.l"),
    'a: {{ index .Values "x" "y" }}': ("a: placeholder-x-y", "HLM025", "x.y"),
    "a: {{ (index .Values.list 3).name }}": ("a: placeholder-list", "HLM025", "list[3]"),
    "a: {{ index .Values.nothing .Values.name }}": ("a: placeholder-nothing", "HLM025", "nothing"),
    'apiVersion: {{ include "none" . }}\nkind: Deployment': (
        "apiVersion: apps/v1\nkind: Deployment",
        "HLM008",
        "",
    ),
}


@pytest.mark.parametrize("template", MISSING, ids=str)
def test_what_is_missing_is_said_once_and_something_stands_in(template: str) -> None:
    expected, code, value = MISSING[template]
    rendered = tolerant(template)
    assert text(rendered).strip() == expected
    assert [finding.code for finding in rendered.findings] == ([code] if code else [])
    if value:
        assert rendered.findings[0].hint == f"set `{value}` with --set {value}=... or in values.yaml"


@pytest.mark.parametrize(
    "template", [each for each, (out, code, _) in MISSING.items() if "placeholder" in out]
)
def test_what_stands_in_is_marked(template: str) -> None:
    rendered = tolerant(template)
    marked = "".join(part.text for part in rendered.files[T].text.parts if part.origin.flags == "placeholder")
    assert "placeholder" in marked.lower()
    assert rendered.flagged


# What fails only because of a placeholder is not said.
CONSEQUENCES = (
    "{{ $x := .Values.x.y }}a: {{ range $x }}{{ end }}",
    "{{ $x := .Values.x.y }}a: {{ $x.z }}",
    '{{ $x := required "m" .Values.x }}a: {{ index $x "k" }}',
    '{{ $x := dict "k" .Values.x.y }}a: {{ trunc 3 $x.k }}{{ merge $x.k dict }}',
    '{{ $x := include "none" . | fromYaml }}a: {{ $x.b.c }}',
    '{{ $x := required "m" .Values.x }}a: {{ semverCompare ">1" $x }}',
)


@pytest.mark.parametrize("template", CONSEQUENCES)
def test_consequences_of_a_placeholder_are_not_reported(template: str) -> None:
    assert len(tolerant(template).findings) == 1


def test_fail_in_a_helper_leaves_a_name_where_a_value_belongs() -> None:
    helper = '{{ define "name" }}{{ if .Values.nothing }}x{{ else }}{{ fail "set it" }}{{ end }}{{ end }}'
    assert text(tolerant('name: {{ include "name" . }}', _h=helper)) == "name: placeholder-name"
    assert text(tolerant('{{ include "name" . }}\na: 1', _h=helper)).strip() == "a: 1"


def test_one_value_missing_in_many_places_is_one_finding() -> None:
    rendered = tolerant("a: {{ .Values.x.y }}\nb: {{ .Values.x.y | quote }}\nc: {{ $.Values.x.y }}\n")
    (finding,) = rendered.findings
    assert [place.locate().line for place in finding.places] == [1, 2, 3]


def test_one_demand_of_several_actions_is_one_finding() -> None:
    rendered = tolerant('a: {{ required "m" .Values.x }}\nb: {{ required "m" .Values.x }}\n')
    (finding,) = rendered.findings
    assert [place.locate().line for place in finding.places if place.role != "cause"] == [1, 2]
    rendered = tolerant('a: {{ required "m" .Values.x }}\nb: {{ required "n" .Values.x }}\n')
    assert [finding.message for finding in rendered.findings] == ["`x` is required: m", "`x` is required: n"]


def test_a_demand_of_a_helper_is_one_finding_with_its_callers() -> None:
    helper = '{{ define "n" }}{{ required "m" .Values.x }}{{ end }}'
    lines = "".join(f'a{number}: {{{{ include "n" . }}}}\n' for number in range(14))
    (finding,) = tolerant(lines, _h=helper).findings
    assert [place.locate().source.path for place in finding.places] == ["c/templates/_h.tpl", *[T] * 9]
    assert [place.locate().line for place in finding.places[1:]] == list(range(1, 10))
    assert finding.notes == ["and in 5 more places"]


def test_two_values_missing_in_one_action_are_two_findings() -> None:
    rendered = tolerant('a: {{ printf "%s:%s" .Values.x.y .Values.x.z }}')
    assert [finding.hint.split("`")[1] for finding in rendered.findings] == ["x.y", "x.z"]


def test_the_hint_of_fail_names_what_its_condition_looks_at() -> None:
    (finding,) = tolerant('{{ if not .Values.mode }}\n{{ fail "set the mode" }}{{ end }}').findings
    assert finding.message == "`fail` stops the chart: set the mode"
    assert finding.hint == "set `mode` as the message says: the condition in line 1 looks at it"


def test_templates_of_a_missing_library_are_one_finding() -> None:
    needs = CHART_YAML + "dependencies: [{name: common, version: 1.x, repository: ''}]\n"
    template = (
        'a: {{ include "common.name" . }}\nb: {{ include "common.host" . }}\nc: {{ include "other" . }}'
    )
    rendered = render({"templates/t.yaml": template, "Chart.yaml": needs}, tolerant=True)
    found = [finding for finding in rendered.findings if finding.code == "HLM008"]
    assert [finding.message for finding in found] == [
        "the templates of dependency `common` are missing, such as `common.name`",
        "template `other` is included, but no chart here defines it",
    ]
    assert [place.locate().line for place in found[0].places] == [1, 2]


def test_a_missing_library_is_a_demand_only_if_it_is_declared() -> None:
    template = 'a: {{ include "common.name" . }}\nb: {{ include "common.name" . }}'
    needs = CHART_YAML + "dependencies: [{name: common, version: 1.x, repository: ''}]\n"
    for chart, demand in (({}, False), ({"Chart.yaml": needs}, True)):
        rendered = render({"templates/t.yaml": template, **chart}, tolerant=True)
        found = [problem for problem in rendered.problems if problem.finding.code == "HLM008"]
        assert [problem.demand for problem in found] == [demand]


def test_recursion_and_limits_are_not_answered() -> None:
    helper = '{{ define "r" }}{{ include "r" . }}{{ include "r" . }}{{ end }}'
    rendered = tolerant('a: {{ include "r" . }}', _h=helper)
    assert T not in rendered.files
    assert [finding.code for finding in rendered.findings] == ["HLM008"]


@pytest.mark.parametrize(
    ("template", "flag"),
    [
        ("a: {{ randAlphaNum 5 }}", "random"),
        ("a: {{ randAlphaNum 5 | quote }}", "random"),
        ("a: {{ uuidv4 | upper | trunc 8 }}", "random"),
        ("{{ $x := randAlpha 3 }}a: {{ $x }}", "random"),
        ('{{ $x := dict "k" (randAlpha 3) }}a: {{ $x.k }}', "random"),
        ('{{ toYaml (dict "k" (randAlpha 3)) }}', "random"),
        ('a: {{ now | date "2006" }}', "time"),
        ('a: {{ (genCA "x" 1).Cert | b64enc }}', "random"),
        ("{{ $ca := genCA `x` 1 }}a: {{ $ca.Key | b64enc | quote }}", "random"),
        ('a: {{ htpasswd "u" "p" }}', "random"),
        ('a: {{ lookup "v1" "Secret" "a" "b" | toYaml }}', "lookup"),
        ('a: {{ include "r" . | nindent 2 }}', "random"),
        ('a: {{ include "r" . | sha256sum }}', "random"),
    ],
)
def test_stand_ins_are_marked_through_functions(template: str, flag: str) -> None:
    rendered = tolerant(template, _h='{{ define "r" }}{{ randAlpha 4 }}{{ end }}')
    assert {part.origin.flags for part in rendered.files[T].text.parts} - {""} == {flag}


@pytest.mark.parametrize("width", [-5, 2, 999_999_999])
def test_what_stands_in_is_not_indented_without_end(width: int) -> None:
    found = text(tolerant(f"a: {{{{ div 1 | nindent {width} }}}}"))
    assert found.strip().endswith("placeholder: placeholder")
    assert len(found) < 300
