"""Helm room, the Go type of .Values: a named map with methods, and plain views of the same storage.

In: coalesced values. Out: Values (what a chart sees as `.Values`, type common.Values) and MapView (the same
mapping where Go has a plain map[string]interface {}: `.Values.sub` of the parent, `.AsMap`). A change through
one is seen through the other, as with Go maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from meshlint.gotemplate.govalue import GoError, GoObject
from meshlint.gotemplate.quoting import quote
from meshlint.yamldoc.dump import to_yaml
from meshlint.yamldoc.tracked import TrackedMap


class Values(TrackedMap, GoObject):
    """A Go common.Values."""

    __slots__ = ()
    go_type: ClassVar[str] = "common.Values"
    go_kind = "map"

    @classmethod
    def of(cls, mapping: dict[str, Any]) -> Values:
        """The entries of a mapping, with their origins, under the named type."""
        values = cls(mapping)
        values.origins = getattr(mapping, "origins", {})
        values.path = getattr(mapping, "path", None)
        return values

    def methods(self) -> dict[str, Callable[..., Any]]:
        """AsMap, Table, PathValue, YAML and Encode."""
        return {
            "AsMap": self.as_map,
            "Table": self.table,
            "PathValue": self.path_value,
            "YAML": self.yaml,
            "Encode": self.encode,
        }

    def as_map(self) -> dict[str, Any]:
        """The same mapping as a plain Go map."""
        return self.unnamed() if self else TrackedMap()

    def unnamed(self) -> MapView:
        """The same mapping as the plain map it becomes as an argument."""
        return MapView.of(self)

    def table(self, path: str) -> Values:
        """The mapping at a dotted path. Raises GoError if it is none."""
        found: Any = self
        for name in path.split("."):
            found = found.get(name)
            if not isinstance(found, dict):
                raise GoError(f"{quote(name)} is not a table")
        return self._named(found)

    def path_value(self, path: str) -> Any:
        """The value at a dotted path. Raises GoError if it is missing or a mapping."""
        if path == "":
            raise GoError("YAML path cannot be empty")
        *above, key = path.split(".")
        table: Any = self
        for name in above:
            table = table.get(name) if isinstance(table, dict) else None
        if not isinstance(table, dict) or key not in table or isinstance(table[key], dict):
            raise GoError(f"{quote(key)} is not a value")
        return table[key]

    def yaml(self) -> str:
        """The values as YAML, with the line feed at the end."""
        return to_yaml(self) + "\n"

    def encode(self, writer: Any) -> Any:
        """Unusable from a template: there is no writer."""
        raise GoError(f"can't handle {writer} for arg of type io.Writer")

    def _named(self, mapping: dict[str, Any]) -> Values:
        if isinstance(mapping, Values):
            return mapping
        return type(self).of(mapping.target if isinstance(mapping, MapView) else mapping)


class Values3(Values):
    """The same under the name Helm 3 gives it."""

    __slots__ = ()
    go_type = "chartutil.Values"


class MapView(TrackedMap):
    """A plain Go map that shares its entries with a Values."""

    __slots__ = ("target",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.target: TrackedMap = TrackedMap(*args, **kwargs)
        super().__init__()

    @classmethod
    def of(cls, target: TrackedMap) -> MapView:
        """A view of an existing mapping."""
        view = cls()
        view.target = target
        return view

    # mypy: slots of the parent become properties here, so that both sides see one set of origins
    @property
    def origins(self) -> Any:
        """The origins of the shared mapping."""
        return self.target.origins

    @origins.setter
    def origins(self, origins: Any) -> None:
        if origins:
            self.target.origins = origins

    @property
    def path(self) -> Any:
        """Where the shared mapping hangs."""
        return self.target.path

    @path.setter
    def path(self, path: Any) -> None:
        if path is not None:
            self.target.path = path

    def __len__(self) -> int:
        return len(self.target)

    def __bool__(self) -> bool:
        return bool(self.target)

    def __iter__(self) -> Iterator[str]:
        return iter(self.target)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self.target)

    def __contains__(self, key: object) -> bool:
        return key in self.target

    def __getitem__(self, key: str) -> Any:
        return self.target[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.target[key] = value

    def __delitem__(self, key: str) -> None:
        del self.target[key]

    def __eq__(self, other: object) -> bool:
        return self.target == (other.target if isinstance(other, MapView) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.target)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key."""
        return self.target.get(key, default)

    def keys(self) -> Any:
        """The keys."""
        return self.target.keys()

    def values(self) -> Any:
        """The values."""
        return self.target.values()

    def items(self) -> Any:
        """Keys and values."""
        return self.target.items()

    def pop(self, *args: Any) -> Any:
        """Remove a key."""
        return self.target.pop(*args)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a key, set if it is missing."""
        return self.target.setdefault(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Set several keys."""
        self.target.update(*args, **kwargs)

    def clear(self) -> None:
        """Remove all keys."""
        self.target.clear()

    def copy(self) -> dict[str, Any]:
        """A mapping of its own with the same entries."""
        return self.target.copy()
