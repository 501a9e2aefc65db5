"""The charts under tests/fixtures/helm: what each case asks for, and what real Helm answered.

A fixture has one chart and several cases; a case directory holds case.json (what to render with) and either
expected.yaml (the stream) or error.txt (the text after "Error: ").
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from meshlint.helm.loader import load_chart
from meshlint.helm.manifests import show_only
from meshlint.helm.problems import RenderError
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.text.source import Source

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "helm"
KUBE_VERSION = "v1.34.0"


class FixtureCase(NamedTuple):
    """One case: its directory, its chart, what it is rendered with."""

    directory: Path
    chart: Path
    wanted: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.directory.parent.name}/{self.directory.name}"

    @property
    def release(self) -> str:
        return str(self.wanted.get("release", "rel"))

    def expected(self) -> str:
        """The recorded stream, or "Error: " and the recorded text."""
        stream = self.directory / "expected.yaml"
        if stream.exists():
            return stream.read_text(encoding="utf-8")
        return (self.directory / "error.txt").read_text(encoding="utf-8")


def cases() -> list[FixtureCase]:
    found = []
    for file in sorted(FIXTURES.glob("*/*/case.json")):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        found.append(FixtureCase(file.parent, file.parent.parent / "chart", wanted))
    return found


def scenario(case: FixtureCase) -> Scenario:
    wanted = case.wanted
    text = wanted.get("values_text")
    return Scenario(
        values_files=[] if text is None else [Source("values-user.yaml", text, "values")],
        set=wanted.get("set"),
        set_json=wanted.get("set_json"),
        release=case.release,
        namespace="ns",
        kube_version=KUBE_VERSION,
        include_crds=wanted.get("include_crds", False),
    )


def rendered(case: FixtureCase) -> Rendered:
    """Strictly; raises RenderError."""
    return render_chart(load_chart(str(case.chart)), scenario(case), strict=True)


def output(case: FixtureCase) -> str:
    """What `meshlint render` prints for the case, errors included."""
    wanted = case.wanted
    try:
        stream = rendered(case).output(hooks=not wanted.get("no_hooks"), tests=not wanted.get("skip_tests"))
        return show_only(stream, wanted["show_only"]) if "show_only" in wanted else stream
    except RenderError as fault:
        return f"Error: {fault}\n"
