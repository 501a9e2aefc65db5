"""Subsets: a route to a subset is a route to its own Envoy cluster, and that cluster needs pods.

The mesh fact guarded here: Istio fills the cluster of a subset with the pods of the Service whose
template labels hold the subset's labels. If no pod carries them the cluster is there and empty, and
every request gets 503 UH "no healthy upstream".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshlint.kube.selectors import NearMiss, Want
from meshlint.kube.workload import Workload
from meshlint.mesh.clusters import ClusterState
from meshlint.mesh.destination_rules import DestinationRule, Subset
from meshlint.mesh.endpoints import EndpointSet
from meshlint.mesh.graph import Mesh
from meshlint.mesh.registry import MeshService
from meshlint.mesh.scope import sidecar_client
from meshlint.rules.hits import Hit, hits, share_label
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place, Severity

_ROUTES_SHOWN = 4


@rule(
    "DR001",
    "routed-subset-selects-no-pod",
    "A subset whose labels no pod of its Service carries; an error if a route sends requests to it.",
    precision="very-high",
    peers=("KIA0203", "IST0173"),
    tags=("destination-rule", "subset", "outage"),
)
def routed_subset_selects_no_pod(context: Context) -> Iterator[Finding]:
    """One finding per subset, told from the pod template that comes nearest."""
    mesh = context.mesh
    empty: dict[int, tuple[Subset, list[Hit]]] = {}
    routed: set[int] = set()
    for hit in hits(mesh, subsets=True):
        subset = _subset(hit.cluster)
        if subset is None:
            continue
        routed.add(id(subset))
        if _misses(hit.cluster.endpoints):
            empty.setdefault(id(subset), (subset, []))[1].append(hit)
    for subset, found in empty.values():
        if _linted(mesh, subset, found[0].cluster, found):
            yield _selects_nothing(mesh, subset, found[0].cluster, found)
    for subset, cluster in _unrouted(mesh, routed):
        yield _selects_nothing(mesh, subset, cluster, [])


def _subset(cluster: ClusterState) -> Subset | None:
    return cluster.effective.subsets.get(cluster.subset) if cluster.effective else None


def _misses(endpoints: EndpointSet | None) -> bool:
    """True if the subset's own labels are what keeps the cluster empty."""
    return endpoints is not None and endpoints.verdict == "EMPTY" and endpoints.reason == "subset"


def _linted(mesh: Mesh, subset: Subset, cluster: ClusterState, found: Iterable[Hit]) -> bool:
    """True if some object of the story is linted and not only context."""
    nearest = _nearest(cluster)
    told = [subset.resource, *(hit.virtual.resource for hit in found)]
    return any(map(mesh.is_linted, told)) or (
        nearest is not None and mesh.is_linted(nearest.subject.template)
    )


def _unrouted(mesh: Mesh, routed: set[int]) -> Iterator[tuple[Subset, ClusterState]]:
    """Linted subsets that no route names and that select nothing, seen from their own namespace."""
    for each in mesh.rules.rules:
        if not mesh.is_linted(each.resource):
            continue
        service = mesh.resolve_host(each.written_host, each.resource.namespace).service
        for subset in each.subsets if service is not None and service.host == each.host else ():
            if id(subset) in routed or service is None:
                continue
            cluster = _as_seen(mesh, each, subset, service)
            misses = _misses(cluster.endpoints) or _no_pods(mesh, cluster)
            if misses and _subset(cluster) in (subset, None):
                yield subset, cluster


def _as_seen(mesh: Mesh, each: DestinationRule, subset: Subset, service: MeshService) -> ClusterState:
    """The subset's cluster for a client of the rule's namespace; a Service without ports still has pods."""
    client = sidecar_client(each.resource.namespace)
    port = next(iter(service.by_number), 0)
    cluster = mesh.cluster(client, service.host, port, subset.name)
    if port:
        return cluster
    return cluster._replace(service=service, endpoints=mesh.endpoints(service, None, subset.labels))


def _no_pods(mesh: Mesh, cluster: ClusterState) -> bool:
    """True if the Service itself selects nothing: SVC001 says it, and the subsets are empty as well."""
    found = cluster.endpoints
    return mesh.settings.closed_world and found is not None and found.reason == "selector"


def _nearest(cluster: ClusterState) -> NearMiss[Workload] | None:
    near = cluster.endpoints.near if cluster.endpoints else ()
    return near[0] if near else None


