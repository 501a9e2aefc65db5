"""Room: report. SARIF 2.1.0 for GitHub code scanning and other readers: one run of sarif-om objects.

In: a Report. Out: the JSON text. Facts about what GitHub reads: docs.github.com, "SARIF support for
code scanning"; its limits are the constants below.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from meshlint import __version__
from meshlint.report.links import HOME, page_url
from meshlint.report.result import EXIT_INPUT, EXIT_INTERNAL, Report, Settled
from meshlint.report.sarif_result import BASE_ID, Results
from meshlint.report.style import one_line
from meshlint.report.uri import file_uri
from meshlint.report.view import View
from meshlint.text.finding import PRECISIONS, SEVERITIES

if TYPE_CHECKING:
    from meshlint.rules.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5000  # GitHub shows no more
MOST_TAGS = 10
MOST_DESCRIPTION = 1024
INPUT_FAMILIES = ("HLM", "YML", "INP")
PROBLEM_SEVERITY = {"error": "error", "warning": "warning", "note": "recommendation"}
SECURITY_SEVERITY = {"error": "8.0", "warning": "6.0", "note": "3.0"}
ALWAYS_WRITTEN = ("kind", "level")  # equal to their defaults or not: readers should not need to know these


def write(report: Report, view: View) -> str:
    """The SARIF log as one line of JSON and a line feed."""
    import json

    data = plain(log(report, view))
    ordered = {name: data[name] for name in ("$schema", "version", "runs")}
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":")) + "\n"


def log(report: Report, view: View) -> Any:
    """The log as a sarif-om object."""
    import sarif_om as om

    rules = used_rules(report)
    index = {rule.code: number for number, rule in enumerate(rules)}
    kept, dropped = capped(report.settled)
    results = Results(view, index, fallback_path(report))
    run = om.Run(
        tool=om.Tool(driver=_driver(om, rules)),
        column_kind="utf16CodeUnits",
        results=[results.result(settled) for settled in kept],
        invocations=[_invocation(om, report, view, results, dropped)],
        automation_details=om.RunAutomationDetails(id=automation_id(report)),
        original_uri_base_ids={BASE_ID: om.ArtifactLocation(uri=file_uri(view.root, directory=True))},
    )
    return om.SarifLog(version="2.1.0", schema_uri=SCHEMA, runs=[run])


def used_rules(report: Report) -> list[Rule]:
    """The enabled rules and those with findings, by code."""
    from meshlint.rules.catalog import ALL
    from meshlint.rules.rule import Rule

    wanted = {*report.enabled, *(settled.finding.code for settled in report.settled)}
    known = {rule.code: rule for rule in ALL if rule.code in wanted}
    for settled in report.settled:
        finding = settled.finding
        if finding.code not in known:
            known[finding.code] = Rule(finding.code, finding.code.lower(), finding.message)
    return [known[code] for code in sorted(known)]


def capped(settled: list[Settled]) -> tuple[list[Settled], int]:
    """The findings to write and how many are left out: over the limit the worst and surest are kept."""
    if len(settled) <= MOST_RESULTS:
        return settled, 0
    ranked = sorted(settled, key=_rank, reverse=True)
    return ranked[:MOST_RESULTS], len(settled) - MOST_RESULTS


def _rank(settled: Settled) -> tuple[bool, int, int]:
    finding = settled.finding
    return (
        settled.suppression is None,
        SEVERITIES.index(finding.severity),
        PRECISIONS.index(finding.precision),
    )


def automation_id(report: Report) -> str:
    """`meshlint/charts/review/` for one target, `meshlint/` for several: GitHub's category of the run."""
    targets = report.coverage.targets
    group = targets[0].replace("\\", "/").strip("/.") if len(targets) == 1 else ""
    return f"meshlint/{group}/" if group and group != "<stdin>" else "meshlint/"


