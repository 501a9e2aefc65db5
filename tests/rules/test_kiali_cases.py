"""What Kiali's validations say, compared case by case with the findings that carry its codes."""

from __future__ import annotations

from typing import Any

import pytest

from meshlint.kube.fields import texts
from meshlint.mesh.graph import Mesh
from meshlint.mesh.inventory import sees
from meshlint.mesh.settings import Settings
from meshlint.text.finding import Finding
from tests.rules.shared import cases, findings, needs_reference, resources

CASES = cases("kiali/cases.json")
CHECKED = [case for case in CASES if "visible" not in case]
VISIBILITY = [case for case in CASES if "visible" in case]

# Codes that say something about a running cluster, and why no manifest can.
LIVE = {
    "KIA0107": "finds the service account on another cluster",
    "KIA1314": "looks at pods that ambient mode has captured",
    "GWAPI": "reads conditions that controllers write into status",
}
# Codes that several of our rules carry; the cases are about this one.
OWN = {"KIA0201": "DR017"}
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob")

Rows = set[tuple[str, str]]

HALF = "virtualservices/TestDestRuleDifferentNamespaceHalfFQDNName"

# Where meshlint knows better (spec/kiali-validations.md, section 6): case -> why, missing, more.
BETTER: dict[str, tuple[str, Rows, Rows]] = {
    "authorization-principals-TestRegexPrincipalFound": (
        "Istio takes a star inside a principal literally; Kiali reads it as a regular expression",
        set(),
        {("KIA0106", "AuthorizationPolicy bookinfo/auth-policy")},
    ),
    f"{HALF}/subset-presence-matching-subsets-diff-ns-half-fqdn": (
        "Istio does not expand a host with one dot, so the DestinationRule is for another host",
        set(),
        {("KIA1107", "VirtualService bookinfo/reviews-vs")},
    ),
    "virtualservices-single-exported-host-TestRepeatingSimpleHostWithGatewayExported-3": (
        "the same short name means two Gateways in two namespaces",
        {
            ("KIA1106", "VirtualService bookinfo/virtual-1"),
            ("KIA1106", "VirtualService bookinfo2/virtual-2"),
        },
        set(),
    ),
    "derived-one-VirtualService-naming-a-host-twice": (
        "a VirtualService does not conflict with itself",
        {("KIA1106", "VirtualService a/web")},
        set(),
    ),
    "derived-same-host-and-subset--two-ports": (
        "two ports of a host are two destinations",
        {("KIA1105", "VirtualService a/web")},
        set(),
    ),
    "derived-gateways-of-a-tls-match-are-not-read": (
        "gateways of tls matches are read by Istio",
        set(),
        {("KIA1102", "VirtualService a/web")},
    ),
    "derived-same-gateway-name-in-two-namespaces": (
        "Gateways of one name in two namespaces are two Gateways",
        set(),
        {
            ("KIA1501", "Gateway.gateway.networking.k8s.io a/gw"),
            ("KIA1501", "Gateway.gateway.networking.k8s.io b/gw"),
        },
    ),
    "derived-DestinationRule-host-backed-by-a-workload-label-only": (
        "a label on a workload makes no host",
        set(),
        {("KIA0202", "DestinationRule a/web")},
    ),
    "derived-ServiceEntry-suffix-without-label-boundary": (
        "notexample.com is no name of example.com",
        set(),
        {("KIA0202", "DestinationRule a/x")},
    ),
    "sidecars-outbound-traffic-policy-mode-TestOutboundTrafficPolicyModeCheck-registry": (
        "YAML tells a written REGISTRY_ONLY from an absent mode",
        {("KIA1007", "Sidecar testns/testsidecar")},
        set(),
    ),
    "services-port-mapping-TestServicePortNamingWithoutSidecar": (
        "Kiali sees that the running pod has no sidecar",
        set(),
        {("KIA0601", "Service test-namespace/service1")},
    ),
}


