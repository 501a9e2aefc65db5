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
    texts_only = isinstance(target, StringMap) and not isinstance(source, StringMap)
    for key, value in list(source.items()):
        present = target.get(key)
        filled = truth(present)
        if value is None:
            filled = not overwrite
        elif isinstance(value, dict) and isinstance(present, dict) and not isinstance(present, NilMap):
            merge_into(present, value, overwrite, origin_of(source, key) or origin)
            if present:
                continue
        elif texts_only and isinstance(value, list):
            raise GoError(_IS_NIL if key in target else _unfit(value))
        if filled and not overwrite:
            continue
        if texts_only:
            raise GoError(_unfit(value))
        _put(target, key, value, source, origin)


_IS_NIL = "reflect: call of reflect.Value.IsNil on string Value"


def _unfit(value: Any) -> str:
    """Go's complaint: mergo stores a list as what it is, everything else as an interface{}."""
    found = type_name(value) if isinstance(value, list) else "interface {}"
    return f"reflect.Value.SetMapIndex: value of type {found} is not assignable to type string"


def _put(
    target: dict[str, Any], key: str, value: Any, source: dict[str, Any], origin: AnyOrigin | None
) -> None:
    if isinstance(target, TrackedMap):
        target.put(key, value, origin_of(source, key) or origin)
    else:
        target[key] = value
