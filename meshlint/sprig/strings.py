"""String functions of Sprig: quote, indent, trim, replace, join, split, substr ...

In: Go values; out: Go strings, lists and maps of strings. Positions count bytes of UTF-8. Functions of
kind "span" take the call site first and keep the parts of a Rope.
"""

from __future__ import annotations

from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.gofmt import format_value
from meshlint.gotemplate.gotype import kind_name, sort_key
from meshlint.gotemplate.govalue import GoError, NilStringList, StringList, StringMap
from meshlint.gotemplate.quoting import quote as go_quote
from meshlint.sprig.runes import BROKEN, SPACE, from_bytes, is_broken, to_bytes
from meshlint.text import rope
from meshlint.text.origin import Origin
from meshlint.text.rope import Rope

_LONGEST = 1 << 30  # bytes; Go would run out of memory somewhere above


def strval(value: Any) -> str:
    """The value as text: strings (ropes too) and bytes as they are, everything else as `%v` prints it."""
    if isinstance(value, str):
        return value
    return from_bytes(value) if isinstance(value, bytes) else format_value(value)


def texts_of(value: Any) -> list[str]:
    """The elements of a list as texts, without nil; for other values one text, for nil none."""
    if type(value) in (StringList, NilStringList):
        return value  # type: ignore[no-any-return]
    if isinstance(value, (list, bytes)):
        return [strval(item) for item in value if item is not None]
    if value is None:
        return []
    return [strval(value)]


def quote(site: Origin, *values: Any) -> str:
    """Each value but nil in double quotes with Go's escapes, separated by spaces."""
    if len(values) == 1 and type(values[0]) is str:
        return go_quote(values[0])
    texts = [_quoted(site, strval(value)) for value in values if value is not None]
    return texts[0] if len(texts) == 1 else rope.join(" ", texts, site)


def _quoted(site: Origin, text: str) -> str:
    if not isinstance(text, Rope):
        return go_quote(text)
    return rope.quote(text, go_quote(text), _escaped, '"\\', site)


def _escaped(char: str) -> str:
    return go_quote(char)[1:-1]


def squote(site: Origin, *values: Any) -> str:
    """Each value but nil between single quotes, nothing escaped."""
    return rope.join(
        " ", [rope.enclose(_shown(value), "'", "'", site) for value in values if value is not None], site
    )


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else format_value(value)


def cat(site: Origin, *values: Any) -> str:
    """The values but nil with a space between them."""
    return rope.join(" ", [_shown(value) for value in values if value is not None], site)


def join(site: Origin, separator: str, value: Any) -> str:
    """The elements of a list (nil left out) with the separator between them."""
    texts = texts_of(value)
    work.text(sum(map(len, texts)) + len(texts) * len(separator))
    return rope.join(separator, texts, site)


def to_string(site: Origin, value: Any) -> str:  # noqa: ARG001 - nothing is added
    """The value as text."""
    return strval(value)


def indent(site: Origin, spaces: int, text: str) -> str:
    """Spaces before every line, also before empty ones and after a last line feed."""
    _check_indent(spaces, text)
    return rope.indent(text, _repeated(spaces, " "), site)


def nindent(site: Origin, spaces: int, text: str) -> str:
    """A line feed and the indented text."""
    _check_indent(spaces, text)
    return rope.indent(text, _repeated(spaces, " "), site, "\n")


def _check_indent(spaces: int, text: str) -> None:
    work.text(len(text) + max(0, spaces) * (1 + text.count("\n")))


def repeat(count: int, text: str) -> str:
    """The text `count` times."""
    return _repeated(count, text)


def _repeated(count: int, text: str) -> str:
    if count < 0:
        raise GoError("strings: negative Repeat count")
    if count * len(text) <= _LONGEST:
        work.text(count * len(text))
    else:
        raise GoError("strings: Repeat output length overflow")
    return text * count


