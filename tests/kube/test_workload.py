from __future__ import annotations

from typing import Any

import pytest
import yaml

from meshlint.kube.kinds import POD_TEMPLATES
from meshlint.kube.resource import resource_from
from meshlint.kube.workload import Workload, workloads_of


def found(text: str) -> list[Workload]:
    return workloads_of([resource_from(data) for data in yaml.safe_load_all(text) if data])


def nest(path: tuple[str | int, ...], value: dict[str, Any]) -> dict[str, Any]:
    for step in reversed(path):
        value = {str(step): value}
    return value


@pytest.mark.parametrize("kind", sorted(POD_TEMPLATES))
def test_the_pod_template_of_every_kind(kind: tuple[str, str]) -> None:
    group, name = kind
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c"}]}}
    data = nest(POD_TEMPLATES[kind], template)  # type: ignore[index]
    data = {"apiVersion": f"{group}/v1" if group else "v1", "kind": name, **data}
    data["metadata"] = {**data.get("metadata", {}), "name": "w"}
    workload = workloads_of([resource_from(data)])[0]
    assert workload.labels == {"app": "x"}
    assert workload.template.get(*workload.labels_path) == {"app": "x"}
    assert workload.template.get(*workload.pod_path) == workload.pod
    assert [container.name for container in workload.containers] == ["c"]


PORTS = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: d}
spec:
  template:
    spec:
      hostNetwork: true
      serviceAccount: old
      containers:
      - {name: a, ports: [{name: web, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}
      initContainers:
      - {name: side, restartPolicy: Always, ports: [{name: admin, containerPort: 9000}]}
      - {name: once, ports: [{name: never, containerPort: 1}]}
"""


def test_ports_of_containers_that_stay() -> None:
    workload = found(PORTS)[0]
    assert [(port.name, port.number, port.protocol) for port in workload.ports] == [
        ("web", 8080, "TCP"),
        ("dns", 53, "UDP"),
        ("admin", 9000, "TCP"),
    ]
    assert workload.port_named("dns") is None
    admin = workload.port_named("admin")
    assert admin is not None
    assert workload.template.get(*admin.path, "containerPort") == 9000
    assert workload.host_network
    assert workload.service_account == "old"
    assert [container.init for container in workload.containers] == [False, True, True]


DEPLOYMENT = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: d}, spec: {%s template: {}}}"
HPA = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {scaleTargetRef: {kind: Deployment, name: d}, %s maxReplicas: 4}
"""
KEDA = """
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: k}
spec: {scaleTargetRef: {name: d} %s}
"""


@pytest.mark.parametrize(
    ("documents", "label", "low", "high", "source"),
    [
        ([DEPLOYMENT % ""], "1", 1, 1, "Deployment"),
        ([DEPLOYMENT % "replicas: 3,"], "3", 3, 3, "Deployment"),
        ([DEPLOYMENT % "replicas: 0,"], "0", 0, 0, "Deployment"),
        ([DEPLOYMENT % "replicas: many,"], "1", 1, 1, "Deployment"),
        ([DEPLOYMENT % "replicas: 3,", HPA % ""], "1..4", 1, 4, "HorizontalPodAutoscaler"),
        ([DEPLOYMENT % "", HPA % "minReplicas: 2,"], "2..4", 2, 4, "HorizontalPodAutoscaler"),
        ([DEPLOYMENT % "replicas: 0,", HPA % "minReplicas: 2,"], "0", 0, 0, "Deployment"),
        ([DEPLOYMENT % "", KEDA % ""], "0..100", 0, 100, "ScaledObject"),
        (
            [DEPLOYMENT % "replicas: 0,", KEDA % ", minReplicaCount: 2, maxReplicaCount: 3"],
            "2..3",
            2,
            3,
            "ScaledObject",
        ),
        (
            [DEPLOYMENT % "", KEDA % ", minReplicaCount: 2, idleReplicaCount: 0"],
            "0..100",
            0,
            100,
            "ScaledObject",
        ),
        (
            ["{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: d}, spec: {template: {}}}"],
            "1 or more",
            1,
            None,
            "DaemonSet",
        ),
        (["{apiVersion: v1, kind: Pod, metadata: {name: d}}"], "1", 1, 1, "Pod"),
    ],
)
def test_replicas(documents: list[str], label: str, low: int, high: int | None, source: str) -> None:
    workload = found("\n---\n".join(documents))[0]
    replicas = workload.replicas
    assert (replicas.label(), replicas.low, replicas.high) == (label, low, high)
    assert replicas.resource.kind == source
    assert replicas.none() == (high == 0)


ROLLOUT = """
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: r, namespace: n}
spec: {replicas: 2, workloadRef: {kind: Deployment, name: d, apiVersion: apps/v1}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: d, namespace: n}
spec: {replicas: 0, selector: {matchLabels: {app: x}}, template: {metadata: {labels: {app: x}}}}
"""


def test_a_rollout_takes_the_template_of_its_reference() -> None:
    rollout, deployment = found(ROLLOUT)
    assert rollout.labels == {"app": "x"}
    assert (rollout.resource.kind, rollout.template) == ("Rollout", deployment.resource)
    assert rollout.selector is not None
    assert rollout.selector.equalities == {"app": "x"}
    assert (rollout.replicas.high, deployment.replicas.high) == (2, 0)


@pytest.mark.parametrize(
    ("text", "transient"),
    [
        (DEPLOYMENT % "", ""),
        ("{apiVersion: batch/v1, kind: Job, metadata: {name: j}}", "job"),
        ("{apiVersion: batch/v1, kind: CronJob, metadata: {name: j}}", "job"),
        ("{apiVersion: v1, kind: Pod, metadata: {name: p, annotations: {helm.sh/hook: test}}}", "hook"),
        (
            "{apiVersion: batch/v1, kind: Job, metadata: {name: j, annotations: {helm.sh/hook: x}}}",
            "hook",
        ),
    ],
)
def test_pods_that_come_and_go(text: str, transient: str) -> None:
    assert found(text)[0].transient == transient


@pytest.mark.parametrize(
    ("text", "equalities"),
    [
        (
            "{apiVersion: v1, kind: ReplicationController, metadata: {name: r}, spec: {selector: {a: b}}}",
            {"a": "b"},
        ),
        (
            "{apiVersion: apps.openshift.io/v1, kind: DeploymentConfig, spec: {selector: {a: b}}}",
            {"a": "b"},
        ),
        (
            "{apiVersion: apps/v1, kind: Deployment, spec: {selector: {matchLabels: {a: b}}}}",
            {"a": "b"},
        ),
        ("{apiVersion: v1, kind: Pod, metadata: {name: r}, spec: {selector: {a: b}}}", None),
    ],
)
def test_selectors(text: str, equalities: dict[str, str] | None) -> None:
    selector = found(text)[0].selector
    assert (selector.equalities if selector else None) == equalities


@pytest.mark.parametrize(
    "spec",
    [
        "null",
        "text",
        "{template: null}",
        "{template: {spec: [], metadata: 3}}",
        "{template: {spec: {containers: [1, {ports: x}]}}}",
    ],
)
def test_wrong_types_never_raise(spec: str) -> None:
    workload = found(f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: d}}, spec: {spec}}}")[0]
    assert (workload.labels, workload.ports, workload.host_network) == ({}, [], False)
    assert workload.service_account == "default"
