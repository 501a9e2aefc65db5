"""Spelling: the known name that somebody meant."""

from __future__ import annotations

from collections.abc import Iterable

_ALIKE = 0.75


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that is nearest whatever its case, "" if none is near."""
    from difflib import get_close_matches

    lower = {each.lower(): each for each in known}
    found = get_close_matches(name.lower(), sorted(lower), n=1, cutoff=_ALIKE)
    return lower[found[0]] if found else ""
