"""What stands inside an action: pipelines, commands, operands.

An action's text is parsed once and shared by every action with that text, so expressions hold
positions relative to the `{{` of their action. `source()` is its text as Go prints it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


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

    def source(self) -> str:
        """The source text as Go prints it in errors."""
        raise NotImplementedError

    def __str__(self) -> str:
        return self.source()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


class Dot(Expression):
    """The cursor `.`."""

    __slots__ = ()

    def source(self) -> str:
        return "."


class Nil(Expression):
    """The constant `nil`."""

    __slots__ = ()

    def source(self) -> str:
        return "nil"


class Boolean(Expression):
    """`true` or `false`."""

    __slots__ = ("value",)

    def __init__(self, position: int, value: bool) -> None:
        self.position = position
        self.value = value

    def source(self) -> str:
        return "true" if self.value else "false"


class Text(Expression):
    """A string literal; `quoted` is how it was written."""

    __slots__ = ("quoted", "value")

    def __init__(self, position: int, quoted: str, value: str) -> None:
        self.position = position
        self.quoted = quoted
        self.value = value

    def source(self) -> str:
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

    def source(self) -> str:
        return self.written


class Identifier(Expression):
    """The name of a function."""

    __slots__ = ("name",)

    def __init__(self, position: int, name: str) -> None:
        self.position = position
        self.name = name

    def source(self) -> str:
        return self.name


class Field(Expression):
    """A chain of fields of the cursor: `.Values.image`."""

    __slots__ = ("names",)

    def __init__(self, position: int, names: tuple[str, ...]) -> None:
        self.position = position
        self.names = names

    def source(self) -> str:
        return "." + ".".join(self.names)


class Variable(Expression):
    """A variable, perhaps with fields: `$x.image`; `name` has its dollar, `names` are the fields."""

    __slots__ = ("name", "names")

    def __init__(self, position: int, name: str, names: tuple[str, ...] = ()) -> None:
        self.position = position
        self.name = name
        self.names = names

    def source(self) -> str:
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

    def source(self) -> str:
        return ".".join((_argument(self.receiver), *self.names))


class Command(Expression):
    """One stage of a pipeline: an operand, or a function with its arguments."""

    __slots__ = ("operands",)

    def __init__(self, position: int, operands: tuple[Expression, ...]) -> None:
        self.position = position
        self.operands = operands

    def parts(self) -> tuple[Expression, ...]:
        return self.operands

    def source(self) -> str:
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

    def source(self) -> str:
        declared = f"{', '.join(self.names)} {'=' if self.assigns else ':='} " if self.names else ""
        return declared + " | ".join([command.source() for command in self.commands])

    def expressions(self) -> Iterator[Expression]:
        """Every expression of the pipeline, outer before inner, left to right."""
        stack: list[Expression] = [self]
        while stack:
            found = stack.pop()
            yield found
            stack += found.parts()[::-1]

    def functions(self) -> list[str]:
        """The names of all functions called in it."""
        return [part.name for part in self.expressions() if isinstance(part, Identifier)]

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
    return f"({operand.source()})" if isinstance(operand, Pipe) else operand.source()
