"""Room: report. GitHub's primaryLocationLineHash: what code scanning tells alerts apart by when lines move.

A rolling 64-bit hash, base 37, over the 100 characters from each line's first one on. Spaces and
tabs do not count, CR and CRLF are LF, the text's end is marked by 65535 and then zeros. Characters are
UTF-16 code units. Written as lowercase hex, a colon and how often that hash came before, plus one.
Source of the rules: github/codeql-action, src/fingerprints.ts.
"""

from __future__ import annotations

from meshlint.report.style import whole

WINDOW = 100
BASE = 37
MASK = (1 << 64) - 1
END = 65535


def line_hashes(text: str) -> list[str]:
    """The hash of each line, the first line's at index 0."""
    units, starts = _units(text)
    return _counted(_window_hashes(units, starts))


def _units(text: str) -> tuple[list[int], list[int]]:
    """The code units that count, end mark included, and the index of each line's first one."""
    joined = whole(text).replace("\r\n", "\n").replace("\r", "\n")
    data = joined.translate({9: None, 32: None}).encode("utf-16-le")
    units = [*memoryview(data).cast("H"), END]
    starts = [0, *(index + 1 for index, unit in enumerate(units) if unit == 10)]
    return units, starts


def _window_hashes(units: list[int], starts: list[int]) -> list[int]:
    """The hash of the window that begins at each start."""
    prefix = [0]
    value = 0
    for unit in units:
        value = (value * BASE + unit) & MASK
        prefix.append(value)
    gone = pow(BASE, WINDOW, 1 << 64)
    hashes = []
    for start in starts:
        stop = min(start + WINDOW, len(units))
        missing = pow(BASE, start + WINDOW - stop, 1 << 64)
        hashes.append((prefix[stop] * missing - prefix[start] * gone) & MASK)
    return hashes


def _counted(hashes: list[int]) -> list[str]:
    seen: dict[int, int] = {}
    named = []
    for value in hashes:
        seen[value] = seen.get(value, 0) + 1
        named.append(f"{value:x}:{seen[value]}")
    return named
