"""Lazy: a frame that is not in memory, asked by filters that its engine runs.

polars, DuckDB, Ibis, Dask, PySpark. What is fetched is bounded by whoever
asks, and comes as a Table in the order in which the engine gives it.
"""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import weakref
from dataclasses import dataclass
from importlib.util import find_spec
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from crmwidget.errors import DirectoryError
from crmwidget.tables._series import is_failure
from crmwidget.tables._table import Table, check_unique, collected, library_of, table
from crmwidget.tables._threads import freed, is_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import narwhals as nw

__all__ = ["Equals", "Holds", "Lazy", "Matches", "Remainder", "is_lazy", "lazy"]

_T = TypeVar("_T")
Kind = Literal["text", "whole", "float", "nested", "other"]
# What table() and a query as plain as that say in SQL.
_NAME: Final = r'(?:"(?:[^"]|"")+"|[A-Za-z_]\w*)'
_WHOLE_TABLE: Final = re.compile(
    rf"\s*SELECT\s+\*\s+FROM\s+({_NAME}(?:\.{_NAME})*)\s*;?\s*", re.IGNORECASE | re.ASCII
)
_BATCH: Final = 50_000
"""Rows that DuckDB gives at once."""
_ENGINES: Final = frozenset({"duckdb", "dask", "ibis", "pyspark", "sqlframe"})


@dataclass(frozen=True, slots=True)
class Matches:
    """The text of a column matches a regular expression that all engines read alike."""

    column: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Remainder:
    """The numbers of a column leave this remainder."""

    column: str
    divisor: int
    remainder: int


@dataclass(frozen=True, slots=True)
class Equals:
    """A column has this value."""

    column: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Holds:
    """The text of a column, or of several joined by blanks, has this in it, whatever the case."""

    columns: tuple[str, ...]
    text: str


Condition = Matches | Remainder | Equals | Holds


