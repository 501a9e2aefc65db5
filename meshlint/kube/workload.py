"""Workload: whatever makes pods, seen as its pod template.

In: all Resources of one world. Out: one Workload per pod maker, with the labels its pods carry,
their containers and ports, how many there are, and the paths these facts are written at.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.kube.fields import dig, integer, mapping, maps, string_map, text
from meshlint.kube.kinds import (
    AUTOSCALER,
    NODE_KINDS,
    POD,
    POD_TEMPLATES,
    ROLLOUT,
    SCALED_OBJECT,
    TRANSIENT_KINDS,
)
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import LabelSelector, label_selector
from meshlint.text.origin import Path


class ContainerPort(NamedTuple):
    """A declared container port; `path` leads to it in the workload's template resource."""

    name: str
    number: int | None
    protocol: str
    path: Path


class Container(NamedTuple):
    """A container of the pod.

    init      listed under initContainers
    restarts  runs for the pod's whole life: an ordinary container, or an init container with
              restartPolicy Always (a native sidecar); only its ports can be reached by name
    """

    name: str
    data: dict[str, Any]
    path: Path
    init: bool
    restarts: bool
    ports: tuple[ContainerPort, ...]


class Replicas(NamedTuple):
    """How many pods: between `low` and `high` (None: one per node, no upper limit known).

    resource, path   where the number is written (or would be: absent replicas mean 1)
    """

    low: int
    high: int | None
    resource: Resource
    path: Path

    def none(self) -> bool:
        """True if no pod ever runs."""
        return self.high == 0

    def label(self) -> str:
        """`3`, `2..5` or `1 or more`."""
        if self.high is None:
            return f"{self.low} or more"
        return str(self.low) if self.low == self.high else f"{self.low}..{self.high}"


class Workload:
    """A pod maker.

    resource   the object itself (Deployment, Rollout, ...)
    template   the object its pod template stands in: another one for a Rollout with workloadRef
    template_path, labels_path, pod_path   paths in `template` of the pod template, its labels, its spec
    labels, annotations   of the pods, as the template has them
    pod        the pod spec
    selector   spec.selector of the workload, None if it has none
    replicas   how many pods
    transient  "" for pods that stay; "job" or "hook" for pods that come and go
    """

    __slots__ = (
        "_containers",
        "annotations",
        "labels",
        "labels_path",
        "pod",
        "pod_path",
        "replicas",
        "resource",
        "selector",
        "template",
        "template_path",
        "transient",
    )

    def __init__(self, resource: Resource, template: Resource, replicas: Replicas) -> None:
        self.resource = resource
        self.template = template
        self.replicas = replicas
        self.template_path: Path = POD_TEMPLATES[template.group_kind]
        self.labels_path: Path = (*self.template_path, "metadata", "labels")
        self.pod_path: Path = (*self.template_path, "spec")
        metadata = mapping(dig(template.data, (*self.template_path, "metadata")))
        self.labels = string_map(metadata.get("labels"))
        self.annotations = string_map(metadata.get("annotations"))
        self.pod: dict[str, Any] = mapping(dig(template.data, self.pod_path))
        self.selector = _selector(resource, template)
        self.transient = _transient(resource)
        self._containers: tuple[Container, ...] | None = None

    def __repr__(self) -> str:
        return f"<Workload {self.label()}>"

    @property
    def kind(self) -> str:
        """The kind of the object that makes the pods."""
        return self.resource.kind

    @property
    def name(self) -> str:
        """The object's name; pods carry it with a suffix."""
        return self.resource.name

    @property
    def namespace(self) -> str:
        """The namespace of the pods."""
        return self.resource.namespace

    def label(self) -> str:
        """`Deployment review/review-v1`."""
        return self.resource.ref().label()

    @property
    def containers(self) -> tuple[Container, ...]:
        """All containers, init containers last."""
        if self._containers is None:
            self._containers = (
                *_containers(self.pod, self.pod_path, "containers"),
                *_containers(self.pod, self.pod_path, "initContainers"),
            )
        return self._containers

    @property
    def ports(self) -> list[ContainerPort]:
        """The ports of every container that lives as long as the pod."""
        return [port for container in self.containers if container.restarts for port in container.ports]

    @property
    def host_network(self) -> bool:
        """True if the pods share the node's network; Istio never injects those."""
        return self.pod.get("hostNetwork") is True

    @property
    def service_account(self) -> str:
        """The pods' service account name."""
        written = text(self.pod.get("serviceAccountName")) or text(self.pod.get("serviceAccount"))
        return written or "default"

    def port_named(self, name: str, protocol: str = "TCP") -> ContainerPort | None:
        """The first reachable container port of that name and transport protocol."""
        return next((port for port in self.ports if port.name == name and port.protocol == protocol), None)


