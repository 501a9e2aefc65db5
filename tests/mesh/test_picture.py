"""The picture of a mesh: what is drawn, what is broken, and which part a focus keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.kube.document import documents_of_source
from meshlint.kube.resource import resources_of
from meshlint.mesh.drawing import picture_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.picture import Edge, Picture, broken_paths, leading
from meshlint.mesh.settings import Settings
from meshlint.text.source import Source
from tests.mesh.golden import CASES, load, resources, settings
from tests.shared import ROOT

BOOKSHOP = ROOT / "tests/fixtures/graph/bookshop.yaml"
GOLDEN = sorted(CASES.glob("*.yaml"))
WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: %s
  template:
    metadata: {labels: {app: web, version: v1}}
    spec: {containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]}
"""
INJECTED = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---"""
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: %s}]}
"""


def picture(text: str, context: str = "", **changed: object) -> Picture:
    mesh = Mesh.build(resources(text), Settings()._replace(**changed), resources(context))  # type: ignore[arg-type]
    return picture_of(mesh)


def drawn(path: Path) -> Picture:
    documents, faults = documents_of_source(Source(path.name, path.read_text(), "manifest"))
    assert faults == []
    return picture_of(Mesh.build(resources_of(documents, "default", unit="x")[0], Settings()))


def short(edge: Edge) -> str:
    return f"{edge.source} > {edge.target}"


def faults(found: Picture) -> list[str]:
    return [f"{edge.code} {short(edge)}" for edge in found.broken()]


def test_the_bookshop_is_broken_in_six_places() -> None:
    assert faults(drawn(BOOKSHOP)) == [
        "RDS-NOVHOST Gateway/edge/publick > VirtualService/payments/invoices",
        "CDS-NOSUBSET VirtualService/books/reviews#http[0] > Service/books/reviews#v9",
        "CDS-NOSVC VirtualService/books/reviews#http[1] > host/reviews-shadow.books.svc.cluster.local",
        "CDS-NOPORT VirtualService/payments/pay#http[0] > Service/payments/pay",
        "EDS-EMPTY Service/books/ratings > Deployment/books/ratings",
        "EDS-EMPTY Service/books/reviews#v3 > Deployment/books/reviews-v1",
    ]


def test_an_edge_knows_envoys_cluster_its_share_and_its_place() -> None:
    found = drawn(BOOKSHOP)
    edge = next(edge for edge in found.edges if edge.target == "Service/books/reviews#v2")
    assert (edge.label, edge.share, edge.verdict) == ("20 %", 20.0, "ok")
    assert edge.clusters == ("outbound|9080|v2|reviews.books.svc.cluster.local",)
    location = edge.spots[0].resource.locate(edge.spots[0].path, False)
    assert "subset: v2" in location.source.line_text(location.line)


def test_gateway_servers_bind_only_what_they_serve() -> None:
    bound = [short(edge) for edge in drawn(BOOKSHOP).edges if edge.kind == "binds"]
    assert "Gateway/edge/public#servers[0] > VirtualService/books/productpage" in bound
    assert "Gateway/edge/public#servers[0] > VirtualService/payments/pay" not in bound
    assert "Gateway/edge/public#servers[1] > VirtualService/payments/pay" in bound


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (WORKLOAD % 1 + "---" + SERVICE % "http", ""),
        (WORKLOAD % 0 + "---" + SERVICE % "http", "EDS-EMPTY Deployment shop/web runs no pod"),
        (
            WORKLOAD % 1 + "---" + SERVICE % "web",
            "EDS-EMPTY no container of Deployment shop/web has a port named web",
        ),
        (
            (WORKLOAD % 1).replace("app: web", "app: wob") + "---" + SERVICE % "http",
            "EDS-EMPTY Service shop/web selects no pod: "
            "the pods of Deployment shop/web have app=wob, not app=web",
        ),
        (
            (WORKLOAD % 1).replace("app: web,", "run: web,") + "---" + SERVICE % "http",
            "EDS-EMPTY Service shop/web selects no pod",
        ),
    ],
    ids=["healthy", "replicas", "target-port", "other-value", "no-label"],
)
def test_why_a_service_has_no_pods(text: str, expected: str) -> None:
    found = [f"{edge.code} {edge.detail}" for edge in picture(text).broken()]
    assert found == ([expected] if expected else [])


def test_pods_that_may_come_from_elsewhere_are_no_break() -> None:
    (edge,) = picture(SERVICE % 80).edges
    assert (edge.verdict, edge.target) == ("unknown", "pods/shop/web.shop.svc.cluster.local/outside")
    (edge,) = picture(SERVICE % 80, closed_world=True).edges
    assert (edge.verdict, edge.code) == ("broken", "EDS-EMPTY")


def test_subset_labels_have_no_effect_on_a_headless_service() -> None:
    headless = (SERVICE % 8080).replace("spec: {", "spec: {clusterIP: None, ")
    rule = """
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, subsets: [{name: v2, labels: {version: v2}}]}
"""
    assert picture(WORKLOAD % 1 + "---" + headless + rule).broken() == []
    assert faults(picture((WORKLOAD % 1).replace("app: web", "app: wob") + "---" + headless)) == [
        "DNS-NX Service/shop/web > Deployment/shop/web"
    ]


def test_context_is_drawn_only_where_something_touches_it() -> None:
    other = (SERVICE % 80).replace("name: web,", "name: idle,") + "---" + SERVICE % 80
    route = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