def trim(site: Origin, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The text without Unicode white space at its ends."""
    return rope.trim(text, SPACE)


def trim_all(site: Origin, chars: str, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The text without the given characters at its ends; a broken one stands for all broken ones."""
    if not chars.isascii() and any(char in BROKEN for char in chars):
        chars += BROKEN
    return rope.trim(text, chars)


def trim_prefix(site: Origin, prefix: str, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The text without a prefix, once."""
    if _is_torn(prefix):
        return from_bytes(to_bytes(text).removeprefix(to_bytes(prefix)))
    return rope.trim_prefix(text, prefix)


def trim_suffix(site: Origin, suffix: str, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The text without a suffix, once."""
    if _is_torn(suffix):
        return from_bytes(to_bytes(text).removesuffix(to_bytes(suffix)))
    return rope.trim_suffix(text, suffix)


def replace(site: Origin, old: str, new: str, text: str) -> str:
    """Every `old` replaced by `new`."""
    if _is_torn(old):
        return from_bytes(to_bytes(text).replace(to_bytes(old), to_bytes(new)))
    if len(new) > len(old):
        work.text(len(text) + text.count(old) * (len(new) - len(old)))
    return rope.replace(text, old, new, site)


def trunc(site: Origin, count: int, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The first `count` bytes, or the last for a negative count."""
    size = _size(text)
    if count < 0:
        return _bytes_of(text, size + count, size) if size + count > 0 else text
    return _bytes_of(text, 0, count) if size > count else text


def substr(site: Origin, start: int, end: int, text: str) -> str:  # noqa: ARG001 - nothing is added
    """The bytes [start, end); start < 0 means [0, end), end < 0 or past the end means up to the end."""
    size = _size(text)
    if start < 0:
        if end < 0:
            raise GoError(f"runtime error: slice bounds out of range [:{end}]")
        if end > size:
            raise GoError(f"runtime error: slice bounds out of range [:{end}] with length {size}")
        return _bytes_of(text, 0, end)
    if end < 0 or end > size:
        end = size
    if start > end:
        raise GoError(f"runtime error: slice bounds out of range [{start}:{end}]")
    return _bytes_of(text, start, end)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(to_bytes(text))


def _bytes_of(text: str, start: int, end: int) -> str:
    """The bytes [start, end), both within the text; a rope as long as no character is torn."""
    if text.isascii():
        return rope.slice_of(text, start, end)
    data = to_bytes(text)
    found = from_bytes(data[start:end])
    if isinstance(text, Rope):
        first = len(from_bytes(data[:start]))
        if text[first : first + len(found)] == found:
            return rope.slice_of(text, first, first + len(found))
    return found


def nospace(text: str) -> str:
    """The text without white space; if there is any, every byte becomes a character (as in Go)."""
    latin = to_bytes(text).decode("latin-1")
    kept = "".join([char for char in latin if char not in SPACE])
    return text if len(kept) == len(latin) else kept


def contains(part: str, text: str) -> bool:
    """True if `part` occurs in the text."""
    return to_bytes(part) in to_bytes(text) if _is_torn(part) else part in text


def has_prefix(prefix: str, text: str) -> bool:
    """True if the text starts with the prefix."""
    return to_bytes(text).startswith(to_bytes(prefix)) if _is_torn(prefix) else text.startswith(prefix)


def has_suffix(suffix: str, text: str) -> bool:
    """True if the text ends with the suffix."""
    return to_bytes(text).endswith(to_bytes(suffix)) if _is_torn(suffix) else text.endswith(suffix)


def _is_torn(text: str) -> bool:
    """True if the text holds broken UTF-8, which may match inside of a character."""
    return not text.isascii() and any(map(is_broken, text))


def plural(one: str, many: str, count: int) -> str:
    """`one` for exactly one, else `many`."""
    return one if count == 1 else many


def split(separator: str, text: str) -> StringMap:
    """The pieces between separators under the keys _0, _1, ..."""
    return _numbered(_pieces(separator, text, -1))


def splitn(separator: str, count: int, text: str) -> StringMap:
    """At most `count` pieces under the keys _0, _1, ...; the last one holds the rest."""
    return _numbered(_pieces(separator, text, count))


def split_list(separator: str, text: str) -> StringList:
    """The pieces between separators; without a separator the characters."""
    return StringList(_pieces(separator, text, -1))


def _numbered(pieces: list[str]) -> StringMap:
    return StringMap({f"_{index}": piece for index, piece in enumerate(pieces)})


def _pieces(separator: str, text: str, count: int) -> list[str]:
    """strings.SplitN: all pieces for a negative count, none for zero; pieces of a rope are ropes."""
    if count == 0:
        return []
    if not separator:
        pieces = [*text[: count - 1], text[count - 1 :]] if 0 < count < len(text) else list(text)
    elif _is_torn(separator):
        found = to_bytes(text).split(to_bytes(separator), count - 1 if count > 0 else -1)
        return [from_bytes(piece) for piece in found]
    else:
        pieces = text.split(separator, count - 1 if count > 0 else -1)
    return _ropes(text, pieces, len(separator)) if isinstance(text, Rope) else pieces


def _ropes(text: Rope, pieces: list[str], gap: int) -> list[str]:
    """The pieces cut out of a rope, `gap` characters apart."""
    found: list[str] = []
    at = 0
    for piece in pieces:
        found.append(rope.slice_of(text, at, at + len(piece)))
        at += len(piece) + gap
    return found


def to_strings(value: Any) -> StringList:
    """The elements of a list as texts, without nil; a []string is returned as it is."""
    texts = texts_of(value)
    return texts if isinstance(texts, StringList) else StringList(texts)


def sort_alpha(value: Any) -> StringList:
    """The elements of a list as texts in byte order; a []string is sorted in place, as in Go."""
    if kind_name(value) != "slice":
        return StringList([strval(value)])
    texts = to_strings(value)
    texts.sort(key=sort_key)
    return texts


FUNCTIONS: tuple[Function, ...] = (
    Function("quote", ("...any",), quote, "span"),
    Function("squote", ("...any",), squote, "span"),
    Function("cat", ("...any",), cat, "span"),
    Function("join", ("string", "any"), join, "span"),
    Function("toString", ("any",), to_string, "span"),
    Function("indent", ("int", "string"), indent, "span"),
    Function("nindent", ("int", "string"), nindent, "span"),
    Function("repeat", ("int", "string"), repeat),
    Function("trim", ("string",), trim, "span"),
    Function("trimAll", ("string", "string"), trim_all, "span"),
    Function("trimall", ("string", "string"), trim_all, "span"),
    Function("trimPrefix", ("string", "string"), trim_prefix, "span"),
    Function("trimSuffix", ("string", "string"), trim_suffix, "span"),
    Function("replace", ("string", "string", "string"), replace, "span"),
    Function("trunc", ("int", "string"), trunc, "span"),
    Function("substr", ("int", "int", "string"), substr, "span"),
    Function("nospace", ("string",), nospace),
    Function("contains", ("string", "string"), contains),
    Function("hasPrefix", ("string", "string"), has_prefix),
    Function("hasSuffix", ("string", "string"), has_suffix),
    Function("plural", ("string", "string", "int"), plural),
    Function("split", ("string", "string"), split),
    Function("splitn", ("string", "int", "string"), splitn),
    Function("splitList", ("string", "string"), split_list),
    Function("toStrings", ("any",), to_strings),
    Function("sortAlpha", ("any",), sort_alpha),
)
