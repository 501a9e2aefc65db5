"""Exit codes: 5 before 4 before 1 before 3 before 0, whatever the format."""

from __future__ import annotations

import pytest

from meshlint.options import FailOn
from meshlint.report import summary
from meshlint.report.result import Coverage, InternalError, Report, Suppression, merged
from meshlint.report.view import View
from meshlint.text.finding import Finding, Severity
from tests.report.samples import ROUTING, at, placed, settled


def report(*severities: Severity, objects: int = 1, suppressed: bool = False, **more: object) -> Report:
    accepted = Suppression("inSource") if suppressed else None
    findings = [
        settled(
            Finding("X001", "m", [], severity=severity), [placed(at(ROUTING, "kind"))], suppression=accepted
        )
        for severity in severities
    ]
    return Report(findings, Coverage(objects=objects), **more)  # type: ignore[arg-type]


BUG = [InternalError("X001", "m")]


@pytest.mark.parametrize(
    ("given", "fail_on", "code"),
    [
        (report(), "error", 0),
        (report("error"), "error", 1),
        (report("warning", "note"), "error", 0),
        (report("warning", "note"), "warning", 1),
        (report("note"), "note", 1),
        (report("note"), "warning", 0),
        (report("error"), "never", 0),
        (report("error", suppressed=True), "error", 0),
        (report(objects=0), "error", 3),
        (report("error", objects=0), "error", 1),
        (report("warning", objects=0), "error", 3),
        (report("error", input_failed=True), "error", 4),
        (report(input_failed=True, objects=0), "never", 4),
        (report("error", input_failed=True, internal_errors=BUG), "error", 5),
    ],
)
def test_exit_code(given: Report, fail_on: FailOn, code: int) -> None:
    assert given.exit_code(fail_on) == code


def test_empty_may_be_allowed() -> None:
    assert report(objects=0).exit_code(allow_empty=True) == 0


def test_counts_leave_out_what_is_accepted() -> None:
    both = merged([report("error", "note"), report("error", suppressed=True)])
    assert both.counts() == {"error": 1, "warning": 0, "note": 1}
    assert both.worst() == "error"
    assert len(both.suppressed()) == 1
    assert both.coverage.objects == 2


@pytest.mark.parametrize(
    ("facts", "verbose", "lines"),
    [
        ([], False, []),
        (["one"], False, ["not checked: one"]),
        (["one", "two"], False, ["not checked: one; two"]),
        (["x" * 200], False, ["not checked: " + "x" * 200]),
        (["x" * 90, "y" * 90], False, ["not checked:", "  " + "x" * 90, "  " + "y" * 90]),
        (
            [f"{n} " + "x" * 90 for n in range(12)],
            False,
            [
                "not checked:",
                *(f"  {n} " + "x" * 90 for n in range(10)),
                "  ... and 2 more (--verbose lists them)",
            ],
        ),
        (
            [f"{n} " + "x" * 90 for n in range(12)],
            True,
            ["not checked:", *(f"  {n} " + "x" * 90 for n in range(12))],
        ),
    ],
)
def test_what_was_not_checked_is_said_readably(facts: list[str], verbose: bool, lines: list[str]) -> None:
    closing = summary.write(Report([], Coverage(objects=1, not_checked=facts)), View(verbose=verbose))
    assert closing.splitlines()[1:-1] == lines
