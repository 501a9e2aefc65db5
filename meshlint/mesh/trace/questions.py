"""Questions: every route of a world, each asked by the clients that can get different answers.

In: a Tracer. Out: Traces: of every server, host and route of every gateway, of every route and Service
port of every kind of client in the mesh, of what is bound to nothing.
"""

from __future__ import annotations

from meshlint.mesh.steps import Branch, Step, Trace
from meshlint.mesh.trace.gateway_questions import of_gateways
from meshlint.mesh.trace.mesh_questions import of_mesh
from meshlint.mesh.trace.tracer import Tracer

_DENIED = "POL-403"


def every_trace(tracer: Tracer) -> list[Trace]:
    """Requests from outside first, then those inside the mesh.

    A client that a policy keeps out is no fault as long as the policy lets another one in.
    """
    tracer.sampling = True
    try:
        found = [*of_gateways(tracer), *of_mesh(tracer)]
    finally:
        tracer.sampling = False
    admitted = {_asked(trace) for trace in found if not _denied(trace)}
    return [_kept_out(trace) if _asked(trace) in admitted else trace for trace in found]


def _asked(trace: Trace) -> object:
    """What tells requests to different routes apart."""
    routes = tuple(step.name for step in trace.branches[0].steps if step.stage == "RDS")
    return trace.request, routes


def _denied(trace: Trace) -> bool:
    return any(step.code == _DENIED for step in trace.breaks())


def _kept_out(trace: Trace) -> Trace:
    """The trace of a client that is kept out on purpose."""
    if not _denied(trace):
        return trace
    return trace._replace(branches=tuple(map(_on_purpose, trace.branches)))


def _on_purpose(branch: Branch) -> Branch:
    return branch._replace(steps=tuple(map(_refusal, branch.steps)))


def _refusal(step: Step) -> Step:
    if step.code != _DENIED:
        return step
    what = f"this client is kept out, others are not: {step.detail}"
    return step._replace(verdict="OK", code="", detail=what, symptom=None)
