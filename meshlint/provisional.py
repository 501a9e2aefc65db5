"""Stage: provisional, which findings rest on text that is not real.

In: the findings and resources of one world, rendered with placeholders for values nobody set, or with
stand-ins for random numbers and the clock. Out: findings marked `provisional`, which are never errors.
It is decided here once for all rules, from the origins of the characters: a finding is provisional if a
place of it, its message, or the name, labels, selector, ports or hosts of an object it may depend on
hold such text. Random text elsewhere (a Secret's password, a checksum) makes nothing provisional.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Any

from meshlint.kube.document import Document
from meshlint.kube.kinds import GATEWAY_API, ISTIO_GROUPS, POD_TEMPLATES, SERVICE
from meshlint.kube.resource import Resource
from meshlint.rules.rule import INTERNAL_ERROR
from meshlint.text.finding import Finding, Place
from meshlint.text.origin import Path
from meshlint.text.rope import Part

STAND_IN = "placeholder"
INPUT_FAMILIES = ("HLM", "YML", "INP", "CFG")
_MESH_GROUPS = frozenset({*ISTIO_GROUPS, GATEWAY_API})
_INJECTION = "istio.io"
_NEVER_BELOW = 2  # a place at the top of an object is not about everything in it

Ranges = list[tuple[int, int]]


def mark(findings: Iterable[Finding], resources: Sequence[Resource]) -> None:
    """Set `provisional` on the findings that rest on unreal text in the resources."""
    unreal = Unreal(resources)
    for finding in findings:
        if finding.code != INTERNAL_ERROR and not finding.provisional:
            finding.provisional = unreal.touches(finding)


def placeholders_in(parts: Iterable[Part]) -> bool:
    """True if text stands in for a value nobody set."""
    return any(part.origin.flags == STAND_IN for part in parts)


class Unreal:
    """What is not real in the resources of one world.

    paths      id(resource) -> paths in it whose key or value holds unreal text
    doubtful   namespaces in which the identity of an object is not real; None: of no known namespace
    """

    __slots__ = ("doubtful", "paths")

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.paths: dict[int, list[Path]] = {}
        self.doubtful: set[str | None] = set()
        found: dict[int, list[Path]] = {}
        for resource in resources:
            document = resource.document
            if not isinstance(document, Document):
                continue
            if id(document) not in found:
                found[id(document)] = unreal_paths(document)
            self._add(resource, found[id(document)])

    def _add(self, resource: Resource, paths: list[Path]) -> None:
        depth = len(resource.prefix)
        inside = [path[depth:] for path in paths if path[:depth] == resource.prefix]
        if not inside:
            return
        self.paths[id(resource)] = inside
        if any(_is_identity(resource, path) for path in inside):
            nowhere = ("metadata", "namespace") in inside
            self.doubtful.add(None if nowhere else resource.namespace)

    def touches(self, finding: Finding) -> bool:
        """True if the finding may be gone with real text."""
        if not self.paths:
            return False
        if STAND_IN in finding.message or any(self._at(place) for place in finding.places):
            return True
        if finding.code.startswith(INPUT_FAMILIES) or finding.severity != "error" or not self.doubtful:
            return False
        about = finding.object
        return about is None or None in self.doubtful or about.namespace in self.doubtful

    def _at(self, place: Place) -> bool:
        """True if unreal text stands at the place or below it, or where the place hangs."""
        if place.role == "candidate":
            return False
        paths = self.paths.get(id(place.target))
        return paths is not None and any(_related(path, place.path) for path in paths)


def _related(unreal: Path, place: Path) -> bool:
    if place[: len(unreal)] == unreal:
        return True
    return len(place) >= _NEVER_BELOW and unreal[: len(place)] == place


def _is_identity(resource: Resource, path: Path) -> bool:
    """True if what other objects refer to, or what makes the object what it is, stands at the path."""
    if path[0] in ("apiVersion", "kind") or path[:2] == ("metadata", "namespace"):
        return True
    pods = POD_TEMPLATES.get(resource.group_kind)
    if pods is not None:
        return _of_pods(path[len(pods) :]) if path[: len(pods)] == pods else "selector" in path
    if resource.group in _MESH_GROUPS or resource.is_a(SERVICE):
        return path[0] == "spec" or path[:2] in (("metadata", "name"), ("metadata", "labels"))
    return path[:2] == ("metadata", "name") or (resource.kind == "Namespace" and path[0] == "metadata")


def _of_pods(path: Path) -> bool:
    """True for labels, injection and ports of a pod template."""
    if path[:2] == ("metadata", "annotations"):
        return len(path) < 3 or _INJECTION in str(path[2])
    return path[:1] == () or path[:2] == ("metadata", "labels") or "ports" in path


# ------------------------------------------------------------------------------------ characters to paths


def unreal_paths(document: Document) -> list[Path]:
    """The paths in a document whose own key or value holds unreal text."""
    ranges = _ranges(document)
    found: list[Path] = []
    if ranges:
        _Search(document, ranges, found).container(document.value, ())
    return found


def _ranges(document: Document) -> Ranges:
    """The stretches of unreal text, as offsets in the document."""
    parts = document.placement.parts
    ranges: Ranges = []
    at = -document.start
    for part in parts or ():
        end = at + len(part.text)
        if part.origin.flags and end > 0:
            ranges.append((max(at, 0), end))
        at = end
    return ranges


class _Search:
    """Finds the entries that unreal characters belong to."""

    def __init__(self, document: Document, ranges: Ranges, found: list[Path]) -> None:
        self.nodes = document.nodes
        self.ranges = ranges
        self.ends = [end for _, end in ranges]
        self.found = found

    def hit(self, start: int, end: int) -> bool:
        """True if unreal text stands in [start, end)."""
        index = bisect_left(self.ends, start + 1)
        return index < len(self.ranges) and self.ranges[index][0] < end

    def container(self, value: Any, path: Path) -> None:
        """Look through one mapping or list and what is below it."""
        for key in value if isinstance(value, dict) else range(len(value)):
            entry = self.nodes.entry(value, key)
            if entry is None:
                continue
            below = value[key]
            end = self.nodes.value_end(value, key, entry)
            if not self.hit(min(entry[0], entry[2]) if entry[0] >= 0 else entry[2], end):
                continue
            nested = isinstance(below, (dict, list)) and bool(below)
            if not nested or (isinstance(value, dict) and self.hit(entry[0], entry[1])):
                self.found.append((*path, key))
            if nested:
                self.container(below, (*path, key))
