"""float64 to text as Go's strconv.FormatFloat: shortest digits, exponents of at least two digits."""

from __future__ import annotations

from math import frexp, isinf, isnan


def shortest(number: float) -> str:
    """The shortest text that reads back as the same number: what `%v` prints (`1e+06`, `0.5`, `2`)."""
    if -1e6 < number < 1e6 and number == int(number):
        whole = int(number)
        return str(whole) if whole or str(number)[0] != "-" else "-0"
    return format_float(number, "g", -1)


def format_float(number: float, verb: str, precision: int) -> str:
    """The number in the form of `verb` (e E f g G x X b); precision -1 means as many digits as needed."""
    if isnan(number):
        return "NaN"
    if isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if verb in "xX":
        return _hexadecimal(number, verb, precision)
    if verb == "b":
        return _binary(number)
    if precision >= 0:
        return f"%.{precision}{verb}" % number
    sign, digits, exponent = _digits(number)
    if verb in "gG":
        if -4 <= exponent < 6 or not digits.strip("0"):
            return sign + _plain(digits, exponent)
        return sign + _scientific(digits, exponent, "e" if verb == "g" else "E")
    if verb == "f":
        return sign + _plain(digits, exponent)
    return sign + _scientific(digits, exponent, verb)


def _digits(number: float) -> tuple[str, str, int]:
    """Sign, the shortest decimal digits without a point, and the exponent of the first digit."""
    text = repr(number)
    sign = ""
    if text[0] == "-":
        sign, text = "-", text[1:]
    mantissa, _, power = text.partition("e")
    whole, _, fraction = mantissa.partition(".")
    exponent = len(whole) - 1 + int(power or 0)
    digits = whole + fraction
    stripped = digits.lstrip("0")
    if not stripped:
        return sign, "0", 0
    exponent -= len(digits) - len(stripped)
    return sign, stripped.rstrip("0") or "0", exponent


def _plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    if len(digits) <= exponent + 1:
        return digits + "0" * (exponent + 1 - len(digits))
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def _scientific(digits: str, exponent: int, letter: str) -> str:
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}{letter}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _parts(number: float) -> tuple[str, int, int]:
    """Sign, the 53-bit mantissa (fewer bits for denormals) and the power of two it is multiplied by."""
    sign = "-" if str(number)[0] == "-" else ""
    fraction, exponent = frexp(abs(number))
    mantissa = int(fraction * (1 << 53))
    exponent -= 53
    if mantissa and exponent < -1074:
        mantissa >>= -1074 - exponent
        exponent = -1074
    return sign, mantissa, exponent if mantissa else -1074


def _binary(number: float) -> str:
    sign, mantissa, exponent = _parts(number)
    return f"{sign}{mantissa}p{exponent:+d}"


def _hexadecimal(number: float, verb: str, precision: int) -> str:
    sign, mantissa, exponent = _parts(number)
    if mantissa:
        shift = 53 - mantissa.bit_length()
        mantissa <<= shift
        exponent += 52 - shift
    else:
        exponent = 0
    if 0 <= precision < 13:
        unit = 1 << (52 - 4 * precision)
        low = mantissa % unit
        mantissa -= low
        if low * 2 > unit or (low * 2 == unit and mantissa & unit):
            mantissa += unit
        if mantissa >> 53:
            mantissa >>= 1
            exponent += 1
    fraction = f"{mantissa & ((1 << 52) - 1):013x}"
    fraction = fraction.rstrip("0") if precision < 0 else fraction.ljust(precision, "0")[:precision]
    text = f"0x{mantissa >> 52}{'.' + fraction if fraction else ''}p{exponent:+03d}"
    return sign + (text.upper() if verb == "X" else text)
