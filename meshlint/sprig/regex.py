"""Sprig's regex functions over RE2: find, replace, split with the loops of Go's package regexp.

In: patterns, subjects, replacements; out: texts and lists of texts. What a replacement adds belongs to
the call site, what it leaves keeps its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from meshlint.gotemplate import work
from meshlint.gotemplate.function import Function
from meshlint.gotemplate.govalue import GoError, NilStringList, StringList
from meshlint.gotemplate.quoting import can_backquote, quote
from meshlint.re2.pattern import LimitError, Pattern, RegexError, compile_go
from meshlint.text import rope
from meshlint.text.origin import Origin

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_Compile = Callable[[str], Pattern]


def must_compile(pattern: str) -> Pattern:
    """regexp.MustCompile: a malformed pattern panics. Raises GoError."""
    try:
        return compile_go(str(pattern))
    except RegexError as fault:
        shown = f"`{pattern}`" if can_backquote(pattern) else quote(pattern)
        raise GoError(f"regexp: Compile({shown}): {fault}") from None


def compile_or_fail(pattern: str) -> Pattern:
    """regexp.Compile, as the functions named must* use it. Raises GoError."""
    try:
        return compile_go(str(pattern))
    except RegexError as fault:
        raise GoError(str(fault)) from None


def _search(pattern: Pattern, subject: str, start: int) -> list[int] | None:
    try:
        return pattern.search(subject, start)
    except LimitError as fault:
        raise GoError(str(fault)) from None


def regex_match(pattern: str, subject: str) -> bool:
    """True if the pattern is found; False for a malformed one too."""
    try:
        return compile_go(str(pattern)).matches(str(subject))
    except LimitError as fault:
        raise GoError(str(fault)) from None
    except RegexError:
        return False


def must_regex_match(pattern: str, subject: str) -> bool:
    """True if the pattern is found. Raises GoError for a malformed one."""
    return _search(compile_or_fail(pattern), str(subject), 0) is not None


def _find(pattern: Pattern, subject: str) -> str:
    match = _search(pattern, subject, 0)
    return "" if match is None else subject[match[0] : match[1]]


def _spans(pattern: Pattern, subject: str, limit: int) -> list[tuple[int, int]]:
    """Up to `limit` matches (all if negative); none that is empty right behind another one."""
    found: list[tuple[int, int]] = []
    at, last = 0, -1
    while at <= len(subject) and len(found) != limit:
        match = _search(pattern, subject, at)
        if match is None:
            break
        start, end = match[0], match[1]
        if end != at or start != last:
            found.append((start, end))
        at = end + 1 if end == at else end
        last = end
    return found


def _find_all(pattern: Pattern, subject: str, limit: int) -> StringList:
    spans = _spans(pattern, subject, limit)
    if not spans:
        return NilStringList()
    return StringList([subject[start:end] for start, end in spans])


def _split(pattern: Pattern, subject: str, limit: int) -> StringList:
    if limit == 0:
        return NilStringList()
    if pattern.text and not subject:
        return StringList([""])
    pieces = StringList()
    begin = end = 0
    for start, stop in _spans(pattern, subject, limit):
        if limit > 0 and len(pieces) == limit - 1:
            break
        end = start
        if stop:
            pieces.append(subject[begin:end])
        begin = stop
    if end != len(subject):
        pieces.append(subject[begin:])
    return pieces


def _replaced(pattern: Pattern, subject: str, site: Origin, make: Callable[[list[int]], str]) -> str:
    """regexp.ReplaceAll: what `make` says in place of each match."""
    pieces: list[str] = []
    kept = at = size = 0
    while at <= len(subject):
        match = _search(pattern, subject, at)
        if match is None:
            break
        start, end = match[0], match[1]
        size += len(pieces[-1]) if pieces else 0
        work.text(size)
        pieces.append(rope.slice_of(subject, kept, start))
        if end > kept or start == 0:  # not an empty match right behind another one
            pieces.append(make(match))
        kept = end
        at = max(end, at + 1)
    if not pieces:
        return subject
    return rope.concat([*pieces, rope.slice_of(subject, kept, len(subject))], site)


def expand(template: str, pattern: Pattern, subject: str, match: list[int]) -> str:
    """regexp.Expand: `$1`, `${name}`, `$$` in a replacement."""
    out = ""
    rest = template
    while rest:
        before, dollar, rest = rest.partition("$")
        out += before
        if not dollar:
            break
        if rest.startswith("$"):
            out += "$"
            rest = rest[1:]
            continue
        name, following = _variable(rest)
        if not name:
            out += "$"
            continue
        rest = following
        out += _group(name, pattern, subject, match)
    return out


def _variable(text: str) -> tuple[str, str]:
    """The name behind a dollar sign and what follows; no name if it is malformed."""
    brace = text.startswith("{")
    start = end = 1 if brace else 0
    while end < len(text) and (text[end] == "_" or text[end].isalpha() or text[end].isdecimal()):
        end += 1
    if end == start or (brace and text[end : end + 1] != "}"):
        return "", text
    return text[start:end], text[end + brace :]


def _group(name: str, pattern: Pattern, subject: str, match: list[int]) -> str:
    """The text of a group by number or name, "" if it took no part."""
    if name.isascii() and name.isdigit() and (name == "0" or name[0] != "0") and len(name) < 10:
        numbers = [int(name)] if 2 * int(name) + 1 < len(match) else []
    else:
        numbers = [number for number, known in enumerate(pattern.names) if known == name]
    number = next((number for number in numbers if match[2 * number] >= 0), None)
    return "" if number is None else subject[match[2 * number] : match[2 * number + 1]]


def _finding(compiled: _Compile) -> Callable[[str, str], str]:
    return lambda pattern, subject: _find(compiled(pattern), str(subject))


def _listing(
    compiled: _Compile, work: Callable[[Pattern, str, int], StringList]
) -> Callable[[str, str, int], StringList]:
    return lambda pattern, subject, limit: work(compiled(pattern), str(subject), limit)


def _replacing(compiled: _Compile) -> Callable[[Origin, str, str, str], str]:
    def replace(site: Origin, text: str, subject: str, replacement: str) -> str:
        pattern = compiled(text)
        plain = str(subject)
        return _replaced(
            pattern, subject, site, lambda match: expand(str(replacement), pattern, plain, match)
        )

    return replace


def _replacing_literally(compiled: _Compile) -> Callable[[Origin, str, str, str], str]:
    return lambda site, text, subject, replacement: _replaced(
        compiled(text),
        subject,
        site,
        lambda match: replacement,  # noqa: ARG005 - one signature for both
    )


def quote_meta(text: str) -> str:
    """regexp.QuoteMeta: a pattern that matches the text itself."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def _family(prefix: str, compiled: _Compile) -> tuple[Function, ...]:
    """The functions that differ only in what a malformed pattern does."""

    def named(name: str, params: tuple[str, ...], call: Callable[..., Any], kind: Any = "plain") -> Function:
        return Function(f"{prefix}{'R' if prefix else 'r'}egex{name}", params, call, kind)

    texts = ("string", "string", "string")
    return (
        named("Find", ("string", "string"), _finding(compiled)),
        named("FindAll", ("string", "string", "int"), _listing(compiled, _find_all)),
        named("Split", ("string", "string", "int"), _listing(compiled, _split)),
        named("ReplaceAll", texts, _replacing(compiled), "span"),
        named("ReplaceAllLiteral", texts, _replacing_literally(compiled), "span"),
    )


FUNCTIONS: tuple[Function, ...] = (
    Function("regexMatch", ("string", "string"), regex_match),
    Function("mustRegexMatch", ("string", "string"), must_regex_match),
    Function("regexQuoteMeta", ("string",), quote_meta),
    *_family("", must_compile),
    *_family("must", compile_or_fail),
)
