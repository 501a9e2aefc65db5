"""Chart layout: what `helm lint` says of a chart's folders, files and subcharts.

The fact guarded here: Helm goes by folder and file names; what lies in the wrong place is rendered as a
manifest, installed once and never upgraded, or not seen at all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.problems import at_file, at_key, at_line
from meshlint.helm.render import Rendered
from meshlint.kube.document import documents_of_source
from meshlint.kube.fields import text
from meshlint.kube.kinds import CUSTOM_RESOURCE_DEFINITION
from meshlint.rules.rule import Context, Rule, rule
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.source import Source
from meshlint.yamldoc.tracked import origin_of

_FOLDERS = ("templates", "crds")
_EXTENSIONS = (".yaml", ".yml", ".tpl", ".txt")
_RENDERED = (".yaml", ".yml")


def _whole(file: ChartFile, kind: str) -> Place:
    """The place of a file as a whole, readable or not."""
    try:
        return at_file(file.source(kind))
    except OSError:
        return at_file(Source(file.path, "", kind))


def _charts(context: Context) -> Iterator[tuple[Rendered, Chart]]:
    return ((rendered, rendered.chart) for rendered in context.charts)


@rule(
    "HLM034",
    "templates-missing",
    "A chart with neither templates nor dependencies: it installs nothing.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def templates_missing(context: Context) -> Iterator[Finding]:
    """An umbrella chart needs no templates of its own, and a folder crds/ is something to install."""
    for rendered, chart in _charts(context):
        declared = chart.document.get("dependencies") or chart.requirements
        holds = chart.templates or chart.dependencies or declared or rendered.crds
        if holds or chart.metadata.is_library:
            continue
        yield templates_missing.finding(
            f"chart `{chart.name}` has no templates and no dependencies",
            at_file(chart.manifest),
            effect=Effect("`helm install` succeeds and creates nothing"),
            hint="put the manifests into a folder `templates/` beside Chart.yaml",
            key="templates",
        )


@rule(
    "HLM035",
    "folder-is-file",
    "A file where a chart has its folder templates/ or crds/.",
    precision="very-high",
    tags=("helm", "chart"),
)
def folder_is_file(context: Context) -> Iterator[Finding]:
    """Helm takes such a file for any other file of the chart."""
    for _, chart in _charts(context):
        for file in chart.files:
            if file.name in _FOLDERS:
                yield folder_is_file.finding(
                    f"`{file.name}` of chart `{chart.name}` is a file, not a folder",
                    _whole(file, "file"),
                    effect=Effect("Helm renders nothing of it"),
                    hint=f"make `{file.name}/` a folder and move the content into it",
                    key=file.name,
                )


@rule(
    "HLM036",
    "template-extension",
    "A file in templates/ that is no .yaml, .yml, .tpl or .txt: Helm renders it as a manifest all the same.",
    severity="warning",
    precision="very-high",
    tags=("helm", "template"),
)
def template_extension(context: Context) -> Iterator[Finding]:
    """Of the chart itself, not of its subcharts; .helmignore takes such files away."""
    for rendered, chart in _charts(context):
        for file in chart.templates:
            ending = os.path.splitext(file.name)[1]
            if ending in _EXTENSIONS:
                continue
            output = rendered.files.get(f"{chart.full_path()}/{file.name}")
            sent = output is not None and bool(output.text.strip())
            what = "its text is sent to Kubernetes as a manifest" if sent else "nothing of it is installed"
            has = f"has the extension `{ending}`" if ending else "has no extension"
            yield template_extension.finding(
                f"template `{file.name}` {has}: {what}",
                _whole(file, "template"),
                severity="warning" if sent else "note",
                effect=Effect("`helm lint` fails" + ("; so does the installation if it is no YAML" * sent)),
                hint="rename it to .yaml or .tpl, move it out of templates/, or list it in .helmignore",
                key=file.name,
            )


@rule(
    "HLM037",
    "rendered-text-indented",
    "A template whose output begins with an indented line.",
    severity="warning",
    precision="high",
    tags=("helm", "template"),
)
def rendered_text_indented(context: Context) -> Iterator[Finding]:
    """Helm cuts the indentation off the first line only; a comment there is harmless and passed over."""
    for rendered, chart in _charts(context):
        for file in chart.templates:
            output = rendered.files.get(f"{chart.full_path()}/{file.name}")
            if output is None or not file.name.endswith(_RENDERED):
                continue
            line = next((line for line in output.text.split("\n") if line.strip()), "")
            if line[:1] in (" ", "\t") and not line.lstrip().startswith("#"):
                yield rendered_text_indented.finding(
                    f"the output of `{file.name}` begins with an indented line: `{line.strip()[:60]}`",
                    _first_text(output.source.text, file),
                    effect=Effect("Helm trims this line and not the ones below: keys change their level"),
                    hint="trim the white space before it: `{{-` takes away what stands before an action",
                    key=file.name,
                )


def _first_text(template: str, file: ChartFile) -> Place:
    """The first line of the template with text of its own."""
    lines = template.split("\n")
    number = next((at for at, line in enumerate(lines, 1) if line[:1] in (" ", "\t") and line.strip()), 1)
    return at_line(file.source("template"), number)


@rule(
    "HLM038",
    "subchart-undeclared",
    "A chart in charts/ that Chart.yaml does not declare.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart", "dependency"),
)
def subchart_undeclared(context: Context) -> Iterator[Finding]:
    """Helm renders it all the same."""
    for _, chart in _charts(context):
        declared = _declared(chart)
        for sub in chart.dependencies:
            if sub.name in declared or _is_file_name(sub, declared):
                continue
            yield subchart_undeclared.finding(
                f"chart `{sub.name}` lies in `charts/` and is not declared in Chart.yaml",
                at_key(origin_of(sub.document, "name"), sub.manifest, "rendered all the same"),
                at_key(origin_of(chart.document, "dependencies"), chart.manifest),
                effect=Effect("`helm lint` fails; no condition and no tag can switch the subchart off"),
                hint=f"add `- name: {sub.name}` with `version: {sub.metadata.version}` to `dependencies` "
                "of Chart.yaml, or delete the chart",
                key=sub.name,
            )


def _declared(chart: Chart) -> set[str]:
    """Names and aliases of all declared dependencies, enabled or not."""
    found: set[str] = set()
    for document in (chart.document, chart.requirements):
        entries = None if document is None else document.get("dependencies")
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict):
                found |= {text(entry.get("name")), text(entry.get("alias"))}
    return found


def _is_file_name(sub: Chart, declared: set[str]) -> bool:
    """True for a subchart that was renamed to an alias while dependencies were processed."""
    return text(sub.document.get("name")) in declared


@rule(
    "HLM039",
    "crd-folder-other-object",
    "An object in crds/ that is no CustomResourceDefinition.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart", "crd"),
)
def crd_folder_other_object(context: Context) -> Iterator[Finding]:
    """Whatever lies in crds/ is installed once, before everything else, and never upgraded or deleted."""
    for rendered, chart in _charts(context):
        for name, file in rendered.crds:
            if not name.startswith(f"{chart.full_path()}/crds/"):
                continue
            source = file.source("manifest")
            for document in documents_of_source(source)[0]:
                kind, version = (text(document.value.get(key)) for key in ("kind", "apiVersion"))
                if not kind or kind == CUSTOM_RESOURCE_DEFINITION.kind:
                    continue
                yield crd_folder_other_object.finding(
                    f"`{file.name}` holds a {kind} ({version}); "
                    "only CustomResourceDefinitions belong in crds/",
                    Place(document, ("kind",), "no CustomResourceDefinition"),
                    effect=Effect("Helm never upgrades and never deletes it"),
                    hint="move it to `templates/`",
                    key=f"{file.name}/{kind}",
                )


RULES: tuple[Rule, ...] = (
    templates_missing,
    folder_is_file,
    template_extension,
    rendered_text_indented,
    subchart_undeclared,
    crd_folder_other_object,
)
