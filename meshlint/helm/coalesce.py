"""Helm room, coalescing: user values over the defaults of a chart and, section by section, its subcharts.

In: a processed Chart and tracked user values. Out: one tracked tree in which every value keeps the place of
the winner. Facts: helm pkg/chart/common/util/coalesce.go, step by step, with its in-place merging (which is
what lets nested globals of a subchart leak into its parent).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.gofmt import sprintf
from meshlint.helm.chart import Chart
from meshlint.yamldoc.tracked import AnyOrigin, TrackedMap, deep_copy, origin_of

GLOBAL = "global"


class Clash:
    """A mapping met a plain value and Helm kept one of them.

    text     Helm's warning
    kept, ignored   where the two were written, None if unknown
    path     dotted path of the value
    """

    __slots__ = ("ignored", "kept", "path", "text")

    def __init__(self, text: str, path: str, kept: AnyOrigin | None, ignored: AnyOrigin | None) -> None:
        self.text = text
        self.path = path
        self.kept = kept
        self.ignored = ignored


Warn = Callable[[Clash], None]


class CoalesceError(Exception):
    """A subchart's section is no mapping; the text is Helm's, `path` leads there, `origin` is its place."""

    def __init__(self, text: str, path: str, origin: AnyOrigin | None) -> None:
        super().__init__(text)
        self.path = path
        self.origin = origin


def coalesce_values(
    chart: Chart, values: TrackedMap, compat: str = "4", warn: Warn | None = None
) -> TrackedMap:
    """The values templates see; nulls delete defaults. `values` is not changed. Raises CoalesceError."""
    merged: TrackedMap = deep_copy(values)
    _Coalesce(False, compat, warn).chart(chart, merged, "")
    return merged


def merge_values(chart: Chart, compat: str = "4") -> TrackedMap:
    """The chart's own defaults and its subcharts', nulls kept: what import-values looks into."""
    merged = TrackedMap()
    _Coalesce(True, compat, None).chart(chart, merged, "")
    return merged


def merge_tables(into: TrackedMap, below: TrackedMap, compat: str = "4") -> TrackedMap:
    """`into` with what `below` has more, nulls kept, in place."""
    _Coalesce(True, compat, None).tables(into, below, "", True)
    return into


class _Coalesce:
    """One run; `merge` keeps nulls instead of deleting."""

    __slots__ = ("drop_null_defaults", "merge", "warn")

    def __init__(self, merge: bool, compat: str, warn: Warn | None) -> None:
        self.merge = merge
        self.drop_null_defaults = compat != "3"
        self.warn = warn

    def chart(self, chart: Chart, into: TrackedMap, prefix: str) -> None:
        """The chart's defaults, then each subchart into its section."""
        self.defaults(chart, into, prefix)
        below = _join(prefix, chart.name)
        for sub in chart.dependencies:
            name = sub.name
            if name not in into:
                into.put(name, TrackedMap(), None)
            section = into[name]
            if not isinstance(section, TrackedMap):
                # Helm prints the value with a verb that does not fit
                text = f"type mismatch on {name}: {sprintf('%t', [section])}"
                raise CoalesceError(text, _join(below, name), origin_of(into, name))
            self.globals(section, into, below)
            self.chart(sub, section, below)

    def defaults(self, chart: Chart, into: TrackedMap, prefix: str) -> None:
        """values.yaml below what is there already."""
        below = _join(prefix, chart.name)
        subcharts = {sub.name for sub in chart.dependencies}
        defaults = chart.values
        for key, value in defaults.items():
            origin = origin_of(defaults, key)
            clean = self.drop_null_defaults and not self.merge
            if key not in into:
                if not (clean and value is None):
                    copied = deep_copy(value) if isinstance(value, (dict, list)) else value
                    if clean and isinstance(copied, TrackedMap):
                        _drop_nulls(copied)
                    into.put(key, copied, origin)
                continue
            present = into[key]
            if present is None and not self.merge:
                into.drop(key)
            elif isinstance(present, TrackedMap):
                if isinstance(value, TrackedMap):
                    merge = self.merge or key in subcharts
                    copied = deep_copy(value)
                    if self.drop_null_defaults and not merge:
                        _drop_nulls(copied)
                    self.tables(present, copied, _join(below, key), merge)
                elif value is not None:
                    path = _join(below, key)
                    text = f"warning: skipped value for {path}: Not a table."
                    self._clash(text, path, origin_of(into, key), origin)

    def tables(self, into: TrackedMap, below: TrackedMap, prefix: str, merge: bool) -> None:
        """What `below` has more goes into `into`, both changed in place."""
        set_below = {key for key, value in below.items() if value is not None}
        for key, value in into.items():
            if value is None:
                below[key] = None
        for key, value in below.items():
            if key not in into:
                into.put(key, value, origin_of(below, key))
                continue
            present = into[key]
            if present is None and not merge and key in set_below:
                into.drop(key)
            elif isinstance(value, TrackedMap):
                if isinstance(present, TrackedMap):
                    self.tables(present, value, _join(prefix, key), merge)
                else:
                    self._table_clash(
                        "warning: cannot overwrite table with non table for", into, below, key, prefix
                    )
            elif isinstance(present, TrackedMap) and value is not None:
                path = _join(prefix, key)
                text = (
                    f"warning: destination for {path} is a table. Ignoring non-table value ({_text(value)})"
                )
                self._clash(text, path, origin_of(into, key), origin_of(below, key))

    def globals(self, section: TrackedMap, parent: TrackedMap, prefix: str) -> None:
        """The parent's globals into a subchart's, the parent's winning."""
        inner = section.get(GLOBAL) if GLOBAL in section else TrackedMap()
        outer = parent.get(GLOBAL) if GLOBAL in parent else TrackedMap()
        if not isinstance(inner, TrackedMap) or not isinstance(outer, TrackedMap):
            which = ("destination", section) if not isinstance(inner, TrackedMap) else ("source", parent)
            text = f"warning: skipping globals because {which[0]} {GLOBAL} is not a table."
            self._clash(text, _join(prefix, GLOBAL), None, origin_of(which[1], GLOBAL))
            return
        for key, value in outer.items():
            self._global(inner, outer, key, value, prefix)
        section.put(GLOBAL, inner, origin_of(section, GLOBAL))

    def _global(self, inner: TrackedMap, outer: TrackedMap, key: str, value: Any, prefix: str) -> None:
        present = inner.get(key)
        if not isinstance(value, TrackedMap):
            if key not in inner or not isinstance(present, TrackedMap):
                inner.put(key, value, origin_of(outer, key))
            else:
                self._clash(
                    f"key {key} is table. Skipping", key, origin_of(inner, key), origin_of(outer, key)
                )
            return
        # a shallow copy as in Helm: mappings deeper down stay the parent's own objects
        copied = _shallow(value)
        if key not in inner:
            inner.put(key, copied, origin_of(outer, key))
        elif isinstance(present, TrackedMap):
            self.tables(copied, present, _join(prefix, key), True)
            inner.put(key, copied, origin_of(outer, key))
        else:
            text = f'Conflict: cannot merge map onto non-map for "{key}". Skipping.'
            self._clash(text, _join(prefix, key), origin_of(inner, key), origin_of(outer, key))

    def _table_clash(self, words: str, into: TrackedMap, below: TrackedMap, key: str, prefix: str) -> None:
        path = _join(prefix, key)
        text = f"{words} {path} ({_text(below[key])})"
        self._clash(text, path, origin_of(into, key), origin_of(below, key))

    def _clash(self, text: str, path: str, kept: AnyOrigin | None, ignored: AnyOrigin | None) -> None:
        if self.warn is not None:
            self.warn(Clash(text, path, kept, ignored))


def _shallow(value: dict[str, Any]) -> TrackedMap:
    copied = TrackedMap(value)
    copied.origins = dict(getattr(value, "origins", {}))
    return copied


def _drop_nulls(mapping: dict[str, Any]) -> None:
    for key in [key for key, value in mapping.items() if value is None]:
        del mapping[key]
    for value in mapping.values():
        if isinstance(value, TrackedMap):
            _drop_nulls(value)


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _text(value: Any) -> str:
    return str(sprintf("%v", [value]))
