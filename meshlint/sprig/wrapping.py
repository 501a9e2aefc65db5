"""Width functions of Sprig, which all count bytes: wrap, wrapWith, abbrev, abbrevboth.

In: widths and Go strings; out: Go strings. The algorithms are those of goutils 1.1.
"""

from __future__ import annotations

from meshlint.gotemplate.function import Function
from meshlint.sprig.runes import from_bytes, to_bytes


def wrap(width: int, text: str) -> str:
    """Lines of at most `width` bytes, broken at spaces; a longer word overflows."""
    return from_bytes(_wrapped(to_bytes(text), width, b"\n", False))


def wrap_with(width: int, separator: str, text: str) -> str:
    """Like wrap with an own line separator ("" is a line feed); a longer word is cut."""
    return from_bytes(_wrapped(to_bytes(text), width, to_bytes(separator) or b"\n", True))


def _wrapped(text: bytes, width: int, separator: bytes, cut_words: bool) -> bytes:
    width = max(width, 1)
    lines: list[bytes] = []
    at = 0
    while len(text) - at > width:
        if text[at] == 32:
            at += 1
            continue
        stop = text.rfind(b" ", at, at + width + 1)
        if stop < 0:
            if cut_words:
                lines.append(text[at : at + width])
                at += width
                continue
            stop = text.find(b" ", at + width)
            if stop < 0:
                break
        lines.append(text[at:stop])
        at = stop + 1
    return b"".join([line + separator for line in lines]) + text[at:]


def abbrev(width: int, text: str) -> str:
    """The text cut to `width` bytes with "..." at its end; widths below 4 leave it as it is."""
    return text if width < 4 else from_bytes(_head(to_bytes(text), width))


def abbrevboth(left: int, width: int, text: str) -> str:
    """The text around byte `left`, cut to `width` bytes with "..." on the cut sides."""
    if width < 4 or (left > 0 and width < 7):
        return text
    data = to_bytes(text)
    size = len(data)
    if size <= width:
        return text
    kept = width - 3
    left = min(left, size)
    if size - left < kept:
        left = size - kept
    if left <= 4:
        return from_bytes(data[:kept] + b"...")
    if left + kept < size:
        return from_bytes(b"..." + _head(data[left:], kept))
    return from_bytes(b"..." + data[size - kept :])


def _head(data: bytes, width: int) -> bytes:
    return data if len(data) <= width else data[: width - 3] + b"..."


FUNCTIONS: tuple[Function, ...] = (
    Function("wrap", ("int", "string"), wrap),
    Function("wrapWith", ("int", "string", "string"), wrap_with),
    Function("abbrev", ("int", "string"), abbrev),
    Function("abbrevboth", ("int", "int", "string"), abbrevboth),
)
