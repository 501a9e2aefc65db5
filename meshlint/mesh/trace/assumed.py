"""Assumed: Gateways that routes of the input are bound to and that lie outside it.

In: a Mesh. Out: a Mesh in which such Gateways exist as context: they serve every host on ports 80 and 443.
Without them nothing of an application's own chart could be traced; their steps say ASSUMED.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.kube.fields import integer, mapping, maps, text
from meshlint.kube.resource import Resource
from meshlint.mesh.gateway_api import API_GATEWAY
from meshlint.mesh.gateway_api_routes import ROUTE_KINDS
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import MESH

LABEL = "meshlint/assumed"
_PORTS = ((80, "HTTP"), (443, "HTTPS"))


def with_assumed_gateways(mesh: Mesh) -> Mesh:
    """The mesh with the Gateways that lie outside the input; itself if there are none."""
    found = [*_gateways(mesh), *_api_gateways(mesh)]
    if not found:
        return mesh
    return Mesh.build(mesh.resources, mesh.settings, [*mesh.context, *found])


def is_assumed(gateway: Resource) -> bool:
    """True for a Gateway that only stands for one outside the input."""
    return LABEL in gateway.labels


def _gateways(mesh: Mesh) -> Iterator[Resource]:
    names = {name for virtual in mesh.virtual_services if virtual.hosts for name in virtual.gateways}
    for name in sorted(names - {MESH}):
        state, _ = mesh.gateway(name)
        if state == "OUTSIDE":
            servers = [
                {
                    "port": {"number": number, "name": protocol.lower(), "protocol": protocol},
                    "hosts": ["*"],
                    **({"tls": {"mode": "SIMPLE"}} if protocol == "HTTPS" else {}),
                }
                for number, protocol in _PORTS
            ]
            spec = {"selector": {"istio": "ingressgateway"}, "servers": servers}
            yield _resource("networking.istio.io/v1", name, spec)


def _api_gateways(mesh: Mesh) -> Iterator[Resource]:
    """Gateways of the Gateway API, with the sections and ports that routes ask for."""
    wanted: dict[str, set[tuple[str, int]]] = {}
    for kind in ROUTE_KINDS:
        for route in mesh.kind(kind):
            for _, item in maps(route.spec.get("parentRefs")):
                owner = text(item.get("namespace")) or route.namespace
                name = text(item.get("name"))
                if text(item.get("kind")) not in ("", "Gateway") or mesh.find(API_GATEWAY, owner, name):
                    continue
                if not mesh.closed(owner):
                    asked = (text(item.get("sectionName")), integer(item.get("port")) or 0)
                    wanted.setdefault(f"{owner}/{name}", set()).add(asked)
    for name, sections in sorted(wanted.items()):
        spec = {"gatewayClassName": "istio", "listeners": [_listener(*one) for one in sorted(sections)]}
        yield _resource("gateway.networking.k8s.io/v1", name, spec)


def _listener(section: str, port: int) -> dict[str, Any]:
    """A listener for HTTP; with TLS where its name or port says so."""
    secured = "https" in section or "tls" in section or port == 443
    found: dict[str, Any] = {
        "name": section or "http",
        "port": port or (443 if secured else 80),
        "protocol": "HTTPS" if secured else "HTTP",
        "allowedRoutes": {"namespaces": {"from": "All"}},
    }
    if secured:
        found["tls"] = {"mode": "Terminate", "certificateRefs": []}
    return found


def _resource(api_version: str, place: str, spec: dict[str, Any]) -> Resource:
    namespace, _, name = place.partition("/")
    metadata = {"name": name, "namespace": namespace, "labels": {LABEL: "true"}}
    return Resource(
        {"apiVersion": api_version, "kind": "Gateway", "metadata": metadata, "spec": mapping(spec)}, namespace
    )
