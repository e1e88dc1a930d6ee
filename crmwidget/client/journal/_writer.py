"""Writer: the thread on which a journal's file is written.

A disk may take seconds for a commit, or never come back. Whoever has something to write hands it
over and goes on; what has to wait for the commit is told of it. The thread lives only while there
is something to write.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

Task = Callable[[], object]

IDLE: Final = 1.0
"""Seconds without a task after which the thread ends; the next task starts another."""

_log = logging.getLogger(__name__)


class Writes(Protocol):
    """What a journal writes with."""

    @property
    def began(self) -> float | None:
        """When what is being written began, on time.monotonic(); None: nothing is."""

    def submit(self, task: Task) -> None:
        """Carry it out behind all that was submitted before."""

    def drain(self, seconds: float) -> bool:
        """Whether all that was submitted is through within so many seconds."""

    def replace(self) -> None:
        """Leave what hangs to its thread, and go on with the rest."""

    def stop(self) -> None:
        """Keep no thread for tasks that may yet come."""


class AtOnce:
    """Writes where it is asked to, on the thread that asks."""

    began: float | None = None

    def submit(self, task: Task) -> None:
        """Carry it out now."""
        task()

    def drain(self, seconds: float) -> bool:  # noqa: ARG002 - as a Writer's
        """All is through already."""
        return True

    def replace(self) -> None:
        """Nothing hangs where this can be called."""

    def stop(self) -> None:
        """There is no thread."""


class Writer:
    """Carries out tasks one after another on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._changed = threading.Condition()
        self._tasks: deque[Task] = deque()
        self._thread: threading.Thread | None = None
        self._began: float | None = None
        self._stopped = False

    @property
    def began(self) -> float | None:
        """When what is being written began, on time.monotonic(); None: nothing is."""
        return self._began

    def submit(self, task: Task) -> None:
        """Carry it out behind all that was submitted before."""
        with self._changed:
            self._tasks.append(task)
            if self._began is None:
                self._began = time.monotonic()
            self._wake()

    def drain(self, seconds: float) -> bool:
        """Whether all that was submitted is through within so many seconds."""
        if threading.current_thread() is self._thread:
            return False
        with self._changed:
            return self._changed.wait_for(lambda: self._began is None, seconds)

    def replace(self) -> None:
        """Leave what hangs to its thread, and go on with the rest on another."""
        with self._changed:
            self._thread = None
            self._began = time.monotonic() if self._tasks else None
            if self._tasks:
                self._wake()
            self._changed.notify_all()

    def stop(self) -> None:
        """End the thread as soon as nothing is left to write; what comes later has its own."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _wake(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        else:
            self._changed.notify_all()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001 - the next one must still be written
                # No message and no traceback: they may hold what a customer said.
                _log.error("crmwidget: writing the journal failed with %s", type(error).__name__)

    def _next(self) -> Task | None:
        """The next task; None: this thread is not needed any more."""
        with self._changed:
            if threading.current_thread() is not self._thread:
                return None  # replaced while a task hung
            if not self._tasks:
                self._began = None
                self._changed.notify_all()
                if not self._stopped:
                    self._changed.wait_for(lambda: self._tasks or self._stopped, IDLE)
            if threading.current_thread() is not self._thread:
                return None
            if not self._tasks:
                self._thread = None
                return None
            self._began = time.monotonic()
            return self._tasks.popleft()
