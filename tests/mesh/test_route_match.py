from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.kube.resource import resource_from
from meshlint.mesh.route_match import Match, conflict, match_from, merge_matches

SERVICE = resource_from({"kind": "VirtualService", "metadata": {"name": "v", "namespace": "shop"}})
STRINGS = st.builds(
    lambda kind, text: {kind: text},
    st.sampled_from(["exact", "prefix", "regex"]),
    st.sampled_from(["/a", "/ab", "/b"]),
)
MATCHES = st.fixed_dictionaries(
    {},
    optional={
        "uri": STRINGS,
        "method": STRINGS,
        "headers": st.dictionaries(st.sampled_from(["x", "y"]), STRINGS, max_size=2),
        "queryParams": st.dictionaries(st.sampled_from(["x", "y"]), STRINGS, max_size=2),
        "port": st.sampled_from([80, 81]),
        "ignoreUriCase": st.booleans(),
        "sourceLabels": st.dictionaries(st.just("app"), st.sampled_from(["a", "b"])),
        "sourceNamespace": st.sampled_from(["a", "b"]),
        "gateways": st.lists(st.sampled_from(["mesh", "gw"]), max_size=2),
    },
)
VALUES = st.sampled_from(["/a", "/ab", "/b", "/abc", "/A"])


def match(written: dict[str, Any]) -> Match:
    return match_from(written, SERVICE, ("spec", "http", 0, "match", 0))


@given(MATCHES, MATCHES, VALUES, VALUES, st.dictionaries(st.sampled_from(["x", "y"]), VALUES))
def test_what_passes_a_merged_match_passes_both(
    root: dict[str, Any], leaf: dict[str, Any], path: str, method: str, named: dict[str, str]
) -> None:
    """The law behind delegation: a delegate can only narrow what its root hands over."""
    one, other = match(root), match(leaf)
    merged = merge_matches((one,), (other,))
    assert (merged is None) == bool(conflict(one, other))
    for found in merged or ():
        query = "&".join(f"{key}={value}" for key, value in named.items())
        request = (method, "host", f"{path}?{query}", named, "http")
        if found.accepts(*request):
            assert other.accepts(*request)
            assert one.accepts(*request)


@pytest.mark.parametrize(
    ("root", "leaf", "field"),
    [
        ({"uri": {"prefix": "/a"}}, {"uri": {"prefix": "/a/b"}}, ""),
        ({"uri": {"prefix": "/a/b"}}, {"uri": {"prefix": "/a"}}, "uri"),
        ({"uri": {"prefix": "/a"}}, {"uri": {"exact": "/ab"}}, ""),
        ({"uri": {"exact": "/a"}}, {"uri": {"exact": "/a"}}, ""),
        ({"uri": {"exact": "/a"}}, {"uri": {"prefix": "/a"}}, "uri"),
        ({"uri": {"regex": "/a"}}, {"uri": {"exact": "/a"}}, "uri"),
        ({"uri": {"prefix": "/a"}}, {"uri": {"regex": "/a.*"}}, "uri"),
        ({"uri": {"prefix": "/a"}}, {}, ""),
        ({}, {"uri": {"regex": "/a.*"}}, ""),
        ({"headers": {"x": {"exact": "1"}}}, {"headers": {"x": {"exact": "2"}}}, "x"),
        ({"headers": {"x": {"exact": "1"}}}, {"headers": {"y": {"exact": "2"}}}, ""),
        ({"ignoreUriCase": True}, {}, "ignoreUriCase"),
        ({"port": 80}, {"port": 81}, "port"),
        ({"port": 80}, {}, ""),
        ({"sourceNamespace": "a"}, {}, "sourceNamespace"),
        ({}, {"sourceNamespace": "a"}, ""),
        ({"sourceLabels": {"a": "1"}}, {"sourceLabels": {"a": "2"}}, "sourceLabels"),
        ({"sourceLabels": {"a": "1"}}, {"sourceLabels": {"b": "2"}}, ""),
        ({"gateways": ["mesh"]}, {"gateways": ["mesh", "gw"]}, "gateways"),
        ({"gateways": ["mesh", "gw"]}, {"gateways": ["gw"]}, ""),
        ({"gateways": ["mesh"]}, {"gateways": ["gw"]}, "gateways"),
        ({"gateways": ["mesh"]}, {}, ""),
    ],
)
def test_conflicts(root: dict[str, Any], leaf: dict[str, Any], field: str) -> None:
    assert conflict(match(root), match(leaf)) == field


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ({}, True),
        ({"uri": {"prefix": "/"}}, True),
        ({"uri": {"regex": ".*"}}, True),
        ({"uri": {"prefix": "/a"}}, False),
        ({"uri": {"exact": "/"}}, False),
        ({"uri": {"prefix": "/"}, "method": {"exact": "GET"}}, False),
        ({"headers": {"x": {}}}, False),
        ({"withoutHeaders": {"x": {}}}, False),
        ({"queryParams": {"x": {}}}, False),
        ({"port": 80, "sourceLabels": {"a": "b"}, "gateways": ["gw"]}, True),
    ],
)
def test_catch_all(written: dict[str, Any], answer: bool) -> None:
    assert match(written).catch_all() is answer


@pytest.mark.parametrize(
    ("written", "path", "headers", "answer"),
    [
        ({"uri": {"prefix": "/foo"}}, "/foobar", {}, True),
        ({"uri": {"regex": "/a"}}, "/ab", {}, False),
        ({"uri": {"regex": "/a"}}, "/a?x=1", {}, True),
        ({"uri": {"regex": "["}}, "[", {}, False),
        ({"headers": {"X-User": {"exact": "j"}}}, "/", {"x-user": "j"}, True),
        ({"headers": {"x": {}}}, "/", {"x": ""}, True),
        ({"headers": {"x": {"regex": "*"}}}, "/", {"x": "any"}, True),
        ({"headers": {"x": {}}}, "/", {}, False),
        ({"withoutHeaders": {"x": {"exact": "1"}}}, "/", {}, True),
        ({"withoutHeaders": {"x": {"exact": "1"}}}, "/", {"x": "1"}, False),
        ({"withoutHeaders": {"x": {"exact": ""}}}, "/", {}, False),
        ({"queryParams": {"a": {"exact": "1"}}}, "/?a=1&a=2", {}, True),
        ({"queryParams": {"a": {"exact": "2"}}}, "/?a=1&a=2", {}, False),
        (
            {"method": {"exact": "GET"}, "scheme": {"exact": "http"}, "authority": {"prefix": "h"}},
            "/",
            {},
            True,
        ),
        ({"authority": {"exact": "other"}}, "/", {}, False),
    ],
)
def test_requests(written: dict[str, Any], path: str, headers: dict[str, str], answer: bool) -> None:
    assert match(written).accepts("GET", "host", path, headers, "http") is answer


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({}, "any request"),
        ({"uri": {"prefix": "/v1"}, "ignoreUriCase": True, "port": 80}, "uri prefix /v1 (any case), port 80"),
        ({"headers": {"x": {}}, "gateways": ["gw"]}, "header x present, gateway shop/gw"),
        ({"sniHosts": ["a", "b"], "destinationSubnets": ["10.0.0.0/8"]}, "sni a, b, destination 10.0.0.0/8"),
        ({"sourceLabels": {"a": "b"}, "sourceNamespace": "n"}, "source label a=b, source namespace n"),
    ],
)
def test_words(written: dict[str, Any], words: str) -> None:
    assert match(written).describe() == words
