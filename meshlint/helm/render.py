"""Helm room, rendering: a chart and a scenario become rendered files, their values and what went wrong.

Two faces of one run. Strict: as `helm template`, the first fault stops with Helm's exact text (RenderError).
Linting: each fault is a Problem with a place, and everything else is still rendered.
"""

from __future__ import annotations

import re

from meshlint.gotemplate import work
from meshlint.gotemplate.errors import TemplateError, TemplateSyntaxError
from meshlint.gotemplate.evaluate import NO_VALUE, Evaluator, Skipped, TemplateSet
from meshlint.gotemplate.nodes import ListNode, TemplateNode
from meshlint.gotemplate.quoting import quote
from meshlint.helm.capabilities import Capabilities, VersionError, capabilities
from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.coalesce import Clash, CoalesceError, coalesce_values
from meshlint.helm.context import Template, data_for, templates
from meshlint.helm.dependencies import missing_dependencies, missing_problems, process_dependencies
from meshlint.helm.failure import execution_problem, syntax_problem
from meshlint.helm.functions import function_map
from meshlint.helm.manifests import RenderedFile, Sorted, output, sort_manifests
from meshlint.helm.problems import (
    CHART_LOAD,
    KUBE_VERSION,
    NOT_INSTALLABLE,
    RELEASE_NAME,
    TEMPLATE_ERROR,
    VALUE_IGNORED,
    VALUES_TYPE,
    Problem,
    RenderError,
    at_file,
    at_key,
    at_origin,
    problem,
)
from meshlint.helm.scenario import Scenario, user_values
from meshlint.helm.tolerance import Tolerance
from meshlint.helm.vendoring import lock_problems
from meshlint.sprig.semver import compatible
from meshlint.sprig.standins import begin
from meshlint.text.finding import Finding
from meshlint.text.origin import KeyOrigin, Origin
from meshlint.text.rope import Rope, replace
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import TrackedMap, origin_of

_RELEASE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_RELEASE_TEXT = f"^{_RELEASE.pattern}$"
_RELEASE_LENGTH = 53


class Rendered:
    """What a chart gives in one scenario.

    chart     a copy of the chart with its dependencies processed
    scenario  what it was rendered with
    files     template name -> RenderedFile, without partials and without templates that failed
    values    the coalesced values of the root chart
    problems  everything met, in order; `findings` are their linting faces
    crds      (full name, file) of the manifests below crds/, never templated
    entries   the templates that were executed, with the data each saw
    executed  the bodies and branches that were executed, None in strict rendering
    skipped   bodies of branches that were left out because a placeholder decided so
    flagged   True if some text may not be real: random, of the clock, or a placeholder
    templates  every parsed template by name, defines included; replaced: (lost, kept) of one name
    """

    __slots__ = (
        *("chart", "crds", "entries", "executed", "files", "flagged", "problems", "replaced", "scenario"),
        *("skipped", "templates", "values"),
    )

    def __init__(self, chart: Chart, scenario: Scenario) -> None:
        self.chart = chart
        self.scenario = scenario
        self.files: dict[str, RenderedFile] = {}
        self.values = TrackedMap()
        self.problems: list[Problem] = []
        self.crds: list[tuple[str, ChartFile]] = []
        self.entries: list[Template] = []
        self.executed: set[ListNode] | None = None
        self.flagged = False
        self.templates: dict[str, TemplateNode] = {}
        self.replaced: list[tuple[TemplateNode, TemplateNode]] = []
        self.skipped: list[Skipped] = []

    @property
    def findings(self) -> list[Finding]:
        """The problems as findings."""
        return [found.finding for found in self.problems]

    @property
    def notes(self) -> str:
        """The rendered NOTES.txt of the root chart, "" without."""
        file = self.files.get(f"{self.chart.name}/templates/NOTES.txt")
        return "" if file is None else file.text

    def manifests(self) -> Sorted:
        """The manifests in Helm's order. Raises RenderError for text that is no mapping."""
        return sort_manifests(self.files.values(), self.scenario.compat)

    def output(self, *, hooks: bool = True, tests: bool = True) -> str:
        """The stream of `helm template`. Raises RenderError."""
        crds = self.crds if self.scenario.include_crds else []
        texts = [(name, file.source("manifest").text) for name, file in crds]
        return output(self.manifests(), texts, hooks=hooks, tests=tests)


