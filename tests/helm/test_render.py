"""Rendering: Helm's order of checks, one finding per failing template, and the objects templates see."""

from __future__ import annotations

from typing import Any

import pytest

from meshlint.helm.problems import RenderError
from meshlint.text.finding import Finding
from tests.helm.charts import output, render

SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"


def spot(finding: Finding, index: int = 0) -> tuple[str, int, int, int]:
    found = finding.places[index].locate()
    return found.source.path, found.line, found.column, found.end_column


def test_one_failing_template_does_not_stop_the_others() -> None:
    rendered = render(
        {
            "templates/a.yaml": "a: 1\n",
            "templates/b.yaml": "b: {{ .Values.x.y }}\n",
            "templates/c.yaml": "c: {{ if }}\n",
            "templates/d.yaml": 'd: {{ required "set me" .Values.me }}\n',
            "templates/e.yaml": 'e: {{ fail "no" }}\n',
        }
    )
    assert list(rendered.files) == ["c/templates/a.yaml"]
    found = {finding.code: finding for finding in rendered.findings}
    assert sorted(found) == ["HLM007", "HLM009", "HLM010", "HLM025"]
    assert spot(found["HLM025"]) == ("c/templates/b.yaml", 1, 7, 18)
    assert spot(found["HLM009"])[:2] == ("c/templates/d.yaml", 1)
    assert found["HLM009"].message == "`me` is required: set me"
    assert found["HLM009"].hint == "set `me` with --set me=... or in values.yaml"
    assert found["HLM025"].hint == "set `x.y` with --set x.y=... or in values.yaml"


def test_a_failing_helper_is_found_where_it_fails_with_the_call_beside_it() -> None:
    rendered = render(
        {
            "templates/_h.tpl": '{{ define "outer" }}\n{{ include "inner" . }}{{ end }}\n'
            '{{ define "inner" }}{{ template "last" . }}{{ end }}\n'
            '{{ define "last" }}{{ .Values.a.b.c }}{{ end }}\n',
            "templates/t.yaml": 'x: 1\ny: {{ include "outer" . | indent 2 }}\n',
        }
    )
    (finding,) = rendered.findings
    assert finding.message == "`a.b.c` is not set: nil pointer evaluating interface {}.b"
    assert spot(finding) == ("c/templates/_h.tpl", 4, 23, 36)
    assert [spot(finding, index)[:2] for index in range(1, len(finding.places))] == [
        ("c/templates/t.yaml", 2),
        ("c/templates/_h.tpl", 2),
        ("c/templates/_h.tpl", 3),
    ]
    assert rendered.problems[0].fatal == (
        'c/templates/t.yaml:2:6\n  executing "c/templates/t.yaml" at <include "outer" .>:\n'
        "    error calling include:\n"
        'c/templates/_h.tpl:2:3\n  executing "outer" at <include "inner" .>:\n    error calling include:\n'
        'c/templates/_h.tpl:4:29\n  executing "last" at <.Values.a.b.c>:\n'
        "    nil pointer evaluating interface {}.b"
    )


def test_a_fault_in_a_tpl_text_lies_in_the_values_file() -> None:
    rendered = render(
        {"templates/t.yaml": "x: {{ tpl .Values.text . }}\n", "values.yaml": "text: 'a {{ .Values.b.c }}'\n"}
    )
    (finding,) = rendered.findings
    assert finding.places[0].locate().source.path == "c/values.yaml"


def test_tolerant_rendering_leaves_placeholders() -> None:
    rendered = render(
        {
            "templates/t.yaml": 'a: {{ required "set me" .Values.me }}\nb: {{ .Values.x.y }}\nc: 1\n',
            "templates/u.yaml": "{{ range list 1 2 }}d: {{ $.Values.x.y }}\n{{ end }}",
        },
        tolerant=True,
    )
    assert str(rendered.files["c/templates/t.yaml"].text) == ("a: placeholder-me\nb: placeholder-x-y\nc: 1\n")
    # a value that is missing in two templates is said once, with both places
    assert sorted(finding.code for finding in rendered.findings) == ["HLM009", "HLM025"]
    assert len(rendered.findings[0].places) == 2
    flags = [part.origin.flags for part in rendered.files["c/templates/t.yaml"].text.parts]
    assert "placeholder" in flags


