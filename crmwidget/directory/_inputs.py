"""Opened: what a user gave as contacts, told apart and read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from crmwidget import tables
from crmwidget.directory._columns import ColumnNames, Plan, recognise
from crmwidget.directory._contacts import Contact, Match
from crmwidget.directory._lazy import Pushed
from crmwidget.directory._lookup import Source, Whole
from crmwidget.directory._paths import values_at
from crmwidget.directory._source import Contacts, Rows
from crmwidget.errors import DirectoryError

__all__ = ["Opened", "contacts_of", "opened"]

_T = TypeVar("_T")
_TAKES: Final = "Give a dataframe, a list of mappings, a mapping of columns, or a list of Contacts."


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """Contacts, and where they came from."""

    frame: object
    source: Source
    plan: Plan | None = None
    library: str | None = None


def opened(frame: object, region: str | None, columns: ColumnNames | None) -> Opened:
    """Read `frame`; raises DirectoryError where that cannot be done."""
    if isinstance(frame, str | os.PathLike):
        raise DirectoryError(
            "this is a text or a path, not a table. Read it first: pd.read_csv(path) "
            "or pl.read_csv(path)."
        )
    given = _listed(frame)
    if given and any(isinstance(one, Contact | Match) for one in given):
        return Opened(frame, Whole(Contacts(contacts_of(given), region), region))
    if given is None and tables.is_lazy(frame):
        lazy = _readable(tables.lazy, frame)
        plan = recognise(lazy.names, columns)
        return Opened(frame, Pushed(lazy, plan, region), plan, lazy.library)
    rows = None if given is None else [as_row(one) for one in given]
    table = _readable(tables.table, frame if rows is None else _with_nested(rows, columns))
    plan = recognise(table.names, columns)
    source = Whole(Rows(table, plan, region, numbered=True), region)
    return Opened(frame, source, plan, table.library)


def contacts_of(value: object) -> list[Contact]:
    """Everything a handler may return as contacts, as a list of them.

    Matches, a Match, a Contact, a mapping or pandas row, a frame, a Directory, or
    any number of these; None and what is empty is nobody. Columns are
    recognised as in Directory, but parts may be missing.

    Raises DirectoryError for anything else.
    """
    if value is None:
        return []
    if isinstance(value, Contact):
        return [value]
    if isinstance(value, Match):
        return [value.contact]
    row = as_row(value)
    if tables.is_table(value) or (isinstance(row, Mapping) and _is_columns(row)):
        return _read(value)
    if isinstance(row, Mapping):
        return _read([row]) if row else []
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [contact for one in value for contact in contacts_of(one)]
    raise DirectoryError(f"a {type(value).__name__} is no contact. {_TAKES}")


def _read(value: object) -> list[Contact]:
    table = _readable(tables.table, value)
    plan = recognise(table.names, strict=False)
    if not plan.read and len(table):
        names = ", ".join(map(repr, table.names[:30]))
        raise DirectoryError(f"nothing of a contact was recognised among {names}. {_TAKES}")
    return list(Rows(table, plan, None, numbered=False).contacts())


def _readable(read: Callable[[object], _T], value: object) -> _T:
    try:
        return read(value)
    except (TypeError, ValueError) as error:
        raise DirectoryError(f"no contacts can be read from this: {error}. {_TAKES}") from error


def _listed(value: object) -> list[object] | None:
    """The items of what is a list of rows or contacts, None for a table or anything else."""
    if isinstance(value, Contact | Match):
        return [value]
    if tables.is_table(value) or isinstance(value, Mapping | bytes):
        return None
    return list(value) if isinstance(value, Iterable) else None


def as_row(value: object) -> object:
    """A row of any library, a namedtuple or a dataclass as a mapping; anything else as it is."""
    value = value if tables.is_table(value) else tables.row(value)
    if isinstance(value, Mapping) and isinstance(value.get("properties"), Mapping):
        # HubSpot's clients give what is asked for one level down.
        nested = {f"properties.{key}": one for key, one in value["properties"].items()}
        return {**{key: one for key, one in value.items() if key != "properties"}, **nested}
    return value


def _with_nested(rows: list[object], columns: ColumnNames | None) -> list[object]:
    """The rows with what columns= names within a cell, as in "phone.value", as a cell."""
    if not isinstance(columns, Mapping):
        return rows
    mappings = [row for row in rows if isinstance(row, Mapping)]
    for role, wanted in columns.items():
        several = [wanted] if isinstance(wanted, str) else wanted or ()
        for name in (one for one in several if isinstance(one, str) and "." in one):
            if any(name in row for row in mappings):
                continue
            values = [values_at(row, name) if isinstance(row, Mapping) else [] for row in rows]
            if any(values):
                rows = [
                    _with_cell(row, role, name, own) for row, own in zip(rows, values, strict=True)
                ]
    return rows


def _with_cell(row: object, role: str, name: str, values: list[object]) -> object:
    if not isinstance(row, Mapping):
        return row
    several = role == "phone" and len(values) > 1
    return {**row, name: values if several else next(iter(values), None)}


def _is_columns(row: Mapping[object, object]) -> bool:
    return bool(row) and all(
        isinstance(one, Iterable) and not isinstance(one, str | bytes | Mapping)
        for one in row.values()
    )
