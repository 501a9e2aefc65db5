"""Helm room, schema keywords: what each keyword says about a value, in the order of Helm's library.

In: a subschema being applied (Scope), the value, what is left unevaluated. Out: Faults. See schemacheck
for how subschemas are entered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from meshlint.helm.schemadocument import Node
from meshlint.helm.schemaformat import matches
from meshlint.helm.schemascope import Left, Location, Scope, equal
from meshlint.helm.schemawords import Fault, contains_fault, missing_fault, number, quote, quoted

if TYPE_CHECKING:
    from meshlint.helm.schemacheck import Check


_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}  # booleans in draft 4


class Keywords:
    """One subschema applied to one value: its keywords, and the faults so far."""

    __slots__ = ("at", "check", "faults", "left", "node", "raw", "scope", "value")

    def __init__(self, check: Check, scope: Scope, value: Any, at: Location, left: Left) -> None:
        self.check = check
        self.scope = scope
        self.node = scope.node
        self.raw: dict[str, Any] = scope.node.raw
        self.value = value
        self.at = at
        self.left = left
        self.faults: list[Fault] = []

    # -- applying other subschemas

    def add(self, fault: Fault | None) -> None:
        """Keep a fault."""
        if fault is not None:
            self.faults.append(fault)

    def say(self, text: str) -> None:
        """A fault of the value itself."""
        self.faults.append(Fault(text, self.at))

    def same(self, node: Node, keyword: str = "") -> Fault | None:
        """Another subschema for the same value."""
        fault, left = self.check.apply(
            node, self.value, self.at, self.scope, keyword, self.scope.value, bool(self.left)
        )
        if fault is None:
            self.left.merge(left)
        return fault

    def inner(self, node: Node, value: Any, token: str | int) -> Fault | None:
        """A subschema for a value inside this one."""
        at = (*self.at, str(token))
        return self.check.apply(node, value, at, self.scope, "", self.scope.value + 1, False)[0]

    def reference(self, keyword: str, target: Node) -> None:
        """$ref and its relatives."""
        fault = self.same(target, keyword)
        if fault is not None:
            causes = fault.causes if fault.kind == "group" else [fault]
            self.add(Fault("validation failed", self.at, causes, "reference"))

    def all_of(self, keyword: str) -> list[tuple[int, Node]]:
        """The subschemas of a list keyword."""
        value = self.raw.get(keyword)
        return (
            [(n, self.node.child(keyword, n)) for n in range(len(value))] if isinstance(value, list) else []
        )

    def map_of(self, keyword: str) -> list[tuple[str, Node]]:
        """The subschemas of a mapping keyword by name."""
        value = self.raw.get(keyword)
        return (
            [(name, self.node.child(keyword, name)) for name in sorted(value)]
            if isinstance(value, dict)
            else []
        )

    # -- the keywords in order

    def keywords(self) -> None:
        """Everything after the early ones."""
        value = self.value
        if isinstance(value, dict):
            self.object(value)
        elif isinstance(value, list):
            self.array(value)
        elif isinstance(value, str):
            self.string(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            self.number(value)
        if self.node.draft >= 2019:
            self.dynamic_references()
        self.conditions()
        if self.node.draft >= 2019:
            self.unevaluated()

    def integer(self, keyword: str) -> int | None:
        """The value of a keyword that counts."""
        value = self.raw.get(keyword)
        if isinstance(value, bool) or not isinstance(value, float) or not value.is_integer():
            return None
        return int(value)

    def bounds(self, least: str, most: str, size: int) -> None:
        """MinX and maxX."""
        for keyword in (least, most):
            limit = self.integer(keyword)
            if limit is not None and (size < limit if keyword == least else size > limit):
                self.say(f"{keyword}: got {size:,}, want {limit:,}")

    def object(self, value: dict[str, Any]) -> None:
        """Keywords for objects."""
        self.bounds("minProperties", "maxProperties", len(value))
        missing = [name for name in _names(self.raw.get("required")) if name not in value]
        if missing:
            self.say(missing_fault(missing))
        dependencies = self.raw.get("dependencies")
        dependencies = dependencies if isinstance(dependencies, dict) else {}
        for name in sorted(dependencies.keys() & value.keys()):
            if isinstance(dependencies[name], list):
                self.depend(name, dependencies[name], value)
            else:
                self.add(self.same(self.node.child("dependencies", name)))
        self.properties(value)
        if self.node.draft >= 6 and "propertyNames" in self.raw:
            self.property_names(value)
        if self.node.draft >= 2019:
            for name, node in self.map_of("dependentSchemas"):
                if name in value:
                    self.add(self.same(node))
            required = self.raw.get("dependentRequired")
            required = required if isinstance(required, dict) else {}
            for name in sorted(required.keys() & value.keys()):
                self.depend(name, required[name], value)

    def depend(self, name: str, wanted: Any, value: dict[str, Any]) -> None:
        """`name` wants others beside it."""
        missing = [other for other in _names(wanted) if other not in value]
        if missing:
            self.say(f"properties {quoted(missing)} required, if {quote(name)} exists")

    def properties(self, value: dict[str, Any]) -> None:
        """properties, patternProperties, additionalProperties."""
        properties = self.raw.get("properties")
        patterns = self.map_of("patternProperties")
        additional = self.raw.get("additionalProperties")
        refused = []
        for name in sorted(value):
            evaluated = False
            if isinstance(properties, dict) and name in properties:
                evaluated = True
                self.add(self.inner(self.node.child("properties", name), value[name], name))
            for pattern, node in patterns:
                if matches(pattern, name):
                    evaluated = True
                    self.add(self.inner(node, value[name], name))
            if not evaluated and "additionalProperties" in self.raw:
                evaluated = True
                if additional is False:
                    refused.append(name)
                elif additional is not True:
                    self.add(self.inner(self.node.child("additionalProperties"), value[name], name))
            if evaluated:
                self.left.names.discard(name)
        if refused:
            self.say(f"additional properties {quoted(refused)} not allowed")

    def property_names(self, value: dict[str, Any]) -> None:
        """PropertyNames."""
        node = self.node.child("propertyNames")
        for name in sorted(value):
            fault = self.check.apply(node, name, (), None, "", 0, False)[0]
            if fault is not None:
                causes = fault.causes if fault.kind == "group" else [fault]
                self.add(Fault(f"invalid propertyName {quote(name)}", self.at, causes))

    def array(self, value: list[Any]) -> None:
        """Keywords for arrays."""
        self.bounds("minItems", "maxItems", len(value))
        if self.raw.get("uniqueItems") is True:
            pair = _duplicates(value)
            if pair is not None:
                self.say(f"items at {pair[0]} and {pair[1]} are equal")
        if self.node.draft >= 2020:
            self.prefixed_items(value)
        else:
            self.old_items(value)
        if self.node.draft >= 6 and "contains" in self.raw:
            self.contains(value)

    def prefixed_items(self, value: list[Any]) -> None:
        """PrefixItems and items of draft 2020-12."""
        prefix = self.all_of("prefixItems")
        for (_, node), (index, item) in zip(prefix, enumerate(value)):  # noqa: B905 - the shorter one counts
            self.add(self.inner(node, item, index))
        if "items" in self.raw:
            for index in range(len(prefix), len(value)):
                self.add(self.inner(self.node.child("items"), value[index], index))

    def old_items(self, value: list[Any]) -> None:
        """Items and additionalItems of the drafts before."""
        items = self.raw.get("items")
        if isinstance(items, list):
            for (index, node), item in zip(self.all_of("items"), value):  # noqa: B905 - the shorter one counts
                self.add(self.inner(node, item, index))
            rest = range(min(len(items), len(value)), len(value))
            additional = self.raw.get("additionalItems", True)
            if additional is False and rest:
                self.say(f"last {len(rest)} additionalItem(s) not allowed")
            elif isinstance(additional, dict):
                for index in rest:
                    self.add(self.inner(self.node.child("additionalItems"), value[index], index))
        elif "items" in self.raw:
            for index, item in enumerate(value):
                self.add(self.inner(self.node.child("items"), item, index))

    def contains(self, value: list[Any]) -> None:
        """contains, minContains and maxContains."""
        node = self.node.child("contains")
        faults: list[Fault] = []
        matched: list[int] = []
        for index, item in enumerate(value):
            fault = self.inner(node, item, index)
            if fault is not None:
                faults.append(fault)
                continue
            matched.append(index)
            if self.node.draft >= 2020:
                self.left.items.discard(index)
        least = self.integer("minContains") if self.node.draft >= 2019 else None
        most = self.integer("maxContains") if self.node.draft >= 2019 else None
        if least is not None and len(matched) < least:
            self.add(Fault(contains_fault("min", least, matched), self.at, faults))
        elif least is None and not matched:
            self.add(Fault("no items match contains schema", self.at, faults))
        if most is not None and len(matched) > most:
            self.say(contains_fault("max", most, matched))

    def string(self, value: str) -> None:
        """Keywords for strings."""
        self.bounds("minLength", "maxLength", len(value))
        pattern = self.raw.get("pattern")
        if isinstance(pattern, str) and not matches(pattern, value):
            self.say(f"{quote(value)} does not match pattern {quote(pattern)}")

    def number(self, value: float) -> None:
        """Keywords for numbers; draft 4 has booleans for the exclusive ones."""
        for keyword, holds in self.limits(float(value)):
            limit = self.raw.get(keyword)
            if isinstance(limit, float) and not holds(limit):
                strict = self.raw.get(_EXCLUSIVE.get(keyword, "")) is True
                keyword = _EXCLUSIVE[keyword] if strict else keyword
                self.say(f"{keyword}: got {number(value)}, want {number(limit)}")
        step = self.raw.get("multipleOf")
        if isinstance(step, float) and step and not _is_multiple(value, step):
            self.say(f"multipleOf: got {number(value)}, want {number(step)}")

    def limits(self, value: float) -> list[tuple[str, Callable[[float], bool]]]:
        """The keywords that bound a number, and what must hold."""
        exclusive = [self.raw.get(name) is True for name in ("exclusiveMinimum", "exclusiveMaximum")]
        return [
            ("minimum", value.__gt__ if exclusive[0] else value.__ge__),
            ("maximum", value.__lt__ if exclusive[1] else value.__le__),
            ("exclusiveMinimum", value.__gt__),
            ("exclusiveMaximum", value.__lt__),
        ]

    def dynamic_references(self) -> None:
        """$recursiveRef of 2019-09 and $dynamicRef of 2020-12."""
        recursive = self.raw.get("$recursiveRef")
        if isinstance(recursive, str):
            target = self.check.resolve(self.node, recursive)
            if isinstance(target.raw, dict) and target.raw.get("$recursiveAnchor") is True:
                for scope in self.scopes():
                    outer = scope.node.resource_node()
                    if isinstance(outer.raw, dict) and outer.raw.get("$recursiveAnchor") is True:
                        target = scope.node
            self.reference("$recursiveRef", target)
        dynamic = self.raw.get("$dynamicRef")
        if isinstance(dynamic, str) and self.node.draft >= 2020:
            target = self.check.resolve(self.node, dynamic)
            name = dynamic.partition("#")[2]
            if name and isinstance(target.raw, dict) and target.raw.get("$dynamicAnchor") == name:
                for scope in self.scopes():
                    resource = scope.node.resource
                    if name in resource.dynamic:
                        target = scope.node.document.node(resource.anchors[name])
            self.reference("$dynamicRef", target)

    def scopes(self) -> Iterable[Scope]:
        """The scopes from the innermost to the outermost."""
        scope: Scope | None = self.scope
        while scope is not None:
            yield scope
            scope = scope.parent

    def conditions(self) -> None:
        """not, allOf, anyOf, oneOf, if."""
        if "not" in self.raw and self.same(self.node.child("not")) is None:
            self.say("not failed")
        faults = [fault for _, node in self.all_of("allOf") if (fault := self.same(node)) is not None]
        if faults:
            self.add(Fault("allOf failed", self.at, faults))
        self.any_of()
        self.one_of()
        if self.node.draft >= 7 and "if" in self.raw:
            branch = "then" if self.same(self.node.child("if")) is None else "else"
            if branch in self.raw:
                self.add(self.same(self.node.child(branch)))

    def any_of(self) -> None:
        """anyOf: all branches count where somebody asks what is unevaluated."""
        faults: list[Fault] = []
        branches = self.all_of("anyOf")
        matched = not branches
        for _, node in branches:
            fault = self.same(node)
            if fault is not None:
                faults.append(fault)
                continue
            matched = True
            if not self.left:
                break
        if not matched:
            self.add(Fault("anyOf failed", self.at, faults))

    def one_of(self) -> None:
        """OneOf."""
        faults: list[Fault] = []
        branches = self.all_of("oneOf")
        matched: list[int] = []
        for index, node in branches:
            fault = self.same(node)
            if fault is None:
                matched.append(index)
                if len(matched) == 2:
                    self.say(f"oneOf failed, subschemas {matched[0]}, {matched[1]} matched")
                    break
            elif not matched:
                faults.append(fault)
        if branches and not matched:
            self.add(Fault("oneOf failed, none matched", self.at, faults))

    def unevaluated(self) -> None:
        """UnevaluatedProperties and unevaluatedItems."""
        if isinstance(self.value, dict) and "unevaluatedProperties" in self.raw:
            for name in sorted(self.left.names):
                if name in self.value:
                    node = self.node.child("unevaluatedProperties")
                    self.add(self.inner(node, self.value[name], name))
            self.left.names = set()
        if isinstance(self.value, list) and "unevaluatedItems" in self.raw:
            for index in sorted(self.left.items):
                self.add(self.inner(self.node.child("unevaluatedItems"), self.value[index], index))
            self.left.items = set()


def _duplicates(items: list[Any]) -> tuple[int, int] | None:
    for index in range(1, len(items)):
        for before in range(index):
            if equal(items[index], items[before]):
                return before, index
    return None


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _is_multiple(value: float, step: float) -> bool:
    from fractions import Fraction

    return (Fraction(repr(float(value))) / Fraction(repr(float(step)))).denominator == 1
