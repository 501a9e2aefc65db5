"""Virtual hosts: one host belongs to one VirtualService in the mesh, delegates need their root.

The mesh fact guarded here: a sidecar takes the first VirtualService of a host and drops the others whole;
a gateway puts the routes of several one after another; a delegate that cannot be merged disappears.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from meshlint.kube.fields import mapping, maps, text, texts
from meshlint.kube.kinds import GATEWAY, REQUEST_AUTHENTICATION, VIRTUAL_SERVICE
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import label_selector
from meshlint.mesh.gateway_servers import selector_of, workloads_of
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import MESH, overlap, service_parts
from meshlint.mesh.inventory import client_namespaces, imports, intended_host
from meshlint.mesh.route_match import CLAIM_PREFIX
from meshlint.mesh.virtual_services import Delegation, VirtualService
from meshlint.rules.http_matches import implies, matches_of
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path


def _share_clients(mesh: Mesh, first: VirtualService, second: VirtualService) -> bool:
    """True if clients of some namespace get both (exportTo) and import a host of both (Sidecar)."""
    names = {*client_namespaces(mesh)}
    if not mesh.settings.clients:
        names |= (first.export_to | second.export_to) - {"*", "~"}
    return any(_gets(mesh, first, name) and _gets(mesh, second, name) for name in names)


def _gets(mesh: Mesh, virtual: VirtualService, namespace: str) -> bool:
    if not virtual.visible_to(namespace):
        return False
    imported = imports(mesh, namespace)
    return any(imported.has(host, virtual.namespace) for host in virtual.hosts)


def _host_path(virtual: VirtualService, host: str) -> Path:
    return ("spec", "hosts", virtual.hosts.index(host))


class _Claim(NamedTuple):
    """A host of each of two VirtualServices that both claim, and the peers' codes that say so."""

    first: str
    second: str
    same: bool
    peers: tuple[str, ...]


@rule(
    "VS009",
    "host-claimed-twice-in-mesh",
    "Two VirtualServices for one host in the mesh: sidecars use one and drop the other.",
    peers=("IST0109", "KIA1106"),
    tags=("virtual-service", "host", "outage"),
)
def host_claimed_twice_in_mesh(context: Context) -> Iterator[Finding]:
    """One finding per VirtualService; the first by age (then by name) is the one that is used."""
    mesh = context.mesh
    told: set[int] = set()
    for earlier, later in _candidates(mesh):
        claim = _claim(mesh, earlier, later)
        if claim is None or not _share_clients(mesh, earlier, later):
            continue
        for mine, theirs in ((later, earlier), (earlier, later)):
            if id(mine) not in told and mesh.is_linted(mine.resource):
                told.add(id(mine))
                yield _claimed_twice(mine, theirs, claim, loses=mine is later)


def _candidates(mesh: Mesh) -> list[tuple[VirtualService, VirtualService]]:
    """The pairs (older, younger) bound to the mesh that may claim one host: by name, or by a wildcard."""
    bound = [virtual for virtual in mesh.bound(MESH) if virtual.hosts]
    by_host: dict[str, list[int]] = {}
    wild: list[tuple[int, str]] = []
    for at, virtual in enumerate(bound):
        for host in virtual.hosts:
            if host.startswith("*"):
                wild.append((at, host))
            for name in {host, intended_host(mesh, host, virtual.namespace)}:
                by_host.setdefault(name, []).append(at)
    pairs = {pair for found in by_host.values() for pair in combinations(sorted(set(found)), 2)}
    for at, pattern in wild:
        for host, found in by_host.items():
            if overlap(pattern, host):
                pairs |= {(min(at, each), max(at, each)) for each in found if each != at}
    return [(bound[first], bound[second]) for first, second in sorted(pairs)]


