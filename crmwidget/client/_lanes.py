"""Lanes: the coroutines of one action, one after another on the loop, and none for ever.

One whose time is over is cancelled; one that goes on all the same is abandoned, and where it
keeps the loop itself (a blocking call within `async def`) there is a new loop for all others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Coroutine

    from crmwidget.client._runner import Job
    from crmwidget.client._threads import Loop
    from crmwidget.handlers.resolver import Answerer

    Waiting = tuple[Job, "Answerer", "Awaitable[Any] | None"]
    Begun = Callable[[], object]
    Run = Callable[[Job, Answerer, Awaitable[Any] | None, Begun], Coroutine[Any, Any, None]]

MOMENT: Final = 1.0
"""Seconds in which a cancelled coroutine may end."""
TURN: Final = 2.0
"""Seconds for which others wait for their turn behind one that has not begun: a log waits until it
is on disk that it is begun."""


class Lane:
    """`abandoned` is told, on a thread of its own, whose coroutine goes on though its time is over.

    `run` awaits one, reports whatever becomes of it, and says when its handler is called.
    """

    def __init__(self, loop: Loop, run: Run, abandoned: Callable[[Job], object]) -> None:
        self._loop = loop
        self._run = run
        self._abandoned = abandoned
        self._lock = threading.Lock()
        self._waiting: deque[Waiting] = deque()
        self._running: tuple[Job, asyncio.Future[None]] | None = None
        self._turn = 0
        """Which drain goes on; one that was abandoned finds another number when it wakes."""
        self._began = 0.0
        self._started = _set_event()
        """None of them waits to begin."""
        self.idle = _set_event()
        """None of them runs."""

    def add(self, job: Job, who: Answerer, value: Awaitable[Any] | None = None) -> None:
        """Run it when the ones before are through; `value`: it was called already."""
        with self._lock:
            self._waiting.append((job, who, value))
            self._started.clear()
            if self.idle.is_set():
                self.idle.clear()
                self._drain()

    def wait_for_turn(self) -> None:
        """Handlers start in the order of arrival, but wait for none for long."""
        while not self._started.is_set():
            left = self._began + TURN - time.monotonic()
            if left <= 0:
                return
            self._started.wait(left)

    def give_up(self, job: Job) -> None:
        """The job's time is over; returns at once."""
        with self._lock:
            running = self._running
        if running is not None and running[0] is job:
            threading.Thread(target=self._end, args=running, daemon=True).start()

    def _end(self, job: Job, task: asyncio.Future[None]) -> None:
        cancelled = threading.Event()

        def cancel() -> None:
            task.cancel()
            cancelled.set()

        task.get_loop().call_soon_threadsafe(cancel)
        until = time.monotonic() + MOMENT
        while time.monotonic() < until:
            if task.done():
                return
            time.sleep(MOMENT / 50)
        if not cancelled.is_set():
            self._loop.replace(task.get_loop())
        with self._lock:
            if self._running is None or self._running[1] is not task:
                return
            self._drain()
        self._abandoned(job)

    def _drain(self) -> None:
        """Start the next one; nothing waits for the one before any more."""
        self._turn += 1
        self._running = None
        self._began = time.monotonic()
        self._loop.run(self._run_waiting(self._turn))

    async def _run_waiting(self, turn: int) -> None:
        import asyncio

        while True:
            with self._lock:
                if turn != self._turn:
                    return
                self._running = None
                if not self._waiting:
                    self._started.set()
                    self.idle.set()
                    return
                job, who, value = self._waiting.popleft()
                begun = asyncio.Event()
                task = asyncio.ensure_future(self._run(job, who, value, begun.set))
                task.add_done_callback(partial(_set, begun))
                self._running = job, task
                self._began = time.monotonic()
            await begun.wait()  # its handler has been called, and runs up to where it first waits
            with self._lock:
                if not self._waiting:
                    self._started.set()
            await asyncio.wait((task,))


def _set(event: asyncio.Event, _: object) -> None:
    event.set()


def _set_event() -> threading.Event:
    event = threading.Event()
    event.set()
    return event
