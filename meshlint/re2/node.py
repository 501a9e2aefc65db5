"""The syntax tree of a pattern; each node knows what the parser bounds: height, size, copies."""

from __future__ import annotations

from collections.abc import Sequence

from meshlint.re2.scripts import Ranges

TEXT_START, TEXT_END = "\\A", "\\z"
LINE_START, LINE_END = "^", "$"
WORD_EDGE, NO_WORD_EDGE = "\\b", "\\B"


class Node:
    """A piece of a pattern.

    height    levels of nodes below and with this one
    size      instructions of the compiled form, about as Go counts them
    copies    how often the innermost piece is copied by counted repetitions
    nullable  it can match the empty text
    """

    __slots__ = ("copies", "height", "nullable", "size")
    copies: int
    height: int

    def __init__(self, inner: Sequence[Node], size: int, nullable: bool) -> None:
        self.height = 1 + max([node.height for node in inner], default=0)
        self.copies = max([node.copies for node in inner], default=1)
        self.size = max(1, size)
        self.nullable = nullable


class Chars(Node):
    """One character out of a set."""

    __slots__ = ("ranges",)

    def __init__(self, ranges: Ranges) -> None:
        super().__init__((), 1, False)
        self.ranges = ranges


class Assertion(Node):
    """A place in the text, one of the six names of this module."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        super().__init__((), 1, True)
        self.kind = kind


class Group(Node):
    """A capturing group, counted from 1."""

    __slots__ = ("body", "number")

    def __init__(self, number: int, body: Node) -> None:
        super().__init__((body,), body.size + 2, body.nullable)
        self.number = number
        self.body = body


class Concat(Node):
    """Pieces one after another; none at all matches the empty text."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Node, ...]) -> None:
        super().__init__(items, sum(node.size for node in items), all(node.nullable for node in items))
        self.items = items


class Choice(Node):
    """Alternatives, the first that leads to a match wins."""

    __slots__ = ("branches",)

    def __init__(self, branches: tuple[Node, ...]) -> None:
        size = sum(node.size for node in branches) + len(branches) - 1
        super().__init__(branches, size, any(node.nullable for node in branches))
        self.branches = branches


class Repeat(Node):
    """A piece repeated `low` to `high` times (None: without end), as often as possible if greedy."""

    __slots__ = ("body", "greedy", "high", "low")

    def __init__(self, body: Node, low: int, high: int | None, greedy: bool, counted: bool) -> None:
        size = body.size * (high if high is not None else max(low, 1)) + 2
        super().__init__((body,), size, low == 0 or body.nullable)
        if counted:  # written {n,m}
            self.copies = 1 if high == 0 else self.copies * max(high if high is not None else low, 1)
        self.body = body
        self.low = low
        self.high = high
        self.greedy = greedy