def _claim(mesh: Mesh, first: VirtualService, second: VirtualService) -> _Claim | None:
    """The same host in both; else hosts that overlap, or that people mean to be the same."""
    for host in first.hosts:
        if host in second.hosts:
            return _Claim(host, host, True, ("IST0109", "KIA1106"))
    mixed = ("*" in first.export_to) != ("*" in second.export_to)
    for mine in first.hosts:
        for theirs in second.hosts:
            meant = [
                intended_host(mesh, host, virtual.namespace)
                for host, virtual in ((mine, first), (theirs, second))
            ]
            peers: tuple[str, ...] = ("IST0109",) if mixed and overlap(mine, theirs) else ()
            if meant[0] == meant[1] or (overlap(*meant) and _of_namespace(mesh, *meant)):
                peers += ("KIA1106",)
            if peers:
                return _Claim(mine, theirs, False, peers)
    return None


def _of_namespace(mesh: Mesh, *hosts: str) -> bool:
    """True if one of the hosts is the wildcard of a namespace."""
    return any(
        host.startswith("*.") and service_parts("x" + host[1:], mesh.settings.domain) for host in hosts
    )


def _claimed_twice(mine: VirtualService, theirs: VirtualService, claim: _Claim, loses: bool) -> Finding:
    fate = "its routes are dropped" if loses else "the routes of the other are dropped"
    host, other = (claim.second, claim.first) if loses else (claim.first, claim.second)
    return host_claimed_twice_in_mesh.finding(
        f"{mine.resource.label()} and {theirs.resource.label()} both route host `{host}` in the mesh",
        Place(mine.resource, _host_path(mine, host), fate if claim.same else "overlaps"),
        Place(theirs.resource, _host_path(theirs, other), "claimed here too", "cause"),
        severity=None if claim.same else "note",
        precision=None if claim.same else "low",
        effect=Effect(f"sidecars use one of the two, by age: {fate}") if claim.same else None,
        hint="put the routes into one VirtualService, or separate their clients with exportTo",
        key="hosts",
        peers=claim.peers,
    )


@rule(
    "VS010",
    "host-claimed-twice-on-gateway",
    "Two VirtualServices for one host on one Gateway whose matches overlap: age decides.",
    severity="warning",
    precision="medium",
    peers=("KIA1106",),
    tags=("virtual-service", "gateway", "routing"),
)
def host_claimed_twice_on_gateway(context: Context) -> Iterator[Finding]:
    """Routes are put one after another by age; a broad one before a narrow one hides it."""
    mesh = context.mesh
    gateways = {name for virtual in mesh.virtual_services for name in virtual.gateways if name != MESH}
    told: set[int] = set()
    for gateway in sorted(gateways):
        bound = [virtual for virtual in mesh.bound(gateway) if virtual.hosts]
        for position, later in enumerate(bound):
            for earlier in bound[:position]:
                host = next((host for host in later.hosts if host in earlier.hosts), None)
                for mine in (later, earlier) if host is not None else ():
                    if id(mine) not in told and mesh.is_linted(mine.resource):
                        told.add(id(mine))
                        yield _on_gateway(gateway, earlier, later, host or "", mine)


def _on_gateway(
    gateway: str, earlier: VirtualService, later: VirtualService, host: str, mine: VirtualService
) -> Finding:
    hidden = _hidden_route(earlier, later) if mine is later else None
    theirs = earlier if mine is later else later
    order = ("second by name", "first by name") if mine is later else ("first by name", "second by name")
    return host_claimed_twice_on_gateway.finding(
        f"{mine.resource.label()} and {theirs.resource.label()} both route `{host}` on Gateway {gateway}",
        Place(mine.resource, _host_path(mine, host), order[0]),
        Place(theirs.resource, _host_path(theirs, host), order[1], "cause"),
        *(
            [Place(later.resource, hidden, "never reached if the other is older", "consumer")]
            if hidden
            else []
        ),
        severity="warning" if hidden else "note",
        precision="high" if hidden else "low",
        effect=Effect("their routes are put one after another in the order of their age"),
        hint="use one VirtualService, or let it delegate to the others",
        key=f"{gateway}/{host}",
    )


