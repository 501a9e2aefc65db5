"""Flowscalar: plain scalars in `[...]` and `{...}`, which go-yaml ends elsewhere than today's libyaml.

A question mark ends one in Go, and what follows it is then a fault. A colon before a comma or a bracket
belongs to it in Go, and libyaml refuses it.
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
_REFUSED_COLON = "found unexpected ':'"
_STAND_IN = "\ue0f3"  # a private character; a text that has it keeps libyaml's fault


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


def colon_refused(text: str, error: MarkedYAMLError) -> bool:
    """True for a colon that Go takes into the scalar."""
    mark = error.problem_mark
    return error.problem == _REFUSED_COLON and mark is not None and text[mark.index] == ":"


def without_colon(text: str, error: MarkedYAMLError) -> str:
    """The text with a stand-in for the refused colon; `with_colons` puts it back."""
    at = error.problem_mark.index  # type: ignore[union-attr]
    return text[:at] + _STAND_IN + text[at + 1 :]


def with_colons(node: Any) -> Any:
    """The composed tree with its colons back."""
    open_nodes = [node]
    while open_nodes:
        each = open_nodes.pop()
        if each.__class__ is ScalarNode:
            each.value = each.value.replace(_STAND_IN, ":")
        elif each.__class__ is SequenceNode:
            open_nodes += each.value
        elif each.__class__ is MappingNode:
            open_nodes += [part for pair in each.value for part in pair]
    return node
