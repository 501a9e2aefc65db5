"""Keyorder: the order in which Go's YAML libraries write the keys of a map (sorter.go).

Digit runs count as numbers, other characters come before letters. yaml.v3 differs from yaml.v2 in one
point: right after a digit a letter comes before other characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key

# With ASCII keys and no two digits in a row, comparing texts is right once digits and then letters come last.
_EASY = re.compile(r"(?:[^0-9]|[0-9](?![0-9]))*", re.ASCII)
_LETTERS_LAST = {
    code: code + (200 if chr(code).isalpha() else 100) for code in range(128) if chr(code).isalnum()
}
_LIMIT = 10_000


def sorted_keys(keys: Iterable[str], letter_after_digit_first: bool = False) -> tuple[str, ...]:
    """The keys in the order of yaml.v2, or of yaml.v3 if `letter_after_digit_first`."""
    given = tuple(keys)
    if len(given) < 2:
        return given
    memo = _V3 if letter_after_digit_first else _V2
    known = memo.get(given)
    if known is None:
        if len(memo) > _LIMIT:
            memo.clear()
        known = memo[given] = _sort(given, letter_after_digit_first)
    return known


_V2: dict[tuple[str, ...], tuple[str, ...]] = {}
_V3: dict[tuple[str, ...], tuple[str, ...]] = {}


def _sort(keys: tuple[str, ...], v3: bool) -> tuple[str, ...]:
    every = "\n".join(keys)
    easy = every.isascii() and (not any(map(str.isdigit, every)) if v3 else _EASY.fullmatch(every))
    if easy:
        return tuple(sorted(keys, key=lambda key: key.translate(_LETTERS_LAST)))

    def compare(first: str, second: str) -> int:
        return -1 if _less(first, second, v3) else 1 if _less(second, first, v3) else 0

    return tuple(sorted(keys, key=cmp_to_key(compare)))


def _less(first: str, second: str, v3: bool) -> bool:
    digits = False
    for at, (one, other) in enumerate(zip(first, second, strict=False)):
        if one == other:
            digits = one.isdecimal()
            continue
        letters = one.isalpha(), other.isalpha()
        if all(letters):
            return one < other
        if any(letters):
            return letters[0] if v3 and digits else letters[1]
        return _less_digits(first, second, at)
    return len(first) < len(second)


def _less_digits(first: str, second: str, at: int) -> bool:
    """Compare from the first difference on; none of the two characters there is a letter."""
    start = 0
    if "0" in (first[at], second[at]):
        before = at - 1
        while before >= 0 and first[before].isdecimal():
            if first[before] != "0":
                start = 1
                break
            before -= 1
    one, one_end = _digit_run(first, at, start)
    other, other_end = _digit_run(second, at, start)
    if one != other:
        return one < other
    return one_end < other_end if one_end != other_end else first[at] < second[at]


def _digit_run(text: str, at: int, value: int) -> tuple[int, int]:
    """The number that starts at an offset, in int64 arithmetic, and where it ends."""
    while at < len(text) and text[at].isdecimal():
        value = value * 10 + ord(text[at]) - ord("0")
        at += 1
    return (value + 2**63) % 2**64 - 2**63, at
