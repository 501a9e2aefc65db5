"""Case and word functions of Sprig: upper, title, swapcase, camelcase, snakecase, initials ...

In: Go strings; out: Go strings. The word splitting of camelcase, snakecase and kebabcase is that of
xstrings 1.5, the rest that of goutils 1.1 and package strings.
"""

from __future__ import annotations

from collections.abc import Callable
from unicodedata import category

from meshlint.gotemplate.function import Function
from meshlint.sprig.runes import (
    BROKEN,
    SPACE,
    is_alphabet,
    is_space,
    is_upper,
    lower,
    repaired,
    simple_lower,
    simple_title,
    simple_upper,
    to_bytes,
    upper,
)
from meshlint.text.origin import Origin
from meshlint.text.rope import Part, Rope


def title(text: str) -> str:
    """strings.Title: the character after a separator in title case, the rest untouched."""
    out: list[str] = []
    start = True
    for char in repaired(text):
        out.append(simple_title(char) if start else char)
        start = _separates(char)
    return "".join(out)


def _separates(char: str) -> bool:
    if char < "\x80":
        return not (char.isalnum() or char == "_")
    return category(char)[0] != "L" and category(char) != "Nd" and is_space(char)


def untitle(text: str) -> str:
    """The first character of each word in lower case."""
    out: list[str] = []
    start = True
    for char in repaired(text):
        space = is_space(char)
        out.append(simple_lower(char) if start and not space else char)
        start = space
    return "".join(out)


def swapcase(text: str) -> str:
    """Upper to lower, lower to upper; a lower-case letter at the start of a word to title case."""
    out: list[str] = []
    start = True
    for char in repaired(text):
        kind = category(char)
        if kind in ("Lu", "Lt"):
            out.append(simple_lower(char))
            start = False
        elif kind == "Ll":
            out.append(simple_title(char) if start else simple_upper(char))
            start = False
        else:
            out.append(char)
            start = is_space(char)
    return "".join(out)


def initials(text: str) -> str:
    """The first byte of each word, read as Latin-1."""
    out: list[str] = []
    gap = True
    for char in to_bytes(text).decode("latin-1"):
        space = char in SPACE
        if gap and not space:
            out.append(char)
        gap = space
    return "".join(out)


def _connects(char: str) -> bool:
    return char in ("-", "_") or is_space(char)


def camelcase(text: str) -> str:
    """Upper camel case: `http_server` gives `HttpServer`, `GOLANG_IS_GREAT` gives `GolangIsGreat`.

    Leading connectors stay, each further run of connectors loses one. A text of connectors
    only gains one, as in xstrings 1.5.
    """
    text = repaired(text)
    start = 0
    while start < len(text) and _connects(text[start]):
        start += 1
    if start == len(text):
        return text + text[-1:]
    out = [text[:start]]
    lowering = is_upper(text[start])  # still inside a run of capitals
    current = simple_upper(text[start])
    for char in text[start + 1 :]:
        before, current = current, char
        if _connects(before):
            if _connects(char):
                out.append(before)
                continue
            lowering = is_upper(char)
            current = simple_upper(char)
            continue
        if lowering and is_upper(char):
            current = simple_lower(char)
        else:
            lowering = False
        out.append(before)
    out.append(current)
    return "".join(out)


def snakecase(text: str) -> str:
    """Lower-case words joined by `_`: `HTTP20xOK` gives `http_20x_ok`."""
    return _joined(text, "_")


def kebabcase(text: str) -> str:
    """Lower-case words joined by `-`."""
    return _joined(text, "-")


_GLUED = ("alphabet", "number")  # what sticks to a number word
_CLOSED = ("end", "punctuation", "connector")  # no connector is written before these


def _joined(text: str, connector: str) -> str:
    words = _words(text)
    last = len(words) - 2  # the entry after it is the end
    out: list[str] = []
    at = 0
    while at < last:
        kind = words[at][0]
        out.append(_lowered(words[at], connector))
        at += 1
        if kind == "number":
            at = _glue(words, at, out, connector)
        elif kind not in ("connector", "punctuation"):
            at = _after_letters(words, at, out, connector)
    out.append(_lowered(words[at], connector))
    return "".join(out)


def _after_letters(words: list[Word], at: int, out: list[str], connector: str) -> int:
    """What follows a word of letters: a number belongs to it unless small letters follow the number."""
    kind = words[at][0]
    if kind != "number":
        if kind not in ("connector", "punctuation"):
            out.append(connector)
        return at
    if words[at + 1] == _END:
        return at
    if words[at + 1][0] == "alphabet":
        out += [connector, words[at][1]]
        return _glue(words, at + 1, out, connector)
    out.append(words[at][1])
    if words[at + 1][0] not in ("connector", "punctuation"):
        out.append(connector)
    return at + 1


