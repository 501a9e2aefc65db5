"""What cannot be meant in a template, and what looks like it and is fine."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from meshlint.helm.chart import ChartFile
from meshlint.helm.loader import load_files
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.helm.template_faults import (
    Suspect,
    arguments_of_no_function,
    defaults_of_true,
    replaced_definitions,
    split_braces,
    swallowed_values,
    swallowed_weights,
    unknown_fields,
)

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
SUBCHART = {"charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n"}


def rendered(files: dict[str, str]) -> Rendered:
    """The chart of the files, rendered tolerantly."""
    texts = {"Chart.yaml": CHART, **files}
    chart = load_files([ChartFile(name, name, text.encode()) for name, text in texts.items()], "shop")
    return render_chart(chart, Scenario(release="shop", namespace="ns"), tolerant=True)


def texts(search: Callable[[Rendered], Iterator[Suspect]], template: str, values: str = "") -> list[str]:
    """The source texts a search points at."""
    found = search(rendered({"templates/a.yaml": template, "values.yaml": values}))
    return [each.target.source.text[each.target.start : each.target.end] for each in found]


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ .Release.namespace }}", [".Release.namespace"]),
        ("a{{ $.Release.name }}b", ["$.Release.name"]),
        ("{{ if false }}{{ .Release.Time.Seconds }}{{ end }}", [".Release.Time.Seconds"]),
        ("{{ .Capabilities.KubeVersion.Platform }}", [".Capabilities.KubeVersion.Platform"]),
        ('{{ printf "%s" (quote .Chart.version) }}', [".Chart.version"]),
        ("{{ .Template.name }}", [".Template.name"]),
        ("{{ with .Values.a }}{{ $.Release.namespace }}{{ end }}", ["$.Release.namespace"]),
        ("{{ .Release.Name }}{{ .Chart.APIVersion }}{{ .Chart.IsRoot }}{{ .Template.BasePath }}", []),
        ("{{ .Capabilities.KubeVersion.GitVersion }}{{ .Capabilities.HelmVersion.Version }}", []),
        ('{{ .Capabilities.APIVersions.Has "v1" }}{{ .Release }}', []),
        ("{{ range .Values.charts }}{{ .Release.chart }}{{ end }}", []),
        ("{{/* .Release.namespace */}} # .Release.namespace", []),
        ("{{ .Values.Release.namespace }}", []),
        ("{{ $x := .Values.a }}{{ $x.Release.namespace }}", []),
    ],
)
def test_fields_that_do_not_exist(template: str, found: list[str]) -> None:
    assert texts(unknown_fields, template) == found


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ default true .Values.a }}", ["default true .Values.a"]),
        ("{{ .Values.a | default true | quote }}", [".Values.a | default true | quote"]),
        ("{{ if and .b (default true .Values.a) }}x{{ end }}", ["default true .Values.a"]),
        ("{{ coalesce .Values.a .Values.b true }}", ["coalesce .Values.a .Values.b true"]),
        ('{{ default false .Values.a }}{{ default "true" .Values.a }}{{ ternary true false .Values.a }}', []),
        ("{{ default .Values.a true }}", []),
        ("{{/* default true */}} default true", []),
    ],
)
def test_defaults_of_true(template: str, found: list[str]) -> None:
    assert texts(defaults_of_true, template) == found


@pytest.mark.parametrize(
    ("template", "values", "found"),
    [
        ("{{ default 3 .Values.a }}", "a: 0", ["default 3 .Values.a"]),
        ("{{ .Values.a.b | default 3 }}", "a: {b: 0}", [".Values.a.b | default 3"]),
        ("{{ .Values.a | int | default 3 }}", "a: 0", [".Values.a | int | default 3"]),
        ('{{ default "on" .Values.a }}', "a: false", ['default "on" .Values.a']),
        ("{{ coalesce .Values.a 3 }}", "a: 0", ["coalesce .Values.a 3"]),
        ("{{ default 3 .Values.a }}", "a: 1", []),
        ("{{ default 3 .Values.a }}", 'a: ""', []),
        ("{{ default 3 .Values.a }}", "", []),
        ('{{ default 0 .Values.a }}{{ default false .Values.a }}{{ default "" .Values.a }}', "a: 0", []),
        ("{{ default .Values.b .Values.a }}", "a: 0\nb: 1", []),
        ("{{ with .Values.x }}{{ default 3 .Values.a }}{{ end }}", "a: 0", []),
    ],
)
def test_values_taken_for_unset(template: str, values: str, found: list[str]) -> None:
    assert texts(swallowed_values, template, values) == found


def test_values_of_a_subchart_are_its_own() -> None:
    files = {
        **SUBCHART,
        "charts/db/templates/a.yaml": "{{ default 3 .Values.a }}",
        "values.yaml": "db: {a: 0}",
    }
    assert [each.subject for each in swallowed_values(rendered(files))] == [("Values", "a")]
    assert list(swallowed_values(rendered({**files, "values.yaml": "a: 0"}))) == []


VIRTUAL_SERVICE = "kind: VirtualService\nspec: %s"
ROUTE = "kind: HTTPRoute\nspec: %s"
WITH = "{{ with .Values.w }}\nweight: {{ . }}{{ end }}"
IF = "{{ if .Values.w }}\n  weight: {{ .Values.w }}{{ end }}"


@pytest.mark.parametrize(
    ("template", "found"),
    [
        (VIRTUAL_SERVICE % "\n  weight: {{ default 10 .Values.w }}", ["default 10 .Values.w"]),
        (ROUTE % '\n  weight: "{{ .Values.w | default 10 }}"', [".Values.w | default 10"]),
        (ROUTE % WITH, ["{{ with .Values.w }}"]),
        (ROUTE % IF, ["{{ if .Values.w }}"]),
        (VIRTUAL_SERVICE % WITH, []),
        (VIRTUAL_SERVICE % IF, []),
        (ROUTE % "{{ if .Values.on }}\nweight: {{ .Values.w }}{{ end }}", []),
        (VIRTUAL_SERVICE % "\n  weight: {{ default 0 .Values.w }}", []),
        (VIRTUAL_SERVICE % "\n  weight: {{ .Values.w }}", []),
        ("kind: Deployment\n  weight: {{ default 10 .Values.w }}", []),
    ],
)
def test_weights_that_are_never_zero(template: str, found: list[str]) -> None:
    assert texts(swallowed_weights, template) == found


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("{{ if (eq 1 1) (eq 2 2) }}x{{ end }}", ["(eq 1 1) (eq 2 2)"]),
        ('{{ (include "a" .) | quote }}{{ and (eq 1 1) (eq 2 2) }}{{ (index .Values.a 0).b }}', []),
        ('{{ ((.Values.a) | default "x") }}', []),
    ],
)
def test_arguments_without_a_function(template: str, found: list[str]) -> None:
    assert texts(arguments_of_no_function, template) == found


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("a: { { .Values.x } }", ["{ { .Values.x } }"]),
        ('a: {  {- include "a" . -}  }', ['{  {- include "a" . -}  }']),
        ("# { { .Values.x } }", []),
        ("a: { b: { c: d } }", []),
        ("json: '{ { \"a\": 1 } }'", []),
        ("{{ .Values.x }}", []),
    ],
)
def test_braces_pulled_apart(template: str, found: list[str]) -> None:
    assert texts(split_braces, template) == found


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [("x", "y", 1), ("x", " x\n", 0), ("x", "", 0), ("{{ .a }}", "{{ .b }}", 1)],
)
def test_templates_defined_twice(first: str, second: str, count: int) -> None:
    files = {
        f"templates/_{name}.tpl": '{{ define "a" }}' + text + "{{ end }}"
        for name, text in (("a", first), ("b", second))
    }
    assert len(list(replaced_definitions(rendered(files)))) == count


def test_a_template_of_a_subchart_may_be_replaced() -> None:
    files = {
        **SUBCHART,
        "charts/db/templates/_a.tpl": '{{ define "a" }}x{{ end }}',
        "templates/_a.tpl": '{{ define "a" }}y{{ end }}',
    }
    assert list(replaced_definitions(rendered(files))) == []
