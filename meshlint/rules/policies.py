"""Policies: selectors of AuthorizationPolicy, PeerAuthentication, RequestAuthentication and Telemetry.

The mesh fact guarded here: a policy applies to the pods its selector picks in its own namespace (in the
root namespace: anywhere). One that picks none protects nothing; of two of a kind one may lose.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import string_map
from meshlint.kube.kinds import (
    AUTHORIZATION_POLICY,
    EXTENSIONS,
    PEER_AUTHENTICATION,
    REQUEST_AUTHENTICATION,
    TELEMETRY,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import NearMiss, nearest, selects
from meshlint.kube.workload import Workload
from meshlint.mesh.graph import Mesh
from meshlint.rules.rule import Context, Rule, rule
from meshlint.rules.sidecars import ambient
from meshlint.text.finding import Effect, Finding, Place

TELEMETRY_KIND = GroupKind(TELEMETRY, "Telemetry")
WASM_PLUGIN = GroupKind(EXTENSIONS, "WasmPlugin")
_LABELS = ("spec", "selector", "matchLabels")
_GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"


def selector_of(policy: Resource) -> dict[str, str]:
    """spec.selector.matchLabels."""
    return string_map(policy.get(*_LABELS))


def has_target(policy: Resource) -> bool:
    """True if the policy is attached by targetRef(s) instead of a selector."""
    return bool(policy.spec.get("targetRef") or policy.spec.get("targetRefs"))


def _pods(mesh: Mesh, policy: Resource) -> list[Workload]:
    """The workloads a policy may select: its namespace's, in the root namespace every one."""
    if policy.namespace == mesh.settings.root_namespace:
        return mesh.workloads
    return mesh.pods.in_namespace(policy.namespace)


def _in_mesh(mesh: Mesh, workload: Workload) -> bool:
    return (
        mesh.in_mesh(workload).verdict != "no"
        or ambient(mesh, workload.namespace)
        or workload.annotations.get("ambient.istio.io/redirection") == "enabled"
    )


def _nothing_selected(
    record: Rule, policy: Resource, mesh: Mesh, what: str, peers: tuple[str, ...] | None = None
) -> Iterator[Finding]:
    selector = selector_of(policy)
    pods = _pods(mesh, policy)
    near: list[NearMiss[Workload]] = nearest(selector, [(one, one.labels) for one in pods], limit=1)
    certain = bool(near) or mesh.settings.closed_world
    want = near[0].wants[0] if near else None
    pairs = ", ".join(f"{key}={value}" for key, value in selector.items())
    yield record.finding(
        f"selector {pairs} of {policy.label()} picks no pod template of the mesh",
        Place(policy, _LABELS, "picks no pod"),
        *(
            Place(miss.subject.template, miss.subject.labels_path, "nearest pods", "candidate")
            for miss in near
        ),
        severity=None if certain else "note",
        precision=None if certain else "low",
        effect=Effect(what),
        hint=f"write `{want.key}: {want.actual}`" if want and want.actual else "correct the labels",
        key="selector",
        peers=peers,
    )


@rule(
    "AP001",
    "policy-selects-no-workload",
    "An AuthorizationPolicy that applies to no pod: it protects nothing.",
    severity="warning",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("IST0127", "KIA0004"),
    tags=("authorization", "selector", "security"),
)
def policy_selects_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """Pods outside the mesh do not count; nothing enforces the policy there."""
    mesh = context.mesh
    if has_target(resource):
        return
    selector = selector_of(resource)
    pods = [one for one in _pods(mesh, resource) if _in_mesh(mesh, one)]
    if any(selects(selector, one.labels) for one in pods):
        return
    effect = "the policy is enforced nowhere; what it should deny stays allowed"
    if selector:
        outside = any(selects(selector, one.labels) for one in _pods(mesh, resource))
        peers = ("IST0127",) if outside else None  # Kiali counts pods outside the mesh too
        yield from _nothing_selected(policy_selects_no_workload, resource, mesh, effect, peers)
    elif resource.namespace != mesh.settings.root_namespace and _empty(mesh, resource):
        yield policy_selects_no_workload.finding(
            f"{resource.label()} applies to its namespace, which has no pod of the mesh",
            Place(resource, ("metadata", "name"), "no pods here"),
            severity=None if mesh.settings.closed_world else "note",
            precision=None if mesh.settings.closed_world else "low",
            effect=Effect(effect),
            hint="move it to the namespace of the pods",
            key="namespace",
            peers=("IST0127",),
        )


def _empty(mesh: Mesh, policy: Resource) -> bool:
    return mesh.settings.closed_world or policy.namespace in mesh.namespaces


