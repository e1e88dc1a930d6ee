"""Source: where a directory's contacts come from, a table in memory or Contacts.

A table is never turned into contacts as a whole: what a lookup, the wire or
a search needs is read column by column, a chunk at a time. Lazy frames are
in _lazy.py, which makes a table of what it has fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Protocol

from crmwidget import phones
from crmwidget.directory._cells import (
    Part,
    address,
    contains,
    has_digits,
    is_link,
    joined,
    labelled,
)
from crmwidget.directory._columnwise import numbers_of, pieces_of
from crmwidget.directory._contacts import Contact, Phone, id_in
from crmwidget.directory._index import Addresses, Index
from crmwidget.directory._numbers import (
    SEVERAL,
    Numeric,
    Precision,
    Written,
    are_shortened,
    is_ordinary,
    read,
    restored,
    texts_in,
    written,
)
from crmwidget.directory._wire import LARGEST_SAFE, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crmwidget.directory._columns import NumberColumn, Plan
    from crmwidget.directory._wire import Listed, Piece
    from crmwidget.tables import Table

__all__ = ["Contacts", "Held", "Rows", "Survey"]

_CHUNK: Final = 10_000
_FULL_LENGTH: Final = 7
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w.-]*\w")


@dataclass(slots=True)
class Survey:
    """What a look at every row has shown; rows count from 1."""

    numbers: int = 0
    without_country: int = 0
    lost: dict[str, list[int]] = field(default_factory=dict)
    """Rows of numbers shortened like 4.42E+11, by column."""
    unread: dict[str, list[int]] = field(default_factory=dict)
    """Rows in which something else than a number or a word stands, by column."""
    several: dict[str, list[int]] = field(default_factory=dict)
    """Rows with several numbers that cannot be told apart, by column."""
    rounded_ids: dict[str, list[int]] = field(default_factory=dict)
    """Rows whose id came as a float that cannot hold it, by column."""
    numeric: dict[str, Numeric] = field(default_factory=dict)
    """Columns that were read as numbers."""
    without_id: int = 0
    repeated_ids: list[int] = field(default_factory=list)
    """Rows whose id an earlier row has."""

    def see_id(self, row: int, value: str | int | None, seen: set[str | int]) -> None:
        if value is None:
            self.without_id += 1
        elif value in seen:
            self.repeated_ids.append(row + 1)
        else:
            seen.add(value)

    def see_fault(self, column: str, row: int, fault: phones.Fault | None) -> None:
        """`row` counts from 0."""
        if fault is not None:
            by_fault = {"lost": self.lost, "several": self.several, "other": self.unread}
            rows = by_fault[fault].setdefault(column, [])
            if rows[-1:] != [row + 1]:
                rows.append(row + 1)

    def see_number(self, text: str) -> None:
        self.numbers += 1
        international = text.lstrip(" (").startswith(("+", "\uff0b"))
        if not international and len(phones.digits(text)) >= _FULL_LENGTH:
            self.without_country += 1


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of a column of numbers from all its cells."""

    precision: Precision
    numeric: Numeric | None
    """Where it was read as numbers."""

    @classmethod
    def of(
        cls, cells: list[object], region: str | None, *, text: bool = False, rounded: bool = False
    ) -> Judged:
        """`text`: all cells are text; `rounded`: they are floats of 32 bits."""
        precision = Precision.of(cells, rounded=rounded)
        if text:
            cells = [cell for cell in cells if cell is not None and _may_be_numeric(cell)]  # type: ignore[arg-type]
        found = (written(cell, region, precision) for cell in cells)
        texts = [one.text for numbers in found for one in numbers if one.numeric]
        return cls(precision, Numeric.of(texts, region) if texts else None)

    def mended(self, one: Written, region: str | None) -> str:
        """A number of the column, with the + that it has lost."""
        if not one.numeric or self.numeric is None or not self.numeric.international:
            return one.text
        return restored(one.text, region)


class Held(Protocol):
    """Contacts that are in memory, by their row."""

    def __len__(self) -> int: ...

    def contact(self, row: int) -> Contact: ...

    def contacts(self) -> Iterator[Contact]: ...

    def contacts_at(self, rows: Sequence[int]) -> Iterator[Contact]:
        """The contacts of these rows: for many, faster than one by one."""
        ...

    def phones(self, row: int) -> tuple[Phone, ...]: ...

    def emailed(self, address: str) -> Iterable[int]:
        """The rows with this e-mail address, which is casefolded."""
        ...

    def index(self) -> Index:
        """Made of every number, its lost + not restored."""
        ...

    def pieces(self) -> Iterator[Piece]:
        """What goes on the wire, without making a Contact of each row."""
        ...

    def matching(self, text: str, digits: str) -> Iterator[int]:
        """Rows with `text`, casefolded, in any column, or `digits` in a number."""
        ...

    def ids(self) -> Iterator[str | int | None]: ...

    def survey(self) -> Survey: ...

    def placed(self, region: str | None) -> Held:
        """The same contacts under another region."""
        ...


