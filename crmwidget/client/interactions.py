"""Interactions: the interaction logs of this kernel in memory, and what has become of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, overload

from crmwidget.safety.bounded import Bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from crmwidget.client.journal._file import State
    from crmwidget.protocol import InteractionLog

MOST: Final = 10_000
"""So many logs are in `phone.interactions`, the newest ones ..."""
BYTES: Final = 64_000_000
"""... as long as they take no more memory than this."""


@dataclass(slots=True, eq=False)
class Entry:
    """One interaction log on its way to whoever saves it."""

    log: InteractionLog
    connector: str
    """The origin it came from, or "simulator"."""
    received: datetime
    state: State = "accepted"
    error: str | None = None
    """Masked; of the last failure."""
    returned: Any = None
    """What the handler returned."""
    running: bool = False
    """Its handler is at it: also where it is late by now."""
    wanted: bool = False
    """It is to be run again should that fail."""
    kept: bool = False
    """It is on disk: should this kernel die, another one knows of it."""
    places: list[tuple[str, int]] = field(default_factory=list)
    """Pages that keep it, and its number in each; a tab that was duplicated sends it, too."""

    @property
    def key(self) -> str:
        """The log's idempotency key: the same for every try, in every kernel."""
        return self.log.key or ""

    def __repr__(self) -> str:
        return f"<interaction log {self.key} {self.state}>"


class Interactions:
    """The interaction logs this kernel received, unredacted, with what their handler returned.

    The newest `MOST`, in no more than `BYTES` of memory; what is not saved yet is in the journal
    all the same.
    """

    def __init__(self) -> None:
        self._entries: Bounded[Entry] = Bounded(MOST, BYTES)

    def add(self, entry: Entry) -> None:
        """Note a received log; its state is filled in as it is handled."""
        self._entries.add(entry, entry.log.raw)

    @property
    def forgotten(self) -> int:
        """How many older ones were dropped."""
        return self._entries.forgotten

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[InteractionLog]:
        return (e.log for e in self._entries)

    @overload
    def __getitem__(self, index: int) -> InteractionLog: ...
    @overload
    def __getitem__(self, index: slice) -> list[InteractionLog]: ...
    def __getitem__(self, index: int | slice) -> InteractionLog | list[InteractionLog]:
        if isinstance(index, slice):
            return [e.log for e in self._entries[index]]
        return self._entries[index].log

    def __repr__(self) -> str:
        older = f", {self.forgotten} older ones forgotten" if self.forgotten else ""
        return f"<{len(self)} interaction logs{older}; .to_frame() shows them>"

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
            for e in self._entries
        ]
        return from_rows(rows, library=library)
