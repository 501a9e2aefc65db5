"""Room: command line. The linting commands: check, chart, manifests."""

from __future__ import annotations

from typing import Any

import click

from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options, output_flags
from meshlint.cli.linting import lint_paths


@click.command(cls=Sectioned)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@flagged((*lint_flags, *output_flags))
def check(paths: tuple[str, ...], **flags: Any) -> int:
    """Lint every chart and manifest below the paths (default: the working directory).

    A path is a chart directory, a packed chart (.tgz), a manifest file, a directory with any of
    these, or - for stdin. A file of a chart stands for its chart.
    """
    return lint_paths(lint_options(paths or (".",), "auto", flags), flags)


@click.command(cls=Sectioned)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@flagged((*lint_flags, *output_flags))
def chart(paths: tuple[str, ...], **flags: Any) -> int:
    """Lint charts: directories with a Chart.yaml, or packed charts (.tgz)."""
    return lint_paths(lint_options(paths, "chart", flags), flags)


@click.command(cls=Sectioned)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@flagged((*lint_flags, *output_flags))
def manifests(paths: tuple[str, ...], **flags: Any) -> int:
    """Lint Kubernetes manifests: files, directories, or - for stdin."""
    return lint_paths(lint_options(paths, "manifests", flags), flags)