def _hidden_route(earlier: VirtualService, later: VirtualService) -> Path | None:
    """A route of the later one that a narrower-than-catch-all match of the earlier one takes whole.

    Catch-alls do not count: Istio moves them to the end.
    """
    taken = [
        match for _, route in maps(earlier.resource.spec.get("http")) for match in matches_of(route) if match
    ]
    for index, route in maps(later.resource.spec.get("http")):
        matches = matches_of(route)
        if all(match and any(implies(match, each) for each in taken) for match in matches):
            return ("spec", "http", index)
    return None


@rule(
    "VS008",
    "mesh-routes-not-used-by-gateway",
    "A gateway route to a host that another VirtualService splits into subsets in the mesh only.",
    severity="note",
    precision="medium",
    peers=("IST0140",),
    tags=("virtual-service", "gateway", "traffic-split"),
)
def mesh_routes_not_used_by_gateway(context: Context) -> Iterator[Finding]:
    """A gateway applies the VirtualService bound to it, never the one of the destination."""
    mesh = context.mesh
    split: dict[str, list[VirtualService]] = {}
    for virtual in mesh.bound(MESH):
        for _, target in virtual.targets():
            if target.subset and target.host in virtual.hosts and virtual not in split.get(target.host, []):
                split.setdefault(target.host, []).append(virtual)
    for virtual in mesh.virtual_services:
        if MESH in virtual.gateways or not virtual.hosts or not mesh.is_linted(virtual.resource):
            continue
        for route, target in virtual.targets():
            for other in split.get(target.host, ()) if not target.subset and route.block == "http" else ():
                yield mesh_routes_not_used_by_gateway.finding(
                    f"{virtual.resource.label()} sends gateway traffic to `{target.written}` past the routes "
                    f"of {other.resource.label()}, which count in the mesh only",
                    Place(target.resource, target.path, "no subset here"),
                    Place(other.resource, ("spec", "http"), "not used for gateway traffic", "definition"),
                    effect=Effect("requests from outside reach all versions"),
                    hint="name the subset here too, or bind the other VirtualService to the Gateway",
                    key=f"{target.host}/{other.resource.name}",
                )


_DELEGATION = {
    "missing": "does not exist",
    "not-exported": "is not exported to its namespace",
    "not-a-delegate": "has hosts, so it is no delegate",
    "nested": "delegates again, which Istio does not follow",
}


@rule(
    "VS016",
    "delegate-not-merged",
    "A delegation that Istio cannot carry out: the route disappears.",
    kinds=(VIRTUAL_SERVICE,),
    tags=("virtual-service", "delegate", "outage"),
)
def delegate_not_merged(resource: Resource, context: Context) -> Iterator[Finding]:
    """A missing delegate is a fault only where the input shows its namespace."""
    for delegation in context.mesh.virtual_service(resource).delegations:
        state = delegation.state
        if state == "missing" and not _knows(context.mesh, delegation):
            continue
        if state != "merged":
            yield _delegation_finding(resource, delegation, _DELEGATION[state])
        for path, field in delegation.dropped:
            what = f"has a route whose {field} conflicts with the root's match"
            yield _delegation_finding(resource, delegation, what, path)


def _knows(mesh: Mesh, delegation: Delegation) -> bool:
    """True if the input has VirtualServices of the delegate's namespace, so it would have this one."""
    return mesh.closed(delegation.namespace) or any(
        virtual.namespace == delegation.namespace and virtual.is_delegate for virtual in mesh.virtual_services
    )


def _delegation_finding(resource: Resource, delegation: Delegation, what: str, dropped: Path = ()) -> Finding:
    places = [Place(resource, delegation.path, what)]
    if delegation.target is not None:
        places.append(Place(delegation.target, dropped or ("metadata", "name"), "the delegate", "cause"))
    return delegate_not_merged.finding(
        f"delegate {delegation.namespace}/{delegation.name} of {resource.label()} {what}",
        *places,
        effect=Effect("the route is left out", flag="NR", http="404 for its requests"),
        hint=_delegate_hint(delegation, resource),
        key=f"{delegation.path[2]}/{delegation.namespace}/{delegation.name}/{dropped}",
    )


