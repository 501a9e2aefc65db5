"""References: the names and selectors by which one Kubernetes object means another.

In: an object. Out: its references, each with the place it is written at. What they mean is for others to
find out. Istio's hosts and gateways are names of another kind, which the mesh resolves.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from meshlint.kube.fields import mapping, string_map, text
from meshlint.kube.kinds import (
    APPS,
    AUTHORIZATION_POLICY,
    AUTOSCALER,
    CONFIG_MAP,
    CORE,
    GATEWAY,
    GATEWAY_API,
    PEER_AUTHENTICATION,
    POD_TEMPLATES,
    REQUEST_AUTHENTICATION,
    SECRET,
    SERVICE,
    SIDECAR,
    TELEMETRY,
    GroupKind,
)
from meshlint.kube.resource import Resource
from meshlint.text.origin import Path

RBAC = "rbac.authorization.k8s.io"
_ACCOUNT = GroupKind(CORE, "ServiceAccount")
_CLAIM = GroupKind(CORE, "PersistentVolumeClaim")
_INGRESS = GroupKind("networking.k8s.io", "Ingress")
_HOOKS = tuple(
    GroupKind("admissionregistration.k8s.io", kind)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)
_ROUTES = tuple(GroupKind(GATEWAY_API, kind) for kind in ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute"))

# Below a pod spec: where a name stands (* is any item of a list), and the kind that it names.
_OF_PODS: tuple[tuple[str, GroupKind], ...] = (
    ("serviceAccountName", _ACCOUNT),
    ("imagePullSecrets.*.name", SECRET),
    ("volumes.*.configMap.name", CONFIG_MAP),
    ("volumes.*.secret.secretName", SECRET),
    ("volumes.*.persistentVolumeClaim.claimName", _CLAIM),
    ("volumes.*.projected.sources.*.configMap.name", CONFIG_MAP),
    ("volumes.*.projected.sources.*.secret.name", SECRET),
    *(
        (f"{containers}.*.{below}", kind)
        for containers in ("containers", "initContainers")
        for below, kind in (
            ("envFrom.*.configMapRef.name", CONFIG_MAP),
            ("envFrom.*.secretRef.name", SECRET),
            ("env.*.valueFrom.configMapKeyRef.name", CONFIG_MAP),
            ("env.*.valueFrom.secretKeyRef.name", SECRET),
        )
    ),
)
_OF_OBJECTS: dict[GroupKind, tuple[tuple[str, GroupKind], ...]] = {
    GroupKind(APPS, "StatefulSet"): (("spec.serviceName", SERVICE),),
    _INGRESS: (
        ("spec.rules.*.http.paths.*.backend.service.name", SERVICE),
        ("spec.defaultBackend.service.name", SERVICE),
        ("spec.tls.*.secretName", SECRET),
    ),
    **dict.fromkeys(_HOOKS, (("webhooks.*.clientConfig.service.name", SERVICE),)),
    GroupKind("apiregistration.k8s.io", "APIService"): (("spec.service.name", SERVICE),),
}
# Where a name stands beside its kind: list or mapping, and the group if the object does not say it.
_TYPED: dict[GroupKind, tuple[tuple[str, str, str], ...]] = {
    AUTOSCALER: (("spec.scaleTargetRef", "", APPS),),
    GroupKind(RBAC, "RoleBinding"): (("roleRef", "", RBAC), ("subjects.*", "", CORE)),
    GroupKind(RBAC, "ClusterRoleBinding"): (("roleRef", "", RBAC), ("subjects.*", "", CORE)),
    **dict.fromkeys(
        _ROUTES,
        (("spec.rules.*.backendRefs.*", "Service", CORE), ("spec.parentRefs.*", "Gateway", GATEWAY_API)),
    ),
}
# Where a selector of pods of the own namespace stands.
_SELECTORS: dict[GroupKind, str] = {
    SERVICE: "spec.selector",
    GATEWAY: "spec.selector",
    SIDECAR: "spec.workloadSelector.labels",
    AUTHORIZATION_POLICY: "spec.selector.matchLabels",
    PEER_AUTHENTICATION: "spec.selector.matchLabels",
    REQUEST_AUTHENTICATION: "spec.selector.matchLabels",
    GroupKind(TELEMETRY, "Telemetry"): "spec.selector.matchLabels",
    GroupKind("policy", "PodDisruptionBudget"): "spec.selector.matchLabels",
    GroupKind("networking.k8s.io", "NetworkPolicy"): "spec.podSelector.matchLabels",
    GroupKind("monitoring.coreos.com", "PodMonitor"): "spec.selector.matchLabels",
}
_SERVICE_SELECTORS: dict[GroupKind, str] = {
    GroupKind("monitoring.coreos.com", "ServiceMonitor"): "spec.selector.matchLabels",
}
_CLUSTER_WIDE = frozenset({"ClusterRole", "ClusterRoleBinding"})


class Reference(NamedTuple):
    """An object named by another.

    path       of the name in `resource`
    kind, namespace, name   of the object meant; "" as namespace of cluster-scoped kinds
    """

    resource: Resource
    path: Path
    kind: GroupKind
    namespace: str
    name: str


class Selection(NamedTuple):
    """Pods (or Services) selected by labels; `path` leads to the labels in `resource`."""

    resource: Resource
    path: Path
    services: bool
    labels: dict[str, str]


def references(resource: Resource) -> Iterator[Reference]:
    """The objects that one names, outside of Istio's own name spaces."""
    kind = resource.group_kind
    if kind in POD_TEMPLATES:
        yield from _named(resource, (*POD_TEMPLATES[kind], "spec"), _OF_PODS)
    yield from _named(resource, (), _OF_OBJECTS.get(kind, ()))
    for pattern, plain, group in _TYPED.get(kind, ()):
        for path, found in _at(resource.data, tuple(pattern.split(".")), ()):
            yield from _typed(resource, path, mapping(found), plain, group)


