"""A disk that takes what is written when a test lets it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from crmwidget.journal_file import JournalFile

if TYPE_CHECKING:
    import pytest


class Disk:
    """Quick, until `stop`; then whoever writes waits for `go_on`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._free = threading.Event()
        self._free.set()
        self.asked = threading.Event()
        """Something waits to be written."""
        for name in ("put", "mark", "wipe"):
            monkeypatch.setattr(JournalFile, name, self._held(getattr(JournalFile, name)))

    def stop(self) -> None:
        self.asked.clear()
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()

    def _held(self, write: Any) -> Any:
        def held(*args: Any, **named: Any) -> Any:
            if not self._free.is_set():
                self.asked.set()
                assert self._free.wait(60)
            return write(*args, **named)

        return held
