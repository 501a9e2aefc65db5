"""DNS: what address the name of a URL gives an application, before any proxy sees the connection.

In: a name and the namespace of the pods. Out: an Address and the DNS step. Kubernetes answers for Services
whether the mesh exports them or not; other names are taken to resolve outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from meshlint.mesh.envoy import ANY_ADDRESS
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import is_address, partial_parts, service_name, service_parts, wildcard
from meshlint.mesh.outbound_chains import service_addresses
from meshlint.mesh.registry import ALIAS, HEADLESS, MeshService
from meshlint.mesh.steps import Spot, Step, broken

_MOST_ALIASES = 10
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class Address(NamedTuple):
    """What an application connects to.

    names     addresses as listeners spell them: "10.0.0.7", "VIP(web.shop)", "PODIP(db.shop)"; () unknown
    service   the service whose address it is, None for what is no service of the input
    host      the name whose address it is, after ExternalNames
    """

    names: tuple[str, ...]
    service: MeshService | None
    host: str

    def address(self) -> str:
        """An IP address it may be, "" if no manifest shows one."""
        return next((name for name in self.names if is_address(name)), "")


def resolve(mesh: Mesh, namespace: str, host: str) -> tuple[Step, Address | None]:
    """The DNS step of a name looked up in a namespace; None if the application gets no address."""
    name = host.removesuffix(".")
    if name in _LOCAL:
        return Step("DNS", host, detail="the pod itself"), Address(("127.0.0.1",), None, name)
    if is_address(name):
        return _literal(mesh, name)
    aliases: list[MeshService] = []
    service = _service(mesh, namespace, name)
    while service is not None and service.resolution == ALIAS and len(aliases) < _MOST_ALIASES:
        aliases.append(service)
        name = service.external_name.lower()
        service = _service(mesh, "", name)
    if service is None:
        return _unknown(mesh, namespace, name, aliases)
    return _found(mesh, service, name, aliases)


def _literal(mesh: Mesh, name: str) -> tuple[Step, Address]:
    service = next((one for one in mesh.services.services if _has(one, name)), None)
    detail = f"the address of {service.label()}" if service else "an address"
    return Step("DNS", name, detail=detail, sources=_spots(service)), Address((name,), service, name)


def _has(service: MeshService, name: str) -> bool:
    return any(_contains(written, name) for written in service.addresses)


def _contains(written: str, name: str) -> bool:
    if "/" not in written:
        return written == name
    try:
        return ip_address(name) in ip_network(written, strict=False)
    except ValueError:
        return False


def _spots(*services: MeshService | None) -> tuple[Spot, ...]:
    return tuple(Spot(one.resource, one.path) for one in services if one is not None)


def _service(mesh: Mesh, namespace: str, name: str) -> MeshService | None:
    """The Service, one of its pods, or the ServiceEntry behind a name."""
    for short, owner in _names(mesh, namespace, name):
        found = mesh.services.by_namespace.get(owner, {}).get(short)
        if found is not None:
            return found
    pod, _, rest = name.partition(".")
    for short, owner in _names(mesh, "", rest) if pod and rest else ():
        found = mesh.services.by_namespace.get(owner, {}).get(short)
        if found is not None and found.resolution == HEADLESS:
            return found
    listed = [one for one in mesh.services.all_of(name) if not one.kubernetes]
    seen = [one for one in listed if one.visible_to(namespace)]
    return next(iter(seen or listed), None) or mesh.services.covering(name, namespace)


def _names(mesh: Mesh, namespace: str, name: str) -> Iterator[tuple[str, str]]:
    """(name, namespace) of the Services a name may mean, as the resolver's search list has it."""
    if "." not in name:
        if namespace:
            yield name, namespace
        return
    parts = service_parts(name, mesh.settings.domain) or partial_parts(name, mesh.settings.domain)
    if parts is not None:
        yield parts


def _found(
    mesh: Mesh, service: MeshService, name: str, aliases: list[MeshService]
) -> tuple[Step, Address | None]:
    spots = _spots(*aliases, service)
    if service.kubernetes and service.resolution == HEADLESS:
        endpoints = mesh.endpoints(service)
        if endpoints.verdict == "EMPTY":
            what = f"{service.label()} is headless and has no pod, so its name has no address"
            return broken("DNS-NX", name, what, spots), None
        names = [one.address for one in endpoints.addresses if one.numeric()]
        names += [f"PODIP({service.name}.{service.namespace})"] if endpoints.workloads else []
        step = Step("DNS", name, detail=f"the pods of headless {service.label()}", sources=spots)
        return step, Address(tuple(names), service, name)
    names = [_sample(one) for one in service_addresses(service) if one != ANY_ADDRESS]
    detail = f"{service.label()}"
    if aliases:
        detail = f"{aliases[0].label()} is another name of {detail}"
    return Step("DNS", name, detail=detail, sources=spots), Address(tuple(names), service, name)


def _sample(written: str) -> str:
    """An address of a range; anything else as it is."""
    if "/" not in written:
        return written
    try:
        network = ip_network(written, strict=False)
    except ValueError:
        return written
    return str(network[1] if network.num_addresses > 1 else network[0])


def _unknown(
    mesh: Mesh, namespace: str, name: str, aliases: list[MeshService]
) -> tuple[Step, Address | None]:
    spots = _spots(*aliases)
    unknown = Address((), None, name)
    parts = service_parts(name, mesh.settings.domain) or partial_parts(name, mesh.settings.domain)
    owner = namespace if "." not in name else parts[1] if parts else ""
    cluster = service_name("", "", mesh.settings.domain)[1:]
    inside = (
        "." not in name or name.endswith(cluster) or (parts is not None and _is_namespace(mesh, parts[1]))
    )
    if not inside or wildcard(name):
        return Step("DNS", name, "ASSUMED", detail="the name is taken to resolve outside the mesh"), unknown
    short = parts[0] if parts else name
    hint = _nearest(mesh, namespace, short, owner)
    if not mesh.closed(owner):
        what = f"the input has no Service of namespace {owner}; the name is taken to resolve{hint}"
        return Step("DNS", name, "ASSUMED", detail=what, sources=spots), unknown
    return broken("DNS-NX", name, f"namespace {owner} has no Service `{short}`{hint}", spots), None


def _nearest(mesh: Mesh, namespace: str, short: str, owner: str) -> str:
    """What may have been meant, as an end of a sentence."""
    near = mesh.resolve_host(service_name(short, owner, mesh.settings.domain), namespace).near
    other = next((one for one in near if one.name == short and one.namespace != owner), None)
    if other is not None:
        return f"; {other.label()} is called `{short}.{other.namespace}` from there"
    return f"; did you mean `{near[0].name}`?" if near else ""


def _is_namespace(mesh: Mesh, name: str) -> bool:
    return name in mesh.namespaces or name in mesh.services.by_namespace or name in mesh.workload_namespaces
