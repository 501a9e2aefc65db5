"""A matcher that takes time in proportion to the text: all threads of the pattern walk it together.

In: a tree; out: a Program whose `run` finds the match a backtracking matcher would find first (the
leftmost one, the preferred one of those). Made like Go's own compiler, so the groups agree as well.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from meshlint.re2.charclass import merged
from meshlint.re2.fault import LimitError
from meshlint.re2.node import (
    LINE_END,
    LINE_START,
    NO_WORD_EDGE,
    TEXT_END,
    TEXT_START,
    WORD_EDGE,
    Assertion,
    Chars,
    Choice,
    Concat,
    Group,
    Node,
    Repeat,
)
from meshlint.re2.scripts import Ranges
from meshlint.re2.translate import to_python

MAX_PROGRAM = 20_000  # instructions
MAX_STEPS = 5_000_000  # instructions executed in one run: about two seconds

CHAR, SPLIT, SAVE, ASSERT, MATCH = range(5)
Instruction = tuple[Any, ...]  # (CHAR, members, next) (SPLIT, first, second) (SAVE, slot, next) ...


class _Members(dict[str, bool]):
    """Whether a character is in a set; remembers what it was asked."""

    __slots__ = ("ends", "starts")

    def __init__(self, ranges: Ranges) -> None:
        super().__init__()
        self.starts = [low for low, _ in ranges]
        self.ends = [high for _, high in ranges]

    def __missing__(self, char: str) -> bool:
        code = ord(char)
        at = bisect_right(self.starts, code) - 1
        found = self[char] = at >= 0 and code <= self.ends[at]
        return found


class Program:
    """A compiled pattern: instructions, the entry, and the number of capture slots."""

    __slots__ = ("_first", "_members", "code", "entry", "pattern", "slots")

    def __init__(self, node: Node, groups: int, pattern: str) -> None:
        self.pattern = pattern
        self.code: list[Instruction] = []
        self._members: dict[Ranges, _Members] = {}
        self.slots = 2 * groups + 2
        self.entry = self._emit(Group(0, node), self._add((MATCH,)))
        self._first = self._first_character(node)

    # ------------------------------------------------------------------ compiling

    def _add(self, instruction: Instruction) -> int:
        if len(self.code) >= MAX_PROGRAM:
            raise LimitError(self.pattern)
        self.code.append(instruction)
        return len(self.code) - 1

    def _emit(self, node: Node, following: int) -> int:
        """Append the instructions of a node that goes on to `following`; gives its entry."""
        if isinstance(node, Chars):
            members = self._members.get(node.ranges) or _Members(node.ranges)
            self._members[node.ranges] = members
            return self._add((CHAR, members, following))
        if isinstance(node, Assertion):
            return self._add((ASSERT, node.kind, following))
        if isinstance(node, Group):
            end = self._add((SAVE, 2 * node.number + 1, following))
            return self._add((SAVE, 2 * node.number, self._emit(node.body, end)))
        if isinstance(node, Concat):
            for item in reversed(node.items):
                following = self._emit(item, following)
            return following
        if isinstance(node, Choice):
            entry = self._emit(node.branches[-1], following)
            for branch in reversed(node.branches[:-1]):
                entry = self._add((SPLIT, self._emit(branch, following), entry))
            return entry
        assert isinstance(node, Repeat)
        return self._emit_repeat(node, following)

    def _emit_repeat(self, node: Repeat, following: int) -> int:
        """N copies, then either a loop or optional copies one inside the other, as Go simplifies them."""
        copies = node.low
        entry = following
        if node.high is None:
            copies = max(node.low - 1, 0)
            entry = self._loop(node, following)
        else:
            for _ in range(node.high - node.low):
                entry = self._split(self._emit(node.body, entry), following, node.greedy)
        for _ in range(copies):
            entry = self._emit(node.body, entry)
        return entry

    def _loop(self, node: Repeat, following: int) -> int:
        again = self._add((SPLIT, following, following))
        body = self._emit(node.body, again)
        self.code[again] = self._arms(body, following, node.greedy)
        if node.low > 0:
            return body
        # A body that can match nothing must be tried once before the loop is left: (x+)? for x*.
        return self._split(body, following, node.greedy) if node.body.nullable else again

    def _split(self, body: int, following: int, greedy: bool) -> int:
        return self._add(self._arms(body, following, greedy))

    def _arms(self, body: int, following: int, greedy: bool) -> Instruction:
        return (SPLIT, body, following) if greedy else (SPLIT, following, body)

    def _first_character(self, node: Node) -> re.Pattern[str] | None:
        """What a match must begin with; None if it can be empty or depends on its surroundings."""
        ranges: list[tuple[int, int]] = []
        seen: set[int] = set()
        stack = [self.entry]
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            kind, *rest = self.code[at]
            if kind == CHAR:
                ranges += zip(rest[0].starts, rest[0].ends, strict=True)
            elif kind in (SAVE, ASSERT):
                stack.append(rest[1])
            elif kind == SPLIT:
                stack += rest
            else:
                return None
        return re.compile(to_python(Chars(merged(ranges)))) if not node.nullable else None

    # ------------------------------------------------------------------ running

    def run(self, text: str, start: int = 0) -> list[int] | None:
        """The capture slots of the first match from `start` on (-1 for groups without part), None if none."""
        return _Run(self, text).find(start)


class _Run:
    """One search: the threads at a place of the text, in order of preference."""

    def __init__(self, program: Program, text: str) -> None:
        self.program = program
        self.code = program.code
        self.text = text
        self.marks = [-1] * len(program.code)
        self.steps = 0

    def find(self, at: int) -> list[int] | None:
        text, code, end = self.text, self.code, len(self.text)
        first = self.program._first
        empty = (-1,) * self.program.slots
        found: list[int] | None = None
        threads: list[tuple[int, tuple[int, ...]]] = []
        while True:
            if found is None:
                if not threads and first is not None:
                    match = first.search(text, at)
                    if match is None:
                        return None
                    at = match.start()
                self.add(threads, self.program.entry, empty, at)
            if not threads:
                if at >= end or found is not None:
                    return found
                at += 1
                continue
            char = text[at] if at < end else ""
            following: list[tuple[int, tuple[int, ...]]] = []
            self.steps += len(threads)
            if self.steps > MAX_STEPS:
                raise LimitError(self.program.pattern)
            for pc, slots in threads:
                instruction = code[pc]
                if instruction[0] == MATCH:
                    found = list(slots)
                    break
                if char and instruction[1][char]:
                    self.add(following, instruction[2], slots, at + 1)
            threads = following
            at += 1
            if at > end:
                return found

    def add(
        self, threads: list[tuple[int, tuple[int, ...]]], pc: int, slots: tuple[int, ...], at: int
    ) -> None:
        """Follow everything that reads no character from `pc`; each instruction counts once per place."""
        code, marks = self.code, self.marks
        stack = [(pc, slots)]
        while stack:
            pc, slots = stack.pop()
            if marks[pc] == at:
                continue
            marks[pc] = at
            instruction = code[pc]
            kind = instruction[0]
            self.steps += 1
            if kind == SPLIT:
                stack.append((instruction[2], slots))
                stack.append((instruction[1], slots))
            elif kind == SAVE:
                slot = instruction[1]
                self.steps += len(slots) >> 4  # a copy of many slots takes its time
                stack.append((instruction[2], (*slots[:slot], at, *slots[slot + 1 :])))
            elif kind == ASSERT:
                if holds(instruction[1], self.text, at):
                    stack.append((instruction[2], slots))
            else:
                threads.append((pc, slots))


def _is_word(char: str) -> bool:
    return char == "_" or (char.isascii() and char.isalnum())


def holds(kind: str, text: str, at: int) -> bool:
    """Whether an assertion is true at a place of the text."""
    if kind == TEXT_START:
        return at == 0
    if kind == TEXT_END:
        return at == len(text)
    if kind == LINE_START:
        return at == 0 or text[at - 1] == "\n"
    if kind == LINE_END:
        return at == len(text) or text[at] == "\n"
    edge = _is_word(text[at - 1 : at]) != _is_word(text[at : at + 1])
    assert kind in (WORD_EDGE, NO_WORD_EDGE)
    return edge == (kind == WORD_EDGE)
