"""What a file's way did to the numbers is mended where that is certain, and said."""

from __future__ import annotations

import io
from decimal import Decimal

import pandas as pd
import polars as pl
import pytest

from crmwidget.directory import Directory


def directory_of(numbers: list[object], region: str | None = None) -> Directory:
    rows = [{"id": row, "name": "Bo", "Phone Number": one} for row, one in enumerate(numbers, 1)]
    return Directory(rows, region=region)


def first_numbers(directory: Directory) -> list[str | None]:
    return [contact.phone for contact in directory]


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("+1 202 555 0143", ["+1 202 555 0143"]),
        (" +1 202 555 0143 ", ["+1 202 555 0143"]),
        ("'+12025550143", ["+12025550143"]),
        ("'02079460018", ["02079460018"]),
        ("+12025550143 ::: 4021", ["+12025550143", "4021"]),
        ("+12025550143; +442079460018", ["+12025550143", "+442079460018"]),
        ("+12025550143\n+442079460018", ["+12025550143", "+442079460018"]),
        ("+12025550143;ext=12", ["+12025550143;ext=12"]),
        ("+12025550143, +442079460018", ["+12025550143", "+442079460018"]),
        ("020 7946 0018/+12025550143", ["020 7946 0018", "+12025550143"]),
        ("+12025550143,,4420794600", ["+12025550143,,4420794600"]),
        ("+12025550143, 4021", ["+12025550143, 4021"]),
        ("+12025550143,4420794600", ["+12025550143,4420794600"]),
        ('="+12025550143"', ["+12025550143"]),
        ("\u202a+1 202 555 0143\u202c", ["+1 202 555 0143"]),
        ("030/1234567", ["030/1234567"]),
        ("2079460018.0", ["2079460018"]),
        (2079460018.0, ["2079460018"]),
        (Decimal(2079460018), ["2079460018"]),
        (2079460018, ["2079460018"]),
        (["4021", None, 4022], ["4021", "4022"]),
        ("4.42E+11", []),
        ("4,42e+11", []),
        (4.42e11, []),
        (4.42079e11, []),
        (442079460018.0, ["+442079460018"]),
        (float("inf"), []),
        (Decimal("Infinity"), []),
        (4021.5, []),
        (-1, []),
        (True, []),
        (None, []),
        (pd.NA, []),
        ("  ", []),
        ("n/a", []),
        ({"number": "4021"}, []),
    ],
)
def test_a_cell_holds_these_numbers(cell: object, numbers: list[str]) -> None:
    contact = next(iter(directory_of([cell])))

    assert [phone.number for phone in contact.phones] == numbers


def test_the_plus_that_read_csv_took_is_restored_and_said() -> None:
    csv = "id,name,Phone Number\n" + "".join(
        f"{n},Bo,+1202555{n:04}\n" if n > 2 else f"{n},Bo,{n}021\n" for n in range(1, 501)
    )

    directory = Directory(pd.read_csv(io.StringIO(csv)))

    assert directory.warnings == [
        "Phone Number was read as numbers, + restored for 498 of 500",
    ]
    assert first_numbers(directory)[:3] == ["1021", "2021", "+12025550003"]
    assert b'"phone":"+12025550003"' in directory.to_wire()
    assert directory.find("+12025550003").contact.id == 3


def test_a_gap_turns_numbers_into_floats_and_they_are_mended_too() -> None:
    csv = "id,name,phone\n1,Bo,02079460018\n2,Ines,\n3,Sam,02079460019\n"

    directory = Directory(pd.read_csv(io.StringIO(csv)), region="GB")

    assert first_numbers(directory) == ["2079460018", None, "2079460019"]
    assert directory.find("+442079460018").contact.id == 1
    assert directory.warnings == []


@pytest.mark.parametrize(
    ("numbers", "region"),
    [
        ([2025550143, 4155550132], None),
        ([2025550143, 4155550132], "US"),
        ([4021, 4022], None),
        ([4532123456, 4533123456], None),
        # +15105550132 would be valid, but in Germany this is a mobile number.
        ([15105550132, 15123456789], "DE"),
        ([13123456789, 13523456789, 15912345678, 18912345678], None),
        ([12025550143, 9, 99999999, 99999998, 99999997], None),
    ],
)
def test_no_plus_is_restored_where_that_is_not_certain(
    numbers: list[object], region: str | None
) -> None:
    directory = directory_of(numbers, region)

    assert first_numbers(directory) == [str(number) for number in numbers]
    assert not any("restored" in sentence for sentence in directory.warnings)


def test_one_national_number_among_international_ones_is_left_as_it_is() -> None:
    international = [12025550000 + n for n in range(100, 120)]

    directory = directory_of([*international, 2025550143], "US")

    assert first_numbers(directory)[-2:] == ["+12025550119", "2025550143"]


def test_text_is_never_given_a_plus() -> None:
    assert first_numbers(directory_of(["12025550143", "442079460018"])) == [
        "12025550143",
        "442079460018",
    ]


def test_numbers_that_may_have_lost_something_are_a_warning_with_the_remedy() -> None:
    directory = directory_of([2025550143, 4155550132])

    assert directory.warnings == [
        "2 of 2 numbers have no country code: give region",
        (
            "Phone Number was read as numbers: a leading + or 0 may be lost. "
            "Read it as text: pd.read_csv(path, dtype={'Phone Number': str})"
        ),
    ]
    assert directory.with_region("US").warnings == []


