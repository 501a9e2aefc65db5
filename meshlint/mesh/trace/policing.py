"""Policing: the steps AuthorizationPolicies and RequestAuthentications add at a pod's proxy.

In: who sends, what the proxy reads, the pods. Out: POLICY steps; a refusal is the last of a walk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshlint.kube.workload import Workload
from meshlint.mesh.authorization import Attempt, Ruling
from meshlint.mesh.steps import Spot, Step, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.way import Sender, Way, pod_of

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer


def police(tracer: Tracer, way: Way, workload: Workload, port: int, identity: str) -> list[Step]:
    """The rulings at a workload's proxy; `identity` is that of the caller's certificate."""
    attempt = Attempt(way.request, not way.opaque, port, identity, sample=tracer.sampling)
    confirm = evidence.policies(pod_of(workload))
    rulings = tracer.policies.rule(workload.namespace, workload.labels, attempt)
    steps = [_step(ruling, confirm, tcp=way.opaque) for ruling in rulings]
    if tracer.sampling:  # what depends on the request is no matter of its route
        steps = [step._replace(verdict="OK") if step.verdict == "UNKNOWN" else step for step in steps]
    return steps


def caller(sender: Sender, *, mutual: bool) -> str:
    """The identity a server sees: there is none without mTLS."""
    return sender.identity if mutual else ""


def _step(ruling: Ruling, confirm: str, *, tcp: bool) -> Step:
    resource = ruling.resource
    name = resource.label() if resource is not None else "AuthorizationPolicy"
    spots = () if resource is None else (Spot(resource, ruling.path),)
    if ruling.allowed is False:
        step = broken(ruling.code, name, ruling.why, spots, confirm, tcp=tcp)
        return step if ruling.code != "POL-401" else _refused_token(step)
    verdict = "OK" if ruling.allowed else "UNKNOWN"
    return Step("POLICY", name, "OK" if verdict == "OK" else "UNKNOWN", "", ruling.why, spots, None, confirm)


def _refused_token(step: Step) -> Step:
    """The body says what is wrong with the token."""
    assert step.symptom is not None
    body = "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"
    if "issuer" in step.detail:
        body = "Jwt issuer is not configured"
    return step._replace(symptom=step.symptom._replace(body=body))
