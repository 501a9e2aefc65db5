"""Room: report. The mesh as text: each card with its rows, and where every one of them leads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.report.graphs.lines import by_id, name, place, rows_of, symptom
from meshlint.report.style import Style, one_line
from meshlint.report.summary import plural

MARKS = {"ok": "->", "unknown": "?->", "broken": "x->"}


def write(document: dict[str, Any], style: Style) -> str:
    """Cards in the order requests pass them, then the count."""
    nodes = by_id(document)
    rows = rows_of(document)
    leaving: dict[str, list[dict[str, Any]]] = {}
    for edge in document["edges"]:
        leaving.setdefault(edge["source"], []).append(edge)
    lines: list[str] = []
    for node in document["nodes"]:
        if node["parent"]:
            continue
        below = [line for edge in leaving.get(node["id"], ()) for line in _edge(edge, nodes, style, "  ")]
        for row in rows.get(node["id"], ()):
            below.append(f"  {_row(row)}")
            below += [
                line for edge in leaving.get(row["id"], ()) for line in _edge(edge, nodes, style, "    ")
            ]
        if below:
            lines += [_card(node, nodes, style), *below, ""]
    lines += [f"note: {one_line(note)}" for note in document["notes"]]
    return "\n".join([*lines, _count(document, style)]) + "\n"


def _card(node: dict[str, Any], nodes: dict[str, dict[str, Any]], style: Style) -> str:
    about = f"  {one_line(node['about'])}" if node["about"] else ""
    where = f"  {style.paint(place(node['places'][0]), 'path')}" if node["places"] else ""
    state = "" if node["state"] == "here" else f"  ({node['state']})"
    return f"{style.paint(one_line(name(node, nodes)), 'bold')}{about}{state}{where}"


def _row(row: dict[str, Any]) -> str:
    state = "" if row["state"] in ("here", "context") else f"  ({row['state']})"
    title = row["title"] if row["title"].startswith(row["what"]) else f"{row['what']} {row['title']}"
    return one_line(f"{title}: {row['about']}{state}")


def _edge(edge: dict[str, Any], nodes: dict[str, dict[str, Any]], style: Style, indent: str) -> Iterator[str]:
    broken = edge["verdict"] == "broken"
    label = f"{edge['label']} " if edge["label"] else ""
    target = name(nodes[edge["target"]], nodes)
    paint = "error" if broken else "dim" if edge["verdict"] == "unknown" else "good"
    detail = f": {edge['detail']}" if edge["detail"] else ""
    mark = style.paint(MARKS[edge["verdict"]], paint)
    yield f"{indent}{one_line(label)}{' ' if label else ''}{mark} {one_line(f'{target}{detail}')}"
    if broken:
        inner = indent + "      "
        found = edge["break"] or {}
        cluster = f"   {edge['clusters'][0]}" if edge["clusters"] else ""
        code = found.get("code", "")
        yield inner + style.paint(one_line(f"{code} {symptom(edge)}{cluster}".strip()), "error")
        if edge["places"]:
            first = edge["places"][0]
            label = f"   {one_line(first['label'])}" if first["label"] else ""
            yield f"{inner}{style.paint(place(first), 'path')}{label}"
        if edge["finding"] and edge["finding"]["hint"]:
            told = edge["finding"]
            yield f"{inner}help: {one_line(told['hint'])}   [{told['code']}]"


def _count(document: dict[str, Any], style: Style) -> str:
    summary = document["summary"]
    broken = f"{summary['broken']} broken" if summary["broken"] else "none broken"
    unknown = f", {summary['unknown']} not certain" if summary["unknown"] else ""
    if not summary["cards"]:
        return style.paint("nothing is left to draw", "good")
    text = (
        f"{plural(summary['edges'], 'edge')} between {plural(summary['cards'], 'object')}: {broken}{unknown}"
    )
    return style.paint(text, "error" if summary["broken"] else "good")
