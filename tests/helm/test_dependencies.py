"""Dependencies: conditions, tags, aliases, versions, import-values - and what linting says about them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshlint.helm.problems import RenderError
from tests.helm.charts import render, shown


def files(dependencies: list[dict[str, Any]], **more: str) -> dict[str, str | bytes]:
    described = {"apiVersion": "v2", "name": "c", "version": "0.1.0", "dependencies": dependencies}
    return {
        "Chart.yaml": json.dumps(described),
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.2.3\n",
        "charts/sub/values.yaml": "exports: {data: {p: 1}}\ndeep: {x: {y2: 1}}\nport: 80\n",
        "charts/sub/templates/t.yaml": "kind: {{ .Chart.Name }}\n",
        **{name.replace("__", "/"): text for name, text in more.items()},
    }


def kinds(dependencies: list[dict[str, Any]], values: str = "") -> list[str]:
    rendered = render(files(dependencies), values=values, strict=True)
    return sorted(str(file.text).split()[1] for file in rendered.files.values())


@pytest.mark.parametrize(
    ("dependency", "values", "expected"),
    [
        ({}, "", ["sub"]),
        ({"condition": "sub.enabled"}, "", ["sub"]),
        ({"condition": "sub.enabled"}, "sub: {enabled: false}", []),
        ({"condition": "sub.enabled"}, "sub: {enabled: 'false'}", ["sub"]),
        ({"condition": "a.b,sub.enabled"}, "sub: {enabled: false}", []),
        ({"condition": "a.b, sub.enabled"}, "sub: {enabled: false}", ["sub"]),
        ({"condition": "a,sub.enabled"}, "a: {}\nsub: {enabled: false}", []),
        ({"condition": "a,sub.enabled"}, "a: true\nsub: {enabled: false}", ["sub"]),
        ({"tags": ["t1", "t2"]}, "tags: {t1: false}", []),
        ({"tags": ["t1", "t2"]}, "tags: {t1: false, t2: true}", ["sub"]),
        ({"tags": ["t1"], "condition": "sub.enabled"}, "tags: {t1: false}\nsub: {enabled: true}", ["sub"]),
        ({"alias": "other"}, "", ["other"]),
        ({"alias": "other", "condition": "sub.enabled"}, "sub: {enabled: false}", []),
        ({"version": "^2"}, "sub: {enabled: false}", ["sub"]),
        ({"version": "^2", "alias": "other"}, "", ["sub"]),
        ({"version": ""}, "", ["sub"]),
    ],
)
def test_which_subcharts_are_rendered(dependency: dict[str, Any], values: str, expected: list[str]) -> None:
    assert kinds([{"name": "sub", "version": "1.x", **dependency}], values) == expected


def test_one_chart_under_two_names() -> None:
    dependencies = [
        {"name": "sub", "version": "*", "alias": "one"},
        {"name": "sub", "version": "*", "alias": "two", "condition": "two.enabled"},
    ]
    assert kinds(dependencies) == ["one", "two"]
    assert kinds(dependencies, "two: {enabled: false}") == ["one"]


@pytest.mark.parametrize(
    ("compat", "paths"), [("4", ["c/charts/one", "c/charts/two"]), ("3", ["c/charts/two"] * 2)]
)
def test_aliases_of_one_chart_share_its_subcharts_in_helm_3(compat: str, paths: list[str]) -> None:
    files: dict[str, str | bytes] = {
        "Chart.yaml": "apiVersion: v2\nname: c\nversion: 0.1.0\ndependencies:\n"
        '- {name: s, version: "*", alias: one}\n- {name: s, version: "*", alias: two}\n',
        "charts/s/Chart.yaml": "apiVersion: v2\nname: s\nversion: 0.1.0\ndependencies: []\n",
        "charts/s/charts/t/Chart.yaml": "apiVersion: v2\nname: t\nversion: 0.1.0\n",
    }
    root = render(files, compat=compat, strict=True).chart
    below = [part.dependencies[0].full_path() for part in root.dependencies]
    assert below == [f"{path}/charts/t" for path in paths]


def test_a_disabled_subchart_leaves_only_what_was_said_of_it() -> None:
    rendered = render(
        files([{"name": "sub", "version": "*", "condition": "sub.enabled"}]),
        values="sub: {enabled: false, a: 1}",
        strict=True,
    )
    assert shown(rendered.values) == {"sub": {"enabled": False, "a": 1}}
    assert rendered.chart.dependencies == []
    assert rendered.chart.metadata.dependencies is None


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["data"], {"p": 1}),
        ([{"child": "deep.x", "parent": "up.z"}], {"up": {"z": {"y2": 1}}}),
        ([{"child": "deep", "parent": "."}], {"x": {"y2": 1}}),
        (["gone", {"child": "port", "parent": "."}], {}),
    ],
)
def test_import_values(entries: list[Any], expected: Any) -> None:
    rendered = render(files([{"name": "sub", "version": "*", "import-values": entries}]), strict=True)
    found = shown(rendered.values)
    found.pop("sub")
    assert found == expected


def test_imports_rank_below_the_parent_and_keep_their_place() -> None:
    rendered = render(
        files([{"name": "sub", "version": "*", "import-values": ["data"]}], **{"values.yaml": "p: 99\n"}),
        strict=True,
    )
    assert rendered.values["p"] == 99
    again = render(files([{"name": "sub", "version": "*", "import-values": ["data"]}]), strict=True)
    assert again.values.origins["p"].source.path == "c/charts/sub/values.yaml"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("compat", "start"),
    [
        (
            "4",
            "an error occurred while checking for chart dependencies. You may need to run 'helm dependency",
        ),
        (
            "3",
            "An error occurred while checking for chart dependencies. You may need to run `helm dependency",
        ),
    ],
)
def test_missing_dependencies(compat: str, start: str) -> None:
    wanted = files([{"name": "x"}, {"name": "sub"}, {"name": "y"}])
    with pytest.raises(RenderError) as fault:
        render(wanted, strict=True, compat=compat)
    assert str(fault.value).startswith(start)
    assert str(fault.value).endswith("found in Chart.yaml, but missing in charts/ directory: x, y")


def test_linting_goes_on_without_a_missing_dependency() -> None:
    rendered = render({**files([{"name": "x"}]), "templates/t.yaml": "kind: T\n"})
    assert [found.finding.code for found in rendered.problems] == ["HLM003"]
    assert sorted(rendered.files) == ["c/charts/sub/templates/t.yaml", "c/templates/t.yaml"]


def test_what_helm_ignores_is_said() -> None:
    rendered = render(
        files(
            [
                {
                    "name": "sub",
                    "version": "1.x",
                    "condition": "sub.go",
                    "tags": ["t"],
                    "import-values": ["no"],
                },
                {"name": "sub", "version": "^2", "alias": "second"},
            ]
        ),
        values="sub: {go: 'yes'}\ntags: {t: 1}\n",
    )
    found = [(problem.finding.code, problem.finding.key, problem.fatal) for problem in rendered.problems]
    assert found == [
        ("HLM017", "tags.t", None),
        ("HLM017", "sub.go", None),
        ("HLM018", "sub.exports.no", None),
    ]
    assert rendered.problems[1].finding.places[0].locate().source.path == "user.yaml"
    assert rendered.problems[1].finding.places[1].locate().source.path == "c/Chart.yaml"


def test_a_version_that_does_not_fit_is_said() -> None:
    rendered = render(files([{"name": "sub", "version": "^2", "condition": "sub.on"}]))
    assert [problem.finding.code for problem in rendered.problems] == ["HLM014"]
    assert "`^2`" in rendered.problems[0].finding.message
    assert "`1.2.3`" in rendered.problems[0].finding.message


def test_rendering_does_not_change_the_loaded_chart() -> None:
    from meshlint.helm.render import render_chart
    from meshlint.helm.scenario import Scenario
    from tests.helm.charts import chart

    loaded = chart(files([{"name": "sub", "version": "*", "alias": "one", "import-values": ["data"]}]))
    before = shown(loaded.values)
    first = render_chart(loaded, Scenario(), strict=True)
    second = render_chart(loaded, Scenario(set=["one.port=1"]), strict=True)
    assert shown(loaded.values) == before
    assert [sub.name for sub in loaded.dependencies] == ["sub"]
    assert first.values["one"]["port"] == 80
    assert second.values["one"]["port"] == 1
