"""Helm room, schema validation: a value against a schema Node.

In: values and a Node. Out: None or the tree of Faults, in a fixed order (Go's is random for maps). The steps
and short cuts are those of santhosh-tekuri/jsonschema v6: type, const, enum and format end a subschema at the
first fault, all else is collected.
"""

from __future__ import annotations

from typing import Any

from meshlint.helm.schemadocument import Library, Node
from meshlint.helm.schemaformat import format_fault
from meshlint.helm.schemakeywords import Keywords
from meshlint.helm.schemascope import Left, Location, Scope, equal, type_of
from meshlint.helm.schemawords import Fault, display, enum_fault, group, quote, type_fault


def validate(library: Library, node: Node, value: Any, formats: bool = False) -> Fault | None:
    """The fault of a value as a whole, None if it is valid. `formats`: assert formats in every draft."""
    return Check(library, formats).apply(node, value, (), None, "", 0, False)[0]


class Check:
    """One validation."""

    __slots__ = ("formats", "library", "resolved")

    def __init__(self, library: Library, formats: bool) -> None:
        self.library = library
        self.formats = formats
        self.resolved: dict[tuple[int, str], Node] = {}

    def apply(
        self,
        node: Node,
        value: Any,
        at: Location,
        outer: Scope | None,
        keyword: str,
        depth: int,
        wanted: bool,
    ) -> tuple[Fault | None, Left]:
        """Apply a subschema; the second result says what it left unevaluated."""
        scope = Scope(node, keyword, depth, outer)
        left = Left(value, node, wanted)
        raw = node.raw
        if not isinstance(raw, dict):
            return (Fault("false schema", at) if raw is False else None), left
        if not raw:
            return None, left
        cycle = scope.cycle()
        if cycle is not None:
            both = f"both {scope.keywords()} and {cycle.keywords()} resolve to"
            text = f'{both} "{node.location()}" causing reference cycle'
            return Fault(text, at), left
        old_reference = node.draft < 2019 and isinstance(raw.get("$ref"), str)
        # beside an old $ref everything is ignored, but for const: the library compiles it all the same
        early = self.constant(node, value, at) if old_reference else self.early(node, value, at)
        if early is not None:
            return early, left
        run = Keywords(self, scope, value, at, left)
        if isinstance(raw.get("$ref"), str):
            run.reference("$ref", self.resolve(node, raw["$ref"]))
            if old_reference:
                return (run.faults[0] if run.faults else None), left
        run.keywords()
        return group(run.faults, at), left

    def resolve(self, node: Node, reference: str) -> Node:
        """The subschema a reference leads to, looked up once."""
        key = (id(node.resource), reference)
        if key not in self.resolved:
            self.resolved[key] = self.library.resolve(node, reference)
        return self.resolved[key]

    def early(self, node: Node, value: Any, at: Location) -> Fault | None:
        """type, const, enum, format: the first fault ends the subschema."""
        raw = node.raw
        types = raw.get("type")
        if types is not None:
            wanted = [types] if isinstance(types, str) else [name for name in types if isinstance(name, str)]
            got = type_of(value)
            whole = got == "number" and "integer" in wanted and float(value).is_integer()
            if got not in wanted and not whole and wanted:
                return Fault(type_fault(got, wanted), at)
        constant = self.constant(node, value, at)
        if constant is not None:
            return constant
        choices = raw.get("enum")
        if isinstance(choices, list) and not any(equal(value, choice) for choice in choices):
            return Fault(enum_fault(choices), at)
        if "format" in raw and (self.formats or node.draft < 2019) and isinstance(value, str):
            reason = format_fault(raw["format"], value)
            if reason:
                return Fault(f"{quote(value)} is not valid {raw['format']}: {reason}", at)
        return None

    def constant(self, node: Node, value: Any, at: Location) -> Fault | None:
        """const, known since draft 6."""
        if node.draft < 6 or "const" not in node.raw or equal(value, node.raw["const"]):
            return None
        wanted = node.raw["const"]
        plain = not isinstance(wanted, (dict, list))
        return Fault(f"value must be {display(wanted)}" if plain else "const failed", at)
