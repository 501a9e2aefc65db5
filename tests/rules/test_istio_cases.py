"""What `istioctl analyze` says, compared case by case with the findings that carry its codes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
import yaml

from meshlint.kube.resource import Resource
from meshlint.mesh.mesh_config import settings_of
from meshlint.mesh.settings import Settings, with_mesh_config
from meshlint.options import LintOptions
from meshlint.text.finding import Finding
from tests.rules.shared import ROOT, cases, findings, needs_reference, origin, resources

CASES = cases("istio/analyzer-cases.json")
HIDDEN_NAMESPACES = {"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}

# Codes that say something about a running cluster, and why no manifest can.
LIVE = {
    "IST0103": "looks for the injected container in pods that run",
    "IST0158": "compares the images of sidecars that run",
    "IST0171": "reads conditions that controllers write into status",
}
# Codes of inputs meshlint is not given.
UNREAD = {"IST0126": "MeshNetworks is a file of the installation, no Kubernetes object"}

# IST0101 is one code for many references; an analyzer's case is about its own.
OWN = {
    "virtualservice.DestinationHostAnalyzer": {"VS002", "VS003", "VS004", "VS005", "VS008", "VS021"},
    "virtualservice.DestinationRuleAnalyzer": {"VS001"},
    "virtualservice.GatewayAnalyzer": {"VS006", "VS007", "VS025"},
    "gateway.IngressGatewayPortAnalyzer": {"GW001", "GW002"},
    "gateway.ConflictingGatewayAnalyzer": {"GW003"},
    "gateway.SecretAnalyzer": {"GW001", "GW005"},
    "sidecar.SelectorAnalyzer": {"SC003", "SC004", "SC005", "AM002"},
    "telemetry.SelectorAnalyzer": {"TEL001", "TEL003"},
    "authz.AuthorizationPoliciesAnalyzer": {"AP001", "AP007"},
}

# Where meshlint knows better (spec/istio-analyzers.md, section 6): case id -> why, missing, more.
BETTER: dict[str, tuple[str, list[tuple[str, str]], list[tuple[str, str]]]] = {}


def messages() -> dict[str, dict[str, Any]]:
    """Istio's catalogue of messages by code."""
    path = ROOT / "spec" / "istio-messages.json"
    if not path.is_file():
        return {}
    return {each["code"]: each for each in json.loads(path.read_text(encoding="utf-8"))}


MESSAGES = messages()


def codes_of(analyzer: str) -> set[str]:
    """The codes an analyzer can give."""
    return {
        code for code, each in MESSAGES.items() if any(one["type"] == analyzer for one in each["analyzers"])
    }


def settings(case: dict[str, Any], objects: list[Resource]) -> Settings:
    """A closed world with the case's mesh config."""
    world = settings_of(LintOptions(), objects)._replace(closed_world=True)
    if case["meshConfigFile"]:
        text = (ROOT / "conformance" / "istio" / case["meshConfigFile"]).read_text(encoding="utf-8")
        world = with_mesh_config(world, yaml.safe_load(text))
    return world


def said(found: list[Finding], analyzer: str) -> Counter[tuple[str, str]]:
    """(Istio's code, origin) of the findings; a message without arguments counts once per object."""
    codes = codes_of(analyzer) - set(LIVE) - set(UNREAD)
    own = OWN.get(analyzer)
    rows = Counter(
        (peer, origin(each))
        for each in found
        for peer in each.peers
        if peer in codes and (own is None or each.code in own)
    )
    return Counter({row: 1 if not MESSAGES[row[0]]["args"] else count for row, count in rows.items()})


@needs_reference(CASES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['id']} {case['name']}")
def test_istio_and_meshlint_agree(case: dict[str, Any]) -> None:
    objects = [
        each
        for each in resources("istio", case["inputFiles"])
        if each.namespace not in HIDDEN_NAMESPACES
        and not (each.kind == "Namespace" and each.name in HIDDEN_NAMESPACES)
    ]
    expected = Counter(
        (each["code"], each["origin"])
        for each in case["expected"]
        if each["code"] not in LIVE and each["code"] not in UNREAD
    )
    _, missing, more = BETTER.get(case["id"], ("", [], []))
    actual = said(findings(objects, settings(case, objects)), case["analyzer"])
    assert actual - Counter(more) == expected - Counter(missing)


def test_every_exception_names_a_case_and_a_reason() -> None:
    known = {case["id"] for case in CASES}
    assert [key for key, (why, _, _) in BETTER.items() if not why or (CASES and key not in known)] == []
