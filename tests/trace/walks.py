"""Walks: manifests with requests, and what becomes of them, one YAML file each in cases/.

A case has `manifests` (text) or `objects` (a list, the kind as first key: `{Service: ns/name, spec: ...}`),
`pods` (`ns/name: labels` of a Deployment with one container; their namespaces are injected unless `bare`
lists them), optional `settings`, and `asks`: a list of `from` and `url` (`method`, `headers`) with `ends`:
how each branch ends, as `SHARE STAGE VERDICT CODE symptom`. The whole walk stands in the text file beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meshlint.kube.resource import resource_from
from meshlint.mesh.graph import Mesh
from meshlint.mesh.request import request_of
from meshlint.mesh.steps import Branch, Step, Trace
from meshlint.mesh.trace.questions import every_trace
from meshlint.mesh.trace.tracer import Tracer
from meshlint.mesh.xds import Xds
from tests.mesh.golden import load, resources, settings

CASES = Path(__file__).parent / "cases"


API_VERSIONS = {
    "Service": "v1",
    "Namespace": "v1",
    "Secret": "v1",
    "Endpoints": "v1",
    "Deployment": "apps/v1",
    "StatefulSet": "apps/v1",
    "PeerAuthentication": "security.istio.io/v1",
    "AuthorizationPolicy": "security.istio.io/v1",
    "RequestAuthentication": "security.istio.io/v1",
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "TLSRoute": "gateway.networking.k8s.io/v1",
    "GRPCRoute": "gateway.networking.k8s.io/v1",
    "ReferenceGrant": "gateway.networking.k8s.io/v1beta1",
}
MESH_API = "networking.istio.io/v1"


def tracer_of(case: dict[str, Any]) -> Tracer:
    found = [resource_from(data) for data in objects(case)]
    if "manifests" in case:
        found += resources(case["manifests"])
    return Tracer(Xds(Mesh.build(found, settings(case))))


def objects(case: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of the case's short forms."""
    for place, labels in case.get("pods", {}).items():
        yield _deployment(place, labels)
    namespaces = {place.partition("/")[0] for place in case.get("pods", {})}
    for name in sorted(namespaces):
        labels = {} if name in case.get("bare", []) else {"istio-injection": "enabled"}
        yield _object("Namespace", f"/{name}", {"metadata": {"labels": labels}})
    for entry in case.get("objects", []):
        kind, place = next(iter(entry.items()))
        yield _object(kind, place, {key: value for key, value in entry.items() if key != kind})


def _object(kind: str, place: str, rest: dict[str, Any]) -> dict[str, Any]:
    namespace, _, name = place.partition("/")
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **rest.pop("metadata", {})}
    api_version = rest.pop("apiVersion", API_VERSIONS.get(kind, MESH_API))
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **rest}


def _deployment(place: str, labels: dict[str, str]) -> dict[str, Any]:
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app"}]}}
    return _object("Deployment", place, {"spec": {"template": pod}})


def traces_of(case: dict[str, Any]) -> list[tuple[dict[str, Any], Trace]]:
    tracer = tracer_of(case)
    return [(ask, ask_one(tracer, ask)) for ask in case.get("asks", [])]


def ask_one(tracer: Tracer, ask: dict[str, Any]) -> Trace:
    request = request_of(ask["url"], ask.get("method", ""), ask.get("headers", []))
    kind, _, place = ask["from"].partition(":")
    namespace, _, name = place.partition("/")
    if kind == "outside":
        return tracer.from_outside(request)
    if kind == "gateway":
        found = tracer.from_named_gateway(namespace, name, request)
        assert found is not None
        return found
    workload = next(one for one in tracer.mesh.workloads if one.resource.key() == (namespace, name))
    return tracer.from_workload(workload, request)


def everything(case: dict[str, Any]) -> list[Trace]:
    return list(every_trace(tracer_of(case)))


def ends(trace: Trace) -> list[str]:
    """How each branch ends: share unless it is all, `mirror`, stage and verdict of its worst step."""
    return [_end(branch) for branch in trace.branches]


def _end(branch: Branch) -> str:
    step = next(step for step in branch.steps if step.verdict == branch.verdict)
    if step.verdict == "OK":
        step = branch.last
    share = [] if branch.share == 100 else [f"{round(branch.share, 1):g}%"]
    mirror = ["mirror"] if branch.mirror else []
    return " ".join([*share, *mirror, *_words(step)])


def _words(step: Step) -> Iterator[str]:
    yield step.stage
    yield step.verdict
    if step.code:
        yield step.code
    if step.symptom is not None:
        yield step.symptom.label()


def text(traces: list[Trace]) -> str:
    """The walks in full."""
    return "\n".join("\n".join(_lines(trace)) for trace in traces) + "\n"


def _lines(trace: Trace) -> Iterator[str]:
    yield f"{trace.request.label()} from {trace.origin}: {trace.verdict}"
    for note in trace.notes:
        yield f"  assumed: {note}"
    for branch in trace.branches:
        yield f"  {round(branch.share, 1):g} %{' mirrored' if branch.mirror else ''}"
        for step in branch.steps:
            code = f" {step.code}" if step.code else ""
            yield f"    {step.stage:<8}{step.verdict}{code} {step.name}"
            if step.detail:
                yield f"{' ' * 12}{step.detail}"
            for note in step.notes:
                yield f"{' ' * 12}{note}"
            for spot in step.sources:
                path = ".".join(map(str, spot.path))
                yield f"{' ' * 12}at {spot.resource.label()} {path}{f': {spot.label}' if spot.label else ''}"
            if step.symptom is not None:
                yield f"{' ' * 12}symptom: {step.symptom.label()}"
            if step.confirm and step.verdict in ("BREAK", "UNKNOWN"):
                yield f"{' ' * 12}confirm: {step.confirm}"


def cases() -> list[Path]:
    return sorted(CASES.glob("*.yaml"))


def read(path: Path) -> dict[str, Any]:
    return load(path)
