"""Upstream: from a cluster's name to pods: does it exist, what is in it, where the connections go.

In: targets of a route or chain and a Way. Out: Branches, one per group of pods that answer alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from meshlint.kube.fields import text
from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address as Written
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.endpoints import EndpointSet
from meshlint.mesh.envoy import UNKNOWN_SERVICE, Target
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import MeshService
from meshlint.mesh.steps import Branch, Spot, Step, Verdict, broken
from meshlint.mesh.trace import evidence
from meshlint.mesh.trace.dns import Address
from meshlint.mesh.trace.failing import absent, emptiness, unknown_pods
from meshlint.mesh.trace.way import Sender, Way

if TYPE_CHECKING:
    from meshlint.mesh.trace.tracer import Tracer


def share_out(
    tracer: Tracer, sender: Sender, way: Way, targets: Iterable[Target], address: Address | None
) -> list[Branch]:
    """A branch (or more) per target."""
    return [
        branch
        for target in targets
        for branch in _to_cluster(tracer, sender, way.part(target.share), target, address)
    ]


def _to_cluster(
    tracer: Tracer, sender: Sender, way: Way, target: Target, address: Address | None
) -> list[Branch]:
    written = target.destination
    spots = () if written is None else (Spot(written.resource, written.path),)
    if target.cluster == UNKNOWN_SERVICE:
        return way.end(_no_backend(tracer, way, target))
    state = tracer.mesh.cluster(sender.client, target.host, target.port, target.subset)
    confirm = evidence.clusters(sender, target.host, target.port, target.subset)
    if state.state == "ABSENT":
        what, more = absent(tracer.mesh, sender.client, state, written)
        http = "500" if _api(way) and state.code == "CDS-NOSVC" else ""
        step = broken(state.code, target.cluster, what, (*spots, *more), confirm, http=http, tcp=_is_tcp(way))
        return way.end(step)
    if state.state == "UNKNOWN":
        return way.end(Step("CDS", target.cluster, "UNKNOWN", "", state.why, spots, None, confirm))
    notes = tuple(_rule_notes(state))
    step = Step(
        "CDS", target.cluster, "OK", "", _kind(state), (*spots, *_rule_spots(state)), None, confirm, notes
    )
    way = way.plus(step)
    if state.kind == "ORIGINAL_DST":
        return _as_asked(tracer, sender, way, state, address)
    return _to_endpoints(tracer, sender, way, state)


def _no_backend(tracer: Tracer, way: Way, target: Target) -> Step:
    """A backend that is not there or not granted, as far as the input shows its namespace."""
    written = target.destination
    assert written is not None
    spots = (Spot(written.resource, written.path),)
    owner = text(written.resource.get(*written.path, "namespace")) or written.resource.namespace
    if not tracer.mesh.closed(owner):
        what = f"a Service and a ReferenceGrant of namespace {owner} would be outside the input"
        return Step("CDS", target.cluster, "UNKNOWN", "", what, spots)
    what = "the backend is no Service that the route may use"
    return broken("CDS-NOSVC", target.cluster, what, spots, http="500", tcp=not way.request.http)


def _api(way: Way) -> bool:
    """True if a route of the Gateway API decided last."""
    spots = [spot for step in way.steps if step.stage == "RDS" for spot in step.sources]
    return bool(spots) and spots[-1].resource.kind in ("HTTPRoute", "GRPCRoute")


def _is_tcp(way: Way) -> bool:
    return way.opaque or not way.request.http


def _kind(state: ClusterState) -> str:
    return {
        "EDS": "endpoints from the registry",
        "STRICT_DNS": "endpoints by DNS",
        "LOGICAL_DNS": "endpoints by DNS",
        "DYNAMIC_FORWARD_PROXY": "the host of each request, by DNS",
        "ORIGINAL_DST": "the address the client asked for",
    }.get(state.kind, state.kind)


def _rule_spots(state: ClusterState) -> tuple[Spot, ...]:
    effective = state.effective
    if effective is None:
        return ()
    subset = effective.subsets.get(state.subset)
    if subset is not None:
        return (Spot(subset.resource, subset.path, f"defines {subset.name}"),)
    return tuple(Spot(rule, ("spec", "host")) for rule in effective.sources[:1])


def _rule_notes(state: ClusterState) -> Iterable[str]:
    if state.effective is None:
        return
    for rule in state.effective.sources:
        yield f"{rule.label()} is in effect"


# ------------------------------------------------------------------------------------------- endpoints


def _to_endpoints(tracer: Tracer, sender: Sender, way: Way, state: ClusterState) -> list[Branch]:
    confirm = evidence.endpoints(sender, state.name)
    found = state.endpoints
    assert found is not None
    if found.verdict == "EMPTY":
        what, spots = emptiness(state.service, found, state.port, state.effective, state.subset)
        return way.end(broken("EDS-EMPTY", state.name, what, spots, confirm, tcp=_is_tcp(way)))
    if found.verdict == "UNKNOWN":
        what, spots = unknown_pods(tracer.mesh, state.service, found)
        return way.end(Step("EDS", state.name, "UNKNOWN", "", what, spots, None, confirm))
    return _into_pods(tracer, sender, way, state.service, state.port, found, state)


def _into_pods(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    service: MeshService | None,
    number: int,
    found: EndpointSet,
    state: ClusterState | None,
) -> list[Branch]:
    """Each group of pods that give the same answer is a branch."""
    port = service.by_number.get(number) if service is not None else None
    lines: list[tuple[int, list[Workload], list[Branch]]] = []
    for workload in found.workloads:
        if workload.replicas.none():
            continue
        branches = _into(tracer, sender, way, workload, port, number, state)
        weight = max(workload.replicas.low, 1)
        same = next((one for one in lines if _alike(one[2], branches)), None)
        if same is None:
            lines.append((weight, [workload], branches))
        else:
            lines[lines.index(same)] = (same[0] + weight, [*same[1], workload], same[2])
    if found.addresses or not lines:
        step = _address_step(found.addresses, service, state)
        ends = tracer.meet_address(sender, way.plus(step), found.addresses, service, port, state)
        lines.append((max(len(found.addresses), 1), [], ends))
    total = sum(weight for weight, _, _ in lines)
    return [
        branch._replace(share=branch.share * weight / total, steps=_merged(branch, workloads, port, number))
        for weight, workloads, branches in lines
        for branch in branches
    ]


def _alike(first: Sequence[Branch], second: Sequence[Branch]) -> bool:
    return [_outcome(one) for one in first] == [_outcome(one) for one in second]


def _outcome(branch: Branch) -> object:
    return [(step.stage, step.verdict, step.code) for step in branch.steps], branch.share


def _into(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    workload: Workload,
    port: ServicePort | None,
    number: int,
    state: ClusterState | None,
) -> list[Branch]:
    target = target_number(workload, port, number)
    return tracer.meet(sender, way.plus(_pod_step([workload], port, number)), workload, port, target, state)


def target_number(workload: Workload, port: ServicePort | None, number: int) -> int:
    """The container port behind a service port."""
    written = port.target if port is not None else None
    if isinstance(written, str):
        named = workload.port_named(written, port.transport if port is not None else "TCP")
        return (named.number or 0) if named is not None else 0
    return number if written is None else written


def _pod_step(workloads: Sequence[Workload], port: ServicePort | None, number: int) -> Step:
    first = workloads[0]
    target = target_number(first, port, number)
    names = ", ".join(one.label() for one in workloads)
    counts = ", ".join(one.replicas.label() for one in workloads)
    verdict, code, notes = _listened(first, target)
    spots = tuple(Spot(one.template, one.labels_path) for one in workloads[:3])
    detail = f"{counts} pod{'' if counts == '1' else 's'}, readiness not known"
    step = Step("EDS", f"{names}:{target}", verdict, code, detail, spots)
    return step._replace(detail=notes) if notes else step


def _listened(workload: Workload, target: int) -> tuple[Verdict, str, str]:
    """UNKNOWN if the containers declare ports and this is none of them; none declared says nothing."""
    declared = [port.number for port in workload.ports if port.protocol == "TCP"]
    if not declared or target in declared:
        return "OK", "", ""
    numbers = ", ".join(str(number) for number in declared)
    return (
        "UNKNOWN",
        "EDS-PORT",
        f"no container declares port {target} (declared: {numbers}); if none listens: 503 UF",
    )


def _merged(
    branch: Branch, workloads: list[Workload], port: ServicePort | None, number: int
) -> tuple[Step, ...]:
    """The branch's steps, with the pods of every workload that answers alike."""
    if len(workloads) < 2:
        return branch.steps
    at = next(index for index, step in enumerate(branch.steps) if step.name.startswith(workloads[0].label()))
    return (*branch.steps[:at], _pod_step(workloads, port, number), *branch.steps[at + 1 :])


