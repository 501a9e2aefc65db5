"""Questions: every route of a world, each asked by the clients that can get different answers.

In: a Tracer. Out: Traces: of every server, host and route of every gateway, of every route and Service
port of every kind of client in the mesh, of what is bound to nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh.steps import Trace
from meshlint.mesh.trace.gateway_questions import of_gateways
from meshlint.mesh.trace.mesh_questions import of_mesh
from meshlint.mesh.trace.tracer import Tracer


def every_trace(tracer: Tracer) -> Iterator[Trace]:
    """Requests from outside first, then those inside the mesh."""
    yield from of_gateways(tracer)
    yield from of_mesh(tracer)
