"""Aliasing: go-yaml's guard against documents that explode through their aliases.

The walk shares aliased collections and stays linear; Go decodes each alias again and refuses a
document once nearly all of its work comes from aliases. This module counts as Go would.
"""

from __future__ import annotations

from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from meshlint.yamldoc.compose import syntax_error

# decode.go: up to the first figure 99 % of the decoded nodes may come from aliases, from the second 10 %.
_LOW = 400_000
_HIGH = 4_000_000


def check_aliasing(root: Any) -> None:
    """Raise YamlError "document contains excessive aliasing" where Go does; `root` has no cycles."""
    _Counter().count(root)


def _allowed(decoded: int) -> float:
    if decoded <= _LOW:
        return 0.99
    if decoded >= _HIGH:
        return 0.10
    return 0.99 - 0.89 * ((decoded - _LOW) / (_HIGH - _LOW))


class _Counter:
    """Sizes of walked nodes, and the two counters of Go's decoder."""

    __slots__ = ("aliased", "decoded", "sizes")

    def __init__(self) -> None:
        self.sizes: dict[int, int] = {}
        self.decoded = 0
        self.aliased = 0

    def count(self, node: Any) -> int:
        """Count a node in document order; gives the number of decode steps it costs each time."""
        known = self.sizes.get(id(node))
        if known is not None:  # met before: this is an alias, one step for itself and all of its target's
            self.step(1 + known, known, node)
            return 1 + known
        self.step(1, 0, node)
        size = 1
        if node.__class__ is SequenceNode:
            size += sum([self.count(item) for item in node.value])
        elif node.__class__ is MappingNode:
            size += sum([self.pair(key, value) for key, value in node.value])
        self.sizes[id(node)] = size
        return size

    def pair(self, key: Any, value: Any) -> int:
        """A key and its value; a merge key is no step, nor is the list of mappings behind it."""
        if not (key.__class__ is ScalarNode and key.value == "<<" and not key.style):
            return self.count(key) + self.count(value)
        if value.__class__ is SequenceNode and id(value) not in self.sizes:
            return sum([self.count(item) for item in reversed(value.value)])
        return self.count(value)

    def step(self, decoded: int, aliased: int, node: Any) -> None:
        self.decoded += decoded
        self.aliased += aliased
        if (
            self.aliased > 100
            and self.decoded > 1000
            and self.aliased / self.decoded > _allowed(self.decoded)
        ):
            raise syntax_error("document contains excessive aliasing", node.start_mark.index)
