"""Explore room, goals: the objects that a chart can make and did not, and what would make them appear.

In: a chart rendered with the values of one base, and the branches that any value set executed. Out: Goals: a
branch (or a subchart) with the kinds of the objects in it and the ways to open it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from meshlint.explore.conditions import Condition
from meshlint.explore.objects import is_mesh, objects_of_text, writers
from meshlint.explore.reach import ways_to
from meshlint.explore.solve import conditions_met
from meshlint.explore.wish import TRUE, Alternatives, Changes, either
from meshlint.gotemplate.nodes import ListNode
from meshlint.helm.dependencies import fits
from meshlint.kube.kinds import GroupKind

if TYPE_CHECKING:
    from meshlint.helm.chart import Chart
    from meshlint.helm.metadata import Dependency
    from meshlint.helm.render import Rendered
    from meshlint.text.origin import Path


class Goal(NamedTuple):
    """Objects that were not made.

    key           what it is: a list of nodes, or the path of a subchart that is off
    kinds         of the objects
    alternatives  the ways to open it, the one with the fewest changes first; none is known if empty
    """

    key: ListNode | str
    kinds: tuple[GroupKind, ...]
    alternatives: Alternatives

    @property
    def rank(self) -> bool:
        """Mesh objects come first."""
        return not any(is_mesh(kind) for kind in self.kinds)


class Opened:
    """What the renderings of a chart executed together.

    bodies   the lists of nodes
    charts   the paths of the charts that were on
    """

    __slots__ = ("bodies", "charts")

    def __init__(self, renderings: Iterable[Rendered] = ()) -> None:
        self.bodies: set[ListNode] = set()
        self.charts: set[str] = set()
        for rendered in renderings:
            self.add(rendered)

    def add(self, rendered: Rendered) -> None:
        """Count a rendering in."""
        self.bodies |= rendered.executed or set()
        self.charts |= {part.full_path() for part in rendered.chart.tree()}

    def has(self, goal: Goal) -> bool:
        """True if the goal was reached."""
        return goal.key in (self.charts if isinstance(goal.key, str) else self.bodies)

    def copy(self) -> Opened:
        """The same to go on from."""
        copied = Opened()
        copied.bodies, copied.charts = set(self.bodies), set(self.charts)
        return copied


def goals(rendered: Rendered, chart: Chart, opened: Opened) -> list[Goal]:
    """What the chart could make with other values than these and no rendering made; mesh objects first.

    chart   as it was loaded, with the subcharts that are off
    """
    found = [*_closed_branches(rendered, opened), *_closed_charts(rendered, chart, opened)]
    return sorted(found, key=lambda goal: goal.rank)


def _closed_branches(rendered: Rendered, opened: Opened) -> list[Goal]:
    kinds = {
        body: found
        for body, found in writers(rendered.templates.values()).items()
        if body not in opened.bodies
    }
    if not kinds:
        return []
    entries = [(entry.name, entry.context) for entry in rendered.entries]
    here = rendered.executed or set()
    found = []
    for body, chains in ways_to(kinds, entries, rendered.templates, here).items():
        alternatives = either([conditions_met(closed(chain, here)) for chain in chains])
        found.append(Goal(body, kinds[body], [each for each in alternatives if not each.empty()]))
    return found


def closed(chain: tuple[Condition, ...], executed: set[ListNode]) -> tuple[Condition, ...]:
    """The conditions of a chain that are not known to hold."""
    return tuple(each for each in chain if not (each.direct and each.branch in executed))


# ---------------------------------------------------------------------------------------- subcharts


def _closed_charts(rendered: Rendered, chart: Chart, opened: Opened) -> list[Goal]:
    found = []
    for off in charts_off(chart, rendered.chart):
        if off.path in opened.charts:
            continue
        kinds = kinds_in(off.chart)
        if kinds:
            found.append(Goal(off.path, kinds, [off.changes] if off.changes is not None else []))
    return found


class ChartOff(NamedTuple):
    """A subchart that the values switch off: its path, the chart as loaded, what would switch it on."""

    path: str
    chart: Chart
    changes: Changes | None


def charts_off(loaded: Chart, processed: Chart, values: Path = ("Values",)) -> list[ChartOff]:
    """The subcharts of a loaded chart that are not among those of the processed one."""
    found = []
    active = {sub.name: sub for sub in processed.dependencies}
    for entry in loaded.metadata.declared():
        name = entry.alias or entry.name
        source = next((sub for sub in loaded.dependencies if fits(entry, sub)), None)
        if source is None:
            continue
        if name in active:
            found += charts_off(source, active[name], (*values, name))
        else:
            path = f"{processed.full_path()}/charts/{name}"
            found.append(ChartOff(path, source, _switching_on(entry, values)))
    return found


def _switching_on(entry: Dependency, values: Path) -> Changes | None:
    condition = entry.condition.split(",")[0].strip()
    if condition:
        return Changes({(*values, *condition.split(".")): TRUE})
    return Changes({("Values", "tags", entry.tags[0]): TRUE}) if entry.tags else None


def kinds_in(chart: Chart) -> tuple[GroupKind, ...]:
    """The kinds of the objects in the templates of a chart, told by their texts alone."""
    texts = []
    for file in chart.templates:
        try:
            texts.append(file.source("template").text)
        except OSError:
            continue
    return tuple(kind for text in texts for kind in objects_of_text(text))
