"""Helm room, after rendering: split files into manifests, tell hooks from resources, sort, print.

In: RenderedFiles. Out: Manifests that keep the parts of their text, and the stream `helm template` prints.
Facts: helm pkg/release/v1/util (manifest.go, manifest_sorter.go, kind_sorter.go) and cmd/template.go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from meshlint.gotemplate.gotype import sort_key
from meshlint.helm.decode import STRING, STRING_MAP, DecodeError, Shape, decode
from meshlint.helm.pathmatch import PatternError, filepath_match
from meshlint.helm.problems import MANIFEST_YAML, UNKNOWN_HOOK, Problem, RenderError, problem
from meshlint.sprig.runes import SPACE as SPACES
from meshlint.text.finding import Place
from meshlint.text.rope import Rope, slices
from meshlint.text.source import Source
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.load import load_manifest

_SEPARATOR = re.compile(r"^---[ \t]*", re.MULTILINE)
_SEPARATOR_3 = re.compile(r"(?:\A|[\t\n\f\r ]*\n)---[\t\n\f\r ]*")
_SOURCE_LINE = re.compile(r"# Source: [^/]+/(.+)")

INSTALL_ORDER: tuple[str, ...] = (
    *("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy"),
    *("PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass"),
    *("PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole"),
    *("ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding"),
    *("RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment"),
    *("HorizontalPodAutoscaler", "StatefulSet", "Job", "CronJob", "IngressClass", "Ingress", "APIService"),
)
_WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
_ORDER = {
    "3": {kind: place for place, kind in enumerate(INSTALL_ORDER)},
    "4": {kind: place for place, kind in enumerate(INSTALL_ORDER + _WEBHOOKS)},
}

HOOK = "helm.sh/hook"
HOOK_EVENTS = frozenset(
    (
        *("pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade"),
        *("pre-rollback", "post-rollback", "test", "test-success"),
    )
)
TEST_EVENTS = frozenset(("test", "test-success"))

_METADATA_TYPE = (
    'struct { Name string "json:\\"name\\""; Annotations map[string]string "json:\\"annotations\\"" }'
)


def _head_shape(package: str) -> Shape:
    metadata = Shape("struct", _METADATA_TYPE, fields={"name": STRING, "annotations": STRING_MAP})
    return Shape(
        "struct", f"{package}.SimpleHead", fields={"apiVersion": STRING, "kind": STRING, "metadata": metadata}
    )


_HEADS = {"3": _head_shape("releaseutil"), "4": _head_shape("util")}


class RenderedFile:
    """What one template gave.

    name    the template's full name, `review/templates/service.yaml`
    source  the template
    text    the output, after the removal of `<no value>`
    """

    __slots__ = ("name", "source", "text")

    def __init__(self, name: str, source: Source, text: Rope) -> None:
        self.name = name
        self.source = source
        self.text = text

    def __repr__(self) -> str:
        return f"<RenderedFile {self.name}>"


class Head:
    """What Helm reads of a manifest: apiVersion, kind, name and annotations, "" and {} if absent."""

    __slots__ = ("annotations", "api_version", "kind", "name")

    def __init__(self, fields: dict[str, Any]) -> None:
        metadata = fields.get("metadata") or {}
        self.api_version: str = fields.get("apiVersion", "")
        self.kind: str = fields.get("kind", "")
        self.name: str = metadata.get("name", "")
        self.annotations: dict[str, str] = metadata.get("annotations") or {}


class Manifest:
    """One document of a rendered file.

    file    the file it stands in
    text    its text, with the parts it came from
    start   offset of its first character in the file's text
    """

    __slots__ = ("_head", "file", "start", "text")

    def __init__(self, file: RenderedFile, text: Rope, start: int) -> None:
        self.file = file
        self.text = text
        self.start = start
        self._head: Head | None = None

    def __repr__(self) -> str:
        return f"<Manifest {self.file.name} at {self.start}>"

    def head(self, compat: str = "4") -> Head:
        """The head, read on first use. Raises YamlError or DecodeError."""
        if self._head is None:
            value = load_manifest(self.text).value
            self._head = Head(decode(value, _HEADS[compat]) or {})
        return self._head

    def hook_events(self, compat: str = "4") -> list[str] | None:
        """The events of a hook in lower case, None for a plain resource."""
        names = self.head(compat).annotations.get(HOOK)
        return None if names is None else [name.strip(SPACES).lower() for name in names.split(",")]


def split(file: RenderedFile, compat: str = "4") -> list[Manifest]:
    """The manifests of a file in order, without the blank ones."""
    ranges = list(_ranges(str(file.text), compat))
    pieces = slices(file.text, ranges)
    return [Manifest(file, piece, start) for piece, (start, _) in zip(pieces, ranges, strict=True)]


def _ranges(text: str, compat: str) -> Iterator[tuple[int, int]]:
    """The characters of each document, as Helm cuts and trims them."""
    if compat == "3":
        yield from _ranges_3(text)
        return
    inner = text.lstrip(SPACES)
    offset = len(text) - len(inner)
    start = 0
    ends = [(found.start(), found.end()) for found in _SEPARATOR.finditer(inner)]
    for end, following in [*ends, (len(inner), len(inner))]:
        piece = inner[start:end].lstrip(SPACES)
        if piece:
            yield offset + end - len(piece), offset + end
        start = following


def _ranges_3(text: str) -> Iterator[tuple[int, int]]:
    inner = text.strip(SPACES)
    offset = len(text) - len(text.lstrip(SPACES))
    start = 0
    ends = [(found.start(), found.end()) for found in _SEPARATOR_3.finditer(inner)]
    for end, following in [*ends, (len(inner), len(inner))]:
        piece = inner[start:end]
        if piece:
            lead = len(piece) - len(piece.lstrip(SPACES))
            yield offset + start + lead, offset + start + lead + len(piece.strip(SPACES))
        start = following


class Sorted:
    """The manifests of a release in the order in which Helm prints them.

    resources, hooks   in install order; a test hook has one of TEST_EVENTS
    dropped            manifests with an unknown hook name: Helm forgets them
    """

    __slots__ = ("dropped", "hooks", "resources")

    def __init__(self, resources: list[Manifest], hooks: list[Manifest], dropped: list[Manifest]) -> None:
        self.resources = resources
        self.hooks = hooks
        self.dropped = dropped


def sort_manifests(files: Iterable[RenderedFile], compat: str = "4") -> Sorted:
    """Split, tell apart and sort. Raises RenderError for a document that is no mapping."""
    resources: list[Manifest] = []
    hooks: list[Manifest] = []
    dropped: list[Manifest] = []
    for file in ordered_files(files):
        for manifest in split(file, compat):
            try:
                events = manifest.hook_events(compat)
            except (YamlError, DecodeError) as fault:
                raise RenderError(parse_failure(file.name, fault)) from None
            if events is None:
                resources.append(manifest)
            else:
                (hooks if HOOK_EVENTS.issuperset(events) else dropped).append(manifest)
    order = _ORDER[compat]

    def place(manifest: Manifest) -> tuple[int, str]:
        kind = manifest.head().kind
        known = order.get(kind)
        return (len(order), sort_key(kind)) if known is None else (known, "")

    return Sorted(sorted(resources, key=place), sorted(hooks, key=place), dropped)


def ordered_files(files: Iterable[RenderedFile]) -> list[RenderedFile]:
    """The files that hold manifests, by name: no notes, nothing blank."""
    kept = [file for file in files if not file.name.endswith("NOTES.txt") and file.text.strip(SPACES)]
    return sorted(kept, key=lambda file: str(sort_key(file.name)))


def parse_failure(name: str, fault: YamlError | DecodeError) -> str:
    """Helm's words for a manifest it cannot read."""
    if isinstance(fault, YamlError):
        return f"YAML parse error on {name}: {fault.text}"
    return f"YAML parse error on {name}: error unmarshaling JSON: while decoding JSON: {fault}"