@rule(
    "AP011",
    "workload-without-policy",
    "A workload that no AuthorizationPolicy covers: every request is allowed.",
    severity="note",
    precision="low",
    peers=("KIA1301",),
    tags=("authorization", "security"),
)
def workload_without_policy(context: Context) -> Iterator[Finding]:
    """Low precision: without any policy in the input this is how most meshes start."""
    mesh = context.mesh
    policies = mesh.kind(AUTHORIZATION_POLICY)
    for workload in mesh.workloads:
        if not mesh.is_linted(workload.resource) or workload.transient or not _in_mesh(mesh, workload):
            continue
        spaces = (workload.namespace, mesh.settings.root_namespace)
        covered = any(
            one.namespace in spaces and selects(selector_of(one), workload.labels) for one in policies
        )
        if not covered:
            yield workload_without_policy.finding(
                f"no AuthorizationPolicy covers {workload.label()}",
                Place(workload.resource, ("metadata", "name"), "allows every request"),
                effect=Effect("whoever reaches the pods may call them"),
                hint="add an AuthorizationPolicy for these pods",
                key="policy",
            )


@rule(
    "PA004",
    "peer-authentication-selects-no-workload",
    "A PeerAuthentication whose selector picks no pod.",
    severity="warning",
    kinds=(PEER_AUTHENTICATION,),
    peers=("KIA0004",),
    tags=("mtls", "selector", "security"),
)
def peer_authentication_selects_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """The pods it was meant for keep the mode of their namespace."""
    pods = context.mesh.pods.in_namespace(resource.namespace)
    selector = selector_of(resource)
    if selector and not any(selects(selector, one.labels) for one in pods):
        yield from _nothing_selected(
            peer_authentication_selects_no_workload,
            resource,
            context.mesh,
            "the mode it sets counts for nobody",
        )


@rule(
    "RA001",
    "request-authentication-selects-no-workload",
    "A RequestAuthentication whose selector picks no pod.",
    severity="warning",
    kinds=(REQUEST_AUTHENTICATION,),
    peers=("KIA0004",),
    tags=("jwt", "selector", "security"),
)
def request_authentication_selects_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """In the root namespace it applies anywhere."""
    if has_target(resource):
        return
    selector = selector_of(resource)
    pods = _pods(context.mesh, resource)
    if selector and not any(selects(selector, one.labels) for one in pods):
        yield from _nothing_selected(
            request_authentication_selects_no_workload, resource, context.mesh, "no token is validated"
        )


@rule(
    "TEL001",
    "telemetry-selects-no-workload",
    "A Telemetry object whose selector picks no pod of its namespace.",
    severity="warning",
    kinds=(TELEMETRY_KIND,),
    peers=("IST0101",),
    tags=("telemetry", "selector"),
)
def telemetry_selects_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """Nothing breaks; the telemetry that was asked for is missing."""
    if has_target(resource):
        return
    selector = selector_of(resource)
    pods = context.mesh.pods.in_namespace(resource.namespace)
    if selector and not any(selects(selector, one.labels) for one in pods):
        yield from _nothing_selected(
            telemetry_selects_no_workload, resource, context.mesh, "its settings are used by nobody"
        )


def _same_pods(mesh: Mesh, kind: GroupKind) -> Iterator[tuple[Resource, Resource, Workload]]:
    """(one, another, pods) of one kind and namespace whose selectors pick the same pods; each one once."""
    told: set[int] = set()
    for workload in mesh.workloads:
        found = [
            each
            for each in mesh.kind(kind)
            if each.namespace == workload.namespace
            and selector_of(each)
            and selects(selector_of(each), workload.labels)
        ]
        for each in found if len(found) > 1 else ():
            if id(each) not in told and mesh.is_linted(each):
                told.add(id(each))
                yield each, next(one for one in found if one is not each), workload


def _conflict(record: Rule, each: Resource, other: Resource, workload: Workload) -> Finding:
    return record.finding(
        f"{each.label()} and {other.label()} both select the pods of {workload.label()}",
        Place(each, _LABELS, f"selects {workload.name}"),
        Place(other, _LABELS, "selects it too", "cause"),
        effect=Effect("one of the two counts, which one depends on their age"),
        hint="make the selectors disjoint, or merge the two",
        key="selector",
    )


def _alone(mesh: Mesh, resource: Resource, kind: GroupKind) -> Resource | None:
    """Another object of the kind in the namespace that has no selector either."""
    return next(
        (
            each
            for each in mesh.kind(kind)
            if each is not resource
            and each.namespace == resource.namespace
            and not selector_of(each)
            and not has_target(each)
        ),
        None,
    )


