"""Lookup: who has a number, an id or a text, among contacts that are in memory.

Source is what a directory asks; Whole answers it from memory, Pushed (in
_lazy.py) by asking an engine first. Both let the same ladder decide.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final, Protocol

from crmwidget import phones
from crmwidget.directory._contacts import Contact, Match, Matches
from crmwidget.directory._match_rules import CERTAIN, ORDER, Asked, Step, asked, rule_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crmwidget.directory._contacts import Phone
    from crmwidget.directory._index import Index
    from crmwidget.directory._source import Held, Survey
    from crmwidget.directory._wire import Piece

    Climb = Callable[[Asked, Phone, str | None], Step | None]

__all__ = ["Near", "Source", "Whole", "digits_in"]

_MANY: Final = 1_000
"""From so many numbers on, what they may match is read at once."""
_NUMBER_LIKE: Final = re.compile(r"[+\d][\d\s()+\-./]{2,}")


class Source(Protocol):
    """What a directory asks of its contacts, wherever they are."""

    pushed: bool
    """Whether an engine looks for them, and only what it finds is fetched."""

    def __len__(self) -> int: ...

    def contacts(self) -> Iterator[Contact]: ...

    def near(self, numbers: Sequence[Asked]) -> Near:
        """All contacts that any rung of the ladder can find with these numbers, and others."""
        ...

    def get(self, record_id: str) -> Contact | None: ...

    def search(self, text: str, offset: int, limit: int) -> tuple[int, list[Contact]]: ...

    def pieces(self) -> Iterator[Piece]:
        """What goes on the wire."""
        ...

    def survey(self) -> Survey: ...

    def remarks(self) -> list[str]:
        """What is to be known of the way it is asked."""
        ...

    def placed(self, region: str | None) -> Source:
        """The same contacts under another region."""
        ...


class Seen(Protocol):
    """Contacts by their row, as the ladder looks at them."""

    def contact(self, row: int) -> Contact: ...

    def phones(self, row: int) -> tuple[Phone, ...]: ...

    def emailed(self, address: str) -> Iterable[int]:
        """The rows with this e-mail address, which is casefolded."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Near:
    """Contacts in memory, their index, and the region of numbers without a country code."""

    held: Seen
    index: Index
    region: str | None
    cut: bool = False
    """Whether there are more that are not here; then no match is certain."""

    def matches(self, numbers: Sequence[Asked]) -> Matches:
        """Everybody on the best rungs of the ladder, in order of certainty."""
        found = self.found(numbers, Asked.certain)
        if not found:
            possible = self.found(numbers, Asked.possible)
            best = min((step.rank for step in possible.values()), default=0)
            found = {row: step for row, step in possible.items() if step.rank == best}
        ranked = sorted(found.items(), key=lambda item: (item[1].rank, item[0]))
        return Matches(self._match(row, step) for row, step in ranked)

    def found(self, numbers: Iterable[Asked], climb: Climb) -> dict[int, Step]:
        """How well each row matches by the best of its numbers, of those that do."""
        found: dict[int, Step] = {}
        for one in numbers:
            if one.address:
                same = Step(ORDER.index("address"), "Same e-mail address.")
                found.update((row, same) for row in self.held.emailed(one.address))
            for row in _candidates(self.index, one):
                steps = (climb(one, phone, self.region) for phone in self.held.phones(row))
                for step in steps:
                    if step is not None and (row not in found or step.rank < found[row].rank):
                        found[row] = step
        return found

    def _match(self, row: int, step: Step) -> Match:
        rule = rule_of(step.rank)
        certain = rule in CERTAIN and not self.cut
        return Match(self.held.contact(row), rule, step.reason, certain=certain)


class _Few:
    """Some contacts, made at once."""

    def __init__(self, held: Held, rows: Sequence[int]) -> None:
        self._contacts = dict(zip(rows, held.contacts_at(rows), strict=True))
        self._held = held

    def contact(self, row: int) -> Contact:
        return self._contacts[row]

    def phones(self, row: int) -> tuple[Phone, ...]:
        return self._contacts[row].phones

    def emailed(self, address: str) -> Iterable[int]:
        return (row for row in self._held.emailed(address) if row in self._contacts)


class Whole:
    """Contacts that are all in memory; the index is made at the first lookup."""

    pushed = False

    def __init__(self, held: Held, region: str | None) -> None:
        self._held = held
        self._region = region
        self._lock = Lock()
        self._indexed: list[Index] = []

    def __len__(self) -> int:
        return len(self._held)

    def contacts(self) -> Iterator[Contact]:
        return self._held.contacts()

    def near(self, numbers: Sequence[Asked]) -> Near:
        with self._lock:
            if not self._indexed:
                self._indexed.append(self._held.index())
        index = self._indexed[0]
        if len(numbers) < _MANY:
            return Near(self._held, index, self._region)
        rows = sorted({row for one in numbers for row in self._rows_near(index, one)})
        return Near(_Few(self._held, rows), index, self._region)

    def get(self, record_id: str) -> Contact | None:
        ids = enumerate(self._held.ids())
        row = next((row for row, own in ids if own is not None and str(own) == record_id), None)
        return None if row is None else self._held.contact(row)

    def search(self, text: str, offset: int, limit: int) -> tuple[int, list[Contact]]:
        rows = self._rows_with(text) if text else range(len(self))
        return len(rows), [self._held.contact(row) for row in rows[offset : offset + limit]]

    def pieces(self) -> Iterator[Piece]:
        return self._held.pieces()

    def survey(self) -> Survey:
        return self._held.survey()

    def remarks(self) -> list[str]:
        return []

    def placed(self, region: str | None) -> Whole:
        other = Whole(self._held.placed(region), region)
        # The index knows digits alone, whatever the region.
        other._lock, other._indexed = self._lock, self._indexed
        return other

    def _rows_near(self, index: Index, one: Asked) -> Iterable[int]:
        return self._held.emailed(one.address) if one.address else _candidates(index, one)

    def _rows_with(self, text: str) -> list[int]:
        numbers = list(asked(text, self._region))
        same = self.near(numbers).found(numbers, Asked.certain)
        return sorted(set(same).union(self._held.matching(text.casefold(), digits_in(text))))


def _candidates(index: Index, one: Asked) -> set[int]:
    if one.address:
        return set()
    return {*index.same(one.digits), *index.ending(one.ending)}


def digits_in(text: str) -> str:
    """The digits of what looks like a number, or a part of one; empty for anything else."""
    return phones.digits(text) if _NUMBER_LIKE.fullmatch(text) else ""