class Rows:
    """A table's rows as contacts."""

    def __init__(
        self,
        table: Table,
        plan: Plan,
        region: str | None,
        *,
        numbered: bool,
        judged: Mapping[str, Judged] | None = None,
    ) -> None:
        """`numbered`: rows without a column of ids are numbered from 1.

        `judged`: what is known of the columns of numbers; None: judged by these rows.
        """
        self.table = table
        self.plan = plan
        self.numbered = numbered and plan.id is None
        self._region = region
        self._given = judged
        self._known: dict[str, Judged] = {}
        self._shortened: dict[str, bool] = {}
        self._addresses: list[Addresses] = []

    def __len__(self) -> int:
        return len(self.table)

    def contact(self, row: int) -> Contact:
        return next(self._made(self._cells(self.table.names, row)))

    def contacts(self) -> Iterator[Contact]:
        for part in self.parts(self.table.names):
            yield from self._made(part)

    def contacts_at(self, rows: Sequence[int]) -> Iterator[Contact]:
        columns = {name: self.table.at(name, rows) for name in self.table.names}
        made = self._made(Part(0, len(rows), columns))
        for row, contact in zip(rows, made, strict=True):
            yield replace(contact, id=row + 1) if self.numbered else contact

    def phones(self, row: int) -> tuple[Phone, ...]:
        names = [name for column in self.plan.numbers for name in column.columns]
        return self._phones(self._cells(names, row))[0]

    def emailed(self, address: str) -> Iterator[int]:
        if not self._addresses:
            parts = self.parts(self.plan.emails)
            every = ((row, one) for part in parts for row, one in self._addressed(part))
            self._addresses.append(Addresses(every))
        for row in sorted(set(self._addresses[0].same(address))):
            part = self._cells(self.plan.emails, row)
            if any(one == address for _, one in self._addressed(part)):
                yield row

    def _addressed(self, part: Part) -> Iterator[tuple[int, str]]:
        for name in self.plan.emails:
            for row, cell in enumerate(part.columns[name], part.start):
                yield from ((row, one) for one in addresses_in(cell))

    def index(self) -> Index:
        return Index(*numbers_of(self))

    def pieces(self) -> Iterator[Piece]:
        return pieces_of([self])

    def numbers_in(self, column: NumberColumn, rows: Sequence[int]) -> Iterator[tuple[int, str]]:
        """Row and text of every number of a column in these rows, which ascend."""
        wanted = iter(rows)
        row = next(wanted, None)
        for part in self.parts(column.columns, since=row or 0):
            if row is None:
                return
            cells, kinds = part.columns[column.name], self._kinds(column, part)
            while row is not None and row < part.start + part.count:
                if kinds[row - part.start] is not None:
                    yield from ((row, text) for text in texts_in(cells[row - part.start]))
                row = next(wanted, None)

    def listed(self, part: Part) -> Iterator[Listed]:
        """A part of the rows, as it goes on the wire."""
        return zip(
            self.ids_of(part), self.names_of(part), self.firsts_of(part), self.emails_of(part),
            strict=True,
        )  # fmt: skip

    def matching(self, text: str, digits: str) -> Iterator[int]:
        for part in self.parts(self.table.names):
            every = zip(self.names_of(part), *part.columns.values(), strict=True)
            numbers = self._phones(part) if digits else ((),) * part.count
            for row, (cells, own) in enumerate(zip(every, numbers, strict=True), part.start):
                if contains(cells, text) or has_digits(own, digits):
                    yield row

    def ids(self) -> Iterator[str | int | None]:
        for part in self.parts([self.plan.id] if self.plan.id else []):
            yield from self.ids_of(part)

    def placed(self, region: str | None) -> Rows:
        return Rows(self.table, self.plan, region, numbered=self.numbered)

    def survey(self) -> Survey:
        survey = Survey(numeric=self.numeric)
        seen: set[str | int] = set()
        if self.plan.id is not None:
            for row, value in enumerate(self.ids()):
                survey.see_id(row, value, seen)
            for part in self.parts([self.plan.id]):
                for row, cell in enumerate(part.columns[self.plan.id], part.start):
                    if isinstance(cell, float) and abs(cell) > LARGEST_SAFE:
                        survey.rounded_ids.setdefault(self.plan.id, []).append(row + 1)
        for column in self.plan.numbers:
            self._survey_numbers(column, survey)
        return survey

    def _survey_numbers(self, column: NumberColumn, survey: Survey) -> None:
        precision = self._judged(column.name).precision
        for part in self.parts(column.columns):
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for row, (cell, kind) in enumerate(cells, part.start):
                if kind is None:
                    continue
                found = read(cell, self._region, precision)
                for one in found.numbers:
                    survey.see_number(one.text)
                survey.see_fault(column.name, row, found.fault)
        numeric = self._judged(column.name).numeric
        if numeric is not None and numeric.international:
            # They were counted as written, but get their + back.
            mended = numeric.count * numeric.restored // numeric.looked_at
            survey.without_country -= min(mended, survey.without_country)

    @property
    def numeric(self) -> dict[str, Numeric]:
        """What was found out about the columns that were read as numbers."""
        found = ((name, judged.numeric) for name, judged in self.judged.items())
        return {name: numeric for name, numeric in found if numeric is not None}

    @property
    def judged(self) -> dict[str, Judged]:
        """What is known of the columns of numbers."""
        return {column.name: self._judged(column.name) for column in self.plan.numbers}

    def is_shortened(self, column: NumberColumn) -> bool:
        """Whether the numbers of a column lost their last digits."""
        name = column.name
        if self._given is not None or name in self._known:
            return self._judged(name).precision.shortened
        if name not in self._shortened:
            cells = (cell for part in self.parts([name]) for cell in part.columns[name])
            self._shortened[name] = are_shortened(cells)
        return self._shortened[name]

    def _judged(self, name: str) -> Judged:
        if self._given is not None:
            return self._given.get(name) or Judged(Precision(), None)
        if name not in self._known:
            self._known[name] = Judged.of(
                self.table.values(name),
                self._region,
                text=self.table.is_text(name),
                rounded=self.table.is_single(name),
            )
        return self._known[name]

    def _cells(self, names: Iterable[str], row: int) -> Part:
        return Part(row, 1, {name: [self.table.cell(name, row)] for name in names})

    def parts(
        self, names: Iterable[str], since: int = 0, until: int | None = None
    ) -> Iterator[Part]:
        """The rows, or some of them, a chunk at a time."""
        names = tuple(names)
        end = len(self) if until is None else until
        for start in range(since, end, _CHUNK):
            stop = min(start + _CHUNK, end)
            columns = {name: self.table.values(name, start, stop) for name in names}
            yield Part(start, stop - start, columns)

    def _made(self, part: Part) -> Iterator[Contact]:
        parts = zip(
            self.ids_of(part), self.names_of(part), self._phones(part), self.emails_of(part),
            strict=True,
        )  # fmt: skip
        for index, (own, name, numbers, email) in enumerate(parts):
            fields = {kept: part.columns[kept][index] for kept in self.plan.kept}
            url = part.columns[self.plan.url][index] if self.plan.url else None
            if self.plan.url and not is_link(url):
                fields[self.plan.url], url = url, None
            link = None if url is None else str(url)
            yield Contact(own, name, numbers, email, link, fields)

    def ids_of(self, part: Part) -> Sequence[str | int | None]:
        if self.plan.id is not None:
            return [id_in(value) for value in part.columns[self.plan.id]]
        if self.numbered:
            return range(part.start + 1, part.start + part.count + 1)
        return [None] * part.count

    def names_of(self, part: Part) -> list[str]:
        found = [""] * part.count
        for columns in self.plan.names:
            several = zip(*(part.columns[name] for name in columns), strict=True)
            for index, cells in enumerate(several):
                if not found[index]:
                    found[index] = joined(cells)
        return found

    def emails_of(self, part: Part) -> list[str | None]:
        found: list[str | None] = [None] * part.count
        for name in self.plan.emails:
            for index, cell in enumerate(part.columns[name]):
                if cell is not None and found[index] is None:
                    found[index] = address(cell)
        return found

    def firsts_of(self, part: Part, columns: Iterable[NumberColumn] = ()) -> list[str | None]:
        """The first number of each row, in all columns of numbers or in some."""
        found: list[str | None] = [None] * part.count
        for column in columns or self.plan.numbers:
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for index, (cell, kind) in enumerate(cells):
                if cell is not None and kind is not None and found[index] is None:
                    found[index] = self.first_in(column, cell)
        return found

    def first_in(self, column: NumberColumn, cell: object) -> str | None:
        """The first number of a cell."""
        if isinstance(cell, str) and is_ordinary(cell) and not self.is_shortened(column):
            return cell
        precision = self._judged(column.name).precision
        numbers = written(cell, self._region, precision)
        return next((self._mended(column, one) for one in numbers), None)

    def _phones(self, part: Part) -> list[tuple[Phone, ...]]:
        """All numbers of each row, one written twice only once."""
        found: list[dict[str, Phone]] = [{} for _ in range(part.count)]
        for column in self.plan.numbers:
            precision = self._judged(column.name).precision
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for numbers, (cell, kind) in zip(found, cells, strict=True):
                if cell is not None and kind is not None:
                    for one in written(cell, self._region, precision):
                        text = self._mended(column, one)
                        numbers.setdefault(text, Phone(text, kind))
        return [tuple(numbers.values()) for numbers in found]

    def _kinds(self, column: NumberColumn, part: Part) -> Sequence[str | None]:
        """The kind of the numbers in each row; None: a fax, a pager."""
        if column.label is None:
            return [column.kind] * part.count
        return [labelled(label, column.kind) for label in part.columns[column.label]]

    def _mended(self, column: NumberColumn, one: Written) -> str:
        return self._judged(column.name).mended(one, self._region)


