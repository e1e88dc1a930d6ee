"""A day of calls: many a second, none lost, and the page stays usable.

It has 300 calls, 2,000 in the slow mode, or as many as CRMWIDGET_DAY says; 20 come a second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from playwright.sync_api import expect

from tests.browser.cells import phone
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.browser.lab import Notebook

    Open = Callable[..., Notebook]

CALLS: Final = count("CRMWIDGET_DAY", 300, 2_000)
RATE: Final = 20
KEEPS: Final = """
import pandas as pd
popped, saved = [], []

@phone.on_screen_pop
def pop(pop):
    popped.append(pop.caller)
    return phone.find(pop.ani_values)

@phone.on_save_log
def save(log):
    saved.append((log.interaction_id, log.caller))
    return f"call-{len(saved)}"
"""
DAY: Final = f"""
calls = pd.DataFrame({{"ANI": [f"+1202555{{1000 + i}}" for i in range({CALLS})], "queue": "gold"}})
run = phone.simulator.run_day(calls, rate={RATE})
report = await run
"""
# Whether the simulator has shown how far it is: on a busy machine it is over before one looks.
PROGRESS: Final = """() => {
    const look = () => {
        globalThis.progressed ||= !!document.querySelector("progress")?.checkVisibility();
    };
    const changes = {subtree: true, childList: true, attributes: true};
    new MutationObserver(look).observe(document, changes);
}"""
# Frames of the page that a person looks at, and the longest that nothing could be drawn or pressed.
WATCH: Final = """() => {
    const seen = globalThis.seen = {frames: 0, longest: 0, last: performance.now()};
    const look = (now) => {
        seen.frames += 1;
        seen.longest = Math.max(seen.longest, now - seen.last);
        seen.last = now;
        seen.next = requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
MEMORY: Final = "() => performance.memory?.usedJSHeapSize ?? 0"
KERNEL_MEMORY: Final = "int(open('/proc/self/statm').read().split()[1]) * 4096"
STEADY: Final = 60_000_000
"""Bytes by which a page or a kernel may grow, whatever the number of calls."""


def test_a_day_of_calls_loses_none_and_the_page_stays_usable(
    notebook: Open, request: pytest.FixtureRequest
) -> None:
    opened = notebook(phone(None), KEEPS, DAY)
    opened.run(0)
    opened.run(1)
    opened.until_configured()
    before = opened.page.evaluate(MEMORY), opened.value(KERNEL_MEMORY)
    opened.page.evaluate(WATCH)
    frame = next(f for f in opened.page.frames if f.url == "about:srcdoc")
    frame.evaluate(PROGRESS)

    opened.start(2)
    opened.until(lambda: frame.evaluate("() => globalThis.progressed"), "how far it is")
    tab = opened.panel.get_by_role("tab", name="Contacts")
    tab.click()  # in the middle of it
    expect(tab).to_have_attribute("aria-selected", "true")
    opened.finish(2)
    opened.check()

    report = opened.value(
        "{'passed': report.passed, 'done': report.done, 'seconds': report.seconds}"
    )
    assert (report["passed"], report["done"]) == (True, CALLS)
    numbers = [f"+1202555{1000 + i}" for i in range(CALLS)]
    assert opened.value("popped") == numbers
    saved = opened.value("saved")
    assert [caller for _, caller in saved] == numbers
    assert len({interaction for interaction, _ in saved}) == CALLS
    assert opened.value("[len(phone.journal), len(phone.errors)]") == [0, 0]
    history = "simulator.transcript.filter(({action}) => action === 'createHistoryItem').length"
    opened.until(lambda: frame.evaluate(history) == min(CALLS, 5_000), "every history item")
    seen = opened.page.evaluate("() => ({...globalThis.seen, next: 0})")
    after = opened.page.evaluate(MEMORY), opened.value(KERNEL_MEMORY)
    grown = [now - then for now, then in zip(after, before, strict=True)]
    request.node.user_properties.append(("day", str({**report, **seen, "grown": grown})))
    assert max(grown) < STEADY
    assert seen["frames"] > CALLS / RATE


def test_a_day_can_be_stopped_before_its_end(notebook: Open) -> None:
    opened = notebook(
        phone(None),
        KEEPS,
        "run = phone.simulator.run_day(['+12025550143'] * 1000, rate=20)",
        "await run.stop()\nreport = await run",
    )
    for cell in range(3):
        opened.run(cell)
    opened.until(lambda: opened.value("run.progress.done") > 5, "a few calls")

    opened.run(3)
    opened.check()

    stopped, done, total = opened.value("[report.stopped, report.done, report.total]")
    assert (stopped, total) == (True, 1_000)
    assert done < total
    opened.until(lambda: opened.value("len(saved)") == done, "the logs of all calls that were")
