"""Links: references between objects of one world, and what of the release their text depends on.

In: a mesh. Out: Links. What makes a name depend on the release is read from the origins of its characters;
two renderings of a chart are compared object by object, by the document each of them comes from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from string import ascii_letters, digits
from typing import NamedTuple

from meshlint.helm.chart import ChartFile
from meshlint.helm.render import Rendered
from meshlint.kube.document import Document
from meshlint.kube.fields import text, texts
from meshlint.kube.kinds import DESTINATION_RULE, SERVICE, VIRTUAL_SERVICE
from meshlint.kube.references import references, selection
from meshlint.kube.resource import Resource
from meshlint.kube.selectors import selects
from meshlint.mesh.graph import Mesh
from meshlint.mesh.host import MESH, gateway_name
from meshlint.mesh.registry import MeshService
from meshlint.text.origin import Origin, Path, Read
from meshlint.text.pattern import lazy

NAME: Path = ("metadata", "name")
_RELEASE_NAME = ("Release", "Name")
# A name or host that is made with the chart's name; names of containers, in lists, mean nothing to others.
_BY_CHART = lazy(
    r"^[ \t]+(?:name|host|\w*Name):[ \t]*[\"']?\{\{-?[ \t]*"
    r"(?:\$?\.Chart\.Name|(?:include|template)[ \t]+\"[^\"]*\.name\")",
    re.MULTILINE,
)
_BLOCK = lazy(r"\{\{-?\s*(?:(if|with|range|define|block)|end)\b")
_SETTABLE = frozenset(ascii_letters + digits + "-_")  # keys that --set takes without escapes


class Link(NamedTuple):
    """A reference that leads to an object of the same world.

    what    "host", "gateway", "selector", or the kind that is named
    text    as it is written; path: where
    target  what it means; there: the path in the target that it has to agree with
    """

    what: str
    text: str
    holder: Resource
    path: Path
    target: Resource
    there: Path


# --------------------------------------------------------------------------------------------------- links


def links(mesh: Mesh) -> Iterator[Link]:
    """Every reference between linted objects of a world."""
    for resource in mesh.resources:
        yield from _names(mesh, resource)
        yield from _selected(mesh, resource)
    for virtual in mesh.virtual_services:
        if virtual.resource.is_a(VIRTUAL_SERVICE):
            for _, target in virtual.targets():
                service = mesh.resolve_host(target.written, target.resource.namespace).service
                if service is not None and service.resource.is_a(SERVICE):
                    path = (*target.path, "host")
                    yield Link("host", target.written, target.resource, path, service.resource, NAME)
            yield from _gateways(mesh, virtual.resource)
    for rule_object in mesh.kind(DESTINATION_RULE):
        host = text(rule_object.spec.get("host"))
        service = mesh.resolve_host(host, rule_object.namespace).service if "*" not in host else None
        if service is not None and service.resource.is_a(SERVICE):
            yield Link("host", host, rule_object, ("spec", "host"), service.resource, NAME)


def _names(mesh: Mesh, resource: Resource) -> Iterator[Link]:
    for found in references(resource):
        target = mesh.find(found.kind, found.namespace, found.name)
        if target is not None and target is not resource:
            yield Link(found.kind.kind, found.name, resource, found.path, target, NAME)


def _selected(mesh: Mesh, resource: Resource) -> Iterator[Link]:
    found = selection(resource)
    if found is None:
        return
    target = _first_service(mesh, resource, found.labels) if found.services else None
    there: Path = ("metadata", "labels")
    if not found.services:
        pods = mesh.pods.in_namespace(resource.namespace)
        workload = next((each for each in pods if selects(found.labels, each.labels)), None)
        if workload is None:
            return
        target, there = workload.template, workload.labels_path
    if target is not None:
        for key, value in found.labels.items():
            yield Link("selector", f"{key}={value}", resource, (*found.path, key), target, (*there, key))


def _first_service(mesh: Mesh, resource: Resource, labels: dict[str, str]) -> Resource | None:
    services = (each for each in mesh.kind(SERVICE) if each.namespace == resource.namespace)
    return next((each for each in services if selects(labels, each.labels)), None)


def _gateways(mesh: Mesh, resource: Resource) -> Iterator[Link]:
    for index, name in enumerate(texts(resource.spec.get("gateways"))):
        _, gateway = mesh.gateway(gateway_name(name, resource.namespace)) if name != MESH else ("", None)
        if gateway is not None:
            yield Link("gateway", name, resource, ("spec", "gateways", index), gateway, NAME)


# ------------------------------------------------------------------------------------- two renderings


def _text(file: ChartFile, kind: str) -> str:
    try:
        return file.source(kind).text
    except OSError:  # reported where it was to be rendered
        return ""


class FixedTexts:
    """What stands in the templates and values of charts whatever the release is.

    A cheap look before the origins of characters are asked for: a reference that is not made with
    .Release.Name is written out somewhere, or made with .Chart.Name.
    """

    __slots__ = ("anything", "text")

    def __init__(self, charts: Iterable[Rendered]) -> None:
        texts: list[str] = []
        self.anything = False
        for rendered in charts:
            scenario = rendered.scenario
            flags = (scenario.set, scenario.set_string, scenario.set_json, scenario.set_file)
            self.anything = self.anything or any((scenario.values_files, scenario.values, *flags))
            for part in rendered.chart.tree():
                texts += [_text(file, "template") for file in part.templates]
                texts += [_text(part.values_file, "values")] if part.values_file else []
        self.text = "\n".join(texts)
        self.anything = self.anything or _BY_CHART.search(self.text) is not None

    def may_hold(self, link: Link) -> bool:
        """False if both sides of a link are certainly made with .Release.Name, or neither is."""
        value = link.text.rpartition("=")[2]
        label = value.partition(".")[0] if link.what == "host" else value.rpartition("/")[2]
        if self.anything or label not in self.text:
            return self.anything
        return re.search(rf"[:\-,\[{{/]\s*[\"']?{re.escape(label)}(?![\w-])", self.text) is not None


def depends(resource: Resource, path: Path) -> bool:
    """True if the text at a path was made with .Release.Name."""
    reads = (read for origin in _origins(resource, path) for read in origin.behind())
    return any(read.path() == _RELEASE_NAME for read in reads)


def one_sided(link: Link) -> bool:
    """True if the release name is in the reference and not in what it means, or the other way round."""
    return depends(link.holder, link.path) != depends(link.target, link.there)


def _origins(resource: Resource, path: Path) -> list[Origin]:
    document = resource.document
    if not isinstance(document, Document):
        return []
    return [origin for _, origin in document.pieces((*resource.prefix, *path))]


def counterparts(first: Mesh, second: Mesh) -> dict[int, Resource]:
    """Id of an object -> the object that the same document gave in the other rendering."""
    one, other = _by_place(first.resources), _by_place(second.resources)
    return {
        id(resource): counterpart
        for key, found in one.items()
        if len(found) == len(other.get(key, ()))
        for resource, counterpart in zip(found, other[key], strict=True)
    }


def _by_place(resources: Iterable[Resource]) -> dict[tuple[str, str, str | None], list[Resource]]:
    found: dict[tuple[str, str, str | None], list[Resource]] = {}
    for resource in resources:
        source = resource.source
        if source is not None:
            found.setdefault((resource.kind, source.path, source.archive), []).append(resource)
    return found


def written_as(resource: Resource, path: Path) -> str:
    """The template text behind a value: `{{ .Release.Name }}-review`; "" if it cannot be told."""
    document = resource.document
    shown: list[str] = []
    last: object = None
    if not isinstance(document, Document):
        return ""
    for (start, end), origin in document.pieces((*resource.prefix, *path)):
        calls = origin.calls()
        span = calls[0].span if calls else origin.span
        if span is None:
            return ""
        verbatim = span.verbatim and not calls
        if verbatim or span is not last:
            shown.append(document.text[start:end] if verbatim else span.text())
        last = None if verbatim else span
    whole = "".join(shown)
    return whole if "\n" not in whole else ""


def other_release(mesh: Mesh, host: str, namespace: str, release: str) -> tuple[MeshService, str] | None:
    """The Service of a namespace that would have this host in a release of another name, and that name."""
    label = host.partition(".")[0]
    for service in mesh.services.by_namespace.get(namespace, {}).values():
        before, found, after = service.name.partition(release)
        fits = found and (before or after) and label.startswith(before) and label.endswith(after)
        name = label[len(before) : len(label) - len(after)] if fits else ""
        if name and name != release and service.name != label and depends(service.resource, NAME):
            return service, name
    return None


def toggles(resource: Resource, path: Path) -> set[Path]:
    """The values, true in this rendering, whose `if` lets the object (and the value at a path) be written."""
    found: set[Path] = set()
    if not path and not _is_guarded(resource):
        return found  # no need to ask for the origins of characters
    for place in {("kind",), path or ("kind",)}:
        origin = resource.locate(place, False).origin
        for guard in origin.guards() if origin is not None else ():
            for read in guard.reads if guard.kind in ("if", "with") else ():
                where = read.path()
                if where and where[0] == "Values" and _is_switch(read, where):
                    found.add(where)
    return found


def _is_guarded(resource: Resource) -> bool:
    """True if some block of the template is open where its kind is written."""
    text = resource.source.text if resource.source is not None else ""
    before = text[: max(text.rfind(f"kind: {resource.kind}"), 0)] or text
    return sum(1 if block[1] else -1 for block in _BLOCK.finditer(before)) > 0 or before is text


def _is_switch(read: Read, where: Path) -> bool:
    """True for a value of true that --set can make false."""
    on = read.present() and read.container[read.key] is True
    return on and all(isinstance(part, str) and _SETTABLE.issuperset(part) for part in where)
