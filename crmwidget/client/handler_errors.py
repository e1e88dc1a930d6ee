"""Handler errors: what went wrong in a handler, kept so that it can be looked at and run again."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from crmwidget.errors import (
    AdapterError,
    AnswerError,
    CrmDataError,
    HandlerTimeoutError,
    MessageRefusedError,
)
from crmwidget.safety.bounded import size_of
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crmwidget.handlers import Handler
    from crmwidget.protocol import Message

_OURS = (CrmDataError, AnswerError, HandlerTimeoutError, MessageRefusedError, AdapterError)
"""Errors whose texts say names, classes and times, and nothing that a person has written."""
_SUBJECT = {
    "requestPerformInteractionScreenPop": "The screen pop",
    "requestSaveInteractionLog": "Saving the call log",
    "requestGetCrmDirectory": "The address book",
    "requestGetCRMDirectory": "The address book",
    "requestCrmData": "The CRM's settings",
    "requestCustomFieldsValues": "The custom fields",
    "requestOpenReports": "The reports",
    "requestNavigateToClickToDialResult": "Opening the record",
}
MOST: Final = 200
"""So many failures are kept, the newest ones ..."""
MESSAGES: Final = 50_000_000
"""... as long as the messages that they are about take no more; the last always keeps its own."""
WHOLE: Final = 20
"""So many of them, the newest ones, keep the variables of the handler for %debug ..."""
BYTES: Final = 50_000_000
"""... as long as these variables take no more than this; the last failure always keeps them."""
PRINTED: Final = 20
"""So many of one kind are printed in the cell: a notebook keeps what is in its cells for good."""


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """One entry of `phone.errors`."""

    message: Message | None
    """None: it was an observer of a trait, or what a person asked for in the panel."""
    name: str
    """The function's name, or who answered in words."""
    error: BaseException
    handler: Handler | None
    late: bool = False
    kept: bool = False
    """It was an interaction log: it waits in the journal."""
    about: str = ""
    """The action, or what else it was asked for, such as `phone.record`."""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    summary: str = field(init=False)
    """Class and masked message."""
    bare: str = field(init=False)
    """What failed and the error's class; its message only where it is ours, without data."""

    def __post_init__(self) -> None:
        # At once, where nothing is locked: the text of an error is code of whoever wrote its class.
        object.__setattr__(self, "summary", self.text_of(self.error))
        ours = isinstance(self.error, _OURS)
        raised = f"{self.name} raised {type(self.error).__name__}."
        object.__setattr__(self, "bare", _message(self.error) if ours else raised)
        if self.message is not None:
            object.__setattr__(self, "about", self.message.action)

    def rerun(self) -> Any:
        """Run the handler again with the same message, in the calling cell, so that %debug works.

        Returns what it returns: for a coroutine function something to await.
        Raises RuntimeError when no function of the user's had answered.
        """
        if self.handler is None or self.message is None:
            msg = f"{self.name} is not a function that can be run again."
            raise RuntimeError(msg) from self.error
        return self.handler(self.message)

    @property
    def for_agent(self) -> str:
        """What the agent is told; no detail of the program."""
        subject = _SUBJECT.get(self.about, f"The answer to {self.about}")
        what = "took too long" if self.late else "failed"
        if isinstance(self.error, MessageRefusedError):
            what = f"failed: {self.error.for_agent}"
        return f"{subject} {what}." + (" The log is kept." if self.kept else "")

    @staticmethod
    def text_of(error: BaseException) -> str:
        """An error in one masked line."""
        return f"{type(error).__name__}: {mask(_message(error))}"[:500]

    def to_wire(self) -> dict[str, Any]:
        """`show failed` of the wire, see ShownFailure in js/src/core/wire.ts."""
        return {
            "action": self.about,
            "handler": self.name,
            "error": self.summary,
            "late": self.late,
            "kept": self.kept,
        }

    def __repr__(self) -> str:
        again = "; .rerun() runs it again" if self.handler else ""
        name = self.name if " " in self.name else f"{self.name}()"
        return f"<{name} for {self.about}: {self.summary}{again}>"


class HandlerErrors(list[Failure]):
    """`phone.errors`: the newest failures, bounded, the newest last.

    A traceback holds every variable of the handler, such as all that a CRM has
    answered. So only the newest keep theirs; of an older one it is a note of
    the error, as text.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._messages: deque[int] = deque()
        """Bytes of the message of each failure that is kept."""
        self._whole: list[tuple[BaseException, int]] = []
        self._kinds: dict[tuple[int, str, str], tuple[int, Handler | None]] = {}
        """How many there were of each kind; a handler is held so that its id stays its own."""

    def append(self, failure: Failure) -> None:
        """Keep one more; not to be called under a lock, because variables are asked their size."""
        size = _size_of(failure.error)
        about = 0 if failure.message is None else size_of(failure.message.raw)
        with self._lock:
            super().append(failure)
            self._messages.append(about)
            while len(self._messages) > MOST or (
                len(self._messages) > 1 and sum(self._messages) > MESSAGES
            ):
                self._messages.popleft()
            del self[: -len(self._messages)]
            self._whole.append((failure.error, size))
            while len(self._whole) > WHOLE or (
                len(self._whole) > 1 and sum(size for _, size in self._whole) > BYTES
            ):
                error, _ = self._whole.pop(0)
                if all(error is not other for other, _ in self._whole):
                    _lighten(error)

    def repeats(self, failure: Failure) -> int:
        """Count one more of its kind; a handler that is registered anew begins at 1.

        A kind is one error's class, raised by one handler.
        """
        error = type(failure.error).__qualname__
        kind = (id(failure.handler), failure.name, error)
        with self._lock:
            count = self._kinds.pop(kind, (0, None))[0] + 1
            self._kinds[kind] = (count, failure.handler)
            if len(self._kinds) > MOST:
                del self._kinds[next(iter(self._kinds))]
        return count


def _size_of(error: BaseException) -> int:
    """Bytes of the variables that an error's traceback holds, without what is inside of them."""
    size = 0
    for one in _chain(error):
        for frame, _ in traceback.walk_tb(one.__traceback__):
            for value in list(frame.f_locals.values()):
                with contextlib.suppress(BaseException):  # a class of the user's
                    size += sys.getsizeof(value)
    return size


def _lighten(error: BaseException) -> None:
    """Let the variables go, and keep as text where it was raised."""
    for one in _chain(error):
        if one.__traceback__ is not None:
            text = "".join(traceback.format_tb(one.__traceback__))
            one.__traceback__ = None
            with contextlib.suppress(BaseException):  # a class of the user's
                one.add_note(f"Raised here; the variables are no longer kept:\n{text}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """An error, what caused it, what it was raised in, and what it groups."""
    left, seen = [error], set[int]()
    while left:
        one = left.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        grouped = one.exceptions if isinstance(one, BaseExceptionGroup) else ()
        left += [other for other in (one.__cause__, one.__context__, *grouped) if other is not None]


def advised(error: BaseException) -> BaseException:
    """The same error, with a note where its cause is known to mislead."""
    if "different event loop" in _message(error) or "different loop" in _message(error):
        error.add_note(
            "An object made in a cell (an httpx.AsyncClient, a lock) belongs to the cell's event "
            "loop; handlers run on another. Make it inside the handler, use the synchronous "
            "client, or try it out with `await phone.run(coroutine)`."
        )
    return error


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - the class of a user's exception may be broken, too
        return "(its message cannot be read)"
