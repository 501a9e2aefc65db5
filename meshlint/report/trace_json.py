"""Room: report. Traces as JSON: every step with its places, symptom and command. The format's version is 1.

In: Traces. Out: text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from meshlint.report.anchor import key_spot
from meshlint.report.style import whole
from meshlint.text.finding import Location
from meshlint.text.origin import dotted

if TYPE_CHECKING:
    from meshlint.mesh.steps import Branch, Spot, Step, Trace

VERSION = 1


def write(traces: Sequence[Trace]) -> str:
    """`{"version": 1, "traces": [...]}`."""
    data = {"version": VERSION, "traces": [trace_data(trace) for trace in traces]}
    return whole(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def trace_data(trace: Trace) -> dict[str, Any]:
    """One trace as plain data."""
    request = trace.request
    return {
        "from": trace.origin,
        "request": {
            "url": request.label().rpartition(" ")[2],
            "method": request.method if request.http else "",
            "headers": [list(pair) for pair in request.headers],
        },
        "verdict": trace.verdict,
        "assumed": list(trace.notes),
        "branches": [_branch(branch) for branch in trace.branches],
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "share": round(branch.share, 2),
        "mirror": branch.mirror,
        "verdict": branch.verdict,
        "steps": [step_data(step) for step in branch.steps],
    }


def step_data(step: Step) -> dict[str, Any]:
    """One step as plain data."""
    symptom = step.symptom
    return {
        "stage": step.stage,
        "name": step.name,
        "verdict": step.verdict,
        "code": step.code,
        "detail": step.detail,
        "notes": list(step.notes),
        "sources": [_source(place) for place in step.sources],
        "symptom": None if symptom is None else symptom._asdict(),
        "confirm": step.confirm,
    }


def _source(place: Spot) -> dict[str, Any]:
    location = place.resource.locate(place.path, False)
    return {
        "object": place.resource.label(),
        "path": dotted(place.path),
        "label": place.label,
        "file": location.source.path,
        "line": location.line,
        "column": location.column,
        "grade": location.grade,
        "values": _values(location),
    }


def _values(location: Location) -> list[str]:
    return [key_spot(origin) for origin in location.values]
