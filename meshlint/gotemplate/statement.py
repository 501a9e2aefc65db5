"""Statements executed: text, actions, branches, loops and template calls, writing parts as they go.

In: a Frame and a list of nodes; out: parts appended to the frame's `out`, and a signal when a loop
is left. The one broad `except Exception` around a template action lives here: Go's errors become
TemplateErrors at their place, and so do mistakes of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from meshlint.gotemplate.comparison import truth
from meshlint.gotemplate.deep import in_deep_stack
from meshlint.gotemplate.errors import Fault, TemplateError, error_chain
from meshlint.gotemplate.expression import Expression, Pipe
from meshlint.gotemplate.frame import SLOT_NIL, Frame, carried
from meshlint.gotemplate.gofmt import followed, format_value, printed
from meshlint.gotemplate.gotype import sorted_keys
from meshlint.gotemplate.govalue import GoError, LimitError, Placeholder, TypedList, Uint8
from meshlint.gotemplate.nodes import (
    ACTION,
    BREAK,
    CALL,
    CONTINUE,
    IF,
    RANGE,
    TEXT,
    WITH,
    BranchNode,
    BreakNode,
    CallNode,
    ContinueNode,
    ListNode,
    Node,
)
from meshlint.gotemplate.pipeline import compile_pipe
from meshlint.gotemplate.quoting import quote
from meshlint.text.origin import Read, Scope
from meshlint.text.rope import Rope, reads_of

Signal = int  # 0: go on, BREAK or CONTINUE: leave the body of the loop


def walk(frame: Frame, body: ListNode) -> Signal:
    """Execute a list of nodes."""
    run = frame.run
    run.steps += len(body.nodes) + 1
    run.size += body.size
    if run.steps > run.most_steps or run.size > run.most_size:
        _over(frame, body)
    if run.coverage is not None:
        run.coverage.add(body)
    out, scope = frame.out, frame.scope
    for node in body.nodes:
        kind = node.kind
        if kind == TEXT:
            out.append((node.text_written, node, scope, (), ""))  # type: ignore[attr-defined]
        elif kind == ACTION:
            pipe = node.pipe  # type: ignore[attr-defined]
            value = evaluate(frame, node, pipe)
            if pipe.names:
                continue
            if type(value) is str:
                if value:
                    run.size += len(value)
                    out.append((value, node, scope, frame.log, frame.flags))
            elif type(value) is Rope:
                if value:
                    run.size += len(value)
                    out.append(value)
            else:
                _write(frame, value)
        else:
            signal = _STATEMENTS[kind](frame, node)
            if signal:
                return signal
    return 0


def evaluate(frame: Frame, node: Node, pipe: Pipe) -> Any:
    """The value of a pipeline, logged anew; on_error may replace it if it fails."""
    frame.node = node
    frame.log = []
    frame.flags = ""
    try:
        if pipe.table is frame.table:
            return pipe.run(frame)  # type: ignore[misc]
        return compile_pipe(pipe, frame.table)(frame)
    except Exception as error:  # the broad one: whatever a template does, it is reported at its place
        return _failed(frame, node, pipe, error)


def _write(frame: Frame, value: Any) -> None:
    """Write a value that is neither a plain str nor a rope."""
    try:
        text = printed(value)
    except Exception as error:  # values that contain themselves
        text = printed(_failed(frame, frame.node, None, error))
    if text:
        frame.run.size += len(text)
        flags = value.flags if type(value) is Placeholder else frame.flags
        frame.out.append((text, frame.node, frame.scope, frame.log, flags))


# ------------------------------------------------------------------------------------- errors


def _failed(frame: Frame, node: Node, pipe: Pipe | None, error: Exception) -> Any:
    """Raise the error of an action as a TemplateError, or give what on_error puts in place of the value."""
    run = frame.run
    problem = error if isinstance(error, TemplateError) else _located(frame, node, error)
    if run.on_error is None or getattr(problem, "fatal", False):
        raise problem from None
    value = run.on_error(problem)
    frame.flags = "placeholder"
    run.flagged = True
    if pipe is not None:
        for name in pipe.names:
            if pipe.assigns:
                frame.variables[name] = (value, (), False, "placeholder")
            else:
                frame.declare(name, value, ())
    return value


def _located(frame: Frame, node: Node, error: Exception) -> TemplateError:
    """The TemplateError for an exception inside a statement."""
    fault = error if isinstance(error, Fault) else None
    expression = fault.node if fault is not None else None
    offset, context = _place(node, expression)
    problem = TemplateError(
        fault.reason if fault is not None else _words(error),
        frame.template.file,
        frame.template.name,
        context,
        node,
        offset,
    )
    problem.scope = frame.scope
    problem.reads = tuple(frame.log)
    problem.cause = fault.cause if fault is not None else error
    problem.fatal = isinstance(error, (RecursionError, MemoryError)) or _is_fatal(problem.cause)
    problem.flags = frame.flags
    problem.internal = fault is None and not isinstance(error, (GoError, RecursionError, MemoryError))
    return problem


def _is_fatal(cause: Exception | None) -> bool:
    return any(
        isinstance(error, LimitError) or (isinstance(error, TemplateError) and error.fatal)
        for error in error_chain(cause)
    )


def _words(error: Exception) -> str:
    """What is said of an error that no expression is to blame for."""
    if isinstance(error, GoError):
        return str(error)
    if isinstance(error, RecursionError):
        return "stack overflow: the values or calls are nested too deeply"
    if isinstance(error, MemoryError):
        return "out of memory"
    return f"internal error: {type(error).__name__}: {error}"


def located(frame: Frame, fault: Fault) -> TemplateError:
    """The TemplateError for a fault in the action that is running."""
    return _located(frame, frame.node, fault)


def overflow(frame: Frame, error: RecursionError) -> TemplateError:
    """The error for blocks nested deeper than the stack goes."""
    return _located(frame, frame.node, error)


def _place(node: Node, expression: Expression | None) -> tuple[int, str]:
    """The offset and the source text that Go names for an expression, or for the statement."""
    if expression is not None:
        return node.start + expression.position, _source_of(expression)
    if isinstance(node, CallNode):
        pipe = f" {node.pipe}" if node.pipe is not None else ""
        return node.start + node.name_position, f"{{{{template {quote(node.name)}{pipe}}}}}"
    pipe_of = getattr(node, "pipe", None)
    return (
        (node.start + pipe_of.position, _source_of(pipe_of))
        if pipe_of is not None
        else (node.start, node.text())
    )


def _source_of(expression: Expression) -> str:
    """The expression as Go prints it, however deep its parentheses go."""
    try:
        return expression.source()
    except RecursionError:
        return in_deep_stack(expression.source)


def fail(frame: Frame, node: Node, error: Exception) -> Any:
    """Raise an error of a statement itself, or give what on_error puts in the place of what it writes."""
    frame.node = node
    return _failed(frame, node, None, error)


def _over(frame: Frame, body: ListNode) -> NoReturn:
    """Stop a run that has used up its limits; on_error is not asked."""
    run = frame.run
    what = (
        f"more than {run.most_steps} nodes executed"
        if run.steps > run.most_steps
        else f"output of more than {run.most_size} characters"
    )
    problem = TemplateError(
        what, frame.template.file, frame.template.name, frame.template.name, body, body.start
    )
    problem.scope = frame.scope
    problem.fatal = True
    raise problem


# --------------------------------------------------------------------------------- statements


def _branch(frame: Frame, node: BranchNode) -> Signal:
    """`if` and `with`."""
    mark = len(frame.undo)
    value = evaluate(frame, node, node.pipe)
    taken = truth(value)
    body = node.body if taken else node.otherwise
    flags = frame.flags
    if flags == "placeholder":
        frame.run.skip(node.otherwise if taken else node.body, frame.scope)
    signal = 0
    if body is not None:
        reads = _reads(frame, value)
        outer = frame.scope
        if node.kind == WITH and taken:
            frame.scope = Scope("with", node, reads, outer, "", flags)
            signal = _with(frame, body, value, reads)
        else:
            frame.scope = Scope(node.word if taken else "else", node, _consulted(reads), outer, "", flags)
            signal = walk(frame, body)
        frame.scope = outer
    if len(frame.undo) > mark:
        frame.restore(mark)
    return signal


def _with(frame: Frame, body: ListNode, value: Any, reads: tuple[Read, ...]) -> Signal:
    before = frame.dot, frame.dot_slot, frame.dot_reads
    frame.dot, frame.dot_slot, frame.dot_reads = value, False, reads
    signal = walk(frame, body)
    frame.dot, frame.dot_slot, frame.dot_reads = before
    return signal


def _reads(frame: Frame, value: Any) -> tuple[Read, ...]:
    if type(value) is Rope:
        return carried([*frame.log, *reads_of(value)])
    return carried(frame.log)


def _consulted(reads: tuple[Read, ...]) -> tuple[Read, ...]:
    return tuple([Read(read.container, read.key, False) if read.chosen else read for read in reads])


def _range(frame: Frame, node: BranchNode) -> Signal:
    mark = len(frame.undo)
    value = evaluate(frame, node, node.pipe)
    reads = _reads(frame, value)
    outer = frame.scope
    before = frame.dot, frame.dot_slot, frame.dot_reads
    signal = 0
    ran = False
    items = _items(frame, node, value)
    flags = frame.flags
    if flags == "placeholder" and not items:
        frame.run.skip(node.body, outer)
    if items:
        ran = True
        frame.scope = Scope("range", node, reads, outer, "", flags)
        _Loop(frame, node, value, reads).run(items)
        frame.dot, frame.dot_slot, frame.dot_reads = before
    if not ran and node.otherwise is not None:
        frame.scope = Scope("else", node, _consulted(reads), outer, "", flags)
        signal = walk(frame, node.otherwise)
    frame.scope = outer
    if len(frame.undo) > mark:
        frame.restore(mark)
    return signal


def _items(frame: Frame, node: BranchNode, value: Any) -> Any:
    """The keys or indices to go over: a sequence, empty if there is nothing."""
    if value is None:
        return ()
    if isinstance(value, dict):
        return sorted_keys(value)
    if isinstance(value, (list, bytes)):
        return range(len(value))
    last = node.pipe.last or frame.run.last or node.pipe
    if isinstance(value, int) and not isinstance(value, bool):
        if len(node.pipe.names) > 1:
            _fail_at(
                frame, node, last, f"can't use {format_value(value)} to iterate over more than one variable"
            )
            return ()
        return range(max(0, value))
    _fail_at(frame, node, last, f"range can't iterate over {followed(value)}")
    return ()


def _fail_at(frame: Frame, node: Node, expression: Expression, reason: str) -> None:
    _failed(frame, node, None, Fault(expression, reason))


class _Loop:
    """A range that has something to go over."""

    def __init__(self, frame: Frame, node: BranchNode, value: Any, reads: tuple[Read, ...]) -> None:
        self.frame = frame
        self.node = node
        self.value = value
        self.reads = reads
        kind = type(value)
        self.slot = not (isinstance(value, (TypedList, bytes, int)) or hasattr(kind, "go_zero"))
        self.origins = getattr(value, "origins", None)

    def run(self, items: Any) -> None:
        frame, node, value, slot = self.frame, self.node, self.value, self.slot
        names, body = node.pipe.names, node.body
        counts, is_bytes, kind = isinstance(value, int), isinstance(value, bytes), type(value)
        frame.dot_slot = slot
        mark = len(frame.undo)
        for key in items:
            if counts:
                element, index = kind(key), None
                reads = self.reads
            else:
                element, index = value[key], key
                reads = self.reads_of(key)
                if is_bytes:
                    element = Uint8(element)
                elif element is None and slot:
                    element = SLOT_NIL
            frame.dot, frame.dot_slot, frame.dot_reads = element, slot, reads
            if names:
                self.bind(names, index, element, reads)
            signal = walk(frame, body)
            if body.declares:
                frame.restore(mark)
            if signal == BREAK:
                break

    def reads_of(self, key: str | int) -> tuple[Read, ...]:
        """What stands behind an element: its place in the list, and for a new list how it was come by."""
        read = Read(self.value, key)
        if self.origins is None or (key not in self.origins and self.value.path is None):
            return (read, *self.reads)
        return (read,)

    def bind(self, names: tuple[str, ...], index: Any, element: Any, reads: tuple[Read, ...]) -> None:
        """Set the loop's variables: the last is the element, the one before it the index."""
        variables = self.frame.variables
        if len(names) > 1:
            variables[names[0]] = (index, reads, False, self.frame.flags)
        variables[names[-1]] = (element, reads, self.slot, self.frame.flags)


def _call(frame: Frame, node: CallNode) -> Signal:
    """`{{ template "name" data }}`: writes straight into the output of the caller; errors pass through."""
    run = frame.run
    frame.node, frame.log, frame.flags = node, [], ""
    template = run.templates.get(node.name)
    if template is None:
        _write(frame, fail(frame, node, Fault(None, f"template {quote(node.name)} not defined")))
        return 0
    if run.depth >= run.limits.depth:
        reason = f"exceeded maximum template depth ({run.limits.depth})"
        fail(frame, node, Fault(None, reason, LimitError(reason)))
    data = evaluate(frame, node, node.pipe) if node.pipe is not None else None
    reads = carried(frame.log)
    scope = Scope("call", node, reads, frame.scope, node.name)
    run.call(template, data, reads, scope, frame.out)
    return 0


def _leave_loop(frame: Frame, node: BreakNode | ContinueNode) -> Signal:  # noqa: ARG001 - one signature
    return node.kind


_STATEMENTS: dict[int, Callable[[Frame, Any], Signal]] = {
    IF: _branch,
    WITH: _branch,
    RANGE: _range,
    CALL: _call,
    BREAK: _leave_loop,
    CONTINUE: _leave_loop,
}
