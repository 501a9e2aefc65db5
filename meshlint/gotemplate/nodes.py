"""The parsed template: placed nodes, which are Spans, and the expressions inside actions, which are shared.

A file's tree is made of placed nodes with absolute offsets: text, actions, branches. What stands
inside an action - its pipeline - is parsed once per distinct text and shared by every action with
that text, so expression nodes hold positions relative to the `{{` of their action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from meshlint.text.source import Source
from meshlint.text.span import Span

# ---------------------------------------------------------------------------------- expressions


class Expression:
    """A part of a pipeline. `position` counts characters from the `{{` of the action.

    Positions are Go's, made for error messages: a chain `.Values.a.b` stands at its second dot.
    """

    __slots__ = ("position",)

    def __init__(self, position: int) -> None:
        self.position = position

    def parts(self) -> tuple[Expression, ...]:
        """The expressions this one is made of."""
        return ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Dot(Expression):
    """The cursor `.`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "."


class Nil(Expression):
    """The constant `nil`."""

    __slots__ = ()

    def __str__(self) -> str:
        return "nil"


class Boolean(Expression):
    """`true` or `false`."""

    __slots__ = ("value",)

    def __init__(self, position: int, value: bool) -> None:
        self.position = position
        self.value = value

    def __str__(self) -> str:
        return "true" if self.value else "false"


class Text(Expression):
    """A string literal; `quoted` is how it was written."""

    __slots__ = ("quoted", "value")

    def __init__(self, position: int, quoted: str, value: str) -> None:
        self.position = position
        self.quoted = quoted
        self.value = value

    def __str__(self) -> str:
        return self.quoted


class Number(Expression):
    """A number or character literal with the value it has as each Go type, None where it has none.

    written   the literal
    ideal     its value where no type is asked for: int, float or complex; None if it overflows int
    """

    __slots__ = ("as_float", "as_int", "as_uint", "ideal", "written")

    def __init__(
        self,
        position: int,
        written: str,
        ideal: int | float | complex | None,
        as_int: int | None,
        as_uint: int | None,
        as_float: float | None,
    ) -> None:
        self.position = position
        self.written = written
        self.ideal = ideal
        self.as_int = as_int
        self.as_uint = as_uint
        self.as_float = as_float

    def __str__(self) -> str:
        return self.written


class Identifier(Expression):
    """The name of a function."""

    __slots__ = ("name",)

    def __init__(self, position: int, name: str) -> None:
        self.position = position
        self.name = name

    def __str__(self) -> str:
        return self.name


class Field(Expression):
    """A chain of fields of the cursor: `.Values.image`."""

    __slots__ = ("names",)

    def __init__(self, position: int, names: tuple[str, ...]) -> None:
        self.position = position
        self.names = names

    def __str__(self) -> str:
        return "." + ".".join(self.names)


class Variable(Expression):
    """A variable, perhaps with fields: `$x.image`; `name` has its dollar, `names` are the fields."""

    __slots__ = ("name", "names")

    def __init__(self, position: int, name: str, names: tuple[str, ...] = ()) -> None:
        self.position = position
        self.name = name
        self.names = names

    def __str__(self) -> str:
        return ".".join((self.name, *self.names))


class Chain(Expression):
    """Fields of anything else: `(include "x" .).image`."""

    __slots__ = ("names", "receiver")

    def __init__(self, position: int, receiver: Expression, names: tuple[str, ...]) -> None:
        self.position = position
        self.receiver = receiver
        self.names = names

    def parts(self) -> tuple[Expression, ...]:
        return (self.receiver,)

    def __str__(self) -> str:
        return ".".join((_argument(self.receiver), *self.names))


class Command(Expression):
    """One stage of a pipeline: an operand, or a function with its arguments."""

    __slots__ = ("operands",)

    def __init__(self, position: int, operands: tuple[Expression, ...]) -> None:
        self.position = position
        self.operands = operands

    def parts(self) -> tuple[Expression, ...]:
        return self.operands

    def __str__(self) -> str:
        return " ".join([_argument(operand) for operand in self.operands])


class Pipe(Expression):
    """A pipeline, with the variables it declares or assigns.

    run, table   the closure it was compiled to and the function table it was compiled for
    last         the expression that is evaluated last, None if that depends on the values
    """

    __slots__ = ("assigns", "commands", "last", "names", "run", "table")

    def __init__(
        self, position: int, names: tuple[str, ...], assigns: bool, commands: tuple[Command, ...]
    ) -> None:
        self.position = position
        self.names = names
        self.assigns = assigns
        self.commands = commands
        self.run: Callable[[Any], Any] | None = None
        self.table: object = None
        self.last: Expression | None = None

    def parts(self) -> tuple[Expression, ...]:
        return self.commands

    def __str__(self) -> str:
        declared = f"{', '.join(self.names)} {'=' if self.assigns else ':='} " if self.names else ""
        return declared + " | ".join([str(command) for command in self.commands])

    def expressions(self) -> Iterator[Expression]:
        """Every expression of the pipeline, outer before inner, left to right."""
        stack: list[Expression] = [self]
        while stack:
            found = stack.pop()
            yield found
            stack += found.parts()[::-1]

    def chains(self) -> list[tuple[str, ...]]:
        """The field chains in it: `("", "Values", "image")` from the cursor, `("$", "Values")` from `$`."""
        found: list[tuple[str, ...]] = []
        for part in self.expressions():
            if isinstance(part, Field):
                found.append(("", *part.names))
            elif isinstance(part, Variable):
                found.append((part.name, *part.names))
        return found


def _argument(operand: Expression) -> str:
    return f"({operand})" if isinstance(operand, Pipe) else str(operand)


# --------------------------------------------------------------------------------- placed nodes

TEXT, ACTION, IF, WITH, RANGE, CALL, BREAK, CONTINUE = range(8)


class Node(Span):
    """A node of a template at its place: `start` is the offset of its text or of its `{{`."""

    __slots__ = ()
    kind = ACTION

    def children(self) -> tuple[ListNode, ...]:
        """The lists of nodes below this one: the branches."""
        return ()


class TextNode(Node):
    """Literal text, as trimmed by its neighbours. `scope` and `part` keep what it wrote last."""

    __slots__ = ("part", "scope", "text_written")
    kind = TEXT
    verbatim = True

    def __init__(self, source: Source, start: int, text: str) -> None:
        self.source = source
        self.start = start
        self.end = start + len(text)
        self.text_written = text
        self.scope: Any = self  # never the scope of an execution
        self.part: Any = None


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
