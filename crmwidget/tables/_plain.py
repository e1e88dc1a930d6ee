"""Plain: one cell of any dataframe as a Python value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

__all__ = ["LIBRARIES", "plain"]

LIBRARIES: Final = frozenset(
    {
        *("pandas", "polars", "pyarrow", "duckdb", "modin", "cudf"),
        *("dask", "ibis", "pyspark", "sqlframe"),
    }
)
"""The packages whose classes are dataframes."""
_OWN_KINDS: Final = LIBRARIES | {"numpy", "narwhals"}
_STANDARD: Final = frozenset(
    {"builtins", "datetime", "decimal", "fractions", "ipaddress", "pathlib", "uuid", "zoneinfo"}
)
_FINER_THAN_PYTHON: Final = ("[ns]", "[ps]", "[fs]", "[as]")

_SPAN: Final = ("months", "days", "nanoseconds")


def plain(value: object) -> object:
    """A cell as a plain Python value: numpy, pandas and Arrow scalars unpacked, NaN and NA None.

    Lists and mappings are unpacked all the way down. What Python has no value
    for, such as a date after the year 9999, and what only a library knows, such
    as a period of pandas, is text.
    """
    try:
        return _plain(value)
    except RecursionError:  # a list that holds itself
        return value


def _plain(value: object) -> object:
    kind = value.__class__
    if kind in {str, int, bool, type(None)}:
        return value
    if kind is float:
        return None if value != value else value  # noqa: PLR0124 - NaN
    return _unpacked(value)


def _unpacked(value: object) -> object:  # noqa: PLR0911 - one line a kind
    name = value.__class__.__name__
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if name in {"MonthDayNano", "DateOffset"}:
        return _span(value)
    if isinstance(value, tuple):
        return tuple(_plain(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if name in {"NAType", "NaTType"}:
        return None
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, str):
        return str.__str__(value)
    if name in {"datetime64", "timedelta64"} and hasattr(value, "astype"):
        return _moment(value, name)
    return _scalar(value)


def _span(value: Any) -> object:
    """Months, days and nanoseconds, as DuckDB counts an interval; pandas has an offset for it."""
    parts = value if isinstance(value, tuple) else [value.kwds.get(name) for name in _SPAN]
    if None in parts or len(parts) != len(_SPAN):
        return _text(value)
    months, days, nanoseconds = parts
    rest = timedelta(days=days, microseconds=nanoseconds // 1000)
    return f"{months} months, {rest}" if months else rest


def _moment(value: Any, name: str) -> object:
    """A date, time or duration of numpy."""
    if value != value:  # noqa: PLR0124 - NaT
        return None
    # As nanoseconds, item() would be a bare integer.
    micro = value.astype(f"{name}[us]")
    exact = value.dtype.str.endswith(_FINER_THAN_PYTHON) or micro.astype(value.dtype) == value
    found: object = micro.item() if exact else None
    return str(value) if found is None or isinstance(found, int) else found


def _scalar(value: Any) -> object:
    try:
        if value.__class__.__name__ == "Timestamp" and hasattr(value, "to_pydatetime"):
            return value.to_pydatetime(warn=False)
        # An array has item() too, but only a scalar has no shape.
        if hasattr(value, "dtype") and hasattr(value, "item") and not getattr(value, "shape", None):
            return _plain(value.item())
        for unpack in ("as_py", "to_pytimedelta", "tolist", "to_list"):
            if callable(method := getattr(value, unpack, None)):
                return _plain(method())
    except RecursionError:
        raise
    except Exception:  # noqa: BLE001 - each library has errors of its own for what Python cannot hold
        return _text(value)
    return _kept(value)


def _kept(value: object) -> object:
    """An object of another kind as it is, if it can be shown and compared; else as text."""
    root = value.__class__.__module__.partition(".")[0].lstrip("_")
    if root in _STANDARD:
        return value
    if root in _OWN_KINDS:
        return _text(value)
    try:
        return value if [str(value), bool(value == [])] else None
    except Exception:  # noqa: BLE001 - a class of the user's
        return _text(value)


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a class of the user's, or a value beyond all limits
        return f"<{value.__class__.__name__}>"