def _selects_nothing(mesh: Mesh, subset: Subset, cluster: ClusterState, found: list[Hit]) -> Finding:
    miss = _nearest(cluster)
    places = [
        *_pod_places(miss),
        Place(subset.resource, (*subset.path, "labels"), f"wants {_pairs(subset.labels)}", "definition"),
        *_route_places(found),
        *_service_places(cluster.service),
    ]
    places.sort(key=lambda place: not _is_linted(mesh, place))
    why = f": {_lack(miss)}" if miss else ""
    return routed_subset_selects_no_pod.finding(
        f"subset `{subset.name}` of {subset.resource.label()} selects no pod{why}",
        *places,
        severity=_severity(found),
        effect=_effect(cluster, found),
        hint=_hint(subset, miss),
        notes=_notes(cluster, miss, found),
        about=subset.resource.ref(),
        key=subset.name,
    )


def _is_linted(mesh: Mesh, place: Place) -> bool:
    return any(place.target is resource for resource in mesh.resources)


def _pod_places(miss: NearMiss[Workload] | None) -> list[Place]:
    """Where the pods of the nearest workload get the label that is in the way."""
    if miss is None:
        return []
    workload, want = miss.subject, miss.wants[0]
    path = (*workload.labels_path, want.key)
    if want.actual is None:
        label = f"the pods get {_pairs(workload.labels)}; no `{want.key}`"
    else:
        label = f"the pods get {want.key}={want.actual}, the subset wants {want.key}={want.wanted}"
    return [Place(workload.template, path, label, "cause")]


def _route_places(found: list[Hit]) -> list[Place]:
    seen = {(id(hit.target.resource), hit.target.path): hit for hit in found}
    return [
        Place(hit.target.resource, (*hit.target.path, "subset"), share_label(hit), "consumer")
        for hit in list(seen.values())[:_ROUTES_SHOWN]
    ]


def _service_places(service: MeshService | None) -> list[Place]:
    if service is None or not service.selector:
        return []
    path = ("spec", "selector")
    return [Place(service.resource, path, f"selects {_pairs(service.selector)}", "candidate")]


def _severity(found: list[Hit]) -> Severity:
    if any(hit.target.share > 0 and not hit.target.mirror for hit in found):
        return "error"
    return "warning" if any(hit.target.share > 0 for hit in found) else "note"


def _effect(cluster: ClusterState, found: list[Hit]) -> Effect:
    worst = max(
        (hit for hit in found if not hit.target.mirror), key=lambda hit: hit.target.share, default=None
    )
    name = (worst or found[0]).cluster.name if found else cluster.name
    if worst is not None and worst.target.share > 0:
        share = worst.target.share
        route = f"{worst.route.label()} of {worst.virtual.resource.label()}"
        text = f"cluster {name} has no endpoints: {share:g} % of {route} fails"
        return Effect(text, name, "UH", '503 "no healthy upstream"')
    if found and found[0].target.mirror:
        return Effect(f"cluster {name} has no endpoints: the mirrored requests are lost", name, "UH")
    return Effect(f"cluster {name} would have no endpoints; no route sends requests to it", name)


def _lack(miss: NearMiss[Workload]) -> str:
    """`the pods of Deployment a/b have no label version`."""
    return f"the pods of {miss.subject.label()} {' and '.join(_want(want) for want in miss.wants)}"


def _want(want: Want) -> str:
    if want.actual is None:
        return f"have no label `{want.key}`"
    return f"have `{want.key}={want.actual}`, not `{want.key}={want.wanted}`"


def _hint(subset: Subset, miss: NearMiss[Workload] | None) -> str:
    if miss is None:
        return f"give the pods the labels {_pairs(subset.labels)}, or remove the subset"
    absent = [want for want in miss.wants if want.actual is None]
    if absent:
        pairs = ", ".join(f"`{want.key}: {want.wanted}`" for want in absent)
        return f"add {pairs} to the pod template labels of {miss.subject.label()}, not to its own metadata"
    want = miss.wants[0]
    return (
        f"set the pod template label `{want.key}` of {miss.subject.label()} to `{want.wanted}`, "
        f"or the subset's to `{want.actual}`"
    )


def _notes(cluster: ClusterState, miss: NearMiss[Workload] | None, found: list[Hit]) -> Iterator[str]:
    if miss is not None:
        workload = miss.subject
        own = [want for want in miss.wants if workload.resource.labels.get(want.key) == want.wanted]
        if own and workload.resource.kind != "Pod":
            pairs = ", ".join(f"{want.key}={want.wanted}" for want in own)
            yield f"{workload.label()} has {pairs} on its own metadata, where no Service or subset looks"
        if workload.selector is not None and any(want.actual is None for want in miss.wants):
            yield "leave `spec.selector` of the workload as it is: it cannot be changed after creation"
    near = cluster.endpoints.near[1:] if cluster.endpoints else ()
    for other in near[:2]:
        yield f"next nearest: {_lack(other)}"
    clusters = sorted({hit.cluster.name for hit in found})
    if len(clusters) > 1:
        yield f"clusters without endpoints: {', '.join(clusters)}"


def _pairs(labels: dict[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items()) or "no labels"


RULES: tuple[Rule, ...] = (routed_subset_selects_no_pod,)
