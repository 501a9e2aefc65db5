"""Services: selectors pick pod templates, target ports pick container ports, port names declare protocols.

The mesh fact guarded here: endpoints are the pods whose template labels hold the selector and that
declare the named target port; what a port speaks is read from its name or appProtocol only.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.kinds import SERVICE
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import NearMiss, missing, selects
from meshlint.kube.workload import Workload
from meshlint.mesh.clusters import cluster_name
from meshlint.mesh.endpoints import EndpointSet
from meshlint.mesh.graph import Mesh
from meshlint.mesh.port import UNDECLARED, ServicePort, parse
from meshlint.mesh.registry import ALIAS, MeshService
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_GATEWAY_LABELS = ("istio.io/gateway-name", "gateway.networking.k8s.io/gateway-name")


def _service(resource: Resource, mesh: Mesh) -> MeshService | None:
    return mesh.service_of(resource)


def _pairs(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())


def _empty(service: MeshService, port: ServicePort | None) -> Effect:
    number = port.number if port else next(iter(service.by_number), 0)
    name = cluster_name(number, "", service.host)
    return Effect(f"cluster {name} has no endpoints", name, "UH", '503 "no healthy upstream"')


@rule(
    "SVC001",
    "selector-matches-no-workload",
    "A Service whose selector matches no pod template of its namespace.",
    kinds=(SERVICE,),
    tags=("service", "selector", "outage"),
)
def selector_matches_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """An error with a near miss or a route to it; without both the pods may come from elsewhere."""
    mesh = context.mesh
    service = _service(resource, mesh)
    if service is None or not service.selector or service.resolution == ALIAS:
        return
    found = mesh.endpoints(service)
    if found.verdict != "EMPTY" or found.reason not in ("selector", "transient"):
        return
    steady = [one for one in mesh.pods.in_namespace(service.namespace) if not one.transient]
    if not steady and not _complete(mesh, service.namespace):
        return
    yield _selects_nothing(mesh, service, found)


def _complete(mesh: Mesh, namespace: str) -> bool:
    """True if the user says that everything of the namespace is in the input."""
    settings = mesh.settings
    return settings.closed_world or namespace in settings.closed_namespaces


def _selects_nothing(mesh: Mesh, service: MeshService, found: EndpointSet) -> Finding:
    miss = found.near[0] if found.near else _by_metadata(mesh, service)
    selector = service.selector or {}
    certain = miss is not None or bool(mesh.membership(service))
    return selector_matches_no_workload.finding(
        f"selector {_pairs(selector)} of {service.label()} matches no pod template{_why(miss, found)}",
        Place(service.resource, ("spec", "selector"), "selects no pod"),
        *_near_places(miss),
        severity="error" if certain else "note",
        effect=_empty(service, None),
        hint=_selector_hint(miss),
        notes=_metadata_note(miss),
        key="selector",
    )


def _by_metadata(mesh: Mesh, service: MeshService) -> NearMiss[Workload] | None:
    """The workload that was meant: its own labels fit the selector, or it has the Service's name."""
    selector = service.selector or {}
    pods = [one for one in mesh.pods.in_namespace(service.namespace) if not one.transient]
    for fits in (
        [one for one in pods if selects(selector, one.resource.labels)],
        [one for one in pods if one.name == service.name],
    ):
        if fits:
            return NearMiss(fits[0], missing(selector, fits[0].labels))
    return None


def _why(miss: NearMiss[Workload] | None, found: EndpointSet) -> str:
    if found.reason == "transient":
        return " that lasts, only hook pods"
    if miss is None:
        return f" of namespace {found.selected[0].namespace}" if found.selected else " of its namespace"
    want = miss.wants[0]
    if want.actual is None:
        return f": the pods of {miss.subject.label()} have no label `{want.key}`"
    return f": the pods of {miss.subject.label()} have `{want.key}={want.actual}`"


def _near_places(miss: NearMiss[Workload] | None) -> list[Place]:
    if miss is None:
        return []
    path = (*miss.subject.labels_path, miss.wants[0].key)
    return [Place(miss.subject.template, path, "the nearest pods get their labels here", "cause")]


def _selector_hint(miss: NearMiss[Workload] | None) -> str:
    if miss is None:
        return "correct the selector, or add the workload it is meant for"
    want = miss.wants[0]
    if want.actual is None:
        return f"add `{want.key}: {want.wanted}` to the pod template labels of {miss.subject.label()}"
    return f"write `{want.key}: {want.actual}` in the selector, or change the pod template label"


def _metadata_note(miss: NearMiss[Workload] | None) -> Iterator[str]:
    """The classic: the label stands on the Deployment and not on its pods."""
    if miss is None:
        return
    own = miss.subject.resource.labels
    for want in miss.wants:
        if own.get(want.key) == want.wanted:
            yield (
                f"{miss.subject.label()} has {want.key}={want.wanted} on its own metadata, "
                "where no Service looks"
            )


