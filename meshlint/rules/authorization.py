"""Authorization: sources, operations and conditions of AuthorizationPolicies that can never match.

The mesh fact guarded here: identities exist only under mTLS, ports are workload ports, methods and paths
only on HTTP; a rule that cannot match makes an ALLOW policy deny and a DENY policy allow.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import mapping, maps, sequence, text, texts
from meshlint.kube.kinds import AUTHORIZATION_POLICY, PEER_AUTHENTICATION
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.kube.workload import Workload
from meshlint.mesh.graph import Mesh
from meshlint.rules.policies import has_target, selector_of
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE")
_HTTP_FIELDS = ("methods", "notMethods", "paths", "notPaths", "hosts", "notHosts")


def _operations(policy: Resource) -> Iterator[tuple[Path, dict[str, object]]]:
    for index, each in maps(policy.spec.get("rules")):
        for at, operation in maps(each.get("to")):
            yield ("spec", "rules", index, "to", at, "operation"), mapping(operation.get("operation"))


@rule(
    "AP008",
    "method-unknown",
    "A method of an AuthorizationPolicy that is no HTTP method.",
    severity="warning",
    precision="very-high",
    kinds=(AUTHORIZATION_POLICY,),
    peers=("KIA0102",),
    tags=("authorization", "security"),
)
def method_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Paths of gRPC belong into `paths`; a star may stand at one end."""
    for path, operation in _operations(resource):
        for index, method in enumerate(texts(operation.get("methods"))):
            if not _method(method.strip().upper()):
                yield method_unknown.finding(
                    f"method `{method}` of {resource.label()} is no HTTP method",
                    Place(resource, (*path, "methods", index), "never matches"),
                    effect=Effect("the operation matches no request"),
                    hint=_method_hint(method),
                    key=method,
                )


