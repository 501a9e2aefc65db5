"""Dictionary functions of Sprig: dict, get, set, pick, omit, merge, dig ...

In: Go maps; out: maps, changed in place where Go does so. Functions of kind "container" take the
origins of their arguments first, so that every key keeps the place it was written at. A nil map is
None or NilMap: it reads as empty and cannot be assigned to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import sorted_keys, type_name
from meshlint.gotemplate.govalue import GoError, NilMap, StringList
from meshlint.sprig.lists import Origins
from meshlint.sprig.merging import merge_into
from meshlint.sprig.strings import strval
from meshlint.yamldoc.tracked import AnyOrigin, TrackedList, TrackedMap, deep_copy, origin_of

Map = dict[str, Any]
_MAP = "map[string]interface {}"


def make_dict(arg_origins: Origins, *pairs: Any) -> TrackedMap:
    """A map of keys and values in turn; a key without a value gets ""."""
    result = TrackedMap()
    for place in range(0, len(pairs), 2):
        key = str(strval(pairs[place]))
        if place + 1 < len(pairs):
            result.put(key, pairs[place + 1], arg_origins[place + 1])
        else:
            result.put(key, "", None)
    return result


def get(source: Map | None, key: str) -> Any:
    """The value of a key, "" if it is absent."""
    return source.get(key, "") if source else ""


def has_key(source: Map | None, key: str) -> bool:
    """True if the key is there, whatever its value."""
    return bool(source) and key in source  # type: ignore[operator]


def _look(source: Map | None, key: str) -> list[tuple[Any, str | int]]:
    return [] if source is None else [(source, str(key))]


def assign(arg_origins: Origins, target: Map | None, key: str, value: Any) -> Map:
    """`set`: the map itself, with the key set."""
    if target is None or isinstance(target, NilMap):
        raise GoError("assignment to entry in nil map")
    if isinstance(target, TrackedMap):
        target.put(str(key), value, arg_origins[2])
    else:
        target[str(key)] = value
    return _unnamed(target)


def unset(arg_origins: Origins, target: Map | None, key: str) -> Map:  # noqa: ARG001 - nothing is stored
    """The map itself, without the key."""
    if target is None:
        return NilMap()
    if isinstance(target, TrackedMap):
        target.drop(key)
    else:
        target.pop(key, None)
    return _unnamed(target)


def _unnamed(target: Map) -> Map:
    """The same map as the type of the parameter it was given to: `.Values` comes back a plain map."""
    view: Callable[[], Map] | None = getattr(target, "unnamed", None)
    return target if view is None else view()


def pluck(arg_origins: Origins, key: str, *sources: Map | None) -> TrackedList:
    """The values of one key in several maps, where it is present."""
    result = TrackedList()
    for source, origin in zip(sources, arg_origins[1:], strict=True):
        if source and key in source:
            _add(result, source[key], origin_of(source, key) or origin)
    return result


def _add(result: TrackedList, value: Any, origin: AnyOrigin | None) -> None:
    if origin is not None:
        result.origins[len(result)] = origin
    result.append(value)


def keys(*sources: Map | None) -> StringList:
    """The keys of all maps; those of one map sorted, where Go's order is random."""
    return StringList(key for source in sources if source for key in sorted_keys(source))


def values(arg_origins: Origins, source: Map | None) -> TrackedList:
    """The values in the order of their sorted keys, where Go's order is random."""
    result = TrackedList()
    for key in sorted_keys(source or {}):
        _add(result, source[key], origin_of(source, key) or arg_origins[0])  # type: ignore[index]
    return result


def pick(arg_origins: Origins, source: Map | None, *wanted: str) -> TrackedMap:
    """A new map with only the wanted keys."""
    kept = source or {}
    return _copied(kept, [str(key) for key in wanted if key in kept], arg_origins[0])


def omit(arg_origins: Origins, source: Map | None, *unwanted: str) -> TrackedMap:
    """A new map without the unwanted keys."""
    return _copied(source or {}, [key for key in source or {} if key not in unwanted], arg_origins[0])


