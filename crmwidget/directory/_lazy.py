"""Lazy: contacts in a lazy frame, which is never read as a whole.

A lookup is one filter that the frame's engine runs: numbers whose last digits
are the caller's, however they are written. What it finds, a bounded number of
rows, is a table in memory, where the ladder decides as for any other. The
address book lists the first million contacts, lookups search them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Final

from crmwidget import phones, tables
from crmwidget.directory._columnwise import pieces_of
from crmwidget.directory._lookup import Near, digits_in
from crmwidget.directory._match_rules import asked
from crmwidget.directory._source import Rows, Survey
from crmwidget.errors import DirectoryError
from crmwidget.tables import Equals, Holds, Matches, Remainder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crmwidget.directory._columns import Plan
    from crmwidget.directory._contacts import Contact
    from crmwidget.directory._match_rules import Asked
    from crmwidget.directory._wire import Piece
    from crmwidget.tables import Lazy, Table

    Conditions = list[Matches | Remainder | Equals | Holds]

__all__ = ["CANDIDATES", "LISTED", "SAMPLE", "Pushed"]

LISTED: Final = 1_000_000
"""So many contacts, the first ones, are listed in the connector's address book."""
CANDIDATES: Final = 1_000
"""So many rows a lookup fetches at most."""
SAMPLE: Final = 10_000
"""So many rows, the first ones, are looked at for warnings."""

_ENDING: Final = 6
_LONGEST_ID: Final = 18
_LAST_DECIMAL: Final = 0x1FBF9
"""The last character that is a decimal digit: all scripts' digits are looked for."""
_KEYS: Final = ("0", "1", "2abc", "3def", "4ghi", "5jkl", "6mno", "7pqrs", "8tuv", "9wxyz")
# What is no part of a number stands between those of one cell, and before the number of a URI.
_BEFORE: Final = r"(?:^|[^0-9 ()+\-.])"
# Where the digits of a number do not stand in a row: before the rest of it, and written as %20.
_OUT_OF_ORDER: Final = "[pP][hH][oO][nN][eE]-[cC][oO][nN][tT][eE][xX][tT]|%[23][0-9a-fA-F]"
_TRUNK: Final = "(?:[0-9][^0-9]*)?(?:[0-9][^0-9]*)?"


@dataclass(slots=True)
class _Seen:
    """What was found out on the way, for all regions."""

    length: int | None = None
    cut: bool = False


