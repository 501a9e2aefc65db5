"""Suite helm-charts: public charts with the exact output of `helm template` (helm/charts, helm/golden)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from meshlint.helm.chart import Chart
from meshlint.helm.loader import load_chart
from meshlint.helm.problems import RenderError
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from tests.conformance.suite import Case, first_difference


def run(root: Path, compat: str) -> list[Case]:
    cases = []
    for path, entry, golden in entries(root, compat):
        name = f"{path.name}/{entry['case']}"
        cases.append(Case(name, path.name.split("__")[0], difference(path, entry, golden, compat)))
    return cases


def entries(root: Path, compat: str) -> Iterator[tuple[Path, dict[str, Any], Path]]:
    """(chart directory, case, golden file) of every case."""
    helm = root / "helm"
    for chart in json.loads((helm / "charts" / "index.json").read_text(encoding="utf-8")):
        for case in chart["cases"]:
            golden = case.get(f"v{compat}", {}).get("golden")
            if golden:
                yield helm / chart["chart"], case, helm / golden


def difference(path: Path, case: dict[str, Any], golden: Path, compat: str) -> str:
    expected = golden.read_bytes().decode("utf-8", "surrogateescape")
    try:
        got = rendered(load_chart(str(path), compat), path, case, compat).output()
    except RenderError as fault:
        got = f"Error: {fault}"
    except Exception as fault:  # a bug of ours: one failed case, not the end of the run
        got = f"{type(fault).__name__}: {fault}"
    return first_difference(expected, got)


def rendered(chart: Chart, path: Path, case: dict[str, Any], compat: str) -> Rendered:
    """The chart rendered as the case says. Raises RenderError."""
    scenario = Scenario(
        values_files=[str(path / case["values"])] if case.get("values") else [],
        release=case["release"],
        namespace=case["namespace"],
        kube_version=case.get("kube_version"),
        compat="3" if compat == "3" else "4",
    )
    return render_chart(chart, scenario, strict=True)
