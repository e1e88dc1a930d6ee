"""The journal's file: interaction logs that are not saved yet, in SQLite, of one living kernel."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from crmwidget import protocol
from crmwidget.client.journal._owner import Owner
from crmwidget.client.journal._sessions import Identity, place_of
from crmwidget.safety.private_files import (
    is_own_folder,
    own_files,
    own_folder,
    state_folder,
    touch_own,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crmwidget.protocol import InteractionLog

State = Literal["accepted", "started", "failed", "interrupted", "done"]

AGE: Final = 30 * 24 * 3600
"""Seconds after which an unhandled log is given up, with a warning."""
PATIENCE: Final = 0.25
"""Seconds that a commit may wait for another's; a file that is locked for longer is given up."""
SCANNED: Final = 1_000
"""Files of other sessions that are looked at, the newest ones."""

_ACCEPTED, _STARTED, _FAILED, _DONE = range(4)
_STATES: Final[dict[int, State]] = {
    _ACCEPTED: "accepted",
    _STARTED: "interrupted",  # by a kernel that is gone
    _FAILED: "failed",
}
_CODES: Final[dict[State, int]] = {
    "accepted": _ACCEPTED,
    "started": _STARTED,
    "interrupted": _STARTED,
    "failed": _FAILED,
    "done": _DONE,
}
_SUFFIXES: Final = ("", "-wal", "-shm", ".abandoned", ".lock")
"""Of the files that belong to one journal."""


class Row(NamedTuple):
    """One log as it is kept."""

    log: InteractionLog
    connector: str
    received: datetime
    state: State
    error: str | None

    @property
    def key(self) -> str:
        """Its idempotency key."""
        return self.log.key or ""


class Left(NamedTuple):
    """What an earlier kernel left in a file."""

    rows: list[Row]
    """What is not done, in the order in which it came."""
    unreadable: int
    """How many more cannot be read."""
    done: set[str]
    """Keys of what was handled: a page may yet send it once more."""


class OwnedElsewhereError(Exception):
    """A kernel that lives has this file."""


class JournalFile:
    """Two connections: FULL where losing a commit loses a call, else NORMAL.

    Raises OwnedElsewhereError, and OSError or sqlite3.Error where no file can be had.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._signs = (path.with_name(f"{path.name}.abandoned"), _sign_elsewhere(path))
        own_folder(path.parent)
        own_files(path)
        owner = Owner.of(path)
        if owner is None:
            raise OwnedElsewhereError
        self._owner = owner
        self._open: list[sqlite3.Connection] = []
        try:
            touch_own(path)
            self._db = self._connect("FULL")
            self._marks = self._connect("NORMAL")
            self._db.execute(
                "CREATE TABLE IF NOT EXISTS logs(key TEXT PRIMARY KEY, connector TEXT, "
                "received REAL, action TEXT, data TEXT, state INTEGER, error TEXT)"
            )
        except BaseException:
            self.close()
            raise

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        self._open.append(db)
        db.execute(f"PRAGMA busy_timeout={int(PATIENCE * 1000)}")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(f"PRAGMA synchronous={synchronous}")
        db.execute("PRAGMA secure_delete=ON")
        return db

    def put(self, rows: Sequence[Row]) -> bool:
        """Commit logs as they stand; one that is done stays so. True: they are on disk."""
        with self._transaction(self._db) as db:
            db.executemany(
                "INSERT INTO logs VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(key) DO UPDATE "
                "SET data=excluded.data, state=excluded.state, error=excluded.error WHERE state<>?",
                [(*_values(row), _DONE) for row in rows],
            )
        return True

    def mark(self, key: str, state: State, error: str | None = None) -> None:
        """What has become of a log; one that is done stays so.

        Then its payload is overwritten; the log that SQLite keeps beside the file still has it.
        """
        if state == "done":
            self._marks.execute(
                "UPDATE logs SET state=?, data=NULL, error=NULL WHERE key=?", (_DONE, key)
            )
            return
        self._marks.execute(
            "UPDATE logs SET state=?, error=? WHERE key=? AND state<>?",
            (_CODES[state], _written(error), key, _DONE),
        )

    def done(self, key: str) -> None:
        """It is saved."""
        self.mark(key, "done")

    def wipe(self) -> bool:
        """Empty that log; False: somebody reads it, and it is to be tried again."""
        busy, *_ = self._marks.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy

    def abandon(self) -> bool:
        """What happens from now on is not noted here: leave a sign of that, without a byte.

        Beside the file, or else where this machine keeps what is temporary; False: nowhere.
        """
        for sign in self._signs:
            with contextlib.suppress(OSError):  # also where others have put a link in its place
                touch_own(sign)
                return True
        return False

    def left(self) -> Left:
        """What is not done, in the order in which it came; keys of long ago are forgotten."""
        signs = [sign for sign in self._signs if _is_ours(sign)]
        if signs:  # what was accepted then may have been begun, or even done
            self._db.execute("UPDATE logs SET state=? WHERE state=?", (_STARTED, _ACCEPTED))
            for sign in signs:
                sign.unlink()
        self._marks.execute(
            "DELETE FROM logs WHERE received<? AND (state NOT IN (?, ?, ?) OR data IS NULL)",
            (time.time() - AGE, _ACCEPTED, _STARTED, _FAILED),
        )
        values = self._db.execute(
            "SELECT key, connector, received, action, data, state, error FROM logs "
            "WHERE state IS NOT ? ORDER BY rowid",
            (_DONE,),
        ).fetchall()
        rows = [_row(each) for each in values]
        read = [row for row in rows if row is not None]
        done = self._db.execute("SELECT key FROM logs WHERE state=?", (_DONE,)).fetchall()
        return Left(read, len(rows) - len(read), {key for (key,) in done})

    def close(self) -> None:
        """Let go of it; another kernel may have it."""
        for db in self._open:
            with contextlib.suppress(sqlite3.Error):
                db.close()
        self._owner.release()

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


def _sign_elsewhere(path: Path) -> Path:
    """For a folder that takes no sign itself: it is full, or may only be read."""
    text = os.fsencode(path.absolute())
    name = f"crmwidget-{hashlib.sha256(text).hexdigest()[:32]}.abandoned"
    return Path(tempfile.gettempdir()) / name


def _is_ours(sign: Path) -> bool:
    """Whether it is there, and not somebody else's: all may write where it is temporary."""
    try:
        found = sign.lstat()
    except OSError:
        return False
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def _values(row: Row) -> tuple[object, ...]:
    data = json.dumps(row.log.raw, separators=(",", ":"))
    at, state = row.received.timestamp(), _CODES[row.state]
    return row.key, row.connector, at, row.log.action, data, state, _written(row.error)


