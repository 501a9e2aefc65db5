"""Endpoint table: the endpoints of a cluster in words, since pods have no addresses before they run.

In: a ClusterState. Out: for each workload and written address what to show, and where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.endpoints import Reason
from meshlint.mesh.gateways import target_port
from meshlint.mesh.port import ServicePort
from meshlint.mesh.steps import Spot

# What stands in place of an address where there is none.
_WORDS: dict[Reason, str] = {
    "": "none",
    "selector": "none: the selector picks no pod",
    "subset": "none: no pod has the labels of the subset",
    "replicas": "none: 0 replicas",
    "target-port": "none: no container declares the targetPort",
    "transient": "unknown: only Jobs or hooks have such pods",
    "no-selector": "unknown: no selector and no EndpointSlice in the input",
    "run-time-labels": "unknown: the labels exist at run time only",
    "operator": "unknown: an operator may run the pods",
    "address": "none: the endpoints of a STATIC entry are no IP addresses",
    "alias": "none: an ExternalName has no endpoints",
    "not-exported": "none: exportTo is ~",
    "workload-group": "unknown: machines of a WorkloadGroup register at run time",
}


def endpoint_cells(state: ClusterState) -> Iterator[tuple[str, bool, list[Spot]]]:
    """(what to show, whether it is an endpoint, where it is written); nothing if Envoy keeps no endpoints."""
    found = state.endpoints
    if found is None or state.service is None:
        return
    port = state.service.by_number.get(state.port)
    for workload in found.workloads:
        shown = f"{pods(workload)}:{endpoint_port(port, state.port, workload)}"
        yield shown, True, [Spot(workload.template, workload.labels_path, "pods")]
    for address in found.addresses:
        yield _written(address, port, state.port), True, [Spot(address.resource, address.path, "endpoint")]
    if found.workloads or found.addresses:
        return
    if found.verdict == "SOME":  # a DNS entry without endpoints: the host itself is resolved
        host = Spot(state.service.resource, state.service.path, "host")
        yield f"{state.service.host}:{endpoint_port(port, state.port, None)}", True, [host]
        return
    words = _WORDS[found.reason]
    if found.verdict == "EMPTY":
        words = words.replace("unknown:", "none:")
    spots = [Spot(one.template, one.labels_path, "nearest pods") for one in found.selected]
    yield words, False, spots


def pods(workload: Workload) -> str:
    """`2 pods of Deployment shop/web`."""
    count = workload.replicas.label()
    return f"{count} {'pod' if count == '1' else 'pods'} of {workload.label()}"


def endpoint_port(port: ServicePort | None, number: int, workload: Workload | None) -> int | str:
    """The port of an endpoint of service port `number`; the name of a targetPort nobody declares."""
    if port is None:
        return number
    target = target_port(port.target, number, workload, port.transport)
    return port.target or number if target is None else target


def _written(address: Address, port: ServicePort | None, number: int) -> str:
    if address.address.startswith("unix:"):
        return address.address
    return f"{address.address}:{address_port(address, port, number)}"


def address_port(address: Address, port: ServicePort | None, number: int) -> int | str:
    """A written endpoint's port: its own of the targetPort's or port's name, else the service port's."""
    if port is None:
        return number
    own = address.ports.get(port.target) if isinstance(port.target, str) else None
    return own or address.ports.get(port.name) or endpoint_port(port, number, None)
