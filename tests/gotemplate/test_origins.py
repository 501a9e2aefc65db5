"""Where rendered text comes from: nodes, calls and guards, reads chosen and consulted, flags."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.evaluate import Evaluator
from meshlint.text.origin import Origin, Read, dotted
from meshlint.text.rope import Part
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedMap
from tests.gotemplate.engine import FILE, parts, templates, values

VALUES = {"name": "shop", "tag": "", "on": True, "m": {"k": "v", "n": None}, "l": ["x", {"p": "q"}]}


def written(origin: Origin) -> list[str]:
    """The places in the values file whose values went into the text."""
    return [dotted(found.path) for found in origin.written()]


def looked(origin: Origin) -> list[str]:
    """The values looked at, those only consulted in parentheses."""
    return [shown(read) for read in origin.reads]


def shown(read: Read) -> str:
    path = read.path()
    text = str(read.key) if path is None else dotted(path[1:])
    return text if read.chosen else f"({text})"


def only(text: str, data: object = None) -> Origin:
    """The origin of the one part that a text writes."""
    (part,) = parts(text, values(**VALUES) if data is None else data)
    return part.origin


def test_text_stands_where_it_is_written() -> None:
    text = "ab {{- /* c */ -}}  cd{{ .Values.name }}\nef"
    for part in parts(text, values(**VALUES)):
        span = part.origin.span
        assert span is not None
        if span.verbatim:
            assert text[span.start + part.shift :].startswith(part.text)
        else:
            assert span.text() == "{{ .Values.name }}"


# action -> values written into the text, everything looked at
READS: dict[str, tuple[list[str], list[str]]] = {
    "{{ .Values.name }}": (["name"], ["name"]),
    "{{ $.Values.m.k }}": (["m.k"], ["m.k"]),
    "{{ .Values.missing }}": ([], ["missing"]),
    "{{ .Values.tag | default .Values.name }}": (["name"], ["name", "(tag)"]),
    "{{ default .Values.name .Values.on }}": (["on"], ["(name)", "on"]),
    "{{ .Values.name | default `x` }}": (["name"], ["name"]),
    "{{ .Values.tag | default `x` }}": ([], ["(tag)"]),
    "{{ or .Values.tag .Values.name }}": (["name"], ["(tag)", "name"]),
    "{{ and .Values.on .Values.name }}": (["name"], ["(on)", "name"]),
    "{{ .Values.name | or .Values.tag }}": (["name"], ["(tag)", "name"]),
    "{{ and .Values.name .Values.tag | quote }}": (["tag"], ["(name)", "tag"]),
    "{{ print .Values.name .Values.on }}": (["name", "on"], ["name", "on"]),
    "{{ eq .Values.name .Values.tag }}": (["name", "tag"], ["name", "tag"]),
    "{{ index .Values `m` `k` }}": (["m.k"], ["(Values)", "m.k"]),
    "{{ get .Values.m `k` }}": (["m.k"], ["(m)", "m.k"]),
    "{{ index .Values.l 0 }}": (["l[0]"], ["(l)", "l[0]"]),
    "{{ $x := .Values.name }}{{ $x }}": (["name"], ["name"]),
    "{{ $x := .Values.m }}{{ $x.k }}": (["m.k"], ["m.k"]),
    "{{ $x := 1 }}{{ $x = .Values.name }}{{ $x }}": (["name"], ["name"]),
    "{{ with .Values.name }}{{ . }}{{ end }}": (["name"], ["name"]),
    "{{ with .Values.m }}{{ .k }}{{ end }}": (["m.k"], ["m.k"]),
    "{{ with $x := .Values.m }}{{ $x.k }}{{ end }}": (["m.k"], ["m.k"]),
    "{{ range $i, $e := .Values.l }}{{ if eq $i 0 }}{{ $e }}{{ end }}{{ end }}": (["l[0]"], ["l[0]"]),
    "{{ range .Values.l }}{{ print . }}{{ break }}{{ end }}": (["l[0]"], ["l[0]"]),
    "{{ range $k, $v := .Values.m }}{{ $v }}{{ break }}{{ end }}": (["m.k"], ["m.k"]),
    "{{ (dict `a` .Values.name).a }}": (["name"], ["a"]),
    "{{ $d := dict `a` (dict `b` .Values.name) }}{{ $d.a.b }}": (["name"], ["b"]),
    "{{ index (list .Values.on .Values.name) 1 }}": (["name"], ["(on)", "(name)", "1"]),
    "{{ range list .Values.name }}{{ . }}{{ end }}": (["name"], ["0"]),
    "{{ range splitList `,` .Values.name }}{{ . }}{{ end }}": (["name"], ["0", "name"]),
    "{{ (smap `a` .Values.name).a }}": (["name"], ["a", "name"]),
    "{{ define `d` }}{{ . }}{{ end }}{{ template `d` .Values.name }}": (["name"], ["name"]),
    "{{ define `d` }}{{ .a }}{{ end }}{{ include `d` (dict `a` .Values.name) }}": (["name"], ["a"]),
    "{{ define `d` }}{{ .Values.name }}{{ end }}{{ include `d` . }}": (["name"], ["name"]),
    "{{ define `d` }}{{ .Values.name }}{{ end }}{{ include `d` . | upper }}": (["name"], ["name"]),
    "{{ define `d` }}{{ .Values.name }}{{ end }}{{ $x := include `d` . }}{{ upper $x }}": (
        ["name"],
        ["name"],
    ),
    "{{ define `d` }}{{ .Values.name }}{{ end }}{{ eq (include `d` .) .Values.tag }}": (
        ["tag", "name"],
        ["tag", "name"],
    ),
}


@pytest.mark.parametrize("text", READS)
def test_an_action_tells_what_it_has_read(text: str) -> None:
    origin = only(text)
    assert (written(origin), looked(origin)) == READS[text]


def test_a_rope_keeps_its_places_through_span_functions() -> None:
    text = '{{ define "d" }}a: {{ .Values.name }}\nb{{ end }}{{ include "d" . | nindent 2 }}'
    found = parts(text, values(**VALUES))
    assert "".join(part.text for part in found) == "\n  a: shop\n  b"
    include = '{{ include "d" . | nindent 2 }}'
    added = [part for part in found if part.origin.span is not None and part.origin.span.text() == include]
    assert [part.text for part in added] == ["\n  ", "  "]
    assert [written(part.origin) for part in found if part.text == "shop"] == [["name"]]
    assert [(part.text, part.shift) for part in found if part.text == "b"] == [("b", 1)]


def test_a_rope_survives_variables_and_containers() -> None:
    text = '{{ define "d" }}x{{ end }}{{ $v := include "d" . }}{{ $m := dict "k" $v }}{{ $v }}{{ $m.k }}'
    found = parts(text, values(**VALUES))
    assert [part.origin.span.text() for part in found if part.origin.span] == ["x", "x"]


def test_printf_and_print_keep_the_parts_of_their_operands() -> None:
    text = '{{ define "d" }}x{{ end }}{{ printf "%s-%v" (include "d" .) 1 }}{{ print (include "d" .) 1 }}'
    verbatim = [part.text for part in parts(text, {}) if part.origin.span and part.origin.span.verbatim]
    assert verbatim == ["x", "x"]


def test_calls_and_guards_are_told_from_the_outside_in() -> None:
    text = (
        '{{ define "in" }}{{ with .Values.m }}{{ .k }}{{ end }}{{ end }}'
        '{{ define "out" }}{{ if .Values.on }}{{ include "in" . }}{{ end }}{{ end }}'
        '{{ range .Values.l }}{{ template "out" $ }}{{ break }}{{ end }}'
    )
    origin = only(text)
    assert [(scope.name, scope.span.text()) for scope in origin.calls()] == [
        ("out", '{{ template "out" $ }}'),
        ("in", '{{ include "in" . }}'),
    ]
    guards = [(scope.kind, [shown(read) for read in scope.reads]) for scope in origin.guards()]
    assert guards == [("range", ["l"]), ("if", ["(on)"]), ("with", ["m"])]


def test_an_else_names_the_condition_that_was_false() -> None:
    origin = only("{{ if .Values.tag }}a{{ else if .Values.on }}b{{ end }}")
    assert [(scope.kind, [shown(read) for read in scope.reads]) for scope in origin.guards()] == [
        ("else", ["(tag)"]),
        ("if", ["(on)"]),
    ]


def test_a_condition_inherits_what_the_text_it_asks_about_has_read() -> None:
    text = '{{ define "d" }}{{ .Values.name }}{{ end }}{{ if include "d" . }}x{{ end }}'
    (guard,) = only(text).guards()
    assert [shown(read) for read in guard.reads] == ["(name)"]


def test_a_tpl_text_has_the_value_as_its_parent() -> None:
    data = values(text="a {{ .Values.name }}", name="n")
    found = parts("{{ tpl .Values.text . }}", data)
    assert [part.text for part in found] == ["a ", "n"]
    for part in found:
        span = part.origin.span
        assert span is not None
        assert span.source.kind == "tpl"
        assert span.source.path == "values.yaml"
        assert span.source.parent is data["Values"].origins["text"]
        assert [scope.name for scope in part.origin.calls()] == ["tpl"]


def test_a_tpl_text_without_actions_is_the_value() -> None:
    origin = only("{{ tpl .Values.name . }}")
    assert written(origin) == ["name"]
    assert origin.span is not None
    assert origin.span.source.kind == "template"


# template -> flags of its parts
FLAGS = {
    "a{{ random }}": ["", "random"],
    "{{ random | upper }}": ["random"],
    "{{ random | quote }}": ["random"],
    "{{ $x := random }}{{ $x }}{{ 1 }}": ["random", ""],
    "{{ $x := random | upper }}{{ print $x }}": ["random"],
    "{{ (dict `a` random).a }}": ["random"],
    "{{ define `d` }}{{ random }}{{ end }}{{ include `d` . | upper }}": ["random"],
    "{{ if random }}{{ 1 }}{{ end }}": [""],
}


@pytest.mark.parametrize("text", FLAGS)
def test_stand_ins_mark_what_is_made_of_them(text: str) -> None:
    assert [part.origin.flags for part in parts(text, {})] == FLAGS[text]


def test_what_is_handed_on_from_call_to_call_does_not_grow_without_end() -> None:
    text = (
        '{{ define "d" }}{{ if lt (len .n) 12 }}'
        '{{ include "d" (dict "n" (print .n "x") "a" . "b" .) }}{{ end }}{{ .n }}{{ end }}'
        '{{ include "d" (dict "n" "") }}'
    )
    found = parts(text, TrackedMap())
    assert max(len(part.origin.reads) for part in found) < 250


WORDS = st.text(alphabet="ab }-\n", max_size=6)


@given(WORDS, WORDS, WORDS)
def test_the_parts_are_the_text(one: str, two: str, three: str) -> None:
    text = f"{one}{{{{- .Values.name -}}}}{two}{{{{ .Values.m }}}}{three}"
    rendered = Evaluator(templates(text)).render(FILE, values(**VALUES))
    check(rendered.parts, str(rendered), text)


def check(found: list[Part], rendered: str, text: str) -> None:
    assert "".join(part.text for part in found) == rendered
    source = Source("t", text)
    for part in found:
        span = part.origin.span
        assert part.text
        assert span is not None
        if span.verbatim:
            assert source.text[span.start + part.shift :].startswith(part.text)
