"""One suite over every kind of table: the same contacts are the same, whatever they came in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from crmwidget.directory import Contact, Directory, Phone

if TYPE_CHECKING:
    from collections.abc import Callable

NASTY = "=cmd|' /C calc'!A0 \"x\" \u202eabc\u05d0 \0 <b> \u2028"
DATA: dict[str, list[object]] = {
    "Record ID": [101, 102, 103, 104, 105, 106],
    "First Name": ["Bo", "Ines", "Sam", "Kit", NASTY, "Nobody"],
    "Last Name": ["Larsen", "Okafor", "Reyes", "Reyes", None, "Reachable"],
    "Phone Number": [
        "(202) 555-0143",
        "+44 20 7946 0018",
        "+1 415 555 0132",
        "415-555-0132",
        "+15551230001",
        None,
    ],
    "Mobile Phone Number": [None, " ", "4021", "+1 202 555 0199 x12", "'+442079460019", "n/a"],
    "Email": ["bo@example.com", None, "sam@example.com", " kit@example.com ", "", None],
    "Plan": ["Gold", NASTY, None, "Trial", "", "Gold"],
}
FRAMES: dict[str, Callable[[dict[str, list[object]]], object]] = {
    "pandas": pd.DataFrame,
    "pandas objects": lambda data: pd.DataFrame(data, dtype=object),
    "pandas nullable": lambda data: pd.DataFrame(data).convert_dtypes(),
    "pandas index": lambda data: pd.DataFrame(data).set_index(next(iter(data))),
    "polars": pl.DataFrame,
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "pyarrow chunks": lambda data: pa.concat_tables([pa.table(data)[:2], pa.table(data)[2:]]),
    "duckdb": lambda data: duckdb.from_arrow(pa.table(data)),
    "rows": lambda data: [
        dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)
    ],
    "columns": lambda data: data,
    "contacts": lambda data: list(Directory(data)),
}
LIBRARIES = {"pandas", "polars", "pyarrow", "duckdb"}


@pytest.fixture(params=FRAMES)
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def directory(kind: str) -> Directory:
    return Directory(FRAMES[kind](DATA), region="US")


def test_the_wire_is_the_same_bytes(directory: Directory) -> None:
    assert directory.to_wire() == Directory(DATA).to_wire()
    assert json.loads(directory.to_wire()) == {
        "count": "5",
        "results": [
            {
                "id": 101,
                "name": "Bo Larsen",
                "phone": "(202) 555-0143",
                "email": "bo@example.com",
            },
            {"id": 102, "name": "Ines Okafor", "phone": "+44 20 7946 0018", "email": None},
            {
                "id": 103,
                "name": "Sam Reyes",
                "phone": "+1 415 555 0132",
                "email": "sam@example.com",
            },
            {"id": 104, "name": "Kit Reyes", "phone": "415-555-0132", "email": "kit@example.com"},
            {"id": 105, "name": NASTY, "phone": "+15551230001", "email": None},
        ],
    }


@pytest.mark.parametrize(
    ("number", "found"),
    [
        ("+12025550143", [(101, "e164")]),
        ("2025550143", [(101, "same digits")]),
        ("+442079460018", [(102, "same digits")]),
        ("+44 (20) 7946-0018", [(102, "same digits")]),
        ("+14155550132", [(103, "same digits"), (104, "e164")]),
        ("+15551230001", [(105, "same digits")]),
        ("4021", [(103, "same digits")]),
        ("+12025550199", [(104, "same digits")]),
        ("+442079460019", [(105, "same digits")]),
        ("+442079460020", []),
        ("n/a", []),
    ],
)
def test_lookups_find_the_same_contacts(
    directory: Directory, number: str, found: list[tuple[int, str]]
) -> None:
    matches = directory.find(number)

    assert [(match.contact.id, match.rule) for match in matches] == found


def test_a_contact_has_its_numbers_and_its_other_columns(directory: Directory) -> None:
    contact = directory.find("+12025550199").contact

    assert contact == Contact(
        id=104,
        name="Kit Reyes",
        phones=(Phone("415-555-0132", "phone"), Phone("+1 202 555 0199 x12", "mobile")),
        email="kit@example.com",
        fields={"Plan": "Trial"},
    )
    assert type(contact.id) is int


def test_nasty_text_passes_through_unchanged(directory: Directory) -> None:
    assert directory.find("+442079460018").contact.fields["Plan"] == NASTY
    assert directory.find("+15551230001").contact.name == NASTY


def test_absent_values_are_none(directory: Directory) -> None:
    contact = directory.get(103)

    assert contact.fields == {"Plan": None}
    assert directory.get("102").phones == (Phone("+44 20 7946 0018", "phone"),)
    assert directory.get(102).email is None
    assert directory.get(106).phones == ()


def test_iterating_gives_every_contact_in_order(directory: Directory) -> None:
    assert [contact.id for contact in directory] == [101, 102, 103, 104, 105, 106]
    assert list(directory) == [directory.get(number) for number in range(101, 107)]
    assert len(directory) == 6


def test_a_search_finds_the_same_contacts(directory: Directory) -> None:
    assert [c.id for c in directory.search("gold")[1]] == [101, 106]
    assert [c.id for c in directory.search("SAM REYES")[1]] == [103]
    assert [c.id for c in directory.search("7946")[1]] == [102, 105]


def test_what_was_recognised_is_said(kind: str, directory: Directory) -> None:
    expected = (
        "6 contacts: id (Record ID), name (First Name + Last Name), "
        "phone (Phone Number, Mobile Phone Number), email recognised; Plan kept"
    )

    assert directory.recognised == ("6 contacts" if kind == "contacts" else expected)
    assert directory.warnings == []
    assert directory.library == next((name for name in LIBRARIES if kind.startswith(name)), None)


def test_the_frame_is_kept_as_it_was_given(kind: str) -> None:
    frame = FRAMES[kind](DATA)

    assert Directory(frame).frame is frame


def test_an_empty_frame_is_an_empty_directory(kind: str) -> None:
    empty = FRAMES[kind]({name: values[:0] for name, values in DATA.items()})

    directory = Directory(empty)

    assert len(directory) == 0
    assert directory.to_wire() == b'{"count":"0","results":[]}'
    assert not directory.find("+12025550143")
    assert directory.warnings == []


def test_numbers_that_were_read_as_numbers_are_the_same(kind: str) -> None:
    data = {
        "id": [1, None, 3],
        "name": ["Bo Larsen", "Ines Okafor", "Sam Reyes"],
        "phone": [12025550143, 442079460018, None],
        "mobile": [None, None, 4021],
    }

    directory = Directory(FRAMES[kind](data), region="US")

    assert json.loads(directory.to_wire())["results"] == [
        {"id": 1, "name": "Bo Larsen", "phone": "+12025550143", "email": None},
        {"id": None, "name": "Ines Okafor", "phone": "+442079460018", "email": None},
        {"id": 3, "name": "Sam Reyes", "phone": "4021", "email": None},
    ]
    assert directory.find("+12025550143").contact.name == "Bo Larsen"
    assert directory.find("442079460018").contact.name == "Ines Okafor"
    assert [type(contact.id) for contact in directory] == [int, type(None), int]
