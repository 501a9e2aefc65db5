"""Room: world, the objects of one input read once: charts rendered, manifests parsed.

In: a Target and the options. Out: Portions (the objects of one target in one scenario, with what was
wrong on the way). The corridor joins portions into worlds; nothing of Istio is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from meshlint.demands import settle_demands
from meshlint.discover import UNREADABLE, Target
from meshlint.helm.chart import Chart
from meshlint.helm.dependencies import missing_dependencies
from meshlint.helm.loader import load_chart
from meshlint.helm.manifests import (
    HOOK,
    HOOK_EVENTS,
    RenderedFile,
    ordered_files,
    split,
    unknown_hook_problem,
)
from meshlint.helm.problems import CHART_LOAD, CHART_YAML
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.helm.siblings import Siblings
from meshlint.kube.document import Document, documents_of_source, rendered_document
from meshlint.kube.fields import dig, text
from meshlint.kube.resource import Resource, resources_of
from meshlint.options import LintOptions, ValuesSet
from meshlint.scenarios import is_complete, scenarios_of
from meshlint.text.finding import Finding, Place, SpanTarget
from meshlint.text.pattern import lazy
from meshlint.text.source import Source
from meshlint.unreal import placeholders_in

if TYPE_CHECKING:
    from meshlint.explore.variant import Variant

# Where objects live that name no namespace while nobody said -n: no real namespace has the name.
RELEASE_NAMESPACE = "release-namespace"
_BRANCH = lazy(r"\{\{-?\s*(?:if|with|range|else)\b")

# Offline Helm knows no custom resources, and charts guard their mesh objects by asking for them; a mesh
# linter is asked about the cluster that has them.
MESH_API_VERSIONS = (
    *("networking.istio.io/v1", "networking.istio.io/v1beta1", "networking.istio.io/v1alpha3"),
    *("security.istio.io/v1", "security.istio.io/v1beta1", "telemetry.istio.io/v1"),
    *("telemetry.istio.io/v1alpha1", "extensions.istio.io/v1alpha1"),
    *("gateway.networking.k8s.io/v1", "gateway.networking.k8s.io/v1beta1"),
)


class Portion:
    """The objects of one target in one scenario.

    target, scenario     what was read, and the name of the value set ("" for manifests)
    release, namespace   as rendered
    resources            the objects, in the order Helm visits the files
    findings             what was wrong on the way
    rendered             the chart in this scenario, None for manifests
    sources              the texts people edit: templates, values files, manifests
    templates            how many templates were rendered
    failed               something could not be read, rendered or parsed
    lenient              nobody said that the chart is installed with these values and no others
    demands              those of the findings that only ask for a value (or a library chart)
    satisfied_by         the value set that answers the demands, "" if there is none
    lost                 a placeholder made a document unreadable
    not_checked          sentences for the coverage block
    again                the same chart in the same scenario with other options, None for manifests
    chart, values_set    what was rendered: the chart as loaded, and its values; None for manifests
    variant              the explored values it was rendered with, None for the value set as it is
    """

    __slots__ = (
        *("again", "chart", "demands", "failed", "findings", "lenient", "lost", "namespace", "not_checked"),
        *("release", "rendered", "resources", "satisfied_by", "scenario", "sources", "target", "templates"),
        *("values_set", "variant"),
    )

    def __init__(self, target: Target, scenario: str, release: str, namespace: str) -> None:
        self.target = target
        self.scenario = scenario
        self.release = release
        self.namespace = namespace
        self.resources: list[Resource] = []
        self.findings: list[Finding] = []
        self.rendered: Rendered | None = None
        self.sources: list[Source] = []
        self.templates = 0
        self.failed = False
        self.lenient = False
        self.lost = False
        self.demands: list[Finding] = []
        self.satisfied_by = ""
        self.not_checked: list[str] = []
        self.again: Callable[[LintOptions], Portion] | None = None
        self.chart: Chart | None = None
        self.values_set: ValuesSet | None = None
        self.variant: Variant | None = None


def read(target: Target, options: LintOptions) -> list[Portion]:
    """The target in every scenario; never empty."""
    if target.kind in ("chart", "archive"):
        return _read_chart(target, options)
    return [_read_manifests(target, options)]


# ------------------------------------------------------------------------------------------------ charts


def _read_chart(target: Target, options: LintOptions) -> list[Portion]:
    compat = str(options.helm_compat)
    chart = load_chart(target.path, compat)
    if missing_dependencies(chart) or chart.dependencies:
        Siblings(options.dependency_paths, compat).complete(chart)
    unloadable = [found for found in chart.problems if found.fatal is not None]
    if unloadable:
        portion = Portion(target, "", options.release_name or chart.name, "")
        portion.findings = [found.finding for found in chart.problems]
        portion.failed = True
        if any(found.finding.code in (CHART_YAML.code, CHART_LOAD.code) for found in unloadable):
            return [portion]
    portions = [_portion(target, chart, each, options) for each in scenarios_of(target.path, options)]
    settle_demands(portions)
    return portions


def read_variant(base: Portion, variant: Variant, options: LintOptions) -> Portion:
    """The chart of a portion with values that are only tried: no fault of theirs is a failure."""
    assert base.chart is not None
    assert base.values_set is not None
    portion = _portion(base.target, base.chart, base.values_set, options, variant)
    portion.failed = False
    return portion


def _portion(
    target: Target,
    chart: Chart,
    values_set: ValuesSet,
    options: LintOptions,
    variant: Variant | None = None,
) -> Portion:
    scenario = _scenario(chart, values_set, options)
    if variant is not None:
        scenario.overlay = variant.values
        scenario.api_versions += variant.apis
    portion = Portion(target, values_set.name, scenario.release, scenario.namespace)
    portion.chart, portion.values_set, portion.variant = chart, values_set, variant
    rendered = render_chart(chart, scenario, tolerant=True)
    rendered.flagged = rendered.flagged or variant is not None  # its values may be made up
    portion.rendered = rendered
    portion.findings = rendered.findings
    portion.lenient = not is_complete(values_set, options)
    portion.demands = [found.finding for found in rendered.problems if found.demand]
    portion.failed = any(
        found.fatal is not None
        and not (found.demand and (portion.lenient or found.finding.severity != "error"))
        for found in rendered.problems
    )
    portion.templates = len(rendered.files)
    documents = _documents(rendered, portion)
    if options.include_crds:
        for _, file in rendered.crds:
            found, faults = documents_of_source(file.source("manifest"))
            documents += found
            portion.findings += faults
    _add_resources(portion, documents, options)
    portion.sources = _sources(rendered)
    portion.again = lambda other: _portion(target, chart, values_set, other, variant)
    return portion


def _scenario(chart: Chart, values_set: ValuesSet, options: LintOptions) -> Scenario:
    return Scenario(
        values_set.name,
        values_files=[*options.base_values, *values_set.files, *options.values],
        values=dict(values_set.values),
        set=list(options.set_values),
        set_string=list(options.set_strings),
        set_json=list(options.set_jsons),
        set_file=list(options.set_files),
        set_literal=list(options.set_literals),
        release=options.release_name or release_name(chart.name),
        namespace=options.namespace or RELEASE_NAMESPACE,
        kube_version=options.kube_version,
        api_versions=[*MESH_API_VERSIONS, *options.api_versions],
        is_upgrade=options.is_upgrade,
        include_crds=options.include_crds,
        compat="3" if options.helm_compat == 3 else "4",
    )


def release_name(chart: str) -> str:
    """A release name Helm accepts, as near to the chart's name as possible."""
    plain = "".join(char if char.isascii() and char.isalnum() else "-" for char in chart.lower())
    return plain.strip("-")[:53].strip("-") or "release-name"


