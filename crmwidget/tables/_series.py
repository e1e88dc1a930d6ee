"""Series: the cells of a column of a frame, by whatever way, as plain Python values.

One way to a cell: a slice of the column as a list. So one cell, some cells
and all of them agree, and a list in a cell stays a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crmwidget.tables._plain import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals as nw

__all__ = ["cells", "cells_at", "is_failure"]


def is_failure(error: BaseException) -> bool:
    """Whether a library could not do something; polars' panic is no Exception."""
    return isinstance(error, Exception) or error.__class__.__name__ == "PanicException"


def cells(series: nw.Series[Any]) -> list[object]:
    """The values; what Python has no value for, such as a date after the year 9999, as text."""
    try:
        found = series.to_list()
    except BaseException as error:
        if not is_failure(error):
            raise
        return _apart(series)
    return [value if value.__class__ is str else plain(value) for value in found]


def cells_at(series: nw.Series[Any], rows: Sequence[int]) -> list[object]:
    """The values in these rows."""
    try:
        some = series[list(rows)]
    except BaseException as error:
        if not is_failure(error):
            raise
        # pyarrow cannot take rows out of a column of views, or of runs.
        return [cells(series[row : row + 1])[0] for row in rows]
    return cells(some)


def _apart(series: nw.Series[Any]) -> list[object]:
    """The values of a column in which one or more cannot be had: halved until it is alone."""
    if (half := len(series) // 2) > 0:
        return [*cells(series[:half]), *cells(series[half:])]
    return [_told(series)]


def _told(series: nw.Series[Any]) -> object:
    """A single value as its library can tell it."""
    import narwhals as nw

    for kind in (_texts_in(series.dtype), nw.Binary(), nw.Datetime(), nw.Int64()):
        try:
            found = series.cast(kind).to_list()[0]
        except BaseException as error:
            if not is_failure(error):
                raise
            continue
        return found.decode(errors="replace") if isinstance(found, bytes) else plain(found)
    return f"<{series.dtype.__class__.__name__}>"


def _texts_in(kind: Any) -> Any:
    """Text, in the same lists and structs."""
    import narwhals as nw

    if isinstance(kind, nw.List):
        return nw.List(_texts_in(kind.inner))
    if isinstance(kind, nw.Array):
        return nw.List(_texts_in(kind.inner))
    if isinstance(kind, nw.Struct):
        return nw.Struct({field.name: _texts_in(field.dtype) for field in kind.fields})
    return nw.String()
