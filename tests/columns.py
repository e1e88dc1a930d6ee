"""Columns of every kind that a library has, and what holds for each: no kind keeps anybody from
being found, and every way to a cell gives the same plain value.

A module that imports these tests defines `odd`, a frame whose column "odd" is of some kind.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from crmwidget import tables
from crmwidget.directory import Directory

PEOPLE: dict[str, list[Any]] = {
    "id": [1, 2, 3, 4],
    "name": ["Bo Larsen", "Ines Okafor", "Sam Reyes", "Kit Reyes"],
    "phone": ["(202) 555-0143", "+44 20 7946 0018", "+1 415 555 0132", "4021"],
}
VALUES: dict[str, list[Any]] = {
    "list": [["a", "b"], [], ["c"], None],
    "list of numbers": [[1, 2], [], [3], None],
    "list of lists": [[["a"], ["b"]], [], [[]], None],
    "list of moments": [[datetime(2026, 1, 2)], [], [None], None],  # noqa: DTZ001
    "list of structs": [[{"x": 1}], [], [{"x": None}], None],
    "struct": [{"x": 1, "y": ["a"]}, {"x": None, "y": []}, {"x": 2, "y": None}, None],
    "binary": [b"\x00\xff", b"", b"abc", None],
    "decimal": [Decimal("1.50"), Decimal("0.00"), None, Decimal("2.25")],
    "date": [date(2026, 1, 2), None, date(1, 1, 1), date(9999, 12, 31)],
    "moment": [datetime(2026, 1, 2, 3, 4, 5, 6), None, datetime(2000, 1, 1), None],  # noqa: DTZ001
    "moment with a zone": [datetime(2026, 1, 2, 3, tzinfo=UTC), None, None, None],
    "time": [time(1, 2, 3), None, time(0), time(23, 59, 59, 999999)],
    "duration": [timedelta(seconds=90), None, timedelta(0), timedelta(days=-1)],
    "truth": [True, False, None, True],
    "float": [1.5, float("nan"), None, float("inf")],
    "nothing": [None] * 4,
    "whole": [1, None, -3, 2**62],
}
LIBRARIES = {"numpy", "pandas", "polars", "pyarrow", "narwhals", "duckdb"}


def test_every_way_to_a_cell_gives_the_same_plain_value(odd: object) -> None:
    table = tables.table(odd)
    values = table.values("odd")

    every = range(len(values))
    ways = (
        [table.cell("odd", row) for row in every],
        table.at("odd", every),
        [table.at("odd", [row])[0] for row in every],
        [*table.values("odd", 0, 1), *table.values("odd", 1)],
        [row["odd"] for row in table.rows()],
    )

    assert [way for way in ways if repr(way) != repr(values)] == []
    assert LIBRARIES.isdisjoint(type(value).__module__.partition(".")[0] for value in values)


def test_no_column_keeps_anybody_from_being_found(odd: object) -> None:
    directory = Directory(odd, region="US")

    (bo, *_) = everybody = list(directory)
    found = directory.find("+12025550143").contact

    assert [one.id for one in everybody] == [1, 2, 3, 4]
    assert repr(found) == "Contact(id=1)"
    assert repr(found.fields) == repr(bo.fields) == repr(directory.get(1).fields)
    assert directory.find("4021").contact.id == 4
    assert directory.search("larsen")[1][0].id == 1
    assert directory.search("7946")[1][0].id == 2
    assert directory.search("")[0] == 4
    assert "Bo Larsen" in directory._repr_html_() + found._repr_html_()
    assert json.loads(directory.to_wire())["count"] == "4"
    assert directory.audit(["+12025550143"]).counts["hit"] == 1
    assert repr(directory)
    assert directory.warnings == []


def test_a_column_of_any_kind_may_be_of_the_names_or_addresses(odd: object) -> None:
    columns = {"id": "id", "name": ["odd", "name"], "phone": "phone", "email": "odd", "url": "odd"}
    directory = Directory(odd, region="US", columns=columns)

    assert directory.find("4021").contact.id == 4
    assert directory.search("reyes")[0] >= 0
    assert len(list(directory)) == 4
    assert json.loads(directory.to_wire())["count"] == "4"
