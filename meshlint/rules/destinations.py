"""Destinations: a route's host and port must name a service of the mesh and one of its Service ports.

The mesh fact guarded here: Envoy's cluster is named by port, subset and host. A host Istio does not
know, or a port the service does not have, names a cluster that was never built: 503 NC.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.mesh.clusters import cluster_name
from meshlint.mesh.graph import Mesh
from meshlint.mesh.registry import MeshService
from meshlint.mesh.resolution import HostResolution
from meshlint.mesh.virtual_services import Destination, Route
from meshlint.rules.hits import Hit, absent, harmless, hits, share_label
from meshlint.rules.links import other_release
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place, Severity


def _unknown(mesh: Mesh) -> Iterator[tuple[Route, Destination, HostResolution]]:
    """The destinations whose host is missing."""
    exports = {id(virtual.resource): virtual.export_to for virtual in mesh.virtual_services}
    for route, target in _targets(mesh):
        owner = target.resource.namespace
        meant = mesh.resolve_host(target.written, owner)
        clients = exports.get(id(target.resource), frozenset("*"))
        if meant.service and not clients & {"*", owner} and not _seen(meant.service, clients):
            meant = meant._replace(state="MISSING", why="not-visible")
        if meant.state == "MISSING":
            yield route, target, meant


def _seen(service: MeshService, clients: frozenset[str]) -> bool:
    """True if some namespace the VirtualService is exported to sees the service."""
    return any(service.visible_to(client) for client in clients)


def _elsewhere(meant: HostResolution) -> MeshService | None:
    """The service of that very name in another namespace, for a short host."""
    if "." in meant.host or meant.why != "no-such-service":
        return None
    return next((service for service in meant.near if service.name == meant.host), None)


def _consequence(target: Destination, meant: HostResolution, route: Route) -> Effect:
    return _lost(target, route, cluster_name(target.port or 80, target.subset, meant.fqdn))


def _lost(target: Destination, route: Route, name: str) -> Effect:
    if target.mirror:
        return Effect(f"cluster {name} does not exist: the mirrored requests are lost", name, "NC")
    text = f"cluster {name} does not exist: {target.share:g} % of {route.label()} fails"
    return Effect(text, name, "NC", "503 with an empty body")


def _level(target: Destination) -> Severity | None:
    return "warning" if target.mirror or not target.share else None


@rule(
    "VS002",
    "destination-host-unknown",
    "A destination whose host is no service of the mesh.",
    peers=("IST0101", "KIA1101"),
    tags=("virtual-service", "host", "outage"),
)
def destination_host_unknown(context: Context) -> Iterator[Finding]:
    """Only hosts whose namespace the input shows; others are outside the input and stay quiet."""
    for route, target, meant in _unknown(context.mesh):
        if target.mirror or _elsewhere(meant) is not None:
            continue
        found = _unknown_host(destination_host_unknown, route, target, meant)
        fits = _in_other_release(context, target)
        if fits is not None and context.options.release_name is None:
            continue  # TPL010
        if fits is not None:
            found.notes.append(f"{fits[0].label()} has this host in a release named `{fits[1]}`")
        yield found


def _in_other_release(context: Context, target: Destination) -> tuple[MeshService, str] | None:
    """The Service that would have the host, and the release name it would take."""
    if not context.charts:
        return None
    release = context.charts[0].scenario.release
    return other_release(context.mesh, target.written, target.resource.namespace, release)


@rule(
    "VS021",
    "mirror-host-unknown",
    "A mirror whose host is no service of the mesh: the copies are lost without a trace.",
    severity="warning",
    peers=("IST0101",),
    tags=("virtual-service", "host", "mirror"),
)
def mirror_host_unknown(context: Context) -> Iterator[Finding]:
    """Nothing fails when a mirror has no cluster, so nobody notices."""
    for route, target, meant in _unknown(context.mesh):
        if target.mirror:
            yield _unknown_host(mirror_host_unknown, route, target, meant)


def _unknown_host(record: Rule, route: Route, target: Destination, meant: HostResolution) -> Finding:
    resource = target.resource
    what = "mirrors to" if target.mirror else "routes to"
    return record.finding(
        f"{resource.label()} {what} host `{target.written}`, {_why(meant)}",
        Place(resource, (*target.path, "host"), _says(target, route)),
        *(Place(service.resource, service.path, "nearest service", "candidate") for service in _near(meant)),
        severity=_level(target),
        effect=_consequence(target, meant, route),
        hint=_host_hint(meant),
        key=f"{route.block}/{meant.fqdn}",
        peers=("IST0101",) if meant.why == "partial-name" and meant.services else None,  # Kiali expands it
    )


def _says(target: Destination, route: Route) -> str:
    kind = "a copy of" if target.mirror else f"{target.share:g} % of"
    return f"{kind} {route.label()} goes to it"


def _why(meant: HostResolution) -> str:
    if meant.why == "empty":
        return "which is empty"
    if meant.why == "partial-name":
        return "which Istio does not expand because it has a dot"
    if meant.why == "not-visible":
        return f"which {meant.services[0].label()} does not export to its clients"
    if meant.why == "unknown-host":
        return "which is neither a Service nor a host of a ServiceEntry"
    name, _, rest = meant.fqdn.partition(".")
    return f"but namespace {rest.partition('.')[0]} has no Service `{name}`"


def _near(meant: HostResolution) -> tuple[MeshService, ...]:
    return (meant.services or meant.near)[:1]


def _host_hint(meant: HostResolution) -> str:
    if meant.why == "not-visible":
        return f"add the clients' namespace to exportTo of {meant.services[0].label()}"
    if meant.why == "partial-name":
        full = meant.services[0].host if meant.services else None
        return (
            f"write `host: {full}`" if full else "write the full name, `SERVICE.NAMESPACE.svc.cluster.local`"
        )
    if meant.near:
        nearest = meant.near[0]
        return f"write `host: {nearest.name if '.' not in meant.host else nearest.host}`"
    return "correct the host, or add the Service or a ServiceEntry for it"


@rule(
    "VS005",
    "short-host-in-other-namespace",
    "A short destination host that means a Service of the VirtualService's own namespace, which has none.",
    peers=("IST0101", "KIA1101"),
    tags=("virtual-service", "host", "outage"),
)
def short_host_in_other_namespace(context: Context) -> Iterator[Finding]:
    """Istio appends the namespace of the VirtualService, never that of the Service."""
    for route, target, meant in _unknown(context.mesh):
        service = _elsewhere(meant)
        if service is None or target.mirror:
            continue
        yield short_host_in_other_namespace.finding(
            f"host `{target.written}` of {target.resource.label()} means a Service in namespace "
            f"{target.resource.namespace}, but the Service is in namespace {service.namespace}",
            Place(target.resource, (*target.path, "host"), f"read as {meant.fqdn}"),
            Place(service.resource, ("metadata", "name"), "the only Service of that name", "candidate"),
            severity=_level(target),
            effect=_consequence(target, meant, route),
            hint=f"write `host: {service.host}`",
            key=f"{route.block}/{meant.fqdn}",
        )


@rule(
    "VS034",
    "destination-under-wildcard-entry",
    "A destination that only a wildcard host of a ServiceEntry covers: it has no cluster of its own.",
    severity="warning",
    precision="high",
    tags=("virtual-service", "host", "egress", "outage"),
)
def destination_under_wildcard_entry(context: Context) -> Iterator[Finding]:
    """Destinations are looked up letter by letter; an entry with the very host may be outside the input."""
    for route, target in _targets(context.mesh):
        meant = context.mesh.resolve_host(target.written, target.resource.namespace)
        if meant.why != "wildcard-entry" or target.mirror:
            continue
        entry = meant.services[0]
        yield destination_under_wildcard_entry.finding(
            f"{target.resource.label()} routes to host `{target.written}`, which only `{entry.host}` of "
            f"{entry.label()} covers: a wildcard is a cluster of its own, not one for each name",
            Place(target.resource, (*target.path, "host"), _says(target, route)),
            Place(entry.resource, ("spec", "hosts"), "the wildcard", "definition"),
            effect=_consequence(target, meant, route),
            hint=f"add a ServiceEntry with the host `{meant.fqdn}`",
            key=f"{route.block}/{meant.fqdn}",
        )


@rule(
    "VS003",
    "destination-port-unknown",
    "A destination port that is no port of the Service, often its targetPort.",
    precision="very-high",
    peers=("IST0101",),
    tags=("virtual-service", "port", "outage"),
)
def destination_port_unknown(context: Context) -> Iterator[Finding]:
    """Routes name Service ports; the container's port is the endpoint's business."""
    for route, target in _targets(context.mesh):
        service = context.mesh.resolve_host(target.written, target.resource.namespace).service
        if target.port is not None and service is not None and target.port not in service.by_number:
            yield _wrong_port(route, target, service)


def _targets(mesh: Mesh) -> Iterator[tuple[Route, Destination]]:
    """The destinations of linted VirtualServices, mirrors included, each once."""
    seen = set()
    for virtual in mesh.virtual_services:
        for route, target in virtual.targets():
            key = (id(target.resource), target.path)
            if key not in seen and mesh.is_linted(target.resource):
                seen.add(key)
                yield route, target


def _numbers(service: MeshService) -> str:
    return ", ".join(str(number) for number in service.by_number) or "none"


def _wrong_port(route: Route, target: Destination, service: MeshService) -> Finding:
    meant = next((port for port in service.ports if port.target == target.port), None)
    ports = list(service.by_number)
    why = f": it is the targetPort of port {meant.number}" if meant else ""
    if meant is not None or len(ports) == 1:
        hint = f"write `number: {meant.number if meant else ports[0]}`"
    else:
        hint = f"use one of the ports {_numbers(service)}"
    return destination_port_unknown.finding(
        f"{target.resource.label()} routes to port {target.port} of {service.label()}, "
        f"which has port{'s' if len(ports) > 1 else ''} {_numbers(service)}{why}",
        Place(target.resource, (*target.path, "port", "number"), _says(target, route)),
        Place(service.resource, ("spec", "ports"), f"ports: {_numbers(service)}", "definition"),
        severity=_level(target),
        effect=_lost(target, route, cluster_name(target.port or 0, target.subset, target.host)),
        hint=hint,
        key=f"{target.host}/{target.port}",
    )


@rule(
    "VS004",
    "destination-port-needed",
    "A destination without port where Istio cannot tell which one is meant.",
    peers=("IST0112",),
    tags=("virtual-service", "port", "outage"),
)
def destination_port_needed(context: Context) -> Iterator[Finding]:
    """An error where the port Istio falls back to is none of the Service's; a note where it may be."""
    mesh = context.mesh
    broken = {
        (id(hit.target.resource), hit.target.path): hit
        for hit in hits(mesh)
        if hit.cluster.code == "CDS-NOPORT" and hit.target.port is None and hit.virtual.hosts
    }
    yield from (_needed(hit) for hit in broken.values() if mesh.is_linted(hit.target.resource))
    for _, target in _targets(mesh):
        service = mesh.resolve_host(target.written, target.resource.namespace).service
        told = (id(target.resource), target.path) in broken or target.port is not None
        if service is not None and len(service.ports) > 1 and not told:
            yield _ambiguous(target, service)


