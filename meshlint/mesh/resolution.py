"""Resolution: whether a name in a manifest means something, with three possible answers.

In: a host written in an object. Out: FOUND, MISSING, or OUTSIDE the input, with what it means and
what comes nearest. OUTSIDE is never an error: the input does not show the whole cluster.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from meshlint.kube.kinds import may_make_pods
from meshlint.kube.resource import Resource
from meshlint.mesh.host import (
    covers,
    full_name,
    is_address,
    overlap,
    partial_parts,
    service_name,
    service_parts,
    wildcard,
)
from meshlint.mesh.platform import platform_service
from meshlint.mesh.registry import MeshService, Registry
from meshlint.mesh.settings import Settings

State = Literal["FOUND", "MISSING", "OUTSIDE"]
Why = Literal[
    "service",  # a Kubernetes Service of that name
    "service-entry",  # a ServiceEntry host
    "wildcard-entry",  # covered by a ServiceEntry's wildcard host
    "wildcard",  # the host is a wildcard and covers known services
    "external",  # declared in the settings
    "not-visible",  # it exists, but exportTo does not admit the namespace
    "partial-name",  # `reviews.bookinfo`: Istio does not expand names with a dot
    "no-such-service",  # its namespace is in the input and has no such Service
    "platform",  # a well-known object of the platform
    "operator",  # a custom resource of that namespace may create it
    "namespace",  # its namespace is not in the input
    "unknown-host",  # an external name that no ServiceEntry of the input has
    "address",  # an IP address
    "empty",  # nothing is written
]


class HostResolution(NamedTuple):
    """What a host means to an object in `namespace`.

    state     FOUND, MISSING or OUTSIDE
    why       see Why
    host      as written; fqdn as Istio resolves it
    services  the services it means, the one a client of that namespace gets first; for a partial
              name those it seems to mean
    near      names that differ little, best first ("did you mean")
    """

    state: State
    why: Why
    host: str
    fqdn: str
    services: tuple[MeshService, ...] = ()
    near: tuple[MeshService, ...] = ()

    @property
    def service(self) -> MeshService | None:
        """The service, None unless FOUND."""
        return self.services[0] if self.services and self.state == "FOUND" else None


class Hosts:
    """Answers host questions for one world.

    known_namespaces   namespaces with at least one Service in the input
    """

    __slots__ = ("_memo", "_operators", "_registry", "_settings", "known_namespaces")

    def __init__(self, registry: Registry, resources: Iterable[Resource], settings: Settings) -> None:
        self._registry = registry
        self._settings = settings
        self.known_namespaces = frozenset(registry.by_namespace)
        self._operators: dict[str, list[str]] = {}
        for resource in resources:
            if may_make_pods(resource.group_kind):
                self._operators.setdefault(resource.namespace, []).append(resource.name)
        self._memo: dict[tuple[str, str], HostResolution] = {}

    def closed(self, namespace: str) -> bool:
        """True if every Service of the namespace is taken to be in the input."""
        settings = self._settings
        if settings.closed_world or namespace in settings.closed_namespaces:
            return True
        return (
            namespace in self.known_namespaces
            and namespace != settings.root_namespace
            and not settings.incomplete
        )

    def resolve(self, host: str, namespace: str) -> HostResolution:
        """What `host`, written in an object of `namespace`, means."""
        key = (host, namespace)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._resolve(host, namespace)
        return found

    def _resolve(self, host: str, namespace: str) -> HostResolution:
        fqdn = full_name(host, namespace, self._settings.domain)
        if not host:
            return HostResolution("MISSING", "empty", host, fqdn)
        if is_address(host):
            return HostResolution("OUTSIDE", "address", host, fqdn)
        if wildcard(fqdn):
            return self._wildcard(host, fqdn, namespace)
        return self._known(host, fqdn, namespace) or self._unknown(host, fqdn, namespace)

    def _known(self, host: str, fqdn: str, namespace: str) -> HostResolution | None:
        service = self._registry.lookup(fqdn, namespace)
        if service is not None:
            others = [one for one in self._registry.all_of(fqdn) if one is not service]
            why: Why = "service" if service.kubernetes else "service-entry"
            return HostResolution("FOUND", why, host, fqdn, (service, *others))
        cover = self._registry.covering(fqdn, namespace)
        if cover is not None:
            return HostResolution("FOUND", "wildcard-entry", host, fqdn, (cover,))
        hidden = self._registry.all_of(fqdn)
        if hidden:
            return HostResolution("MISSING", "not-visible", host, fqdn, tuple(hidden))
        if any(covers(pattern, fqdn) for pattern in self._settings.externals):
            return HostResolution("FOUND", "external", host, fqdn)
        return None

    def _wildcard(self, host: str, fqdn: str, namespace: str) -> HostResolution:
        seen = [
            service
            for service in self._registry.services
            if overlap(fqdn, service.host) and service.visible_to(namespace)
        ]
        if seen:
            return HostResolution("FOUND", "wildcard", host, fqdn, tuple(seen))
        return HostResolution("OUTSIDE", "unknown-host", host, fqdn)

    def _unknown(self, host: str, fqdn: str, namespace: str) -> HostResolution:
        parts = service_parts(fqdn, self._settings.domain)
        if parts is None:
            return self._foreign(host, fqdn, namespace)
        name, owner = parts
        if platform_service(name, owner):
            return HostResolution("OUTSIDE", "platform", host, fqdn)
        near = self._near(name, owner)
        if not self.closed(owner):
            return HostResolution("OUTSIDE", "namespace", host, fqdn, (), near)
        if self._may_be_operated(name, owner):
            return HostResolution("OUTSIDE", "operator", host, fqdn, (), near)
        return HostResolution("MISSING", "no-such-service", host, fqdn, (), near)

    def _foreign(self, host: str, fqdn: str, namespace: str) -> HostResolution:
        """A dotted name that is no full Service name: a partial name, or an external host."""
        parts = partial_parts(fqdn, self._settings.domain)
        if parts is not None:
            name, owner = parts
            meant = self._registry.lookup(service_name(name, owner, self._settings.domain), namespace)
            certain = fqdn.count(".") > 1 and fqdn.split(".")[2] == "svc"
            if meant is not None or certain or owner in self.known_namespaces or owner == namespace:
                services = (meant,) if meant is not None else ()
                near = () if meant is not None else self._near(name, owner)
                return HostResolution("MISSING", "partial-name", host, fqdn, services, near)
        if self._settings.closed_world:
            return HostResolution("MISSING", "unknown-host", host, fqdn)
        return HostResolution("OUTSIDE", "unknown-host", host, fqdn)

    def _may_be_operated(self, name: str, namespace: str) -> bool:
        """True if a custom resource of the namespace carries (a part of) the name."""
        return any(
            name.endswith("-operated") or name.startswith(made) or made.startswith(name)
            for made in self._operators.get(namespace, ())
        )

    def _near(self, name: str, namespace: str) -> tuple[MeshService, ...]:
        """Services of the same name in other namespaces, then similar names of the namespace."""
        from difflib import get_close_matches

        own = self._registry.by_namespace.get(namespace, {})
        pool = [other for other in own if abs(len(other) - len(name)) <= 4][:500]
        similar = [own[match] for match in get_close_matches(name, pool, n=3, cutoff=0.75)]
        elsewhere = [
            services[name]
            for owner, services in self._registry.by_namespace.items()
            if owner != namespace and name in services
        ]
        return tuple([*elsewhere, *similar][:3])
