"""Function calls as closures, one shape per kind of function; each keeps the books on what was read.

In: a Function, the closures of its arguments, what is piped into it; out: a closure of the Frame.
A rope given to a function that knows nothing of ropes becomes plain text, and what was read to make
it is read by the call. Flags of stand-ins ("random" ...) go on to whatever is made of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.errors import Fault, TemplateError
from meshlint.gotemplate.expression import Expression
from meshlint.gotemplate.frame import Frame
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, Placeholder
from meshlint.text.origin import Derived, Origin, Read
from meshlint.text.rope import Rope, flags_of, reads_of

Closure = Callable[[Frame], Any]
Check = Callable[[Frame, Any], Any]
_TAINTED = frozenset((Rope, Placeholder))


class Call:
    """A call being compiled: the pieces its closure is made of."""

    __slots__ = ("arguments", "before", "check", "command", "function", "prefix")

    def __init__(
        self,
        function: Function,
        command: Expression,
        arguments: list[Closure],
        before: Closure | None,
        check: Check | None,
    ) -> None:
        self.function = function
        self.command = command
        self.arguments = arguments
        self.before = before
        self.check = check
        self.prefix = f"error calling {function.name}: "

    def evaluate(self) -> Callable[[Frame], list[Any]]:
        """A closure giving the arguments: the piped value is evaluated first and comes last."""
        arguments, before, check = self.arguments, self.before, self.check
        if before is None:
            return lambda frame: [argument(frame) for argument in arguments]

        def run(frame: Frame) -> list[Any]:
            final = before(frame)
            values = [argument(frame) for argument in arguments]
            values.append(final if check is None else check(frame, final))
            return values

        return run

    def fault(self, error: Exception) -> Fault:
        """The error of a function as the fault of its command."""
        return Fault(self.command, f"{self.prefix}{error}", error)


def compile_call(
    function: Function,
    command: Expression,
    arguments: list[Closure],
    before: Closure | None,
    check: Check | None,
) -> Closure:
    """The closure of a call. `check` converts the piped value, None if it may be anything."""
    return _SHAPES[function.kind](Call(function, command, arguments, before, check))


def _plain(call: Call) -> Closure:
    evaluate, function, apply, flags = call.evaluate(), call.function, call.function.call, call.function.flags
    looks, tainted = function.looks, _TAINTED.isdisjoint

    def run(frame: Frame) -> Any:
        mark = len(frame.log)
        values = evaluate(frame)
        try:
            result = apply(*values)
        except (GoError, TemplateError) as error:
            raise call.fault(error) from None
        if not tainted(map(type, values)):
            result = _inherited(frame, values, result)
        if flags:
            frame.flags = flags
            if type(result) is str:
                result = Placeholder(result, flags)
        if looks is not None:
            _log_looks(frame, mark, looks(*values))
        if isinstance(result, str):
            frame.run.grow(len(result))
        return result

    return run


def _inherited(frame: Frame, values: list[Any], result: Any) -> Any:
    """The result of a plain function with the reads and flags of the ropes and stand-ins it was given."""
    flags = ""
    for value in values:
        if type(value) is Rope:
            frame.log += reads_of(value)
            flags = flags or flags_of(value)
        elif type(value) is Placeholder:
            flags = flags or value.flags
    if flags:
        frame.flags = flags
        if type(result) is str:
            return Placeholder(result, flags)
    return result


def _log_looks(frame: Frame, mark: int, pairs: list[tuple[Any, str | int]]) -> None:
    """Log what a function took out of containers, in place of the containers if their origins are known."""
    if not pairs:
        return
    log = frame.log
    if all(getattr(container, "origins", None) is not None for container, _ in pairs):
        log[mark:] = [Read(read.container, read.key, False) for read in log[mark:]]
    log += [Read(container, key) for container, key in pairs]


def _span(call: Call) -> Closure:
    evaluate, apply = call.evaluate(), call.function.call
    tainted = _TAINTED.isdisjoint

    def run(frame: Frame) -> Any:
        values = evaluate(frame)
        given = not tainted(map(type, values))
        if given:
            for value in values:
                if type(value) is Placeholder:
                    frame.flags = value.flags
        try:
            result = apply(Origin(frame.node, frame.scope, tuple(frame.log), frame.flags), *values)
        except (GoError, TemplateError) as error:
            raise call.fault(error) from None
        if type(result) is not Rope and given:
            result = _inherited(frame, values, result)
        if isinstance(result, str):
            frame.run.grow(len(result))
        return result

    return run


def _chooser(call: Call) -> Closure:
    apply, arguments, before, check = call.function.call, call.arguments, call.before, call.check
    last_first = call.function.name == "default"

    def run(frame: Frame) -> Any:
        log = frame.log
        start = len(log)
        final = before(frame) if before is not None else None
        piped = log[start:]
        del log[start:]
        values = []
        marks = []
        for argument in arguments:
            values.append(argument(frame))
            marks.append(len(log))
        if before is not None:
            values.append(final if check is None else check(frame, final))
            log += piped
            marks.append(len(log))
        try:
            result = apply(*values)
        except (GoError, TemplateError) as error:
            raise call.fault(error) from None
        order = range(len(values) - 1, -1, -1) if last_first else range(len(values))
        chosen = next((index for index in order if values[index] is result), -1)
        for index, mark in enumerate(marks):
            if index != chosen and mark > start:
                log[start:mark] = [Read(read.container, read.key, False) for read in log[start:mark]]
            start = mark
        return result

    return run


def _container(call: Call) -> Closure:
    apply, arguments, before, check = call.function.call, call.arguments, call.before, call.check

    def run(frame: Frame) -> Any:
        log = frame.log
        start = len(log)
        final = before(frame) if before is not None else None
        piped = log[start:]
        values, origins = [], []
        for argument in arguments:
            mark = len(log)
            value = argument(frame)
            values.append(value)
            origins.append(_derived(frame, value, log[mark:]))
        if before is not None:
            final = final if check is None else check(frame, final)
            values.append(final)
            origins.append(_derived(frame, final, piped))
        try:
            return apply(origins, *values)
        except (GoError, TemplateError) as error:
            raise call.fault(error) from None

    return run


def _derived(frame: Frame, value: Any, reads: list[Read]) -> Derived:
    flags = ""
    if type(value) is Rope:
        reads = [*reads, *reads_of(value)]
        flags = flags_of(value)
    elif type(value) is Placeholder:
        flags = value.flags
    return Derived(Origin(frame.node, frame.scope, tuple(reads), flags))


def _special(call: Call) -> Closure:
    evaluate, apply = call.evaluate(), call.function.call

    def run(frame: Frame) -> Any:
        log = frame.log
        mark = len(log)
        values = evaluate(frame)
        frame.call_reads = tuple(log[mark:])
        try:
            result = apply(frame.run, *values)
        except (GoError, TemplateError) as error:
            raise call.fault(error) from None
        if type(result) is Rope:
            del log[mark:]
        return result

    return run


_SHAPES: dict[str, Callable[[Call], Closure]] = {
    "plain": _plain,
    "span": _span,
    "chooser": _chooser,
    "container": _container,
    "special": _special,
}
