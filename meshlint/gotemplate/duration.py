"""Durations as Go's package time reads, rounds and converts them; the methods a template may call.

In: texts such as `1h30m`; out: Duration, nanoseconds in 64 bits. Raises GoError with Go's text.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import Duration, GoError, Int64, decimal

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
MAX_DURATION = (1 << 63) - 1
_UNITS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_DIGITS = "0123456789"


def quote(text: str) -> str:
    """The text in quotes as Go's time package writes it: bytes beyond ASCII in hexadecimal."""
    out = ""
    for char in text:
        if char < " " or char >= "\x80":
            out += "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
        else:
            out += "\\" + char if char in '"\\' else char
    return f'"{out}"'


def parse_duration(text: str) -> Duration:
    """time.ParseDuration: `-1h15m30.5s`, `0`. Raises GoError with Go's text."""
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return Duration(0)
    if not rest:
        raise _bad(text)
    total = 0
    while rest:
        amount, rest = _piece(rest, text)
        total += amount
        if total > 1 << 63:
            raise _bad(text)
    if text[0] == "-":
        return Duration(-total)
    if total > MAX_DURATION:
        raise _bad(text)
    return Duration(total)


def _bad(text: str, reason: str = "invalid duration") -> GoError:
    return GoError(f"time: {reason} {quote(text)}")


def _run(text: str, at: int) -> int:
    """The end of the run of digits that starts there."""
    while at < len(text) and text[at] in _DIGITS:
        at += 1
    return at


def _piece(rest: str, text: str) -> tuple[int, str]:
    """The nanoseconds of one number and its unit, and what follows."""
    whole = _run(rest, 0)
    end = _run(rest, whole + 1) if rest[whole : whole + 1] == "." else whole
    digits, fraction = rest[:whole], rest[whole + 1 : end]
    if (not digits and not fraction) or decimal(digits) > 1 << 63:
        raise _bad(text)
    stop = end
    while stop < len(rest) and rest[stop] not in "." + _DIGITS:
        stop += 1
    unit = rest[end:stop]
    if not unit:
        raise _bad(text, "missing unit in duration")
    if unit not in _UNITS:
        raise _bad(text, f"unknown unit {quote(unit)} in duration")
    amount = decimal(digits) * _UNITS[unit]
    if amount > 1 << 63:
        raise _bad(text)
    return amount + _fraction(fraction, _UNITS[unit]), rest[stop:]


def _fraction(digits: str, unit: int) -> int:
    """The part behind the point, in Go's floating point arithmetic and without the digits it drops."""
    value, scale = 0, 1.0
    for digit in digits:
        if value > MAX_DURATION // 10:
            break
        value = value * 10 + int(digit)
        scale *= 10
    return int(float(value) * (float(unit) / scale)) if value else 0


def round_to(nanoseconds: int, multiple: int) -> int:
    """Duration.Round: to the nearest multiple, half away from zero; what overflows is cut off."""
    if multiple <= 0:
        return nanoseconds
    rest = abs(nanoseconds) % multiple
    up = rest * 2 >= multiple
    size = abs(nanoseconds) - rest + (multiple if up else 0)
    return max(-MAX_DURATION - 1, -size) if nanoseconds < 0 else min(MAX_DURATION, size)


def truncate_to(nanoseconds: int, multiple: int) -> int:
    """Duration.Truncate: toward zero to a multiple."""
    if multiple <= 0:
        return nanoseconds
    size = abs(nanoseconds) - abs(nanoseconds) % multiple
    return -size if nanoseconds < 0 else size


def in_floats(nanoseconds: int, unit: int) -> float:
    """A float64 number of units: the whole ones and the rest, as Go adds them."""
    whole, rest = divmod(abs(nanoseconds), unit)
    return math.copysign(1.0, nanoseconds) * (float(whole) + float(rest) / float(unit))


def in_integers(nanoseconds: int, unit: int) -> Int64:
    """An int64 number of units, toward zero."""
    return Int64(abs(nanoseconds) // unit * (-1 if nanoseconds < 0 else 1))


def methods(duration: Duration) -> dict[str, Callable[..., Any]]:
    """The methods of a time.Duration."""
    entries = (
        Function("String", (), duration.go_string),
        Function("Hours", (), lambda: in_floats(duration, HOUR)),
        Function("Minutes", (), lambda: in_floats(duration, MINUTE)),
        Function("Seconds", (), lambda: in_floats(duration, SECOND)),
        Function("Milliseconds", (), lambda: in_integers(duration, 1_000_000)),
        Function("Microseconds", (), lambda: in_integers(duration, 1_000)),
        Function("Nanoseconds", (), lambda: in_integers(duration, 1)),
        Function("Abs", (), lambda: Duration(min(abs(duration), MAX_DURATION))),
        Function("Round", ("time.Duration",), lambda multiple: Duration(round_to(duration, multiple))),
        Function("Truncate", ("time.Duration",), lambda multiple: Duration(truncate_to(duration, multiple))),
    )
    return {entry.name: entry for entry in entries}  # type: ignore[misc]
