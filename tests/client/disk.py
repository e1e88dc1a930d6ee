"""A disk that takes what is written when a test lets it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from crmwidget.client.journal._file import JournalFile

if TYPE_CHECKING:
    import pytest


WRITES = ("put", "mark", "wipe")


class Disk:
    """Quick, until `stop`; then whoever writes waits for `go_on`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._free = threading.Event()
        self._free.set()
        self.asked = threading.Event()
        """Something waits to be written."""
        self._stopped: tuple[str, ...] = ()
        for name in WRITES:
            monkeypatch.setattr(JournalFile, name, self._held(name, getattr(JournalFile, name)))

    def stop(self, *names: str) -> None:
        """Keep waiting who writes in these ways; none: in any."""
        self._stopped = names or WRITES
        self.asked.clear()
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()

    def _held(self, name: str, write: Any) -> Any:
        def held(*args: Any, **named: Any) -> Any:
            if name in self._stopped and not self._free.is_set():
                self.asked.set()
                assert self._free.wait(60)
            return write(*args, **named)

        return held
