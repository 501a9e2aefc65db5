"""Explore room, listing: the coverage of a chart as text, as an annotated listing, and as data.

In: a ChartCoverage and the names of the value sets. Out: text; nothing is computed here but percentages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from meshlint.explore.coverage import Branch, ChartCoverage, FileCoverage

SCHEMA_VERSION = 1
_WIDTH = 9


def summary(path: str, names: Sequence[str], found: ChartCoverage) -> str:
    """For each file its lines and branches, and the branches never taken with what opens them."""
    lines = [f"{path}: {len(names)} value set{'' if len(names) == 1 else 's'} ({', '.join(names)})", ""]
    for file in found.files:
        if file.lines or file.branches:
            lines.append(f"{file.source.path}: {_shares(file)}")
            lines += [_branch(each) for each in file.never]
    lines += [f"subchart {name} is off{_opened(flags)}" for name, flags in found.off]
    return "\n".join([*lines, "", total(found)]) + "\n"


def total(found: ChartCoverage) -> str:
    """`lines 120 of 160 (75 %), branches 20 of 28 (71 %)`."""
    lines, rendered, branches, taken = totals(found)
    return (
        f"lines {rendered} of {lines} ({percent(rendered, lines)} %), "
        f"branches {taken} of {branches} ({percent(taken, branches)} %)"
    )


def totals(found: ChartCoverage) -> tuple[int, int, int, int]:
    """Lines, lines rendered, branches, branches taken."""
    return (
        sum(file.lines for file in found.files),
        sum(file.rendered for file in found.files),
        sum(file.branches for file in found.files),
        sum(file.taken for file in found.files),
    )


def percent(part: int, whole: int) -> int:
    """The share as a whole number, rounded down: 100 means all."""
    return 100 * part // whole if whole else 100


def _shares(file: FileCoverage) -> str:
    return f"{file.rendered} of {file.lines} lines, {file.taken} of {file.branches} branches"


def _branch(branch: Branch) -> str:
    inside = " (in a branch never taken)" if branch.inside else ""
    uncalled = "  <- no call of it" if branch.guard.startswith("define ") and not branch.flags else ""
    return f"  {branch.line}:{branch.column}  {branch.guard}{inside}{uncalled}{_opened(branch.flags)}"


def _opened(flags: tuple[str, ...]) -> str:
    return f"  <- {' '.join(flags)}" if flags else ""


def annotated(found: ChartCoverage) -> str:
    """Every line with the number of value sets that executed it: ##### for none, - if it writes nothing."""
    out = []
    for file in found.files:
        if not file.lines and not file.branches:
            continue
        out.append(f"{'-':>{_WIDTH}}:{0:>5}:{file.source.path}: {_shares(file)}")
        never = {branch.line: branch for branch in reversed(file.never)}
        for number, count in enumerate(file.counts, 1):
            text = file.source.line_text(number)
            if number == len(file.counts) and not text:
                continue
            mark = "-" if count is None else str(count) if count else "#####"
            out.append(f"{mark:>{_WIDTH}}:{number:>5}:{text}".rstrip())
            if number in never:
                branch = never[number]
                out.append(f"{'never':>{_WIDTH}}:     :{branch.guard}{_opened(branch.flags)}")
        out.append("")
    return "\n".join([*out, total(found)]) + "\n"


def data(path: str, names: Sequence[str], found: ChartCoverage) -> dict[str, Any]:
    """The coverage as plain data for JSON."""
    lines, rendered, branches, taken = totals(found)
    return {
        "schema_version": SCHEMA_VERSION,
        "chart": path,
        "value_sets": list(names),
        "totals": {"lines": lines, "rendered": rendered, "branches": branches, "taken": taken},
        "files": [_file(file) for file in found.files],
        "subcharts_off": [{"path": name, "opened_by": list(flags)} for name, flags in found.off],
    }


def _file(file: FileCoverage) -> dict[str, Any]:
    return {
        "file": file.source.path,
        "lines": file.lines,
        "rendered": file.rendered,
        "branches": file.branches,
        "taken": file.taken,
        "counts": file.counts,
        "never": [_never(branch) for branch in file.never],
    }


def _never(branch: Branch) -> dict[str, Any]:
    return {
        "line": branch.line,
        "column": branch.column,
        "guard": branch.guard,
        "inside": branch.inside,
        "opened_by": list(branch.flags),
    }
