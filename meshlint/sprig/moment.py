"""Moments: Go's time.Time, time.Location, time.Month and time.Weekday as template values.

In: Unix seconds and nanoseconds; out: calendar fields in a time zone, for any year. The local zone is
UTC: a linter must say the same on every machine. Zones by name come from the system's tz database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import Duration, GoObject, Int64, Uint64
from meshlint.gotemplate.quoting import quote
from meshlint.sprig.calendar import CYCLE, DAYS, MONTHS, Calendar, civil, day_number
from meshlint.sprig.layout import format_calendar

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZERO_TIME = -62_135_596_800  # Unix seconds of year 1, where Go's zero Time stands
_SECOND = 1_000_000_000


class Location:
    """A time zone: a fixed offset with a name, or the rules of the tz database."""

    __slots__ = ("name", "offset", "rules")

    def __init__(self, name: str, offset: int = 0, rules: ZoneInfo | None = None) -> None:
        self.name = name
        self.offset = offset
        self.rules = rules

    def at(self, unix: int) -> tuple[str, int]:
        """The abbreviation and the offset in seconds east of UTC in force at that moment."""
        if self.rules is None:
            return self.name, self.offset
        from datetime import datetime, timedelta, timezone

        days, second = divmod(unix, 86_400)
        if not -719_000 < days < 2_932_000:  # what datetime cannot hold: the same day of another cycle
            days = days % CYCLE + (-4 if days < 0 else 19) * CYCLE
        start = datetime(1970, 1, 1, tzinfo=timezone.utc)
        moment = (start + timedelta(days=days, seconds=second)).astimezone(self.rules)
        offset = moment.utcoffset() or timedelta()
        return moment.tzname() or "", offset.days * 86_400 + offset.seconds


UTC = Location("UTC")
LOCAL = Location("UTC")  # of its own identity: Go compares pointers
TOML_LAYOUTS = {  # the zones BurntSushi/toml gives to dates and times without a zone, and how it writes them
    Location("datetime-local"): "2006-01-02T15:04:05.999999999",
    Location("date-local"): "2006-01-02",
    Location("time-local"): "15:04:05.999999999",
}


def load_location(name: str) -> Location | None:
    """time.LoadLocation: "Local" is UTC too; None for a zone the tz database does not have."""
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        return LOCAL
    from zoneinfo import ZoneInfo

    try:
        return Location(name, 0, ZoneInfo(name))
    except (ValueError, OSError, KeyError):  # absent, a directory, or a path that leads out of the database
        return None


class _Named(int, GoObject):
    """A number with English names for its values."""

    __slots__ = ()
    names: ClassVar[tuple[str, ...]] = ()

    def go_string(self) -> str:
        """The name."""
        return self.names[self]

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What templates may call."""
        return {"String": self.go_string}

    def json_value(self) -> int:
        """The number."""
        return int(self)


class Month(_Named):
    """A time.Month, 1 to 12; prints its English name."""

    __slots__ = ()
    go_type = "time.Month"
    names = ("", *MONTHS)


class Weekday(_Named):
    """A time.Weekday, Sunday is 0; prints its English name."""

    __slots__ = ()
    go_type = "time.Weekday"
    names = DAYS


