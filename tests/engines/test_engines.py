"""The suite of tests/frames.py over Dask, Ibis and Spark, and what each of them was asked to do."""

from __future__ import annotations

import contextlib
import sqlite3
import uuid
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmwidget.directory import Directory
from crmwidget.tables import _lazy
from tests.frames import *  # noqa: F403 - these are the tests
from tests.frames import DATA

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pyspark.sql import SparkSession

    Columns = dict[str, list[Any]]

KINDS = ("dask", "ibis duckdb", "ibis sqlite", "pyspark")
MANY = 3_000


def framed_by(kind: str, request: pytest.FixtureRequest) -> Callable[[Columns], object]:
    if kind == "pyspark":
        spark: SparkSession = request.getfixturevalue("spark")
        return lambda data: spark.createDataFrame(pa.table(_typed(data)))
    if kind == "dask":
        return lambda data: dd.from_pandas(pd.DataFrame(data), npartitions=2)
    if kind == "ibis sqlite":
        folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("sqlite")
        return lambda data: _stored(data, folder / f"{uuid.uuid4()}.sqlite")
    return lambda data: ibis.memtable(pa.table(_typed(data)))


def _stored(data: Columns, path: Path) -> ibis.Table:
    """A table in a file of SQLite."""
    whole = {name for name, values in data.items() if any(isinstance(one, int) for one in values)}
    declared = ", ".join(f'"{name}" {"INTEGER" if name in whole else "TEXT"}' for name in data)
    places = ", ".join("?" * len(data))
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE held ({declared})")
        rows = zip(*data.values(), strict=True)
        connection.executemany(f"INSERT INTO held VALUES ({places})", rows)  # noqa: S608
    return ibis.sqlite.connect(path).table("held")


def _typed(data: Columns) -> dict[str, pa.Array]:
    """A column without values is one of text: neither engine has a type for nothing."""
    made = {name: pa.array(values) for name, values in data.items()}
    return {
        name: column.cast(pa.string()) if pa.types.is_null(column.type) else column
        for name, column in made.items()
    }


@pytest.fixture(params=KINDS, scope="session")
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def framed(kind: str, request: pytest.FixtureRequest) -> Callable[[Columns], object]:
    return framed_by(kind, request)


@pytest.fixture(scope="session")
def directory(framed: Callable[[Columns], object]) -> Directory:
    return Directory(framed(DATA), region="US")


@pytest.fixture(scope="session")
def crowd(kind: str, request: pytest.FixtureRequest, tmp_path_factory: Any) -> Directory:
    """Three thousand contacts in a file, of whom two have the number that is looked for."""
    data = pa.table(
        {
            "id": [f"C-{row}" for row in range(MANY)],
            "name": ["Bo Larsen"] * MANY,
            "phone": [f"+1 415 555 {row:04}" for row in range(MANY)],
            "mobile": pa.array([None, "(202) 555-0143", *[None] * (MANY - 2)], pa.string()),
            "car": [12025550143 + row for row in range(MANY)],
        }
    )
    folder = tmp_path_factory.mktemp("crowd")
    pq.write_table(data, folder / "crowd.parquet")
    if kind == "pyspark":
        frame = request.getfixturevalue("spark").read.parquet(str(folder / "crowd.parquet"))
    elif kind == "ibis sqlite":
        frame = _stored(data.to_pydict(), folder / "crowd.sqlite")
    elif kind == "dask":
        frame = dd.read_parquet(folder / "crowd.parquet")
    else:
        with duckdb.connect(folder / "crowd.duckdb") as connection:
            connection.from_arrow(data).create("crowd")
        frame = ibis.duckdb.connect(folder / "crowd.duckdb", read_only=True).table("crowd")
    return Directory(frame, columns={"phone": ["phone", "mobile", "car"]}, region="US")


class Asked:
    """What an engine was asked for, and how many rows came."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.frames: list[Any] = []
        self.rows: list[int] = []
        collected = _lazy.Lazy._collected

        def counted(lazy: _lazy.Lazy, frame: Any) -> Any:
            found = collected(lazy, frame)
            self.frames.append(frame.to_native())
            self.rows.append(len(found))
            return found

        monkeypatch.setattr(_lazy.Lazy, "_collected", counted)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def plan_of(kind: str, frame: Any) -> str:
    """The engine's own plan for a query."""
    if kind == "pyspark":
        return str(frame._jdf.queryExecution().executedPlan().toString())
    if kind == "dask":
        return str(frame.optimize(fuse=False).expr.tree_repr())
    if kind == "ibis sqlite":
        return str(ibis.to_sql(frame))
    return str(frame.explain())


PLANS = {
    "pyspark": ("CollectLimit 1001", "Filter", "RLIKE", "FileScan parquet"),
    "dask": ("BlockwiseHead: n=1001", "Loc:", "contains", "ReadParquet"),
    "ibis sqlite": ("LIMIT 1001", "_IBIS_REGEX_SEARCH"),
    "ibis duckdb": ("1001", "regexp_matches", "Table: crowd.main.crowd"),
}


def test_a_lookup_is_one_filter_and_fetches_who_may_match(
    crowd: Directory, asked: Asked, kind: str
) -> None:
    crowd.find("+14155550001")  # the first lookup also looks at a sample
    asked.frames.clear()
    asked.rows.clear()

    matches = crowd.find("+12025550143")

    assert [(match.contact.id, match.rule) for match in matches] == [
        ("C-0", "same digits"),
        ("C-1", "e164"),
    ]
    # And +1 415 555 0143, whose last six digits are the same.
    assert asked.rows == [2 + 1]
    plan = plan_of(kind, asked.frames[0])
    assert [said for said in PLANS[kind] if said not in plan] == [], plan


def test_an_id_a_search_and_a_count_are_asked_of_the_engine(crowd: Directory, asked: Asked) -> None:
    assert crowd.get("C-2999").phone == "+1 415 555 2999"
    assert crowd.search("c-29", offset=1, limit=2)[0] == 110 + 1
    assert len(crowd) == MANY

    assert sum(asked.rows) < 10
