"""Explore room, symbols: an expression of a template as what it stands for, without running it.

In: an expression and the Env it stands in (the cursor and the variables, themselves symbols). Out: a Symbol.
A Ref is a place in the objects Helm supplies, present or not: `.Values.istio.enabled` keeps its path through
variables, `with`, `range`, `dict "root" $`, `index` and calls of helpers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.expression import (
    Boolean,
    Chain,
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
from meshlint.gotemplate.nodes import TemplateNode
from meshlint.text.origin import Path


class Symbol:
    """What an expression stands for; a plain Symbol stands for anything."""

    __slots__ = ()

    def child(self, name: str | int) -> Symbol:  # noqa: ARG002 - what is unknown has unknown fields
        """The symbol of a field (or an item) of it."""
        return UNKNOWN


UNKNOWN = Symbol()


class Ref(Symbol):
    """A place in the objects of Helm: its path and its present value, None if there is none."""

    __slots__ = ("path", "value")

    def __init__(self, path: Path, value: Any) -> None:
        self.path = path
        self.value = value

    def child(self, name: str | int) -> Symbol:
        container = self.value
        value = None
        if isinstance(container, dict):
            value = container.get(str(name))
            if value is None and name == "AsMap":
                return self  # a method of .Values: the same as a plain map
        elif isinstance(container, list):
            value = container[name] if isinstance(name, int) and name < len(container) else None
        elif hasattr(container, "fields"):
            value = container.fields().get(name)
        hangs = getattr(value, "path", None) if isinstance(value, (dict, list)) else None
        above = getattr(container, "path", None) if isinstance(container, (dict, list)) else None
        return Ref(hangs or (*(self.path if above is None else above), name), value)

    @property
    def settable(self) -> bool:
        """True for a place in the values."""
        return len(self.path) > 1 and self.path[0] == "Values"


class Known(Symbol):
    """A constant."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Table(Symbol):
    """A `dict` made in a template."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[str, Symbol]) -> None:
        self.entries = entries

    def child(self, name: str | int) -> Symbol:
        return self.entries.get(str(name), Known(None))


class Items(Symbol):
    """A `list` made in a template."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Symbol, ...]) -> None:
        self.items = items

    def child(self, name: str | int) -> Symbol:
        return self.items[name] if isinstance(name, int) and name < len(self.items) else UNKNOWN


class Call(Symbol):
    """A function of other symbols."""

    __slots__ = ("args", "name")

    def __init__(self, name: str, args: tuple[Symbol, ...]) -> None:
        self.name = name
        self.args = args

    def child(self, name: str | int) -> Symbol:
        if self.name not in CHOOSING:
            return UNKNOWN
        found = [each.child(name) for each in self.args]
        set_ones = [each for each in found if isinstance(each, Ref) and each.value is not None]
        return next(iter([*set_ones, *(each for each in found if isinstance(each, Ref))]), UNKNOWN)


class Written(Symbol):
    """What a named template writes."""

    __slots__ = ("env", "template")

    def __init__(self, template: TemplateNode, env: Env) -> None:
        self.template = template
        self.env = env


class Assigned(Symbol):
    """A variable that is set anew (`=`) under conditions."""

    __slots__ = ("before", "conditions", "value")

    def __init__(self, before: Symbol, conditions: tuple[Any, ...], value: Symbol) -> None:
        self.before = before
        self.conditions = conditions
        self.value = value

    def child(self, name: str | int) -> Symbol:
        found = self.value.child(name)
        return found if found is not UNKNOWN else self.before.child(name)


class Env:
    """Where an expression stands: `.`, the variables with `$` among them, and the named templates.

    depth   calls inside calls
    """

    __slots__ = ("depth", "dot", "names", "templates")

    def __init__(self, templates: dict[str, TemplateNode], dot: Symbol, depth: int = 0) -> None:
        self.templates = templates
        self.dot = dot
        self.names: dict[str, Symbol] = {"$": dot}
        self.depth = depth

    def inner(self, dot: Symbol | None = None) -> Env:
        """The Env of a block in this one, with its own cursor if one is given."""
        env = Env(self.templates, self.dot if dot is None else dot, self.depth)
        env.names = dict(self.names)
        return env

    def called(self, dot: Symbol) -> Env:
        """The Env of a template called from here."""
        return Env(self.templates, dot, self.depth + 1)


