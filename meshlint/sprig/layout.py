"""Go's time layouts, written: `2006-01-02 15:04:05` for a moment.

In: calendar fields and a layout; out: text. A layout is verbatim text with
tokens in it; each token is an example of the field at the reference time.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from meshlint.sprig.calendar import DAYS, MONTHS, Calendar
from meshlint.text.pattern import lazy

TOKEN = lazy(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07|[.,](?:0+|9+)(?![0-9])"
)
_Writer = Callable[[Calendar], str]


def _padded(number: int, width: int) -> str:
    return f"{'-' if number < 0 else ''}{abs(number):0{width}d}"


def _twelve(hour: int) -> int:
    return hour % 12 or 12


_WRITERS: dict[str, _Writer] = {
    "2006": lambda at: _padded(at.year, 4),
    "06": lambda at: f"{abs(at.year) % 100:02d}",
    "January": lambda at: MONTHS[at.month - 1],
    "Jan": lambda at: MONTHS[at.month - 1][:3],
    "1": lambda at: str(at.month),
    "01": lambda at: f"{at.month:02d}",
    "Monday": lambda at: DAYS[at.weekday],
    "Mon": lambda at: DAYS[at.weekday][:3],
    "2": lambda at: str(at.day),
    "_2": lambda at: f"{at.day:2d}",
    "02": lambda at: f"{at.day:02d}",
    "__2": lambda at: f"{at.year_day:3d}",
    "002": lambda at: f"{at.year_day:03d}",
    "15": lambda at: f"{at.hour:02d}",
    "3": lambda at: str(_twelve(at.hour)),
    "03": lambda at: f"{_twelve(at.hour):02d}",
    "4": lambda at: str(at.minute),
    "04": lambda at: f"{at.minute:02d}",
    "5": lambda at: str(at.second),
    "05": lambda at: f"{at.second:02d}",
    "PM": lambda at: "PM" if at.hour >= 12 else "AM",
    "pm": lambda at: "pm" if at.hour >= 12 else "am",
    "MST": lambda at: at.zone or _offset(at.offset, "-0700"),
}


def format_calendar(at: Calendar, nanosecond: int, layout: str) -> str:
    """The moment written in the layout, as time.Time.Format does."""

    def write(match: re.Match[str]) -> str:
        token = match[0]
        writer = _WRITERS.get(token)
        if writer is not None:
            return writer(at)
        if token[0] in ".,":
            return _fraction(nanosecond, token)
        return "Z" if token[0] == "Z" and at.offset == 0 else _offset(at.offset, token)

    return TOKEN.sub(write, layout)


def _fraction(nanosecond: int, token: str) -> str:
    """The fraction of a second; nines drop zeros at the end, and the point with them."""
    digits = f"{nanosecond:09d}"[: len(token) - 1]
    if token[1] == "9":
        digits = digits.rstrip("0")
    return token[0] + digits if digits else ""


def _offset(seconds: int, token: str) -> str:
    """An offset from UTC in the form of the token, `-07:00` or the like."""
    minutes = abs(seconds) // 60
    colon = ":" if ":" in token else ""
    text = f"{'-' if seconds < 0 and minutes else '+'}{minutes // 60:02d}"
    if len(token) > 3:
        text += f"{colon}{minutes % 60:02d}"
    return text + (f"{colon}{abs(seconds) % 60:02d}" if len(token) > 6 else "")
