"""The arguments of a call: closures, constants and the piped value become one closure giving all values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from meshlint.gotemplate.expression import Expression
from meshlint.gotemplate.frame import Frame
from meshlint.gotemplate.parameter import Parameter

Closure = Callable[[Frame], Any]


class Constant:
    """A closure that always gives the same value; calls take the value out of it beforehand."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __call__(self, frame: Frame) -> Any:  # noqa: ARG002 - a closure like the others
        return self.value


class Piped:
    """The value piped into a call: evaluated first, checked and passed last."""

    __slots__ = ("before", "kind", "last")

    def __init__(self, before: Closure, kind: Parameter, last: Expression | None) -> None:
        self.before = before
        self.kind = kind
        self.last = last

    def check(self, frame: Frame, value: Any) -> Any:
        """The value as its parameter takes it; Fault if it does not."""
        if self.kind.open:
            return value
        return self.kind.convert(value, self.last or frame.run.last)


def evaluation(arguments: list[Closure], piped: Piped | None) -> Callable[[Frame], Sequence[Any]]:
    """A closure giving all values of a call in order."""
    if piped is not None:
        return _with_piped(arguments, piped)
    if len(arguments) == 1:
        one = arguments[0]
        return lambda frame: (one(frame),)
    if len(arguments) == 2:
        one, two = arguments
        if isinstance(one, Constant):
            first = one.value
            return lambda frame: (first, two(frame))
        return lambda frame: (one(frame), two(frame))
    if len(arguments) == 3 and isinstance(arguments[0], Constant):
        first, two, three = arguments[0].value, *arguments[1:]
        return lambda frame: (first, two(frame), three(frame))
    return lambda frame: [argument(frame) for argument in arguments]


def _with_piped(arguments: list[Closure], piped: Piped) -> Callable[[Frame], Sequence[Any]]:
    before, check, exact = piped.before, piped.check, piped.kind.exact
    constants = tuple(argument.value for argument in arguments if isinstance(argument, Constant))
    if len(constants) == len(arguments):
        if piped.kind.open:
            return lambda frame: (*constants, before(frame))

        def run_constants(frame: Frame) -> Sequence[Any]:
            value = before(frame)
            return (*constants, value if type(value) is exact else check(frame, value))

        return run_constants

    def run(frame: Frame) -> Sequence[Any]:
        value = before(frame)
        values = [argument(frame) for argument in arguments]
        values.append(value if type(value) is exact else check(frame, value))
        return values

    return run
