"""Helm room, template faults: Helm's words for Go's template errors, and the Problems linting makes of them.

In: the engine's TemplateSyntaxError or TemplateError. Out: the text `helm template` prints, by Helm version,
and a Problem at the template line and column, with the calls that led there as further places.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meshlint.gotemplate.errors import TemplateError, TemplateSyntaxError, error_chain
from meshlint.helm import missing
from meshlint.helm.missing import RequiredError, StopError
from meshlint.helm.problems import (
    FAIL_CALLED,
    TEMPLATE_ERROR,
    TEMPLATE_SYNTAX,
    VALUE_MISSING,
    Problem,
    at_origin,
    problem,
)
from meshlint.text.finding import Place, Role, SpanTarget
from meshlint.text.origin import KeyOrigin, dotted
from meshlint.text.source import Source

CALLED = "called from here"
_MARKED = re.compile(f"{missing.STOP_START}(.*){missing.STOP_END}", re.DOTALL)


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
    lack = missing.of(innermost)
    cause = innermost.cause
    if isinstance(cause, StopError):
        code, message = cause.code, _stop_message(cause, lack)
    elif lack.kind in ("value", "data", "cluster"):
        code, message = VALUE_MISSING, f"{lack.what()}: {innermost.reason}"
    else:
        code, message = TEMPLATE_ERROR, lack.what() or innermost.reason
    places = [_place(innermost, "primary")]
    places += _call_sites(fault, innermost)
    places += _values_read(innermost)
    key = f"{innermost.context} {innermost.reason if not isinstance(cause, StopError) else cause.message}"
    hint = missing.condition_hint(innermost) if code is FAIL_CALLED else lack.hint()
    found = problem(code, message, *places, fatal=execution_text(fault, name, compat), hint=hint, key=key)
    if lack.kind == "cluster":
        found.finding.severity = "warning"  # an upgrade in a cluster that has the object goes well
    found.demand = code is not TEMPLATE_ERROR and not (code is FAIL_CALLED and missing.is_certain(innermost))
    return found


def _stop_message(cause: StopError, lack: missing.Lack) -> str:
    """The chart's own words behind what happened."""
    said = " ".join(cause.message.split())
    if isinstance(cause, RequiredError):
        subject = f"`{dotted(lack.path)}` is required" if lack.path else "a required value is not set"
    else:
        subject = "`fail` stops the chart"
    return f"{subject}: {said}" if said else subject


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
        Place(SpanTarget(source, start, end), label=CALLED, role="cause")
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
