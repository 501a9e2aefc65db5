"""List functions of Sprig: list, first, append, concat, uniq, has, slice, chunk ...

In: Go slices of any element type; out: new lists. Functions of kind "container" take the origins of
their arguments first and return TrackedLists whose elements keep the place they were written at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import floor, fmod
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.comparison import truth
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gotype import kind_name
from meshlint.gotemplate.govalue import GoError, ListList, NilList, Uint8
from meshlint.sprig.numbers import to_int64
from meshlint.sprig.reflection import deep_equal
from meshlint.yamldoc.tracked import AnyOrigin, TrackedList

NIL_POINTER = "runtime error: invalid memory address or nil pointer dereference"
_OUT_OF_RANGE = "runtime error: makeslice: len out of range"

Origins = list[AnyOrigin | None]  # one per argument of the call


def elements(value: Any, action: str) -> list[Any]:
    """The elements of a slice; GoError `Cannot ACTION type KIND` for anything else."""
    if isinstance(value, list):
        return value
    if value is None:
        raise GoError(NIL_POINTER)
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    raise GoError(f"Cannot {action} type {kind_name(value)}")


def _selected(items: list[Any], indexes: Iterable[int], origin: AnyOrigin | None) -> TrackedList:
    """A new list of the items at the given indexes; `origin` is that of the list they come from."""
    work.elements(len(items))
    result = TrackedList()
    known = getattr(items, "origins", {})
    for place, index in enumerate(indexes):
        result.append(items[index])
        found = known.get(index) or origin
        if found is not None:
            result.origins[place] = found
    return result


def make_list(arg_origins: Origins, *values: Any) -> TrackedList:
    """A list of the arguments."""
    result = TrackedList(values)
    result.origins = {place: origin for place, origin in enumerate(arg_origins) if origin is not None}
    return result


def append(arg_origins: Origins, source: Any, value: Any) -> TrackedList:
    """A copy of the list with one more element at its end."""
    items = elements(source, "push on")
    result = _selected(items, range(len(items)), arg_origins[0])
    result.append(value)
    if arg_origins[1] is not None:
        result.origins[len(items)] = arg_origins[1]
    return result


def prepend(arg_origins: Origins, source: Any, value: Any) -> TrackedList:
    """A copy of the list with one more element at its start."""
    items = elements(source, "prepend on")
    return _joined([(make_list(arg_origins[1:], value), None), (items, arg_origins[0])])


def concat(arg_origins: Origins, *sources: Any) -> TrackedList | NilList:
    """The elements of all lists in a new one; a nil list if there are none."""
    lists = [(_concatenated(source), origin) for source, origin in zip(sources, arg_origins, strict=True)]
    return _joined(lists) if any(items for items, _ in lists) else NilList()


def _concatenated(source: Any) -> list[Any]:
    if source is None or isinstance(source, (list, bytes)):
        return elements(source, "concat")
    raise GoError(f"Cannot concat type {kind_name(source)} as list")


def _joined(lists: list[tuple[list[Any], AnyOrigin | None]]) -> TrackedList:
    work.elements(sum(len(items) for items, _ in lists))
    result = TrackedList()
    for items, origin in lists:
        known = getattr(items, "origins", {})
        for index, item in enumerate(items):
            found = known.get(index) or origin
            if found is not None:
                result.origins[len(result)] = found
            result.append(item)
    return result


def first(source: Any) -> Any:
    """The first element, nil if there is none."""
    items = elements(source, "find first on")
    return items[0] if items else None


def last(source: Any) -> Any:
    """The last element, nil if there is none."""
    items = elements(source, "find last on")
    return items[-1] if items else None


def _look_first(source: Any) -> list[tuple[Any, str | int]]:
    return [(source, 0)] if isinstance(source, list) and source else []


def _look_last(source: Any) -> list[tuple[Any, str | int]]:
    return [(source, len(source) - 1)] if isinstance(source, list) and source else []


def rest(arg_origins: Origins, source: Any) -> TrackedList | NilList:
    """All but the first element; a nil list for an empty one."""
    items = elements(source, "find rest on")
    return _selected(items, range(1, len(items)), arg_origins[0]) if items else NilList()


def initial(arg_origins: Origins, source: Any) -> TrackedList | NilList:
    """All but the last element; a nil list for an empty one."""
    items = elements(source, "find initial on")
    return _selected(items, range(len(items) - 1), arg_origins[0]) if items else NilList()


def reverse(arg_origins: Origins, source: Any) -> TrackedList:
    """The elements in opposite order."""
    items = elements(source, "find reverse on")
    return _selected(items, range(len(items) - 1, -1, -1), arg_origins[0])


def compact(arg_origins: Origins, source: Any) -> TrackedList:
    """The elements that are not empty."""
    items = elements(source, "compact on")
    return _selected(items, [place for place, item in enumerate(items) if truth(item)], arg_origins[0])


def uniq(arg_origins: Origins, source: Any) -> TrackedList:
    """Every element once, where it first stands; 1, 1.0 and "1" are different."""
    items = elements(source, "find uniq on")
    kept: list[int] = []
    seen: set[tuple[type, Any]] = set()  # plain scalars; anything else is compared with all that was kept
    for place, item in enumerate(items):
        mark = (str, item) if isinstance(item, str) else (type(item), item)
        if mark[0] in (str, bool, int):
            if mark in seen:
                continue
            seen.add(mark)
        elif any(deep_equal(item, items[other]) for other in kept):
            continue
        kept.append(place)
    return _selected(items, kept, arg_origins[0])


def without(arg_origins: Origins, source: Any, *unwanted: Any) -> TrackedList:
    """The elements that equal none of the unwanted ones."""
    items = elements(source, "find without on")
    kept = [place for place, item in enumerate(items) if not _in(unwanted, item)]
    return _selected(items, kept, arg_origins[0])


def has(needle: Any, haystack: Any) -> bool:
    """True if an element equals the needle; false for a nil list."""
    return haystack is not None and _in(elements(haystack, "find has on"), needle)


def _in(haystack: Iterable[Any], needle: Any) -> bool:
    return any(deep_equal(needle, item) for item in haystack)


def slice_list(arg_origins: Origins, source: Any, *bounds: Any) -> Any:
    """The elements [from, to) as a list of the same type; nil for an empty list."""
    if source is None:
        raise GoError(NIL_POINTER)
    if not isinstance(source, (list, bytes)):
        raise GoError(f"list should be type of slice or array but {kind_name(source)}")
    size = len(source)
    if not size:
        return None
    start = to_int64(bounds[0]) if bounds else 0
    end = to_int64(bounds[1]) if len(bounds) > 1 else size
    if not 0 <= start <= end <= size:
        raise GoError("reflect.Value.Slice: slice index out of bounds")
    if isinstance(source, list) and type(source) in (list, TrackedList):
        return _selected(source, range(start, end), arg_origins[0])
    return type(source)(source[start:end])


def chunk(arg_origins: Origins, size: int, source: Any) -> ListList:
    """Lists of `size` elements each; the last one may be shorter. Odd sizes fail as in Go."""
    items = elements(source, "chunk")
    length = len(items)
    if size == 0:
        raise GoError(_OUT_OF_RANGE)
    count = floor((length - 1) / size) + 1
    if count < 0:
        raise GoError(_OUT_OF_RANGE)
    chunks = ListList()
    for number in range(count):
        width = size if number < count - 1 else int(fmod(length, size)) or size
        if width < 0:
            raise GoError(_OUT_OF_RANGE)
        chunks.append(_selected(items, range(number * size, number * size + width), arg_origins[1]))
    return chunks


_Row = tuple[str, tuple[str, ...], Callable[..., Any]]
_CONTAINERS: tuple[_Row, ...] = (
    ("append", ("any", "any"), append),
    ("push", ("any", "any"), append),
    ("prepend", ("any", "any"), prepend),
    ("rest", ("any",), rest),
    ("initial", ("any",), initial),
    ("reverse", ("any",), reverse),
    ("compact", ("any",), compact),
    ("uniq", ("any",), uniq),
    ("without", ("any", "...any"), without),
    ("slice", ("any", "...any"), slice_list),
    ("chunk", ("int", "any"), chunk),
)


def _must(name: str) -> str:
    return "must" + name[0].upper() + name[1:]


FUNCTIONS: tuple[Function, ...] = (
    Function("list", ("...any",), make_list, "container"),
    Function("tuple", ("...any",), make_list, "container"),
    Function("concat", ("...any",), concat, "container"),
    *(Function(name, params, call, "container") for name, params, call in _CONTAINERS),
    *(Function(_must(name), params, call, "container") for name, params, call in _CONTAINERS),
    Function("first", ("any",), first, looks=_look_first),
    Function("mustFirst", ("any",), first, looks=_look_first),
    Function("last", ("any",), last, looks=_look_last),
    Function("mustLast", ("any",), last, looks=_look_last),
    Function("has", ("any", "any"), has),
    Function("mustHas", ("any", "any"), has),
)
