"""The suite of tests/frames.py over what needs no engine of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from crmwidget.directory import Directory
from tests.frames import *  # noqa: F403 - these are the tests

if TYPE_CHECKING:
    from collections.abc import Callable

    Columns = dict[str, list[Any]]

FRAMES: dict[str, Callable[[Columns], object]] = {
    "pandas": pd.DataFrame,
    "pandas objects": lambda data: pd.DataFrame(data, dtype=object),
    "pandas nullable": lambda data: pd.DataFrame(data).convert_dtypes(),
    "pandas index": lambda data: pd.DataFrame(data).set_index(next(iter(data))),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "pyarrow batch": pa.RecordBatch.from_pydict,
    "pyarrow chunks": lambda data: pa.concat_tables([pa.table(data)[:2], pa.table(data)[2:]]),
    "duckdb": lambda data: duckdb.from_arrow(pa.table(data)),
    "rows": lambda data: [
        dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)
    ],
    "columns": lambda data: data,
    "contacts": lambda data: list(Directory(data)),
}


@pytest.fixture(params=FRAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def framed(kind: str) -> Callable[[Columns], object]:
    return FRAMES[kind]
