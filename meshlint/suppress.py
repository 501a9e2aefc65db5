"""Suppressions: comments and annotations that accept a finding where it stands.

In: the sources of the input (templates, values files, manifests) and the linted resources. Out:
Suppressions, each a stretch of lines (or one object) with the codes it accepts; settle asks them.
Comments are matched on the lines of the files people edit, never on rendered text.

    version: v2                # meshlint: ignore[DR001] the pods follow next week
    {{/* meshlint: ignore[DR001] */}}          alone above: the next node
    # meshlint: ignore-file[SVC003] legacy     in the first ten lines: the whole file
    # meshlint: disable=DR001,VS ... # meshlint: enable=DR001
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from meshlint.kube.fields import string_map
from meshlint.kube.kinds import POD_TEMPLATES
from meshlint.text.finding import Location, ObjectRef
from meshlint.text.origin import Path
from meshlint.text.source import Source

if TYPE_CHECKING:
    from meshlint.kube.resource import Resource

_COMMENT = re.compile(
    r"meshlint:\s*(?P<word>ignore-file|ignore|disable|enable)\b"
    r"(?:\s*\[(?P<bracket>[^\]]*)\]|\s*=\s*(?P<list>[\w*,\-]+))?[ \t]*(?P<reason>[^\n]*)"
)
_MARKER = re.compile(r"#|\{\{-?\s*/\*")
_COMMENT_LINE = re.compile(r"\s*(?:#|\{\{-?\s*/\*.*\*/\s*-?\}\}\s*$)")
_GUARD_LINE = re.compile(r"\s*\{\{-?\s*(?:if|else|end|with|range|define|block)\b.*\}\}\s*$")
_DEFINE_LINE = re.compile(r"\s*\{\{-?\s*define\b")
_ACTION_LINE = re.compile(r"\s*\{\{.*\}\}\s*$")
_REASON_END = re.compile(r"\s*\*/\s*-?\}\}.*$")
_FILE_HEAD = 10

OWN_ANNOTATION = "meshlint.dev/ignore"
OWN_REASON = "meshlint.dev/ignore-reason"
ISTIO_ANNOTATION = "galley.istio.io/analyze-suppress"
KIALI_ANNOTATION = "kiali.io/ignore-validations"


class Suppressor:
    """One comment or annotation that accepts findings.

    codes    codes, prefixes ("VS" or "VS*"), slugs or peers' codes; "*" alone accepts every rule
    source   the file of a comment; first, last: its 1-based lines, inclusive
    line     the line the comment itself stands on
    object   the object of an annotation, else None
    reason   the user's words
    used     set once it accepted a finding
    """

    __slots__ = ("codes", "first", "last", "line", "object", "reason", "source", "used")

    def __init__(
        self,
        codes: tuple[str, ...],
        source: Source,
        line: int,
        first: int,
        last: int,
        reason: str = "",
        about: ObjectRef | None = None,
    ) -> None:
        self.codes = codes
        self.source = source
        self.line = line
        self.first = first
        self.last = last
        self.reason = reason
        self.object = about
        self.used = False

    def where(self) -> str:
        """`templates/x.yaml:12`."""
        return f"{self.source.path}:{self.line}"

    def accepts(self, names: frozenset[str]) -> bool:
        """True if one of the codes names the rule; `names` are its code, slug and peers' codes."""
        return any(_names(code, names) for code in self.codes)

    def covers(self, source: Source, line: int) -> bool:
        """True if the line of the file lies in the stretch the comment accepts."""
        same = self.source is source or (
            self.source.path == source.path and self.source.archive == source.archive
        )
        return same and self.first <= line <= self.last


class Malformed(NamedTuple):
    """A comment that looks like a suppression and is none: where, and what is wrong with it."""

    source: Source
    line: int
    problem: str


