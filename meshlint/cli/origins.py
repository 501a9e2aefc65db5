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


def annotated(stream: str, rendered: Rendered, color: str) -> str:
    """The stream with a margin; lines that Helm adds (`---`, `# Source:`) have an empty one."""
    margins = _margins(rendered)
    lines = stream.split("\n")
    said: list[str] = []
    document: list[str] = []
    for line in lines:
        if line == "---":
            document = []
            said.append("")
        elif line.startswith("# Source: ") and not document:
            document = margins.get(line, [[]]).pop(0) if margins.get(line) else [""]
            said.append("")
        else:
            said.append(document.pop(0) if document else "")
    width = min(max((columns(margin) for margin in said), default=0), WIDEST)
    style = Style(wants_color(color, sys.stdout))
    return "\n".join(_row(margin, line, width, style) for margin, line in zip(said, lines, strict=True))


def _row(margin: str, line: str, width: int, style: Style) -> str:
    pad = " " * max(width - columns(margin), 0)
    return f"{style.paint(margin, 'path')}{pad} {style.paint('|', 'dim')} {line}".rstrip()


def _margins(rendered: Rendered) -> dict[str, list[list[str]]]:
    """`# Source:` line -> the margins of the lines of each of its manifests, in order of printing."""
    found: dict[str, list[list[str]]] = {}
    if rendered.scenario.include_crds:
        for name, file in rendered.crds:
            count = len(file.source("manifest").line_starts())
            found.setdefault(f"# Source: {name}", []).append(
                [f"{file.path}:{n}" for n in range(1, count + 1)]
            )
    manifests = rendered.manifests()
    for manifest in (*manifests.resources, *manifests.hooks):
        source = f"# Source: {manifest.file.name}"
        found.setdefault(source, []).append([_said(parts) for parts in _by_line(manifest.text.parts)])
    return found


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


def _said(parts: list[tuple[Part, int]]) -> str:
    """The margin of one line: where its values come from, else where its first text stands."""
    for part, at in parts:
        values = _values(part.origin)
        if values:
            more = ", ..." if values[MOST_VALUES:] else ""
            return f"{_place(part, at)} <- {', '.join(values[:MOST_VALUES])}{more}"
    return next((place for part, at in parts if (place := _place(part, at))), "")


def _place(part: Part, at: int) -> str:
    span = part.origin.span
    if span is None:
        return ""
    offset = span.start + part.shift + at if span.verbatim else span.start
    line, _ = span.source.position(offset)
    return safe(f"{span.source.path}:{line}")


def _values(origin: Origin) -> list[str]:
    """`.Values.image.tag (values.yaml:7)` for every value that went into the text."""
    found: dict[str, None] = {}
    stack: list[Read] = [read for read in origin.reads if read.chosen]
    for _ in range(100):
        if not stack:
            break
        read = stack.pop(0)
        written = read.origin()
        if isinstance(written, Derived):
            stack = [inner for inner in written.origin.reads if inner.chosen] + stack
        elif isinstance(written, KeyOrigin):
            path = read.path()
            name = "." + dotted(path) if path else dotted(written.path)
            found[f"{name} ({_file_line(written)})"] = None
    return list(found)


def _file_line(written: KeyOrigin) -> str:
    if written.source.kind == "flag":
        return key_spot(written)
    line, _ = written.source.position(min(written.key_start, written.value_start))
    return safe(f"{written.source.path}:{line}")
