"""Room: command line. `meshlint render --origins`: each rendered line beside the template line that wrote it.

templates/review.yaml:12 <- .Values.image.tag (values.yaml:7) |         image: review:1.0
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from meshlint.report.anchor import key_spot
from meshlint.report.style import Style, columns, safe, wants_color
from meshlint.text.origin import Derived, KeyOrigin, Origin, Read, dotted
from meshlint.text.rope import Part

if TYPE_CHECKING:
    from meshlint.helm.render import Rendered

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
            margins = [self.said(parts) for parts in _by_line(manifest.text.parts)]
            found.setdefault(f"# Source: {manifest.file.name}", []).append(margins)
        return found

    def path(self, path: str) -> str:
        """The path as it is shown."""
        return safe(path.removeprefix(self.chart))

    def said(self, parts: list[tuple[Part, int]]) -> str:
        """The margin of one line: where its values come from, else where its first text stands."""
        for part, at in parts:
            values = self.values(part.origin)
            if values:
                more = ", ..." if values[MOST_VALUES:] else ""
                return f"{self.place(part, at)} <- {', '.join(values[:MOST_VALUES])}{more}"
        return next((place for part, at in parts if (place := self.place(part, at))), "")

    def place(self, part: Part, at: int) -> str:
        """`templates/x.yaml:12`, "" for text that no template wrote."""
        span = part.origin.span
        if span is None:
            return ""
        offset = span.start + part.shift + at if span.verbatim else span.start
        line, _ = span.source.position(offset)
        return f"{self.path(span.source.path)}:{line}"

    def values(self, origin: Origin) -> list[str]:
        """`.Values.image.tag (values.yaml:7)` for every value that went into the text."""
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


def _by_line(parts: list[Part]) -> list[list[tuple[Part, int]]]:
    """The parts of each line, with the offset in the part at which the line goes on."""
    lines: list[list[tuple[Part, int]]] = [[]]
    for part in parts:
        at = 0
        for index, piece in enumerate(part.text.split("\n")):
            if index:
                lines.append([])
            if piece.strip():
                lines[-1].append((part, at + len(piece) - len(piece.lstrip())))
            at += len(piece) + 1
    return lines
