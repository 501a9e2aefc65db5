"""Helm room, template faults: Helm's words for Go's template errors, and the Problems linting makes of them.

In: the engine's TemplateSyntaxError or TemplateError. Out: the text `helm template` prints, by Helm version,
and a Problem at the template line and column, with the calls that led there as further places.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from meshlint.gotemplate.errors import TemplateError, TemplateSyntaxError, error_chain
from meshlint.gotemplate.expression import Pipe
from meshlint.gotemplate.govalue import GoError
from meshlint.helm.problems import (
    FAIL_CALLED,
    REQUIRED_VALUE,
    TEMPLATE_ERROR,
    TEMPLATE_SYNTAX,
    VALUE_MISSING,
    Code,
    Problem,
    at_origin,
    problem,
)
from meshlint.text.finding import Place, Role, SpanTarget
from meshlint.text.origin import KeyOrigin, Path, Read, Scope, dotted
from meshlint.text.source import Source

_START = "HELM_ERR_START"
_END = "HELM_ERR_END"
_NIL_POINTER = re.compile(r"nil pointer evaluating .*\.(\w+)")
_ASKS_FOR_APIS = ".Capabilities.APIVersions"
_SUPPLIED = frozenset(("Chart", "Release", "Capabilities", "Files", "Template", "Subcharts"))
_SHORT_CIRCUITS = frozenset(("and", "or"))
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
    missing = missing_value(innermost)
    if isinstance(cause, StopError):
        code, message = cause.code, cause.message or cause.code.what.removesuffix(".")
    elif missing or _reads_nothing(innermost):
        code, message = VALUE_MISSING, _missing_message(innermost, missing)
    else:
        code, message = TEMPLATE_ERROR, innermost.reason
    places = [_place(innermost, "primary")]
    places += _call_sites(fault, innermost)
    places += _values_read(innermost)
    hint = _hint(innermost, code, missing)
    key = f"{innermost.context} {message}"
    found = problem(code, message, *places, fatal=fatal, hint=hint, key=key)
    found.demand = code is not TEMPLATE_ERROR and not (code is FAIL_CALLED and _always(innermost))
    return found


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


# ---------------------------------------------------------------------------------- missing values


def missing_value(fault: TemplateError) -> Path:
    """The path of the value that a failing action needed and nobody set, below `.Values`; () if none."""
    if isinstance(fault.cause, StopError) and not isinstance(fault.cause, RequiredError):
        return ()
    asked = isinstance(fault.cause, RequiredError)
    absent = [read for read in fault.reads if (read.chosen or asked) and _is_unset(read, asked)]
    for read in sorted(absent, key=lambda read: not read.chosen):
        return (*(read.path() or ())[1:], *_rest(fault))
    nil = _NIL_POINTER.fullmatch(fault.reason)
    chain = fault.context.removeprefix("$").split(".")
    return tuple(chain[2:]) if nil and chain[:2] == ["", "Values"] else ()


def _is_unset(read: Read, empty_too: bool) -> bool:
    path = read.path()
    if not path or path[0] != "Values" or len(path) < 2:
        return False
    value = read.container[read.key] if read.present() else None
    return value is None or (empty_too and value == "")


def _rest(fault: TemplateError) -> list[str]:
    """The fields behind the one that is not there: `.tag` of `.Values.image.tag`."""
    nil = _NIL_POINTER.fullmatch(fault.reason)
    fields = fault.context.split(".")[1:]
    return fields[fields.index(nil[1]) :] if nil and nil[1] in fields else []


def _reads_nothing(fault: TemplateError) -> bool:
    """True for a nil pointer in data that may come from values: not in the objects Helm supplies."""
    first = fault.context.removeprefix("$").removeprefix(".").partition(".")[0]
    return _NIL_POINTER.fullmatch(fault.reason) is not None and first not in _SUPPLIED


def _missing_message(fault: TemplateError, missing: Path) -> str:
    if missing:
        return f"`{dotted(missing)}` is not set: {fault.reason}"
    return f"`{fault.context}` reads into a value that is not set: {fault.reason}"


def _hint(fault: TemplateError, code: Code, missing: Path) -> str:
    """What to type, if the fault names a value nobody supplied."""
    if missing:
        return f"set `{dotted(missing)}` with --set {dotted(missing)}=... or in values.yaml"
    if code is FAIL_CALLED and any(_ASKS_FOR_APIS in guard.span.text() for guard in _guards(fault)):
        return "if the cluster has the API, say so with --api-versions"
    if code is VALUE_MISSING:
        return f"guard `{fault.context}` with `with`, or set what it reads in the values"
    return ""


def _guards(fault: TemplateError) -> list[Scope]:
    """The conditions under which the action was executed."""
    return [link for link in fault.scope.links() if link.kind != "call"] if fault.scope else []


def _always(fault: TemplateError) -> bool:
    """True if no value decides whether the action is executed: no values will ever satisfy the chart."""
    calls = list(fault.scope.links()) if fault.scope else []
    pipes = [getattr(span, "pipe", None) for span in (fault.span, *(call.span for call in calls))]
    return not _guards(fault) and all(
        _SHORT_CIRCUITS.isdisjoint(pipe.functions()) for pipe in pipes if isinstance(pipe, Pipe)
    )
