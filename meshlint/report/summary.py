"""Room: report. The closing lines for people, on stderr: what was checked, what was not, the count.

checked 2 charts x 3 value sets: 14 templates, 61 objects (9 mesh), 73 rules, 0.28 s
not checked: 1 object of unknown kind Foo/v1; 2 references outside the input (use --context)
3 errors, 1 warning (2 accepted)
"""

from __future__ import annotations

from meshlint.report.result import Report
from meshlint.report.style import Style, safe
from meshlint.report.view import View

WIDEST = 160
MOST_FACTS = 10


def write(report: Report, view: View) -> str:
    """The closing block, one line each; never empty."""
    style = Style(view.color)
    lines = [checked(report)]
    lines.extend(_not_checked(report.coverage.not_checked, view.verbose))
    lines.extend(_internal(report, view))
    worst = report.worst()
    total = counted(report)
    if worst:
        lines.append(style.paint(total, worst))
    elif report.empty():
        lines.append("nothing to lint: no chart and no Kubernetes object found")
    else:
        lines.append(style.paint(total, "good"))
    return "\n".join(lines) + "\n"


def _not_checked(facts: list[str], verbose: bool) -> list[str]:
    """What was not looked at: on one line if it fits there, else a line each."""
    together = safe("; ".join(facts))
    if not facts or len(facts) == 1 or len(together) <= WIDEST:
        return [f"not checked: {together}"] if facts else []
    shown = facts if verbose else facts[:MOST_FACTS]
    rest = len(facts) - len(shown)
    more = [f"  ... and {rest} more (--verbose lists them)"] if rest else []
    return ["not checked:", *(f"  {safe(fact)}" for fact in shown), *more]


def checked(report: Report) -> str:
    """The line that says what was looked at."""
    coverage = report.coverage
    others = len(coverage.targets) - coverage.charts
    inputs = []
    if coverage.charts:
        sets = ""
        if coverage.scenarios > coverage.charts:
            even = coverage.scenarios == coverage.charts * coverage.value_sets
            count = coverage.value_sets if even else coverage.scenarios
            sets = f"{' x' if even else ' in'} {plural(count, 'value set')}"
        tried = f" + {plural(coverage.explored, 'variant')}" if coverage.explored else ""
        inputs.append(plural(coverage.charts, "chart") + sets + tried)
    if others > 0 or not inputs:
        inputs.append(plural(max(others, 0), "other input" if inputs else "input"))
    objects = plural(coverage.objects, "object") + f" ({coverage.mesh_objects} mesh)"
    templates = [plural(coverage.templates, "template")] if coverage.charts else []
    facts = [*templates, objects, plural(coverage.rules, "rule"), f"{coverage.seconds:.2f} s"]
    return f"checked {' and '.join(inputs)}: {', '.join(facts)}"


def counted(report: Report) -> str:
    """`3 errors, 1 warning (2 accepted)`, `no findings`."""
    parts = [plural(count, severity) for severity, count in report.counts().items() if count]
    accepted = len(report.suppressed())
    return (", ".join(parts) or "no findings") + (f" ({accepted} accepted)" if accepted else "")


def plural(count: int, noun: str) -> str:
    """`1 chart`, `3 charts`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _internal(report: Report, view: View) -> list[str]:
    lines = []
    for error in report.internal_errors:
        lines.append(f"internal error in {error.where}: {safe(error.message)} (please report it)")
        if view.verbose and error.traceback:
            lines.append(safe(error.traceback).rstrip())
    return lines
