"""Room: report. The JSON report for programs: everything a finding knows.

`schema_version` counts up when the shape changes so that readers would break.
Lines and columns are 1-based, columns count code points, ends are exclusive.
"""

from __future__ import annotations

from typing import Any

from meshlint import __version__
from meshlint.report.anchor import anchored, call_site, located
from meshlint.report.result import Report, Settled
from meshlint.report.view import View
from meshlint.text.finding import Location, Place
from meshlint.text.origin import KeyOrigin, dotted

SCHEMA_VERSION = 1


def write(report: Report, view: View) -> str:
    """The whole report as one JSON object."""
    import json

    return json.dumps(document(report, view), ensure_ascii=False, indent=2) + "\n"


def write_lines(report: Report, view: View) -> str:  # noqa: ARG001 - every format takes both
    """One JSON object per finding and line, accepted findings included."""
    import json

    names = rule_names()
    rows = (finding(settled, names) for settled in report.settled)
    return "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def document(report: Report, view: View) -> dict[str, Any]:
    """The report as plain data."""
    coverage = report.coverage
    names = rule_names()
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "meshlint", "version": __version__},
        "config": {"file": view.config or None, "fail_on": view.fail_on},
        "coverage": {name: getattr(coverage, name) for name in coverage.__slots__},
        "summary": {
            **{severity + "s": count for severity, count in report.counts().items()},
            "suppressed": len(report.suppressed()),
            "input_failed": report.input_failed,
            "exit_code": view.exit_code,
        },
        "internal_errors": [error._asdict() for error in report.internal_errors],
        "findings": [finding(settled, names) for settled in report.settled],
    }


def rule_names() -> dict[str, str]:
    """Rule code -> slug."""
    from meshlint.rules.catalog import ALL

    return {rule.code: rule.slug for rule in ALL}


def finding(settled: Settled, names: dict[str, str]) -> dict[str, Any]:
    """One finding as plain data."""
    fault = settled.finding
    places = [place_document(place, location) for place, location in settled.locations]
    return {
        "code": fault.code,
        "name": names.get(fault.code, ""),
        "severity": fault.severity,
        "precision": fault.precision,
        "message": fault.message,
        "effect": fault.effect._asdict() if fault.effect else None,
        "object": fault.object._asdict() if fault.object else None,
        "values_sets": list(settled.scenarios),
        "values_sets_total": settled.sets,
        "toggles": list(fault.toggles),
        "primary": places[0],
        "related": places[1:],
        "hint": fault.hint or None,
        "notes": fault.notes,
        "fix": [_edit(edit.source.path, *edit) for edit in fault.edits],
        "provisional": fault.provisional,
        "peers": list(fault.peers),
        "fingerprint": settled.fingerprint,
        "suppression": settled.suppression._asdict() if settled.suppression else None,
    }


def place_document(place: Place, location: Location) -> dict[str, Any]:
    """One place as plain data: lines, grade, the calls that led there, the values that went in."""
    return {
        "role": place.role,
        "label": place.label or None,
        **_lines(location),
        "grade": location.grade,
        "pointer": pointer(location),
        "rendered": {"line": location.rendered} if location.rendered else None,
        "calls": [{"name": scope.name, **_lines(call_site(scope))} for scope in location.calls],
        "provenance": [_provenance(origin) for origin in location.values],
    }


def _lines(location: Location) -> dict[str, Any]:
    anchor = anchored(location)
    if anchor is None:
        return dict.fromkeys(("line", "column", "end_line", "end_column")) | {"file": location.source.path}
    return {
        "file": anchor.path,
        "line": anchor.line,
        "column": anchor.column,
        "end_line": anchor.end_line,
        "end_column": anchor.end_column,
        **({"stands_for": anchor.origin} if anchor.origin else {}),
    }


def _provenance(origin: KeyOrigin) -> dict[str, Any]:
    return {**_lines(located(origin)), "path": dotted(origin.path)}


def _edit(path: str, source: Any, start: int, end: int, text: str) -> dict[str, Any]:
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    place = {"file": path, "line": line, "column": column, "end_line": end_line, "end_column": end_column}
    return {**place, "replacement": text}


def pointer(location: Location) -> str | None:
    """The JSON pointer (RFC 6901) of the place inside its Kubernetes object, None outside of one."""
    if not location.pointer:
        return None
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location.pointer)
