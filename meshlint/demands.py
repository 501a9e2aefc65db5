"""Stage: demands, how serious it is that a chart wants values nobody gave.

In: the portions of one chart, one per value set. Out: the same with the severities of such problems
settled. A chart that demands a value is no faulty chart: with its defaults alone, or with a values file
that was only found by its name, a demand is a warning; if another value set satisfies the chart, it is
a note. Where the user said which values the chart is installed with, Helm will stop: an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshlint.text.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meshlint.world import Portion


def settle_demands(portions: Sequence[Portion]) -> None:
    """Lower the demands of the portions whose values nobody called complete."""
    satisfied = next((each for each in portions if not each.failed and not each.demands), None)
    for portion in portions:
        if portion.lenient and portion.demands:
            _lower(portion, satisfied)


def _lower(portion: Portion, satisfied: Portion | None) -> None:
    severity: Severity = "warning" if satisfied is None else "note"
    for finding in portion.demands:
        finding.severity = severity
        if satisfied is not None:
            finding.notes.append(f"the value set `{satisfied.scenario}` renders")
    if satisfied is None:
        count = len(portion.demands)
        portion.not_checked.append(
            f"what depends on {count} demand{'s' * (count > 1)} nobody met (HLM findings)"
        )
    portion.satisfied_by = "" if satisfied is None else satisfied.scenario
