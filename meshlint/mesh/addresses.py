"""Addresses: endpoints that are written down instead of made by pods.

In: Endpoints, EndpointSlices, WorkloadEntries, WorkloadGroups and the endpoints of ServiceEntries.
Out: Address records, found for a service.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from meshlint.kube.fields import dig, integer, mapping, maps, string_map, text, texts
from meshlint.kube.kinds import ENDPOINT_SLICE, ENDPOINTS, WORKLOAD_ENTRY, WORKLOAD_GROUP
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.host import is_address
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import DNS, DNS_ROUND_ROBIN, HEADLESS, MeshService
from meshlint.text.origin import Path


class Address(NamedTuple):
    """A written endpoint; `ports` are its own names for port numbers (WorkloadEntry, ServiceEntry)."""

    address: str
    labels: Mapping[str, str]
    ports: Mapping[str, int]
    resource: Resource
    path: Path

    def numeric(self) -> bool:
        """True for IP addresses and unix sockets: what a cluster without DNS can hold."""
        return is_address(self.address) or self.address.startswith("unix:")

    def tls_labels(self) -> Mapping[str, str]:
        """Its labels; one with a serviceAccount speaks mesh mTLS like one whose label says so."""
        account = text(dig(self.resource.data, (*self.path, "serviceAccount")))
        return {"security.istio.io/tlsMode": "istio", **self.labels} if account else self.labels


class Addresses:
    """The written endpoints of one world."""

    __slots__ = ("_entries", "_groups", "_of_service")

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._entries: dict[str, list[Address]] = {}
        self._groups: dict[str, list[dict[str, str]]] = {}
        self._of_service: dict[tuple[str, str], list[Address]] = {}
        for resource in resources:
            if resource.is_a(WORKLOAD_ENTRY):
                self._entries.setdefault(resource.namespace, []).append(_entry(resource))
            elif resource.is_a(WORKLOAD_GROUP):
                labels = string_map(dig(resource.spec, ("metadata", "labels")))
                self._groups.setdefault(resource.namespace, []).append(labels)
            elif resource.is_a(ENDPOINTS):
                key = (resource.namespace, resource.name)
                self._of_service.setdefault(key, []).extend(_endpoints(resource))
            elif resource.is_a(ENDPOINT_SLICE):
                key = (resource.namespace, resource.labels.get("kubernetes.io/service-name", ""))
                self._of_service.setdefault(key, []).extend(_slice(resource))

    def of(self, service: MeshService, port: ServicePort | None) -> list[Address]:
        """The written endpoints of a service on one of its ports (None: any).

        A selector takes WorkloadEntries and leaves inline endpoints aside; those with a host name
        instead of an address serve DNS ServiceEntries only.
        """
        if service.selector is None:
            return self._inline(service, port)
        found = [] if not service.kubernetes else self._inline(service, port)
        if service.resolution == HEADLESS:  # istiod takes WorkloadEntries for Services with a VIP only
            return found
        dns = service.resolution in (DNS, DNS_ROUND_ROBIN)
        return found + [
            entry
            for entry in self._entries.get(service.namespace, ())
            if selects(service.selector, entry.labels) and (dns or entry.numeric()) and _has(entry, port)
        ]

    def may_register(self, service: MeshService) -> bool:
        """True if a WorkloadGroup can bring machines at run time that the service selects."""
        if service.selector is None:
            return False
        return any(selects(service.selector, labels) for labels in self._groups.get(service.namespace, ()))

    def _inline(self, service: MeshService, port: ServicePort | None) -> list[Address]:
        if service.kubernetes:
            found = self._of_service.get((service.namespace, service.name), ())
            return [one for one in found if port is None or port.name in one.ports]
        return [found for one in service.parts for found in _inline_endpoints(one.resource)]


def _has(entry: Address, port: ServicePort | None) -> bool:
    """False if targetPort is a name that the entry's ports do not have."""
    return port is None or not isinstance(port.target, str) or port.target in entry.ports


def _ports(written: object) -> dict[str, int]:
    numbers = {text(name): integer(number) for name, number in mapping(written).items()}
    return {name: number for name, number in numbers.items() if number is not None}


def _entry(resource: Resource) -> Address:
    """A WorkloadEntry; metadata labels win over spec labels."""
    spec = resource.spec
    labels = {**string_map(spec.get("labels")), **resource.labels}
    return Address(text(spec.get("address")), labels, _ports(spec.get("ports")), resource, ("spec",))


def _endpoints(resource: Resource) -> list[Address]:
    return [
        Address(text(item.get("ip")), {}, _named(subset), resource, ("subsets", index, "addresses", at))
        for index, subset in maps(resource.get("subsets"))
        for at, item in maps(subset.get("addresses"))
    ]


def _slice(resource: Resource) -> list[Address]:
    ports = _named(resource.data)
    return [
        Address(address, {}, ports, resource, ("endpoints", index, "addresses"))
        for index, endpoint in maps(resource.get("endpoints"))
        for address in texts(endpoint.get("addresses"))
    ]


def _named(written: Mapping[str, Any]) -> dict[str, int]:
    """Ports by name; istiod finds the endpoints of a service port by its name."""
    numbers = {text(one.get("name")): integer(one.get("port")) for _, one in maps(written.get("ports"))}
    return {name: number for name, number in numbers.items() if number is not None}


def _inline_endpoints(resource: Resource) -> list[Address]:
    return [
        Address(
            text(item.get("address")),
            string_map(item.get("labels")),
            _ports(item.get("ports")),
            resource,
            ("spec", "endpoints", index),
        )
        for index, item in maps(resource.spec.get("endpoints"))
    ]
