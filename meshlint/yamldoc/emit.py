"""Emit: plain values to YAML lines as Go's emitters lay them out.

One Emitter writes one value into a list of chunks, each of them the whole line or lines of one map
entry or list item. For a rope it also keeps, per chunk, what was read to make it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshlint.text.origin import Derived, Origin, Read
from meshlint.text.pattern import lazy
from meshlint.text.rope import Part, Rope, of
from meshlint.yamldoc.jsontext import in_order, is_nil
from meshlint.yamldoc.keyorder import sorted_keys
from meshlint.yamldoc.style import DOUBLE, LITERAL, SINGLE, Styled, Styles

Reads = tuple[Read, ...]
_SIMPLE_KEY_BYTES = 128
_BREAKS = lazy("[\n\r\x85\u2028\u2029]")
# Where an indentation is due: before the first character of a line that is not empty.
_LINE_START = lazy("(?:\\A|(?<=[\n\u2028\u2029]))(?=[^\n\u2028\u2029])")
_AFTER_BREAK = lazy("(?<=[\u2028\u2029])(?=[^\u2028\u2029])(?!'\\Z)")


class Verbatim:
    """A scalar that is written as it is, whatever its text would be read as."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_PLAIN = (str, dict, list, bool, float, int, Verbatim)


class Dialect:
    """What yaml.v2 behind sigs.k8s.io/yaml and yaml.v3 do differently.

    width         column after which long texts are folded at the next space, 0 for never
    list_indent   how far a list stands in from the key it belongs to
    number        writes a float
    convert       makes other types (bytes, Go structs) plain
    """

    __slots__ = ("convert", "list_indent", "number", "styles", "v3", "width")

    def __init__(
        self,
        v3: bool,
        width: int,
        list_indent: int,
        number: Callable[[float], str],
        convert: Callable[[Any], Any],
    ) -> None:
        self.v3 = v3
        self.width = width
        self.list_indent = list_indent
        self.number = number
        self.convert = convert
        self.styles = Styles(v3)


class Emitter:
    """Writes one value: `lines` are chunks that end in a line feed, `reads` what each of them shows.

    check   called with (text, is_key) for texts with rare characters and long keys; may raise
    """

    __slots__ = ("check", "dialect", "lines", "reads", "styles", "width")

    def __init__(self, dialect: Dialect, check: Callable[[str, bool], None] | None, keep_reads: bool) -> None:
        self.dialect = dialect
        self.check = check
        self.styles = dialect.styles
        self.width = dialect.width
        self.lines: list[str] = []
        self.reads: list[Reads] | None = [] if keep_reads else None

    def document(self, value: Any, reads: Reads) -> None:
        """Write the root value; a scalar's further lines stand two columns in."""
        value = self.plain(value)
        if self.nested(value):
            self.collection(value, 0, "", reads)
        else:
            self.put(self.scalar(value, 2, 0), reads)

    def rope(self, site: Origin) -> Rope:
        """The lines without the last line feed; their origins have span and scope of `site`."""
        parts: list[Part] = []
        last: Reads = site.reads
        origin = site
        for chunk, reads in zip(self.lines, self.reads or (), strict=True):
            if reads is not last:
                last = reads
                origin = Origin(site.span, site.scope, reads, site.flags or _flag(reads))
            parts.append(Part(chunk, origin))
        if parts and parts[-1][0].endswith("\n"):
            parts[-1] = Part(parts[-1][0][:-1], parts[-1][1])
        return of(parts)

    def put(self, chunk: str, reads: Reads) -> None:
        self.lines.append(chunk)
        if self.reads is not None:
            self.reads.append(reads)

    def nested(self, value: Any) -> bool:
        """True for maps and lists with something in them: those are written on lines of their own."""
        return isinstance(value, (dict, list)) and len(value) > 0

    def collection(self, value: Any, indent: int, lead: str, reads: Reads) -> None:
        if isinstance(value, dict):
            self.mapping(value, indent, lead, reads)
        else:
            self.sequence(value, indent, lead, reads)

    def reads_of(self, container: Any, key: str | int, above: Reads) -> Reads:
        """The read of one entry; of the collection around it if its own origin is unknown."""
        if self.reads is None:
            return above
        origins = getattr(container, "origins", None)
        return (Read(container, key),) if origins and key in origins else above

    def mapping(self, value: dict[str, Any], indent: int, lead: str, above: Reads) -> None:
        """Write a map with keys at `indent`; `lead` stands before the first key instead of blanks."""
        pad = " " * indent
        styles = self.styles
        v3 = self.dialect.v3
        for key in value if v3 and in_order(value) else sorted_keys(value, v3):
            item = value[key]
            reads = self.reads_of(value, key, above)
            styled = styles[key]
            if styled.style or styled.folds or len(key) > 32:
                if self.check is not None:
                    self.check(key, True)
                if not _is_simple_key(key, styled):
                    self.complex_entry(styled, item, indent, lead, reads)
                    lead = pad
                    continue
            head = f"{lead}{styled[1]}:"
            if isinstance(item, str):
                self.put(f"{head} {self.text(item, indent + 2, indent + len(styled[1]) + 2)}", reads)
            elif isinstance(item, dict) and item:
                self.put(head + "\n", reads)
                self.mapping(item, indent + 2, pad + "  ", reads)
            elif isinstance(item, list) and item:
                self.put(head + "\n", reads)
                below = indent + self.dialect.list_indent
                self.sequence(item, below, " " * below, reads)
            else:
                item = self.plain(item)
                if self.nested(item):
                    self.put(head + "\n", reads)
                    below = indent + (2 if isinstance(item, dict) else self.dialect.list_indent)
                    self.collection(item, below, " " * below, reads)
                else:
                    self.put(f"{head} {self.scalar(item, indent + 2, indent + len(styled[1]) + 2)}", reads)
            lead = pad

    def complex_entry(self, key: Styled, item: Any, indent: int, lead: str, reads: Reads) -> None:
        """`? key` and `: value`, for keys of several lines or more than 128 bytes."""
        self.put(f"{lead}? {self.lay_out(key, indent + 2, indent + 2)}", reads)
        lead = " " * indent + ": "
        item = self.plain(item)
        if self.nested(item):
            self.collection(item, indent + 2, lead, reads)
        else:
            self.put(lead + self.scalar(item, indent + 2, indent + 2), reads)

    def sequence(self, value: list[Any], indent: int, lead: str, above: Reads) -> None:
        """Write a list with dashes at `indent`."""
        dash = " " * indent + "- "
        lead += "- "
        for number, item in enumerate(value):
            reads = self.reads_of(value, number, above)
            item = self.plain(item)
            if self.nested(item):
                self.collection(item, indent + 2, lead, reads)
            else:
                self.put(lead + self.scalar(item, indent + 2, indent + 2), reads)
            lead = dash

    def plain(self, value: Any) -> Any:
        """The value as str, dict, list, bool, None, float, int or Verbatim."""
        if value is None or isinstance(value, _PLAIN):
            return value
        return self.dialect.convert(value)

    def scalar(self, value: Any, indent: int, column: int) -> str:
        """A scalar or an empty collection, with its line feed."""
        value = self.plain(value)
        if isinstance(value, str):
            return self.text(value, indent, column)
        if value is None:
            return "null\n"
        if isinstance(value, bool):
            return "true\n" if value else "false\n"
        if isinstance(value, float):
            return self.dialect.number(value) + "\n"
        if isinstance(value, int):
            duration = getattr(value, "yaml_text", None) if self.dialect.v3 else None
            return f"{int(value) if duration is None else duration()}\n"
        if isinstance(value, Verbatim):
            return value.text + "\n"
        if is_nil(value) and not self.dialect.v3:
            return "null\n"
        return "{}\n" if isinstance(value, dict) else "[]\n"

    def text(self, value: str, indent: int, column: int) -> str:
        styled = self.styles[value]
        if self.check is not None and styled[0] == DOUBLE:
            self.check(value, False)
        if not styled[0] and (not styled[2] or len(styled[1]) + column <= self.width):
            return styled[1] + "\n"
        return self.lay_out(styled, indent, column)

    def lay_out(self, styled: Styled, indent: int, column: int) -> str:
        """A text that begins at `column`, its further lines at `indent`; with its line feed."""
        if styled.style == LITERAL:
            return styled.tag + literal(styled, indent)
        if styled.breaks:
            return fold_lines(styled.text, indent, column, self.width) + "\n"
        if styled.folds and self.width and len(styled.text) + column > self.width:
            return fold(styled.text, styled.style, indent, column, self.width) + "\n"
        return styled.text + "\n"


