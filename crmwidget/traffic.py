"""Traffic: the messages of a phone as data, bounded, redacted unless asked for otherwise."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from crmwidget.privacy import redact

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

LIMIT: Final = 10_000
"""Messages kept; older ones are forgotten and counted."""

Direction = Literal["received", "sent", "rejected"]


@dataclass(slots=True, eq=False)
class Entry:
    """One message; `data` is redacted, the untouched data stays inside the package."""

    number: int
    at: datetime
    direction: Direction
    action: str
    _data: Any
    re: int | None = None
    """`number` of the message that this one answers."""
    problems: tuple[str, ...] = ()
    """What was tolerated, or why it was refused."""
    answered_by: str | None = None
    """Who answered: the page's standing answer, a handler, the built-in answer."""
    milliseconds: float | None = None
    """From the arrival in the kernel to the end of its handler."""

    @property
    def data(self) -> Any:
        """What it said, redacted."""
        return redact(self._data)

    @property
    def untouched(self) -> Any:
        """What it said; for replay, and for who asks for it."""
        return self._data

    def __repr__(self) -> str:
        return f"<{self.number} {self.direction} {self.action}>"


class Traffic:
    """The last messages, oldest first: iterate, index, `.to_frame()`."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._count = 0

    def add(
        self,
        direction: Direction,
        action: str,
        data: object,
        *,
        at: datetime,
        re: int | None = None,
        problems: tuple[str, ...] = (),
    ) -> Entry:
        """Note a message; what is learned of it later is written into the entry."""
        self._count += 1
        entry = Entry(self._count, at, direction, action, data, re, problems)
        self._entries.append(entry)
        return entry

    @property
    def forgotten(self) -> int:
        """How many were dropped because of the bound."""
        return self._count - len(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._entries))

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        return list(self._entries)[index] if isinstance(index, slice) else self._entries[index]

    def __repr__(self) -> str:
        dropped = f", {self.forgotten} older ones forgotten" if self.forgotten else ""
        return f"<{len(self)} messages{dropped}; .to_frame() shows them>"

    def to_frame(self, library: str | None = None, *, redacted: bool = True) -> Any:
        """One row a message, newest last.

        Columns: number, at, direction, action, data (JSON text), re (the number that it
        answers), answered_by, milliseconds, problems. `library`: "pandas", "polars" or
        "pyarrow"; None: whichever is installed.
        `redacted=False` shows numbers, names and notes as they were.
        """
        from crmwidget.tables import from_rows

        return from_rows(
            [
                {
                    "number": e.number,
                    "at": e.at,
                    "direction": e.direction,
                    "action": e.action,
                    "data": _text(e.data if redacted else e.untouched),
                    "re": e.re,
                    "answered_by": e.answered_by,
                    "milliseconds": e.milliseconds,
                    "problems": "; ".join(e.problems),
                }
                for e in self
            ],
            library=library,
        )


def _text(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, default=str)
