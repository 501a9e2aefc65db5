"""Errors of execution in Go's words: file, line and byte column, the template, the expression, the reason."""

from __future__ import annotations

from typing import Any

import pytest

from meshlint.gotemplate.errors import TemplateError
from tests.gotemplate.engine import FILE, Widget, failure

DATA: dict[str, Any] = {
    "i": 5.0,
    "s": "str",
    "t": True,
    "n": None,
    "l": [1.0, "a", None],
    "m": {"b": 1.0, "a": {"x": 1.0}},
    "em": {},
    "w": Widget(),
}

# template -> (line:column, expression, reason)
CASES: dict[str, tuple[str, str, str]] = {
    "{{ .s.x }}": ("1:5", ".s.x", "can't evaluate field x in type interface {}"),
    "{{ .m.a.x.y }}": ("1:5", ".m.a.x.y", "can't evaluate field y in type interface {}"),
    "{{ .em.x.y }}": ("1:6", ".em.x.y", "nil pointer evaluating interface {}.y"),
    "{{ .missing.y }}": ("1:11", ".missing.y", "nil pointer evaluating interface {}.y"),
    "{{ $x := .s }}{{ $x.y }}": ("1:19", "$x.y", "can't evaluate field y in type string"),
    "{{ (.s).y }}": ("1:4", ".s", "can't evaluate field y in type string"),
    "{{ with .s }}{{ .y }}{{ end }}": ("1:16", ".y", "can't evaluate field y in type string"),
    "{{ range .l }}{{ .y }}{{ end }}": ("1:17", ".y", "can't evaluate field y in type interface {}"),
    "{{ range $e := list nil }}{{ $e.y }}{{ end }}": (
        "1:31",
        "$e.y",
        "nil pointer evaluating interface {}.y",
    ),
    "{{ range splitList `,` `a` }}{{ .y }}{{ end }}": ("1:32", ".y", "can't evaluate field y in type string"),
    "é\n é{{ .s.x }}": ("2:8", ".s.x", "can't evaluate field x in type interface {}"),
    "{{ .w.size }}": ("1:5", ".w.size", "can't evaluate field size in type interface {}"),
    "{{ .w.Size 1 }}": ("1:5", ".w.Size", "Size has arguments but cannot be invoked as function"),
    "{{ .w.Twice }}": ("1:5", ".w.Twice", "wrong number of args for Twice: want 1 got 0"),
    "{{ .w.Twice 1 }}": ("1:12", "1", "expected string; found 1"),
    "{{ .w.Twice .i }}": ("1:12", ".i", "wrong type for value; expected string; got float64"),
    "{{ .w.Refuse }}": ("1:5", ".w.Refuse", "error calling Refuse: no"),
    "{{ .s `x` }}": ("1:3", ".s", "s is not a method but has arguments"),
    "{{ 1 | .m.b }}": ("1:9", ".m.b", "b is not a method but has arguments"),
    "{{ range .i }}{{ end }}": ("1:9", ".i", "range can't iterate over 5"),
    "{{ range .s }}{{ end }}": ("1:9", ".s", "range can't iterate over str"),
    "{{ range .w }}{{ end }}": ("1:9", ".w", "range can't iterate over {3 w <nil>}"),
    "{{ range $i, $e := 3 }}{{ end }}": ("1:19", "3", "can't use 3 to iterate over more than one variable"),
    "{{ template `zz` . }}": ("1:12", '{{template "zz" .}}', 'template "zz" not defined'),
    "{{ $x = 1 }}": ("1:8", "1", "undefined variable: $x"),
    "{{ if .n }}{{ $x := 1 }}{{ else }}{{ $x }}{{ end }}": ("1:37", "$x", "undefined variable: $x"),
    "{{ nil }}": ("1:3", "nil", "nil is not a command"),
    "{{ `a` `b` }}": ("1:3", "`a`", "can't give argument to non-function `a`"),
    "{{ 1 | (.s) }}": ("1:3", "1", "can't give argument to non-function .s"),
    "{{ 18446744073709551615 }}": ("1:3", "18446744073709551615", "18446744073709551615 overflows int"),
    "{{ upper }}": ("1:3", "upper", "wrong number of args for upper: want 1 got 0"),
    "{{ .s | upper .s }}": ("1:8", "upper", "wrong number of args for upper: want 1 got 2"),
    "{{ and }}": ("1:3", "and", "wrong number of args for and: want at least 1 got 0"),
    "{{ upper 5 }}": ("1:9", "5", "expected string; found 5"),
    "{{ upper .i }}": ("1:9", ".i", "wrong type for value; expected string; got float64"),
    "{{ upper .n }}": ("1:9", ".n", "wrong type for value; expected string; got interface {}"),
    "{{ .n | upper }}": ("1:8", "upper", "invalid value; expected string"),
    "{{ upper (.n) }}": ("1:10", ".n", "invalid value; expected string"),
    "{{ upper nil }}": ("1:9", "nil", "cannot assign nil to string"),
    "{{ trunc 3.5 `a` }}": ("1:9", "3.5", "expected integer; found 3.5"),
    "{{ trunc (int64 3) `a` }}": ("1:16", "3", "wrong type for value; expected int; got int64"),
    "{{ .i | trunc 1 }}": ("1:14", "1", "wrong type for value; expected string; got float64"),
    "{{ need_bool 1 }}": ("1:13", "1", "expected bool; found 1"),
    "{{ need_float `a` }}": ("1:14", "`a`", "expected float; found `a`"),
    "{{ need_uint -1 }}": ("1:13", "-1", "expected unsigned integer; found -1"),
    "{{ need_list true }}": ("1:13", "true", "can't handle true for arg of type []interface {}"),
    "{{ need_list .m }}": (
        "1:13",
        ".m",
        "wrong type for value; expected []interface {}; got map[string]interface {}",
    ),
    "{{ hasKey .zz `a` }}": (
        "1:10",
        ".zz",
        "wrong type for value; expected map[string]interface {}; got interface {}",
    ),
    "{{ hasKey (smap `a` `b`) `a` }}": (
        "1:20",
        "`b`",
        "wrong type for value; expected map[string]interface {}; got map[string]string",
    ),
    "{{ fail `x` | print 1 }}": ("1:3", "fail `x`", "error calling fail: x"),
    "{{ print 1   (  fail  `x`) }}": ("1:16", "fail `x`", "error calling fail: x"),
    "{{ eq 1 .i }}": (
        "1:3",
        "eq 1 .i",
        "error calling eq: incompatible types for comparison: int and float64",
    ),
    "{{ eq .m .m }}": (
        "1:3",
        "eq .m .m",
        "error calling eq: non-comparable type map[a:map[x:%!s(float64=1)] b:%!s(float64=1)]: "
        "map[string]interface {}",
    ),
    "{{ eq .m .l }}": (
        "1:3",
        "eq .m .l",
        "error calling eq: non-comparable types map[a:map[x:%!s(float64=1)] b:%!s(float64=1)]: "
        "map[string]interface {}, []interface {}: [1 a <nil>]",
    ),
    "{{ eq 1 }}": ("1:3", "eq 1", "error calling eq: missing argument for comparison"),
    "{{ lt .n 1 }}": ("1:3", "lt .n 1", "error calling lt: invalid type for comparison"),
    "{{ lt true false }}": ("1:3", "lt true false", "error calling lt: invalid type for comparison"),
    "{{ len 3 }}": ("1:3", "len 3", "error calling len: len of type int"),
    "{{ len .n }}": ("1:3", "len .n", "error calling len: len of nil pointer"),
    "{{ len nil }}": (
        "1:3",
        "len nil",
        "error calling len: reflect: call of reflect.Value.Type on zero Value",
    ),
    "{{ index .l 5 }}": ("1:3", "index .l 5", "error calling index: index out of range: 5"),
    "{{ index .l 3 }}": ("1:3", "index .l 3", "error calling index: reflect: slice index out of range"),
    "{{ index .l true }}": (
        "1:3",
        "index .l true",
        "error calling index: cannot index slice/array with type bool",
    ),
    "{{ index .m 1 }}": ("1:3", "index .m 1", "error calling index: value has type int; should be string"),
    "{{ index .n 1 }}": ("1:3", "index .n 1", "error calling index: index of untyped nil"),
    "{{ index .m `zz` `a` }}": ("1:3", "index .m `zz` `a`", "error calling index: index of nil pointer"),
    "{{ index .t 1 }}": ("1:3", "index .t 1", "error calling index: can't index item of type bool"),
    "{{ slice .s 2 1 }}": ("1:3", "slice .s 2 1", "error calling slice: invalid slice index: 2 > 1"),
    "{{ slice .s 1 2 3 }}": ("1:3", "slice .s 1 2 3", "error calling slice: cannot 3-index slice a string"),
    "{{ call .s }}": ("1:3", "call .s", "error calling call: non-function .s of type string"),
    "{{ call .n }}": ("1:3", "call .n", "error calling call: call of nil"),
    "{{ (or .n .s).x }}": ("1:10", ".s", "can't evaluate field x in type string"),
    "{{ (or .s .n).x }}": ("1:7", ".s", "can't evaluate field x in type string"),
    "{{ include `zz` . }}": (
        "1:3",
        "include `zz` .",
        'error calling include: template: no template "zz" associated with template "gotpl"',
    ),
    "{{ tpl `{{ x }}` . }}": (
        "1:3",
        "tpl `{{ x }}` .",
        'error calling tpl: cannot parse template "{{ x }}": template: gotpl:1: function "x" not defined',
    ),
}


