"""Helm room, loading: a chart directory, a .tgz or a set of files becomes a Chart with its subcharts.

In: a path (or ChartFiles). Out: always a Chart; what is wrong stands in its `problems`, in the order Helm
would meet it, the fatal ones with Helm's words. Loading goes on behind a fault with what is there.
"""

from __future__ import annotations

import os
from typing import Any

from meshlint.gotemplate.gotype import sort_key
from meshlint.helm.archive import ArchiveError, content_type, is_gzip, read_archive
from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.decode import DecodeError, decode
from meshlint.helm.directory import read_directory, shown_path
from meshlint.helm.metadata import API_VERSION_ONLY, LOCK_SHAPES, validate
from meshlint.helm.problems import (
    CHART_LOAD,
    CHART_YAML,
    LEGACY_REQUIREMENTS,
    VALUES_FILE,
    Problem,
    at_file,
    at_key,
    at_line,
    key_twice,
    problem,
)
from meshlint.text.finding import Place, SpanTarget
from meshlint.text.origin import Path
from meshlint.text.source import Source
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.load import Repeated, load_source, load_values
from meshlint.yamldoc.tracked import TrackedMap, origin_of


def load_chart(path: str, compat: str = "4", outside_links: bool = False) -> Chart:
    """The chart at a directory or .tgz; never raises for what is in it.

    outside_links  follow symbolic links that leave the chart directory, as Helm does
    """
    if os.path.isdir(path):
        files, problems = read_directory(path, outside_links)
        early = _detect(files, os.path.abspath(path), compat)
        return _Load(compat, early + problems).chart(files, shown_path(path), _base_name(path))
    return _load_archive(path, compat)


def load_files(files: list[ChartFile], path: str, compat: str = "4") -> Chart:
    """The chart of a list of files, as Helm's LoadFiles: no .helmignore, no archive checks."""
    return _Load(compat, []).chart(files, path, _base_name(path))


def _load_archive(path: str, compat: str) -> Chart:
    shown = shown_path(path)
    load = _Load(compat, [])
    files: list[ChartFile] = []
    try:
        with open(path, "rb") as file:
            data = file.read()
        if not is_gzip(data):
            raise ArchiveError(_no_archive(path, data))
        files = read_archive(data, shown)
        if compat != "3":
            load.problems += _detect(files, None, compat)
    except OSError as fault:
        load.fatal(CHART_LOAD, shown, f"{path}: {(fault.strerror or '').lower()}")
    except ArchiveError as fault:
        load.fatal(CHART_LOAD, shown, str(fault), _archive_words(path, fault, compat))
    return load.chart(files, shown, _base_name(path).removesuffix(".tgz"), quiet=not files)


def _no_archive(path: str, data: bytes) -> str:
    name = os.path.abspath(path)
    if path.endswith((".yml", ".yaml")):
        return f"file '{name}' seems to be a YAML file, but expected a gzipped archive"
    return f"file '{name}' does not appear to be a gzipped archive; got '{content_type(data)}'"


def _archive_words(path: str, fault: ArchiveError, compat: str) -> str:
    text = str(fault)
    if text.startswith("file '"):
        return text
    if fault.header:
        return f"file '{os.path.abspath(path)}' does not appear to be a valid chart file (details: {text})"
    return text if compat == "3" else "unable to load chart archive"


def _detect(files: list[ChartFile], directory: str | None, compat: str) -> list[Problem]:
    """Helm 4 looks at apiVersion alone first, ignored file or not; a fault here is what it reports."""
    if compat == "3":
        return []
    file = next((file for file in files if file.name == "Chart.yaml"), None)
    if file is None and directory is not None and os.path.isfile(os.path.join(directory, "Chart.yaml")):
        disk = os.path.join(directory, "Chart.yaml")
        file = ChartFile("Chart.yaml", _shown_manifest(directory), disk=disk)
    if file is None:
        name = f"{directory}/Chart.yaml"
        text = (
            "unable to detect chart version, no Chart.yaml found"
            if directory is None
            else f"unable to detect chart at {name}: open {name}: no such file or directory"
        )
        place = at_file(Source(_shown_manifest(directory), "", "chart"))
        return [problem(CHART_YAML, "Chart.yaml is missing", place, fatal=text)]
    source = file.source("chart")
    try:
        found = decode(load_source(source, exact=True), API_VERSION_ONLY) or {}
    except (YamlError, DecodeError) as fault:
        return [_yaml_problem(source, "Chart.yaml", fault, CHART_YAML)]
    version = found.get("apiVersion", "")
    if version in ("", "v1", "v2"):
        return []
    text = "invalid chart apiVersion" if version == "v3" else "unsupported chart version"
    message = f"apiVersion `{version}` is not one of v1 and v2"
    place = at_line(source, _line_of(source, "apiversion"))
    return [problem(CHART_YAML, message, place, fatal=text, hint="set `apiVersion: v2`")]


