"""Room: command line. `meshlint hook FILES...`, the pre-commit entry: lints what the files belong to."""

from __future__ import annotations

from typing import Any

import click

from meshlint.cli.changes import Changes, any_relevant, deleted
from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options, output_flags
from meshlint.cli.linting import lint_paths
from meshlint.report.result import EXIT_OK


@click.command(cls=Sectioned)
@click.argument("files", nargs=-1, metavar="[FILE]...")
@click.option("--charts-only", is_flag=True, help="Leave out manifests outside of charts.")
@flagged((*lint_flags, *output_flags))
def hook(files: tuple[str, ...], charts_only: bool, **flags: Any) -> int:
    """Lint the charts and manifests that changed files belong to, each once.

    A file of a subchart also stands for the charts that contain it or depend on it by file://; the
    files that the commit deletes count too. Nothing relevant is no failure.
    """
    changes = Changes(charts_only)
    if not any_relevant(files):
        return EXIT_OK
    for path in (*files, *deleted()):
        changes.add(path)
    targets = changes.targets()
    if not targets:
        return EXIT_OK
    return lint_paths(lint_options(targets, "auto", {**flags, "allow_empty": True}), flags)
