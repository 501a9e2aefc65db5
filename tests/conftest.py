"""Options and fixtures of all tests: `pytest --update` rewrites the snapshots that changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes is for bench/ to say; a busy machine must not fail a test. What CI refuses must
# fail at a desk too, so CI takes the same examples every time; everywhere else new ones are tried.
settings.register_profile(
    "meshlint",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
)
settings.load_profile("meshlint")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="rewrite snapshot files instead of comparing")


Snapshot = Callable[[Path, str], None]


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Snapshot:
    """compare(path, text): the file holds exactly this text; with --update it is written."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        assert path.is_file(), f"no snapshot {path}; run pytest --update and review it"
        assert text == path.read_bytes().decode()

    return compare