@pytest.mark.parametrize(
    ("files", "scenario", "error"),
    [
        (
            {},
            {"kube_version": "one", "set": ["a"]},
            "invalid kube version 'one': could not parse \"one\" as version",
        ),
        ({"Chart.yaml": "name: c\n"}, {"set": ["a"]}, 'failed parsing --set data: key "a" has no value'),
        ({"Chart.yaml": "name: c\n"}, {}, "validation: chart.metadata.version is required"),
        (
            {"Chart.yaml": "name: c\nversion: 1.0.0\ntype: library\ndependencies: [{name: x}]\n"},
            {},
            "library charts are not installable",
        ),
        (
            {"Chart.yaml": 'name: c\nversion: 1.0.0\nkubeVersion: "<1.20"\n', "templates/t.yaml": "{{"},
            {},
            "chart requires kubeVersion: <1.20 which is incompatible with Kubernetes v1.36.0",
        ),
        ({"templates/t.yaml": "{{"}, {"release": ""}, "release name check failed: "),
        ({}, {"release": "A", "compat": "3"}, 'release name "A": invalid release name, must match'),
        (
            {"charts/s/Chart.yaml": "name: s\nversion: 1.0.0\n", "values.yaml": "s: 5\n"},
            {},
            "type mismatch on s: %!t(float64=5)",
        ),
        (
            {
                "Chart.yaml": "name: c\nversion: 1.0.0\ndependencies: [{name: s, version: '*'}]\n",
                "charts/s/Chart.yaml": "name: s\nversion: 1.0.0\n",
                "values.yaml": "s: 5\n",
            },
            {},
            "chart dependencies processing failed: type mismatch on s: %!t(float64=5)",
        ),
        (
            {
                "Chart.yaml": "name: c\nversion: 1.0.0\ndependencies: [{name: s, version: '*'}]\n",
                "charts/s/Chart.yaml": "name: s\nversion: 1.0.0\n",
                "values.yaml": "s: 5\n",
            },
            {"compat": "3"},
            "type mismatch on s: %!t(float64=5)",
        ),
        ({"templates/t.yaml": "{{"}, {}, "parse error at (c/templates/t.yaml:1): unclosed action"),
    ],
)
def test_strict_rendering_stops_at_the_first_fault(
    files: dict[str, str | bytes], scenario: dict[str, Any], error: str
) -> None:
    with pytest.raises(RenderError) as fault:
        render(files, strict=True, **scenario)
    assert str(fault.value).startswith(error)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.Revision }}", "release-name default 1"),
        ("{{ .Release.IsInstall }} {{ .Release.Service }}{{ .Release.Time }}", "true Helm"),
        (
            "{{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Values.a }}",
            "common.Values common.Values map[string]interface {}",
        ),
        ('{{ .Values.AsMap | typeOf }} {{ (.Values.Table "a").b }}', "map[string]interface {} 1"),
        ('{{ .Values.PathValue "a.b" }} {{ .Values.YAML }}', "1 a:\n  b: 1\n"),
        ("{{ .Template.Name }} {{ .Template.BasePath }}", "c/templates/t.yaml c/templates"),
        (
            "{{ .Capabilities.KubeVersion }} {{ .Capabilities.KubeVersion | quote }}",
            'v1.36.0 "{v1.36.0 v1.36.0 1 36}"',
        ),
        ('{{ .Capabilities.APIVersions.Has "apps/v1" }}', "true"),
        ('{{ .Capabilities.APIVersions.Has "networking.istio.io/v1" }}', "false"),
        ("{{ .Chart.Name }}{{ .Chart.name }} {{ .Chart.Annotations }} {{ .Chart.Keywords }}", "c map[] []"),
        ("{{ .Missing }}{{ .Values.missing }}<no value>", ""),
    ],
)
def test_objects(template: str, expected: str) -> None:
    assert output(template, "a: {b: 1}\n") == expected


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ typeOf .Values }} {{ kindOf .Chart }} {{ .Chart.Name }}", "chartutil.Values struct c"),
        ("{{ toJson .Chart }}", '{"name":"c","version":"0.1.0","apiVersion":"v2","IsRoot":true}'),
        ("{{ .Chart.Dependencies | toJson }} {{ .Chart.Metadata.Name }}", "null c"),
        ("{{ .Capabilities.KubeVersion.Version }}", "v1.33.4"),
    ],
)
def test_objects_of_helm_3(template: str, expected: str) -> None:
    assert output(template, compat="3", kube_version="v1.33.4-gke.1") == expected


