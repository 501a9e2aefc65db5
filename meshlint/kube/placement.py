"""Placement: from characters of a rendered text back to the line a person can edit.

In: the Rope a template gave (or a plain manifest), and a stretch of it. Out: a Location in the
template, the helper or the values file, with an honest grade:

- exact      the stretch is verbatim text of one place, or all of it was written by one action
- line       it was put together from several places; the line is where it begins
- call-site  only the action is known that put a whole text there, of which this is a part
- file       no template wrote it
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from meshlint.text.finding import Grade, Location
from meshlint.text.origin import KeyOrigin, Origin, Path, Scope
from meshlint.text.rope import Part, Rope
from meshlint.text.source import Source

_MOST_VALUES = 50
_LOWER: dict[Grade, Grade] = {"exact": "line", "line": "line", "call-site": "call-site", "file": "file"}


class Spot(NamedTuple):
    """A stretch of a source and how sure it is."""

    source: Source
    start: int
    end: int
    grade: Grade


class Piece(NamedTuple):
    """A part that touches the stretch looked for: characters [low, high) of its text."""

    part: Part
    low: int
    high: int


class Placement:
    """The origin of a text.

    text    the whole text of the file, as written or as rendered
    source  the template or manifest file
    parts   where the text came from; None for a plain manifest, which is its own origin
    first_line  1-based line of the text's first line in the rendered manifest
    """

    __slots__ = ("_rope", "_starts", "first_line", "source", "text")

    def __init__(self, text: str, source: Source, first_line: int = 1) -> None:
        self._rope = text if isinstance(text, Rope) else None
        self.text = str(text)
        self.source = source
        self.first_line = first_line
        self._starts: list[int] | None = None

    @property
    def parts(self) -> list[Part] | None:
        """The parts, made by the rope when they are asked for first."""
        return None if self._rope is None else self._rope.parts

    def location(
        self, start: int, end: int, extent: int = 0, pointer: Path = (), sure: bool = True
    ) -> Location:
        """Where the characters [start, end) come from.

        extent  the end of the whole value whose beginning the stretch is (default: `end`)
        sure    False lowers an exact place to a line: the stretch only stands in for what is meant
        """
        end = max(start, min(end, len(self.text)))
        pieces = self.pieces(start, end)
        if self.parts is None:
            spot = Spot(self.source, start, end, "exact")
        else:
            spot = _spot(pieces, max(extent, end) - start) or Spot(self.source, 0, 0, "file")
        spot = _one_line(_outside_tpl(spot, pieces))
        grade = spot.grade if sure else _LOWER[spot.grade]
        origin = pieces[0].part.origin if pieces else None
        line, column = spot.source.position(spot.start)
        end_line, end_column = spot.source.position(spot.end)
        return Location(
            spot.source,
            line,
            column,
            end_line,
            end_column,
            grade,
            pointer,
            0 if self.parts is None else self.first_line + self.text.count("\n", 0, start),
            () if origin is None else tuple(origin.calls()),
            _written(pieces),
            origin,
        )

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The parts in which the characters stand; for an empty stretch the part before it."""
        if not self.parts:
            return []
        if self._starts is None:
            self._starts = _starts(self.parts)
        if start == end:
            start = max(0, start - 1)
        starts = self._starts
        index = min(max(bisect_right(starts, start) - 1, 0), len(self.parts) - 1)
        found: list[Piece] = []
        while index < len(self.parts) and (starts[index] < end or not found):
            part = self.parts[index]
            low, high = max(start - starts[index], 0), min(end - starts[index], len(part[0]))
            found.append(Piece(part, low, max(high, low)))
            index += 1
        return found


def _starts(parts: list[Part]) -> list[int]:
    starts: list[int] = []
    at = 0
    for part in parts:
        starts.append(at)
        at += len(part[0])
    return starts