class Pushed:
    """Contacts that an engine looks for."""

    pushed = True

    def __init__(
        self, lazy: Lazy, plan: Plan, region: str | None, *, seen: _Seen | None = None
    ) -> None:
        """Raises DirectoryError for a column of numbers that holds lists of them."""
        self._lazy = lazy
        self._plan = plan
        self._region = region
        self._seen = seen or _Seen()
        nested = next((one.name for one in plan.numbers if lazy.kind(one.name) == "nested"), None)
        if nested is not None:
            raise DirectoryError(
                f"{nested!r} holds lists or no text, and a lazy frame cannot be asked for the "
                "numbers in it. Make columns of text, leave it out with columns=, or collect the "
                "frame."
            )
        if lazy.thread is not None:
            len(self)  # while it may be asked

    def __len__(self) -> int:
        """Counted once, by the engine."""
        if self._seen.length is None:
            self._seen.length = self._lazy.count()
        return self._seen.length

    def contacts(self) -> Iterator[Contact]:
        if len(self) > LISTED:
            raise DirectoryError(
                f"these are {len(self):,} contacts in a lazy frame, too many to go through: "
                "ask find(), get() or search(), or collect the part that you need."
            )
        return self._rows(self._lazy.fetch(LISTED)).contacts()

    def near(self, numbers: Sequence[Asked]) -> Near:
        where = [condition for one in numbers for condition in self._ends(one)]
        # One more than are wanted says whether there are more.
        found = self._lazy.fetch(CANDIDATES + 1, where) if where else tables.table([])
        rows, cut = self._rows(found), len(found) > CANDIDATES
        self._seen.cut |= cut
        return Near(rows, rows.index(), self._region, cut=cut)

    def get(self, record_id: str) -> Contact | None:
        column = self._plan.id
        if column is None:
            return None
        whole = record_id.lstrip("-").isdecimal() and len(record_id) <= _LONGEST_ID
        if self._lazy.kind(column) not in {"whole", "float"}:
            where: Conditions = [Equals(column, record_id)]
        elif whole and str(int(record_id)) == record_id:
            where = [Equals(column, int(record_id))]
        else:
            return None
        return next(self._rows(self._lazy.fetch(1, where)).contacts(), None)

    def search(self, text: str, offset: int, limit: int) -> tuple[int, list[Contact]]:
        where = self._holding(text) if text else None
        count = self._lazy.count(where) if text else len(self)
        rows = self._rows(self._lazy.fetch(offset + limit, where))
        return count, [rows.contact(row) for row in range(offset, len(rows))]

    def pieces(self) -> Iterator[Piece]:
        # A limit that limits nothing costs more than the rest.
        limit = LISTED if len(self) > LISTED else None
        return pieces_of(map(self._rows, self._lazy.batches(limit, self._plan.read)))

    def survey(self) -> Survey:
        return self._sample.survey() if self._lazy.may_ask else Survey()

    def remarks(self) -> list[str]:
        said = []
        if len(self) > SAMPLE:
            said.append(f"only the first {SAMPLE:,} of {len(self):,} contacts were looked at")
        if len(self) > LISTED:
            said.append(
                f"the address book lists the first {LISTED:,} of {len(self):,} contacts; "
                "callers are looked for among all"
            )
        if self._plan.id is None:
            said.append(
                "no column of ids, and the rows of a lazy frame cannot be numbered: "
                'columns={"id": "..."}'
            )
        if not self._lazy.alone and self._lazy.library == "duckdb":
            said.append(
                "what your own connection alone can see, a temporary table, is read on it, and it "
                "refuses your cells while a caller is looked for: make it a table"
            )
        if self._lazy.thread is not None:
            said.append(
                f"this {self._lazy.library} table can be asked only in the thread that made its "
                "connection, and handlers run in others: no caller is found. Give a table in a "
                "file, or read it into memory first: directory=table.to_pandas()"
            )
        if self._seen.cut:
            said.append(
                f"more than {CANDIDATES:,} contacts have the last digits of a number that was "
                "looked for: not all were compared, so none was certain"
            )
        return said

    def placed(self, region: str | None) -> Pushed:
        return Pushed(self._lazy, self._plan, region, seen=self._seen)

    @cached_property
    def _sample(self) -> Rows:
        table = self._lazy.fetch(SAMPLE, names=self._plan.read)
        return Rows(table, self._plan, self._region, numbered=False)

    def _rows(self, table: Table) -> Rows:
        judged = self._sample.judged if len(table) else {}
        return Rows(table, self._plan, self._region, numbered=False, judged=judged)

    def _ends(self, one: Asked) -> Conditions:
        """Numbers that end as this one does; one that is shorter has to be it as a whole."""
        if one.address:
            return [
                Holds((name,), one.address)
                for name in self._plan.emails
                if self._lazy.kind(name) != "nested"
            ]
        endings = {one.digits[-_ENDING:], one.ending[-_ENDING:], (one.e164 or "")[-_ENDING:]}
        found: Conditions = []
        for ending in sorted(endings - {""}):
            short = len(ending) < _ENDING
            for column in self._plan.numbers:
                if self._lazy.kind(column.name) not in {"whole", "float"}:
                    trunk = one.e164 is not None
                    pattern = _pattern(ending, alone=short, trunk=trunk)
                    found.append(Matches(column.name, pattern))
                elif short:
                    found.append(Equals(column.name, int(ending)))
                else:
                    found.append(Remainder(column.name, 10**_ENDING, int(ending)))
        return found

    def _holding(self, text: str) -> Conditions:
        groups = [(name,) for name in self._lazy.names] + list(self._plan.names)
        found: Conditions = [
            Holds(group, text)
            for group in dict.fromkeys(groups)
            if all(self._lazy.kind(name) != "nested" for name in group)
        ]
        whole = {one.e164 for one in asked(text, self._region)} - {None}
        spelled = {digits_in(text), *(phones.national(number) for number in whole if number)}
        for digits in sorted(spelled - {""}):
            found += [Matches(column.name, _pattern(digits)) for column in self._plan.numbers]
        return found


def _pattern(digits: str, *, alone: bool = False, trunk: bool = False) -> str:
    """A regular expression for digits in a row, whatever is between them, or for no more digits.

    Letters stand for the keys they are on; zeros at the end may be left out, as in 3.1E9.
    trunk: what is dialled before a national number may come before it.
    It finds more than it should, never less.
    """
    each = _row(digits)
    if alone:
        each = f"{_BEFORE}[^0-9]*{_TRUNK if trunk else ''}{each}(?:[^0-9]|$)"
    kept = digits.rstrip("0")
    shortened = f"|[.,][0-9]*{_row(kept)}[eE]" if kept != digits else ""
    return f"{each}{shortened}|{_OUT_OF_ORDER}"


def _row(digits: str) -> str:
    return "[^0-9]*".join(f"[{_spelled()[int(digit)]}]" for digit in digits)


@cache
def _spelled() -> list[str]:
    """For each of the digits every character that stands for it."""
    found = [key + key[1:].upper() for key in _KEYS]
    for char in filter(str.isdecimal, map(chr, range(0x80, _LAST_DECIMAL + 1))):
        found[int(char)] += char
    return found