def render_chart(
    chart: Chart, scenario: Scenario, *, strict: bool = False, tolerant: bool = False, real: bool = False
) -> Rendered:
    """Render a loaded chart; the chart itself is not changed.

    strict    raise RenderError with Helm's text at the first fault, as `helm template` stops
    tolerant  what fails in an action leaves a placeholder, and its template goes on (linting only)
    real      real time and random numbers, as Helm has them; otherwise every rendering gives the same text
    """
    begin(real)
    run = _Run(chart, scenario, strict, tolerant and not strict)
    run.prepare()
    return run.rendered


def check_kube_version(text: str | None, compat: str) -> None:
    """Helm's first check, before it looks for a chart: RenderError for a --kube-version that is none."""
    try:
        capabilities(text, [], compat)
    except VersionError as fault:
        raise RenderError(f"invalid kube version '{text}': {fault}") from None


class _Run:
    """One rendering."""

    __slots__ = ("rendered", "scenario", "source_chart", "strict", "tolerant")

    def __init__(self, chart: Chart, scenario: Scenario, strict: bool, tolerant: bool) -> None:
        self.source_chart = chart
        self.scenario = scenario
        self.strict = strict
        self.tolerant = tolerant
        self.rendered = Rendered(chart.copy(), scenario)

    def report(self, found: Problem, prefix: str = "") -> None:
        """Keep a problem; in strict rendering a fatal one is raised."""
        if self.strict and found.fatal is not None:
            raise RenderError(prefix + found.fatal)
        self.rendered.problems.append(found)

    # -- before templates

    def prepare(self) -> None:
        """Helm's checks in Helm's order, then the templates."""
        scenario, chart = self.scenario, self.rendered.chart
        cluster = self._capabilities()
        values, faults = user_values(scenario)
        for found in faults:
            self.report(found)
        for found in self.source_chart.problems:
            self.report(found)
        self._check_type(chart)
        for found in missing_problems(chart, scenario.compat):
            self.report(found)
        for found in [] if self.strict else lock_problems(self.source_chart):
            self.report(found)
        self._check_release(chart)
        try:
            process_dependencies(chart, values, scenario.compat, self.report)
        except CoalesceError as fault:
            prefix = "" if scenario.compat == "3" else "chart dependencies processing failed: "
            self.report(_type_problem(chart, fault), prefix)
            return
        try:
            merged = coalesce_values(chart, values, scenario.compat, self._clash)
        except CoalesceError as fault:
            self.report(_type_problem(chart, fault))
            return
        self.rendered.values = merged
        self.rendered.crds = chart.crds()
        if not scenario.skip_schema:
            self._check_schema(chart, merged)
        self._check_kube_version(chart, cluster)
        self._templates(templates(chart, merged, scenario, cluster))

    def _capabilities(self) -> Capabilities:
        scenario = self.scenario
        try:
            return capabilities(scenario.kube_version, scenario.api_versions, scenario.compat)
        except VersionError as fault:
            text = f"invalid kube version '{scenario.kube_version}': {fault}"
            source = Source("--kube-version", scenario.kube_version or "", "flag")
            self.report(problem(KUBE_VERSION, text, at_file(source), fatal=text))
            return capabilities(None, scenario.api_versions, scenario.compat)

    def _check_type(self, chart: Chart) -> None:
        """Helm refuses to render anything but an application; to linting a library is just no release."""
        kind = chart.metadata.type
        if kind not in ("", "application"):
            text = f"{kind} charts are not installable"
            place = at_key(origin_of(chart.document, "type"), chart.manifest)
            self.report(problem(NOT_INSTALLABLE, text, place, fatal=text if self.strict else None))

    def _check_release(self, chart: Chart) -> None:
        name = self.scenario.release
        if not _RELEASE.fullmatch(name) or len(name) > _RELEASE_LENGTH:
            text = (
                f"release name {quote(name)}: invalid release name, must match "
                f"regex {_RELEASE_TEXT} and the length must not be longer than {_RELEASE_LENGTH}"
            )
            if self.scenario.compat != "3":
                text = f"release name check failed: {text}"
            self.report(problem(RELEASE_NAME, text, at_file(chart.manifest), fatal=text))

    def _clash(self, clash: Clash) -> None:
        if not isinstance(clash.kept, KeyOrigin):
            return
        place = at_origin(clash.kept, self.rendered.chart.manifest, "this one counts")
        more = []
        if isinstance(clash.ignored, KeyOrigin):
            more.append(at_origin(clash.ignored, clash.ignored.source, "this one is ignored"))
            more[0].role = "cause"
        message = f"`{clash.path}` is a mapping here and a plain value there: Helm ignores one of them"
        self.report(problem(VALUE_IGNORED, message, place, *more, key=clash.path))

    def _check_schema(self, chart: Chart, values: TrackedMap) -> None:
        if any(part.schema is not None for part in chart.tree()) or self._odd_sections(chart, values):
            from meshlint.helm.schema import schema_problems

            for found in schema_problems(chart, values):
                self.report(found)

    def _odd_sections(self, chart: Chart, values: TrackedMap) -> bool:
        """True if a subchart's section is no mapping, which the schema check words."""
        return any(not isinstance(values.get(sub.name) or {}, dict) for sub in chart.dependencies)

    def _check_kube_version(self, chart: Chart, cluster: Capabilities) -> None:
        wanted = chart.metadata.kube_version
        version = cluster.kube_version
        if wanted and not compatible(wanted, version.normalized):
            text = f"chart requires kubeVersion: {wanted} which is incompatible with Kubernetes "
            text += version.version
            origin = next(
                (chart.document.origins[key] for key in chart.document if key.lower() == "kubeversion"), None
            )
            self.report(problem(KUBE_VERSION, text, at_key(origin, chart.manifest), fatal=text))

    # -- templates

    def _templates(self, found: list[Template]) -> None:
        scenario = self.scenario
        parsed = TemplateSet(function_map(scenario.compat), scenario.strict)
        broken = {template.name for template in found if not self._parse(parsed, template)}
        rendered = self.rendered
        rendered.executed = None if self.strict else set()
        rendered.templates, rendered.replaced = parsed.templates, parsed.replaced
        rendered.entries = [each for each in found if not each.is_partial and each.name not in broken]
        on_error = self._tolerance() if self.tolerant else None
        evaluator = Evaluator(parsed, on_error=on_error, coverage=rendered.executed)
        work.begin()
        try:
            self._execute_all(evaluator, rendered.entries)
        finally:
            work.end()
        rendered.flagged = evaluator.flagged
        rendered.skipped = evaluator.skipped

    def _execute_all(self, evaluator: Evaluator, found: list[Template]) -> None:
        """Execute the templates, until a limit for all of them together is reached."""
        for number, template in enumerate(found, 1):
            self._execute(evaluator, template)
            if (evaluator.is_exhausted() or work.is_exhausted()) and number < len(found):
                self._give_up(template, len(found) - number)
                return

    def _give_up(self, template: Template, left: int) -> None:
        """Say that the rest of the chart is not rendered."""
        note = f"{left} more template{'s are' if left > 1 else ' is'} not rendered"
        if template.name in self.rendered.files:  # it was the last straw, but did not fail
            text = "the templates of the chart write more than meshlint reads"
            self.report(problem(TEMPLATE_ERROR, text, at_file(template.file.source("template")), fatal=text))
        self.rendered.problems[-1].finding.notes.append(note)

    def _parse(self, parsed: TemplateSet, template: Template) -> bool:
        try:
            source = template.file.source("template")
        except OSError as fault:
            text = f"error reading {template.file.name}: {fault.strerror}"
            place = at_file(Source(template.file.path, "", "template"))
            self.report(problem(CHART_LOAD, text, place, fatal=text))
            return False
        key = (template.name, self.scenario.compat)
        known = template.file.parsed.get(key)
        if known is not None:
            parsed.put(known)
            return True
        try:
            template.file.parsed[key] = parsed.add(source, template.name)
        except TemplateSyntaxError as fault:
            self.report(syntax_problem(fault, source, template.name))
            return False
        return True

    def _execute(self, evaluator: Evaluator, template: Template) -> None:
        source = template.file.source("template")
        data = data_for(template, self.scenario.compat)
        try:
            text = evaluator.render(template.name, data)
        except TemplateError as fault:
            self.report(execution_problem(fault, template.name, self.scenario.compat))
            return
        if NO_VALUE in text:
            cleaned = replace(text, NO_VALUE, "", Origin(None, None))
            text = cleaned if isinstance(cleaned, Rope) else Rope(cleaned, [])
        self.rendered.files[template.name] = RenderedFile(template.name, source, text)

    def _tolerance(self) -> Tolerance:
        """What answers failing actions when templates go on."""
        absent = [entry.name for part in self.source_chart.tree() for entry in missing_dependencies(part)]
        return Tolerance(self.report, self.scenario.compat, absent)


def _type_problem(chart: Chart, fault: CoalesceError) -> Problem:
    path = fault.path.partition(".")[2]
    message = f"`{path}` must be a mapping: it holds the values of a subchart"
    return problem(VALUES_TYPE, message, at_origin(fault.origin, chart.manifest), fatal=str(fault), key=path)
