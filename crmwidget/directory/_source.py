"""Source: where a directory's contacts come from, a table or Contacts.

A table is never turned into contacts as a whole: what a lookup, the wire or
a search needs is read column by column, a chunk at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

from crmwidget import phones
from crmwidget.directory._contacts import Contact, Phone
from crmwidget.directory._numbers import Numeric, Written, is_lost, is_ordinary, restored, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from crmwidget.directory._columns import NumberColumn, Plan
    from crmwidget.tables import Table

__all__ = ["Contacts", "Listed", "Rows", "Source", "Survey"]

_CHUNK: Final = 10_000
_FULL_LENGTH: Final = 7
_REFUSED_KINDS: Final = ("fax", "pager", "telex")

Listed = tuple[str | int | None, str, str | None, str | None]
"""id, name, first number and e-mail address."""


@dataclass(slots=True)
class Survey:
    """What a look at every row has shown; rows count from 1."""

    numbers: int = 0
    without_country: int = 0
    lost: dict[str, list[int]] = field(default_factory=dict)
    """Rows of numbers shortened like 4.42E+11, by column."""
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

    def see_number(self, text: str) -> None:
        self.numbers += 1
        international = text.lstrip(" (").startswith(("+", "\uff0b"))
        if not international and len(phones.digits(text)) >= _FULL_LENGTH:
            self.without_country += 1


class Source(Protocol):
    """What a directory asks."""

    def __len__(self) -> int: ...

    def contact(self, row: int) -> Contact: ...

    def contacts(self) -> Iterator[Contact]: ...

    def phones(self, row: int) -> tuple[Phone, ...]: ...

    def numbers(self) -> Iterator[tuple[int, str]]:
        """Row and text of every number, its lost + not restored."""
        ...

    def listed(self) -> Iterator[Listed]:
        """What goes on the wire, without making a Contact of each row."""
        ...

    def matching(self, text: str, digits: str) -> Iterator[int]:
        """Rows with `text`, casefolded, in any column, or `digits` in a number."""
        ...

    def ids(self) -> Iterator[str | int | None]: ...

    def survey(self) -> Survey: ...

    def placed(self, region: str | None) -> Source:
        """The same contacts under another region."""
        ...


class Rows:
    """A table's rows as contacts."""

    def __init__(self, table: Table, plan: Plan, region: str | None, *, numbered: bool) -> None:
        """`numbered`: rows without a column of ids are numbered from 1."""
        self._table = table
        self._plan = plan
        self._region = region
        self._numbered = numbered and plan.id is None

    def __len__(self) -> int:
        return len(self._table)

    def contact(self, row: int) -> Contact:
        return next(self._made(self._cells(self._table.names, row)))

    def contacts(self) -> Iterator[Contact]:
        for part in self._parts(self._table.names):
            yield from self._made(part)

    def phones(self, row: int) -> tuple[Phone, ...]:
        names = [name for column in self._plan.numbers for name in column.columns]
        return self._phones(self._cells(names, row))[0]

    def numbers(self) -> Iterator[tuple[int, str]]:
        for column in self._plan.numbers:
            for part in self._parts(column.columns):
                cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
                for row, (cell, kind) in enumerate(cells, part.start):
                    if kind is not None:
                        yield from ((row, one.text) for one in written(cell))

    def listed(self) -> Iterator[Listed]:
        for part in self._parts(self._plan.read):
            yield from zip(
                self._ids(part), self._names(part), self._firsts(part), self._emails(part),
                strict=True,
            )  # fmt: skip

    def matching(self, text: str, digits: str) -> Iterator[int]:
        for part in self._parts(self._table.names):
            every = zip(self._names(part), *part.columns.values(), strict=True)
            numbers = self._phones(part) if digits else ((),) * part.count
            for row, (cells, own) in enumerate(zip(every, numbers, strict=True), part.start):
                if contains(cells, text) or has_digits(own, digits):
                    yield row

    def ids(self) -> Iterator[str | int | None]:
        for part in self._parts([self._plan.id] if self._plan.id else []):
            yield from self._ids(part)

    def placed(self, region: str | None) -> Rows:
        return Rows(self._table, self._plan, region, numbered=self._numbered)

    def survey(self) -> Survey:
        survey = Survey(numeric=dict(self._numeric))
        seen: set[str | int] = set()
        if self._plan.id is not None:
            for row, value in enumerate(self.ids()):
                survey.see_id(row, value, seen)
        for column in self._plan.numbers:
            self._survey_numbers(column, survey)
        return survey

    def _survey_numbers(self, column: NumberColumn, survey: Survey) -> None:
        for part in self._parts(column.columns):
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for row, (cell, kind) in enumerate(cells, part.start):
                if kind is None:
                    continue
                if is_lost(cell):
                    survey.lost.setdefault(column.name, []).append(row + 1)
                for one in written(cell):
                    survey.see_number(one.text)
        numeric = self._numeric.get(column.name)
        if numeric is not None and numeric.international:
            # They were counted as written, but get their + back.
            mended = numeric.count * numeric.restored // numeric.looked_at
            survey.without_country -= min(mended, survey.without_country)

    @cached_property
    def _numeric(self) -> dict[str, Numeric]:
        """What was found out about the columns that were read as numbers."""
        judged = {}
        for column in self._plan.numbers:
            if not self._table.is_text(column.name):
                values = self._table.values(column.name)
                texts = [one.text for cell in values for one in written(cell) if one.numeric]
                if texts:
                    judged[column.name] = Numeric.of(texts, self._region)
        return judged

    def _cells(self, names: Iterable[str], row: int) -> _Part:
        return _Part(row, 1, {name: [self._table.cell(name, row)] for name in names})

    def _parts(self, names: Iterable[str]) -> Iterator[_Part]:
        names = tuple(names)
        for start in range(0, len(self), _CHUNK):
            stop = min(start + _CHUNK, len(self))
            columns = {name: self._table.values(name, start, stop) for name in names}
            yield _Part(start, stop - start, columns)

    def _made(self, part: _Part) -> Iterator[Contact]:
        parts = zip(
            self._ids(part), self._names(part), self._phones(part), self._emails(part), strict=True
        )
        for index, (own, name, numbers, email) in enumerate(parts):
            fields = {kept: part.columns[kept][index] for kept in self._plan.kept}
            url = part.columns[self._plan.url][index] if self._plan.url else None
            if self._plan.url and not _is_link(url):
                fields[self._plan.url], url = url, None
            link = None if url is None else str(url)
            yield Contact(own, name, numbers, email, link, fields)

    def _ids(self, part: _Part) -> Sequence[str | int | None]:
        if self._plan.id is not None:
            return [_id(value) for value in part.columns[self._plan.id]]
        if self._numbered:
            return range(part.start + 1, part.start + part.count + 1)
        return [None] * part.count

    def _names(self, part: _Part) -> list[str]:
        found = [""] * part.count
        for columns in self._plan.names:
            several = zip(*(part.columns[name] for name in columns), strict=True)
            for index, cells in enumerate(several):
                if not found[index]:
                    found[index] = _joined(cells)
        return found

    def _emails(self, part: _Part) -> list[str | None]:
        found: list[str | None] = [None] * part.count
        for name in self._plan.emails:
            for index, cell in enumerate(part.columns[name]):
                if cell is not None and found[index] is None:
                    found[index] = _address(cell)
        return found

    def _firsts(self, part: _Part) -> list[str | None]:
        """The first number of each row."""
        found: list[str | None] = [None] * part.count
        for column in self._plan.numbers:
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for index, (cell, kind) in enumerate(cells):
                if cell is None or kind is None or found[index] is not None:
                    continue
                if isinstance(cell, str) and is_ordinary(cell):
                    found[index] = cell
                    continue
                found[index] = next((self._mended(column, one) for one in written(cell)), None)
        return found

    def _phones(self, part: _Part) -> list[tuple[Phone, ...]]:
        """All numbers of each row, one written twice only once."""
        found: list[dict[str, Phone]] = [{} for _ in range(part.count)]
        for column in self._plan.numbers:
            cells = zip(part.columns[column.name], self._kinds(column, part), strict=True)
            for numbers, (cell, kind) in zip(found, cells, strict=True):
                if cell is not None and kind is not None:
                    for one in written(cell):
                        text = self._mended(column, one)
                        numbers.setdefault(text, Phone(text, kind))
        return [tuple(numbers.values()) for numbers in found]

    def _kinds(self, column: NumberColumn, part: _Part) -> Sequence[str | None]:
        """The kind of the numbers in each row; None: a fax, a pager."""
        if column.label is None:
            return [column.kind] * part.count
        return [_labelled(label, column.kind) for label in part.columns[column.label]]

    def _mended(self, column: NumberColumn, one: Written) -> str:
        numeric = self._numeric.get(column.name) if one.numeric else None
        if numeric is None or not numeric.international:
            return one.text
        return restored(one.text, self._region)


