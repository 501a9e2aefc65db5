"""Room: command line. The flags of the linting commands, in sections, and the LintOptions they make."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from meshlint.options import EXPLORE_MAX, FAIL_ON, Kind, LintOptions
from meshlint.text.finding import PRECISIONS, SEVERITIES

Command = TypeVar("Command", bound=Callable[..., Any])


class Flag(click.Option):
    """An option that knows the section of the help page it belongs to."""

    def __init__(self, *args: Any, section: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class Sectioned(click.Command):
    """A command whose help page lists its options by section."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One list per section, in the order the options were declared."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            row = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if row is not None:
                sections.setdefault(getattr(parameter, "section", "") or GENERAL, []).append(row)
        sections[GENERAL] = sections.pop(GENERAL, [])  # last
        for name, rows in sections.items():
            with formatter.section(name):
                formatter.write_dl(rows)


def _flag(section: str, *names: str, **settings: Any) -> Callable[[Command], Command]:
    return click.option(*names, cls=Flag, section=section, **settings)


def _many(section: str, *names: str, metavar: str, about: str) -> Callable[[Command], Command]:
    return _flag(section, *names, multiple=True, metavar=metavar, help=about)


RELEASE = "Release (as helm template)"
SETS = "Value sets and other inputs"
MESH = "Mesh"
SELECTION = "Rules"
OUTCOME = "Outcome"
OUTPUT = "Output"
GENERAL = "General"

release_flags = (
    _many(RELEASE, "-f", "--values", metavar="FILE", about="Values file; later ones win."),
    _many(RELEASE, "--set", "set_values", metavar="KEY=VALUE", about="Set a value."),
    _many(RELEASE, "--set-string", "set_strings", metavar="KEY=TEXT", about="Set a string."),
    _many(RELEASE, "--set-file", "set_files", metavar="KEY=FILE", about="Set a value to a file's text."),
    _many(RELEASE, "--set-json", "set_jsons", metavar="KEY=JSON", about="Set a value to JSON."),
    _many(RELEASE, "--set-literal", "set_literals", metavar="KEY=TEXT", about="Set a string, no escapes."),
    _flag(RELEASE, "-n", "--namespace", metavar="NAME", help="Namespace of the release."),
    _flag(RELEASE, "--kube-version", metavar="VERSION", help="Kubernetes version for Capabilities."),
    _many(RELEASE, "-a", "--api-versions", metavar="API", about="Further API versions for Capabilities."),
    _flag(RELEASE, "--is-upgrade", is_flag=True, help="Set .Release.IsUpgrade instead of .IsInstall."),
    _flag(
        RELEASE,
        "--helm-compat",
        type=click.Choice(["3", "4"]),
        default="4",
        show_default=True,
        help="Render as this major version of Helm.",
    ),
)

# What scripts may pass to `helm template`, where it has no effect either.
WITHOUT_EFFECT = ("--skip-crds", "--create-namespace", "--disable-openapi-validation", "--no-color")

render_flags = (
    _flag(RELEASE, "--name-template", metavar="TEMPLATE", default="", help="Template that makes the name."),
    # --generate-name: as in Helm it changes nothing here, but forbids a name.
    _flag(RELEASE, "-g", "--generate-name", is_flag=True, hidden=True),
    _flag(RELEASE, "--include-crds", is_flag=True, help="Print the chart's CRDs too."),
    *(_flag(RELEASE, name, is_flag=True, hidden=True, expose_value=False) for name in WITHOUT_EFFECT),
    _flag(RELEASE, "--skip-tests", is_flag=True, help="Leave out helm test hooks."),
    _flag(RELEASE, "--no-hooks", is_flag=True, help="Leave out all hooks."),
    _flag(RELEASE, "--skip-schema-validation", "skip_schema", is_flag=True, help="Do not check values."),
    _flag(RELEASE, "--allow-random", is_flag=True, help="Real random numbers, keys and time, as Helm has."),
    _many(OUTPUT, "-s", "--show-only", metavar="TEMPLATE", about="Only these templates."),
    _flag(OUTPUT, "--origins", is_flag=True, help="Show where each line came from."),
    _flag(OUTPUT, "--output-dir", metavar="DIR", help="Write a file per template."),
    _flag(
        OUTPUT, "--release-name", "in_release_dir", is_flag=True, help="The release name below --output-dir."
    ),
    _flag(OUTPUT, "--debug", is_flag=True, help="Print files that are no YAML as they are."),
    _flag(OUTPUT, "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours."),
)