def _both_whole(record: Rule, resource: Resource, other: Resource) -> Finding:
    return record.finding(
        f"{resource.label()} and {other.label()} both apply to the whole namespace",
        Place(resource, ("metadata", "name"), "no selector"),
        Place(other, ("metadata", "name"), "no selector either", "cause"),
        effect=Effect("one of the two counts, which one depends on their age"),
        hint="merge the two, or give one a selector",
        key="namespace",
    )


@rule(
    "TEL003",
    "telemetries-select-one-pod",
    "Several Telemetry objects that select the same pods: one counts, by age.",
    peers=("IST0159",),
    tags=("telemetry", "selector"),
)
def telemetries_select_one_pod(context: Context) -> Iterator[Finding]:
    """One finding per object."""
    for each, other, workload in _same_pods(context.mesh, TELEMETRY_KIND):
        yield _conflict(telemetries_select_one_pod, each, other, workload)


@rule(
    "TEL004",
    "telemetries-without-selector",
    "Several Telemetry objects without selector in one namespace: one counts, by age.",
    precision="very-high",
    kinds=(TELEMETRY_KIND,),
    peers=("IST0160",),
    tags=("telemetry",),
)
def telemetries_without_selector(resource: Resource, context: Context) -> Iterator[Finding]:
    """Objects attached by targetRefs are no conflict."""
    other = _alone(context.mesh, resource, TELEMETRY_KIND)
    if other is not None and not selector_of(resource) and not has_target(resource):
        yield _both_whole(telemetries_without_selector, resource, other)


@rule(
    "PA003",
    "peer-authentications-select-one-pod",
    "Several PeerAuthentications that select the same pods: the oldest counts.",
    peers=("KIA0003",),
    tags=("mtls", "selector", "security"),
)
def peer_authentications_select_one_pod(context: Context) -> Iterator[Finding]:
    """One finding per object."""
    for each, other, workload in _same_pods(context.mesh, PEER_AUTHENTICATION):
        yield _conflict(peer_authentications_select_one_pod, each, other, workload)


@rule(
    "PA002",
    "peer-authentications-without-selector",
    "Several PeerAuthentications without selector in one namespace: the oldest counts.",
    precision="very-high",
    kinds=(PEER_AUTHENTICATION,),
    peers=("KIA0002",),
    tags=("mtls", "security"),
)
def peer_authentications_without_selector(resource: Resource, context: Context) -> Iterator[Finding]:
    """The mTLS mode of a namespace must not depend on who was created first."""
    other = _alone(context.mesh, resource, PEER_AUTHENTICATION)
    if other is not None and not selector_of(resource):
        yield _both_whole(peer_authentications_without_selector, resource, other)


@rule(
    "GA010",
    "selector-on-api-gateway",
    "A policy that selects the pods of a Gateway API gateway by label: only targetRefs count there.",
    severity="warning",
    kinds=(AUTHORIZATION_POLICY, REQUEST_AUTHENTICATION, TELEMETRY_KIND, WASM_PLUGIN),
    peers=("IST0166",),
    tags=("gateway-api", "ambient", "security"),
)
def selector_on_api_gateway(resource: Resource, context: Context) -> Iterator[Finding]:
    """Waypoints and Gateway API gateways read policies attached to their Gateway only."""
    if has_target(resource) or not isinstance(resource.spec.get("selector"), dict):
        return
    selector = selector_of(resource)
    for workload in context.mesh.pods.in_namespace(resource.namespace):
        name = workload.labels.get(_GATEWAY_NAME)
        if name and selects(selector, workload.labels):
            yield selector_on_api_gateway.finding(
                f"{resource.label()} selects the pods of Gateway {name} by label",
                Place(resource, ("spec", "selector"), "not read by this gateway"),
                Place(workload.template, (*workload.labels_path, _GATEWAY_NAME), f"pods of {name}", "cause"),
                effect=Effect("the policy is not enforced on this gateway"),
                hint=f"attach it by `targetRefs` to kind Gateway, name {name}",
                key=name,
            )


RULES: tuple[Rule, ...] = (
    policy_selects_no_workload,
    workload_without_policy,
    peer_authentication_selects_no_workload,
    peer_authentications_select_one_pod,
    peer_authentications_without_selector,
    request_authentication_selects_no_workload,
    telemetry_selects_no_workload,
    telemetries_select_one_pod,
    telemetries_without_selector,
    selector_on_api_gateway,
)
