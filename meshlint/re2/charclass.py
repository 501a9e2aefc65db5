"""Sets of characters as Go's regexp/syntax builds them: ranges, case folding, named classes.

In and out: ascending, disjoint, inclusive ranges of code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from meshlint.re2.scripts import Ranges, script_ranges

MAX_RUNE = 0x10FFFF
ANY: Ranges = ((0, MAX_RUNE),)
NOT_NEWLINE: Ranges = ((0, 9), (11, MAX_RUNE))
_MAX_FOLD = 0x1E943  # the last code point that has another case

_WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
PERL: dict[str, Ranges] = {"d": ((48, 57),), "s": ((9, 10), (12, 13), (32, 32)), "w": _WORD}
POSIX: dict[str, Ranges] = {
    "alnum": ((48, 57), (65, 90), (97, 122)),
    "alpha": ((65, 90), (97, 122)),
    "ascii": ((0, 127),),
    "blank": ((9, 9), (32, 32)),
    "cntrl": ((0, 31), (127, 127)),
    "digit": ((48, 57),),
    "graph": ((33, 126),),
    "lower": ((97, 122),),
    "print": ((32, 126),),
    "punct": ((33, 47), (58, 64), (91, 96), (123, 126)),
    "space": ((9, 13), (32, 32)),
    "upper": ((65, 90),),
    "word": _WORD,
    "xdigit": ((48, 57), (65, 70), (97, 102)),
}
_CATEGORIES = frozenset(
    (
        *("L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No"),
        *("P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So"),
        *("Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cs", "Co", "Cn"),
    )
)
# A category and other names of it, without underscores and in the case Go compares them in.
_OTHER_NAMES = """
LC Lc Casedletter
L Letter
Ll Lowercaseletter
Lu Uppercaseletter
Lt Titlecaseletter
Lm Modifierletter
Lo Otherletter
M Mark Combiningmark
Mn Nonspacingmark
Mc Spacingmark
Me Enclosingmark
N Number
Nd Decimalnumber Digit
Nl Letternumber
No Othernumber
P Punctuation Punct
Pc Connectorpunctuation
Pd Dashpunctuation
Ps Openpunctuation
Pe Closepunctuation
Pi Initialpunctuation
Pf Finalpunctuation
Po Otherpunctuation
S Symbol
Sm Mathsymbol
Sc Currencysymbol
Sk Modifiersymbol
So Othersymbol
Z Separator
Zs Spaceseparator
Zl Lineseparator
Zp Paragraphseparator
C Other
Cc Control Cntrl
Cf Format
Cs Surrogate
Co Privateuse
Cn Unassigned
"""
_ALIASES = {alias: line.split()[0] for line in _OTHER_NAMES.split("\n") for alias in line.split()[1:]}


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The union of ranges in any order."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if found and low <= found[-1][1] + 1:
            if high > found[-1][1]:
                found[-1] = (found[-1][0], high)
        else:
            found.append((low, high))
    return tuple(found)


def negated(ranges: Ranges) -> Ranges:
    """Every code point outside of the ranges."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= MAX_RUNE:
        found.append((start, MAX_RUNE))
    return tuple(found)


def folded(ranges: Ranges) -> Ranges:
    """The ranges and whatever differs from them in case only."""
    return merged((*ranges, *((code, code) for low, high in ranges for code in _other_cases(low, high))))


def _other_cases(low: int, high: int) -> Iterator[int]:
    if high < 128:
        for code in range(max(low, 65), high + 1):
            if chr(code).isalpha():
                yield code ^ 32
            if code in (75, 107):  # K: the Kelvin sign
                yield 0x212A
            elif code in (83, 115):  # S: the long s
                yield 0x017F
        return
    cases = _cases()
    if high - low < len(cases):
        for code in range(low, min(high, _MAX_FOLD) + 1):
            yield from cases.get(code, ())
    else:
        for code, others in cases.items():
            if low <= code <= high:
                yield from others


@lru_cache(maxsize=1)
def _cases() -> dict[int, list[int]]:
    """Code point -> the others of its orbit under Unicode's simple case folding."""
    orbits: dict[str, list[int]] = {}
    for code in range(65, _MAX_FOLD + 1):
        orbits.setdefault(_simple_fold(chr(code)), []).append(code)
    shared = [orbit for orbit in orbits.values() if len(orbit) > 1]
    return {code: [other for other in orbit if other != code] for orbit in shared for code in orbit}


def _simple_fold(char: str) -> str:
    fold = char.casefold()
    if len(fold) > 1:
        fold = char.lower()
    return fold if len(fold) == 1 else char


def unicode_class(name: str) -> Ranges | None:
    r"""The class `\p{name}`: a category, a script, Any, ASCII or Assigned; None for an unknown name."""
    key = "".join([char for char in name if char not in "_- "])
    key = key[:1].upper() + key[1:].lower() if key.isascii() else name
    if key in ("Any", "Ascii"):
        return ANY if key == "Any" else ((0, 127),)
    if key == "Assigned":
        return negated(_category("Cn"))
    return _category(key) if key in _CATEGORIES else script_ranges(key) or _alias(key)


def _alias(key: str) -> Ranges | None:
    actual = _ALIASES.get(key)
    return None if actual is None else _category(actual)


@lru_cache(maxsize=64)
def _category(name: str) -> Ranges:
    wanted = ("Lu", "Ll", "Lt") if name == "LC" else (name,)
    runs = _runs()
    return merged((low, high) for category, low, high in runs if category.startswith(wanted))


@lru_cache(maxsize=1)
def _runs() -> list[tuple[str, int, int]]:
    """All runs of code points of one general category."""
    from itertools import groupby
    from unicodedata import category

    runs = []
    at = 0
    for name, group in groupby(map(category, map(chr, range(MAX_RUNE + 1)))):
        start, at = at, at + sum(1 for _ in group)
        runs.append((name, start, at - 1))
    return runs
