"""Room: report. A trace for people: a line per station with its verdict, below it the facts and places.

In: Traces and whether to colour. Out: text. Steps that several branches share are told once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from meshlint.report.anchor import spot
from meshlint.report.full import provenance
from meshlint.report.style import Style, safe, wrap
from meshlint.report.summary import plural

if TYPE_CHECKING:
    from meshlint.mesh.steps import Branch, Spot, Step, Trace

_STYLES = {
    "OK": "good",
    "ASSUMED": "note",
    "BYPASS": "warning",
    "UNKNOWN": "warning",
    "BREAK": "error",
}
_MARGIN = " " * 18
_MOST_PLACES = 4


def walk(trace: Trace, style: Style, width: int = 0) -> str:
    """One trace in full."""
    lines = [_title(trace, style)]
    lines += [f"  assumed: {safe(note)}" for note in trace.notes]
    shared = _shared(trace.branches)
    for step in trace.branches[0].steps[:shared] if trace.branches else ():
        lines += _step(step, style, width, "")
    for branch in trace.branches:
        indent = "" if len(trace.branches) == 1 else "  "
        if indent:
            lines.append(_heading(branch, style))
        for step in branch.steps[shared:]:
            lines += _step(step, style, width, indent)
    lines.append(f"  => {outcome(trace, style)}")
    return "\n".join(lines) + "\n"


def _title(trace: Trace, style: Style) -> str:
    return f"{style.paint(asked(trace), 'bold')} from {safe(trace.origin)}"


def asked(trace: Trace) -> str:
    """The request as one would type it: `GET http://api/ -H 'x-user: jason'`."""
    headers = "".join(f" -H '{name}: {value}'" for name, value in trace.request.headers)
    return safe(trace.request.label() + headers)


def _shared(branches: Sequence[Branch]) -> int:
    """How many steps all branches begin with."""
    if len(branches) == 1:
        return len(branches[0].steps)
    count = 0
    for steps in zip(*(branch.steps for branch in branches), strict=False):
        if any(step != steps[0] for step in steps):
            break
        count += 1
    return count


def _heading(branch: Branch, style: Style) -> str:
    what = "mirrored" if branch.mirror else "of the requests"
    return f"  {style.paint(f'{percent(branch.share)} {what}', 'bold')}"


def percent(share: float) -> str:
    """`90 %`, `33.3 %`."""
    return f"{round(share, 1):g} %"


def _step(step: Step, style: Style, width: int, indent: str) -> Iterator[str]:
    verdict = style.paint(step.verdict.ljust(8), _STYLES[step.verdict])
    yield f"{indent}  {step.stage:<8}{verdict}{style.paint(safe(step.name), 'bold')}"
    margin = indent + _MARGIN
    code = f"{step.code}: " if step.code else ""
    for text in (f"{code}{step.detail}" if step.detail or code else "", *step.notes):
        if text:
            yield margin + wrap(safe(text), width, len(margin), margin)
    for place in step.sources[:_MOST_PLACES]:
        yield margin + style.paint(_place(place), "path")
    if step.symptom is not None:
        yield f"{margin}symptom: {style.paint(safe(step.symptom.label()), 'error')}"
    if step.confirm and step.verdict in ("BREAK", "UNKNOWN"):
        yield f"{margin}confirm: {safe(step.confirm)}"


def _place(place: Spot) -> str:
    """`templates/x.yaml:12:7 <- .Values.name in values.yaml:3:1  label`."""
    location = place.resource.locate(place.path, False)
    said = provenance(location)
    values = f" <- {said}" if said else ""
    return f"{spot(location)}{values}{f'  {safe(place.label)}' if place.label else ''}"


def outcome(trace: Trace, style: Style) -> str:
    """What becomes of the request, in one line."""
    verdict = style.paint(trace.verdict, _STYLES[trace.verdict])
    parts = []
    for branch in trace.branches:
        share = "" if len(trace.branches) == 1 else f"{percent(branch.share)} "
        mirrored = " (mirrored)" if branch.mirror else ""
        parts.append(f"{share}{safe(_end(branch))}{mirrored}")
    return f"{verdict}: {'; '.join(parts)}"


def _end(branch: Branch) -> str:
    """How a branch ends: its break, or the cluster it reaches, or the answer."""
    worst = next(step for step in branch.steps if step.verdict == branch.verdict)
    if worst.symptom is not None:
        return f"{worst.symptom.label()} ({worst.code})"
    if worst.verdict in ("BYPASS", "UNKNOWN"):
        return f"{worst.code or 'unknown'}: {worst.detail}" if worst.detail else worst.code
    reached = next((step for step in reversed(branch.steps) if step.stage in ("CDS", "RDS")), branch.last)
    return reached.name if reached.stage == "CDS" else reached.detail or reached.name


def overview(traces: Sequence[Trace], style: Style, width: int = 0) -> str:
    """Every trace in a line; those that break, and those that cannot be told, in full below."""
    origins = max((len(trace.origin) for trace in traces), default=0)
    lines = []
    for trace in traces:
        verdict = style.paint(trace.verdict.ljust(8), _STYLES[trace.verdict])
        lines.append(f"{verdict}{safe(trace.origin):<{origins}}  {asked(trace)}")
        lines.append(f"        {' ' * origins}  {outcome(trace, Style()).partition(': ')[2]}")
    for trace in traces:
        if trace.verdict in ("BREAK", "UNKNOWN"):
            lines += ["", walk(trace, style, width).rstrip("\n")]
    return "\n".join(lines) + "\n"


def counts(traces: Sequence[Trace]) -> str:
    """`14 requests: 12 OK, 1 ASSUMED, 1 BREAK`."""
    found = {verdict: sum(trace.verdict == verdict for trace in traces) for verdict in _STYLES}
    parts = [f"{count} {verdict}" for verdict, count in found.items() if count]
    return f"{plural(len(traces), 'request')}: {', '.join(parts) or 'none'}"