def _copied(source: Map, wanted: list[str], origin: AnyOrigin | None) -> TrackedMap:
    result = TrackedMap()
    for key in wanted:
        result.put(key, source[key], origin_of(source, key) or origin)
    return result


def merge(arg_origins: Origins, target: Map | None, *sources: Map | None) -> Map:
    """The first map itself, its gaps filled from the others."""
    return _merged(arg_origins, target, sources, overwrite=False)


def merge_overwrite(arg_origins: Origins, target: Map | None, *sources: Map | None) -> Map:
    """The first map itself, overwritten by the others."""
    return _merged(arg_origins, target, sources, overwrite=True)


def _merged(
    arg_origins: Origins, target: Map | None, sources: tuple[Map | None, ...], overwrite: bool
) -> Map:
    result = NilMap() if target is None else target
    for source, origin in zip(sources, arg_origins[1:], strict=True):
        if source is None or isinstance(source, NilMap):
            continue
        work.nodes(source)
        if isinstance(result, NilMap):
            result = TrackedMap()
        merge_into(result, source, overwrite, origin)
    return _unnamed(result)


def dig(*args: Any) -> Any:
    """The value under a chain of keys, or a default: KEY... DEFAULT MAP."""
    if len(args) < 3:
        raise GoError("dig needs at least three arguments")
    *path, default, top = args
    step = _asserted(top)
    for key in path:
        if not isinstance(key, str):
            raise GoError(_conversion(key, "string"))
    for key in path[:-1]:
        if key not in step:
            return default
        step = _asserted(step[key])
    return step.get(path[-1], default)


def _asserted(value: Any) -> Map:
    """The value if it is exactly a map[string]interface {}: a type assertion, no conversion."""
    if not isinstance(value, dict) or type_name(value) != _MAP:
        raise GoError(_conversion(value, _MAP))
    return value


def _conversion(value: Any, wanted: str) -> str:
    found = "nil" if value is None else type_name(value)
    return f"interface conversion: interface {{}} is {found}, not {wanted}"


def _look_dig(*args: Any) -> list[tuple[Any, str | int]]:
    *path, _, step = args
    looks: list[tuple[Any, str | int]] = []
    for key in path:
        if not isinstance(step, dict):
            break
        looks.append((step, str(key)))
        step = step.get(key)
    return looks[-1:]


def copy_deep(arg_origins: Origins, value: Any) -> Any:  # noqa: ARG001 - copies keep their own origins
    """A copy of all containers in the value; nil is an error, as in Go."""
    if value is None:
        raise GoError("reflect: call of reflect.Value.Type on zero Value")
    work.nodes(value)
    return deep_copy(value)


_Row = tuple[str, tuple[str, ...], Callable[..., Any]]
_CONTAINERS: tuple[_Row, ...] = (
    ("dict", ("...any",), make_dict),
    ("set", ("map", "string", "any"), assign),
    ("unset", ("map", "string"), unset),
    ("pluck", ("string", "...map"), pluck),
    ("values", ("map",), values),
    ("pick", ("map", "...string"), pick),
    ("omit", ("map", "...string"), omit),
    ("merge", ("map", "...map"), merge),
    ("mustMerge", ("map", "...map"), merge),
    ("mergeOverwrite", ("map", "...map"), merge_overwrite),
    ("mustMergeOverwrite", ("map", "...map"), merge_overwrite),
    ("deepCopy", ("any",), copy_deep),
    ("mustDeepCopy", ("any",), copy_deep),
)

FUNCTIONS: tuple[Function, ...] = (
    *(Function(name, params, call, "container") for name, params, call in _CONTAINERS),
    Function("get", ("map", "string"), get, looks=_look),
    Function("hasKey", ("map", "string"), has_key, looks=_look),
    Function("keys", ("...map",), keys),
    Function("dig", ("...any",), dig, looks=_look_dig),
)
