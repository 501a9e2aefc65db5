"""Helm room, the loaded chart: its metadata, files, default values and subcharts.

A Chart is what the loader gives: nothing is rendered or processed yet. Rendering works on `copy()`, which
shares the files but not what dependency processing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meshlint.helm.metadata import Metadata
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedMap

if TYPE_CHECKING:
    from meshlint.gotemplate.nodes import TemplateNode
    from meshlint.helm.problems import Problem

BOM = b"\xef\xbb\xbf"
BOM_16 = (b"\xff\xfe", b"\xfe\xff")


def yaml_text(data: bytes) -> str | None:
    """The text of a YAML file that says by its byte order mark that it is UTF-16, as PowerShell writes."""
    if not data.startswith(BOM_16):
        return None
    try:
        return data.decode("utf-16")
    except UnicodeDecodeError:
        return None


class ChartFile:
    """One file of a chart.

    name     path within the chart, `templates/x.yaml`
    path     what a person would open
    disk     path to read from, None if the content is in memory
    archive  the .tgz it stands in, None for plain files
    parsed   (template name, Helm version) -> its templates, so that many value sets parse it once
    """

    __slots__ = ("_data", "_source", "archive", "disk", "name", "parsed", "path")

    def __init__(
        self,
        name: str,
        path: str,
        data: bytes | None = None,
        disk: str | None = None,
        archive: str | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.disk = disk
        self.archive = archive
        self.parsed: dict[tuple[str, str], dict[str, TemplateNode]] = {}
        self._data = data
        self._source: Source | None = None

    def __repr__(self) -> str:
        return f"ChartFile({self.name!r})"

    def data(self) -> bytes:
        """The content without byte order mark, read on first use. Raises OSError."""
        if self._data is None:
            assert self.disk is not None
            with open(self.disk, "rb") as file:
                self._data = file.read()
        if self._data.startswith(BOM):
            self._data = self._data[3:]
        return self._data

    def source(self, kind: str) -> Source:
        """The content as a Source; bytes that are no UTF-8 become surrogate escapes. Raises OSError."""
        if self._source is None:
            text = yaml_text(self.data()) if kind in ("chart", "values") else None
            if text is None:
                text = self.data().decode("utf-8", "surrogateescape")
            self._source = Source(self.path, text, kind, self.archive)
        return self._source

    def below(self, prefix: str) -> ChartFile:
        """The same file as a subchart sees it: `prefix` cut off its name."""
        inner = ChartFile(self.name[len(prefix) :], self.path, self._data, self.disk, self.archive)
        inner._source = self._source
        return inner


class Chart:
    """A chart and, in `dependencies`, the subcharts found in its charts/ directory.

    metadata      Chart.yaml decoded
    manifest      the Source of Chart.yaml; an empty one if the file is missing
    document      Chart.yaml as a tracked mapping, for places
    values        the defaults of values.yaml; `values_file` is that file, None without
    templates     files below templates/, in walk order
    files         all other files (.Files)
    schema        values.schema.json, None without
    lock          Chart.lock or requirements.lock decoded, None without
    path          directory or archive as people write it
    elsewhere     name of a missing dependency -> which chart on this disk has the name, but does not fit
    parent        the chart it is a subchart of, None for the root
    problems      everything wrong met while loading it and its subcharts (kept by the root)
    """

    __slots__ = (
        *("dependencies", "document", "elsewhere", "files", "lock", "manifest", "metadata", "parent", "path"),
        *("problems", "requirements", "schema", "templates", "values", "values_file"),
    )

    def __init__(self, path: str, manifest: Source) -> None:
        self.path = path
        self.manifest = manifest
        self.document = TrackedMap()
        self.requirements: TrackedMap | None = None
        self.metadata = Metadata()
        self.values = TrackedMap()
        self.values_file: ChartFile | None = None
        self.templates: list[ChartFile] = []
        self.files: list[ChartFile] = []
        self.schema: ChartFile | None = None
        self.lock: dict[str, Any] | None = None
        self.parent: Chart | None = None
        self.dependencies: list[Chart] = []
        self.problems: list[Problem] = []
        self.elsewhere: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"<Chart {self.full_path()} {self.metadata.version}>"

    @property
    def name(self) -> str:
        """The chart's name; the alias once dependencies are processed."""
        return self.metadata.name

    @property
    def is_root(self) -> bool:
        """True for the chart that was asked for."""
        return self.parent is None

    def full_path(self) -> str:
        """What template names start with: `parent/charts/name`."""
        if self.parent is None:
            return self.name
        return f"{self.parent.full_path()}/charts/{self.name}"

    def set_dependencies(self, charts: list[Chart]) -> None:
        """Replace the subcharts and become their parent."""
        self.dependencies = list(charts)
        for chart in charts:
            chart.parent = self

    def shallow(self) -> Chart:
        """A copy that shares everything, as assigning a Go struct does."""
        copied = Chart(self.path, self.manifest)
        for name in self.__slots__:
            setattr(copied, name, getattr(self, name))
        return copied

    def copy(self) -> Chart:
        """A copy of the tree whose metadata, subcharts and values may be changed; files are shared."""
        copied = self.shallow()
        copied.metadata = self.metadata.copy()
        copied.problems = []
        copied.set_dependencies([chart.copy() for chart in self.dependencies])
        return copied

    def crds(self) -> list[tuple[str, ChartFile]]:
        """(full name, file) of every manifest below crds/, subcharts after the chart's own."""
        full_path = self.full_path()
        found = [
            (f"{full_path}/{file.name}", file)
            for file in self.files
            if file.name.startswith("crds/") and file.name.lower().endswith((".yaml", ".yml", ".json"))
        ]
        for chart in self.dependencies:
            found += chart.crds()
        return found

    def tree(self) -> list[Chart]:
        """The chart and all its subcharts, parents first."""
        found = [self]
        for chart in self.dependencies:
            found += chart.tree()
        return found
