"""Rope: a str that remembers where each of its pieces came from.

A Rope compares, hashes and prints as the text it is, so every function that takes a str takes a
Rope. Functions that keep the pieces (indent, trim, quote ...) build a new Rope with the operations
below; any plain str method returns a plain str, and the evaluator then falls back to the call
site: degraded, never wrong. The law: the joined texts of the parts are the text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from meshlint.text.origin import Origin


class Part(NamedTuple):
    """A piece of text of one origin; `shift` is its first character's place in what the node wrote.

    For verbatim origins (text nodes) character i of the part stands at offset
    origin.span.start + shift + i of the template; for others `shift` has no meaning.
    """

    text: str
    origin: Origin
    shift: int = 0


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
