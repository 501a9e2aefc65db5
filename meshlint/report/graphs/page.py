"""Room: report. The mesh as one HTML page: the drawing, and beside it the source line of whatever is clicked.

Nothing is loaded from anywhere, and the page's own policy forbids it. Names and lines of manifests are
hostile until proven otherwise: the template escapes them, the script only ever sets text.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from meshlint.report.anchor import anchored, call_site, located
from meshlint.report.graphs.layout import layout
from meshlint.report.graphs.lines import by_id, name, short_name
from meshlint.report.style import safe
from meshlint.report.templated import FOLDER, environment
from meshlint.text.source import Source

if TYPE_CHECKING:
    from meshlint.mesh.picture import Picture

AROUND = 6  # lines of code above and below a place
ICONS = {
    "client": "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M3.5 9h17M3.5 15h17M12 3c5 5 5 13 0 18M12 3c-5 5-5 13 0 18",
    "gateway": "M14 4h5a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1h-5M3 12h12M11 7.5l4.5 4.5-4.5 4.5",
    "routes": "M3 12h5c4 0 4-6 8-6h5M8 12c4 0 4 6 8 6h5M18 3l3 3-3 3M18 15l3 3-3 3",
    "service": "M12 2.8l8 4.6v9.2l-8 4.6-8-4.6V7.4l8-4.6M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
    "workload": "M12 3l8 4.5v9L12 21l-8-4.5v-9L12 3M4 7.5l8 4.5 8-4.5M12 12v9",
}


def write(document: dict[str, Any], picture: Picture) -> str:
    """The whole page."""
    from markupsafe import Markup

    document = _safe(document)
    drawing = layout(document)
    nodes = by_id(document)
    data = {**document, "sources": lines_around(picture)}
    script = _file("graph.js")
    return (
        environment(FOLDER, escape=True)
        .get_template("graph.html.j2")
        .render(
            document=document,
            drawing=drawing,
            namespaces=[(band, _broken_in(band, document, nodes)) for band, _ in drawing.bands],
            names={key: name(node, nodes) for key, node in nodes.items()},
            targets={
                edge["id"]: short_name(nodes[edge["target"]], nodes, nodes[edge["source"]]["namespace"])
                for edge in document["edges"]
            },
            icons=ICONS,
            style=Markup(_file("graph.css")),
            script=Markup(script),
            script_hash=_hash(script),
            data=Markup(embedded(data)),
        )
    )


def _broken_in(namespace: str, document: dict[str, Any], nodes: dict[str, dict[str, Any]]) -> int:
    """How many broken edges begin or end in a namespace."""
    return sum(
        edge["verdict"] == "broken"
        and namespace in (nodes[edge["source"]]["namespace"], nodes[edge["target"]]["namespace"])
        for edge in document["edges"]
    )


def _file(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def _hash(script: str) -> str:
    """What a Content-Security-Policy names the script by."""
    from base64 import b64encode
    from hashlib import sha256

    return "sha256-" + b64encode(sha256(script.encode()).digest()).decode()


def embedded(data: dict[str, Any]) -> str:
    """The data as JSON that cannot end the script element it stands in."""
    import json

    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _safe(value: Any) -> Any:
    """The data with control characters and bidirectional overrides made visible."""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, dict):
        return {key: _safe(each) for key, each in value.items()}
    return [_safe(each) for each in value] if isinstance(value, list) else value


Lines = dict[str, dict[int, str]]


def lines_around(picture: Picture) -> Lines:
    """File -> line number -> text: the lines around every place of the picture."""
    found: Lines = {}
    spots = [node.spot for node in picture.nodes if node.spot is not None]
    spots += [spot for edge in picture.edges for spot in edge.spots]
    for spot in spots:
        location = spot.resource.locate(spot.path, False)
        for place in (location, *map(call_site, location.calls), *map(located, location.values)):
            anchor = anchored(place)
            if anchor is not None and anchor.source is not None:
                _keep(found.setdefault(safe(anchor.path), {}), anchor.source, anchor.line)
    return found


def _keep(lines: dict[int, str], source: Source, line: int) -> None:
    last = len(source.line_starts())
    for number in range(max(line - AROUND, 1), min(line + AROUND, last) + 1):
        if number not in lines:
            lines[number] = safe(source.line_text(number).replace("\t", "    "))
