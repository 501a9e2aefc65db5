"""Room: report. From settled Locations to places that can be opened: lines of files.

A Location may lie in a text that nobody can open at that line: the text of a `tpl` call, a member of a
packed chart, a flag. Here it becomes the nearest place that can be opened, and says so.
"""

from __future__ import annotations

import os
from typing import NamedTuple

from meshlint.report.style import safe
from meshlint.text.finding import Grade, Location
from meshlint.text.origin import KeyOrigin, Scope, dotted
from meshlint.text.source import Source

SURE: tuple[Grade, ...] = ("exact", "line")
NOT_FILES = ("flag", "builtin")


class Anchor(NamedTuple):
    """A stretch of a file; lines and columns 1-based, columns in code points, the end exclusive.

    source   the text the columns count in, None if the file's text is not at hand
    path     the file to open, as Source paths are
    grade    how sure the place is
    origin   the place meant, where it is another one: `common/templates/_x.tpl:3 in charts/common.tgz`
    """

    source: Source | None
    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    grade: Grade
    origin: str = ""


def anchored(location: Location) -> Anchor | None:
    """The place to open for a location; None if there is no file at all (a flag, a built-in text)."""
    source = location.source
    if source.kind in NOT_FILES:
        return None
    if source.kind == "tpl" and source.parent is not None:
        parent = anchored(located(source.parent, "call-site"))
        return parent and parent._replace(origin=f"line {location.line} of the text given to tpl")
    if source.archive is not None:
        return _packed(location, source.archive)
    return Anchor(source, source.path, *location[1:5], location.grade)


def located(origin: KeyOrigin, grade: Grade = "exact") -> Location:
    """The location of a value in a values file, key included."""
    source = origin.source
    start = min(origin.key_start, origin.value_start)
    line, column = source.position(start)
    end_line, end_column = source.position(max(origin.value_end, start))
    if end_line > line:  # a nested value: its key's line says enough, and checks show one-line regions best
        end_line, end_column = line, len(source.line_text(line).rstrip()) + 1
    return Location(source, line, column, end_line, max(end_column, 1), grade, origin.path)


def call_site(scope: Scope) -> Location:
    """The location of an include, template or tpl action, or of a guard."""
    span = scope.span
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return Location(span.source, line, column, end_line, end_column, "exact")


def _packed(location: Location, archive: str) -> Anchor:
    """A packed chart has no lines to open: a value in a file, else the dependency, else the archive."""
    path = location.source.path
    meant = f"{path}:{location.line}" + ("" if path.startswith(archive) else f" in {archive}")
    for origin in location.values:
        if origin.source.kind not in NOT_FILES and origin.source.archive is None:
            place = located(origin, "call-site")
            return Anchor(origin.source, origin.source.path, *place[1:5], "call-site", meant)
    folder = os.path.dirname(archive)
    chart = os.path.join(os.path.dirname(folder), "Chart.yaml").replace("\\", "/")
    source = _read(chart) if os.path.basename(folder) == "charts" else None
    if source is None:
        return Anchor(None, archive, 1, 1, 1, 2, "file", meant)
    line = _dependency_line(source, os.path.basename(archive))
    width = max(len(source.line_text(line).rstrip()), 1)
    return Anchor(source, chart, line, 1, line, width + 1, "file", meant)


def _read(path: str) -> Source | None:
    try:
        with open(path, encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            return Source(path, file.read(), "chart")
    except OSError:
        return None


def _dependency_line(chart: Source, archive: str) -> int:
    """The line of Chart.yaml with the dependency whose name begins the archive's name; 1 if none does."""
    for number in range(1, len(chart.line_starts()) + 1):
        words = chart.line_text(number).replace("-", " ", 1).split()
        if len(words) >= 2 and words[0] == "name:" and archive.startswith(words[1].strip("\"'") + "-"):
            return number
    return 1


def spot(location: Location) -> str:
    """`templates/x.yaml:14:7`; low grades begin with "from"; a place known only by file has no line."""
    source = location.source
    if source.kind == "flag":
        return safe(source.path)
    if source.kind == "tpl" and source.parent is not None:
        inner = f"line {location.line} of the text given to tpl"
        return f"from {key_spot(source.parent)} ({inner})"
    path = safe(source.path)
    where = path if location.grade == "file" else f"{path}:{location.line}:{location.column}"
    packed = f" (in {safe(source.archive)})" if source.archive and source.archive not in source.path else ""
    return f"{'' if location.grade in SURE else 'from '}{where}{packed}"


def key_spot(origin: KeyOrigin) -> str:
    """`values.yaml:31 image.tag`, the flag itself for flags."""
    if origin.source.kind == "flag":
        return safe(origin.source.path)
    line, _ = origin.source.position(min(origin.key_start, origin.value_start))
    path = dotted(origin.path)
    return safe(f"{origin.source.path}:{line}{' ' + path if path else ''}")
