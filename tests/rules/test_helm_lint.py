"""Whatever `helm lint` says of a chart, some rule says too: one small chart for each of its messages."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rules.worlds import run

CHART = "apiVersion: v2\nname: shop\nversion: 0.1.0\n"
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: review\n"
POD = (
    "    metadata: {labels: {app: review}}\n"
    "    spec: {containers: [{name: app, image: registry.example/a:1}]}\n"
)


class Case(NamedTuple):
    """A chart, what `helm lint` says of it (the words that tell the message), and our code."""

    says: str
    code: str
    files: dict[str, str]


def chart(more: str = "", text: str = CHART, **files: str) -> dict[str, str]:
    """A chart with more lines in its Chart.yaml and one good template."""
    return {"Chart.yaml": text + more, "values.yaml": "", "templates/a.yaml": MAP, **files}


def template(text: str, name: str = "templates/b.yaml", values: str = "") -> dict[str, str]:
    """A chart with one more template."""
    return {**chart(), "values.yaml": values, name: text}


def workload(kind: str) -> str:
    """A workload of apps/v1 without a selector."""
    return f"apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: review\nspec:\n  template:\n{POD}"


DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: a.example.com\n"
)
OLD = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata:\n  name: review\n"
LISTED = (
    "apiVersion: v1\nkind: List\nitems:\n"
    "  - apiVersion: v1\n    kind: ConfigMap\n    metadata:\n      name: a\n"
    "      annotations: {helm.sh/resource-policy: keep}\n"
)
SUBCHART = {"charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n", "charts/db/values.yaml": ""}
TWICE = "dependencies:\n  - {name: db, version: 1.0.0}\n  - {name: db, version: 1.0.0}\n"

CASES = [
    Case("unable to parse YAML", "HLM001", chart("\tname: x\n")),
    Case("failed to strictly parse", "HLM026", chart("colour: red\n")),
    Case("failed to strictly parse", "HLM041", chart("version: 0.1.0\n")),
    Case("name is required", "HLM001", chart(text="apiVersion: v2\nversion: 0.1.0\n")),
    Case('chart name "a/b" is invalid', "HLM001", chart(text="apiVersion: v2\nname: a/b\nversion: 0.1.0\n")),
    Case("apiVersion is required", "HLM030", chart(text="name: shop\nversion: 0.1.0\n")),
    Case(
        "apiVersion 'v9' is not valid", "HLM001", chart(text="apiVersion: v9\nname: shop\nversion: 0.1.0\n")
    ),
    Case(
        "version should be of type string", "HLM040", chart(text="apiVersion: v2\nname: shop\nversion: 1.0\n")
    ),
    Case("version is required", "HLM001", chart(text="apiVersion: v2\nname: shop\n")),
    Case("is not a valid SemVer", "HLM001", chart(text="apiVersion: v2\nname: shop\nversion: one\n")),
    Case("is less than or equal to", "HLM031", chart(text="apiVersion: v2\nname: shop\nversion: 0.0.0-0\n")),
    Case("appVersion should be of type string", "HLM040", chart("appVersion: 1.0\n")),
    Case("maintainer entry is empty", "HLM001", chart("maintainers: [null]\n")),
    Case("each maintainer requires a name", "HLM027", chart("maintainers:\n  - {email: a@example.com}\n")),
    Case("invalid email", "HLM027", chart("maintainers:\n  - {name: a, email: nobody}\n")),
    Case("invalid url", "HLM027", chart("maintainers:\n  - {name: a, url: nowhere}\n")),
    Case("invalid source URL", "HLM028", chart("sources: [nowhere]\n")),
    Case("icon is recommended", "HLM032", chart()),
    Case("invalid icon URL", "HLM028", chart("icon: nowhere\n")),
    Case(
        "chart type is not valid in apiVersion", "HLM029", chart("type: library\n", CHART.replace("v2", "v1"))
    ),
    Case(
        "dependencies are not valid in the Chart file with apiVersion",
        "HLM029",
        chart("dependencies: [{name: db, version: 1.0.0}]\n", CHART.replace("v2", "v1"), **SUBCHART),
    ),
    Case("is not a valid SemVerV2", "HLM031", chart(text="apiVersion: v2\nname: shop\nversion: '1.2'\n")),
    Case("values.yaml: file does not exist", "HLM033", {"Chart.yaml": CHART, "templates/a.yaml": MAP}),
    Case("values.yaml: unable to parse YAML", "HLM004", template(MAP, values="a: [\n")),
    Case(
        "values.yaml: ",
        "HLM006",
        {
            **template(MAP, values="a: x\n"),
            "values.schema.json": '{"properties": {"a": {"type": "integer"}}}',
        },
    ),
    Case("templates/: directory does not exist", "HLM034", {"Chart.yaml": CHART, "values.yaml": ""}),
    Case("templates/: not a directory", "HLM035", {"Chart.yaml": CHART, "values.yaml": "", "templates": "x"}),
    Case('function "nope" not defined', "HLM007", template("a: {{ nope }}\n")),
    Case("file extension '.json' not valid", "HLM036", template("{}", "templates/b.json")),
    Case("illegal indent", "HLM037", template("  " + MAP)),
    Case("unable to parse YAML", "YML001", template(MAP + "data: [\n")),
    Case("does not conform to Kubernetes naming", "KUB003", template(MAP.replace("review", "Review"))),
    Case("policy/v1beta1 PodDisruptionBudget is deprecated", "VER004", template(OLD)),
    *(
        Case("must contain matchLabels or matchExpressions", "WL017", template(workload(kind)))
        for kind in ("Deployment", "ReplicaSet", "DaemonSet", "StatefulSet")
    ),
    Case("within List objects are ignored", "KUB004", template(LISTED)),
    Case("chart metadata is missing these dependencies", "HLM038", {**chart(), **SUBCHART}),
    Case("more than one dependency with name or alias", "HLM001", chart(TWICE, **SUBCHART)),
    Case(
        "chart directory is missing these dependencies",
        "HLM003",
        chart("dependencies: [{name: db, version: 1.0.0}]\n"),
    ),
    Case("crds/: not a directory", "HLM035", {**chart(), "crds": "x"}),
    Case("unable to parse YAML", "YML001", {**chart(), "crds/a.yaml": DEFINITION + "x: [\n"}),
    Case("apiVersion is not in 'apiextensions.k8s.io'", "HLM039", {**chart(), "crds/a.yaml": MAP}),
    Case("object kind is not 'CustomResourceDefinition'", "HLM039", {**chart(), "crds/a.yaml": MAP}),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.says}")
def test_a_rule_says_what_helm_lint_says(case: Case, tmp_path: Path) -> None:
    report = run(tmp_path, case.files, also="HLM")
    assert case.code in {settled.finding.code for settled in report.open()}
    assert report.internal_errors == []


def test_a_chart_without_faults_is_silent(tmp_path: Path) -> None:
    report = run(tmp_path, chart("icon: https://example.com/icon.svg\n"), also="HLM")
    assert [settled.finding.code for settled in report.open()] == []
