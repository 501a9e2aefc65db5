"""Sidecars: which Sidecar object is in force for which pods.

In: the Sidecars of one world. Out: the one istiod picks for a namespace and pod labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from meshlint.kube.fields import mapping, string_map
from meshlint.kube.kinds import SIDECAR
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.settings import Settings


class Sidecars:
    """The Sidecar objects of one world, found for a client."""

    __slots__ = ("_by_namespace", "_root")

    def __init__(self, resources: Iterable[Resource], settings: Settings) -> None:
        self._root = settings.root_namespace
        self._by_namespace: dict[str, list[Resource]] = {}
        found = [resource for resource in resources if resource.is_a(SIDECAR)]
        for resource in sorted(found, key=lambda one: one.name):
            self._by_namespace.setdefault(resource.namespace, []).append(resource)

    def of(self, namespace: str, labels: Mapping[str, str]) -> Resource | None:
        """The Sidecar in force for pods: by selector, then the namespace's, then the root's."""
        own = self._by_namespace.get(namespace, [])
        for resource in own:
            selector = resource.spec.get("workloadSelector")
            if selector is not None and selects(string_map(mapping(selector).get("labels")), labels):
                return resource
        for resource in (*own, *self._by_namespace.get(self._root, [])):
            if resource.spec.get("workloadSelector") is None:
                return resource
        return None

    def namespaces(self) -> set[str]:
        """Namespaces that have a Sidecar."""
        return set(self._by_namespace)
