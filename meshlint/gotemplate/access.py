"""Fields of values: `.a.b` on maps, structs and methods, with Go's errors; every look is logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from meshlint.gotemplate import duration
from meshlint.gotemplate.errors import Fault, TemplateError
from meshlint.gotemplate.frame import SLOT_NIL, Frame
from meshlint.gotemplate.gotype import type_name
from meshlint.gotemplate.govalue import Duration, GoError, GoObject, Placeholder
from meshlint.gotemplate.parameter import Parameter, as_function, parameters, wrong_count
from meshlint.gotemplate.quoting import quote
from meshlint.text.origin import Read
from meshlint.yamldoc.tracked import TrackedMap

if TYPE_CHECKING:
    from meshlint.gotemplate.expression import Expression


# Classes of maps with interface{} elements, and the names of their methods, which come first.
_maps: dict[type, frozenset[str] | None] = {dict: frozenset(), TrackedMap: frozenset()}


def descend(
    frame: Frame, value: Any, slot: bool, base: tuple[Read, ...], names: tuple[str, ...], node: Expression
) -> Any:
    """The value at the end of a chain of fields, SLOT_NIL for an empty slot; Fault with Go's text.

    slot   the value stands in an interface{} slot
    base   what was read to get the value: kept where the container does not know its origins
    """
    container = None
    name = before = ""
    for name in names:
        kind = type(value)
        methods = _maps.get(kind)
        if methods is None:
            methods = _learn(value) if kind not in _maps else None
        if methods is None or name in methods:
            if value is None or value is SLOT_NIL:
                frame.log.extend(base if container is None else (Read(container, before),))
            container = value
            value, slot = _step(frame, value, slot, name, node)
        else:
            container = value
            value = container.get(name)
            if value is None and frame.run.strict and name not in container:
                raise Fault(node, f"map has no entry for key {quote(name)}")
            slot = True
        before = name
    if container is None:
        return value
    frame.log.append(Read(container, name))
    if base:
        inherit(frame, container, name, base)
    if type(value) is Placeholder:
        frame.flags = value.flags
    return SLOT_NIL if value is None and slot else value


def inherit(frame: Frame, container: Any, key: str | int, base: tuple[Read, ...]) -> None:
    """Log what led to a container that does not know where its element was written."""
    origins = getattr(container, "origins", None)
    if origins is None or (key not in origins and container.path is None):
        frame.log.extend(base)


def _learn(value: Any) -> frozenset[str] | None:
    """Remember a class of values: the names of its methods if it is a map of any, else None."""
    kind = type(value)
    found: frozenset[str] | None = None
    if isinstance(value, dict) and not hasattr(kind, "go_zero"):
        found = frozenset(methods_of(value))
    _maps[kind] = found
    return found


def _step(frame: Frame, value: Any, slot: bool, name: str, node: Expression) -> tuple[Any, bool]:
    """One field of a value that is no plain map; and whether the result stands in an interface{} slot."""
    if value is None or value is SLOT_NIL:
        if slot:
            return frame.run.stand_in(Fault(node, f"nil pointer evaluating interface {{}}.{name}")), True
        if frame.run.strict:
            raise Fault(node, f"nil data; no entry for key {quote(name)}")
        return None, False
    if type(value) is Placeholder and value.flags == "placeholder":
        return value, False
    methods = methods_of(value)
    if name in methods:
        return call_method(frame, name, methods[name], [], node), False
    return plain_field(frame, value, slot, name, node)


def plain_field(frame: Frame, value: Any, slot: bool, name: str, node: Expression) -> tuple[Any, bool]:
    """A struct field or an element of a map with concrete elements; Fault for anything else."""
    if isinstance(value, dict):
        zero = getattr(type(value), "go_zero", None)
        if frame.run.strict and name not in value:
            raise Fault(node, f"map has no entry for key {quote(name)}")
        return value.get(name, zero), zero is None
    if isinstance(value, GoObject):
        fields = value.fields()
        if name in fields:
            return fields[name], False
    raise Fault(node, f"can't evaluate field {name} in type {'interface {}' if slot else type_name(value)}")


def methods_of(value: Any) -> dict[str, Callable[..., Any]]:
    """The exported methods of a value by name; most values have none."""
    if type(value) is Duration:
        return duration.methods(value)
    methods = getattr(value, "methods", None)
    return methods() if methods is not None and not isinstance(value, str) else {}


Argument = Callable[[Frame, Parameter], Any]


def call_method(
    frame: Frame, name: str, method: Any, arguments: list[Argument], node: Expression, piped: bool = False
) -> Any:
    """The result of a method; each argument is evaluated for the parameter it meets. Fault with Go's text.

    piped   the last argument comes from the pipeline: Go counts it apart
    """
    function = as_function(name, method)
    wrong = wrong_count(function, len(arguments) - piped, piped)
    if wrong:
        raise Fault(node, wrong)
    kinds = parameters(function, len(arguments))
    values = [argument(frame, kind) for argument, kind in zip(arguments, kinds, strict=True)]
    try:
        return function.call(*values)
    except (GoError, TemplateError) as error:
        raise Fault(node, f"error calling {name}: {error}", error) from None


def call_field(
    frame: Frame,
    receiver: tuple[Any, bool, tuple[Read, ...]],
    names: tuple[str, ...],
    arguments: list[Argument],
    node: Expression,
    chain: Expression,
    piped: bool,
) -> Any:
    """A chain whose last field is given arguments: only a method takes them. Fault for anything else.

    node, chain   the expression Go names when the field is wrong, and when the method itself fails
    """
    value, slot, base = receiver
    if len(names) > 1:
        value = descend(frame, value, slot, base, names[:-1], node)
        slot = value is SLOT_NIL or isinstance(frame.log[-1].container if frame.log else None, dict)
    name = names[-1]
    methods = {} if value is None or value is SLOT_NIL else methods_of(value)
    if name in methods:
        return call_method(frame, name, methods[name], arguments, chain, piped)
    if value is None or value is SLOT_NIL:
        return _step(frame, value, slot, name, node)[0]
    if isinstance(value, dict):
        raise Fault(node, f"{name} is not a method but has arguments")
    if isinstance(value, GoObject) and name in value.fields():
        raise Fault(node, f"{name} has arguments but cannot be invoked as function")
    return plain_field(frame, value, slot, name, node)[0]
