"""Room: report. Reviewdog's diagnostic format with suggestions; its columns are UTF-8 bytes."""

from __future__ import annotations

from typing import Any

from meshlint.report.anchor import Anchor, anchored
from meshlint.report.result import Report, Settled
from meshlint.report.style import one_line
from meshlint.report.view import View
from meshlint.text.finding import Edit, Location
from meshlint.text.source import Source

LEVELS = {"error": "ERROR", "warning": "WARNING", "note": "INFO"}


def write(report: Report, view: View) -> str:  # noqa: ARG001 - every format takes both
    """The open findings as one DiagnosticResult."""
    import json

    diagnostics = [_diagnostic(settled) for settled in report.open()]
    return json.dumps({"source": {"name": "meshlint"}, "diagnostics": diagnostics}, ensure_ascii=False) + "\n"


def _diagnostic(settled: Settled) -> dict[str, Any]:
    finding = settled.finding
    entry: dict[str, Any] = {
        "message": one_line(finding.message + settled.aside()),
        "location": _location(settled.primary),
        "severity": LEVELS[finding.severity],
        "code": {"value": finding.code},
    }
    related = [
        {"message": one_line(place.label), "location": _location(location)}
        for place, location in settled.locations[1:]
    ]
    if related:
        entry["related_locations"] = related
    if finding.edits:
        entry["suggestions"] = [_suggestion(edit) for edit in finding.edits]
    return entry


def _location(location: Location) -> dict[str, Any]:
    anchor = anchored(location)
    if anchor is None:
        return {"path": location.source.path}
    return {"path": anchor.path, "range": _range(anchor)}


def _range(anchor: Anchor) -> dict[str, Any]:
    return {
        "start": {"line": anchor.line, "column": _byte_column(anchor.source, anchor.line, anchor.column)},
        "end": {
            "line": anchor.end_line,
            "column": _byte_column(anchor.source, anchor.end_line, anchor.end_column),
        },
    }


def _suggestion(edit: Edit) -> dict[str, Any]:
    start, end = edit.source.position(edit.start), edit.source.position(edit.end)
    return {"range": _range(Anchor(edit.source, edit.source.path, *start, *end, "exact")), "text": edit.text}


def _byte_column(source: Source | None, line: int, column: int) -> int:
    before = source.line_text(line)[: column - 1] if source else ""
    return column - len(before) + len(before.encode("utf-8", "surrogatepass"))
