"""The parsed template: placed nodes, which are Spans with absolute offsets.

A file's tree is made of text, actions and branches. What stands inside an action is an expression
(see expression.py) that all actions with the same text share.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.gotemplate.expression import Pipe
from meshlint.text.source import Source
from meshlint.text.span import Span

TEXT, ACTION, IF, WITH, RANGE, CALL, BREAK, CONTINUE = range(8)


class Node(Span):
    """A node of a template at its place: `start` is the offset of its text or of its `{{`."""

    __slots__ = ()
    kind = ACTION

    def children(self) -> tuple[ListNode, ...]:
        """The lists of nodes below this one: the branches."""
        return ()


class TextNode(Node):
    """Literal text, as trimmed by its neighbours."""

    __slots__ = ("text_written",)
    kind = TEXT
    verbatim = True

    def __init__(self, source: Source, start: int, text: str) -> None:
        self.source = source
        self.start = start
        self.end = start + len(text)
        self.text_written = text


class ActionNode(Node):
    """`{{ pipeline }}`."""

    __slots__ = ("pipe",)

    def __init__(self, source: Source, start: int, end: int, pipe: Pipe) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.pipe = pipe


class ListNode(Span):
    """A sequence of nodes: the body of a template or a branch of it, from its first to its last character.

    declares   a node directly in the list declares a variable
    size       number of characters of its own text
    """

    __slots__ = ("declares", "nodes", "size")

    def __init__(self, source: Source, start: int) -> None:
        self.source = source
        self.start = start
        self.end = start
        self.nodes: list[Node] = []
        self.declares = False
        self.size = 0

    def is_empty(self) -> bool:
        """True if there is nothing but white space: such a definition replaces no other."""
        return all(isinstance(node, TextNode) and not node.text_written.strip(_SPACE) for node in self.nodes)

    def walk(self) -> Iterator[Node]:
        """Every node of the list and of the lists below it, in the order of the text."""
        for node in self.nodes:
            yield node
            for below in node.children():
                yield from below.walk()


_SPACE = " \t\n\v\f\r\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a" + (
    "\u2028\u2029\u202f\u205f\u3000"
)


class BranchNode(Node):
    """`if`, `with` and `range`: the span is the opening action, `close` the offset after its `{{end}}`.

    body        what is executed if the value is true (for each element)
    otherwise   the else branch; an `else if` is a branch with one node in it; None if there is none
    """

    __slots__ = ("body", "close", "otherwise", "pipe")
    word = ""

    def __init__(self, source: Source, start: int, end: int, pipe: Pipe) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.pipe = pipe
        self.body = ListNode(source, end)
        self.otherwise: ListNode | None = None
        self.close = end

    def children(self) -> tuple[ListNode, ...]:
        return (self.body,) if self.otherwise is None else (self.body, self.otherwise)


class IfNode(BranchNode):
    """`{{ if pipeline }}`."""

    __slots__ = ()
    kind = IF
    word = "if"


class WithNode(BranchNode):
    """`{{ with pipeline }}`."""

    __slots__ = ()
    kind = WITH
    word = "with"


class RangeNode(BranchNode):
    """`{{ range pipeline }}`."""

    __slots__ = ()
    kind = RANGE
    word = "range"


class CallNode(Node):
    """`{{ template "name" pipeline }}`, also what a `block` leaves at its place."""

    __slots__ = ("name", "name_position", "pipe")
    kind = CALL

    def __init__(
        self, source: Source, start: int, end: int, name: str, position: int, pipe: Pipe | None
    ) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.name = name
        self.name_position = position
        self.pipe = pipe


class BreakNode(Node):
    """`{{ break }}`."""

    __slots__ = ()
    kind = BREAK


class ContinueNode(Node):
    """`{{ continue }}`."""

    __slots__ = ()
    kind = CONTINUE


class TemplateNode(Span):
    """A template: a file, or a define or block in it.

    name        the name it is called by
    file        the name of the template file it was parsed from, as errors show it
    body        its nodes
    """

    __slots__ = ("body", "file", "name")

    def __init__(self, source: Source, start: int, end: int, name: str, file: str, body: ListNode) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.name = name
        self.file = file
        self.body = body
