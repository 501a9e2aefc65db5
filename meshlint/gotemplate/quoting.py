"""Go string literals, both ways: quote a text as strconv.Quote does, read a literal as Go's lexer does."""

from __future__ import annotations

_SHORT = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\"}
_UNQUOTED = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_HEX = {"x": 2, "u": 4, "U": 8}


class QuotingError(ValueError):
    """A literal that Go's strconv.Unquote refuses; its text is Go's."""


def quote(text: str) -> str:
    """The text as a double-quoted Go literal, what `%q` and `quote` print."""
    if text.isprintable() and '"' not in text and "\\" not in text:
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
    if char.isprintable() and (code < 128 or not ascii_only):
        return char
    if code < 32 or code == 127:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte of broken UTF-8
        return f"\\x{code - 0xDC00:02x}"
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
