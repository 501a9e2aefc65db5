"""Go string literals, both ways: quote a text as strconv.Quote does, read a literal as Go's lexer does."""

from __future__ import annotations

_SHORT = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\"}
_UNQUOTED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_HEX = {"x": 2, "u": 4, "U": 8}

# Go judges by Unicode 15.0. What became printable since 13.0, the version of Python 3.10 ...
_NEWER = (
    "61d 870-88e 898-89f 8b5 8c8-8d2 c3c c5d cdd cf3 ece 170d 1715 171f 180f 1ac1-1ace 1b4c 1b7d-1b7e "
    "1dfa 20c0 2c2f 2c5f 2e53-2e5d 9ffd-9fff a7c0-a7c1 a7d0-a7d1 a7d3 a7d5-a7d9 a7f2-a7f4 fbc2 "
    "fd40-fd4f fdcf fdfe-fdff 10570-1057a 1057c-1058a 1058c-10592 10594-10595 10597-105a1 105a3-105b1 "
    "105b3-105b9 105bb-105bc 10780-10785 10787-107b0 107b2-107ba 10efd-10eff 10f70-10f89 11070-11075 "
    "110c2 1123f-11241 116b9 11740-11746 11ab0-11abf 11b00-11b09 11f00-11f10 11f12-11f3a 11f3e-11f59 "
    "12f90-12ff2 1342f 13440-13455 16a70-16abe 16ac0-16ac9 1aff0-1aff3 1aff5-1affb 1affd-1affe "
    "1b11f-1b122 1b132 1b155 1cf00-1cf2d 1cf30-1cf46 1cf50-1cfc3 1d1e9-1d1ea 1d2c0-1d2d3 1df00-1df1e "
    "1df25-1df2a 1e030-1e06d 1e08f 1e290-1e2ae 1e4d0-1e4f9 1e7e0-1e7e6 1e7e8-1e7eb 1e7ed-1e7ee "
    "1e7f0-1e7fe 1f6dc-1f6df 1f774-1f776 1f77b-1f77f 1f7d9 1f7f0 1f979 1f9cc 1fa75-1fa77 1fa7b-1fa7c "
    "1fa87-1fa88 1faa9-1faaf 1fab7-1fabd 1fabf 1fac3-1fac5 1face-1facf 1fad7-1fadb 1fae0-1fae8 "
    "1faf0-1faf8 2a6de-2a6df 2b735-2b739 31350-323af"
)
# ... and the range of what 15.1 added, which Python 3.13 knows and Go does not.
_FIRST_UNKNOWN = "\u2ffc"
_UNKNOWN = frozenset((*range(0x2FFC, 0x3000), 0x31EF, *range(0x2EBF0, 0x2EE5E)))
_newer: set[int] = set()


class QuotingError(ValueError):
    """A literal that Go's strconv.Unquote refuses; its text is Go's."""


def is_printable(char: str) -> bool:
    """True for a character that strconv.IsPrint calls printable, whatever Unicode version Python has."""
    code = ord(char)
    if char.isprintable():
        return code not in _UNKNOWN
    if not _newer:
        for stretch in _NEWER.split():
            first, _, last = stretch.partition("-")
            _newer.update(range(int(first, 16), int(last or first, 16) + 1))
    return code in _newer


def quote(text: str) -> str:
    """The text as a double-quoted Go literal, what `%q` and `quote` print."""
    plain = text.isprintable() and (text.isascii() or max(text) < _FIRST_UNKNOWN)
    if plain and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join([_escaped(char, 34, False) for char in text])}"'


def quote_ascii(text: str) -> str:
    """The text as a double-quoted Go literal with only ASCII characters, what `%+q` prints."""
    return f'"{"".join([_escaped(char, 34, True) for char in text])}"'


def quote_rune(code: int, ascii_only: bool = False) -> str:
    """The code point as a single-quoted Go character literal, what `%q` prints for integers."""
    if not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        code = 0xFFFD
    return f"'{_escaped(chr(code), 39, ascii_only)}'"


def can_backquote(text: str) -> bool:
    """True if the text may stand between backquotes: one line, nothing but tab among control characters."""
    return not any(
        char in "`\x7f\ufeff" or (char < " " and char != "\t") or 0xDC80 <= ord(char) <= 0xDCFF
        for char in text
    )


def _escaped(char: str, mark: int, ascii_only: bool) -> str:
    code = ord(char)
    if code == mark:
        return "\\" + char
    short = _SHORT.get(code)
    if short is not None:
        return short
    if code < 32 or code == 127:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte of broken UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if (code < 128 or not ascii_only) and is_printable(char):
        return char
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """The text of a Go literal in double quotes or backquotes; QuotingError if it is malformed."""
    inner = literal[1:-1]
    if literal[:1] == "`":
        return inner.replace("\r", "")
    if "\\" not in inner:
        return inner
    parts: list[str] = []
    at = 0
    while True:
        stop = inner.find("\\", at)
        if stop < 0:
            parts.append(inner[at:])
            return _joined(parts)
        parts.append(inner[at:stop])
        char, at = _escape(inner, stop + 1, '"')
        parts.append(char)


def unquote_rune(literal: str) -> int:
    """The code point of a Go character literal; QuotingError with Go's text if it is malformed."""
    inner = literal[1:]
    if inner[:1] == "'":
        raise QuotingError("invalid syntax")
    if inner[:1] == "\\":
        char, at = _escape(inner, 1, "'")
    else:
        char, at = inner[:1], 1
    if inner[at:] != "'":
        raise QuotingError(f"malformed character constant: {literal}")
    code = ord(char)
    return code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code


def _escape(text: str, at: int, mark: str) -> tuple[str, int]:
    """The character of the escape sequence whose letter stands at `at`, and where it ends."""
    letter = text[at : at + 1]
    if letter in _UNQUOTED:
        return _UNQUOTED[letter], at + 1
    if letter in _HEX:
        digits = text[at + 1 : at + 1 + _HEX[letter]]
        code = _digits(digits, _HEX[letter], 16)
        return _rune(code, letter == "x"), at + 1 + len(digits)
    if letter and letter in "01234567":
        code = _digits(text[at : at + 3], 3, 8)
        if code > 255:
            raise QuotingError("invalid syntax")
        return _rune(code, True), at + 3
    if letter == mark:
        return letter, at + 1
    raise QuotingError("invalid syntax")


def _digits(digits: str, wanted: int, base: int) -> int:
    if len(digits) != wanted or not all(char in "0123456789abcdefABCDEF"[: base + 6] for char in digits):
        raise QuotingError("invalid syntax")
    try:
        return int(digits, base)
    except ValueError:
        raise QuotingError("invalid syntax") from None


def _rune(code: int, single_byte: bool) -> str:
    if single_byte:
        return chr(code) if code < 128 else chr(0xDC00 + code)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise QuotingError("invalid syntax")
    return chr(code)


def _joined(parts: list[str]) -> str:
    """The parts as one text; bytes written one by one may have made a whole character."""
    text = "".join(parts)
    if text.isascii() or not any(0xDC80 <= ord(char) <= 0xDCFF for char in text):
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
