"""Helm room, dependencies: which subcharts are active, under which name, and what they export upwards.

In: a copy of the loaded chart and the user's values. Out: the same chart with its dependencies filtered,
aliased and imported, and the remarks Helm would log. Facts: helm pkg/chart/v2/util/dependencies.go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.govalue import StringMap
from meshlint.helm.chart import Chart
from meshlint.helm.coalesce import coalesce_values, merge_tables, merge_values
from meshlint.helm.metadata import Dependency
from meshlint.helm.problems import (
    CONDITION_IGNORED,
    DEPENDENCY_MISSING,
    IMPORT_MISSING,
    VERSION_MISMATCH,
    Problem,
    at_key,
    at_origin,
    problem,
)
from meshlint.helm.vendoring import fetching
from meshlint.sprig.semver import compatible
from meshlint.text.finding import Place
from meshlint.yamldoc.tracked import AnyOrigin, TrackedMap, deep_copy, origin_of

Report = Callable[[Problem], None]


def missing_dependencies(chart: Chart) -> list[Dependency]:
    """The declared dependencies that no chart in charts/ has the name of."""
    present = {sub.name for sub in chart.dependencies}
    return [entry for entry in chart.metadata.declared() if entry.name not in present]


def missing_problems(chart: Chart, compat: str = "4") -> list[Problem]:
    """A Problem per missing dependency; the first carries Helm's words for all of them."""
    missing = missing_dependencies(chart)
    names = ", ".join(entry.name for entry in missing)
    start, mark = ("An", "`") if compat == "3" else ("an", "'")
    fatal = (
        f"{start} error occurred while checking for chart dependencies. You may need to run "
        f"{mark}helm dependency build{mark} to fetch missing dependencies: "
        f"found in Chart.yaml, but missing in charts/ directory: {names}"
    )
    found: list[Problem] = []
    for entry in missing:
        message = f"dependency `{entry.name}` is declared, but there is no such chart in `charts/`"
        if entry.name in chart.elsewhere:
            message += f"; {chart.elsewhere[entry.name]}"
        place = declared_at(chart, entry)
        each = problem(DEPENDENCY_MISSING, message, place, hint=fetching(chart, entry), key=entry.name)
        each.fatal = None if found else fatal
        each.demand = True
        found.append(each)
    return found


def declared_at(chart: Chart, entry: Dependency, key: str = "name") -> Place:
    """The place of a key of a dependency entry in Chart.yaml or requirements.yaml; of the entry if absent."""
    return at_key(_entry_origin(chart, entry, key), chart.manifest)


def _entry_origin(chart: Chart, entry: Dependency, key: str) -> AnyOrigin | None:
    for document in (chart.requirements, chart.document):
        entries = None if document is None else document.get("dependencies")
        if isinstance(entries, list) and entry.index < len(entries):
            return origin_of(entries[entry.index], key) or origin_of(entries, entry.index)
    return None


def process_dependencies(
    chart: Chart, values: TrackedMap, compat: str = "4", report: Report | None = None
) -> None:
    """Filter, alias and import in place, for the chart and everything below. Raises CoalesceError."""
    _Process(compat, report).enabled(chart, values, "")
    _Process(compat, report).imports(chart)


