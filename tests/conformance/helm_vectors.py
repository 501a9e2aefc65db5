"""Suite helm-vectors: small charts with what Helm's engines print for them (helm/vectors.jsonl)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from meshlint.gotemplate.gotype import sort_key
from meshlint.helm.chart import Chart, ChartFile
from meshlint.helm.loader import load_files
from meshlint.helm.problems import RenderError
from meshlint.helm.render import Rendered, render_chart
from meshlint.helm.scenario import Scenario
from meshlint.text.source import Source
from tests.conformance.suite import Case, first_difference

CHART = 'apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: "1.2.3"\n'
# The vectors were made with Helm's packages: these are words of its command line around them.
_ESCAPES = re.compile("[\\udc80-\\udcff]")  # broken UTF-8: the vectors' JSON has the replacement character
_COMMAND_LINE = re.compile(r"chart dependencies processing failed: |invalid kube version '.*?': ")


def run(root: Path, compat: str) -> list[Case]:
    with (root / "helm" / "vectors.jsonl").open(encoding="utf-8") as lines:
        return [verdict(json.loads(line), compat) for line in lines]


def verdict(vector: dict[str, Any], compat: str) -> Case:
    expected = vector["expect"] if compat == "4" else vector.get("expect_v3", vector["expect"])
    try:
        got = outcome(vector, compat)
    except Exception as fault:  # a bug of ours: one failed case, not the end of the run
        got = {"bug": f"{type(fault).__name__}: {fault}"}
    difference = first_difference(shown(expected), _ESCAPES.sub("\ufffd", shown(got)))
    return Case(vector["id"], vector["cat"], difference)


def shown(result: dict[str, Any]) -> str:
    if len(result) == 1 and isinstance(text := next(iter(result.values())), str):
        return f"{next(iter(result))}: {text}"
    return json.dumps(result, sort_keys=True, ensure_ascii=False)


def chart_of(vector: dict[str, Any], compat: str) -> Chart:
    files = {"Chart.yaml": CHART}
    if "template" in vector:
        files["templates/t.yaml"] = vector["template"]
    if "values" in vector:
        files["values.yaml"] = vector["values"]
    files.update(vector.get("files", {}))
    names = sorted(files, key=sort_key)
    listed = [ChartFile(name, f"c/{name}", files[name].encode("utf-8", "surrogateescape")) for name in names]
    return load_files(listed, "c", compat)


def scenario_of(vector: dict[str, Any], compat: str) -> Scenario:
    user_values = vector.get("user_values")
    return Scenario(
        values_files=[] if user_values is None else [Source("user-values.yaml", user_values, "values")],
        set=vector.get("set"),
        set_string=vector.get("set_string"),
        set_json=vector.get("set_json"),
        set_literal=vector.get("set_literal"),
        release=vector.get("release", "release-name"),
        namespace=vector.get("namespace", "default"),
        kube_version=vector.get("kube_version"),
        is_upgrade=vector.get("is_upgrade", False),
        include_crds=vector.get("include_crds", False),
        strict=vector.get("strict", False),
        compat="3" if compat == "3" else "4",
    )


def rendered_of(vector: dict[str, Any], compat: str) -> Rendered:
    """The rendered vector. Raises RenderError with the text the vector expects."""
    chart = chart_of(vector, compat)
    fatal = next((found.fatal for found in chart.problems if found.fatal is not None), None)
    if fatal is not None:
        raise RenderError(f"load: {fatal}")
    try:
        return render_chart(chart, scenario_of(vector, compat), strict=True, real=True)
    except RenderError as fault:
        raise RenderError(_COMMAND_LINE.sub("", str(fault), count=1)) from None


def outcome(vector: dict[str, Any], compat: str) -> dict[str, Any]:
    """What the vector expects: {"out"}, {"rendered"} or {"error"}."""
    mode = vector.get("mode", "")
    try:
        rendered = rendered_of(vector, compat)
        if mode == "manifest":
            return {"out": rendered.output()}
    except RenderError as fault:
        return {"error": str(fault)}
    if mode == "rendered":
        return {"rendered": {name: str(file.text) for name, file in rendered.files.items()}}
    file = rendered.files.get(f"{rendered.chart.name}/templates/t.yaml")
    return {"out": "" if file is None else str(file.text)}
