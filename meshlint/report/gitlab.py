"""Room: report. GitLab's code quality report (the Code Climate subset GitLab reads): a JSON array.

Each entry has a fingerprint of its own: a merge request tells new from old by it, and drops doubles.
"""

from __future__ import annotations

from typing import Any

from meshlint.report.anchor import anchored
from meshlint.report.result import Report, Settled
from meshlint.report.style import one_line
from meshlint.report.uri import relative
from meshlint.report.view import View

LEVELS = {"error": "major", "warning": "minor", "note": "info"}


def write(report: Report, view: View) -> str:
    """The open findings as a JSON array, `[]` without any."""
    import json

    seen: dict[str, int] = {}
    return json.dumps(
        [_entry(settled, view, seen) for settled in report.open()], ensure_ascii=False, indent=2
    ) + ("\n")


def _entry(settled: Settled, view: View, seen: dict[str, int]) -> dict[str, Any]:
    finding, anchor = settled.finding, anchored(settled.primary)
    path = anchor.path if anchor else settled.primary.source.path
    inside = relative(path, view.root, view.directory)
    return {
        "type": "issue",
        "check_name": finding.code,
        "description": one_line(f"{finding.code}: {finding.message}{settled.aside()}"),
        "categories": ["Bug Risk"],
        "severity": LEVELS[finding.severity],
        "fingerprint": _unique(settled.fingerprint, seen),
        "location": {
            "path": inside if inside is not None else path,
            "lines": {
                "begin": anchor.line if anchor else 1,
                "end": max(anchor.end_line, anchor.line) if anchor else 1,
            },
        },
    }


def _unique(fingerprint: str, seen: dict[str, int]) -> str:
    """The fingerprint, with a number after it from its second use on; never empty."""
    fingerprint = fingerprint or "meshlint"
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    return fingerprint if seen[fingerprint] == 1 else f"{fingerprint}-{seen[fingerprint]}"
