"""Golden cases: manifests with questions and right answers, one YAML file each in cases/.

A case has `manifests` (text of several documents), optional `settings` and `context`, and `expect`: a
mapping from the kind of question to a list of questions with their answers. The file can be
compared with a live `istioctl proxy-config` later.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from meshlint.kube.resource import Resource, resource_from
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import full_name
from meshlint.mesh.registry import MeshService
from meshlint.mesh.scope import Client, gateway_client, sidecar_client
from meshlint.mesh.settings import Settings
from meshlint.mesh.virtual_hosts import pick
from meshlint.mesh.virtual_services import Destination

CASES = Path(__file__).parent / "cases"


def load(path: Path) -> dict[str, Any]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def resources(text: str) -> list[Resource]:
    return [resource_from(data) for data in yaml.safe_load_all(text) if data]


def mesh_of(case: dict[str, Any]) -> Mesh:
    return Mesh.build(resources(case["manifests"]), settings(case), resources(case.get("context", "")))


def settings(case: dict[str, Any]) -> Settings:
    written: dict[str, Any] = {
        key: frozenset(value) if isinstance(value, list) else value
        for key, value in case.get("settings", {}).items()
    }
    return Settings()._replace(**written)


def client(text: str, labels: dict[str, str] | None = None) -> Client:
    """`sidecar NAMESPACE` or `gateway NAMESPACE of GATEWAY_NAMESPACE/NAME`."""
    words = text.split()
    if words[0] == "sidecar":
        return sidecar_client(words[1], labels)
    return gateway_client(words[1], words[3], labels)


def service(mesh: Mesh, host: str) -> MeshService:
    name = full_name(host, "default", "cluster.local")
    if "/" in host:
        namespace, _, name = host.partition("/")
        name = f"{name}.{namespace}.svc.cluster.local"
    return mesh.services.all_of(name)[0]


def key(resource: Resource | None) -> str | None:
    return None if resource is None else f"{resource.namespace}/{resource.name}"


def hosts(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    found = mesh.resolve_host(ask["host"], ask["from"])
    return {
        "state": found.state,
        "why": found.why,
        "fqdn": found.fqdn,
        "services": [key(one.resource) for one in found.services],
        "near": [key(one.resource) for one in found.near],
    }


def ports(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    found = next(port for port in service(mesh, ask["service"]).ports if port.number == ask["port"])
    return {"protocol": found.protocol, "family": found.family, "declared": found.declared}


def rules(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    found = mesh.destination_rule_for(ask["client"], service(mesh, ask["service"]), ask.get("labels"))
    policy = found.policy(ask.get("port"), ask.get("subset", ""))
    duplicates = found.merged.duplicates if found.merged else []
    return {
        "sources": [key(one) for one in found.sources],
        "subsets": {name: subset.labels for name, subset in found.subsets.items()},
        "hidden": {key(one.rule.resource): one.reason for one in found.hidden},
        "duplicates": {one.dropped.name: key(one.dropped.resource) for one in duplicates},
        "tls": policy.tls_mode,
        "policy": {
            field: f"{key(place[0])} {'.'.join(str(step) for step in place[1])}"
            for field, place in policy.places.items()
        },
    }


def clusters(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    _, port, subset, host = ask["cluster"].split("|")
    found = mesh.cluster(client(ask["from"], ask.get("labels")), host, int(port), subset)
    endpoints = found.endpoints
    return {
        "state": found.state,
        "code": found.code,
        "kind": found.kind,
        "endpoints": None if endpoints is None else endpoints.verdict,
    }


def endpoints(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    found = mesh.endpoints(service(mesh, ask["service"]), ask.get("port"), ask.get("subset"))
    return {
        "verdict": found.verdict,
        "reason": found.reason,
        "low": found.low,
        "high": found.high,
        "workloads": [key(one.resource) for one in found.workloads],
        "near": [
            {key(miss.subject.resource): {want.key: want.actual for want in miss.wants}}
            for miss in found.near
        ],
    }


def requests(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    """What a sidecar does with an HTTP request on a service port."""
    caller = client(ask["from"], ask.get("labels"))
    scope = mesh.scope(caller)
    table = mesh.route_table(caller, ask["port"])
    found = table.of_service(ask["service"]) if "service" in ask else table.find(ask["host"])
    if found is None:
        return {"vhost": "allow_any" if scope.policy == "ALLOW_ANY" else "block_all", "to": {}}
    if found.virtual is None:
        return {"vhost": found.name, "virtual": None, "route": None, "to": {}}
    chosen = pick(found.routes, ask.get("path", "/"), found.name, headers=ask.get("headers"))
    reached: dict[str, float] = {}
    for target in chosen.route.destinations if chosen else ():
        host, port = mesh.clusters.target(caller, scope, target, ask["port"], "http")
        if target.share:
            reached[f"outbound|{port}|{target.subset}|{host}"] = round(target.share, 1)
    return {
        "vhost": found.name,
        "virtual": key(found.virtual.resource),
        "route": chosen.route.name or chosen.route.position if chosen else "404",
        "to": reached,
        "shadowed": [f"{key(one.loser.resource)} by {key(one.winner.resource)}" for one in table.shadowed],
    }


def targets(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    """Every cluster the destinations of a VirtualService lead to, with what breaks."""
    namespace, _, name = ask["virtual"].partition("/")
    virtual = next(one for one in mesh.virtual_services if one.resource.key() == (namespace, name))
    found: dict[str, str] = {}
    for route, target in virtual.targets():
        for use in mesh.uses(virtual, route, target):
            found[f"{use.client.kind} {use.client.namespace} {use.cluster.name}"] = (
                use.cluster.code or use.cluster.state
            )
    return {
        "clusters": found,
        "written": [_written(target) for _, target in virtual.targets()],
        "hosts": list(virtual.hosts),
        "gateways": list(virtual.gateways),
        "delegations": {f"{one.namespace}/{one.name}": one.state for one in virtual.delegations},
        "dropped": [field for one in virtual.delegations for _, field in one.dropped],
        "routes": [
            f"{key(route.resource)} {'.'.join(str(step) for step in route.path)} {route.name}".strip()
            for route in virtual.routes
        ],
        "matches": [[match.describe() for match in route.matches] for route in virtual.routes],
    }


def vhosts(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    """Domain -> cluster of its first route, for every virtual host of a sidecar's port."""
    caller = client(ask["from"], ask.get("labels"))
    scope = mesh.scope(caller)
    table = mesh.route_table(caller, ask["port"])
    found: dict[str, Any] = {"listening": table.listening}
    for host in table.hosts:
        reached = f"outbound|{ask['port']}||{host.service.host}" if host.service else ""
        if host.routes:
            target = host.routes[0].route.destinations[0]
            name, port = mesh.clusters.target(caller, scope, target, ask["port"], "http")
            reached = f"outbound|{port}|{target.subset}|{name}"
        found.update(dict.fromkeys(host.domains, reached))
    return {name: found.get(name) for name in [*found, *ask.get("absent", [])]}


