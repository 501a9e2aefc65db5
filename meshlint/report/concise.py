"""Room: report. One line per finding, as compilers print them: for editors, grep and problem matchers.

templates/routing.yaml:24:7: error DR001 subset `v1` of ... selects no pod [in 1 of 4 value sets: prod]
"""

from __future__ import annotations

from meshlint.report.anchor import anchored
from meshlint.report.result import Report, Settled
from meshlint.report.style import Style, one_line, safe
from meshlint.report.view import View


def write(report: Report, view: View) -> str:
    """One line per open finding (and accepted ones if the view asks)."""
    style = Style(view.color)
    shown = report.settled if view.show_suppressed else report.open()
    return "".join(line(settled, style) + "\n" for settled in shown)


def line(settled: Settled, style: Style) -> str:
    """`path:line:column: severity CODE message [value sets]`."""
    finding = settled.finding
    anchor = anchored(settled.primary)
    if anchor is None:
        where = f"{safe(settled.primary.source.path)}:1:1"
    else:
        where = f"{safe(anchor.path)}:{anchor.line}:{anchor.column}"
    sets = f" [{safe(settled.seen())}]" if settled.seen() else ""
    provisional = " (provisional)" if finding.provisional else ""
    accepted = " (accepted)" if settled.suppression is not None else ""
    severity = style.paint(finding.severity, finding.severity)
    code = style.paint(finding.code, "bold")
    marks = sets + provisional + accepted
    return f"{style.paint(where, 'path')}: {severity} {code} {one_line(finding.message)}{marks}"
