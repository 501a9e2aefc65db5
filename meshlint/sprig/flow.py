"""Sprig's choices: default, coalesce, ternary, empty, all, any, fail.

In: any Go values; out: one of them, or a verdict. "Empty" is Go's false: nil, false, 0, "", [], {}.
"""

from __future__ import annotations

from typing import Any, NoReturn

from meshlint.gotemplate.comparison import truth
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError


def default(otherwise: Any, *given: Any) -> Any:
    """The first given value unless it is empty or missing."""
    return given[0] if given and truth(given[0]) else otherwise


def empty(value: Any) -> bool:
    """True for the zero value of a type and for empty containers."""
    return not truth(value)


def coalesce(*values: Any) -> Any:
    """The first value that is not empty, nil if all are."""
    for value in values:
        if truth(value):
            return value
    return None


def all_filled(*values: Any) -> bool:
    """True if no value is empty."""
    return all(map(truth, values))


def any_filled(*values: Any) -> bool:
    """True if some value is not empty."""
    return any(map(truth, values))


def ternary(then: Any, otherwise: Any, condition: bool) -> Any:
    """One of two values."""
    return then if condition else otherwise


def fail(message: str) -> NoReturn:
    """Stop rendering with the message; Helm puts its own version in place of this one."""
    raise GoError(str(message))


def hello() -> str:
    """Sprig's greeting."""
    return "Hello!"


FUNCTIONS: tuple[Function, ...] = (
    Function("default", ("any", "...any"), default, "chooser"),
    Function("coalesce", ("...any",), coalesce, "chooser"),
    Function("ternary", ("any", "any", "bool"), ternary, "chooser"),
    Function("empty", ("any",), empty),
    Function("all", ("...any",), all_filled),
    Function("any", ("...any",), any_filled),
    Function("fail", ("string",), fail),
    Function("hello", (), hello),
)
