"""Owner: the one living process that has a file, or the part of it that has.

SQLite's own lock, on a file beside it: it is had on every system that has the journal, it is
let go of by a process that is killed, and no child inherits it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from typing import TYPE_CHECKING

from crmwidget.safety.private_files import own_files, own_folder

if TYPE_CHECKING:
    from pathlib import Path


class Owner:
    """Holds a lock until `release` or the end of this process."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    @classmethod
    def of(cls, path: Path) -> Owner | None:
        """Have the lock of this name; None: somebody who lives has it.

        Raises OSError or sqlite3.Error where no lock can be had at all, also because other users
        can write its folder.
        """
        own_folder(path.parent)
        lock = path.with_name(f"{path.name}.lock")
        own_files(lock)
        with contextlib.suppress(FileExistsError):
            # Only a file that is new: to close one that this process has locked lets go of it.
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode=MEMORY")
            db.execute("BEGIN EXCLUSIVE")
        except BaseException as error:
            db.close()
            if isinstance(error, sqlite3.OperationalError) and _busy(error):
                return None
            raise
        return cls(db)

    @classmethod
    def lives(cls, path: Path) -> bool:
        """Whether somebody has it."""
        if not path.with_name(f"{path.name}.lock").exists():
            return False
        with contextlib.suppress(OSError, sqlite3.Error):
            owner = cls.of(path)
            if owner is not None:
                owner.release()
            return owner is None
        return False

    def release(self) -> None:
        """Let somebody else have it."""
        with contextlib.suppress(sqlite3.Error):
            self._db.close()


def _busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
