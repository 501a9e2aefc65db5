"""Pipelines compiled to closures: an expression goes in once, a function of the Frame comes out.

While compiling, the expression that Go would have visited last is known almost everywhere; closures
that may fail keep it for the error. Only after a short circuit of and/or it depends on the values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.access import Argument, call_field, descend
from meshlint.gotemplate.arguments import Constant, Piped
from meshlint.gotemplate.builtins import BUILTINS
from meshlint.gotemplate.calls import compile_call
from meshlint.gotemplate.errors import Fault
from meshlint.gotemplate.expression import (
    Boolean,
    Chain,
    Command,
    Dot,
    Expression,
    Field,
    Identifier,
    Nil,
    Number,
    Pipe,
    Text,
    Variable,
)
from meshlint.gotemplate.frame import SLOT_NIL, Frame, carried
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import type_name
from meshlint.gotemplate.govalue import GoError
from meshlint.gotemplate.parameter import Parameter, ideal, parameter_of, parameters, wrong_count
from meshlint.gotemplate.quoting import quote
from meshlint.text.origin import Read

Closure = Callable[[Frame], Any]
_CONSTANTS = (Boolean, Number, Text, Nil)
_ANY = parameter_of("any")


def compile_pipe(pipe: Pipe, table: dict[str, Function]) -> Closure:
    """The closure of a pipeline for a function table, kept with the pipeline."""
    compiler = Compiler(table)
    pipe.run = compiler.pipe(pipe)
    pipe.last = compiler.last
    pipe.table = table
    return pipe.run


class Compiler:
    """One compilation; `last` is the expression visited last, None where only the run can tell."""

    def __init__(self, table: dict[str, Function]) -> None:
        self.table = table
        self.last: Expression | None = None

    def pipe(self, pipe: Pipe) -> Closure:
        """A whole pipeline: never gives SLOT_NIL, binds the variables it declares."""
        self.last = pipe
        run: Closure | None = None
        for command in pipe.commands:
            run = self.command(command, run)
        assert run is not None
        return _binding(pipe, run, self.last) if pipe.names else run

    # ---------------------------------------------------------------------------- commands

    def command(self, command: Command, before: Closure | None) -> Closure:
        """One stage; `before` gives the value that is piped into it."""
        first = command.operands[0]
        if isinstance(first, Identifier):
            return self.function(first, command, command.operands[1:], before)
        has_arguments = len(command.operands) > 1 or before is not None
        if isinstance(first, (Field, Chain)) or (isinstance(first, Variable) and first.names):
            if has_arguments:
                return self.method(first, command.operands[1:], before)
            return self.chain(first, False)
        if not isinstance(first, Pipe):
            self.last = first
        if has_arguments:
            return _failing(before, self.last, f"can't give argument to non-function {first}")
        if isinstance(first, Pipe):
            return self.pipe(first)
        if isinstance(first, Nil):
            return _failing(None, first, "nil is not a command")
        return _unslotted(self.value(first))

    def function(
        self, name: Identifier, command: Expression, operands: tuple[Expression, ...], before: Closure | None
    ) -> Closure:
        """A function called with its operands and what is piped into it."""
        self.last = name
        function = self.table.get(name.name)
        if function is None:
            return _failing(before, name, f"{quote(name.name)} is not a defined function")
        wrong = wrong_count(function, len(operands), before is not None)
        if wrong:
            return _failing(before, name, wrong)
        kinds = parameters(function, len(operands) + (before is not None))
        if function is BUILTINS["and"] or function is BUILTINS["or"]:
            return self.short_circuit(name, operands, before)
        arguments = [self.argument(operand, kind) for operand, kind in zip(operands, kinds, strict=False)]
        if function is BUILTINS["call"]:
            return _calling(before, arguments, operands, command)
        piped = None if before is None else Piped(before, kinds[-1], self.last)
        return compile_call(function, command, arguments, piped)

    def short_circuit(
        self, name: Identifier, operands: tuple[Expression, ...], before: Closure | None
    ) -> Closure:
        """`and` and `or`: the first operand that decides, or the last; the others were only consulted."""
        wanted = name.name == "or"
        arguments: list[tuple[Closure, Expression | None]] = []
        for operand in operands:
            closure = self.argument(operand, _ANY)
            arguments.append((closure, self.last))
        self.last = None

        def run(frame: Frame) -> Any:
            log, engine = frame.log, frame.run
            start = mark = len(log)
            engine.last = name
            value = None
            for closure, last in arguments:
                mark = len(log)
                value = closure(frame)
                if last is not None:
                    engine.last = last
                if bool(value) is wanted:
                    break
            if mark > start:
                log[start:mark] = [Read(read.container, read.key, False) for read in log[start:mark]]
            return value

        def run_piped(frame: Frame) -> Any:
            assert before is not None
            log = frame.log
            start = len(log)
            piped = before(frame)
            reads = log[start:]
            del log[start:]
            found = run(frame)
            if arguments and bool(found) is wanted:
                return found
            log[start:] = [Read(read.container, read.key, False) for read in log[start:]]
            log += reads
            return piped

        return run if before is None else run_piped

    def method(self, first: Expression, operands: tuple[Expression, ...], before: Closure | None) -> Closure:
        """A chain that is given arguments: a method call, or Go's error."""
        self.last = first
        receiver = self.receiver(first)
        names: tuple[str, ...] = first.names  # type: ignore[attr-defined]
        arguments: list[Argument] = [self.late(operand) for operand in operands]
        at = self.last or first
        last = operands[-1] if operands else at

        def run(frame: Frame) -> Any:
            given = arguments
            if before is not None:
                final = before(frame)
                given = [*arguments, lambda frame, kind: kind.convert(final, last)]  # noqa: ARG005
            value = call_field(frame, receiver(frame), names, given, at, first, before is not None)
            return None if value is SLOT_NIL else value

        if operands:
            inside = Compiler(self.table)
            inside.argument(last, _ANY)
            self.last = inside.last
        return run

    def late(self, operand: Expression) -> Argument:
        """An argument whose parameter type is known only when the method is."""
        table = self.table
        compiled: dict[str, Closure] = {}

        def evaluate(frame: Frame, kind: Parameter) -> Any:
            closure = compiled.get(kind.name)
            if closure is None:
                closure = compiled[kind.name] = Compiler(table).argument(operand, kind)
            return closure(frame)

        return evaluate

    # ----------------------------------------------------------------------------- operands

    def argument(self, operand: Expression, kind: Parameter) -> Closure:
        """An operand as an argument for a parameter."""
        if isinstance(operand, _CONSTANTS):
            self.last = operand
            try:
                return Constant(kind.literal(operand))
            except Fault as fault:
                return _failing(None, operand, fault.reason)
        if kind.open and not kind.raw:
            if isinstance(operand, (Field, Chain)) or (isinstance(operand, Variable) and operand.names):
                return self.chain(operand, False)
            value = self.value(operand)
            return value if isinstance(operand, (Pipe, Identifier)) else _unslotted(value)
        value = self.value(operand)
        return value if kind.raw else _typed(value, kind, self.last)

    def value(self, operand: Expression) -> Closure:
        """An operand that is no nil; may give SLOT_NIL for chains, variables and the cursor."""
        self.last = operand
        if isinstance(operand, (Field, Chain)):
            return self.chain(operand)
        if isinstance(operand, Variable):
            return self.chain(operand) if operand.names else _variable(operand)
        if isinstance(operand, Dot):
            return _dot
        if isinstance(operand, Pipe):
            return self.pipe(operand)
        if isinstance(operand, Identifier):
            return self.function(operand, operand, (), None)
        try:
            return Constant(ideal(operand))
        except Fault as fault:
            return _failing(None, operand, fault.reason)

    def chain(self, chain: Expression, slot: bool = True) -> Closure:
        """A chain of fields without arguments; gives nil for SLOT_NIL unless `slot`."""
        self.last = chain
        empty = SLOT_NIL if slot else None
        if isinstance(chain, Field):
            names = chain.names

            def fields_of_dot(frame: Frame) -> Any:
                value = descend(frame, frame.dot, frame.dot_slot, frame.dot_reads, names, chain)
                return empty if value is SLOT_NIL else value

            return fields_of_dot
        receiver = self.receiver(chain)
        fields: tuple[str, ...] = chain.names  # type: ignore[attr-defined]
        at = self.last

        def run(frame: Frame) -> Any:
            value, slot, base = receiver(frame)
            value = descend(frame, value, slot, base, fields, at or frame.run.last or chain)
            return empty if value is SLOT_NIL else value

        return run

    def receiver(self, chain: Expression) -> Callable[[Frame], tuple[Any, bool, tuple[Read, ...]]]:
        """What a chain starts from: value, whether it stands in a slot, what was read for it."""
        if isinstance(chain, Field):
            return lambda frame: (frame.dot, frame.dot_slot, frame.dot_reads)
        if isinstance(chain, Variable):
            return _variable_receiver(chain)
        assert isinstance(chain, Chain)
        inner = self.value(chain.receiver)

        def evaluate(frame: Frame) -> tuple[Any, bool, tuple[Read, ...]]:
            mark = len(frame.log)
            value = inner(frame)
            base = carried(frame.log[mark:])
            if value is not None:  # the field that is read next tells more, or takes it from `base`
                del frame.log[mark:]
            return value, False, base

        return evaluate


