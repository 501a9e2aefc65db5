"""Reading a text in a Go time layout: time.ParseInLocation with its error texts; the local zone is UTC.

In: a layout and a text; out: a Time. Raises GoError.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from meshlint.gotemplate.duration import quote
from meshlint.gotemplate.govalue import GoError
from meshlint.sprig.calendar import DAYS, MONTHS, day_number, days_in, is_leap
from meshlint.sprig.layout import TOKEN
from meshlint.sprig.moment import LOCAL, UTC, Location, Time
from meshlint.text.pattern import lazy

_RFC3339 = ("2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05.999999999Z07:00")
_STRICT = lazy(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_OFFSETS = {
    **dict.fromkeys(("-07", "Z07"), (3, "")),
    **dict.fromkeys(("-0700", "Z0700"), (5, "")),
    **dict.fromkeys(("-07:00", "Z07:00"), (6, ":")),
    **dict.fromkeys(("-070000", "Z070000"), (7, "")),
    **dict.fromkeys(("-07:00:00", "Z07:00:00"), (9, ":")),
}
_ZONE = lazy(
    r"ChST|MeST|GMT(?:[+-]\d+)?|[+-]\d+|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|WITA(?![A-Z])"
    r"|[A-Z]{3}(?![A-Z])",
    re.ASCII,
)
_DIGIT = frozenset("0123456789")


class _Mismatch(Exception):
    """The value does not fit the token."""


class _Range(Exception):
    """A field is out of range; the argument names it."""


def parse_time(layout: str, value: str) -> Time:
    """The moment the text stands for. Raises GoError with Go's text."""
    if layout in _RFC3339:
        strict = _strict(value)
        if strict is not None:
            return strict
    return _Reading(layout, value).run()


def _strict(value: str) -> Time | None:
    """A well-formed RFC 3339 text; None sends it to the general reader and its errors."""
    match = _STRICT.fullmatch(value)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[group]) for group in range(1, 7))
    if not (
        1 <= month <= 12 and 1 <= day <= days_in(month, year) and hour < 24 and minute < 60 and second < 60
    ):
        return None
    offset = int(match[9] or 0) * 3600 + int(match[10] or 0) * 60
    if match[8] and (int(match[9]) > 23 or int(match[10]) > 59):
        return None
    offset = -offset if match[8] == "-" else offset
    unix = _unix(year, month, day, hour, minute, second) - offset
    zone = UTC if match[8] is None else LOCAL if offset == 0 else Location("", offset)
    return Time(unix, int((match[7] or "")[:9].ljust(9, "0")), zone)


