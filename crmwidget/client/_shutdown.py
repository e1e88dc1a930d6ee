"""Shutdown: a phone is closed, its process ends, or it is in a forked child."""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
import weakref
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import PhoneClosedError

if TYPE_CHECKING:
    from crmwidget.client import Client

FAREWELL: Final = 2.0
"""Seconds that a kernel which ends, and a phone that is closed, waits for handlers."""
FLUSHED: Final = 1.0
"""Seconds that a kernel which ends waits for its disk after that; Jupyter kills it after 5."""

_endings: weakref.WeakSet[Shutdown] = weakref.WeakSet()


class Shutdown:
    """One per client, and a part of it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._elsewhere = False
        """This process is a child of the one whose phone it is."""
        _endings.add(self)

    def error(self) -> PhoneClosedError:
        """Why nothing can be asked of the phone any more, and what to do."""
        name = self._client.name
        if self._elsewhere:
            return PhoneClosedError(
                f"the phone {name!r} belongs to the process that this one was forked from: use it "
                "there, and start processes that need none of it with the method 'spawn'."
            )
        return PhoneClosedError(f"the phone {name!r} was closed: make a new CRMWidget.")

    def check(self) -> None:
        """Raises PhoneClosedError where it is closed."""
        if self._client.closed:
            raise self.error()

    def check_process(self) -> None:
        """Raises PhoneClosedError in a child, for what a closed phone may still be asked."""
        if self._elsewhere:
            raise self.error()

    def told(self, future: Future[Any]) -> Future[Any]:
        """The same, but that the end of the phone is named where it is the reason."""
        told: Future[Any] = Future()

        def over(future: Future[Any]) -> None:
            ended = future.cancelled()
            if ended and not self._client.closed:
                told.cancel()
            if not told.set_running_or_notify_cancel():
                return
            error = self.error() if ended else future.exception()
            if error is not None:
                told.set_exception(error)
            else:
                told.set_result(future.result())

        future.add_done_callback(over)
        told.add_done_callback(lambda told: future.cancel() if told.cancelled() else None)
        return told

    # ------------------------------------------------------------ by the user
    def close(self, *, force: bool) -> None:
        """End everything, whatever one part of it raises; nothing happens the second time."""
        client = self._client
        with client.lock:
            if len(client.journal) and not force and not client.closed:
                kept = len(client.journal)
                some = "interaction log is" if kept == 1 else "interaction logs are"
                raise PhoneClosedError(
                    f"{kept} {some} not saved yet: phone.journal shows what is kept, .retry() "
                    "tries again, phone.close(force=True) "
                    + ("leaves it to the next phone." if client.journal.durable else "gives it up.")
                )
        with contextlib.ExitStack() as each:  # the last one first
            each.callback(client.stop_clock)
            each.callback(client.journal.close)
            each.callback(self._drop)
            each.callback(lambda: client.runner.close(time.monotonic() + FAREWELL))
            each.callback(lambda: client.simulator_requests.end(self.error()))
            each.callback(client.end_page)

    def _drop(self) -> None:
        """Whoever waits for a message that is not handled any more hears of it."""
        client = self._client
        with client.lock:
            left = [job for job in client.jobs.values() if not job.finished]
        for job in left:
            job.error = job.error or self.error()
            job.finish()

    # ------------------------------------------------------------ of the process
    def say_farewell(self, until: float) -> None:
        """Begin nothing more, and let what runs finish, until then on time.monotonic()."""
        self._client.runner.end(until)

    def flush(self) -> None:
        """What has become of call logs is on disk."""
        self._client.journal.drain(FLUSHED)

    # ------------------------------------------------------------ in a child
    def forked(self) -> None:
        """Refuse everything from now on, without waiting.

        Threads are not copied: what they held at that moment would never be let go. The journal's
        file is the parent's.
        """
        client = self._client
        self._elsewhere = client.closed = True
        client.lock = threading.RLock()
        client.journal.forked(self.error())
        client.runner.forked()
        client.forked()


@atexit.register
def _end() -> None:
    """IPython clears the user's names at the end: what began now would fail for want of them."""
    until = time.monotonic() + FAREWELL
    for ending in list(_endings):
        ending.say_farewell(until)
    for ending in list(_endings):
        ending.flush()


def _in_child() -> None:
    inherited = list(_endings)
    _endings.clear()
    for ending in inherited:
        ending.forked()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