def _documents(rendered: Rendered, portion: Portion) -> list[Document]:
    documents = []
    for file in ordered_files(rendered.files.values()):
        for document in _documents_of(file, rendered, portion):
            if _forgotten(document):
                continue
            documents.append(document)
    return documents


def _documents_of(file: RenderedFile, rendered: Rendered, portion: Portion) -> Iterable[Document]:
    whole = str(file.text)
    for manifest in split(file, rendered.scenario.compat):
        first_line = whole.count("\n", 0, manifest.start) + 1
        document, faults = rendered_document(manifest.text, file.source, first_line)
        if faults and rendered.flagged and placeholders_in(manifest.text.parts):
            if document is None:
                portion.lost = True
                portion.not_checked.append(f"a document of {file.source.path} that needs values nobody set")
                continue
            faults = []
        portion.findings += faults
        if document is None:
            portion.failed = portion.failed or bool(faults)
            continue
        if _forgotten(document):
            place = Place(document, ("metadata", "annotations", HOOK))
            portion.findings.append(unknown_hook_problem(manifest, place).finding)
        yield document


def _forgotten(document: Document) -> bool:
    """True for a hook with a name Helm does not know: it drops the resource without a word."""
    written: Any = dig(document.value, ("metadata", "annotations", HOOK))
    names = [name.strip().lower() for name in text(written).split(",")] if written is not None else []
    return not HOOK_EVENTS.issuperset(names)


