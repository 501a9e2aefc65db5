"""Runs that would not end, and runs that go on: limits, deep recursion, on_error, coverage."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest

from meshlint.gotemplate.deep import in_deep_stack
from meshlint.gotemplate.errors import TemplateError
from meshlint.gotemplate.evaluate import Evaluator, Limits
from meshlint.gotemplate.nodes import ListNode
from tests.gotemplate.engine import FILE, failure, parts, render, templates


def test_a_template_may_include_itself_a_thousand_times() -> None:
    text = (
        '{{ define "d" }}{{ if lt (len .) 999 }}{{ include "d" (print . "x") }}{{ end }}.{{ end }}'
        '{{ include "d" "" }}'
    )
    assert render(text) == "." * 1000


def test_more_than_that_is_an_error_of_every_link() -> None:
    error = failure('{{ define "d" }}{{ include "d" . }}{{ end }}{{ include "d" . }}')
    assert len([link for link in error.chain() if isinstance(link, TemplateError)]) == 1002
    assert error.message.endswith(
        "error calling include: rendering template has a nested reference name: d: unable to execute template"
    )


@pytest.mark.parametrize(
    ("text", "data", "reason"),
    [
        (
            '{{ define "d" }}{{ template "d" . }}{{ end }}{{ template "d" . }}',
            None,
            "exceeded maximum template depth (4000)",
        ),
        ("{{ tpl .t . }}", {"t": "{{ tpl .t $ }}"}, "more than 200 tpl calls inside each other"),
        ("{{ range 1000000000 }}{{ end }}", None, "more than 2000 nodes executed"),
        ("{{ range 1000 }}{{ range 1000 }}x{{ end }}{{ end }}", None, "more than 2000 nodes executed"),
        ("{{ $x := `ab` }}{{ range 40 }}{{ $x = print $x $x }}{{ end }}", None, "output of more than"),
        ("{{ range 1000 }}" + "x" * 5000 + "{{ end }}", None, "output of more than 1000000 characters"),
    ],
)
def test_what_would_not_end_is_stopped(text: str, data: Any, reason: str) -> None:
    # Only loops are short of steps: recursion has limits of its own.
    steps = 2000 if "range" in text else 1_000_000
    error = failure(text, data, limits=Limits(steps=steps, size=1_000_000))
    assert reason in error.message


def test_values_that_contain_themselves_are_reported_where_they_are_printed() -> None:
    ring: dict[str, Any] = {}
    ring["self"] = ring
    error = failure("a\n{{ .ring }}", {"ring": ring})
    assert (error.line, error.internal) == (2, False)
    assert error.reason.startswith("stack overflow")


def test_blocks_may_be_nested_deeper_than_the_stack_goes() -> None:
    error = failure("{{ if 1 }}" * 5000 + "{{ end }}" * 5000)
    assert error.reason.startswith("stack overflow")
    assert not error.internal


def test_a_deep_stack_hands_back_results_and_errors_and_leaves_no_trace() -> None:
    before = sys.getrecursionlimit(), threading.stack_size()

    def down(depth: int) -> int:
        return 0 if depth == 0 else 1 + down(depth - 1)

    assert in_deep_stack(lambda: down(20_000)) == 20_000
    with pytest.raises(ZeroDivisionError):
        in_deep_stack(lambda: 1 // 0)
    assert (sys.getrecursionlimit(), threading.stack_size()) == before


def test_a_run_goes_on_with_what_on_error_gives() -> None:
    met: list[TemplateError] = []

    def note(error: TemplateError) -> str:
        met.append(error)
        return "?"

    text = (
        '{{ define "d" }}<{{ fail "in" }}>{{ end }}'
        "{{ .a.b }} {{ $x := fail `x` }}{{ $x }} {{ range .n }}{{ end }}"
        '{{ if fail `if` }}yes{{ end }} {{ include "d" . }} {{ template "zz" }}.'
    )
    found = parts(text, {"a": 1, "n": 1.5}, on_error=note)
    assert "".join(part.text for part in found) == "? ? yes <?> ?."
    assert [error.reason for error in met] == [
        "can't evaluate field b in type interface {}",
        "error calling fail: x",
        "range can't iterate over 1.5",
        "error calling fail: if",
        "error calling fail: in",
        'template "zz" not defined',
    ]


def test_limits_are_final() -> None:
    error = failure(
        "{{ range 100 }}{{ end }}a", limits=Limits(steps=50), on_error=lambda error: pytest.fail(str(error))
    )
    assert error.fatal


def test_coverage_tells_the_branches_that_were_taken() -> None:
    text = "{{ if .a }}1{{ else }}2{{ end }}{{ range .l }}3{{ else }}4{{ end }}{{ with .b }}5{{ end }}"
    found: set[ListNode] = set()
    Evaluator(templates(text), coverage=found).render(FILE, {"a": 1, "l": [], "b": None})
    assert sorted(taken.text() for taken in found if taken.text() != text) == ["1", "4"]