class Contacts:
    """Contacts as they were given, with the numbers that their texts say."""

    def __init__(self, contacts: Iterable[Contact], region: str | None) -> None:
        self._given = tuple(contacts)
        self._region = region
        self._judged = _judged_by_kind(self._given, region)
        self._contacts = tuple(_repaired(one, self._judged, region) for one in self._given)
        self._addresses: list[Addresses] = []

    def __len__(self) -> int:
        return len(self._contacts)

    def contact(self, row: int) -> Contact:
        return self._contacts[row]

    def contacts(self) -> Iterator[Contact]:
        return iter(self._contacts)

    def contacts_at(self, rows: Sequence[int]) -> Iterator[Contact]:
        return (self._contacts[row] for row in rows)

    def phones(self, row: int) -> tuple[Phone, ...]:
        return self._contacts[row].phones

    def emailed(self, address: str) -> Iterator[int]:
        if not self._addresses:
            rows = enumerate(self._contacts)
            every = ((row, text) for row, one in rows for text in addresses_in(one.email))
            self._addresses.append(Addresses(every))
        for row in sorted(set(self._addresses[0].same(address))):
            if address in addresses_in(self._contacts[row].email):
                yield row

    def index(self) -> Index:
        numbers = ((row, one.number) for row, own in enumerate(self._given) for one in own.phones)
        return Index(numbers)

    def pieces(self) -> Iterator[Piece]:
        for start in range(0, len(self), _CHUNK):
            some = self._contacts[start : start + _CHUNK]
            yield encoded((one.id, one.name, one.phone, one.email) for one in some)

    def matching(self, text: str, digits: str) -> Iterator[int]:
        for row, one in enumerate(self._contacts):
            numbers = (phone.number for phone in one.phones)
            cells = (one.id, one.name, one.email, *numbers, *one.fields.values())
            if contains(cells, text) or has_digits(one.phones, digits):
                yield row

    def ids(self) -> Iterator[str | int | None]:
        return (one.id for one in self._contacts)

    def placed(self, region: str | None) -> Contacts:
        return Contacts(self._given, region)

    def survey(self) -> Survey:
        numeric = {kind: one.numeric for kind, one in self._judged.items() if one.numeric}
        survey, seen = Survey(numeric=numeric), set[str | int]()
        for row, contact in enumerate(self._contacts):
            survey.see_id(row, contact.id, seen)
            for phone in contact.phones:
                survey.see_number(phone.number)
            for phone in self._given[row].phones:
                precision = self._judged[phone.kind].precision
                fault = read(phone.number, self._region, precision).fault
                survey.see_fault(phone.kind, row, fault)
        return survey


