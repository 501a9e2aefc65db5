"""Explore room, reach: how the execution of a chart's templates comes to certain branches.

In: the templates that are executed with their data, and the lists of nodes wanted. Out: for each of them the
chains of Conditions on the ways there, through branches, `include` and `template`; nothing is executed.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Any

from meshlint.explore.conditions import MOST_CALLS, Condition, bind, branches, reassign
from meshlint.explore.symbol import Env, Known, Ref, symbol
from meshlint.gotemplate.expression import Command, Expression, Identifier, Pipe, Text
from meshlint.gotemplate.nodes import ActionNode, BranchNode, CallNode, ListNode, Node, TemplateNode

MOST_VISITS = 4  # of one list, so of a helper that is called from many places
Chain = tuple[Condition, ...]
Ways = dict[ListNode, list[Chain]]


def ways_to(
    wanted: Container[ListNode],
    entries: Iterable[tuple[str, Any]],
    templates: dict[str, TemplateNode],
    executed: Container[ListNode] = (),
) -> Ways:
    """The ways to the wanted lists that are found, a few for each.

    entries    the templates executed: names, and the data they get
    executed   lists on which the ways are looked for first: what is open already needs no opening
    """
    walk = _Walk(wanted, templates)
    for through in (executed, None):
        walk.begin(through)
        for name, data in entries:
            template = templates.get(name)
            if template is not None and walk.leads(template.body):
                walk.list(template.body, Env(templates, Ref((), data)), (), True)
    return walk.ways


class _Walk:
    """One walk; `leads` knows where going on is worth it."""

    def __init__(self, wanted: Container[ListNode], templates: dict[str, TemplateNode]) -> None:
        self.wanted = wanted
        self.templates = templates
        self.ways: Ways = {}
        self.through: Container[ListNode] | None = None
        self._visits: dict[ListNode, int] = {}
        self._leads: dict[ListNode, bool] = {}
        self._included: dict[int, tuple[list[tuple[str, Expression | None]], Pipe]] = {}

    def begin(self, through: Container[ListNode] | None) -> None:
        """Start anew, with the branches that may be followed (those wanted may always be); None: all."""
        self.through = through
        self._visits.clear()

    def leads(self, body: ListNode) -> bool:
        """True if a wanted list is executed while this one is, given the values for it."""
        known = self._leads.get(body)
        if known is None:
            self._leads[body] = False  # while it is not known: templates may call each other in a circle
            known = self._leads[body] = body in self.wanted or any(map(self._node_leads, body.nodes))
        return known

    def _node_leads(self, node: Node) -> bool:
        return any(map(self.leads, node.children())) or any(
            self.leads(self.templates[name].body) for name, _ in self.calls(node)
        )

    def calls(self, node: Node) -> list[tuple[str, Expression | None]]:
        """The templates that a node calls by their names, and the expressions of their data."""
        if isinstance(node, CallNode):
            return [(node.name, node.pipe)] if node.name in self.templates else []
        pipe = getattr(node, "pipe", None)
        if pipe is None:
            return []
        found = self._included.get(id(pipe))
        if found is None:
            names = [(name, data) for name, data in _includes(pipe) if name in self.templates]
            found = self._included[id(pipe)] = (names, pipe)
        return found[0]

    def list(self, body: ListNode, env: Env, chain: Chain, direct: bool) -> None:
        """Follow a list that is executed under the conditions of the chain."""
        visits = self._visits[body] = self._visits.get(body, 0) + 1
        if visits > MOST_VISITS:
            return
        if body in self.wanted:
            self.ways.setdefault(body, []).append(chain)
        if self.through is not None and body not in self.through:
            return
        for node in body.nodes:
            if isinstance(node, (ActionNode, CallNode)):
                self._follow(node, env, chain)
                if isinstance(node, ActionNode) and node.pipe.names:
                    bind(node, env)
            elif isinstance(node, BranchNode):
                self._branch(node, env, chain, direct)

    def _branch(self, node: BranchNode, env: Env, chain: Chain, direct: bool) -> None:
        if any(map(self.leads, node.children())):
            for branch, inner, condition in branches(node, env, direct):
                if self.leads(branch) and self._may_follow(branch):
                    self.list(branch, inner, (*chain, condition), direct)
        self._follow(node, env, chain)
        reassign(node, env)

    def _may_follow(self, branch: ListNode) -> bool:
        return self.through is None or branch in self.through or branch in self.wanted

    def _follow(self, node: Node, env: Env, chain: Chain) -> None:
        for name, data in self.calls(node):
            body = self.templates[name].body
            if env.depth <= MOST_CALLS and self.leads(body):
                dot = Known(None) if data is None else symbol(data, env)
                self.list(body, env.called(dot), chain, False)


def _includes(pipe: Pipe) -> Iterator[tuple[str, Expression | None]]:
    for part in pipe.expressions():
        if isinstance(part, Command) and len(part.operands) > 1:
            first, name, *data = part.operands
            if isinstance(first, Identifier) and first.name == "include" and isinstance(name, Text):
                yield name.value, data[0] if data else None
