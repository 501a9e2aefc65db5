"""Gotext: numbers and strings as Go's strconv writes them, for the emitters and for error texts."""

from __future__ import annotations

from typing import NamedTuple


class Digits(NamedTuple):
    """A finite float as decimal digits: sign d.ddd × 10^exponent, no trailing zeros; "0" for zero."""

    sign: str
    digits: str
    exponent: int


def shortest_digits(value: float) -> Digits:
    """The shortest digits that read back as the same float64."""
    return _digits(repr(value))


def shortest_digits_32(value: float) -> Digits:
    """The shortest digits that read back as the same float32; `value` must be one."""
    import struct

    text = ""
    for precision in range(9):
        text = f"{value:.{precision}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == value:
            break
    return _digits(text)


def _digits(text: str) -> Digits:
    """Of Python's `12.5`, `1e-07` or `1.25e+20`."""
    sign = "-" if text[0] == "-" else ""
    mantissa, _, power = text.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    both = whole + fraction
    digits = both.lstrip("0")
    if not digits:
        return Digits(sign, "0", 0)
    exponent = int(power or 0) + len(whole) - 1 - (len(both) - len(digits))
    return Digits(sign, digits.rstrip("0"), exponent)


def plain_form(number: Digits) -> str:
    """Without an exponent: `-0.00125`, `1500`."""
    sign, digits, exponent = number
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    fraction = digits[exponent + 1 :]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def exponent_form(number: Digits, least: int = 2) -> str:
    """With an exponent of at least `least` digits: `1.5e-05`."""
    sign, digits, exponent = number
    fraction = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):0{least}d}"


def general_form(number: Digits) -> str:
    """FormatFloat's 'g' with precision -1: exponent form below 1e-4 and from 1e6 on."""
    return plain_form(number) if -4 <= number.exponent < 6 else exponent_form(number)


def float_text(value: float) -> str:
    """A float64 as %v prints it: `1.5`, `1e+06`, `+Inf`, `NaN`."""
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return general_form(shortest_digits(value))


_ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def quote(text: str) -> str:
    """strconv.Quote: Go's %q."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(map(_quoted_character, text))}"'


def _quoted_character(character: str) -> str:
    import unicodedata

    if character in '"\\':
        return "\\" + character
    if character == " " or unicodedata.category(character)[0] in "LMNPS":
        return character
    if character in _ESCAPES:
        return _ESCAPES[character]
    code = ord(character)
    if code < 0x80 or 0xDC80 <= code <= 0xDCFF:  # a surrogate escape stands for a byte of broken UTF-8
        return f"\\x{code & 0xFF:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
