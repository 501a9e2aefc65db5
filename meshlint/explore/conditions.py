"""Explore room, conditions: the branches of a template with what each of them asks for.

In: a node and the Env it stands in. Out: its branches, each with the Env inside it and its Condition; and,
for a template that a condition includes, the texts it may write and the Conditions under which it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.explore.symbol import (
    Assigned,
    Env,
    Items,
    Known,
    Symbol,
    Table,
    constant,
    symbol,
)
from meshlint.explore.wish import FALSE, TRUE, Want
from meshlint.gotemplate.nodes import ActionNode, BranchNode, CallNode, ListNode, RangeNode, TextNode

MOST_CALLS = 12  # calls inside calls
MOST_ITEMS = 3  # elements of a list that a range is followed into


class Condition(NamedTuple):
    """What a branch asks for: a symbol and what is wanted of it; `branch` is the list it leads to.

    direct   the branch stands in the file itself, not in a template that may be called from elsewhere
    """

    what: Symbol
    want: Want
    node: BranchNode
    branch: ListNode
    direct: bool = False


class Writing(NamedTuple):
    """Something that a template writes: constant text or a symbol, and under which conditions."""

    what: str | Symbol
    conditions: tuple[Condition, ...]


def writings_of(body: ListNode, env: Env, conditions: tuple[Condition, ...]) -> Iterator[Writing]:
    """What the list writes and under which conditions; `env` learns of the variables it declares."""
    for node in body.nodes:
        if isinstance(node, TextNode):
            if node.text_written.strip():
                yield Writing(node.text_written.strip(), conditions)
        elif isinstance(node, ActionNode):
            if not bind(node, env):
                yield Writing(symbol(node.pipe, env), conditions)
        elif isinstance(node, BranchNode):
            for branch, inner, condition in branches(node, env):
                yield from writings_of(branch, inner, (*conditions, condition))
            reassign(node, env)
        elif isinstance(node, CallNode):
            template = env.templates.get(node.name)
            if template is not None and env.depth <= MOST_CALLS and node.pipe is not None:
                inner = env.called(symbol(node.pipe, env))
                yield from writings_of(template.body, inner, conditions)


def bind(node: ActionNode, env: Env) -> bool:
    """True for an action that declares or assigns; the Env then knows the variables."""
    value = symbol(node.pipe, env)
    for name in node.pipe.names:
        env.names[name] = value
    return bool(node.pipe.names)


def branches(node: BranchNode, env: Env, direct: bool = False) -> Iterator[tuple[ListNode, Env, Condition]]:
    """The branches of a node, each with the Env in it and the condition under which it is executed."""
    what = symbol(node.pipe, env)
    if isinstance(node, RangeNode):
        want = Want("true", None, True)
        for index, element in _elements(what):
            inner = env.inner(element)
            for name, value in zip(node.pipe.names[::-1], (element, Known(index)), strict=False):
                inner.names[name] = value
            yield node.body, inner, Condition(what, want, node, node.body, direct)
    else:
        inner = env.inner(what if node.word == "with" else None)
        for name in node.pipe.names:
            inner.names[name] = what
        yield node.body, inner, Condition(what, TRUE, node, node.body, direct)
    if node.otherwise is not None:
        yield node.otherwise, env.inner(), Condition(what, FALSE, node, node.otherwise, direct)


def _elements(what: Symbol) -> list[tuple[Any, Symbol]]:
    """The first elements of what a range goes over; one that is to come if there is none."""
    if isinstance(what, Items):
        return list(enumerate(what.items[:MOST_ITEMS]))
    if isinstance(what, Table):
        return list(what.entries.items())[:MOST_ITEMS]
    value = constant(what)
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = sorted(value)[:MOST_ITEMS]
    elif isinstance(value, list):
        keys = list(range(min(len(value), MOST_ITEMS)))
    return [(key, what.child(key)) for key in keys] or [(0, what.child(0))]


def reassign(node: BranchNode, env: Env) -> None:
    """Let the Env know the variables that are set anew (`=`) inside the branches of a node."""
    if _assigns(node):
        for name, conditions, value in list(_assignments(node, env, ())):
            env.names[name] = Assigned(env.names.get(name, Known(None)), conditions, value)


def _assigns(node: BranchNode) -> bool:
    return any(
        each.pipe.assigns
        for below in node.children()
        for each in below.walk()
        if isinstance(each, ActionNode)
    )


def _assignments(
    node: BranchNode, env: Env, conditions: tuple[Condition, ...]
) -> Iterator[tuple[str, tuple[Condition, ...], Symbol]]:
    for branch, inner, condition in branches(node, env):
        met = (*conditions, condition)
        for each in branch.nodes:
            if isinstance(each, ActionNode):
                if bind(each, inner) and each.pipe.assigns:
                    for name in each.pipe.names:
                        yield name, met, inner.names[name]
            elif isinstance(each, BranchNode):
                yield from _assignments(each, inner, met)