def _written(error: str | None) -> str | None:
    """SQLite takes no half of a pair of surrogates."""
    return None if error is None else error.encode("utf-8", "replace").decode()


def _row(values: tuple[Any, ...]) -> Row | None:
    """None: damaged, or written by another program."""
    key, connector, received, action, data, state, error = values
    try:
        at = datetime.fromtimestamp(received, UTC)
        log = protocol.parse(action, json.loads(data), at=at, key=key)
        if not isinstance(log, protocol.InteractionLog):
            return None
        return Row(log, str(connector), at, _STATES[state], error)
    except Exception:  # noqa: BLE001 - whatever is in it, it keeps no phone from being made
        return None


# ---------------------------------------------------------------- the files of all sessions
class Orphan(NamedTuple):
    """A journal that no kernel has."""

    path: Path
    place: str | None
    """Where its session was last seen."""
    logs: int
    """How many are in it that are not saved."""


def default_path(identity: Identity, name: str, connector: str) -> Path:
    """Where the logs of one phone and connector are kept."""
    return state_folder() / f"{identity.key}-{_of_phone(name, connector)}.sqlite"


def orphans(own: Path, name: str, connector: str) -> list[Orphan]:
    """What other sessions left of this phone and connector, and no kernel that lives has."""
    found = []
    for path in _others(own, f"*-{_of_phone(name, connector)}.sqlite"):
        with contextlib.suppress(OSError, sqlite3.Error):
            if (logs := _kept(path)) and not Owner.lives(path):
                key = path.name.partition("-")[0]
                found.append(Orphan(path, place_of(key), logs))
    return found


def give_up_old(own: Path) -> int:
    """Delete the journals that no kernel has had for 30 days; how many logs were in them."""
    lost = 0
    for path in _others(own, "*.sqlite"):
        with contextlib.suppress(OSError, sqlite3.Error):
            if _touched(path) > time.time() - AGE or (owner := Owner.of(path)) is None:
                continue
            try:
                lost += _kept(path)
                remove(path)
            finally:
                owner.release()
    return lost


def remove(path: Path) -> None:
    """Delete a journal and what belongs to it."""
    for suffix in _SUFFIXES:
        with contextlib.suppress(OSError):
            path.with_name(path.name + suffix).unlink(missing_ok=True)


def _of_phone(name: str, connector: str) -> str:
    text = f"{name}#{connector}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:16]


def _others(own: Path, pattern: str) -> Iterable[Path]:
    if not is_own_folder(state_folder()):
        return []
    paths = [p for p in state_folder().glob(pattern) if p != own and "-" in p.name]
    return sorted(paths, key=_touched, reverse=True)[:SCANNED]


def _touched(path: Path) -> float:
    """When it was written last."""
    return max(
        (
            file.stat().st_mtime
            for file in (path, path.with_name(f"{path.name}-wal"))
            if file.exists()
        ),
        default=0.0,
    )


def _kept(path: Path) -> int:
    own_files(path)
    with contextlib.closing(sqlite3.connect(path, timeout=PATIENCE)) as db:
        (count,) = db.execute(
            "SELECT COUNT(*) FROM logs WHERE state<>? AND data IS NOT NULL", (_DONE,)
        ).fetchone()
        return int(count)