class Suppressions:
    """All suppressors of a run, asked by settle."""

    def __init__(self) -> None:
        self.comments: list[Suppressor] = []
        self.annotations: list[Suppressor] = []
        self.malformed: list[Malformed] = []
        self._seen: set[tuple[str, str | None]] = set()

    def read_sources(self, sources: Iterable[Source]) -> None:
        """Read the comments of the sources; each file is read once."""
        for source in sources:
            key = (source.path, source.archive)
            if key not in self._seen:
                self._seen.add(key)
                if "meshlint:" in source.text:
                    self._read(source)

    def read_annotations(self, resources: Iterable[Resource], compat: bool = True) -> None:
        """Read the annotations of the resources and of their pod templates; `compat`: other tools' too."""
        for resource in resources:
            for path, written in _annotation_maps(resource):
                for key in (OWN_ANNOTATION, *((ISTIO_ANNOTATION, KIALI_ANNOTATION) if compat else ())):
                    if key in written:
                        self._annotated(resource, (*path, key), written)

    def accepting(
        self, names: frozenset[str], about: Collection[ObjectRef], locations: Iterable[Location]
    ) -> Suppressor | None:
        """The first suppressor that accepts a finding of this rule at these places; marks it as used."""
        lines = [line for location in locations for line in _lines(location)] if self.comments else []
        for comment in self.comments:
            if comment.accepts(names) and any(comment.covers(source, line) for source, line in lines):
                comment.used = True
                return comment
        for annotation in self.annotations:
            if annotation.object in about and annotation.accepts(names):
                annotation.used = True
                return annotation
        return None

    def unused(self, enabled: Iterable[frozenset[str]]) -> list[Suppressor]:
        """The comments that accepted nothing although a rule they name ran; `enabled`: names per rule."""
        ran = list(enabled)
        return [
            comment
            for comment in self.comments
            if not comment.used and any(comment.accepts(names) for names in ran)
        ]

    def _read(self, source: Source) -> None:
        opened: list[Suppressor] = []
        lines = source.text.split("\n")
        for number, line in enumerate(lines, 1):
            if "meshlint:" not in line:
                continue
            found = _COMMENT.search(line)
            marker = _MARKER.search(line)
            if not found or not marker or marker.start() > found.start():
                continue
            self._comment(source, lines, number, found, marker.start(), opened)
        for block in opened:
            block.last = len(lines)

    def _comment(
        self,
        source: Source,
        lines: list[str],
        number: int,
        found: re.Match[str],
        column: int,
        opened: list[Suppressor],
    ) -> None:
        word = found.group("word")
        codes = _codes(found.group("bracket") or found.group("list") or "")
        reason = _REASON_END.sub("", found.group("reason")).strip().lstrip(":-– ").strip()
        if word == "enable":
            _close(opened, codes, number)
            return
        if not codes:
            self.malformed.append(Malformed(source, number, f"`meshlint: {word}` names no rule"))
            return
        if word == "ignore-file" and number > _FILE_HEAD:
            self.malformed.append(
                Malformed(source, number, f"`ignore-file` counts only in the first {_FILE_HEAD} lines")
            )
            return
        first, last = _stretch(lines, number, column) if word == "ignore" else (number, len(lines))
        if word == "ignore-file":
            first = 1
        comment = Suppressor(codes, source, number, first, last, reason)
        self.comments.append(comment)
        if word == "disable":
            opened.append(comment)

    def _annotated(self, resource: Resource, path: Path, annotations: Mapping[str, str]) -> None:
        key = str(path[-1])
        value = annotations[key].strip()
        codes = _codes(value)
        if key == KIALI_ANNOTATION and not value:
            codes = ("KIA*",)
        elif key == ISTIO_ANNOTATION:
            codes = tuple("IST*" if code == "*" else code for code in codes)
        if codes:
            place = resource.locate(path, False)
            reason = annotations.get(OWN_REASON, "") if key == OWN_ANNOTATION else ""
            line = place.line
            self.annotations.append(
                Suppressor(codes, place.source, line, line, line, reason, about=resource.ref())
            )


