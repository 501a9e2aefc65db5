"""Settle: from findings with symbolic places to the final list that reports print.

In: the findings of every scenario, what is selected, overridden and accepted. Out: Settled records
in final order, and the internal errors. Places are looked up here and only here. Messages are not
changed; an ignore that has expired becomes a note.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from meshlint.options import Ignore, LintOptions
from meshlint.report.result import InternalError, Settled, Suppression
from meshlint.rules import catalog
from meshlint.rules.catalog import Selection
from meshlint.rules.rule import INTERNAL_ERROR
from meshlint.suppress import Malformed, Suppressions, Suppressor
from meshlint.text.finding import (
    PRECISIONS,
    SEVERITIES,
    Finding,
    Location,
    ObjectRef,
    Place,
    Severity,
    SpanTarget,
)
from meshlint.text.source import Source

UNUSED_SUPPRESSION = "CFG010"
MALFORMED_SUPPRESSION = "CFG011"


class Batch(NamedTuple):
    """The findings of one world under one scenario.

    world      what the scenarios belong to: the chart's path, the group's name
    scenario   name of the value set, "" without any
    release, namespace   as rendered; fingerprints leave them out so that they live through a rename
    explored   the findings are what only a variant of the scenario shows
    """

    world: str
    scenario: str
    findings: Sequence[Finding]
    release: str = ""
    namespace: str = ""
    explored: bool = False


class Outcome(NamedTuple):
    """The final list and the bugs met on the way."""

    settled: list[Settled]
    internal_errors: list[InternalError]


class _Entry:
    """A finding on its way: its locations, its batch, and the scenarios that show it."""

    __slots__ = ("finding", "fingerprint", "locations", "scenarios", "world")

    def __init__(self, finding: Finding, batch: Batch) -> None:
        self.finding = finding
        self.locations = [(place, place.locate()) for place in finding.places]
        self.fingerprint = fingerprint(finding, self.locations[0][1], batch)
        self.world = batch.world
        self.scenarios = [batch.scenario]

    @property
    def primary(self) -> Location:
        return self.locations[0][1]

    def spot(self) -> tuple[str, str | None, int, int]:
        """Where the finding is reported."""
        place = self.primary
        return place.source.path, place.source.archive, place.line, place.column


def settle(
    batches: Sequence[Batch],
    selection: Selection,
    options: LintOptions,
    suppressions: Suppressions | None = None,
    today: str = "",
) -> Outcome:
    """The final list. `today` (ISO date) decides which ignores have expired, "" asks the clock."""
    suppressions = suppressions or Suppressions()
    crashes = [_internal(each) for batch in batches for each in batch.findings if each.code == INTERNAL_ERROR]
    chosen = [_only(batch, selection, options) for batch in batches]
    entries = _merge(chosen)
    scenarios = _scenarios(batches)
    ignores = _Ignores(options, today)
    settled = [_settled(entry, scenarios, suppressions, ignores) for entry in entries]
    settled += [
        Settled(finding, [(place, place.locate()) for place in finding.places], "")
        for finding in _leftovers(selection, suppressions)
    ]
    settled = [each for each in settled if _shown(each.finding, options)]
    return Outcome(sorted(settled, key=_order), list(dict.fromkeys(crashes)))


def fingerprint(finding: Finding, primary: Location, batch: Batch) -> str:
    """32 hex digits: rule, object identity (release name and namespace left out) and key; no lines."""
    from hashlib import blake2b

    about = finding.object
    if about is None:
        identity = f"{primary.source.path}\0{finding.key or finding.message}"
    else:
        namespace = "" if about.namespace == batch.namespace else about.namespace
        identity = "\0".join((about.kind, namespace, _without(about.name, batch.release), finding.key))
    return blake2b(f"{finding.code}\0{identity}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _without(name: str, release: str) -> str:
    if release and (name == release or name.startswith(release + "-")):
        return "{release}" + name[len(release) :]
    return name


def _internal(finding: Finding) -> InternalError:
    return InternalError(finding.key, finding.message, finding.notes[0] if finding.notes else "")


def _only(batch: Batch, selection: Selection, options: LintOptions) -> Batch:
    """The batch with the findings that are selected, with their final severities."""
    enabled = selection.codes()
    kept = []
    for finding in batch.findings:
        if finding.code == INTERNAL_ERROR or (catalog.rule_of(finding.code) and finding.code not in enabled):
            continue
        severity = _severity(finding, options)
        if severity is not None and _precise(finding, selection, options):
            finding.severity = severity
            kept.append(finding)
    return batch._replace(findings=kept)


def _precise(finding: Finding, selection: Selection, options: LintOptions) -> bool:
    """True from the lowest precision the user wants to see: high unless the rule was asked for."""
    lowest = next((each for each in PRECISIONS if each == options.min_precision), None)
    if lowest is None:
        lowest = "low" if finding.code in selection.asked else "high"
    return PRECISIONS.index(finding.precision) >= PRECISIONS.index(lowest)


def _severity(finding: Finding, options: LintOptions) -> Severity | None:
    """The severity the user set, else the finding's own; None if the user switched the rule off."""
    wanted = catalog.override(finding.code, options.severities)
    if wanted == "off":
        return None
    severity: Severity = next((each for each in SEVERITIES if each == wanted), finding.severity)
    guessed = finding.provisional or bool(finding.toggles)
    return "warning" if guessed and severity == "error" else severity


