"""A long day with handlers that fail and hang: no message is lost, and memory stays flat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from tests.browser.cells import phone
from tests.browser.lab import Notebook
from tests.browser.test_day import KERNEL_MEMORY, MEMORY
from tests.slow import count

Open = Callable[..., Notebook]

CALLS: Final = count("CRMWIDGET_SOAK", 200, 5_000)
WARM: Final = CALLS // 10
"""Calls after which memory is to be flat."""
RATE: Final = 40
FLAT: Final = 40_000_000
"""Bytes by which a page may grow after that, whatever the number of calls."""
KEPT: Final = 60_000_000
"""Bytes by which a kernel may: the newest 10,000 messages and logs, which it keeps, are 42 MB."""
TRIM: Final = """
import ctypes, ctypes.util, gc
gc.collect()
getattr(ctypes.CDLL(ctypes.util.find_library("c")), "malloc_trim", bool)(0)
"""
"""Gives free memory back to the system: C's allocator holds some for each of many threads."""
HANDLERS: Final = """
import asyncio, threading
from collections import Counter

hung = threading.Event()
popped, told, saved = Counter(), Counter(), Counter()

def number(caller):
    return int(caller[-4:])

@phone.on_screen_pop(timeout=0.2)
def pop(pop):
    n = number(pop.caller)
    popped[n] += 1
    if n % 50 == 7:
        hung.wait()
    if n % 10 == 3:
        raise RuntimeError(f"the CRM is down for {pop.caller}")
    return phone.find(pop.ani_values)

@phone.on_save_log(timeout=0.2)
async def save(log):
    n = number(log.caller)
    told[n] += 1
    if n % 50 == 9:
        await asyncio.sleep(3_600)
    if n % 10 == 1:
        raise OSError("the disk is full")
    saved[n] += 1
    return f"call-{n}"
"""
BETTER: Final = """
@phone.on_save_log
async def save(log):
    saved[number(log.caller)] += 1
    return "later"

hung.set()
again = phone.journal.retry()
"""


def day(first: int, calls: int) -> str:
    numbers = f"[f'+120255{{10_000 + n:05d}}' for n in range({first}, {first + calls})]"
    return f"report = await phone.simulator.run_day({numbers}, rate={RATE})"


@pytest.mark.weight(20)
def test_handlers_that_fail_and_hang_lose_nothing_and_leave_nothing_behind(
    notebook: Open,
) -> None:
    opened = notebook(
        phone(None),
        HANDLERS,
        day(0, WARM),
        day(WARM, CALLS - WARM),
        BETTER,
        TRIM,
    )
    for cell in (0, 1):
        opened.run(cell)
    opened.until_configured()
    opened.run(2)
    opened.run(5)
    before = opened.page.evaluate(MEMORY), opened.value(KERNEL_MEMORY)
    opened.run(3)
    opened.run(5)
    after = opened.page.evaluate(MEMORY), opened.value(KERNEL_MEMORY)

    everybody = list(range(CALLS))
    hanging = [n for n in everybody if n % 50 == 9]
    unsaved = sorted({*hanging, *(n for n in everybody if n % 10 == 1)})
    opened.until(lambda: opened.value("len(phone.journal)") == len(unsaved), "what was not saved")
    assert opened.value("sorted(popped.elements())") == everybody
    assert opened.value("sorted(told.elements())") == everybody
    assert opened.value("sorted(saved.elements())") == [n for n in everybody if n not in unsaved]
    received = "[e for e in phone.traffic if e.direction == 'received']"
    assert opened.value(f"all(e.error or e.milliseconds is not None for e in {received})")
    assert opened.value(
        "{type(e.error).__name__ for e in phone.errors} >= {'RuntimeError', "
        "'OSError', 'HandlerTimeoutError'}"
    )
    grown = [now - then for now, then in zip(after, before, strict=True)]
    assert grown[0] < FLAT, grown
    assert grown[1] < KEPT, grown

    opened.run(4)
    opened.until(lambda: opened.value("len(phone.journal)") == 0, "the retry")
    assert opened.value("again") == len(unsaved)
    assert opened.value("sorted(saved.elements())") == everybody
