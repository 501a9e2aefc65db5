from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshlint.kube.selectors import LabelSelector, Want, distance, label_selector, missing, nearest, selects

LABELS = st.dictionaries(
    st.sampled_from(["app", "version", "tier"]), st.sampled_from(["a", "b", "review", "review-v1"])
)


@given(LABELS, LABELS)
def test_a_selector_selects_what_nothing_is_missing_from(
    selector: dict[str, str], labels: dict[str, str]
) -> None:
    assert selects(selector, labels) == (missing(selector, labels) == ())
    assert selects(selector, {**labels, **selector})
    assert selects({}, labels)
    assert LabelSelector(selector).matches(labels) == selects(selector, labels)


@given(LABELS, st.lists(LABELS, max_size=5))
def test_near_misses_fail_and_come_nearest_first(
    selector: dict[str, str], pool: list[dict[str, str]]
) -> None:
    found = nearest(selector, list(enumerate(pool)))
    assert len(found) <= 3
    costs = [distance(miss.wants) for miss in found]
    assert costs == sorted(costs)
    for miss in found:
        assert miss.wants == missing(selector, pool[miss.subject]) != ()


@given(LABELS, LABELS)
def test_distance_is_less_for_every_label_that_is_right(
    selector: dict[str, str], labels: dict[str, str]
) -> None:
    before = missing(selector, labels)
    assert 0 <= distance(before) <= len(before)
    for want in before:
        assert distance(missing(selector, {**labels, want.key: want.wanted})) < distance(before) + 1e-9


@pytest.mark.parametrize(
    ("selector", "pool", "found"),
    [
        (
            {"app": "review"},
            {"x": {"app": "rewiew"}, "y": {"app": "zzz"}},
            {"x": (Want("app", "review", "rewiew"),)},
        ),
        (
            {"app": "review"},
            {"x": {"app": "Review"}, "y": {"app": "rewiew"}},
            {"x": (Want("app", "review", "Review"),), "y": (Want("app", "review", "rewiew"),)},
        ),
        ({"app": "a", "v": "1"}, {"x": {"app": "a"}}, {"x": (Want("v", "1", None),)}),
        ({"app": "a"}, {"x": {"name": "a"}}, {}),
        ({"app": "a"}, {"x": {"app": "a"}}, {}),
        ({"app": "review-v1"}, {"x": {"app": "review"}}, {"x": (Want("app", "review-v1", "review"),)}),
    ],
)
def test_near(
    selector: dict[str, str], pool: dict[str, dict[str, str]], found: dict[str, tuple[Want, ...]]
) -> None:
    assert {miss.subject: miss.wants for miss in nearest(selector, pool.items())} == found
    assert [miss.subject for miss in nearest(selector, pool.items())] == list(found)


@pytest.mark.parametrize(
    ("expression", "labels", "answer"),
    [
        ({"key": "a", "operator": "In", "values": ["1", "2"]}, {"a": "2"}, True),
        ({"key": "a", "operator": "In", "values": ["1"]}, {}, False),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, {"a": "1"}, False),
        ({"key": "a", "operator": "Exists"}, {"a": ""}, True),
        ({"key": "a", "operator": "Exists"}, {}, False),
        ({"key": "a", "operator": "DoesNotExist"}, {}, True),
        ({"key": "a", "operator": "DoesNotExist"}, {"a": "1"}, False),
        ({"key": "a", "operator": "Odd"}, {"a": "1"}, False),
    ],
)
def test_expressions(expression: dict[str, Any], labels: dict[str, str], answer: bool) -> None:
    selector = label_selector({"matchLabels": {}, "matchExpressions": [expression]})
    assert selector.matches(labels) is answer
    assert not selector.empty()


@pytest.mark.parametrize("value", [None, {}, [], "x", {"matchLabels": None}])
def test_an_empty_selector_matches_everything(value: Any) -> None:
    assert label_selector(value).empty()
    assert label_selector(value).matches({"a": "b"})
