"""Worlds of any size for the benchmark of the mesh model: namespaces of one shape, linked to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.kube.resource import Resource, resource_from

PER_NAMESPACE = 20  # objects


def world(count: int) -> list[Resource]:
    """About `count` objects: in every namespace services with pods, subsets, routes, policies, a gateway."""
    found: list[Resource] = []
    for number in range(max(1, count // PER_NAMESPACE)):
        found += [resource_from(data) for data in _namespace(number)]
    return found


def _object(version: str, kind: str, name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def _namespace(number: int) -> Iterator[dict[str, Any]]:
    own, other = f"team-{number}", f"team-{number // 2}"
    network = "networking.istio.io/v1"
    yield {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": own, "labels": {"istio-injection": "enabled"}},
    }
    for name in ("web", "api", "db"):
        yield from _service(own, name)
    yield _object(network, "Sidecar", "default", own, {"egress": [{"hosts": ["./*", f"{other}/*"]}]})
    yield _object("security.istio.io/v1", "PeerAuthentication", "default", own, {"mtls": {"mode": "STRICT"}})
    yield _object(
        network,
        "ServiceEntry",
        "pay",
        own,
        {
            "hosts": [f"pay-{number}.example.com"],
            "resolution": "DNS",
            "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}],
        },
    )
    yield _object(
        network,
        "Gateway",
        "edge",
        own,
        {
            "selector": {"app": "web", "team": own},
            "servers": [
                {
                    "port": {"number": 80, "name": "http", "protocol": "HTTP"},
                    "hosts": [f"shop-{number}.example.com"],
                }
            ],
        },
    )
    yield _object(
        network,
        "VirtualService",
        "edge",
        own,
        {
            "hosts": [f"shop-{number}.example.com"],
            "gateways": ["edge"],
            "http": [{"route": [{"destination": {"host": "web", "subset": "v1"}}]}],
        },
    )


def _service(namespace: str, name: str) -> Iterator[dict[str, Any]]:
    labels = {"app": name, "version": "v1", "team": namespace}
    network = "networking.istio.io/v1"
    port = {"name": "tcp" if name == "db" else "http", "port": 5432 if name == "db" else 80}
    yield _object("v1", "Service", name, namespace, {"selector": {"app": name}, "ports": [port]})
    yield _object(
        "apps/v1",
        "Deployment",
        name,
        namespace,
        {
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": name, "image": name}]},
            }
        },
    )
    yield _object(
        network,
        "DestinationRule",
        name,
        namespace,
        {"host": name, "subsets": [{"name": "v1", "labels": {"version": "v1"}}]},
    )
    routes = [
        {
            "match": [{"uri": {"prefix": f"/{name}/v1"}}],
            "route": [{"destination": {"host": name, "subset": "v1"}}],
        },
        {"route": [{"destination": {"host": name, "subset": "v1"}}]},
    ]
    yield _object(network, "VirtualService", name, namespace, {"hosts": [name], "http": routes})
    yield _object(
        "security.istio.io/v1",
        "AuthorizationPolicy",
        name,
        namespace,
        {
            "selector": {"matchLabels": {"app": name}},
            "rules": [{"from": [{"source": {"namespaces": [namespace]}}]}],
        },
    )
