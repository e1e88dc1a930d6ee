"""One suite over every kind of table: the same contacts are the same, whatever they came in.

A module that imports these tests defines two fixtures: `kind`, a name of the kind of table, and
`framed`, which makes a table of that kind from columns.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.directory import Contact, Directory, Phone

if TYPE_CHECKING:
    from collections.abc import Callable

    Framed = Callable[[dict[str, list[Any]]], object]

NASTY = "=cmd|' /C calc'!A0 \"x\" \u202eabc\u05d0 <b> \u2028 \\ 1+1"
DATA: dict[str, list[Any]] = {
    "Record ID": [101, 102, 103, 104, 105, 106, 107],
    "First Name": ["Bo", "Ines", "Sam", "Kit", NASTY, "Nobody", "Flora"],
    "Last Name": ["Larsen", "Okafor", "Reyes", "Reyes", None, "Reachable", "Marsh"],
    "Phone Number": [
        "(202) 555-0143",
        "+44 20 7946 0018",
        "+1 415 555 0132",
        "415-555-0132",
        "+15551230001",
        None,
        "1-202-555-FLOW",
    ],
    "Mobile Phone Number": [
        None,
        " ",
        "4021",
        "+1 202 555 0199 x12",
        "'+442079460019",
        "n/a",
        "+1 202 555 0104 ::: +1 202 555 0105",
    ],
    "Email": [
        "bo@example.com",
        None,
        "sam@example.com",
        " kit@example.com ",
        "",
        None,
        "a@example.com ::: b@example.com",
    ],
    "Plan": ["Gold", NASTY, None, "Trial", "", "Gold", "Silver"],
}
READ_AS_NUMBERS: dict[str, list[Any]] = {
    "id": [1, None, 3],
    "name": ["Bo Larsen", "Ines Okafor", "Sam Reyes"],
    "phone": [12025550143, 442079460018, None],
    "mobile": [None, None, 4021],
}
LIBRARIES = ("pandas", "polars", "pyarrow", "duckdb", "dask", "ibis", "pyspark", "modin")
LAZY = ("polars lazy", "duckdb", "dask", "ibis", "pyspark")


@pytest.fixture
def directory(framed: Framed) -> Directory:
    return Directory(framed(DATA), region="US")


def test_the_wire_is_the_same_bytes(directory: Directory) -> None:
    assert directory.to_wire() == Directory(DATA).to_wire()
    assert json.loads(directory.to_wire()) == {
        "count": "6",
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
            {"id": 107, "name": "Flora Marsh", "phone": "1-202-555-FLOW", "email": "a@example.com"},
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
        ("+12025553569", [(107, "same digits")]),
        ("+12025550105", [(107, "same digits")]),
        ("5550143", [(101, "last digits")]),
        (["+442079460020", "+12025550143"], [(101, "e164")]),
        ("+442079460020", []),
        ("n/a", []),
    ],
)
def test_lookups_find_the_same_contacts(
    directory: Directory, number: str | list[str], found: list[tuple[int, str]]
) -> None:
    matches = directory.find(number)

    assert [(match.contact.id, match.rule) for match in matches] == found
    assert list(matches) == list(Directory(DATA, region="US").find(number))


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


def test_a_contact_is_had_by_its_id(directory: Directory) -> None:
    assert directory.get(103).fields == {"Plan": None}
    assert directory.get("102").phones == (Phone("+44 20 7946 0018", "phone"),)
    assert directory.get(102).email is None
    assert directory.get(106).phones == ()
    assert [directory.get(wrong) for wrong in (99, "x", "", "0101", "101.0", None)] == [None] * 6


def test_iterating_gives_every_contact_in_order(directory: Directory) -> None:
    assert [contact.id for contact in directory] == [101, 102, 103, 104, 105, 106, 107]
    assert list(directory) == list(Directory(DATA))
    assert len(directory) == 7


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("gold", [101, 106]),
        ("SAM REYES", [103]),
        ("7946", [102, 105]),
        ("+1 202 555 0143", [101]),
        ("555 01", [101, 103, 104, 107]),
        ("1+1", [102, 105]),
        ("nobody at all", []),
        ("", [101, 102, 103, 104, 105, 106, 107]),
    ],
)
def test_a_search_finds_the_same_contacts(directory: Directory, text: str, ids: list[int]) -> None:
    count, found = directory.search(text)

    assert (count, [contact.id for contact in found]) == (len(ids), ids)


def test_a_search_gives_a_page_and_says_how_many_there_are(directory: Directory) -> None:
    count, found = directory.search("example.com", offset=1, limit=2)

    assert count == 4
    assert [contact.id for contact in found] == [103, 104]
    assert directory.search("", offset=5, limit=9)[1] == list(directory)[5:]


def test_what_was_recognised_is_said(kind: str, directory: Directory) -> None:
    said = directory.recognised

    if kind == "contacts":
        assert said == "7 contacts"
    else:
        assert said.startswith("7 contacts: ")
        assert "id (Record ID), name (First Name + Last Name), " in said
        assert "phone (Phone Number, Mobile Phone Number), email recognised; Plan kept" in said
    assert directory.warnings == []
    assert directory.library == next((name for name in LIBRARIES if kind.startswith(name)), None)
    assert directory.pushed == kind.startswith(LAZY)


def test_the_frame_is_kept_as_it_was_given(framed: Framed) -> None:
    frame = framed(DATA)

    assert Directory(frame).frame is frame


def test_an_empty_frame_is_an_empty_directory(framed: Framed) -> None:
    empty = framed({name: values[:0] for name, values in DATA.items()})

    directory = Directory(empty)

    assert len(directory) == 0
    assert directory.to_wire() == b'{"count":"0","results":[]}'
    assert not directory.find("+12025550143")
    assert directory.search("bo") == (0, [])
    assert directory.warnings == []


def test_numbers_that_were_read_as_numbers_are_the_same(framed: Framed) -> None:
    directory = Directory(framed(READ_AS_NUMBERS), region="US")

    assert json.loads(directory.to_wire())["results"] == [
        {"id": 1, "name": "Bo Larsen", "phone": "+12025550143", "email": None},
        {"id": None, "name": "Ines Okafor", "phone": "+442079460018", "email": None},
        {"id": 3, "name": "Sam Reyes", "phone": "4021", "email": None},
    ]
    assert directory.find("+12025550143").contact.name == "Bo Larsen"
    assert directory.find("442079460018").contact.name == "Ines Okafor"
    assert directory.find("4021").contact.name == "Sam Reyes"
    assert directory.get("3").name == "Sam Reyes"
    assert [type(contact.id) for contact in directory] == [int, type(None), int]


def test_another_region_reads_the_same_frame(directory: Directory) -> None:
    elsewhere = directory.with_region("GB")

    assert [match.rule for match in elsewhere.find("+12025550143")] == ["national"]
    assert elsewhere.to_wire() == directory.to_wire()