def _shown_manifest(directory: str | None) -> str:
    return "Chart.yaml" if directory is None else shown_path(os.path.join(directory, "Chart.yaml"))


def _line_of(source: Source, key: str) -> int:
    for number in range(1, len(source.line_starts()) + 1):
        if source.line_text(number).lower().startswith(key + ":"):
            return number
    return 0


def _base_name(path: str) -> str:
    return os.path.basename(os.path.abspath(path)) or "chart"


def _yaml_problem(source: Source, name: str, fault: YamlError | DecodeError, code: Any) -> Problem:
    """`cannot load NAME: ...` at the place of the fault."""
    if isinstance(fault, YamlError):
        text, message = fault.text, fault.problem
        place: Place = Place(SpanTarget(source, fault.offset, fault.offset + 1, "line"))
    else:
        text = f"error unmarshaling JSON: while decoding JSON: {fault}"
        message = str(fault).removeprefix("json: ")
        place = at_key(_origin_at(source, fault.path), source)
    return problem(code, f"`{name}` cannot be read: {message}", place, fatal=f"cannot load {name}: {text}")


def _origin_at(source: Source, path: Path) -> Any:
    """The origin of the value at a path of a YAML source, of its nearest tracked parent if it has none."""
    value = load_source(source, exact=True)
    origin = None
    for part in path:
        origin = origin_of(value, part) or origin
        value = value[part]
    return origin


