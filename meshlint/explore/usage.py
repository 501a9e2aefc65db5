"""Explore room, usage: which shape the templates of a chart expect a value to have.

In: all templates. Out: for a path below `.Values` what is done with it: gone over, looked into, written.
It answers what to put where values.yaml has nothing, `{}`, `[]` or `""`.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.explore.objects import lists
from meshlint.gotemplate.expression import Dot, Field, Identifier, Pipe
from meshlint.gotemplate.nodes import ActionNode, BranchNode, ListNode, RangeNode, TemplateNode, WithNode
from meshlint.text.origin import Path

Names = tuple[str, ...]
_BLOCKS = frozenset(("toYaml", "toYamlPretty", "mustToYaml", "toJson", "mustToJson"))
_MAPS = frozenset(("Values", "Release", "Chart", "Capabilities", "Template", "Files"))


class Usage:
    """What the templates do with their values.

    uses   names below `.Values` -> "range", "map", "block" (written by toYaml) or "text"
    """

    __slots__ = ("uses",)

    def __init__(self, templates: Iterable[TemplateNode]) -> None:
        self.uses: dict[Names, set[str]] = {}
        for template in templates:
            for body in lists(template):
                self._list(body)

    def of(self, path: Path) -> set[str]:
        """What is done with the value at a path, by the chart itself or by the subchart it belongs to."""
        names = tuple(str(part) for part in path[1:])
        return set().union(*(self.uses.get(names[start:], ()) for start in range(min(len(names), 3))))

    def _list(self, body: ListNode) -> None:
        for node in body.nodes:
            pipe = getattr(node, "pipe", None)
            if pipe is None:
                continue
            subject = below_values(pipe)
            if subject is not None and isinstance(node, RangeNode):
                self._add(subject, "range")
            elif subject is not None and isinstance(node, WithNode):
                for use in _uses_of_dot(node.body):
                    self._add(subject, use)
            for names in _chains(pipe):
                for end in range(1, len(names)):
                    self._add(names[:end], "map")
                if isinstance(node, ActionNode) and not node.pipe.names:
                    self._add(names, "block" if _writes_blocks(pipe) else "text")

    def _add(self, names: Names, use: str) -> None:
        self.uses.setdefault(names, set()).add(use)


def below_values(pipe: Pipe) -> Names | None:
    """The names below `.Values` if the pipeline is such a chain and nothing else."""
    found = _chains(pipe)
    simple = len(pipe.commands) == 1 and len(pipe.commands[0].operands) == 1
    return found[0] if simple and len(found) == 1 else None


def _chains(pipe: Pipe) -> list[Names]:
    return [chain[2:] for chain in pipe.chains() if chain[1:2] == ("Values",) and len(chain) > 2]


def _writes_blocks(pipe: Pipe) -> bool:
    return any(isinstance(part, Identifier) and part.name in _BLOCKS for part in pipe.expressions())


def _uses_of_dot(body: ListNode) -> Iterable[str]:
    """What is done with the cursor in the body of a `with`."""
    for node in body.nodes:
        pipe = getattr(node, "pipe", None)
        if pipe is None:
            continue
        for part in pipe.expressions():
            if isinstance(part, Field) and part.names[0] not in _MAPS:
                yield "map"
            elif isinstance(part, Dot):
                plain = "block" if _writes_blocks(pipe) else "text"
                yield "range" if isinstance(node, RangeNode) else plain
        if isinstance(node, BranchNode) and not isinstance(node, (RangeNode, WithNode)):
            for below in node.children():
                yield from _uses_of_dot(below)
