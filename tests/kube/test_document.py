"""Documents: every value leads back to the line a person can edit, and faults are findings there."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.evaluate import Evaluator, TemplateSet
from meshlint.helm.functions import function_map
from meshlint.kube.document import Document, documents_of_rendered, documents_of_source, rendered_document
from meshlint.text.finding import Finding, Location
from meshlint.text.origin import Origin, Path, Read
from meshlint.text.rope import Part, Rope, of
from meshlint.text.source import Source
from meshlint.text.span import Span
from meshlint.yamldoc.load import load_values
from meshlint.yamldoc.tracked import TrackedMap, set_paths

HELPERS = """\
{{- define "labels" -}}
app: {{ .name }}
{{- with .version }}
version: {{ . | quote }}
{{- end }}
tier: web
{{- end }}
"""


def render(template: str, values: str = "", helpers: str = HELPERS) -> tuple[Rope, Source]:
    """What a template gives for a values file, with its origins."""
    templates = TemplateSet(function_map())
    source = Source("templates/x.yaml", template, "template")
    templates.add(Source("templates/_helpers.tpl", helpers, "template"), "_helpers.tpl")
    templates.add(source, "x")
    data = TrackedMap(Values=load_values(Source("values.yaml", values, "values")))
    set_paths(data, ())
    return of(Evaluator(templates).execute("x", data)), source


def rendered(template: str, values: str = "") -> tuple[list[Document], list[Finding]]:
    return documents_of_rendered(*render(template, values))


def only(template: str, values: str = "") -> Document:
    documents, findings = rendered(template, values)
    assert findings == []
    (document,) = documents
    return document


def seen(location: Location) -> tuple[str, str, int, str]:
    """Grade, file, line and the source text of a location."""
    source = location.source
    start = source.offset(location.line, location.column)
    end = source.offset(location.end_line, location.end_column)
    return location.grade, source.path, location.line, source.text[start:end]


def written(location: Location) -> list[str]:
    """The places in values files that went into the text."""
    return [
        f"{origin.source.path}:{origin.source.position(origin.value_start)[0]}" for origin in location.values
    ]


X, H, V = "templates/x.yaml", "templates/_helpers.tpl", "values.yaml"


# ---------------------------------------------------------------------------------- rendered values


TEMPLATE = """\
kind: Pod # a comment
metadata:
  name: {{ .Values.name }}-pod
  labels:
    {{- include "labels" (dict "name" .Values.name "version" .Values.version) | nindent 4 }}
  annotations: {{- toYaml .Values.annotations | nindent 4 }}
spec:
  quoted: "{{ .Values.name }}"
  text: |
    some text
    {{ .Values.name }}
  empty:
  absent: {{ "" }}
  {{- range .Values.list }}
  {{ . }}: {{ . | upper }}
  {{- end }}
"""
VALUES = """\
name: web
version: v1
annotations:
  a: "1"
  b:
  - x
  - |-
    y
    z
