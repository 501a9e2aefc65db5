"""Room: report. A location drawn as lines of code with the place underlined.

In: a settled Location and what is to be said under it. Out: lines without colours of their own but
those the style paints; columns are terminal columns, so wide characters and tabs line up.
"""

from __future__ import annotations

from meshlint.report.style import Style, columns, safe, wrap
from meshlint.text.finding import Location
from meshlint.text.source import Source

TAB = "    "
CLIP = 140  # columns of code shown of one line where no width is known
CUT = "..."


def gutter_width(locations: list[Location]) -> int:
    """The digits that the longest line number of the frames takes."""
    return max((len(str(location.line)) for location in locations), default=1)


def drawable(location: Location) -> bool:
    """True if there is a line of text to show."""
    return location.grade != "file" and bool(location.source.line_text(location.line).strip())


def frame(
    location: Location, label: str, mark: str, style: Style, gutter: int, width: int, before: int = 0
) -> list[str]:
    """The code lines of a location, the marked stretch and the label after it.

    mark    name of the style of the underline: "error", "warning", "note" draw ^^^, others ---;
            ~~~ where the place is a template call and not the very text
    before  lines of context above
    """
    source, line = location.source, location.line
    room = max((width or CLIP + gutter + 3) - gutter - 3, 24)
    text = source.line_text(line)
    start, end = _stretch(text, location)
    offset = _clip_from(text, start, end, room)
    first = line if offset else _first(source, line, before)
    lines = [
        _numbered(number, source.line_text(number), offset, room, style, gutter)
        for number in range(first, line + 1)
    ]
    pad = " " * columns(_shown(text[offset:start]))
    pad += " " * len(CUT) if offset else ""
    sign = _sign(location, mark)
    drawn = min(max(columns(_shown(text[start:end])), 1), max(room - len(pad), 1))
    lines.extend(_underline(pad, sign * drawn, label, mark, style, gutter, width))
    return lines


def bar(style: Style, gutter: int) -> str:
    """The empty line of a frame."""
    return style.paint(" " * gutter + " |", "dim")


def _sign(location: Location, mark: str) -> str:
    if location.grade == "call-site":
        return "~"
    return "^" if mark in ("error", "warning", "note") else "-"


def _first(source: Source, line: int, before: int) -> int:
    """The first context line: not before the document's start, not a blank line."""
    first = line
    while first > 1 and line - first < before and source.line_text(first - 1).strip() not in ("", "---"):
        first -= 1
    return first


def _stretch(text: str, location: Location) -> tuple[int, int]:
    """The 0-based [start, end) of the location within its first line."""
    length = len(text.rstrip()) or len(text)
    start = min(max(location.column - 1, 0), length)
    end = location.end_column - 1 if location.end_line == location.line else length
    return start, max(min(end, len(text)), start)


def _clip_from(text: str, start: int, end: int, room: int) -> int:
    """Where to begin showing a line that is too long: 0, or so that the marked stretch is in sight."""
    if columns(_shown(text)) <= room or columns(_shown(text[:end])) <= room - len(CUT):
        return 0
    return max(0, start - room // 4)


def _numbered(number: int, text: str, offset: int, room: int, style: Style, gutter: int) -> str:
    shown = (CUT if offset else "") + _shown(text[offset:])
    if columns(shown) > room:
        shown = _fit(shown, room - len(CUT)) + CUT
    return f"{style.paint(f'{number:>{gutter}} |', 'dim')} {shown}".rstrip()


def _fit(text: str, room: int) -> str:
    """The longest beginning of the text that takes at most `room` columns."""
    if text.isascii():
        return text[:room]
    taken = 0
    for index, character in enumerate(text):
        taken += columns(character)
        if taken > room:
            return text[:index]
    return text


def _shown(text: str) -> str:
    return safe(text.replace("\t", TAB))


def _underline(
    pad: str, signs: str, label: str, mark: str, style: Style, gutter: int, width: int
) -> list[str]:
    start = style.paint(" " * gutter + " |", "dim") + " "
    drawn = style.paint(signs, mark)
    if not label:
        return [start + pad + drawn]
    used = gutter + 3 + columns(pad) + columns(signs) + 1
    if width <= 0 or used + columns(label) <= width:
        return [f"{start}{pad}{drawn} {style.paint(label, mark)}"]
    room = max(width - gutter - 3, 20)
    below = wrap(label, room).split("\n")
    return [start + pad + drawn, *(start + style.paint(part, mark) for part in below)]
