"""Columnwise: what all rows of a table say, worked out a column at a time where that can be.

Nearly every cell is ordinary: text that goes on as it is. polars, where it is
installed, finds the others, and only these go through the functions that mend
one cell. Without polars, or for what it cannot hold, there is no result here,
and the rows are read one by one to the same bytes.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

from crmwidget import phones, tables
from crmwidget.directory._cells import Part, address, labelled
from crmwidget.directory._index import WIDTH
from crmwidget.directory._numbers import SEVERAL
from crmwidget.directory._wire import LARGEST_SAFE, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from crmwidget.directory._columns import NumberColumn
    from crmwidget.directory._source import Rows
    from crmwidget.directory._wire import Piece
    from crmwidget.tables import Vector

__all__ = ["numbers_of", "pieces_of"]

_CHUNK: Final = 50_000
_THREADS: Final = 4
_ORDINARY: Final = f"^(?-u:{phones.ORDINARY.pattern})$"


def pieces_of(several: Iterable[Rows]) -> Iterator[Piece]:
    """Rows as they go on the wire: the next batch of them is fetched while pieces are made."""
    count = min(_THREADS, os.cpu_count() or 1)
    chunks = (
        (rows, start, min(start + _CHUNK, len(rows)))
        for rows in several
        for start in range(0, len(rows), _CHUNK)
    )
    with ThreadPoolExecutor(count) as threads:
        begun = ((chunk, threads.submit(_piece, *chunk)) for chunk in chunks)
        under_way = deque(islice(begun, 2 * count))
        while under_way:
            chunk, future = under_way.popleft()
            piece = future.result()
            under_way.extend(islice(begun, 1))
            if piece is not None:
                yield piece
            else:
                yield from _read(*chunk)


def numbers_of(rows: Rows) -> tuple[Iterator[tuple[int, str]], array[int], array[int]]:
    """Row and text of the numbers to be read one by one; keys and rows of the others."""
    keys, ordinary, left = array("Q"), array("I"), []
    known = rows.table.vectors(column.name for column in rows.plan.numbers)
    for column in rows.plan.numbers:
        vector = known.get(column.name)
        if vector is None or not vector.is_text or column.label is not None:
            odd: Sequence[int] = range(len(rows))
        else:
            some, their, odd = vector.keys(_ORDINARY, phones.LONGEST, WIDTH)
            keys.extend(some)
            ordinary.extend(their)
        left.append(rows.numbers_in(column, odd))
    return chain.from_iterable(left), keys, ordinary


def _piece(rows: Rows, start: int, stop: int) -> Piece | None:
    # A piece at a time: where a library's text has to become polars' own, all threads do it.
    known = rows.table.vectors(rows.plan.read, start, stop)
    if not known:
        return None
    try:
        columns = _Some(rows, known, start, stop).columns()
    except UnicodeEncodeError:  # a lone surrogate, from a cell that was mended
        return None
    return None if columns is None else tables.records(columns, ("phone", "email"))


def _read(rows: Rows, start: int, stop: int) -> Iterator[Piece]:
    for part in rows.parts(rows.plan.read, start, stop):
        yield encoded(rows.listed(part))


class _Some:
    """Some of the rows."""

    def __init__(self, rows: Rows, known: dict[str, Vector], start: int, stop: int) -> None:
        self._rows = rows
        self._plan = rows.plan
        self._known = known
        self._start, self._stop = start, stop

    def columns(self) -> dict[str, Vector] | None:
        """What goes on the wire; None where a column cannot be a vector."""
        found = {}
        for name, make in (
            ("id", self._ids),
            ("name", self._names),
            ("phone", self._numbers),
            ("email", self._emails),
        ):
            vector = make()
            if vector is None:
                return None
            found[name] = vector
        return found

    def _texts(self, *names: str) -> list[Vector] | None:
        found = [self._known.get(name) for name in names]
        texts = [vector for vector in found if vector is not None and vector.is_text]
        return texts if len(texts) == len(names) else None

    def _ids(self) -> Vector | None:
        if self._plan.id is None:
            if self._rows.numbered:
                return tables.Vector.counting(self._start + 1, self._stop + 1)
            return self._nothing()
        found = self._known.get(self._plan.id)
        if found is not None and found.is_text:
            return found.filled()
        if found is not None and found.within(LARGEST_SAFE):
            return found
        ids = list(self._rows.ids_of(self._part([self._plan.id])))
        unsafe = [isinstance(own, int) and abs(own) > LARGEST_SAFE for own in ids]
        if any(unsafe):
            ids = [str(own) if wide else own for own, wide in zip(ids, unsafe, strict=True)]
        return tables.Vector.of(ids)

    def _names(self) -> Vector | None:
        found = []
        for group in self._plan.names:
            texts = self._texts(*group)
            if texts is None:
                return tables.Vector.of(self._rows.names_of(self._part(self._plan.read)))
            found.append(tables.joined(texts))
            if found[-1].is_complete:
                break
        return tables.first_of([*found, self._nothing("")])

    def _numbers(self) -> Vector | None:
        found = []
        for column in self._plan.numbers:
            vector = self._column(column)
            if vector is None:
                return None
            found.append(vector)
            if vector.is_complete:
                break
        return tables.first_of(found or [self._nothing()])

    def _column(self, column: NumberColumn) -> Vector | None:
        texts = self._texts(*column.columns)
        if texts is None or self._rows.is_shortened(column):
            return tables.Vector.of(self._rows.firsts_of(self._part(column.columns), [column]))
        vector = texts[0]
        if column.label is not None:
            vector = vector.without(texts[1], lambda label: labelled(label, column.kind) is None)
        return vector.mended(lambda text: self._rows.first_in(column, text), unlike=_ORDINARY)

    def _emails(self) -> Vector | None:
        found = []
        for name in self._plan.emails:
            texts = self._texts(name)
            if texts is None:
                return tables.Vector.of(self._rows.emails_of(self._part(self._plan.emails)))
            found.append(texts[0].mended(address, holding=(SEVERAL, *tables.BLANKS)).filled())
            if found[-1].is_complete:
                break
        return tables.first_of(found or [self._nothing()])

    def _part(self, names: Iterable[str]) -> Part:
        columns = {name: self._rows.table.values(name, self._start, self._stop) for name in names}
        return Part(self._start, self._stop - self._start, columns)

    def _nothing(self, text: str | None = None) -> Vector:
        return tables.Vector.repeated(text, self._stop - self._start)
