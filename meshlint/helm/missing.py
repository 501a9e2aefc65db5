"""Helm room, what is missing: which value, template or cluster object a failing action lacked.

In: the TemplateError of the action. Out: a Lack (what is not there, and what to type), and whether a
`fail` stands under a condition that other values would change.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.gotemplate.errors import TemplateError
from meshlint.gotemplate.expression import Command, Number, Pipe, Text
from meshlint.gotemplate.govalue import GoError
from meshlint.helm.problems import FAIL_CALLED, REQUIRED_VALUE, Code
from meshlint.text.origin import Path, Read, Scope, dotted
from meshlint.text.pattern import lazy

_NO_TEMPLATE = lazy(r'(?:.*no template "|template ")(.+?)" (?:associated with template|not defined)')
_INDEX = lazy(r"error calling (index|slice): index (?:of (?:nil pointer|untyped nil)|out of range: .*)")
_NIL_POINTER = lazy(r"nil pointer evaluating .*\.(\w+)")
_ASKS_FOR_APIS = ".Capabilities.APIVersions"
_SUPPLIED = frozenset(("Chart", "Release", "Capabilities", "Files", "Template", "Subcharts"))
_SHORT_CIRCUITS = frozenset(("and", "or"))
STOP_START = "HELM_ERR_START"
STOP_END = "HELM_ERR_END"
_MOST_NAMED = 3


class StopError(GoError):
    """`required` or `fail` stopped the template; Helm marks the message to find it again in Go's text."""

    code: Code = FAIL_CALLED

    def __init__(self, message: str) -> None:
        super().__init__(f"{STOP_START}{message}{STOP_END}")
        self.message = message


class RequiredError(StopError):
    """`required` met nil or an empty string."""

    code = REQUIRED_VALUE


class Lack(NamedTuple):
    """What a failing action lacked.

    kind    "value" (in the values, at `path`), "data" (something a template read into), "cluster" (what
            `lookup` would find), "template" (of `name`), "" if nothing is known to be missing
    path    below `.Values`, () if unknown
    name    the template; for "data" and "cluster" the expression
    """

    kind: str = ""
    path: Path = ()
    name: str = ""

    def what(self) -> str:
        """What is not there, as the begin of a sentence."""
        if self.kind == "template":
            return f"template `{self.name}` is included, but no chart here defines it"
        if self.kind == "value":
            return f"`{dotted(self.path)}` is not set"
        if self.kind == "cluster":
            return f"`{self.name}` needs what `lookup` finds, which is nothing on a first install"
        return f"`{self.name}` reads into a value that is not set" if self.kind else ""

    def hint(self) -> str:
        """What to type."""
        if self.path:
            return f"set `{dotted(self.path)}` with --set {dotted(self.path)}=... or in values.yaml"
        if self.kind == "template":
            return f"define `{self.name}`, or add the chart that defines it to the dependencies"
        if self.kind == "cluster":
            return "guard what reads the result of `lookup` with `with` or `if`"
        return f"guard `{self.name}` with `with`, or set what it reads in the values" if self.kind else ""


def of(fault: TemplateError) -> Lack:
    """What the innermost fault of a failing template lacked."""
    if isinstance(fault.cause, StopError):
        asked = isinstance(fault.cause, RequiredError)
        return Lack("value", path) if asked and (path := _unset(fault, empty_too=True)) else Lack()
    template = _NO_TEMPLATE.match(fault.reason)
    if template:
        return Lack("template", name=template[1])
    path = _indexed(fault) if _INDEX.fullmatch(fault.reason) else _unset(fault, empty_too=False)
    if path:
        return Lack("value", path)
    if _NIL_POINTER.fullmatch(fault.reason) or _INDEX.fullmatch(fault.reason):
        name = _expression(fault)
        if fault.flags == "lookup":
            return Lack("cluster", name=name)
        if name.removeprefix("$").removeprefix(".").partition(".")[0] not in _SUPPLIED:
            return Lack("data", name=name) if "nil" in fault.reason else Lack()
    return Lack()


def _expression(fault: TemplateError) -> str:
    """The source of what failed; of the whole pipeline where Go names only its last word."""
    pipe = getattr(fault.span, "pipe", None)
    if fault.context[:1] in "\"`'0123456789" and isinstance(pipe, Pipe):
        return pipe.source()
    return fault.context


# ------------------------------------------------------------------------------------- values


def _unset(fault: TemplateError, empty_too: bool) -> Path:
    """The path, below `.Values`, of the value that is not there; () if it was none of those."""
    absent = [read for read in fault.reads if (read.chosen or empty_too) and _is_unset(read, empty_too)]
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


def _indexed(fault: TemplateError) -> Path:
    """The path that `index` was asked for, as far as its keys are written out."""
    reads = [path for read in fault.reads if read.chosen and (path := read.path()) and path[0] == "Values"]
    pipe = getattr(fault.span, "pipe", None)
    parts = pipe.expressions() if isinstance(pipe, Pipe) else ()
    calls = [part for part in parts if isinstance(part, Command) and part.source() == fault.context]
    if not calls:
        return ()
    keys: list[str | int] = []
    for operand in calls[0].operands[2:]:
        if isinstance(operand, Text):
            keys.append(operand.value)
        elif isinstance(operand, Number) and operand.as_int is not None:
            keys.append(operand.as_int)
        else:
            break
    names = getattr(calls[0].operands[1], "names", ()) if len(calls[0].operands) > 1 else ()
    named = [path for path in reads if names and path[-1] == names[-1]] or reads
    base = named[-1][1:] if named else ()
    return (*base, *keys) if reads and (base or keys) else ()


# ------------------------------------------------------------------------------------- conditions


def guards(fault: TemplateError) -> list[Scope]:
    """The conditions under which the action was executed, innermost first."""
    return [link for link in fault.scope.links() if link.kind != "call"] if fault.scope else []


def is_certain(fault: TemplateError) -> bool:
    """True if no value decides whether the action is executed: no values will ever satisfy the chart."""
    calls = list(fault.scope.links()) if fault.scope else []
    pipes = [getattr(span, "pipe", None) for span in (fault.span, *(call.span for call in calls))]
    return not guards(fault) and all(
        _SHORT_CIRCUITS.isdisjoint(pipe.functions()) for pipe in pipes if isinstance(pipe, Pipe)
    )


def condition_hint(fault: TemplateError) -> str:
    """What to set so that a `fail` is not reached: what the conditions around it look at."""
    conditions = guards(fault)
    if any(_ASKS_FOR_APIS in guard.span.text() for guard in conditions):
        return "if the cluster has the API, say so with --api-versions"
    for guard in conditions:
        paths = [path for read in guard.reads if (path := read.path()) and path[0] == "Values" and path[1:]]
        names = list(dict.fromkeys(dotted(path[1:]) for path in paths))
        if names:
            listed = " or ".join(f"`{name}`" for name in names[:_MOST_NAMED])
            line, _ = guard.span.source.position(guard.span.start)
            return f"set {listed} as the message says: the condition in line {line} looks at it"
    return ""
