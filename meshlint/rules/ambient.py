"""Ambient: layer 7 settings take effect only where a waypoint enforces them.

The mesh fact guarded here: ztunnel knows connections, not requests. Policies and routes for requests need
a waypoint, and are attached to it or to a Service that uses it; without one they are lost, or deny.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import text, texts
from meshlint.kube.kinds import (
    AUTHORIZATION_POLICY,
    DESTINATION_RULE,
    REQUEST_AUTHENTICATION,
    VIRTUAL_SERVICE,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.ambient import (
    ambient_namespace,
    asks_for_sidecar,
    captured,
    enrolled,
    http_policy,
    http_routes,
    http_rule,
    http_telemetry,
    is_proxy,
    lacks_waypoint,
    target_services,
)
from meshlint.mesh.graph import Mesh
from meshlint.mesh.inventory import intended_host
from meshlint.mesh.registry import MeshService
from meshlint.rules.policies import TELEMETRY_KIND, WASM_PLUGIN, has_target, selector_of
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_POLICIES = (AUTHORIZATION_POLICY, REQUEST_AUTHENTICATION, WASM_PLUGIN, TELEMETRY_KIND)
_NOT_ENROLLED: dict[GroupKind, str] = {
    AUTHORIZATION_POLICY: "KIA0109",
    REQUEST_AUTHENTICATION: "KIA1110",
    WASM_PLUGIN: "KIA1111",
    TELEMETRY_KIND: "KIA1112",
}
_NO_TARGET: dict[GroupKind, str] = {
    AUTHORIZATION_POLICY: "KIA0110",
    REQUEST_AUTHENTICATION: "KIA1115",
    WASM_PLUGIN: "KIA1116",
    TELEMETRY_KIND: "KIA1117",
}
_LOST = Effect("without a waypoint the settings for requests are lost; ALLOW policies deny instead")


def _for_requests(mesh: Mesh, policy: Resource) -> bool:
    """True for a policy of an ambient namespace that only a layer 7 proxy can carry out."""
    if not ambient_namespace(mesh, policy.namespace):
        return False
    if policy.is_a(AUTHORIZATION_POLICY):
        return http_policy(policy)
    return http_telemetry(policy) if policy.is_a(TELEMETRY_KIND) else True


@rule(
    "AM001",
    "policy-without-waypoint",
    "A policy about requests in an ambient namespace, for pods or Services that use no waypoint.",
    severity="warning",
    kinds=_POLICIES,
    peers=tuple(_NOT_ENROLLED.values()),
    tags=("ambient", "security"),
)
def policy_without_waypoint(resource: Resource, context: Context) -> Iterator[Finding]:
    """A waypoint is used by the label istio.io/use-waypoint on the Service, the pods or the Namespace."""
    mesh = context.mesh
    if _for_requests(mesh, resource) and lacks_waypoint(mesh, resource, selector_of(resource)):
        yield policy_without_waypoint.finding(
            f"{resource.label()} is about requests, and what it applies to uses no waypoint",
            Place(resource, ("spec",), "needs a waypoint", on_key=True),
            effect=_LOST,
            hint="label the Service or the Namespace `istio.io/use-waypoint`",
            key="waypoint",
            peers=(_NOT_ENROLLED[resource.group_kind],),
        )


@rule(
    "AM004",
    "policy-without-target",
    "A policy about requests in an ambient namespace that is not attached by targetRefs.",
    severity="warning",
    kinds=_POLICIES,
    peers=tuple(_NO_TARGET.values()),
    tags=("ambient", "security"),
)
def policy_without_target(resource: Resource, context: Context) -> Iterator[Finding]:
    """Waypoints read only what is attached to a Gateway or Service; selectors are for sidecars."""
    if _for_requests(context.mesh, resource) and not has_target(resource):
        yield policy_without_target.finding(
            f"{resource.label()} is about requests and has no targetRefs",
            Place(resource, ("spec",), "no targetRefs", on_key=True),
            effect=_LOST,
            hint="attach it with `targetRefs` to the Service or to the waypoint's Gateway",
            key="target",
            peers=(_NO_TARGET[resource.group_kind],),
        )


@rule(
    "AM005",
    "routing-without-waypoint",
    "Request routing or policies for a Service of an ambient namespace that uses no waypoint.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE, DESTINATION_RULE),
    peers=("KIA0210", "KIA0211", "KIA1109", "KIA1113"),
    tags=("ambient", "routing"),
)
def routing_without_waypoint(resource: Resource, context: Context) -> Iterator[Finding]:
    """Ztunnel forwards connections; routes, retries and outlier detection need a waypoint."""
    mesh = context.mesh
    hosts = _hosts(resource)
    found = list(_services(mesh, resource, hosts))
    virtual = resource.is_a(VIRTUAL_SERVICE)
    for path, service in found:
        if not enrolled(service.resource.labels, mesh, service.namespace):
            yield _not_enrolled(resource, path, service.label(), "KIA1113" if virtual else "KIA0211")
    namespace = resource.namespace
    if hosts and not found and ambient_namespace(mesh, namespace) and not enrolled({}, mesh, namespace):
        yield _not_enrolled(resource, hosts[0][0], "its namespace", "KIA1109" if virtual else "KIA0210")


def _not_enrolled(resource: Resource, path: Path, what: str, peer: str) -> Finding:
    return routing_without_waypoint.finding(
        f"{resource.label()} is about requests, and {what} uses no waypoint",
        Place(resource, path, "needs a waypoint"),
        effect=Effect("ztunnel forwards connections: routes and policies for requests are lost"),
        hint="label the Service or the Namespace `istio.io/use-waypoint`",
        key=what,
        peers=(peer,),
    )


@rule(
    "AM006",
    "routing-from-other-namespace",
    "Request routing or policies for an ambient Service, written in another namespace: not read.",
    severity="warning",
    kinds=(VIRTUAL_SERVICE, DESTINATION_RULE),
    peers=("KIA0212", "KIA1114"),
    tags=("ambient", "routing"),
)
def routing_from_other_namespace(resource: Resource, context: Context) -> Iterator[Finding]:
    """A waypoint reads the objects of its Service's namespace only: the producer's side."""
    for path, service in _services(context.mesh, resource, _hosts(resource)):
        if service.namespace != resource.namespace:
            yield routing_from_other_namespace.finding(
                f"{resource.label()} is about {service.label()}, which ambient mode captures",
                Place(resource, path, "in another namespace"),
                effect=Effect("the waypoint of the Service does not read it"),
                hint=f"move it to namespace {service.namespace}",
                key=service.host,
                peers=("KIA1114",) if resource.is_a(VIRTUAL_SERVICE) else ("KIA0212",),
            )


def _hosts(resource: Resource) -> list[tuple[Path, str]]:
    """The hosts of an object that sets what only a layer 7 proxy does, `*` left out."""
    written: list[tuple[Path, str]] = []
    if resource.is_a(DESTINATION_RULE):
        if http_rule(resource):
            written.append((("spec", "host"), text(resource.spec.get("host"))))
    elif http_routes(resource):
        hosts = texts(resource.spec.get("hosts"))
        written += [(("spec", "hosts", index), host) for index, host in enumerate(hosts)]
    return [(path, host) for path, host in written if host not in ("", "*")]


def _services(
    mesh: Mesh, resource: Resource, hosts: list[tuple[Path, str]]
) -> Iterator[tuple[Path, MeshService]]:
    """The Services of ambient namespaces that the hosts mean, each once."""
    seen = set()
    for path, host in hosts:
        service = mesh.services.lookup(intended_host(mesh, host, resource.namespace), resource.namespace)
        if service is None or not service.kubernetes or service in seen:
            continue
        if ambient_namespace(mesh, service.namespace):
            seen.add(service)
            yield path, service


@rule(
    "AM007",
    "workload-in-both-modes",
    "Pods that ambient mode captures and that ask for a sidecar as well.",
    peers=("KIA1311",),
    tags=("ambient", "injection"),
)
def workload_in_both_modes(context: Context) -> Iterator[Finding]:
    """The labels of the Namespace and of the pods are looked at."""
    mesh = context.mesh
    for workload in mesh.workloads:
        both = captured(mesh, workload) and asks_for_sidecar(mesh, workload)
        if both and mesh.is_linted(workload.resource):
            yield workload_in_both_modes.finding(
                f"the pods of {workload.label()} are captured by ambient mode and ask for a sidecar",
                Place(workload.template, workload.labels_path, "ambient and sidecar", on_key=True),
                effect=Effect("the pods get a sidecar, and policies meant for ambient mode do not apply"),
                hint="keep one of the two labels",
                key="modes",
            )


@rule(
    "AM008",
    "workload-without-waypoint",
    "Ambient pods without waypoint to which a policy about requests applies.",
    severity="warning",
    precision="medium",
    peers=("KIA1317",),
    tags=("ambient", "security"),
)
def workload_without_waypoint(context: Context) -> Iterator[Finding]:
    """The workload's side of AM001, which tells the same from the policy's."""
    mesh = context.mesh
    policies = [one for one in mesh.kind(AUTHORIZATION_POLICY) if http_policy(one)]
    for workload in mesh.workloads:
        if not mesh.is_linted(workload.resource) or is_proxy(workload) or not captured(mesh, workload):
            continue
        if _enrolled(mesh, workload):
            continue
        policy = next((one for one in policies if _applies(mesh, one, workload)), None)
        if policy is not None:
            yield workload_without_waypoint.finding(
                f"{policy.label()} is about requests to {workload.label()}, whose pods use no waypoint",
                Place(workload.template, workload.labels_path, "no waypoint", on_key=True),
                Place(policy, ("spec",), "about requests", "consumer", on_key=True),
                effect=_LOST,
                hint="label the Service or the Namespace `istio.io/use-waypoint`",
                key="waypoint",
            )


def _enrolled(mesh: Mesh, workload: Workload) -> bool:
    services = mesh.services_selecting(workload)
    return enrolled(workload.labels, mesh, workload.namespace) or any(
        enrolled(service.resource.labels, mesh, workload.namespace) for service in services
    )


def _applies(mesh: Mesh, policy: Resource, workload: Workload) -> bool:
    if policy.namespace != workload.namespace:
        return False
    if has_target(policy):
        selecting = {id(service.resource) for service in mesh.services_selecting(workload)}
        return any(id(service) in selecting for service in target_services(mesh, policy))
    return selects(selector_of(policy), workload.labels)


RULES: tuple[Rule, ...] = (
    policy_without_waypoint,
    policy_without_target,
    routing_without_waypoint,
    routing_from_other_namespace,
    workload_in_both_modes,
    workload_without_waypoint,
)
