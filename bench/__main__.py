"""`python -m bench [start|render|engine|mesh]`: print the benchmark tables (all of them by default)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench.charts import write_chart
from bench.mesh import table as mesh_table
from bench.timing import compare, in_process, ratio, table

OURS, OURS_SMALL = "meshlint render, 30 templates", "meshlint render, example"
HELMS, HELMS_SMALL = "helm template, 30 templates", "helm template, example"
MESHLINT = [sys.executable, "-m", "meshlint"]


def start(folder: Path) -> None:
    """The whole command, from start to report."""
    chart = write_chart(folder / "start")
    rows = compare(
        {
            "meshlint --version": [*MESHLINT, "--version"],
            "meshlint hook, nothing relevant": [*MESHLINT, "hook", "README.md"],
            "meshlint chart, example (12x at most)": [*MESHLINT, "chart", "examples/review-rating-chart"],
            "meshlint chart, 30 templates (22x at most)": [*MESHLINT, "chart", str(chart)],
        }
    )
    print(table(rows))


def render(folder: Path) -> None:
    """Rendering alone, beside the real helm where it is installed (2.0x its time at most)."""
    chart = write_chart(folder / "render")
    small = "examples/review-rating-chart"
    commands = {OURS: [*MESHLINT, "render", str(chart)], OURS_SMALL: [*MESHLINT, "render", small]}
    helm = shutil.which("helm")
    if helm:
        commands[HELMS] = [helm, "template", str(chart)]
        commands[HELMS_SMALL] = [helm, "template", small]
    rows = compare(commands)
    print(table(rows))
    if helm:
        print(f"30 templates: {ratio(rows, OURS, HELMS):.2f}x the time of helm template (2.0x at most)")
        print(f"example chart: {ratio(rows, OURS_SMALL, HELMS_SMALL):.2f}x the time of helm template")
    else:
        print("helm is not installed: rendering is not compared with it")


def engine(folder: Path) -> None:
    """The engine alone, in one process: milliseconds per chart and MB/s of rendered text."""
    from meshlint.helm.loader import load_chart
    from meshlint.helm.render import render_chart
    from meshlint.helm.scenario import Scenario

    chart = write_chart(folder / "engine")
    bare = compare({})[0].milliseconds
    print(f"{'stage':44} {'ms':>8} {'ratio':>7} {'MB/s':>6}")
    rendered = render_chart(load_chart(str(chart)), Scenario(), strict=True)
    size = len(rendered.output().encode()) / 1e6
    stages = {
        "load a chart": lambda: load_chart(str(chart)),
        "render it, 30 templates": lambda: render_chart(rendered.chart, Scenario(), strict=True),
        "split, sort and print": rendered.output,
        "all of it": lambda: render_chart(load_chart(str(chart)), Scenario(), strict=True).output(),
    }
    for name, stage in stages.items():
        seconds = in_process(stage)
        print(f"{name:44} {seconds * 1000:8.1f} {seconds * 1000 / bare:6.1f}x {size / seconds:6.1f}")
    print(f"{size * 1000:.0f} KB rendered; the ratio is to a bare interpreter's {bare:.1f} ms")


def mesh(folder: Path) -> None:  # noqa: ARG001 - needs no files
    """The mesh model by size (at most 1,000 us and 4,096 bytes per object, 1 ms per trace)."""
    print(mesh_table())


def main(names: list[str]) -> None:
    """Run the named benchmarks."""
    benchmarks = {"start": start, "render": render, "engine": engine, "mesh": mesh}
    for name in names or list(benchmarks):
        with tempfile.TemporaryDirectory() as folder:
            print(f"== {name}")
            benchmarks[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
