"""Room: command line. `meshlint coverage`: what of a chart's templates its value sets render."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from meshlint.cli.flags import Sectioned, flagged, lint_flags, lint_options
from meshlint.report.result import EXIT_FINDINGS, EXIT_INPUT, EXIT_NOTHING, EXIT_OK

if TYPE_CHECKING:
    from meshlint.explore.coverage import ChartCoverage
    from meshlint.world import Portion


@click.command(cls=Sectioned)
@click.argument("path", metavar="CHART")
@click.option("--annotate", is_flag=True, help="Print the templates, each line with its count of value sets.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--fail-under", type=click.IntRange(0, 100), metavar="PERCENT", help="Exit 1 if fewer lines are rendered."
)
@flagged(lint_flags)
def coverage(path: str, annotate: bool, form: str, fail_under: int | None, **flags: Any) -> int:
    """Print which lines and branches of a chart's templates no value set renders.

    The value sets are those that linting takes: found by themselves, declared, or given with -f and --set;
    with --explore its variants count as well. `<-` names the flags that should open a branch.
    """
    from meshlint.cli.linting import to_stdout
    from meshlint.config import groups
    from meshlint.discover import discover
    from meshlint.explore import listing
    from meshlint.world import read

    failed, rows = False, []
    for options in groups(lint_options((path,), "chart", flags)):
        for target in discover(options).targets:
            portions = read(target, options)
            failed = failed or any(portion.failed for portion in portions)
            names, found = _covered(portions, options)
            if found is not None:
                rows.append((target.path, names, found))
    if not rows:
        sys.stderr.write(f"no chart in `{path}` that can be rendered\n")
        return EXIT_INPUT if failed else EXIT_NOTHING
    if form == "json":
        documents = [listing.data(*row) for row in rows]
        to_stdout(json.dumps(documents[0] if len(rows) == 1 else documents, indent=2) + "\n", False)
    else:
        texts = [listing.annotated(row[2]) if annotate else listing.summary(*row) for row in rows]
        to_stdout("\n".join(texts), True)
    if failed:
        return EXIT_INPUT
    low = [row for row in rows if _share(row[2]) < (fail_under or 0)]
    return EXIT_FINDINGS if low else EXIT_OK


def _share(found: ChartCoverage) -> int:
    from meshlint.explore.listing import percent, totals

    lines, rendered, _, _ = totals(found)
    return percent(rendered, lines)


def _covered(portions: list[Portion], options: Any) -> tuple[list[str], ChartCoverage | None]:
    """The names of what was rendered, and its coverage; None if nothing was."""
    from meshlint.exploration import variants
    from meshlint.explore.coverage import coverage as covered

    explored = variants(portions, options) if options.explore else []
    done = [each for each in (*portions, *explored) if each.rendered and each.rendered.executed is not None]
    names = [
        " ".join((each.scenario, *each.variant.flags)) if each.variant is not None else each.scenario
        for each in done
    ]
    charts = [each.chart for each in done if each.chart is not None]
    if not charts:
        return names, None
    return names, covered([each.rendered for each in done if each.rendered is not None], charts[0])