lint_flags = (
    _flag(RELEASE, "--release-name", metavar="NAME", help="Release name; default: the chart's name."),
    *release_flags,
    _flag(RELEASE, "--include-crds/--skip-crds", default=True, help="Look at the chart's crds/ too."),
    _flag(RELEASE, "--skip-tests/--with-tests", default=True, help="Leave out helm test hooks."),
    _many(SETS, "--values-set", "use_sets", metavar="NAME", about="Lint with this value set only."),
    _flag(SETS, "--no-auto-values", is_flag=True, help="Do not look for ci/*-values.yaml, values-*.yaml."),
    _flag(SETS, "--explore", is_flag=True, help="Also try values that switch branches of the templates."),
    _flag(
        SETS,
        "--explore-max",
        type=click.IntRange(min=1),
        help=f"Most variants to try for one chart; default: {EXPLORE_MAX}.",
    ),
    _many(SETS, "--with", "with_paths", metavar="PATH", about="Further input of the same mesh, linted too."),
    _many(SETS, "--context", "context_paths", metavar="PATH", about="Objects known to exist, not linted."),
    _many(
        SETS,
        "--dependency-path",
        "dependency_paths",
        metavar="PATH",
        about="Charts that supply dependencies which are not in charts/.",
    ),
    _many(SETS, "--exclude", metavar="GLOB", about="Leave out paths."),
    _flag(SETS, "--stdin-filename", default="<stdin>", metavar="NAME", help="Name for stdin in findings."),
    _flag(SETS, "--config", metavar="FILE", help="Configuration file; default: the nearest .meshlint.yaml."),
    _flag(SETS, "--isolated", is_flag=True, help="Read no configuration file."),
    _flag(MESH, "--profile", metavar="VERSION", help="Istio version of the mesh, such as 1.24."),
    _flag(MESH, "--mesh-mode", type=click.Choice(["sidecar", "ambient", "auto"]), help="Data plane."),
    _flag(MESH, "--cluster-domain", metavar="DOMAIN", help="Default: cluster.local."),
    _flag(MESH, "--root-namespace", metavar="NAME", help="Default: istio-system."),
    _flag(
        MESH, "--outbound-policy", type=click.Choice(["allow-any", "registry-only"]), help="Unknown hosts."
    ),
    _flag(
        MESH, "--mtls", type=click.Choice(["strict", "permissive", "disable"]), help="Mode of the whole mesh."
    ),
    _many(MESH, "--assume-injected", metavar="NAMESPACE", about="Pods there get a sidecar; `all` for all."),
    _many(
        MESH, "--closed-namespace", "closed_namespaces", metavar="NAME", about="All of it is in the input."
    ),
    _many(SELECTION, "--select", metavar="CODES", about="Only these: codes, names, prefixes, tags, IST/KIA."),
    _many(SELECTION, "--extend-select", metavar="CODES", about="These as well."),
    _many(SELECTION, "--ignore", metavar="CODES", about="Not these."),
    _flag(
        SELECTION,
        "--severity",
        "min_severity",
        type=click.Choice(list(SEVERITIES)),
        help="Lowest severity shown.",
    ),
    _flag(
        SELECTION,
        "--precision",
        "min_precision",
        type=click.Choice(list(PRECISIONS)),
        help="Lowest precision shown.",
    ),
    _flag(SELECTION, "--strict", is_flag=True, help="References outside the input become warnings."),
    _flag(
        OUTCOME, "--fail-on", type=click.Choice(list(FAIL_ON)), help="Exit 1 from here on; default: error."
    ),
    _flag(OUTCOME, "--exit-zero", is_flag=True, help="The same as --fail-on never."),
    _flag(OUTCOME, "--allow-empty", is_flag=True, help="Nothing to lint is no failure."),
)

output_flags = (
    _many(
        OUTPUT,
        "--format",
        "formats",
        metavar="FORMAT",
        about="full, concise, json, sarif, ... or template:FILE.",
    ),
    _many(OUTPUT, "--out", "outs", metavar="FORMAT=FILE", about="Write a further format to a file."),
    _flag(OUTPUT, "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colours."),
    _flag(
        OUTPUT,
        "--annotations/--no-annotations",
        default=None,
        help="GitHub annotations; default: in Actions.",
    ),
    _flag(OUTPUT, "--show-suppressed", is_flag=True, help="Show accepted findings too."),
    _flag(OUTPUT, "-q", "--quiet", is_flag=True, help="No closing lines."),
    _flag(
        OUTPUT,
        "-v",
        "--verbose",
        is_flag=True,
        help="Tracebacks, repeated findings one by one, and all that was not checked.",
    ),
)


def flagged(flags: Iterable[Callable[[Any], Any]]) -> Callable[[Command], Command]:
    """A decorator that adds the flags in the order given."""

    def decorate(function: Command) -> Command:
        for flag in reversed(tuple(flags)):
            function = flag(function)
        return function

    return decorate


def listed(texts: Iterable[str]) -> tuple[str, ...]:
    """The items of flags that take comma-separated lists, as Helm reads --values and --api-versions."""
    found: list[str] = []
    for text in texts:
        if '"' in text:
            import csv

            found.extend(next(csv.reader([text])))
        elif text:
            found.extend(text.split(","))
    return tuple(found)


LISTS = ("select", "extend_select", "ignore")


def lint_options(paths: Iterable[str], kind: Kind, flags: dict[str, Any]) -> LintOptions:
    """The LintOptions of the flags' values; comma-separated codes are split."""
    known = {name: value for name, value in flags.items() if name in LintOptions._fields}
    for name in LISTS:
        known[name] = tuple(code.strip() for text in known[name] for code in text.split(",") if code.strip())
    if flags["exit_zero"]:
        known["fail_on"] = "never"
    known["values"] = listed(flags["values"])
    known["api_versions"] = listed(flags["api_versions"])
    known["helm_compat"] = int(flags["helm_compat"])
    known["auto_values"] = not flags["no_auto_values"]
    return LintOptions(paths=tuple(paths), kind=kind, **known)
