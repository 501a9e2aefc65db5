"""Parsing: Go's syntax errors with their lines, the tree with its places, the memo, and no surprises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshlint.gotemplate.builtins import BUILTINS
from meshlint.gotemplate.errors import TemplateSyntaxError
from meshlint.gotemplate.nodes import (
    ActionNode,
    BranchNode,
    BreakNode,
    CallNode,
    IfNode,
    ListNode,
    Node,
    RangeNode,
    TemplateNode,
    TextNode,
)
from meshlint.gotemplate.parser import parse
from meshlint.text.source import Source
from tests.gotemplate.engine import FUNCTIONS

NAMES = frozenset(BUILTINS) | frozenset(FUNCTIONS)

# template -> (line, reason)
ERRORS: dict[str, tuple[int, str]] = {
    "{{ 1": (1, "unclosed action"),
    "{{ 1\n\n": (3, "unclosed action started at t:1"),
    "{{": (1, "unclosed action"),
    "{{ }}": (1, "missing value for command"),
    "{{ 1 }": (1, 'unexpected "}" in operand'),
    "{{ ( 1 }}": (1, "unclosed left paren"),
    "{{ 1 ) }}": (1, "unexpected right paren"),
    "{{ () }}": (1, "missing value for parenthesized pipeline"),
    "{{ if }}{{ end }}": (1, "missing value for if"),
    "{{ if 1 }}": (1, "unexpected EOF"),
    "{{ define `a` }}": (1, "unexpected EOF"),
    "a\n{{ end }}": (2, "unexpected {{end}}"),
    "{{ else }}": (1, "unexpected {{else}}"),
    "{{ define `a` }}{{ else }}": (1, "unexpected {{else}} in define clause"),
    "{{ block `a` . }}{{ else }}": (1, "unexpected {{else}} in block clause"),
    "{{ if 1 }}{{ else }}{{ else }}{{ end }}": (1, "expected end; found {{else}}"),
    "{{ if 1 }}{{ else }}{{ else if 1 }}{{ end }}": (1, "expected end; found {{else}}"),
    "{{ with 1 }}{{ else if 1 }}{{ end }}": (1, "unexpected <if> in input"),
    "{{ if 1 }}{{ define `a` }}{{ end }}{{ end }}": (1, "unexpected <define> in command"),
    "{{ break }}": (1, "{{break}} outside {{range}}"),
    "{{ range 1 }}{{ else }}{{ continue }}{{ end }}": (1, "{{continue}} outside {{range}}"),
    "{{ range 1 }}{{ block `b` . }}{{ break }}{{ end }}{{ end }}": (1, "{{break}} outside {{range}}"),
    "{{ range 1 }}{{ break 1 }}{{ end }}": (1, 'unexpected "1" in {{break}}'),
    "{{ end 1 }}": (1, 'unexpected "1" in end'),
    "{{ foo }}": (1, 'function "foo" not defined'),
    "a\n{{ print\n foo }}": (3, 'function "foo" not defined'),
    "{{ $x }}": (1, 'undefined variable "$x"'),
    "{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}": (1, 'undefined variable "$x"'),
    "{{ define `a` }}{{ $x }}{{ end }}": (1, 'undefined variable "$x"'),
    "{{ $x, $y := 1 }}": (1, "too many declarations in command"),
    "{{ range $x, 1 }}{{ end }}": (1, "range can only initialize variables"),
    "{{ range $x, $y, $z := 1 }}{{ end }}": (1, "too many declarations in range"),
    "{{ 1 | 2 }}": (1, "non executable command in pipeline stage 2"),
    "{{ 1 | print | . }}": (1, "non executable command in pipeline stage 3"),
    "{{ | 1 }}": (1, 'unexpected "|" in command'),
    "{{ 1(2) }}": (1, 'unexpected "(" in operand'),
    '{{ "a".b }}': (1, 'unexpected . after term "\\"a\\""'),
    "{{ 1.b }}": (1, 'bad number syntax: "1.b"'),
    "{{ nil.b }}": (1, 'unexpected . after term "nil"'),
    "{{ .a-b }}": (1, "bad character U+002D '-'"),
    "{{ .a.$x }}": (1, "bad character U+0024 '$'"),
    "{{ print² }}": (1, "bad character U+00B2 '²'"),
    "{{ # }}": (1, 'unexpected "#" in command'),
    "{{ \u00b2 }}": (1, "unrecognized character in action: U+00B2 '²'"),
    "{{ : }}": (1, "expected :="),
    '{{ "a\nb" }}': (1, "unterminated quoted string"),
    "{{ `a }}": (1, "unterminated raw quoted string"),
    "{{ 'a }}": (1, "unterminated character constant"),
    "{{ 'ab' }}": (1, "malformed character constant: 'ab'"),
    '{{ "\\q" }}': (1, "invalid syntax"),
    "{{ 99999999999999999999 }}": (1, 'integer overflow: "99999999999999999999"'),
    "{{ 08 }}": (1, 'integer overflow: "08"'),
    "{{ 1__0 }}": (1, 'illegal number syntax: "1__0"'),
    "{{ 1x }}": (1, 'bad number syntax: "1x"'),
    "{{ 1+2 }}": (1, 'bad number syntax: "1+2"'),
    "{{/* a }}": (1, "unclosed comment"),
    "{{/* a */ }}": (1, "comment ends before closing delimiter"),
    "{{ /* a */ }}": (1, 'unexpected "/" in command'),
    "{{ template x }}": (1, 'unexpected "x" in template clause'),
    "{{ block `b` }}{{ end }}": (1, "missing value for block clause"),
    "{{ define x }}": (1, 'unexpected "x" in define clause'),
    "{{ define `a` 1 }}": (1, 'unexpected "1" in define clause'),
    "{{ print supercalifragilistic`x` }}": (1, "bad character U+0060 '`'"),
    "{{ 1 | print |supercalifragilistic }}": (1, 'function "supercalifragilistic" not defined'),
    "{{ . `supercalifragilistic`= }}": (1, 'unexpected "=" in operand'),
    "{{ template `a` . | template }}": (1, "unexpected <template> in template clause"),
    "{{ define `a` }}1{{ end }}\n{{ define `a` }}2{{ end }}": (
        2,
        'template: multiple definition of template "a"',
    ),
}


def trees(text: str) -> dict[str, TemplateNode]:
    return parse(Source("t.yaml", text, "template"), "t", NAMES)


@pytest.mark.parametrize("text", ERRORS)
def test_a_syntax_error_is_gos(text: str) -> None:
    line, reason = ERRORS[text]
    with pytest.raises(TemplateSyntaxError) as caught:
        trees(text)
    assert caught.value.message == f"template: t:{line}: {reason}"
    assert Source("t", text).position(caught.value.offset)[0] == line


def test_what_was_parsed_before_changes_no_error() -> None:
    trees("{{ $x := 1 }}{{ $x }}{{ upper `a` }}")
    with pytest.raises(TemplateSyntaxError, match='undefined variable "\\$x"'):
        trees("{{ $x }}")
    with pytest.raises(TemplateSyntaxError, match='function "upper" not defined'):
        parse(Source("t.yaml", "{{ upper `a` }}"), "t", frozenset(("print",)))
    with pytest.raises(TemplateSyntaxError, match="unclosed action"):
        trees("{{ upper `a` ")


def test_actions_with_the_same_text_share_their_pipeline() -> None:
    first, second = trees("a{{ .Values.shared }}b{{ .Values.shared }}")["t"].body.nodes[1::2]
    assert isinstance(first, ActionNode)
    assert isinstance(second, ActionNode)
    assert first.pipe is second.pipe
    assert (first.start, second.start) == (1, 22)


def test_nodes_know_their_places() -> None:
    text = "a {{- if .x }} b{{ else }}c{{ end -}} \nd{{ range $i, $e := .l }}{{ break }}{{ end }}"
    body = trees(text)["t"].body
    kinds = [type(node) for node in body.nodes]
    assert kinds == [TextNode, IfNode, TextNode, RangeNode]
    branch = body.nodes[1]
    assert isinstance(branch, IfNode)
    assert branch.text() == "{{- if .x }}"
    assert text[branch.start : branch.close] == "{{- if .x }} b{{ else }}c{{ end -}}"
    assert branch.body.text() == " b"
    assert branch.otherwise is not None
    assert branch.otherwise.text() == "c"
    assert body.nodes[2].text() == "d"
    loop = body.nodes[3]
    assert isinstance(loop, RangeNode)
    assert loop.pipe.names == ("$i", "$e")
    assert [type(node) for node in loop.body.nodes] == [BreakNode]


def test_else_if_is_a_branch_inside_the_else() -> None:
    text = "{{ if .a }}1{{ else if .b }}2{{ else }}3{{ end }}"
    outer = trees(text)["t"].body.nodes[0]
    assert isinstance(outer, IfNode)
    assert outer.otherwise is not None
    (inner,) = outer.otherwise.nodes
    assert isinstance(inner, IfNode)
    assert inner.text() == "{{ else if .b }}"
    assert inner.close == outer.close == len(text)
    assert [node.text() for node in ListNode.walk(trees(text)["t"].body) if isinstance(node, TextNode)] == [
        "1",
        "2",
        "3",
    ]


def test_defines_and_blocks_are_trees_of_their_own() -> None:
    text = "{{ define `a` }}x{{ block `b` .y }}z{{ end }}{{ end }}"
    found = trees(text)
    assert sorted(found) == ["a", "b", "t"]
    assert found["a"].text() == text
    assert found["b"].body.text() == "z"
    call = found["a"].body.nodes[1]
    assert isinstance(call, CallNode)
    assert (call.name, str(call.pipe)) == ("b", ".y")
    assert found["t"].body.is_empty()


@pytest.mark.parametrize(
    ("action", "chains"),
    [
        ("{{ .Values.a.b }}", [("", "Values", "a", "b")]),
        ("{{ $.Values.a | default .Chart.Name }}", [("$", "Values", "a"), ("", "Chart", "Name")]),
        ("{{ if and .a (not (.b).c) }}{{ end }}", [("", "a"), ("", "b")]),
    ],
)
def test_a_pipeline_tells_its_field_chains(action: str, chains: list[tuple[str, ...]]) -> None:
    node = trees(action)["t"].body.nodes[0]
    assert isinstance(node, (ActionNode, BranchNode))
    assert node.pipe.chains() == chains


@pytest.mark.parametrize(
    ("action", "printed"),
    [
        ("{{$x:=1|print   2}}", "$x := 1 | print 2"),
        ("{{ $x := 1 }}{{$x   =  ( .a )}}", "$x = (.a)"),
        ("{{print (.a).b $.c 'd' `e` nil true 1e3}}", "print (.a).b $.c 'd' `e` nil true 1e3"),
    ],
)
def test_a_pipeline_prints_as_go_prints_it(action: str, printed: str) -> None:
    node = trees(action)["t"].body.nodes[-1]
    assert isinstance(node, ActionNode)
    assert str(node.pipe) == printed


def test_deep_parentheses_are_read() -> None:
    node = trees("{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}")["t"].body.nodes[0]
    assert isinstance(node, ActionNode)


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            *(
                "{{",
                "}}",
                "{{- ",
                " -}}",
                " ",
                "\n",
                '"',
                "`",
                "'",
                "(",
                ")",
                "|",
                ".",
                "$x",
                ".a.b",
                ":=",
                "=",
            ),
            *(",", "if", "else", "end", "range", "with", "define", "block", "template", "break", '"n"', "1"),
            *(
                "1.5",
                "nil",
                "print",
                "/*",
                "*/",
                "{{/* c */}}",
                "é",
                "{{ end }}",
                "{{ if .a }}",
                "text",
                "\\",
            ),
        ]
    ),
    max_size=12,
)


@given(FRAGMENTS)
@settings(max_examples=300)
def test_any_text_parses_or_is_refused(fragments: list[str]) -> None:
    text = "".join(fragments)
    try:
        nodes = [node for tree in trees(text).values() for node in tree.body.walk()]
        stopped = 0
    except TemplateSyntaxError as error:
        nodes, stopped = [], error.offset
    assert 0 <= stopped <= len(text)
    for node in nodes:
        check_place(node, text)


def check_place(node: Node, text: str) -> None:
    assert node.source.text == text
    assert 0 <= node.start < node.end <= len(text)
    if isinstance(node, TextNode):
        assert node.text() == node.text_written
    else:
        assert node.text().startswith("{{")
        assert node.text().endswith("}}")
    if isinstance(node, BranchNode):
        assert node.end <= node.body.start <= node.body.end <= node.close
