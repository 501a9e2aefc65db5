"""Room: report. The drawing for languages without cards: rows of Gateways and routes fold into their cards.

Subsets stay nodes of their own, joined to their Service; what a row says moves onto its edges. That a
Service selects pods which one of its subsets selects too is left out.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.report.graphs.lines import by_id, short_symptom
from meshlint.report.style import one_line


class Line(NamedTuple):
    """One drawn line. verdict "subset" joins a Service and its subset."""

    source: str
    target: str
    label: str
    verdict: str


def cards(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The nodes that are drawn."""
    return [node for node in document["nodes"] if not node["parent"] or node["kind"] == "subset"]


def grouped(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The drawn nodes by namespace, "" for those without; in the order of the document."""
    found: dict[str, list[dict[str, Any]]] = {}
    for node in cards(document):
        found.setdefault(node["namespace"] or "", []).append(node)
    return found


def lines(document: dict[str, Any]) -> list[Line]:
    """The drawn lines."""
    nodes = by_id(document)
    found = [
        Line(node["parent"], node["id"], "", "subset")
        for node in document["nodes"]
        if node["kind"] == "subset"
    ]
    reached = {
        (nodes[edge["source"]]["parent"], edge["target"])
        for edge in document["edges"]
        if edge["verdict"] == "ok" and nodes[edge["source"]]["kind"] == "subset"
    }
    for edge in document["edges"]:
        if edge["verdict"] == "ok" and (edge["source"], edge["target"]) in reached:
            continue
        source, target = nodes[edge["source"]], nodes[edge["target"]]
        found.append(Line(_drawn(source), _drawn(target), _label(edge, source, target), edge["verdict"]))
    return list(dict.fromkeys(found))


def caption(node: dict[str, Any]) -> tuple[str, str]:
    """(kind, name and what is worth a second line)."""
    if node["kind"] == "client":
        return "", node["title"]
    return node["what"], node["title"]


def _drawn(node: dict[str, Any]) -> str:
    folded = node["parent"] and node["kind"] != "subset"
    return str(node["parent"] if folded else node["id"])


def _label(edge: dict[str, Any], source: dict[str, Any], target: dict[str, Any]) -> str:
    row = source["about"] if source["kind"] == "route" and source["about"] != "any request" else ""
    served = (
        source["title"]
        if source["kind"] == "server"
        else target["title"]
        if target["kind"] == "server"
        else ""
    )
    label = "" if edge["kind"] == "exposes" else edge["label"]
    words = ": ".join(one_line(part) for part in (row, served, label) if part)
    broken = f"{edge['break']['code']} {short_symptom(edge)}" if edge["break"] else ""
    if edge["break"] and short_symptom(edge) == edge["break"]["code"]:
        broken = edge["break"]["code"]
    return " ".join(part for part in (words, f"({broken})" if broken and words else broken) if part)
