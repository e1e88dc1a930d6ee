"""Output: where what handlers print, display and raise is shown; a notebook's cell, say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from contextlib import AbstractContextManager


class Output(Protocol):
    """One place, which a host of the client provides; see notebook/_cell_output.py."""

    ended: threading.Event
    """The code that made the phone is through: its `@phone.on_...` have run."""

    @property
    def id(self) -> str | None:
        """The host's name for it, as far as it has one."""

    def shown(self) -> AbstractContextManager[None]:
        """What this thread or task prints, displays and raises within lands there."""

    def show(self, value: object) -> None:
        """Display a value."""

    def show_error(self, error: BaseException) -> None:
        """The user's part of the traceback, masked."""

    def say(self, text: str) -> None:
        """A warning, for what is a mistake but no failure."""

    def when_ended(self, call: Callable[[], None]) -> None:
        """Call once when `ended` is set; at once when it is."""
