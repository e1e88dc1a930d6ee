"""Journal: what becomes of interaction logs; on disk until they are handled.

A log is accepted, started, then done or failed. What was accepted is on disk
before the page is told that it may forget it, so a kernel that dies loses
nothing: the next one runs what was accepted, and names as interrupted what
was begun, because how far that came cannot be known. A handler is called when
it is on disk that it was begun. A payload is overwritten when it is handled.
Where no file can be had, or a kernel that lives has it, the journal says so
and keeps the logs in memory; then the page keeps them, too.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from crmwidget.client.interactions import Entry
from crmwidget.client.journal._file import (
    AGE,
    JournalFile,
    OwnedElsewhereError,
    Row,
    give_up_old,
    orphans,
    remove,
)
from crmwidget.client.journal._held import Held
from crmwidget.client.journal._process import in_process, known_here, note_late
from crmwidget.client.journal._store import FAULTS, Store, count
from crmwidget.client.journal._store import found as found_in
from crmwidget.client.journal._writer import AtOnce

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from crmwidget.client.journal._file import State
    from crmwidget.client.journal._writer import Writes

REST: Final = 0.5
"""Seconds from the first payload that was handled until those are wiped from SQLite's own log."""
ENDING: Final = 3.0
"""Seconds for which a new kernel waits for the one before it, which may still be ending: what that
one left comes before all that is new. So long does one that ends wait for its disk."""
ADOPTING: Final = 60.0
"""Seconds that taking logs over may wait for the disk."""

_inherited: list[object] = []
"""Files of the process that this one was forked from: SQLite forbids even to close them."""


