"""Identity: whose phone this is, so that a page and the next kernel find it again.

A phone belongs to a session: a notebook with its kernel, a script in its folder, a visitor of a
served app. Which kernels and paths are one session is in a register, see client/journal/_sessions.
Visitors are not in it: what one leaves is never given to another.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import uuid
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmwidget.client.journal._sessions import Identity, digest, registered

if TYPE_CHECKING:
    from collections.abc import Callable


def here() -> Identity:
    """The session that this call comes from."""
    if visitor := _visitor():
        return Identity(digest(visitor), None)
    place = _notebook() or str(Path.cwd())
    kernel = _kernel()
    if (known := _found.get((kernel, place))) is None:
        known = _found[kernel, place] = registered(
            kernel, place, named="JPY_SESSION_NAME" in os.environ
        )
    return Identity(known, place)


# ---------------------------------------------------------------- notebooks and scripts
_found: dict[tuple[str | None, str], str] = {}
"""The key of each place of this process: the first answer holds, whatever a register says later."""


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