class Time(GoObject):
    """A time.Time: Unix seconds, nanoseconds and the zone it is shown in."""

    __slots__ = ("location", "nanosecond", "unix")
    go_type: ClassVar[str] = "time.Time"
    go_kind: ClassVar[str] = "struct"

    def __init__(self, unix: int, nanosecond: int = 0, location: Location = LOCAL) -> None:
        self.unix = unix
        self.nanosecond = nanosecond
        self.location = location

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Time):
            return NotImplemented
        return self.key() == other.key() and self.location is other.location

    def __hash__(self) -> int:
        return hash(self.key())

    def __repr__(self) -> str:
        return f"<Time {self.go_string()}>"

    def key(self) -> tuple[int, int]:
        """The instant, whatever the zone."""
        return self.unix, self.nanosecond

    def calendar(self) -> Calendar:
        """The calendar fields in the zone of the moment."""
        zone, offset = self.location.at(self.unix)
        days, seconds = divmod(self.unix + offset, 86_400)
        year, month, day = civil(days)
        year_day = days - day_number(year, 1, 1) + 1
        clock = (seconds // 3600, seconds // 60 % 60, seconds % 60)
        return Calendar(year, month, day, *clock, year_day, (days + 4) % 7, zone, offset)

    def go_string(self) -> str:
        """What fmt prints."""
        return self.format("2006-01-02 15:04:05.999999999 -0700 MST")

    def go_syntax(self) -> str:
        """What `%#v` prints."""
        at = self.calendar()
        clock = f"{at.hour}, {at.minute}, {at.second}, {self.nanosecond}"
        known = {id(UTC): "time.UTC", id(LOCAL): "time.Local"}
        zone = known.get(id(self.location)) or f"time.Location({quote(self.location.name)})"
        return f"time.Date({at.year}, time.{MONTHS[at.month - 1]}, {at.day}, {clock}, {zone})"

    def printed_fields(self) -> dict[str, Any]:
        """The clock reading, the seconds since year 1 and the zone, which is nil for UTC."""
        return {"wall": Uint64(self.nanosecond), "ext": Int64(self.unix - ZERO_TIME), "loc": 0}

    def json_value(self) -> str:
        """RFC 3339 with the fraction it has."""
        return self.format("2006-01-02T15:04:05.999999999Z07:00")

    def yaml_text(self) -> str:
        """What yaml.v3 writes."""
        return self.json_value()

    def toml_text(self) -> str:
        """What toToml writes."""
        return self.format(TOML_LAYOUTS.get(self.location, "2006-01-02T15:04:05.999999999Z07:00"))

    def format(self, layout: str) -> str:
        """The moment in a layout of Go."""
        return format_calendar(self.calendar(), self.nanosecond, layout)

    def since(self, other: Time) -> Duration:
        """The time from `other` to this moment (time.Time.Sub); what overflows is cut off."""
        size = (self.unix - other.unix) * _SECOND + self.nanosecond - other.nanosecond
        return Duration(max(-(1 << 63), min(size, (1 << 63) - 1)))

    def plus(self, nanoseconds: int) -> Time:
        """The moment that much later."""
        carry, nanosecond = divmod(self.nanosecond + nanoseconds, _SECOND)
        return Time(self.unix + carry, nanosecond, self.location)

    def within(self, location: Location) -> Time:
        """The same instant in another zone."""
        return Time(self.unix, self.nanosecond, location)

    def plus_date(self, years: int, months: int, days: int) -> Time:
        """time.Time.AddDate: calendar arithmetic, days beyond the end of a month run over."""
        at = self.calendar()
        day = day_number(at.year + years, at.month + months, at.day + days)
        seconds = day * 86_400 + at.hour * 3600 + at.minute * 60 + at.second
        return Time(from_local(seconds, self.location), self.nanosecond, self.location)

    def rounded(self, multiple: int, up: bool) -> Time:
        """The moment rounded (or cut) to a multiple of nanoseconds since year 1."""
        if multiple <= 0:
            return self
        total = (self.unix - ZERO_TIME) * _SECOND + self.nanosecond
        rest = total % multiple
        return self.plus(multiple - rest if up and rest * 2 >= multiple else -rest)

    def methods(self) -> dict[str, Callable[..., Any]]:
        """What templates may call."""
        return {**self._field_methods(), **self._arithmetic()}

    def _field_methods(self) -> dict[str, Callable[..., Any]]:
        at = self.calendar()
        nanoseconds = self.unix * _SECOND + self.nanosecond
        values: dict[str, Any] = {
            "Year": at.year,
            "Month": Month(at.month),
            "Day": at.day,
            "Hour": at.hour,
            "Minute": at.minute,
            "Second": at.second,
            "Nanosecond": self.nanosecond,
            "YearDay": at.year_day,
            "Weekday": Weekday(at.weekday),
            "Unix": Int64(self.unix),
            "UnixMilli": Int64(nanoseconds // 1_000_000),
            "UnixMicro": Int64(nanoseconds // 1_000),
            "UnixNano": Int64((nanoseconds + (1 << 63)) % (1 << 64) - (1 << 63)),
            "IsZero": self.key() == (ZERO_TIME, 0),
            "String": self.go_string(),
        }
        return {name: _constant(name, value) for name, value in values.items()}

    def _arithmetic(self) -> dict[str, Callable[..., Any]]:
        entries = (
            Function("Format", ("string",), self.format),
            Function("Add", ("time.Duration",), self.plus),
            Function("Sub", ("time",), self.since),
            Function("AddDate", ("int", "int", "int"), self.plus_date),
            Function("Equal", ("time",), lambda other: self.key() == other.key()),
            Function("Before", ("time",), lambda other: self.key() < other.key()),
            Function("After", ("time",), lambda other: self.key() > other.key()),
            Function("Compare", ("time",), self._compare),
            Function("UTC", (), lambda: self.within(UTC)),
            Function("Local", (), lambda: self.within(LOCAL)),
            Function("Round", ("time.Duration",), lambda multiple: self.rounded(multiple, True)),
            Function("Truncate", ("time.Duration",), lambda multiple: self.rounded(multiple, False)),
        )
        return {entry.name: entry for entry in entries}  # type: ignore[misc]

    def _compare(self, other: Time) -> int:
        return (self.key() > other.key()) - (self.key() < other.key())


def _constant(name: str, value: Any) -> Any:
    return Function(name, (), lambda: value)


def from_local(seconds: int, location: Location) -> int:
    """Unix seconds of a wall clock time (seconds since 1970 on that clock), resolved as time.Date does."""
    _, offset = location.at(seconds)
    if offset == 0:
        return seconds
    unix = seconds - offset
    _, again = location.at(unix)
    return unix if again == offset else seconds - again
