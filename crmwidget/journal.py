"""Journal: what becomes of interaction logs; on disk until they are handled.

A log is accepted, started, then done or failed. What was accepted is on disk
before the page is told that it may forget it, so a kernel that dies loses
nothing: the next one runs what was accepted, and names as interrupted what
was begun, because nobody can know how far that came. A payload is overwritten
when it is handled. Where no file can be had, or a kernel that lives has it,
the journal says so and keeps the logs in memory; then the page keeps them, too.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, overload

from crmwidget.bounded import Bounded
from crmwidget.journal_file import (
    AGE,
    JournalFile,
    OwnedElsewhereError,
    Row,
    give_up_old,
    orphans,
    remove,
)
from crmwidget.privacy import mask
from crmwidget.private import NotPrivateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from crmwidget.journal_file import State
    from crmwidget.protocol import InteractionLog

REST: Final = 0.5
"""Seconds without a pending log until payloads are wiped from SQLite's own log, too."""
ENDING: Final = 3.0
"""Seconds for which a new kernel waits for the one before it, which may still be ending: what that
one left comes before all that is new."""
LOOK: Final = 2.0
"""Seconds until a file that another kernel has is asked for again."""
MOST: Final = 10_000
"""So many logs are in `phone.interactions`, the newest ones ..."""
BYTES: Final = 64_000_000
"""... as long as they take no more memory than this."""
_FAULTS: Final = (OSError, sqlite3.Error, ValueError)
"""Of a disk, a database, and what neither can write."""


@dataclass(slots=True, eq=False)
class Entry:
    """One interaction log on its way to whoever saves it."""

    log: InteractionLog
    connector: str
    """The origin it came from, or "simulator"."""
    received: datetime
    state: State = "accepted"
    error: str | None = None
    """Masked; of the last failure."""
    returned: Any = None
    """What the handler returned."""
    running: bool = False
    """Its handler is at it: also where it is late by now."""
    wanted: bool = False
    """It is to be run again should that fail."""
    place: tuple[str, int] | None = None
    """Page and number under which a page of this kernel keeps it; None: none does."""

    @property
    def key(self) -> str:
        """The log's idempotency key: the same for every try, in every kernel."""
        return self.log.key or ""

    def __repr__(self) -> str:
        return f"<interaction log {self.key} {self.state}>"