def workloads_of(resources: list[Resource]) -> list[Workload]:
    """Every pod maker among the resources whose pod template is known, in their order.

    A Rollout whose workloadRef names nothing in the input is left out: its pods are unknown.
    """
    scalers = _scalers(resources)
    makers = [resource for resource in resources if resource.group_kind in POD_TEMPLATES]
    by_name = {(maker.kind, maker.namespace, maker.name): maker for maker in makers}
    found = []
    for maker in makers:
        template = _template_of(maker, by_name)
        if template is not None:
            found.append(Workload(maker, template, _replicas(maker, scalers)))
    return found


def _template_of(maker: Resource, by_name: dict[tuple[str, str, str], Resource]) -> Resource | None:
    """The resource that holds the pod template: the maker, or what a Rollout's workloadRef names."""
    if not maker.is_a(ROLLOUT) or not maker.has("spec", "workloadRef") or maker.has("spec", "template"):
        return maker
    kind = text(maker.get("spec", "workloadRef", "kind"))
    name = text(maker.get("spec", "workloadRef", "name"))
    return by_name.get((kind, maker.namespace, name))


def _selector(resource: Resource, template: Resource) -> LabelSelector | None:
    """spec.selector; ReplicationControllers and DeploymentConfigs write a plain map."""
    owner = resource if resource.has("spec", "selector") else template
    written = owner.get("spec", "selector")
    if written is None or owner.is_a(POD):
        return None
    if owner.kind in ("ReplicationController", "DeploymentConfig"):
        return LabelSelector(string_map(written))
    return label_selector(written)


def _transient(resource: Resource) -> str:
    if resource.hook is not None:
        return "hook"
    return "job" if resource.group_kind in TRANSIENT_KINDS else ""


def _containers(pod: dict[str, Any], pod_path: Path, field: str) -> list[Container]:
    init = field == "initContainers"
    found = []
    for index, data in maps(pod.get(field)):
        path = (*pod_path, field, index)
        ports = tuple(
            ContainerPort(
                text(port.get("name")),
                integer(port.get("containerPort")),
                text(port.get("protocol")) or "TCP",
                (*path, "ports", at),
            )
            for at, port in maps(data.get("ports"))
        )
        restarts = not init or data.get("restartPolicy") == "Always"
        found.append(Container(text(data.get("name")), data, path, init, restarts, ports))
    return found


_Scaler = tuple[Resource, int, int | None]


def _scalers(resources: list[Resource]) -> dict[tuple[str, str, str], _Scaler]:
    """(kind, namespace, name) of a scaled workload -> (autoscaler, least, most)."""
    found: dict[tuple[str, str, str], _Scaler] = {}
    for resource in resources:
        target = mapping(resource.spec.get("scaleTargetRef"))
        if resource.is_a(AUTOSCALER):
            low = _number(resource.spec, "minReplicas", 1)
            high = _number(resource.spec, "maxReplicas", max(low, 1))
        elif resource.is_a(SCALED_OBJECT):
            low = _number(resource.spec, "minReplicaCount", 0)
            low = min(low, _number(resource.spec, "idleReplicaCount", low))
            high = _number(resource.spec, "maxReplicaCount", 100)
        else:
            continue
        kind = text(target.get("kind")) or "Deployment"
        found[kind, resource.namespace, text(target.get("name"))] = (resource, low, high)
    return found


def _number(spec: dict[str, Any], field: str, default: int) -> int:
    found = integer(spec.get(field))
    return default if found is None else max(found, 0)


def _replicas(maker: Resource, scalers: dict[tuple[str, str, str], _Scaler]) -> Replicas:
    """The replica range: the autoscaler's, unless replicas is 0, which switches the HPA off."""
    path: Path = ("spec", "replicas")
    written = integer(maker.spec.get("replicas"))
    scaler = scalers.get((maker.kind, maker.namespace, maker.name))
    if maker.kind in NODE_KINDS:
        return Replicas(1, None, maker, ("spec",))
    if maker.group_kind in TRANSIENT_KINDS or maker.is_a(POD):
        return Replicas(1, 1, maker, ())
    if scaler is not None and not (written == 0 and scaler[0].is_a(AUTOSCALER)):
        resource, low, high = scaler
        return Replicas(low, high, resource, ("spec",))
    count = 1 if written is None else max(written, 0)
    return Replicas(count, count, maker, path)
