"""Drawing walks: what the traces through a mesh add to its picture.

In: a Picture and the Traces of every route. Out: the Picture with what only a walk finds (TLS, certificates,
protocols, ports nobody listens on) on the edge where it happens, and with the command that shows a break in
a running cluster. Requests that a policy turns away are no broken edge: that is what policies are for.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.mesh.picture import Edge, Picture, Verdict
from meshlint.mesh.steps import Branch, Spot, Step, Trace

PODS = frozenset({"TLS-PLAIN-STRICT", "TLS-MTLS-NOSIDECAR", "TLS-ORIGINATE", "EDS-PORT", "UP-PROTO"})
LISTENERS = frozenset({"LDS-CERT", "LDS-DROPPED", "LDS-NACK", "LDS-SNI"})


def walked(picture: Picture, traces: Iterable[Trace]) -> Picture:
    """The picture with what the traces met."""
    found = _Walked(picture)
    for trace in traces:
        for branch in trace.branches:
            for step in branch.steps:
                if step.code:
                    found.take(step, branch, trace.origin)
    return picture._replace(edges=tuple(found.edges))


class _Walked:
    """The edges, found by what a step of a trace names."""

    def __init__(self, picture: Picture) -> None:
        self.edges = list(picture.edges)
        self.names = {node.key: f"{node.what} {node.namespace}/{node.title}" for node in picture.nodes}
        self.by_cluster: dict[str, list[int]] = {}
        for at, edge in enumerate(self.edges):
            for cluster in edge.clusters:
                self.by_cluster.setdefault(cluster, []).append(at)

    def take(self, step: Step, branch: Branch, origin: str) -> None:
        """Put a step on the edge it is about."""
        cluster = _cluster(branch)
        here = self.by_cluster.get(cluster, [])
        if step.verdict == "BREAK":
            self._confirm(step, here)
        if step.code in PODS and step.verdict in ("BREAK", "UNKNOWN"):
            pods = [at for at in here if self.edges[at].kind == "selects"]
            met = next((one.name for one in branch.steps if one.stage == "EDS" and one.name != cluster), "")
            reached = [at for at in pods if not met or f"{self.names[self.edges[at].target]}" in met]
            for at in reached if pods else here:
                self._mark(at, step, origin, "broken" if step.verdict == "BREAK" else "unknown")
        elif step.code in LISTENERS and step.verdict == "BREAK" and origin.startswith("gateway:"):
            for at in self._at("exposes", step.sources if step.code == "LDS-NACK" else step.sources[:1]):
                self._mark(at, step, origin, "broken")
        elif step.code == "RDS-BADACTION":  # Envoy refuses the whole route configuration
            owner = step.sources[0].resource if step.sources else None
            for at, edge in enumerate(self.edges):
                if edge.kind == "binds" and edge.spots[0].resource is owner:
                    self._mark(at, step, origin, "broken")
        elif step.code == "RDS-SHADOWED":
            for at in self._at("routes", step.sources[:1]):
                self._mark(at, step, origin, "ok")

    def _confirm(self, step: Step, here: list[int]) -> None:
        for at in here:
            if self.edges[at].code == step.code and not self.edges[at].confirm:
                self.edges[at] = self.edges[at]._replace(confirm=step.confirm)

    def _at(self, kind: str, spots: Iterable[Spot]) -> list[int]:
        """The edges of a kind that rest on the server or route of a place."""
        places = {(id(spot.resource), spot.path[:3]) for spot in spots}
        return [
            at
            for at, edge in enumerate(self.edges)
            if edge.kind == kind and (id(edge.spots[0].resource), edge.spots[0].path[:3]) in places
        ]

    def _mark(self, at: int, step: Step, origin: str, verdict: Verdict) -> None:
        edge = self.edges[at]
        if edge.verdict != "ok" or edge.detail.endswith(")"):
            return
        self.edges[at] = _with(edge, step, origin, verdict)


def _with(edge: Edge, step: Step, origin: str, verdict: Verdict) -> Edge:
    spots = (*step.sources, *(spot for spot in edge.spots if spot not in step.sources))
    return edge._replace(
        verdict=verdict,
        code=step.code if verdict == "broken" else "",
        detail=f"{step.detail} (asked by {origin})",
        spots=spots,
        confirm=step.confirm,
    )


def _cluster(branch: Branch) -> str:
    """The cluster a branch came to, "" if it did not come so far."""
    names = [step.name for step in branch.steps if step.stage in ("CDS", "EDS")]
    return next((name for name in names if name.startswith("outbound|")), "")
