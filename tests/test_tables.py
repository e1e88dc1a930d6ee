from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import subprocess
import sys
import uuid
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from crmwidget import tables
from crmwidget.tables import _made, _table

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = {"id": [1, 2, 3], "name": ["Bo", None, "Ines"], "score": [1.5, None, 2.0]}
FRAMES: dict[str, Callable[[dict[str, list[object]]], object]] = {
    "pandas": pd.DataFrame,
    "pandas nullable": lambda data: pd.DataFrame(data).convert_dtypes(),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
    "duckdb": lambda data: duckdb.from_arrow(pa.table(data)),
    "narwhals": lambda data: nw.from_native(pl.DataFrame(data)),
}
LIBRARIES = ("pandas", "polars", "pyarrow")


@pytest.fixture(params=FRAMES)
def frame(request: pytest.FixtureRequest) -> object:
    return FRAMES[request.param](DATA)


def test_every_frame_is_a_table_with_the_same_rows(frame: object) -> None:
    assert tables.is_table(frame)
    assert tables.columns(frame) == ["id", "name", "score"]
    assert list(tables.rows(frame)) == [
        {"id": 1, "name": "Bo", "score": 1.5},
        {"id": 2, "name": None, "score": None},
        {"id": 3, "name": "Ines", "score": 2.0},
    ]


def test_cells_and_slices_are_plain_python_values(frame: object) -> None:
    table = tables.table(frame)

    assert table.cell("id", 2) == 3
    assert type(table.cell("id", 2)) is int
    assert table.cell("name", 1) is None
    assert table.values("score", 1, 2) == [None]
    assert [type(value) for value in table.values("id")] == [int, int, int]
    assert len(table) == 3


def test_rows_and_columns_are_tables_but_no_frames() -> None:
    rows = [{"id": 1, "name": "Bo"}, {"id": 2, "plan": "Gold"}]

    assert not tables.is_table(rows)
    assert list(tables.rows(rows)) == [
        {"id": 1, "name": "Bo", "plan": None},
        {"id": 2, "name": None, "plan": "Gold"},
    ]
    assert list(tables.rows({"id": [1, 2], "name": np.array(["Bo", "Ines"])})) == [
        {"id": 1, "name": "Bo"},
        {"id": 2, "name": "Ines"},
    ]
    assert tables.table(rows).library is None


def test_rows_are_made_a_chunk_at_a_time_and_none_is_lost() -> None:
    table = tables.table(pl.DataFrame({"id": range(7)}))

    assert [row["id"] for row in table.rows(chunk=3)] == list(range(7))


@pytest.mark.parametrize(
    "value", [None, 1, "a.csv", b"", [1], {"id": 1}, pd.Series([1]), pl.Series([1]), pd.DataFrame]
)
def test_anything_else_is_no_table(value: object) -> None:
    assert not tables.is_table(value)
    with pytest.raises(TypeError):
        tables.table(value)


def test_the_named_index_of_a_pandas_frame_is_a_column() -> None:
    frame = pd.DataFrame({"id": ["C-1"], "name": ["Bo"]}).set_index("id")

    assert list(tables.rows(frame)) == [{"id": "C-1", "name": "Bo"}]
    assert list(tables.rows(nw.from_native(frame))) == [{"id": "C-1", "name": "Bo"}]
    assert list(frame.columns) == ["name"]


def test_an_index_that_is_a_column_too_is_one_column() -> None:
    frame = pd.DataFrame({"id": ["C-1"]}).set_index("id", drop=False)

    assert list(tables.rows(frame)) == [{"id": "C-1"}]


def test_a_subclass_of_a_frame_is_a_frame() -> None:
    class Geo(pd.DataFrame):
        __module__ = "geo"

    assert tables.columns(Geo({"id": [1]})) == ["id"]


def test_column_names_need_not_be_text() -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.Index([3, ("a", "b")], dtype=object))

    assert list(tables.rows(frame)) == [{"3": 1, "('a', 'b')": 2}]


def test_columns_that_share_a_name_are_named_in_the_error() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["Phone", "Phone"])

    with pytest.raises(ValueError, match="several columns are called 'Phone'"):
        tables.table(frame)


