"""Room: report. JUnit XML: a test suite per input, a case per finding, a green case for a clean input."""

from __future__ import annotations

import re

from meshlint.report.anchor import anchored
from meshlint.report.full import effect_text
from meshlint.report.result import Report, Settled
from meshlint.report.style import safe, whole
from meshlint.report.view import View

ROOT_SUITE = "meshlint"
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, view: View) -> str:  # noqa: ARG001 - every format takes both
    """The report as XML text; notes are written but do not fail."""
    suites = _suites(report)
    failures = sum(_fails(settled) for group in suites.values() for settled in group)
    cases = sum(max(len(group), 1) for group in suites.values())
    body = "".join(_suite(name, group) for name, group in suites.items())
    head = f'<testsuites name="meshlint" tests="{cases}" failures="{failures}" errors="0">\n'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{body}</testsuites>\n'


def _suites(report: Report) -> dict[str, list[Settled]]:
    """Input -> its findings; a finding belongs to the longest input its file lies in."""
    suites: dict[str, list[Settled]] = {target: [] for target in report.coverage.targets}
    for settled in report.open():
        anchor = anchored(settled.primary)
        path = anchor.path if anchor else settled.primary.source.path
        owners = [name for name in suites if path == name or path.startswith(name.rstrip("/") + "/")]
        suites.setdefault(max(owners, key=len, default=ROOT_SUITE), []).append(settled)
    return suites or {ROOT_SUITE: []}


def _suite(name: str, group: list[Settled]) -> str:
    failures = sum(_fails(settled) for settled in group)
    cases = "".join(_case(settled) for settled in group)
    if not group:
        cases = f'    <testcase classname={_attribute(name)} name="no findings"/>\n'
    counts = f'tests="{max(len(group), 1)}" failures="{failures}" errors="0"'
    return f"  <testsuite name={_attribute(name)} {counts}>\n{cases}  </testsuite>\n"


def _case(settled: Settled) -> str:
    finding, anchor = settled.finding, anchored(settled.primary)
    about = finding.object.label() if finding.object else settled.primary.source.path
    where = f"{anchor.path}:{anchor.line}:{anchor.column}" if anchor else settled.primary.source.path
    name = f"{finding.code} {about}"
    start = f"    <testcase classname={_attribute(where)} name={_attribute(name)}"
    lines = [f"{where}: {finding.message}{settled.aside()}"]
    if finding.effect is not None:
        lines.append(f"effect: {effect_text(settled)}")
    if finding.hint:
        lines.append(f"help: {finding.hint}")
    text = _text("\n".join(lines))
    if not _fails(settled):
        return f"{start}>\n      <system-out>{text}</system-out>\n    </testcase>\n"
    message = f"message={_attribute(finding.message)} type={_attribute(finding.severity)}"
    return f"{start}>\n      <failure {message}>{text}</failure>\n    </testcase>\n"


def _fails(settled: Settled) -> bool:
    return settled.finding.severity != "note"


def _text(text: str) -> str:
    written = _NOT_XML.sub("\ufffd", whole(text))
    return written.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _attribute(text: str) -> str:
    return '"' + _text(safe(" ".join(text.split()))).replace('"', "&quot;") + '"'