class Lazy:
    """A lazy frame; any thread may ask it, several at once."""

    def __init__(self, frame: object) -> None:
        import narwhals as nw

        native = nw.to_native(frame, pass_through=True)
        self.library = library_of(native)
        self.alone = True
        """Whether it is asked on a connection of its own, so that no cell is in the way."""
        self.thread: int | None = None
        """The only thread that may ask, where the engine's connection belongs to one."""
        self.left_out: set[str] = set()
        """Columns of which the engine could not make text: no condition is asked of them."""
        self._native = native
        self._connection: object = None
        if self.library == "ibis":
            self._native = _as_relation(native)
        if library_of(self._native) == "duckdb":
            self._connection = getattr(self._native, "_con", None)
            self.alone = self._connects()
        elif self.library == "ibis":
            self.alone = False
            self._free()
        # Ibis and DuckDB refuse two questions at once on one connection.
        self._lock = contextlib.nullcontext() if self.alone else RLock()
        if self.library != "polars":  # which has no two of one name, and warns when asked
            check_unique([str(name) for name in native.columns])
        self._schema = self._frame().collect_schema()
        self.names = tuple(self._schema)

    @property
    def may_ask(self) -> bool:
        """Whether this thread may ask."""
        return self.thread in {None, threading.get_ident()}

    def kind(self, name: str) -> Kind:
        """What a column holds."""
        import narwhals as nw

        kind = self._schema[name]
        if kind in {nw.String, nw.Categorical, nw.Enum}:
            return "text"
        if kind.is_integer():
            return "whole"
        if kind.is_float():
            return "float"
        if kind == nw.Duration and self.library == "polars":
            return "nested"  # polars makes no text of it, either
        nested = isinstance(kind, nw.List | nw.Array | nw.Struct | nw.Binary | nw.Object)
        return "nested" if nested else "other"

    def count(self, where: Sequence[Condition] | None = None) -> int:
        """How many rows there are, or how many fulfil any of the conditions."""
        return self._asked(self._count, where)

    def fetch(
        self,
        limit: int | None,
        where: Sequence[Condition] | None = None,
        names: Iterable[str] | None = None,
    ) -> Table:
        """The first rows, or the first that fulfil any of the conditions; all columns or some."""

        def ask(where: Sequence[Condition] | None) -> Table:
            frame = self._filtered(where)
            if limit is not None:
                frame = frame.head(limit)
            if names is not None:
                frame = frame.select(*names)
            return table(self._collected(frame))

        return self._asked(ask, where)

    def batches(self, limit: int | None, names: Iterable[str]) -> Iterator[Table]:
        """The first rows, some columns: a batch at a time where the engine gives it so."""
        reads = getattr(self._native, "to_arrow_reader", None) is not None
        if not (reads and self.alone and find_spec("pyarrow")):
            yield self.fetch(limit, names=names)
            return
        frame = self._frame().select(*names)
        relation: Any = (frame if limit is None else frame.head(limit)).to_native()
        yield from map(table, relation.to_arrow_reader(_BATCH))

    def _asked(
        self, ask: Callable[[Sequence[Condition] | None], _T], where: Sequence[Condition] | None
    ) -> _T:
        """The engine's answer; without the conditions on columns of which it can make no text."""
        if not self.may_ask:
            raise DirectoryError(
                f"this {self.library} table can be asked only in the thread that made its "
                "connection, and handlers run in others. Give a table in a file, or read it "
                "into memory first: directory=table.to_pandas()."
            )
        with self._lock:
            try:
                return ask(self._possible(where))
            except BaseException as error:
                if where is None or not is_failure(error) or not self._refused(where):
                    raise
            return ask(self._possible(where))

    def _possible(self, where: Sequence[Condition] | None) -> Sequence[Condition] | None:
        if where is None or not self.left_out:
            return where
        return [one for one in where if self.left_out.isdisjoint(_columns_of(one))]

    def _refused(self, where: Sequence[Condition]) -> bool:
        """Whether there are columns of which the engine makes no text: each is tried alone."""
        tried = {name for one in self._possible(where) or () for name in _columns_of(one)}
        found = set()
        for name in sorted(name for name in tried if self.kind(name) in {"nested", "other"}):
            try:
                self._count([Holds((name,), "\0")])
            except BaseException as error:
                if not is_failure(error):
                    raise
                found.add(name)
        self.left_out |= found
        return bool(found)

    def _count(self, where: Sequence[Condition] | None) -> int:
        import narwhals as nw

        return int(self._collected(self._filtered(where).select(nw.len())).item())

    def _filtered(self, where: Sequence[Condition] | None) -> nw.LazyFrame[object]:  # type: ignore[type-var]
        import narwhals as nw

        if where and self._connection is not None and self.alone:
            sql = [_sql(one, self.kind(one.column)) for one in where if not isinstance(one, Holds)]
            if len(sql) == len(where) and None not in sql:
                return self._narwhals(self._elsewhere(" OR ".join(map(str, sql))))
        frame = self._frame()
        if where is None:
            return frame
        if not where:
            return frame.head(0)
        every = [self._expression(one) for one in where]
        return frame.filter(
            every[0] if len(every) == 1 else nw.any_horizontal(*every, ignore_nulls=True)
        )

    def _expression(self, one: Condition) -> nw.Expr:
        import narwhals as nw

        if isinstance(one, Remainder):
            return nw.col(one.column) % one.divisor == one.remainder
        if isinstance(one, Equals) and isinstance(one.value, int):
            return nw.col(one.column) == one.value
        if isinstance(one, Equals):
            return self._text(one.column) == one.value
        if isinstance(one, Matches):
            return self._text(one.column).str.contains(one.pattern)
        parts = [self._text(name) for name in one.columns]
        whole = nw.concat_str(parts, separator=" ", ignore_nulls=True) if parts[1:] else parts[0]
        return whole.str.to_lowercase().str.contains(one.text.lower(), literal=True)

    def _text(self, name: str) -> nw.Expr:
        import narwhals as nw

        # What DuckDB calls text may be JSON, which is compared as JSON.
        is_text = self._schema[name] == nw.String and self.library not in {"duckdb", "ibis"}
        return nw.col(name) if is_text else nw.col(name).cast(nw.String)

    def _frame(self) -> nw.LazyFrame[object]:  # type: ignore[type-var]
        own = self.alone and self._connection is not None
        return self._narwhals(self._elsewhere() if own else self._native)

    @staticmethod
    def _narwhals(native: Any) -> nw.LazyFrame[object]:  # type: ignore[type-var]
        import narwhals as nw

        found: nw.LazyFrame[object] = nw.from_native(native)  # type: ignore[type-var]
        return found

    def _collected(self, frame: nw.LazyFrame[object]) -> nw.DataFrame[object]:  # type: ignore[type-var]
        return collected(frame, self.library)

    def _elsewhere(self, where: str = "") -> object:
        """The relation on a cursor of its own: a connection refuses what comes while it works."""
        relation: Any = self._native
        connection: Any = self._connection
        # sql_query() alone lacks the values that a user gave as params=.
        statement = getattr(relation, "_statement", lambda: (relation.sql_query(), None))
        sql, values = statement()
        if where:
            # Only a filter right beside a table is run within its scan, before other columns.
            named = _WHOLE_TABLE.fullmatch(sql)
            sql = f"SELECT * FROM {named[1] if named else f'({sql})'} WHERE {where}"  # noqa: S608
        cursor = connection.cursor()
        # It would be drawn into a cell that has nothing to do with it.
        cursor.execute("SET enable_progress_bar = false")
        return cursor.sql(sql, params=values)

    def _free(self) -> None:
        """Away from the thread to which an engine's connection belongs, where that can be."""
        if library_of(self._native) != "ibis" or not is_bound(self._native):
            return
        own = freed(self._native)
        if own is None:
            self.thread = threading.get_ident()
            return
        self._native, connection = own
        weakref.finalize(self, connection.close)

    def _connects(self) -> bool:
        """Whether another connection sees what the relation reads: it sees no temporary table."""
        if self._connection is None:
            return False
        try:
            there: Any = self._elsewhere()
        except sys.modules["duckdb"].Error:
            return False
        return list(there.columns) == list(self._native.columns)