def test_columns_of_different_lengths_are_named_in_the_error() -> None:
    with pytest.raises(ValueError, match=r"differ in length: 'id' 2, 'name' 1"):
        tables.table({"id": [1, 2], "name": ["Bo"]})


def test_duckdb_without_pyarrow_is_read_through_pandas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_table, "find_spec", lambda name: None if name == "pyarrow" else True)

    assert list(tables.rows(duckdb.sql("select 1 as id"))) == [{"id": 1}]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(7), 7),
        (np.float64(1.5), 1.5),
        (np.bool_(True), True),
        (np.str_("Bo"), "Bo"),
        (np.float64("nan"), None),
        pytest.param(float("nan"), None, id="NaN"),
        (pd.NA, None),
        (pd.NaT, None),
        (Decimal("NaN"), None),
        (Decimal("1.50"), Decimal("1.50")),
        (pd.Timestamp("2026-01-02T03:04:05.000000006"), datetime(2026, 1, 2, 3, 4, 5)),  # noqa: DTZ001
        (pd.Timedelta("1s"), timedelta(seconds=1)),
        (np.datetime64("2026-01-02T00:00:00", "ns"), datetime(2026, 1, 2)),  # noqa: DTZ001
        (np.timedelta64(10**9, "ns"), timedelta(seconds=1)),
        (np.array([1, 2]), [1, 2]),
        (np.array([1]), [1]),
        (pa.scalar("Bo"), "Bo"),
        ("=1+1\0\ud800", "=1+1\0\ud800"),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_a_cell_is_a_plain_python_value(value: object, expected: object) -> None:
    found = tables.plain(value)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("library", LIBRARIES)
def test_rows_become_a_frame_and_rows_again(library: str) -> None:
    rows = [{"id": 1, "at": datetime(2026, 1, 2, tzinfo=UTC)}, {"id": 2, "note": "x"}]

    frame = tables.from_rows(rows, library=library)

    assert type(frame).__module__.startswith(library)
    assert list(tables.rows(frame)) == [
        {"id": 1, "at": datetime(2026, 1, 2, tzinfo=UTC), "note": None},
        {"id": 2, "at": None, "note": "x"},
    ]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "a", None], ["1", "a", None]),
        ([1, 2.5, None], [1.0, 2.5, None]),
        ([{"a": 1}, {"b": "é"}], ['{"a": 1}', '{"b": "é"}']),
        (["a\ud800", "é"], ["a\ufffd", "é"]),
        ([2**70, None], [str(2**70), None]),
        ([["a", "b\ud800"], []], [["a", "b\ufffd"], []]),
        ([["a"], [1]], ['["a"]', "[1]"]),
        ([uuid.UUID(int=1), None], [str(uuid.UUID(int=1)), None]),
        ([True, 1], ["True", "1"]),
        ([date(2026, 1, 2), "x"], ["2026-01-02", "x"]),
        ([float("nan"), None], [None, None]),
        (
            [
                datetime(2026, 1, 2, 3, tzinfo=UTC),
                datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=1))),
            ],
            [datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2, 2, tzinfo=UTC)],
        ),
        (
            [datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2, 3)],  # noqa: DTZ001
            ["2026-01-02T03:00:00+00:00", "2026-01-02T03:00:00"],
        ),
    ],
)
def test_a_column_that_no_frame_can_hold_becomes_text(
    library: str, values: list[object], expected: list[object]
) -> None:
    frame = tables.from_rows([{"value": value} for value in values], library=library)

    assert [row["value"] for row in tables.rows(frame)] == expected


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_frame_without_rows_has_its_named_columns(library: str) -> None:
    frame = tables.from_rows([], library=library, names=("action", "direction"))

    assert tables.columns(frame) == ["action", "direction"]


def test_a_frame_is_made_like_another(frame: object) -> None:
    made = tables.from_rows([{"id": 1}], like=frame)

    kind = type(nw.to_native(frame, pass_through=True)).__module__.partition(".")[0]
    expected = kind if kind in LIBRARIES else "pandas"
    assert type(made).__module__.startswith(expected)


def test_the_first_installed_library_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_made, "find_spec", lambda name: name == "polars" or None)

    assert isinstance(tables.from_rows([{"id": 1}], like=[{}]), pl.DataFrame)


