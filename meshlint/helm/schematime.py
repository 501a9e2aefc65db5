"""Helm room, schema formats of time: durations, dates, times and periods as Helm's library checks them.

In: a text. Out: what is wrong with it in the library's words, "" if nothing is.
"""

from __future__ import annotations

import re

from meshlint.gotemplate.quoting import quote, quote_rune

_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)


def duration(text: str) -> str:
    """RFC 3339 appendix A."""
    if not text.startswith("P"):
        return "must start with P"
    rest = text[1:]
    if not rest:
        return "nothing after P"
    if rest.endswith("W"):
        weeks = rest[:-1]
        if not weeks:
            return "no number in week"
        return "" if re.fullmatch("[0-9]+", weeks, re.ASCII) else "invalid week"
    for place, part in enumerate(rest.split("T")):
        if place and not part:
            return "no time elements"
        if place > 1:
            return "more than one T"
        fault = _duration_part(part, ("YMD", "HMS")[place])
        if fault:
            return fault
    return ""


def _duration_part(part: str, all_units: str) -> str:
    units = all_units
    while part:
        digits = re.match("[0-9]*", part, re.ASCII)
        assert digits is not None
        if not digits[0]:
            return "missing number"
        part = part[digits.end() :]
        if not part:
            return "missing unit"
        unit = part[0]
        if unit not in units:
            kind = "unit {} out of order" if unit in all_units else "invalid unit {}"
            return kind.format(quote_rune(ord(unit)))
        units = units[units.index(unit) + 1 :]
        part = part[1:]
    return ""


def date(text: str) -> str:
    """Go's time.Parse with the layout 2006-01-02."""
    rest = text
    shape = (("2006", "[0-9]{4}"), ("-", "-"), ("01", "[0-9]{2}"), ("-", "-"), ("02", "[0-9]{2}"))
    for name, pattern in shape:
        found = re.match(pattern, rest, re.ASCII)
        if found is None:
            return f'parsing time {quote(text)} as "2006-01-02": cannot parse {quote(rest)} as {quote(name)}'
        rest = rest[found.end() :]
        if name == "01" and not 1 <= int(found[0]) <= 12:
            return f"parsing time {quote(text)}: month out of range"
    if rest:
        return f"parsing time {quote(text)}: extra text: {quote(rest)}"
    year, month, day = int(text[:4]), int(text[5:7]), int(text[8:10])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]
    return "" if 1 <= day <= days else f"parsing time {quote(text)}: day out of range"


def time(text: str) -> str:
    """RFC 3339: hh:mm:ss, a fraction, an offset."""
    if len(text) < 9:
        return "less than 9 characters long"
    if text[2] != ":" or text[5] != ":":
        return "missing colon in correct place"
    numbers = text[:8].split(":", 2)
    if not all(_INTEGER.fullmatch(token) for token in numbers):
        return "invalid hour/min/sec"
    hour, minute, second = (int(token) for token in numbers)
    if min(hour, minute, second) < 0:
        return "non-positive hour/min/sec"
    if hour > 23 or minute > 59 or second > 60:
        return "hour/min/sec out of range"
    rest = text[8:]
    if rest.startswith("."):
        digits = re.match("[0-9]*", rest[1:], re.ASCII)
        assert digits is not None
        if not digits[0]:
            return "no digits in second fraction"
        rest = rest[1 + digits.end() :]
    minutes = hour * 60 + minute
    if rest not in ("z", "Z"):
        fault, shift = _offset(rest)
        if fault:
            return fault
        minutes = (minutes + shift) % (24 * 60) if minutes + shift < 0 else minutes + shift
    return "invalid leap second" if second >= 60 and minutes != 23 * 60 + 59 else ""


def _offset(text: str) -> tuple[str, int]:
    if len(text) != 6:
        return "offset must be 6 characters long", 0
    if text[0] not in "+-":
        return "offset must begin with plus/minus", 0
    if text[3] != ":":
        return "missing colon in offset in correct place", 0
    numbers = text[1:].split(":", 1)
    if not all(_INTEGER.fullmatch(token) for token in numbers):
        return "invalid hour/min in offset", 0
    hour, minute = (int(token) for token in numbers)
    if min(hour, minute) < 0:
        return "non-positive hour/min in offset", 0
    if hour > 23 or minute > 59:
        return "hour/min in offset out of range", 0
    return "", (hour * 60 + minute) * (-1 if text[0] == "+" else 1)


def date_time(text: str) -> str:
    """RFC 3339: a date, T, a time."""
    if len(text) < 20:
        return "less than 20 characters long"
    if text[10] not in "tT":
        return "11th character must be t or T"
    fault = date(text[:10])
    if fault:
        return f"invalid date element: {fault}"
    fault = time(text[11:])
    return f"invalid time element: {fault}" if fault else ""


def period(text: str) -> str:
    """Two points in time, or one and a duration."""
    start, slash, end = text.partition("/")
    if not slash:
        return "missing slash"
    if start.startswith("P"):
        return _named("start duration", duration(start)) or _named("end date-time", date_time(end))
    first = _named("start date-time", date_time(start))
    if first:
        return first
    return (
        _named("end duration", duration(end))
        if end.startswith("P")
        else _named("end date-time", date_time(end))
    )


def _named(what: str, fault: str) -> str:
    return f"invalid {what}: {fault}" if fault else ""
