from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.mesh.host import (
    covers,
    full_name,
    gateway_name,
    is_address,
    most_specific,
    overlap,
    partial_parts,
    service_parts,
)

DOMAIN = "cluster.local"
HOSTS = st.builds(
    lambda star, labels: (star + ".".join(labels)) or "*",
    st.sampled_from(["", "*.", "*"]),
    st.lists(st.sampled_from(["a", "b", "ab", "c"]), min_size=1, max_size=3),
) | st.just("*")


@given(HOSTS, HOSTS)
def test_overlap_is_symmetric_and_follows_from_covering(first: str, second: str) -> None:
    assert overlap(first, second) == overlap(second, first)
    assert overlap(first, second) == (covers(first, second) or covers(second, first))
    assert covers(first, first)
    assert covers("*", first)


@given(HOSTS, HOSTS, HOSTS)
def test_covering_is_transitive(first: str, second: str, third: str) -> None:
    if covers(first, second) and covers(second, third):
        assert covers(first, third)


@given(HOSTS, st.frozensets(HOSTS, max_size=6))
def test_the_most_specific_pattern_is_the_longest_that_covers(host: str, patterns: frozenset[str]) -> None:
    covering = [pattern for pattern in patterns if covers(pattern, host)]
    best = host if host in patterns else max(covering, key=len, default=None)
    assert most_specific(host, patterns) == best


@pytest.mark.parametrize(
    ("first", "second", "answer"),
    [
        ("foo.com", "foo.com", True),
        ("*.com", "foo.com", True),
        ("*.foo.com", "foo.com", False),
        ("*", "*.com", True),
        ("*.foo.com", "*.com", True),
        ("*.foo.com", "*.bar.com", False),
        ("*.test.svc.cluster.local", "*.svc.cluster.local", True),
    ],
)
def test_overlap(first: str, second: str, answer: bool) -> None:
    assert overlap(first, second) is answer


@pytest.mark.parametrize(
    ("host", "namespace", "name"),
    [
        ("review", "shop", "review.shop.svc.cluster.local"),
        ("review.shop", "shop", "review.shop"),
        ("review.shop.svc", "shop", "review.shop.svc"),
        ("*", "shop", "*"),
        ("*.shop", "shop", "*.shop"),
        ("10.0.0.1", "shop", "10.0.0.1"),
        ("fe80::1", "shop", "fe80::1"),
        ("", "shop", ""),
        ("review", "", "review.svc.cluster.local"),
    ],
)
def test_full_names(host: str, namespace: str, name: str) -> None:
    assert full_name(host, namespace, DOMAIN) == name


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("a.b.svc.cluster.local", ("a", "b")),
        ("a.b.svc.other.local", None),
        ("a.b.c.svc.cluster.local", None),
        ("*.b.svc.cluster.local", None),
        (".b.svc.cluster.local", None),
        ("svc.cluster.local", None),
        ("a.b", None),
    ],
)
def test_service_parts(host: str, parts: tuple[str, str] | None) -> None:
    assert service_parts(host, DOMAIN) == parts


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("a.b", ("a", "b")),
        ("a.b.svc", ("a", "b")),
        ("a.b.svc.cluster", ("a", "b")),
        ("a.b.svc.cluster.local", None),
        ("a.b.com", None),
        ("a", None),
        ("*.b", None),
        ("a..svc", None),
    ],
)
def test_partial_names(host: str, parts: tuple[str, str] | None) -> None:
    assert partial_parts(host, DOMAIN) == parts


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("mesh", "mesh"),
        ("gw", "shop/gw"),
        ("./gw", "shop/gw"),
        ("infra/gw", "infra/gw"),
        ("gw.infra", "infra/gw"),
        ("gw.infra.svc.cluster.local", "infra/gw"),
    ],
)
def test_gateway_names(reference: str, name: str) -> None:
    assert gateway_name(reference, "shop") == name


@pytest.mark.parametrize(
    ("text", "answer"),
    [("1.2.3.4", True), ("::1", True), ("1.2.3", False), ("a:b", False), ("example.com", False), ("", False)],
)
def test_addresses(text: str, answer: bool) -> None:
    assert is_address(text) is answer
