"""Helm room, template faults: what is wrong in a template whatever it renders, branches never taken included.

In: the parsed templates of a rendering, and its values. Out: Suspects, each with the stretch of template it
stands in. A cheap look at the text decides which templates are walked at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from meshlint.gotemplate.expression import (
    Boolean,
    Command,
    Dot,
    Expression,
    Field,
    Identifier,
    Number,
    Pipe,
    Text,
    Variable,
)
from meshlint.gotemplate.nodes import (
    RANGE,
    WITH,
    ActionNode,
    BranchNode,
    Node,
    TemplateNode,
    TextNode,
    WithNode,
)
from meshlint.helm.chartobject import FIELD_NAMES
from meshlint.text.finding import SpanTarget
from meshlint.text.origin import KeyOrigin
from meshlint.text.pattern import lazy
from meshlint.yamldoc.tracked import origin_of

if TYPE_CHECKING:
    from meshlint.helm.render import Rendered

_RELEASE = ("Name", "Namespace", "IsUpgrade", "IsInstall", "Revision", "Service")
_KUBE_VERSION = ("Version", "Major", "Minor", "GitVersion", "String")
# Object of the context -> the fields it has.
KNOWN: dict[tuple[str, ...], tuple[str, ...]] = {
    ("Release",): _RELEASE,
    ("Chart",): (*FIELD_NAMES, "IsRoot"),
    ("Template",): ("Name", "BasePath"),
    ("Capabilities",): ("KubeVersion", "APIVersions", "HelmVersion"),
    ("Capabilities", "KubeVersion"): _KUBE_VERSION,
}
REMOVED: dict[tuple[str, ...], str] = {
    ("Release", "Time"): "Helm 3",
    ("Capabilities", "TillerVersion"): "Helm 3",
    **{
        ("Capabilities", "KubeVersion", name): "Helm 3"
        for name in ("GitCommit", "GitTreeState", "BuildDate", "GoVersion", "Compiler", "Platform")
    },
}

_OBJECTS = lazy(r"\.(?:Release|Chart|Template|Capabilities)\.\w+")
_DEFAULT_TRUE = lazy(r"\btrue\b")
_AFTER_PARENTHESIS = lazy(r"\)\s+[(\"`'\w.$]")
_SPLIT = lazy(
    r"\{[ \t]+\{-?[ \t]*"
    r"(?:[.$]|(?:include|template|toYaml|tpl|if|else|end|with|range|quote|default|printf|required)\b)"
    r"[^{}\n]*\}[ \t]+\}"
)
_WEIGHT = lazy(r"(?:^|[\s{,-])(?:weight|\"weight\")[ \t]*:[ \t]*[\"']?$")
_GATEWAY_API = lazy(r"^[ \t]*kind:[ \t]*[\"']?(?:HTTP|GRPC|TCP|TLS)Route\b", re.MULTILINE)
_ROUTED = lazy(r"^[ \t]*kind:[ \t]*[\"']?(?:VirtualService|(?:HTTP|GRPC|TCP|TLS)Route)\b", re.MULTILINE)
_PICK = lazy(r"\b(?:default|coalesce)\b")
_PICKS = ("default", "coalesce")
_CONVERTS = ("int", "int64", "float64")  # 0 stays 0


class Suspect(NamedTuple):
    """Something in a template that cannot be meant.

    target   the stretch of the template
    text     what stands there, as Go prints it
    subject  the path it is about, as ("Release", "namespace"), or an expression; () if there is none
    detail   a word more, such as what wins
    origin   where the value concerned is written, None if it is not
    """

    target: SpanTarget
    text: str
    subject: tuple[str, ...] = ()
    detail: str = ""
    origin: KeyOrigin | None = None


def unknown_fields(rendered: Rendered) -> Iterator[Suspect]:
    """Fields that Helm's own objects do not have: `.Release.namespace`, `.Release.Time`."""
    for action in _actions(rendered, _OBJECTS):
        for part in action.pipe.expressions():
            names = action.names(part)
            for at in range(2, len(names) + 1):
                known = KNOWN.get(names[: at - 1])
                if known is not None and names[at - 1] not in known:
                    yield Suspect(_stretch(action.node, part), part.source(), names[:at])
                    break


