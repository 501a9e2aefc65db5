"""Room: report. One finding as a SARIF result, with the objects of sarif-om.

In: a Settled finding. Out: a Result whose message links to its related locations (GitHub shows them
only then), with one primary location, a code flow of the story and GitHub's line hash.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.report.anchor import Anchor, anchored, call_site, key_spot, located
from meshlint.report.full import PROVISIONAL, effect_text
from meshlint.report.jsontext import pointer
from meshlint.report.linehash import line_hashes
from meshlint.report.result import Settled
from meshlint.report.style import one_line
from meshlint.report.uri import file_uri, quoted, relative
from meshlint.report.view import View
from meshlint.text.finding import Edit, Location, Role
from meshlint.text.source import Source

MOST_RELATED = 100
BASE_ID = "SRCROOT"
STORY: tuple[Role, ...] = ("consumer", "primary", "definition", "candidate", "cause")
WORDS: dict[Role, str] = {
    "primary": "here",
    "consumer": "used here",
    "definition": "defined here",
    "candidate": "nearest candidate",
    "cause": "cause",
}


class Step(NamedTuple):
    """A further place of a finding, anchored, with the words of its link."""

    anchor: Anchor
    words: str


class Results:
    """Makes results; remembers what is per file: URIs and line hashes."""

    def __init__(self, view: View, rule_index: dict[str, int], fallback: str) -> None:
        import sarif_om

        self.om: Any = sarif_om
        self.view = view
        self.rule_index = rule_index
        self.fallback = fallback
        self._places: dict[str, tuple[str, bool]] = {}
        self._hashes: dict[int, tuple[Source, list[str]]] = {}  # the Source is kept so that its id is its own

    def result(self, settled: Settled) -> Any:
        """The Result of one finding."""
        om, finding = self.om, settled.finding
        steps = self._related(settled)
        anchor = self._primary(settled.primary)
        return om.Result(
            rule_id=finding.code,
            rule_index=self.rule_index[finding.code],
            level=finding.severity,
            kind="fail",
            message=om.Message(text=message(settled, steps)),
            locations=[self._location(anchor, settled=settled)],
            related_locations=[
                self._location(step.anchor, step.words, number) for number, step in enumerate(steps, 1)
            ]
            or None,
            code_flows=self._flows(settled),
            partial_fingerprints=self._fingerprints(settled, anchor),
            fixes=self._fixes(settled),
            suppressions=self._suppressions(settled),
            properties={
                "valuesSets": list(settled.scenarios),
                **({"valuesSetsTotal": settled.sets} if settled.scenarios else {}),
                **({"toggles": list(finding.toggles)} if finding.toggles else {}),
                "precision": finding.precision,
                **({"effect": finding.effect._asdict()} if finding.effect else {}),
                **({"provisional": True} if finding.provisional else {}),
                **({"peers": list(finding.peers)} if finding.peers else {}),
            },
        )

    def place(self, location: Location) -> Any:
        """The Location of a place by itself."""
        return self._location(self._primary(location))

    def artifact(self, path: str) -> Any:
        """The ArtifactLocation of a file: relative to the root, or absolute outside of it."""
        found = self._places.get(path)
        if found is None:
            inside = relative(path, self.view.root, self.view.directory)
            found = (quoted(inside), True) if inside is not None else (self._outside(path), False)
            self._places[path] = found
        uri, based = found
        return self.om.ArtifactLocation(uri=uri, uri_base_id=BASE_ID if based else None)

    def _outside(self, path: str) -> str:
        import os

        return file_uri(os.path.join(self.view.directory, path))

    def _primary(self, location: Location) -> Anchor:
        """The anchor of the primary place; what lies in no file stands at the start of the first input."""
        found = anchored(location)
        if found is not None:
            return found
        return Anchor(None, self.fallback, 1, 1, 1, 1, "file", location.source.path)

    def _location(
        self, anchor: Anchor, words: str = "", number: int | None = None, settled: Settled | None = None
    ) -> Any:
        om = self.om
        physical = om.PhysicalLocation(
            artifact_location=self.artifact(anchor.path), region=self.region(anchor)
        )
        said = "; ".join(part for part in (words, anchor.origin) if part)
        return om.Location(
            id=-1 if number is None else number,
            physical_location=physical,
            message=om.Message(text=one_line(said)) if said else None,
            logical_locations=self._logical(settled) if settled else None,
        )

    def region(self, anchor: Anchor) -> Any:
        """A region on one line, columns in UTF-16 code units: all four numbers, none below 1."""
        text = anchor.source.line_text(anchor.line) if anchor.source else ""
        end = anchor.end_column if anchor.end_line == anchor.line else len(text.rstrip()) + 1
        start = max(anchor.column, 1)
        return self.om.Region(
            start_line=anchor.line,
            start_column=start + astral(text[: start - 1]),
            end_line=anchor.line,
            end_column=max(end, start) + astral(text[: max(end, start) - 1]),
        )

    def _logical(self, settled: Settled) -> list[Any] | None:
        about = settled.finding.object
        if about is None:
            return None
        parts = (about.kind, about.namespace, about.name)
        inside = {
            "pointer": pointer(settled.primary),
            "renderedLine": settled.primary.rendered or None,
        }
        return [
            self.om.LogicalLocation(
                name=about.name,
                fully_qualified_name="/".join(part for part in parts if part),
                kind="resource",
                properties={key: value for key, value in inside.items() if value is not None} or None,
            )
        ]

    def _related(self, settled: Settled) -> list[Step]:
        """The places besides the primary one, then calls and values of every place; each place once."""
        steps = [
            Step(anchor, place.label or WORDS[place.role])
            for place, location in settled.locations[1:]
            if (anchor := anchored(location)) is not None
        ]
        for _, location in settled.locations:
            steps.extend(behind(location))
        first = self._primary(settled.primary)
        unique: dict[tuple[Any, ...], Step] = {}
        for step in steps:
            if step.anchor[1:4] != first[1:4]:
                unique.setdefault(step.anchor[1:4], step)
        return list(unique.values())[:MOST_RELATED]

    def _flows(self, settled: Settled) -> list[Any] | None:
        """Consumer, primary, definition, cause, then the values behind them: GitHub shows them as steps."""
        om = self.om
        steps: list[Step] = []
        for place, location in sorted(settled.locations, key=lambda pair: STORY.index(pair[0].role)):
            anchor = anchored(location)
            if anchor is not None:
                words = place.label or (settled.finding.message if place.role == "primary" else "")
                steps.append(Step(anchor, words or WORDS[place.role]))
        steps.extend(behind(settled.primary))
        if len(steps) < 2:
            return None
        flow = [
            om.ThreadFlowLocation(location=self._location(step.anchor, step.words))
            for step in steps[:MOST_RELATED]
        ]
        return [om.CodeFlow(thread_flows=[om.ThreadFlow(locations=flow)])]

    def _fingerprints(self, settled: Settled, anchor: Anchor) -> dict[str, str] | None:
        prints = {"meshlint/v1": settled.fingerprint} if settled.fingerprint else {}
        if anchor.source is not None:
            hashes = self._file_hashes(anchor.source)
            prints["primaryLocationLineHash"] = hashes[min(anchor.line, len(hashes)) - 1]
        return prints or None

    def _file_hashes(self, source: Source) -> list[str]:
        found = self._hashes.get(id(source))
        if found is None:
            found = self._hashes[id(source)] = (source, line_hashes(source.text))
        return found[1]

    def _fixes(self, settled: Settled) -> list[Any] | None:
        edits = settled.finding.edits
        if not edits:
            return None
        om = self.om
        changes = [
            om.ArtifactChange(
                artifact_location=self.artifact(edit.source.path), replacements=[self._replacement(edit)]
            )
            for edit in edits
        ]
        text = settled.finding.hint or settled.finding.message
        return [om.Fix(description=om.Message(text=one_line(text)), artifact_changes=changes)]

    def _replacement(self, edit: Edit) -> Any:
        source, om = edit.source, self.om
        (line, column), (end_line, end_column) = source.position(edit.start), source.position(edit.end)
        region = om.Region(
            start_line=line,
            start_column=column + astral(source.line_text(line)[: column - 1]),
            end_line=end_line,
            end_column=end_column + astral(source.line_text(end_line)[: end_column - 1]),
        )
        return om.Replacement(deleted_region=region, inserted_content=om.ArtifactContent(text=edit.text))

    def _suppressions(self, settled: Settled) -> list[Any] | None:
        if settled.suppression is None:
            return None
        reason = settled.suppression.reason or None
        return [self.om.Suppression(kind=settled.suppression.kind, justification=reason)]


def behind(location: Location) -> list[Step]:
    """The template calls and the values that led to a place, as steps."""
    steps = []
    for scope in location.calls:
        anchor = anchored(call_site(scope))
        if anchor is not None:
            steps.append(Step(anchor, f"calls {scope.name}" if scope.name else "called here"))
    for origin in location.values:
        anchor = anchored(located(origin))
        if anchor is not None:
            steps.append(Step(anchor, f"value from {key_spot(origin)}"))
    return steps


def message(settled: Settled, steps: list[Step]) -> str:
    """The first sentence stands alone as the alert's title; effect, help and links follow."""
    finding = settled.finding
    sentences = [sentence(unlinked(finding.message))]
    if settled.seen():
        sentences.append(sentence(unlinked(f"Seen {settled.seen()}")))
    if finding.effect is not None:
        sentences.append(sentence("Effect: " + unlinked(effect_text(settled))))
    if finding.hint:
        sentences.append(sentence("Help: " + unlinked(finding.hint)))
    sentences.extend(sentence("Note: " + unlinked(note)) for note in finding.notes)
    if finding.provisional:
        sentences.append(sentence(PROVISIONAL))
    if steps:
        links = [f"[{link_text(step.words)}]({number})" for number, step in enumerate(steps, 1)]
        sentences.append(sentence("See " + ", ".join(links)))
    return " ".join(sentences)


def sentence(text: str) -> str:
    """The text on one line, ended by a full stop."""
    line = one_line(text)
    return line if line.endswith((".", "!", "?")) else line + "."


def unlinked(text: str) -> str:
    """The text so that no `](` in it makes a link (SARIF 2.1.0, 3.11.6)."""
    return text.replace("](", "\\](")


def link_text(words: str) -> str:
    """The words of an embedded link; brackets in it are escaped."""
    return one_line(words).replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")


def astral(text: str) -> int:
    """How many UTF-16 code units more than code points the text has."""
    return 0 if text.isascii() else sum(character > "\uffff" for character in text)
