"""A tree written as a pattern of Python's `re` that matches the same texts, and what that may cost.

In: a Node; out: a pattern without flags, named groups or anything that means something else in Python,
and an estimate of the work a backtracking matcher can be put to.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from meshlint.re2.charclass import ANY, NOT_NEWLINE
from meshlint.re2.node import (
    LINE_END,
    LINE_START,
    NO_WORD_EDGE,
    TEXT_END,
    TEXT_START,
    WORD_EDGE,
    Assertion,
    Chars,
    Choice,
    Concat,
    Group,
    Node,
    Repeat,
)
from meshlint.re2.scripts import Ranges

_WORD = "[0-9A-Za-z_]"
_ASSERTIONS = {
    TEXT_START: r"\A",
    TEXT_END: r"\Z",
    LINE_START: "(?m:^)",
    LINE_END: "(?m:$)",
    WORD_EDGE: f"(?:(?<!{_WORD})(?={_WORD})|(?<={_WORD})(?!{_WORD}))",
    NO_WORD_EDGE: f"(?:(?<!{_WORD})(?!{_WORD})|(?<={_WORD})(?={_WORD}))",
}
_SIMPLE = {(0, None): "*", (1, None): "+", (0, 1): "?"}


def to_python(node: Node) -> str:
    """The tree as a pattern of `re`."""
    if isinstance(node, Chars):
        return _characters(node.ranges)
    if isinstance(node, Assertion):
        return _ASSERTIONS[node.kind]
    if isinstance(node, Group):
        return f"({to_python(node.body)})"
    if isinstance(node, Concat):
        return "".join([_joined(item) for item in node.items])
    if isinstance(node, Choice):
        return "|".join([to_python(branch) for branch in node.branches])
    assert isinstance(node, Repeat)
    return _atom(node.body) + _quantifier(node)


def _joined(item: Node) -> str:
    """An item of a concatenation: a choice needs a group of its own."""
    return f"(?:{to_python(item)})" if isinstance(item, Choice) else to_python(item)


def _atom(node: Node) -> str:
    """A piece a quantifier may follow."""
    return to_python(node) if isinstance(node, (Chars, Group)) else f"(?:{to_python(node)})"


def _quantifier(node: Repeat) -> str:
    limits = f"{{{node.low},{'' if node.high is None else node.high}}}"
    return _SIMPLE.get((node.low, node.high), limits) + ("" if node.greedy else "?")


@lru_cache(maxsize=256)
def _characters(ranges: Ranges) -> str:
    if len(ranges) == 1 and ranges[0][0] == ranges[0][1]:
        return _character(ranges[0][0])
    if ranges in (ANY, NOT_NEWLINE, ()):
        return {ANY: r"[\s\S]", NOT_NEWLINE: r"[^\n]"}.get(ranges, r"[^\s\S]")
    pieces = []
    for low, high in ranges:
        pieces.append(_character(low))
        if high > low:
            pieces.append(("-" if high > low + 1 else "") + _character(high))
    return f"[{''.join(pieces)}]"


def _character(code: int) -> str:
    char = chr(code)
    if code < 128:
        return char if char.isalnum() else f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class Cost(NamedTuple):
    """An upper bound of the steps of a backtracking search in n characters: factor * n ** degree.

    degree is None where there is no polynomial bound, or where Python and Go disagree on the groups:
    a repetition of something that can itself match in several ways, or match nothing.
    """

    degree: int | None
    factor: int

    def admits(self, length: int, limit: int) -> bool:
        """True if a text of that length can be searched within the limit."""
        if self.degree is None:
            return False
        return bool(self.factor * max(length, 1) ** self.degree <= limit)


_UNBOUNDED = Cost(None, 1)


def cost_of_search(node: Node) -> Cost:
    """What a search for the pattern costs at worst."""
    cost = _cost(node, True)
    anchored = isinstance(node, Concat) and node.items and _is_start(node.items[0])
    if cost.degree is None or anchored or cost == (0, 1):
        return cost
    return Cost(cost.degree + 1, cost.factor)


def _is_start(node: Node) -> bool:
    return isinstance(node, Assertion) and node.kind == TEXT_START


def _cost(node: Node, last: bool) -> Cost:
    """The cost of one attempt; `last` says that nothing follows that could fail."""
    if isinstance(node, Group):
        return _cost(node.body, last)
    if isinstance(node, Concat):
        return _together([_cost(item, last and item is node.items[-1]) for item in node.items])
    if isinstance(node, Choice):
        return _either([_cost(branch, last) for branch in node.branches])
    if isinstance(node, Repeat):
        return _cost_of_repeat(node, last)
    return Cost(0, 1)


def _together(costs: list[Cost]) -> Cost:
    degree, factor = 0, 1
    for cost in costs:
        if cost.degree is None:
            return _UNBOUNDED
        degree += cost.degree
        factor *= cost.factor
    return Cost(degree, factor)


def _either(costs: list[Cost]) -> Cost:
    degree, factor = 0, 0
    for cost in costs:
        if cost.degree is None:
            return _UNBOUNDED
        degree = max(degree, cost.degree)
        factor += cost.factor
    return Cost(degree, factor)


def _cost_of_repeat(node: Repeat, last: bool) -> Cost:
    if node.high == 1 and node.low == 0:
        inner = _cost(node.body, last)
        return inner if last else Cost(inner.degree, inner.factor * 2)
    if node.high == 0:
        return Cost(0, 1)
    if not _rigid(node.body):
        return _UNBOUNDED if (node.low, node.high) != (1, 1) else _cost(node.body, last)
    if last or node.low == node.high:
        return Cost(0, 1)
    return Cost(1, 1) if node.high is None else Cost(0, node.high - node.low + 1)


def _rigid(node: Node) -> bool:
    """True if the piece matches in one way only, and one or more characters."""
    if isinstance(node, Group):
        return _rigid(node.body)
    if isinstance(node, Concat):
        return bool(node.items) and all(_rigid(item) for item in node.items)
    if isinstance(node, Repeat):
        return node.low == node.high and node.low > 0 and _rigid(node.body)
    return isinstance(node, Chars)
