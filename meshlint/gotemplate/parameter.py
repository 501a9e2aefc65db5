"""Parameters of functions: which values and literals a Go parameter type takes, and what Go says if not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.errors import Fault
from meshlint.gotemplate.expression import Boolean, Expression, Nil, Number, Text
from meshlint.gotemplate.frame import SLOT_NIL
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import type_name
from meshlint.gotemplate.govalue import Duration, Int64, NilList, NilMap, NilStringList, StringList, TypedList

_EXACT: dict[str, type] = {"string": str, "bool": bool, "int": int, "float64": float, "int64": Int64}


class Parameter:
    """One parameter type.

    go_type   Go's name of it, for error texts
    exact     a class whose values always fit, None if there is none
    accepts   says whether a value that is not nil may be passed as it is
    nil       makes the value passed for nil; None if the type has no nil
    open      interface{} or reflect.Value: takes anything
    raw       reflect.Value: sees whether a nil stood in a slot
    """

    __slots__ = ("accepts", "exact", "go_type", "name", "nil", "open", "raw")

    def __init__(
        self, name: str, go_type: str, accepts: Callable[[Any], bool], nil: Callable[[], Any] | None = None
    ) -> None:
        self.name = name
        self.go_type = go_type
        self.accepts = accepts
        self.exact = _EXACT.get(name)
        self.nil = nil
        self.open = name in ("any", "value")
        self.raw = name == "value"

    def convert(self, value: Any, node: Expression | None) -> Any:
        """The value as the function gets it; Fault at `node` if its type does not fit."""
        if value is None:
            if self.nil is not None:
                return self.nil()
            raise Fault(node, f"invalid value; expected {self.go_type}")
        if value is SLOT_NIL:
            if self.open:
                return SLOT_NIL if self.raw else None
            raise Fault(node, f"wrong type for value; expected {self.go_type}; got interface {{}}")
        if self.accepts(value):
            return value
        raise Fault(node, f"wrong type for value; expected {self.go_type}; got {type_name(value)}")

    def literal(self, node: Expression) -> Any:
        """The value of a constant for this type; Fault if its syntax does not fit."""
        if isinstance(node, Nil):
            if self.nil is None:
                raise Fault(node, f"cannot assign nil to {self.go_type}")
            return self.nil()
        if self.open:
            return ideal(node)
        expected, value = _LITERALS.get(self.name, ("", _none))
        if not expected:
            raise Fault(node, f"can't handle {node} for arg of type {self.go_type}")
        found = value(node)
        if found is None:
            raise Fault(node, f"expected {expected}; found {node}")
        return found


def ideal(node: Expression) -> Any:
    """The value of a constant where no type is asked for; Fault if it overflows int."""
    if isinstance(node, Number):
        if node.ideal is None:
            raise Fault(node, f"{node} overflows int")
        return node.ideal
    assert isinstance(node, (Boolean, Text))
    return node.value


def _none(node: Expression) -> Any:  # noqa: ARG001 - one signature for all
    return None


def _string(node: Expression) -> str | None:
    return node.value if isinstance(node, Text) else None


def _bool(node: Expression) -> bool | None:
    return node.value if isinstance(node, Boolean) else None


def _int(node: Expression) -> int | None:
    return node.as_int if isinstance(node, Number) else None


def _int64(node: Expression) -> int | None:
    return Int64(node.as_int) if isinstance(node, Number) and node.as_int is not None else None


def _duration(node: Expression) -> int | None:
    return Duration(node.as_int) if isinstance(node, Number) and node.as_int is not None else None


def _uint(node: Expression) -> int | None:
    return node.as_uint if isinstance(node, Number) else None


def _float(node: Expression) -> float | None:
    return node.as_float if isinstance(node, Number) else None


_LITERALS: dict[str, tuple[str, Callable[[Expression], Any]]] = {
    "string": ("string", _string),
    "bool": ("bool", _bool),
    "int": ("integer", _int),
    "int64": ("integer", _int64),
    "time.Duration": ("integer", _duration),
    "uint32": ("unsigned integer", _uint),
    "float64": ("float", _float),
}


def _exactly(kind: type) -> Callable[[Any], bool]:
    return lambda value: type(value) is kind


def _nothing() -> None:
    return None


_parameters: dict[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        Parameter("any", "interface {}", lambda value: True, _nothing),  # noqa: ARG005
        Parameter("value", "reflect.Value", lambda value: True, _nothing),  # noqa: ARG005
        Parameter("string", "string", lambda value: isinstance(value, str)),
        Parameter("bool", "bool", _exactly(bool)),
        Parameter("int", "int", _exactly(int)),
        Parameter("int64", "int64", _exactly(Int64)),
        Parameter("float64", "float64", _exactly(float)),
        Parameter(
            "map",
            "map[string]interface {}",
            lambda value: isinstance(value, dict) and not hasattr(type(value), "go_zero"),
            NilMap,
        ),
        Parameter(
            "[]any",
            "[]interface {}",
            lambda value: isinstance(value, list) and not isinstance(value, TypedList),
            NilList,
        ),
        Parameter("[]string", "[]string", lambda value: isinstance(value, StringList), NilStringList),
        Parameter("time", "time.Time", lambda value: type_name(value) == "time.Time"),
        Parameter("certificate", "sprig.certificate", lambda value: type_name(value) == "sprig.certificate"),
    )
}


def parameter_of(name: str) -> Parameter:
    """The parameter type of that name; one that is not listed takes exactly the values of its Go type."""
    found = _parameters.get(name)
    if found is None:
        found = _parameters[name] = Parameter(name, name, lambda value: type_name(value) == name)
    return found


_KINDS_OF_HINTS = {
    "str": "string",
    "int": "int",
    "bool": "bool",
    "float": "float64",
    "dict[str, Any]": "map",
    "list[Any]": "[]any",
}
_methods: dict[Any, Function] = {}


def as_function(name: str, method: Any) -> Function:
    """A method as a function record: its own, or one made from the signature of a plain callable."""
    if isinstance(method, Function):
        return method
    plain = getattr(method, "__func__", method)
    known = _methods.get(plain)
    if known is None or known.name != name:
        code = plain.__code__
        skip = 1 if plain is not method else 0
        hints = plain.__annotations__
        names = code.co_varnames[skip : code.co_argcount + (1 if code.co_flags & 4 else 0)]
        params = [_KINDS_OF_HINTS.get(str(hints.get(param, "Any")), "any") for param in names]
        if code.co_flags & 4:
            params[-1] = f"...{params[-1]}"
        known = _methods[plain] = Function(name, tuple(params), plain)
    return Function(name, known.params, method)


def wrong_count(function: Function, given: int, piped: bool) -> str:
    """Go's text if the number of arguments does not fit, else ""."""
    wanted = len(function.params)
    total = given + piped
    if function.variadic:
        if total < wanted - 1:
            return f"wrong number of args for {function.name}: want at least {wanted - 1} got {given}"
    elif total != wanted:
        return f"wrong number of args for {function.name}: want {wanted} got {total}"
    return ""


def parameters(function: Function, count: int) -> list[Parameter]:
    """The parameter of each of `count` arguments, variadics repeated."""
    if not function.variadic:
        return [parameter_of(name) for name in function.params]
    fixed = [parameter_of(name) for name in function.params[:-1]]
    rest = parameter_of(function.params[-1][3:])
    return [*fixed, *[rest] * (count - len(fixed))][:count]
