"""Charts of files: what goes where, and Helm's words for what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshlint.helm.loader import load_chart
from tests.helm.charts import chart, fatal

TYPE_ERROR = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"

SUB = "apiVersion: v2\nname: sub\nversion: 1.0.0\n"


def chart_yaml(lines: str) -> str:
    return f"apiVersion: v2\nname: c\nversion: 0.1.0\n{lines}"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("name: c\n", "validation: chart.metadata.version is required"),
        ("apiVersion: v2\nversion: 1.0.0\n", "validation: chart.metadata.name is required"),
        ("name: .\nversion: 1.0.0\n", 'validation: chart.metadata.name "." is not allowed'),
        ("name: a/b\nversion: 1.0.0\n", 'validation: chart.metadata.name "a/b" is invalid'),
        ("name: c\nversion: x\n", 'validation: chart.metadata.version "x" is invalid'),
        (chart_yaml("type: app\n"), "validation: chart.metadata.type must be application or library"),
        (chart_yaml("maintainers: [null]\n"), "validation: maintainers must not contain empty or null nodes"),
        (
            chart_yaml("dependencies: [null]\n"),
            "validation: dependencies must not contain empty or null nodes",
        ),
        (
            chart_yaml("dependencies: [{name: a, alias: a.b}]\n"),
            'validation: dependency "a" has disallowed characters in the alias',
        ),
        (
            chart_yaml("dependencies: [{name: a}, {name: b, alias: a}]\n"),
            'validation: more than one dependency with name or alias "a"',
        ),
        (
            "name: [c]\n",
            f"cannot load Chart.yaml: {TYPE_ERROR} array into Go struct field .name of type string",
        ),
        (
            chart_yaml("keywords: [[a]]\n"),
            f"cannot load Chart.yaml: {TYPE_ERROR} array into .keywords.0 of type string",
        ),
        (
            chart_yaml("dependencies: x\n"),
            f"cannot load Chart.yaml: {TYPE_ERROR} string into Go struct field .dependencies of type "
            "[]*v2.Dependency",
        ),
        (
            "a: b: c\n",
            "cannot load Chart.yaml: error converting YAML to JSON: yaml: mapping values are not allowed in "
            "this context",
        ),
    ],
)
def test_chart_yaml_faults(text: str, error: str) -> None:
    loaded = chart({"Chart.yaml": text})
    assert fatal(loaded) == error
    place = loaded.problems[0].finding.places[0].locate()
    assert place.source.path == "c/Chart.yaml"


@pytest.mark.parametrize(
    ("text", "version", "app_version"),
    [
        ("version: 0.1\nappVersion: 1.10\n", "0.1", "1.1"),
        ("version: 1e3\nappVersion: 10000000\n", "1000", "10000000"),
        ("version: v1.2.3+b\nappVersion: true\n", "v1.2.3+b", "true"),
        ("VERSION: 1.0.0\nappversion: 0x10\n", "1.0.0", "16"),
        ("version: 1.0.0\nappVersion: null\n", "1.0.0", ""),
    ],
)
def test_scalars_become_strings(text: str, version: str, app_version: str) -> None:
    loaded = chart({"Chart.yaml": "name: c\n" + text})
    assert fatal(loaded) == ""
    assert (loaded.metadata.version, loaded.metadata.app_version) == (version, app_version)


def test_strings_are_sanitized() -> None:
    loaded = chart({"Chart.yaml": chart_yaml('description: "a\\tb\\u00a0c\\u200bd"\n')})
    assert loaded.metadata.description == "a b cd"


def test_files_are_classified() -> None:
    loaded = chart(
        {
            "Chart.lock": "",
            "values.yaml": "a: 1",
            "values.schema.json": "{}",
            "templates/x.yaml": "",
            "templates/NOTES.txt": "",
            "crds/a.yaml": "",
            "README.md": "",
            "charts/x.prov": "",
            "charts/_old/whatever": "",
            "charts/.git/config": "",
            "charts/sub/Chart.yaml": SUB,
            "charts/sub/values.yaml": "b: 2",
        }
    )
    assert fatal(loaded) == ""
    assert [file.name for file in loaded.templates] == ["templates/NOTES.txt", "templates/x.yaml"]
    assert [file.name for file in loaded.files] == ["README.md", "charts/x.prov", "crds/a.yaml"]
    assert loaded.schema is not None
    assert [(sub.full_path(), dict(sub.values)) for sub in loaded.dependencies] == [
        ("c/charts/sub", {"b": 2.0})
    ]


def test_byte_order_marks_are_dropped() -> None:
    loaded = chart(
        {
            "Chart.yaml": b"\xef\xbb\xbfname: c\nversion: 1.0.0\n",
            "values.yaml": b"\xef\xbb\xbfa: 1\n",
            "templates/t.yaml": b"\xef\xbb\xbfx",
        }
    )
    assert fatal(loaded) == ""
    assert loaded.values == {"a": 1.0}
    assert loaded.templates[0].source("template").text == "x"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_values_of_windows_shells_are_read(encoding: str) -> None:
    loaded = chart({"values.yaml": "\ufeffa: é\r\n".encode(encoding)})
    assert (fatal(loaded), loaded.values) == ("", {"a": "é"})


@pytest.mark.parametrize(
    ("compat", "error"),
    [("4", "Chart.yaml file is missing"), ("3", "Chart.yaml file is missing")],
)
def test_an_ignored_chart_yaml_is_missing_only_to_the_loader(tmp_path: Path, compat: str, error: str) -> None:
    (tmp_path / "Chart.yaml").write_text("name: c\nversion: 1.0.0\n", encoding="utf-8")
    (tmp_path / ".helmignore").write_text("*.yaml\n", encoding="utf-8")
    assert fatal(load_chart(str(tmp_path), compat)) == error


@pytest.mark.parametrize(("version", "kept"), [("v1", True), ("v2", False)])
def test_requirements_yaml(version: str, kept: bool) -> None:
    loaded = chart(
        {
            "Chart.yaml": f"apiVersion: {version}\nname: c\nversion: 1.0.0\n",
            "requirements.yaml": "dependencies: [{name: sub, version: 1.x}]\n",
        }
    )
    assert [entry.name for entry in loaded.metadata.declared()] == ["sub"]
    assert [file.name for file in loaded.files] == (["requirements.yaml"] if kept else [])
    assert [found.finding.code for found in loaded.problems] == ([] if kept else ["HLM023"])


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"charts/README.md": ""}, "error unpacking subchart README.md in c: Chart.yaml file is missing"),
        ({"charts/foo/notes.txt": ""}, "error unpacking subchart foo in c: Chart.yaml file is missing"),
        (
            {"charts/sub/Chart.yaml": SUB, "charts/sub/charts/x/Chart.yaml": "name: x\n"},
            "error unpacking subchart sub in c: error unpacking subchart x in sub: "
            "validation: chart.metadata.version is required",
        ),
        ({"charts/a.tgz": b"no"}, "error unpacking subchart a.tgz in c: unexpected EOF"),
        (
            {"Chart.lock": "generated: 5\n"},
            "cannot load Chart.lock: error unmarshaling JSON: while decoding JSON: "
            "Time.UnmarshalJSON: input is not a JSON string",
        ),
        (
            {"Chart.lock": "generated: 2024-01-01\n"},
            "cannot load Chart.lock: error unmarshaling JSON: while decoding JSON: "
            'parsing time "2024-01-01" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"',
        ),
        (
            {"Chart.lock": "dependencies: x\n"},
            f"cannot load Chart.lock: {TYPE_ERROR} string into Go struct field .dependencies "
            "of type []*v2.Dependency",
        ),
        (
            {"charts/a.tgz/Chart.yaml": ""},
            "error unpacking subchart tar in c: expected a.tgz, got a.tgz/Chart.yaml",
        ),
        (
            {"values.yaml": "- a\n"},
            f"cannot load values.yaml: cannot unmarshal yaml document: {TYPE_ERROR} array into Go value of "
            "type map[string]interface {}",
        ),
    ],
)
def test_what_keeps_a_chart_from_loading(files: dict[str, str | bytes], error: str) -> None:
    assert fatal(chart(files)) == error


def test_loading_goes_on_behind_a_fault() -> None:
    loaded = chart(
        {
            "Chart.yaml": "name: c\n",
            "values.yaml": "a: [\n",
            "charts/README.md": "",
            "charts/sub/Chart.yaml": SUB,
            "templates/t.yaml": "",
        }
    )
    assert [found.finding.code for found in loaded.problems] == ["HLM004", "HLM001", "HLM002"]
    assert [sub.name for sub in loaded.dependencies] == ["sub"]
    assert loaded.values == {}


def test_a_chart_without_name_is_called_as_its_directory() -> None:
    assert chart({"Chart.yaml": "version: 1.0.0\n"}).name == "c"


def test_copies_do_not_share_what_processing_changes() -> None:
    loaded = chart({"charts/sub/Chart.yaml": SUB, "Chart.yaml": chart_yaml("dependencies: [{name: sub}]\n")})
    copied = loaded.copy()
    copied.metadata.declared()[0].name = "other"
    copied.set_dependencies([])
    assert loaded.metadata.declared()[0].name == "sub"
    assert [sub.parent for sub in loaded.dependencies] == [loaded]


def test_a_missing_path_is_a_problem_not_an_exception() -> None:
    assert fatal(load_chart("/nowhere/chart.tgz")) != ""
