"""Function: a template function's signature and behaviour as a record; tables of them are data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

Kind = Literal["plain", "chooser", "container", "span", "special"]
Looks = Callable[..., "list[tuple[Any, str | int]]"]


class Function:
    """One entry of a function map.

    name      the name templates call
    params    Go parameter types, the last with a leading "..." for variadics:
              "any", "string", "int", "int64", "uint32", "float64", "bool", "map", "[]any",
              "[]string", "time", "certificate"
    call      takes the converted arguments (variadics spread) and returns the value; raises
              GoError with Go's error text (without "error calling NAME: ")
    kind      "plain"      a pure function of its arguments; origins fall back to the call site
              "chooser"    returns one of its arguments (default, coalesce, ternary, and, or): the
                           evaluator marks the reads of the others as only consulted
              "container"  builds or changes a container (dict, list, set, merge, append ...): `call`
                           takes `arg_origins`, a list of Derived or None per argument, first, and
                           stores them per key
              "span"       keeps the parts of its string arguments: `call` takes the call site
                           (an Origin for text the function adds) first and returns a Rope if it can
              "special"    implemented by the engine (include, tpl, template): takes the running
                           Evaluator first
    flags     "" or "random", "time", "lookup": the result is a stand-in and marks what it touches
    looks     None, or for functions that take a value out of a container (get, dig, first, pluck):
              a callable of the template's own arguments that gives the (container, key) pairs
              looked at; the evaluator logs a Read for each, finer than the reads of the arguments
    """

    __slots__ = ("call", "flags", "kind", "looks", "name", "params")

    def __init__(
        self,
        name: str,
        params: tuple[str, ...],
        call: Callable[..., Any],
        kind: Kind = "plain",
        flags: str = "",
        looks: Looks | None = None,
    ) -> None:
        self.name = name
        self.params = params
        self.call = call
        self.kind: Kind = kind
        self.flags = flags
        self.looks = looks

    @property
    def variadic(self) -> bool:
        """True if the last parameter takes any number of arguments."""
        return bool(self.params) and self.params[-1].startswith("...")
