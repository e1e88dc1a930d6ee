"""Calls: the caller numbers of an audit, out of whatever table or list holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from crmwidget import tables
from crmwidget.directory._inputs import as_row
from crmwidget.errors import DirectoryError

__all__ = ["Calls", "calls_of"]

# Best first; two columns of one line are a question for the user.
_RANKS: Final = (
    frozenset(
        {
            *("ani", "anivalues", "aninumber", "cli", "callerid", "caller", "callernumber"),
            *("callerphone", "callingnumber", "callingparty"),
        }
    ),
    frozenset({"from", "fromnumber", "fromphone", "originatingaddress", "sourcenumber"}),
    frozenset({"phone", "phonenumber", "number", "e164", "telephone", "customerphone"}),
    frozenset({"called", "callednumber", "calledparty", "to", "tonumber", "destination"}),
)
_SHOWN: Final = 30
_TAKES: Final = "Give a dataframe, a list of mappings, a mapping of columns, or a list of numbers."


@dataclass(frozen=True, slots=True, repr=False)
class Calls:
    """The number of each call, and the record that was right for it where that is known."""

    numbers: Sequence[object]
    right: Sequence[object] | None
    column: str | None
    """Where the numbers came from; None: they were a list."""


def calls_of(value: object, column: str | None, right: str | Sequence[object] | None) -> Calls:
    """The caller numbers in `value`; `right` is a column of it, or an id for each call.

    Raises DirectoryError where they cannot be told, with the columns there are.
    """
    if not tables.is_table(value) and callable(getattr(value, "to_frame", None)):
        value = value.to_frame()  # type: ignore[attr-defined]
    listed = _listed(value)
    if listed and any(map(_is_row, listed)):
        value, listed = [as_row(one) for one in listed], None
    if listed is not None:
        if column is not None or isinstance(right, str):
            raise DirectoryError(f"a list of numbers has no columns. {_TAKES}")
        return Calls([tables.plain(one) for one in listed], _as_many(right, len(listed)), None)
    try:
        table = tables.table(value)
    except (TypeError, ValueError) as error:
        raise DirectoryError(f"no calls can be read from this: {error}. {_TAKES}") from error
    name = _column(table.names, column)
    ids = _named(table.names, right, "contact_id") if isinstance(right, str) else None
    known = _as_many(right, len(table)) if ids is None else table.values(ids)
    return Calls([] if name is None else table.values(name), known, name)


def _listed(value: object) -> list[object] | None:
    """The numbers of what is a list of them, None for a table."""
    if tables.is_table(value) or isinstance(value, Mapping):
        return None
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise DirectoryError(f"a {type(value).__name__} holds no calls. {_TAKES}")
    listed = list(value)
    rows = sum(isinstance(one, Mapping) for one in listed)
    if rows and rows < len(listed):
        raise DirectoryError(
            f"some calls are mappings and {len(listed) - rows:,} are not. {_TAKES}"
        )
    return None if rows else listed


def _is_row(one: object) -> bool:
    """Whether this is a call with its columns, and no number or several of one call."""
    return as_row(one) is not one


def _column(names: Sequence[str], given: str | None) -> str | None:
    if given is not None:
        return _named(names, given, "column")
    for rank in _RANKS:
        found = [name for name in names if _key(name) in rank]
        if len(found) == 1:
            return found[0]
        if found:
            both = " and ".join(map(repr, found))
            raise DirectoryError(
                f"{both} could each be the caller's number. Say which it is: column={found[0]!r}."
            )
    if len(names) > 1:
        raise DirectoryError(
            f"no column of caller numbers was recognised among {_said(names)}. "
            'Say which it is: column="...".'
        )
    return next(iter(names), None)


def _named(names: Sequence[str], wanted: str, argument: str) -> str:
    if wanted not in names:
        raise DirectoryError(
            f"{argument}= names {wanted!r}, but there is no such column among {_said(names)}."
        )
    return wanted


def _as_many(right: object, calls: int) -> Sequence[object] | None:
    if right is None:
        return None
    ids = [tables.plain(one) for one in right]  # type: ignore[attr-defined]
    if len(ids) != calls:
        raise DirectoryError(
            f"contact_id= has {len(ids):,} ids for {calls:,} calls: give one for each, or None."
        )
    return ids


def _said(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more


def _key(name: str) -> str:
    return "".join(char for char in name.lower() if char.isalnum())
