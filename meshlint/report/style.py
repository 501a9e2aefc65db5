"""Room: report. Own ANSI styling: when to colour, and text made safe for a terminal.

Chart texts are hostile until proven otherwise: control characters never reach the terminal.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import IO
from unicodedata import combining, east_asian_width

STYLES = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;34",
    "bold": "1",
    "related": "34",
    "path": "36",
    "dim": "2",
    "good": "1;32",
}
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class Style:
    """Paints text, or leaves it alone."""

    __slots__ = ("color", "links")

    def __init__(self, color: bool = False, links: bool = False) -> None:
        self.color = color
        self.links = links

    def paint(self, text: str, name: str) -> str:
        """The text in the named style."""
        return f"\x1b[{STYLES[name]}m{text}\x1b[0m" if self.color and text else text

    def link(self, text: str, target: str) -> str:
        """The text as an OSC-8 hyperlink."""
        return f"\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\" if self.links else text


def wants_color(choice: str, stream: IO[str], environment: Mapping[str, str] | None = None) -> bool:
    """True to colour `stream`: --color, then NO_COLOR, FORCE_COLOR, CI, CLICOLOR, the terminal decide."""
    if choice != "auto":
        return choice == "always"
    env = os.environ if environment is None else environment
    if env.get("NO_COLOR"):
        return False
    forced = env.get("FORCE_COLOR") or env.get("CLICOLOR_FORCE")
    if forced:
        return forced != "0"
    if env.get("GITHUB_ACTIONS") == "true":
        return True
    if env.get("CLICOLOR") == "0" or env.get("TERM") == "dumb":
        return False
    return is_terminal(stream)


def is_terminal(stream: IO[str]) -> bool:
    """True if a person reads the stream; a closed stream is none."""
    try:
        return stream.isatty()
    except ValueError:
        return False


def safe(text: str) -> str:
    """The text with control characters, bidirectional overrides and broken UTF-8 made visible."""
    return _CONTROL.sub(_visible, text)


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code & 0xFF:02x}" if code < 0x100 or 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """The text on one line, safe for a terminal."""
    return safe(" ".join(text.split()))


def columns(text: str) -> int:
    """The terminal columns of a text: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(ch) else 2 if east_asian_width(ch) in "WF" else 1 for ch in text)


def wrap(text: str, width: int, used: int = 0, indent: str = "") -> str:
    """The text broken between words at `width` columns (0: not at all).

    used     columns of the first line that are taken already
    indent   begins every line but the first
    """
    if width <= 0 or used + columns(text) <= width:
        return text
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        begun = used if not lines else len(indent)
        if line and begun + columns(line) + 1 + columns(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return f"\n{indent}".join([*lines, line])


def whole(text: str) -> str:
    """The text with broken UTF-8 (surrogate escapes) replaced, so that it can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text
