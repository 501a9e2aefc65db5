"""One value printed with one verb and its flags: the inside of Go's fmt printer.

In: a value, a verb letter, flags; out: text. Lists and maps pass the verb on to their elements.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from meshlint.gotemplate.floatfmt import format_float, shortest
from meshlint.gotemplate.gotype import sorted_keys, type_name
from meshlint.gotemplate.govalue import NIL_TYPES, Duration, GoObject, Uint8, Uint64
from meshlint.gotemplate.quoting import can_backquote, is_printable, quote, quote_ascii, quote_rune

_ADDRESS = "0xc000012345"  # pointers print their address, which no two runs of Go share
_BASES = {"b": "b", "o": "o", "O": "o", "x": "x", "X": "x"}
_STRINGABLE = "vsxXq"
_POINTERS = "vpbodxX"  # the verbs that print an address


class Verb:
    """The flags of one verb. `width` and `precision` are None where the format gives none.

    syntax, names   what `#` and `+` mean before a v: Go syntax, and field names of structs
    erroring        the value is printed inside an error text: methods are not asked
    """

    __slots__ = (
        "erroring",
        "minus",
        "names",
        "plus",
        "precision",
        "sharp",
        "space",
        "syntax",
        "width",
        "zero",
    )

    def __init__(self) -> None:
        self.sharp = self.zero = self.plus = self.minus = self.space = self.erroring = False
        self.syntax = self.names = False
        self.width: int | None = None
        self.precision: int | None = None

    def for_letter(self, letter: str) -> None:
        """Read `#` and `+` as they are meant before the letter; %w is read as %v is."""
        if letter in "vw":
            self.syntax, self.names = self.sharp, self.plus
            self.sharp = self.plus = False


PLAIN = Verb()


def format_verb(value: Any, letter: str, flags: Verb) -> str:
    """The value printed with the verb."""
    if value is None:
        return _pad("<nil>", flags) if letter in "Tv" else _bad(None, letter, flags)
    if letter == "T":
        return _pad(_cut(type_name(value), flags), flags)
    if letter == "p":
        pointed = isinstance(value, (dict, list, bytes)) or getattr(value, "go_kind", "") == "ptr"
        return _ADDRESS if pointed else _bad(value, letter, flags)
    if isinstance(value, bytes) and letter == "d":
        return _bytes(value, "v", flags, 0)
    return _print(value, letter, flags, 0)


def _print(value: Any, letter: str, flags: Verb, depth: int) -> str:
    if isinstance(value, str):
        return _string(value, letter, flags)
    kind = type(value)
    if kind is bool:
        return _pad("true" if value else "false", flags) if letter in "tv" else _bad(value, letter, flags)
    if kind is float:
        return _float(value, letter, flags)
    if value is None:
        return "interface {}(nil)" if _go_syntax(letter, flags) else "<nil>"
    if kind is Duration or isinstance(value, (GoObject, BaseException)):
        if _go_syntax(letter, flags):
            text = value.go_syntax() if isinstance(value, GoObject) else None
            if text is not None:
                return _pad(text, flags)
        else:
            text = None if flags.erroring or letter not in _STRINGABLE else stringer(value)
            if text is not None:
                return _string(text, letter, flags)
    if letter == "w":  # only Errorf wraps
        return _bad(value, letter, flags)
    if isinstance(value, int):
        return _integer(value, letter, flags)
    if isinstance(value, bytes):
        return _bytes(value, letter, flags, depth)
    if isinstance(value, NIL_TYPES) and _go_syntax(letter, flags):
        return f"{type_name(value)}(nil)"
    if isinstance(value, dict):
        return _map(value, letter, flags, depth)
    if isinstance(value, list):
        return _sequence(value, letter, flags, depth, type_name(value))
    if isinstance(value, GoObject):
        return _struct(value, letter, flags, depth)
    if kind is complex:
        return _complex(value, letter, flags)
    return _ADDRESS


def stringer(value: Any) -> str | None:
    """What the String (or Error) method of the value gives, None if it has none."""
    if isinstance(value, GoObject):
        return value.go_string()
    if isinstance(value, Duration):
        return value.go_string()
    return str(value) if isinstance(value, BaseException) else None


def _go_syntax(letter: str, flags: Verb) -> bool:
    return letter == "v" and flags.syntax


def _pad(text: str, flags: Verb, zeros: bool = True) -> str:
    """The text filled up to the width, counted in characters."""
    width = flags.width
    if not width or len(text) >= width:
        return text
    if flags.minus:
        return text.ljust(width)
    return text.rjust(width, "0" if flags.zero and zeros else " ")


def _cut(text: str, flags: Verb) -> str:
    return text if flags.precision is None else text[: flags.precision]


def _bad(value: Any, letter: str, flags: Verb) -> str:
    """`%!d(string=a)`: the verb does not fit the operand."""
    if value is None:
        return f"%!{letter}(<nil>)"
    before, flags.erroring = flags.erroring, True
    try:
        return f"%!{letter}({type_name(value)}={_print(value, 'v', flags, 0)})"
    finally:
        flags.erroring = before


def _string(text: str, letter: str, flags: Verb) -> str:
    if letter == "s" or (letter == "v" and not flags.syntax):
        return _pad(_cut(str(text), flags), flags)
    if letter in "vq":
        text = _cut(str(text), flags)
        if flags.sharp and can_backquote(text):
            return _pad(f"`{text}`", flags)
        return _pad(quote_ascii(text) if flags.plus else quote(text), flags)
    if letter in "xX":
        return _hexadecimal(text.encode("utf-8", "surrogateescape"), letter, flags)
    return _bad(text, letter, flags)


def _hexadecimal(data: bytes, letter: str, flags: Verb) -> str:
    data = data if flags.precision is None else data[: flags.precision]
    prefix = f"0{letter}" if flags.sharp and data else ""
    pairs = [f"{byte:02x}" if letter == "x" else f"{byte:02X}" for byte in data]
    return _pad(prefix + (f" {prefix}" if flags.space else "").join(pairs), flags)


def _integer(value: int, letter: str, flags: Verb) -> str:
    number = int(value)
    if letter == "v" and flags.syntax and isinstance(value, (Uint8, Uint64)):
        return _digits(number, f"{number:x}", "x", flags, sharp=True)
    if letter in "vd":
        return _digits(number, str(abs(number)), "", flags, sharp=False)
    if letter in _BASES:
        digits = format(abs(number), _BASES[letter])
        return _digits(number, digits.upper() if letter == "X" else digits, letter, flags, flags.sharp)
    if letter == "c":
        return _pad(chr(number) if _is_rune(number) else "�", flags)
    if letter == "q":
        return _pad(quote_rune(number, flags.plus), flags)
    if letter == "U":
        return _unicode(number, flags)
    return _bad(value, letter, flags)


def _digits(number: int, digits: str, letter: str, flags: Verb, sharp: bool) -> str:
    sign = "-" if number < 0 else "+" if flags.plus else " " if flags.space else ""
    if flags.precision is not None:
        if flags.precision == 0 and number == 0:
            return " " * (flags.width or 0)
        digits = digits.rjust(flags.precision, "0")
    elif flags.zero and not flags.minus and flags.width:
        digits = digits.rjust(flags.width - len(sign), "0")
    if sharp and letter:
        if letter in "oO":
            digits = digits if digits[0] == "0" else f"0{digits}"
        else:
            digits = f"0{letter}{digits}"
    if letter == "O":
        digits = f"0o{digits}"
    return _pad(sign + digits, flags, zeros=False)


def _is_rune(number: int) -> bool:
    return 0 <= number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF


def _unicode(number: int, flags: Verb) -> str:
    number &= (1 << 64) - 1
    text = f"U+{number:0{max(4, flags.precision or 0)}X}"
    if flags.sharp and _is_rune(number) and is_printable(chr(number)):
        text += f" '{chr(number)}'"
    return _pad(text, flags, zeros=False)


def _float(value: float, letter: str, flags: Verb) -> str:
    if flags is PLAIN and letter == "v":
        return shortest(value)
    if letter in "vbgGxX":
        precision = -1
    elif letter in "feEF":
        precision = 6
    else:
        return _bad(value, letter, flags)
    verb = "g" if letter == "v" else "f" if letter == "F" else letter
    if flags.precision is not None:
        precision = flags.precision
    text = format_float(value, verb, precision)
    sign = text[0] if text[0] in "+-" else "+"
    text = text.lstrip("+-")
    if sign == "+" and flags.space and not flags.plus:
        sign = " "
    if text[0] in "IN":
        shown = flags.plus or flags.space or text[0] == "I"
        return _pad((sign if shown else "") + text, flags, zeros=False)
    if flags.sharp and letter != "b":
        text = _with_point(text, verb, precision)
    if flags.plus or sign != "+":
        if flags.zero and not flags.minus and flags.width and flags.width > len(text) + 1:
            return sign + text.rjust(flags.width - 1, "0")
        return _pad(sign + text, flags)
    return _pad(text, flags)


def _with_point(text: str, verb: str, precision: int) -> str:
    """The `#` flag: always a decimal point, and the trailing zeros that %g drops."""
    wanted = (6 if precision == -1 else precision) if verb in "gGx" else 0
    cut = next((at for at, char in enumerate(text) if char in ("pP" if verb in "xX" else "eE")), len(text))
    number, tail = text[:cut], text[cut:]
    significant = number.replace(".", "").lstrip("0")
    if "." not in number:
        wanted -= number == "0"
        number += "."
    return number + "0" * max(0, wanted - len(significant)) + tail


def _complex(value: complex, letter: str, flags: Verb) -> str:
    if letter not in "vbgGxXfFeE":
        return _bad(value, letter, flags)
    real = _float(value.real, letter, flags)
    signed = Verb()
    signed.sharp, signed.zero, signed.minus, signed.space = flags.sharp, flags.zero, flags.minus, flags.space
    signed.width, signed.precision, signed.plus = flags.width, flags.precision, True
    return f"({real}{_float(value.imag, letter, signed)}i)"


def _bytes(value: bytes, letter: str, flags: Verb, depth: int) -> str:
    if letter == "s":
        return _pad(_cut(value.decode("utf-8", "surrogateescape"), flags), flags)
    if letter in "xX":
        return _hexadecimal(value, letter, flags)
    if letter == "q":
        return _string(value.decode("utf-8", "surrogateescape"), letter, flags)
    name = "[]byte" if depth == 0 else "[]uint8"
    return _sequence([Uint8(byte) for byte in value], letter, flags, depth, name)


def _sequence(items: Iterable[Any], letter: str, flags: Verb, depth: int, name: str) -> str:
    shown = [_print(item, letter, flags, depth + 1) for item in items]
    return f"{name}{{{', '.join(shown)}}}" if _go_syntax(letter, flags) else f"[{' '.join(shown)}]"


def _map(mapping: dict[Any, Any], letter: str, flags: Verb, depth: int) -> str:
    shown = [
        f"{_print(key, letter, flags, depth + 1)}:{_print(mapping[key], letter, flags, depth + 1)}"
        for key in sorted_keys(mapping)
    ]
    if _go_syntax(letter, flags):
        return f"{type_name(mapping)}{{{', '.join(shown)}}}"
    return f"map[{' '.join(shown)}]"


def _struct(value: GoObject, letter: str, flags: Verb, depth: int) -> str:
    name = value.go_type
    mark = ""
    if value.go_kind == "ptr":
        if depth and letter not in _POINTERS:
            return _bad(value, letter, flags)
        if depth:
            return f"({name})({_ADDRESS})" if _go_syntax(letter, flags) else _ADDRESS
        mark, name = "&", name[1:]
    syntax = _go_syntax(letter, flags)
    named = letter == "v" and (flags.names or flags.syntax)
    shown = [
        (f"{field}:" if named else "") + _print(item, letter, flags, depth + 1)
        for field, item in value.printed_fields().items()
    ]
    return f"{mark}{name}{{{', '.join(shown)}}}" if syntax else f"{mark}{{{' '.join(shown)}}}"
