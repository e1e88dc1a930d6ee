"""The tests of tests/columns.py over the frames, lazy frames and rows that need no engine."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.columns import *  # noqa: F403 - these are the tests
from tests.columns import PEOPLE, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

FAR_DAY, FAR = 2_932_906, 2**62
"""The first day after the year 9999; and, as milliseconds, more than any clock can tell."""


class Unspeakable:
    """An object of the user's that can be neither compared nor shown."""

    __hash__ = None

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


class Pair(NamedTuple):
    left: int
    right: float


class Line:
    """Attributes that have the names of numpy's and Arrow's methods."""

    item = "a"
    tolist = None


def held(of: type, *values: Any) -> Callable[[], Any]:
    return lambda: of(list(values))


def objects(*values: Any) -> Callable[[], Any]:
    return lambda: pd.Series(list(values), dtype=object)


PANDAS: dict[str, Callable[[], Any]] = {
    **{f"{name} as objects": objects(*values) for name, values in VALUES.items()},
    **{f"{name} inferred": held(pd.Series, *values) for name, values in VALUES.items()},
    **{
        f"{name} of Arrow": lambda values=values: pd.Series(
            pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(values)]))
        )
        for name, values in VALUES.items()
    },
    "sets": objects({1}, set(), frozenset("a"), None),
    "tuples": objects((1, 2), (), Pair(1, float("nan")), None),
    "all sorts": objects(1, "a", [1, float("nan")], {"a": pd.NaT}),
    "arrays": objects(np.array([1, 2]), np.array([]), np.array([[1]]), np.array(5)),
    "frames": objects(pd.Series([1]), pd.Index([1]), pd.DataFrame({"a": [1]}), pl.Series([1])),
    "offsets": objects(pd.DateOffset(1), pd.Timedelta("1D"), pd.NaT, np.timedelta64(5, "Y")),
    "unspeakable": objects(Unspeakable(), None, [Unspeakable()], None),
    "lines": objects(Line(), [Line()], None, 1),
    "categories": lambda: pd.Categorical(["a", None, "b", "a"]),
    "categories of numbers": lambda: pd.Categorical([1, None, 2, 1]),
    "periods": lambda: pd.period_range("2026-01", periods=4, freq="M"),
    "intervals": lambda: pd.interval_range(0, 4),
    "sparse": lambda: pd.arrays.SparseArray([1, 0, 0, 2]),
    "complex": held(pd.Series, 1j, 2, 3, 4),
    "days beyond the year 9999": lambda: np.array(
        ["20000-01-01", "2026-01-01", "NaT", "-0044-03-15"], dtype="datetime64[s]"
    ),
    "long durations": lambda: np.array([10**15, 1, 0, -5], dtype="timedelta64[s]"),
    "zones": lambda: pd.date_range("2026-01-01", periods=4, tz="Europe/Berlin"),
    "nullable": lambda: pd.array([1, None, 3, 4], dtype="Int64"),
}
POLARS: dict[str, Callable[[], pl.Series]] = {
    **{name: held(pl.Series, *values) for name, values in VALUES.items()},
    "objects": lambda: pl.Series([Line(), {1}, uuid.UUID(int=1), None], dtype=pl.Object),
    "arrays": lambda: pl.Series([["a"], [None], None, ["d"]], dtype=pl.Array(pl.String, 1)),
    "grids": lambda: pl.Series([[[1, 2], [3, 4]]] * 4, dtype=pl.Array(pl.Int64, (2, 2))),
    "categories": lambda: pl.Series(["a", None, "b", "a"], dtype=pl.Categorical),
    "enums": lambda: pl.Series(["a", None, "b", "a"], dtype=pl.Enum(["a", "b"])),
    "large numbers": lambda: pl.Series([2**100, None, -1, 1], dtype=pl.Int128),
    "empty structs": lambda: pl.Series([{}, {}, None, {}], dtype=pl.Struct([])),
    "long durations": lambda: pl.Series([FAR, None, 0, 1]).cast(pl.Duration("ms")),
    "days beyond the year 9999": lambda: pl.Series([FAR_DAY, 0, None, 1]).cast(pl.Date),
    "lists of such days": lambda: pl.Series([[FAR_DAY], None, [0], []]).cast(pl.List(pl.Date)),
    "structs of such days": lambda: pl.Series([{"a": FAR_DAY}, None, {"a": 0}, None]).cast(
        pl.Struct({"a": pl.Date})
    ),
}
ARROW: dict[str, Callable[[], pa.Array]] = {
    **{name: held(pa.array, *values) for name, values in VALUES.items()},
    "maps": lambda: pa.array(
        [[("a", 1), ("a", 2)], [], None, [("b", None)]], pa.map_(pa.string(), pa.int64())
    ),
    "lists of one length": lambda: pa.array([["a"], [None], None, ["d"]], pa.list_(pa.string(), 1)),
    "views of lists": lambda: pa.array([["a"], [], None, ["d"]], pa.list_view(pa.string())),
    "views of text": lambda: pa.array(["a", None, "b", "a"], pa.string_view()),
    "dictionaries": lambda: pa.array(["a", None, "b", "a"]).dictionary_encode(),
    "runs": lambda: pa.RunEndEncodedArray.from_arrays([2, 4], ["a", "b"]),
    "unions": lambda: pa.UnionArray.from_sparse(
        pa.array([0, 1, 0, 1], pa.int8()), [pa.array(["a"] * 4), pa.array([1] * 4)]
    ),
    "months, days and nanoseconds": lambda: pa.array(
        [(1, 2, 3), None, (0, 0, 0), (1, 1, 1)], pa.month_day_nano_interval()
    ),
    "long durations": lambda: pa.array([FAR, None, 0, 2], pa.duration("s")),
    "nanoseconds": lambda: pa.array([1001, None, 0, 2], pa.timestamp("ns", "Europe/Berlin")),
    "an unknown zone": lambda: pa.array([1001, None, 0, 2], pa.timestamp("us", "Nowhere/Town")),
    "days beyond the year 9999": lambda: pa.array([2**55, None, 0, 2], pa.timestamp("s")),
    "lists of such days": lambda: pa.array([[2**55], None, [0], []], pa.list_(pa.timestamp("s"))),
    "text that is none": lambda: pa.array([b"\xff\xfe", None, b"a", b"b"]).view(pa.string()),
    "UUIDs": lambda: pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b"0" * 16, None, b"1" * 16, b"2" * 16], pa.binary(16))
    ),
    "structs with a name twice": lambda: pa.StructArray.from_arrays(
        [pa.array([1, 2, 3, 4])] * 2, ["a", "a"]
    ),
}
DUCKDB = {
    "UUIDs": f"'{uuid.UUID(int=1)}'::UUID",
    "intervals": "INTERVAL 1 MONTH",
    "large numbers": "(2::HUGEINT ** 100)::HUGEINT",
    "bits": "'101'::BIT",
    "maps": "MAP {'a': 1}",
    "binary": "'\\xAA'::BLOB",
    "enums": "'a'::ENUM ('a', 'b')",
    "lists": "['a', 'b']",
    "arrays": "['a', 'b']::VARCHAR[2]",
    "structs": "{'x': 1, 'y': ['a']}",
    "times": "TIME '1:2:3'",
    "unions": "union_value(num := 2)",
    "JSON": "'{\"a\": 1}'::JSON",
    "no days": "'infinity'::DATE",
    "far days": "DATE '20000-01-01'",
    "old days": "DATE '0044-03-15 (BC)'",
    "bignums": "1::BIGNUM",
    "zones": "'01:02:03+02'::TIMETZ",
    "decimals": "1.50::DECIMAL(10, 2)",
    "nothing": "NULL",
}


