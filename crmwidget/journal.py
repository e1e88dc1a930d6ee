"""Journal: what becomes of interaction logs; on disk until they are handled.

A log is accepted, started, then done or failed. What was accepted is on disk
before the page is told that it may forget it, so a kernel that dies loses
nothing: the next one runs what was accepted, and names as interrupted what
was begun, because nobody can know how far that came. A payload is overwritten
when it is handled. Where no file can be had the journal says so and keeps the
logs in memory; then the page keeps them, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast, overload

from crmwidget import protocol
from crmwidget.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from crmwidget.protocol import InteractionLog

State = Literal["accepted", "started", "failed", "interrupted", "done"]

AGE: Final = 30 * 24 * 3600
"""Seconds after which a log that nobody has handled is given up, which is said."""
REST: Final = 0.5
"""Seconds without a pending log until payloads are wiped from SQLite's own log, too."""
PATIENCE: Final = 0.25
"""Seconds that a commit may take; a slower journal counts as none."""


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
        self, again: Callable[[list[Entry]], None], given_up: Callable[[list[Entry]], None]
    ) -> None:
        self._again = again
        self._given_up = given_up
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self._taken: set[str] = set()
        """Every key this kernel has had: a page that was reloaded sends some again."""
        self._stuck: set[str] = set()
        """Keys of the failed and the interrupted, so that a burst need not count them."""
        self._file: _File | None = None
        self.wipe_at: float | None = None
        """When `wipe` is to be called, on time.monotonic(); None: not as things stand."""
        self.trouble: str | None = None
        """Why the logs are kept in memory only, where that was not asked for."""

    @property
    def durable(self) -> bool:
        """Whether an accepted log survives this kernel."""
        return self._file is not None

    def open(self, path: Path | None) -> list[Entry]:
        """Keep logs in this file (None: in memory); the ones that an earlier kernel left there.

        Never raises: where the file cannot be had, `trouble` says why.
        """
        with self._lock:
            if self._file is not None and self._file.path == path:
                return []
            self.close()
            self.trouble = None
            if path is None:
                return []
            try:
                self._file = file = _File(path)
                left = self._reconciled(file, file.left())
                old = [e for e in left if time.time() - e.received.timestamp() > AGE]
                if old:
                    self.trouble = f"{len(old)} call logs older than 30 days were given up."
                    for entry in old:
                        file.done(entry.key)
            except (OSError, sqlite3.Error) as error:
                self._lose(error)
                return []
            found = [e for e in left if e not in old]
            self._entries.update({e.key: e for e in found})
            self._stuck.update(e.key for e in found if e.state != "accepted")
            self._taken.update(e.key for e in found)
            self.wipe()
            return found

    def _reconciled(self, file: _File, left: list[Entry]) -> list[Entry]:
        """Tell a file what this kernel did while it was away; what is left of other kernels."""
        others = []
        for entry in left:
            mine = self._entries.get(entry.key)
            if entry.key not in self._taken:
                others.append(entry)
            elif mine is None:
                file.done(entry.key)
            elif mine.state != entry.state:
                file.mark(entry.key, _CODES[mine.state], mine.error)
        return others

    def close(self) -> None:
        """Let go of the file; what is in it stays there for the next kernel."""
        with self._lock:
            self.wipe()
            if self._file is not None:
                self._file.close()
                self._file = None

    def accept(self, entries: Sequence[Entry]) -> list[bool]:
        """Take logs, all in one commit; for each, whether it is new."""
        with self._lock:
            known: dict[str, int] = {}
            unseen = {e.key: e for e in reversed(entries) if e.key not in self._taken}
            if unseen:
                known = self._write(lambda file: file.add([*unseen.values()][::-1])) or {}
            fresh = []
            for entry in entries:
                new = entry.key not in self._taken and entry.key not in known
                self._taken.add(entry.key)
                if new:
                    self._entries[entry.key] = entry
                fresh.append(new)
            return fresh

    def start(self, entry: Entry) -> None:
        """Its handler begins: from here on nobody else may run it unasked."""
        entry.state, entry.running = "started", True
        self._stuck.discard(entry.key)
        self._write(lambda file: file.mark(entry.key, _STARTED))

    def fail(self, entry: Entry, error: str) -> None:
        """Its handler raised, or was late; the log stays."""
        entry.state, entry.error = "failed", error
        self._stuck.add(entry.key)
        self._write(lambda file: file.mark(entry.key, _FAILED, error))

    def ended(self, entry: Entry) -> None:
        """Its handler is through and has not saved it: now it can be run again."""
        entry.running = False
        if entry.wanted:
            entry.wanted = False
            self._again([entry])

    def done(self, entry: Entry) -> None:
        """Saved: the payload is overwritten, the key stays known."""
        entry.state, entry.running = "done", False
        with self._lock:
            self._entries.pop(entry.key, None)
            self._stuck.discard(entry.key)
            self._write(lambda file: file.done(entry.key))
            self.wipe_at = None if self._entries or not self._file else time.monotonic() + REST

    def wipe(self) -> None:
        """Nothing has been pending for a while: no payload is left in any file."""
        with self._lock:
            self.wipe_at = None
            if not self._entries:
                self._write(lambda file: file.wipe())

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
        entries = [*self.failed, *self.interrupted]
        for entry in entries:
            entry.wanted = entry.running
        self._again([entry for entry in entries if not entry.running])
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

    def _write(self, what: Callable[[_File], Any]) -> Any:
        """Do it in the file, if there is one; a file that fails is given up, aloud."""
        with self._lock:
            if self._file is None:
                return None
            try:
                return what(self._file)
            except (OSError, sqlite3.Error) as error:
                self._file.abandon()
                self._lose(error)
                return None

    def _lose(self, error: Exception) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self.trouble = (
            f"The journal cannot be written ({type(error).__name__}: {mask(str(error))}): "
            "call logs are kept in memory and in this page only. Give journal= another path."
        )


