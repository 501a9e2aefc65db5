"""Hits: where routes lead, once for every different cluster that some client gets.

In: the mesh. Out: each destination of each route with the client that takes it and the state of its
cluster. The rules about subsets, hosts and ports judge these, so they agree with each other and with
a trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.graph import Mesh
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.uses import Use
from meshlint.mesh.virtual_services import Destination, Route, VirtualService
from meshlint.text.finding import Effect


class Hit(NamedTuple):
    """A destination that leads to a cluster: by which route, and as which client."""

    virtual: VirtualService
    route: Route
    target: Destination
    use: Use

    @property
    def cluster(self) -> ClusterState:
        """The cluster it leads to."""
        return self.use.cluster


def hits(mesh: Mesh, subsets: bool = False) -> Iterator[Hit]:
    """Every destination, once per cluster that some client gets; `subsets`: those with a subset only.

    A delegate that no root of the input names is judged as a sidecar of its namespace would see it.
    """
    named = {id(one.target) for virtual in mesh.virtual_services for one in virtual.delegations}
    for virtual in mesh.virtual_services:
        if virtual.is_delegate and id(virtual.resource) in named:
            continue
        for route, target in virtual.targets():
            if target.subset or not subsets:
                uses = _alone(mesh, target) if virtual.is_delegate else mesh.uses(virtual, route, target)
                for use in uses:
                    yield Hit(virtual, route, target, use)


def _alone(mesh: Mesh, target: Destination) -> Iterator[Use]:
    client = sidecar_client(target.resource.namespace)
    service = mesh.resolve_host(target.written, target.resource.namespace).service
    port = target.port or next(iter(service.by_number), 0) if service else 0
    yield Use(client, None, mesh.cluster(client, target.host, port, target.subset))


def share_label(hit: Hit) -> str:
    """`100 % of http route 1 goes to it`."""
    what = f"{hit.target.share:g} % of {hit.route.label()}"
    return f"a copy of {what} goes to it" if hit.target.mirror else f"{what} goes to it"


def absent(hit: Hit) -> Effect:
    """What a route to a cluster that does not exist does."""
    name = hit.cluster.name
    if hit.target.mirror:
        return Effect(f"cluster {name} does not exist: the mirrored requests are lost", name, "NC")
    text = f"cluster {name} does not exist: {hit.target.share:g} % of {hit.route.label()} fails"
    return Effect(text, name, "NC", "503 with an empty body")


def harmless(hit: Hit) -> bool:
    """True if no answer depends on it: a mirror, or a weight of 0 beside others."""
    return hit.target.mirror or not hit.target.share
