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
        ("endpoints", ["none", "-", "-", "outbound|80|v1|review.review.svc.cluster.local"]),
        (
            "endpoints",
            [
                "pod of Deployment review/review:8080",
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


def test_the_routes_of_a_gateway(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(GATEWAY)
    found = rows(str(tmp_path), "routes", "--from", "gateway:shop/edge")
    clusters = ", ".join(
        f"outbound|80|{name}|web.shop.svc.cluster.local ({share} %)" for name, share in (("a", 90), ("b", 10))
    )
    assert ["http.8080", "shop.example:80", "shop.example", "/api*", "web.shop", clusters] in found


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