def test_shortened_numbers_are_reported_with_their_rows_and_not_guessed() -> None:
    lost = ["4.42E+11"] * 7

    directory = directory_of(["+12025550143", *lost])

    assert directory.warnings == [
        (
            "Phone Number: 7 numbers were shortened by a spreadsheet to a form like 4.42E+11 and "
            "cannot be restored (rows 2, 3, 4, 5, 6 and 2 more, the first being 1): "
            "export the column as text"
        ),
    ]
    assert not directory.find("442000000000")


def test_a_shortened_number_that_a_reader_made_a_float_is_reported() -> None:
    frame = pl.read_csv(io.StringIO("id,name,phone\n1,Bo,4.42E+11\n2,Ines,442079460018\n"))

    directory = Directory(frame)

    assert "1 number was shortened" in directory.warnings[0]
    assert "(row 1, the first being 1)" in directory.warnings[0]
    assert first_numbers(directory) == [None, "+442079460018"]


def test_numbers_without_a_country_code_are_counted_and_extensions_are_none() -> None:
    directory = directory_of(["(202) 555-0143", "+442079460018", "4021", "415-555-0132"])

    assert directory.warnings == ["2 of 4 numbers have no country code: give region"]
    assert directory.with_region("US").warnings == []


def test_ids_that_repeat_or_are_missing_are_warned_of() -> None:
    rows = [{"id": one, "name": "Bo", "phone": "+1"} for one in ("a", "b", "a", None, "a")]

    assert Directory(rows).warnings == [
        (
            "2 rows have an id that an earlier row has (rows 3, 5, the first being 1): "
            "an id should name one contact"
        ),
        "1 contact has no id",
    ]


def test_warnings_name_no_customer() -> None:
    rows = [
        {"id": "secret-id", "name": "Bo Larsen", "phone": "(202) 555-0143"},
        {"id": "secret-id", "name": "Bo Larsen", "phone": "4.42E+11"},
    ]

    said = " ".join(Directory(rows).warnings)

    assert "Larsen" not in said
    assert "secret-id" not in said
    assert "0143" not in said


@pytest.mark.parametrize(
    ("cell", "numbers"),
    [
        ("+12025550143;;+14155550132", ["+12025550143", "+14155550132"]),
        ("+12025550143; ;+14155550132;", ["+12025550143", "+14155550132"]),
        ("+12025550143 | n/a | +14155550132", ["+12025550143", "+14155550132"]),
        ("(202) 555-0143;(415) 555-0132;4021", ["+12025550143", "+14155550132", "4021"]),
        ("4021\n+12025550143", ["4021", "+12025550143"]),
        ("+12025550143\r+14155550132", ["+12025550143", "+14155550132"]),
        ("+12025550143\t+14155550132", ["+12025550143", "+14155550132"]),
        ("+1 202 555 0143 & +1 415 555 0132", ["+12025550143", "+14155550132"]),
        ("+1 202 555 0143 +1 415 555 0132", ["+12025550143", "+14155550132"]),
    ],
)
def test_every_number_of_a_cell_is_found_whatever_stands_between(
    cell: str, numbers: list[str]
) -> None:
    held = Directory([{"id": 1, "name": "Bo", "phone": cell}], region="US")

    for number in numbers:
        assert [match.certain for match in held.find(number)] == [True]


def test_what_may_be_an_extension_stays_with_its_number() -> None:
    held = Directory([{"id": 1, "name": "Bo", "phone": "+12025550143;4021"}])

    assert [phone.number for one in held for phone in one.phones] == ["+12025550143;4021"]


@pytest.mark.parametrize(
    "cell", [[{"value": "+12025550143"}], {"value": "1"}, b"+12025550143", -5.5, '="-5.5"']
)
def test_a_cell_that_holds_something_else_than_a_number_is_reported(cell: object) -> None:
    held = Directory(
        [
            {"id": 1, "name": "Bo", "phone": "+442079460018"},
            {"id": 2, "name": "Ines", "phone": cell},
        ]
    )

    assert any(said.startswith("phone: 1 cell holds") and "row 2" in said for said in held.warnings)


def test_a_cell_without_a_number_is_no_mistake() -> None:
    cells = [None, "", " ", "n/a", "-", False, []]
    held = Directory([{"id": n, "name": "Bo", "phone": cell} for n, cell in enumerate(cells)])

    assert not [said for said in held.warnings if "something else" in said]


def test_ids_that_a_float_cannot_hold_are_reported_with_the_remedy() -> None:
    text = "Record Id,Last Name,Phone\n4150868000000225013,Bo,+12025550143\n,X,+14155550132\n"
    held = Directory(pd.read_csv(io.StringIO(text)))

    (said,) = [said for said in held.warnings if "decimals" in said]
    assert "row 1" in said
    assert "dtype={'Record Id': str}" in said


@pytest.mark.parametrize(
    ("label", "spoken"),
    [
        ("Halifax office", True),
        ("Fairfax", True),
        ("Home Fax", False),
        ("WorkFAX", False),
        ("telefax", False),
        ("fax number", False),
        ("pager", False),
    ],
)
def test_a_fax_is_known_by_the_word(label: str, spoken: bool) -> None:
    row = {
        "First Name": "Bo",
        "Last Name": "L",
        "Phone 1 - Label": label,
        "Phone 1 - Value": "+19025550143",
    }

    (contact,) = Directory(pd.DataFrame([row]))

    assert bool(contact.phones) is spoken


@pytest.mark.parametrize("cell", ["4.42E11", "4.4207946E11", "4,42e11", '="4.42E+11"'])
def test_a_number_shortened_without_a_plus_is_lost_and_no_vanity_number(cell: str) -> None:
    held = Directory([{"id": 1, "name": "Bo", "phone": cell}])

    assert "row 1" in held.warnings[0]
    assert [contact.phones for contact in held] == [()]
