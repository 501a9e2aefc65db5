"""Rope: a str that remembers where each of its pieces came from.

A Rope compares, hashes and prints as the text it is, so every function that takes a str takes a
Rope. Functions that keep the pieces (indent, trim, quote ...) build a new Rope with the operations
below; any plain str method returns a plain str, and the evaluator then falls back to the call
site: degraded, never wrong. The law: the joined texts of the parts are the text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from meshlint.text.origin import Origin, Read, Scope
from meshlint.text.span import Span


class Part(NamedTuple):
    """A piece of text of one origin; `shift` is its first character's place in what the node wrote.

    For verbatim origins (text nodes) character i of the part stands at offset
    origin.span.start + shift + i of the template; for others `shift` has no meaning.
    """

    text: str
    origin: Origin
    shift: int = 0


def _fast_part() -> Callable[[tuple[str, Origin, int]], Part]:
    return partial(tuple.__new__, Part)


# Part((text, origin, shift)) at half the price of Part(text, origin, shift), for those who make many.
make_part = _fast_part()


class Rope(str):
    """A str with parts. `Rope(text, parts)`: the parts' texts joined must be `text`.

    Most ropes of a run are never asked for their parts, so operations put off making them: `deferred`
    keeps the function that makes them and its arguments, and `parts` calls it when it is needed.
    """

    __slots__ = ("_made_by", "_parts")
    _parts: list[Part] | None
    _made_by: tuple[Any, ...]

    def __new__(cls, text: str, parts: list[Part]) -> Rope:
        rope = str.__new__(cls, text)
        rope._parts = parts
        return rope

    @property
    def parts(self) -> list[Part]:
        """The pieces of the text, in order; none is empty."""
        if self._parts is None:
            _make_parts(self)
        return self._parts  # type: ignore[return-value]


def deferred(text: str, function: Callable[..., list[Part]], *arguments: Any) -> Rope:
    """The rope of `text` whose parts are `function(*arguments)`; ropes may be arguments or in lists there."""
    rope = str.__new__(Rope, text)
    rope._parts = None
    rope._made_by = (function, arguments)
    return rope


def _make_parts(rope: Rope) -> None:
    """Make the parts of a rope, first those of the ropes it is made of, however deep they go."""
    stack = [rope]
    while stack:
        top = stack[-1]
        if top._parts is None:
            function, arguments = top._made_by
            missing = [below for below in _ropes(arguments) if below._parts is None]
            if missing:
                stack += missing
                continue
            top._parts = function(*arguments)
            top._made_by = ()
        stack.pop()


def _ropes(arguments: Iterable[Any]) -> Iterator[Rope]:
    for argument in arguments:
        if type(argument) is Rope:
            yield argument
        elif type(argument) is list:
            for item in argument:
                if type(item) is Rope:
                    yield item


# What a template has written, before anybody asks where it came from: text, node, scope, reads, flags.
Written = tuple[str, Span, Scope | None, Sequence[Read], str]
Piece = Part | Rope | Written


def joined(pieces: list[Piece]) -> Rope:
    """The text of pieces one after another; the list must not change any more."""
    return deferred("".join([piece if type(piece) is Rope else piece[0] for piece in pieces]), flat, pieces)


def flat(pieces: list[Piece]) -> list[Part]:
    """The parts of pieces one after another."""
    parts: list[Part] = []
    for piece in pieces:
        if isinstance(piece, Rope):
            parts += piece.parts
        elif isinstance(piece, Part):
            parts.append(piece)
        else:
            text, span, scope, reads, flags = piece
            parts.append(Part(text, Origin(span, scope, tuple(reads), flags)))
    return parts


def of(parts: list[Part]) -> Rope:
    """The rope of the given parts; empty parts are dropped."""
    kept = [part for part in parts if part[0]]
    return Rope("".join([part[0] for part in kept]), kept)


def parts_of(text: str, site: Origin) -> list[Part]:
    """The parts of a rope; for a plain str one part with the origin `site`."""
    if type(text) is Rope:
        return text.parts
    return [Part(text, site)] if text else []


def cut(parts: Iterable[Part], start: int, end: int) -> list[Part]:
    """The parts of the characters [start, end); both within the length of the text."""
    found: list[Part] = []
    at = 0
    for part in parts:
        text = part[0]
        stop = at + len(text)
        if stop > start and at < end:
            low = max(start - at, 0)
            high = min(end - at, len(text))
            found.append(part if high - low == len(text) else Part(text[low:high], part[1], part[2] + low))
        elif at >= end:
            break
        at = stop
    return found


def concat(pieces: Iterable[str], site: Origin) -> str:
    """The pieces one after another: a rope as soon as one of them is, plain pieces then belong to `site`."""
    return join("", pieces, site)


def join(separator: str, pieces: Iterable[str], site: Origin) -> str:
    """The pieces with `separator` between them; separators and plain pieces belong to `site`."""
    items = list(pieces)
    result = separator.join(items)
    if type(separator) is Rope or any([type(item) is Rope for item in items]):  # noqa: C419 - short lists
        return deferred(result, _joined_parts, separator, items, site)
    return result


def _joined_parts(separator: str, items: list[str], site: Origin) -> list[Part]:
    parts: list[Part] = []
    for index, item in enumerate(items):
        if index and separator:
            parts += parts_of(separator, site)
        parts += parts_of(item, site)
    return parts


def indent(text: str, padding: str, site: Origin, first: str = "") -> str:
    """`padding` at the start and after every line feed, as `indent` does; `first` comes before it all.

    What is added belongs to `site`; `first` is a line feed for `nindent`.
    """
    result = first + padding + text.replace("\n", "\n" + padding)
    if type(text) is Rope:
        return deferred(result, _indented_parts, text, padding, site, first)
    return result


def _indented_parts(text: Rope, padding: str, site: Origin, first: str) -> list[Part]:
    parts = [Part(first + padding, site)] if first or padding else []
    if not padding:
        return parts + text.parts
    pad = Part(padding, site)
    for part in text.parts:
        piece, origin, shift = part
        at = 0
        end = piece.find("\n") + 1
        if not end:
            parts.append(part)
            continue
        while end:
            parts.append(make_part((piece[at:end], origin, shift + at)))
            parts.append(pad)
            at = end
            end = piece.find("\n", at) + 1
        if at < len(piece):
            parts.append(make_part((piece[at:], origin, shift + at)))
    return parts


def slice_of(text: str, start: int, end: int) -> str:
    """The characters [start, end), both within the text."""
    if type(text) is not Rope:
        return text[start:end]
    if start == 0 and end == len(text):
        return text
    return deferred(text[start:end], _sliced_parts, text, start, end)


def _sliced_parts(text: Rope, start: int, end: int) -> list[Part]:
    return cut(text.parts, start, end)


def trim(text: str, chars: str, left: bool = True, right: bool = True) -> str:
    """The text without the characters of `chars` at its ends."""
    start = len(text) - len(text.lstrip(chars)) if left and chars else 0
    if start == len(text):
        return slice_of(text, 0, 0)
    return slice_of(text, start, len(text.rstrip(chars)) if right and chars else len(text))


def trim_prefix(text: str, prefix: str) -> str:
    """The text without `prefix`, once."""
    return slice_of(text, len(prefix), len(text)) if text.startswith(prefix) else text


def trim_suffix(text: str, suffix: str) -> str:
    """The text without `suffix`, once."""
    return slice_of(text, 0, len(text) - len(suffix)) if text.endswith(suffix) else text


def replace(text: str, old: str, new: str, site: Origin) -> str:
    """Every `old` replaced by `new`; the replacements belong to `site` unless `new` has parts of its own."""
    if type(text) is Rope and old in text:
        return deferred(text.replace(old, new), _replaced_parts, text, old, new, site)
    return text if type(text) is Rope else text.replace(old, new)


def _replaced_parts(text: Rope, old: str, new: str, site: Origin) -> list[Part]:
    parts: list[Part] = []
    between = parts_of(new, site)
    at = 0
    if not old:  # Go and Python agree: between all characters and at both ends
        for index in range(len(text)):
            parts += between + cut(text.parts, index, index + 1)
        return parts + between
    rest = _Reader(text.parts)
    while (stop := text.find(old, at)) >= 0:
        parts += rest.take(at, stop)
        parts += between
        at = stop + len(old)
    return parts + rest.take(at, len(text))


class _Reader:
    """Cuts ascending stretches out of a list of parts without starting over for each."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = parts
        self.index = 0
        self.at = 0  # offset of the part at `index`

    def take(self, start: int, end: int) -> list[Part]:
        """The parts of [start, end)."""
        parts = self.parts
        while self.index < len(parts) and self.at + len(parts[self.index][0]) <= start:
            self.at += len(parts[self.index][0])
            self.index += 1
        return cut(islice(parts, self.index, None), start - self.at, end - self.at)


