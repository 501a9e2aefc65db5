"""Room: report, its only input: what a run found and looked at, final. Reports never sort or settle anew.

In: filled by settle and lint. Out: read by every report format and by the command line for the exit code.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from meshlint.options import FailOn
from meshlint.text.finding import SEVERITIES, Finding, Location, Place, Severity

EXIT_OK = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NOTHING = 3
EXIT_INPUT = 4
EXIT_INTERNAL = 5
EXIT_INTERRUPTED = 130


class Suppression(NamedTuple):
    """Why a finding is accepted.

    kind     "inSource" (comment, annotation) or "external" (config, baseline), SARIF's words
    reason   the user's words, may be empty
    where    `templates/x.yaml:12` or `.meshlint.yaml:30`
    """

    kind: Literal["inSource", "external"]
    reason: str = ""
    where: str = ""


class Settled(NamedTuple):
    """One finding with its places settled.

    locations    (place, location) of every place, the primary one first; never empty
    fingerprint  hex text: rule + object identity + key, without line numbers
    scenarios    names of the value sets that show it; () if all do or there is only one
    suppression  None for an open finding
    sets         number of the value sets the input was rendered with, 0 for manifests
    """

    finding: Finding
    locations: list[tuple[Place, Location]]
    fingerprint: str
    scenarios: tuple[str, ...] = ()
    suppression: Suppression | None = None
    sets: int = 0

    def seen(self) -> str:
        """`in 2 of 4 value sets: prod, uat`, `with --set istio.enabled=true`; "" if it is always there."""
        words = []
        if self.scenarios:
            names = ", ".join(self.scenarios)
            words.append(f"in {len(self.scenarios)} of {self.sets} value sets: {names}")
        if self.finding.toggles:
            words.append(f"with {' '.join(self.finding.toggles)}")
        return ", ".join(words)

    def aside(self) -> str:
        """The same in parentheses, to be put behind a message."""
        return f" ({self.seen()})" if self.seen() else ""

    @property
    def primary(self) -> Location:
        """The location the finding is reported at."""
        return self.locations[0][1]


class InternalError(NamedTuple):
    """A bug of ours met on the way: where (rule code or stage), what, and the traceback for --verbose."""

    where: str
    message: str
    traceback: str = ""


class Coverage:
    """What was looked at, and what was not.

    targets       names of the inputs, as the user would open them
    charts, value_sets, templates, objects, mesh_objects, rules   counts; value_sets counts
                  scenarios per chart (1 for a chart with its default values only)
    scenarios     the value sets of all charts together
    explored      number of further values that were tried to see what is off by default
    not_checked   sentences without a full stop: "1 object of unknown kind Foo/v1"
    seconds       wall time of the run
    """

    __slots__ = (
        "charts",
        "explored",
        "mesh_objects",
        "not_checked",
        "objects",
        "rules",
        "scenarios",
        "seconds",
        "targets",
        "templates",
        "value_sets",
    )

    def __init__(
        self,
        *,
        targets: list[str] | None = None,
        charts: int = 0,
        value_sets: int = 0,
        scenarios: int = 0,
        explored: int = 0,
        templates: int = 0,
        objects: int = 0,
        mesh_objects: int = 0,
        rules: int = 0,
        not_checked: list[str] | None = None,
        seconds: float = 0.0,
    ) -> None:
        self.targets = targets if targets is not None else []
        self.charts = charts
        self.value_sets = value_sets
        self.scenarios = scenarios
        self.explored = explored
        self.templates = templates
        self.objects = objects
        self.mesh_objects = mesh_objects
        self.rules = rules
        self.not_checked = not_checked if not_checked is not None else []
        self.seconds = seconds


class Report:
    """The outcome of a run.

    settled          findings in final order, suppressed ones included
    coverage         what was looked at
    enabled          codes of the rules that ran, sorted
    input_failed     some input could not be read, rendered or parsed (exit code 4)
    internal_errors  bugs met on the way (exit code 5)
    """

    __slots__ = ("coverage", "enabled", "input_failed", "internal_errors", "settled")

    def __init__(
        self,
        settled: list[Settled] | None = None,
        coverage: Coverage | None = None,
        *,
        enabled: tuple[str, ...] = (),
        input_failed: bool = False,
        internal_errors: list[InternalError] | None = None,
    ) -> None:
        self.settled = settled if settled is not None else []
        self.coverage = coverage if coverage is not None else Coverage()
        self.enabled = enabled
        self.input_failed = input_failed
        self.internal_errors = internal_errors if internal_errors is not None else []

    def open(self) -> list[Settled]:
        """The findings that are not suppressed, in final order."""
        return [settled for settled in self.settled if settled.suppression is None]

    def suppressed(self) -> list[Settled]:
        """The findings somebody accepted."""
        return [settled for settled in self.settled if settled.suppression is not None]

    def counts(self) -> dict[Severity, int]:
        """Open findings per severity: error, warning, note, in this order."""
        counts: dict[Severity, int] = dict.fromkeys(reversed(SEVERITIES), 0)
        for settled in self.open():
            counts[settled.finding.severity] += 1
        return counts

    def worst(self) -> Severity | None:
        """The highest severity among the open findings, None without any."""
        return next((severity for severity, count in self.counts().items() if count), None)

    def empty(self) -> bool:
        """True if there was nothing to lint: no chart and no object."""
        return self.coverage.charts == 0 and self.coverage.objects == 0

    def exit_code(self, fail_on: FailOn = "error", allow_empty: bool = False) -> int:
        """The process's exit code, the same for every format: 5 before 4 before 1 before 3 before 0."""
        if self.internal_errors:
            return EXIT_INTERNAL
        if self.input_failed:
            return EXIT_INPUT
        worst = self.worst()
        if worst is not None and fail_on != "never" and SEVERITIES.index(worst) >= SEVERITIES.index(fail_on):
            return EXIT_FINDINGS
        if self.empty() and not allow_empty:
            return EXIT_NOTHING
        return EXIT_OK


def merged(reports: list[Report]) -> Report:
    """Several runs as one report: findings in the order of the runs, counts added up."""
    if len(reports) == 1:
        return reports[0]
    coverages = [report.coverage for report in reports]
    whole = Coverage(
        targets=[target for coverage in coverages for target in coverage.targets],
        not_checked=list(dict.fromkeys(note for coverage in coverages for note in coverage.not_checked)),
        value_sets=max((coverage.value_sets for coverage in coverages), default=0),
        rules=max((coverage.rules for coverage in coverages), default=0),
        seconds=sum(coverage.seconds for coverage in coverages),
    )
    for name in ("charts", "scenarios", "explored", "templates", "objects", "mesh_objects"):
        setattr(whole, name, sum(getattr(coverage, name) for coverage in coverages))
    return Report(
        [settled for report in reports for settled in report.settled],
        whole,
        enabled=tuple(sorted({code for report in reports for code in report.enabled})),
        input_failed=any(report.input_failed for report in reports),
        internal_errors=[error for report in reports for error in report.internal_errors],
    )