def _needed(hit: Hit) -> Finding:
    service = hit.cluster.service
    assert service is not None
    where = "the Gateway's port" if hit.use.client.gateway else "the port the client called"
    return destination_port_needed.finding(
        f"{hit.target.resource.label()} routes to {service.label()} without a port: Istio takes "
        f"{where}, {hit.cluster.port}, and the Service has {_numbers(service)}",
        Place(hit.target.resource, hit.target.path, share_label(hit), on_key=True),
        Place(service.resource, ("spec", "ports"), f"ports: {_numbers(service)}", "definition"),
        severity="warning" if harmless(hit) else None,
        effect=absent(hit),
        hint=f"add `port: {{number: {next(iter(service.by_number), 80)}}}` to the destination",
        key=f"{hit.target.host}",
        peers=destination_port_needed.peers if len(service.ports) > 1 else (),
    )


def _ambiguous(target: Destination, service: MeshService) -> Finding:
    return destination_port_needed.finding(
        f"{target.resource.label()} routes to {service.label()}, which has the ports "
        f"{_numbers(service)}, without naming one",
        Place(target.resource, target.path, "takes the port of the listener", on_key=True),
        Place(service.resource, ("spec", "ports"), f"ports: {_numbers(service)}", "definition"),
        severity="note",
        precision="medium",
        effect=Effect("requests go to the port of the same number as the one the client called"),
        hint="add `port: {number: ...}` to the destination",
        key=f"{target.host}",
    )


RULES: tuple[Rule, ...] = (
    destination_host_unknown,
    destination_port_unknown,
    destination_port_needed,
    short_host_in_other_namespace,
    mirror_host_unknown,
    destination_under_wildcard_entry,
)