def _annotation_maps(resource: Resource) -> list[tuple[Path, Mapping[str, str]]]:
    """The annotations of an object and of its pod template, each with its path."""
    found: list[tuple[Path, Mapping[str, str]]] = [(("metadata", "annotations"), resource.annotations)]
    template = POD_TEMPLATES.get(resource.group_kind)
    if template:
        path: Path = (*template, "metadata", "annotations")
        found.append((path, string_map(resource.get(*path))))
    return found


def _codes(text: str) -> tuple[str, ...]:
    return tuple(code for code in re.split(r"[,\s]+", text.strip()) if code)


def _names(code: str, names: frozenset[str]) -> bool:
    if code in names or code == "*":
        return True
    prefix = code.rstrip("*")
    return bool(re.fullmatch(r"[A-Z]{2,}\d*", prefix)) and any(name.startswith(prefix) for name in names)


def _close(opened: list[Suppressor], codes: tuple[str, ...], number: int) -> None:
    """End the open blocks that `enable` names; without codes all of them."""
    for block in [block for block in opened if not codes or set(block.codes) & set(codes)]:
        block.last = number
        opened.remove(block)


def _stretch(lines: list[str], number: int, column: int) -> tuple[int, int]:
    """The lines an `ignore` comment accepts: its own, or the node below if it stands alone.

    A comment behind a key that opens a block accepts the block; alone at the start of a document it
    accepts the document.
    """
    before = lines[number - 1][:column]
    if before.strip():
        opens = before.rstrip().endswith(":") or before.lstrip().startswith("- ")
        return (number, _node_end(lines, number)) if opens else (number, number)
    start = number + 1
    while start <= len(lines) and (
        not lines[start - 1].strip()
        or _COMMENT_LINE.match(lines[start - 1])
        or _GUARD_LINE.match(lines[start - 1])
    ):
        start += 1
    if start > len(lines):
        return number, number
    if any(_DEFINE_LINE.match(line) for line in lines[number : start - 1]):
        return number, _define_end(lines, start)
    if _starts_document(lines, number):
        return number, _document_end(lines, start)
    return number, _node_end(lines, start)


def _node_end(lines: list[str], start: int) -> int:
    """The last line of the node that begins on line `start`: what is indented deeper follows it."""
    indent = _indent(lines[start - 1])
    end = start
    for number in range(start + 1, len(lines) + 1):
        line = lines[number - 1]
        if not line.strip() or _ACTION_LINE.match(line) or _COMMENT_LINE.match(line):
            continue
        same_level_list = line.lstrip().startswith("- ") and _opens(lines[start - 1])
        if _indent(line) > indent or (_indent(line) == indent and same_level_list):
            end = number
        else:
            break
    return end


def _opens(line: str) -> bool:
    """True for a bare `key:`, whose list items may stand at the key's own indentation."""
    text = line.partition(" #")[0].strip()
    return text.endswith(":") and not text.startswith("- ")


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _starts_document(lines: list[str], number: int) -> bool:
    for line in reversed(lines[: number - 1]):
        if line.startswith("---"):
            return True
        if line.strip() and not _COMMENT_LINE.match(line) and not _GUARD_LINE.match(line):
            return False
    return True


def _document_end(lines: list[str], start: int) -> int:
    for number in range(start, len(lines) + 1):
        if lines[number - 1].startswith("---"):
            return number - 1
    return len(lines)


def _define_end(lines: list[str], start: int) -> int:
    """The last line before the next `define`: the template that a comment above it accepts."""
    for number in range(start, len(lines) + 1):
        if _DEFINE_LINE.match(lines[number - 1]):
            return number - 1
    return len(lines)


def _lines(location: Location) -> list[tuple[Source, int]]:
    """Every line on which a comment may accept a finding at this location."""
    found = [(location.source, location.line)]
    for call in location.calls:
        found.append((call.span.source, call.span.source.position(call.span.start)[0]))
    for value in location.values:
        found.append((value.source, value.source.position(value.key_start)[0]))
    return found
