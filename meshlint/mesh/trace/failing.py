"""Failing: why a cluster is absent or empty, in words that name the object and the place.

In: a ClusterState, an EndpointSet. Out: a clause and the places it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.resource import Resource
from meshlint.kube.selectors import Want
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.destination_rules import Effective
from meshlint.mesh.endpoints import EndpointSet
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import partial_parts, service_parts
from meshlint.mesh.registry import MeshService
from meshlint.mesh.scope import Client
from meshlint.mesh.steps import Spot
from meshlint.mesh.virtual_services import Destination

Told = tuple[str, tuple[Spot, ...]]
_HIDDEN = {
    "client-namespace": "a rule of the client's namespace is found first",
    "service-namespace": "a rule of the service's namespace is found first",
    "less-specific": "a rule with a more specific host is found first",
    "not-exported": "it is not exported to the client's namespace",
    "never-read": "its namespace is neither the client's, the service's nor the root namespace",
    "selector": "its workloadSelector does not match the client",
    "merged": "it was merged into a rule this client does not get",
    "other-rule": "another rule for the host is taken",
}


def absent(mesh: Mesh, client: Client, state: ClusterState, written: Destination | None) -> Told:
    """Why a cluster does not exist."""
    if state.code == "CDS-NOSUBSET":
        return _no_subset(mesh, state)
    if state.code == "CDS-NOPORT" and state.service is not None:
        spot = Spot(state.service.resource, ("spec", "ports"), "its ports")
        return state.why, (spot,)
    if state.code != "CDS-NOSVC":
        spots = () if state.service is None else (Spot(state.service.resource, state.service.path),)
        return state.why, spots
    resolution = state.resolution
    if resolution.why == "partial-name":
        meant = resolution.services[0] if resolution.services else None
        hint = f"; write `{meant.host}`" if meant is not None else ""
        return f"Istio does not complete `{state.host}`, a name with a dot{hint}", ()
    if resolution.why == "not-visible" and resolution.services:
        hidden = resolution.services[0]
        what = f"{hidden.label()} is not exported to namespace {client.namespace}"
        return what, (Spot(hidden.resource, ("metadata",)),)
    if state.resolution.state == "FOUND" and resolution.services and resolution.why == "service":
        source = mesh.scope(client).source
        spots = () if source is None else (Spot(source, ("spec", "egress")),)
        label = source.label() if source is not None else "the client"
        return f"{label} does not import {resolution.services[0].label()}", spots
    near = next(iter(resolution.near), None)
    name = near.host if near is not None and near.namespace != _owner(written) else near.name if near else ""
    return state.why + (f"; did you mean `{name}`?" if name else ""), ()


def _owner(written: Destination | None) -> str:
    return written.resource.namespace if written is not None else ""


def _no_subset(mesh: Mesh, state: ClusterState) -> Told:
    effective = state.effective
    assert effective is not None
    for hidden in effective.hidden:
        subset = next((one for one in hidden.rule.subsets if one.name == state.subset), None)
        if subset is not None:
            label = hidden.rule.resource.label()
            what = f"{label} defines the subset `{state.subset}`, but {_HIDDEN[hidden.reason]}"
            spots = [Spot(subset.resource, subset.path, "does not count here")]
            spots += [Spot(rule, ("spec", "host"), "counts instead") for rule in effective.sources[:1]]
            return what, tuple(spots)
    partial = _partial_rule(mesh, state.host)
    if partial is not None:
        what = f"{partial.label()} has a host with a dot that Istio does not complete; write `{state.host}`"
        return what, (Spot(partial, ("spec", "host")),)
    if not effective.sources:
        return f"no DestinationRule for {state.host} reaches this client", ()
    names = ", ".join(effective.subsets) or "none"
    rule = effective.sources[0]
    what = f"{rule.label()} defines no subset `{state.subset}` (it has: {names})"
    return what, (Spot(rule, ("spec", "subsets")),)


def _partial_rule(mesh: Mesh, host: str) -> Resource | None:
    """A DestinationRule that seems to mean the host and names only a part of it."""
    parts = service_parts(host, mesh.settings.domain)
    for rule in mesh.rules.rules:
        if parts is not None and partial_parts(rule.host, mesh.settings.domain) == parts:
            return rule.resource
    return None


def emptiness(
    service: MeshService | None, found: EndpointSet, number: int, effective: Effective | None, subset: str
) -> Told:
    """Why a cluster has no endpoint."""
    port = service.by_number.get(number) if service is not None else None
    if found.reason == "subset":
        return _no_pod_in_subset(found, effective, subset)
    if found.reason == "replicas":
        workload = found.workloads[0]
        spot = Spot(workload.replicas.resource, workload.replicas.path, "no pod runs")
        return f"{workload.label()} has 0 replicas", (spot,)
    if found.reason == "target-port" and port is not None:
        names = [f"`{one.name}`" for workload in found.selected for one in workload.ports if one.name]
        spots = [Spot(port.resource, (*port.path, "targetPort"), "names no port of the pods")]
        spots += [Spot(one.template, (*one.pod_path, "containers")) for one in found.selected[:2]]
        known = ", ".join(dict.fromkeys(names)) or "none"
        return f"targetPort `{port.target}` is no port name of the pods (named ports: {known})", tuple(spots)
    if found.reason in ("selector", "transient") and service is not None:
        return _no_pod_selected(service, found)
    words = {
        "address": "the endpoints of a STATIC ServiceEntry have to be addresses",
        "not-exported": "a Service exported to nobody (`~`) has no endpoints",
        "no-selector": "nothing in the input supplies addresses",
    }
    spots = [] if service is None else [Spot(service.resource, ("spec",))]
    return words.get(found.reason, "it has no endpoint"), tuple(spots)


def _no_pod_selected(service: MeshService, found: EndpointSet) -> Told:
    pairs = ", ".join(f"{key}={value}" for key, value in (service.selector or {}).items())
    field = "selector" if service.kubernetes else "workloadSelector"
    spots = [Spot(service.resource, ("spec", field), "selects no pod")]
    if found.reason == "transient":
        return f"the selector {pairs} matches hook pods only", tuple(spots)
    near = next(iter(found.near), None)
    if near is None:
        return f"the selector {pairs} matches no pod template", tuple(spots)
    spots.append(Spot(near.subject.template, near.subject.labels_path, "nearest"))
    return (
        f"the selector {pairs} matches no pod template; nearest {_said(near.subject.label(), near.wants)}",
        (*spots,),
    )


def _no_pod_in_subset(found: EndpointSet, effective: Effective | None, subset: str) -> Told:
    chosen = effective.subsets.get(subset) if effective is not None else None
    labels = chosen.labels if chosen is not None else {}
    pairs = ", ".join(f"{key}={value}" for key, value in labels.items())
    spots = []
    if chosen is not None:
        spots.append(Spot(chosen.resource, (*chosen.path, "labels"), f"asks for {pairs}"))
    spots += [
        Spot(miss.subject.template, _label_path(miss.subject.labels_path, miss.wants, miss.subject.labels))
        for miss in found.near[:2]
    ]
    near = next(iter(found.near), None)
    detail = f"; {_said(near.subject.label(), near.wants)}" if near is not None else ""
    return f"no pod has the labels of subset {subset}: {pairs}{detail}", tuple(spots)


def _label_path(
    base: tuple[str | int, ...], wants: tuple[Want, ...], labels: dict[str, str]
) -> tuple[str | int, ...]:
    """The label in the way if it is there, else all of them."""
    key = next((want.key for want in wants), "")
    return (*base, key) if key in labels else base


def _said(label: str, wants: tuple[Want, ...]) -> str:
    return f"{label} has {', '.join(_has(wants))}"


def _has(wants: tuple[Want, ...]) -> Iterator[str]:
    for want in wants:
        yield f"no label {want.key}" if want.actual is None else f"{want.key}={want.actual}"


def unknown_pods(mesh: Mesh, service: MeshService | None, found: EndpointSet) -> Told:
    """Why the endpoints cannot be told."""
    words = {
        "transient": "only Jobs match",
        "no-selector": "the Service has no selector, and no Endpoints are in the input",
        "run-time-labels": "the labels asked for are given at run time",
        "operator": "an operator of the namespace may run the pods",
        "alias": "an ExternalName has no endpoints of its own",
        "workload-group": "machines of a WorkloadGroup may register",
    }
    spots: tuple[Spot, ...] = ()
    if service is not None:
        spots = (Spot(service.resource, ("spec",)),)
        spots += tuple(Spot(one) for one in mesh.pods.operators(service.namespace)[:1])
    return words.get(found.reason, "it cannot be told"), spots
