"""Visibility: the VirtualServices that the proxies of a namespace get, in the order istiod tries them.

In: VirtualServices by age. Out: per namespace the private ones, those exported to it, the public ones; and
the few of them that a Sidecar's egress hosts can meet, found without looking at all.
"""

from __future__ import annotations

from collections.abc import Iterable

from meshlint.mesh.host import overlap
from meshlint.mesh.virtual_services import VirtualService


class ByHost:
    """VirtualServices found by a host they meet, in their order."""

    __slots__ = ("_exact", "_listed", "_wild")

    def __init__(self, listed: list[VirtualService]) -> None:
        self._listed = listed
        self._exact: dict[str, list[int]] = {}
        self._wild: list[tuple[str, int]] = []
        for position, virtual in enumerate(listed):
            for host in virtual.hosts:
                if host.startswith("*"):
                    self._wild.append((host, position))
                else:
                    self._exact.setdefault(host, []).append(position)

    def meeting(self, host: str) -> list[VirtualService]:
        """Those with a host that is the same, or of which one covers the other."""
        if host.startswith("*"):
            return [one for one in self._listed if any(overlap(each, host) for each in one.hosts)]
        found = {at for pattern, at in self._wild if overlap(pattern, host)}
        found.update(self._exact.get(host, ()))
        return [self._listed[at] for at in sorted(found)]


class Visible:
    """VirtualServices in the order a namespace's proxies get them: private, exported to it, public."""

    __slots__ = ("_by_host", "_by_namespace", "_by_owner", "_memo", "_public", "_wild")

    def __init__(self, services: Iterable[VirtualService]) -> None:
        self._public: list[VirtualService] = []
        self._by_owner: dict[str, list[int]] = {}  # positions in the public list
        self._by_host: dict[str, list[int]] = {}
        self._wild: list[int] = []
        self._by_namespace: dict[str, tuple[list[VirtualService], list[VirtualService]]] = {}
        self._memo: dict[str, list[VirtualService]] = {}
        for service in services:
            if "*" in service.export_to:
                self._index(service, len(self._public))
                self._public.append(service)
            elif "~" not in service.export_to:
                for namespace in service.export_to:
                    private, exported = self._by_namespace.setdefault(namespace, ([], []))
                    (private if namespace == service.namespace else exported).append(service)

    def visible(self, namespace: str) -> list[VirtualService]:
        """Those a namespace sees, each group by age."""
        if namespace not in self._by_namespace:
            return self._public
        found = self._memo.get(namespace)
        if found is None:
            private, exported = self._by_namespace[namespace]
            found = self._memo[namespace] = [*private, *exported, *self._public]
        return found

    def _index(self, service: VirtualService, position: int) -> None:
        self._by_owner.setdefault(service.namespace, []).append(position)
        for host in service.hosts:
            if host.startswith("*"):
                self._wild.append(position)
            else:
                self._by_host.setdefault(host, []).append(position)

    def near(self, namespace: str, wanted: Iterable[tuple[str, str]]) -> list[VirtualService]:
        """Those a namespace sees, less what can meet none of (owner namespace or "*", host or wildcard)."""
        positions: set[int] = set()
        for owner, host in wanted:
            if owner != "*":
                positions.update(self._by_owner.get(owner, ()))
            elif host.startswith("*"):
                return self.visible(namespace)
            else:
                positions.update(self._by_host.get(host, ()))
                positions.update(self._wild)
        private, exported = self._by_namespace.get(namespace, ((), ()))
        return [*private, *exported, *(self._public[at] for at in sorted(positions))]