def _dot(frame: Frame) -> Any:
    frame.log += frame.dot_reads
    return frame.dot


def _variable(variable: Variable) -> Closure:
    name = variable.name

    def run(frame: Frame) -> Any:
        binding = frame.variables.get(name)
        if binding is None:
            raise Fault(variable, f"undefined variable: {name}")
        frame.log += binding[1]
        if binding[3]:
            frame.flags = binding[3]
        return binding[0]

    return run


def _variable_receiver(variable: Variable) -> Callable[[Frame], tuple[Any, bool, tuple[Read, ...]]]:
    name = variable.name

    def run(frame: Frame) -> tuple[Any, bool, tuple[Read, ...]]:
        binding = frame.variables.get(name)
        if binding is None:
            raise Fault(variable, f"undefined variable: {name}")
        if binding[3]:
            frame.flags = binding[3]
        return binding[0], binding[2], binding[1]

    return run


def _unslotted(closure: Closure) -> Closure:
    def run(frame: Frame) -> Any:
        value = closure(frame)
        return None if value is SLOT_NIL else value

    return run


def _typed(closure: Closure, kind: Parameter, last: Expression | None) -> Closure:
    """The closure with its value checked against a parameter type."""
    exact, convert = kind.exact, kind.convert

    def run(frame: Frame) -> Any:
        value = closure(frame)
        if type(value) is exact:
            return value
        return convert(value, last or frame.run.last)

    return run


