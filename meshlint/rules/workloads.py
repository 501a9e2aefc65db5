"""Workloads: what a pod template must carry so that Istio knows, injects and serves its pods.

The mesh fact guarded here: identity comes from the pod template's labels, never from the workload's own
metadata; a sidecar runs as UID 1337; all Services on one container port share one inbound listener.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshlint.kube.fields import integer, mapping
from meshlint.kube.kinds import NAMESPACE, POD_TEMPLATES
from meshlint.kube.resource import Resource
from meshlint.kube.workload import Workload
from meshlint.mesh.endpoints import CANONICAL_NAMES, CANONICAL_REVISIONS
from meshlint.mesh.graph import Mesh
from meshlint.mesh.injection import DATAPLANE, NAMESPACE_LABEL, REVISION
from meshlint.mesh.port import ServicePort
from meshlint.mesh.registry import MeshService
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import Path
from meshlint.text.pattern import lazy

_PROXY_UID = 1337
_PROXIES = ("istio-proxy", "istio-operator")
_LABEL_VALUE = lazy(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?")
_LONGEST_VALUE = 63


def _linted(context: Context) -> list[Workload]:
    """The workloads that are linted, each with its own template: an aliased Rollout template only once."""
    mesh = context.mesh
    return [one for one in mesh.workloads if mesh.is_linted(one.resource) and one.template is one.resource]


def _member(mesh: Mesh, workload: Workload) -> bool:
    """True if the pods are injected, or a mesh object names a Service of theirs."""
    verdict = mesh.in_mesh(workload).verdict
    return verdict == "yes" or (
        verdict == "unknown" and any(map(mesh.membership, mesh.services_selecting(workload)))
    )


@rule(
    "WL001",
    "ports-share-one-listener",
    "Services that give one container port different protocols: one inbound listener serves both.",
    peers=("IST0116", "IST0137"),
    tags=("workload", "protocol", "outage"),
)
def ports_share_one_listener(context: Context) -> Iterator[Finding]:
    """One finding per container port of a mesh member; the first Service by name decides for all."""
    mesh = context.mesh
    for workload in _linted(context):
        if not _member(mesh, workload):
            continue
        for target, found in _by_target(mesh, workload).items():
            first, other = found[0], _other_family(found)
            if other is not None:
                yield _shared(workload, target, first, other)


_Reached = tuple[MeshService, ServicePort]


def _by_target(mesh: Mesh, workload: Workload) -> dict[int, list[_Reached]]:
    """Container port number -> the service ports that lead to it, by service name."""
    found: dict[int, list[_Reached]] = {}
    services = sorted(mesh.services_selecting(workload), key=lambda service: service.name)
    for service in services:
        for port in service.by_number.values():
            target = port.number if port.target is None else port.target
            if isinstance(target, str):
                named = workload.port_named(target, port.transport)
                target = named.number if named and named.number else 0
            if target:
                found.setdefault(target, []).append((service, port))
    return found


def _other_family(found: list[_Reached]) -> _Reached | None:
    families = {"http", "tcp"}
    declared = [reached for reached in found if reached[1].family in families]
    return next((one for one in declared if one[1].family != declared[0][1].family), None)


def _shared(workload: Workload, target: int, first: _Reached, other: _Reached) -> Finding:
    same = first[1].number == other[1].number
    return ports_share_one_listener.finding(
        f"port {target} of {workload.label()} is {first[1].protocol} in {first[0].label()} "
        f"and {other[1].protocol} in {other[0].label()}",
        Place(workload.resource, ("metadata", "name"), f"one listener for port {target}"),
        *(
            Place(service.resource, port.path, f"declares {port.protocol}", "definition")
            for service, port in (first, other)
        ),
        effect=Effect(f"the sidecar treats all requests to port {target} as {first[1].protocol}"),
        hint="give both ports the same protocol, or separate target ports",
        key=f"{target}",
        peers=("IST0116",) if same else ("IST0137",),
    )


@rule(
    "WL012",
    "ports-share-one-target",
    "Several Service ports that lead to one container port.",
    severity="note",
    precision="low",
    peers=("IST0137",),
    tags=("workload", "port"),
)
def ports_share_one_target(context: Context) -> Iterator[Finding]:
    """Harmless while all speak the same protocol; WL001 speaks where they do not."""
    mesh = context.mesh
    for workload in _linted(context):
        for target, found in _by_target(mesh, workload).items() if _member(mesh, workload) else ():
            numbers = sorted({port.number for _, port in found})
            if len(numbers) > 1 and _other_family(found) is None:
                listed = " and ".join(map(str, numbers))
                yield ports_share_one_target.finding(
                    f"the Service ports {listed} all lead to port {target} of {workload.label()}",
                    Place(workload.resource, ("metadata", "name"), f"port {target}"),
                    *(Place(service.resource, port.path, role="definition") for service, port in found),
                    hint="check that one of them was not meant for another container port",
                    key=f"{target}",
                )


@rule(
    "WL002",
    "injection-labels-contradict",
    "A Namespace with labels that ask for two kinds of injection at once.",
    severity="warning",
    precision="very-high",
    kinds=(NAMESPACE,),
    peers=("IST0123",),
    tags=("injection",),
)
def injection_labels_contradict(resource: Resource, context: Context) -> Iterator[Finding]:
    """istio-injection wins over istio.io/rev; ambient and a sidecar exclude each other."""
    labels = resource.labels
    found = [NAMESPACE_LABEL] if NAMESPACE_LABEL in labels else []
    if labels.get(NAMESPACE_LABEL, "enabled") == "enabled":
        found += [key for key in (REVISION, DATAPLANE) if key in labels]
    if len(found) > 1:
        pairs = [f"`{key}={labels[key]}`" for key in found]
        yield injection_labels_contradict.finding(
            f"{resource.label()} has the labels {' and '.join(pairs)}, of which one counts",
            Place(resource, ("metadata", "labels", found[1]), f"beside {found[0]}"),
            Place(resource, ("metadata", "labels", found[0]), "asks for another injection", "cause"),
            effect=Effect("pods get another proxy than meant, or none: STRICT servers refuse them"),
            hint=f"keep one of {', '.join(found)}",
            key="labels",
        )


@rule(
    "WL005",
    "runs-as-proxy-user",
    "A container that runs as UID 1337, the user of the sidecar: its traffic is not redirected.",
    severity="warning",
    precision="very-high",
    peers=("IST0144",),
    tags=("workload", "security"),
)
def runs_as_proxy_user(context: Context) -> Iterator[Finding]:
    """The redirection exempts UID 1337, so such a container speaks plaintext past the sidecar."""
    for workload in _linted(context):
        resource = workload.template
        if "istio" in resource.labels or resource.labels.get("release") == "istio":
            continue
        found = _proxy_users(workload)
        if found:
            yield runs_as_proxy_user.finding(
                f"{workload.label()} runs as UID {_PROXY_UID}, the user of Istio's sidecar",
                Place(resource, found[0], "reserved for the sidecar"),
                *(Place(resource, path, "here too", "cause") for path in found[1:]),
                effect=Effect("its requests bypass the sidecar: no mTLS, no routes, STRICT servers close"),
                hint="use another runAsUser",
                key="uid",
            )


def _proxy_users(workload: Workload) -> list[Path]:
    """Where runAsUser is 1337, for the pod or for one of its application containers."""
    found: list[Path] = []
    for path, data in [
        (workload.pod_path, workload.pod),
        *((one.path, one.data) for one in workload.containers if not one.init and one.name not in _PROXIES),
    ]:
        if integer(mapping(data.get("securityContext")).get("runAsUser")) == _PROXY_UID:
            found.append((*path, "securityContext", "runAsUser"))
    return found


@rule(
    "WL014",
    "label-value-invalid",
    "A pod label whose value Kubernetes refuses.",
    precision="very-high",
    tags=("workload", "rejected"),
)
def label_value_invalid(context: Context) -> Iterator[Finding]:
    """At most 63 letters, digits, `-`, `_` and `.`; a `+` from a chart version is the usual cause."""
    for workload in _linted(context):
        for key, value in workload.labels.items():
            if len(value) <= _LONGEST_VALUE and _LABEL_VALUE.fullmatch(value):
                continue
            why = f"has {len(value)} characters" if len(value) > _LONGEST_VALUE else "is no label value"
            yield label_value_invalid.finding(
                f"value `{value}` of pod label `{key}` of {workload.label()} {why}",
                Place(workload.template, (*workload.labels_path, key), why),
                effect=Effect("Kubernetes refuses the object"),
                hint='use at most 63 letters, digits, `-`, `_` and `.`, such as `replace "+" "_" | trunc 63`',
                key=key,
            )


@rule(
    "WL007",
    "pod-without-identity",
    "A mesh pod template without the labels that tell its app (and version) in telemetry.",
    severity="note",
    tags=("workload", "telemetry"),
)
def pod_without_identity(context: Context) -> Iterator[Finding]:
    """Istio's own order counts: canonical-name, app.kubernetes.io/name, app; the version likewise."""
    for workload in _linted(context):
        if workload.transient or not _member(context.mesh, workload):
            continue
        for keys, word in ((CANONICAL_NAMES, "app"), (CANONICAL_REVISIONS, "version")):
            if any(workload.labels.get(key) for key in keys):
                continue
            fallback = workload.name if word == "app" else "latest"
            yield pod_without_identity.finding(
                f"the pods of {workload.label()} have no `{word}` label",
                Place(workload.template, (*workload.labels_path, word), f"no {', '.join(keys)}"),
                precision="high" if word == "app" else "medium",
                effect=Effect(f"telemetry shows them as {word} `{fallback}`"),
                hint=f"add `{word}: ...` to the pod template labels",
                key=word,
            )