def _method(pattern: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith("*"):
        return "*" not in pattern[:-1] and any(each.startswith(pattern[:-1]) for each in _METHODS)
    if pattern.startswith("*"):
        return any(each.endswith(pattern[1:]) for each in _METHODS)
    return pattern in _METHODS


def _method_hint(method: str) -> str:
    if "/" in method:
        return f'write it as a path: `paths: ["{method}"]`'
    return f"use one of {', '.join(_METHODS)}"


@rule(
    "AP002",
    "http-fields-on-tcp-port",
    "HTTP fields in a policy for pods that serve TCP ports: they never match there.",
    severity="warning",
    precision="medium",
    kinds=(AUTHORIZATION_POLICY,),
    tags=("authorization", "protocol", "security"),
)
def http_fields_on_tcp_port(resource: Resource, context: Context) -> Iterator[Finding]:
    """ALLOW becomes stricter than written, DENY may not apply at all."""
    if has_target(resource):
        return
    for path, operation in _operations(resource):
        field = next((name for name in _HTTP_FIELDS if operation.get(name)), None)
        if field is None or operation.get("ports"):
            continue
        for workload in _selected(context.mesh, resource):
            found = _tcp_port(context.mesh, workload)
            if found is not None:
                service, number, protocol, port_path = found
                yield http_fields_on_tcp_port.finding(
                    f"{resource.label()} uses `{field}` for the pods of {workload.label()}, "
                    f"which serve {protocol} on port {number}",
                    Place(resource, (*path, field), "HTTP only", on_key=True),
                    Place(service, port_path, f"declared {protocol}", "cause"),
                    effect=Effect("the rule does not match connections to this port"),
                    hint="limit the operation with `ports` to the HTTP ports",
                    key=f"{workload.name}/{number}",
                )
                return


def _selected(mesh: Mesh, policy: Resource) -> list[Workload]:
    selector = selector_of(policy)
    return [
        one for one in mesh.pods.in_namespace(policy.namespace) if selector and selects(selector, one.labels)
    ]


def _tcp_port(mesh: Mesh, workload: Workload) -> tuple[Resource, int, str, Path] | None:
    for service in mesh.services_selecting(workload):
        for port in service.ports:
            if port.family == "tcp":
                return service.resource, port.number, port.protocol, port.path
    return None


@rule(
    "AP004",
    "policy-port-is-service-port",
    "A port in a policy that is the Service's port, not the pods'.",
    kinds=(AUTHORIZATION_POLICY,),
    tags=("authorization", "port", "security", "outage"),
)
def policy_port_is_service_port(resource: Resource, context: Context) -> Iterator[Finding]:
    """Policies are enforced at the pod: they see the container port."""
    if has_target(resource):
        return
    for path, operation in _operations(resource):
        for field in ("ports", "notPorts"):
            for index, written in enumerate(texts(operation.get(field))):
                yield from _service_port(context.mesh, resource, (*path, field, index), written)


def _service_port(mesh: Mesh, policy: Resource, path: Path, written: str) -> Iterator[Finding]:
    number = int(written) if written.isdigit() else None
    for workload in _selected(mesh, policy):
        for service in mesh.services_selecting(workload):
            port = service.by_number.get(number or 0)
            if port is None or port.target in (None, number) or not isinstance(port.target, int):
                continue
            targets = {each.target or each.number for each in service.ports}
            if number in targets:
                continue
            yield policy_port_is_service_port.finding(
                f"port {number} of {policy.label()} is a port of {service.label()}, and its pods listen "
                f"on {port.target}",
                Place(policy, path, "matches nothing"),
                Place(service.resource, (*port.path, "targetPort"), "the pods' port", "cause"),
                effect=Effect("the rule never matches: ALLOW denies, DENY allows", http="403"),
                hint=f"write `{port.target}`",
                key=f"{number}",
            )
            return


@rule(
    "PA005",
    "port-mtls-on-service-port",
    "A portLevelMtls entry for a Service port instead of a container port, or without selector.",
    kinds=(PEER_AUTHENTICATION,),
    tags=("mtls", "port", "security"),
)
def port_mtls_on_service_port(resource: Resource, context: Context) -> Iterator[Finding]:
    """A portLevelMtls entry counts only in policies with a selector, and by container port."""
    written = mapping(resource.spec.get("portLevelMtls"))
    if not written:
        return
    if not selector_of(resource):
        yield port_mtls_on_service_port.finding(
            f"{resource.label()} has portLevelMtls and no selector",
            Place(resource, ("spec", "portLevelMtls"), "needs a selector", on_key=True),
            effect=Effect("Istio's validating webhook refuses the object"),
            hint="add a selector",
            key="selector",
        )
        return
    for key in written:
        yield from _port_level(context.mesh, resource, text(key))


def _port_level(mesh: Mesh, policy: Resource, key: str) -> Iterator[Finding]:
    number = int(key) if key.isdigit() else 0
    for workload in _selected(mesh, policy):
        for service in mesh.services_selecting(workload):
            port = service.by_number.get(number)
            targets = {each.target or each.number for each in service.ports}
            if port is None or not isinstance(port.target, int) or number in targets:
                continue
            yield port_mtls_on_service_port.finding(
                f"portLevelMtls {number} of {policy.label()} is a port of {service.label()}, and its pods "
                f"listen on {port.target}",
                Place(policy, ("spec", "portLevelMtls", key), "counts for no port", on_key=True),
                Place(service.resource, (*port.path, "targetPort"), "the pods' port", "cause"),
                effect=Effect("the port keeps the mode of the workload"),
                hint=f"write `{port.target}`",
                key=f"{number}",
            )
            return


@rule(
    "AP005",
    "policy-denies-all",
    "An ALLOW policy without rules for a whole namespace or the mesh: it denies every request.",
    severity="warning",
    precision="medium",
    kinds=(AUTHORIZATION_POLICY,),
    tags=("authorization", "security"),
)
def policy_denies_all(resource: Resource, context: Context) -> Iterator[Finding]:
    """The documented allow-nothing pattern: right if meant, fatal in the root namespace if not."""
    spec = resource.spec
    action = text(spec.get("action")) or "ALLOW"
    root = resource.namespace == context.mesh.settings.root_namespace
    if action != "ALLOW" or sequence(spec.get("rules")) or selector_of(resource) or has_target(resource):
        return
    where = "the mesh" if root else f"namespace {resource.namespace}"
    yield policy_denies_all.finding(
        f"{resource.label()} has no rules and denies every request in {where}",
        Place(resource, ("spec",) if resource.has("spec") else ("metadata", "name"), "allows nothing"),
        severity="warning" if root else "note",
        precision="high" if root else "low",
        effect=Effect(f"every request in {where} that no other policy allows gets 403", http="403"),
        hint="add rules, or accept this finding with the reason",
        key="rules",
    )


RULES: tuple[Rule, ...] = (
    http_fields_on_tcp_port,
    policy_port_is_service_port,
    policy_denies_all,
    method_unknown,
    port_mtls_on_service_port,
)
