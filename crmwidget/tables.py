"""Tables: any dataframe in, rows of plain Python values out, and frames back.

The only door to narwhals, which is loaded with the first frame. No dataframe
library is imported but the one whose frame is given or asked for.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    import narwhals as nw

__all__ = ["Table", "columns", "from_rows", "is_table", "plain", "rows", "table"]

_LIBRARIES: Final = frozenset(
    {
        *("pandas", "polars", "pyarrow", "duckdb", "modin", "cudf"),
        *("dask", "ibis", "pyspark", "sqlframe"),
    }
)
Backend = Literal["pandas", "polars", "pyarrow"]
_BACKENDS: Final[tuple[Backend, ...]] = ("pandas", "polars", "pyarrow")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_LARGEST: Final = 2**63


class Table:
    """Columns of plain Python values, absent ones as None; rows count from 0."""

    names: tuple[str, ...]
    library: str | None
    """The library of the frame ("pandas"), None for rows that are mappings."""

    def __len__(self) -> int:
        raise NotImplementedError

    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[object]:
        """The values of a column, of all rows or of a slice of them."""
        raise NotImplementedError

    def cell(self, name: str, row: int) -> object:
        """One value, without making the others."""
        raise NotImplementedError

    def is_text(self, name: str) -> bool:
        """Whether the column is known to hold text and nothing else."""
        raise NotImplementedError

    def rows(self, chunk: int = 10_000) -> Iterator[dict[str, object]]:
        """Every row as a dict, made a chunk at a time."""
        for start in range(0, len(self), chunk):
            held = [self.values(name, start, start + chunk) for name in self.names]
            stop = min(chunk, len(self) - start)
            for index in range(stop):
                yield {name: column[index] for name, column in zip(self.names, held, strict=True)}


class _FrameTable(Table):
    """An eager frame through narwhals."""

    def __init__(self, frame: nw.DataFrame[object], library: str) -> None:  # type: ignore[type-var]
        self.library = library
        self._length = len(frame)
        # pandas has column names that are no text: 3, ("a", "b").
        self._series = {str(name): frame.get_column(name) for name in frame.columns}
        self.names = tuple(self._series)
        _unique([str(name) for name in frame.columns])

    def __len__(self) -> int:
        return self._length

    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[object]:
        values = self._series[name][start:stop].to_list()
        return [value if value.__class__ is str else plain(value) for value in values]

    def cell(self, name: str, row: int) -> object:
        return plain(self._series[name][row])

    def is_text(self, name: str) -> bool:
        import narwhals as nw

        return self._series[name].dtype == nw.String


class _RowsTable(Table):
    """Mappings as they came; a key that a row lacks is None."""

    library = None

    def __init__(self, given: Sequence[Mapping[object, object]]) -> None:
        self._rows = given
        self._keys = {str(key): key for key in dict.fromkeys(key for row in given for key in row)}
        self.names = tuple(self._keys)

    def __len__(self) -> int:
        return len(self._rows)

    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[object]:
        key = self._keys[name]
        return [plain(row.get(key)) for row in self._rows[start:stop]]

    def cell(self, name: str, row: int) -> object:
        return plain(self._rows[row].get(self._keys[name]))

    def is_text(self, name: str) -> bool:
        del name
        return False


def is_table(value: object) -> bool:
    """Whether `value` is a dataframe, lazy frame or relation; imports nothing to find out."""
    # Asked of the class: a lazy frame would have to work out its schema.
    return _library(value) is not None and hasattr(type(value), "columns")


def table(value: object) -> Table:
    """`value` as a Table: a frame, mappings as rows, or a mapping of columns.

    A lazy frame is collected. The named index of a pandas frame is a column.
    Raises TypeError for anything else, ValueError for columns that share a
    name or differ in length.
    """
    if is_table(value):
        return _FrameTable(_eager(value), _library(value) or "")
    if isinstance(value, Mapping):
        return _RowsTable(_turned(value))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        given = list(value)
        wrong = next((row for row in given if not isinstance(row, Mapping)), None)
        if wrong is None:
            return _RowsTable(given)
        raise TypeError(f"a row is a {type(wrong).__name__}, not a mapping")
    raise TypeError(f"a {type(value).__name__} is no table")


def columns(value: object) -> list[str]:
    """The names of the columns of anything that `table` takes."""
    return list(table(value).names)


def rows(value: object) -> Iterator[dict[str, object]]:
    """The rows of anything that `table` takes, as dicts of plain Python values."""
    return table(value).rows()


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


def _library(value: object) -> str | None:
    """The dataframe library that the class of `value`, or one of its bases, is from."""
    for kind in type(value).__mro__:
        root = kind.__module__.partition(".")[0].lstrip("_")
        if root == "narwhals" and hasattr(value, "to_native"):
            return _library(value.to_native())
        if root in _LIBRARIES:
            return root
    return None


def _eager(value: object) -> nw.DataFrame[object]:  # type: ignore[type-var]
    import narwhals as nw

    value = nw.to_native(value, pass_through=True)
    library = _library(value)
    if library == "pandas":
        value = _with_named_index(value)
    elif type(value).__name__ == "RecordBatch":
        value = sys.modules["pyarrow"].Table.from_batches([value])
    try:
        frame = nw.from_native(value)  # type: ignore[call-overload]
        if isinstance(frame, nw.LazyFrame):
            # DuckDB would collect to pyarrow even where that is not installed.
            away = library == "duckdb" and find_spec("pyarrow") is None
            frame = frame.collect(backend="pandas") if away else frame.collect()
        frame.columns  # noqa: B018 - the check for repeated names is here
    except nw.exceptions.DuplicateError:
        _unique([str(name) for name in value.columns])  # type: ignore[attr-defined]
        raise
    return frame  # type: ignore[no-any-return]


def _with_named_index(frame: object) -> object:
    # contacts.set_index("id") is still a table with ids.
    index, known = frame.index, frame.columns  # type: ignore[attr-defined]
    named = [name for name in index.names if name is not None and name not in known]
    return frame.reset_index(level=named) if named else frame  # type: ignore[attr-defined]


def _unique(names: Sequence[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise ValueError(
            f"several columns are called {', '.join(map(repr, repeated))}: rename them"
        )


def _turned(given: Mapping[object, object]) -> list[Mapping[object, object]]:
    """Columns by name, turned into rows."""
    held: dict[object, list[object]] = {}
    for name, column in given.items():
        if not isinstance(column, Iterable) or isinstance(column, str | bytes | Mapping):
            raise TypeError("a mapping of single values is one row, not a table: put it in a list")
        held[name] = list(column)
    lengths = {str(name): len(column) for name, column in held.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name!r} {length}" for name, length in lengths.items())
        raise ValueError(f"the columns differ in length: {said}")
    return [dict(zip(held, row, strict=True)) for row in zip(*held.values(), strict=True)]


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
    own = like if isinstance(like, str) else _library(like)
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
