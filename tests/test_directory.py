from __future__ import annotations

import copy
import json
import pathlib
import pickle
import subprocess
import sys
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmwidget import protocol
from crmwidget.directory import (
    Contact,
    Directory,
    Match,
    Matches,
    Phone,
    contacts_of,
    matches_of,
)
from crmwidget.errors import DirectoryError

ROWS = [
    ("C-1", "Bo Larsen", "(202) 555-0143", "bo@example.com", "Gold"),
    ("C-2", "Ines Okafor", "+44 20 7946 0018", "ines@example.com", "Silver"),
    ("C-3", "Sam Reyes", "+1 415 555 0132", "sam@example.com", "Gold"),
    ("C-4", "Kit Reyes", "415-555-0132", "kit@example.com", "Trial"),
]


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["id", "name", "phone", "email", "plan"])


@pytest.fixture
def contacts(frame: pd.DataFrame) -> Directory:
    return Directory(frame, region="US")


def _short(value: object) -> str:
    return " ".join(repr(value).split())[:40]


# ---------------------------------------------------------------- what is shown
def test_no_repr_has_a_customers_data(contacts: Directory) -> None:
    matches = contacts.find("+12025550143")
    contact = matches[0].contact

    said = " ".join(map(repr, (contacts, matches, matches[0], contact, contact.phones)))
    said += f"{contact} {matches} {contacts}"

    assert not any(text in said for text in ("Larsen", "0143", "example.com", "Gold"))
    assert repr(contact) == "Contact(id='C-1')"
    assert repr(matches) == "Matches(1 found, 1 certain)"
    assert repr(contacts) == "Directory(4 contacts, region='US')"


def test_what_a_person_displays_shows_the_data(contacts: Directory) -> None:
    matches = contacts.find("+12025550143")

    for shown in (matches, matches[0], matches[0].contact, contacts):
        html = shown._repr_html_()
        assert "Bo Larsen" in html
        assert "(202) 555-0143" in html
    assert "Same international number" in matches._repr_html_()
    assert "Gold" in matches[0].contact._repr_html_()
    assert "Nobody" in Matches()._repr_html_()


def test_hostile_text_is_shown_as_text() -> None:
    name = "<script>alert(1)</script>\0\ud800\u202e"
    row = {"id": "<i>", "name": name, "phone": "4021", "<b>": "<img src=x>"}
    directory = Directory([row])
    matches = directory.find("4021")

    for shown in (directory, matches, matches[0].contact):
        html = shown._repr_html_()
        assert "<script" not in html
        assert "<img" not in html
        assert "<b>" not in html
        html.encode()


def test_matches_are_a_sequence_and_falsy_when_empty(contacts: Directory) -> None:
    matches = contacts.find("+14155550132")

    assert not contacts.find("4021")
    assert contacts.find("4021").contact is None
    assert isinstance(matches[0], Match)
    assert isinstance(matches[:1], Matches)
    assert matches[:1].contact == matches[0].contact
    assert list(reversed(matches)) == [matches[1], matches[0]]


def test_an_uncertain_match_is_never_the_contact() -> None:
    bo, ines = Contact("C-1"), Contact("C-2")
    guess = Match(ines, "given", "Similar.", certain=False)

    assert Matches([guess]).contact is None
    assert Matches([Match(bo, "given", "Given.", certain=True), guess]).contact == bo


def test_a_contact_is_frozen_and_can_be_copied_hashed_and_compared() -> None:
    contact = Contact("C-1", "Bo", ["4021", Phone("4022", "home")], fields={"plan": "Gold"})

    assert contact.phones == (Phone("4021", "phone"), Phone("4022", "home"))
    assert contact.phone == "4021"
    assert Contact("C-2").phone is None
    assert pickle.loads(pickle.dumps(contact)) == copy.deepcopy(contact) == contact  # noqa: S301
    assert len({contact, copy.deepcopy(contact)}) == 1
    with pytest.raises(AttributeError):
        contact.name = "Ines"  # type: ignore[misc]


# ---------------------------------------------------------------- the wire
def test_the_wire_is_what_the_protocol_makes_of_the_contacts(contacts: Directory) -> None:
    expected = protocol.crm_directory(contact.to_wire() for contact in contacts)

    assert json.loads(contacts.to_wire()) == expected
    assert contacts.to_wire() is contacts.to_wire()


