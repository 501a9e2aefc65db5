"""Explore room, variants: which values to try next for one value set, and what was learnt from trying.

In: the rendering of the base, the Goals nobody reached. Out: Variants, one after the other: Goals that do not
contradict each other share one. A Goal that a rendering missed is tried alone, then in its other ways; what a
rendering brings into sight becomes a Goal on top of it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from meshlint.explore.goals import Goal, Opened, goals
from meshlint.explore.proposal import Proposal
from meshlint.explore.usage import Usage
from meshlint.explore.wish import NO_CHANGES, Changes, every
from meshlint.helm.problems import FAIL_CALLED, SCHEMA_VIOLATION
from meshlint.yamldoc.tracked import TrackedMap

if TYPE_CHECKING:
    from meshlint.gotemplate.nodes import ListNode
    from meshlint.helm.chart import Chart
    from meshlint.helm.render import Rendered

_REFUSALS = frozenset((FAIL_CALLED.code, SCHEMA_VIOLATION.code))


class Variant:
    """One set of values to try: a value set with changes.

    base      the name of the value set
    goals     what it should make appear, each with the way that was taken as its first alternative
    changes, values, flags   what is changed, as a layer over the values of the base, as --set flags
    """

    __slots__ = ("base", "changes", "flags", "goals", "values")

    def __init__(self, base: str, found: Iterable[Goal], proposal: Proposal) -> None:
        self.base = base
        self.goals = tuple(found)
        self.changes = proposal.changes
        self.values: TrackedMap = proposal.values
        self.flags = tuple(proposal.flags)

    @property
    def apis(self) -> tuple[str, ...]:
        """The API versions that the cluster should have."""
        return self.changes.apis


class _Plan:
    """Goals that are to share one variant, and the changes for all of them."""

    __slots__ = ("changes", "goals")

    def __init__(self, goal: Goal) -> None:
        self.goals = [goal]
        self.changes = goal.alternatives[0]

    def takes(self, goal: Goal) -> bool:
        """True if the goal joined: its changes go together with those planned."""
        both = self.changes.joined(goal.alternatives[0])
        if both is None:
            return False
        self.changes = both
        self.goals.append(goal)
        return True


class Search:
    """The variants of one base, found by rendering them.

    opened   what the value sets executed, and the variants so far
    """

    def __init__(self, base: str, rendered: Rendered, chart: Chart, opened: Opened) -> None:
        self.base = base
        self.rendered = rendered
        self.chart = chart
        self.opened = opened
        self._plans: deque[_Plan] = deque()
        self._known: set[ListNode | str] = set()
        self._usage: Usage | None = None
        self._complaints = {found.finding.message for found in rendered.problems}
        self._plan(rendered, NO_CHANGES)

    def next(self) -> Variant | None:
        """What to render next, None if nothing is left to try."""
        while self._plans:
            plan = self._plans.popleft()
            if any(not self.opened.has(goal) for goal in plan.goals):
                return self.variant(plan.goals, plan.changes)
        return None

    def variant(self, found: list[Goal], changes: Changes) -> Variant:
        """The variant for goals."""
        if self._usage is None:
            self._usage = Usage(self.rendered.templates.values())
        return Variant(self.base, found, Proposal(changes, self.rendered.values, self._usage))

    def learn(self, variant: Variant, rendered: Rendered) -> bool:
        """Take in how the variant rendered; False if the chart refuses these values."""
        refused = any(
            found.finding.code in _REFUSALS and found.finding.message not in self._complaints
            for found in rendered.problems
        )
        if not refused:
            self.opened.add(rendered)
        for goal in variant.goals:
            if not self.opened.has(goal):
                self._again(goal, alone=len(variant.goals) == 1)
        if not refused:
            self._plan(rendered, variant.changes)
        return not refused

    def _again(self, goal: Goal, alone: bool) -> None:
        ways = goal.alternatives[1:] if alone else goal.alternatives
        if ways:
            self._plans.append(_Plan(goal._replace(alternatives=ways)))

    def _plan(self, rendered: Rendered, above: Changes) -> None:
        """Plan for the goals in sight that are new; they stand on the changes that brought them there."""
        plans: list[_Plan] = []
        for goal in goals(rendered, self.chart, self.opened):
            if goal.key in self._known:
                continue
            self._known.add(goal.key)
            ways = every([[above], goal.alternatives]) if goal.alternatives else []
            goal = goal._replace(alternatives=ways)
            if ways and not any(plan.takes(goal) for plan in plans):
                plans.append(_Plan(goal))
        self._plans += plans
