"""Duration functions: Sprig's duration and durationRound, Helm's duration* conversions.

In: texts such as `1h30m`, numbers of seconds, times; out: texts, Duration, floats, int64.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from meshlint.gotemplate.duration import (
    HOUR,
    MAX_DURATION,
    MINUTE,
    SECOND,
    in_floats,
    in_integers,
    parse_duration,
    round_to,
    truncate_to,
)
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.gotype import type_name
from meshlint.gotemplate.govalue import Duration, GoError, Int64, Placeholder
from meshlint.gotemplate.quoting import quote
from meshlint.sprig.moment import Time
from meshlint.sprig.numbers import MIN_INT64, parse_float, parse_int, wrap
from meshlint.sprig.runes import SPACE
from meshlint.sprig.standins import now

_ROUNDED = (
    (365 * 24 * HOUR, "y"),
    (30 * 24 * HOUR, "mo"),
    (24 * HOUR, "d"),
    (HOUR, "h"),
    (MINUTE, "m"),
    (SECOND, "s"),
)


# ---------------------------------------------------------------------------------- Sprig


def duration(seconds: Any) -> str:
    """Seconds (a text or an int64, everything else counts as 0) as `1m35s`."""
    count = 0
    if isinstance(seconds, str):
        text = str(seconds)
        parsed = parse_int(text, 10)
        count = parsed if parsed is not None else _nearest(text)
    elif type(seconds) is Int64:
        count = seconds
    return Duration(wrap(count * SECOND)).go_string()


def _nearest(text: str) -> int:
    """What ParseInt returns besides its error: the largest number for what is out of range, else 0."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not digits or not (digits.isascii() and digits.isdigit()):
        return 0
    return MIN_INT64 if text[0] == "-" else MAX_DURATION


def duration_round(value: Any) -> str:
    """The largest unit that is exceeded, rounded down: `2h`, `3mo`; `0s` for what is no duration."""
    size = 0
    if isinstance(value, str):
        try:
            size = abs(parse_duration(value))
        except GoError:
            size = 0
    elif type(value) is Int64:
        size = abs(int(value))
    elif isinstance(value, Time):
        return Placeholder(_largest_unit(abs(now().since(value))), "time")
    return _largest_unit(size)


def _largest_unit(size: int) -> str:
    return next((f"{size // unit}{name}" for unit, name in _ROUNDED if size > unit), "0s")


# ---------------------------------------------------------------------------------- Helm


def must_to_duration(value: Any) -> Duration:
    """A duration text, or seconds as a text or a number. Raises GoError with Helm's text."""
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return _from_text(value)
    if value is None:
        raise GoError("invalid duration")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise GoError(f"unsupported duration type {type_name(value)}")
    return _from_seconds(value)


def _from_text(text: str) -> Duration:
    stripped = text.strip(SPACE)
    if not stripped:
        raise GoError("empty duration")
    try:
        return parse_duration(stripped)
    except GoError:
        seconds = parse_float(stripped)
    if seconds is None or (math.isinf(seconds) and "inf" not in stripped.lower()):
        raise GoError(f"could not parse duration {quote(text)}")
    return _from_seconds(seconds)


def _from_seconds(seconds: float) -> Duration:
    shown = format_value(seconds)
    if isinstance(seconds, int):
        if abs(seconds) > MAX_DURATION // SECOND:
            raise GoError(f"duration seconds overflow: {shown}")
        return Duration(seconds * SECOND)
    if not math.isfinite(seconds):
        raise GoError(f"invalid duration seconds: {shown}")
    if abs(seconds) > float(MAX_DURATION) / SECOND:
        raise GoError(f"duration seconds overflow: {shown}")
    return Duration(max(MIN_INT64, min(int(seconds * SECOND), MAX_DURATION)))


def _lenient(value: Any) -> int:
    try:
        return int(must_to_duration(value))
    except GoError:
        return 0


def _floats(unit: int) -> Callable[[Any], float]:
    return lambda value: in_floats(_lenient(value), unit)


def _integers(unit: int) -> Callable[[Any], Int64]:
    return lambda value: in_integers(_lenient(value), unit)


def _to_multiple(value: Any, multiple: Any, adjust: Callable[[int, int], int]) -> Duration:
    size = _lenient(value)
    try:
        return Duration(adjust(size, int(must_to_duration(multiple))))
    except GoError:
        return Duration(size)


def duration_round_to(value: Any, multiple: Any) -> Duration:
    """The duration rounded to a multiple; 0 for what is no duration."""
    return _to_multiple(value, multiple, round_to)


def duration_truncate_to(value: Any, multiple: Any) -> Duration:
    """The duration cut to a multiple; 0 for what is no duration."""
    return _to_multiple(value, multiple, truncate_to)


FUNCTIONS: tuple[Function, ...] = (
    Function("duration", ("any",), duration),
    Function("durationRound", ("any",), duration_round),
    Function("mustToDuration", ("any",), must_to_duration),
    Function("durationNanoseconds", ("any",), _integers(1)),
    Function("durationMicroseconds", ("any",), _integers(1_000)),
    Function("durationMilliseconds", ("any",), _integers(1_000_000)),
    Function("durationSeconds", ("any",), _floats(SECOND)),
    Function("durationMinutes", ("any",), _floats(MINUTE)),
    Function("durationHours", ("any",), _floats(HOUR)),
    Function("durationDays", ("any",), lambda value: in_floats(_lenient(value), HOUR) / 24.0),
    Function("durationWeeks", ("any",), lambda value: in_floats(_lenient(value), HOUR) / 24.0 / 7.0),
    Function("durationRoundTo", ("any", "any"), duration_round_to),
    Function("durationTruncateTo", ("any", "any"), duration_truncate_to),
)