def related(expression: str) -> duckdb.DuckDBPyRelation:
    people = pa.table(PEOPLE)
    relation = duckdb.connect().from_arrow(people)
    return relation.project(f"*, CASE WHEN id <> 2 THEN {expression} END AS odd")


def listed(values: list[Any]) -> list[dict[str, Any]]:
    people = [dict(zip(PEOPLE, row, strict=True)) for row in zip(*PEOPLE.values(), strict=True)]
    return [{**one, "odd": value} for one, value in zip(people, values, strict=True)]


MADE: dict[str, Callable[[], object]] = {
    **{
        f"pandas: {name}": lambda make=make: pd.DataFrame(PEOPLE).assign(odd=make())
        for name, make in PANDAS.items()
    },
    **{
        f"polars: {name}": lambda make=make: pl.DataFrame(PEOPLE).with_columns(odd=make())
        for name, make in POLARS.items()
    },
    **{
        f"polars lazy: {name}": lambda make=make: pl.LazyFrame(PEOPLE).with_columns(odd=make())
        for name, make in POLARS.items()
    },
    **{
        f"pyarrow: {name}": lambda make=make: pa.table({**PEOPLE, "odd": make()})
        for name, make in ARROW.items()
    },
    **{f"duckdb: {name}": lambda said=said: related(said) for name, said in DUCKDB.items()},
    **{f"rows: {name}": lambda values=values: listed(values) for name, values in VALUES.items()},
    "rows: unspeakable": lambda: listed([Unspeakable(), {"a": Unspeakable()}, None, 1]),
    "rows: Decimal": lambda: listed([Decimal("NaN"), Decimal(1), None, 1]),
}


@pytest.fixture(params=MADE)
def odd(request: pytest.FixtureRequest) -> object:
    return MADE[request.param]()
