"""Made: frames from rows of Python values, whatever these are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import Final, Literal

from crmwidget.tables._plain import plain
from crmwidget.tables._table import library_of

__all__ = ["from_rows"]

Backend = Literal["pandas", "polars", "pyarrow"]
_BACKENDS: Final[tuple[Backend, ...]] = ("pandas", "polars", "pyarrow")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LARGEST: Final = 2**63


def from_rows(
    rows: Iterable[Mapping[str, object]],
    like: object = None,
    library: str | None = None,
    names: Sequence[str] = (),
) -> object:
    """A frame of `rows`: of `library`, else of the library of `like`, else of what is installed.

    `names` are columns that exist even when no row has them, in their order.
    A column whose values no frame can hold together becomes text: several
    kinds of values, mappings (as JSON), integers beyond 64 bits.
    """
    import narwhals as nw

    held = list(rows)
    found = dict.fromkeys((*names, *(key for row in held for key in row)))
    data = {name: _alike([plain(row.get(name)) for row in held]) for name in found}
    frame: object = nw.from_dict(data, backend=_backend(like, library)).to_native()
    return frame


def _backend(like: object, library: str | None) -> Backend:
    if library is not None:
        chosen = next((name for name in _BACKENDS if name == library), None)
        if chosen is None:
            raise ValueError(
                f"no frame can be made with {library!r}: give 'pandas', 'polars' or 'pyarrow'"
            )
        if find_spec(chosen) is None:
            raise ImportError(f"{chosen} is not installed: pip install {chosen}")
        return chosen
    own = like if isinstance(like, str) else library_of(like)
    installed = [name for name in _BACKENDS if name == own or find_spec(name)]
    if not installed:
        raise ImportError("no dataframe library is installed: pip install pandas")
    return next((name for name in installed if name == own), installed[0])


def _alike(values: list[object]) -> list[object]:
    """The values, so that every library can hold them in one column without loss."""
    values = [_single(value) for value in values]
    kinds = {_kind(value) for value in values if value is not None}
    if kinds <= {"int", "float"} and len(kinds) > 1:
        return [value if value is None else float(value) for value in values]  # type: ignore[arg-type]
    if len(kinds) <= 1:
        return values
    return [value if value is None else _text(value) for value in values]


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "list of text"
    if isinstance(value, datetime):
        return "moment" if value.tzinfo else "local"
    return type(value).__name__


def _single(value: object) -> object:
    if isinstance(value, str):
        return value if value.isascii() else _SURROGATES.sub("\ufffd", value)
    if isinstance(value, list | tuple) and all(isinstance(item, str) for item in value):
        return [_single(item) for item in value]
    if isinstance(value, int):
        return value if -_LARGEST <= value < _LARGEST else str(value)
    if value is None or isinstance(value, float | date | time | timedelta | Decimal):
        return value
    return _text(value)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    nested = isinstance(value, Mapping | list | tuple)
    text = json.dumps(value, ensure_ascii=False, default=str) if nested else str(value)
    return _SURROGATES.sub("\ufffd", text)
