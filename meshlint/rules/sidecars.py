"""Sidecars: one Sidecar object per workload, and egress hosts written as namespace/host.

The mesh fact guarded here: of several Sidecars for one pod or namespace one counts, by age; what no
egress entry imports is unknown to the client and goes out without mesh features.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import maps, string_map, text, texts
from meshlint.kube.kinds import SIDECAR
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import nearest, selects
from meshlint.kube.workload import Workload
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import service_parts
from meshlint.mesh.injection import DATAPLANE, NAMESPACE_LABEL, REVISION
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place

_LABELS = ("spec", "workloadSelector", "labels")


def _selector(resource: Resource) -> dict[str, str]:
    return string_map(resource.get(*_LABELS))


def ambient(mesh: Mesh, namespace: str) -> bool:
    """True if the Namespace is in the input and its pods are captured by ambient mode."""
    found = mesh.namespaces.get(namespace)
    labels = found.labels if found else {}
    return (
        labels.get(DATAPLANE) == "ambient"
        and labels.get(NAMESPACE_LABEL) != "enabled"
        and not labels.get(REVISION)
    )


def _ambient_pod(workload: Workload) -> bool:
    return (
        workload.annotations.get("ambient.istio.io/redirection") == "enabled"
        or workload.labels.get(DATAPLANE) == "ambient"
    )


@rule(
    "SC003",
    "sidecar-selects-no-workload",
    "A Sidecar whose workloadSelector picks no pod of its namespace.",
    severity="warning",
    kinds=(SIDECAR,),
    peers=("IST0101", "KIA0004"),
    tags=("sidecar", "selector"),
)
def sidecar_selects_no_workload(resource: Resource, context: Context) -> Iterator[Finding]:
    """A warning where the input has pods of the namespace; else they may be elsewhere."""
    mesh = context.mesh
    selector = _selector(resource)
    pods = mesh.pods.in_namespace(resource.namespace)
    if not selector or any(selects(selector, one.labels) for one in pods):
        return
    near = nearest(selector, [(one, one.labels) for one in pods], limit=1)
    certain = bool(near) or mesh.settings.closed_world
    want = near[0].wants[0] if near else None
    yield sidecar_selects_no_workload.finding(
        f"workloadSelector of {resource.label()} picks no pod template of its namespace",
        Place(resource, _LABELS, "picks no pod"),
        *(
            Place(miss.subject.template, miss.subject.labels_path, "nearest pods", "candidate")
            for miss in near
        ),
        severity=None if certain else "note",
        precision=None if certain else "low",
        effect=Effect("the Sidecar is used by nobody"),
        hint=f"write `{want.key}: {want.actual}`" if want and want.actual else "correct the labels",
        key="selector",
    )


@rule(
    "SC004",
    "sidecars-select-one-pod",
    "Several Sidecars that select the same pods: one counts, by age.",
    peers=("IST0110", "KIA0003"),
    tags=("sidecar", "selector"),
)
def sidecars_select_one_pod(context: Context) -> Iterator[Finding]:
    """One finding per Sidecar."""
    mesh = context.mesh
    told: set[int] = set()
    for workload in mesh.workloads:
        if _ambient_pod(workload):
            continue
        found = [
            each
            for each in mesh.kind(SIDECAR)
            if each.namespace == workload.namespace
            and _selector(each)
            and selects(_selector(each), workload.labels)
        ]
        for each in found if len(found) > 1 else ():
            if id(each) in told or not mesh.is_linted(each):
                continue
            told.add(id(each))
            other = next(one for one in found if one is not each)
            yield sidecars_select_one_pod.finding(
                f"{each.label()} and {other.label()} both select the pods of {workload.label()}",
                Place(each, _LABELS, f"selects {workload.name}"),
                Place(other, _LABELS, "selects it too", "cause"),
                effect=Effect("one of the two counts, which one depends on their age"),
                hint="make the selectors disjoint, or merge the two",
                key="selector",
            )


@rule(
    "SC005",
    "sidecars-without-selector",
    "Several Sidecars without workloadSelector in one namespace: one counts, by age.",
    precision="very-high",
    kinds=(SIDECAR,),
    peers=("IST0111", "KIA0002"),
    tags=("sidecar",),
)
def sidecars_without_selector(resource: Resource, context: Context) -> Iterator[Finding]:
    """In an ambient namespace no Sidecar counts at all: AM002."""
    mesh = context.mesh
    if _selector(resource) or ambient(mesh, resource.namespace):
        return
    others = [
        each
        for each in mesh.kind(SIDECAR)
        if each is not resource and each.namespace == resource.namespace and not _selector(each)
    ]
    if others:
        pods = mesh.pods.in_namespace(resource.namespace)
        yield sidecars_without_selector.finding(
            f"{resource.label()} and {others[0].label()} both apply to the whole namespace",
            Place(resource, ("metadata", "name"), "no workloadSelector"),
            Place(others[0], ("metadata", "name"), "no workloadSelector either", "cause"),
            effect=Effect("one of the two counts, which one depends on their age"),
            hint="keep one of the two, or give one a workloadSelector",
            key="namespace",
            peers=None if pods else ("IST0111",),  # Kiali looks at namespaces with workloads only
        )


@rule(
    "AM002",
    "sidecar-in-ambient",
    "A Sidecar object for pods that ambient mode captures: it has no effect.",
    severity="warning",
    kinds=(SIDECAR,),
    peers=("IST0167",),
    tags=("ambient", "sidecar"),
)
def sidecar_in_ambient(resource: Resource, context: Context) -> Iterator[Finding]:
    """Ambient pods have no sidecar proxy to configure."""
    mesh = context.mesh
    selector = _selector(resource)
    pods = [one for one in mesh.pods.in_namespace(resource.namespace) if selects(selector, one.labels)]
    captured = (
        ambient(mesh, resource.namespace)
        if not selector
        else any(
            _ambient_pod(one) or (ambient(mesh, resource.namespace) and one.labels.get(DATAPLANE) != "none")
            for one in pods
        )
    )
    if captured:
        yield sidecar_in_ambient.finding(
            f"{resource.label()} applies to pods in ambient mode, which have no sidecar",
            Place(resource, ("metadata", "name"), "no sidecar to configure"),
            effect=Effect("the Sidecar has no effect"),
            hint="remove it, or use a waypoint and its policies",
            key="ambient",
        )


@rule(
    "SC006",
    "root-sidecar-with-selector",
    "A Sidecar in the root namespace with a workloadSelector: it applies to root's own pods only.",
    severity="warning",
    precision="very-high",
    kinds=(SIDECAR,),
    peers=("KIA1006",),
    tags=("sidecar",),
)
def root_sidecar_with_selector(resource: Resource, context: Context) -> Iterator[Finding]:
    """Only a Sidecar without selector is the mesh-wide default."""
    if resource.namespace == context.mesh.settings.root_namespace and _selector(resource):
        yield root_sidecar_with_selector.finding(
            f"{resource.label()} is in the root namespace and has a workloadSelector",
            Place(resource, ("spec", "workloadSelector"), "not mesh-wide", on_key=True),
            effect=Effect("it applies to pods of the root namespace only"),
            hint="remove the workloadSelector, or move it to the namespace of the workload",
            key="selector",
        )


@rule(
    "SC007",
    "outbound-mode-missing",
    "An outboundTrafficPolicy without mode: it means REGISTRY_ONLY.",
    severity="note",
    precision="very-high",
    kinds=(SIDECAR,),
    peers=("KIA1007",),
    tags=("sidecar",),
)
def outbound_mode_missing(resource: Resource, context: Context) -> Iterator[Finding]:
    """The zero value of the enum is REGISTRY_ONLY, the mesh's default ALLOW_ANY."""
    policy = resource.spec.get("outboundTrafficPolicy")
    if isinstance(policy, dict) and not text(policy.get("mode")):
        yield outbound_mode_missing.finding(
            f"outboundTrafficPolicy of {resource.label()} names no mode, which means REGISTRY_ONLY",
            Place(resource, ("spec", "outboundTrafficPolicy"), "REGISTRY_ONLY"),
            effect=Effect("requests to unknown hosts are refused", http="502"),
            hint="write the mode you mean",
            key="mode",
        )


