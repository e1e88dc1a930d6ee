"""Threads: an Ibis table whose connection belongs to one thread, made fit for any.

SQLite refuses a connection to all threads but the one that made it, and
handlers run in threads of their own. A database in files is opened a second
time; what only the first connection can see stays with its thread.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

__all__ = ["freed", "is_bound"]


def is_bound(expression: Any) -> bool:
    """Whether another thread than this one is refused an answer."""
    refused: list[Exception] = []

    def ask() -> None:
        try:
            expression.limit(0).to_pyarrow()
        except Exception as error:  # noqa: BLE001 - each engine has its own
            refused.append(error)

    thread = threading.Thread(target=ask, name="crmwidget-trial")
    thread.start()
    thread.join()
    return bool(refused) and _answers_here(expression)


def _answers_here(expression: Any) -> bool:
    try:
        expression.limit(0).to_pyarrow()
    except Exception:  # noqa: BLE001 - then the thread is not to blame
        return False
    return True


def freed(expression: Any) -> tuple[Any, Any] | None:
    """The expression on a connection of its own, and that connection; None where none sees it."""
    backend = expression.get_backend()
    if backend.name != "sqlite" or not (files := _files_of(expression, backend)):
        return None
    # Ibis has loaded it, with its own connection.
    connection = sys.modules["sqlite3"].connect(files.pop("main"), check_same_thread=False)
    own = type(backend).from_connection(connection)
    for name, file in files.items():
        own.attach(name, file)
    connection.execute("PRAGMA query_only = ON")
    moved = _moved(expression, backend, own)
    if is_bound(moved) or not _answers_here(moved):
        connection.close()
        return None
    return moved, connection


def _files_of(expression: Any, backend: Any) -> dict[str, str]:
    """The files of a SQLite connection by the name of their database; none: not all is in files."""
    found = {
        name: file
        for _, name, file in backend.con.execute("PRAGMA database_list").fetchall()
        if name != "temp"
    }
    temporary = {name for (name,) in backend.con.execute("SELECT name FROM sqlite_temp_master")}
    used = {getattr(node, "name", None) for node in expression.op().find(_reads(backend))}
    return found if all(found.values()) and not temporary & used else {}


def _reads(backend: Any) -> Any:
    return lambda node: getattr(node, "source", None) is backend


def _moved(expression: Any, backend: Any, own: Any) -> Any:
    """The same question to another connection."""

    def on_its_own(node: Any, changed: dict[str, Any] | None) -> Any:
        parts = changed or dict(zip(node.__argnames__, node.__args__, strict=True))
        if parts.get("source") is backend:
            parts = {**parts, "source": own}
        elif changed is None:
            return node
        return node.__recreate__(parts)

    return expression.op().replace(on_its_own).to_expr()