def default_path(key: str, connector: str) -> Path:
    """Where the logs of one phone and connector are kept: outside the notebook's folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    name = hashlib.sha256(f"{key}#{connector}".encode()).hexdigest()[:24]
    return Path(state) / "crmwidget" / f"{name}.sqlite"


_ACCEPTED, _STARTED, _FAILED, _DONE = range(4)
_STATES: Final[dict[int, State]] = {
    _ACCEPTED: "accepted",
    _STARTED: "interrupted",  # by a kernel that is gone
    _FAILED: "failed",
}
_CODES: Final[dict[State, int]] = {"started": _STARTED, **{s: code for code, s in _STATES.items()}}


class _File:
    """The SQLite file. Two connections: FULL where losing a commit loses a call, else NORMAL."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._abandoned = path.with_name(f"{path.name}.abandoned")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
        self._db = self._connect("FULL")
        self._marks = self._connect("NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS logs(key TEXT PRIMARY KEY, connector TEXT, received REAL, "
            "action TEXT, data TEXT, state INTEGER, error TEXT)"
        )

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        db.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={synchronous}")
        db.execute("PRAGMA secure_delete=ON")
        return db

    def add(self, entries: Sequence[Entry]) -> dict[str, int]:
        """Commit new logs; the states of those that an earlier kernel had accepted."""
        with self._transaction(self._db) as db:
            known = {
                key: state
                for entry in entries
                for key, state in db.execute(
                    "SELECT key, state FROM logs WHERE key=?", (entry.key,)
                )
            }
            db.executemany(
                "INSERT INTO logs VALUES(?, ?, ?, ?, ?, ?, NULL)",
                [
                    (
                        entry.key,
                        entry.connector,
                        entry.received.timestamp(),
                        entry.log.action,
                        json.dumps(entry.log.raw, separators=(",", ":")),
                        _ACCEPTED,
                    )
                    for entry in entries
                    if entry.key not in known
                ],
            )
        return known

    def mark(self, key: str, state: int, error: str | None = None) -> None:
        self._marks.execute("UPDATE logs SET state=?, error=? WHERE key=?", (state, error, key))

    def done(self, key: str) -> None:
        """Overwrite the payload; the log that SQLite keeps beside the file still has it."""
        self._marks.execute(
            "UPDATE logs SET state=?, data=NULL, error=NULL WHERE key=?", (_DONE, key)
        )

    def wipe(self) -> None:
        """Empty that log."""
        self._marks.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def abandon(self) -> None:
        """What happens from now on is not noted here: leave a sign of that, without a byte."""
        with contextlib.suppress(OSError):
            self._abandoned.touch(0o600)

    def left(self) -> list[Entry]:
        """What is not done, in the order in which it came; keys handled long ago are forgotten."""
        if self._abandoned.exists():  # what was accepted then may have been begun, or even done
            self._db.execute("UPDATE logs SET state=? WHERE state=?", (_STARTED, _ACCEPTED))
            self._abandoned.unlink()
        self._marks.execute(
            "DELETE FROM logs WHERE state=? AND received<?", (_DONE, time.time() - AGE)
        )
        rows = self._db.execute(
            "SELECT key, connector, received, action, data, state, error FROM logs "
            "WHERE state<? ORDER BY rowid",
            (_DONE,),
        )
        found = []
        for key, connector, received, action, data, state, error in rows:
            at = datetime.fromtimestamp(received, UTC)
            log = protocol.parse(action, json.loads(data), at=at, key=key)
            entry = Entry(cast("InteractionLog", log), connector, at, _STATES[state], error)
            found.append(entry)
        return found

    def close(self) -> None:
        for db in (self._db, self._marks):
            with contextlib.suppress(sqlite3.Error):
                db.close()

    @staticmethod
    @contextlib.contextmanager
    def _transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")


class Interactions:
    """The interaction logs this kernel received, unredacted, with what their handler returned."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Note a received log; its state is filled in as it is handled."""
        self._entries.append(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[InteractionLog]:
        return (e.log for e in tuple(self._entries))

    @overload
    def __getitem__(self, index: int) -> InteractionLog: ...
    @overload
    def __getitem__(self, index: slice) -> list[InteractionLog]: ...
    def __getitem__(self, index: int | slice) -> InteractionLog | list[InteractionLog]:
        if isinstance(index, slice):
            return [e.log for e in self._entries[index]]
        return self._entries[index].log

    def __repr__(self) -> str:
        return f"<{len(self)} interaction logs; .to_frame() shows them>"

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
            for e in tuple(self._entries)
        ]
        return from_rows(rows, library=library)
