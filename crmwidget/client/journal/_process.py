"""What the journals of one process know of a file that one of them had: a phone and the next.

A phone that is closed may yet end what it was saving, and one whose file fails goes on in memory.
Who has the file after it would run that again, or call it interrupted.
"""

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Final

from crmwidget.client.journal._file import JournalFile, OwnedElsewhereError
from crmwidget.client.journal._store import FAULTS

if TYPE_CHECKING:
    from pathlib import Path

    from crmwidget.client.journal import Journal
    from crmwidget.client.journal._file import Row, State

PATIENCE: Final = 3.0
"""Seconds for which a late note waits for who has the file, or is just opening it."""

in_process: weakref.WeakSet[Journal] = weakref.WeakSet()
"""The journals of this process."""


def known_here(journal: Journal, path: Path, rows: list[Row]) -> tuple[list[Row], set[str]]:
    """Rows of a file, with what another journal of this process knows and could not note there.

    The keys of those that it has done come beside them.
    """
    done: set[str] = set()
    for other in list(in_process):
        if other is not journal and other.path == path and not other.durable:
            rows = [other.known(row) for row in rows]
            done |= {row.key for row in rows if row.state == "done"}
    return rows, done


def note_late(journal: Journal, path: Path, key: str, state: State, error: str | None) -> None:
    """Note what ended after its journal was closed: with who has the file now, or in the file."""
    until = time.monotonic() + PATIENCE
    while True:
        for other in list(in_process):
            if other is not journal and other.settle(path, key, state, error):
                return
        if not path.exists():
            return
        try:
            file = JournalFile(path)
        except FAULTS:
            return
        except OwnedElsewhereError:
            if time.monotonic() > until:
                return
            time.sleep(0.05)
        else:
            break
    try:
        file.mark(key, state, error)
        file.wipe()
    except FAULTS:
        file.abandon()
    finally:
        file.close()
