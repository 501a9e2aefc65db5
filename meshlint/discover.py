"""Stage: discover. From the paths a user names to Targets: charts, packed charts, manifests, stdin.

In: paths and exclusions. Out: a Discovery. Opens only what it must tell apart: the first part of
YAML and JSON files. A chart is one target, whatever lies in its `charts/`; its templates are never
plain manifests. Nothing is raised: what cannot be read becomes an INP finding.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from meshlint.options import Kind, LintOptions
from meshlint.text.finding import Finding, Place, SpanTarget
from meshlint.text.source import Source

UNREADABLE = "INP001"
NOTHING_HERE = "INP002"
NOT_A_CHART = "INP003"

CHART_FILE = "Chart.yaml"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
YAML = (".yaml", ".yml")
MANIFEST = (*YAML, ".json")
PACKED = (".tgz", ".tar.gz")
RENDERED = ("templates", "crds")
INSIDE_CHART = ("templates", "charts", "crds")  # of a chart: never targets of their own
SKIPPED_FOLDERS = ("node_modules", "venv", "__pycache__")
SNIFFED = 1 << 18

TargetKind = Literal["chart", "archive", "manifests", "stdin"]
_API_VERSION = re.compile(rb'^[ \t{]*"?apiVersion"?[ \t]*:', re.MULTILINE)
_KIND = re.compile(rb'^[ \t{]*"?kind"?[ \t]*:', re.MULTILINE)


class Target(NamedTuple):
    """One input to lint by itself.

    kind        "chart" (a directory), "archive" (a .tgz), "manifests", "stdin"
    path        as the user would open it, forward slashes, relative to the working directory if below;
                of several files named one by one the first
    files       kind "manifests": the files, sorted
    incomplete  why references out of the target may be met elsewhere, "" if it is whole
    """

    kind: TargetKind
    path: str
    files: tuple[str, ...] = ()
    incomplete: str = ""


class Discovery(NamedTuple):
    """What was found.

    targets      in order of the paths given, then by name; each once
    findings     INP findings
    not_checked  sentences for the coverage block
    failed       some input could not be read
    """

    targets: list[Target]
    findings: list[Finding]
    not_checked: list[str]
    failed: bool


def discover(options: LintOptions) -> Discovery:
    """The targets of a run's `paths`."""
    return find(options.paths, options.kind, options.exclude)


def find(paths: Iterable[str], kind: Kind = "auto", exclude: tuple[str, ...] = ()) -> Discovery:
    """The targets of the given paths."""
    search = _Search(kind, exclude)
    for path in paths:
        search.add(path)
    return search.result()


def shown(path: str) -> str:
    """The path as findings show it: relative to the working directory if below, forward slashes."""
    if os.path.isabs(path):
        below = os.path.relpath(path)
        path = path if below.startswith("..") else below
    return os.path.normpath(path).replace(os.sep, "/")


def is_chart(directory: str) -> bool:
    """True for a directory with a Chart.yaml."""
    return os.path.isfile(os.path.join(directory, CHART_FILE))


def chart_of(path: str, stop: str = "") -> str | None:
    """The nearest chart directory at or above a path, not above `stop` (an absolute path)."""
    at = os.path.abspath(path)
    while True:
        if is_chart(at):
            return at
        parent = os.path.dirname(at)
        if parent == at or at == stop:
            return None
        at = parent


def is_manifest(path: str) -> bool:
    """True if the file looks like Kubernetes objects: apiVersion and kind at the start of lines."""
    text = _head(path)
    return bool(_API_VERSION.search(text) and _KIND.search(text))


def is_template(path: str) -> bool:
    """True if template actions keep the file from being YAML; `{{ $labels.pod }}` in a string does not."""
    text = _head(path)
    if b"{{" not in text:
        return False
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    doubled = False  # `a: {{ .b }}` is YAML's mapping as the key of a mapping: nobody means that
    try:
        for event in yaml.parse(text, Loader=loader):
            opens = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
            if opens and doubled:
                return True
            doubled = opens
    except (yaml.YAMLError, ValueError):
        return True
    return False


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(SNIFFED)
    except OSError:
        return b""


