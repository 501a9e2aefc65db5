"""NodeIndex: where every key, value and item of a loaded document stands in its text.

Offsets are code points. Containers are looked up by identity, so an index lives and dies with its
document. Ends of block collections are not stored: they are the ends of their last entries.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

Range = tuple[int, int]
# key start, key end, value start, value end; -1 as value end of a block collection; items have no key.
Entry = tuple[int, int, int, int]

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t\r\n]+)*")


class Duplicate(NamedTuple):
    """A key written twice in one mapping: the later value wins, the earlier is lost."""

    container: dict[str, Any]
    key: str
    first: Range
    again: Range


class NodeIndex:
    """Offsets of one document.

    text        the document's text
    entries     id(container) -> key or index -> Entry
    duplicates  keys written twice, in the order of their second appearance
    """

    __slots__ = ("duplicates", "entries", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: dict[int, dict[str | int, Entry]] = {}
        self.duplicates: list[Duplicate] = []

    def entry(self, container: Any, key: str | int) -> Entry | None:
        """The stored offsets of container[key], None if the key is not there."""
        entries = self.entries.get(id(container))
        return None if entries is None else entries.get(key)

    def key_span(self, container: Any, key: str | int) -> Range | None:
        """The characters of a key; of the item itself in a list."""
        entry = self.entry(container, key)
        if entry is None:
            return None
        if isinstance(container, list):
            return self.value_span(container, key)
        return entry[0], entry[1]

    def value_span(self, container: Any, key: str | int) -> Range | None:
        """The characters of a value without anchor, tag and trailing blanks; empty for `key:` alone."""
        entry = self.entry(container, key)
        if entry is None:
            return None
        start, end = entry[2], self.value_end(container, key, entry)
        if start < end and self.text[start] in "&!":
            match = _PROPERTIES.match(self.text, start, end)
            start = match.end() if match else start
        return start, max(start, end)

    def value_end(self, container: Any, key: str | int, entry: Entry) -> int:
        """The end of a value: of the last entry inside for block collections."""
        value: Any = container[key]
        while entry[3] < 0:
            below = self.entries.get(id(value))
            if not below:
                return entry[2]
            last = next(reversed(below))
            entry, value = below[last], value[last]
            if entry[3] >= 0 and entry[2] < 0:
                break
        end = entry[3]
        if end > entry[2] and self.text[end - 1 : end].isspace():
            return entry[2] + len(self.text[entry[2] : end].rstrip())
        return end
