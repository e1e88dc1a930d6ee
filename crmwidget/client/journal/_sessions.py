"""Sessions: a register of whose phone was where, in the user's state folder.

A restarted kernel keeps its id, a renamed notebook does not keep its path, and a notebook that is
opened again keeps its path but has another kernel: the register knows which of them are one
session, and its key.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import time
import uuid
from dataclasses import dataclass
from typing import Final

from crmwidget.client.journal._owner import Owner
from crmwidget.safety.private_files import own_files, own_folder, state_folder, touch_own

FORGOTTEN: Final = 90 * 24 * 3600
"""Seconds after which a session that has not come back is forgotten."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One session."""

    key: str
    """Hexadecimal, without a meaning; a restarted kernel has the same."""
    place: str | None
    """Where a person would look for it: a notebook's path or a folder. None: a visitor's."""


_owned: dict[str, Owner] = {}
"""Kept while this process lives."""


def registered(kernel: str | None, place: str, *, named: bool) -> str:
    """The key by which the register knows this kernel or, of earlier ones, this place.

    kernel: Jupyter's id of it, which a restart keeps. named: this place is the kernel's own, as a
    notebook's path is; a folder is shared.
    """
    try:
        with contextlib.closing(_register()) as db:
            db.execute("BEGIN IMMEDIATE")
            gone = "DELETE FROM sessions WHERE seen<? RETURNING key"
            for (old,) in db.execute(gone, (time.time() - FORGOTTEN,)).fetchall():
                (state_folder() / f"{old}.session.lock").unlink(missing_ok=True)
            key = _known(db, kernel, place, named=named) or uuid.uuid4().hex
            db.execute(
                "INSERT OR REPLACE INTO sessions VALUES(?, ?, ?, ?)",
                (key, kernel, place, time.time()),
            )
            db.execute("COMMIT")
    except (OSError, sqlite3.Error):
        return digest(kernel or place)
    with contextlib.suppress(OSError, sqlite3.Error):  # without it two kernels may be taken for one
        if key not in _owned and (owner := Owner.of(state_folder() / f"{key}.session")):
            _owned[key] = owner
    return key


def place_of(key: str) -> str | None:
    """Where the session with this key was last seen, as far as the register knows."""
    with contextlib.suppress(OSError, sqlite3.Error), contextlib.closing(_register()) as db:
        row = db.execute("SELECT place FROM sessions WHERE key=?", (key,)).fetchone()
        return row[0] if row else None
    return None


def _known(db: sqlite3.Connection, kernel: str | None, place: str, *, named: bool) -> str | None:
    if kernel is not None:
        row = db.execute("SELECT key FROM sessions WHERE kernel=?", (kernel,)).fetchone()
        if row:
            return str(row[0])
    rows = db.execute(
        "SELECT key, kernel FROM sessions WHERE place=? ORDER BY seen DESC", (place,)
    ).fetchall()
    for key, before in rows:
        # Of two kernels that live, both in notebooks of one page, each is a session of its own:
        # the notebook that had this path was renamed. What has no path of its own shares a folder.
        apart = named and kernel is not None and before is not None
        if not apart or key in _owned or not Owner.lives(state_folder() / f"{key}.session"):
            return str(key)
    return None


def _register() -> sqlite3.Connection:
    folder = state_folder()
    own_folder(folder)
    path = folder / "sessions.sqlite"
    own_files(path)
    touch_own(path)
    db = sqlite3.connect(path, timeout=1, isolation_level=None)
    db.execute(
        "CREATE TABLE IF NOT EXISTS sessions"
        "(key TEXT PRIMARY KEY, kernel TEXT, place TEXT, seen REAL)"
    )
    return db


def digest(text: str) -> str:
    """A key for a session that no register knows."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
