"""Cell output: the notebook cell that made a widget, where its handlers' output belongs.

Handlers run on other threads, whose prints and tracebacks a notebook shows
nowhere unless they are routed. Outside IPython there is no cell and output
goes where Python sends it.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import warnings
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import CRMWidgetError
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

_HERE: Final = str(Path(__file__).parents[1]) + os.sep
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_within: ContextVar[CellOutput | None] = ContextVar("crmwidget_within", default=None)
"""The cell in which a handler's output lands; tasks and threads that it waits for inherit it."""


class CellOutput:
    """Of the cell that is running now."""

    def __init__(self) -> None:
        self._shell: Any = _shell()
        kernel = getattr(self._shell, "kernel", None)
        self._parent: Any = kernel.get_parent() if kernel is not None else None
        self.ended = threading.Event()
        """The cell is through: its `@phone.on_...` have run."""
        if self._parent and self._shell is not None:
            self._shell.events.register("post_run_cell", self._end)
        else:
            self.ended.set()
        self._cleared = False
        if self._parent:
            _keep_views(self._shell.display_pub)

    @property
    def id(self) -> str | None:
        """The notebook's id of this cell, where the frontend tells it (JupyterLab 4 does)."""
        metadata = (self._parent or {}).get("metadata") or {}
        found = metadata.get("cellId")
        return found if isinstance(found, str) else None

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """What this thread or task prints, displays and raises within lands in this cell."""
        within = _within.set(self)
        route = getattr(self._shell, "set_thread_parent", None)  # ipykernel 7
        token = route(self._parent) if route is not None and self._parent else None
        try:
            yield
        finally:
            if token is not None:
                self._shell.reset_thread_parent(token)
            _within.reset(within)

    def show_error(self, error: BaseException) -> None:
        """The user's part of the traceback, masked: a saved notebook keeps what is shown."""
        if self._shell is None:
            return
        with self.shown():
            lines = self._shell.InteractiveTB.structured_traceback(
                type(error), error, _users_part(error)
            )
            shown = [_masked(line) for part in lines for line in part.split("\n")]
            self._shell._showtraceback(  # noqa: SLF001 - the one place that prints a traceback of ours
                type(error), mask(str(error)), shown
            )

    @property
    def captured(self) -> bool:
        """An ipywidgets.Output takes what is written now: it alone is meant."""
        known = getattr(sys.modules.get("ipywidgets.widgets.widget"), "_instances", {})
        mine = self._parent.get("header", {}).get("msg_id")
        return any(getattr(each, "msg_id", None) == mine for each in list(known.values()))

    def keep(self) -> None:
        """Said once: a handler wanted to clear this cell's output, and the phone stands in it."""
        if not self._cleared:
            self._cleared = True
            self.say(
                "clear_output() in a handler does nothing: it would take the phone out of its "
                "cell. To show the newest only, print into an ipywidgets.Output and clear that."
            )

    def say(self, text: str) -> None:
        """A warning in the cell, for what is a mistake but no failure."""
        with self.shown():
            warnings.warn(mask(text), stacklevel=2)

    def show(self, value: object) -> None:
        """Display a value as if the cell had."""
        if self._shell is None:
            return
        from IPython.display import display as shown

        with self.shown():
            shown(value)  # type: ignore[no-untyped-call]

    def when_ended(self, call: Callable[[], None]) -> None:
        """Call once when the cell is through; at once when it is."""
        if self.ended.is_set():
            call()
            return

        def once(*_: object) -> None:
            self._shell.events.unregister("post_run_cell", once)
            call()

        self._shell.events.register("post_run_cell", once)

    def _end(self, *_: object) -> None:
        self._shell.events.unregister("post_run_cell", self._end)
        self.ended.set()


def within_handler() -> bool:
    """Whether a handler runs here, whose output lands in the cell of its widget."""
    return _within.get() is not None


def _keep_views(publisher: Any) -> None:
    """What handlers print lands where the phone is shown, so nothing of theirs may empty the cell.

    clear_output() clears all of a cell: the phone's own view would go, and where the frame cannot
    be moved the call with it.
    """
    clear = publisher.clear_output
    if getattr(clear, "keeps_views", False):
        return

    def clear_output(*args: Any, **more: Any) -> None:
        cell = _within.get()
        if cell is None or cell.captured:
            clear(*args, **more)
        else:
            cell.keep()

    clear_output.keeps_views = True  # type: ignore[attr-defined]
    publisher.clear_output = clear_output


def _users_part(error: BaseException) -> TracebackType | None:
    """The traceback from the user's function on; None: this package refused what that returned."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_code.co_filename.startswith(_HERE):
        found = found.tb_next
    return found if found or isinstance(error, CRMWidgetError) else error.__traceback__


def _masked(line: str) -> str:
    """A coloured line; where something is masked without its colours, which would hide it."""
    plain = _COLOUR.sub("", line)
    masked = mask(plain)
    return line if masked == plain else masked


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None
