"""Endpoints: which pods stand behind a service, a port and a subset, as far as manifests tell.

In: a mesh service, a port, subset labels. Out: an EndpointSet with one of three verdicts and, if it
is empty, the workloads that come nearest. Facts: pilot/pkg/serviceregistry/kube and
pilot/pkg/xds/endpoints of Istio.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from meshlint.kube.kinds import ROLLOUT, may_make_pods
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import NearMiss, distance, missing, nearest, selects
from meshlint.kube.workload import Workload
from meshlint.mesh.addresses import Address, Addresses
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import ALIAS, DNS, DNS_ROUND_ROBIN, STATIC, MeshService

Verdict = Literal["SOME", "EMPTY", "UNKNOWN"]
Reason = Literal[
    "",
    "selector",  # the Service's selector matches no workload
    "subset",  # the selector matches, the subset labels match none of these
    "replicas",  # every workload in question runs 0 pods
    "target-port",  # targetPort names a container port that no workload declares
    "transient",  # only Jobs or hook pods match
    "no-selector",  # nothing in the input supplies addresses
    "run-time-labels",  # the subset asks for labels that exist at run time only
    "operator",  # a custom resource in the namespace may run the pods
    "address",  # a STATIC ServiceEntry whose endpoints are no IP addresses
    "alias",  # an ExternalName has no endpoints of its own
    "not-exported",  # exportTo is ~: istiod does not look at the pods of such a Service
    "workload-group",  # machines of a WorkloadGroup may register at run time
]

CANONICAL_NAMES = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
CANONICAL_REVISIONS = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
RUN_TIME_LABELS = frozenset(
    {
        "pod-template-hash",
        "controller-revision-hash",
        "pod-template-generation",
        "rollouts-pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
        "apps.kubernetes.io/pod-index",
        "batch.kubernetes.io/job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-completion-index",
        "job-name",
        "controller-uid",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
        "topology.istio.io/subzone",
        "topology.istio.io/cluster",
        "topology.istio.io/network",
        "kubernetes.io/hostname",
        "failure-domain.beta.kubernetes.io/region",
        "failure-domain.beta.kubernetes.io/zone",
    }
)


class EndpointSet(NamedTuple):
    """What Envoy would find in a cluster.

    verdict    SOME, EMPTY, or UNKNOWN when the input cannot tell
    reason     why it is empty or unknown, "" for SOME
    workloads  those that supply endpoints
    addresses  written endpoints that count
    selected   workloads the service's selector matches, before port and subset labels
    low, high  how many endpoints; high None: no limit known
    near       for reason "selector" and "subset": the workloads that come nearest, with the labels
               in the way
    """

    verdict: Verdict
    reason: Reason = ""
    workloads: tuple[Workload, ...] = ()
    addresses: tuple[Address, ...] = ()
    selected: tuple[Workload, ...] = ()
    low: int = 0
    high: int | None = 0
    near: tuple[NearMiss[Workload], ...] = ()


Injected = Callable[[Workload], bool]


class Endpoints:
    """The pods and written addresses of one world, indexed for selectors.

    injected   tells if a workload gets a sidecar (not a certain no): its pods carry Istio's labels
    """

    __slots__ = ("_by_label", "_by_namespace", "_everywhere", "_injected", "_memo", "_operators", "_written")

    def __init__(self, workloads: list[Workload], resources: Sequence[Resource], injected: Injected) -> None:
        self._injected = injected
        self._by_namespace: dict[str, list[Workload]] = {}
        self._by_label: dict[tuple[str, str, str], list[Workload]] = {}
        self._everywhere: dict[tuple[str, str], list[Workload]] | None = None
        self._written = Addresses(resources)
        self._operators: dict[str, list[Resource]] = {}
        self._memo: dict[object, EndpointSet] = {}
        for workload in workloads:
            self._by_namespace.setdefault(workload.namespace, []).append(workload)
            for key, value in workload.labels.items():
                self._by_label.setdefault((workload.namespace, key, value), []).append(workload)
        known = {id(workload.resource) for workload in workloads}
        for resource in resources:
            if may_make_pods(resource.group_kind) or (resource.is_a(ROLLOUT) and id(resource) not in known):
                self._operators.setdefault(resource.namespace, []).append(resource)

    def in_namespace(self, namespace: str) -> list[Workload]:
        """Every workload of a namespace, in the order of the input."""
        return self._by_namespace.get(namespace, [])

    def operators(self, namespace: str) -> list[Resource]:
        """Custom resources of the namespace behind which an operator may run pods."""
        return self._operators.get(namespace, [])

    def selected(self, namespace: str, selector: Mapping[str, str]) -> list[Workload]:
        """The workloads of a namespace whose pod labels hold every pair of the selector."""
        pool = self.in_namespace(namespace)
        for key, value in selector.items():
            found = self._by_label.get((namespace, key, value), [])
            if len(found) <= len(pool):
                pool = found
        return [workload for workload in pool if selects(selector, workload.labels)]

    def anywhere(self, selector: Mapping[str, str]) -> list[Workload]:
        """The workloads of any namespace whose pod labels hold every pair of the selector."""
        if self._everywhere is None:
            self._everywhere = {}
            for (_, key, value), found in self._by_label.items():
                self._everywhere.setdefault((key, value), []).extend(found)
        if not selector:
            return [one for found in self._by_namespace.values() for one in found]
        pool = min((self._everywhere.get(pair, []) for pair in selector.items()), key=len)
        return [workload for workload in pool if selects(selector, workload.labels)]

    def labels(self, workload: Workload) -> dict[str, str]:
        """The labels of the workload's endpoints: the template's and those the injector adds."""
        labels = dict(workload.labels)
        if self._injected(workload):
            labels.setdefault("security.istio.io/tlsMode", "istio")
            labels.setdefault(CANONICAL_NAMES[0], _first(labels, CANONICAL_NAMES) or workload.name)
            labels.setdefault(CANONICAL_REVISIONS[0], _first(labels, CANONICAL_REVISIONS) or "latest")
        return labels

    def of(
        self, service: MeshService, port: int | None, subset: Mapping[str, str] | None = None
    ) -> EndpointSet:
        """The endpoints of a service for one of its port numbers (None: any) and subset labels."""
        key = (service, port, tuple(sorted(subset.items())) if subset else ())
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._compute(service, port, subset or {})
        return found

    def _compute(self, service: MeshService, port: int | None, subset: Mapping[str, str]) -> EndpointSet:
        if service.resolution == ALIAS:
            return EndpointSet("UNKNOWN", "alias")
        if service.kubernetes and "~" in service.export_to:
            return EndpointSet("EMPTY", "not-exported")
        target = service.by_number.get(port) if port is not None else None
        written = self._written.of(service, target)
        if service.selector is None:
            return self._of_addresses(service, written, subset)
        selected = tuple(self.selected(service.namespace, service.selector))
        steady = [workload for workload in selected if not workload.transient]
        entries = [address for address in written if selects(subset, address.labels)]
        if not steady and not written:
            return self._nothing_selected(service, selected)
        reached = [workload for workload in steady if _reaches(workload, target)]
        if not reached and not entries and steady:
            return EndpointSet("EMPTY", "target-port", selected=selected)
        return self._of_pods(subset, selected, reached, entries)

    def _of_pods(
        self,
        subset: Mapping[str, str],
        selected: tuple[Workload, ...],
        reached: list[Workload],
        entries: list[Address],
    ) -> EndpointSet:
        """The part of the reached pods that the subset labels keep."""
        kept = [workload for workload in reached if selects(subset, self.labels(workload))]
        if not kept and not entries:
            return self._subset_misses(subset, selected, reached)
        low = sum(workload.replicas.low for workload in kept) + len(entries)
        highs = [workload.replicas.high for workload in kept]
        high = None if None in highs else sum(count for count in highs if count) + len(entries)
        if high == 0:
            return EndpointSet("EMPTY", "replicas", tuple(kept), selected=selected)
        return EndpointSet("SOME", "", tuple(kept), tuple(entries), selected, low, high)

    def _subset_misses(
        self, subset: Mapping[str, str], selected: tuple[Workload, ...], reached: list[Workload]
    ) -> EndpointSet:
        # An empty value never comes true: Istio adds topology labels only when they say something.
        lasting = {key: value for key, value in subset.items() if not value or key not in RUN_TIME_LABELS}
        if len(lasting) < len(subset) and any(
            selects(lasting, self.labels(workload)) for workload in reached
        ):
            return EndpointSet("UNKNOWN", "run-time-labels", selected=selected)
        near = [NearMiss(workload, missing(lasting, self.labels(workload))) for workload in reached]
        near.sort(key=lambda miss: distance(miss.wants))
        return EndpointSet("EMPTY", "subset", selected=selected, near=tuple(near))

    def _nothing_selected(self, service: MeshService, selected: tuple[Workload, ...]) -> EndpointSet:
        """No lasting workload matches the selector: empty, unless something unseen may supply pods."""
        if any(workload.transient == "job" for workload in selected):
            return EndpointSet("UNKNOWN", "transient", selected=selected)
        selector = service.selector or {}
        lasting = {key: value for key, value in selector.items() if key not in RUN_TIME_LABELS}
        if len(lasting) < len(selector) and self.selected(service.namespace, lasting):
            return EndpointSet("UNKNOWN", "run-time-labels", selected=selected)
        near = tuple(
            nearest(
                selector,
                [
                    (workload, workload.labels)
                    for workload in self.in_namespace(service.namespace)
                    if not workload.transient
                ],
            )
        )
        if self._written.may_register(service):
            return EndpointSet("UNKNOWN", "workload-group", selected=selected, near=near)
        if self.operators(service.namespace):
            return EndpointSet("UNKNOWN", "operator", selected=selected, near=near)
        return EndpointSet("EMPTY", "transient" if selected else "selector", selected=selected, near=near)

    def _of_addresses(
        self, service: MeshService, written: list[Address], subset: Mapping[str, str]
    ) -> EndpointSet:
        """A service without selector: only what is written counts."""
        if service.resolution in (DNS, DNS_ROUND_ROBIN) and not written:
            return EndpointSet("EMPTY", "subset") if subset else EndpointSet("SOME", low=1, high=1)
        if service.resolution == STATIC:
            usable = [entry for entry in written if entry.numeric()]
            if written and not usable:
                return EndpointSet("EMPTY", "address")
            written = usable
        if service.kubernetes and not written:
            return EndpointSet("UNKNOWN", "no-selector")
        kept = [entry for entry in written if selects(subset, entry.labels)]
        if not kept:
            return EndpointSet("EMPTY", "subset" if written else "no-selector")
        return EndpointSet("SOME", "", (), tuple(kept), (), len(kept), len(kept))


def _first(labels: Mapping[str, str], keys: Iterable[str]) -> str:
    return next((labels[key] for key in keys if labels.get(key)), "")


def _reaches(workload: Workload, port: ServicePort | None) -> bool:
    """False only if targetPort is a name that no container of the pods declares."""
    if port is None or not isinstance(port.target, str):
        return True
    return workload.port_named(port.target, port.transport) is not None