def has_branches(portion: Portion) -> bool:
    """True if other values may render other objects of the chart: it has branches, or dependencies."""
    if portion.rendered is None:
        return False
    chart = portion.rendered.chart
    if chart.requirements is not None or "dependencies" in chart.document:
        return True
    return any(_BRANCH.search(source.text) for source in portion.sources if source.kind == "template")


def unplaced(portion: Portion, companions: Sequence[Portion], options: LintOptions) -> list[str]:
    """What cannot be seen because nobody said into which namespace the chart is installed."""
    if not companions or options.namespace is not None or portion.rendered is None:
        return []
    own = {each.namespace for each in portion.resources}
    others = {each.namespace for part in companions for each in part.resources} - {"", RELEASE_NAMESPACE}
    if RELEASE_NAMESPACE not in own or not others or own & others:
        return []
    named = sorted(others)
    return [
        f"links of {portion.target.path} with namespace {', '.join(named[:3])}: "
        "say where the chart is installed (-n NAMESPACE)"
    ]


def _sources(rendered: Rendered) -> list[Source]:
    """The texts of the chart that people edit and may have put suppressions into."""
    parts = rendered.chart.tree()
    files = [(file, "template") for part in parts for file in part.templates]
    files += [(part.values_file, "values") for part in parts if part.values_file]
    sources = []
    for file, kind in files:
        with suppress(OSError):  # a finding says so already
            sources.append(file.source(kind))
    return sources


# --------------------------------------------------------------------------------------------- manifests


def _read_manifests(target: Target, options: LintOptions) -> Portion:
    portion = Portion(target, "", "", options.namespace or RELEASE_NAMESPACE)
    if target.kind == "stdin":
        portion.sources = [Source(options.stdin_filename, options.stdin or "", "manifest")]
    else:
        portion.sources = [source for path in target.files if (source := _open(path, portion))]
    for source in portion.sources:
        documents, faults = documents_of_source(source)
        portion.findings += faults
        portion.failed = portion.failed or any(each.severity == "error" for each in faults)
        _add_resources(portion, documents, options, unit=source.path)
    return portion


def _open(path: str, portion: Portion) -> Source | None:
    try:
        with open(path, "rb") as file:
            content = file.read().decode("utf-8", "surrogateescape")
    except OSError as fault:
        reason = (fault.strerror or str(fault)).lower()
        portion.findings.append(_unreadable(path, reason))
        portion.failed = True
        return None
    return Source(path, content.removeprefix("\ufeff"), "manifest")


def _unreadable(path: str, reason: str) -> Finding:
    place = Place(SpanTarget(Source(path, "", "manifest"), 0, 0, "file"))
    message = f"`{path}` cannot be read: {reason}"
    return Finding(UNREADABLE, message, [place], precision="very-high", key=path)


def _add_resources(portion: Portion, documents: list[Document], options: LintOptions, unit: str = "") -> None:
    found, faults = resources_of(
        documents, portion.namespace, unit=unit or portion.target.path, scenario=portion.scenario
    )
    portion.findings += faults
    portion.resources += [
        each for each in found if not (options.skip_tests and each.hook is not None and each.hook.test())
    ]
