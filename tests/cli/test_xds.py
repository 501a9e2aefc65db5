from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from meshlint.cli.xds import xds
from tests.shared import ROOT

BROKEN = str(ROOT / "examples/review-rating-chart-broken")
GATEWAY = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: edge, namespace: shop}
spec:
  selector: {istio: ingressgateway}
  servers:
    - {port: {number: 80, name: http, protocol: HTTP}, hosts: [shop.example]}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [shop.example]
  gateways: [edge]
  http:
    - match: [{uri: {prefix: /api}}]
      route:
        - {destination: {host: web, subset: a}, weight: 90}
        - {destination: {host: web, subset: b}, weight: 10}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{name: http, port: 80}]}
"""


def rows(*arguments: str) -> list[list[str]]:
    """The cells of the printed table; columns stand at least five blanks apart."""
    run = CliRunner().invoke(xds, arguments, standalone_mode=False)
    assert run.exception is None, run.output
    return [
        [cell.strip() for cell in line.split("     ") if cell.strip()] for line in run.stdout.splitlines()
    ]


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("listeners", ["0.0.0.0", "80", "Trans: raw_buffer; App: http/1.1,h2c", "Route: 80"]),
        ("listeners", ["0.0.0.0", "15001", "ALL", "PassthroughCluster"]),
        ("clusters", ["review.review.svc.cluster.local", "80", "v1", "outbound", "EDS", "review.review"]),
        (
            "endpoints",
            [
                "none: no pod has the labels of the subset",
                "-",
                "-",
                "outbound|80|v1|review.review.svc.cluster.local",
            ],
        ),
        (
            "endpoints",
            [
                "1 pod of Deployment review/review:8080",
                "HEALTHY",
                "OK",
                "outbound|80||review.review.svc.cluster.local",
            ],
        ),
    ],
)
def test_the_tables_of_a_sidecar(what: str, expected: list[str]) -> None:
    assert expected in rows(BROKEN, what, "--from", "sidecar:rating/rating")


def test_routes_as_json() -> None:
    run = CliRunner().invoke(
        xds, [BROKEN, "routes", "--from", "sidecar:rating/rating", "--format", "json"], standalone_mode=False
    )
    review = next(row for row in json.loads(run.stdout) if row["VHOST NAME"].startswith("review."))
    assert review["NAME"] == "80"
    assert review["MATCH"] == "/*"
    assert review["VIRTUAL SERVICE"] == "review.review"
    assert review["CLUSTERS"] == "outbound|80|v1|review.review.svc.cluster.local"
    assert review["source"][0]["object"] == "VirtualService review/review"
    assert review["source"][0]["line"] > 1


def test_the_routes_of_a_gateway(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(GATEWAY)
    found = rows(str(tmp_path), "routes", "--from", "gateway:shop/edge")
    assert ["http.8080", "shop.example:80", "shop.example", "/api*", "web.shop"] in found


def test_wide_adds_what_istioctl_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(GATEWAY)
    found = rows(str(tmp_path), "routes", "--from", "gateway:shop/edge", "--wide")
    clusters = ", ".join(
        f"outbound|80|{name}|web.shop.svc.cluster.local ({share}%)" for name, share in (("a", 90), ("b", 10))
    )
    assert found[0][-3:] == ["CONDITIONS", "CLUSTERS", "SOURCE"]
    route = next(row for row in found if row[0] == "http.8080")
    assert route[5] == clusters
    assert route[-1].endswith("mesh.yaml:16")


POD = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: web}, {name: tcp, port: 90}, {name: any, port: 91}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{name: web, containerPort: 8080}]}]}
"""
POLICY = """\
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  mtls: {mode: %s}
  portLevelMtls: {7000: {mode: DISABLE}, 8080: {mode: STRICT}}
"""
INGRESS = """\
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: web, namespace: shop}
spec: {ingress: [{port: {number: 9080, protocol: HTTP, name: http}, defaultEndpoint: "127.0.0.1:80"}]}
"""
MESH = "istio-http/1.0,istio-http/1.1,istio-h2"


def inbound(tmp_path: Path, *documents: str, mode: str = "") -> dict[str, list[str]]:
    """Destination -> matches of the chains that take inbound connections."""
    (tmp_path / "mesh.yaml").write_text("---\n".join(documents))
    arguments = [str(tmp_path), "listeners", "--from", "sidecar:shop/web", "--port", "15006"]
    found: dict[str, list[str]] = {}
    for _, _, match, destination in rows(*arguments, *(["--mtls", mode] if mode else []))[1:]:
        found.setdefault(destination, []).append(match)
    return found


