"""What every conformance suite gives: cases with a verdict. A suite is a module with `run(root, compat)`."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
NOT_SUITES = {"__init__", "__main__", "suite"}


class Case(NamedTuple):
    """One case: `difference` is "" if it passed, else the first difference in words.

    explained  the case differs for a reason stated in the suite; it counts as failed, not as a fault
    """

    name: str
    category: str
    difference: str
    explained: bool = False

    @property
    def passed(self) -> bool:
        return not self.difference


Run = Callable[[Path, str], list[Case]]


def default_root() -> Path:
    """The shared conformance data beside the repository, or in MESHLINT_SHARED."""
    shared = os.environ.get("MESHLINT_SHARED")
    return (Path(shared) if shared else REPOSITORY.parent / "shared") / "conformance"


def suites() -> dict[str, str]:
    """Suite name -> module name: every module of this package but the plumbing."""
    stems = sorted(path.stem for path in HERE.glob("*.py"))
    return {
        stem.replace("_", "-"): f"tests.conformance.{stem}"
        for stem in stems
        if stem not in NOT_SUITES and not stem.startswith("test_")
    }


def load(name: str) -> Run:
    """The `run` of a suite by name; KeyError if there is none."""
    run: Run = importlib.import_module(suites()[name]).run
    return run


def first_difference(expected: str, got: str) -> str:
    """Where two texts part, with what stands there; "" if they are equal."""
    if expected == got:
        return ""
    length = min(len(expected), len(got))
    at = next((n for n in range(length) if expected[n] != got[n]), length)
    line = expected.count("\n", 0, at) + 1
    start = max(0, at - 60)
    wanted, found = expected[start : at + 80], got[start : at + 80]
    return f"line {line}, character {at}:\n  expected {wanted!r}\n  got      {found!r}"
