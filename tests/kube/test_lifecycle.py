"""The table of API lifetimes says what Kubernetes' own marks say."""

from __future__ import annotations

import csv

import pytest

from meshlint.kube.lifecycle import Lifecycle, lifecycle, version_of
from tests.rules.shared import ROOT, needs_reference

# Kinds nobody writes into a manifest: answers of the API server and subresources.
NOT_WRITTEN = ("AdmissionReview", "APIGroupDiscovery", "DeploymentRollback", "Scale")


def rows() -> list[dict[str, str]]:
    """The deprecated kinds of the reference table."""
    path = ROOT / "spec" / "k8s-api-lifecycle.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8") as file:
        return [
            row
            for row in csv.DictReader(file)
            if row["deprecated"] and not row["kind"].endswith("List") and row["kind"] not in NOT_WRITTEN
        ]


ROWS = rows()


@needs_reference(ROWS)
def test_every_deprecated_kind_is_in_the_table_with_its_versions() -> None:
    wrong = []
    for row in ROWS:
        api_version = f"{row['group']}/{row['version']}"
        deprecated, removed = version_of(row["deprecated"]), version_of(row["removed"])
        assert deprecated is not None
        found = lifecycle(api_version, row["kind"], deprecated)
        before = lifecycle(api_version, row["kind"], (deprecated[0], deprecated[1] - 1))
        if found is None or before is not None or found.removed != removed:
            wrong.append((api_version, row["kind"], found))
    assert wrong == []


@needs_reference(ROWS)
def test_a_kind_that_is_not_deprecated_is_not_in_the_table() -> None:
    path = ROOT / "spec" / "k8s-api-lifecycle.csv"
    with path.open(encoding="utf-8") as file:
        fine = [row for row in csv.DictReader(file) if not row["deprecated"]]
    known = [(f"{row['group']}/{row['version']}".lstrip("/"), row["kind"]) for row in fine]
    assert [each for each in known if lifecycle(*each, (1, 99))] == []


@pytest.mark.parametrize(
    ("api_version", "kind", "target", "replacement"),
    [
        ("extensions/v1beta1", "Ingress", (1, 18), "networking.k8s.io/v1beta1"),
        ("extensions/v1beta1", "Ingress", (1, 19), "networking.k8s.io/v1"),
        ("networking.k8s.io/v1beta1", "IngressClass", (1, 30), "networking.k8s.io/v1"),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler", (1, 22), "autoscaling/v2beta2"),
        ("autoscaling/v2beta1", "HorizontalPodAutoscaler", (1, 25), "autoscaling/v2"),
        (
            "flowcontrol.apiserver.k8s.io/v1beta1",
            "FlowSchema",
            (1, 27),
            "flowcontrol.apiserver.k8s.io/v1beta3",
        ),
        ("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", (1, 29), "flowcontrol.apiserver.k8s.io/v1"),
        ("storage.k8s.io/v1alpha1", "CSIStorageCapacity", (1, 27), "storage.k8s.io/v1"),
        ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", (1, 22), "apiextensions.k8s.io/v1"),
        ("policy/v1beta1", "PodSecurityPolicy", (1, 25), ""),
        ("extensions/v1beta1", "PodSecurityPolicy", (1, 25), ""),
    ],
)
def test_the_replacement_is_one_the_target_has(
    api_version: str, kind: str, target: tuple[int, int], replacement: str
) -> None:
    found = lifecycle(api_version, kind, target)
    assert isinstance(found, Lifecycle)
    assert found.replacement == replacement


@pytest.mark.parametrize(
    ("text", "version"),
    [("v1.29.3", (1, 29)), ("1.25", (1, 25)), ("v1.30.1-gke.12", (1, 30)), ("one", None), ("", None)],
)
def test_versions(text: str, version: tuple[int, int] | None) -> None:
    assert version_of(text) == version
