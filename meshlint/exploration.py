"""Stage: exploration, charts with values nobody wrote down, to see the objects that are off by default.

In: the portions of one chart, one per value set, and how a portion is linted. Out: batches of the findings
that only explored values show, each with the --set flags that show it, and sentences for the coverage
block. Such a finding is a warning at most: nobody said that the chart is installed like this. What rests on
made-up values is no finding, and neither is a chart that wants more values, or refuses these.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from meshlint.explore.goals import Goal, Opened, goals
from meshlint.explore.proposal import paths_of
from meshlint.explore.variant import Search, Variant
from meshlint.explore.wish import NO_CHANGES, Changes
from meshlint.helm.chart import Chart
from meshlint.helm.render import Rendered
from meshlint.kube.kinds import GroupKind
from meshlint.options import EXPLORE_MAX, LintOptions
from meshlint.settle import Batch, fingerprint
from meshlint.text.finding import Finding
from meshlint.text.origin import Derived, Origin, Path, Read
from meshlint.world import Portion, read_variant

MOST_NAMED = 3
_MOST_READS = 2000
_OF_VALUES = "HLM"

Lint = Callable[[Portion], Batch]


class Explored(NamedTuple):
    """What exploring a chart gave.

    batches    the findings, one batch per variant
    portions   the variants as they were rendered
    notes      sentences for the coverage block
    """

    batches: list[Batch]
    portions: list[Portion]
    notes: list[str]


def explore(
    portions: Sequence[Portion], batches: Sequence[Batch], options: LintOptions, lint: Lint
) -> Explored:
    """Render and lint variants of the value sets; `batches` are the findings of the portions themselves."""
    run = _Exploration(portions, options, lint)
    run.render()
    known = {each for batch in batches for each in _fingerprints(batch)}
    found = [run.findings(portion, known) for portion in run.rendered]
    return Explored(found, run.rendered, run.notes())


def unexplored(portions: Sequence[Portion]) -> list[str]:
    """The sentence that says which objects no value set renders, if there are any."""
    bases = _bases(portions)
    opened = Opened(base.rendered for base in bases)
    return _closed(bases[0], opened, "; try --explore") if bases else []


def variants(portions: Sequence[Portion], options: LintOptions) -> list[Portion]:
    """The variants of the value sets as they render, for those who do not lint."""
    run = _Exploration(portions, options, lambda portion: Batch(portion.target.path, portion.scenario, []))
    run.render()
    return run.rendered


class _Base(NamedTuple):
    """A portion that variants can be made of: how it was rendered, and its chart as loaded."""

    portion: Portion
    rendered: Rendered
    chart: Chart


def _bases(portions: Iterable[Portion]) -> list[_Base]:
    return [
        _Base(each, each.rendered, each.chart)
        for each in portions
        if each.rendered is not None and each.chart is not None
    ]


def _closed(base: _Base, opened: Opened, advice: str) -> list[str]:
    left = goals(base.rendered, base.chart, opened)
    if not left:
        return []
    guards = list(dict.fromkeys(path for goal in left for path in _guards(goal)))
    named = ", ".join(guards[:MOST_NAMED])
    more = f" and {len(guards) - MOST_NAMED} more" if len(guards) > MOST_NAMED else ""
    behind = f", behind {named}{more}" if guards else ""
    kinds = [kind for goal in left for kind in goal.kinds]
    verb = "is" if len(kinds) == 1 else "are"
    return [f"{counted(kinds)} of {base.portion.target.path} {verb} never rendered{behind}{advice}"]


def _guards(goal: Goal) -> list[str]:
    return paths_of(goal.alternatives[0]) if goal.alternatives else []


def counted(kinds: Sequence[GroupKind]) -> str:
    """`2 VirtualServices and 1 Gateway`."""
    counts = Counter(kind.kind for kind in kinds)
    parts = [f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in counts.items()]
    shown, rest = parts[:MOST_NAMED], sum(list(counts.values())[MOST_NAMED:])
    if rest:
        shown.append(f"{rest} more object{'s' if rest > 1 else ''}")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _plural(kind: str) -> str:
    if kind.endswith("y") and not kind.endswith(("ay", "ey")):
        return f"{kind[:-1]}ies"
    return f"{kind}{'es' if kind.endswith('s') else 's'}"


def _fingerprints(batch: Batch) -> Iterable[str]:
    return [_fingerprint(finding, batch) for finding in batch.findings]


def _fingerprint(finding: Finding, batch: Batch) -> str:
    return fingerprint(finding, finding.places[0].locate(), batch)


class _Exploration:
    """The exploration of one chart."""

    def __init__(self, portions: Sequence[Portion], options: LintOptions, lint: Lint) -> None:
        self.options = options
        self.lint = lint
        self.bases = {base.portion.scenario: base for base in _bases(portions)}
        self.opened = Opened(base.rendered for base in self.bases.values())
        self.searches = {
            name: Search(name, base.rendered, base.chart, self.opened.copy())
            for name, base in self.bases.items()
        }
        self.rendered: list[Portion] = []
        self.most = options.explore_max or EXPLORE_MAX
        self.left = self.most
        self.cut = False
        self.trials = self.most  # renderings that only tell which flags show a finding
        self._narrow: dict[tuple[str, ...], set[str]] = {}

    def render(self) -> None:
        """Render variants, one of each value set in turn, while there is something to try."""
        waiting = list(self.bases)
        while waiting:
            waiting = [name for name in waiting if self._step(name)]

    def _step(self, name: str) -> bool:
        search = self.searches[name]
        variant = search.next()
        if variant is None:
            return False
        if self.left <= 0:
            self.cut = True
            return False
        self.left -= 1
        portion = read_variant(self.bases[name].portion, variant, self.options)
        if portion.rendered is not None and search.learn(variant, portion.rendered):
            self.opened.add(portion.rendered)
            self.rendered.append(portion)
        return True

    # -- findings

    def findings(self, portion: Portion, known: set[str]) -> Batch:
        """The findings that are new in a variant, as severe as a guess may be."""
        assert portion.variant is not None
        batch = self.lint(portion)
        new = []
        for finding in batch.findings:
            if finding.provisional or finding.code.startswith(_OF_VALUES):
                continue
            if _fingerprint(finding, batch) in known:
                continue
            flags, alone = self._shown_by(finding, portion, batch)
            finding.toggles = flags
            finding.severity = "note" if finding.severity == "note" or not alone else "warning"
            new.append(finding)
        return batch._replace(findings=new, explored=True)

    def _shown_by(self, finding: Finding, portion: Portion, batch: Batch) -> tuple[tuple[str, ...], bool]:
        """The flags that show the finding; False if it takes changes that have nothing to do with it."""
        variant = portion.variant
        assert variant is not None
        single: list[Changes] = []
        for goal in variant.goals:
            if goal.alternatives[0] not in single:
                single.append(goal.alternatives[0])
        asked = _reads_of(finding, variant.changes)
        chosen = [each for each in single if not asked.isdisjoint(each.values)]
        ways = chosen or single
        if len(chosen) > 1:
            ways = [*chosen, _all(chosen)]
        wanted = _fingerprint(finding, batch)
        for changes in ways:
            if changes == variant.changes:
                return variant.flags, True
            narrower = self._narrowed(variant, changes)
            if narrower is not None and wanted in narrower[1]:
                return narrower[0], True
        return variant.flags, False

    def _narrowed(self, variant: Variant, changes: Changes) -> tuple[tuple[str, ...], set[str]] | None:
        """A variant with some of the changes of another: its flags, and the fingerprints of its findings."""
        search = self.searches[variant.base]
        narrower = search.variant([], changes)
        key = (variant.base, *narrower.flags)
        if key not in self._narrow:
            if self.trials <= 0:
                return None
            self.trials -= 1
            portion = read_variant(self.bases[variant.base].portion, narrower, self.options)
            self._narrow[key] = set(_fingerprints(self.lint(portion)))
        return narrower.flags, self._narrow[key]

    # -- what is to be said

    def notes(self) -> list[str]:
        """What exploring could not show."""
        found = [want for portion in self.rendered for want in self._demands(portion)]
        for base in list(self.bases.values())[:1]:
            if self.cut:
                path = base.portion.target.path
                found.append(f"values of {path} beyond {self.most} variants (--explore-max)")
            found += _closed(base, self.opened, "")
        return found

    def _demands(self, portion: Portion) -> list[str]:
        """What a variant wants that its base does not."""
        if portion.variant is None or portion.rendered is None:
            return []
        known = {each.message for each in self.bases[portion.scenario].rendered.findings}
        wants = [each.message for each in portion.rendered.findings if each.message not in known]
        if not wants:
            return []
        more = f" (and {len(wants) - 1} more)" if len(wants) > 1 else ""
        return [f"with {' '.join(portion.variant.flags)}: {wants[0]}{more}"]


def _all(some: Sequence[Changes]) -> Changes:
    """Several changes of one variant as one: they go together, or the variant would not have them."""
    found = NO_CHANGES
    for each in some:
        found = found.joined(each) or found
    return found


def _reads_of(finding: Finding, changes: Changes) -> set[Path]:
    """The changed values that the texts of the finding's places were decided by, or made of."""
    found: set[Path] = set()
    for place in finding.places:
        if place.role == "candidate":
            continue
        origin = place.locate().origin
        for path in _paths(origin) if origin is not None else ():
            found.update(
                changed
                for changed in changes.values
                if path[: len(changed)] == changed or changed[: len(path)] == path
            )
    return found


def _paths(origin: Origin) -> Iterable[Path]:
    stack: list[Read] = [*origin.reads]
    if origin.scope is not None:
        stack += [read for link in origin.scope.links() for read in link.reads]
    seen = 0
    while stack and seen < _MOST_READS:
        seen += 1
        read = stack.pop()
        path = read.path()
        if path is not None and len(path) > 1:
            yield path
        written = read.origin()
        if isinstance(written, Derived):
            stack += written.origin.reads