@pytest.mark.parametrize("text", CASES)
def test_an_error_names_its_place_as_go_does(text: str) -> None:
    place, context, reason = CASES[text]
    error = failure(text, DATA)
    assert error.message == f'template: {FILE}:{place}: executing "{FILE}" at <{context}>: {reason}'
    assert f"{error.line}:{error.column}" == place
    assert not error.internal


def test_an_error_inside_an_include_is_wrapped_link_by_link() -> None:
    error = failure('{{ define "h" }}\n{{ .x.y.z }}{{ end }}{{ include "h" . }}', {})
    inner = f'template: {FILE}:2:5: executing "h" at <.x.y.z>: nil pointer evaluating interface {{}}.y'
    outer = f'template: {FILE}:2:24: executing "{FILE}" at <include "h" .>: error calling include: '
    assert [str(link) for link in error.chain()] == [outer + inner, inner]
    assert error.deepest().template == "h"
    scope = error.deepest().scope
    assert scope is not None
    assert [(link.kind, link.name) for link in scope.links()] == [("call", "h")]


def test_an_error_inside_a_template_action_is_not_wrapped() -> None:
    error = failure('{{ define "h" }}{{ fail "x" }}{{ end }}{{ template "h" . }}')
    reason = 'executing "h" at <fail "x">: error calling fail: x'
    assert error.message == f"template: {FILE}:1:19: {reason}"


