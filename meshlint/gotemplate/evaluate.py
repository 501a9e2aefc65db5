"""The evaluator: walks the statements of templates and writes parts, each with its origin.

In: a TemplateSet, the name of a template, its data; out: the parts of its text. An error is a
TemplateError with Go's text; `on_error` may answer it with a value, and the run goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any, NamedTuple

from meshlint.gotemplate.builtins import BUILTINS
from meshlint.gotemplate.deep import in_deep_stack
from meshlint.gotemplate.errors import Fault, TemplateError, TemplateSyntaxError, WrappedError
from meshlint.gotemplate.expression import Expression
from meshlint.gotemplate.frame import Frame
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, LimitError
from meshlint.gotemplate.nodes import ListNode, TemplateNode
from meshlint.gotemplate.parser import parse
from meshlint.gotemplate.quoting import quote
from meshlint.gotemplate.statement import located, overflow, walk
from meshlint.text.origin import KeyOrigin, Read, Scope
from meshlint.text.rope import Part, Piece, Rope, joined, replace
from meshlint.text.source import Source

NO_VALUE = "<no value>"
_TPL_NAME = "gotpl"  # Helm's name of the root template, which tpl texts inherit
_NESTED_MOST = 1000  # include of one name inside itself (helm engine.recursionMaxNums)
_DEEP = 20  # calls inside calls that go on the stack at hand; deeper ones get a large stack
ErrorHook = Callable[[TemplateError], Any]


class Limits(NamedTuple):
    """What one execution may use up; beyond it a TemplateError says so.

    steps   nodes executed, in all templates of the run · size   characters one template writes or
    computes · depth   calls inside calls · tpl     tpl inside tpl
    """

    steps: int = 4_000_000
    size: int = 64 << 20
    depth: int = 4_000
    tpl: int = 200


_MOST_SKIPPED = 1000
_CALL_STEPS = 8  # what a call costs beside the nodes it executes
_ALL_TEMPLATES = 4  # all templates of a run may write so many times what one may


class Skipped(NamedTuple):
    """A body of a branch or loop that a real value might have let through, and where it stands."""

    body: ListNode
    scope: Scope | None


_MOST_TABLES = 8
_tables: dict[int, tuple[dict[str, Function], int, dict[str, Function]]] = {}


def _with_builtins(functions: dict[str, Function]) -> dict[str, Function]:
    """The functions and Go's own; the same object for the same functions, so closures can be shared."""
    known = _tables.get(id(functions))
    if known is None or known[0] is not functions or known[1] != len(functions):
        if len(_tables) >= _MOST_TABLES:
            _tables.clear()
        known = _tables[id(functions)] = (functions, len(functions), {**BUILTINS, **functions})
    return known[2]


class TemplateSet:
    """Templates that can call each other, and the functions they call.

    replaced   (lost, kept) for each template that another of its name took the place of
    """

    def __init__(self, functions: dict[str, Function], strict: bool = False) -> None:
        self.table = _with_builtins(functions)
        self.strict = strict
        self.templates: dict[str, TemplateNode] = {}
        self.replaced: list[tuple[TemplateNode, TemplateNode]] = []

    def add(self, source: Source, name: str) -> dict[str, TemplateNode]:
        """Parse a file and its defines into the set; TemplateSyntaxError leaves the set as it was."""
        found = parse(source, name, self.table)
        self.put(found)
        return found

    def put(self, found: dict[str, TemplateNode]) -> None:
        """Take in the templates of a file that was parsed for these functions before."""
        self.replaced += associate(self.templates, found)


def associate(
    templates: dict[str, TemplateNode], found: dict[str, TemplateNode]
) -> list[tuple[TemplateNode, TemplateNode]]:
    """Add templates: a later one replaces an earlier one of its name, unless it is empty.

    Gives (lost, kept) for each name that was taken.
    """
    replaced = []
    for name, template in found.items():
        known = templates.get(name)
        if known is None or not template.body.is_empty():
            templates[name] = template
        if known is not None:
            replaced.append((known, templates[name]))
    return replaced