def quote(text: str, quoted: str, change: Callable[[str], str], marks: str, site: Origin) -> str:
    """`quoted`, which is `change` of every character of `text` between two marks of one character.

    What a character becomes keeps its place, the marks around belong to `site`. `marks` are the
    printable characters that are changed: parts without them are not looked through.
    """
    return (
        deferred(quoted, _quoted_parts, text, quoted, change, marks, site) if type(text) is Rope else quoted
    )


def _quoted_parts(
    text: Rope, quoted: str, change: Callable[[str], str], marks: str, site: Origin
) -> list[Part]:
    parts = [Part(quoted[0], site)]
    for part in text.parts:
        piece = part[0]
        if piece.isprintable() and not any(mark in piece for mark in marks):
            parts.append(part)
        else:
            _quote_part(part, change, parts)
    parts.append(Part(quoted[-1], site))
    return parts


def _quote_part(part: Part, change: Callable[[str], str], parts: list[Part]) -> None:
    piece, origin, shift = part
    start = 0
    for at, char in enumerate(piece):
        changed = change(char)
        if changed != char:
            if start < at:
                parts.append(Part(piece[start:at], origin, shift + start))
            parts.append(Part(changed, origin, shift + at))
            start = at + 1
    if start < len(piece):
        parts.append(Part(piece[start:], origin, shift + start))