list: [p, q]
"""


@pytest.mark.parametrize(
    ("path", "place", "values"),
    [
        (("kind",), ("exact", X, 1, "Pod"), []),
        (("metadata",), ("exact", X, 3, "name: {{ .Values.name }}-pod"), ["values.yaml:1"]),
        (("metadata", "name"), ("exact", X, 3, "{{ .Values.name }}-pod"), ["values.yaml:1"]),
        (("metadata", "labels", "app"), ("exact", H, 2, "{{ .name }}"), ["values.yaml:1"]),
        (("metadata", "labels", "version"), ("exact", H, 4, "{{ . | quote }}"), ["values.yaml:2"]),
        (("metadata", "labels", "tier"), ("exact", H, 6, "web"), []),
        (
            ("metadata", "annotations", "a"),
            ("exact", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}"),
            ["values.yaml:4"],
        ),
        (
            ("metadata", "annotations", "b", 0),
            ("exact", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}"),
            ["values.yaml:6"],
        ),
        (
            ("metadata", "annotations", "b", 1),
            ("exact", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}"),
            ["values.yaml:7"],
        ),
        (("spec", "quoted"), ("exact", X, 8, '"{{ .Values.name }}"'), ["values.yaml:1"]),
        (("spec", "text"), ("exact", X, 9, "|"), []),
        (("spec", "empty"), ("line", X, 12, "empty"), []),
        (("spec", "absent"), ("line", X, 13, "absent"), []),
        (("spec", "p"), ("exact", X, 15, "{{ . | upper }}"), ["values.yaml:10"]),
        (("spec", "q"), ("exact", X, 15, "{{ . | upper }}"), ["values.yaml:10"]),
    ],
)
def test_values_lead_to_what_wrote_them(
    path: Path, place: tuple[str, str, int, str], values: list[str]
) -> None:
    location = only(TEMPLATE, VALUES).locate(path, False)
    assert (seen(location), written(location), location.pointer) == (place, values, path)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("kind",), ("exact", X, 1, "kind")),
        (("metadata", "labels"), ("exact", X, 4, "labels")),
        (("metadata", "labels", "app"), ("exact", H, 2, "app")),
        (("metadata", "annotations", "b"), ("exact", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}")),
        (
            ("metadata", "annotations", "b", 0),
            ("exact", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}"),
        ),
        (("spec", "q"), ("exact", X, 15, "{{ . }}")),
    ],
)
def test_keys_lead_to_what_wrote_them(path: Path, place: tuple[str, str, int, str]) -> None:
    assert seen(only(TEMPLATE, VALUES).locate(path, True)) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        # below a mapping of plain values: its last line, be it in another file
        (("metadata", "labels", "zone"), ("line", H, 6, "tier: web")),
        (("metadata", "labels", "zone", "deeper"), ("line", H, 6, "tier: web")),
        # below a mapping of mappings: its key
        (("metadata", "namespace"), ("line", X, 2, "metadata")),
        # below a list, a plain value, nothing
        (
            ("metadata", "annotations", "b", 7),
            ("line", X, 6, "{{- toYaml .Values.annotations | nindent 4 }}"),
        ),
        (("kind", "x"), ("line", X, 1, "kind")),
        (("status",), ("line", X, 1, "kind: Pod # a comment")),
        ((), ("line", X, 1, "kind: Pod # a comment")),
    ],
)
def test_what_is_absent_has_a_place_too(path: Path, place: tuple[str, str, int, str]) -> None:
    location = only(TEMPLATE, VALUES).locate(path, False)
    assert (seen(location), location.pointer) == (place, path)


def test_calls_are_told_from_the_outside_in() -> None:
    helpers = '{{ define "outer" }}{{ include "inner" . }}{{ end }}{{ define "inner" }}x: 1{{ end }}'
    text, source = render('{{ include "outer" . }}', helpers=helpers)
    (document,), _ = documents_of_rendered(text, source)
    location = document.locate(("x",), False)
    assert [call.name for call in location.calls] == ["outer", "inner"]
    assert [call.span.source.path for call in location.calls] == [X, H]
    assert seen(location) == ("exact", H, 1, "1")


def test_rendered_lines_count_from_the_start_of_the_output() -> None:
    text, source = render("{{/* c */}}\n\na: 1\n---\nb: 2\n")
    documents, _ = documents_of_rendered(text, source, first_line=10)
    assert [documents[0].locate(("a",), False).rendered, documents[1].locate(("b",), False).rendered] == [
        12,
        14,
    ]


def test_text_that_lost_its_origins_leads_to_the_action_that_put_it_there() -> None:
    document = only('{{ include "labels" (dict "name" "n") | b64enc | b64dec }}\n')
    assert seen(document.locate(("app",), False)) == (
        "call-site",
        X,
        1,
        '{{ include "labels" (dict "name" "n") | b64enc | b64dec }}',
    )


def test_a_value_from_several_places_is_known_by_its_line() -> None:
    helpers = '{{ define "name" }}web{{ end }}'
    text, source = render('kind: {{ "a" }}{{ "b" }}\nname: x-{{ include "name" . }}-y\n', helpers=helpers)
    (document,), _ = documents_of_rendered(text, source)
    assert seen(document.locate(("kind",), False)) == ("exact", X, 1, '{{ "a" }}{{ "b" }}')
    assert seen(document.locate(("name",), False)) == ("line", X, 2, "x-")


def test_text_no_template_wrote_has_a_file_only() -> None:
    document, _ = rendered_document(of([Part("a: 1\n", Origin(None, None))]), Source(X, "", "template"))
    assert document is not None
    assert document.locate(("a",), False).grade == "file"


# ---------------------------------------------------------------------------------- tpl


def test_tpl_text_leads_to_the_values_file_it_was_written_in() -> None:
    values = "extra: |\n  a: {{ .Values.name }}\n  b: plain\none: 'c: {{ .Values.name }}'\nname: web\n"
    document = only("{{ tpl .Values.extra . }}{{ tpl .Values.one . }}\n", values)
    assert seen(document.locate(("a",), False)) == ("exact", V, 2, "{{ .Values.name }}")
    assert seen(document.locate(("b",), False)) == ("exact", V, 3, "plain")
    assert seen(document.locate(("c",), False)) == ("exact", V, 4, "{{ .Values.name }}")
    assert written(document.locate(("c",), False)) == ["values.yaml:5"]


def test_tpl_text_that_was_computed_leads_to_the_call() -> None:
    document = only('{{ tpl (printf "a: {{ .Values.x }}\\nb: %s" "y") . }}\n', "x: 1\n")
    assert seen(document.locate(("a",), False))[:3] == ("call-site", X, 1)


# ---------------------------------------------------------------------------------- plain manifests


MANIFEST = """\
# two objects
---
kind: A
list:
- x
- k: &a v
  l: *a
