"""Room: report. Findings under the name of their file, one line each: for reading a long list."""

from __future__ import annotations

from meshlint.report.anchor import anchored
from meshlint.report.result import Report, Settled
from meshlint.report.style import Style, one_line, safe
from meshlint.report.view import View


def write(report: Report, view: View) -> str:
    """A block per file: its path, then `line:column severity CODE message`."""
    style = Style(view.color)
    files: dict[str, list[Settled]] = {}
    for settled in report.settled if view.show_suppressed else report.open():
        anchor = anchored(settled.primary)
        files.setdefault(anchor.path if anchor else settled.primary.source.path, []).append(settled)
    return "".join(_block(path, group, style) for path, group in files.items())


def _block(path: str, group: list[Settled], style: Style) -> str:
    places = [anchored(settled.primary) for settled in group]
    spots = [f"{place.line}:{place.column}" if place else "1:1" for place in places]
    width = max(len(spot) for spot in spots)
    lines = [style.paint(safe(path), "path")]
    for spot, settled in zip(spots, group, strict=True):
        finding = settled.finding
        severity = style.paint(f"{finding.severity:<7}", finding.severity)
        sets = f" [{safe(settled.seen())}]" if settled.seen() else ""
        accepted = " (accepted)" if settled.suppression is not None else ""
        message = one_line(finding.message)
        lines.append(f"  {spot:>{width}}  {severity} {finding.code} {message}{sets}{accepted}")
    return "\n".join(lines) + "\n\n"
