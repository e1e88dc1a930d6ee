"""One reader of numbers: what is found is what the text says, whoever wrote it and wherever."""

from __future__ import annotations

import json
import random
import re
from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import phonenumbers
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crmwidget import phones
from crmwidget.directory import Contact, Directory
from tests import written_forms
from tests.test_phones_corpus import SEED, dice

if TYPE_CHECKING:
    from collections.abc import Callable

THOROUGH = max(500, settings().max_examples)
"""Examples of a property that holds for numbers of all regions."""
PEOPLE = 100_000 if THOROUGH > 500 else 5_000
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def one(text: object, region: str | None = None) -> Directory:
    return Directory([{"id": 1, "name": "Bo", "phone": text}], region=region)


def who(directory: Directory, caller: object) -> list[tuple[object, bool]]:
    return [(match.contact.id, match.certain) for match in directory.find(caller)]


# ---------------------------------------------------------------- what is not dialled
@pytest.mark.parametrize(
    ("text", "caller", "region"),
    [
        ("+1 202 555 0143 (ext. 12)", "+12025550143", None),
        ("202-555-0143 ramal 7", "+12025550143", "US"),
        ("Room 12: 202-555-0143", "+12025550143", "US"),
        ("Call 202-555-0143 or 415-555-0132 after 5 pm", "+14155550132", "US"),
        ("030 123456, 030 654321", "+4930654321", "DE"),
        ("tel:+1-202-555-0143;isub=1411;ext=12", "+12025550143", None),
        ("tel:863-1234;phone-context=+1-914", "+19148631234", None),
        ('"Caf\u00e9 21" <sip:+12025550143@pbx.example.com>;tag=1', "+12025550143", None),
        ("sip:+12025550143;rn=+13125559999@gw.example.com", "+12025550143", None),
        ("tel:+1%20202%20555%200143", "+12025550143", None),
        ("\u2018+12025550143.00", "+12025550143", None),
        ("2,025,550,143.0", "+12025550143", "US"),
        ("2.025550143E9", "+12025550143", "US"),
        ("202\u30fb555\u30fb0143", "+12025550143", "US"),
        ("1-202-555-FLOW", "+12025553569", "US"),
        ("1 800 flowers", "+18003569377", "US"),
        ("12025550143@s.whatsapp.net", "+12025550143", None),
        ("4021 home", "4021", "US"),
        ("Ext. 4021", "4021", None),
    ],
)
def test_a_number_is_found_whatever_stands_beside_it(
    text: str, caller: str, region: str | None
) -> None:
    assert who(one(text, region), caller) == [(1, True)]
    assert who(one(caller, region), text) == [(1, True)]


@pytest.mark.parametrize(
    ("text", "caller", "region"),
    [
        ("030 12345 Ida", "+493012345432", "DE"),
        ("206-555-0142 case manager", "20655501422273626243", None),
        ("Err:508", "508", None),
        ("#DIV/0!", "0", None),
        ("-899", "899", "US"),
        ("\u22122025550142", "+12025550142", "US"),
        ("-1", "1", None),
        ("000-000-0000", "0000000000", "US"),
        ("2026-01-15", "+4520260115", "DK"),
        ("1/15/2026 10:00 AM", "1152026", None),
        ("2000-2026", "+4520002026", "DK"),
        ("Copyright (c) 2000-2026 Acme", "+4520002026", "DK"),
        ("4021.0", "40210", None),
        ("3012345.0", "+4930123450", "DE"),
        ("1.20256E+10", "+12025600000", "US"),
        ("guest_4021", "4021", None),
        ("visitor-4021", "4021", None),
        ("guest_2025550143", "+12025550143", "US"),
        ("4021@example.com", "4021", None),
        # Where numbers have four digits an extension looks like one.
        ("+352 94 85 87 #4021", "4021", "LU"),
        ("+352 94 85 87 ramal 4021", "4021", "LU"),
        ("+683 5219, 4021", "4021", "NU"),
        ("5219 ramal 4021", "4021", "NU"),
        ("sip:bo2@example.com", "2", None),
        ("tel:+12025550143;rn=+13125559999", "+13125559999", None),
        ("tel:0143;phone-context=+1202555", "0143", None),
        ('"4021" <sip:anonymous@anonymous.invalid>', "4021", None),
        ("+266696687", "266696687", None),
    ],
)
def test_what_is_no_number_finds_nobody(text: str, caller: str, region: str | None) -> None:
    assert who(one(text, region), caller) == []
    assert who(one(caller, region), text) == []


def test_a_short_number_beside_a_word_is_named_and_not_listed() -> None:
    directory = one("Room 12")

    assert [contact.phones for contact in directory] == [()]
    assert directory.warnings == [
        (
            "phone: 1 cell holds something else than a number (row 1, the first being 1): "
            "correct it, or make a text of it"
        )
    ]


