"""Chart.yaml: what `helm lint` says of it beyond what keeps a chart from loading.

The fact guarded here: Helm drops keys it does not know and takes loose versions, so a slip in Chart.yaml
is silent until a repository, a registry or a newer Helm reads the chart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshlint.helm.chart import Chart
from meshlint.helm.metadata import SHAPES
from meshlint.helm.problems import at_file, at_key
from meshlint.rules.rule import Context, Rule, rule
from meshlint.rules.spelling import meant
from meshlint.text.finding import Effect, Finding, Place
from meshlint.text.origin import KeyOrigin
from meshlint.text.pattern import lazy
from meshlint.yamldoc.tracked import origin_of

_SEMVER = lazy(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
    r"(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?"
)
_PARTS = lazy(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(.*)")
_EMAIL = lazy(r"[^@\s<>,;]+@[^@\s.]+(?:\.[^@\s.]+)+")
_URL = lazy(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_ONLY_V2 = ("type", "dependencies")
_LEGACY = {
    "engine": "Helm 2 read it, nobody does since",
    "tillerVersion": "there is no Tiller since Helm 3",
}


def _charts(context: Context) -> Iterator[Chart]:
    """The charts that were asked for, without their subcharts: those are somebody else's to mend."""
    return (rendered.chart for rendered in context.charts)


def _at(chart: Chart, key: str, label: str = "") -> Place:
    """The place of a top-level key of Chart.yaml; of the file if it is absent."""
    return at_key(origin_of(chart.document, key), chart.manifest, label)


def _written(chart: Chart, key: str) -> str:
    value = chart.document.get(key)
    return value if isinstance(value, str) else ""


# ------------------------------------------------------------------------------------------- unknown keys