# Functions that give one of their arguments, or a merger of them.
CHOOSING = frozenset(
    (
        *("default", "coalesce", "or", "and", "merge", "mergeOverwrite", "mustMerge", "mustMergeOverwrite"),
        "ternary",
    )
)
# Functions whose result is empty when their last argument is, and mostly prints as it.
PASSING = frozenset(
    (
        *("lower", "upper", "trim", "toString", "quote", "squote", "tpl", "required", "toYaml", "fromYaml"),
        *("int", "int64", "float64", "deepCopy", "mustDeepCopy", "nindent", "indent", "trunc", "trimSuffix"),
        *("trimPrefix", "toStrings", "uniq", "compact", "sortAlpha", "keys", "values", "len", "b64enc"),
        *("toJson", "fromJson", "pick", "omit", "print", "toRawJson", "title", "replace", "mustToYaml"),
    )
)
_FIRST = frozenset(("pick", "omit", "tpl"))  # of these it is the first argument


def symbol(expression: Expression, env: Env) -> Symbol:
    """What the expression stands for."""
    made = _SYMBOLS.get(type(expression))
    return UNKNOWN if made is None else made(expression, env)


def _walked(start: Symbol, names: tuple[str, ...]) -> Symbol:
    for name in names:
        start = start.child(name)
    return start


def _pipe(pipe: Pipe, env: Env) -> Symbol:
    found: Symbol | None = None
    for command in pipe.commands:
        found = _command(command, env, found)
    return UNKNOWN if found is None else found


def _command(command: Command, env: Env, piped: Symbol | None) -> Symbol:
    first, *rest = command.operands
    if isinstance(first, Identifier):
        args = [symbol(each, env) for each in rest]
        return _called(first.name, (*args, piped) if piped is not None else tuple(args), env)
    if isinstance(first, Field) and first.names[-1] == "Has" and rest:
        return Call("Has", (_walked(env.dot, first.names[:-1]), symbol(rest[0], env)))
    if isinstance(first, Variable) and first.names[-1:] == ("Has",) and rest:
        receiver = env.names.get(first.name, UNKNOWN)
        return Call("Has", (_walked(receiver, first.names[:-1]), symbol(rest[0], env)))
    return symbol(first, env)


def _called(name: str, args: tuple[Symbol, ...], env: Env) -> Symbol:
    made = _CALLS.get(name)
    if made is not None and args:
        return made(args, env)
    if name in PASSING and args:
        return args[0] if name in _FIRST else args[-1]
    return Call(name, args)


def _include(args: tuple[Symbol, ...], env: Env) -> Symbol:
    name = constant(args[0])
    template = env.templates.get(name) if isinstance(name, str) else None
    if template is None or len(args) < 2:
        return UNKNOWN
    return Written(template, env.called(args[1]))


def _dict(args: tuple[Symbol, ...], env: Env) -> Symbol:  # noqa: ARG001 - one signature for all
    pairs = zip(args[::2], args[1::2], strict=False)
    return Table({str(constant(key)): value for key, value in pairs})


def _set(args: tuple[Symbol, ...], env: Env) -> Symbol:  # noqa: ARG001
    if len(args) > 2 and isinstance(args[0], Table):
        args[0].entries[str(constant(args[1]))] = args[2]
    return args[0]


def _index(args: tuple[Symbol, ...], env: Env) -> Symbol:  # noqa: ARG001
    found = args[0]
    for each in args[1:]:
        key = constant(each)
        found = found.child(key) if isinstance(key, (str, int)) else UNKNOWN
    return found


def _dig(args: tuple[Symbol, ...], env: Env) -> Symbol:
    *names, otherwise, table = args if len(args) > 1 else (UNKNOWN, *args)
    return Call("default", (otherwise, _index((table, *names), env)))


def _list(args: tuple[Symbol, ...], env: Env) -> Symbol:  # noqa: ARG001
    return Items(args)


def constant(of: Symbol) -> Any:
    """The value of a symbol that is a constant or a present value, None if it is neither."""
    return of.value if isinstance(of, (Known, Ref)) else None


_CALLS: dict[str, Callable[[tuple[Symbol, ...], Env], Symbol]] = {
    "include": _include,
    "dict": _dict,
    "set": _set,
    "index": _index,
    "get": _index,
    "dig": _dig,
    "list": _list,
    "tuple": _list,
}


def _literal(expression: Boolean | Text | Number, env: Env) -> Symbol:  # noqa: ARG001
    return Known(expression.ideal if isinstance(expression, Number) else expression.value)


def _dot(expression: Dot, env: Env) -> Symbol:  # noqa: ARG001
    return env.dot


def _field(expression: Field, env: Env) -> Symbol:
    return _walked(env.dot, expression.names)


def _variable(expression: Variable, env: Env) -> Symbol:
    return _walked(env.names.get(expression.name, UNKNOWN), expression.names)


def _chain(expression: Chain, env: Env) -> Symbol:
    return _walked(symbol(expression.receiver, env), expression.names)


_SYMBOLS: dict[type[Expression], Callable[[Any, Env], Symbol]] = {
    Dot: _dot,
    Field: _field,
    Variable: _variable,
    Chain: _chain,
    Boolean: _literal,
    Text: _literal,
    Number: _literal,
    Pipe: _pipe,
}
