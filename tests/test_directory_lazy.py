"""Lazy frames: what their engine is asked, what is fetched, and what is said about the rest."""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from crmwidget.directory import Directory, _lazy
from crmwidget.errors import DirectoryError
from crmwidget.tables import _lazy as engine

if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 3_000
COLUMNS: dict[str, list[Any]] = {
    "id": [f"C-{row}" for row in range(MANY)],
    "name": ["Bo Larsen"] * MANY,
    "phone": [f"+1 415 555 {row:04}" for row in range(MANY)],
    "plan": ["Gold"] * MANY,
}


@pytest.fixture
def table() -> pa.Table:
    return pa.table(COLUMNS)


@pytest.fixture
def connection(table: pa.Table) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.from_arrow(table).create("contacts")
    return connection


@pytest.fixture(params=["duckdb", "polars"])
def directory(request: pytest.FixtureRequest, connection: duckdb.DuckDBPyConnection) -> Directory:
    if request.param == "duckdb":
        return Directory(connection.table("contacts"), region="US")
    return Directory(pl.LazyFrame(COLUMNS), region="US")


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, int]]:
    """What was run, and how many rows came."""
    found: list[tuple[Any, int]] = []
    collected = engine.Lazy._collected

    def counted(lazy: engine.Lazy, frame: Any) -> Any:
        rows = collected(lazy, frame)
        found.append((frame.to_native(), len(rows)))
        return rows

    monkeypatch.setattr(engine.Lazy, "_collected", counted)
    return found


# ---------------------------------------------------------------- what is fetched
def test_nothing_is_fetched_before_something_is_asked(
    connection: duckdb.DuckDBPyConnection, fetched: list[Any]
) -> None:
    directory = Directory(connection.table("contacts"))

    assert directory.pushed
    assert repr(directory) == "Directory(contacts in duckdb, region=None)"
    assert fetched == []


def test_a_lookup_is_one_filter_of_the_engine(
    directory: Directory, fetched: list[tuple[Any, int]]
) -> None:
    directory.find("+14155550001")  # the first lookup also looks at a sample
    fetched.clear()

    matches = directory.find(["+14155550143", "(415) 555-0144"])

    assert [match.contact.id for match in matches] == ["C-143", "C-144"]
    assert [rows for _, rows in fetched] == [2]
    plan = fetched[0][0].explain()
    if directory.library == "duckdb":
        assert "Limit: 1001" in plan
        # Within the scan, so that only those who may match are read.
        assert re.search(r"Type: Sequential Scan.*Filters:.*regexp_matches", plan, re.DOTALL)
    else:
        assert "contains" in plan
        assert "SLICE[offset: 0, len: 1001]" in plan


def test_a_number_that_cannot_be_anybodys_asks_nothing(
    directory: Directory, fetched: list[Any]
) -> None:
    assert not directory.find("anonymous")
    assert fetched == []


def test_a_search_counts_in_the_engine_and_fetches_a_page(
    directory: Directory, fetched: list[tuple[Any, int]]
) -> None:
    directory.find("+14155550001")
    fetched.clear()

    count, found = directory.search("LARSEN", offset=2, limit=3)

    assert (count, [contact.id for contact in found]) == (MANY, ["C-2", "C-3", "C-4"])
    assert [rows for _, rows in fetched] == [1, 5]


def test_the_length_is_counted_once(directory: Directory, fetched: list[Any]) -> None:
    assert [len(directory), len(directory), len(directory.with_region("GB"))] == [MANY] * 3
    assert len(fetched) == 1


# ---------------------------------------------------------------- limits
def test_the_address_book_lists_the_first_contacts_and_lookups_search_all(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_lazy, "LISTED", 2)

    listed = json.loads(directory.to_wire())

    assert [record["id"] for record in listed["results"]] == ["C-0", "C-1"]
    assert listed["count"] == "2"
    assert directory.find("+14155552999").contact.id == "C-2999"
    assert directory.warnings == [
        "the address book lists the first 2 of 3,000 contacts; callers are looked for among all"
    ]
    with pytest.raises(DirectoryError, match=r"3,000 contacts .* too many to go through: ask find"):
        list(directory)


def test_only_a_sample_is_looked_at_and_it_is_said(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, fetched: list[tuple[Any, int]]
) -> None:
    monkeypatch.setattr(_lazy, "SAMPLE", 10)

    assert directory.warnings == ["only the first 10 of 3,000 contacts were looked at"]
    assert sorted(rows for _, rows in fetched) == [1, 10]


