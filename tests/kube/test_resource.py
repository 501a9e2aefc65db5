from __future__ import annotations

from typing import Any

import pytest

from meshlint.kube.kinds import CLUSTER_SCOPED, GroupKind, may_make_pods
from meshlint.kube.resource import Hook, resource_from, resources_of
from meshlint.text.finding import Location, Target
from meshlint.text.origin import Path
from meshlint.text.source import Source


class Page:
    """A document that answers with the path it was asked for."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.source = Source("page.yaml", "text", "manifest")
        self.asked: list[tuple[Path, bool]] = []

    def locate(self, path: Path, on_key: bool) -> Location:
        self.asked.append((path, on_key))
        return Location(self.source, 1, 1, 1, 2, "exact", path)


def pod(name: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}}


def test_identity() -> None:
    resource = resource_from(
        {
            "apiVersion": "networking.istio.io/v1",
            "kind": "Gateway",
            "metadata": {"name": "gw", "namespace": "infra", "labels": {"n": 1}, "annotations": {"a": "b"}},
            "spec": {"servers": [{"port": {"number": 80}}]},
        }
    )
    assert (resource.group, resource.version, resource.kind) == ("networking.istio.io", "v1", "Gateway")
    assert resource.group_kind == GroupKind("networking.istio.io", "Gateway")
    assert not resource.is_a(GroupKind("gateway.networking.k8s.io", "Gateway"))
    assert resource.ref().label() == "Gateway infra/gw"
    assert resource.key() == ("infra", "gw")
    assert (resource.labels, resource.annotations) == ({"n": "1"}, {"a": "b"})
    assert resource.get("spec", "servers", 0, "port", "number") == 80
    assert resource.get("spec", "servers", 1, default="none") == "none"
    assert resource.has("spec", "servers")
    assert not resource.has("spec", "selector")
    assert isinstance(resource, Target)


@pytest.mark.parametrize(
    ("data", "namespace"),
    [
        (pod("a"), "release"),
        (pod("a", namespace="own"), "own"),
        (pod("a", namespace=""), "release"),
        ({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "x"}}, ""),
        ({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}}, ""),
        (
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}},
            "",
        ),
        ({"apiVersion": "other.io/v1", "kind": "ClusterRole", "metadata": {"name": "a"}}, "release"),
    ],
)
def test_namespaces(data: dict[str, Any], namespace: str) -> None:
    assert resource_from(data, "release").namespace == namespace


def test_a_definition_in_the_input_makes_its_kind_cluster_scoped() -> None:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "wides.example.io"},
        "spec": {"group": "example.io", "scope": "Cluster", "names": {"kind": "Wide"}},
    }
    wide = {"apiVersion": "example.io/v1", "kind": "Wide", "metadata": {"name": "w"}}
    found, _ = resources_of([Page(wide), Page(definition)], "release")
    assert [resource.namespace for resource in found] == ["", ""]


def test_lists_are_expanded_with_their_paths() -> None:
    page = Page(
        {
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                pod("a"),
                {"apiVersion": "v1", "kind": "List", "items": [pod("b"), "no object"]},
                {"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"metadata": {"name": "c"}}]},
            ],
        }
    )
    found, findings = resources_of([page], "release", unit="chart x", scenario="prod")
    assert findings == []
    assert [resource.ref().label() for resource in found] == [
        "Pod release/a",
        "Pod release/b",
        "Deployment release/c",
    ]
    assert found[2].api_version == "apps/v1"
    assert {(resource.unit, resource.scenario) for resource in found} == {("chart x", "prod")}
    location = found[1].locate(("metadata", "name"), True)
    assert page.asked == [(("items", 1, "items", 0, "metadata", "name"), True)]
    assert location.pointer == ("metadata", "name")


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_what_is_no_mapping_gives_nothing(value: Any) -> None:
    assert resources_of([Page(value)], "release") == ([], [])


@pytest.mark.parametrize(
    ("data", "code", "path"),
    [
        ({"kind": "Pod", "metadata": {"name": "a"}}, "KUB001", ("apiVersion",)),
        ({"apiVersion": "v1", "metadata": {"name": "a"}}, "KUB001", ("kind",)),
        ({"apiVersion": "v1", "kind": "Pod"}, "KUB002", ("metadata", "name")),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": ""}}, "KUB002", ("metadata", "name")),
        ({"apiVersion": "v1", "kind": "Pod", "metadata": "text"}, "KUB002", ("metadata", "name")),
    ],
)
def test_objects_the_api_server_refuses(data: dict[str, Any], code: str, path: Path) -> None:
    found, findings = resources_of([Page(data)], "release")
    assert found == []
    assert [finding.code for finding in findings] == [code]
    assert findings[0].places[0].path == path


@pytest.mark.parametrize(("kind", "codes"), [("manifest", []), ("template", ["KUB001"])])
def test_only_a_manifest_folder_may_hold_other_mappings(kind: str, codes: list[str]) -> None:
    page = Page({"services": {"web": {}}})
    page.source = Source("compose.yaml", "text", kind)
    assert [finding.code for finding in resources_of([page], "")[1]] == codes


def test_a_generated_name_is_a_name() -> None:
    found, findings = resources_of(
        [Page({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "j-"}})], ""
    )
    assert (len(found), findings) == (1, [])


@pytest.mark.parametrize(
    ("annotations", "hook"),
    [
        ({}, None),
        (
            {"helm.sh/hook": "pre-install, Post-Upgrade", "helm.sh/hook-weight": "-5"},
            Hook(("pre-install", "post-upgrade"), -5),
        ),
        ({"helm.sh/hook": "test", "helm.sh/hook-weight": "high"}, Hook(("test",), 0)),
    ],
)
def test_hooks(annotations: dict[str, str], hook: Hook | None) -> None:
    assert resource_from(pod("a", annotations=annotations)).hook == hook


def test_only_tests_are_tests() -> None:
    assert Hook(("test-success",), 0).test()
    assert not Hook(("pre-install",), 0).test()


def test_an_object_built_in_memory_has_a_place_too() -> None:
    location = resource_from(pod("a")).locate(("spec", "x"), False)
    assert (location.source.path, location.grade, location.pointer) == (
        "Pod default/a",
        "file",
        ("spec", "x"),
    )


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (GroupKind("ray.io", "RayCluster"), True),
        (GroupKind("monitoring.coreos.com", "Prometheus"), True),
        (GroupKind("monitoring.coreos.com", "ServiceMonitor"), False),
        (GroupKind("gateway.networking.k8s.io", "Gateway"), True),
        (GroupKind("gateway.networking.k8s.io", "HTTPRoute"), False),
        (GroupKind("networking.istio.io", "Gateway"), False),
        (GroupKind("", "ConfigMap"), False),
        (GroupKind("argoproj.io", "Rollout"), False),
        (GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"), False),
        (GroupKind("rbac.authorization.k8s.io", "Role"), False),
    ],
)
def test_who_may_make_pods_unseen(kind: GroupKind, answer: bool) -> None:
    assert may_make_pods(kind) is answer


def test_cluster_scope_is_by_group_and_kind() -> None:
    assert GroupKind("cert-manager.io", "ClusterIssuer") in CLUSTER_SCOPED
    assert GroupKind("cert-manager.io", "Issuer") not in CLUSTER_SCOPED
