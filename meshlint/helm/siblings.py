"""Helm room, siblings: dependencies that are not vendored, taken from charts that lie on this disk.

In: a loaded chart whose Chart.yaml declares more than charts/ holds. Out: the same chart with the missing
subcharts added where a `file://` repository, a `--dependency-path` or another chart of the same repository
supplies them, and a note for each. For linting only: `helm template` stops at a missing dependency.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from meshlint.helm.chart import Chart
from meshlint.helm.dependencies import declared_at, missing_dependencies
from meshlint.helm.directory import shown_path
from meshlint.helm.loader import load_chart
from meshlint.helm.metadata import Dependency
from meshlint.helm.problems import DEPENDENCY_BORROWED, problem
from meshlint.helm.vendoring import fetching, local_path
from meshlint.sprig.semver import compatible
from meshlint.text.pattern import lazy

CHART_FILE = "Chart.yaml"
MOST_FOLDERS = 20_000  # looked into per repository; a larger one supplies what was met by then
MOST_DEPTH = 10  # of charts that borrow from charts that borrow
_SKIPPED = frozenset({"node_modules", "venv", "__pycache__"})
_INSIDE_CHART = frozenset({"charts", "crds", "files", "templates"})
_NAME = lazy(r"""^name:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_VERSION = lazy(r"""^version:[ \t]*["']?([^\s"'#]+)""", re.MULTILINE)
_PACKED = lazy(r"(?P<name>.+?)-(?P<version>v?[0-9].*)\.tgz")


class Supplier(NamedTuple):
    """A chart that could be a dependency: where it lies and which version it is."""

    path: str
    version: str


class Siblings:
    """The charts of one run that may stand in for what `helm dependency build` would fetch.

    folders   `--dependency-path`: charts, or folders of charts and packed charts
    """

    __slots__ = ("_compat", "_folders", "_indexes")

    def __init__(self, folders: Sequence[str] = (), compat: str = "4") -> None:
        self._folders = tuple(folders)
        self._compat = compat
        self._indexes: dict[str, dict[str, list[Supplier]]] = {}

    def complete(self, chart: Chart) -> None:
        """Add the missing dependencies that can be found, to the chart and to all its subcharts."""
        self._complete(chart, chart, (os.path.realpath(chart.path),))

    def _complete(self, chart: Chart, root: Chart, lineage: tuple[str, ...]) -> None:
        """`lineage`: the real paths of the chart and of those above it, which are never borrowed again."""
        for entry in missing_dependencies(chart) if len(lineage) <= MOST_DEPTH else []:
            path = self._find(chart, entry)
            if path is None or path in lineage:
                continue
            found = load_chart(path, self._compat)
            if found.name != entry.name or any(fault.fatal is not None for fault in found.problems):
                continue
            message = f"dependency `{entry.name}` is not in `charts/`; it was read from `{shown_path(path)}`"
            hint = fetching(chart, entry)
            place = declared_at(chart, entry)
            root.problems.append(problem(DEPENDENCY_BORROWED, message, place, hint=hint, key=entry.name))
            chart.set_dependencies([*chart.dependencies, found])
        for part in chart.dependencies:
            self._complete(part, root, (*lineage, os.path.realpath(part.path)))

    def _find(self, chart: Chart, entry: Dependency) -> str | None:
        """The real path of a chart of that name and a version in the wanted range."""
        unfit: Supplier | None = None
        for supplier in self._candidates(chart, entry):
            if not entry.version or compatible(entry.version, supplier.version):
                return supplier.path
            unfit = unfit or supplier
        if unfit is not None:
            path, version = shown_path(unfit.path), unfit.version
            chart.elsewhere[entry.name] = f"`{path}` has version {version}, not `{entry.version}`"
        return None

    def _candidates(self, chart: Chart, entry: Dependency) -> Iterator[Supplier]:
        """The charts of the wanted name, best places first."""
        if entry.repository.startswith("file://"):
            path = local_path(chart, entry.repository)
            if os.path.exists(path):
                found = _read(path) if os.path.isdir(path) else None
                yield found[1] if found else Supplier(path, load_chart(path, self._compat).metadata.version)
            return
        folder = os.path.realpath(chart.path if os.path.isdir(chart.path) else os.path.dirname(chart.path))
        places = [(os.path.realpath(given), True) for given in self._folders]
        for place, deep in (*places, _repository(folder)):
            yield from self._index(place, deep).get(entry.name, ())

    def _index(self, folder: str, deep: bool) -> dict[str, list[Supplier]]:
        """Chart name -> the charts of that name below a folder, scanned once."""
        index = self._indexes.get(folder)
        if index is None:
            index = self._indexes[folder] = {}
            for name, supplier in _suppliers(folder, deep):
                index.setdefault(name, []).append(supplier)
        return index


def _repository(folder: str) -> tuple[str, bool]:
    """The repository the folder lies in, to be searched whole; without one the charts beside it."""
    at = folder
    while True:
        if os.path.exists(os.path.join(at, ".git")):
            return at, True
        above = os.path.dirname(at)
        if above == at:
            return os.path.dirname(folder), False
        at = above


def _suppliers(folder: str, deep: bool) -> Iterator[tuple[str, Supplier]]:
    """(name, Supplier) of every chart below a folder, vendored ones left out; packed ones in itself only."""
    for name in _listed(folder):
        packed = _PACKED.fullmatch(name)
        if packed:
            yield packed["name"], Supplier(os.path.join(folder, name), packed["version"])
    for seen, (at, folders, files) in enumerate(os.walk(folder)):
        if seen > MOST_FOLDERS:
            return
        is_chart = CHART_FILE in files
        skipped = _SKIPPED | _INSIDE_CHART if is_chart else _SKIPPED
        folders[:] = sorted(name for name in folders if name not in skipped and not name.startswith("."))
        if at != folder and not deep:
            folders.clear()
        supplier = _read(at) if is_chart else None
        if supplier is not None:
            yield supplier


def _listed(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _read(folder: str) -> tuple[str, Supplier] | None:
    """Name and version of a chart directory, as its Chart.yaml says them plainly."""
    try:
        with open(os.path.join(folder, CHART_FILE), encoding="utf-8", errors="replace") as file:
            text = file.read(1 << 16)
    except OSError:
        return None
    name, version = _NAME.search(text), _VERSION.search(text)
    return (name[1], Supplier(folder, version[1])) if name and version else None
