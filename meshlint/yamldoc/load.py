"""Load: YAML text to Python values as Go's sigs.k8s.io/yaml sees it, with the place of every key.

In goes a text or a Source, out come

- `load_manifest`: plain dict and list with exact numbers (int, float) and a NodeIndex of offsets;
- `load_values`, `load_source`: TrackedMap and TrackedList with a KeyOrigin per key, numbers as float64;
- `load_text`: the value of `fromYaml`, tracked back to the pieces of the text if it is a Rope.

All raise YamlError, whose text is Go's.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from meshlint.text.origin import Derived, KeyOrigin, Path
from meshlint.text.rope import Rope
from meshlint.text.source import Source
from meshlint.yamldoc.compose import YamlError
from meshlint.yamldoc.index import NodeIndex, Range
from meshlint.yamldoc.tracked import AnyOrigin, TrackedList, TrackedMap
from meshlint.yamldoc.walk import walk

_DECODE = "error unmarshaling JSON: while decoding JSON: json: "
MAP_TYPE = "map[string]interface {}"
LIST_TYPE = "[]interface {}"


class LoadedDocument(NamedTuple):
    """One document: its value (None, scalar, dict or list) and the places of everything in it."""

    value: Any
    nodes: NodeIndex


def load_manifest(text: str) -> LoadedDocument:
    """The first document of a text with exact numbers and offsets; raises YamlError."""
    return LoadedDocument(*walk(str(text)))


class Repeated(NamedTuple):
    """A key written twice in one mapping of a source: the characters that are lost, and those that count."""

    key: str
    lost: Range
    kept: Range


def load_source(source: Source, exact: bool = False, repeated: list[Repeated] | None = None) -> Any:
    """The first document of a source, tracked; numbers stay int and float if `exact`, else are float64.

    repeated   gets the keys that are written twice
    """
    return _track_piece(source, source.text, 0, exact, repeated)


def load_values(source: Source, compat: str = "4", repeated: list[Repeated] | None = None) -> TrackedMap:
    """A values file as Helm reads it; raises YamlError as Helm words it without the file's name.

    Helm 4 merges all documents of the file, later ones over earlier ones; Helm 3 reads the first.
    """
    if compat == "3":
        first: TrackedMap = expect_map(load_source(source, repeated=repeated))
        return first
    merged = TrackedMap()
    for start, end in _pieces(source.text):
        try:
            piece = source.text[start:end]  # Helm ends the last line, whether the file does or not
            whole = piece if piece.endswith("\n") else piece + "\n"
            value = expect_map(_track_piece(source, whole, start, False, repeated))
        except YamlError as error:
            raise error.moved(0, "cannot unmarshal yaml document: ") from None
        merge_maps(merged, value)
    return merged


def load_text(text: str) -> Any:
    """The value `fromYaml` decodes: first document, float64 numbers; raises YamlError.

    Containers are tracked if the text is a Rope: each key comes from the part its value stands in.
    """
    value, index = walk(str(text))
    if isinstance(text, Rope):
        return _Tracker(index, False, _RopePlaces(text)).value(value, ())
    return _Tracker(index, False, None).plain(value)


def expect_map(value: Any) -> Any:
    """The value if it is a mapping, an empty one for null; else json's error as a YamlError."""
    return _expect(value, dict, TrackedMap, MAP_TYPE)


def expect_list(value: Any) -> Any:
    """The value if it is a list, an empty one for null; else json's error as a YamlError."""
    return _expect(value, list, TrackedList, LIST_TYPE)


def _expect(value: Any, wanted: type, empty: type, go_type: str) -> Any:
    if value is None:
        return empty()
    if isinstance(value, wanted):
        return value
    raise YamlError(f"{_DECODE}cannot unmarshal {json_kind(value)} into Go value of type {go_type}", 0)


def json_kind(value: Any) -> str:
    """What encoding/json calls a value in its errors."""
    if isinstance(value, bool):
        return "bool"
    names = ((str, "string"), (dict, "object"), (list, "array"), (int, "number"), (float, "number"))
    return next((name for kind, name in names if isinstance(value, kind)), "null")