def _address_step(
    addresses: Sequence[Written], service: MeshService | None, state: ClusterState | None
) -> Step:
    if addresses:
        names = ", ".join(one.address for one in addresses[:3])
        more = f" and {len(addresses) - 3} more" if len(addresses) > 3 else ""
        spots = tuple(Spot(one.resource, one.path) for one in addresses[:3])
        return Step("EDS", f"{names}{more}", detail="written addresses", sources=spots)
    name = service.host if service is not None else "the address"
    name = state.host if state is not None else name
    return Step("EDS", name, detail="whatever DNS answers", sources=())


# ---------------------------------------------------------------------------------- without a choice


def _as_asked(
    tracer: Tracer, sender: Sender, way: Way, state: ClusterState, address: Address | None
) -> list[Branch]:
    """An ORIGINAL_DST cluster: the address the application asked for, whatever the subset."""
    service = address.service if address is not None else None
    if service is None or not service.kubernetes:
        name = address.host if address is not None else state.host
        return way.end(Step("EDS", name, detail="no choice of endpoints: the address itself"))
    note = "no choice of endpoints: subset labels have no effect" if state.subset else ""
    if note:
        way = way.plus(Step("EDS", state.name, "OK", "", note))
    return to_pods(tracer, sender, way, service, way.request.port, state)


def to_pods(
    tracer: Tracer,
    sender: Sender,
    way: Way,
    service: MeshService,
    number: int,
    state: ClusterState | None = None,
) -> list[Branch]:
    """Straight to a Service's pods, by the address the application has; `state` is the cluster, if any."""
    found = tracer.mesh.endpoints(service, number)
    name = f"{service.host}:{number}"
    if found.verdict == "EMPTY":
        what, spots = emptiness(service, found, number, None, "")
        step = broken("EDS-EMPTY", name, what, spots, tcp=True)
        assert step.symptom is not None
        return way.end(step._replace(symptom=step.symptom._replace(http="connection refused", flag="")))
    if found.verdict == "UNKNOWN":
        what, spots = unknown_pods(tracer.mesh, service, found)
        return way.end(Step("EDS", name, "UNKNOWN", "", what, spots))
    return _into_pods(tracer, sender, way, service, number, found, state)