def _is_simple_key(key: str, styled: Styled) -> bool:
    """False for keys of several lines (all of YAML's line breaks count) and for long ones."""
    if styled.style == LITERAL or styled.breaks or _BREAKS.search(key):
        return False
    return len(key) <= _SIMPLE_KEY_BYTES and len(key.encode("utf-8", "replace")) <= _SIMPLE_KEY_BYTES


def literal(styled: Styled, indent: int) -> str:
    """A literal block: header, then the lines at `indent`; ends in a line break."""
    value = styled.text
    hint = "2" if value[0] in " \n\u2028\u2029" else ""
    ends = len(value) - len(value.rstrip("\n\u2028\u2029"))
    chomp = "-" if ends == 0 else "+" if ends > 1 or len(value) == 1 else ""
    body = _LINE_START.sub(" " * indent, value)
    return f"|{hint}{chomp}\n{body}" + ("" if ends else "\n")


def fold_lines(text: str, indent: int, column: int, width: int) -> str:
    """A single-quoted text with Unicode line separators: they are written as they are, and indented after."""
    first, *rest = _AFTER_BREAK.split(text)
    folded = [fold(line, SINGLE, indent, indent, width) for line in rest]
    return (" " * indent).join([fold(first, SINGLE, indent, column, width), *folded])


def fold(text: str, style: int, indent: int, column: int, width: int) -> str:
    """Break a finished text at the first single space beyond the width, again and again.

    Quoted texts are not broken at their first or last character. A double-quoted text is also broken
    at the first of several spaces; a backslash then keeps the next one.
    """
    if not width:
        return text
    pieces: list[str] = []
    pad = "\n" + " " * indent
    first, last = (1, len(text) - 2) if style else (-1, len(text))
    start = 0
    base = column  # the column of text[i] is base + i
    at = text.find(" ", max(0, width + 1 - base))
    while at >= 0:
        doubled = text[at + 1 : at + 2] == " "
        if not (first < at < last) or text[at - 1] == " " or (doubled and style != DOUBLE):
            at = text.find(" ", at + 1)
            continue
        pieces.append(text[start:at])
        pieces.append(pad + "\\" if doubled else pad)
        start = at + 1
        base = indent + doubled - start
        at = text.find(" ", max(start, width + 1 - base))
    pieces.append(text[start:])
    return "".join(pieces)


def _flag(reads: Reads) -> str:
    """The flag of an entry that a template computed from a stand-in."""
    for read in reads:
        origin = read.origin()
        if isinstance(origin, Derived) and origin.origin.flags:
            return origin.origin.flags
    return ""
