"""Walk: one pass over a composed tree that yields plain Python values and their offsets.

In goes a text, out come (value, NodeIndex): dict, list, str, int, float, bool, None. Keys are strings
as the JSON conversion of sigs.k8s.io/yaml makes them, merge keys are applied, aliases share objects.
The order of faults is Go's: decoding (decode.go), then the keys JSON cannot have, then its numbers.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from meshlint.yamldoc.aliasing import check_aliasing
from meshlint.yamldoc.compose import CONVERT, DEPTH, YamlError, compose, syntax_error
from meshlint.yamldoc.gotext import float_text, quote
from meshlint.yamldoc.index import Duplicate, Entry, NodeIndex, Range
from meshlint.yamldoc.scalar import KEYS, RESOLVED, TAG_PREFIX, TagMismatch, key_text, resolve_tagged

_ALIAS = re.compile(r"\*[^\s,\[\]{}]+")
_ANCHOR = re.compile(r"(?:!\S*\s+)?&([^\s,\[\]{}]+)")
_WANT_MAP = "map merge requires map or sequence of maps as the value"
_MERGE: Any = object()  # the key `<<`
_OPEN = object()  # a collection that is being walked


def walk(text: str) -> tuple[Any, NodeIndex]:
    """The value of the first document (None if there is none) and its index; raises YamlError."""
    root = compose(text)
    walker = _Walker(text)
    value = None if root is None else walker.node(root, 0)
    if walker.aliased:
        check_aliasing(root)
    if walker.deferred:
        raise min(walker.deferred, key=lambda fault: fault[0])[1]
    return value, walker.index


class _Walker:
    """The state of one pass.

    done      id(node) -> collection, _OPEN while it is being built
    deferred  faults of Go's later steps, as (step, error)
    aliased   True once an alias was met
    """

    __slots__ = ("aliased", "deferred", "done", "entries", "index", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = NodeIndex(text)
        self.entries = self.index.entries
        self.done: dict[int, Any] = {}
        self.deferred: list[tuple[int, YamlError]] = []
        self.aliased = False

    def node(self, node: Any, depth: int) -> Any:
        """The value of any node."""
        kind = node.__class__
        if kind is ScalarNode:
            return self.scalar(node)
        return self.mapping(node, depth) if kind is MappingNode else self.sequence(node, depth)

    def scalar(self, node: Any) -> Any:
        if node.tag:
            try:
                value = resolve_tagged(node.tag, node.value)
            except TagMismatch as mismatch:
                raise syntax_error(mismatch.text, node.start_mark.index) from None
        else:
            value = node.value if node.style else RESOLVED[node.value]
        if value.__class__ is float and not isfinite(value):
            self.defer_number(value, node)
        return value

    def defer_number(self, value: float, node: Any) -> None:
        word = "NaN" if value != value else "+Inf" if value > 0 else "-Inf"
        text = f"{CONVERT}json: unsupported value: {word}"
        self.deferred.append((2, YamlError(text, node.start_mark.index)))

    def open(self, node: Any, depth: int) -> Any:
        """What an earlier walk made of a collection (this is an alias to it), None if it is new."""
        start = node.start_mark.index
        if depth > DEPTH:
            raise syntax_error(f"collections are nested deeper than {DEPTH} levels", start)
        known = self.done.get(id(node))
        if known is None:
            self.done[id(node)] = _OPEN
            return None
        if known is _OPEN:
            match = _ANCHOR.match(self.text, start)
            raise syntax_error(f"anchor '{match[1] if match else ''}' value contains itself", start)
        self.aliased = True
        return known

    def sequence(self, node: Any, depth: int) -> list[Any]:
        known: list[Any] | None = self.open(node, depth)
        if known is not None:
            return known
        result: list[Any] = []
        spans: dict[str | int, Entry] = {}
        self.entries[id(result)] = spans
        last = node.start_mark.index
        for number, item in enumerate(node.value):
            result.append(self.node(item, depth + 1))
            start = item.start_mark.index
            end = item.end_mark.index if item.__class__ is ScalarNode or item.flow_style else -1
            if start <= last:
                start, end = self.alias_range(max(last, spans[number - 1][3]) if number else last)
            else:
                last = start
            spans[number] = (start, start, start, end)
        self.done[id(node)] = result
        return result

    def alias_range(self, after: int) -> tuple[int, int]:
        """The first `*name` behind an offset: the composer gives an alias the place of its anchor."""
        self.aliased = True
        match = _ALIAS.search(self.text, max(after, 0))
        return match.span() if match else (after, after)

    def mapping(self, node: Any, depth: int) -> dict[str, Any]:
        known: dict[str, Any] | None = self.open(node, depth)
        if known is not None:
            return known
        result: dict[str, Any] = {}
        spans: dict[str | int, Entry] = {}
        self.entries[id(result)] = spans
        merged: set[str] = set()
        for key_node, value_node in node.value:
            if key_node.__class__ is not ScalarNode or key_node.tag:
                key = self.odd_key(key_node, depth)
            elif key_node.style:
                key = key_node.value
            else:
                key = _MERGE if key_node.value == "<<" else KEYS[key_node.value]
            if key is _MERGE:
                merged |= self.merge(result, spans, value_node, depth)
                continue
            kind = value_node.__class__
            if kind is ScalarNode:
                value: Any = value_node.value
                if not value_node.style or value_node.tag:
                    value = self.scalar(value_node)
                end = value_node.end_mark.index
            else:
                walk_it = self.mapping if kind is MappingNode else self.sequence
                value = walk_it(value_node, depth + 1)
                end = value_node.end_mark.index if value_node.flow_style else -1
            if key is None:
                self.defer_key(key_node, value_node)
                continue
            key_start = key_node.start_mark.index
            key_end = key_node.end_mark.index
            start = value_node.start_mark.index
            if start < key_start:
                start, end = self.alias_range(key_end)
            if key in result:
                self.duplicate(result, spans, key, (key_start, key_end), merged)
            result[key] = value
            spans[key] = (key_start, key_end, start, end)
        self.done[id(node)] = result
        return result

    def duplicate(
        self, result: dict[str, Any], spans: dict[str | int, Entry], key: str, again: Range, merged: set[str]
    ) -> None:
        """A key that is there already: an override if it was merged, else a fault to be reported."""
        if key in merged:
            merged.discard(key)
        else:
            first = spans[key]
            self.index.duplicates.append(Duplicate(result, key, (first[0], first[1]), again))

    def odd_key(self, node: Any, depth: int) -> Any:
        """A key with a tag, or one that is no scalar: Go refuses those."""
        if node.value == "<<" and node.tag in ("!", TAG_PREFIX + "merge"):
            return _MERGE
        value = self.node(node, depth + 1)
        if node.__class__ is not ScalarNode:
            words = f"invalid map key: {go_syntax(plain_value(node))}"
            raise syntax_error(words, node.start_mark.index)
        return key_text(value)

    def defer_key(self, key_node: Any, value_node: Any) -> None:
        """A null key, or an integer above int64."""
        key, value = plain_value(key_node), plain_value(value_node)
        kind = "%!s(<nil>)" if key is None else "uint64"
        words = f"unsupported map key of type: {kind}, key: {go_syntax(key)}, value: {go_syntax(value)}"
        self.deferred.append((1, YamlError(CONVERT + words, key_node.start_mark.index)))

    def merge(self, result: dict[str, Any], spans: dict[str | int, Entry], node: Any, depth: int) -> set[str]:
        """`<<: *a`, `<<: {...}` or a list of these, the earlier ones winning; gives the keys merged."""
        found: set[str] = set()
        kind = node.__class__
        items = [node]
        if kind is SequenceNode and id(node) not in self.done:
            items = node.value[::-1]
        if any(item.__class__ is not MappingNode for item in items):
            raise syntax_error(_WANT_MAP, node.start_mark.index)
        for item in items:
            value = self.mapping(item, depth + 1)
            result.update(value)
            spans.update(self.entries[id(value)])
            found.update(value)
        return found


def plain_value(node: Any) -> Any:
    """The value of a node as go-yaml's own tree has it: keys keep their types; used for messages only."""
    kind = node.__class__
    if kind is ScalarNode:
        if node.tag:
            return resolve_tagged(node.tag, node.value)
        return node.value if node.style else RESOLVED[node.value]
    if kind is SequenceNode:
        return [plain_value(item) for item in node.value]
    pairs = [(plain_value(key), plain_value(value)) for key, value in node.value]
    return _Pairs(sorted(pairs, key=lambda pair: _printing_order(pair[0])))


def _printing_order(key: Any) -> tuple[str, Any]:
    """Package fmt prints maps by key: nil first, then values of one type in their order."""
    if isinstance(key, (str, float, int)):
        return type(key).__name__, key
    return "", 0


class _Pairs(list[tuple[Any, Any]]):
    """A Go map[interface {}]interface {} for printing."""


def go_syntax(value: Any, inner: bool = False) -> str:
    """What fmt's %#v prints for a decoded value; `inner` for one held in a collection."""
    if value is None:
        return "interface {}(nil)" if inner else "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value < 2**63 else hex(value)
    if isinstance(value, float):
        return float_text(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, _Pairs):
        pairs = ", ".join(f"{go_syntax(key, True)}:{go_syntax(item, True)}" for key, item in value)
        return f"map[interface {{}}]interface {{}}{{{pairs}}}"
    return f"[]interface {{}}{{{', '.join(go_syntax(item, True) for item in value)}}}"