def _delegate_hint(delegation: Delegation, resource: Resource) -> str:
    if delegation.state == "not-exported":
        return f"add `{resource.namespace}` to exportTo of the delegate"
    if delegation.state == "not-a-delegate":
        return "remove `hosts` and `gateways` from the delegate"
    if delegation.state == "nested":
        return "route to the destinations themselves in the delegate"
    if delegation.dropped:
        return "let the delegate's match lie inside the root's"
    return "correct the name or namespace of the delegate"


@rule(
    "VS020",
    "wildcard-host-in-mesh",
    "A VirtualService for host `*` without a Gateway: the webhook refuses it.",
    precision="very-high",
    kinds=(VIRTUAL_SERVICE,),
    peers=("IST0106",),
    tags=("virtual-service", "host", "rejected"),
)
def wildcard_host_in_mesh(resource: Resource, context: Context) -> Iterator[Finding]:
    """`*` is allowed on gateways only."""
    hosts = texts(resource.spec.get("hosts"))
    gateways = texts(resource.spec.get("gateways"))
    if "*" in hosts and (not gateways or MESH in gateways):
        yield wildcard_host_in_mesh.finding(
            f"{resource.label()} has host `*` and is bound to the mesh",
            Place(resource, ("spec", "hosts", hosts.index("*")), "not allowed in the mesh"),
            effect=Effect("Istio's validating webhook refuses the object"),
            hint="name the hosts, or bind it to a Gateway only",
            key="*",
        )


@rule(
    "VS023",
    "claim-route-without-authentication",
    "A route by JWT claim through a gateway that validates no token.",
    peers=("IST0149",),
    kinds=(VIRTUAL_SERVICE,),
    tags=("virtual-service", "jwt", "outage"),
)
def claim_route_without_authentication(resource: Resource, context: Context) -> Iterator[Finding]:
    """A RequestAuthentication must select the gateway's pods, in their or the root namespace."""
    claims = list(_claims(resource))
    if not claims:
        return
    mesh = context.mesh
    for reference in mesh.virtual_service(resource).gateways:
        gateway = mesh.find(GATEWAY, *reference.partition("/")[::2]) if reference != MESH else None
        if gateway is None:
            continue
        for workload in workloads_of(mesh, selector_of(gateway)):
            if not _authenticated(mesh, workload.namespace, workload.labels):
                path, key = claims[0]
                yield claim_route_without_authentication.finding(
                    f"{resource.label()} matches `{key}` through {gateway.label()}, "
                    f"but no RequestAuthentication selects {workload.label()}",
                    Place(resource, path, "no claim is ever known", on_key=True),
                    Place(gateway, ("metadata", "name"), "this gateway validates no token", "cause"),
                    effect=Effect("the route never matches"),
                    hint=f"add a RequestAuthentication in namespace {workload.namespace}",
                    key=f"{reference}/{workload.name}",
                )


def _claims(resource: Resource) -> Iterator[tuple[Path, str]]:
    for index, route in maps(resource.spec.get("http")):
        for at, match in maps(route.get("match")):
            for field in ("headers", "withoutHeaders"):
                for key in mapping(match.get(field)):
                    rest = text(key).lower().removeprefix(CLAIM_PREFIX)
                    if text(key).lower().startswith(CLAIM_PREFIX) and rest[:1] in (".", "["):
                        yield ("spec", "http", index, "match", at, field, key), text(key)


def _authenticated(mesh: Mesh, namespace: str, labels: dict[str, str]) -> bool:
    return any(
        policy.namespace in (namespace, mesh.settings.root_namespace)
        and label_selector(policy.spec.get("selector")).matches(labels)
        for policy in mesh.kind(REQUEST_AUTHENTICATION)
    )


RULES: tuple[Rule, ...] = (
    mesh_routes_not_used_by_gateway,
    host_claimed_twice_in_mesh,
    host_claimed_twice_on_gateway,
    delegate_not_merged,
    wildcard_host_in_mesh,
    claim_route_without_authentication,
)
