"""Go's data types as Python values, and the names Go prints for them.

| Go                      | Python                                   |
|-------------------------|------------------------------------------|
| nil                     | None                                     |
| bool                    | bool (test it before int)                |
| string                  | str, broken UTF-8 as surrogate escapes   |
| float64                 | float (every number of a values file)    |
| int                     | int                                      |
| int64                   | Int64                                    |
| uint8                   | Uint8                                    |
| uint64                  | Uint64                                   |
| complex128              | complex                                  |
| map[string]interface {} | dict (TrackedMap where origins matter)   |
| map[string]string       | StringMap                                |
| []interface {}          | list (TrackedList where origins matter)  |
| []string, []int, ...    | TypedList subclasses                     |
| []interface {}(nil)     | NilList (`rest` of an empty list)        |
| map[...]interface {}(nil) | NilMap (`merge` of a missing map)      |
| []string(nil)           | NilStringList (no match of a regex)      |
| []byte                  | bytes                                    |
| struct, pointer         | GoObject subclasses                      |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Int64(int):
    """A Go int64: `--set` integers and the result of Sprig's integer arithmetic."""

    __slots__ = ()


class Uint8(int):
    """A Go uint8: what `index "text" 0` gives."""

    __slots__ = ()


class Uint64(int):
    """A Go uint64: the parts of a semantic version."""

    __slots__ = ()


class Duration(int):
    """A Go time.Duration in nanoseconds."""

    __slots__ = ()

    def go_string(self) -> str:
        """What Go prints: `1h0m0s`, `1.5ms`, `0s`."""
        nanoseconds = abs(int(self))
        sign = "-" if self < 0 else ""
        if nanoseconds == 0:
            return "0s"
        for unit, name in ((1, "ns"), (1_000, "µs"), (1_000_000, "ms")):
            if nanoseconds < unit * 1000:
                return f"{sign}{_decimal(nanoseconds, unit)}{name}"
        minutes, rest = divmod(nanoseconds, 60_000_000_000)
        text = f"{_decimal(rest, 1_000_000_000)}s"
        if minutes:
            hours, minutes = divmod(minutes, 60)
            text = f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"
        return sign + text

    def yaml_text(self) -> str:
        """What yaml.v3 writes."""
        return self.go_string()


def _decimal(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    digits = f"{rest:0{len(str(unit)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}" if digits else str(whole)


class TypedList(list[Any]):
    """A Go slice with an element type other than interface{}."""

    __slots__ = ()
    go_type: ClassVar[str] = "[]interface {}"


class StringList(TypedList):
    """A Go []string."""

    __slots__ = ()
    go_type = "[]string"


class IntList(TypedList):
    """A Go []int."""

    __slots__ = ()
    go_type = "[]int"


class ListList(TypedList):
    """A Go [][]interface {} (Sprig's chunk)."""

    __slots__ = ()
    go_type = "[][]interface {}"


class MapList(TypedList):
    """A Go []map[string]interface {}: the array of tables of a TOML document."""

    __slots__ = ()
    go_type = "[]map[string]interface {}"


class StringMap(dict[str, str]):
    """A Go map[string]string. A dict class with `go_zero` has elements of a concrete type with that zero."""

    __slots__ = ()
    go_type: ClassVar[str] = "map[string]string"
    go_zero: ClassVar[str] = ""


class NilList(list[Any]):
    """A nil []interface {}: empty and printed `[]` as any empty slice is, but `null` in JSON and YAML.

    The encoders, which live below this floor, know a typed nil by its `is_nil`.
    """

    __slots__ = ()
    is_nil: ClassVar[bool] = True


class NilStringList(StringList):
    """A nil []string: `null` in JSON and YAML."""

    __slots__ = ()
    is_nil: ClassVar[bool] = True


class NilMap(dict[str, Any]):
    """A nil map[string]interface {}: reads as empty, `null` in JSON and YAML, not assignable."""

    __slots__ = ()
    is_nil: ClassVar[bool] = True

    def __setitem__(self, key: str, value: Any) -> None:
        raise GoError("assignment to entry in nil map")


class NilStringMap(StringMap):
    """A nil map[string]string: annotations of a chart that has none."""

    __slots__ = ()
    is_nil: ClassVar[bool] = True


NIL_TYPES = (NilList, NilStringList, NilMap, NilStringMap)  # typed nils: encoders print null for these


class Fields(dict[str, Any]):
    """The fields of a struct by JSON name: JSON keeps their order, unlike that of map keys.

    The encoders below this floor know it by its `in_order`.
    """

    __slots__ = ()
    in_order: ClassVar[bool] = True


class GoObject:
    """A Go struct, pointer to struct, or named type with methods.

    go_type   the name `typeOf` prints, such as "*common.Capabilities"
    go_kind   "struct", "ptr", "map", "slice", ...
    fields()  exported fields in declaration order (name -> value)
    methods   name -> bound callable; a template calls them with the arguments it has
    """

    __slots__ = ()
    go_type: ClassVar[str] = "struct {}"
    go_kind: ClassVar[str] = "struct"

    def fields(self) -> dict[str, Any]:
        """Exported fields in declaration order."""
        return {}

    def methods(self) -> dict[str, Callable[..., Any]]:
        """Exported methods."""
        return {}

    def go_string(self) -> str | None:
        """What a Stringer prints, None if the type is no Stringer."""
        return None

    def go_syntax(self) -> str | None:
        """What a GoStringer prints under %#v, None if the type is none."""
        return None

    def address_string(self) -> str | None:
        """What `{{ x }}` prints when only the pointer is a Stringer; functions get a copy and miss it."""
        return None

    def printed_fields(self) -> dict[str, Any]:
        """The fields fmt prints: unexported ones too."""
        return self.fields()

    def json_value(self) -> Any:
        """What JSON and YAML make of it: the fields as they name them, omitted ones left out."""
        return Fields(self.fields())


class GoError(Exception):
    """An error returned (or a panic raised) by a template function; its text is Go's error text."""


class LimitError(GoError):
    """A limit was reached: unlike other errors nothing may stand in for the result, the run is over."""


class Placeholder(str):
    """A stand-in for a value nobody supplied (tolerant rendering) or that is random; prints as its text.

    flags   why the text is not real, as in Origin.flags: "placeholder", "random", "time", "lookup"
    """

    __slots__ = ("flags",)
    flags: str

    def __new__(cls, text: str, flags: str = "placeholder") -> Placeholder:
        stand_in = super().__new__(cls, text)
        stand_in.flags = flags
        return stand_in


_MOST_DIGITS = 100


def decimal(digits: str) -> int:
    """The integer of decimal digits; of more than a hundred one that no Go type holds."""
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS
