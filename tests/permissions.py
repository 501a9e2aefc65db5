"""Permissions: file modes that count even where the tests run as root.

Root reads every file by two capabilities. A test that needs an unreadable file gives them up for itself.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

VERSION_3 = 0x20080522  # linux/capability.h
CAPABILITIES = (1, 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
READS_EVERYTHING = sum(1 << capability for capability in CAPABILITIES)
DROP_FROM_BOUNDING_SET = 24  # linux/prctl.h


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("effective", "permitted", "inheritable")]


@contextmanager
def modes_count() -> Iterator[None]:
    """File modes hold for this thread, whoever it runs as; skips where that cannot be had."""
    if os.geteuid() != 0:
        yield
        return
    if not sys.platform.startswith("linux"):
        pytest.skip("root may read everything")
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = _Header(VERSION_3, 0), (_Sets * 2)()
    if libc.capget(ctypes.byref(header), ctypes.byref(sets)) != 0:
        pytest.skip("no capabilities to give up")
    before = sets[0].effective
    sets[0].effective = before & ~READS_EVERYTHING
    assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0
    try:
        yield
    finally:
        sets[0].effective = before
        assert libc.capset(ctypes.byref(header), ctypes.byref(sets)) == 0


def make_modes_count() -> None:
    """The same for good, for the program that is executed next: a `preexec_fn`."""
    if os.geteuid() == 0 and sys.platform.startswith("linux"):
        libc = ctypes.CDLL(None)
        for capability in CAPABILITIES:
            libc.prctl(DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