def _shown(finding: Finding, options: LintOptions) -> bool:
    """False below the severity the user wants to see."""
    lowest = options.min_severity
    return lowest not in SEVERITIES or SEVERITIES.index(finding.severity) >= SEVERITIES.index(lowest)


def _merge(batches: Sequence[Batch]) -> list[_Entry]:
    """One entry per fingerprint and world; the scenarios that show it are gathered, the worst one speaks."""
    merged: dict[tuple[str, str], _Entry] = {}
    seen: dict[tuple[object, ...], _Entry] = {}
    for batch in batches:
        for finding in batch.findings:
            entry = _Entry(finding, batch)
            same = (finding.code, finding.message, entry.spot())
            known = merged.get((entry.world, entry.fingerprint)) or seen.get(same)
            if known is None:
                merged[entry.world, entry.fingerprint] = seen[same] = entry
            elif known.world == entry.world and bool(known.finding.toggles) == batch.explored:
                _join(known, entry)
    return list(dict.fromkeys(merged.values()))


def _join(known: _Entry, entry: _Entry) -> None:
    if entry.scenarios[0] not in known.scenarios:
        known.scenarios += entry.scenarios
    if SEVERITIES.index(entry.finding.severity) > SEVERITIES.index(known.finding.severity):
        known.finding, known.locations = entry.finding, entry.locations


