"""Room: report. GitHub workflow commands: annotations on a pull request without code scanning.

GitHub keeps about ten annotations per level and step, so the worst come first, one per line of a
file, and a last notice says how many there are in all.
"""

from __future__ import annotations

from meshlint.report.anchor import Anchor, anchored
from meshlint.report.full import effect_text
from meshlint.report.result import Report, Settled
from meshlint.report.sarif_result import sentence
from meshlint.report.style import one_line
from meshlint.report.summary import counted
from meshlint.report.uri import relative
from meshlint.report.view import View
from meshlint.text.finding import SEVERITIES

MOST_PER_LEVEL = 10
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(report: Report, view: View) -> str:
    """`::error file=...::message` lines; "" without open findings."""
    findings = sorted(report.open(), key=lambda settled: -SEVERITIES.index(settled.finding.severity))
    left = dict.fromkeys(COMMANDS.values(), MOST_PER_LEVEL)
    lines, seen = [], set()
    for settled in findings:
        anchor = anchored(settled.primary)
        place = (anchor.path, anchor.line) if anchor else (settled.primary.source.path, 0)
        level = COMMANDS[settled.finding.severity]
        if place in seen or left[level] == 0:
            continue
        seen.add(place)
        left[level] -= 1
        lines.append(command(settled, anchor, level, view))
    hidden = len(findings) - len(lines)
    if hidden:
        total = f"meshlint: {counted(report)}; {hidden} not annotated, see the log or the job summary"
        lines.append(f"::notice title=meshlint::{data(total)}")
    return "".join(line + "\n" for line in lines)


def command(settled: Settled, anchor: Anchor | None, level: str, view: View) -> str:
    """One workflow command."""
    finding = settled.finding
    fields = {"title": one_line(f"{finding.code} {finding.message}")}
    if anchor is not None:
        path = relative(anchor.path, view.root, view.directory)
        place = {"file": path if path is not None else anchor.path, "line": str(anchor.line)}
        place["endLine"] = str(anchor.line)
        place["col"] = str(anchor.column)
        if anchor.end_line == anchor.line:
            place["endColumn"] = str(max(anchor.end_column, anchor.column))
        fields = place | fields
    sentences = [sentence(finding.message)]
    if settled.seen():
        sentences.append(sentence(f"Seen {settled.seen()}"))
    if finding.effect is not None:
        sentences.append(sentence("Effect: " + effect_text(settled)))
    if finding.hint:
        sentences.append(sentence("Help: " + finding.hint))
    written = ",".join(f"{name}={property_text(value)}" for name, value in fields.items())
    return f"::{level} {written}::{data(' '.join(sentences))}"


def data(text: str) -> str:
    """The message of a workflow command, escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    """A property of a workflow command, escaped."""
    return data(text).replace(":", "%3A").replace(",", "%2C")
