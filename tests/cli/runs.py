"""Whole runs of the command line, in a process of their own as users have it, or in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.architecture.graph import ROOT

BROKEN = ROOT / "examples" / "review-rating-chart-broken"
HEALTHY = ROOT / "examples" / "review-rating-chart"
GITHUB = ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "NO_COLOR", "FORCE_COLOR", "COLUMNS")


class Run(NamedTuple):
    """What a run gave."""

    code: int
    out: str
    err: str


def meshlint(*arguments: str, cwd: Path, text: str | bytes = "", **environment: str) -> Run:
    """`python -m meshlint ARGUMENTS` in `cwd` with `text` on stdin."""
    env = {name: value for name, value in os.environ.items() if name not in GITHUB}
    env |= {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment}
    data = text if isinstance(text, bytes) else text.encode()
    done = subprocess.run(
        [sys.executable, "-m", "meshlint", *arguments],
        cwd=cwd,
        input=data,
        capture_output=True,
        env=env,
        timeout=60,
        check=False,
    )
    return Run(done.returncode, done.stdout.decode(), done.stderr.decode())
