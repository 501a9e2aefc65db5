from __future__ import annotations

from typing import Any

import pytest

from meshlint.kube.resource import Resource, resource_from
from meshlint.mesh.mtls import (
    DEFAULT,
    Decision,
    Mode,
    PeerAuthentications,
    meets,
    sent_automatically,
    sent_by_rule,
)

STRICT, PERMISSIVE, DISABLE = Decision("STRICT"), Decision("PERMISSIVE"), Decision("DISABLE")


def policy(
    name: str, namespace: str, mode: str = "", app: str = "", ports: dict[str, Any] | None = None
) -> Resource:
    spec: dict[str, Any] = {"mtls": {"mode": mode}} if mode else {}
    if app:
        spec["selector"] = {"matchLabels": {"app": app}}
    if ports:
        spec["portLevelMtls"] = ports
    metadata = {"name": name, "namespace": namespace}
    return resource_from(
        {
            "apiVersion": "security.istio.io/v1",
            "kind": "PeerAuthentication",
            "metadata": metadata,
            "spec": spec,
        }
    )


MESH_STRICT = policy("mesh", "istio-system", "STRICT")


@pytest.mark.parametrize(
    ("policies", "port", "expected"),
    [
        ([], None, "PERMISSIVE"),
        ([MESH_STRICT], None, "STRICT"),
        ([MESH_STRICT, policy("ns", "shop", "DISABLE")], None, "DISABLE"),
        ([MESH_STRICT, policy("ns", "shop", "UNSET")], None, "STRICT"),
        ([MESH_STRICT, policy("ns", "other", "DISABLE")], None, "STRICT"),
        ([policy("w", "shop", "STRICT", app="review")], None, "STRICT"),
        ([policy("w", "shop", "STRICT", app="rating")], None, "PERMISSIVE"),
        (
            [policy("w", "istio-system", "STRICT", app="review")],
            None,
            "PERMISSIVE",
        ),  # root selectors: ignored
        ([policy("w", "shop", "STRICT", app="review", ports={"80": {"mode": "DISABLE"}})], 80, "DISABLE"),
        ([policy("w", "shop", "STRICT", app="review", ports={"80": {"mode": "UNSET"}})], 80, "STRICT"),
        ([policy("w", "shop", "STRICT", app="review", ports={"80": {"mode": "DISABLE"}})], 81, "STRICT"),
        ([policy("n", "shop", "", ports={"80": {"mode": "DISABLE"}})], 80, "PERMISSIVE"),  # needs a selector
        ([policy("b", "shop", "DISABLE"), policy("a", "shop", "STRICT")], None, "STRICT"),  # first by name
    ],
)
def test_server_mode(policies: list[Resource], port: int | None, expected: Mode) -> None:
    decided = PeerAuthentications(policies, "istio-system").server_mode("shop", {"app": "review"}, port)
    assert decided.mode == expected


def test_the_client_does_not_see_workload_policies() -> None:
    known = PeerAuthentications([policy("w", "shop", "STRICT", app="review")], "istio-system")
    assert known.namespace_mode("shop") == DEFAULT


@pytest.mark.parametrize(
    ("tls", "gateway", "selects", "expected"),
    [
        ({}, False, False, None),
        ({"mode": "DISABLE"}, False, False, "plaintext"),
        ({"sni": "a.example"}, False, False, "plaintext"),
        ({"mode": "ISTIO_MUTUAL"}, False, False, "mtls"),
        ({"mode": "SIMPLE"}, False, False, "tls"),
        ({"mode": "SIMPLE", "credentialName": "c"}, False, False, "plaintext"),
        ({"mode": "SIMPLE", "credentialName": "c"}, False, True, "tls"),
        ({"mode": "SIMPLE", "credentialName": "c"}, True, False, "tls"),
    ],
)
def test_explicit_tls(tls: dict[str, str], gateway: bool, selects: bool, expected: str | None) -> None:
    sent = sent_by_rule(tls, gateway=gateway, selects_proxies=selects)
    assert (sent and sent.transport) == expected


@pytest.mark.parametrize(
    ("external", "auto", "namespace", "capable", "server", "expected"),
    [
        (False, True, PERMISSIVE, True, STRICT, "mtls"),
        (False, True, PERMISSIVE, True, PERMISSIVE, "mtls"),
        (False, True, PERMISSIVE, False, PERMISSIVE, "plaintext"),
        (False, True, PERMISSIVE, True, DISABLE, "plaintext"),
        (False, True, DISABLE, True, STRICT, "plaintext"),  # namespace DISABLE, workload STRICT: the clash
        (False, False, PERMISSIVE, True, STRICT, "plaintext"),
        (True, True, PERMISSIVE, True, PERMISSIVE, "plaintext"),
    ],
)
def test_automatic_mtls(
    external: bool, auto: bool, namespace: Decision, capable: bool, server: Decision, expected: str
) -> None:
    sent = sent_automatically(
        external=external, auto_mtls=auto, namespace_mode=namespace, capable=capable, server=server
    )
    assert sent.transport == expected


@pytest.mark.parametrize(
    ("sent", "server", "sidecar", "expected"),
    [
        ("plaintext", STRICT, True, "TLS-PLAIN-STRICT"),
        ("tls", STRICT, True, "TLS-PLAIN-STRICT"),
        ("plaintext", PERMISSIVE, True, ""),
        ("plaintext", DISABLE, True, ""),
        ("plaintext", STRICT, False, ""),  # no sidecar: the policy has no effect
        ("mtls", STRICT, True, ""),
        ("mtls", PERMISSIVE, True, ""),
        ("mtls", DISABLE, True, "TLS-MTLS-NOSIDECAR"),
        ("mtls", STRICT, False, "TLS-MTLS-NOSIDECAR"),
    ],
)
def test_the_matrix(sent: Any, server: Decision, sidecar: bool, expected: str) -> None:
    assert meets(sent, server, sidecar=sidecar) == expected
