"""The proleptic Gregorian calendar for any year: day numbers, months, the fields of a moment.

In and out: plain integers. Go's years go far beyond those of Python's datetime.
"""

from __future__ import annotations

from typing import NamedTuple

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
CYCLE = 146_097  # days in 400 years, after which the calendar repeats


def is_leap(year: int) -> bool:
    """True for a year with a 29th of February."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(month: int, year: int) -> int:
    """The number of days of a month, 1 to 12."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def day_number(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar; the day may lie outside of the month."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    years = year - (month <= 2)
    era = years // 400
    of_era = years - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * CYCLE + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day number."""
    era, of_era = divmod(days + 719_468, CYCLE)
    years = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * years + years // 4 - years // 100)
    shifted = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted + 2) // 5 + 1
    month = shifted + (3 if shifted < 10 else -9)
    return years + era * 400 + (month <= 2), month, day


class Calendar(NamedTuple):
    """The calendar fields of a moment in its zone; `zone` is the abbreviation, `offset` in seconds."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    year_day: int
    weekday: int
    zone: str
    offset: int
