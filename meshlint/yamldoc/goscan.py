r"""Goscan: scalars that go-yaml's scanner reads otherwise than today's libyaml.

In `[...]` and `{...}` a question mark ends a plain scalar in Go, and what follows it is then a fault; a
colon before a comma or a bracket belongs to the scalar, where libyaml refuses it. In double quotes Go
knows the escape `\'`. What is refused is read again with stand-ins of the same length in its place.
"""

from __future__ import annotations

import re
from typing import Any

from yaml.error import MarkedYAMLError
from yaml.events import (
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

_QUESTION = re.compile(r"[\[{,][^\n]*\?")
_STARTS = (SequenceStartEvent, MappingStartEvent)
_ENDS = (SequenceEndEvent, MappingEndEvent)
# libyaml's fault, what is written there, private characters in its place; the last character is its value.
_ACCEPTED = (
    ("found unexpected ':'", ":", "\ue0f3"),
    ("found unknown escape character", "\\'", "\ue0f4\ue0f5"),
)
_MOST = 100  # readings again of one text


def may_have_question(text: str) -> bool:
    """True if a question mark may stand in a flow collection."""
    return "?" in text and _QUESTION.search(text) is not None


def question_in_flow(text: str, parser: Any) -> tuple[str, int, int] | None:
    """Go's words, the offset and the line for the first plain scalar in a flow collection with a `?`."""
    open_flows: list[tuple[str, int]] = []
    while parser.check_event():
        event = parser.get_event()
        kind = event.__class__
        if kind in _STARTS and (event.flow_style or open_flows):
            bracket = "]" if kind is SequenceStartEvent else "}"
            open_flows.append((bracket, event.start_mark.line))
        elif kind in _ENDS and open_flows:
            open_flows.pop()
        elif kind is ScalarEvent and open_flows and not event.style and "?" in event.value:
            at = text.index("?", event.start_mark.index, event.end_mark.index)
            bracket, begun = open_flows[-1]
            line = text.count("\n", 0, at) or begun
            return f"did not find expected ',' or '{bracket}'", at, line
        elif kind is DocumentEndEvent:
            return None
    return None


def accepted(text: str, error: MarkedYAMLError) -> str | None:
    """The text with a stand-in for what libyaml refused and Go accepts, None for a fault in Go too."""
    mark = error.problem_mark
    for problem, written, stand_in in _ACCEPTED:
        if error.problem != problem or mark is None or text.count(stand_in) >= _MOST:
            continue
        if text.startswith(written, mark.index):
            return text[: mark.index] + stand_in + text[mark.index + len(written) :]
    return None


def restored(node: Any) -> Any:
    """The composed tree with what the stand-ins stand for."""
    open_nodes = [node]
    while open_nodes:
        each = open_nodes.pop()
        if each.__class__ is ScalarNode:
            for _, written, stand_in in _ACCEPTED:
                each.value = each.value.replace(stand_in, written[-1])
        elif each.__class__ is SequenceNode:
            open_nodes += each.value
        elif each.__class__ is MappingNode:
            open_nodes += [part for pair in each.value for part in pair]
    return node
