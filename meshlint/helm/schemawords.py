"""Helm room, schema errors: the tree of faults and its words, as santhosh-tekuri/jsonschema v6 prints them.

In: facts about a fault. Out: texts such as `got number, want string`. Numbers are written as the library's
message printer does for English: `1,000`, `1.5×10⁰⁷`.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.floatfmt import shortest
from meshlint.gotemplate.quoting import quote as go_quote
from meshlint.helm.schemadocument import Literal, escape

TYPES = ("null", "boolean", "number", "integer", "string", "array", "object")
_SUPERSCRIPTS = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


class Fault:
    """One node of the tree of errors.

    text      what is wrong
    location  keys and indexes to the value
    causes    the faults inside it
    kind      "group" and "reference" disappear where they have nothing to add
    """

    __slots__ = ("causes", "kind", "location", "text")

    def __init__(
        self, text: str, location: tuple[str, ...], causes: list[Fault] | None = None, kind: str = ""
    ) -> None:
        self.text = text
        self.location = location
        self.causes = causes or []
        self.kind = kind

    def lines(self, depth: int = 0) -> list[str]:
        """`- at '/a': ...`, causes indented by two spaces."""
        skipped = self.kind == "reference" and len(self.causes) == 1
        found = [] if skipped else [f"{'  ' * depth}- at {quote(pointer(self.location))}: {self.text}"]
        for cause in self.causes:
            found += cause.lines(depth if skipped else depth + 1)
        return found

    def leaves(self) -> list[Fault]:
        """The innermost faults."""
        return [leaf for cause in self.causes for leaf in cause.leaves()] if self.causes else [self]


def group(faults: list[Fault], location: tuple[str, ...]) -> Fault | None:
    """One fault for several, None for none."""
    if len(faults) < 2:
        return faults[0] if faults else None
    return Fault("validation failed", location, faults, "group")


def pointer(location: tuple[str, ...]) -> str:
    """The location as a JSON pointer."""
    return "".join(f"/{escape(token)}" for token in location)


def quote(text: str) -> str:
    """The text in single quotes, escaped as Go does but for quotes."""
    inner = go_quote(text)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{inner}'"


def quoted(names: list[str]) -> str:
    """Several names in quotes."""
    return ", ".join(quote(name) for name in names)


def display(value: Any) -> str:
    """A plain value of the schema."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, (dict, list)):
        return "value"
    if value is None:
        return "<nil>"
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def number(value: float) -> str:
    """A number with grouped digits, or in scientific notation where Go's %v uses it."""
    text = shortest(float(value))
    mantissa, mark, exponent = text.partition("e")
    if mark:
        return f"{mantissa}×10{exponent.removeprefix('+').translate(_SUPERSCRIPTS)}"
    whole, point, fraction = mantissa.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return sign + f"{int(whole.lstrip('-')):,}" + point + fraction


def type_fault(got: str, wanted: list[str]) -> str:
    """`got number, want null or string`."""
    names = [name for name in TYPES if name in wanted]
    return f"got {got}, want {' or '.join(names)}"


def enum_fault(wanted: list[Any]) -> str:
    """`value must be one of 'a', 1`."""
    if any(isinstance(value, (dict, list)) for value in wanted):
        return "enum failed"
    if len(wanted) == 1:
        return f"value must be {display(wanted[0])}"
    return f"value must be one of {', '.join(display(value) for value in wanted)}"


def missing_fault(missing: list[str]) -> str:
    """`missing property 'a'`."""
    return f"missing propert{'y' if len(missing) == 1 else 'ies'} {quoted(missing)}"


def contains_fault(keyword: str, wanted: int, matched: list[int]) -> str:
    """Too few or too many items that match `contains`."""
    start = f"{keyword} {wanted} items required to match contains schema, but "
    if not matched:
        return start + "none matched"
    places = " ".join(str(place) for place in matched)
    return f"{start}matched {len(matched)} items at {places}"