@rule(
    "SVC002",
    "target-port-name-unknown",
    "A targetPort name that no container of the selected pods declares.",
    precision="very-high",
    kinds=(SERVICE,),
    peers=("KIA0701",),
    tags=("service", "port", "outage"),
)
def target_port_name_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """A pod without the named port is no endpoint for it; with none left the cluster is empty."""
    mesh = context.mesh
    service = _service(resource, mesh)
    for port in service.ports if service else ():
        if not isinstance(port.target, str) or service is None:
            continue
        found = mesh.endpoints(service, port.number)
        lacking = [one for one in _steady(found) if one.port_named(port.target, port.transport) is None]
        if lacking:
            yield _no_such_name(service, port, lacking, all_lack=found.reason == "target-port")


def _steady(found: EndpointSet) -> list[Workload]:
    return [workload for workload in found.selected if not workload.transient]


def _no_such_name(
    service: MeshService, port: ServicePort, lacking: list[Workload], all_lack: bool
) -> Finding:
    workload = lacking[0]
    names = [declared.name for declared in workload.ports if declared.name]
    near = _near(str(port.target), names)
    declared = f"declares {', '.join(f'`{name}`' for name in names)}" if names else "declares no named port"
    effect = _empty(service, port) if all_lack else Effect(f"the pods of {workload.label()} get no requests")
    return target_port_name_unknown.finding(
        f"targetPort `{port.target}` of {service.label()} is no container port of {workload.label()}, "
        f"which {declared}",
        Place(service.resource, (*port.path, "targetPort"), "no container port has this name"),
        Place(workload.template, _ports_path(workload), declared, "cause"),
        severity=None if all_lack else "warning",
        effect=effect,
        hint=f"write `targetPort: {near}`" if near else f"name a container port `{port.target}`",
        key=f"{port.number}",
    )


def _ports_path(workload: Workload) -> tuple[str | int, ...]:
    for container in workload.containers:
        if container.restarts and container.ports:
            return (*container.path, "ports")
    return (*workload.pod_path, "containers")


@rule(
    "SVC012",
    "target-port-not-declared",
    "A numeric targetPort that no container of the selected pods declares.",
    severity="warning",
    precision="medium",
    kinds=(SERVICE,),
    peers=("KIA0701",),
    tags=("service", "port"),
)
def target_port_not_declared(resource: Resource, context: Context) -> Iterator[Finding]:
    """Declaring a container port is optional, so this is a doubt: only pods that declare some are judged."""
    mesh = context.mesh
    service = _service(resource, mesh)
    if _is_control_plane(resource) or resource.namespace == mesh.settings.root_namespace:
        return
    for port in service.ports if service else ():
        target = port.number if port.target is None else port.target
        if service is None or isinstance(target, str):
            continue
        for workload in _steady(mesh.endpoints(service, port.number)):
            declared = {each.number for each in workload.ports if each.protocol == port.transport}
            if declared and target not in declared:
                yield _not_declared(service, port, target, workload, declared)
                break


def _not_declared(
    service: MeshService, port: ServicePort, target: int, workload: Workload, declared: set[int | None]
) -> Finding:
    numbers = ", ".join(str(number) for number in sorted(number for number in declared if number))
    name = cluster_name(port.number, "", service.host)
    field = "port" if port.target is None else "targetPort"
    return target_port_not_declared.finding(
        f"{field} {target} of {service.label()} is no container port of {workload.label()}, "
        f"which declares {numbers}",
        Place(service.resource, (*port.path, field), f"the pods declare {numbers}"),
        Place(workload.template, _ports_path(workload), f"declares {numbers}", "cause"),
        effect=Effect(
            f"cluster {name} refuses connections if nothing listens on {target}",
            name,
            "UF",
            '503 "connection refused"',
        ),
        hint=f"write `targetPort: {numbers}`" if len(declared) == 1 else f"use one of the ports {numbers}",
        key=f"{port.number}",
    )


@rule(
    "SVC003",
    "port-protocol-undeclared",
    "A port of a mesh Service whose name or appProtocol is no protocol Istio knows.",
    severity="warning",
    kinds=(SERVICE,),
    peers=("IST0118", "KIA0601", "KIA0602"),
    tags=("service", "port", "protocol"),
)
def port_protocol_undeclared(resource: Resource, context: Context) -> Iterator[Finding]:
    """Speaks up for mesh members; elsewhere, and for unnamed ports, only when asked for low precision."""
    service = _service(resource, context.mesh)
    if service is None or service.resolution == ALIAS or _is_control_plane(resource):
        return
    member = context.mesh.membership(service)
    for port in service.ports:
        if port.protocol == UNDECLARED:
            yield _undeclared(service, port, member)


def _is_control_plane(resource: Resource) -> bool:
    """Istio's own Services and those it generates for gateways."""
    labels = resource.labels
    managed = labels.get("gateway.istio.io/managed", "")
    return (
        "istio" in labels
        or labels.get("release") == "istio"
        or managed.startswith("istio.io-")
        or any(key in labels for key in _GATEWAY_LABELS)
    )


