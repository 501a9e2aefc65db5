from __future__ import annotations

import pytest

from meshlint.mesh.graph import Mesh
from meshlint.mesh.scope import sidecar_client
from meshlint.mesh.virtual_hosts import l4_routes
from tests.mesh.golden import resources

WORLD = """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432, name: tcp}, {port: 443, name: tls}, {port: 90, name: tcp-b}]}
---
apiVersion: v1
kind: Service
metadata: {name: single, namespace: shop}
spec: {selector: {app: single}, ports: [{port: 6000, name: tcp}]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: a, namespace: shop}
spec:
  hosts: [db]
  tcp:
  - match: [{port: 5432, sourceLabels: {app: me}, gateways: [mesh]}]
    route: [{destination: {host: db, subset: labels}}]
  - match: [{port: 5432, destinationSubnets: [10.0.0.0/8]}]
    route: [{destination: {host: db, subset: subnet}}]
  - match: [{port: 5432}]
    route: [{destination: {host: single}}]
  - route: [{destination: {host: db, subset: rest}}]
  tls:
  - match: [{port: 443, sniHosts: [a.example.com]}, {port: 444, sniHosts: [b.example.com]}]
    route: [{destination: {host: single}}]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: b, namespace: shop}
spec: {hosts: [db], tcp: [{route: [{destination: {host: db, subset: late}}]}]}
"""


@pytest.mark.parametrize(
    ("labels", "port", "block", "found"),
    [
        ({}, 5432, "tcp", ["outbound|5432|subnet|db", "outbound|6000||single"]),
        ({"app": "me"}, 5432, "tcp", ["outbound|5432|labels|db"]),
        ({}, 90, "tcp", ["outbound|90|rest|db"]),
        ({}, 443, "tls", ["outbound|6000||single"]),
        ({}, 5432, "tls", []),
    ],
)
def test_tcp_and_tls_routes(labels: dict[str, str], port: int, block: str, found: list[str]) -> None:
    mesh = Mesh.build(resources(WORLD))
    client = sidecar_client("shop", labels)
    scope = mesh.scope(client)
    service = mesh.services.all_of("db.shop.svc.cluster.local")[0]
    names = []
    for route, _ in l4_routes(client, scope, service, port, block):
        target = route.destinations[0]
        host, number = mesh.clusters.target(client, scope, target, port, route.block)
        names.append(f"outbound|{number}|{target.subset}|{host.partition('.')[0]}")
    assert names == found