def test_functions_of_helm_3() -> None:
    with pytest.raises(RenderError, match='function "mustToYaml" not defined'):
        output("{{ mustToYaml 1 }}", compat="3")


def test_subcharts_share_their_values_with_the_parent() -> None:
    rendered = render(
        {
            "charts/sub/Chart.yaml": SUB,
            "charts/sub/templates/t.yaml": '{{ $_ := set .Values "new" "from sub" }}{{ .Values.x }}',
            "templates/t.yaml": "{{ .Values.sub.new }} {{ typeOf .Values.sub }} "
            "{{ .Subcharts.sub.Values.new }} {{ typeOf .Subcharts.sub.Values }} "
            "{{ toJson .Values.sub }} {{ len .Values.sub }}",
            "values.yaml": "sub: {x: 1}\n",
        },
        strict=True,
    )
    assert str(rendered.files["c/charts/sub/templates/t.yaml"].text) == "1"
    assert str(rendered.files["c/templates/t.yaml"].text) == (
        'from sub map[string]interface {} from sub common.Values {"global":{},"new":"from sub","x":1} 3'
    )


def test_templates_are_executed_deepest_first_and_share_what_they_set() -> None:
    rendered = render(
        {
            "templates/a.yaml": "{{ .Values.seen }}",
            "templates/z.yaml": '{{ $_ := set .Values "seen" "z" }}',
            "templates/sub/q.yaml": "[{{ .Values.seen }}]",
        },
        strict=True,
    )
    assert str(rendered.files["c/templates/a.yaml"].text) == "z"
    assert str(rendered.files["c/templates/sub/q.yaml"].text) == "[]"


def test_reads_of_values_know_where_they_were_written() -> None:
    rendered = render(
        {
            "templates/t.yaml": "a: {{ .Values.a }}\nn: {{ .Chart.Name }}\ns: {{ .Values.sub.x }}\n",
            "values.yaml": "a: 1\nsub: {x: 2}\n",
            "charts/sub/Chart.yaml": SUB,
            "charts/sub/templates/t.yaml": "x: {{ .Values.x }}\n",
        },
        values="a: 2\n",
        strict=True,
    )

    def written(name: str, text: str) -> list[tuple[str, int]]:
        parts = rendered.files[name].text.parts
        part = next(part for part in parts if part.text == text)
        return [
            (origin.source.path, origin.source.position(origin.value_start)[0])
            for origin in part.origin.written()
        ]

    assert written("c/templates/t.yaml", "2")[0] == ("user.yaml", 1)
    assert written("c/templates/t.yaml", "c") == [("c/Chart.yaml", 2)]
    assert written("c/charts/sub/templates/t.yaml", "2") == [("c/values.yaml", 2)]


def test_notes_and_crds() -> None:
    rendered = render(
        {"templates/NOTES.txt": "Hi {{ .Release.Name }}", "crds/x.yaml": "kind: {{ raw }}\n"},
        strict=True,
        include_crds=True,
    )
    assert rendered.notes == "Hi release-name"
    assert rendered.output() == "---\n# Source: c/crds/x.yaml\nkind: {{ raw }}\n"
