"""Small worlds for rule tests: files in a temporary folder, linted end to end."""

from __future__ import annotations

import os
from pathlib import Path

from meshlint.lint import lint
from meshlint.options import LintOptions
from meshlint.report.result import Report

CHART = "apiVersion: v2\nname: example\nversion: 0.1.0\n"

Found = tuple[str, str, int]  # (code, file name inside the world, 1-based line)


def is_chart(files: dict[str, str]) -> bool:
    """True if the files need a chart around them."""
    return any(name.startswith(("templates/", "charts/")) or name.endswith("Chart.yaml") for name in files)


def write(folder: Path, files: dict[str, str]) -> None:
    """The files below the folder; a chart without Chart.yaml gets one."""
    if is_chart(files):
        files = {"Chart.yaml": CHART, **files}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def run(folder: Path, files: dict[str, str], also: str = "ALL") -> Report:
    """The report of linting the files as one world by the default rules and those that `also` names."""
    write(folder, files)
    return lint(LintOptions(paths=(str(folder),), extend_select=(also,), isolated=True))


def found(report: Report, folder: Path, own: str = "") -> list[Found]:
    """What a report says, with file names inside the world, sorted.

    own   leave out what is of low precision, except findings of this rule; "": leave out nothing
    """
    rows = []
    for settled in report.open():
        finding, place = settled.finding, settled.primary
        if own and finding.precision == "low" and finding.code != own:
            continue
        name = os.path.relpath(os.path.join(os.getcwd(), place.source.path), folder)
        rows.append((finding.code, name.replace(os.sep, "/"), place.line))
    return sorted(rows)


def as_templates(files: dict[str, str]) -> dict[str, str]:
    """Plain manifests as the templates of a chart."""
    return {f"templates/{name}": text for name, text in files.items()}
