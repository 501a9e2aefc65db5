"""Wall time and peak memory of child processes, and the bare interpreter they are compared with."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
BARE = [sys.executable, "-c", "pass"]


class Measured(NamedTuple):
    """Median milliseconds, the ratio to the bare interpreter, and the peak memory in MB."""

    name: str
    milliseconds: float
    ratio: float
    megabytes: float


def once(command: list[str]) -> tuple[float, float]:
    """(seconds, peak megabytes) of one run; the exit code does not matter."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    _, _, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = 0
    return seconds, usage.ru_maxrss / 1024


def compare(commands: dict[str, list[str]], rounds: int = 15) -> list[Measured]:
    """Each command measured `rounds` times, interleaved with the bare interpreter."""
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in ("bare python", *commands)}
    for turn in range(rounds + 1):
        for name, command in (("bare python", BARE), *commands.items()):
            row = once(command)
            if turn:  # the first round warms the caches and writes the .pyc files
                rows[name].append(row)
    bare = median(seconds for seconds, _ in rows["bare python"])
    return [_measured(name, values, bare) for name, values in rows.items()]


def _measured(name: str, values: list[tuple[float, float]], bare: float) -> Measured:
    middle = median(seconds for seconds, _ in values)
    return Measured(name, middle * 1000, middle / bare, max(size for _, size in values))


def ratio(rows: list[Measured], name: str, other: str) -> float:
    """How many times as long the first case took."""
    times = {row.name: row.milliseconds for row in rows}
    return times[name] / times[other]


def in_process(work: Callable[[], object], rounds: int = 9) -> float:
    """The median seconds of a call, the first one left out."""
    work()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def table(rows: list[Measured]) -> str:
    """The rows as text."""
    lines = [f"{'case':44} {'ms':>8} {'ratio':>7} {'MB':>6}"]
    lines += [f"{row.name:44} {row.milliseconds:8.1f} {row.ratio:6.1f}x {row.megabytes:6.1f}" for row in rows]
    return "\n".join(lines)
