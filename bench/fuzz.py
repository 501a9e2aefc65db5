"""`python -m bench.fuzz --count 50000`: mutated charts linted and rendered, each within its bounds.

Every mutant is linted (`meshlint check`) and rendered (`meshlint render`) in a process that has run
thousands before it. A traceback, more than 10 seconds of the processor or more than 512 MB of memory is a
failure:
it is printed with the mutant's number, and `--only NUMBER` runs that one alone.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from bench.mutants import Files, mutant, seeds

SECONDS = 10
MEGABYTES = 512
_KILL_AFTER = 300
_HARD_LIMIT = 2048 << 20
_FRAMES_SHOWN = 8
_FORMATS = ("full", "json")


class Hang(BaseException):
    """A mutant took too long. No Exception, so that nothing catches it."""


def _alarm(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler
    raise Hang


def run_one(chart: Path) -> str:
    """What went wrong, "" if nothing did."""
    from meshlint.helm.loader import load_chart
    from meshlint.helm.problems import RenderError
    from meshlint.helm.render import render_chart
    from meshlint.helm.scenario import Scenario
    from meshlint.lint import lint
    from meshlint.options import LintOptions
    from meshlint.report.formats import FORMATS
    from meshlint.report.view import View

    report = lint(LintOptions(paths=(str(chart),), isolated=True))
    view = View(root=str(chart.parent), directory=str(chart.parent))
    for format_ in FORMATS:
        if format_.name in _FORMATS:
            format_.load()(report, view)
    for error in report.internal_errors:
        return f"internal error: {error}"
    for settled in report.settled:
        if "internal error" in settled.finding.message:
            return settled.finding.message
    loaded = load_chart(str(chart), "4")
    if any(found.fatal for found in loaded.problems):
        return ""
    try:
        render_chart(loaded, Scenario("", release="fuzz"), strict=True).output()
    except RenderError as error:
        return f"render: {error}" if "internal error" in str(error) else ""
    return ""


def attempt(files: Files, folder: Path) -> str:
    """One mutant under watch."""
    chart = folder / "c"
    shutil.rmtree(chart, ignore_errors=True)
    for name, text in files.items():
        path = chart / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        wrong = run_one(chart)
    except Hang:
        frames = traceback.format_exc().splitlines()[-_FRAMES_SHOWN:]
        return f"hang of more than {SECONDS} s\n" + "\n".join(frames)
    except BaseException:
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    seconds = time.process_time() - started
    return wrong or (f"took {seconds:.1f} s" if seconds > SECONDS else "")


def work(first: int, step: int, count: int, progress: Path) -> int:
    """Run the mutants first, first + step, ...; the number of failures."""
    signal.signal(signal.SIGPROF, _alarm)
    resource.setrlimit(resource.RLIMIT_AS, (_HARD_LIMIT, _HARD_LIMIT))
    failures = 0
    peak = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        charts = seeds(folder)
        for number in range(first, first + count * step, step):
            progress.write_text(str(number))
            faulthandler.dump_traceback_later(_KILL_AFTER, exit=True)
            wrong = attempt(mutant(charts, number), folder)
            faulthandler.cancel_dump_traceback_later()
            now = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            if now > MEGABYTES and now > peak + 1:
                wrong = wrong or f"memory reached {now:.0f} MB"
            peak = max(peak, now)
            if wrong:
                failures += 1
                print(f"mutant {number}: {wrong}", flush=True)
    print(f"peak {peak:.0f} MB", flush=True)
    return failures


def main() -> int:
    """The exit code: 0 without a failure."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="number of mutants")
    parser.add_argument("--seed", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--jobs", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--only", type=int, help="run this mutant alone and print its files")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only is not None:
        return _only(given.only)
    with tempfile.TemporaryDirectory() as folder:
        if given.worker is not None:
            first = given.seed + given.worker
            share = len(range(given.worker, given.count, given.jobs))
            return min(1, work(first, given.jobs, share, Path(folder) / "progress"))
    started = time.perf_counter()
    workers = [
        subprocess.Popen([sys.executable, "-m", "bench.fuzz", *sys.argv[1:], "--worker", str(number)])
        for number in range(given.jobs)
    ]
    failed = [worker.wait() for worker in workers]
    bad = sum(code != 0 for code in failed)
    print(f"{given.count} mutants from {given.seed} on in {time.perf_counter() - started:.0f} s: ", end="")
    print("no failure" if not bad else f"failures in {bad} of {given.jobs} processes")
    return min(1, bad)


def _only(number: int) -> int:
    signal.signal(signal.SIGPROF, _alarm)
    with tempfile.TemporaryDirectory() as temporary:
        files = mutant(seeds(Path(temporary)), number)
        for name, text in files.items():
            print(f"--- {name}\n{text!r}")
        wrong = attempt(files, Path(temporary))
    print(wrong or "nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
