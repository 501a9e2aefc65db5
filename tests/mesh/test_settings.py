from __future__ import annotations

from typing import Any

import pytest

from meshlint.kube.resource import resource_from
from meshlint.mesh.mesh_config import mesh_config_in, settings_of
from meshlint.mesh.settings import Settings, with_mesh_config
from meshlint.options import LintOptions

MAP = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "istio", "namespace": "istio-system"},
    "data": {"mesh": "rootNamespace: root\noutboundTrafficPolicy: {mode: REGISTRY_ONLY}\n"},
}


@pytest.mark.parametrize(
    ("config", "changes"),
    [
        ({}, {}),
        ({"rootNamespace": "root"}, {"root_namespace": "root"}),
        ({"trustDomain": "td"}, {"trust_domain": "td"}),
        ({"enableAutoMtls": False}, {"auto_mtls": False}),
        ({"enableAutoMtls": "no"}, {}),
        ({"outboundTrafficPolicy": {"mode": "ALLOW_ANY"}}, {}),
        ({"outboundTrafficPolicy": {}}, {"outbound_policy": "REGISTRY_ONLY"}),
        ({"inboundTrafficPolicy": {"mode": "LOCALHOST"}}, {"inbound_policy": "LOCALHOST"}),
        ({"defaultServiceExportTo": ["."]}, {"service_export_to": (".",)}),
        ({"defaultVirtualServiceExportTo": [".", "a"]}, {"virtual_service_export_to": (".", "a")}),
        ({"defaultDestinationRuleExportTo": ["."]}, {"destination_rule_export_to": (".",)}),
        ({"defaultServiceExportTo": "x", "outboundTrafficPolicy": []}, {"outbound_policy": "REGISTRY_ONLY"}),
    ],
)
def test_a_mesh_config_changes_what_it_names(config: dict[str, Any], changes: dict[str, Any]) -> None:
    assert with_mesh_config(Settings(), config) == Settings()._replace(**changes)


def test_options_win_over_the_input_and_that_over_the_defaults() -> None:
    options = LintOptions(root_namespace="istio-system", outbound_policy="allow-any", mtls="strict")
    found = settings_of(options, [resource_from(MAP)])
    assert (found.root_namespace, found.outbound_policy, found.mtls) == (
        "istio-system",
        "ALLOW_ANY",
        "STRICT",
    )
    found = settings_of(LintOptions(), [resource_from(MAP)])
    assert (found.root_namespace, found.outbound_policy, found.mtls) == ("root", "REGISTRY_ONLY", "")
    assert settings_of(LintOptions()) == Settings()


def test_namespaces_of_the_options() -> None:
    found = settings_of(LintOptions(assume_injected=("shop",), closed_namespaces=("shop",)))
    assert found.assumes_injection("shop")
    assert not found.assumes_injection("other")
    assert settings_of(LintOptions(assume_injected=("all",))).assumes_injection("other")
    assert found.closed_namespaces == {"shop"}


@pytest.mark.parametrize(
    ("data", "root"),
    [
        (MAP, "root"),
        ({**MAP, "metadata": {"name": "istio-canary", "namespace": "istio-system"}}, "root"),
        ({**MAP, "metadata": {"name": "istio", "namespace": "other"}}, None),
        ({**MAP, "metadata": {"name": "other", "namespace": "istio-system"}}, None),
        ({**MAP, "data": {"mesh": "{"}}, None),
        ({**MAP, "data": {"mesh": "- list"}}, None),
        ({**MAP, "data": None}, None),
        (
            {
                "apiVersion": "install.istio.io/v1alpha1",
                "kind": "IstioOperator",
                "metadata": {"name": "io"},
                "spec": {"meshConfig": {"rootNamespace": "root"}},
            },
            "root",
        ),
        (
            {
                "apiVersion": "sailoperator.io/v1",
                "kind": "Istio",
                "metadata": {"name": "default"},
                "spec": {"values": {"meshConfig": {"rootNamespace": "root"}}},
            },
            "root",
        ),
    ],
)
def test_where_a_mesh_config_is_found(data: dict[str, Any], root: str | None) -> None:
    found = mesh_config_in([resource_from(data)], "istio-system")
    assert (found.config["rootNamespace"] if found else None) == root
