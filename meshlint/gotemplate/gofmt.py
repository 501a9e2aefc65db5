"""Go's package fmt for template values: print, printf and println, byte for byte.

In: Python values as in govalue; out: text. Verbs that do not fit their operand give text such as
`%!d(float64=8080)`, as in Go; nothing here raises for input. Names other rooms need together with
printing (`quote`, `type_name`, `truth` ...) are importable from here as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.comparison import compare_equal as compare_equal
from meshlint.gotemplate.comparison import compare_less as compare_less
from meshlint.gotemplate.comparison import truth as truth
from meshlint.gotemplate.floatfmt import shortest
from meshlint.gotemplate.gotype import kind_name as kind_name
from meshlint.gotemplate.gotype import sorted_keys as sorted_keys
from meshlint.gotemplate.gotype import type_name as type_name
from meshlint.gotemplate.govalue import Duration, GoObject
from meshlint.gotemplate.quoting import quote as quote
from meshlint.gotemplate.verb import PLAIN, Verb, format_verb

_LARGEST = 1_000_000  # a width, precision or argument number beyond it is no number (fmt.tooLarge)
_FLAGS = {"#": "sharp", "0": "zero", "+": "plus", "-": "minus", " ": "space"}
_simple_formats: dict[str, list[str] | None] = {}


def format_value(value: Any) -> str:
    """The value as `%v` and `{{ print x }}` show it; nil is `<nil>`."""
    if isinstance(value, str):
        return str(value)
    kind = type(value)
    if kind is float:
        return shortest(value)
    if kind is bool:
        return "true" if value else "false"
    if value is None:
        return "<nil>"
    if isinstance(value, int) and kind is not Duration and not isinstance(value, GoObject):
        return str(int(value))
    work.nodes(value)
    return format_verb(value, "v", PLAIN)


def printed(value: Any) -> str:
    """The value as an action `{{ x }}` prints it: nil is `<no value>`, pointers are followed."""
    if value is None:
        return "<no value>"
    return (isinstance(value, GoObject) and value.address_string()) or followed(value)


def followed(value: Any) -> str:
    """The value as `%v` shows it, a pointer without its `&`."""
    text = format_value(value)
    pointer = text[:1] == "&" and isinstance(value, GoObject) and value.go_kind == "ptr"
    return text[1:] if pointer and value.go_string() is None else text


def sprint(args: Any, show: Callable[[Any], str] = format_value) -> str:
    """The values joined as Go's Sprint does: a space only between two that are both no strings."""
    parts: list[str] = []
    string_before = True
    for value in args:
        is_string = isinstance(value, str)
        if not is_string and not string_before:
            parts.append(" ")
        parts.append(show(value))
        string_before = is_string
    return "".join(parts)


def sprintln(args: Any) -> str:
    """The values separated by spaces, with a line feed at the end."""
    return " ".join([format_value(value) for value in args]) + "\n"


def sprintf(form: str, args: Any) -> str:
    """The format with its verbs replaced by the values, as Go's Sprintf does."""
    if form not in _simple_formats:
        _simple_formats[form] = _simple(form)
    simple = _simple_formats[form]
    if simple is not None and len(args) == (len(simple) - 1) // 2:
        pieces: list[str] = simple.copy()
        for index, value in enumerate(args):
            verb = pieces[2 * index + 1]
            if isinstance(value, str) and verb != "d":
                pieces[2 * index + 1] = str(value)
            else:
                pieces[2 * index + 1] = format_verb(value, verb, PLAIN)
        return "".join(pieces)
    return _Formatting(form, args).run()


def _simple(form: str) -> list[str] | None:
    """Text, verb, text, verb ... text of a format with nothing but plain %s %v %d; None for others."""
    pieces: list[str] = []
    for index, part in enumerate(form.split("%")):
        if index:
            if part[:1] not in ("s", "v", "d"):
                return None
            pieces += part[:1], part[1:]
        else:
            pieces.append(part)
    return pieces


