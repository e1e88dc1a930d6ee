"""Table: columns of plain Python values, from a frame that is in memory or from mappings."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

from crmwidget.tables._plain import LIBRARIES, plain
from crmwidget.tables._series import cells, cells_at
from crmwidget.tables._vector import WORTHWHILE, vector_of

if TYPE_CHECKING:
    import narwhals as nw

    from crmwidget.tables._vector import Vector

__all__ = ["Table", "columns", "is_table", "library_of", "rows", "table"]


class Table(ABC):
    """Columns of plain Python values, absent ones as None; rows count from 0."""

    names: tuple[str, ...]
    library: str | None
    """The library of the frame ("pandas"), None for rows that are mappings."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[object]:
        """The values of a column, of all rows or of a slice of them."""

    @abstractmethod
    def cell(self, name: str, row: int) -> object:
        """One value, without making the others."""

    def at(self, name: str, rows: Sequence[int]) -> list[object]:
        """The values of a column in these rows."""
        return [self.cell(name, row) for row in rows]

    @abstractmethod
    def is_text(self, name: str) -> bool:
        """Whether the column is known to hold text and nothing else."""

    def is_single(self, name: str) -> bool:
        """Whether the column is of floats that have 32 bits or fewer."""
        del name
        return False

    def vectors(
        self, names: Iterable[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Vector]:
        """Those of the columns, or of slices of them, that polars can hold as they are.

        None of a small table.
        """
        del names, start, stop
        return {}

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
        check_unique([str(name) for name in frame.columns])

    def __len__(self) -> int:
        return self._length

    def values(self, name: str, start: int = 0, stop: int | None = None) -> list[object]:
        return cells(self._series[name][start:stop])

    def cell(self, name: str, row: int) -> object:
        return cells(self._series[name][row : row + 1])[0]

    def at(self, name: str, rows: Sequence[int]) -> list[object]:
        return cells_at(self._series[name], rows)

    def is_text(self, name: str) -> bool:
        import narwhals as nw

        return self._series[name].dtype == nw.String

    def is_single(self, name: str) -> bool:
        import narwhals as nw

        return self._series[name].dtype == nw.Float32

    def vectors(
        self, names: Iterable[str], start: int = 0, stop: int | None = None
    ) -> dict[str, Vector]:
        if len(self) < WORTHWHILE:
            return {}
        held = ((name, vector_of(self._series[name][start:stop])) for name in names)
        return {name: vector for name, vector in held if vector is not None}


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
    return library_of(value) is not None and hasattr(type(value), "columns")


def table(value: object) -> Table:
    """`value` as a Table: a frame, mappings as rows, or a mapping of columns.

    A lazy frame is collected. The named index of a pandas frame is a column.
    Raises TypeError for anything else, ValueError for columns that share a
    name or differ in length.
    """
    if is_table(value):
        return _FrameTable(_eager(value), library_of(value) or "")
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


def library_of(value: object) -> str | None:
    """The dataframe library that the class of `value`, or one of its bases, is from."""
    for kind in type(value).__mro__:
        root = kind.__module__.partition(".")[0].lstrip("_")
        if root == "narwhals" and hasattr(value, "to_native"):
            return library_of(value.to_native())
        if root in LIBRARIES:
            return root
    return None


def _eager(value: object) -> nw.DataFrame[object]:  # type: ignore[type-var]
    import narwhals as nw

    value = nw.to_native(value, pass_through=True)
    library = library_of(value)
    if library == "modin":
        # All of it is read in any case, and its workers would be asked for every cell.
        value = nw.from_native(value).to_pandas()  # type: ignore[call-overload]
    if library in {"pandas", "modin"}:
        value = _with_named_index(value)
    elif type(value).__name__ == "RecordBatch":
        value = sys.modules["pyarrow"].Table.from_batches([value])
    try:
        frame = nw.from_native(value)  # type: ignore[call-overload]
        if isinstance(frame, nw.LazyFrame):
            frame = collected(frame, library)
        frame.columns  # noqa: B018 - the check for repeated names is here
    except nw.exceptions.DuplicateError:
        check_unique([str(name) for name in value.columns])  # type: ignore[attr-defined]
        raise
    return frame  # type: ignore[no-any-return]


def collected(frame: nw.LazyFrame[object], library: str | None) -> nw.DataFrame[object]:  # type: ignore[type-var]
    """The rows of a lazy frame."""
    # Some would collect to pyarrow even where that is not installed.
    if library in {"duckdb", "ibis", "pyspark"} and find_spec("pyarrow") is None:
        return frame.collect(backend="pandas")
    try:
        return frame.collect()
    except (TypeError, ValueError, NotImplementedError):
        if library != "ibis":
            raise
        # Ibis makes Arrow of no duration that DuckDB has counted in months.
        return frame.collect(backend="pandas")


def _with_named_index(frame: object) -> object:
    # contacts.set_index("id") is still a table with ids.
    index, known = frame.index, frame.columns  # type: ignore[attr-defined]
    named = [name for name in index.names if name is not None and name not in known]
    return frame.reset_index(level=named) if named else frame  # type: ignore[attr-defined]


def check_unique(names: Sequence[str]) -> None:
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