def test_a_library_that_is_unknown_or_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="give 'pandas', 'polars' or 'pyarrow'"):
        tables.from_rows([], library="polar")

    monkeypatch.setattr(_made, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install polars"):
        tables.from_rows([], library="polars")
    with pytest.raises(ImportError, match="pip install pandas"):
        tables.from_rows([])


def test_asking_whether_something_is_a_table_imports_nothing() -> None:
    code = (
        "import sys; from crmwidget import tables; tables.is_table([1]); "
        "list(tables.rows([{'id': 1}]));"
        "print([m for m in ('narwhals', 'pandas', 'polars', 'pyarrow') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_date_that_python_has_none_for_is_text_and_the_others_are_dates() -> None:
    days = pl.DataFrame({"v": pl.Series([0, 2_932_906]).cast(pl.Date)})
    read = tables.table(days)

    assert read.values("v") == [date(1970, 1, 1), "+10000-01-10"]
    assert [read.cell("v", 1), *read.at("v", [1])] == ["+10000-01-10"] * 2


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.datetime64("20000-01-01", "s"), "20000-01-01T00:00:00"),
        (np.datetime64("300000-01-01", "s"), "300000-01-01T00:00:00"),
        (np.datetime64("NaT"), None),
        (np.timedelta64(10**15, "s"), "1000000000000000 seconds"),
        (pd.Timestamp(np.datetime64("20000-01-01", "s")), "20000-01-01 00:00:00"),
        (pd.Period("2026-01", "M"), "2026-01"),
        (pa.scalar((0, 1, 90 * 10**9), pa.month_day_nano_interval()), timedelta(1, 90)),
        (pa.MonthDayNano([2, 1, 0]), "2 months, 1 day, 0:00:00"),
        (pd.DateOffset(months=0, days=1, nanoseconds=90 * 10**9), timedelta(1, 90)),
        (pd.DateOffset(years=1), "<DateOffset: years=1>"),
        ([float("nan"), [pd.NaT], {"a": np.int64(1)}], [None, [None], {"a": 1}]),
        ((pd.NA, 1), (None, 1)),
    ],
)
def test_what_python_has_no_value_for_is_text_and_lists_are_plain_all_the_way_down(
    value: object, expected: object
) -> None:
    found = tables.plain(value)

    assert found == expected
    assert type(found) is type(expected)


def test_a_list_that_holds_itself_is_left_as_it_is() -> None:
    endless: list[object] = []
    endless.append(endless)

    assert tables.plain(endless) is endless


def test_an_object_of_the_users_stays_itself() -> None:
    class Line:
        item = "a name that numpy's scalars have for a method"

    line = Line()

    assert tables.plain(line) is line
    assert tables.plain([line]) == [line]


@dataclasses.dataclass
class Person:
    id: int
    name: str


class Named(NamedTuple):
    id: int
    name: str


class SparkRow(tuple):
    """As PySpark's: a tuple that knows its columns."""

    __slots__ = ()
    __fields__ = ("id", "name")

    def asDict(self) -> dict[str, object]:  # noqa: N802 - Spark's own name
        return dict(zip(self.__fields__, self, strict=True))


def sqlite_row() -> object:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute("SELECT 1 AS id, 'Bo' AS name").fetchone()


@pytest.mark.parametrize(
    "value",
    [
        pd.DataFrame({"id": [7, 1], "name": ["Ada", "Bo"]}).iloc[1],
        next(pd.DataFrame({"id": [1], "name": ["Bo"]}).itertuples(index=False)),
        pl.DataFrame({"id": [1], "name": ["Bo"]}).row(0, named=True),
        pa.array([{"id": 1, "name": "Bo"}])[0],
        Person(1, "Bo"),
        Named(1, "Bo"),
        SparkRow((1, "Bo")),
        sqlite_row(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_row_of_any_kind_is_a_mapping(value: object) -> None:
    found = tables.row(value)

    assert tables.plain(found) == {"id": 1, "name": "Bo"}


@pytest.mark.parametrize("value", ["Bo", 1, None, [1], (1, 2), Person, pd.DataFrame({"id": [1]})])
def test_what_is_no_row_is_left_as_it_is(value: object) -> None:
    assert tables.row(value) is value