@dataclass(frozen=True, slots=True, repr=False)
class _Part:
    """Some rows of a table, by column."""

    start: int
    count: int
    columns: Mapping[str, list[object]]


class Contacts:
    """Contacts as they were given."""

    def __init__(self, contacts: Iterable[Contact]) -> None:
        self._contacts = tuple(contacts)

    def __len__(self) -> int:
        return len(self._contacts)

    def contact(self, row: int) -> Contact:
        return self._contacts[row]

    def contacts(self) -> Iterator[Contact]:
        return iter(self._contacts)

    def phones(self, row: int) -> tuple[Phone, ...]:
        return self._contacts[row].phones

    def numbers(self) -> Iterator[tuple[int, str]]:
        for row, contact in enumerate(self._contacts):
            yield from ((row, phone.number) for phone in contact.phones)

    def listed(self) -> Iterator[Listed]:
        return ((one.id, one.name, one.phone, one.email) for one in self._contacts)

    def matching(self, text: str, digits: str) -> Iterator[int]:
        for row, one in enumerate(self._contacts):
            numbers = (phone.number for phone in one.phones)
            cells = (one.id, one.name, one.email, *numbers, *one.fields.values())
            if contains(cells, text) or has_digits(one.phones, digits):
                yield row

    def ids(self) -> Iterator[str | int | None]:
        return (one.id for one in self._contacts)

    def placed(self, region: str | None) -> Contacts:
        del region
        return self

    def survey(self) -> Survey:
        survey, seen = Survey(), set[str | int]()
        for row, contact in enumerate(self._contacts):
            survey.see_id(row, contact.id, seen)
            for phone in contact.phones:
                survey.see_number(phone.number)
        return survey


