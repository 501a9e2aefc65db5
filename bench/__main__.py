"""`python -m bench [start|render|mesh]`: print the benchmark tables (all of them by default)."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from bench.charts import write_chart
from bench.mesh import table as mesh_table
from bench.timing import compare, table

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
    commands = {"meshlint render, 30 templates": [*MESHLINT, "render", str(chart)]}
    helm = shutil.which("helm")
    if helm:
        commands["helm template, 30 templates"] = [helm, "template", str(chart)]
    print(table(compare(commands)))


def mesh(folder: Path) -> None:  # noqa: ARG001 - needs no files
    """The mesh model at 1,000, 5,000 and 20,000 objects (1,000 us and 4,096 bytes each at most)."""
    print(mesh_table())


def main(names: list[str]) -> None:
    """Run the named benchmarks."""
    benchmarks = {"start": start, "render": render, "mesh": mesh}
    for name in names or list(benchmarks):
        with tempfile.TemporaryDirectory() as folder:
            print(f"== {name}")
            benchmarks[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
