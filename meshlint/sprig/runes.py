"""Go's view of characters: simple case mappings, White_Space, letter classes; in: a character, out: facts.

Python's str methods use the full Unicode mappings ("ß".upper() is "SS") and a different set of white
space; Go maps one code point to one. A surrogate escape is a byte of broken UTF-8, which Go reads as U+FFFD.
"""

from __future__ import annotations

from unicodedata import category

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
REPLACEMENT = "\ufffd"
BROKEN = REPLACEMENT + "".join(map(chr, range(0xDC80, 0xDD00)))  # what Go decodes as utf8.RuneError
_IDEOGRAPHS = ((0x3400, 0x4D85), (0x4E00, 0x9FCC), (0x20000, 0x2B81D))


def simple_upper(char: str) -> str:
    """The upper-case form of one code point, one code point long."""
    upper = char.upper()
    return upper if len(upper) == 1 else simple_title(char)


def simple_lower(char: str) -> str:
    """The lower-case form of one code point, one code point long (İ gives i)."""
    return char.lower()[0]


def simple_title(char: str) -> str:
    """The title-case form of one code point, one code point long."""
    title = char.title()
    return title if len(title) == 1 else char


class _Mapping(dict[int, str]):
    """A table for str.translate that fills itself with one simple mapping."""

    __slots__ = ("lower",)

    def __init__(self, lower: bool) -> None:
        super().__init__()
        self.lower = lower

    def __missing__(self, code: int) -> str:
        char = chr(code)
        mapped = REPLACEMENT if is_broken(char) else simple_lower(char) if self.lower else simple_upper(char)
        self[code] = mapped
        return mapped


_UPPER = _Mapping(lower=False)
_LOWER = _Mapping(lower=True)


def upper(text: str) -> str:
    """strings.ToUpper: code point by code point, broken bytes become U+FFFD."""
    return text.upper() if text.isascii() else text.translate(_UPPER)


def lower(text: str) -> str:
    """strings.ToLower: code point by code point, broken bytes become U+FFFD."""
    return text.lower() if text.isascii() else text.translate(_LOWER)


def is_broken(char: str) -> bool:
    """True for a surrogate escape: one byte that is no UTF-8."""
    return "\ud800" <= char <= "\udfff"


def is_space(char: str) -> bool:
    """unicode.IsSpace; the separators U+001C to U+001F are none, unlike in Python."""
    return char in SPACE


def is_upper(char: str) -> bool:
    """unicode.IsUpper."""
    return category(char) == "Lu"


def is_alphabet(char: str) -> bool:
    """A letter that is no CJK ideograph: the words of snakecase and kebabcase."""
    if category(char)[0] != "L":
        return False
    code = ord(char)
    return not any(first <= code <= last for first, last in _IDEOGRAPHS)


def to_bytes(text: str) -> bytes:
    """The bytes of the Go string."""
    return text.encode("utf-8", "surrogateescape")


def from_bytes(data: bytes) -> str:
    """The Go string of the bytes; broken UTF-8 becomes surrogate escapes."""
    return data.decode("utf-8", "surrogateescape")


def repaired(text: str) -> str:
    """The text with broken bytes as U+FFFD: what []rune and encoding/json make of it."""
    if text.isascii():
        return text
    return "".join([REPLACEMENT if is_broken(char) else char for char in text])
