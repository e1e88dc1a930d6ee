"""Deadline: ends a command that does not end by itself, and says so."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

GRACE: Final = 20.0
"""Seconds in which what is open, a browser or a server, is closed in good order."""


class Deadline:
    """Interrupts the main thread after so many seconds, as Ctrl-C does, and later ends the process.

    Use it in a `with`, on the main thread. Where the time is over it has said so on standard
    error, `over` is true, and a KeyboardInterrupt comes out of the block.
    """

    def __init__(self, seconds: float, what: str) -> None:
        self.seconds = seconds
        self.what = what
        self.over = False
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="crmwidget deadline", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()

    def _watch(self) -> None:
        if self._ended.wait(self.seconds):
            return
        self.over = True
        print(
            f"crmwidget: {self.what} has not ended within {self.seconds:g} s, and was given up. "
            "Give it more time with --deadline.",
            file=sys.stderr,
            flush=True,
        )
        _interrupt()
        if not self._ended.wait(GRACE):
            # It does not even unwind: somebody's code holds the main thread, or a browser does
            os._exit(1)


def _interrupt() -> None:
    """Wake the main thread, also where it waits in the system for something that never comes."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGTERM)
    else:
        _thread.interrupt_main()