def _opens(path: str) -> bool:
    """True if the file can be read: what access(2) says is not always what open(2) does."""
    try:
        with open(path, "rb"):
            return True
    except OSError:
        return False


class _Search:
    """Collects targets over several paths."""

    def __init__(self, kind: Kind, exclude: tuple[str, ...]) -> None:
        self.kind = kind
        self.exclude = exclude
        self.targets: dict[str, Target] = {}
        self.findings: list[Finding] = []
        self.templates: list[str] = []
        self.packed: list[str] = []
        self.kustomizations: list[str] = []
        self.failed = False

    def add(self, path: str) -> None:
        """Search one path."""
        if path == "-":
            self._put(Target("stdin", "-"))
        elif os.path.isdir(path):
            self._add_directory(path)
        elif os.path.exists(path):
            self._add_file(path)
        elif os.path.islink(path):
            self._unreadable(path, "the symbolic link points nowhere")
        else:
            self._unreadable(path, "no such file or directory")

    def result(self) -> Discovery:
        """Everything found so far."""
        return Discovery(list(self.targets.values()), self.findings, self._not_checked(), self.failed)

    def _put(self, target: Target, key: str = "") -> None:
        key = key or (os.path.realpath(target.path) if target.kind != "stdin" else "-")
        known = self.targets.get(key)
        if known is None:
            self.targets[key] = target
        elif known.kind == target.kind == "manifests":
            files = tuple(sorted({*known.files, *target.files}))
            self.targets[key] = known._replace(files=files)

    def _add_file(self, path: str) -> None:
        if path.endswith(PACKED):
            self._put(Target("archive", shown(path)))
            return
        chart = chart_of(os.path.dirname(path) or ".") if self.kind != "manifests" else None
        if chart is not None and _belongs(path, chart):
            self._put(Target("chart", shown(chart)))
        elif self.kind == "chart":
            self._not_a_chart(path)
        elif not _opens(path):
            self._unreadable(path, "permission denied")
        elif is_template(path):
            self.templates.append(shown(path))
        else:
            # files named one by one belong together, as with `kubectl apply -f a -f b`
            self._put(Target("manifests", shown(path), (shown(path),)), "named files")

    def _add_directory(self, path: str) -> None:
        before = len(self.targets), len(self.findings)
        chart = chart_of(path) if self.kind != "manifests" else None
        if chart is not None and _first_below(path, chart) in RENDERED:
            self._put(Target("chart", shown(chart)))
            return
        if self.kind == "chart":
            if is_chart(path):
                self._put(Target("chart", shown(path)))
            elif _empty(path):
                self._nothing(path)
            else:
                self._not_a_chart(path)
            return
        self._walk(path)
        if (len(self.targets), len(self.findings)) == before and not any(self._known_below(path)):
            self._nothing(path)

    def _known_below(self, path: str) -> Iterator[str]:
        root = os.path.realpath(path)
        return (key for key in self.targets if key == root or key.startswith(root + os.sep))

    def _walk(self, root: str) -> None:
        """Search a directory: charts, then its plain manifests as one target per kustomization or root."""
        manifests: dict[str, list[str]] = {}
        self._enter(root, root, inside_chart=False, manifests=manifests)
        for owner, files in sorted(manifests.items()):
            kustomization = owner != root or _kustomization(owner)
            reason = "a kustomization: patches and generators are not applied" if kustomization else ""
            if kustomization:
                self.kustomizations.append(shown(owner))
            names = tuple(sorted(shown(file) for file in files))
            self._put(Target("manifests", shown(owner), names, reason))

    def _enter(self, folder: str, owner: str, inside_chart: bool, manifests: dict[str, list[str]]) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self._unreadable(folder, (error.strerror or "not readable").lower())
            return
        names = {entry.name for entry in entries}
        chart = CHART_FILE in names and self.kind != "manifests"
        if chart and not self._excluded(folder):
            self._put(Target("chart", shown(folder)))
        inside_chart = inside_chart or chart
        if not inside_chart and not names.isdisjoint(KUSTOMIZATIONS):
            owner = folder
        for entry in entries:
            if self._excluded(entry.path):
                continue
            if entry.is_dir(follow_symlinks=False):
                if not _skipped(entry.name) and not (chart and entry.name in INSIDE_CHART):
                    self._enter(entry.path, owner, inside_chart, manifests)
            elif not inside_chart and entry.is_file():
                self._add_plain(entry.path, owner, manifests)

    def _add_plain(self, path: str, owner: str, manifests: dict[str, list[str]]) -> None:
        name = os.path.basename(path)
        if name.endswith(PACKED):
            self.packed.append(shown(path))
        elif name.endswith(MANIFEST) and name not in KUSTOMIZATIONS:
            if not _opens(path):
                self._unreadable(path, "permission denied")
            elif is_template(path):
                self.templates.append(shown(path))
            elif is_manifest(path):
                manifests.setdefault(owner, []).append(path)

    def _excluded(self, path: str) -> bool:
        if not self.exclude:
            return False
        from meshlint.settle import matches_glob

        name = shown(path)
        return any(matches_glob(pattern, name) for pattern in self.exclude)

    def _unreadable(self, path: str, why: str) -> None:
        self.failed = True
        self._report(UNREADABLE, f"cannot read `{shown(path)}`: {why}", path, "error", "check the path")

    def _not_a_chart(self, path: str) -> None:
        self.failed = True
        message = f"`{shown(path)}` is not a chart: it has no {CHART_FILE}"
        hint = "name the directory that holds Chart.yaml, or run `meshlint check`"
        self._report(NOT_A_CHART, message, path, "error", hint)

    def _nothing(self, path: str) -> None:
        message = f"nothing to lint in `{shown(path)}`: no chart and no Kubernetes manifest"
        self._report(NOTHING_HERE, message, path, "note", "check the path")

    def _report(
        self, code: str, message: str, path: str, severity: Literal["error", "note"], hint: str
    ) -> None:
        place = Place(SpanTarget(Source(shown(path), "", "file"), 0, 0, "file"))
        finding = Finding(
            code, message, [place], severity=severity, precision="very-high", hint=hint, key=shown(path)
        )
        self.findings.append(finding)

    def _not_checked(self) -> list[str]:
        facts = []
        if self.templates:
            facts.append(f"{_counted(self.templates, 'template')} outside a chart")
        if self.packed:
            facts.append(f"{_counted(self.packed, 'archive')} (name it to lint a packed chart)")
        if self.kustomizations:
            facts.append(
                f"patches of {_counted(self.kustomizations, 'kustomization')} "
                "(kubectl kustomize DIR | meshlint manifests -)"
            )
        return facts


def _counted(paths: list[str], noun: str) -> str:
    """`2 templates (a.yaml, b.yaml)`, three names at most."""
    names = ", ".join(paths[:3]) + (", ..." if len(paths) > 3 else "")
    return f"{len(paths)} {noun}{'' if len(paths) == 1 else 's'} ({names})"


def _kustomization(folder: str) -> bool:
    return any(os.path.isfile(os.path.join(folder, name)) for name in KUSTOMIZATIONS)


def _skipped(name: str) -> bool:
    return name.startswith(".") or name in SKIPPED_FOLDERS


def _empty(folder: str) -> bool:
    try:
        return not os.listdir(folder)
    except OSError:
        return False


def _belongs(path: str, chart: str) -> bool:
    """True if a file of a chart directory is part of the chart: templates and the like, or no manifest."""
    return _first_below(path, chart) in INSIDE_CHART or not is_manifest(path) or is_template(path)


def _first_below(path: str, chart: str) -> str:
    return os.path.relpath(os.path.abspath(path), chart).split(os.sep)[0]