def merge_maps(target: TrackedMap, source: TrackedMap) -> None:
    """Helm's MergeMaps in place: maps are merged, everything else is replaced; origins follow."""
    for key, value in source.items():
        current = target.get(key)
        if isinstance(value, TrackedMap) and isinstance(current, TrackedMap):
            merge_maps(current, value)
            if key not in target.origins and key in source.origins:
                target.origins[key] = source.origins[key]
        else:
            target.put(key, value, source.origins.get(key))


def _pieces(text: str) -> list[Range]:
    """The documents of a values file for Helm 4, split as YAMLReader does: at lines with `---`."""
    if "---" not in text:
        return [(0, len(text))] if text else []
    found: list[Range] = []
    start = at = 0
    while at < len(text):
        stop = text.find("\n", at) + 1 or len(text)
        if text.startswith("---", at):
            rest = text[at + 3 : stop].strip()
            if rest and rest[0] != "#":
                raise YamlError(f"error reading yaml document: invalid Yaml document separator: {rest}", at)
            if at > start:  # a separator before the first line stays with what follows
                found.append((start, at))
                start = stop
        at = stop
    if start < len(text):
        found.append((start, len(text)))
    return found


def _track_piece(source: Source, text: str, shift: int, exact: bool, repeated: list[Repeated] | None) -> Any:
    try:
        value, index = walk(text)
    except YamlError as error:
        raise error.moved(shift) from None
    if repeated is not None:
        repeated += [
            Repeated(each.key, _moved(each.first, shift), _moved(each.again, shift))
            for each in index.duplicates
        ]
    return _Tracker(index, exact, _SourcePlaces(source, shift)).value(value, ())


def _moved(span: Range, shift: int) -> Range:
    return span[0] + shift, span[1] + shift


class _SourcePlaces:
    """Origins of a values file, a chart file or a flag."""

    __slots__ = ("shift", "source")

    def __init__(self, source: Source, shift: int) -> None:
        self.source = source
        self.shift = shift

    def origin(self, key_start: int, start: int, end: int, path: Path) -> AnyOrigin:
        shift = self.shift
        return KeyOrigin(self.source, key_start + shift, start + shift, end + shift, path)


class _RopePlaces:
    """Origins of rendered text that is read again: the part in which the value stands."""

    __slots__ = ("parts", "starts")

    def __init__(self, text: Rope) -> None:
        self.parts = text.parts
        self.starts = [0]
        for part in text.parts:
            self.starts.append(self.starts[-1] + len(part[0]))

    def origin(self, key_start: int, start: int, end: int, path: Path) -> AnyOrigin:
        from bisect import bisect_right

        del key_start, path
        place = bisect_right(self.starts, max(start, min(start, end - 1))) - 1
        return Derived(self.parts[min(place, len(self.parts) - 1)][1])


class _Tracker:
    """Copies a walked tree: tracked containers, shared (aliased) ones copied, numbers as asked for."""

    __slots__ = ("exact", "index", "places")

    def __init__(self, index: NodeIndex, exact: bool, places: _SourcePlaces | _RopePlaces | None) -> None:
        self.index = index
        self.exact = exact
        self.places = places

    def plain(self, value: Any) -> Any:
        kind = value.__class__
        if kind is dict:
            return {key: self.plain(item) for key, item in value.items()}
        if kind is list:
            return [self.plain(item) for item in value]
        return float(value) if kind is int and not self.exact else value

    def value(self, value: Any, path: Path) -> Any:
        kind = value.__class__
        if kind is dict:
            return self.mapping(value, path)
        if kind is list:
            return self.sequence(value, path)
        return float(value) if kind is int and not self.exact else value

    def mapping(self, value: dict[str, Any], path: Path) -> TrackedMap:
        result = TrackedMap()
        for key, item in value.items():
            below = (*path, key)
            result[key] = self.value(item, below)
            self.note(result, value, key, below)
        return result

    def sequence(self, value: list[Any], path: Path) -> TrackedList:
        result = TrackedList()
        for number, item in enumerate(value):
            below = (*path, number)
            result.append(self.value(item, below))
            self.note(result, value, number, below)
        return result

    def note(self, result: TrackedMap | TrackedList, old: Any, key: str | int, path: Path) -> None:
        key_range = self.index.key_span(old, key)
        value_range = self.index.value_span(old, key)
        if key_range and value_range and self.places:
            result.origins[key] = self.places.origin(key_range[0], *value_range, path)
