"""Room: report. The mesh as a Mermaid flowchart, as GitHub and GitLab draw it in Markdown."""

from __future__ import annotations

import re
from typing import Any

from meshlint.report.graphs.flat import Line, caption, grouped, lines
from meshlint.report.style import safe

SHAPES = {
    "client": ("([", "])"),
    "gateway": ("{{", "}}"),
    "routes": ("[/", "/]"),
    "service": ("[", "]"),
    "subset": ("(", ")"),
    "workload": ("[[", "]]"),
}
ARROWS = {"ok": "-->", "unknown": "-.->", "broken": "--x", "subset": "-.-"}
BROKEN_LOOK = "stroke:#d1242f,stroke-width:3px,stroke-dasharray:6 4,color:#d1242f"
_PLAIN = re.compile(r"[^A-Za-z0-9 ._/:,=%|*()+@-]")


def write(document: dict[str, Any]) -> str:
    """The flowchart; broken lines are red, dashed and end in a cross."""
    out = ["flowchart LR"]
    short: dict[str, str] = {}
    for number, (namespace, nodes) in enumerate(sorted(grouped(document).items())):
        if namespace:
            out.append(f'  subgraph ns{number}["namespace {escaped(namespace)}"]')
        for node in nodes:
            short[node["id"]] = f"n{len(short)}"
            out.append(f"  {'  ' if namespace else ''}{short[node['id']]}{_shape(node)}")
        if namespace:
            out.append("  end")
    drawn = lines(document)
    out += [f"  {_line(line, short)}" for line in drawn]
    out += _styles(document, drawn, short)
    return "\n".join(out) + "\n"


def escaped(text: str) -> str:
    """The text inside a quoted label: every character that could mean something as an entity."""
    return _PLAIN.sub(lambda found: f"#{ord(found.group())};", safe(text))


def _shape(node: dict[str, Any]) -> str:
    opened, closed = SHAPES[node["kind"]]
    what, title = caption(node)
    label = f"{escaped(what)}<br/>{escaped(title)}" if what else escaped(title)
    return f'{opened}"{label}"{closed}'


def _line(line: Line, short: dict[str, str]) -> str:
    arrow = ARROWS[line.verdict]
    label = f'|"{escaped(line.label)}"|' if line.label else ""
    return f"{short[line.source]} {arrow}{label} {short[line.target]}"


def _styles(document: dict[str, Any], drawn: list[Line], short: dict[str, str]) -> list[str]:
    broken = [str(at) for at, line in enumerate(drawn) if line.verdict == "broken"]
    out = []
    if broken:
        out.append(f"  linkStyle {','.join(broken)} {BROKEN_LOOK}")
    for state, look in (
        ("missing", "stroke:#d1242f,stroke-dasharray:4 3"),
        ("outside", "stroke-dasharray:4 3"),
    ):
        found = [
            short[node["id"]] for node in document["nodes"] if node["state"] == state and node["id"] in short
        ]
        if found:
            out += [f"  classDef {state} {look}", f"  class {','.join(found)} {state}"]
    return out