class _Process:
    """One pass over the tree."""

    __slots__ = ("compat", "report")

    def __init__(self, compat: str, report: Report | None) -> None:
        self.compat = compat
        self.report = report

    # -- conditions, tags and aliases

    def enabled(self, chart: Chart, values: TrackedMap, path: str) -> None:
        """Keep what is enabled; `path` is the dotted way from the root, with a dot at its end."""
        metadata = chart.metadata
        if metadata.dependencies is None:
            return
        declared = metadata.declared()
        kept = [sub for sub in chart.dependencies if not any(fits(entry, sub) for entry in declared)]
        self._warn_mismatches(chart, kept, declared)
        loaded = chart.dependencies
        for entry in declared:
            found = _aliased(chart, loaded, entry, self.compat)
            if found is not None:
                kept.append(found)
            if entry.alias:
                entry.name = entry.alias
        chart.set_dependencies(kept)
        for entry in declared:
            entry.enabled = True
        merged = coalesce_values(chart, values, self.compat)
        self.tags(chart, declared, merged)
        self.conditions(chart, declared, merged, path)
        removed = {entry.name for entry in declared if not entry.enabled}
        active = [sub for sub in chart.dependencies if sub.name not in removed]
        for sub in active:
            self.enabled(sub, merged, f"{path}{sub.name}.")
        # Go appends to a nil slice: no entry left is the same as none declared
        metadata.dependencies = [entry for entry in declared if entry.name not in removed] or None
        chart.set_dependencies(active)

    def tags(self, chart: Chart, entries: list[Dependency], values: TrackedMap) -> None:
        """Any tag true enables, else any false disables."""
        table = values.get("tags")
        if not isinstance(table, dict):
            return
        for entry in entries:
            found = [table[tag] for tag in entry.tags or [] if tag in table]
            for tag in entry.tags or []:
                if tag in table and not isinstance(table[tag], bool):
                    self._not_bool(chart, entry, "tags", f"tags.{tag}", table, tag)
            switches = [value for value in found if isinstance(value, bool)]
            entry.enabled = not switches or any(switches)

    def conditions(self, chart: Chart, entries: list[Dependency], values: TrackedMap, path: str) -> None:
        """The first condition path that holds a bool decides."""
        for entry in entries:
            for condition in entry.condition.strip().split(","):
                if not condition:
                    continue
                table, key = _lookup(values, (path + condition).split("."))
                if table is None or isinstance(table[key], dict):
                    continue
                if isinstance(table[key], bool):
                    entry.enabled = table[key]
                    break
                self._not_bool(chart, entry, "condition", path + condition, table, key)

    def _not_bool(
        self, chart: Chart, entry: Dependency, field: str, path: str, table: dict[str, Any], key: str
    ) -> None:
        if self.report is not None:
            origin = origin_of(table, key)
            place = at_origin(origin, chart.manifest) if origin else declared_at(chart, entry, field)
            value = format_value(table[key])
            message = (
                f"`{path}` is `{value}`, not true or false: Helm ignores it for dependency `{entry.name}`"
            )
            more = declared_at(chart, entry, field)
            more.role = "consumer"
            self.report(problem(CONDITION_IGNORED, message, place, more, key=path))

    def _warn_mismatches(self, chart: Chart, kept: list[Chart], declared: list[Dependency]) -> None:
        if self.report is None:
            return
        for sub in kept:
            for entry in declared:
                if entry.name == sub.name:
                    message = (
                        f"dependency `{sub.name}` is declared with version `{entry.version}`, charts/ has "
                        f"`{sub.metadata.version}`: Helm renders it unconditionally, ignoring the declaration"
                    )
                    place = declared_at(chart, entry, "version")
                    hint = "run `helm dependency update`, or change the version range"
                    self.report(problem(VERSION_MISMATCH, message, place, hint=hint, key=sub.name))
                    break

    # -- import-values

    def imports(self, chart: Chart) -> None:
        """Bottom up: tables of the subcharts' defaults below the parent's own."""
        for sub in chart.dependencies:
            self.imports(sub)
        if chart.metadata.dependencies is None:
            return
        defaults = merge_values(chart, self.compat)
        imported = TrackedMap()
        for entry in chart.metadata.declared():
            if entry.import_values is not None:
                entry.import_values = self._import(chart, entry, defaults, imported)
        chart.values = merge_tables(deep_copy(defaults), imported, self.compat)

    def _import(
        self, chart: Chart, entry: Dependency, defaults: TrackedMap, imported: TrackedMap
    ) -> list[Any] | None:
        done: list[Any] = []
        for item in entry.import_values or []:
            if isinstance(item, StringMap) or not isinstance(item, (dict, str)):
                continue
            if isinstance(item, str):
                child, parent = f"exports.{item}", "."
            else:
                child, parent = format_value(item.get("child")), format_value(item.get("parent"))
            done.append(StringMap({"child": child, "parent": parent}))
            table = _table(defaults, f"{entry.name}.{child}".split("."))
            if table is None:
                self._no_table(chart, entry, child)
            else:
                # Go hands out a fresh map for an empty table, the table itself otherwise
                merge_tables(imported, _nested(parent, table or TrackedMap()), self.compat)
        return done or None

    def _no_table(self, chart: Chart, entry: Dependency, child: str) -> None:
        if self.report is not None:
            message = f"import-values: subchart `{entry.name}` has no mapping `{child}` in its default values"
            place = declared_at(chart, entry, "import-values")
            self.report(problem(IMPORT_MISSING, message, place, key=f"{entry.name}.{child}"))


def fits(entry: Dependency, sub: Chart) -> bool:
    """True if the chart is what the entry declares."""
    return entry.name == sub.name and compatible(entry.version, sub.metadata.version)


def _aliased(parent: Chart, charts: list[Chart], entry: Dependency, compat: str) -> Chart | None:
    """A copy of the first chart that fits, under the alias; its own subcharts are copied one level deep.

    In Helm 3 the copies of one chart share their subcharts and dependency entries: what is renamed,
    switched or re-parented for one alias is so for the others.
    """
    for chart in charts:
        if fits(entry, chart):
            copied = chart.shallow()
            if compat == "3":
                copied.metadata = chart.metadata.shallow()
            else:
                copied.metadata = chart.metadata.copy()
                copied.set_dependencies([sub.shallow() for sub in chart.dependencies])
            if entry.alias:
                copied.metadata.name = entry.alias
                copied.document = deep_copy(chart.document)
                copied.document.put("name", entry.alias, _entry_origin(parent, entry, "alias"))
            return copied
    return None


def _table(values: Any, path: list[str]) -> TrackedMap | None:
    """The mapping at a path, None if there is none."""
    for name in path:
        if not isinstance(values, dict) or name not in values:
            return None
        values = values[name]
    return values if isinstance(values, TrackedMap) else None


def _lookup(values: TrackedMap, path: list[str]) -> tuple[TrackedMap | None, str]:
    """The mapping that holds the last name of a path, None if the path does not exist."""
    table = _table(values, path[:-1])
    return (table, path[-1]) if table is not None and path[-1] in table else (None, path[-1])


def _nested(path: str, table: TrackedMap) -> TrackedMap:
    """The table at a dotted path of a new mapping; "." is the mapping itself."""
    if path == ".":
        return table
    for name in reversed(path.split(".")):
        outer = TrackedMap()
        outer.put(name, table, None)
        table = outer
    return table
