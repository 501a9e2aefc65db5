"""Charts in memory for tests: files by name, rendered with one call."""

from __future__ import annotations

import json
from typing import Any

from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.loader import load_files
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.text.source import Source

CHART_YAML = "apiVersion: v2\nname: c\nversion: 0.1.0\n"


def chart(files: dict[str, str | bytes], compat: str = "4") -> Chart:
    """A chart called `c` unless the files say otherwise."""
    everything: dict[str, str | bytes] = {"Chart.yaml": CHART_YAML, **files}
    listed = [
        ChartFile(name, f"c/{name}", text.encode() if isinstance(text, str) else text)
        for name, text in sorted(everything.items())
    ]
    return load_files(listed, "c", compat)


def fatal(loaded: Chart) -> str:
    """The first error with which Helm refuses the chart, "" if it loads."""
    return next((found.fatal for found in loaded.problems if found.fatal is not None), "")


def render(
    files: dict[str, str | bytes], *, values: str = "", strict: bool = False, **scenario: Any
) -> Rendered:
    """The files rendered; `values` is the text of a -f file."""
    tolerant = scenario.pop("tolerant", False)
    given = [Source("user.yaml", values, "values")] if values else []
    wanted = Scenario(values_files=[*given], **scenario)
    return render_chart(chart(files, wanted.compat), wanted, strict=strict, tolerant=tolerant)


def output(template: str, values: str = "", **scenario: Any) -> str:
    """What one template prints."""
    rendered = render({"templates/t.yaml": template, "values.yaml": values}, strict=True, **scenario)
    return str(rendered.files["c/templates/t.yaml"].text)


def shown(values: Any) -> Any:
    """A tracked tree as plain data."""
    return json.loads(json.dumps(values))
