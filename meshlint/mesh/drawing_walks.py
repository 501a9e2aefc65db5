"""Drawing walks: what the traces through a mesh add to its picture.

In: a Picture and the Traces of every route. Out: the Picture with what only a walk finds (TLS, certificates,
protocols, ports nobody listens on) on the edge where it happens, and with the command that shows a break in
a running cluster. Requests that a policy turns away are no broken edge: that is what policies are for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshlint.mesh.picture import Edge, Picture
from meshlint.mesh.steps import Branch, Step, Trace

ADDED = frozenset(
    {
        *("TLS-PLAIN-STRICT", "TLS-MTLS-NOSIDECAR", "TLS-ORIGINATE", "EDS-PORT", "UP-PROTO"),
        *("LDS-CERT", "LDS-DROPPED", "LDS-NACK", "RDS-BADACTION"),
    }
)


def walked(picture: Picture, traces: Iterable[Trace]) -> Picture:
    """The picture with the breaks of the traces."""
    edges = list(picture.edges)
    names = {node.key: f"{node.what} {node.namespace}/{node.title}" for node in picture.nodes}
    by_cluster: dict[str, list[int]] = {}
    for at, edge in enumerate(edges):
        for cluster in edge.clusters:
            by_cluster.setdefault(cluster, []).append(at)
    for trace in traces:
        for branch in trace.branches:
            step = branch.last
            if step.verdict != "BREAK":
                continue
            cluster, pods = _reached(branch)
            here = by_cluster.get(cluster, []) if cluster else list(_gateway_edges(edges, step))
            for at in here:
                edges[at] = _with(edges[at], names[edges[at].target], step, pods, trace.origin)
    return picture._replace(edges=tuple(edges))


def _reached(branch: Branch) -> tuple[str, str]:
    """(the cluster a branch came to, the pods it met), "" for what it did not come to."""
    cluster = pods = ""
    for step in branch.steps:
        if step.stage in ("CDS", "EDS") and step.name.startswith("outbound|"):
            cluster = step.name
        elif step.stage == "EDS":
            pods = step.name
    return cluster, pods


def _gateway_edges(edges: list[Edge], step: Step) -> Iterator[int]:
    """The ways to the server that a break at a gateway's listener is about."""
    places = {(id(spot.resource), spot.path[:3]) for spot in step.sources}
    for at, edge in enumerate(edges):
        if edge.kind == "exposes" and (id(edge.spots[0].resource), edge.spots[0].path[:3]) in places:
            yield at


def _with(edge: Edge, target: str, step: Step, pods: str, origin: str) -> Edge:
    """The edge with a break, if the break is the edge's."""
    if edge.verdict == "broken":
        same = edge.code == step.code and not edge.confirm
        return edge._replace(confirm=step.confirm) if same else edge
    at_pods = edge.kind == "selects" and (not pods or pods.startswith(f"{target}:"))
    if step.code not in ADDED or not (at_pods or edge.kind == "exposes"):
        return edge
    spots = (*step.sources, *(spot for spot in edge.spots if spot not in step.sources))
    detail = f"{step.detail} (asked by {origin})" if step.detail else f"asked by {origin}"
    return edge._replace(
        verdict="broken", code=step.code, detail=detail, spots=tuple(spots), confirm=step.confirm
    )