def _undeclared(service: MeshService, port: ServicePort, member: str) -> Finding:
    written = _app_protocol(service.resource, port)
    field = "appProtocol" if written is not None else "name"
    value = port.name if written is None else written
    unnamed = field == "name" and not value
    what = (
        f"port {port.number} of {service.label()} has no name"
        if unnamed
        else (
            f"{field} `{value}` of port {port.number} of {service.label()} declares no protocol Istio knows"
        )
    )
    peers: tuple[str, ...] = ("IST0118", "KIA0602") if field == "appProtocol" else ("IST0118", "KIA0601")
    if "kiali_wizard" in service.resource.labels:
        peers = peers[:1]  # Kiali leaves the Services of its own wizard alone
    return port_protocol_undeclared.finding(
        what,
        Place(service.resource, (*port.path, field) if not unnamed else port.path, "protocol is guessed"),
        severity="warning" if member and not unnamed else "note",
        precision="high" if member and not unnamed else "low",
        effect=Effect(
            "Istio sniffs the protocol of every connection; gateways speak HTTP/1.1 to it, and "
            "connections where the server speaks first hang"
        ),
        hint=_protocol_hint(field, value, port),
        notes=[f"counts as a member of the mesh: {member}"] if member else [],
        key=f"{port.number}",
        peers=peers,
    )


def _app_protocol(resource: Resource, port: ServicePort) -> str | None:
    """The port's appProtocol as written, None if there is none."""
    written = resource.get(*port.path, "appProtocol")
    return None if written is None else str(written)


def _protocol_hint(field: str, value: str, port: ServicePort) -> str:
    """`query-http` was meant as `http-query`; everything else gets the pattern."""
    words = [word for word in value.replace("_", "-").split("-") if word]
    protocol = next((word for word in words if parse(word)), "")
    if field == "appProtocol":
        return "use a protocol Istio knows: http, http2, grpc, https, tls, tcp, kubernetes.io/h2c"
    if protocol:
        rest = "-".join(word for word in words if word != protocol)
        return f"write `name: {protocol.lower()}{'-' + rest if rest else ''}`"
    glued = next(
        (each for each in ("grpc", "https", "http2", "http", "tcp") if value.lower().startswith(each)), ""
    )
    if glued:
        return f"write `name: {glued}-{value[len(glued) :].lstrip('-_')}`"
    return f"begin the name with its protocol, such as `http-{value or port.number}`, or set `appProtocol`"


@rule(
    "SVC006",
    "external-name-port-undeclared",
    "A port of an ExternalName Service without a protocol that Istio knows.",
    severity="warning",
    precision="medium",
    kinds=(SERVICE,),
    peers=("IST0150",),
    tags=("service", "port", "protocol"),
)
def external_name_port_undeclared(resource: Resource, context: Context) -> Iterator[Finding]:
    """Older Istio builds a listener for it that takes the port for the whole mesh."""
    service = _service(resource, context.mesh)
    if service is None or service.resolution != ALIAS or _is_control_plane(resource):
        return
    for port in service.ports:
        if port.protocol == UNDECLARED or port.name == "tcp":
            yield external_name_port_undeclared.finding(
                f"port {port.number} of {service.label()}, an ExternalName, declares no usable protocol",
                Place(resource, port.path, "no protocol"),
                effect=Effect(f"Istio before 1.22 may take port {port.number} of every host for it"),
                hint="remove the port, or name it after its protocol, such as `tls-external`",
                key=f"{port.number}",
            )


@rule(
    "SVC008",
    "service-app-label",
    "A mesh Service without the `app` label, or with one that differs from its name.",
    severity="note",
    kinds=(SERVICE,),
    tags=("service", "telemetry"),
)
def service_app_label(resource: Resource, context: Context) -> Iterator[Finding]:
    """Kiali and dashboards join Services and workloads by `app`; app.kubernetes.io/name counts as well."""
    service = _service(resource, context.mesh)
    if service is None or not context.mesh.membership(service) or _is_control_plane(resource):
        return
    labels = resource.labels
    app = labels.get("app") or labels.get("app.kubernetes.io/name")
    if app == resource.name or (app and "app" not in labels):
        return
    path = ("metadata", "labels", "app") if "app" in labels else ("metadata", "labels")
    what = f"has `app={app}`, not its own name" if app else "has no `app` label"
    yield service_app_label.finding(
        f"{service.label()} {what}",
        Place(resource, path, "dashboards join by this label"),
        precision="medium" if app else None,
        hint=f"set the label `app: {resource.name}`",
        key="app",
    )


def _near(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    if len(names) == 1:
        return names[0]
    found = get_close_matches(name, names, n=1, cutoff=0.5)
    return found[0] if found else ""


RULES: tuple[Rule, ...] = (
    selector_matches_no_workload,
    target_port_name_unknown,
    target_port_not_declared,
    port_protocol_undeclared,
    external_name_port_undeclared,
    service_app_label,
)