def output(
    manifests: Sorted,
    crds: Iterable[tuple[str, str]] = (),
    *,
    hooks: bool = True,
    tests: bool = True,
) -> str:
    """The stream of `helm template`; `crds` are (full name, text), `tests` False is --skip-tests."""
    out = [f"---\n# Source: {name}\n{text}\n" for name, text in crds]
    out += [f"---\n# Source: {manifest.file.name}\n{manifest.text}\n" for manifest in manifests.resources]
    stream = "".join(out).strip(SPACES) + "\n"
    for hook in manifests.hooks if hooks else []:
        if tests or not TEST_EVENTS.intersection(hook.hook_events() or ()):
            stream += f"---\n# Source: {hook.file.name}\n{hook.text}\n"
    return stream


def show_only(stream: str, patterns: Iterable[str], compat: str = "4") -> str:
    """What `helm template --show-only PATTERN ...` prints of a stream; RenderError if one finds nothing."""
    documents = [stream[start:end] for start, end in _ranges(stream, compat)]
    named = [(found[1], text) for text in documents if (found := _SOURCE_LINE.search(text))]
    shown: list[str] = []
    for pattern in patterns:
        try:
            regex = filepath_match(pattern)
        except PatternError:
            raise RenderError(f"could not find template {pattern} in chart") from None
        found_here = [text for path, text in named if regex.fullmatch(path)]
        if not found_here:
            raise RenderError(f"could not find template {pattern} in chart")
        shown += found_here
    return "".join(f"---\n{text}\n" for text in shown)


def unknown_hook_problem(manifest: Manifest, place: Place) -> Problem:
    """A resource that Helm forgets because of a hook name it does not know."""
    head = manifest.head()
    unknown = [name for name in manifest.hook_events() or [] if name not in HOOK_EVENTS]
    message = f"{head.kind} {head.name}: unknown hook `{unknown[0]}`, Helm never creates the resource"
    hint = f"use one of {', '.join(sorted(HOOK_EVENTS - {'test-success'}))}"
    return problem(UNKNOWN_HOOK, message, place, hint=hint, key=f"{head.kind}/{head.name}")


def yaml_problem(file: RenderedFile, fault: YamlError | DecodeError, place: Place) -> Problem:
    """A rendered document Helm cannot read."""
    reason = fault.problem if isinstance(fault, YamlError) else str(fault).removeprefix("json: ")
    message = f"`{file.name}` renders to text that is no Kubernetes object: {reason}"
    return problem(MANIFEST_YAML, message, place, fatal=parse_failure(file.name, fault))
