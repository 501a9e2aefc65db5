"""Helm room, the data of templates: one context per chart, sharing values the way Go maps share them.

In: a processed Chart with its coalesced values, the scenario and the capabilities. Out: for every
template its file, its context and the name Helm knows it by. Facts: helm pkg/engine/engine.go, recAllTpls.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.gotemplate.gotype import sort_key
from meshlint.helm.capabilities import Capabilities
from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.chartobject import chart_object
from meshlint.helm.files import Files
from meshlint.helm.scenario import Scenario
from meshlint.helm.valuesmap import MapView, Values, Values3
from meshlint.yamldoc.tracked import TrackedMap, set_paths


class Template(NamedTuple):
    """One template of the release.

    name       full name, `review/charts/db/templates/x.yaml`
    file       its file
    context    the data it is executed with, shared by all templates of its chart
    base_path  `.Template.BasePath`
    """

    name: str
    file: ChartFile
    context: TrackedMap
    base_path: str

    @property
    def is_partial(self) -> bool:
        """True for files that only define: their base name starts with an underscore."""
        return self.name.rpartition("/")[2].startswith("_")


def templates(
    chart: Chart, values: TrackedMap, scenario: Scenario, capabilities: Capabilities
) -> list[Template]:
    """The templates of a chart and its subcharts in the order in which Helm parses and executes them."""
    kind = Values3 if scenario.compat == "3" else Values
    root = kind.of(values)
    set_paths(root, ("Values",))
    build = _Build(kind, _release(scenario), capabilities, scenario.compat)
    build.chart(chart, root)
    ordered = sorted(build.found.values(), key=lambda item: (item.name.count("/"), sort_key(item.name)))
    return ordered[::-1]


def _release(scenario: Scenario) -> TrackedMap:
    release = TrackedMap(
        Name=scenario.release,
        Namespace=scenario.namespace,
        IsUpgrade=scenario.is_upgrade,
        IsInstall=not scenario.is_upgrade,
        Revision=1,
        Service="Helm",
    )
    release.path = ("Release",)
    return release


class _Build:
    """The walk over the charts."""

    __slots__ = ("capabilities", "compat", "found", "kind", "release")

    def __init__(
        self, kind: type[Values], release: TrackedMap, capabilities: Capabilities, compat: str
    ) -> None:
        self.kind = kind
        self.release = release
        self.capabilities = capabilities
        self.compat = compat
        self.found: dict[str, Template] = {}

    def chart(self, chart: Chart, values: Values) -> Values:
        """The context of a chart, after those of its subcharts."""
        if isinstance(values.get("global"), dict):
            set_paths(values["global"], ("Values", "global"))  # whoever holds them, they are set at the root
        subcharts = TrackedMap()
        described = chart_object(chart, self.compat)
        if isinstance(described, TrackedMap):
            described.path = ("Chart",)
        context = self.kind(
            Chart=described,
            Files=Files(chart.files),
            Release=self.release,
            Capabilities=self.capabilities,
            Values=values,
            Subcharts=subcharts,
        )
        context.path = ()
        for sub in chart.dependencies:
            subcharts[sub.name] = MapView.of(self.chart(sub, self.section(values, sub.name)))
        full_path = chart.full_path()
        for file in chart.templates:
            name = f"{full_path}/{file.name}"
            if not chart.metadata.is_library or file.name.rpartition("/")[2].startswith("_"):
                self.found[name] = Template(name, file, context, f"{full_path}/templates")
        return context

    def section(self, values: Values, name: str) -> Values:
        """The values of a subchart: the same storage as the parent's entry, under the named type."""
        table: Any = values
        for part in name.split("."):
            container, key, table = table, part, table.get(part) if isinstance(table, dict) else None
        if isinstance(table, MapView) and isinstance(table.target, Values):
            return table.target
        if not isinstance(table, dict):
            return self.kind()
        inner = self.kind.of(table)
        origin = container.origins.get(key)
        container.put(key, MapView.of(inner), origin)
        return inner


def template_object(template: Template, compat: str) -> Values:
    """`.Template` while a file is executed."""
    found = (Values3 if compat == "3" else Values)(Name=template.name, BasePath=template.base_path)
    found.path = ("Template",)
    return found


def data_for(template: Template, compat: str) -> dict[str, Any]:
    """The context of a template with `.Template` set for it."""
    template.context["Template"] = template_object(template, compat)
    return template.context