def selection(resource: Resource) -> Selection | None:
    """What an object selects by labels, None if it selects nothing or everything."""
    services = resource.group_kind in _SERVICE_SELECTORS
    pattern = (_SERVICE_SELECTORS if services else _SELECTORS).get(resource.group_kind)
    if pattern is None:
        return None
    path: Path = tuple(pattern.split("."))
    labels = string_map(resource.get(*path))
    return Selection(resource, path, services, labels) if labels else None


def _named(resource: Resource, start: Path, table: tuple[tuple[str, GroupKind], ...]) -> Iterator[Reference]:
    top = resource.get(*start) if start else resource.data
    for pattern, kind in table:
        for path, found in _at(top, tuple(pattern.split(".")), start):
            if isinstance(found, str) and found:
                namespace = _namespace(resource, path)
                yield Reference(resource, path, kind, namespace, found)


def _namespace(resource: Resource, path: Path) -> str:
    """Beside the name of a webhook's or an APIService's Service stands its namespace."""
    if path[-2:] == ("service", "name") and "backend" not in path:
        return text(resource.get(*path[:-1], "namespace")) or resource.namespace
    return resource.namespace


def _typed(
    resource: Resource, path: Path, found: dict[str, Any], plain: str, group: str
) -> Iterator[Reference]:
    kind, name = text(found.get("kind")) or plain, text(found.get("name"))
    if not kind or not name:
        return
    written = text(found.get("apiVersion")).rpartition("/")[0]
    written = written or text(found.get("apiGroup")) or text(found.get("group")) or group
    if kind == "ServiceAccount":
        written = CORE
    namespace = "" if kind in _CLUSTER_WIDE else text(found.get("namespace")) or resource.namespace
    yield Reference(resource, (*path, "name"), GroupKind(written, kind), namespace, name)


def _at(value: Any, steps: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any]]:
    """The values at a pattern with their paths."""
    if not steps:
        yield path, value
    elif steps[0] == "*":
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from _at(item, steps[1:], (*path, index))
    elif isinstance(value, dict) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:], (*path, steps[0]))
