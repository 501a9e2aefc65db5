"""Style: how a string is written by Go's YAML emitters - plain, quoted or as a block (emitterc.go).

In goes a string, out comes a Styled: the style and, for one-line styles, the text with its quotes.
Where long texts are folded is decided later, by column.
"""

from __future__ import annotations

from typing import NamedTuple

from meshlint.text.pattern import lazy
from meshlint.yamldoc.scalar import needs_quotes

PLAIN, SINGLE, DOUBLE, LITERAL = range(4)
_LIMIT = 20_000

# Neither special nor an indicator anywhere; such texts are plain unless they read as another type.
_SIMPLE = lazy(r"[A-Za-z0-9_./\\$^~<=+(;][A-Za-z0-9_./\\$^~<=+();,@%&*!|>'\"\[\]{}?-]*")
# is_printable of yamlprivateh.go: line feed, and no character beyond the basic plane.
# Written as the characters that are not: a set over the whole plane takes 5 ms to compile.
_SPECIAL = lazy(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffe\uffff\U00010000-\U0010ffff]")
_BROKEN = lazy("[\udc80-\udcff]")
# Integers to yaml.v3 only: a second sign behind the octal prefix.
_ODD_OCTAL = lazy("0o[-+][0-7_]+")
_BREAK = "\n\r\x85\u2028\u2029"
_BREAKS = lazy(f"[{_BREAK}]")
_SPACE_BREAK = lazy(f" [{_BREAK}]")
_BREAK_SPACE = lazy(f"[{_BREAK}] ")
_INDICATOR = lazy(
    rf"---|\.\.\.|[#,\[\]{{}}&*!|>'\"%@`]|[-?:](?:[ \t]|\Z)|(?s:.+?)(?::(?:[ \t]|\Z)|(?<=[ \t\0{_BREAK}])#)"
)
_ESCAPES = {
    "\0": "\\0",
    "\a": "\\a",
    "\b": "\\b",
    "\t": "\\t",
    "\n": "\\n",
    "\v": "\\v",
    "\f": "\\f",
    "\r": "\\r",
    "\x1b": "\\e",
    '"': '\\"',
    "\\": "\\\\",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}
_ESCAPED = lazy(
    r"[\x00-\x1f\x22\x5c\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff\U00010000-\U0010ffff]"
)


class Styled(NamedTuple):
    """A style and the finished text; for LITERAL the bare value.

    folds  True if the text has spaces at which a long line can be broken
    breaks True if it holds line separators other than the line feed, written character by character
    tag    what stands before a literal block
    """

    style: int
    text: str
    folds: bool = False
    breaks: bool = False
    tag: str = ""


class Styles(dict[str, Styled]):
    """String -> Styled, filled on first use; for yaml.v2 or yaml.v3."""

    __slots__ = ("v3",)

    def __init__(self, v3: bool) -> None:
        super().__init__()
        self.v3 = v3

    def __missing__(self, text: str) -> Styled:
        styled = _styled(text, self.v3)
        if len(self) > _LIMIT:
            self.clear()
        self[text] = styled
        return styled


def _styled(text: str, v3: bool) -> Styled:
    if v3 and _BROKEN.search(text):
        return _binary(text)
    quotes = needs_quotes(text) or (v3 and _ODD_OCTAL.fullmatch(text) is not None)
    if _SIMPLE.fullmatch(text) and not text.startswith("..."):
        return Styled(DOUBLE, f'"{_escape(text)}"') if quotes else Styled(PLAIN, text)
    special = _SPECIAL.search(text) is not None
    space_break = _SPACE_BREAK.search(text) is not None
    if "\n" in text:
        if special and v3:  # yaml.v2 quotes a text with tabs
            special = _SPECIAL.search(text.replace("\t", "")) is not None
        if not (special or space_break or text.endswith(" ")):
            return Styled(LITERAL, text, breaks=_has_odd_breaks(text))
    elif not quotes and not special and not space_break and not _BREAK_SPACE.search(text):
        edges = text[0] + text[-1]
        if not (" " in edges or _BREAKS.search(text) or _INDICATOR.match(text)):
            return Styled(PLAIN, text, " " in text)
        body = text.replace("'", "''")
        return Styled(SINGLE, f"'{body}'", " " in text, _has_odd_breaks(text))
    return Styled(DOUBLE, f'"{_escape(text)}"', " " in text)


def _binary(text: str) -> Styled:
    """Bytes that are no UTF-8: a tagged scalar of base64, in lines of 70."""
    import base64

    code = base64.b64encode(text.encode("utf-8", "surrogateescape")).decode("ascii")
    if len(code) < 70:
        return Styled(PLAIN, f"!!binary {code}")
    lines = "".join(code[at : at + 70] + "\n" for at in range(0, len(code), 70))
    return Styled(LITERAL, lines, tag="!!binary ")


def _has_odd_breaks(text: str) -> bool:
    return "\u2028" in text or "\u2029" in text


def _escape(text: str) -> str:
    """The inside of a double-quoted scalar. A text that begins with a BOM is escaped altogether (is_bom)."""
    if text.startswith("\ufeff"):
        return "".join(map(_escape_one, text))
    return _ESCAPED.sub(lambda match: _escape_one(match[0]), text)


def _escape_one(character: str) -> str:
    known = _ESCAPES.get(character)
    if known:
        return known
    code = ord(character)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
