"""Tracked containers: mappings and lists that know where each of their values was written.

Scalars stay plain Python values; the origin belongs to (container, key). So merging, overriding
and subchart values keep "values-prod.yaml:14" for the winner, and a lookup logs (container, key).
"""

from __future__ import annotations

from typing import Any

from meshlint.text.origin import Derived, KeyOrigin, Path

AnyOrigin = KeyOrigin | Derived


class TrackedMap(dict[str, Any]):
    """A Go map[string]any: a dict with `origins` per key and, for values trees, its own `path`.

    origins  key -> KeyOrigin or Derived; a key without an entry has an unknown origin
    path     where the container hangs, as ("Values", "image"); None if it hangs nowhere
    """

    __slots__ = ("origins", "path")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.origins: dict[str | int, AnyOrigin] = {}
        self.path: Path | None = None

    def put(self, key: str, value: Any, origin: AnyOrigin | None) -> None:
        """Store a value and where it came from (None: unknown)."""
        self[key] = value
        if origin is None:
            self.origins.pop(key, None)
        else:
            self.origins[key] = origin

    def drop(self, key: str) -> None:
        """Remove a key and its origin; absent keys are fine."""
        self.pop(key, None)
        self.origins.pop(key, None)


class TrackedList(list[Any]):
    """A Go []any: a list with `origins` per index and, for values trees, its own `path`."""

    __slots__ = ("origins", "path")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.origins: dict[str | int, AnyOrigin] = {}
        self.path: Path | None = None


def origin_of(container: Any, key: str | int) -> AnyOrigin | None:
    """The origin of container[key], None for untracked containers and unknown origins."""
    origins = getattr(container, "origins", None)
    return None if origins is None else origins.get(key)


def deep_copy(value: Any) -> Any:
    """A copy of the containers with their origins; scalars and origins are shared. Plain dicts stay plain."""
    if isinstance(value, TrackedMap):
        copied = type(value)((key, deep_copy(item)) for key, item in value.items())
        copied.origins = dict(value.origins)
        copied.path = value.path
        return copied
    if isinstance(value, TrackedList):
        items = TrackedList(deep_copy(item) for item in value)
        items.origins = dict(value.origins)
        items.path = value.path
        return items
    if type(value) is dict:
        return {key: deep_copy(item) for key, item in value.items()}
    if isinstance(value, list):
        return type(value)(map(deep_copy, value))
    return value


def set_paths(value: Any, path: Path) -> None:
    """Give every tracked container below `value` its path, once, after the tree is complete."""
    if isinstance(value, TrackedMap):
        value.path = path
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                set_paths(item, (*path, key))
    elif isinstance(value, TrackedList):
        value.path = path
        for index, item in enumerate(value):
            if isinstance(item, (dict, list)):
                set_paths(item, (*path, index))