def _scenarios(batches: Sequence[Batch]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for batch in batches:
        if batch.explored:
            continue
        names = found.setdefault(batch.world, [])
        if batch.scenario not in names:
            names.append(batch.scenario)
    return found


def _settled(
    entry: _Entry, scenarios: dict[str, list[str]], suppressions: Suppressions, ignores: _Ignores
) -> Settled:
    finding = entry.finding
    everywhere = len(entry.scenarios) == len(scenarios[entry.world])
    finding.scenarios = () if everywhere else tuple(name or "default" for name in entry.scenarios)
    suppression = _suppression(entry, suppressions) or ignores.accepting(entry)
    sets = len(scenarios[entry.world])
    return Settled(finding, entry.locations, entry.fingerprint, finding.scenarios, suppression, sets)


def _suppression(entry: _Entry, suppressions: Suppressions) -> Suppression | None:
    finding = entry.finding
    about = _objects(finding)
    places = [location for place, location in entry.locations if place.role != "candidate"]
    found = suppressions.accepting(_rule_names(finding.code), about, places)
    return Suppression("inSource", found.reason, found.where()) if found else None


def _objects(finding: Finding) -> set[ObjectRef]:
    """The finding's object and the one its primary place points into."""
    found = {finding.object} if finding.object else set()
    ref: Callable[[], ObjectRef] | None = getattr(finding.places[0].target, "ref", None)
    return found | {ref()} if ref else found


def _rule_names(code: str) -> frozenset[str]:
    rule = catalog.rule_of(code)
    return frozenset((code, rule.slug, *rule.peers)) if rule else frozenset((code,))


class _Ignores:
    """The config's `ignores` and `per_file_ignores`."""

    def __init__(self, options: LintOptions, today: str) -> None:
        self.options = options
        self.today = today

    def accepting(self, entry: _Entry) -> Suppression | None:
        """Why the config accepts the finding, None if it does not; an expired entry leaves a note."""
        path = entry.primary.source.path
        for glob, codes in self.options.per_file_ignores.items():
            if matches_glob(glob, path) and any(_named(code, entry.finding.code) for code in codes):
                return Suppression("external", "", f"per_file_ignores {glob}")
        for ignore in self.options.ignores:
            if self._applies(ignore, entry, path):
                if not self._expired(ignore):
                    return Suppression("external", ignore.reason, ignore.where)
                entry.finding.notes.append(f"the ignore in {ignore.where} expired on {ignore.expires}")
        return None

    def _applies(self, ignore: Ignore, entry: _Entry, path: str) -> bool:
        from fnmatch import fnmatchcase

        names = _rule_names(entry.finding.code)
        if ignore.rule and not any(fnmatchcase(name, ignore.rule) for name in names):
            return False
        if ignore.object and not any(_is_object(ref, ignore.object) for ref in _objects(entry.finding)):
            return False
        if ignore.path and not matches_glob(ignore.path, path):
            return False
        return not ignore.values_set or all(
            fnmatchcase(name or "default", ignore.values_set) for name in entry.scenarios
        )

    def _expired(self, ignore: Ignore) -> bool:
        if not ignore.expires:
            return False
        if not self.today:
            import time

            self.today = time.strftime("%Y-%m-%d")
        return ignore.expires < self.today


def _named(code: str, finding: str) -> bool:
    return any(rule.code == finding for rule in catalog.matching(code.rstrip("*")))


def _is_object(ref: ObjectRef, pattern: str) -> bool:
    from fnmatch import fnmatchcase

    names = (f"{ref.kind}/{ref.namespace}/{ref.name}", f"{ref.kind}/{ref.name}")
    return any(fnmatchcase(name, pattern) for name in names)


def matches_glob(pattern: str, path: str) -> bool:
    """How gitignore matches: `*` stays in one folder, `**` crosses them, a bare name matches anywhere."""
    pattern = pattern.removeprefix("./")
    anchored = "/" in pattern.rstrip("/")
    text = re.escape(pattern.strip("/"))
    text = text.replace(r"\*\*/", "(?:.*/)?").replace(r"/\*\*", "/.*").replace(r"\*\*", ".*")
    text = text.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    start = "" if anchored else "(?:.*/)?"
    return re.fullmatch(f"{start}{text}(?:/.*)?", path.removeprefix("./")) is not None


def _leftovers(selection: Selection, suppressions: Suppressions) -> Iterable[Finding]:
    """Findings about the suppressions themselves."""
    enabled = selection.codes()
    names = [frozenset((rule.code, rule.slug, *rule.peers)) for rule in selection.rules]
    if UNUSED_SUPPRESSION in enabled:
        yield from map(_unused, suppressions.unused(names))
    if MALFORMED_SUPPRESSION in enabled:
        yield from map(_malformed, suppressions.malformed)


def _unused(comment: Suppressor) -> Finding:
    codes = ", ".join(comment.codes)
    return Finding(
        UNUSED_SUPPRESSION,
        f"the suppression of `{codes}` accepts nothing",
        [_line_place(comment.source, comment.line)],
        severity="note",
        hint=f"remove `{codes}` from the comment",
        key=codes,
    )


def _malformed(comment: Malformed) -> Finding:
    return Finding(
        MALFORMED_SUPPRESSION,
        f"the suppression comment has no effect: {comment.problem}",
        [_line_place(comment.source, comment.line)],
        severity="warning",
        hint="write `# meshlint: ignore[CODE] reason`",
    )


def _line_place(source: Source, line: int) -> Place:
    start = source.offset(line)
    return Place(SpanTarget(source, start, start + len(source.line_text(line))))


def _order(settled: Settled) -> tuple[object, ...]:
    finding, place = settled.finding, settled.primary
    return (
        -SEVERITIES.index(finding.severity),
        place.source.path,
        place.line,
        place.column,
        finding.code,
        finding.key,
        finding.message,
    )
