"""Explore room, solving: the changes of values under which a condition of a template holds.

In: a Symbol (or a chain of Conditions) and what is wanted of it. Out: Alternatives, the smallest first: one
without changes means that it holds already, none means that no way is known. What comes out is a proposal:
only a rendering shows whether it does what it should.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from meshlint.explore.conditions import MOST_CALLS, Condition, Writing, writings_of
from meshlint.explore.symbol import (
    Assigned,
    Call,
    Items,
    Known,
    Ref,
    Symbol,
    Table,
    Written,
    constant,
)
from meshlint.explore.wish import (
    FALSE,
    NO_CHANGES,
    TRUE,
    Alternatives,
    Changes,
    Want,
    either,
    every,
)
from meshlint.gotemplate.govalue import Placeholder

MOST_WRITINGS = 12
MOST_STEPS = 2000
MET: Alternatives = [NO_CHANGES]
_KINDS: dict[str, Any] = {"map": {}, "slice": [], "string": "", "bool": False, "float64": 0.0, "int": 0}


class Effort:
    """How much may still be looked at before solving gives up."""

    __slots__ = ("left",)

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left


def conditions_met(conditions: Sequence[Condition], effort: Effort | None = None) -> Alternatives:
    """The ways to have all of the conditions."""
    effort = effort or Effort()
    return every([solve(each.what, each.want, effort) for each in conditions])


def solve(what: Symbol, want: Want, effort: Effort) -> Alternatives:
    """The ways to have what is wanted of a symbol."""
    effort.left -= 1
    if effort.left < 0:
        return []
    if isinstance(what, Ref):
        return _ref(what, want)
    if isinstance(what, Call):
        return _call(what, want, effort)
    if isinstance(what, Written):
        return _written(what, want, effort)
    if isinstance(what, Assigned):
        anew = every([conditions_met(what.conditions, effort), solve(what.value, want, effort)])
        return either([solve(what.before, want, effort), anew])
    if isinstance(what, Known):
        return MET if want.met(what.value) else []
    if isinstance(what, (Table, Items)):
        filled = bool(what.entries if isinstance(what, Table) else what.items)
        return MET if want.kind in ("true", "false") and filled == (want.kind == "true") else []
    return []


def _ref(what: Ref, want: Want) -> Alternatives:
    value = what.value
    if want.kind in ("is", "not") and value is not None and isinstance(want.value, type(value)):
        if want.met(value):
            return MET
    elif want.kind in ("true", "false", "not") and want.met(value):
        return MET
    return [Changes({what.path: want})] if what.settable else []


# ------------------------------------------------------------------------------------------- functions


def _call(call: Call, want: Want, effort: Effort) -> Alternatives:
    answers = _LOGIC.get(call.name)
    if answers is not None:
        if want.kind in ("is", "not") and isinstance(want.value, bool):
            want = TRUE if (want.kind == "is") == want.value else FALSE
        return answers(call.args, want, effort) if want.kind in ("true", "false") else []
    chosen = _CHOICE.get(call.name)
    return chosen(call.args, want, effort) if chosen is not None and call.args else []


def _not(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    return solve(args[0], want.negated(), effort) if args else []


def _empty(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    return _not(args, want, effort)


def _and(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    if want.kind == "true":
        return every([solve(each, want, effort) for each in args])
    if want.kind == "false":
        return either([solve(each, want, effort) for each in args])
    return every([*(solve(each, TRUE, effort) for each in args[:-1]), solve(args[-1], want, effort)])


def _or(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    """`or`, `coalesce` and, turned around, `default`: the first argument that is not empty."""
    if want.kind == "false":
        return every([solve(each, want, effort) for each in args])
    ways = []
    for index, each in enumerate(args):
        passed = [] if want.kind == "true" else [solve(before, FALSE, effort) for before in args[:index]]
        ways.append(every([*passed, solve(each, want, effort)]))
    return either(ways)


def _default(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    return _or(args[::-1], want, effort)


def _ternary(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    if len(args) < 3:
        return []
    one, other, test = args[:3]
    return either(
        [
            every([solve(test, TRUE, effort), solve(one, want, effort)]),
            every([solve(test, FALSE, effort), solve(other, want, effort)]),
        ]
    )


def _eq(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    """`eq a b c`: a is b or a is c."""
    first, *others = args if args else (None,)
    if first is None:
        return []
    ways = [_same(first, other, want.kind == "true", effort) for other in others]
    return either(ways) if want.kind == "true" else every(ways)


def _ne(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    return _eq(args, want.negated(), effort)


def _same(one: Symbol, two: Symbol, equal: bool, effort: Effort) -> Alternatives:
    kind = "is" if equal else "not"
    if isinstance(two, Known) or (isinstance(two, Ref) and not isinstance(one, Known)):
        one, two = two, one
    if not isinstance(one, (Known, Ref)):
        return []
    value = one.value
    if value in ("", None) and isinstance(two, Ref):
        return solve(two, FALSE if equal else TRUE, effort)
    if isinstance(two, Known):
        return MET if (two.value == value) == equal else []
    return solve(two, Want(kind, value), effort)  # type: ignore[arg-type]


def _compared(args: tuple[Symbol, ...], want: Want, effort: Effort, step: int) -> Alternatives:
    """`gt a b` with step 1, `ge` with 0, `lt` with -1: a is to be b + step; lengths count."""
    if len(args) < 2:
        return []
    value, limit = constant(args[0]), constant(args[1])
    if not isinstance(limit, (int, float)):
        return []
    size = len(value) if isinstance(value, (dict, list)) else value
    if isinstance(size, (int, float)):
        holds = size > limit if step > 0 else size < limit if step < 0 else size >= limit
        if holds == (want.kind == "true"):
            return MET
    if want.kind != "true":
        return []
    if not isinstance(value, (int, float)) and limit + step in (0, 1):
        return solve(args[0], TRUE if limit + step else FALSE, effort)
    return solve(args[0], Want("is", limit + step), effort)


def _has_key(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    key = constant(args[1]) if len(args) > 1 else None
    if not isinstance(key, str):
        return []
    inside = args[0].child(key)
    container = constant(args[0])
    if isinstance(container, dict) and (key in container) == (want.kind == "true"):
        return MET
    return solve(inside, want, effort)


def _has(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    """`has item list` and `contains part text`, as `gt`: by the constant that is looked for."""
    if len(args) < 2:
        return []
    part, whole = constant(args[0]), args[1]
    value = constant(whole)
    inside = isinstance(value, (str, list)) and part is not None and part in value
    if inside == (want.kind == "true"):
        return MET
    if want.kind != "true" or part is None:
        return []
    return solve(whole, Want("is", [*value, part] if isinstance(value, list) else part), effort)


def _kind_is(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:
    kind = constant(args[0])
    sample = _KINDS.get(str(kind))
    if len(args) < 2 or sample is None:
        return []
    value = constant(args[1])
    same = isinstance(value, type(sample)) and (sample is False or not isinstance(value, bool))
    if same == (want.kind == "true"):
        return MET
    if want.kind != "true":
        return []
    filled: dict[str, Any] = {"map": {"placeholder": Placeholder("placeholder")}, "bool": True}
    filled |= {"slice": [Placeholder("placeholder")], "string": Placeholder("placeholder"), "int": 1}
    return solve(args[1], Want("is", filled.get(str(kind), 1.0)), effort)


def _api(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:  # noqa: ARG001
    """`.Capabilities.APIVersions.Has`."""
    versions, name = constant(args[0]), constant(args[1])
    if not isinstance(versions, list) or not isinstance(name, str):
        return []
    if (name in versions) == (want.kind == "true"):
        return MET
    return [Changes({}, (name,))] if want.kind == "true" else []


def _lookup(args: tuple[Symbol, ...], want: Want, effort: Effort) -> Alternatives:  # noqa: ARG001
    """Without a cluster nothing is found."""
    return MET if want.kind == "false" else []


Answer = Callable[[tuple[Symbol, ...], Want, Effort], Alternatives]
_LOGIC: dict[str, Answer] = {
    "not": _not,
    "empty": _empty,
    "eq": _eq,
    "ne": _ne,
    "gt": lambda args, want, effort: _compared(args, want, effort, 1),
    "ge": lambda args, want, effort: _compared(args, want, effort, 0),
    "lt": lambda args, want, effort: _compared(args, want, effort, -1),
    "hasKey": _has_key,
    "has": _has,
    "contains": _has,
    "hasPrefix": _has,
    "hasSuffix": _has,
    "kindIs": _kind_is,
    "Has": _api,
    "lookup": _lookup,
    "all": _and,
    "any": _or,
}
_CHOICE: dict[str, Answer] = {
    "and": _and,
    "or": _or,
    "coalesce": _or,
    "default": _default,
    "ternary": _ternary,
    "merge": _or,
    "mergeOverwrite": _or,
}


# ------------------------------------------------------------------------------- what templates write


def _written(what: Written, want: Want, effort: Effort) -> Alternatives:
    if what.env.depth > MOST_CALLS:
        return []
    writings = []
    for writing in writings_of(what.template.body, what.env, ()):
        writings.append(writing)
        if len(writings) > MOST_WRITINGS:
            return []
    if want.kind in ("false", "not"):
        wrong = [each for each in writings if want.kind == "false" or each.what == want.value]
        return every([_unwritten(each, effort) for each in wrong])
    return either([_way(each, want, effort) for each in writings])


def _way(writing: Writing, want: Want, effort: Effort) -> Alternatives:
    met = conditions_met(writing.conditions, effort)
    if isinstance(writing.what, Symbol):
        return every([met, solve(writing.what, want, effort)])
    return met if want.kind == "true" or writing.what == str(want.value) else []


def _unwritten(writing: Writing, effort: Effort) -> Alternatives:
    ways = [solve(each.what, each.want.negated(), effort) for each in writing.conditions]
    if isinstance(writing.what, Symbol):
        ways.append(solve(writing.what, FALSE, effort))
    return either(ways)
