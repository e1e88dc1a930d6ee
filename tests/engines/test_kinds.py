"""The tests of tests/columns.py over Dask, Ibis and Spark, with what each of them can hold."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import ibis
import pandas as pd
import pyarrow as pa
import pytest

from tests.columns import *  # noqa: F403 - these are the tests
from tests.columns import PEOPLE, VALUES

if TYPE_CHECKING:
    from pathlib import Path

DASK = [name for name in VALUES if name != "binary"]
SPARK = [name for name in VALUES if name not in {"time", "nothing"}]
DECLARED = {
    "blob": "x'00ff'",
    "json": "'{\"a\": [1]}'",
    "date": "'2026-01-02'",
    "real": "1.5",
    "timestamp": "'2026-01-02 03:04:05'",
    "boolean": "1",
    "text": "'a'",
    "integer": "2",
}
ENGINES = (
    *(f"dask: {name}" for name in DASK),
    *(f"ibis: {name}" for name in VALUES),
    *(f"sqlite: {name}" for name in DECLARED),
    "pyspark: all",
)


@pytest.fixture(params=ENGINES)
def odd(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    engine, _, name = request.param.partition(": ")
    if engine == "sqlite":
        return stored(tmp_path / "people.sqlite", name)
    if engine == "dask":
        frame = pd.DataFrame(PEOPLE).assign(odd=pd.Series(VALUES[name], dtype=object))
        return dd.from_pandas(frame, npartitions=2)
    if engine == "ibis":
        return ibis.memtable(pa.table({**PEOPLE, "odd": pa.array(VALUES[name])}))
    # Each question is a job for Spark: so all columns are in one frame.
    every = {f"its {name}": pa.array(VALUES[name]) for name in SPARK}
    table = pa.table({**PEOPLE, "odd": pa.array(VALUES["list"]), **every})
    return request.getfixturevalue("spark").createDataFrame(table)


def stored(path: Path, kind: str) -> Any:
    """A table of SQLite whose last column is declared as `kind`."""
    rows = zip(*PEOPLE.values(), strict=True)
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE people (id INTEGER, name TEXT, phone TEXT, odd {kind})")
        value = f"CASE WHEN ?1 <> 2 THEN {DECLARED[kind]} END"
        connection.executemany(f"INSERT INTO people VALUES (?1, ?2, ?3, {value})", rows)  # noqa: S608
    return ibis.sqlite.connect(path).table("people")