@rule(
    "HLM026",
    "chart-field-unknown",
    "A key of Chart.yaml that Helm does not know: it drops it without a word.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def chart_field_unknown(context: Context) -> Iterator[Finding]:
    """A misspelt key is a warning; a key of somebody's own, which reaches nobody, a note."""
    for chart in _charts(context):
        for container, key, known, where in _unknown(chart):
            near = meant(key, known)
            legacy = _LEGACY.get(key, "")
            own = "put facts of your own below `annotations`"
            yield chart_field_unknown.finding(
                f"`{where}{key}` of Chart.yaml is no field of a chart" + (f": {legacy}" if legacy else ""),
                at_key(origin_of(container, key), chart.manifest, "dropped by Helm"),
                severity="warning" if near else "note",
                effect=Effect("Helm ignores the key and its value"),
                hint=f"write `{near}`" if near else "remove it" if legacy else own,
                key=f"{where}{key}",
            )


def _unknown(chart: Chart) -> Iterator[tuple[Any, str, tuple[str, ...], str]]:
    """(mapping, key, the keys that are known there, path before it) for each key Helm drops."""
    shape = SHAPES["4"].fields
    for key, value in chart.document.items():
        if key.lower() not in {name.lower() for name in shape}:
            yield chart.document, key, tuple(shape), ""
        if key not in ("maintainers", "dependencies") or not isinstance(value, list):
            continue
        element = shape[key].item
        fields = element.fields if element is not None else {}
        for index, item in enumerate(value):
            for inner in item if isinstance(item, dict) else ():
                if inner.lower() not in {name.lower() for name in fields}:
                    yield item, inner, tuple(fields), f"{key}[{index}]."


# ---------------------------------------------------------------------------------- maintainers and links


@rule(
    "HLM027",
    "maintainer-invalid",
    "A maintainer in Chart.yaml without a name, or with an address that is none.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def maintainer_invalid(context: Context) -> Iterator[Finding]:
    """Each maintainer requires a name; email and url are optional."""
    for chart in _charts(context):
        entries = chart.document.get("maintainers")
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            for key, what, hint in _maintainer_faults(entry):
                origin = origin_of(entry, key) or origin_of(entries, index)
                yield maintainer_invalid.finding(
                    f"maintainer {index} of Chart.yaml {what}",
                    at_key(origin, chart.manifest),
                    effect=Effect("`helm lint` fails; registries show no maintainer, or a dead link"),
                    hint=hint,
                    key=f"{index}/{key}",
                )


def _maintainer_faults(entry: Any) -> Iterator[tuple[str, str, str]]:
    """(key, what is wrong, what to type)."""
    if not isinstance(entry, dict):
        return
    name, email, url = (entry.get(key) or "" for key in ("name", "email", "url"))
    if not name:
        yield "name", "has no name", "write `name: ...`"
    if isinstance(email, str) and email and not _EMAIL.fullmatch(email):
        yield "email", f"has the email `{email}`, which is no address", "write `email: name@example.com`"
    if isinstance(url, str) and url and not _URL.fullmatch(url):
        yield "url", f"has the url `{url}`, which has no scheme", f"write `url: https://{url.lstrip('/')}`"


@rule(
    "HLM028",
    "chart-url-invalid",
    "A source or icon of Chart.yaml that is no URL.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def chart_url_invalid(context: Context) -> Iterator[Finding]:
    """`sources` and `icon` need a scheme; a path within the repository is no icon for anybody else."""
    for chart in _charts(context):
        for container, key, name, url in _links(chart):
            if isinstance(url, str) and url and not _URL.fullmatch(url):
                yield chart_url_invalid.finding(
                    f"`{url}` in `{name}` of Chart.yaml is no URL",
                    at_key(origin_of(container, key), chart.manifest, "no scheme"),
                    effect=Effect("`helm lint` fails; nobody can follow the link"),
                    hint=f"write `https://{url.lstrip('./')}`" if "." in url else "write a URL with https://",
                    key=f"{name}/{url}",
                )


def _links(chart: Chart) -> Iterator[tuple[Any, str | int, str, Any]]:
    """(container, key in it, field, value) of each link."""
    sources = chart.document.get("sources")
    for index, url in enumerate(sources if isinstance(sources, list) else ()):
        yield sources, index, "sources", url
    yield chart.document, "icon", "icon", chart.document.get("icon")


# ------------------------------------------------------------------------------------------------ versions


@rule(
    "HLM029",
    "chart-field-needs-v2",
    "A chart with apiVersion v1 that uses a field of apiVersion v2.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def chart_field_needs_v2(context: Context) -> Iterator[Finding]:
    """`type` and `dependencies` in Chart.yaml came with v2."""
    for chart in _charts(context):
        if _written(chart, "apiVersion") != "v1":
            continue
        for key in _ONLY_V2:
            if chart.document.get(key):
                yield chart_field_needs_v2.finding(
                    f"Chart.yaml has apiVersion v1 and `{key}`, which came with v2",
                    _at(chart, key, "needs v2"),
                    Place(_at(chart, "apiVersion").target, label="v1", role="cause"),
                    effect=Effect("`helm lint` fails, and Helm 2 tools ignore the field"),
                    hint="write `apiVersion: v2`",
                    key=key,
                )


@rule(
    "HLM030",
    "chart-api-version-missing",
    "A Chart.yaml without apiVersion.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart"),
)
def chart_api_version_missing(context: Context) -> Iterator[Finding]:
    """Helm takes such a chart for v1."""
    for chart in _charts(context):
        if chart.document and not chart.document.get("apiVersion"):
            first = next(iter(chart.document))
            yield chart_api_version_missing.finding(
                "Chart.yaml has no `apiVersion`: Helm takes it for v1",
                _at(chart, first),
                effect=Effect("`helm lint` and `helm package` fail"),
                hint="add `apiVersion: v2`",
                key="apiVersion",
            )


@rule(
    "HLM031",
    "chart-version-not-semver",
    "A chart version that is not MAJOR.MINOR.PATCH.",
    severity="warning",
    precision="very-high",
    tags=("helm", "chart", "version"),
)
def chart_version_not_semver(context: Context) -> Iterator[Finding]:
    """Helm reads `1.2` and `v1.2.0` leniently; registries and Helm's own lint do not."""
    for chart in _charts(context):
        version = _written(chart, "version")
        if not version or (_SEMVER.fullmatch(version) and version != "0.0.0-0"):
            continue
        instead = _strict(version)
        yield chart_version_not_semver.finding(
            f"version `{version}` of Chart.yaml is no semantic version MAJOR.MINOR.PATCH",
            _at(chart, "version"),
            effect=Effect("`helm lint` warns; registries that follow OCI or SemVer 2 refuse the chart"),
            hint=f"write `version: {instead}`"
            if instead
            else "write three numbers, such as `version: 1.0.0`",
            key="version",
        )


@rule(
    "HLM040",
    "chart-version-is-number",
    "A version in Chart.yaml without quotes that YAML reads as a number.",
    precision="very-high",
    tags=("helm", "chart", "version"),
)
def chart_version_is_number(context: Context) -> Iterator[Finding]:
    """An error if the number reads differently: 1.10 is 1.1."""
    for chart in _charts(context):
        known = chart.metadata
        for key, read in (("version", known.version), ("appVersion", known.app_version)):
            value, origin = chart.document.get(key), origin_of(chart.document, key)
            if type(value) not in (int, float) or not isinstance(origin, KeyOrigin):
                continue
            written = origin.source.text[origin.value_start : origin.value_end]
            changed = read != written
            yield chart_version_is_number.finding(
                f"`{key}: {written}` of Chart.yaml is a number, which Helm reads as `{read}`",
                _at(chart, key, f"read as {read}"),
                severity="error" if changed else "warning",
                effect=Effect(
                    f"image tags and labels made of it say {read}" if changed else "`helm lint` fails"
                ),
                hint=f'write `{key}: "{written}"`',
                key=key,
            )


def _strict(version: str) -> str:
    """The version as SemVer 2 would have it, "" if that takes a guess."""
    found = _PARTS.fullmatch(version)
    if found is None or version == "0.0.0-0":
        return ""
    numbers = ".".join(str(int(part or 0)) for part in found.groups()[:3])
    candidate = numbers + found[4]
    return candidate if _SEMVER.fullmatch(candidate) else ""


# ---------------------------------------------------------------------------------------- matters of taste


@rule(
    "HLM032",
    "icon-missing",
    "A chart without an icon.",
    severity="note",
    precision="low",
    tags=("helm", "chart", "style", "opt-in"),
)
def icon_missing(context: Context) -> Iterator[Finding]:
    """`helm lint` recommends one; only catalogues show it."""
    for chart in _charts(context):
        if not chart.document.get("icon") and chart.document:
            yield icon_missing.finding(
                "Chart.yaml has no `icon`",
                at_file(chart.manifest),
                hint="add `icon: https://...` if the chart is published in a catalogue",
                key="icon",
            )


@rule(
    "HLM033",
    "values-file-missing",
    "A chart without values.yaml.",
    severity="note",
    precision="low",
    tags=("helm", "chart", "style", "opt-in"),
)
def values_file_missing(context: Context) -> Iterator[Finding]:
    """Helm needs none; people look there for what can be set."""
    for chart in _charts(context):
        if chart.values_file is None:
            yield values_file_missing.finding(
                f"chart `{chart.name}` has no values.yaml",
                at_file(chart.manifest),
                hint="add a values.yaml that shows what can be set, even if all of it is commented out",
                key="values.yaml",
            )


RULES: tuple[Rule, ...] = (
    chart_field_unknown,
    maintainer_invalid,
    chart_url_invalid,
    chart_field_needs_v2,
    chart_api_version_missing,
    chart_version_not_semver,
    chart_version_is_number,
    icon_missing,
    values_file_missing,
)