def test_several_numbers_that_cannot_be_told_apart_are_named() -> None:
    directory = one("202 555 0143 415 555 0132")

    assert not directory.find("202 555 0143")
    assert any("several numbers that cannot be told apart (row 1" in w for w in directory.warnings)
    assert who(directory.with_region("US"), "+14155550132") == [(1, True)]


# ---------------------------------------------------------------- certain is certain
def test_without_a_region_a_full_number_opens_nobody_whose_national_digits_are_the_same() -> None:
    # +49 30 123456 is in Berlin; 49 3012 3456 is a number of another country.
    directory = one("4930123456")

    assert [match.certain for match in directory.find("+4930123456")] == [False]
    assert [match.certain for match in one("+4930123456").find("4930123456")] == [False]
    assert who(directory, "49 3012 3456") == [(1, True)]


def test_who_writes_is_found_by_the_address_alone() -> None:
    rows = [
        {"id": 1, "name": "Bo", "phone": "4021", "email": "Bo@Example.org"},
        {"id": 2, "name": "Ines", "phone": "+12025550143", "email": "4021@example.org"},
    ]
    sources: list[object] = [
        rows,
        pd.DataFrame(rows),
        pl.DataFrame(rows).lazy(),
        [Contact(row["id"], row["name"], row["phone"], row["email"]) for row in rows],
    ]

    for source in sources:
        directory = Directory(source)
        assert who(directory, "bo@example.ORG") == [(1, True)]
        assert who(directory, '"Bo" <mailto:bo@example.org>') == [(1, True)]
        assert who(directory, "4021@example.org") == [(2, True)]
        assert directory.find("bo@example.org")[0].rule == "address"
        assert who(directory, "o@example.org") == []


def test_an_address_that_two_contacts_have_opens_neither() -> None:
    rows = [{"id": n, "name": "Bo", "phone": "4021", "email": "bo@example.org"} for n in (1, 2)]

    matches = Directory(rows).find("bo@example.org")

    assert (len(matches), matches.contact) == (2, None)


# ---------------------------------------------------------------- digits that were lost
@pytest.mark.parametrize(
    "numbers",
    [
        [1.20256e10, 1.41556e10, None],
        [2.03e9, 4.16e9],
        ["12025600000", "14155600000", "13105500000"],
        ["+12025600000.0", "+14155600000.0", "+13105500000.0"],
        ["1.20256E+10", "1.41556E+10"],
    ],
)
def test_a_column_that_lost_its_last_digits_lists_none_and_says_so(numbers: list[Any]) -> None:
    rows = [{"id": n, "name": "Bo", "phone": cell} for n, cell in enumerate(numbers)]

    directory = Directory(rows, region="US")

    assert all(contact.phones == () for contact in directory)
    assert b'"results":[]' in directory.to_wire()
    assert "shortened by a spreadsheet" in directory.warnings[0]
    assert not directory.find("+12025600000")


def test_one_round_number_among_others_is_kept() -> None:
    rows = [{"id": n, "name": "Bo", "phone": 2025550000.0 + n} for n in range(3)]

    assert who(Directory(rows, region="US"), "+12025550000") == [(0, True)]


def test_zeros_that_alone_were_left_out_are_put_back() -> None:
    texts = ["3.102025014E9", "3.10202501E9"]
    rows = [{"id": n, "name": "Bo", "phone": text} for n, text in enumerate(texts)]
    for frame in (rows, pl.DataFrame(rows).lazy()):
        assert who(Directory(frame, region="US"), "+13102025010") == [(1, True)]


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame], ids=["pandas", "polars"])
def test_floats_of_32_bits_are_no_numbers(library: Callable[[Any], Any]) -> None:
    data = library({"id": [1, 2], "name": ["Bo", "Ines"]})
    if library is pd.DataFrame:
        data["phone"] = pd.Series([2025550143, 4155550132], dtype="float32")
    else:
        data = data.with_columns(pl.Series("phone", [2025550143, 4155550132], dtype=pl.Float32))

    directory = Directory(data, region="US")

    assert [contact.phones for contact in directory] == [(), ()]
    assert "2 numbers were shortened" in directory.warnings[0]


# ---------------------------------------------------------------- properties
@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str | None]:
    """A valid number of any region in a written form, and the region."""
    rng = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - no secret
    ((region, (person,)),) = written_forms.people(rng, 1).items()
    return draw(st.sampled_from([person.contact, person.caller])), region


MARKS = [*"0123456789+()-. /#,;~*", "\u2011", "\u2060", "\u00b7"]
SIGNS = st.text(st.sampled_from([*MARKS, "x", "a", "b"]))


