"""Explore room, coverage: which lines and branches of a chart's templates its value sets rendered.

In: the renderings of one chart, one per value set. Out: for each template file how many of them executed
each line, and the branches none of them took, with what would open them. A branch is the body of an `if`,
`with` or `range`, a written `else`, or a named template.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from meshlint.explore.goals import charts_off, closed
from meshlint.explore.proposal import Proposal
from meshlint.explore.reach import ways_to
from meshlint.explore.solve import conditions_met
from meshlint.explore.usage import Usage
from meshlint.explore.wish import Changes, either
from meshlint.gotemplate.nodes import BranchNode, ListNode, TemplateNode, TextNode
from meshlint.text.source import Source

if TYPE_CHECKING:
    from meshlint.helm.chart import Chart
    from meshlint.helm.render import Rendered

_MOST_GUARD = 100
_PLACE = tuple[int, int]


class Branch(NamedTuple):
    """A branch that no value set took.

    line, column   of its opening action
    guard          the action as written: `if .Values.istio.enabled`, `else of if .Values.a`, `define "x"`
    inside         it lies in another branch that was never taken
    flags          --set flags that should open it, () if none are known
    """

    line: int
    column: int
    guard: str
    inside: bool
    flags: tuple[str, ...]


class FileCoverage(NamedTuple):
    """The coverage of one template file.

    counts     for each line how many value sets executed it, None for a line that writes nothing
    branches   number of branches; `never` are those no value set took
    """

    source: Source
    counts: list[int | None]
    branches: int
    never: list[Branch]

    @property
    def lines(self) -> int:
        """Number of lines that could be rendered."""
        return sum(count is not None for count in self.counts)

    @property
    def rendered(self) -> int:
        """Number of lines that were."""
        return sum(bool(count) for count in self.counts)

    @property
    def taken(self) -> int:
        """Number of branches that were taken."""
        return self.branches - len(self.never)


class ChartCoverage(NamedTuple):
    """The coverage of a chart: its files in the order of their paths, and the subcharts that are off."""

    files: list[FileCoverage]
    off: list[tuple[str, tuple[str, ...]]]


class _Seen(NamedTuple):
    """A list of nodes met in a file, and how its branch is described; "" for one that is no branch."""

    body: ListNode
    start: int
    guard: str
    above: ListNode | None


def coverage(renderings: Sequence[Rendered], chart: Chart) -> ChartCoverage:
    """The coverage of the renderings of one chart together; there is at least one."""
    hits: dict[_PLACE, int] = {}
    for rendered in renderings:
        for place in {_place(body) for body in rendered.executed or ()}:
            hits[place] = hits.get(place, 0) + 1
    files: dict[int, list[TemplateNode]] = {}
    templates = {id(each): each for rendered in renderings for each in rendered.templates.values()}
    for template in templates.values():
        files.setdefault(id(template.source), []).append(template)
    opener = _Opener(renderings, hits)
    found = [_file(group, hits, opener) for group in files.values()]
    return ChartCoverage(sorted(found, key=lambda file: file.source.path), _off(renderings, chart, opener))


def _place(body: ListNode) -> _PLACE:
    """What identifies a list: a file that is rendered under two names has two trees of one source."""
    return id(body.source), body.start


def _off(renderings: Sequence[Rendered], chart: Chart, opener: _Opener) -> list[tuple[str, tuple[str, ...]]]:
    on = {part.full_path() for rendered in renderings for part in rendered.chart.tree()}
    found = []
    for each in charts_off(chart, renderings[0].chart):
        if each.path not in on:
            changes = each.changes
            flags = (
                () if changes is None else tuple(Proposal(changes, renderings[0].values, opener.usage).flags)
            )
            found.append((each.path, flags))
    return found


def _file(group: list[TemplateNode], hits: dict[_PLACE, int], opener: _Opener) -> FileCoverage:
    source = group[0].source
    counts: list[int | None] = [None] * len(source.line_starts())
    seen: dict[_PLACE, _Seen] = {}
    for template in group:
        for each in _lists(template):
            if _place(each.body) not in seen:
                seen[_place(each.body)] = each
                _count(each.body, hits.get(_place(each.body), 0), counts)
    found = [each for each in seen.values() if each.guard]
    missed = [each for each in found if _place(each.body) not in hits]
    never = [_never(each, hits, opener) for each in sorted(missed, key=lambda each: each.body.start)]
    return FileCoverage(source, counts, len(found), never)


def _never(each: _Seen, hits: dict[_PLACE, int], opener: _Opener) -> Branch:
    line, column = each.body.source.position(each.start)
    inside = each.above is not None and _place(each.above) not in hits
    return Branch(line, column, each.guard, inside, opener.flags(each.body))


def _lists(template: TemplateNode) -> Iterator[_Seen]:
    """The lists of a template that Helm may execute."""
    if template.name != template.file:
        yield _Seen(template.body, template.start, f'define "{template.name}"', None)
    elif not template.name.rpartition("/")[2].startswith("_"):
        yield _Seen(template.body, 0, "", None)
    yield from _branches(template.body, None if template.name == template.file else template.body)


def _branches(body: ListNode, above: ListNode | None) -> Iterator[_Seen]:
    for node in body.nodes:
        if isinstance(node, BranchNode):
            yield _Seen(node.body, node.start, _guard(node), above)
            yield from _branches(node.body, node.body)
            other = node.otherwise
            if other is not None and _is_else_if(other):
                yield _Seen(other, node.start, "", above)
                yield from _branches(other, above)
            elif other is not None:
                yield _Seen(other, other.start, f"else of {_guard(node)}", above)
                yield from _branches(other, other)


def _is_else_if(body: ListNode) -> bool:
    return (
        len(body.nodes) == 1 and isinstance(body.nodes[0], BranchNode) and body.nodes[0].start == body.start
    )


def _guard(node: BranchNode) -> str:
    text = node.source.text[node.start : node.end].removeprefix("{{").removesuffix("}}")
    plain = " ".join(text.removeprefix("-").removesuffix("-").split())
    return plain if len(plain) <= _MOST_GUARD else f"{plain[: _MOST_GUARD - 3]}..."


def _count(body: ListNode, hits: int, counts: list[int | None]) -> None:
    """Count the lines of a list's own nodes; a line with several lists counts for the one executed most."""
    for node in body.nodes:
        first, _ = node.source.position(node.start)
        if isinstance(node, TextNode):
            lines = [
                number for number, text in enumerate(node.text_written.split("\n"), first) if text.strip()
            ]
        else:
            last, _ = node.source.position(max(node.end - 1, node.start))
            lines = list(range(first, last + 1))
        for line in lines:
            counts[line - 1] = max(counts[line - 1] or 0, hits)


class _Opener:
    """Knows the flags that open the branches no value set took."""

    def __init__(self, renderings: Sequence[Rendered], hits: dict[_PLACE, int]) -> None:
        self.base = renderings[0]
        self.usage = Usage(self.base.templates.values())
        wanted = {
            each.body
            for template in self.base.templates.values()
            for each in _lists(template)
            if _place(each.body) not in hits
        }
        entries = [(entry.name, entry.context) for entry in self.base.entries]
        ways = ways_to(wanted, entries, self.base.templates, self.base.executed or ())
        self.ways = {_place(body): chains for body, chains in ways.items()}

    def flags(self, body: ListNode) -> tuple[str, ...]:
        """The flags for a branch, () if none are known."""
        here = self.base.executed or set()
        chains = self.ways.get(_place(body), [])
        found = either([conditions_met(closed(chain, here)) for chain in chains])
        return self.of(next((each for each in found if not each.empty()), None))

    def of(self, changes: Changes | None) -> tuple[str, ...]:
        """The flags of changes."""
        return () if changes is None else tuple(Proposal(changes, self.base.values, self.usage).flags)