def _written(target: Destination) -> str:
    return f"{target.host}|{target.subset}|{target.port}|{round(target.share, 1)}"


def injection(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    namespace, _, name = ask["workload"].partition("/")
    workload = next(one for one in mesh.workloads if one.resource.key() == (namespace, name))
    found = mesh.in_mesh(workload)
    return {"verdict": found.verdict, "revision": found.revision, "ambient": found.ambient, "why": found.why}


def scopes(mesh: Mesh, ask: dict[str, Any]) -> dict[str, Any]:
    caller = client(ask["from"], ask.get("labels"))
    scope = mesh.scope(caller)
    host = ask["host"]
    found = scope.service(host)
    return {
        "source": key(scope.source),
        "imports": found is not None,
        "ports": sorted(port for port in found.by_number if scope.owns(host, port)) if found else [],
        "listed": sorted(port for port in found.by_number if scope.listed(host, port)) if found else [],
        "policy": scope.policy,
        "virtual": [key(one.resource) for one in scope.virtual_services],
    }


QUESTIONS: dict[str, Callable[[Mesh, dict[str, Any]], dict[str, Any]]] = {
    "hosts": hosts,
    "ports": ports,
    "rules": rules,
    "clusters": clusters,
    "endpoints": endpoints,
    "requests": requests,
    "targets": targets,
    "vhosts": vhosts,
    "injection": injection,
    "scopes": scopes,
}
