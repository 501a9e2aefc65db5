"""Room: report. The picture of a mesh as plain data: what JSON prints and every other format reads.

In: a Picture and the findings of the rules on the same mesh. Out: nodes and edges with settled places; a
broken edge carries the finding that tells of it, with what to type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from meshlint import __version__
from meshlint.report.jsontext import place_document, rule_names
from meshlint.text.finding import SEVERITIES, Finding, Place

if TYPE_CHECKING:
    from meshlint.mesh.picture import Edge, Node, Picture
    from meshlint.mesh.steps import Spot

SCHEMA_VERSION = 1


def document(
    picture: Picture, findings: Iterable[Finding] = (), name: str = "", scenario: str = ""
) -> dict[str, Any]:
    """The picture as plain data; `name` is the input's, `scenario` the value set's."""
    told = [finding for finding in findings if finding.effect is not None]
    names = rule_names()
    edges = [_edge(edge, told, names) for edge in picture.edges]
    verdicts = [edge["verdict"] for edge in edges]
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "meshlint", "version": __version__},
        "input": name,
        "values_set": scenario or None,
        "summary": {
            "cards": sum(not node.parent for node in picture.nodes),
            "edges": len(edges),
            "broken": verdicts.count("broken"),
            "unknown": verdicts.count("unknown"),
        },
        "notes": list(picture.notes),
        "nodes": [_node(node) for node in picture.nodes],
        "edges": edges,
    }


def _node(node: Node) -> dict[str, Any]:
    return {
        "id": node.key,
        "kind": node.kind,
        "what": node.what,
        "title": node.title,
        "namespace": node.namespace or None,
        "about": node.about,
        "parent": node.parent or None,
        "state": node.state,
        "facts": dict(node.facts),
        "places": [_place(node.spot)] if node.spot is not None else [],
    }


def _edge(edge: Edge, told: list[Finding], names: dict[str, str]) -> dict[str, Any]:
    broken = edge.verdict == "broken"
    finding = _finding(edge, told) if broken else None
    return {
        "id": f"{edge.source} > {edge.target} {edge.kind} {edge.label}".rstrip(),
        "source": edge.source,
        "target": edge.target,
        "kind": edge.kind,
        "label": edge.label,
        "verdict": edge.verdict,
        "break": _break(edge) if broken else None,
        "detail": edge.detail,
        "clusters": list(edge.clusters),
        "share": edge.share,
        "mirror": edge.mirror,
        "confirm": edge.confirm or None,
        "finding": _told(finding, names) if finding is not None else None,
        "places": [_place(spot) for spot in edge.spots],
    }


def _break(edge: Edge) -> dict[str, Any] | None:
    found = edge.fault
    if found is None:
        return None
    symptom = found.symptom
    return {"code": found.code, "stage": found.stage, "about": found.about, **symptom._asdict()}


def _place(spot: Spot) -> dict[str, Any]:
    place = Place(spot.resource, spot.path, spot.label)
    row = place_document(place, place.locate())
    row.pop("role")
    return row


def _told(finding: Finding, names: dict[str, str]) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": names.get(finding.code, ""),
        "severity": finding.severity,
        "message": finding.message,
        "effect": finding.effect.text if finding.effect else "",
        "hint": finding.hint or None,
        "notes": finding.notes,
    }


def _finding(edge: Edge, told: list[Finding]) -> Finding | None:
    """The finding that tells of a broken edge: by Envoy's cluster, by the decisive place."""
    ranked = [(_nearness(edge, finding), finding) for finding in told]
    best = max((rank for rank, _ in ranked), default=(0, 0))
    return next((finding for rank, finding in ranked if rank == best), None) if best[0] else None


def _nearness(edge: Edge, finding: Finding) -> tuple[int, int]:
    """(how much a finding says about an edge, its severity)."""
    cluster = finding.effect.cluster if finding.effect is not None else ""
    found = 2 if cluster and cluster in edge.clusters else 0
    first = finding.places[0]
    if any(first.target is spot.resource and _same(first.path, spot.path) for spot in edge.spots):
        found += 1
    return found, SEVERITIES.index(finding.severity) if found else 0


def _same(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    """True if one path leads through the other."""
    size = min(len(first), len(second))
    return size > 1 and first[:size] == second[:size]
