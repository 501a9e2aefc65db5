"""What templates write: trimming, scopes, branches, loops, calls - as Go's text/template writes it."""

from __future__ import annotations

from typing import Any

import pytest

from meshlint.gotemplate.evaluate import Evaluator
from tests.gotemplate.engine import FILE, Named, Pointer, Widget, render, templates

DATA: dict[str, Any] = {
    "i": 5.0,
    "s": "str",
    "t": True,
    "n": None,
    "l": [1.0, "a", None],
    "m": {"b": 1.0, "a": {"x": 1.0}, "é": 2.0},
    "el": [],
    "em": {},
    "u": "é日",
    "w": Widget(),
    "p": Pointer(),
    "named": Named(),
    "bytes": b"hi",
}

TEXTS = {
    "trim left": ("a \n {{- 1 }} b", "a1 b"),
    "trim right": ("a {{ 1 -}} \t\n b", "a 1b"),
    "minus is no trim mark": ("a {{-1}} b", "a -1 b"),
    "trim both with nothing between": ("a {{- /* c */ -}} b", "ab"),
    "comment": ("a{{/* }} */}}b", "ab"),
    "text keeps lone braces": ("a }} { } b", "a }} { } b"),
    "braces in strings": ('{{ "}}" }}{{ `{{x}}` }}', "}}{{x}}"),
    "newline in an action": ("{{ print\n1\n\t2 }}", "1 2"),
    "numbers": (
        "{{ 017 }} {{ 0x1F }} {{ 0b11 }} {{ 0o7 }} {{ 1_000 }} {{ 'a' }} {{ 1e3 }} {{ .5 }} {{ 1. }}",
        "15 31 3 7 1000 97 1000 0.5 1",
    ),
    "imaginary": ("{{ 2i }} {{ 1+2i }}", "(0+2i) (1+2i)"),
    "escapes": (r'{{ "\x41é\U0001F600\101\t\"" }}', 'A\u00e9\U0001f600A\t"'),
    "raw string without carriage return": ("{{ `a\r\nb` }}", "a\nb"),
    "bytes of a string that make a character": (r'{{ "\xc3\xa9" }}', "é"),
    "nil is no value": ("{{ .n }}{{ .missing }}", "<no value><no value>"),
    "nil in functions": ("{{ print .n }} {{ printf `%v` .missing }}", "<nil> <nil>"),
    "containers": ("{{ .l }} {{ .m }}", "[1 a <nil>] map[a:map[x:1] b:1 é:2]"),
    "float": ("{{ .i }} {{ 1000000.0 }} {{ 2.5 }}", "5 1e+06 2.5"),
    "if": ("{{ if .s }}y{{ else }}n{{ end }}{{ if .el }}y{{ else }}n{{ end }}", "yn"),
    "else if": ("{{ if .el }}1{{ else if .em }}2{{ else if .t }}3{{ else }}4{{ end }}", "3"),
    "with": ("{{ with .m }}{{ .b }}{{ $.s }}{{ end }}{{ with .el }}x{{ else }}{{ .s }}{{ end }}", "1strstr"),
    "else with": ("{{ with .n }}1{{ else with .s }}{{ . }}{{ end }}", "str"),
    "with variable": ("{{ with $x := .m.a }}{{ $x.x }}{{ .x }}{{ end }}", "11"),
    "range list": ("{{ range $i, $e := .l }}{{ $i }}={{ $e }};{{ end }}", "0=1;1=a;2=<no value>;"),
    "range map in key order": ("{{ range $k, $v := .m }}{{ $k }} {{ end }}", "a b é "),
    "range one variable is the element": ("{{ range $v := .l }}{{ $v }} {{ end }}", "1 a <no value> "),
    "range dot": ("{{ range .l }}[{{ . }}]{{ end }}", "[1][a][<no value>]"),
    "range number": ("{{ range 3 }}{{ . }}{{ end }}{{ range $i := 2 }}{{ $i }}{{ end }}", "01201"),
    "range bytes": ("{{ range .bytes }}{{ . }} {{ end }}", "104 105 "),
    "range nothing": ("{{ range .n }}x{{ else }}none{{ end }}{{ range .el }}x{{ end }}", "none"),
    "range sets variables of outside": ("{{ $x := 0 }}{{ range $x = .l }}{{ end }}{{ $x }}", "<no value>"),
    "break and continue": (
        "{{ range $i, $e := .l }}{{ if eq $i 0 }}{{ continue }}{{ end }}{{ $i }}{{ break }}{{ end }}!",
        "1!",
    ),
    "break of the inner loop": ("{{ range 2 }}{{ range 5 }}{{ . }}{{ break }}{{ end }}{{ end }}", "00"),
    "variable scope ends with the block": (
        "{{ $x := 1 }}{{ if .t }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}",
        "21",
    ),
    "assignment goes through": ("{{ $x := 1 }}{{ if .t }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
    "assignment to the inner one": (
        "{{ $x := 1 }}{{ if .t }}{{ $x := 2 }}{{ $x = 3 }}{{ $x }}{{ end }}{{ $x }}",
        "31",
    ),
    "each turn forgets its variables": (
        "{{ $x := 1 }}{{ range 2 }}{{ $x }}{{ $x := 9 }}{{ $x }}{{ end }}{{ $x }}",
        "19191",
    ),
    "redeclared in the same scope": ("{{ $x := 1 }}{{ $x := 2 }}{{ $x }}", "2"),
    "variable of a condition": ("{{ if $x := .s }}{{ $x }}{{ .t }}{{ else }}{{ $x }}{{ end }}", "strtrue"),
    "template": ("{{ define `d` }}<{{ . }}{{ $ }}>{{ end }}{{ template `d` .s }}", "<strstr>"),
    "template without data": ("{{ define `d` }}{{ . }}{{ end }}{{ template `d` }}", "<no value>"),
    "block": ("{{ block `b` .s }}[{{ . }}]{{ end }}", "[str]"),
    "define sees no variables of outside": (
        "{{ define `d` }}{{ $ }}{{ end }}{{ $x := 1 }}{{ include `d` 2 }}",
        "2",
    ),
    "empty define does not replace": (
        "{{ define `d` }}x{{ end }}{{ define `d` }} {{ end }}{{ include `d` . }}",
        "x",
    ),
    "include": ("{{ define `d` }}a\n{{ . }}{{ end }}{{ include `d` .s | nindent 2 }}", "\n  a\n  str"),
    "tpl": ("{{ tpl `{{ .s }}-{{ $.i }}` . }}", "str-5"),
    "tpl removes no value": ("{{ tpl `<no value>{{ .n }}|` . }}{{ tpl `a<no value>` . }}", "|a"),
    "tpl sees templates, and its own only inside": (
        "{{ define `d` }}d{{ end }}"
        '{{ tpl `{{ define "e" }}e{{ end }}{{ include "d" . }}{{ include "e" . }}` . }}',
        "de",
    ),
    "and or give the operand": ("{{ and 1 .el }} {{ or .el 2 }} {{ or 0 `` }}", "[] 2 "),
    "short circuit": ("{{ or 1 (fail `x`) }}{{ and 0 (fail `x`) }}", "10"),
    "piped into or": ("{{ .s | or .el }} {{ 0 | and 1 }}", "str 0"),
    "pipeline": ("{{ .s | upper | printf `%s-%s` `a` }}", "a-STR"),
    "parentheses with fields": ("{{ (dict `a` 1).a }}{{ ((.missing).b).c }}", "1<no value>"),
    "field of nothing by a variable": ("{{ $x := .missing }}{{ $x.y.z }}", "<no value>"),
    "struct fields and methods": (
        "{{ .w.Size }}{{ .w.Label }}{{ .w.Twice `ab` }}{{ `c` | .w.Twice }}",
        "3[w]ababcc",
    ),
    "variadic method": ("{{ .w.Rest }}{{ .w.Rest `a` `b` }}", "02"),
    "struct": (
        "{{ .w }} {{ .p }} {{ print .p }} {{ .named }} {{ list .named }}",
        "{3 w <nil>} {3 w <nil>} &{3 w <nil>} named! [named!]",
    ),
    "map with concrete elements": ("[{{ (smap `a` `b`).missing }}]{{ (smap `a` `b`).a }}", "[]b"),
    "index": ("{{ index .l 1 }}{{ index .m `a` `x` }}{{ index .m `zz` }}{{ index .u 0 }}", "a1<no value>195"),
    "slice": ("{{ slice .l 1 }} {{ slice `abc` 1 2 }} {{ slice .u 0 2 }}", "[a <nil>] b é"),
    "len counts bytes": ("{{ len .u }}{{ len .l }}{{ len .m }}", "533"),
    "comparisons": (
        "{{ eq 1 2 1 }}{{ ne `a` `b` }}{{ lt 1 2 }}{{ le 2.0 2.0 }}{{ gt `b` `a` }}{{ ge 1 2 }}",
        "truetruetruetruetruefalse",
    ),
    "nil compares": ("{{ eq .n nil }}{{ eq .missing `a` }}{{ eq .el nil }}", "truefalsefalse"),
    "int and int64": ("{{ eq 1 (int64 1) }}{{ lt (index `a` 0) 98 }}", "truetrue"),
    "html": ("{{ html `<a b='c'>&\"` }}", "&lt;a b=&#39;c&#39;&gt;&amp;&#34;"),
    "js": ("{{ js `<'\\\"=é` }}", "\\u003C\\'\\\\\\\"\\u003Dé"),
    "urlquery": ("{{ urlquery `a b/é` 1 }}", "a+b%2F%C3%A91"),
    "print spaces": ("{{ print 1 2 `a` `b` 3 }}|{{ println `a` 1 }}", "1 2ab3|a 1\n"),
    "letters beyond ASCII": ("{{ .m.é }}{{ $ñ := 1 }}{{ $ñ }}", "21"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_template_writes(name: str) -> None:
    text, expected = TEXTS[name]
    assert render(text, DATA) == expected


def test_later_files_replace_templates_but_not_by_nothing() -> None:
    texts = ('{{ include "d" . }}', '{{ define "d" }}1{{ end }}', '{{ define "d" }}2{{ end }}')
    assert Evaluator(templates(*texts)).render(FILE, None) == "2"
    empty = '{{ define "d" }} {{/* nothing */}} {{ end }}'
    assert Evaluator(templates(*texts, empty)).render(FILE, None) == "2"


def test_strict_sets_know_no_missing_keys() -> None:
    assert render("{{ .a }}{{ index . `b` }}", {"a": 1}, strict=True) == "1<no value>"


def test_functions_shared_by_two_sets_are_compiled_once() -> None:
    first, second = templates("{{ upper `once` }}"), templates("x{{ upper `once` }}")
    assert first.table is second.table
    assert Evaluator(first).render(FILE, None) == "ONCE"
    pipe = second.templates[FILE].body.nodes[1].pipe  # type: ignore[attr-defined]
    assert pipe.run is not None