def defaults_of_true(rendered: Rendered) -> Iterator[Suspect]:
    """`default true .Values.x` and `coalesce .Values.x true`: a false never wins."""
    for action in _actions(rendered, _DEFAULT_TRUE):
        for part, given, stage in _picks(action.pipe):
            if isinstance(given, Boolean) and given.value and stage is not None:
                yield Suspect(_stretch(action.node, part), part.source(), action.names(stage), stage.source())


def swallowed_values(rendered: Rendered) -> Iterator[Suspect]:
    """Values that are 0 or false, and that `default` and `coalesce` take for unset."""
    for action in _actions(rendered, _PICK):
        for part, given, stage in _picks(action.pipe):
            names = action.names(stage)
            if names[:1] != ("Values",) or not isinstance(given, (Boolean, Number, Text)):
                continue
            container, value = _value(rendered, action.template, names[1:])
            if value is not False and not (type(value) in (int, float) and value == 0):
                continue
            instead = given.source()
            if instead not in ('""', "false", "0", "``"):
                origin = origin_of(container, names[-1])
                found = origin if isinstance(origin, KeyOrigin) else None
                yield Suspect(_stretch(action.node, part), part.source(), names, instead, found)


def swallowed_weights(rendered: Rendered) -> Iterator[Suspect]:
    """Weights of routes that can never be 0: written through `default`, or left out by `with` and `if`."""
    for template in _templates(rendered, _ROUTED, "weight"):
        gateway_api = bool(_GATEWAY_API.search(template.source.text))
        yield from _weights(template.body.nodes, gateway_api, None)


def _weights(nodes: list[Node], gateway_api: bool, guard: BranchNode | None) -> Iterator[Suspect]:
    before = ""
    for node in nodes:
        if isinstance(node, TextNode):
            before = node.text_written
            continue
        if isinstance(node, ActionNode) and _WEIGHT.search(before):
            for part, given, stage in _picks(node.pipe):
                if isinstance(given, Number) and given.ideal and stage is not None:
                    yield Suspect(_stretch(node, part), part.source(), (stage.source(),), given.written)
            if gateway_api and guard is not None and _same(guard, node.pipe):
                target = SpanTarget(guard.source, guard.start, guard.end)
                yield Suspect(target, guard.text(), (guard.pipe.source(),), guard.word)
        if isinstance(node, BranchNode):
            for index, branch in enumerate(node.children()):
                yield from _weights(branch.nodes, gateway_api, node if index == 0 else None)
        before = ""


def _same(guard: BranchNode, pipe: Pipe) -> bool:
    """True if the pipeline writes just what the guard asked for."""
    tested = _alone(guard.pipe)
    written = pipe.commands[0].operands[0] if pipe.commands else None
    if guard.word == "range" or tested is None or written is None:
        return False
    return isinstance(written, Dot) if isinstance(guard, WithNode) else written.source() == tested.source()


def _alone(pipe: Pipe) -> Expression | None:
    """The field or variable that is all of a pipeline, None if there is more to it."""
    if len(pipe.commands) != 1 or len(pipe.commands[0].operands) != 1:
        return None
    operand = pipe.commands[0].operands[0]
    return operand if isinstance(operand, (Field, Variable)) else None


def arguments_of_no_function(rendered: Rendered) -> Iterator[Suspect]:
    """`if (eq .a 1) (eq .b 2)`: a parenthesis takes no arguments, a function before it was forgotten."""
    for action in _actions(rendered, _AFTER_PARENTHESIS):
        for part in action.pipe.expressions():
            if isinstance(part, Command) and len(part.operands) > 1 and isinstance(part.operands[0], Pipe):
                yield Suspect(_stretch(action.node, part), part.source())


def split_braces(rendered: Rendered) -> Iterator[Suspect]:
    """`{ { .Values.x } }`: an action that a formatter pulled apart, now plain text."""
    for template in _templates(rendered, _SPLIT, "{ "):
        for node in template.body.walk():
            if not isinstance(node, TextNode):
                continue
            for found in _SPLIT.finditer(node.text_written):
                start = node.start + found.start()
                line = node.source.line_text(node.source.position(start)[0])
                if not line.lstrip().startswith("#"):
                    yield Suspect(SpanTarget(node.source, start, node.start + found.end()), found[0])


