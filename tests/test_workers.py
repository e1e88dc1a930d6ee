"""The threads on which a client does what takes time."""

from __future__ import annotations

import inspect
import itertools
import queue
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from crmwidget.client import _threads as workers
from crmwidget.client._threads import Clock, Loop, Worker

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG = 60.0
PATIENCE = 30.0


@pytest.fixture
def rings() -> queue.SimpleQueue[float]:
    return queue.SimpleQueue()


@pytest.fixture
def clock(rings: queue.SimpleQueue[float]) -> Iterator[Clock]:
    made = Clock(lambda: rings.put(time.monotonic()), "test-clock")
    yield made
    made.stop()


def test_rings_when_the_time_has_come(clock: Clock, rings: queue.SimpleQueue[float]) -> None:
    at = time.monotonic() + 0.05
    clock.set(at)
    assert rings.get(timeout=PATIENCE) >= at


def test_an_earlier_time_counts(clock: Clock, rings: queue.SimpleQueue[float]) -> None:
    clock.set(time.monotonic() + LONG)
    clock.set(time.monotonic() + 0.05)
    rings.get(timeout=PATIENCE)


def test_a_later_time_counts(clock: Clock, rings: queue.SimpleQueue[float]) -> None:
    clock.set(time.monotonic() + 0.05)
    later = time.monotonic() + 0.3
    clock.set(later)
    assert rings.get(timeout=PATIENCE) >= later


def test_a_time_that_was_taken_back_does_not_ring(
    clock: Clock, rings: queue.SimpleQueue[float]
) -> None:
    clock.set(time.monotonic() + 0.1)
    clock.set(None)
    with pytest.raises(queue.Empty):
        rings.get(timeout=0.3)
    clock.set(time.monotonic())
    rings.get(timeout=PATIENCE)


def test_rings_again(clock: Clock, rings: queue.SimpleQueue[float]) -> None:
    for _ in range(3):
        clock.set(time.monotonic() + 0.02)
        rings.get(timeout=PATIENCE)


def test_times_set_and_taken_back_by_a_burst_wake_the_thread_once(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wakes: list[None] = []
    monkeypatch.setattr(clock._changed, "notify", lambda: wakes.append(None))
    for _ in range(1_000):
        clock.set(time.monotonic() + LONG)
        clock.set(None)
    assert len(wakes) <= 1
    monkeypatch.undo()  # to stop it


def test_a_ring_may_set_the_next_time() -> None:
    times, over = [], threading.Event()

    def ring() -> None:
        times.append(time.monotonic())
        if len(times) == 3:
            over.set()
        else:
            made.set(time.monotonic() + 0.02)

    made = Clock(ring, "test-clock")
    made.set(time.monotonic() + 0.02)
    assert over.wait(PATIENCE)
    made.stop()


# ---------------------------------------------------------------- the thread for handlers
def threads_of(name: str, submitters: int) -> int:
    """How many threads a worker has whose first tasks come from several threads at once."""
    worker, together = Worker(name), threading.Barrier(submitters)
    go_on = threading.Event()

    def submit() -> None:
        together.wait()
        worker.submit(go_on.wait)

    others = [threading.Thread(target=submit) for _ in range(submitters)]
    for other in others:
        other.start()
    for other in others:
        other.join()
    found = [each.name for each in threading.enumerate()].count(name)
    go_on.set()
    worker.end(time.monotonic() + PATIENCE)
    return found


def test_the_first_tasks_of_several_threads_run_on_one_thread() -> None:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        assert {threads_of(f"worker {turn} of a test", 8) for turn in range(100)} == {1}
    finally:
        sys.setswitchinterval(interval)


# ---------------------------------------------------------------- the loop
async def quick() -> None:
    pass


def test_a_ring_that_fails_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "AGAIN", 0.01)
    rung: queue.SimpleQueue[int] = queue.SimpleQueue()
    numbers = itertools.count()

    def ring() -> None:
        number = next(numbers)
        rung.put(number)
        if number == 0:
            raise KeyError("what a customer said")

    made = Clock(ring, "test-clock")
    made.set(time.monotonic())

    assert [rung.get(timeout=60), rung.get(timeout=60)] == [0, 1]
    made.set(time.monotonic())
    assert rung.get(timeout=60) == 2
    made.stop()


def test_a_coroutine_that_comes_as_the_loop_ends_is_ended_with_it() -> None:
    loop, blocked, go_on = Loop("a loop of a test"), threading.Event(), threading.Event()

    async def blocks() -> None:
        blocked.set()
        go_on.wait()

    loop.run(blocks())
    blocked.wait()
    (thread,) = (each for each in threading.enumerate() if each.name == "a loop of a test")
    late = quick()
    done = loop.run(late)
    loop.stop(time.monotonic())
    go_on.set()
    thread.join()

    assert inspect.getcoroutinestate(late) == inspect.CORO_CLOSED
    assert done.done()


def test_a_coroutine_that_comes_after_the_end_is_cancelled() -> None:
    loop = Loop("a loop of a test")
    loop.run(quick()).result()
    loop.stop(time.monotonic() + PATIENCE)

    never = quick()
    done = loop.run(never)

    assert done.cancelled()
    assert inspect.getcoroutinestate(never) == inspect.CORO_CLOSED
