"""Clocks: the one by which a message is too late, wherever it has waited."""

from __future__ import annotations

import sys
import time


def steady() -> float:
    """Seconds on a clock that goes on while the machine sleeps, and that nobody sets.

    `time.monotonic` stands still in a laptop that is closed, on Linux and macOS: what was to be
    shown before would be new when it is opened.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
