"""The reference cases beside the checkout: found in place, never copied; tests skip by name without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def shared(path: str = "") -> Path:
    """The path below the shared reference folder; skips the test if it is not there."""
    folder = Path(os.environ.get("MESHLINT_SHARED") or ROOT.parent / "shared")
    found = folder / path
    if not found.exists():
        pytest.skip(f"no reference case {path or folder.name} beside this checkout")
    return found
