"""Room: report. The mesh as a DOT graph for Graphviz."""

from __future__ import annotations

from typing import Any

from meshlint.report.graphs.flat import caption, grouped, lines
from meshlint.report.style import safe

SHAPES = {
    "client": "oval",
    "gateway": "hexagon",
    "routes": "cds",
    "service": "box",
    "subset": "box",
    "workload": "box3d",
}
LOOKS = {
    "ok": "",
    "unknown": ' style="dotted"',
    "broken": ' color="#d1242f" fontcolor="#d1242f" style="dashed" penwidth="2" arrowhead="tee"',
    "subset": ' arrowhead="none" style="dotted"',
}


def write(document: dict[str, Any]) -> str:
    """The digraph; broken lines are red, dashed and end in a bar."""
    out = [
        "digraph mesh {",
        '  rankdir="LR"',
        '  node [fontname="Helvetica" fontsize="11" margin="0.15,0.08"]',
        '  edge [fontname="Helvetica" fontsize="9"]',
    ]
    for namespace, nodes in sorted(grouped(document).items()):
        indent = "  "
        if namespace:
            out.append(f"  subgraph {quoted('cluster_' + namespace)} {{")
            out.append(f'    label={quoted("namespace " + namespace)} fontname="Helvetica" color="gray"')
            indent = "    "
        out += [indent + _node(node) for node in nodes]
        if namespace:
            out.append("  }")
    for line in lines(document):
        label = f"label={quoted(line.label)}" if line.label else ""
        look = f"{label}{LOOKS[line.verdict]}".strip()
        out.append(f"  {quoted(line.source)} -> {quoted(line.target)}{f' [{look}]' if look else ''}")
    return "\n".join([*out, "}"]) + "\n"


def quoted(text: str) -> str:
    """The text as a DOT string."""
    plain = safe(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{plain}"'


def _node(node: dict[str, Any]) -> str:
    what, title = caption(node)
    label = quoted(f"{what}\n{title}" if what else title)
    style = ' style="rounded"' if node["kind"] == "subset" else ""
    if node["state"] in ("missing", "outside"):
        style = ' style="dashed"' + (' color="#d1242f"' if node["state"] == "missing" else "")
    return f'{quoted(node["id"])} [label={label} shape="{SHAPES[node["kind"]]}"{style}]'
