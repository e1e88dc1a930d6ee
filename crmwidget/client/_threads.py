"""Threads: the threads on which a client does what takes time.

Worker: one thread for sync handlers, in order, replaced when one hangs.
Loop: one asyncio loop thread, started with the first coroutine, replaced when one blocks it.
Clock: calls back when the earliest of the client's deadlines is due.
"""

from __future__ import annotations

import collections
import contextlib
import inspect
import logging
import math
import queue
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import asyncio
    import concurrent.futures
    from collections.abc import Iterator

Task = Callable[[], object]


@dataclass(slots=True, eq=False)
class Limit:
    """The time of what runs on a worker's thread."""

    at: float
    """On time.monotonic()."""
    overdue: Task
    within: Limit | None
    over: bool = False
    """It took longer, and another thread goes on with what waits."""


_log = logging.getLogger(__name__)


class Worker:
    """Runs tasks one after another on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._first: collections.deque[Task] = collections.deque()
        self._held: collections.deque[Task] = collections.deque()
        """Taken from the queue, and next when nothing was put first."""
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._threads: list[threading.Thread] = []
        """The one that goes on, and those that were left to what hangs."""
        self.ended = False
        """Nothing begins any more."""
        self._limits = threading.Lock()
        self._limit: Limit | None = None
        self._clock = Clock(self._ring, f"{name}-limit")

    def submit(self, task: Task) -> None:
        """Run `task` after all that were submitted before."""
        self._tasks.put(task)
        with self._starting:
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
        with self._starting:
            self._start()

    @contextlib.contextmanager
    def limited(self, seconds: float | None, overdue: Task) -> Iterator[Limit]:
        """What runs within, on this worker's thread, may take so long; None: as long as it likes.

        When its time is over `overdue` is called elsewhere, and a new thread goes on.
        """
        limit = Limit(time.monotonic() + (seconds or math.inf), overdue, self._limit)
        self._limited(limit)
        try:
            yield limit
        finally:
            with self._limits:
                mine = not limit.over
            if mine:
                self._limited(limit.within)

    def _limited(self, limit: Limit | None) -> None:
        with self._limits:
            self._limit = limit
            timed = limit is not None and limit.at < math.inf
            self._clock.set(limit.at if limit is not None and timed else None)

    def _ring(self) -> None:
        with self._limits:
            limit = self._limit
            if limit is None or limit.at > time.monotonic():
                return
            self._limit = None
            each: Limit | None = limit
            while each is not None:
                each.over = True
                each = each.within
        _do(limit.overdue)
        self.replace()

    def here(self) -> bool:
        """Whether this is the worker's current thread."""
        return threading.current_thread() is self._thread

    def end(self, until: float) -> None:
        """Begin nothing more, and wait for what runs, until then on time.monotonic()."""
        self.ended = True
        self._tasks.put(None)
        with self._starting:
            threads = self._threads[:]
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))
        self._clock.stop()

    def forked(self) -> None:
        """In a child its threads are not there, and nothing is begun."""
        self.ended = True
        self._starting, self._limits = threading.Lock(), threading.Lock()
        self._tasks = queue.SimpleQueue()
        self._threads = []
        self._clock.forked()

    def _start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(self._thread)
        self._thread.start()

    def _run(self) -> None:
        while self.here():
            if not self._first and not self._held:
                task = self._tasks.get()
                if task is None or self.ended:
                    return
                # Not kept in this thread: what was put first may hang, and it has to go on.
                self._held.append(task)
            waiting = self._first or self._held
            if self.ended or not self.here():  # replaced meanwhile: its successor goes on
                self._tasks.put(_nothing)
                return
            _do(waiting.popleft())


def _do(task: Task) -> bool:
    """Carry it out; whether it came to its end."""
    try:
        task()
    except BaseException as error:  # noqa: BLE001 - the next message must still be handled
        # No message and no traceback: they may hold what a customer said.
        _log.error("crmwidget: a task failed with %s", type(error).__name__)
        return False
    return True


def _nothing() -> None:
    """Wakes a thread that waits for a task."""


class Loop:
    """An asyncio loop on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._left: list[asyncio.AbstractEventLoop] = []
        self._threads: list[threading.Thread] = []
        self._stopped = False
        self._lock = threading.Lock()

    def run(self, awaitable: Awaitable[Any]) -> concurrent.futures.Future[Any]:
        """Run an awaitable there; the future is good in any thread, and cancelled after `stop`."""
        import asyncio

        # A coroutine that is cancelled before its first step ends only where it is the task's own.
        started = awaitable if inspect.iscoroutine(awaitable) else _awaited(awaitable)
        with self._lock:
            if self._stopped:
                started.close()
                return _cancelled()
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                thread = threading.Thread(
                    target=_run_and_close, args=(self._loop,), name=self._name, daemon=True
                )
                self._threads = [each for each in self._threads if each.is_alive()]
                self._threads.append(thread)
                thread.start()
            return asyncio.run_coroutine_threadsafe(started, self._loop)

    def replace(self, blocked: asyncio.AbstractEventLoop) -> None:
        """Leave a loop to what blocks it; what comes from now on has another."""
        with self._lock:
            if self._loop is blocked:
                self._loop = None
                self._left.append(blocked)

    def here(self) -> bool:
        """Whether this code runs on the loop."""
        return threading.current_thread() in self._threads

    def stop(self, until: float) -> None:
        """Cancel what runs and close the loop; wait for that until then, on time.monotonic()."""
        with self._lock:
            self._stopped = True
            threads = self._threads[:]
            for loop in (self._loop, *self._left):
                with contextlib.suppress(RuntimeError):  # one that was left has ended and is closed
                    if loop is not None:
                        loop.call_soon_threadsafe(loop.stop)
        for thread in threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, until - time.monotonic()))

    def forked(self) -> None:
        """In a child the loop is its parent's."""
        self._lock = threading.Lock()
        self._stopped = True
        self._loop, self._left, self._threads = None, [], []


def _cancelled() -> concurrent.futures.Future[Any]:
    from concurrent.futures import Future

    never: Future[Any] = Future()
    never.cancel()
    return never


def _run_and_close(loop: asyncio.AbstractEventLoop) -> None:

    ending = ended = False
    while not ended:
        try:
            if not ending:
                loop.run_forever()
                ending = True
            loop.run_until_complete(_all_cancelled())
            loop.run_until_complete(loop.shutdown_asyncgens())
            ended = True
        except BaseException as error:  # noqa: BLE001 - a SystemExit in a task goes through the loop
            _log.error("crmwidget: a task failed with %s", type(error).__name__)
    loop.close()


async def _all_cancelled() -> None:
    """Until every coroutine has ended; one that refuses is said, and goes on until it does."""
    import asyncio

    said = False
    while left := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in left:
            if not said:
                task.cancel()
        done, pending = await asyncio.wait(left, timeout=None if said else LINGER)
        if pending and not done and not said:
            said = True
            _log.error("crmwidget: closed, and %d coroutines refuse to be cancelled", len(pending))


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


LINGER: Final = 1.0
"""Seconds in which coroutines that are cancelled at the end may end before that is said."""
AGAIN: Final = 1.0
"""Seconds after which a clock rings again whose ring has failed."""


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
        """Ring no more; a ring that is on may end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(AGAIN)

    def forked(self) -> None:
        """In a child its thread is not there, and nothing is due."""
        self._changed = threading.Condition()
        self._thread, self._stopped = None, True

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
            if not _do(self._ring):  # what it had to do is still to be done
                with self._changed:
                    again = time.monotonic() + AGAIN
                    self._at = again if self._at is None else min(self._at, again)