class _Formatting:
    """One run over a format string."""

    def __init__(self, form: str, args: Any) -> None:
        self.form = form
        self.args = args
        self.out: list[str] = []
        self.at = 0
        self.number = 0  # of the next argument
        self.good = True
        self.reordered = False
        self.after_index = False

    def run(self) -> str:
        form, end = self.form, len(self.form)
        while self.at < end:
            start = form.find("%", self.at)
            if start < 0:
                self.out.append(form[self.at :])
                break
            self.out.append(form[self.at : start])
            self.at = start + 1
            if not self.verb():
                break
        if not self.reordered and self.number < len(self.args):
            self.extra()
        return "".join(self.out)

    def verb(self) -> bool:
        """Print one verb with its flags; False at the end of the format."""
        self.good = True
        flags = Verb()
        form = self.form
        while self.at < len(form) and form[self.at] in _FLAGS:
            setattr(flags, _FLAGS[form[self.at]], True)
            self.at += 1
        if not ("a" <= form[self.at : self.at + 1] <= "z" and self.number < len(self.args)):
            self.width_and_precision(flags)
        if self.at >= len(form):
            self.out.append("%!(NOVERB)")
            return False
        letter = form[self.at]
        self.at += 1
        if letter == "%":
            self.out.append("%")
        elif not self.good:
            self.out.append(f"%!{letter}(BADINDEX)")
        elif self.number >= len(self.args):
            self.out.append(f"%!{letter}(MISSING)")
        else:
            flags.for_letter(letter)
            self.out.append(format_verb(self.args[self.number], letter, flags))
            self.number += 1
        return True

    def width_and_precision(self, flags: Verb) -> None:
        form = self.form
        self.index()
        if form[self.at : self.at + 1] == "*":
            self.at += 1
            width = self.integer()
            flags.width = width
            if width is None:
                self.out.append("%!(BADWIDTH)")
            elif width < 0:
                flags.width, flags.minus, flags.zero = -width, True, False
            self.after_index = False
        else:
            flags.width = self.digits()
            if self.after_index and flags.width is not None:
                self.good = False
        if form[self.at : self.at + 1] == "." and self.at + 1 < len(form):
            self.precision(flags)
        if not self.after_index:
            self.index()

    def precision(self, flags: Verb) -> None:
        self.at += 1
        if self.after_index:
            self.good = False
        self.index()
        if self.form[self.at : self.at + 1] == "*":
            self.at += 1
            wanted = self.integer()
            flags.precision = wanted if wanted is not None and wanted >= 0 else None
            if flags.precision is None:
                self.out.append("%!(BADPREC)")
            self.after_index = False
        else:
            flags.precision = self.digits() or 0

    def index(self) -> None:
        """Read an explicit argument number such as [2]."""
        form, start = self.form, self.at
        self.after_index = False
        if form[start : start + 1] != "[":
            return
        self.reordered = True
        close = form.find("]", start)
        if close < 0 or len(form) - start < 3:
            self.at = start + 1
            self.good = False
            return
        self.at = close + 1
        inside = form[start + 1 : close]
        ok = inside.isascii() and inside.isdigit() and len(inside) < 10 and int(inside) <= 10 * _LARGEST + 9
        if ok and 1 <= int(inside) <= len(self.args):
            self.number = int(inside) - 1
            self.after_index = True
        else:
            self.good = False
            self.after_index = ok

    def digits(self) -> int | None:
        """Read a decimal number; one that is too large swallows the rest of the format."""
        form, start = self.form, self.at
        number = 0
        while self.at < len(form) and "0" <= form[self.at] <= "9":
            if number > _LARGEST:
                self.at = len(form)
                return None
            number = number * 10 + int(form[self.at])
            self.at += 1
        return number if self.at > start else None

    def integer(self) -> int | None:
        """The next argument if it is an integer of a sane size (for `*`)."""
        if self.number >= len(self.args):
            return None
        value = self.args[self.number]
        self.number += 1
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
            return int(value)
        return None

    def extra(self) -> None:
        shown = [
            "<nil>" if value is None else f"{type_name(value)}={format_verb(value, 'v', PLAIN)}"
            for value in self.args[self.number :]
        ]
        self.out.append(f"%!(EXTRA {', '.join(shown)})")
