"""Stand-ins for what no render can repeat: the clock and the random numbers.

A linter must print the same text twice, so the clock stands still (at SOURCE_DATE_EPOCH if the
environment sets it) and random bytes come from a hash chain that begins anew with each render.
With `begin(real=True)` both are real.
"""

from __future__ import annotations

import os

from meshlint.sprig.moment import Time

EPOCH = 1_735_689_600  # 2025-01-01T00:00:00Z, where the clock stands by default
_SEED = b"meshlint stand-in"


class _State:
    """The state of one render."""

    __slots__ = ("calls", "last", "real")

    def __init__(self) -> None:
        self.calls = 0
        self.last = 0  # nanoseconds of the last real `now`
        self.real = False


_state = _State()


def begin(real: bool = False) -> None:
    """Start a render: the same calls give the same stand-ins again; `real` asks for real time and chance."""
    _state.calls = 0
    _state.real = real


def now() -> Time:
    """The moment it is."""
    if _state.real:
        import time

        # Go's clock never gives the same moment twice: `eq now now` is false
        _state.last = max(time.time_ns(), _state.last + 1)
        seconds, nanoseconds = divmod(_state.last, 1_000_000_000)
        return Time(seconds, nanoseconds)
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    return Time(int(text) if text.isascii() and text.isdigit() else EPOCH)


def random_bytes(count: int) -> bytes:
    """That many bytes, different in each call of a render and the same in each render."""
    if _state.real:
        return os.urandom(count)
    from hashlib import shake_128

    _state.calls += 1
    return shake_128(_SEED + _state.calls.to_bytes(8, "big")).digest(count)


def random_below(bound: int) -> int:
    """A number from 0 to bound - 1."""
    return int.from_bytes(random_bytes(16), "big") % bound


def random_text(count: int, alphabet: str) -> str:
    """A text of that many characters of the alphabet."""
    return "".join([alphabet[byte % len(alphabet)] for byte in random_bytes(count)])
