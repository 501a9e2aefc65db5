"""Rope: a str that remembers where each of its pieces came from.

A Rope compares, hashes and prints as the text it is, so every function that takes a str takes a
Rope. Functions that keep the pieces (indent, trim, quote ...) build a new Rope with the operations
below; any plain str method returns a plain str, and the evaluator then falls back to the call
site: degraded, never wrong. The law: the joined texts of the parts are the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from meshlint.text.origin import Origin, Read


class Part(NamedTuple):
    """A piece of text of one origin; `shift` is its first character's place in what the node wrote.

    For verbatim origins (text nodes) character i of the part stands at offset
    origin.span.start + shift + i of the template; for others `shift` has no meaning.
    """

    text: str
    origin: Origin
    shift: int = 0


def _fast_part() -> Callable[[tuple[str, Origin, int]], Part]:
    return partial(tuple.__new__, Part)


# Part((text, origin, shift)) at half the price of Part(text, origin, shift), for those who make many.
make_part = _fast_part()


class Rope(str):
    """A str with parts. `Rope(text, parts)`: the parts' texts joined must be `text`."""

    __slots__ = ("parts",)
    parts: list[Part]

    def __new__(cls, text: str, parts: list[Part]) -> Rope:
        rope = super().__new__(cls, text)
        rope.parts = parts
        return rope


def of(parts: list[Part]) -> Rope:
    """The rope of the given parts; empty parts are dropped."""
    kept = [part for part in parts if part[0]]
    return Rope("".join([part[0] for part in kept]), kept)


def parts_of(text: str, site: Origin) -> list[Part]:
    """The parts of a rope; for a plain str one part with the origin `site`."""
    if isinstance(text, Rope):
        return text.parts
    return [Part(text, site)] if text else []


def cut(parts: Iterable[Part], start: int, end: int) -> list[Part]:
    """The parts of the characters [start, end); both within the length of the text."""
    found: list[Part] = []
    at = 0
    for part in parts:
        text = part[0]
        stop = at + len(text)
        if stop > start and at < end:
            low = max(start - at, 0)
            high = min(end - at, len(text))
            found.append(part if high - low == len(text) else Part(text[low:high], part[1], part[2] + low))
        elif at >= end:
            break
        at = stop
    return found


def concat(pieces: Iterable[str], site: Origin) -> str:
    """The pieces one after another: a rope as soon as one of them is, plain pieces then belong to `site`."""
    return join("", pieces, site)


def join(separator: str, pieces: Iterable[str], site: Origin) -> str:
    """The pieces with `separator` between them; separators and plain pieces belong to `site`."""
    items = list(pieces)
    if not isinstance(separator, Rope) and not any(isinstance(item, Rope) for item in items):
        return separator.join(items)
    parts: list[Part] = []
    for index, item in enumerate(items):
        if index and separator:
            parts += parts_of(separator, site)
        parts += parts_of(item, site)
    return of(parts)


def indent(text: str, padding: str, site: Origin, first: str = "") -> str:
    """`padding` at the start and after every line feed, as `indent` does; `first` comes before it all.

    What is added belongs to `site`; `first` is a line feed for `nindent`.
    """
    result = first + padding + text.replace("\n", "\n" + padding)
    if not isinstance(text, Rope):
        return result
    pad = Part(padding, site)
    parts = [Part(first + padding, site)]
    if not padding:
        return Rope(result, [*(parts if first else ()), *text.parts])
    for part in text.parts:
        piece, origin, shift = part
        at = 0
        end = piece.find("\n") + 1
        if not end:
            parts.append(part)
            continue
        while end:
            parts.append(make_part((piece[at:end], origin, shift + at)))
            parts.append(pad)
            at = end
            end = piece.find("\n", at) + 1
        if at < len(piece):
            parts.append(make_part((piece[at:], origin, shift + at)))
    return Rope(result, parts)


def slice_of(text: str, start: int, end: int) -> str:
    """The characters [start, end), both within the text."""
    if not isinstance(text, Rope):
        return text[start:end]
    if start == 0 and end == len(text):
        return text
    return Rope(text[start:end], cut(text.parts, start, end))


def trim(text: str, chars: str, left: bool = True, right: bool = True) -> str:
    """The text without the characters of `chars` at its ends."""
    start = len(text) - len(text.lstrip(chars)) if left and chars else 0
    if start == len(text):
        return slice_of(text, 0, 0)
    return slice_of(text, start, len(text.rstrip(chars)) if right and chars else len(text))


def trim_prefix(text: str, prefix: str) -> str:
    """The text without `prefix`, once."""
    return slice_of(text, len(prefix), len(text)) if text.startswith(prefix) else text


def trim_suffix(text: str, suffix: str) -> str:
    """The text without `suffix`, once."""
    return slice_of(text, 0, len(text) - len(suffix)) if text.endswith(suffix) else text


def replace(text: str, old: str, new: str, site: Origin) -> str:
    """Every `old` replaced by `new`; the replacements belong to `site` unless `new` has parts of its own."""
    if old not in text:
        return text
    if not isinstance(text, Rope):
        return text.replace(old, new)
    if not old:  # Go and Python agree: between all characters and at both ends
        return join(new, ["", *[slice_of(text, at, at + 1) for at in range(len(text))], ""], site)
    pieces: list[str] = []
    at = 0
    while (stop := text.find(old, at)) >= 0:
        pieces.append(slice_of(text, at, stop))
        at = stop + len(old)
    return join(new, [*pieces, slice_of(text, at, len(text))], site)


def escape(text: str, change: Callable[[str], str]) -> str:
    """`change` applied character by character; what a character becomes keeps its place."""
    if not isinstance(text, Rope):
        return "".join([change(char) for char in text])
    parts: list[Part] = []
    for piece, origin, shift in text.parts:
        start = 0
        for at, char in enumerate(piece):
            changed = change(char)
            if changed != char:
                parts.append(Part(piece[start:at], origin, shift + start))
                parts.append(Part(changed, origin, shift + at))
                start = at + 1
        parts.append(Part(piece[start:], origin, shift + start))
    return of(parts)


def enclose(text: str, before: str, after: str, site: Origin) -> str:
    """The text between two marks that belong to `site`, as `quote` writes it."""
    return concat([before, text, after], site)


def reads_of(text: Rope) -> list[Read]:
    """What was read to make the text, without repetition: what a plain function's result inherits."""
    found: dict[tuple[int, object], Read] = {}
    for part in text.parts:
        for read in part[1].reads:
            found.setdefault((id(read.container), read.key), read)
    return list(found.values())


def flags_of(text: Rope) -> str:
    """The first flag of the parts: "" if all of the text is real."""
    return next((part[1].flags for part in text.parts if part[1].flags), "")
