"""Number literals of templates: the text of a token to its values as Go's ideal constants."""

from __future__ import annotations

from meshlint.gotemplate.expression import Number
from meshlint.gotemplate.govalue import decimal
from meshlint.gotemplate.quoting import quote, unquote_rune
from meshlint.text.pattern import lazy

_INTEGER = lazy(r"([+-]?)(?:0[xX]([0-9a-fA-F_]+)|0[oO]([0-7_]+)|0[bB]([01_]+)|0([0-7_]+)|(0|[1-9][0-9_]*))\Z")
_DECIMAL = lazy(r"[+-]?(?:[0-9_]+\.?[0-9_]*|\.[0-9_]+)(?:[eE][+-]?[0-9_]+)?\Z")
_HEX_FLOAT = lazy(r"[+-]?0[xX](?:[0-9a-fA-F_]+\.?[0-9a-fA-F_]*|\.[0-9a-fA-F_]+)[pP][+-]?[0-9_]+\Z")
_BASES = (16, 8, 2, 8, 10)


class LiteralError(ValueError):
    """A number literal that Go refuses; its text is Go's."""


def parse_number(position: int, text: str, character: bool, sum_of_two: bool) -> Number:
    """The number node for a number, character constant or complex sum; LiteralError or QuotingError."""
    if text.isdecimal() and text.isascii() and len(text) < 19 and (text[0] != "0" or text == "0"):
        whole = int(text)
        return Number(position, text, whole, whole, whole, float(whole))
    if character:
        code = unquote_rune(text)
        return Number(position, text, code, code, code, float(code))
    if sum_of_two or text[-1:] == "i":
        number = _complex(position, text)
        if number is not None:
            return number
        if sum_of_two:
            raise LiteralError("syntax error scanning complex number")
    return _real(position, text)


def _complex(position: int, text: str) -> Number | None:
    split = max(text.rfind("+"), text.rfind("-"))
    while split > 0 and text[split - 1] in "eEpP":
        split = max(text.rfind("+", 0, split), text.rfind("-", 0, split))
    real = parse_float(text[:split]) if split > 0 else 0.0
    imaginary = parse_float(text[max(split, 0) : -1])
    if real is None or imaginary is None:
        return None
    as_int = int(real) if imaginary == 0 and real == int(real) else None
    as_uint = as_int if as_int is not None and as_int >= 0 else None
    return Number(position, text, complex(real, imaginary), as_int, as_uint, real if imaginary == 0 else None)


def _real(position: int, text: str) -> Number:
    value = parse_integer(text)
    as_int = value if value is not None and -(1 << 63) <= value < 1 << 63 else None
    signless = text[:1] not in "+-" or value == 0
    as_uint = value if value is not None and signless and 0 <= value < 1 << 64 else None
    if as_int is not None or as_uint is not None:
        whole = as_int if as_int is not None else as_uint
        assert whole is not None
        as_float: float | None = float(whole)
        ideal: int | float | None = as_int
    else:
        as_float = parse_float(text)
        if as_float is None:
            raise LiteralError(f"illegal number syntax: {quote(text)}")
        if not any(char in ".eEpP" for char in text):
            raise LiteralError(f"integer overflow: {quote(text)}")
        ideal = as_float
        as_int = int(as_float) if abs(as_float) < 2**63 and as_float == int(as_float) else None
        as_uint = int(as_float) if 0 <= as_float < 2**64 and as_float == int(as_float) else None
    if any(char in ".eEpP" for char in text) and not _is_hex_int(text):
        ideal = as_float
    return Number(position, text, ideal, as_int, as_uint, as_float)


def _is_hex_int(text: str) -> bool:
    return len(text) > 2 and text[:2] in ("0x", "0X") and "p" not in text and "P" not in text


def parse_integer(text: str) -> int | None:
    """The value of an integer literal with Go's prefixes (base 0), of any size; None if it is none."""
    found = _INTEGER.match(text)
    if found is None or ("_" in text and _badly_separated(text)):
        return None
    kind = next(index for index in range(5) if found.group(index + 2) is not None)
    digits = found.group(kind + 2).replace("_", "")
    base = _BASES[kind]
    value = (decimal(digits) if base == 10 else int(digits, base)) if digits else None
    return -value if value is not None and found.group(1) == "-" else value


def _badly_separated(text: str) -> bool:
    """Underscores must stand between digits, or between a base prefix and a digit."""
    body = text.lstrip("+-")
    prefix = body[:2].lower()
    if prefix in ("0x", "0o", "0b"):
        body = "0" + body[2:]
    digits = "0123456789abcdefABCDEF" if prefix == "0x" else "0123456789"
    return any(
        char == "_" and not (0 < at < len(body) - 1 and body[at - 1] in digits and body[at + 1] in digits)
        for at, char in enumerate(body)
    )


def parse_float(text: str) -> float | None:
    """The value of a float literal as strconv.ParseFloat gives it; None for syntax errors and overflow."""
    if "_" in text:
        if _badly_separated(text):
            return None
        text = text.replace("_", "")
    try:
        value = (
            float.fromhex(text) if _HEX_FLOAT.match(text) else float(text) if _DECIMAL.match(text) else None
        )
    except (ValueError, OverflowError):
        return None
    return None if value is None or value in (float("inf"), float("-inf")) else value