def is_lazy(value: object) -> bool:
    """Whether `value` is a frame whose rows an engine has still to work out; imports nothing."""
    library = library_of(value)
    if library == "polars":
        return type(_native(value)).__name__ == "LazyFrame"
    return library in _ENGINES


def lazy(value: object) -> Lazy:
    """`value`, for which `is_lazy`, as Lazy. Raises ValueError for columns that share a name."""
    return Lazy(value)


def _sql(one: Matches | Remainder | Equals, kind: Kind) -> str | None:
    """A condition for DuckDB, None where narwhals says it better: a text is not written as SQL."""
    column = '"' + one.column.replace('"', '""') + '"'
    if isinstance(one, Remainder):
        return f"{column} % {one.divisor:d} = {one.remainder:d}"
    if isinstance(one, Equals):
        return f"{column} = {one.value:d}" if isinstance(one.value, int) else None
    text = column if kind == "text" else f"{column}::VARCHAR"
    pattern = one.pattern.replace("'", "''")
    return f"regexp_matches({text}, '{pattern}')"


def _columns_of(one: Condition) -> tuple[str, ...]:
    """The columns of which a condition needs the text."""
    if isinstance(one, Holds):
        return one.columns
    is_text = isinstance(one, Matches) or (isinstance(one, Equals) and isinstance(one.value, str))
    return (one.column,) if is_text else ()


def _native(value: object) -> object:
    return value.to_native() if hasattr(value, "to_native") else value


def _as_relation(expression: object) -> object:
    """An Ibis expression over DuckDB as a relation on a cursor; any other as it is."""
    backend = expression.get_backend()  # type: ignore[attr-defined]
    if backend.name != "duckdb":
        return expression
    try:
        return backend.con.cursor().sql(str(backend.compile(expression)))
    except sys.modules["duckdb"].Error:
        return expression
