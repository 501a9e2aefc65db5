"""Room: command line. `meshlint render --origins`: each rendered line beside the template line that wrote it.

templates/review.yaml:12 <- .Values.image.tag (values.yaml:7) |         image: review:1.0

A place that begins with "from" only called what wrote the text, as in findings.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from meshlint.kube.placement import Placement
from meshlint.report.anchor import SURE, key_spot
from meshlint.report.style import Style, columns, safe, wants_color
from meshlint.text.origin import Derived, KeyOrigin, Origin, Read, dotted

if TYPE_CHECKING:
    from meshlint.helm.render import Rendered
    from meshlint.text.finding import Location

WIDEST = 72
MOST_VALUES = 2
MOST_READS = 100


def annotated(stream: str, rendered: Rendered, color: str) -> str:
    """The stream with a margin; lines that Helm adds (`---`, `# Source:`) have an empty one.

    Paths are shown below the chart, where they can be told apart at a glance.
    """
    margins = _Margins(rendered.chart.path).of(rendered)
    lines = stream.split("\n")
    said: list[str] = []
    document: list[str] = []
    for line in lines:
        if line == "---":
            document = []
            said.append("")
        elif line.startswith("# Source: ") and not document:
            found = margins.get(line)
            document = found.pop(0) if found else [""]
            said.append("")
        else:
            said.append(document.pop(0) if document else "")
    width = min(max((columns(margin) for margin in said), default=0), WIDEST)
    style = Style(wants_color(color, sys.stdout))
    return "\n".join(_row(margin, line, width, style) for margin, line in zip(said, lines, strict=True))


def _row(margin: str, line: str, width: int, style: Style) -> str:
    pad = " " * max(width - columns(margin), 0)
    return f"{style.paint(margin, 'path')}{pad} {style.paint('|', 'dim')} {line}".rstrip()


class _Margins:
    """What stands beside the lines; paths below the chart are written without it."""

    def __init__(self, chart: str) -> None:
        self.chart = chart.rstrip("/") + "/"

    def of(self, rendered: Rendered) -> dict[str, list[list[str]]]:
        """`# Source:` line -> the margins of the lines of each of its manifests, in order of printing."""
        found: dict[str, list[list[str]]] = {}
        if rendered.scenario.include_crds:
            for name, file in rendered.crds:
                numbers = range(1, len(file.source("manifest").line_starts()) + 1)
                margins = [f"{self.path(file.path)}:{number}" for number in numbers]
                found.setdefault(f"# Source: {name}", []).append(margins)
        manifests = rendered.manifests()
        for manifest in (*manifests.resources, *manifests.hooks):
            margins = self.lines(Placement(manifest.text, manifest.file.source))
            found.setdefault(f"# Source: {manifest.file.name}", []).append(margins)
        return found

    def path(self, path: str) -> str:
        """The path as it is shown."""
        return safe(path.removeprefix(self.chart))

    def lines(self, placement: Placement) -> list[str]:
        """The margin of each line of a manifest."""
        found: list[str] = []
        start = 0
        for line in placement.text.split("\n"):
            inside = line.strip()
            begin = start + line.find(inside)
            found.append(self.said(placement, begin, begin + len(inside)) if inside else "")
            start += len(line) + 1
        return found

    def said(self, placement: Placement, begin: int, end: int) -> str:
        """What wrote the first value in the characters [begin, end), else their start; and the values."""
        place = ""
        found: dict[str, None] = {}
        at = begin
        for piece in placement.pieces(begin, end):
            width = piece.high - piece.low
            values = self.values(piece.part.origin)
            blank = not piece.part.text[piece.low : piece.high].strip()
            if not blank and (not place or (values and not found)):
                place = self.place(placement.location(at, at + width, extent=end))
            found.update(dict.fromkeys(values))
            at += width
        shown = list(found)[:MOST_VALUES] + ["..."] * (len(found) > MOST_VALUES)
        return f"{place} <- {', '.join(shown)}" if shown else place

    def place(self, location: Location) -> str:
        """`templates/x.yaml:12`, with "from" if the line only called what wrote the text."""
        if location.grade == "file":
            return ""
        source = location.source
        if source.kind == "tpl" and source.parent is not None:
            return f"from {self.path(key_spot(source.parent))}"
        return f"{'' if location.grade in SURE else 'from '}{self.path(source.path)}:{location.line}"

    def values(self, origin: Origin) -> list[str]:
        """`.Values.image.tag (values.yaml:7)` for every value that went into the text, if it can be told."""
        if not origin.written():
            return []
        found: dict[str, None] = {}
        stack: list[Read] = [read for read in origin.reads if read.chosen]
        for _ in range(MOST_READS):
            if not stack:
                break
            read = stack.pop(0)
            written = read.origin()
            if isinstance(written, Derived):
                stack = [inner for inner in written.origin.reads if inner.chosen] + stack
            elif isinstance(written, KeyOrigin):
                path = read.path()
                name = "." + dotted(path) if path else dotted(written.path)
                found[f"{name} ({self.written(written)})"] = None
        return list(found)

    def written(self, origin: KeyOrigin) -> str:
        """`values.yaml:7`, or the flag."""
        if origin.source.kind == "flag":
            return key_spot(origin)
        line, _ = origin.source.position(min(origin.key_start, origin.value_start))
        return f"{self.path(origin.source.path)}:{line}"