@rule(
    "WL008",
    "labels-disagree-with-pods",
    "A workload whose own `app` or `version` label is not the one its pods carry.",
    severity="warning",
    tags=("workload", "label"),
)
def labels_disagree_with_pods(context: Context) -> Iterator[Finding]:
    """Another value is a warning; a label only on the workload a note: subsets never see it there."""
    for workload in _linted(context):
        if workload.resource.kind == "Pod" or not _member(context.mesh, workload):
            continue
        for key in ("app", "version"):
            own, pods = workload.resource.labels.get(key), workload.labels.get(key)
            if own is None or own == pods:
                continue
            what = f"has `{key}={own}` and its pods " + (f"`{key}={pods}`" if pods else f"no `{key}`")
            yield labels_disagree_with_pods.finding(
                f"{workload.label()} {what}",
                Place(workload.template, (*workload.labels_path, key), "what Services and subsets see"),
                Place(workload.resource, ("metadata", "labels", key), "seen by nobody in the mesh", "cause"),
                severity="warning" if pods else "note",
                precision="high" if pods else "medium",
                effect=Effect("Services, subsets and telemetry go by the pods' labels"),
                hint=f"write `{key}: {own}` in the pod template, or change the workload's own label",
                key=key,
            )


@rule(
    "WL009",
    "proxy-image-auto-without-injection",
    "A container `istio-proxy` with image `auto` that no injector will replace.",
    severity="warning",
    peers=("IST0146", "IST0147"),
    tags=("injection", "gateway", "outage"),
)
def proxy_image_auto_without_injection(context: Context) -> Iterator[Finding]:
    """Gateways deployed by injection: without it the image `auto` is pulled literally."""
    for workload in _linted(context):
        for container in workload.containers:
            if container.name != "istio-proxy" or container.data.get("image") != "auto":
                continue
            bare = workload.resource.group_kind in POD_TEMPLATES and workload.resource.kind == "Pod"
            injection = context.mesh.in_mesh(workload)
            if injection.verdict == "no" or bare:
                yield proxy_image_auto_without_injection.finding(
                    f"container istio-proxy of {workload.label()} has image `auto`, "
                    f"but the pod is not injected: {injection.why}",
                    Place(workload.template, (*container.path, "image"), "pulled as it is"),
                    severity="error" if bare else None,
                    effect=Effect("the pod stays in ImagePullBackOff"),
                    hint='label the pod template `sidecar.istio.io/inject: "true"`',
                    key="auto",
                    peers=("IST0147",) if bare else ("IST0146",),
                )


RULES: tuple[Rule, ...] = (
    ports_share_one_listener,
    injection_labels_contradict,
    runs_as_proxy_user,
    pod_without_identity,
    labels_disagree_with_pods,
    proxy_image_auto_without_injection,
    ports_share_one_target,
    label_value_invalid,
)
