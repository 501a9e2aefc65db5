"""Stage: unreal, where the objects of one world hold text that nobody will ever see in a cluster.

In: documents whose characters know their origins, and the bodies of branches a placeholder decided to
leave out. Out: the paths whose key or value is a placeholder or a stand-in, those where something may be
missing, and the texts themselves. From characters to paths, nothing is known here of rules.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from meshlint.gotemplate.evaluate import Skipped
from meshlint.kube.document import Document
from meshlint.text.origin import Path, Scope
from meshlint.text.rope import Part
from meshlint.text.source import Source

STAND_IN = "placeholder"
_SHORTEST_TEXT, _LONGEST_TEXT, _MOST_TEXTS = 4, 200, 2000

_WRITES_OBJECT = re.compile(r"^[ \t]*kind:", re.MULTILINE)
_CALLS = re.compile(r"\{\{-?\s*(?:include|template|tpl)\b")

Ranges = list[tuple[int, int]]


class Unreal(NamedTuple):
    """What is not real in one document.

    paths   of the entries whose key or value holds unreal text, or may be missing
    whole   those of `paths` that are plain values of nothing but unreal text
    texts   the pieces of unreal text, such as `placeholder-host`
    """

    paths: list[Path]
    whole: set[Path]
    texts: set[str]


def placeholders_in(parts: Iterable[Part]) -> bool:
    """True if text stands in for a value nobody set."""
    return any(_unreal(part) == STAND_IN for part in parts)


def unreal_in(document: Document) -> Unreal:
    """What is not real in a document."""
    ranges: Ranges = []
    texts: set[str] = set()
    for part, start, end in _parts(document):
        if not _unreal(part):
            continue
        ranges.append((max(start, 0), end))
        text = part.text.strip()
        if part.origin.flags and _SHORTEST_TEXT <= len(text) <= _LONGEST_TEXT and not text.isdecimal():
            texts.add(text)
    found = Unreal([], set(), set(sorted(texts)[:_MOST_TEXTS]))
    if ranges:
        _Search(document, ranges, found).container(document.value, ())
    return found


def _unreal(part: Part) -> str:
    """Why a part is not real: it stands in for something, or a placeholder let it through."""
    if part.origin.flags:
        return part.origin.flags
    scope = part.origin.scope
    return STAND_IN if scope is not None and is_doubtful(scope) else ""


def is_doubtful(scope: Scope) -> bool:
    """True if a placeholder decided that something is executed."""
    return any(link.flags == STAND_IN for link in scope.links())


def _parts(document: Document) -> Iterator[tuple[Part, int, int]]:
    """The parts of a document with their offsets in it."""
    end = -document.start
    for part in document.placement.parts or ():
        start, end = end, end + len(part.text)
        if end > 0:
            yield part, start, end


class _Search:
    """Finds the entries that unreal characters belong to."""

    def __init__(self, document: Document, ranges: Ranges, found: Unreal) -> None:
        self.nodes = document.nodes
        self.ranges = ranges
        self.ends = [end for _, end in ranges]
        self.found = found

    def hit(self, start: int, end: int) -> bool:
        """True if unreal text stands in [start, end)."""
        index = bisect_left(self.ends, start + 1)
        return index < len(self.ranges) and self.ranges[index][0] < end

    def fills(self, start: int, end: int) -> bool:
        """True if [start, end) is unreal from its first to its last letter, but for quotes around it."""
        text = self.nodes.text
        at = start
        for low, high in self.ranges[bisect_left(self.ends, start + 1) :]:
            if low >= end:
                break
            if text[at:low].strip(" \"'"):
                return False
            at = max(at, high)
        return at > start and not text[at:end].strip(" \"'\n")

    def container(self, value: Any, path: Path) -> None:
        """Look through one mapping or list and what is below it."""
        for key in value if isinstance(value, dict) else range(len(value)):
            entry = self.nodes.entry(value, key)
            if entry is None:
                continue
            below = value[key]
            end = self.nodes.value_end(value, key, entry)
            if not self.hit(min(entry[0], entry[2]) if entry[0] >= 0 else entry[2], end):
                continue
            nested = isinstance(below, (dict, list)) and bool(below)
            if not nested or (isinstance(value, dict) and self.hit(entry[0], entry[1])):
                self.found.paths.append((*path, key))
                if not nested and self.fills(entry[2], end):
                    self.found.whole.add((*path, key))
            if nested:
                self.container(below, (*path, key))


# ------------------------------------------------------------------------------- what may be missing


class _Written(NamedTuple):
    """A part of a document and the template characters it was written by."""

    start: int
    end: int
    document: Document
    document_start: int
    document_end: int


def writes_object(skipped: Skipped) -> bool:
    """True if a body that was left out would have written an object of its own."""
    return _WRITES_OBJECT.search(skipped.body.text()) is not None


class Gaps:
    """Where in the documents of a world the text of bodies that were left out would stand."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.written: dict[Source, list[_Written]] = {}
        for document in documents:
            for part, start, end in _parts(document):
                span = part.origin.span
                if span is None:
                    continue
                low, high = span.start, span.end
                if span.verbatim:
                    low += part.shift
                    high = low + len(part.text)
                self.written.setdefault(span.source, []).append(_Written(low, high, document, start, end))

    def of(self, skipped: Skipped) -> list[tuple[Document, Path]] | None:
        """The mappings or lists in which something may be missing; None if it may be anything."""
        body = skipped.body
        calls = [link.span for link in skipped.scope.links() if link.kind == "call"] if skipped.scope else []
        for place in (body, *calls):
            before, after = self._neighbours(place.source, place.start, place.end)
            if before:
                return [(each.document, _around(each.document, each.document_end, True)) for each in before]
            if after:
                return [(each.document, _around(each.document, each.document_start, False)) for each in after]
        return None if _CALLS.search(body.text()) else []

    def _neighbours(self, source: Source, start: int, end: int) -> tuple[list[_Written], list[_Written]]:
        """What the same template wrote just before and just after."""
        written = self.written.get(source, [])
        last = max((each.end for each in written if each.end <= start), default=-1)
        first = min((each.start for each in written if each.start >= end), default=-1)
        before = [each for each in written if each.end == last and "define" not in source.text[last:start]]
        after = [each for each in written if each.start == first and "define" not in source.text[end:first]]
        return before, after


def _around(document: Document, offset: int, before: bool) -> Path:
    """The mapping or list to which text at an offset would belong."""
    path: Path = ()
    value: Any = document.value
    while True:
        below = None
        for key in value if isinstance(value, dict) else range(len(value)):
            entry = document.nodes.entry(value, key)
            start = -1 if entry is None else (entry[0] if entry[0] >= 0 else entry[2])
            if start < 0 or start > offset:
                continue
            if not before and entry is not None and document.nodes.value_end(value, key, entry) < offset:
                continue
            below = key
        if below is None:
            return path
        child = value[below]
        if isinstance(child, (dict, list)) and child:
            path, value = (*path, below), child
            continue
        return (*path, below) if child in (None, "", {}, []) else path