def test_the_chains_of_an_inbound_port_follow_protocol_and_mode(tmp_path: Path) -> None:
    permissive = inbound(tmp_path, POD)
    assert permissive["Cluster: inbound|8080||"] == [
        f"Trans: tls; App: istio,istio-peer-exchange,{MESH}; Addr: *:8080",
        "Trans: raw_buffer; Addr: *:8080",
    ]
    assert permissive["Cluster: inbound|90||"] == [
        f"Trans: tls; App: istio,istio-peer-exchange,{MESH}; Addr: *:90",
        "Trans: tls; Addr: *:90",
        "Trans: raw_buffer; Addr: *:90",
    ]
    assert permissive["Cluster: inbound|91||"] == [
        f"Trans: tls; App: {MESH}; Addr: *:91",
        "Trans: raw_buffer; App: http/1.1,h2c; Addr: *:91",
        "Trans: tls; App: TCP TLS; Addr: *:91",
        "Trans: raw_buffer; Addr: *:91",
        "Trans: tls; Addr: *:91",
    ]


def test_an_mtls_mode_of_a_port_outside_every_service_has_chains(tmp_path: Path) -> None:
    found = inbound(tmp_path, POD, POLICY % "PERMISSIVE")
    assert found["Cluster: inbound|8080||"] == ["Trans: tls; Addr: *:8080"]
    assert [match for match in found["InboundPassthroughCluster"] if "7000" in match] == [
        "Trans: raw_buffer; App: http/1.1,h2c; Addr: *:7000",
        "Trans: raw_buffer; Addr: *:7000",
    ]


def test_the_assumed_mode_of_the_mesh_counts_until_a_policy_says_more(tmp_path: Path) -> None:
    assert inbound(tmp_path, POD, mode="strict")["Cluster: inbound|90||"] == ["Trans: tls; Addr: *:90"]
    found = inbound(tmp_path, POD, POLICY % "DISABLE", mode="strict")
    assert found["Cluster: inbound|90||"] == ["Trans: raw_buffer; Addr: *:90"]


def test_the_ingress_of_a_sidecar_replaces_the_ports_of_services(tmp_path: Path) -> None:
    assert set(inbound(tmp_path, POD, INGRESS)) == {
        "Non-HTTP/Non-TCP",
        "InboundPassthroughCluster",
        "Cluster: inbound|9080||",
    }
    found = rows(str(tmp_path), "clusters", "--from", "sidecar:shop/web", "--direction", "inbound")
    assert found[1:] == [["9080", "-", "inbound", "STATIC"]]


RULE = """\
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec: {host: web, trafficPolicy: {connectionPool: {tcp: {maxConnections: 9}}}}
"""


def test_a_rule_with_a_policy_is_named_at_inbound_clusters_too(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text("---\n".join((POD, RULE)))
    found = rows(str(tmp_path), "clusters", "--from", "sidecar:shop/web", "--direction", "inbound")
    assert found[1:] == [
        [number, "-", "inbound", "ORIGINAL_DST", "web.shop"] for number in ("90", "91", "8080")
    ]


def test_domains_count_the_address_that_only_the_cluster_knows(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(POD)
    found = rows(str(tmp_path), "routes", "--from", "sidecar:shop/web", "--name", "80")
    assert found[1][2] == "web.shop.svc.cluster.local., web + 2 more..."


@pytest.mark.parametrize(
    ("what", "filters", "count"),
    [
        ("clusters", ["--fqdn", "review", "--subset", "v1"], 1),
        ("clusters", ["--port", "1"], 0),
        ("routes", ["--name", "80"], 1),
        ("listeners", ["--port", "15001"], 2),
        ("endpoints", ["--port", "8080"], 1),
        ("endpoints", ["--cluster", "outbound|80|v1|review.review.svc.cluster.local"], 1),
    ],
)
def test_filters(what: str, filters: list[str], count: int) -> None:
    assert len(rows(BROKEN, what, "--from", "sidecar:rating/rating", *filters)) == count + 1


def test_a_filter_of_another_table_is_a_usage_error() -> None:
    run = CliRunner().invoke(xds, [BROKEN, "routes", "--from", "sidecar:rating/rating", "--port", "80"])
    assert run.exit_code == 2
    assert "--port does not filter routes; routes takes --name" in run.output


def test_a_name_that_differs_little_is_suggested() -> None:
    run = CliRunner().invoke(xds, [BROKEN, "routes", "--from", "sidecar:rating/ratnig"])
    assert "did you mean `sidecar:rating/rating`?" in run.output


@pytest.mark.parametrize(
    "proxy", ["rating", "sidecar:rating", "pod:rating/rating", "sidecar:x/y", "gateway:x/y"]
)
def test_an_unknown_proxy_is_a_usage_error(proxy: str) -> None:
    run = CliRunner().invoke(xds, [BROKEN, "routes", "--from", proxy])
    assert run.exit_code == 2
    assert "--from takes" in run.output or "in the input" in run.output


def test_nothing_to_look_at(tmp_path: Path) -> None:
    run = CliRunner().invoke(xds, [str(tmp_path), "routes", "--from", "sidecar:a/b"], standalone_mode=False)
    assert run.return_value == 3