def _unix(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    return day_number(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second


class _Reading:
    """One run over a layout; `rest` is what is left of the value."""

    def __init__(self, layout: str, value: str) -> None:
        self.layout = layout
        self.value = value
        self.rest = value
        self.token = ""
        self.next_token = ""
        self.year = 0
        self.month = self.day = self.year_day = -1
        self.hour = self.minute = self.second = self.nanosecond = 0
        self.half = ""
        self.utc = False
        self.offset: int | None = None
        self.zone = ""

    def run(self) -> Time:
        """Match token after token, then put the fields together."""
        tokens = list(TOKEN.finditer(self.layout))
        at = 0
        for index, token in enumerate(tokens):
            self.skip(self.layout[at : token.start()])
            self.token = token[0]
            self.next_token = tokens[index + 1][0] if index + 1 < len(tokens) else ""
            self.read()
            at = token.end()
        self.skip(self.layout[at:])
        if self.rest:
            raise self.fault(f": extra text: {quote(self.rest)}")
        return self.time()

    def fault(self, message: str) -> GoError:
        """The error of a value that was read but cannot be."""
        return GoError(f"parsing time {quote(self.value)}{message}")

    def mismatch(self, held: str, element: str) -> GoError:
        """The error of a value that does not fit an element of the layout."""
        return GoError(
            f"parsing time {quote(self.value)} as {quote(self.layout)}: "
            f"cannot parse {quote(held)} as {quote(element)}"
        )

    def skip(self, prefix: str) -> None:
        """Match verbatim text; a space stands for any number of spaces, none at the end of the value."""
        at = 0
        while at < len(prefix):
            if prefix[at] == " ":
                if self.rest and self.rest[0] != " ":
                    raise self.mismatch(self.rest, prefix)
                at = len(prefix) - len(prefix[at:].lstrip(" "))
                self.rest = self.rest.lstrip(" ")
            elif self.rest[:1] == prefix[at]:
                at += 1
                self.rest = self.rest[1:]
            else:
                raise self.mismatch(self.rest, prefix)

    def read(self) -> None:
        """Read the value of the token."""
        held = self.rest
        try:
            _READERS.get(self.token, _Reading.other)(self)
        except _Mismatch:
            raise self.mismatch(held, self.token) from None
        except _Range as name:
            raise self.fault(f": {name} out of range") from None

    def take(self, count: int) -> str:
        """The next characters of the value."""
        if len(self.rest) < count:
            raise _Mismatch
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def number(self, fixed: bool = False) -> int:
        """One or two digits; two if `fixed`."""
        if self.rest[:1] not in _DIGIT or (fixed and self.rest[1:2] not in _DIGIT):
            raise _Mismatch
        return int(self.take(2 if self.rest[1:2] in _DIGIT else 1))

    def below(self, bound: int, name: str) -> int:
        """A number under the bound; Go's tokens for it have a leading zero if two digits are required."""
        number = self.number(self.token[0] == "0")
        if number >= bound:
            raise _Range(name)
        return number

    def named(self, names: tuple[str, ...], length: int | None) -> int:
        """The index of the name the value begins with, in any case."""
        for index, name in enumerate(names):
            wanted = name[:length].lower()
            if self.rest[: len(wanted)].lower() == wanted and self.rest[: len(wanted)].isascii():
                self.rest = self.rest[len(wanted) :]
                return index
        raise _Mismatch

    def short_year(self) -> None:
        text = self.take(2)
        digits = text[1:] if text[0] in "+-" else text
        if not digits or not all(char in _DIGIT for char in digits):
            raise _Mismatch
        year = int(text)
        self.year = year + (1900 if year >= 69 else 2000)

    def long_year(self) -> None:
        if len(self.rest) < 4 or not all(char in _DIGIT for char in self.rest[:4]):
            raise _Mismatch
        self.year = int(self.take(4))

    def month_number(self) -> None:
        self.month = self.number(self.token == "01")
        if not 1 <= self.month <= 12:
            raise _Range("month")

    def day_of_month(self) -> None:
        if self.token == "_2" and self.rest[:1] == " ":
            self.rest = self.rest[1:]
        self.day = self.number(self.token == "02")

    def day_of_year(self) -> None:
        if self.token == "__2":
            blanks = len(self.rest) - len(self.rest.lstrip(" "))
            self.rest = self.rest[min(2, blanks) :]
        count = 0
        while count < 3 and self.rest[count : count + 1] in _DIGIT:
            count += 1
        if not count or (self.token == "002" and count != 3):
            raise _Mismatch
        self.year_day = int(self.take(count))

    def seconds(self) -> None:
        self.second = self.below(60, "second")
        if self.rest[:1] in (".", ",") and self.rest[1:2] in _DIGIT and self.next_token[:1] not in (".", ","):
            self.fraction()

    def fraction(self) -> None:
        """A point and all the digits behind it; nine of them count."""
        end = 1
        while self.rest[end : end + 1] in _DIGIT:
            end += 1
        self.nanosecond = int(self.take(end)[1:10].ljust(9, "0"))

    def half_of_day(self) -> None:
        self.half = self.take(2)
        if self.half not in (("PM", "AM") if self.token == "PM" else ("pm", "am")):
            raise _Mismatch

    def zone_name(self) -> None:
        if self.rest[:3] == "UTC":
            self.utc = True
            self.rest = self.rest[3:]
            return
        match = _ZONE.match(self.rest)
        if match is None:
            raise _Mismatch
        name = match[0]
        signed = name[3:] if name[:3] == "GMT" else name if name[0] in "+-" else ""
        if signed and int(signed[1:]) > 23:
            name = name[: -len(signed)]
        if not name:
            raise _Mismatch
        self.zone = self.take(len(name))

    def other(self) -> None:
        """A fraction of a second or an offset."""
        if self.token[0] in ".,":
            self.fixed_fraction()
        elif self.token[0] == "Z" and self.rest[:1] == "Z":
            self.utc = True
            self.rest = self.rest[1:]
        else:
            self.numeric_offset(*_OFFSETS[self.token])

    def fixed_fraction(self) -> None:
        if self.token[1] == "9":
            if self.rest[:1] in (".", ",") and self.rest[1:2] in _DIGIT:
                self.fraction()
            return
        if len(self.rest) < len(self.token) or self.rest[0] not in ".,":
            raise _Mismatch
        digits = self.rest[1 : len(self.token)][:9]
        if digits[0] in "+-" and digits[1:]:
            if digits[0] == "-" and int(digits[1:] or 0):
                self.take(len(self.token))
                raise _Range("fractional second")
            digits = "0" + digits[1:]
        if not all(char in _DIGIT for char in digits):
            raise _Mismatch
        self.take(len(self.token))
        self.nanosecond = int(digits.ljust(9, "0"))

    def numeric_offset(self, length: int, colon: str) -> None:
        text = self.take(length)
        if colon and any(text[at] != ":" for at in range(3, length, 3)):
            raise _Mismatch
        digits = text[1:].replace(":", "") if colon else text[1:]
        if not all(char in _DIGIT for char in digits):
            raise _Mismatch
        hours, minutes, seconds = (int(digits[at : at + 2] or 0) for at in (0, 2, 4))
        for number, bound, name in ((seconds, 60, "second"), (minutes, 60, "minute"), (hours, 24, "hour")):
            if number > bound:
                raise _Range(f"time zone offset {name}")
        if text[0] not in "+-":
            raise _Mismatch
        self.offset = (hours * 3600 + minutes * 60 + seconds) * (-1 if text[0] == "-" else 1)

    def time(self) -> Time:
        """The moment of the fields."""
        hour = self.hour
        if self.half.lower() == "pm" and hour < 12:
            hour += 12
        elif self.half.lower() == "am" and hour == 12:
            hour = 0
        month, day = self.month_and_day()
        if not 1 <= day <= days_in(month, self.year):
            raise self.fault(": day out of range")
        unix = _unix(self.year, month, day, hour, self.minute, self.second)
        if self.utc:
            return Time(unix, self.nanosecond, UTC)
        if self.offset is not None:
            local = self.offset == 0 and self.zone in ("", "UTC")
            return Time(
                unix - self.offset, self.nanosecond, LOCAL if local else Location(self.zone, self.offset)
            )
        if self.zone:  # only GMT+n says how far off it is
            named = int(self.zone[3:] or 0) * 3600 if self.zone[:3] == "GMT" else 0
            return Time(unix, self.nanosecond, Location(self.zone, named))
        return Time(unix, self.nanosecond)

    def month_and_day(self) -> tuple[int, int]:
        if self.year_day < 0:
            return (self.month if self.month >= 0 else 1), (self.day if self.day >= 0 else 1)
        if not 1 <= self.year_day <= 365 + is_leap(self.year):
            raise self.fault(": day-of-year out of range")
        month, day = 1, self.year_day
        while day > days_in(month, self.year):
            day -= days_in(month, self.year)
            month += 1
        if self.month not in (-1, month):
            raise self.fault(": day-of-year does not match month")
        if self.day not in (-1, day):
            raise self.fault(": day-of-year does not match day")
        return month, day


def _set(name: str, read: Callable[[_Reading], int]) -> Callable[[_Reading], None]:
    return lambda reading: setattr(reading, name, read(reading))


def _weekday(length: int | None) -> Callable[[_Reading], None]:
    def read(reading: _Reading) -> None:
        reading.named(DAYS, length)

    return read


_HOUR_OF_HALF = _set("hour", lambda reading: reading.below(13, "hour"))
_MINUTE = _set("minute", lambda reading: reading.below(60, "minute"))

_READERS: dict[str, Callable[[_Reading], None]] = {
    "06": _Reading.short_year,
    "2006": _Reading.long_year,
    "January": _set("month", lambda reading: reading.named(MONTHS, None) + 1),
    "Jan": _set("month", lambda reading: reading.named(MONTHS, 3) + 1),
    **dict.fromkeys(("1", "01"), _Reading.month_number),
    "Monday": _weekday(None),
    "Mon": _weekday(3),
    **dict.fromkeys(("2", "_2", "02"), _Reading.day_of_month),
    **dict.fromkeys(("__2", "002"), _Reading.day_of_year),
    "15": _set("hour", lambda reading: reading.below(24, "hour")),
    **dict.fromkeys(("3", "03"), _HOUR_OF_HALF),
    **dict.fromkeys(("4", "04"), _MINUTE),
    **dict.fromkeys(("5", "05"), _Reading.seconds),
    **dict.fromkeys(("PM", "pm"), _Reading.half_of_day),
    "MST": _Reading.zone_name,
}
