"""Sprig's dates: formatting, parsing, moving; `now` and what falls back to it are stand-ins.

In: layouts of Go, times, Unix seconds; out: texts and times. A date that is neither a time nor an
integer counts as now.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate.duration import SECOND, parse_duration, round_to
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import Duration, GoError, Int64, Placeholder
from meshlint.sprig.layoutparse import parse_time
from meshlint.sprig.moment import TOML_LAYOUTS, UTC, ZERO_TIME, Time, load_location
from meshlint.sprig.standins import now

_HTML = "2006-01-02"
_DATETIME, _DATE, _TIME = TOML_LAYOUTS
_TOML = (
    ("2006-01-02T15:04:05.999999999Z07:00", None),
    ("2006-01-02T15:04:05.999999999", _DATETIME),
    ("2006-01-02", _DATE),
    ("15:04:05.999999999", _TIME),
    ("2006-01-02T15:04Z07:00", None),
    ("2006-01-02T15:04", _DATETIME),
    ("15:04", _TIME),
)


def moment_of(value: Any) -> Time | None:
    """The moment a value stands for; None for what Sprig takes as now."""
    if isinstance(value, Time):
        return value
    return Time(int(value)) if type(value) in (int, Int64) else None


def date_in_zone(layout: str, value: Any, zone: str) -> str:
    """The moment in a zone and layout; an unknown zone is UTC."""
    moment = moment_of(value)
    text = (moment or now()).within(load_location(zone) or UTC).format(layout)
    return text if moment is not None else Placeholder(text, "time")


def date(layout: str, value: Any) -> str:
    """The moment in local time (UTC) and the layout."""
    return date_in_zone(layout, value, "Local")


def html_date(value: Any) -> str:
    """The day, `2006-01-02`."""
    return date_in_zone(_HTML, value, "Local")


def html_date_in_zone(value: Any, zone: str) -> str:
    """The day in a zone."""
    return date_in_zone(_HTML, value, zone)


def to_date(layout: str, text: str) -> Time:
    """The text read in the layout; the zero time if it does not fit."""
    try:
        return must_to_date(layout, text)
    except GoError:
        return Time(ZERO_TIME, 0, UTC)


def must_to_date(layout: str, text: str) -> Time:
    """The text read in the layout. Raises GoError with Go's text."""
    return parse_time(layout, text)


def toml_time(text: str) -> Time | None:
    """A date or a time of a TOML document, None if it is none."""
    for layout, zone in _TOML:
        try:
            moment = parse_time(layout, text)
        except GoError:
            continue
        return None if _lacks_zeros(text, layout) else moment.within(zone) if zone else moment
    return None


def _lacks_zeros(text: str, layout: str) -> bool:
    """True if a field has fewer digits than its layout, which Go's package time allows and TOML does not."""
    for at, char in enumerate(layout):
        if char in ".Z":
            break
        if not char.isdigit() and text[at] != char:
            return True
    return False


def date_modify(amount: str, moment: Time) -> Time:
    """The moment moved by a duration; the same moment if that is none."""
    try:
        return must_date_modify(amount, moment)
    except GoError:
        return moment


def must_date_modify(amount: str, moment: Time) -> Time:
    """The moment moved by a duration. Raises GoError with Go's text."""
    return moment.plus(parse_duration(amount))


def ago(value: Any) -> str:
    """The time from the moment until now, in whole seconds."""
    return Duration(round_to(now().since(moment_of(value) or now()), SECOND)).go_string()


def unix_epoch(moment: Time) -> str:
    """Unix seconds as text."""
    return str(moment.unix)


FUNCTIONS: tuple[Function, ...] = (
    Function("now", (), now, flags="time"),
    Function("ago", ("any",), ago, flags="time"),
    Function("date", ("string", "any"), date),
    Function("dateInZone", ("string", "any", "string"), date_in_zone),
    Function("date_in_zone", ("string", "any", "string"), date_in_zone),
    Function("htmlDate", ("any",), html_date),
    Function("htmlDateInZone", ("any", "string"), html_date_in_zone),
    Function("toDate", ("string", "string"), to_date),
    Function("mustToDate", ("string", "string"), must_to_date),
    Function("dateModify", ("string", "time"), date_modify),
    Function("date_modify", ("string", "time"), date_modify),
    Function("mustDateModify", ("string", "time"), must_date_modify),
    Function("must_date_modify", ("string", "time"), must_date_modify),
    Function("unixEpoch", ("time",), unix_epoch),
)