def _glue(words: list[Word], at: int, out: list[str], connector: str) -> int:
    """Write the letters and numbers that stick to a number, and a connector if something follows."""
    while words[at][0] in _GLUED:
        out.append(words[at][1])
        at += 1
    if words[at][0] not in _CLOSED:
        out.append(connector)
    return at


def _lowered(word: Word, connector: str) -> str:
    """The word as written: only capitals become small; `HTTPServer` has the words HTTP and Server."""
    kind, text = word
    if kind == "connector":
        return "".join([connector if _connects(char) else repaired(char) for char in text])
    if kind != "upper":
        return text
    return "".join([simple_lower(char) if is_upper(char) else char for char in repaired(text)])


Word = tuple[str, str]  # (type, text); types: connector, punctuation, upper, alphabet, number, other, end
_END: Word = ("end", "")


def _words(text: str) -> list[Word]:
    """The words of a text, and the end."""
    pieces = _pieces(text)
    chars = pieces if text.isascii() else [piece.strip(BROKEN) for piece in pieces]
    words: list[Word] = []
    at = 0
    while at < len(pieces):
        kind, stop = _word(chars, at)
        words.append((kind, "".join(pieces[at:stop])))
        at = stop
    return [*words, _END]


def _pieces(text: str) -> list[str]:
    """The characters, each with the broken bytes before it; the last one also with those after it."""
    if text.isascii():
        return list(text)
    pieces: list[str] = []
    broken = ""
    for char in text:
        if char in BROKEN:
            broken += char
        else:
            pieces.append(broken + char)
            broken = ""
    if broken:
        pieces.append(pieces.pop() + broken if pieces else broken)
    return pieces


def _word(chars: list[str], at: int) -> tuple[str, int]:
    """The type of the word that starts at `at` and where it ends."""
    char = chars[at]
    if not char:
        return "end", at + 1  # nothing but broken bytes
    if _connects(char):
        return "connector", _run(chars, at, _connects)
    kind = category(char)
    if kind[0] == "P":
        return "punctuation", _run(chars, at, _punctuates)
    if kind == "Lu":
        return "upper", _upper_word(chars, at)
    if is_alphabet(char):
        return "alphabet", _run(chars, at, _small)
    if kind[0] == "N":
        return "number", _run(chars, at, _counts)
    return "other", _run(chars, at, _other)


def _upper_word(chars: list[str], at: int) -> int:
    """The end of a word that starts with a capital: a run of capitals, or a Capitalised word."""
    if at + 1 == len(chars):
        return at + 1
    if is_upper(chars[at + 1]):
        stop = _run(chars, at, is_upper)
        # HTTPServer is HTTP and Server: the last capital belongs to the next word.
        return stop - 1 if stop < len(chars) and is_alphabet(chars[stop]) else stop
    return _run(chars, at, _small)


def _run(chars: list[str], at: int, member: Callable[[str], bool]) -> int:
    """The end of the run of members that starts at `at`; the first character belongs to it anyway."""
    at += 1
    while at < len(chars) and member(chars[at]):
        at += 1
    return at


def _punctuates(char: str) -> bool:
    return category(char)[0] == "P"


def _counts(char: str) -> bool:
    return category(char)[0] == "N"


def _small(char: str) -> bool:
    return is_alphabet(char) and not is_upper(char)


def _other(char: str) -> bool:
    return not (_connects(char) or is_alphabet(char) or category(char)[0] in "NP")


def _keeping(change: Callable[[str], str]) -> Callable[[Origin, str], str]:
    """A function of kind "span" for a change that turns every character into one other."""

    def call(site: Origin, text: str) -> str:  # noqa: ARG001 - nothing is added
        changed = change(text)
        if not isinstance(text, Rope):
            return changed
        parts: list[Part] = []
        at = 0
        for piece, origin, shift in text.parts:
            parts.append(Part(changed[at : at + len(piece)], origin, shift))
            at += len(piece)
        return Rope(changed, parts)

    return call


FUNCTIONS: tuple[Function, ...] = (
    Function("upper", ("string",), _keeping(upper), "span"),
    Function("lower", ("string",), _keeping(lower), "span"),
    Function("title", ("string",), _keeping(title), "span"),
    Function("untitle", ("string",), _keeping(untitle), "span"),
    Function("swapcase", ("string",), _keeping(swapcase), "span"),
    Function("initials", ("string",), initials),
    Function("camelcase", ("string",), camelcase),
    Function("snakecase", ("string",), snakecase),
    Function("kebabcase", ("string",), kebabcase),
)