# A mark more makes an invalid number of most of them.
@settings(max_examples=THOROUGH, suppress_health_check=list(HealthCheck))
@given(written=texts(), extra=st.text(st.sampled_from(MARKS), max_size=2), data=st.data())
def test_what_has_an_e164_form_is_found_by_it(
    written: tuple[str, str | None], extra: str, data: st.DataObject
) -> None:
    text, region = written
    at = data.draw(st.integers(0, len(text)))
    text = text[:at] + extra + text[at:]
    number = phones.e164(text, region)
    said = phones.read(text, region)
    assume(number is not None)
    # The 0 of 4021.0 is dialled by nobody, as a negative number and a date are not.
    assume(not any(one.numeric for one in said.numbers) and said.fault in {None, "several"})
    # phonenumbers reads digits behind a word as more of the number, and many letters as keys.
    assume(re.search(r"[^\W\dx_].*\d", text) is None and sum(map(str.isalpha, text)) < 3)
    # An extension in two parts, "x1;2", is digits of the number to it: nobody writes that.
    assume(re.search(r"x\W*\d+\D+\d", text) is None)

    assert who(one(text, region), number) == [(1, True)]


SOURCES: dict[str, Callable[[dict[str, list[Any]]], object]] = {
    "contacts": lambda data: [
        Contact(own, "Bo", (cell,)) for own, cell in zip(data["id"], data["phone"], strict=True)
    ],
    "polars lazy": pl.LazyFrame,
    "pyarrow": pa.table,
    "pandas": pd.DataFrame,
    "duckdb": lambda data: duckdb.from_arrow(pa.table(data)),
}


@pytest.mark.parametrize("kind", [kind for kind in SOURCES if kind != "duckdb"])
@settings(max_examples=THOROUGH // 4)
@given(written=st.lists(texts(), min_size=2, max_size=4), which=st.integers(0, 19))
def test_every_source_finds_the_same(
    kind: str, written: list[tuple[str, str | None]], which: int
) -> None:
    compare(kind, written, which)


@settings(max_examples=THOROUGH // 20)
@given(written=st.lists(texts(), min_size=8, max_size=8), which=st.integers(0, 99))
def test_an_engine_of_sql_finds_the_same(written: list[tuple[str, str | None]], which: int) -> None:
    compare("duckdb", written, which)


def compare(kind: str, written: list[tuple[str, str | None]], which: int) -> None:
    """What two sources find, of the texts themselves and of what they say."""
    cells, region = [text for text, _ in written], written[0][1]
    data = {"id": [f"C-{n}" for n in range(len(cells))], "name": ["Bo"] * len(cells)}
    data["phone"] = cells
    rows, other = Directory(data, region=region), Directory(SOURCES[kind](data), region=region)
    asked = [*cells, phones.digits(cells[0]), *(p.number for one in rows for p in one.phones)]
    forms = [number for text in cells if (number := phones.e164(text, region))]

    for number in (asked[which % len(asked)], *forms[:1]):
        found = [(match.contact.id, match.rule) for match in rows.find(number)]
        assert [(match.contact.id, match.rule) for match in other.find(number)] == found
    listed = [one["phone"] for one in json.loads(rows.to_wire())["results"]]
    assert [one["phone"] for one in json.loads(other.to_wire())["results"]] == listed


@settings(max_examples=THOROUGH, suppress_health_check=list(HealthCheck))
@given(written=texts(), word=st.sampled_from(["Ida", "B\u00fcro", "case manager", "home", "floor"]))
def test_letters_beside_a_number_are_no_keys(written: tuple[str, str | None], word: str) -> None:
    text, region = written
    number = phones.e164(text, region)
    assume(number is not None and text.replace(" ", "").lstrip("+").isdecimal())
    keyed = phones.e164(f"{text} {word}", region)
    directory = one(f"{text} {word}", region)

    assert who(directory, number) == [(1, True)]
    assert keyed in {None, number} or not any(match.certain for match in directory.find(keyed))


@settings(max_examples=THOROUGH)
@given(text=st.one_of(st.text(), SIGNS), region=st.sampled_from([None, *REGIONS]))
def test_every_number_that_is_read_can_be_looked_for(text: str, region: str | None) -> None:
    ends = phones.candidates(text)

    for number in phones.read(text, region).numbers:
        assert any(digits.endswith(number.digits[-6:]) for digits in ends)
        (again,) = phones.read(number.text, region).numbers or (number,)
        assert again.digits == number.digits


def test_nobody_is_missed_and_nobody_is_taken_for_somebody_else() -> None:
    wrong, missed = [], []

    for region, people in written_forms.people(dice(), PEOPLE).items():
        rows = [{"id": one.id, "name": "Bo", "phone": one.contact} for one in people]
        directory = Directory(rows, region=region)
        for person in people:
            found = directory.find(person.caller).contact
            if found is None:
                missed.append((person, region))
            elif found.id != person.id:
                wrong.append((person, found.id, region))

    seed = f"CRMWIDGET_PHONES_SEED={SEED}"
    assert wrong == [], seed
    assert missed == [], seed


@pytest.mark.parametrize("text", ["<+61 470 9.~58 702>", '"Bo" <+61 470-~ 958 702>'])
def test_an_address_in_brackets_is_read_as_well_as_one_without(text: str) -> None:
    assert who(one(text, "AU"), "+61470958702") == [(1, True)]
