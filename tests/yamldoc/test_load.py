"""Loading: values, merges, documents, faults and places."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.text.origin import Derived, KeyOrigin, Origin
from meshlint.text.rope import Part, of
from meshlint.text.source import Source
from meshlint.text.span import Span
from meshlint.yamldoc import compose
from meshlint.yamldoc.compose import CONVERT, DEPTH, YamlError
from meshlint.yamldoc.load import expect_list, expect_map, load_manifest, load_source, load_text, load_values
from meshlint.yamldoc.tracked import TrackedList, TrackedMap, origin_of
from tests.yamldoc.recorded import LOADS


def outcome(text: str) -> tuple[Any, str]:
    try:
        return load_text(text), ""
    except YamlError as error:
        return None, error.text.removeprefix(CONVERT)


def fault(text: str) -> YamlError:
    with pytest.raises(YamlError) as caught:
        load_manifest(text)
    return caught.value


@pytest.mark.parametrize(("text", "value", "error"), LOADS)
def test_texts_are_read_as_go_reads_them(text: str, value: Any, error: str) -> None:
    assert outcome(text) == (value, error)


@pytest.mark.parametrize(("text", "value", "error"), [case for case in LOADS if len(case[0]) < 1000])
def test_without_the_c_extension_values_are_the_same(
    monkeypatch: pytest.MonkeyPatch, text: str, value: Any, error: str
) -> None:
    if text in ("a:\tb", "%FOO\n---\na: 1", 'a: "\\ud83d"'):
        pytest.skip("PyYAML's Python scanner differs: tabs, unknown directives, lone surrogates")
    monkeypatch.setattr(compose, "CParser", None)
    found, words = outcome(text)
    assert (found, bool(words)) == (value, bool(error))


# ---------------------------------------------------------------------------------- numbers, types


def test_manifests_keep_integers() -> None:
    value = load_manifest("a: 1\nb: 1.0\nc: 18446744073709551615\nd: [0o10]\n").value
    assert value == {"a": 1, "b": 1.0, "c": 18446744073709551615, "d": [8]}
    assert [type(value[key]) for key in "abc"] == [int, float, int]


def test_values_are_floats_unless_exact() -> None:
    source = Source("Chart.yaml", "a: 1\nb: [2]\nc: true\n")
    loose, exact = load_source(source), load_source(source, exact=True)
    assert [type(loose["a"]), type(loose["b"][0]), loose["c"]] == [float, float, True]
    assert [type(exact["a"]), type(exact["b"][0]), exact["c"]] == [int, int, True]


@pytest.mark.parametrize(
    ("text", "kind"), [("- a", "array"), ("a", "string"), ("1", "number"), ("true", "bool")]
)
def test_a_values_file_must_be_a_mapping(text: str, kind: str) -> None:
    with pytest.raises(YamlError) as caught:
        load_values(Source("values.yaml", text), compat="3")
    assert caught.value.text == (
        "error unmarshaling JSON: while decoding JSON: json: "
        f"cannot unmarshal {kind} into Go value of type map[string]interface {{}}"
    )


def test_expected_types() -> None:
    assert expect_map(None) == {}
    assert expect_list(None) == []
    assert isinstance(expect_map(None), TrackedMap)
    assert isinstance(expect_list(None), TrackedList)
    with pytest.raises(YamlError, match="cannot unmarshal object into Go value"):
        expect_list({})


# ---------------------------------------------------------------------------------- values files


def test_helm_4_merges_all_documents_and_helm_3_reads_the_first() -> None:
    source = Source("values.yaml", "a: {x: 1, z: 2}\nb: 1\n--- # more\na: {z: 3}\nb: null\n---\nc: [1]\n")
    assert load_values(source) == {"a": {"x": 1, "z": 3}, "b": None, "c": [1]}
    assert load_values(source, compat="3") == {"a": {"x": 1, "z": 2}, "b": 1}


def test_merged_documents_keep_the_winner_s_place() -> None:
    source = Source("values.yaml", "a: {x: 1, z: 2}\n---\na: {z: 3}\n")
    inner = load_values(source)["a"]
    places = {key: source.position(inner.origins[key].value_start) for key in inner}
    assert places == {"x": (1, 8), "z": (3, 8)}


@pytest.mark.parametrize("text", ["", "\n", "# comment\n", "---\n", "--- \n---\n", "null\n"])
def test_files_without_content_are_empty(text: str) -> None:
    assert load_values(Source("values.yaml", text)) == {}


def test_a_separator_with_text_is_refused_by_helm_4() -> None:
    with pytest.raises(YamlError) as caught:
        load_values(Source("values.yaml", "a: 1\n---b: 2\n"))
    assert caught.value.text == "error reading yaml document: invalid Yaml document separator: b: 2"
    assert caught.value.offset == 5


def test_faults_in_later_documents_count_lines_from_their_start_and_point_into_the_file() -> None:
    text = "a: 1\n---\nb: 2\nc: d: e\n"
    with pytest.raises(YamlError) as caught:
        load_values(Source("values.yaml", text))
    words = "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    assert caught.value.text == f"cannot unmarshal yaml document: {words}"
    assert text[: caught.value.offset].count("\n") == 3


def test_origins_name_key_value_and_path() -> None:
    source = Source("values.yaml", "image:\n  tag: v1 # here\nlist:\n- a\n- b: {c: d}\n")
    values = load_values(source)
    tag, item, whole = (
        values["image"].origins["tag"],
        values["list"][1]["b"].origins["c"],
        values.origins["image"],
    )
    assert isinstance(whole, KeyOrigin)
    assert (source.text[tag.key_start :][:3], source.text[tag.value_start : tag.value_end]) == ("tag", "v1")
    assert (tag.path, item.path) == (("image", "tag"), ("list", 1, "b", "c"))
    assert source.text[whole.value_start : whole.value_end] == "tag: v1"


def test_aliases_are_copied_in_values() -> None:
    values = load_values(Source("values.yaml", "a: &a {x: 1}\nb: *a\n"))
    values["a"]["x"] = 2.0
    assert values["b"] == {"x": 1}
    origin = origin_of(values, "b")
    assert isinstance(origin, KeyOrigin)
    assert origin.source.position(origin.value_start) == (2, 4)


def test_rendered_text_read_again_leads_back_to_its_parts() -> None:
    template = Source("_helpers.tpl", "a: 1\n{{ .b }}", "template")
    verbatim, action = Origin(Span(template, 0, 5), None), Origin(Span(template, 5, 13), None)
    value = load_text(of([Part("a: 1\n", verbatim), Part("b: x\n", action)]))
    found = [value.origins[key] for key in "ab"]
    assert all(isinstance(origin, Derived) for origin in found)
    assert [origin.origin for origin in found] == [verbatim, action]


# ---------------------------------------------------------------------------------- places


def spans(text: str) -> dict[str, tuple[str, str]]:
    """Path -> (key text, value text) of everything in a document."""
    document = load_manifest(text)
    found: dict[str, tuple[str, str]] = {}

    def visit(value: Any, path: str) -> None:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in pairs:
            key_span, value_span = document.nodes.key_span(value, key), document.nodes.value_span(value, key)
            assert key_span is not None
            assert value_span is not None
            found[f"{path}/{key}"] = text[slice(*key_span)], text[slice(*value_span)]
            if isinstance(item, (dict, list)):
                visit(item, f"{path}/{key}")

    visit(document.value, "")
    return found


def test_offsets_slice_to_the_text_of_keys_and_values() -> None:
    text = (
        "# comment\n'a b': \"c\" # c\né: 😀\nempty:\nblock: |\n  x\n  y\n\n# after\n"
        "map:\n  k: v\n  l:\n  - 1\n  - {m: [n, o]}\n\n# end\nlast: &a !!str 5\nalias: *a\n"
    )
    found = spans(text)
    assert found["/a b"] == ("'a b'", '"c"')
    assert found["/é"] == ("é", "😀")
    assert found["/empty"] == ("empty", "")
    assert found["/block"] == ("block", "|\n  x\n  y")
    assert found["/map"] == ("map", "k: v\n  l:\n  - 1\n  - {m: [n, o]}")
    assert found["/map/l/1/m/0"] == ("n", "n")
    assert found["/map/l/1"] == ("{m: [n, o]}", "{m: [n, o]}")
    assert found["/last"] == ("last", "5")
    assert found["/alias"] == ("alias", "*a")


def test_unicode_line_separators_do_not_shift_offsets() -> None:
    assert spans('a: "x\u2028\x85y"\nb: z\n')["/b"] == ("b", "z")


def test_list_items_that_are_aliases_have_their_own_place() -> None:
    found = spans("- &a x\n- *a\n- [*a, *a]\n- {k: *a}\n")
    assert [found[path][1] for path in ("/0", "/1", "/2/0", "/2/1", "/3/k")] == ["x", "*a", "*a", "*a", "*a"]


def test_keys_written_twice_are_recorded_with_both_places() -> None:
    text = "a: 1\nb:\n  c: 1\n  c: 2\na: 3\n"
    nodes = load_manifest(text).nodes
    found = [(item.key, item.first[0], item.again[0]) for item in nodes.duplicates]
    assert found == [("c", text.index("c: 1"), text.index("c: 2")), ("a", 0, text.index("a: 3"))]


def test_overriding_a_merged_key_is_no_duplicate() -> None:
    document = load_manifest("x: &x {a: 1, b: 2}\nz:\n  <<: *x\n  a: 3\n")
    assert document.value["z"] == {"a": 3, "b": 2}
    assert document.nodes.duplicates == []


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(-100, 100), st.text("abc: #-'\"é\n", max_size=8)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text("ab1 :", min_size=1, max_size=4), inner, max_size=3),
        ),
        max_leaves=12,
    )
)
def test_every_value_reads_back_from_its_own_span(value: Any) -> None:
    import json

    text = json.dumps({"root": value}, ensure_ascii=False)
    document = load_manifest(text)
    stack: list[Any] = [document.value]
    while stack:
        container = stack.pop()
        for key, item in container.items() if isinstance(container, dict) else enumerate(container):
            span = document.nodes.value_span(container, key)
            assert span is not None
            assert json.loads(text[slice(*span)]) == item
            if isinstance(item, (dict, list)):
                stack.append(item)


# ---------------------------------------------------------------------------------- faults and limits


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: 1\nb: c: d\n", ": d"),
        ("a: 1\n b\nc: 2\nd\n", "d\n"),
        ("a: 'x\nb: 1\n", "'x"),
        ("a: {{ x }}\n", "{ x }"),
        ("a: 1\nb: *c\n", "*c"),
        ("a:\n  b: 1\n c: 2\n", "c: 2"),
        ("é: 1\nb: \x01", "\x01"),
        ('a: "\\/"', '\\/"'),
    ],
)
def test_faults_point_at_their_cause(text: str, place: str) -> None:
    error = fault(text)
    assert text[error.offset :].startswith(place)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"a: \xff", "invalid leading UTF-8 octet"),
        (b"a: \xe4bc", "invalid trailing UTF-8 octet"),
        (b"a: \xe4", "incomplete UTF-8 octet sequence"),
        (b"a: \xed\xa0\x80", "invalid Unicode character"),
        (b"a: \xc0\x80", "invalid length of a UTF-8 sequence"),
    ],
)
def test_broken_utf_8(raw: bytes, words: str) -> None:
    assert fault(raw.decode("utf-8", "surrogateescape")).text == f"{CONVERT}yaml: {words}"


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_documents_that_explode_through_aliases_are_refused() -> None:
    assert fault(bomb(9)).text == f"{CONVERT}yaml: document contains excessive aliasing"
    assert len(load_manifest(bomb(3)).value) == 3


def test_the_bomb_is_never_expanded() -> None:
    assert fault(bomb(60)).problem == "document contains excessive aliasing"


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_depth_is_bounded(opening: str) -> None:
    assert fault(opening * (DEPTH + 2)).problem != ""
    deep = opening * 20_000
    assert "deep" in fault(deep).problem or "max depth" in fault(deep).problem


def test_what_is_not_too_deep_is_read() -> None:
    value = load_manifest("[" * (DEPTH - 1) + "]" * (DEPTH - 1)).value
    for _ in range(DEPTH - 2):
        (value,) = value
    assert value == []


@given(st.text("ab:-[]{}#&*!|>'\"%@`?, \t\n\\é\x85\ufeff<", max_size=30))
def test_any_text_gives_a_value_or_a_yaml_error(text: str) -> None:
    value, words = outcome(text)
    if words:
        error = fault(text)
        assert value is None
        assert 0 <= error.offset <= len(text)
        assert error.text == CONVERT + words
    else:
        assert load_manifest(text).nodes.text == text
