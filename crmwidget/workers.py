"""Workers: the threads on which a client does what takes time.

Worker: one thread for sync handlers, in order, replaced when one hangs.
Loop: one asyncio loop thread, started with the first coroutine.
Clock: calls back when the earliest of the client's deadlines is due.
"""

from __future__ import annotations

import collections
import logging
import math
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures

Task = Callable[[], object]

_log = logging.getLogger(__name__)


class Worker:
    """Runs tasks one after another on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._first: collections.deque[Task] = collections.deque()
        self._thread: threading.Thread | None = None
        self.ended = False
        """Nothing begins any more."""

    def submit(self, task: Task) -> None:
        """Run `task` after all that were submitted before."""
        self._tasks.put(task)
        if self._thread is None:
            self._start()

    def first(self, task: Task) -> None:
        """Run `task` before all that wait, behind others that were put first."""
        self._first.append(task)
        self.submit(_nothing)

    @property
    def pressed(self) -> bool:
        """Something that was put first waits."""
        return bool(self._first)

    def replace(self) -> None:
        """Leave a hung task to its thread; a new thread goes on with the next task."""
        self._start()

    def here(self) -> bool:
        """Whether this is the worker's current thread."""
        return threading.current_thread() is self._thread

    def stop(self) -> None:
        """End after the tasks submitted so far."""
        self._tasks.put(None)

    def end(self, until: float) -> None:
        """Begin nothing more, and wait for what runs, until then on time.monotonic()."""
        self.ended = True
        self._tasks.put(None)
        if self._thread is not None:
            self._thread.join(max(0.0, until - time.monotonic()))

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while self.here():
            task = self._tasks.get()
            if task is None or self.ended:
                return
            while self._first and self.here() and not self.ended:
                _do(self._first.popleft())
            if not self.here():  # replaced meanwhile: hand it to the successor
                self.first(task)
                return
            _do(task)


def _do(task: Task) -> None:
    try:
        task()
    except Exception as error:  # noqa: BLE001 - the next message must still be handled
        # No message and no traceback: they may hold what a customer said.
        _log.error("crmwidget: a task failed with %s", type(error).__name__)


def _nothing() -> None:
    """Wakes a thread that waits for a task."""


class Loop:
    """An asyncio loop on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lock = threading.Lock()

    def run(self, awaitable: Awaitable[Any]) -> concurrent.futures.Future[Any]:
        """Run an awaitable there; the future is good in any thread."""
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run_and_close, args=(self._loop,), name=self._name, daemon=True
                ).start()
        return asyncio.run_coroutine_threadsafe(_awaited(awaitable), self._loop)

    def here(self) -> bool:
        """Whether this code runs on the loop."""
        if self._loop is None:
            return False
        import asyncio

        try:
            return asyncio.get_running_loop() is self._loop
        except RuntimeError:
            return False

    def stop(self) -> None:
        """End the loop, and close it."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)


def _run_and_close(loop: asyncio.AbstractEventLoop) -> None:
    loop.run_forever()
    loop.close()


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


class Clock:
    """Calls `ring` when the time that was set has come; a thread only while a time is set."""

    def __init__(self, ring: Task, name: str) -> None:
        self._ring = ring
        self._name = name
        self._at: float | None = None
        self._sleeps_until = -math.inf
        """Until then the thread looks at nothing; -inf while it is awake."""
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def set(self, at: float | None) -> None:
        """The next time, on time.monotonic().

        The thread wakes only for one that comes before the end of its sleep: a burst sets a time
        and takes it back for every message.
        """
        with self._changed:
            self._at = at
            if at is None:
                return
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            elif at < self._sleeps_until:
                self._sleeps_until = -math.inf
                self._changed.notify()

    def stop(self) -> None:
        """Ring no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and (self._at is None or self._at > time.monotonic()):
                    self._sleeps_until = math.inf if self._at is None else self._at
                    self._changed.wait(None if self._at is None else self._at - time.monotonic())
                self._sleeps_until = -math.inf
                if self._stopped:
                    return
                self._at = None
            self._ring()
