"""Errors of templates: what parsing and executing raise, with Go's texts and our places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshlint.gotemplate.govalue import GoError
from meshlint.gotemplate.quoting import quote

if TYPE_CHECKING:
    from meshlint.gotemplate.expression import Expression
    from meshlint.text.origin import Read, Scope
    from meshlint.text.span import Span


class TemplateSyntaxError(Exception):
    """A template that cannot be parsed.

    message   Go's whole text: `template: c/templates/x.yaml:3: unexpected EOF`
    reason    the text without the place
    offset    where in the source the parser stopped
    """

    def __init__(self, message: str, reason: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.offset = offset


class WrappedError(GoError):
    """A GoError around another error, as `fmt.Errorf("...: %w", cause)` makes it."""

    def __init__(self, text: str, cause: Exception) -> None:
        super().__init__(text)
        self.cause = cause


class Fault(Exception):
    """Inside the engine: an expression failed. The statement around it turns it into a TemplateError.

    node   the expression Go would name, None for the statement itself
    """

    def __init__(self, node: Expression | None, reason: str, cause: Exception | None = None) -> None:
        super().__init__(reason)
        self.node = node
        self.reason = reason
        self.cause = cause


class TemplateError(Exception):
    """An error while a template was executed.

    message   Go's whole text, with the messages of the errors inside it
    reason    the text behind `at <...>: `
    file, line, column   Go's place: template file, 1-based line, 0-based byte column
    template  name of the template that was executed
    context   the source of the failing expression as Go prints it, between `<` and `>`
    span      the action it happened in; `offset` the absolute offset of the expression
    scope     the calls and guards that were open
    reads     what the action had looked at
    cause     the error inside this one: a GoError of a function, the TemplateError of an `include`
    internal  True for a mistake of ours (not Go's behaviour)
    fatal     True if a limit was reached: nothing more is executed
    flags     the flag of the values the action had met, as in Origin.flags
    partial   True if the rest of the action goes on with what stands in for the failed part
    """

    def __init__(self, reason: str, file: str, template: str, context: str, span: Span, offset: int) -> None:
        line, _ = span.source.position(offset)
        before = span.source.text[span.source.line_starts()[line - 1] : offset]
        column = len(before) if before.isascii() else len(before.encode("utf-8", "surrogateescape"))
        self.message = (
            f"template: {file}:{line}:{column}: executing {quote(template)} at <{context}>: {reason}"
        )
        super().__init__(self.message)
        self.reason = reason
        self.file = file
        self.line = line
        self.column = column
        self.template = template
        self.context = context
        self.span = span
        self.offset = offset
        self.scope: Scope | None = None
        self.reads: tuple[Read, ...] = ()
        self.cause: Exception | None = None
        self.internal = False
        self.fatal = False
        self.flags = ""
        self.partial = False

    def chain(self) -> list[Exception]:
        """The error, the error inside it, and so on."""
        return error_chain(self)

    def deepest(self) -> TemplateError:
        """The innermost template error: where it really happened."""
        return [error for error in self.chain() if isinstance(error, TemplateError)][-1]


def error_chain(error: Exception | None) -> list[Exception]:
    """The errors that Go's errors.Unwrap would walk over, outermost first."""
    found: list[Exception] = []
    while error is not None:
        found.append(error)
        inner: Any = getattr(error, "cause", None)
        error = inner if isinstance(inner, Exception) else None
    return found
