"""Identity: whose phone this is, so that a page and the next kernel find it again.

A phone belongs to a session: a notebook with its kernel, a script in its folder, a visitor of a
served app. A restarted kernel keeps its id, a renamed notebook does not keep its path, and a
notebook that is opened again keeps its path but has another kernel: a register in the user's
state folder knows which of them are one session. Visitors are in no register: what one leaves is
never given to another.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sqlite3
import sys
import time
import uuid
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmwidget.owner import Owner
from crmwidget.private import own_files, own_folder, touch_own

if TYPE_CHECKING:
    from collections.abc import Callable

FORGOTTEN: Final = 90 * 24 * 3600
"""Seconds after which a session that has not come back is forgotten."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One session."""

    key: str
    """Hexadecimal, without a meaning; a restarted kernel has the same."""
    place: str | None
    """Where a person would look for it: a notebook's path or a folder. None: a visitor's."""


def here() -> Identity:
    """The session that this call comes from."""
    if visitor := _visitor():
        return Identity(_digest(visitor), None)
    place = _notebook() or str(Path.cwd())
    kernel = _kernel()
    if (known := _found.get((kernel, place))) is None:
        known = _found[kernel, place] = _registered(kernel, place)
    return Identity(known, place)


def state_folder() -> Path:
    """Where what must outlive a kernel is kept: outside the notebook's folder."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "crmwidget"


def place_of(key: str) -> str | None:
    """Where the session with this key was last seen, as far as the register knows."""
    with contextlib.suppress(OSError, sqlite3.Error), contextlib.closing(_register()) as db:
        row = db.execute("SELECT place FROM sessions WHERE key=?", (key,)).fetchone()
        return row[0] if row else None
    return None


# ---------------------------------------------------------------- notebooks and scripts
_found: dict[tuple[str | None, str], str] = {}
"""The key of each place of this process: the first answer holds, whatever a register says later."""
_owned: dict[str, Owner] = {}
"""Kept while this process lives."""


def _kernel() -> str | None:
    """The id of the Jupyter kernel that this process is: a restart keeps it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    application = getattr(getattr(shell, "kernel", None), "parent", None)
    file = getattr(application, "connection_file", None)
    found = re.fullmatch(r"kernel-(.+)\.json", Path(file).name) if isinstance(file, str) else None
    return found[1] if found else None


def _notebook() -> str | None:
    """The path of the notebook, in the words of the server or editor that started its kernel."""
    if name := os.environ.get("JPY_SESSION_NAME"):
        return name
    main = sys.modules.get("__main__")
    if isinstance(name := getattr(main, "__vsc_ipynb_file__", None), str):
        return name
    context = _marimo()
    return getattr(context, "filename", None)


def _registered(kernel: str | None, place: str) -> str:
    """The key by which the register knows this kernel or, of earlier ones, this place."""
    try:
        with contextlib.closing(_register()) as db:
            db.execute("BEGIN IMMEDIATE")
            gone = "DELETE FROM sessions WHERE seen<? RETURNING key"
            for (old,) in db.execute(gone, (time.time() - FORGOTTEN,)).fetchall():
                (state_folder() / f"{old}.session.lock").unlink(missing_ok=True)
            key = _known(db, kernel, place) or uuid.uuid4().hex
            db.execute(
                "INSERT OR REPLACE INTO sessions VALUES(?, ?, ?, ?)",
                (key, kernel, place, time.time()),
            )
            db.execute("COMMIT")
    except (OSError, sqlite3.Error):
        return _digest(kernel or place)
    with contextlib.suppress(OSError, sqlite3.Error):  # without it two kernels may be taken for one
        if key not in _owned and (owner := Owner.of(state_folder() / f"{key}.session")):
            _owned[key] = owner
    return key


def _known(db: sqlite3.Connection, kernel: str | None, place: str) -> str | None:
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
        apart = kernel is not None and before is not None and "JPY_SESSION_NAME" in os.environ
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


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


# ---------------------------------------------------------------- visitors of served apps
def _visitor() -> str | None:
    """Which of several people this is, where one process or one notebook serves them all."""
    for host, find in _HOSTS.items():
        if host is None or host in sys.modules:
            with contextlib.suppress(Exception):  # that of a host, outside of a session
                if (session := find()) is not None:
                    return f"{host}#{session}"
    return None


def _voila() -> str | None:
    """Each page has a kernel of its own, all with one notebook."""
    served = os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")
    served = served or "VOILA_PREHEAT" in os.environ
    return (_kernel() or str(os.getpid())) if served else None


def _shiny() -> str | None:
    session = sys.modules["shiny"].session.get_current_session()
    return None if session is None else str(session.id)


def _solara() -> str | None:
    return str(sys.modules["solara"].get_kernel_id())


def _panel() -> str | None:
    document = sys.modules["panel"].state.curdoc
    context = getattr(document, "session_context", None)
    return None if context is None else str(context.id)


def _marimo_run() -> str | None:
    """Its editor has a process for each notebook, its apps one for all visitors."""
    context = _marimo()
    if context is None or sys.modules["marimo"].app_meta().mode != "run":
        return None
    return _id_of(context.stream)


def _marimo() -> Any:
    """The context of the marimo notebook that runs this thread."""
    context = sys.modules.get("marimo._runtime.context")
    with contextlib.suppress(Exception):
        return context.get_context() if context is not None else None
    return None


_HOSTS: Final[dict[str | None, Callable[[], str | None]]] = {
    None: _voila,
    "shiny": _shiny,
    "solara": _solara,
    "panel": _panel,
    "marimo": _marimo_run,
}
_ids: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()


def _id_of(session: object) -> str:
    """An id for a session that has none to show."""
    return _ids.setdefault(session, uuid.uuid4().hex)