def addresses_in(cell: object) -> list[str]:
    """The e-mail addresses of a cell, casefolded."""
    if isinstance(cell, list | tuple):
        return [address for one in cell for address in addresses_in(one)]
    if not isinstance(cell, str) or "@" not in cell:
        return []
    if _ADDRESS.fullmatch(cell) is not None:
        return [cell.casefold()]
    return [one for part in cell.split(SEVERAL) for one in phones.read(part).addresses]


def _judged_by_kind(contacts: Iterable[Contact], region: str | None) -> dict[str, Judged]:
    """Of contacts, the numbers of a kind are what a column is in a table."""
    texts: dict[str, list[object]] = {}
    for contact in contacts:
        for phone in contact.phones:
            texts.setdefault(phone.kind, []).append(phone.number)
    return {kind: Judged.of(some, region, text=True) for kind, some in texts.items()}


def _repaired(contact: Contact, judged: Mapping[str, Judged], region: str | None) -> Contact:
    """A contact with each number that its texts say; itself where they are as they should be."""
    numbers: dict[str, Phone] = {}
    for phone in contact.phones:
        known = judged[phone.kind]
        for one in written(phone.number, region, known.precision):
            text = known.mended(one, region)
            numbers.setdefault(text, Phone(text, phone.kind))
    found = tuple(numbers.values())
    return contact if found == contact.phones else replace(contact, phones=found)


def _may_be_numeric(text: str) -> bool:
    """A fast check: whether a text may be what became of a number that a program read as one."""
    return ".0" in text or "e" in text or "E" in text or "," in text
