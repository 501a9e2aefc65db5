"""Jsonerror: what reading and writing JSON have in common: their error, and texts of broken UTF-8."""

from __future__ import annotations

from typing import Any


class JsonError(Exception):
    """A value that JSON cannot have, or a text that is no JSON.

    text     Go's error text
    partial  what was decoded nevertheless, if anything
    """

    def __init__(self, text: str, partial: Any = None) -> None:
        super().__init__(text)
        self.text = text
        self.partial = partial


def whole_characters(text: str) -> str:
    """Bytes of broken UTF-8 that stand together as whole characters again become these characters."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text
