"""Held: the interaction logs that are not saved yet, by their key, and what they take of memory.

Nothing of them is ever dropped, so their bound holds where a log comes in: one that finds no room
is refused, and agent and notebook are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crmwidget.safety.bounded import size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crmwidget.client.interactions import Entry

ROOM: Final = 128_000_000
"""Bytes of memory for logs that are not saved: tens of thousands of usual ones."""


class Held:
    """Called under the journal's lock."""

    def __init__(self) -> None:
        self._entries: dict[str, tuple[Entry, int]] = {}
        self._bytes = 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Hold these, whether there is room for them or not."""
        for entry in entries:
            self.drop(entry.key)
            size = size_of(entry.log.raw)
            self._entries[entry.key] = (entry, size)
            self._bytes += size

    def drop(self, key: str) -> bool:
        """Hold it no longer; whether it was held."""
        _, size = self._entries.pop(key, (None, None))
        self._bytes -= size or 0
        return size is not None

    def beyond(self, entries: Iterable[Entry]) -> list[Entry]:
        """Which of these do not fit beside what is held and the others that do."""
        left, over = ROOM - self._bytes, []
        for entry in entries:
            size = size_of(entry.log.raw)
            if size > left:
                over.append(entry)
            else:
                left -= size
        return over

    def get(self, key: str) -> Entry | None:
        """The log with this key, while it is held."""
        entry, _ = self._entries.get(key, (None, 0))
        return entry

    def all(self) -> list[Entry]:
        """In the order in which they came."""
        return [entry for entry, _ in self._entries.values()]

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)