class _Load:
    """One load: the problems so far, and what they are prefixed with inside subcharts."""

    __slots__ = ("compat", "prefix", "problems")

    def __init__(self, compat: str, problems: list[Problem], prefix: str = "") -> None:
        self.compat = compat
        self.problems = problems
        self.prefix = prefix

    def fatal(self, code: Any, path: str, message: str, text: str = "") -> None:
        """A fault of a file as a whole."""
        place = at_file(Source(path, "", "file"))
        self.add(problem(code, f"`{path}`: {message}", place, fatal=text or message))

    def add(self, found: Problem) -> None:
        """Keep a problem, its fatal text as Helm prints it from here."""
        if found.fatal is not None:
            found.fatal = self.prefix + found.fatal
        self.problems.append(found)

    def chart(self, files: list[ChartFile], path: str, fallback_name: str, quiet: bool = False) -> Chart:
        """Helm's LoadFiles; `fallback_name` names a chart whose Chart.yaml does not, for linting."""
        manifest = next((file for file in files if file.name == "Chart.yaml"), None)
        missing = Source(f"{path}/Chart.yaml", "", "chart")
        chart = Chart(path, missing if manifest is None else manifest.source("chart"))
        chart.problems = self.problems
        if manifest is not None:
            self._manifest(chart)
        subcharts: dict[str, list[ChartFile]] = {}
        for file in files:
            self._classify(chart, file, subcharts)
        if manifest is None and chart.requirements is None:
            if not quiet and not self._known_bad():
                self._no_manifest(path)
        else:
            self._validate(chart)
        chart.metadata.name = chart.metadata.name or fallback_name
        chart.metadata.api_version = chart.metadata.api_version or "v1"
        for name in sorted(subcharts, key=sort_key):
            self._subchart(chart, name, subcharts[name])
        return chart

    def _known_bad(self) -> bool:
        """True if Chart.yaml is known to be broken."""
        return any(found.finding.code == CHART_YAML.code and found.fatal for found in self.problems)

    def _no_manifest(self, path: str) -> None:
        place = at_file(Source(path, "", "file"))
        hint = "move it out of charts/: Helm takes everything there for a subchart" if self.prefix else ""
        message = f"`{path}` is no chart: it has no Chart.yaml"
        code = CHART_LOAD if self.prefix else CHART_YAML
        self.add(problem(code, message, place, fatal="Chart.yaml file is missing", hint=hint))

    def _manifest(self, chart: Chart) -> None:
        source = chart.manifest
        try:
            repeated: list[Repeated] = []
            document = load_source(source, exact=True, repeated=repeated)
            self._twice(source, repeated)
            if isinstance(document, TrackedMap):
                chart.document = document
            chart.metadata.update(document, self.compat)
        except (YamlError, DecodeError) as fault:
            if not self._known_bad():
                self.add(_yaml_problem(source, "Chart.yaml", fault, CHART_YAML))
        chart.metadata.api_version = chart.metadata.api_version or "v1"

    def _validate(self, chart: Chart) -> None:
        text = validate(chart.metadata)
        if text and not self._known_bad():
            message = text.removeprefix("validation: ")
            place = at_key(_blamed(chart.document, message), chart.manifest)
            self.add(problem(CHART_YAML, message, place, fatal=text))

    def _classify(self, chart: Chart, file: ChartFile, subcharts: dict[str, list[ChartFile]]) -> None:
        name = file.name
        if name.startswith("templates/"):
            chart.templates.append(file)
        elif name.startswith("charts/"):
            if name.endswith(".prov"):
                chart.files.append(file)
            else:
                inner = file.below("charts/")
                subcharts.setdefault(inner.name.partition("/")[0], []).append(inner)
        elif name in _SPECIAL:
            try:
                _SPECIAL[name](self, chart, file)
            except OSError as fault:
                self.fatal(CHART_LOAD, file.path, f"error reading {name}: {fault.strerror}")
        else:
            chart.files.append(file)

    def _lock(self, chart: Chart, file: ChartFile) -> None:
        source = file.source("chart")
        try:
            value = load_source(source, exact=True)
            decode(value, LOCK_SHAPES[self.compat])
            chart.lock = value if isinstance(value, dict) else None
        except (YamlError, DecodeError) as fault:
            self.add(_yaml_problem(source, file.name, fault, CHART_LOAD))
        if file.name == "requirements.lock" and chart.metadata.api_version == "v1":
            chart.files.append(file)

    def _requirements(self, chart: Chart, file: ChartFile) -> None:
        source = file.source("chart")
        try:
            value = load_source(source, exact=True)
            chart.requirements = value if isinstance(value, TrackedMap) else TrackedMap()
            chart.metadata.update(value, self.compat)
        except (YamlError, DecodeError) as fault:
            self.add(_yaml_problem(source, file.name, fault, CHART_LOAD))
        if chart.metadata.api_version == "v1":
            chart.files.append(file)
        else:
            message = "`requirements.yaml` in a chart with apiVersion v2: dependencies belong into Chart.yaml"
            hint = "move the entries of `dependencies` into Chart.yaml and delete requirements.yaml"
            self.add(problem(LEGACY_REQUIREMENTS, message, at_file(source), hint=hint))

    def _values(self, chart: Chart, file: ChartFile) -> None:
        chart.values_file = file
        source = file.source("values")
        try:
            repeated: list[Repeated] = []
            chart.values = load_values(source, self.compat, repeated)
            self._twice(source, repeated)
        except YamlError as fault:
            self.add(_yaml_problem(source, "values.yaml", fault, VALUES_FILE))

    def _twice(self, source: Source, repeated: list[Repeated]) -> None:
        """Keys written twice, in a chart of one's own: subcharts are for others to mend."""
        if not self.prefix:
            for key, lost, kept in repeated:
                self.add(key_twice(source, key, lost, kept))

    def _schema(self, chart: Chart, file: ChartFile) -> None:
        del self
        chart.schema = file

    def _skip(self, chart: Chart, file: ChartFile) -> None:
        del self, chart, file

    def _subchart(self, chart: Chart, name: str, files: list[ChartFile]) -> None:
        """One entry of charts/: an archive, or a directory whose stray files are dropped."""
        if name.startswith(("_", ".")):
            return
        inner = _Load(self.compat, [], f"error unpacking subchart {name} in {chart.name}: ")
        shown = f"{chart.path}/charts/{name}"
        if name.endswith(".tgz"):
            members = inner.archive(chart, name, files[0], shown)
        else:
            members = [file.below(name + "/") for file in files if "/" in file.name]
        if members is not None:
            sub = inner.chart(members, files[0].path if not members else shown, name)
            # without Chart.yaml it is no chart at all, but a stray file
            if any(file.name in ("Chart.yaml", "requirements.yaml") for file in members):
                sub.parent = chart
                chart.dependencies.append(sub)
        for found in inner.problems:
            if found.fatal is not None and self.prefix:
                found.fatal = self.prefix + found.fatal
        self.problems += inner.problems

    def archive(self, chart: Chart, name: str, file: ChartFile, shown: str) -> list[ChartFile] | None:
        """The members of a subchart's .tgz; None if it cannot be read."""
        if file.name != name:
            text = f"error unpacking subchart tar in {chart.name}: expected {name}, got {file.name}"
            self.prefix = ""
            self.fatal(CHART_LOAD, shown, text)
            return None
        try:
            return read_archive(file.data(), file.path)
        except (ArchiveError, OSError) as fault:
            self.fatal(CHART_LOAD, file.path, str(fault))
            return None


def _blamed(document: TrackedMap, message: str) -> Any:
    """The origin of the Chart.yaml key a validation message is about, None if it names none."""
    for key in document:
        if f"chart.metadata.{key} " in message:
            return origin_of(document, key)
    for word, key in (
        ("maintainers", "maintainers"),
        ("dependenc", "dependencies"),
        ("alias", "dependencies"),
    ):
        if word in message and key in document:
            return origin_of(document, key)
    return None


_SPECIAL: dict[str, Any] = {
    "Chart.yaml": _Load._skip,
    "Chart.lock": _Load._lock,
    "values.yaml": _Load._values,
    "values.schema.json": _Load._schema,
    "requirements.yaml": _Load._requirements,
    "requirements.lock": _Load._lock,
}
