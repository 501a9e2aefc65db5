"""Room: command line. The table of commands, each loaded when it is called."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple

import click

from meshlint import __version__


class Entry(NamedTuple):
    """One command: its name, its line on the help page, and the function that loads it."""

    name: str
    about: str
    load: Callable[[], click.Command]


def _check() -> click.Command:
    from meshlint.cli.check import check

    return check


def _chart() -> click.Command:
    from meshlint.cli.check import chart

    return chart


def _manifests() -> click.Command:
    from meshlint.cli.check import manifests

    return manifests


def _render() -> click.Command:
    from meshlint.cli.render import render

    return render


def _rules() -> click.Command:
    from meshlint.cli.rules import rules

    return rules


def _explain() -> click.Command:
    from meshlint.cli.explain import explain

    return explain


def _hook() -> click.Command:
    from meshlint.cli.hook import hook

    return hook


def _trace() -> click.Command:
    from meshlint.cli.trace import trace

    return trace


def _xds() -> click.Command:
    from meshlint.cli.xds import xds

    return xds


def _graph() -> click.Command:
    from meshlint.cli.graph import graph

    return graph


def _coverage() -> click.Command:
    from meshlint.cli.coverage import coverage

    return coverage


def _schema() -> click.Command:
    from meshlint.cli.schema import schema

    return schema


def _completion() -> click.Command:
    from meshlint.cli.completion import completion

    return completion


COMMANDS: tuple[Entry, ...] = (
    Entry("check", "Lint charts and manifests below paths (also: meshlint PATH).", _check),
    Entry("chart", "Lint one or more charts.", _chart),
    Entry("manifests", "Lint manifest files, directories or stdin (-).", _manifests),
    Entry("render", "Print what `helm template` prints, or where each line came from.", _render),
    Entry("rules", "List the rules.", _rules),
    Entry("explain", "Show the page of a rule.", _explain),
    Entry("hook", "Lint what changed files belong to (pre-commit).", _hook),
    Entry("trace", "Walk a request through the mesh: listener to pods, or where it breaks.", _trace),
    Entry("xds", "Print the tables of `istioctl proxy-config`, predicted.", _xds),
    Entry("graph", "Draw the mesh: text, Mermaid, DOT, JSON or one HTML page.", _graph),
    Entry("coverage", "Show which template lines and branches no value set renders.", _coverage),
    Entry("schema", "Print the JSON schema of .meshlint.yaml.", _schema),
    Entry("completion", "Print a shell's completion script.", _completion),
)


class Commands(click.Group):
    """The group of lazily loaded commands; a misspelt one gets a suggestion."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names in the order of the table."""
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, loaded."""
        return next((entry.load() for entry in COMMANDS if entry.name == cmd_name), None)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; an unknown word is a usage error that names the nearest."""
        if args and args[0] not in self.list_commands(ctx):
            raise click.UsageError(f"no command and no path `{args[0]}`{did_you_mean(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The help page's list, without loading anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(entry.name, entry.about) for entry in COMMANDS])


def did_you_mean(word: str) -> str:
    """`; did you mean "check"?`, "" if no command is near."""
    from difflib import get_close_matches

    near = get_close_matches(word, [entry.name for entry in COMMANDS], n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 in order, 1 findings, 2 usage, 3 nothing to lint, 4 input not readable, 5 bug.",
)
@click.version_option(__version__, "-V", "--version", prog_name="meshlint")
@click.pass_context
def app(ctx: click.Context) -> None:
    """Static linter for Helm charts and Kubernetes manifests, Istio first."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def with_command(arguments: list[str]) -> list[str]:
    """The arguments with `check` put before a bare path or a flag of check."""
    if not arguments:
        return arguments
    first = arguments[0]
    if first in ("-h", "--help", "-V", "--version") or any(entry.name == first for entry in COMMANDS):
        return arguments
    is_path = first.startswith("-") or os.sep in first or "/" in first or os.path.exists(first)
    return ["check", *arguments] if is_path else arguments
