"""Deep recursion: templates that call each other a thousand times need more stack than Python gives."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
_STACK = 512 << 20  # bytes of address space; only what is touched costs memory
_FRAMES = 200_000


def in_deep_stack(work: Callable[[], Result]) -> Result:
    """Run `work` in a thread with a large stack and wait for it; what it raises is raised here."""
    done: list[Result] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(work())
        except BaseException as error:  # carried over to the thread that waits
            failed.append(error)

    before, frames = threading.stack_size(_STACK), sys.getrecursionlimit()
    sys.setrecursionlimit(max(frames, _FRAMES))
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(frames)
        threading.stack_size(before)
    if failed:
        raise failed[0]
    return done[0]