class Journal:
    """The interaction logs that are not saved yet.

    `again` is given logs whose handler is to be run, `given_up` those that a person discards,
    `left` what was found in a file that could not be had before. `noted` is told, without a lock
    and maybe on the writer's thread, which logs are on disk now, or that there is more to say.
    """

    def __init__(
        self,
        again: Callable[[list[Entry]], None],
        given_up: Callable[[list[Entry]], None],
        left: Callable[[list[Entry]], object] = lambda _: None,
        noted: Callable[[list[Entry]], object] = lambda _: None,
        writer: Writes | None = None,
    ) -> None:
        self._again = again
        self._given_up = given_up
        self._left = left
        self._noted = noted
        self._writer = AtOnce() if writer is None else writer
        self._store = Store(self._writer, lambda: noted([]))
        self._orphans: tuple[Path, str, str] | None = None
        """Where to look for what other sessions left: our own file, the phone, the connector."""
        self._opening = threading.RLock()
        """Of those who open or close files, which takes time; never taken under `_lock`."""
        self._lock = threading.RLock()
        self._held = Held()
        self._taken: set[str] = set()
        """Every key this kernel has had: a page that was reloaded sends some again."""
        self._stuck: set[str] = set()
        """Keys of the failed and the interrupted, so that a burst need not count them."""
        self._path: Path | None = None
        """The file that was meant last."""
        self._closed = False
        self._refusal: Exception | None = None
        """Why a person can ask nothing of it."""
        self._wipe_at: float | None = None
        in_process.add(self)

    @property
    def durable(self) -> bool:
        """Whether an accepted log survives this kernel, as soon as it is on disk."""
        return self._store.file is not None

    @property
    def trouble(self) -> str | None:
        """What a person has to know: logs are in memory only, were given up, or wait."""
        return self._store.trouble

    @property
    def wake(self) -> float | None:
        """When `tick` is to be called, on time.monotonic(); None: not as things stand."""
        due = (self._wipe_at, self._store.wake)
        return min((at for at in due if at is not None), default=None)

    def tick(self, now: float) -> None:
        """Wipe what is handled, see whether the disk is slow, ask again for a file.

        To be called without a lock; what is found in the file goes to `left`.
        """
        path = self._store.wanted
        if self._store.tick(now) and path is not None:
            self._writer.submit(lambda: self._left(self._take(path)))
        if self._wipe_at is not None and self._wipe_at <= now:
            self.wipe()

    # ------------------------------------------------------------ the file
    def open(self, path: Path | None) -> list[Entry]:
        """Keep logs in this file (None: in memory); the ones that an earlier kernel left there.

        Takes as long as the disk does, and some seconds where another kernel is just ending: not
        to be called under a lock. Never raises: `trouble` says why no file can be had.
        """
        with self._opening:
            if self._store.file is not None and self._store.file.path == path:
                return []
            self._let_go(ENDING)
            self._path, self._closed = path, False
            if not self._store.want(path) or path is None:
                return []
            return self._take(path, ENDING)

    def close(self, seconds: float = ENDING) -> None:
        """Let go of the file, which may take so many seconds; what is in it stays for the next.

        What ends later is still noted there, unless another process has it.
        """
        with self._opening:
            self._let_go(seconds)
            self._closed = True
            self._writer.stop()

    def drain(self, seconds: float) -> bool:
        """Whether all that has become of logs is on disk within so many seconds."""
        return self._writer.drain(seconds)

    def forked(self, refusal: Exception) -> None:
        """In a child the file is not ours, nor are the logs; nothing of it is touched again."""
        self._lock, self._opening = threading.RLock(), threading.RLock()
        self._refusal = refusal
        _inherited.append((self._store, self._writer))
        self._writer = AtOnce()
        self._store = Store(self._writer, lambda: None)
        self._path = self._wipe_at = None
        in_process.discard(self)

    def _check(self) -> None:
        if self._refusal is not None:
            raise self._refusal

    def _let_go(self, seconds: float) -> None:
        path = self._store.wanted
        if path is not None and self._store.file is None:
            # Once more: what was done meanwhile must not be done again.
            self._writer.submit(lambda: self._take(path, ours=True))
            self._writer.drain(seconds)
        self._store.close(seconds)

    def _take(self, path: Path, patience: float = 0, *, ours: bool = False) -> list[Entry]:
        """Have the file and tell it what it missed; `ours`: take nothing over that others left."""
        file = self._store.had(path, patience)
        if file is None:
            return []
        try:
            left = file.left()
            old = [row for row in left.rows if time.time() - row.received.timestamp() > AGE]
            for row in old:
                file.done(row.key)
        except FAULTS as error:
            self._store.refuse(file, error)
            return []
        rows = [row for row in left.rows if row not in old]
        rows, done = known_here(self, path, rows)
        done |= {row.key for row in old}
        with self._lock:
            if not self._store.install(file, found_in(len(old), left.unreadable)):
                file.close()
                return []
            self._taken |= done
            others = self._reconciled(rows, left.done)
            found = [] if ours else [_entry(row) for row in others]
            self._hold(found)
        self.wipe()
        return found

    def _reconciled(self, rows: list[Row], done: set[str]) -> list[Row]:
        """Tell the file what this kernel did while it was away; what is left of other kernels."""
        mine = self._held.all()
        others = []
        for row in rows:
            if row.key not in self._taken:
                others.append(row)
            elif row.key not in self._held:
                self._store.write(partial(JournalFile.mark, key=row.key, state="done"))
        self._taken |= done
        if mine:
            kept = [_row(entry) for entry in mine]
            self._store.write(lambda file: file.put(kept), lambda held: self._on_disk(held, mine))
        return others

    def _hold(self, entries: list[Entry]) -> None:
        """Logs that are in the file already."""
        self._held.add(entries)
        self._stuck.update(e.key for e in entries if e.state != "accepted")
        self._taken.update(e.key for e in entries)
        for entry in entries:
            entry.kept = True

    def _on_disk(self, held: bool | None, entries: list[Entry]) -> None:  # noqa: FBT001 - what came of it
        if held:
            for entry in entries:
                entry.kept = True
            self._noted(entries)

    # ------------------------------------------------------------ what other sessions left
    def visit(self, own: Path, name: str, connector: str) -> None:
        """Look at what other sessions left: give up what is too old, say what waits for someone."""
        with self._opening:
            lost = give_up_old(own)
            if lost and self.trouble is None:
                self._store.said = found_in(lost, 0)
            self._orphans = (own, name, connector)
            waiting = orphans(*self._orphans)
            if waiting and self.trouble is None:
                logs = sum(orphan.logs for orphan in waiting)
                places = sorted({orphan.place or "a served app" for orphan in waiting})
                self._store.said = (
                    f"{count(logs)} of this connector {'waits' if logs == 1 else 'wait'} from "
                    f"{', '.join(places[:3])}, which no kernel has open. Open that notebook, or "
                    "take them over here: phone.journal.adopt()."
                )

    def adopt(self) -> int:
        """Take over the logs of this phone and connector that no kernel that lives has; how many.

        They were left by a notebook that has another name now, or by a visitor of a served app.
        What was not begun there runs here, the rest waits for `retry()`.
        """
        self._check()
        with self._opening:
            if self._orphans is None:
                return 0
            found: list[Entry] = []
            for orphan in orphans(*self._orphans):
                found += self._adopted(orphan.path)
            if found:  # else what it says still holds
                self._store.said = None
        self._left(found)
        return len(found)

    def _adopted(self, path: Path) -> list[Entry]:
        """Ours are on disk before the other's file goes."""
        try:
            file = JournalFile(path)
        except (*FAULTS, OwnedElsewhereError):
            return []
        try:
            left = file.left()
            found = [_entry(row) for row in left.rows if row.key not in self._taken]
            if not self._written([_row(entry) for entry in found]):
                return []  # in memory only they would be worse off
            with self._lock:
                self._hold(found)
            for row in left.rows:
                file.done(row.key)
            if not left.unreadable:
                remove(path)
        except FAULTS:
            return []
        else:
            return found
        finally:
            file.close()

    def _written(self, rows: list[Row]) -> bool:
        """Wait until these are on disk."""
        through = threading.Event()
        held: list[object] = []

        def then(result: object) -> None:
            held.append(result)
            through.set()

        self._store.write(lambda file: file.put(rows), then)
        return through.wait(ADOPTING) and bool(held[0])

    # ------------------------------------------------------------ what becomes of a log
    def beyond(self, entries: Sequence[Entry]) -> list[Entry]:
        """Those of these logs for which there is no room: to be asked before they are accepted.

        One that was taken before needs none.
        """
        with self._lock:
            return self._held.beyond(e for e in entries if e.key not in self._taken)

    def accept(self, entries: Sequence[Entry]) -> list[bool]:
        """Take logs, all in one commit, of which `noted` is told; for each, whether it is new."""
        with self._lock:
            fresh, new = [], []
            for entry in entries:
                fresh.append(entry.key not in self._taken)
                if fresh[-1]:
                    self._taken.add(entry.key)
                    new.append(entry)
            if new:
                self._held.add(new)
                rows = [_row(entry) for entry in new]
                self._store.write(
                    lambda file: file.put(rows), lambda held: self._on_disk(held, new)
                )
            return fresh

    def start(self, entry: Entry, noted: Callable[[], object] = lambda: None) -> bool:
        """Mark it as started: only a person may have it run again. False: it is handled already.

        `noted` is called when a kernel that dies from then on has left that behind, or when there
        is no file for it; it may be called before this returns, and on another thread.
        """
        with self._lock:
            if entry.state == "done":
                return False
            entry.state, entry.running = "started", True
            self._stuck.discard(entry.key)
            self._note(entry, noted)
            return True

    def put_back(self, entry: Entry) -> None:
        """It was to be started, and was not: whoever comes next may run it."""
        with self._lock:
            if entry.state == "started":
                entry.state, entry.running = "accepted", False
                self._note(entry)

    def fail(self, entry: Entry, error: str) -> None:
        """Its handler raised, or was late; the log stays."""
        with self._lock:
            if entry.state == "done":
                return  # discarded, or saved by another try
            entry.state, entry.error = "failed", error
            if entry.key in self._held:
                self._stuck.add(entry.key)
            self._note(entry)

    def ended(self, entry: Entry) -> None:
        """Its handler is through and has not saved it: now it can be run again."""
        with self._lock:
            entry.running, wanted, entry.wanted = False, entry.wanted, False
        if wanted:
            self._again([entry])

    def done(self, entry: Entry) -> None:
        """Saved: the payload is overwritten, the key stays known."""
        with self._lock:
            entry.state, entry.running = "done", False
            self._stuck.discard(entry.key)
            if entry.key in self._held:
                self._note(entry)
                self._held.drop(entry.key)
            if self._wipe_at is None and self.durable:
                self._wipe_at = time.monotonic() + REST

    def wipe(self) -> None:
        """What has been handled is left in no file."""
        self._wipe_at = None
        self._store.write(JournalFile.wipe, self._wiped)

    def _wiped(self, wiped: bool | None) -> None:  # noqa: FBT001 - what came of it
        if wiped is False:  # somebody reads it
            self._wipe_at = time.monotonic() + REST
            self._noted([])

    def _note(self, entry: Entry, noted: Callable[[], object] = lambda: None) -> None:
        """Write what has become of a log, if it is kept here."""
        if entry.key not in self._held:
            noted()
            return
        key, state, error = entry.key, entry.state, entry.error
        if self._closed and self._path is not None:
            path = self._path
            self._writer.submit(lambda: note_late(self, path, key, state, error))
            noted()
            return
        self._store.write(lambda file: file.mark(key, state, error), lambda _: noted())

    @property
    def path(self) -> Path | None:
        """The file that is meant, or was when it was closed."""
        return self._path

    def settle(self, path: Path, key: str, state: State, error: str | None) -> bool:
        """What came of a log that a phone before this one was saving; False: it is not ours."""
        with self._lock:
            file = self._store.file
            if file is None or file.path != path:
                return False
            entry = self._held.get(key)
            if entry is not None and state == "done":
                self.done(entry)
            elif entry is not None and entry.state == "interrupted" and state == "failed":
                self.fail(entry, error or "")
            elif entry is None and state == "done":
                self._store.write(lambda file: file.mark(key, state))
        self._noted([])
        return True

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
        self._check()
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
        self._check()
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
        return len(self._held)

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def get(self, key: str) -> Entry | None:
        """The log with this key, while it is kept."""
        return self._held.get(key)

    def __repr__(self) -> str:
        file = self._store.file
        where = f"in {file.path}" if file else "in memory (lost with the kernel)"
        states = (
            f"{len(self.pending)} pending, {len(self.failed)} failed, "
            f"{len(self.interrupted)} interrupted"
        )
        return f"<journal {where}: {states}>"

    def _all(self) -> list[Entry]:
        with self._lock:
            return self._held.all()

    def known(self, row: Row) -> Row:
        """A row of a file, with what is known here that could not be written."""
        with self._lock:
            if row.state != "accepted" or row.key not in self._taken:
                return row
            entry = self._held.get(row.key)
            if entry is None:
                return row._replace(state="done")
            # One that lives runs it itself; one that is closed never will.
            waits = self._closed and entry.state == "accepted"
            return row if waits else row._replace(state="interrupted")

    def _in(self, state: State) -> tuple[Entry, ...]:
        return tuple(e for e in self._all() if e.state == state)


def _entry(row: Row) -> Entry:
    return Entry(row.log, row.connector, row.received, row.state, row.error)


def _row(entry: Entry) -> Row:
    return Row(entry.log, entry.connector, entry.received, entry.state, entry.error)
