"""Function calls as closures, one shape per kind of function; each keeps the books on what was read.

In: a Function, the closures of its arguments, what is piped into it; out: a closure of the Frame.
A rope given to a function that knows nothing of ropes becomes plain text, and what was read to make
it is read by the call. Flags of stand-ins ("random" ...) go on to whatever is made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from meshlint.gotemplate.arguments import Closure, Constant, Piped, evaluation
from meshlint.gotemplate.errors import Fault, TemplateError
from meshlint.gotemplate.expression import Expression
from meshlint.gotemplate.frame import Frame, carried
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, Int64, Placeholder
from meshlint.text.origin import Derived, Origin, Read
from meshlint.text.rope import Rope, flags_of, reads_of

_TAINTED = frozenset((Rope, Placeholder))
_SCALARS = frozenset((str, int, float, bool, type(None), Int64))  # values that carry no origins inside
_NOWHERE = Origin(None, None)  # the site where no rope can come of it
_SMALL = 256  # shorter texts are not counted one by one: what is written is counted anyway


class Call:
    """A call being compiled: the pieces its closure is made of."""

    __slots__ = ("arguments", "command", "function", "piped", "prefix")

    def __init__(
        self, function: Function, command: Expression, arguments: list[Closure], piped: Piped | None
    ) -> None:
        self.function = function
        self.command = command
        self.arguments = arguments
        self.piped = piped
        self.prefix = f"error calling {function.name}: "

    def failed(self, frame: Frame, error: Exception) -> Any:
        """What stands in for a function that failed; the fault of its command if nothing does."""
        fault = Fault(self.command, f"{self.prefix}{error}", error)
        if frame.run.on_error is None:
            raise fault from None
        return frame.run.stand_in(fault)


def compile_call(
    function: Function, command: Expression, arguments: list[Closure], piped: Piped | None
) -> Closure:
    """The closure of a call."""
    return _SHAPES[function.kind](Call(function, command, arguments, piped))


def _plain(call: Call) -> Closure:
    values_of, function, apply = evaluation(call.arguments, call.piped), call.function, call.function.call
    looks, flags = function.looks, function.flags
    simple = looks is None and not flags

    def run(frame: Frame) -> Any:
        mark = len(frame.log)
        values = values_of(frame)
        try:
            result = apply(*values)
            if type(result) is str and len(result) > _SMALL:
                frame.run.grow(len(result))
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)
        for value in values:
            if type(value) in _TAINTED:
                result = _inherited(frame, values, result)
                break
        return result if simple else _extras(frame, function, mark, values, result)

    return run


def _extras(frame: Frame, function: Function, mark: int, values: Sequence[Any], result: Any) -> Any:
    """The flags and the looks of a function."""
    if function.flags:
        frame.flags = function.flags
        frame.run.flagged = True
        if type(result) is str:
            result = Placeholder(result, function.flags)
    if function.looks is not None:
        _log_looks(frame, mark, function.looks(*values))
    return result


def _inherited(frame: Frame, values: Sequence[Any], result: Any) -> Any:
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
    values_of, apply = evaluation(call.arguments, call.piped), call.function.call

    def run(frame: Frame) -> Any:
        values = values_of(frame)
        try:
            for value in values:
                if type(value) not in _SCALARS:
                    return _spanning(frame, apply, values)
            result = apply(_NOWHERE, *values)
            if type(result) is str:
                if len(result) > _SMALL:
                    frame.run.grow(len(result))
                return result
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)
        return str(result) if type(result) is Rope else result

    return run


def _spanning(frame: Frame, apply: Callable[..., Any], values: Sequence[Any]) -> Any:
    """The result of a span function for arguments that may have parts of their own."""
    given = False
    for value in values:
        if type(value) is Placeholder:
            frame.flags = value.flags
            given = True
        elif type(value) is Rope:
            given = True
    result = apply(Origin(frame.node, frame.scope, tuple(frame.log), frame.flags), *values)
    if type(result) is not Rope and given:
        result = _inherited(frame, values, result)
    if isinstance(result, str) and len(result) > _SMALL:
        frame.run.grow(len(result))
    return result


def _chooser(call: Call) -> Closure:
    constants = tuple(argument.value for argument in call.arguments if isinstance(argument, Constant))
    if call.piped is not None and len(constants) == len(call.arguments):
        return _choosing_piped(call, constants, call.piped)
    return _choosing(call)


def _choosing_piped(call: Call, constants: tuple[Any, ...], piped: Piped) -> Closure:
    """The usual form: `.Values.a | default "b"`."""
    apply, before, check = call.function.call, piped.before, piped.check

    def run(frame: Frame) -> Any:
        mark = len(frame.log)
        value = check(frame, before(frame))
        try:
            result = apply(*constants, value)
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)
        if result is not value:
            log = frame.log
            log[mark:] = [Read(read.container, read.key, False) for read in log[mark:]]
        return result

    return run


def _choosing(call: Call) -> Closure:
    apply, arguments, piped = call.function.call, call.arguments, call.piped
    last_first = call.function.name == "default"

    def run(frame: Frame) -> Any:
        log = frame.log
        start = len(log)
        final = piped.before(frame) if piped is not None else None
        first = log[start:]
        del log[start:]
        values = []
        marks = []
        for argument in arguments:
            values.append(argument(frame))
            marks.append(len(log))
        if piped is not None:
            values.append(piped.check(frame, final))
            log += first
            marks.append(len(log))
        try:
            result = apply(*values)
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)
        order = range(len(values) - 1, -1, -1) if last_first else range(len(values))
        chosen = next((index for index in order if values[index] is result), -1)
        for index, mark in enumerate(marks):
            if index != chosen and mark > start:
                log[start:mark] = [Read(read.container, read.key, False) for read in log[start:mark]]
            start = mark
        return result

    return run


def _container(call: Call) -> Closure:
    apply, arguments, piped = call.function.call, call.arguments, call.piped

    def run(frame: Frame) -> Any:
        log = frame.log
        start = len(log)
        final = piped.before(frame) if piped is not None else None
        first = log[start:]
        values, origins = [], []
        for argument in arguments:
            mark = len(log)
            value = argument(frame)
            values.append(value)
            origins.append(_derived(frame, value, log[mark:]))
        if piped is not None:
            final = piped.check(frame, final)
            values.append(final)
            origins.append(_derived(frame, final, first))
        try:
            return apply(origins, *values)
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)

    return run


def _derived(frame: Frame, value: Any, reads: list[Read]) -> Derived:
    flags = ""
    if type(value) is Rope:
        reads = [*reads, *reads_of(value)]
        flags = flags_of(value)
    elif type(value) is Placeholder:
        flags = value.flags
    return Derived(Origin(frame.node, frame.scope, carried(reads), flags))


def _special(call: Call) -> Closure:
    values_of, apply = evaluation(call.arguments, call.piped), call.function.call

    def run(frame: Frame) -> Any:
        log = frame.log
        mark = len(log)
        values = values_of(frame)
        frame.run.call_reads = carried(log[mark:])
        try:
            result = apply(frame.run, *values)
        except (GoError, TemplateError) as error:
            return call.failed(frame, error)
        if type(result) is Rope and result:  # its parts know; of an empty text only the arguments tell
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
