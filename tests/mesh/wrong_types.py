"""Worlds whose manifests have values of wrong types in some places, for tests that nothing raises."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

WRONG: list[Any] = [None, "text", 3, -1.5, True, [], {}, [None], [1, "a"], {"a": None}, [{}], {"": {"": ""}}]


def broken_world(data: st.DataObject, manifests: Sequence[Any], most: int) -> list[Any]:
    """Up to `most` of the manifests, each with up to three values replaced by something else."""
    world: list[Any] = copy.deepcopy(
        data.draw(st.lists(st.sampled_from(manifests), min_size=1, max_size=most))
    )
    for item in world:
        places = [path for path in paths(item) if path]
        for place in data.draw(st.lists(st.sampled_from(places), max_size=3)):
            owner = item
            for step in place[:-1]:
                owner = owner[step] if isinstance(owner, (dict, list)) and _has(owner, step) else None
            if isinstance(owner, (dict, list)) and _has(owner, place[-1]):
                owner[place[-1]] = copy.deepcopy(data.draw(st.sampled_from(WRONG)))
    return world


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, item in inside for found in paths(item, (*path, key)))]


def _has(owner: Any, step: Any) -> bool:
    if isinstance(owner, dict):
        return step in owner
    return isinstance(step, int) and 0 <= step < len(owner)