def test_who_cannot_be_reached_is_not_on_the_wire_and_not_counted() -> None:
    rows = [
        {"id": 1, "name": "Bo", "phone": "4021", "email": None},
        {"id": 2, "name": "Ines", "phone": " ", "email": ""},
        {"id": 3, "name": "Sam", "phone": "n/a", "email": "sam@example.com"},
    ]

    assert json.loads(Directory(rows).to_wire()) == {
        "count": "2",
        "results": [
            {"id": 1, "name": "Bo", "phone": "4021", "email": None},
            {"id": 3, "name": "Sam", "phone": None, "email": "sam@example.com"},
        ],
    }


@given(name=st.text(st.characters(exclude_categories=()), min_size=1))
@example(name="\ud800 lone")
@example(name="\udc00\ud83d\ude00 lone and a pair")
def test_any_name_is_valid_utf8_and_the_same_string_in_javascript(name: str) -> None:
    wire = Directory([{"id": 1, "name": name, "phone": "4021"}]).to_wire()

    sent = json.loads(wire.decode("utf-8"))["results"][0]["name"]
    # Two surrogates that follow each other are one character to JavaScript and to JSON.
    assert sent.encode("utf-16", "surrogatepass") == (name if name.strip() else "").encode(
        "utf-16", "surrogatepass"
    )


def test_more_rows_than_a_chunk_are_one_list() -> None:
    frame = pl.DataFrame(
        {
            "id": range(25_000),
            "name": "Bo",
            "phone": [f"+1202{n:07}" if n % 10_000 else None for n in range(25_000)],
        }
    )

    sent = json.loads(Directory(frame).to_wire())

    assert sent["count"] == "24997"
    assert [one["id"] for one in sent["results"]] == [n for n in range(25_000) if n % 10_000]


@pytest.mark.parametrize(
    ("given", "own", "sent"),
    [
        ("001", "001", "001"),
        (1, 1, 1),
        (np.int64(1), 1, 1),
        (1.0, 1, 1),
        (1.5, "1.5", "1.5"),
        (2**53 + 1, 2**53 + 1, "9007199254740993"),
        (uuid.UUID(int=1), str(uuid.UUID(int=1)), str(uuid.UUID(int=1))),
        (" ", None, None),
    ],
)
def test_an_id_keeps_its_type_and_survives_javascript(
    given: object, own: object, sent: object
) -> None:
    directory = Directory([{"id": given, "name": "Bo", "phone": "4021"}])

    contact = next(iter(directory))
    assert (contact.id, type(contact.id)) == (own, type(own))
    assert json.loads(directory.to_wire())["results"][0]["id"] == sent
    assert sent is None or directory.get(sent) == contact


# ---------------------------------------------------------------- search and get
@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("reyes", ["C-3", "C-4"]),
        ("KIT@", ["C-4"]),
        ("gold", ["C-1", "C-3"]),
        ("c-2", ["C-2"]),
        ("555-01", ["C-1", "C-3", "C-4"]),
        ("20 79", ["C-2"]),
        ("+1 202 555 0143", ["C-1"]),
        ("", ["C-1", "C-2", "C-3", "C-4"]),
        ("  ", ["C-1", "C-2", "C-3", "C-4"]),
        ("nobody", []),
    ],
)
def test_a_search_looks_into_every_column_and_knows_numbers(
    contacts: Directory, text: str, ids: list[str]
) -> None:
    given = Directory(list(contacts), region="US")

    for directory in (contacts, given):
        matching, shown = directory.search(text)
        assert [contact.id for contact in shown] == ids
        assert matching == len(ids)


def test_a_search_gives_a_page_and_the_number_of_all(contacts: Directory) -> None:
    assert [c.id for c in contacts.search("", offset=1, limit=2)[1]] == ["C-2", "C-3"]
    assert contacts.search("reyes", offset=1, limit=1)[0] == 2
    assert contacts.search("reyes", offset=9) == (2, [])
    assert contacts.search("", offset=-5, limit=-1) == (4, [])
    assert [c.id for c in contacts.search("", offset=-3, limit=2)[1]] == ["C-1", "C-2"]


