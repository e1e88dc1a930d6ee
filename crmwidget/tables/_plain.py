"""Plain: one cell of any dataframe as a Python value."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["plain"]


def plain(value: object) -> object:  # noqa: PLR0911 - one line a kind
    """A cell as a plain Python value: numpy, pandas and Arrow scalars unpacked, NaN and NA None."""
    kind = value.__class__
    if kind in {str, int, bool, type(None)}:
        return value
    if kind is float:
        return None if value != value else value  # noqa: PLR0124 - NaN
    if kind.__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, Decimal):
        return None if value.is_nan() else value
    if isinstance(value, str):
        return str(value)
    if kind.__name__ == "Timestamp" and hasattr(value, "to_pydatetime"):
        moment: object = value.to_pydatetime(warn=False)
        return moment
    if kind.__name__ in {"datetime64", "timedelta64"} and hasattr(value, "astype"):
        # As nanoseconds, item() would be a bare integer.
        return plain(value.astype(f"{kind.__name__}[us]").item())
    for unpack in ("item", "as_py", "to_pytimedelta", "tolist"):
        # An array has item() too, but only a scalar has no shape.
        if hasattr(value, unpack) and not (unpack == "item" and getattr(value, "shape", None)):
            return plain(getattr(value, unpack)())
    return value