def settings(case: dict[str, Any]) -> Settings:
    """The facts of the case's world."""
    facts = case["context"]
    exports = facts.get("defaultExportTo") or {}
    changes: dict[str, Any] = {
        "outbound_policy": "ALLOW_ANY" if facts.get("allowAny", True) else "REGISTRY_ONLY",
        "auto_mtls": facts.get("autoMtls", True),
        "scope_gateways": facts.get("scopeGatewayToNamespace", False),
        "namespaces": frozenset(facts.get("namespaces") or ()),
        "clients": frozenset([facts["clientNamespace"]] if "clientNamespace" in facts else ()),
        "trust_domains": frozenset(facts.get("knownTrustDomains") or ()),
        "service_accounts": frozenset(facts.get("serviceAccounts") or ()),
    }
    if "identityDomain" in facts:
        changes["domain"] = changes["trust_domain"] = facts["identityDomain"].removeprefix("svc.")
    if "rootNamespace" in facts:
        changes["root_namespace"] = facts["rootNamespace"]
    if "gatewayClasses" in facts:
        changes["gateway_classes"] = frozenset(facts["gatewayClasses"])
    for kind, field in EXPORT_FIELDS.items():
        if kind in exports:
            changes[field] = tuple(exports[kind])
    return Settings(closed_world=True)._replace(**changes)


EXPORT_FIELDS = {
    "DestinationRule": "destination_rule_export_to",
    "VirtualService": "virtual_service_export_to",
    "ServiceEntry": "service_export_to",
}


def named(finding: Finding) -> str:
    """The object as Kiali's cases write it."""
    about = finding.object
    assert about is not None
    kind = "workload" if about.kind in CONTROLLERS else about.kind
    group = about.api_version.rpartition("/")[0]
    if kind == "Gateway" and group == "gateway.networking.k8s.io":
        kind = f"Gateway.{group}"
    return f"{kind} {about.namespace}/{about.name}"


@needs_reference(CHECKED)
@pytest.mark.parametrize("case", CHECKED, ids=lambda case: case["name"])
def test_kiali_and_meshlint_agree(case: dict[str, Any]) -> None:
    scope = set(case["scope"]) - set(LIVE)
    expected = {(each["code"], each["object"]) for each in case["checks"]} & _scoped(case, scope)
    _, missing, more = BETTER.get(case["name"], ("", set(), set()))
    actual = {
        (peer, named(each))
        for each in findings(resources("kiali", case["inputs"]), settings(case))
        for peer in each.peers
        if peer in scope and OWN.get(peer, each.code) == each.code
    }
    if case["subjects"]:
        actual = {row for row in actual if row[1] in case["subjects"]}
    assert actual - more == expected - missing
    for each in case["absent"]:
        told = [row for row in actual - more if row[0] == each["code"]]
        assert not [row for row in told if each["object"] in ("*", row[1])]


def _scoped(case: dict[str, Any], scope: set[str]) -> Rows:
    return {(each["code"], each["object"]) for each in case["checks"] if each["code"] in scope}


@needs_reference(VISIBILITY)
@pytest.mark.parametrize("case", VISIBILITY, ids=lambda case: case["name"])
def test_the_same_objects_are_visible(case: dict[str, Any]) -> None:
    world = settings(case)
    client = case["context"]["clientNamespace"]
    mesh = Mesh.build(resources("kiali", case["inputs"]), world)
    seen, lost = set(), set()
    for each in mesh.resources:
        written = texts(each.spec.get("exportTo"))
        if sees(mesh, client, each):
            seen.add(each.label())
        elif not {*written, "."} & (world.namespaces | {"*"}):
            lost.add(each.label())  # Kiali shows what is exported to nobody, so that it can say KIA0005
    assert seen >= set(case["visible"]) - lost
    assert not seen & set(case["hidden"])


def test_every_exception_names_a_case_and_a_reason() -> None:
    known = {case["name"] for case in CASES}
    assert [key for key, (why, _, _) in BETTER.items() if not why or (CASES and key not in known)] == []