def _spot(pieces: list[Piece], length: int) -> Spot | None:
    """The place of a stretch, None if no template wrote it; `length` is that of the whole value."""
    span = pieces[0].part.origin.span if pieces else None
    if span is None:
        rest = pieces[1:]
        found = _spot(rest, length) if rest else None
        return found and found._replace(grade=_LOWER[found.grade])
    first, last = pieces[0], pieces[-1]
    lost = not span.verbatim and _has_other_lines(first, length)
    grade: Grade = "call-site" if lost else "exact"
    if all(piece.part.origin.span is span for piece in pieces) or _is_run(pieces):
        return Spot(span.source, _begin(first), max(_end(first), _end(last)), grade)
    return Spot(span.source, _begin(first), _end(first), _LOWER[grade])


def _begin(piece: Piece) -> int:
    """The first character of a piece in its template; of the action that wrote it."""
    span = piece.part.origin.span
    assert span is not None
    return span.start + piece.part.shift + piece.low if span.verbatim else span.start


def _end(piece: Piece) -> int:
    span = piece.part.origin.span
    assert span is not None
    return span.start + piece.part.shift + piece.high if span.verbatim else span.end


def _is_run(pieces: list[Piece]) -> bool:
    """True if the pieces stand one after the other on one line of one template, in one call."""
    first = pieces[0].part.origin
    at = 0
    for piece in pieces:
        origin = piece.part.origin
        if origin.span is None or first.span is None or origin.span.source is not first.span.source:
            return False
        if _begin(piece) < at or _call(origin) is not _call(first):
            return False
        at = _begin(piece)
    return first.span is not None and "\n" not in first.span.source.text[_begin(pieces[0]) : _end(pieces[-1])]


def _call(origin: Origin) -> Scope | None:
    """The call a text was written in, whatever conditions lie between."""
    links = origin.scope.links() if origin.scope is not None else ()
    return next((link for link in links if link.kind == "call"), None)


def _has_other_lines(piece: Piece, length: int) -> bool:
    """True if the part holds more than the line of the value: text that lost its origins on the way."""
    text = piece.part.text
    before, _, _ = text[: piece.low].rpartition("\n")
    _, _, after = text[piece.low + length :].partition("\n")
    return bool(before.strip() or after.strip())


def _one_line(spot: Spot) -> Spot:
    """The spot up to the end of its first line."""
    stop = spot.source.text.find("\n", spot.start, spot.end)
    if stop < 0:
        return spot
    text = spot.source.text[spot.start : stop]
    return spot._replace(end=spot.start + max(len(text.rstrip()), 1))


def _outside_tpl(spot: Spot, pieces: list[Piece]) -> Spot:
    """For text of `tpl`: the values file in which it was written, or the action that called tpl."""
    source = spot.source
    if source.kind != "tpl":
        return spot
    if source.parent is not None:
        return _in_values(spot, source.parent)
    for link in reversed(pieces[0].part.origin.calls()):
        if link.span.source.kind != "tpl":
            return Spot(link.span.source, link.span.start, link.span.end, "call-site")
    return spot._replace(grade="call-site")


def _in_values(spot: Spot, parent: KeyOrigin) -> Spot:
    """The same characters in the values file if they stand there as they are; else the tpl text itself."""
    line, column = spot.source.position(spot.start)
    wanted = spot.source.line_text(line)
    file = parent.source
    first, _ = file.position(parent.value_start)
    in_block = file.text[parent.value_start : parent.value_start + 1] in ("|", ">")
    written = file.line_text(first + line) if in_block else file.line_text(first + line - 1)
    at = written.find(wanted) if wanted.strip() else -1
    if at < 0 or written.count(wanted) > 1:
        return spot._replace(grade="call-site")
    start = file.offset(first + line if in_block else first + line - 1) + at + column - 1
    if not parent.value_start <= start <= parent.value_end:
        return spot._replace(grade="call-site")
    length = min(spot.end - spot.start, len(wanted) - column + 1)
    return Spot(file, start, start + max(length, 0), spot.grade)


def _written(pieces: list[Piece]) -> tuple[KeyOrigin, ...]:
    found: dict[KeyOrigin, None] = {}
    for piece in pieces[:_MOST_VALUES]:
        origin: Origin = piece.part.origin
        if origin.reads:
            found.update(dict.fromkeys(origin.written()))
    return tuple(found)[:_MOST_VALUES]