def enclose(text: str, before: str, after: str, site: Origin) -> str:
    """The text between two marks that belong to `site`, as `squote` writes it."""
    return concat([before, text, after], site)


def slices(text: Rope, ranges: list[tuple[int, int]]) -> list[Rope]:
    """The ropes of ascending stretches, whose parts are made together when those of one are asked for."""
    shared = _Slices(text, ranges)
    plain = str(text)
    return [deferred(plain[start:end], shared.parts, at) for at, (start, end) in enumerate(ranges)]


class _Slices:
    """The parts of several stretches of one rope, made in one pass."""

    def __init__(self, text: Rope, ranges: list[tuple[int, int]]) -> None:
        self.text = text
        self.ranges = ranges
        self.made: list[list[Part]] = []

    def parts(self, at: int) -> list[Part]:
        if not self.made:
            reader = _Reader(self.text.parts)
            self.made = [reader.take(start, end) for start, end in self.ranges]
        return self.made[at]


def reads_of(text: Rope) -> list[Read]:
    """What was read to make the text, without repetition: what a plain function's result inherits."""
    found: dict[tuple[int, object], Read] = {}
    for part in text.parts:
        for read in part[1].reads:
            found.setdefault((id(read.container), read.key), read)
    return list(found.values())


def flags_of(text: Rope) -> str:
    """The first flag of the parts: "" if all of the text is real."""
    return next((part[1].flags for part in text.parts if part[1].flags), "")
