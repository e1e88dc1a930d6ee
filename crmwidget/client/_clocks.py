"""Clocks: the one by which a message is too late, wherever it has waited."""

from __future__ import annotations

import sys
import time


def steady() -> float:
    """Seconds on a clock that keeps running while the machine sleeps, and cannot be set.

    `time.monotonic` stops while a laptop is closed, on Linux and macOS: an expired message would
    still count as fresh when it is opened.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
