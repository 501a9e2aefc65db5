"""Helm room, template faults: Helm's words for Go's template errors, and the Problems linting makes of them.

In: the engine's TemplateSyntaxError or TemplateError. Out: the text `helm template` prints, by Helm version,
and a Problem at the template line and column, with the calls that led there as further places.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meshlint.gotemplate.errors import TemplateError, TemplateSyntaxError, error_chain
from meshlint.gotemplate.govalue import GoError
from meshlint.helm.problems import (
    FAIL_CALLED,
    REQUIRED_VALUE,
    TEMPLATE_ERROR,
    TEMPLATE_SYNTAX,
    Code,
    Problem,
    at_origin,
    problem,
)
from meshlint.text.finding import Place, Role, SpanTarget
from meshlint.text.origin import KeyOrigin, dotted
from meshlint.text.source import Source

_START = "HELM_ERR_START"
_END = "HELM_ERR_END"
_NIL_POINTER = re.compile(r"nil pointer evaluating .*\.(\w+)")
_MARKED = re.compile(f"{_START}(.*){_END}", re.DOTALL)


class StopError(GoError):
    """`required` or `fail` stopped the template; Helm marks the message to find it again in Go's text."""

    code: Code = FAIL_CALLED

    def __init__(self, message: str) -> None:
        super().__init__(f"{_START}{message}{_END}")
        self.message = message


class RequiredError(StopError):
    """`required` met nil or an empty string."""

    code = REQUIRED_VALUE


# ---------------------------------------------------------------------------------- Helm's words


def parse_text(fault: TemplateSyntaxError, name: str) -> str:
    """What Helm prints for a template that does not parse."""
    tokens = fault.message.split(": ")
    if len(tokens) == 1:
        return f"parse error in ({name}): {fault.message}"
    return f"parse error at ({tokens[1]}): {tokens[-1]}"


class _Link(NamedTuple):
    """One error of a chain, taken apart."""

    location: str
    function: str
    message: str

    def text(self) -> str:
        out = f"{self.location}\n  " if self.location else ""
        out += f"{self.function}\n    " if self.function else ""
        return out + (f"{self.message}\n" if self.message else "")


def execution_text(fault: TemplateError, name: str, compat: str) -> str:
    """What Helm prints for a template that fails: several lines in Helm 4 where each link is Go's own."""
    tokens = fault.message.split(": ", 2)
    if len(tokens) != 3:
        return f"execution error in ({name}): {fault.message}"
    stopped = _MARKED.search(tokens[2])
    if stopped is not None:
        return f"execution error at ({tokens[1]}): {stopped[1]}"
    if compat == "3":
        return fault.message
    links: list[_Link] = []
    for error in error_chain(fault):
        link = _link(str(error))
        if link is None:
            return fault.message
        if not links or links[-1] != link:
            links.append(link)
    return "".join(link.text() for link in links).strip()


def _link(text: str) -> _Link | None:
    if not text.startswith("template: "):
        return None
    rest = text[len("template: ") :]
    if rest.startswith("no template "):
        return _Link("", "", text)
    return _executing(rest) or _simple(rest)


def _executing(text: str) -> _Link | None:
    """`NAME: executing "T" at <X>: MESSAGE`, the message up to the next error inside it."""
    location, found, after = text.partition(": executing ")
    if not found or after[:1] != '"':
        return None
    function, found, after = after[1:].partition('"')
    if not found or not after.startswith(" at <"):
        return None
    context, found, message = after[len(" at <") :].partition(">: ")
    if not found:
        return None
    return _Link(location, f'executing "{function}" at <{context}>:', message.partition(" template:")[0])


def _simple(text: str) -> _Link | None:
    location, found, message = text.rpartition(": ")
    return _Link(location, "", message.partition(" template:")[0]) if found else None


# ---------------------------------------------------------------------------------- Problems


def syntax_problem(fault: TemplateSyntaxError, source: Source, name: str) -> Problem:
    """A template that does not parse, at the place where the parser stopped."""
    end = min(fault.offset + 1, len(source.text))
    place = Place(SpanTarget(source, fault.offset, max(end, fault.offset)))
    message = f"template does not parse: {fault.reason}"
    return problem(TEMPLATE_SYNTAX, message, place, fatal=parse_text(fault, name), key=fault.reason)


def execution_problem(fault: TemplateError, name: str, compat: str) -> Problem:
    """A template that fails: where it really happened first, then the calls that led there."""
    innermost = fault.deepest()
    cause = innermost.cause
    fatal = execution_text(fault, name, compat)
    if isinstance(cause, StopError):
        code, message = cause.code, cause.message
    else:
        code, message = TEMPLATE_ERROR, innermost.reason
    places = [_place(innermost, "primary")]
    places += _call_sites(fault, innermost)
    places += _values_read(innermost)
    hint = _hint(innermost, code)
    return problem(code, message, *places, fatal=fatal, hint=hint, key=f"{innermost.context} {message}")


def _place(fault: TemplateError, role: Role) -> Place:
    """The failing expression; Go's position of a chain is its second dot, the place is the whole chain."""
    source, context = fault.span.source, fault.context
    text = source.text
    start = text.rfind(context, max(0, fault.offset - len(context)), fault.offset + len(context))
    if start >= 0:
        return Place(SpanTarget(source, start, start + len(context)), role=role)
    # the context is spelled anew by Go: it stands there with other blanks
    limit = fault.span.end if fault.span.end > fault.offset else fault.offset + 1
    return Place(SpanTarget(source, fault.offset, min(fault.offset + len(context), limit)), role=role)


def _call_sites(fault: TemplateError, innermost: TemplateError) -> list[Place]:
    """The include, tpl and template calls from the outside in, one place each."""
    found = []
    for error in error_chain(fault):
        if isinstance(error, TemplateError):
            for scope in reversed(list(error.scope.links()) if error.scope else []):
                if scope.kind == "call":
                    found.append(scope.span)
            if error is not innermost:
                found.append(error.span)
    spans = dict.fromkeys((span.source, span.start, span.end) for span in found)
    return [
        Place(SpanTarget(source, start, end), label="called from here", role="cause")
        for source, start, end in spans
        if (source, start) != (innermost.span.source, innermost.span.start)
    ]


def _values_read(fault: TemplateError) -> list[Place]:
    """Where the values that the failing action looked at were written."""
    found = []
    for read in fault.reads[-3:]:
        origin = read.origin()
        if isinstance(origin, KeyOrigin):
            found.append(
                at_origin(origin, origin.source, f"{dotted(read.path() or (read.key,))} comes from here")
            )
            found[-1].role = "cause"
    return found


def _hint(fault: TemplateError, code: Code) -> str:
    """What to set, if the fault names a value nobody supplied."""
    nil = _NIL_POINTER.fullmatch(fault.reason)
    chain = fault.context.removeprefix("$").split(".")
    if nil is not None and chain[:2] == ["", "Values"] and nil[1] in chain[3:]:
        return (
            f"Set `{'.'.join(chain[2 : chain.index(nil[1], 3)])}` in the values, or guard this with `with`."
        )
    for read in fault.reads if code is REQUIRED_VALUE else ():
        path = read.path()
        if path and path[0] == "Values" and (not read.present() or not read.container[read.key]):
            return f"Set `{dotted(path[1:])}` in the values."
    return ""