def _calling(
    before: Closure | None, arguments: list[Closure], operands: tuple[Expression, ...], command: Expression
) -> Closure:
    """`call`: no value of a chart is a function, so it always fails."""

    def run(frame: Frame) -> Any:
        values = [before(frame)] if before is not None else []
        values[:0] = [argument(frame) for argument in arguments]
        if values[0] is None or values[0] is SLOT_NIL:
            raise Fault(command, "error calling call: call of nil", GoError("call of nil"))
        piped = values[0] if isinstance(values[0], str) else f"<{type_name(values[0])} Value>"
        name = operands[0] if operands else piped
        reason = f"non-function {name} of type {type_name(values[0])}"
        raise Fault(command, f"error calling call: {reason}", GoError(reason))

    return run


def _failing(before: Closure | None, node: Expression | None, reason: str) -> Closure:
    """A closure that fails, after what comes before it in the pipeline."""

    def run(frame: Frame) -> Any:
        if before is not None:
            before(frame)
        raise Fault(node or frame.run.last, reason)

    return run


def _binding(pipe: Pipe, run: Closure, last: Expression | None) -> Closure:
    """The pipeline with its variables declared or assigned."""
    names, assigns = pipe.names, pipe.assigns

    def bind(frame: Frame) -> Any:
        log = frame.log
        mark = len(log)
        value = run(frame)
        reads = carried(log[mark:])
        for name in names:
            if not assigns:
                frame.declare(name, value, reads)
            elif name in frame.variables:
                frame.variables[name] = (value, reads, False, frame.flags)
            else:
                raise Fault(last or frame.run.last, f"undefined variable: {name}")
        return value

    return bind
