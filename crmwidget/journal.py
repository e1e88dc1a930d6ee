"""Journal: what becomes of interaction logs. In memory, and it says so.

A log is accepted, started, then done or failed. What is not done can be tried
again with the same key or discarded. `Interactions` are the logs this kernel
has received, as the analyst's data.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from crmwidget.protocol import InteractionLog

State = Literal["accepted", "started", "done", "failed"]


@dataclass(slots=True, eq=False)
class Entry:
    """One interaction log on its way to whoever saves it."""

    log: InteractionLog
    connector: str
    """The origin it came from, or "simulator"."""
    received: datetime
    state: State = "accepted"
    error: str | None = None
    """Redacted; of the last failure."""
    returned: Any = None
    """What the handler returned."""

    @property
    def key(self) -> str:
        """The log's idempotency key: the same for every try."""
        return self.log.key or ""

    def __repr__(self) -> str:
        return f"<interaction log {self.key} {self.state}>"


class Journal:
    """The interaction logs that are not saved yet; kept in this kernel's memory only."""

    durable = False

    def __init__(
        self, again: Callable[[list[Entry]], None], given_up: Callable[[list[Entry]], None]
    ) -> None:
        self._again = again
        self._given_up = given_up
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}

    def accept(self, entry: Entry) -> bool:
        """Take a log; False when this key is known already."""
        with self._lock:
            if entry.key in self._entries:
                return False
            self._entries[entry.key] = entry
            return True

    def done(self, entry: Entry) -> None:
        """Saved: the journal forgets it."""
        entry.state = "done"
        with self._lock:
            self._entries.pop(entry.key, None)

    @property
    def pending(self) -> tuple[Entry, ...]:
        """Received, and nobody has begun to save them."""
        return self._in("accepted")

    @property
    def failed(self) -> tuple[Entry, ...]:
        """Their handler raised, or was late."""
        return self._in("failed")

    @property
    def interrupted(self) -> tuple[Entry, ...]:
        """Begun by a kernel that died; a journal in memory dies with it, so none here."""
        return ()

    def retry(self) -> int:
        """Run today's handler again for every failed log, with the same key; how many."""
        entries = list(self.failed)
        self._again(entries)
        return len(entries)

    def discard(self) -> int:
        """Give up every log that is pending or failed; how many."""
        with self._lock:
            gone = [e for e in self._entries.values() if e.state in ("accepted", "failed")]
            for entry in gone:
                del self._entries[entry.key]
        self._given_up(gone)
        return len(gone)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a kept log: key, state, received, connector, error."""
        from crmwidget.tables import from_rows

        rows = [
            {
                "key": e.key,
                "state": e.state,
                "received": e.received,
                "connector": e.connector,
                "error": e.error,
            }
            for e in self._all()
        ]
        return from_rows(rows, library=library)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __repr__(self) -> str:
        states = f"{len(self.pending)} pending, {len(self.failed)} failed"
        return f"<journal in memory (lost with the kernel): {states}>"

    def _all(self) -> list[Entry]:
        with self._lock:
            return list(self._entries.values())

    def _in(self, state: State) -> tuple[Entry, ...]:
        return tuple(e for e in self._all() if e.state == state)


class Interactions:
    """The interaction logs this kernel received, unredacted, with what their handler returned."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        """Note a received log; its state is filled in as it is handled."""
        self._entries.append(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[InteractionLog]:
        return (e.log for e in tuple(self._entries))

    @overload
    def __getitem__(self, index: int) -> InteractionLog: ...
    @overload
    def __getitem__(self, index: slice) -> list[InteractionLog]: ...
    def __getitem__(self, index: int | slice) -> InteractionLog | list[InteractionLog]:
        if isinstance(index, slice):
            return [e.log for e in self._entries[index]]
        return self._entries[index].log

    def __repr__(self) -> str:
        return f"<{len(self)} interaction logs; .to_frame() shows them>"

    def to_frame(self, library: str | None = None) -> Any:
        """One row a log: its flat fields, then `key`, `state`, `returned`, `error`. Unredacted."""
        from crmwidget.tables import from_rows

        rows = [
            {
                **e.log.to_dict(),
                "key": e.key,
                "state": e.state,
                "returned": None if e.returned is None else str(e.returned),
                "error": e.error,
            }
            for e in tuple(self._entries)
        ]
        return from_rows(rows, library=library)