def test_an_error_inside_tpl_quotes_the_text() -> None:
    error = failure("{{ tpl `{{ .a.b }}` . }}", {"a": 1})
    inner = 'template: gotpl:1:5: executing "gotpl" at <.a.b>: can\'t evaluate field b in type interface {}'
    reason = f'error during tpl function execution for "{{{{ .a.b }}}}": {inner}'
    assert error.reason == f"error calling tpl: {reason}"
    assert [str(link) for link in error.chain()][1:] == [reason, inner]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ .a }}", 'map has no entry for key "a"'),
        ("{{ default 1 .a }}", 'map has no entry for key "a"'),
        ("{{ (smap `b` `c`).a }}", 'map has no entry for key "a"'),
        ("{{ $x := index . `n` }}{{ $x.a }}", 'nil data; no entry for key "a"'),
    ],
)
def test_strict_sets_refuse_missing_keys(text: str, reason: str) -> None:
    assert failure(text, {"n": None}, strict=True).reason == reason


def test_a_mistake_of_ours_is_reported_at_its_place() -> None:
    error = failure("a\n{{ broken 1 }}")
    assert error.internal
    assert error.reason == "internal error: ZeroDivisionError: our mistake"
    assert (error.line, error.span.text()) == (2, "{{ broken 1 }}")
    assert isinstance(error.cause, ZeroDivisionError)


def test_an_error_knows_what_was_open_and_read() -> None:
    error = failure(
        "{{ if .a }}{{ with .b }}{{ print $.c | fail }}{{ end }}{{ end }}", {"a": 1, "b": 2, "c": "x"}
    )
    assert isinstance(error, TemplateError)
    assert error.scope is not None
    assert [link.kind for link in error.scope.links()] == ["with", "if"]
    assert [read.key for read in error.reads] == ["c"]