class Journal:
    """The interaction logs that are not saved yet."""

    def __init__(
        self,
        again: Callable[[list[Entry]], None],
        given_up: Callable[[list[Entry]], None],
        left: Callable[[list[Entry]], None] = lambda _: None,
    ) -> None:
        self._again = again
        self._given_up = given_up
        self._left = left
        self._orphans: tuple[Path, str, str] | None = None
        """Where to look for what other sessions left: our own file, the phone, the connector."""
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._taken: set[str] = set()
        """Every key this kernel has had: a page that was reloaded sends some again."""
        self._stuck: set[str] = set()
        """Keys of the failed and the interrupted, so that a burst need not count them."""
        self._file: JournalFile | None = None
        self._asked: Path | None = None
        """A file that a kernel that lives has: it is taken when that is gone."""
        self._wipe_at: float | None = None
        self._look_at: float | None = None
        self.trouble: str | None = None
        """What a person has to know: logs are kept in memory only, were given up, or wait."""

    @property
    def durable(self) -> bool:
        """Whether an accepted log survives this kernel."""
        return self._file is not None

    @property
    def wake(self) -> float | None:
        """When `tick` is to be called, on time.monotonic(); None: not as things stand."""
        return min((at for at in (self._wipe_at, self._look_at) if at is not None), default=None)

    def tick(self, now: float) -> list[Entry]:
        """Wipe what is handled, ask for the file that another kernel had; what that one left."""
        with self._lock:
            if self._wipe_at is not None and self._wipe_at <= now:
                self.wipe()
            if self._look_at is not None and self._look_at <= now and self._asked is not None:
                return self._take(self._asked)
            return []

    def open(self, path: Path | None) -> list[Entry]:
        """Keep logs in this file (None: in memory); the ones that an earlier kernel left there.

        Never raises: where the file cannot be had, `trouble` says why.
        """
        with self._lock:
            if self._file is not None and self._file.path == path:
                return []
            self.close()
            self.trouble = None
            return [] if path is None else self._take(path, ENDING)

    def _take(self, path: Path, patience: float = 0) -> list[Entry]:
        self._asked = self._look_at = None
        file = None
        try:
            file = _had(path, time.monotonic() + patience)
            rows, unreadable = file.left()
            old = [row for row in rows if time.time() - row.received.timestamp() > AGE]
            for row in old:
                file.done(row.key)
            found = self._reconciled(file, [row for row in rows if row not in old])
        except OwnedElsewhereError:
            self._asked, self._look_at = path, time.monotonic() + LOOK
            self.trouble = (
                "Another kernel has the journal of this phone: call logs are kept in memory and "
                "in this page until it ends. Give journal= another path, or name= another name."
            )
            return []
        except _FAULTS as error:
            if file is not None:
                file.close()
            self._lose(error)
            return []
        self._file = file
        self.trouble = _told(len(old), unreadable)
        self._entries.update({e.key: e for e in found})
        self._stuck.update(e.key for e in found if e.state != "accepted")
        self._taken.update(e.key for e in found)
        self.wipe()
        return found

    def _reconciled(self, file: JournalFile, rows: list[Row]) -> list[Entry]:
        """Tell a file what this kernel did while it was away; what is left of other kernels."""
        others = []
        for row in rows:
            mine = self._entries.get(row.key)
            if row.key not in self._taken:
                others.append(Entry(row.log, row.connector, row.received, row.state, row.error))
            elif mine is None:
                file.done(row.key)
            else:
                file.mark(row.key, mine.state, mine.error)
        if self._entries:
            file.add([_row(entry) for entry in self._entries.values()])
        return others

    def visit(self, own: Path, name: str, connector: str) -> None:
        """Look at what other sessions left: give up what is too old, say what waits for someone."""
        with self._lock:
            lost = give_up_old(own)
            if lost and self.trouble is None:
                self.trouble = _told(lost, 0)
            self._orphans = (own, name, connector)
            waiting = orphans(*self._orphans)
            if waiting and self.trouble is None:
                logs = sum(orphan.logs for orphan in waiting)
                places = sorted({orphan.place or "a served app" for orphan in waiting})
                self.trouble = (
                    f"{_count(logs)} of this connector {'waits' if logs == 1 else 'wait'} from "
                    f"{', '.join(places[:3])}, which no kernel has open. Open that notebook, or "
                    "take them over here: phone.journal.adopt()."
                )

    def adopt(self) -> int:
        """Take over the logs of this phone and connector that no kernel that lives has; how many.

        They were left by a notebook that has another name now, or by a visitor of a served app.
        What was not begun there runs here, the rest waits for `retry()`.
        """
        with self._lock:
            if self._orphans is None:
                return 0
            found: list[Entry] = []
            for orphan in orphans(*self._orphans):
                found += self._adopted(orphan.path)
            if found:  # else what it says still holds
                self.trouble = None
            self._stuck.update(e.key for e in found if e.state != "accepted")
        self._left(found)
        return len(found)

    def _adopted(self, path: Path) -> list[Entry]:
        """Ours are on disk before the other's file goes."""
        try:
            file = JournalFile(path)
        except (*_FAULTS, OwnedElsewhereError):
            return []
        try:
            rows, unreadable = file.left()
            found = [
                Entry(row.log, row.connector, row.received, row.state, row.error)
                for row in rows
                if row.key not in self._taken
            ]
            if self._write(lambda mine: mine.add([_row(e) for e in found])) is None:
                return []  # in memory only they would be worse off
            self._entries.update({e.key: e for e in found})
            self._taken.update(e.key for e in found)
            for row in rows:
                file.done(row.key)
            if not unreadable:
                remove(path)
        except _FAULTS:
            return []
        else:
            return found
        finally:
            file.close()

    def close(self) -> None:
        """Let go of the file; what is in it stays there for the next kernel."""
        with self._lock:
            self._asked = self._look_at = None
            self.wipe()
            if self._file is not None:
                self._file.close()
                self._file = None

    def accept(self, entries: Sequence[Entry]) -> list[bool]:
        """Take logs, all in one commit; for each, whether it is new."""
        with self._lock:
            known: set[str] = set()
            unseen = {e.key: _row(e) for e in reversed(entries) if e.key not in self._taken}
            if unseen:
                known = self._write(lambda file: file.add([*unseen.values()][::-1])) or set()
            fresh = []
            for entry in entries:
                new = entry.key not in self._taken and entry.key not in known
                self._taken.add(entry.key)
                if new:
                    self._entries[entry.key] = entry
                fresh.append(new)
            return fresh

    def start(self, entry: Entry) -> bool:
        """Mark it as started: only a person may have it run again. False: it is handled already."""
        with self._lock:
            if entry.state == "done":
                return False
            entry.state, entry.running = "started", True
            self._stuck.discard(entry.key)
            if entry.key in self._entries:
                self._write(lambda file: file.mark(entry.key, "started"))
            return True

    def fail(self, entry: Entry, error: str) -> None:
        """Its handler raised, or was late; the log stays."""
        with self._lock:
            if entry.state == "done":
                return  # discarded, or saved by another try
            entry.state, entry.error = "failed", error
            if entry.key in self._entries:
                self._stuck.add(entry.key)
                self._write(lambda file: file.mark(entry.key, "failed", error))

    def ended(self, entry: Entry) -> None:
        """Its handler is through and has not saved it: now it can be run again."""
        entry.running = False
        if entry.wanted:
            entry.wanted = False
            self._again([entry])

    def done(self, entry: Entry) -> None:
        """Saved: the payload is overwritten, the key stays known."""
        with self._lock:
            entry.state, entry.running = "done", False
            self._stuck.discard(entry.key)
            if self._entries.pop(entry.key, None) is not None:
                self._write(lambda file: file.done(entry.key))
            self._wipe_at = time.monotonic() + REST if self._file else None

    def wipe(self) -> None:
        """What has been handled is left in no file."""
        with self._lock:
            self._wipe_at = None
            if self._write(lambda file: file.wipe()) is False:
                self._wipe_at = time.monotonic() + REST

    @property
    def pending(self) -> tuple[Entry, ...]:
        """Received, and nobody has begun to save them."""
        return self._in("accepted")

    @property
    def failed(self) -> tuple[Entry, ...]:
        """Their handler raised, or was late."""
        return self._in("failed")

    @property
    def interrupted(self) -> tuple[Entry, ...]:
        """Begun by a kernel that died: saved or not, only the CRM knows."""
        return self._in("interrupted")

    @property
    def stuck(self) -> int:
        """How many are failed or interrupted."""
        return len(self._stuck)

    def retry(self) -> int:
        """Run today's handler for every failed and interrupted log, with the same key; how many.

        One whose handler is late and still at it is run again only when that has failed.
        """
        with self._lock:  # of two who ask at once one finds them
            entries = [e for e in self._all() if e.state in {"failed", "interrupted"}]
            for entry in entries:
                entry.wanted = entry.running
            idle = [entry for entry in entries if not entry.running]
            for entry in idle:
                entry.state = "accepted"
                self._stuck.discard(entry.key)
        self._again(idle)
        return len(entries)

    def discard(self) -> int:
        """Give up every log that nobody is saving; how many."""
        with self._lock:
            gone = [e for e in self._all() if not e.running]
            for entry in gone:
                self.done(entry)
        self._given_up(gone)
        return len(gone)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a kept log: key, state, received, connector, error."""
        from crmwidget.tables import from_rows

        rows = [
            {
                "key": e.key,
                "state": e.state,
                "received": e.received,
                "connector": e.connector,
                "error": e.error,
            }
            for e in self._all()
        ]
        return from_rows(rows, library=library)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def get(self, key: str) -> Entry | None:
        """The log with this key, while it is kept."""
        return self._entries.get(key)

    def __repr__(self) -> str:
        where = f"in {self._file.path}" if self._file else "in memory (lost with the kernel)"
        states = (
            f"{len(self.pending)} pending, {len(self.failed)} failed, "
            f"{len(self.interrupted)} interrupted"
        )
        return f"<journal {where}: {states}>"

    def _all(self) -> list[Entry]:
        with self._lock:
            return list(self._entries.values())

    def _in(self, state: State) -> tuple[Entry, ...]:
        return tuple(e for e in self._all() if e.state == state)

    def _write(self, what: Callable[[JournalFile], Any]) -> Any:
        """Do it in the file, if there is one; a file that fails is given up, aloud."""
        with self._lock:
            if self._file is None:
                return None
            try:
                return what(self._file)
            except _FAULTS as error:
                self._file.abandon()
                self._lose(error)
                return None

    def _lose(self, error: Exception) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if isinstance(error, NotPrivateError):
            self.trouble = error.told(
                "The journal", "call logs are kept in memory and in this page"
            )
            return
        self.trouble = (
            f"The journal cannot be written ({type(error).__name__}: {mask(str(error))}): "
            "call logs are kept in memory and in this page only. Give journal= another path."
        )


def _had(path: Path, until: float) -> JournalFile:
    while True:
        try:
            return JournalFile(path)
        except OwnedElsewhereError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _row(entry: Entry) -> Row:
    return Row(entry.log, entry.connector, entry.received, entry.state, entry.error)


def _count(logs: int) -> str:
    return f"{logs} call log{'' if logs == 1 else 's'}"


def _told(old: int, unreadable: int) -> str | None:
    said = []
    if old:
        said.append(f"{_count(old)} older than 30 days {'was' if old == 1 else 'were'} given up.")
    if unreadable:
        stays = "it stays" if unreadable == 1 else "they stay"
        said.append(f"{_count(unreadable)} in the journal cannot be read: {stays} there.")
    return " ".join(said) or None


class Interactions:
    """The interaction logs this kernel received, unredacted, with what their handler returned.

    The newest `MOST`, in no more than `BYTES` of memory; what is not saved yet is in the journal
    all the same.
    """

    def __init__(self) -> None:
        self._entries: Bounded[Entry] = Bounded(MOST, BYTES)

    def add(self, entry: Entry) -> None:
        """Note a received log; its state is filled in as it is handled."""
        self._entries.add(entry, entry.log.raw)

    @property
    def forgotten(self) -> int:
        """How many older ones were dropped."""
        return self._entries.forgotten

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[InteractionLog]:
        return (e.log for e in self._entries)

    @overload
    def __getitem__(self, index: int) -> InteractionLog: ...
    @overload
    def __getitem__(self, index: slice) -> list[InteractionLog]: ...
    def __getitem__(self, index: int | slice) -> InteractionLog | list[InteractionLog]:
        if isinstance(index, slice):
            return [e.log for e in self._entries[index]]
        return self._entries[index].log

    def __repr__(self) -> str:
        older = f", {self.forgotten} older ones forgotten" if self.forgotten else ""
        return f"<{len(self)} interaction logs{older}; .to_frame() shows them>"

    def to_frame(self, library: str | None = None) -> Any:
        """One row a log: its flat fields, then `key`, `state`, `returned`, `error`. Unredacted."""
        from crmwidget.tables import from_rows

        rows = [
            {
                **e.log.to_dict(),
                "key": e.key,
                "state": e.state,
                "returned": None if e.returned is None else str(e.returned),
                "error": e.error,
            }
            for e in self._entries
        ]
        return from_rows(rows, library=library)
