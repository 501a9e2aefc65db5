"""Work: what the functions of one rendering may use up, beside the nodes the evaluator counts.

A unit is about a microsecond of Python. Outside of a rendering nothing is counted. Beyond a bound a
LimitError says so, which ends the rendering with a finding at the call.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.govalue import LimitError

MOST_UNITS = 4_000_000
MOST_TEXT = 64 << 20  # characters of one text
MOST_ELEMENTS = 1_000_000  # of one list; Helm has no bound and dies of memory
MOST_NODES = 1_000_000  # of one value that is printed, copied or merged, however often parts are shared


class _State:
    """The units left in this rendering, None outside of one."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left: int | None = None


_state = _State()


def begin() -> None:
    """Start a rendering."""
    _state.left = MOST_UNITS


def end() -> None:
    """The rendering is over: nothing is counted any more."""
    _state.left = None


def spend(units: int) -> None:
    """Count work; LimitError if it is too much for one chart."""
    if _state.left is not None:
        _state.left -= units
        if _state.left < 0:
            raise LimitError(f"functions did more than {MOST_UNITS} units of work")


def is_exhausted() -> bool:
    """True if the rendering has no units left."""
    return _state.left is not None and _state.left < 0


def text(size: int) -> None:
    """Before a text of that many characters is made."""
    if size > MOST_TEXT:
        raise LimitError(f"output of more than {MOST_TEXT} characters")


def elements(count: int) -> None:
    """Before a list of that many elements is made."""
    if count > MOST_ELEMENTS:
        raise LimitError(f"list of {count} elements is larger than the limit of {MOST_ELEMENTS}")
    spend(count >> 3)


def nodes(value: Any) -> None:
    """Before a value is walked through from top to bottom: maps and lists that are shared count each time."""
    if isinstance(value, (dict, list)) and value:
        count = _weight(value)
        if count > MOST_NODES:
            raise LimitError(f"value of more than {MOST_NODES} entries")
        spend(count)


def _weight(root: Any) -> int:
    """Entries in a value as it is written out; those that contain themselves are left to the writer."""
    known: dict[int, int] = {}
    stack = [root]
    opened: set[int] = set()
    while stack:
        value = stack[-1]
        items = value.values() if isinstance(value, dict) else value
        below = [each for each in items if isinstance(each, (dict, list)) and each and id(each) not in known]
        if below and id(value) not in opened:
            opened.add(id(value))
            stack += below
            continue
        stack.pop()
        total = sum(known.get(id(each), 1) if isinstance(each, (dict, list)) else 1 for each in items)
        known[id(value)] = min(1 + total, MOST_NODES + 1)
    return known[id(root)]
