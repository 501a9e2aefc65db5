"""Deep merging of maps as mergo 1.0 does it: what merge and mergeOverwrite change in their first argument.

In: a destination map and a source map; out: nothing, the destination has changed. Maps of the source
that the destination lacks are shared, not copied: a later change shows in both, as in Go.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.comparison import truth
from meshlint.gotemplate.gotype import type_name
from meshlint.gotemplate.govalue import GoError, NilMap, StringMap
from meshlint.yamldoc.tracked import AnyOrigin, TrackedMap, origin_of


def merge_into(
    target: dict[str, Any], source: dict[str, Any], overwrite: bool, origin: AnyOrigin | None
) -> None:
    """Merge `source` into `target`: values fill gaps, or win with `overwrite`; maps are merged deeply.

    A gap is an absent key or an empty value (nil, "", 0, false, []). `origin` is that of the source,
    used for keys whose own place is unknown. An explicit nil of the source wins only with `overwrite`.
    """
    for key, value in list(source.items()):
        if value is None:
            if overwrite:
                _put(target, key, None, source, origin, overwrite)
            continue
        present = target.get(key)
        if isinstance(value, dict) and isinstance(present, dict) and not isinstance(present, NilMap):
            merge_into(present, value, overwrite, origin_of(source, key) or origin)
        filled = truth(present)
        if filled and isinstance(value, dict) and isinstance(present, dict):
            continue
        if overwrite or not filled:
            _put(target, key, value, source, origin, overwrite)


def _put(
    target: dict[str, Any],
    key: str,
    value: Any,
    source: dict[str, Any],
    origin: AnyOrigin | None,
    overwrite: bool,
) -> None:
    if isinstance(target, StringMap) and not isinstance(source, StringMap):
        # Where a list wins, mergo stores the list itself; everything else is stored as an interface{}.
        as_list = isinstance(value, list) and (overwrite or key not in target)
        found = type_name(value) if as_list else "interface {}"
        raise GoError(f"reflect.Value.SetMapIndex: value of type {found} is not assignable to type string")
    if isinstance(target, TrackedMap):
        target.put(key, value, origin_of(source, key) or origin)
    else:
        target[key] = value