"""
    keys = {node.key: node.state for node in picture(route, other).nodes}
    assert keys["Service/shop/web"] == "context"
    assert "Service/shop/idle" not in keys


def test_delegates() -> None:
    text = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: root, namespace: shop}
spec:
  hosts: [shop.example]
  http:
    - {match: [{uri: {prefix: /a}}], delegate: {name: leaf, namespace: shop}}
    - {match: [{uri: {prefix: /b}}], delegate: {name: gone, namespace: shop}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: leaf, namespace: shop}
spec:
  http:
    - {match: [{uri: {prefix: /a/x}}], route: [{destination: {host: web}}]}
    - {match: [{uri: {prefix: /z}}], route: [{destination: {host: web}}]}
---
"""
    found = picture(text + SERVICE % 8080 + "---" + WORKLOAD % 1)
    assert faults(found) == [
        "RDS-NOROUTE VirtualService/shop/root#http[0] > VirtualService/shop/leaf#http[1]",
        "RDS-NOROUTE VirtualService/shop/root#http[1] > VirtualService/shop/gone",
    ]
    assert "VirtualService/shop/leaf#http[0] > Service/shop/web" in map(short, found.edges)


def test_workloads_nobody_selects_are_named() -> None:
    assert picture(WORKLOAD % 1).notes == (
        "1 workload not drawn, because no Service selects them: Deployment shop/web",
    )


def test_what_only_a_walk_finds_is_on_the_edge_where_it_happens() -> None:
    text = """
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, trafficPolicy: {tls: {mode: DISABLE}}}
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: default, namespace: shop}
spec: {mtls: {mode: STRICT}}
---"""
    (edge,) = picture(text + INJECTED + WORKLOAD % 1 + "---" + SERVICE % 8080).broken()
    assert (edge.code, short(edge)) == ("TLS-PLAIN-STRICT", "Service/shop/web > Deployment/shop/web")
    assert edge.detail.endswith("(asked by sidecar:shop/web)")
    assert "PeerAuthentication" in {spot.resource.kind for spot in edge.spots}
    assert edge.confirm.startswith("istioctl ")


def test_a_route_that_no_proxy_reads_is_not_certain() -> None:
    route = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec: {hosts: [web], http: [{route: [{destination: {host: web}}]}]}
---"""
    tcp = (SERVICE % 8080).replace("name: http,", "name: tcp-web,")
    edge = next(edge for edge in picture(route + WORKLOAD % 1 + "---" + tcp).edges if edge.kind == "routes")
    assert (edge.verdict, edge.detail) == ("unknown", "no proxy of the input reads this route")


def test_a_port_that_no_container_declares_is_not_certain() -> None:
    edge = next(
        edge
        for edge in picture(INJECTED + WORKLOAD % 1 + "---" + SERVICE % 9999).edges
        if edge.kind == "selects"
    )
    assert edge.verdict == "unknown"
    assert "no container declares port 9999" in edge.detail


# Parts of a picture


def cards(found: Picture) -> list[str]:
    return [node.key for node in found.nodes if not node.parent]


def test_focus_keeps_what_leads_to_and_from() -> None:
    found = leading(drawn(BOOKSHOP), lambda node: node.key == "Service/payments/pay")
    assert cards(found) == [
        *("client/outside", "Gateway/edge/public", "VirtualService/payments/pay"),
        *("Service/payments/pay", "StatefulSet/payments/pay"),
    ]
    assert "Gateway/edge/public#servers[0]" not in {node.key for node in found.nodes}


def test_focus_with_depth() -> None:
    found = leading(drawn(BOOKSHOP), lambda node: node.key == "Service/payments/pay", 1)
    assert cards(found) == [
        *("VirtualService/payments/pay", "Service/payments/pay", "StatefulSet/payments/pay"),
    ]


def test_one_subset_does_not_bring_the_others() -> None:
    found = leading(drawn(BOOKSHOP), lambda node: node.key == "Deployment/books/reviews-v3")
    rows = {node.key for node in found.nodes if node.kind == "subset"}
    assert rows == set()


def test_broken_paths_leave_out_what_works() -> None:
    found = broken_paths(drawn(BOOKSHOP))
    assert "VirtualService/books/productpage" not in cards(found)
    assert "Service/books/reviews#v1" not in {node.key for node in found.nodes}
    assert faults(found) == faults(drawn(BOOKSHOP))
    assert "client/sidecars > VirtualService/books/reviews" in map(short, found.edges)


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_every_golden_world_is_drawn_whole_and_the_same_each_time(path: Path) -> None:
    case = load(path)

    def made() -> Picture:
        mesh = Mesh.build(resources(case["manifests"]), settings(case), resources(case.get("context", "")))
        return picture_of(mesh)

    found = made()
    keys = [node.key for node in found.nodes]
    assert len(keys) == len(set(keys))
    assert {node.parent for node in found.nodes} - {""} <= set(keys)
    assert {end for edge in found.edges for end in (edge.source, edge.target)} <= set(keys)
    assert len({(*edge[:4], edge.share) for edge in found.edges}) == len(found.edges)
    again = made()
    assert [node[:8] for node in again.nodes] == [node[:8] for node in found.nodes]
    assert [edge[:10] for edge in again.edges] == [edge[:10] for edge in found.edges]
