"""The Go objects of the context: capabilities, files, values under two types."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.gotemplate.govalue import GoError
from meshlint.helm.capabilities import API_VERSIONS, VersionError, capabilities, parse_kube_version
from meshlint.helm.chart import ChartFile
from meshlint.helm.files import Files
from meshlint.helm.valuesmap import MapView, Values
from tests.helm.charts import output, render


@pytest.mark.parametrize(
    ("text", "compat", "version", "shown", "major", "minor"),
    [
        ("1.30", "4", "v1.30", "v1.30", "1", "30"),
        ("v1.33.4-gke.1245000", "4", "v1.33.4-gke.1245000", "v1.33.4", "1", "33"),
        ("v1.33.4-gke.1245000", "3", "v1.33.4", "v1.33.4", "1", "33"),
        ("1.30.1+k3s1", "4", "v1.30.1+k3s1", "v1.30.1", "1", "30"),
        ("1.030", "4", "v1.030", "v1.30", "1", "30"),
    ],
)
def test_kube_versions(text: str, compat: str, version: str, shown: str, major: str, minor: str) -> None:
    found = parse_kube_version(text, compat)
    assert (found.version, found.normalized, found.major, found.minor) == (version, shown, major, minor)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("abc", 'could not parse "abc" as version'),
        ("", 'could not parse "" as version'),
        ("1", 'illegal version string "1"'),
        ("01.2", 'illegal zero-prefixed version component "01" in "01.2"'),
    ],
)
def test_kube_versions_that_are_none(text: str, error: str) -> None:
    with pytest.raises(VersionError) as fault:
        parse_kube_version(text, "4")
    assert str(fault.value) == error


def test_api_versions_are_appended() -> None:
    found = capabilities(None, ["example.org/v1"], "4").api_versions
    assert list(found) == [*API_VERSIONS, "example.org/v1"]
    assert found.has("example.org/v1")
    assert not found.has("apps/v1/Deployment")


def files(**contents: bytes) -> Files:
    return Files(ChartFile(name.replace("__", "/"), name, content) for name, content in contents.items())


def test_files_are_read_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa")
    found = Files([ChartFile("a", "a", disk=str(tmp_path / "a")), ChartFile("b", "b", disk="/nowhere")])
    assert len(found) == 2
    assert found["a"] == b"a"
    assert found.get_text("a") == "a"
    assert found.get_text("b") == found.get_text("none") == ""


def test_files_by_glob() -> None:
    found = files(x__a=b"1", x__b__c=b"2", w=b"3")
    assert sorted(found.matching("x/*")) == ["x/a"]
    assert sorted(found.matching("[")) == ["w", "x/a", "x/b/c"]
    assert found.matching("x/**").as_config() == 'a: "1"\nc: "2"'
    assert found.matching("none").as_secrets() == "{}"
    assert found.matching("w").as_secrets() == "w: Mw=="


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"a\n\nb\n", ["a", "", "b"]), (b"a", ["a"]), (b"", []), (b"\n", [""]), (b"a\n\n", ["a", ""])],
)
def test_lines(content: bytes, lines: list[str]) -> None:
    assert list(files(x=content).lines("x")) == lines


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{ .Files.Get "b.bin" | len }}', "3"),
        ('{{ index .Files "a.txt" }} {{ .Files.none }}', "[104 105] []"),
        ('{{ printf "%s" (.Files.GetBytes "a.txt") }} {{ .Files.GetBytes "a.txt" | toYaml }}', "hi aGk="),
        ("{{ range $path, $content := .Files }}{{ $path }}={{ len $content }};{{ end }}", "a.txt=2;b.bin=3;"),
        ("{{ typeOf .Files }} {{ kindOf .Files }} {{ len .Files }}", "engine.files map 2"),
    ],
)
def test_files_in_templates(template: str, expected: str) -> None:
    rendered = render(
        {"templates/t.yaml": template, "a.txt": "hi", "b.bin": b"\x00\xc3\xa9"},
        strict=True,
    )
    assert str(rendered.files["c/templates/t.yaml"].text) == expected


@pytest.mark.parametrize(
    ("path", "error"),
    [("", "YAML path cannot be empty"), ("a", '"a" is not a value'), ("x.y", '"y" is not a value')],
)
def test_path_value_refuses(path: str, error: str) -> None:
    with pytest.raises(GoError) as fault:
        Values({"a": {"b": 1.0}}).path_value(path)
    assert str(fault.value) == error


def test_table_refuses() -> None:
    with pytest.raises(GoError, match='"zz" is not a table'):
        Values({"a": {}}).table("a.zz")


CHANGES = st.lists(
    st.tuples(st.sampled_from(["set", "drop", "put", "clear"]), st.sampled_from("abc"), st.integers(0, 3)),
    max_size=12,
)


@given(CHANGES, st.booleans())
def test_a_view_and_its_values_are_one_mapping(
    changes: list[tuple[str, str, int]], through_view: bool
) -> None:
    values = Values({"a": 1})
    view = MapView.of(values)
    changed: Any = view if through_view else values
    model: dict[str, int] = {"a": 1}
    for action, key, number in changes:
        if action == "set":
            changed[key] = model[key] = number
        elif action == "put":
            changed.put(key, number, None)
            model[key] = number
        elif action == "drop":
            changed.drop(key)
            model.pop(key, None)
        else:
            changed.clear()
            model.clear()
    for mapping in (values, view):
        assert dict(mapping.items()) == model
        assert list(mapping) == list(model)
        assert (len(mapping), bool(mapping)) == (len(model), bool(model))
        assert [mapping.get(key) for key in "abc"] == [model.get(key) for key in "abc"]
    assert view == model
    assert view.origins is values.origins


def test_functions_take_a_view_for_the_map_it_is() -> None:
    template = (
        '{{ $v := .Values.AsMap }}{{ $_ := set $v "m" 1 }}{{ .Values.m }} {{ keys $v | sortAlpha }} '
        '{{ merge (dict "z" 1) $v | toJson }} {{ toYaml $v }} {{ dig "a" "b" 0 $v }} '
        "{{ deepCopy $v | typeOf }} "
        '{{ range $k, $_ := $v }}{{ $k }}{{ end }} {{ omit $v "a" | len }} {{ hasKey $v "a" }} {{ $v }}'
    )
    assert output(template, "a: {b: 5}\n") == (
        '1 [a m] {"a":{"b":5},"m":1,"z":1} a:\n  b: 5\nm: 1 5 map[string]interface {} am 1 true '
        "map[a:map[b:5] m:1]"
    )