def test_a_contact_is_got_by_the_id_that_came_off_the_wire() -> None:
    directory = Directory([{"id": 7, "name": "Bo", "phone": "1"}, {"name": "Ines", "phone": "2"}])

    assert directory.get("7") == directory.get(7) == next(iter(directory))
    assert directory.get("8") is None
    assert directory.get(None) is None


# ---------------------------------------------------------------- what is taken
def test_a_directory_of_a_directory_is_itself_or_has_the_region(frame: pd.DataFrame) -> None:
    plain = Directory(frame)
    american = Directory.of(plain, region="us")

    assert Directory.of(plain) is plain
    assert american.region == "US"
    assert plain.region is None
    assert Directory.of(american, region="GB") is american
    assert Directory.of(frame, region="US").find("+12025550143").contact is not None
    renamed = Directory.of(american, columns={"name": "plan"})
    assert (next(iter(renamed)).name, renamed.region) == ("Gold", "US")


def test_the_region_can_be_told_later(frame: pd.DataFrame) -> None:
    plain = Directory(frame)

    assert [match.rule for match in plain.find("+12025550143")] == ["national"]
    assert plain.warnings == ["2 of 4 numbers have no country code: give region"]
    assert plain.with_region("US").find("+12025550143").contact is not None
    assert plain.with_region("US").warnings == []
    assert plain.with_region(None).region is None


@pytest.mark.parametrize("region", ["UK", "United States", "", "+1", 1])
def test_a_region_that_does_not_exist_is_said_at_once(frame: pd.DataFrame, region: str) -> None:
    with pytest.raises(DirectoryError, match="no region is called"):
        Directory(frame, region=region)


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("contacts.csv", r"Read it first: pd.read_csv\(path\)"),
        (pathlib.Path("contacts.csv"), r"Read it first: pd.read_csv\(path\)"),
        (None, "Give a dataframe"),
        (5, "Give a dataframe"),
        (b"", "Give a dataframe"),
        ([1, 2], "a row is a int, not a mapping"),
        ({"id": 1, "name": "Bo", "phone": "1"}, "put it in a list"),
        ({"id": [1], "name": ["Bo", "Ines"]}, "differ in length"),
        (pd.Series(["4021"]), "a row is a str"),
        (pd.DataFrame([[1, 2]], columns=["Phone", "Phone"]), "called 'Phone'"),
    ],
    ids=_short,
)
def test_what_is_no_directory_is_refused_with_advice(given: object, advice: str) -> None:
    with pytest.raises(DirectoryError, match=advice):
        Directory(given)


@pytest.mark.parametrize(
    "empty",
    [[], (), {}, pd.DataFrame(), pl.DataFrame(), iter([])],
    ids=["list", "tuple", "mapping", "pandas", "polars", "iterator"],
)
def test_nothing_is_an_empty_directory(empty: object) -> None:
    directory = Directory(empty)

    assert len(directory) == 0
    assert directory.recognised == "0 contacts"
    assert directory.warnings == []
    assert directory.to_wire() == b'{"count":"0","results":[]}'


def test_rows_may_be_pandas_rows_namedtuples_or_come_one_by_one(frame: pd.DataFrame) -> None:
    expected = Directory(frame).to_wire()

    assert Directory([row for _, row in frame.iterrows()]).to_wire() == expected
    assert Directory(frame.itertuples(index=False)).to_wire() == expected
    assert Directory(row for row in frame.to_dict("records")).to_wire() == expected


def test_contacts_and_matches_are_a_directory(contacts: Directory) -> None:
    both = contacts.find("+14155550132")

    assert [c.id for c in Directory(both)] == ["C-3", "C-4"]
    assert [c.id for c in Directory([both[0], contacts.get("C-1")])] == ["C-3", "C-1"]
    assert [c.id for c in Directory(contacts.get("C-2"))] == ["C-2"]
    given = Directory([Contact(1, "Bo", ("(202) 555-0143",))], region="US")
    assert given.find("+12025550143").contact is not None
    assert given.with_region("GB").find("+12025550143").contact is None


