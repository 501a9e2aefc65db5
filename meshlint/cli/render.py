"""Room: command line. `meshlint render`: the text of `helm template`, or each of its lines with its origin.

Faults are Helm's: `Error: ...` on stderr and exit code 1, as scripts that call helm expect.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from meshlint.cli.flags import Sectioned, flagged, listed, release_flags, render_flags
from meshlint.cli.linting import to_stdout

if TYPE_CHECKING:
    from meshlint.helm.chart import Chart
    from meshlint.helm.render import Rendered
    from meshlint.helm.scenario import Scenario

FAILED = 1
DEBUG_HINT = "\n\nUse --debug flag to render out invalid YAML"
# The codes of faults that Helm meets while it renders: it adds the hint to these and to no others.
WHILE_RENDERING = ("HLM007", "HLM008", "HLM009", "HLM010", "HLM022", "HLM025")
KUBE_VERSION_REFUSED = "chart requires kubeVersion: "


class Printed(NamedTuple):
    """What a rendering prints: stdout, Helm's error or "", and what Helm goes on in spite of."""

    text: str
    error: str = ""
    warnings: tuple[str, ...] = ()


@click.command(cls=Sectioned)
@click.argument("names", nargs=-1, metavar="[NAME] CHART")
@flagged((*release_flags, *render_flags))
def render(names: tuple[str, ...], **flags: Any) -> int:
    """Print what `helm template [NAME] CHART` prints, byte for byte, without Helm and without a cluster.

    With --origins every line stands beside the template line that wrote it and the values it took.
    Missing dependencies are not downloaded; `lookup` finds nothing.
    """
    if not names:
        raise click.UsageError("render needs a chart: meshlint render [NAME] CHART")
    if len(names) > 2:
        raise click.UsageError(
            f"expected at most two arguments, unexpected arguments: {', '.join(names[2:])}"
        )
    printed = _print(names, flags)
    to_stderr("".join(f"warning: {text}\n" for text in printed.warnings))
    to_stdout(printed.text, people=False)
    if printed.error:
        sys.stdout.flush()
        to_stderr(f"Error: {printed.error}\n")
        return FAILED
    return 0


def to_stderr(text: str) -> None:
    """Write text that may hold broken UTF-8."""
    sys.stderr.write(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _scenario(names: tuple[str, ...], flags: dict[str, Any]) -> Scenario:
    from meshlint.helm.scenario import Scenario

    return Scenario(
        values_files=list(listed(flags["values"])),
        set=list(flags["set_values"]),
        set_string=list(flags["set_strings"]),
        set_json=list(flags["set_jsons"]),
        set_file=list(flags["set_files"]),
        set_literal=list(flags["set_literals"]),
        release=_release(names, flags),
        namespace=flags["namespace"] or os.environ.get("HELM_NAMESPACE") or "default",
        kube_version=flags["kube_version"],
        api_versions=list(listed(flags["api_versions"])),
        is_upgrade=flags["is_upgrade"],
        include_crds=flags["include_crds"],
        skip_schema=flags["skip_schema"],
        compat=flags["helm_compat"],
    )


def _release(names: tuple[str, ...], flags: dict[str, Any]) -> str:
    """The release's name. Raises RenderError for a name that is given twice."""
    from meshlint.helm.problems import RenderError

    if len(names) == 2:
        for flag in ("generate_name", "name_template"):
            if flags[flag]:
                raise RenderError(f"cannot set --{flag.replace('_', '-')} and also specify a name")
        return names[0]
    if flags["name_template"]:
        from meshlint.helm.releasename import templated_name

        return templated_name(flags["name_template"])
    return "release-name"


def _print(names: tuple[str, ...], flags: dict[str, Any]) -> Printed:
    from meshlint.helm.loader import load_chart
    from meshlint.helm.manifests import show_only
    from meshlint.helm.problems import RenderError
    from meshlint.helm.render import check_kube_version, render_chart

    path = names[-1]
    try:
        check_kube_version(flags["kube_version"], flags["helm_compat"])
        scenario = _scenario(names, flags)
    except RenderError as error:
        return Printed("", str(error))
    if not os.path.exists(path):
        return Printed("", _not_found(path))
    chart = load_chart(path, scenario.compat, outside_links=True)
    try:
        rendered = render_chart(chart, scenario, strict=True, real=flags["allow_random"])
        stream = rendered.output(hooks=not flags["no_hooks"], tests=not flags["skip_tests"])
    except RenderError as error:
        return _failed(str(error), chart, scenario, flags["debug"])
    if flags["output_dir"] is not None:
        from meshlint.cli.outputdir import write_files

        below = scenario.release if flags["in_release_dir"] else ""
        wrote = write_files(rendered, flags["output_dir"], below, flags)
        if flags["show_only"]:  # Helm looks for them in a stream from which the files are gone
            return Printed(wrote[:-1], f"could not find template {flags['show_only'][0]} in chart")
        return Printed(wrote, warnings=_warnings(rendered))
    try:
        if flags["show_only"]:
            stream = show_only(stream, flags["show_only"], scenario.compat)
    except RenderError as error:
        return Printed("", str(error))
    if flags["origins"]:
        from meshlint.cli.origins import annotated

        stream = annotated(stream, rendered, flags["color"])
    return Printed(stream, warnings=_warnings(rendered))


def _warnings(rendered: Rendered) -> tuple[str, ...]:
    """What Helm logs or does not even mention: values and declarations it ignores."""
    return tuple(dict.fromkeys(found.finding.message for found in rendered.problems))


def _not_found(path: str) -> str:
    """Helm's words for a chart that is not there; what looks like a repository name it would look up."""
    if path.startswith((".", "/")) or os.path.isabs(path):
        return f'path "{path}" not found'
    first, slash, _ = path.partition("/")
    if not slash:
        return f"non-absolute URLs should be in form of repo_name/path_to_chart, got: {path}"
    return f"repo {first} not found"


def _failed(text: str, chart: Chart, scenario: Scenario, debug: bool) -> Printed:
    """Helm's error; for faults of templates with its hint, or with --debug the files as they are."""
    from meshlint.helm.render import render_chart

    rendered = render_chart(chart, scenario)  # once more, without stopping: what kind of fault was it?
    codes = [
        found.finding.code for found in rendered.problems if found.fatal is not None and found.fatal in text
    ]
    manifest = text.startswith("YAML parse error on ")
    if not (
        manifest or text.startswith(KUBE_VERSION_REFUSED) or any(code in WHILE_RENDERING for code in codes)
    ):
        return Printed("", text)
    if not debug:
        return Printed("", text + DEBUG_HINT)
    return Printed(_as_they_are(rendered) if manifest else "", text)


def _as_they_are(rendered: Rendered) -> str:
    """Every rendered file, unsplit; Helm prints them in random order, here by name."""
    shown = [
        f"---\n# Source: {name}\n{file.text}\n"
        for name, file in sorted(rendered.files.items())
        if file.text.strip()
    ]
    return "".join(shown)
