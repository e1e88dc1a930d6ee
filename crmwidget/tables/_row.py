"""Row: one record, by whatever a library calls a row, as a mapping."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

__all__ = ["row"]


def row(value: object) -> object:
    """A row of any library, a namedtuple or a dataclass as a mapping; anything else as it is.

    pandas: `frame.iloc[0]`, `itertuples()`; pyarrow: a scalar of a struct; PySpark: `Row`;
    sqlite3 and SQLAlchemy: `Row`. A row's label is no part of it.
    """
    if isinstance(value, Mapping | type):
        return value
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    held: Any = value
    if isinstance(mapping := getattr(held, "_mapping", None), Mapping):
        return mapping
    # A frame has to_dict(), too, but the row of pandas is a column, with an index.
    for name, needed in (("_asdict", "_fields"), ("asDict", "__fields__"), ("to_dict", "index")):
        if hasattr(held, needed) and callable(convert := getattr(held, name, None)):
            return convert() if getattr(held, "ndim", 1) == 1 else value
    if hasattr(held, "__getitem__") and callable(names := getattr(held, "keys", None)):
        return {name: held[name] for name in names()}
    return value