--- # next
kind: B # b
---
- a list is passed over
---
# nothing
"""


def test_manifests_are_their_own_origin() -> None:
    documents, findings = documents_of_source(Source("all.yaml", MANIFEST, "manifest"))
    assert findings == []
    assert [document.value["kind"] for document in documents] == ["A", "B"]
    first, second = documents
    assert seen(first.locate(("list", 1, "k"), False)) == ("exact", "all.yaml", 6, "v")
    assert seen(first.locate(("list", 1, "l"), False)) == ("exact", "all.yaml", 7, "*a")
    assert seen(second.locate(("kind",), False)) == ("exact", "all.yaml", 9, "B")
    assert second.locate(("kind",), False).rendered == 0
    assert seen(second.locate(("spec",), False)) == ("line", "all.yaml", 9, "kind: B")


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("kind: A\n---\nkind: B\n", ["A", "B"]),
        ("---\nkind: A\n---\n---\n\n", ["A"]),
        ("kind: A\r\n---\r\nkind: B\r\n", ["A", "B"]),
        ("  kind: A\n  x: 1\n", ["A"]),
        ("kind: A\nx: |\n  ---\n  y\n", ["A"]),
        ("", []),
        ("# comment\n", []),
    ],
)
def test_files_are_cut_at_separators(text: str, kinds: list[str]) -> None:
    documents, findings = documents_of_source(Source("x.yaml", text, "manifest"))
    assert ([document.value["kind"] for document in documents], findings) == (kinds, [])


# ---------------------------------------------------------------------------------- findings


def told(finding: Finding) -> tuple[str, int, str]:
    location = finding.places[0].locate()
    return finding.code, location.line, location.source.path


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\nb: c: d\n", 2, "mapping values are not allowed in this context"),
        ("a:\n  b: 1\n c: 2\n", 3, "did not find expected key"),
        ("a: 1\nb\n", 2, "could not find expected ':'"),
        ("a: 1\n\tb: 1\n", 2, "found a tab character that violates indentation"),
        ("a: {{ .Values.x }}\n", 1, "invalid map key"),
        ("x: 1\n---\na: 'open\nb: 1\n", 3, "found unexpected end of stream"),
        ("a: *b\n", 1, "unknown anchor 'b' referenced"),
        ("a: .inf\n", 1, "json: unsupported value: +Inf"),
    ],
)
def test_faults_of_syntax_are_findings_at_their_line(text: str, line: int, problem: str) -> None:
    _, findings = documents_of_source(Source("x.yaml", text, "manifest"))
    (finding,) = findings
    assert told(finding) == ("YML001", line, "x.yaml")
    assert problem in finding.message
    assert finding.hint
    assert finding.places[0].locate().grade == "line"


def test_other_documents_of_the_file_are_still_read() -> None:
    documents, findings = documents_of_source(Source("x.yaml", "a: b: c\n---\nkind: B\n", "manifest"))
    assert ([document.value for document in documents], len(findings)) == ([{"kind": "B"}], 1)


def test_faults_in_rendered_text_point_at_the_template() -> None:
    _, findings = rendered("a:\n  {{- toYaml .Values.x | nindent 1 }}\n b: 1\n  c: 2\n", "x:\n  y: 1\n")
    assert [told(finding) for finding in findings] == [("YML001", 4, X)]
    _, findings = rendered("kind: A\nname: {{ .Values.name }}\n", 'name: "a: b"\n')
    assert [told(finding) for finding in findings] == [("YML001", 2, X)]
    assert written(findings[0].places[0].locate()) == ["values.yaml:1"]


@pytest.mark.parametrize(("template", "kind"), [("- a\n", "an array"), ("text\n", "a string")])
def test_rendered_text_that_is_no_mapping_stops_helm(template: str, kind: str) -> None:
    documents, findings = rendered(template)
    assert documents == []
    assert [told(finding) for finding in findings] == [("YML001", 1, X)]
    assert kind in findings[0].message


def test_rendered_comments_are_no_fault() -> None:
    assert rendered("# only this\n") == ([], [])


def test_keys_written_twice_are_told_at_both_places() -> None:
    template = 'kind: A\nlabels:\n  {{- include "labels" (dict "name" "n") | nindent 2 }}\n  tier: db\n'
    documents, findings = rendered(template)
    (finding,) = findings
    assert documents[0].value["labels"]["tier"] == "db"
    assert (finding.code, finding.severity, finding.key) == ("YML002", "warning", "tier")
    assert [seen(place.locate())[1:] for place in finding.places] == [(X, 4, "tier"), (H, 6, "tier")]


# ---------------------------------------------------------------------------------- laws


def leaves(value: Any, path: Path = ()) -> list[Path]:
    if isinstance(value, dict):
        return [path] + [found for key, item in value.items() for found in leaves(item, (*path, key))]
    if isinstance(value, list):
        return [path] + [found for index, item in enumerate(value) for found in leaves(item, (*path, index))]
    return [path]


TEXT = """\
kind: A
spec:
  list:
  - a: é😀
    b: 'x y'
  - [1, {c: d}]
  text: |
    l1
    l2
  last: end
"""


@given(st.lists(st.integers(1, len(TEXT) - 1), max_size=12, unique=True), st.data())
def test_a_text_in_pieces_is_placed_as_the_whole(cuts: list[int], data: st.DataObject) -> None:
    source = Source("x.yaml", TEXT, "template")
    span = VerbatimSpan(source, 0, len(TEXT))
    ends = [0, *sorted(cuts), len(TEXT)]
    pieces = [Part(TEXT[low:high], Origin(span, None, (Read({}, "k"),)), low) for low, high in pairwise(ends)]
    (whole,), _ = documents_of_source(source)
    (document,), _ = documents_of_rendered(of(pieces), source)
    path = data.draw(st.sampled_from([*leaves(whole.value), ("spec", "absent"), ("x", 1)]))
    on_key = data.draw(st.booleans())
    assert seen(document.locate(path, on_key)) == seen(whole.locate(path, on_key))


class VerbatimSpan(Span):
    """A text node."""

    __slots__ = ()
    verbatim = True