class Evaluator:
    """Executes the templates of a set.

    coverage   None, or a set that gets every ListNode (body or branch) that is executed
    skipped    what was left out because a placeholder stood in a condition
    on_error   None, or called with the TemplateError of an action: its result stands in for what failed,
               a call or a field where the action goes on, else the whole pipeline; it may raise the error
    """

    def __init__(
        self,
        templates: TemplateSet,
        limits: Limits = Limits(),  # noqa: B008 - an immutable record
        on_error: ErrorHook | None = None,
        coverage: set[ListNode] | None = None,
    ) -> None:
        self.templates = templates.templates
        self.table = templates.table
        self.strict = templates.strict
        self.limits = limits
        self.most_steps, self.most_size = limits.steps, limits.size
        self.on_error = on_error
        self.coverage = coverage
        self.frame: Frame | None = None  # of the template being executed
        self.last: Expression | None = None  # evaluated last, where compiling could not tell
        self.call_reads: tuple[Read, ...] = ()  # by the arguments of the engine function being called
        self.flagged = False  # True once a value was met that is not real
        self.skipped: list[Skipped] = []
        self.steps = 0
        self.size = 0
        self.spent = 0  # characters of the templates before
        self.depth = 0
        self.tpl_depth = 0
        self._open: dict[str, int] = {}  # include calls under way by name
        self._texts: dict[tuple[str, int], dict[str, TemplateNode] | Exception] = {}

    def execute(self, name: str, data: Any) -> list[Part]:
        """The parts a template writes; TemplateError if it fails, KeyError if there is none of that name."""
        return self.render(name, data).parts

    def render(self, name: str, data: Any) -> Rope:
        """The text a template writes, its parts made only if they are asked for; errors as execute."""
        self.spent += self.size
        self.size = 0
        return joined(self.call(self.templates[name], data, (), None))

    def call(
        self,
        template: TemplateNode,
        data: Any,
        reads: tuple[Read, ...],
        scope: Scope | None,
        out: list[Piece] | None = None,
    ) -> list[Piece]:
        """Execute one template inside the running one, with a stack that is large enough."""
        frame = Frame(self, template, data, reads, scope, [] if out is None else out)
        before, self.frame = self.frame, frame
        self.depth += 1
        self.steps += _CALL_STEPS
        try:
            if self.depth == _DEEP:
                in_deep_stack(lambda: walk(frame, template.body))
            else:
                walk(frame, template.body)
        except RecursionError as error:
            raise overflow(frame, error) from None
        finally:
            self.frame = before
            self.depth -= 1
        return frame.out

    def stand_in(self, fault: Fault) -> Any:
        """What on_error gives for the part of an action that failed; the fault if nothing stands in.

        What decides about a branch is not made up from parts: that fault is answered as a whole.
        """
        frame = self.site()
        problem = None if self.on_error is None else located(frame, fault)
        if self.on_error is None or problem is None or problem.fatal or frame.node.children():
            raise fault from None
        problem.partial = True
        value = self.on_error(problem)
        frame.flags = "placeholder"
        self.flagged = True
        return value

    def is_exhausted(self) -> bool:
        """True if the run has used up what all its templates may use together."""
        return self.steps > self.most_steps or self.spent + self.size > _ALL_TEMPLATES * self.most_size

    def skip(self, body: ListNode | None, scope: Scope | None) -> None:
        """Remember a body that was not executed because a placeholder decided so."""
        if body is not None and len(self.skipped) < _MOST_SKIPPED:
            self.skipped.append(Skipped(body, scope))

    def grow(self, size: int) -> None:
        """Count characters computed; LimitError if there are too many."""
        self.size += size
        if self.size > self.most_size:
            raise LimitError(f"output of more than {self.most_size} characters")

    # ---------------------------------------------------------------- functions of the engine

    def include(self, name: str, data: Any) -> Rope:
        """What the template of that name writes; GoError or TemplateError as Helm's include."""
        site = self.site()
        count = self._open.get(name, 0)
        if count > _NESTED_MOST:
            cause = LimitError("unable to execute template")
            raise WrappedError(f"rendering template has a nested reference name: {name}: {cause}", cause)
        template = self.templates.get(name)
        if template is None:
            raise GoError(f'template: no template {quote(name)} associated with template "{_TPL_NAME}"')
        if self.depth >= self.limits.depth:
            raise LimitError(f"more than {self.limits.depth} templates call each other")
        self._open[name] = count + 1
        scope = Scope("call", site.node, self.call_reads, site.scope, name)
        try:
            return joined(self.call(template, data, self._data_reads(data), scope))
        finally:
            self._open[name] = count

    def tpl(self, text: str, data: Any) -> str:
        """What a text writes as a template with access to all others; GoError as Helm's tpl."""
        site = self.site()
        if "{{" not in text:
            return _without_no_value(text, site)
        if self.tpl_depth >= self.limits.tpl:
            raise LimitError(f"more than {self.limits.tpl} tpl calls inside each other")
        found = self._parsed(text, site)
        outer = self.templates
        if len(found) > 1:
            self.templates = dict(outer)
            associate(self.templates, found)
        self.tpl_depth += 1
        scope = Scope("call", site.node, self.call_reads, site.scope, "tpl")
        try:
            result = joined(self.call(found[_TPL_NAME], data, self._data_reads(data), scope))
        except TemplateError as error:
            reason = f"error during tpl function execution for {quote(text)}: {error}"
            raise WrappedError(reason, error) from None
        finally:
            self.templates = outer
            self.tpl_depth -= 1
        return _without_no_value(result, site)

    def site(self) -> Frame:
        """The frame of the template that is calling."""
        assert self.frame is not None
        return self.frame

    def _data_reads(self, data: Any) -> tuple[Read, ...]:
        """What was read for the data of a call, as far as its cursor needs it: containers know better."""
        return () if isinstance(data, dict) and getattr(data, "path", None) is not None else self.call_reads

    def _parsed(self, text: str, site: Frame) -> dict[str, TemplateNode]:
        """The templates in a tpl text, parsed once per text and place it was written at."""
        parent = _written_at(text, self.call_reads)
        key = (str(text), id(parent))
        found = self._texts.get(key)
        if found is None:
            path = parent.source.path if parent is not None else site.node.source.path
            source = Source(path, str(text), "tpl", None, parent)
            found = self._texts[key] = _parse_text(source, self.table)
        if isinstance(found, Exception):
            raise WrappedError(f"cannot parse template {quote(text)}: {found}", found)
        return found


def _without_no_value(text: str, site: Frame) -> str:
    """The text as Helm leaves it: what nil printed is taken out, wherever it comes from."""
    return replace(text, NO_VALUE, "", site.site()) if NO_VALUE in text else text


def _parse_text(source: Source, functions: Container[str]) -> dict[str, TemplateNode] | Exception:
    try:
        return parse(source, _TPL_NAME, functions)
    except TemplateSyntaxError as error:
        return error


def _written_at(text: str, reads: tuple[Read, ...]) -> KeyOrigin | None:
    """The place of the value that is the text, if it was written in a values file as it is."""
    for read in reads:
        container = read.container
        if isinstance(container, dict) and container.get(read.key) is text:
            origin = read.origin()
            if isinstance(origin, KeyOrigin):
                return origin
    return None
