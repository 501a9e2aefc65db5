"""Room: report. Azure Pipelines logging commands: issues on the build's summary page."""

from __future__ import annotations

from meshlint.report.anchor import anchored
from meshlint.report.result import Report, Settled
from meshlint.report.style import one_line
from meshlint.report.view import View

TYPES = {"error": "error", "warning": "warning", "note": "warning"}  # Azure knows no third level


def write(report: Report, view: View) -> str:  # noqa: ARG001 - every format takes both
    """One `##vso[task.logissue ...]` line per open finding."""
    return "".join(_command(settled) + "\n" for settled in report.open())


def _command(settled: Settled) -> str:
    finding, anchor = settled.finding, anchored(settled.primary)
    fields = {"type": TYPES[finding.severity]}
    if anchor is not None:
        fields |= {
            "sourcepath": anchor.path,
            "linenumber": str(anchor.line),
            "columnnumber": str(anchor.column),
        }
    fields["code"] = finding.code
    written = "".join(f"{name}={_escaped(value)};" for name, value in fields.items())
    return f"##vso[task.logissue {written}]{one_line(finding.message + settled.aside())}"


def _escaped(text: str) -> str:
    for plain, written in (("%", "%AZP25"), (";", "%3B"), ("\r", "%0D"), ("\n", "%0A"), ("]", "%5D")):
        text = text.replace(plain, written)
    return text