def replaced_definitions(rendered: Rendered) -> Iterator[tuple[TemplateNode, TemplateNode]]:
    """(lost, kept) for templates that are defined twice in one chart with different bodies."""
    for lost, kept in rendered.replaced:
        both = [each.source.text[each.body.start : each.body.end].split() for each in (lost, kept)]
        if all(both) and both[0] != both[1] and _chart(lost) == _chart(kept):
            yield lost, kept


# --------------------------------------------------------------------------------------------- the walk


def _templates(rendered: Rendered, clue: re.Pattern[str], word: str = "") -> Iterator[TemplateNode]:
    """The templates that people edit and whose file has the clue in it (and the `word`, found faster)."""
    seen: dict[int, bool] = {}
    outer = rendered.chart.manifest.archive
    for template in rendered.templates.values():
        source = template.source
        hit = seen.get(id(source))
        if hit is None:
            text = source.text
            hit = word in text and source.archive == outer and clue.search(text) is not None
            seen[id(source)] = hit
        if hit:
            yield template


class _Action(NamedTuple):
    """A node with a pipeline; `rebound`: it stands in a `with` or `range`, where `.` is something else."""

    template: TemplateNode
    node: Node
    pipe: Pipe
    rebound: bool

    def names(self, part: Expression | None) -> tuple[str, ...]:
        """The names of a field chain from the top of the context, () for anything else."""
        if isinstance(part, Variable) and part.name == "$":
            return part.names
        return part.names if isinstance(part, Field) and not self.rebound else ()


def _actions(rendered: Rendered, clue: re.Pattern[str]) -> Iterator[_Action]:
    """Every node of those templates that has a pipeline with the clue in it."""
    for template in _templates(rendered, clue):
        stack = [(node, False) for node in reversed(template.body.nodes)]
        while stack:
            node, rebound = stack.pop()
            pipe = getattr(node, "pipe", None)
            if isinstance(pipe, Pipe) and clue.search(node.text()):
                yield _Action(template, node, pipe, rebound)
            for index, branch in enumerate(node.children()):
                inside = rebound or (index == 0 and node.kind in (WITH, RANGE))
                stack += [(below, inside) for below in reversed(branch.nodes)]


def _picks(pipe: Pipe) -> Iterator[tuple[Expression, Expression, Expression | None]]:
    """(expression, what wins over an empty value, the value) of each `default` and `coalesce`."""
    for part in pipe.expressions():
        if not isinstance(part, Pipe):
            continue
        previous: Expression | None = None
        for command in part.commands:
            head = command.operands[0]
            rest = command.operands[1:]
            if isinstance(head, Identifier) and head.name in _PICKS and rest:
                if head.name == "coalesce":
                    yield command, rest[-1], rest[0] if len(rest) > 1 else None
                elif len(rest) > 1:
                    yield command, rest[0], _plain(rest[1])
                elif previous is not None:
                    yield part, rest[0], _plain(previous)
            if not (isinstance(head, Identifier) and head.name in _CONVERTS and not rest):
                previous = command


def _plain(part: Expression) -> Expression:
    """The field at the heart of `(.Values.x)`, `.Values.x | int`, `int .Values.x`; else the part itself."""
    while isinstance(part, (Pipe, Command)):
        inner = part.commands[0] if isinstance(part, Pipe) else part.operands[-1]
        if isinstance(part, Command) and len(part.operands) > 2:
            return part
        part = inner
    return part


def _stretch(node: Node, part: Expression) -> SpanTarget:
    """Where an expression stands: its own text if it can be told, else its action."""
    at = node.text().find(part.source())
    if at < 0:
        return SpanTarget(node.source, node.start, node.end, "line")
    return SpanTarget(node.source, node.start + at, node.start + at + len(part.source()))


def _chart(template: TemplateNode) -> str:
    return template.file.rpartition("/templates/")[0]


def _value(rendered: Rendered, template: TemplateNode, names: tuple[str, ...]) -> tuple[Any, Any]:
    """(mapping, value) below .Values of the template's chart; (None, None) if there is none."""
    container: Any = None
    value: Any = rendered.values
    for name in (*_chart(template).split("/charts/")[1:], *names):
        if not isinstance(value, dict) or name not in value:
            return None, None
        container, value = value, value[name]
    return container, value