def test_with_more_candidates_than_are_fetched_nothing_is_certain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = {
        "id": [1, 2, 3],
        "name": ["A", "B", "C"],
        "phone": ["+12025550143", "4", "+12025550143"],
    }
    directory = Directory(pl.LazyFrame(rows))
    assert directory.find("+12025550143")[0].certain
    monkeypatch.setattr(_lazy, "CANDIDATES", 1)

    matches = directory.find("+12025550143")

    assert matches
    assert not any(match.certain for match in matches)
    assert matches.contact is None
    assert directory.warnings == [
        (
            "more than 1 contacts have the last digits of a number that was looked for: "
            "not all were compared, so none was certain"
        )
    ]


def test_without_a_column_of_ids_nothing_is_numbered_and_it_is_said() -> None:
    directory = Directory(pl.LazyFrame({"name": ["Bo"], "phone": ["4021"]}))

    assert directory.find("4021").contact.id is None
    assert directory.get("1") is None
    assert 'the rows of a lazy frame cannot be numbered: columns={"id": "..."}' in "".join(
        directory.warnings
    )


def test_a_column_of_lists_of_numbers_is_refused_with_its_name() -> None:
    frame = pl.LazyFrame({"id": [1], "name": ["Bo"], "phones": [["4021", "4022"]]})

    with pytest.raises(DirectoryError, match=r"'phones' holds lists.*collect the frame"):
        Directory(frame)


# ---------------------------------------------------------------- spellings
@pytest.mark.parametrize(
    "spelled",
    [
        "+1 202 555 0143",
        "1.202.555.01.43",
        "+1 (202) 555\u20110143 ext. 7",
        "tel:+1-202-555-0143",
        "0012025550143 ::: 4021",
        "\uff0b\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff14\uff13",
        "+\u0661\u0662\u0660\u0662\u0665\u0665\u0665\u0660\u0661\u0664\u0663",
        "1-202-JJJ-01HE",
        "'+12025550143",
        "12025550143.0",
    ],
)
@pytest.mark.parametrize("framed", [pl.LazyFrame, lambda data: duckdb.from_arrow(pa.table(data))])
def test_a_number_is_found_as_in_memory_however_it_is_written(
    framed: Callable[[Any], object], spelled: str
) -> None:
    data = {"id": [1, 2], "name": ["Bo", "Ines"], "phone": ["+442079460018", spelled]}
    eager = Directory(pl.DataFrame(data), region="US")
    lazy = Directory(framed(data), region="US")

    for number in ("+12025550143", "2025550143", "5550143", "4021"):
        assert list(lazy.find(number)) == list(eager.find(number))
    assert lazy.find("12025550143")


@pytest.mark.parametrize("spelled", ["4021", " 4021 ", "4021 x5", "sip:4021@example.com", "402-1"])
def test_an_extension_is_found_as_a_whole(spelled: str) -> None:
    phones = [spelled, "+1 202 555 4021", "40215", "54021"]
    data = {"id": range(4), "name": ["Bo"] * 4, "phone": phones}
    lazy = Directory(pl.LazyFrame(data))

    assert [match.contact.id for match in lazy.find("4021")] == [0]


# ---------------------------------------------------------------- threads and connections
def test_a_lookup_and_the_users_own_query_do_not_refuse_each_other(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    directory = Directory(connection.table("contacts"))
    half_read = connection.execute("select id from contacts order by id")
    first = half_read.fetchmany(1)
    found: list[object] = []

    def ask() -> None:
        found.append(directory.find("+14155550143").contact.id)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == ["C-143"] * 4
    assert len(first + half_read.fetchall()) == MANY


def test_a_relation_with_values_and_one_over_a_frame_are_read_elsewhere(
    connection: duckdb.DuckDBPyConnection, table: pa.Table
) -> None:
    some = connection.sql("select * from contacts where id <> ?", params=["C-143"])

    for relation in (some, connection.from_arrow(table), some.filter("plan = 'Gold'")):
        assert engine.lazy(relation).alone
        assert Directory(relation).find("+14155550144").contact.id == "C-144"
    assert not Directory(some).find("+14155550143")


def test_a_temporary_table_is_read_where_it_is_and_it_is_said(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create temp table own as select * from contacts")

    directory = Directory(connection.table("own"))

    assert directory.find("+14155550143").contact.id == "C-143"
    assert any("temporary table" in sentence for sentence in directory.warnings)