@rule(
    "SC002",
    "egress-host-malformed",
    "An egress host that is not written as namespace/host: it imports nothing.",
    precision="very-high",
    kinds=(SIDECAR,),
    peers=("IST0106", "KIA1004"),
    tags=("sidecar", "rejected"),
)
def egress_host_malformed(resource: Resource, context: Context) -> Iterator[Finding]:
    """Facts: validateSidecarEgressPortBindAndCaptureMode and hosts of Istio's webhook."""
    for index, listener in maps(resource.spec.get("egress")):
        for at, host in enumerate(texts(listener.get("hosts"))):
            if host.count("/") != 1 or not all(host.split("/")):
                yield egress_host_malformed.finding(
                    f"egress host `{host}` of {resource.label()} is not of the form namespace/host",
                    Place(resource, ("spec", "egress", index, "hosts", at), "imports nothing"),
                    effect=Effect("Istio's validating webhook refuses the object"),
                    hint=f"write `*/{host.strip('/')}`, or `./*` for the own namespace",
                    key=host,
                )


@rule(
    "SC008",
    "egress-host-unknown",
    "An egress host that names no service of that namespace.",
    severity="warning",
    precision="medium",
    kinds=(SIDECAR,),
    peers=("KIA1004",),
    tags=("sidecar", "host"),
)
def egress_host_unknown(resource: Resource, context: Context) -> Iterator[Finding]:
    """Namespaces outside the input stay quiet."""
    mesh = context.mesh
    for index, listener in maps(resource.spec.get("egress")):
        for at, written in enumerate(texts(listener.get("hosts"))):
            problem = _imports_nothing(mesh, resource, written)
            if problem:
                yield egress_host_unknown.finding(
                    f"egress host `{written}` of {resource.label()} {problem}",
                    Place(resource, ("spec", "egress", index, "hosts", at), "imports nothing"),
                    effect=Effect("the entry imports nothing"),
                    hint="write the full name, `namespace/SERVICE.namespace.svc.cluster.local`",
                    key=written,
                )


def _imports_nothing(mesh: Mesh, resource: Resource, written: str) -> str:
    """Why an egress host imports nothing, "" if it may import something."""
    namespace, _, host = written.partition("/")
    owner = resource.namespace if namespace == "." else namespace
    if not host or host == "*" or namespace.startswith("~"):
        return ""
    if host.startswith("*."):
        parts = service_parts("x" + host[1:], mesh.settings.domain)
        return "names another namespace than its own" if parts and owner not in ("*", parts[1]) else ""
    meant = mesh.resolve_host(host, resource.namespace)
    return "names no service" if meant.state == "MISSING" else ""


RULES: tuple[Rule, ...] = (
    egress_host_malformed,
    sidecar_selects_no_workload,
    sidecars_select_one_pod,
    sidecars_without_selector,
    root_sidecar_with_selector,
    outbound_mode_missing,
    egress_host_unknown,
    sidecar_in_ambient,
)
