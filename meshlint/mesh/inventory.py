"""Inventory: which namespaces there are, and who of them sees what.

In: a Mesh. Out: the namespaces that exist (if that is known), and for a client namespace which hosts it
imports. Facts: visibility (exportTo) and Sidecar scopes as istiod builds them.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.kube.fields import texts
from meshlint.kube.resource import Resource
from meshlint.mesh.destination_rules import DestinationRule
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import (
    covers,
    full_name,
    is_address,
    partial_parts,
    service_name,
    service_parts,
)
from meshlint.mesh.injection import DATAPLANE
from meshlint.mesh.scope import HostEntry, Scope, sidecar_client


def known_namespaces(mesh: Mesh) -> frozenset[str] | None:
    """Every namespace that exists; None if nobody said so."""
    settings = mesh.settings
    if settings.namespaces:
        return settings.namespaces
    return frozenset(mesh.namespaces) if settings.closed_world else None


def client_namespaces(mesh: Mesh) -> list[str]:
    """The namespaces whose clients are asked about: those the settings name, else all of the input."""
    if mesh.settings.clients:
        return sorted(mesh.settings.clients)
    return sorted({resource.namespace for resource in (*mesh.resources, *mesh.context)})


def exports_to(export_to: Iterable[str], owner: str, namespace: str, default: Iterable[str] = ("*",)) -> bool:
    """True if an exportTo list of an object in `owner` admits `namespace`; an empty list is the default."""
    entries = list(export_to) or list(default)
    return any(entry in ("*", namespace) or (entry == "." and owner == namespace) for entry in entries)


def sees(mesh: Mesh, namespace: str, resource: Resource) -> bool:
    """True if clients of the namespace get a VirtualService, DestinationRule or ServiceEntry (exportTo).

    The objects of an ambient namespace are read by its own waypoints only.
    """
    owner = mesh.namespaces.get(resource.namespace)
    if owner is not None and owner.labels.get(DATAPLANE) == "ambient":
        return resource.namespace == namespace
    settings = mesh.settings
    default = {
        "DestinationRule": settings.destination_rule_export_to,
        "VirtualService": settings.virtual_service_export_to,
    }.get(resource.kind, settings.service_export_to)
    return exports_to(texts(resource.spec.get("exportTo")), resource.namespace, namespace, default)


def intended_host(mesh: Mesh, host: str, namespace: str) -> str:
    """The full name a person means by a host: `reviews.bookinfo` too, which Istio does not expand.

    A name of two labels means a Service only if the second is a namespace that is known to exist.
    """
    domain = mesh.settings.domain
    full = full_name(host, namespace, domain)
    parts = partial_parts(full, domain)
    if parts is None:
        return full
    name, owner = parts
    certain = full.split(".")[2:3] == ["svc"]
    known = known_namespaces(mesh) or frozenset(mesh.services.by_namespace)
    return service_name(name, owner, domain) if certain or owner == namespace or owner in known else full


class Imports:
    """What the clients of one namespace import: everything, or what its Sidecar's egress hosts say."""

    __slots__ = ("_domain", "_entries", "namespace")

    def __init__(self, mesh: Mesh, namespace: str) -> None:
        scope: Scope = mesh.scope(sidecar_client(namespace))
        self.namespace = namespace
        self._domain = mesh.settings.domain
        listed = [entry for listener in scope.listeners for entry in listener.hosts]
        self._entries = listed if scope.listeners and listed else None

    def has(self, host: str, owner: str) -> bool:
        """True if a host of an object in `owner` is imported.

        The namespace of a full Service name is the Service's, of any other host the object's.
        """
        if self._entries is None:
            return True
        parts = service_parts(host.replace("*", "x", 1), self._domain)
        namespace = parts[1] if parts else owner
        included = any(self._admits(entry, host, namespace) for entry in self._entries if not entry.exclude)
        return included and not any(
            self._admits(entry, host, namespace) for entry in self._entries if entry.exclude
        )

    def _admits(self, entry: HostEntry, host: str, namespace: str) -> bool:
        if entry.namespace not in ("*", namespace):
            return False
        if entry.host == "*" or is_address(entry.host):
            return True
        wildcard = host.startswith("*") and covers(host, entry.host)
        return wildcard or covers(entry.host, host)


def gets_rule(mesh: Mesh, rule: DestinationRule, namespace: str) -> bool:
    """True if clients of the namespace may get the DestinationRule and import its host."""
    owner = rule.resource.namespace
    return sees(mesh, namespace, rule.resource) and imports(mesh, namespace).has(rule.host, owner)


def imports(mesh: Mesh, namespace: str) -> Imports:
    """The imports of a namespace's clients."""
    return Imports(mesh, namespace)