# ---------------------------------------------------------------- what handlers return
def test_whatever_a_handler_may_return_is_contacts(
    contacts: Directory, frame: pd.DataFrame
) -> None:
    found = contacts.find("+12025550143")
    row = dict(zip(frame.columns, ROWS[0], strict=True))

    values: list[object] = [
        found,
        found[0],
        found.contact,
        row,
        frame.iloc[0],
        next(frame.itertuples()),
        frame.head(1),
        pl.from_pandas(frame.head(1)),
        {name: [value] for name, value in row.items()},
        [found, None],
        [row],
        [frame.iloc[0], []],
        Directory([row]),
        (contact for contact in [found.contact]),
    ]

    for value in values:
        (contact,) = contacts_of(value)
        assert (contact.id, contact.name, contact.phone) == ("C-1", "Bo Larsen", "(202) 555-0143")
        assert contact.fields["plan"] == "Gold"


@pytest.mark.parametrize("nobody", [None, [], {}, [None], Matches(), pd.DataFrame()], ids=_short)
def test_nobody_is_no_contacts(nobody: object) -> None:
    assert contacts_of(nobody) == []
    assert not matches_of(nobody)


def test_a_handlers_mapping_may_lack_parts_and_be_ambiguous() -> None:
    (nameless,) = contacts_of({"phone": "4021"})
    (joined,) = contacts_of({"id": 1, "contact_id": 2, "name": "Bo"})
    (several,) = contacts_of({"name": "Bo", "phone": ["4021", "4022"]})

    assert (nameless.id, nameless.name) == (None, "")
    assert (joined.id, joined.fields) == (1, {"contact_id": 2})
    assert [phone.number for phone in several.phones] == ["4021", "4022"]


@pytest.mark.parametrize(
    "value", ["https://crm.example.com", 5, b"", [5], {"error": "x"}, pd.Series([1])], ids=_short
)
def test_what_is_no_contact_is_refused(value: object) -> None:
    with pytest.raises(DirectoryError):
        contacts_of(value)


def test_what_a_handler_returned_is_certain_and_several_are_a_choice(contacts: Directory) -> None:
    one = matches_of(contacts.get("C-1"), reason="Returned by pop().")
    two = matches_of([contacts.get("C-1"), contacts.get("C-2")])
    kept = matches_of([contacts.find("+12025550143")[0]], reason="Returned by pop().")

    assert one.contact == contacts.get("C-1")
    assert (one[0].rule, one[0].reason, one[0].certain) == ("given", "Returned by pop().", True)
    assert two.contact is None
    assert kept[0].rule == "e164"
    found = contacts.find("+14155550132")
    assert matches_of(found) is found


# ---------------------------------------------------------------- what is loaded
def test_importing_it_loads_no_library_and_rows_load_only_phonenumbers() -> None:
    code = (
        "import sys; import crmwidget.directory\n"
        "heavy = ('narwhals', 'pandas', 'polars', 'duckdb', 'phonenumbers', 'pydantic')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "found = crmwidget.directory.Directory([{'id': 1, 'name': 'Bo', 'phone': '4021'}])\n"
        "found.to_wire(), found.find('4021')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split("\n")[:2] == ["[]", "['phonenumbers']"]


def test_contacts_made_from_a_row_with_absent_values_are_what_was_meant() -> None:
    nan = float("nan")

    held = Directory(
        [
            Contact("a", "Bo", "+12025550143"),  # type: ignore[arg-type]
            Contact(nan, nan, (nan,), nan),  # type: ignore[arg-type]
            Contact(7.0, "Ines", (12025550143.0, None), "x@y.z"),  # type: ignore[arg-type]
            Contact(uuid.UUID(int=5), "Sam", None),  # type: ignore[arg-type]
        ]
    )

    assert [one.id for one in held] == ["a", None, 7, str(uuid.UUID(int=5))]
    assert [one.phone for one in held] == ["+12025550143", None, "12025550143", None]
    assert [(one.name, one.email) for one in held][1] == ("", None)
    assert [one["id"] for one in json.loads(held.to_wire())["results"]] == ["a", 7]
    asked = ["+12025550143", "12025550143"]
    assert [held.find(number).contact.id for number in asked] == ["a", 7]  # type: ignore[union-attr]


def test_a_date_that_cannot_be_read_keeps_nobody_from_being_found() -> None:
    since = pl.Series([0, 2_932_906]).cast(pl.Date)
    numbers = ["+12025550143", "+14155550132"]
    held = Directory(pl.DataFrame({"id": [1, 2], "name": "a", "phone": numbers, "since": since}))

    assert held.find("+14155550132").contact.id == 2  # type: ignore[union-attr]
    assert [contact.id for contact in held.search("a")[1]] == [1, 2]
