"""Stage: provisional, which findings rest on text that is not real.

In: the findings and resources of one world, rendered with placeholders for values nobody set, or with
stand-ins for random numbers and the clock. Out: the findings, without those about such text itself, and
those that only touch it marked `provisional`: they are never errors. It is decided here once for all
rules, from the origins of the characters: a finding is provisional if a place of it, its message, or the
name, labels, selector, ports or hosts of an object it may depend on hold such text. Random text elsewhere
(a Secret's password, a checksum) makes nothing provisional.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from meshlint.gotemplate.evaluate import Skipped
from meshlint.kube.document import Document
from meshlint.kube.kinds import GATEWAY_API, ISTIO_GROUPS, POD_TEMPLATES, SERVICE
from meshlint.kube.resource import Resource
from meshlint.rules.rule import INTERNAL_ERROR
from meshlint.text.finding import Finding, Place
from meshlint.text.origin import Path
from meshlint.unreal import STAND_IN, Gaps, Unreal, unreal_in, writes_object

INPUT_FAMILIES = ("HLM", "YML", "INP", "CFG")
_MESH_GROUPS = frozenset({*ISTIO_GROUPS, GATEWAY_API})
_INJECTION = "istio.io"
_NEVER_BELOW = 2  # a place at the top of an object is not about everything in it
_QUOTED = re.compile(r"`([^`]*)`")
_WORDS = re.compile(r"[\w-]+")
_NAME = ("metadata", "name")


def sort_out(
    findings: Iterable[Finding], resources: Sequence[Resource], skipped: Sequence[Skipped], lost: bool
) -> list[Finding]:
    """The findings that say something real; those that rest on unreal text are marked.

    skipped   the bodies that were left out because a placeholder decided so
    lost      True if a placeholder made a whole document unreadable
    """
    world = World(resources, skipped, lost)
    kept = []
    for finding in findings:
        if finding.code != INTERNAL_ERROR and not finding.provisional:
            if world.is_subject(finding):
                continue
            finding.provisional = world.touches(finding)
        kept.append(finding)
    return kept


class World:
    """What is not real in the resources of one world.

    paths      id(resource) -> paths in it whose key or value holds unreal text
    whole      id(resource) -> paths of values that are nothing but unreal text
    texts      the unreal texts
    doubtful   namespaces in which the identity of an object is not real; None: of no known namespace
    """

    __slots__ = ("doubtful", "paths", "texts", "whole")

    def __init__(self, resources: Sequence[Resource], skipped: Sequence[Skipped], lost: bool) -> None:
        self.paths: dict[int, list[Path]] = {}
        self.whole: dict[int, set[Path]] = {}
        self.texts: set[str] = set()
        self.doubtful: set[str | None] = {None} if lost or any(map(writes_object, skipped)) else set()
        documents = {id(each.document): each.document for each in resources}
        read = {at: each for at, each in documents.items() if isinstance(each, Document)}
        found = {at: unreal_in(document) for at, document in read.items()}
        if skipped:
            self._add_gaps(list(read.values()), skipped, found)
        for resource in resources:
            unreal = found.get(id(resource.document))
            if unreal is not None:
                self._add(resource, unreal)

    def _add_gaps(
        self, documents: list[Document], skipped: Sequence[Skipped], found: dict[int, Unreal]
    ) -> None:
        gaps = Gaps(documents)
        for each in skipped:
            if writes_object(each):
                continue
            places = gaps.of(each)
            if places is None:
                self.doubtful.add(None)
            for document, path in places or ():
                found[id(document)].paths.append(path)

    def _add(self, resource: Resource, unreal: Unreal) -> None:
        self.texts |= unreal.texts
        depth = len(resource.prefix)
        inside = [path[depth:] for path in unreal.paths if path[:depth] == resource.prefix]
        if not inside:
            return
        self.paths[id(resource)] = inside
        self.whole[id(resource)] = {path[depth:] for path in unreal.whole if path[:depth] == resource.prefix}
        if any(_is_identity(resource, path) for path in inside):
            nowhere = () in inside or ("metadata", "namespace") in inside
            self.doubtful.add(None if nowhere else resource.namespace)

    def is_subject(self, finding: Finding) -> bool:
        """True if the finding is about unreal text itself: nobody knows what will stand there."""
        if finding.code.startswith("HLM"):
            return False
        place = finding.places[0]
        if place.path[-2:] != _NAME and place.path in self.whole.get(id(place.target), ()):
            return True
        quoted = _QUOTED.findall(finding.message)
        return any(text in value for value in quoted for text in self.texts)

    def touches(self, finding: Finding) -> bool:
        """True if the finding may be gone with real text."""
        if not self.paths and not self.doubtful:
            return False
        if STAND_IN in finding.message or any(self._at(place) for place in finding.places):
            return True
        if finding.code.startswith(INPUT_FAMILIES) or finding.severity != "error" or not self.doubtful:
            return False
        about = finding.object
        if about is None or None in self.doubtful or about.namespace in self.doubtful:
            return True
        cluster = finding.effect.cluster if finding.effect is not None else ""
        return not self.doubtful.isdisjoint(_WORDS.findall(f"{finding.message} {cluster}"))

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
    if not path or path[0] in ("apiVersion", "kind") or path[:2] == ("metadata", "namespace"):
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