def fallback_path(report: Report) -> str:
    """The file for findings that lie in none (flags): the chart's Chart.yaml, or the first input."""
    target = report.coverage.targets[0] if report.coverage.targets else "."
    chart = os.path.join(target, "Chart.yaml")
    return chart if os.path.isfile(chart) else target


def _driver(om: Any, rules: list[Rule]) -> Any:
    return om.ToolComponent(
        name="meshlint",
        version=__version__,
        semantic_version=__version__,
        information_uri=HOME,
        rules=[_descriptor(om, rule) for rule in rules],
    )


def _descriptor(om: Any, rule: Rule) -> Any:
    from meshlint.rules.pages import page, read

    text = page(rule.code)
    parts = read(text) if text else None
    body = text.split("\n---\n", 1)[-1].lstrip() if text.startswith("---\n") else text
    why = (parts.sections.get("Why it breaks", "") or parts.sections.get("What", "")) if parts else ""
    full = one_line(why.strip().split("\n\n")[0]) or rule.summary
    return om.ReportingDescriptor(
        id=rule.code,
        name="".join(word[:1].upper() + word[1:] for word in rule.slug.split("-"))[:255],
        short_description=om.MultiformatMessageString(text=cut(rule.summary)),
        help_uri=page_url(rule.code, rule.slug) if body else None,
        full_description=om.MultiformatMessageString(text=cut(full)),
        help=om.MultiformatMessageString(
            text=f"{rule.summary}. Run: meshlint explain {rule.code}", markdown=body or None
        ),
        default_configuration=om.ReportingConfiguration(level=rule.severity),
        properties=_rule_properties(rule),
    )


def _rule_properties(rule: Rule) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "tags": [*rule.tags, *(f"peer/{peer}" for peer in rule.peers)][:MOST_TAGS],
        "precision": rule.precision,
    }
    if "security" in rule.tags:
        properties["security-severity"] = SECURITY_SEVERITY[rule.severity]
    else:
        properties["problem.severity"] = PROBLEM_SEVERITY[rule.severity]
    return properties


def cut(text: str) -> str:
    """At most 1,024 characters."""
    return text if len(text) <= MOST_DESCRIPTION else text[: MOST_DESCRIPTION - 3] + "..."


def _invocation(om: Any, report: Report, view: View, results: Results, dropped: int) -> Any:
    execution = [_failed(om, settled, results) for settled in report.open() if _is_input(settled)]
    execution.extend(
        _notification(om, f"internal error in {error.where}: {error.message}", "error")
        for error in report.internal_errors
    )
    if dropped:
        text = f"{dropped} findings of lower severity or precision are left out: {MOST_RESULTS} is the limit"
        execution.append(_notification(om, text, "warning"))
    execution.extend(_notification(om, text, "note") for text in report.coverage.not_checked)
    return om.Invocation(
        execution_successful=view.exit_code not in (EXIT_INPUT, EXIT_INTERNAL),
        exit_code=view.exit_code,
        tool_execution_notifications=execution,
        tool_configuration_notifications=[],
        working_directory=om.ArtifactLocation(uri=file_uri(view.directory, directory=True)),
    )


def _is_input(settled: Settled) -> bool:
    finding = settled.finding
    return finding.severity == "error" and finding.code.startswith(INPUT_FAMILIES)


def _failed(om: Any, settled: Settled, results: Results) -> Any:
    note = _notification(om, f"{settled.finding.code}: {settled.finding.message}", "error")
    note.locations = [results.place(settled.primary)]
    return note


def _notification(om: Any, text: str, level: str) -> Any:
    return om.Notification(message=om.Message(text=one_line(text)), level=level)


def plain(value: Any) -> Any:
    """A sarif-om object as JSON data: names from the attrs metadata, empty and default fields left out."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    fields = getattr(type(value), "__attrs_attrs__", None)
    if fields is None:
        return value
    written = {}
    for field in fields:
        item = getattr(value, field.name)
        if item is not None and (item != field.default or field.name in ALWAYS_WRITTEN):
            written[field.metadata["schema_property_name"]] = plain(item)
    return written