def contains(cells: Iterable[object], text: str) -> bool:
    """Whether `text`, casefolded, is in any of the cells."""
    return any(cell is not None and text in str(cell).casefold() for cell in cells)


def has_digits(numbers: Iterable[Phone], digits: str) -> bool:
    """Whether any number has these digits in a row."""
    return bool(digits) and any(digits in phones.digits(one.number) for one in numbers)


def _id(value: object) -> str | int | None:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or value.__class__ is int:
        return value
    return str(value)


def _joined(cells: Sequence[object]) -> str:
    parts = [text for cell in cells if cell is not None and (text := str(cell)).strip()]
    # A name in one piece is left exactly as it is.
    return parts[0] if len(parts) == 1 else " ".join(map(str.strip, parts))


def _address(cell: object) -> str | None:
    if isinstance(cell, str) and ":::" not in cell:
        return cell.strip() or None
    several = cell if isinstance(cell, list) else str(cell).split(":::")
    parts = (str(part).strip() for part in several if part is not None)
    return next((part for part in parts if part), None)


def _labelled(label: object, kind: str) -> str | None:
    # Google marks the preferred one: "* Mobile".
    said = "" if label is None else str(label).strip("* ").lower()
    return None if any(word in said for word in _REFUSED_KINDS) else said or kind


def _is_link(value: object) -> bool:
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))
