"""The ladder: who has a number, and who only seems to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget.directory import Directory, Matches, Phone
from crmwidget.directory import _index as index_module
from crmwidget.directory import _match_rules as ladder_module

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


def with_numbers(*numbers: str, region: str | None = None) -> Directory:
    rows = [{"id": row, "name": "Bo", "phone": one} for row, one in enumerate(numbers, 1)]
    return Directory(rows, region=region)


def found(matches: Matches) -> list[tuple[object, str]]:
    return [(match.contact.id, match.rule) for match in matches]


# ---------------------------------------------------------------- the ladder
def test_a_national_number_is_found_by_its_international_form(contacts: Directory) -> None:
    matches = contacts.find("+12025550143")

    assert matches.contact is not None
    assert matches.contact.fields["plan"] == "Gold"
    assert matches[0].certain
    assert matches[0].rule == "e164"
    assert matches[0].reason == (
        "Same international number as the phone number, read with region US."
    )


def test_two_who_share_a_number_are_both_found_and_none_is_the_one(contacts: Directory) -> None:
    # One has it as asked, the other as a national number: both are certain.
    matches = contacts.find("+14155550132")

    assert found(matches) == [("C-3", "same digits"), ("C-4", "e164")]
    assert matches.contact is None
    assert [contact.name for contact in matches.contacts] == ["Sam Reyes", "Kit Reyes"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("+15551230001", "+15551230001"),
        ("4021", "4021"),
        ("1 202 555 0143", "12025550143"),
        ("+1 202 555 0143", "+1-202-555-0143"),
        ("+1 202 555 0143 x12", "+12025550143"),
        ("+1 202 555 0143", "+1 202 555 0143 ext. 7"),
        ("1-800-FLOWERS", "18003569377"),
        ("+12025550143", "sip:+12025550143@pbx.example.com"),
        ("+12025550143", "tel:+1-202-555-0143"),
        ("12025550143", 12025550143),
        ("12025550143", 12025550143.0),
        ("12025550143", np.int64(12025550143)),
        ("123456789012345678901234", "123456789012345678901234"),
    ],
)
def test_the_same_digits_match_without_a_region_and_are_certain(
    written: str, asked: object
) -> None:
    matches = with_numbers(written).find(asked)

    assert found(matches) == [(1, "same digits")]
    assert matches.contact is not None
    assert matches[0].reason == "Same digits as the phone number."


@pytest.mark.parametrize(
    ("written", "asked", "region"),
    [
        ("020 7946 0018", "+442079460018", "GB"),
        ("+442079460018", "020 7946 0018", "GB"),
        ("0044 20 7946 0018", "+442079460018", "GB"),
        ("011 44 20 7946 0018", "+442079460018", "US"),
        ("020 7946 0018", "442079460018", "GB"),
        ("882345", "+3780549882345", "SM"),
        ("+54 9 11 2345 6789", "011 15-2345-6789", "AR"),
        ("+1 800 FLOWERS", "800-356-9377", "US"),
        # Valid nowhere, but of a right length.
        ("+15551230001", "555-123-0001", "US"),
        ("(555) 123-0001", "+15551230001", "US"),
    ],
)
def test_the_same_number_in_another_form_is_certain_with_its_region(
    written: str, asked: str, region: str
) -> None:
    matches = with_numbers(written, region=region).find(asked)

    assert found(matches) == [(1, "e164")]
    assert matches.contact is not None


@pytest.mark.parametrize(
    ("written", "asked", "region"),
    [
        # Two complete numbers are two numbers, whatever they end in.
        ("+1 202 555 0143", "+1 415 555 0143", "US"),
        ("(202) 555-0143", "415-555-0143", "US"),
        ("+44 20 7946 0018", "+49 30 7946 0018", None),
        ("4021", "+1 202 555 4021", "US"),
        ("554021", "+1 202 555 4021", "US"),
        ("+1 202 555 4021", "554021", "US"),
        ("1-800-FLOWERS", "1800", None),
        # San Marino's number as a whole, but too short to be looked for elsewhere.
        ("882345", "+3780549882345", None),
        ("020 7946 0018", "sip:reception@pbx.example.com", None),
        ("020 7946 0018", "anonymous", None),
    ],
)
def test_a_number_that_is_only_similar_finds_nobody(
    written: str, asked: str, region: str | None
) -> None:
    assert not with_numbers(written, region=region).find(asked)


WITH_GB = "if that is read with region GB"


@pytest.mark.parametrize(
    ("written", "asked", "region", "reason"),
    [
        (
            *("020 7946 0018", "+442079460018", None),
            f"Same number as the phone number {WITH_GB}, but no region was given.",
        ),
        (
            *("020 7946 0018", "+442079460018", "US"),
            f"Same number as the phone number {WITH_GB}, not with US.",
        ),
        (
            *("+442079460018", "020 7946 0018", "US"),
            "Same number as the phone number if the caller's is read with region GB, not with US.",
        ),
        (
            *("+12025550143", "(202) 555-0143", None),
            (
                "Same number as the phone number if the caller's is read with region US, "
                "but no region was given."
            ),
        ),
        # Without a region it may be the national number of another country.
        (
            *("12025550143", "+12025550143", None),
            (
                "Same number as the phone number if that is read with region US, "
                "but no region was given."
            ),
        ),
        (
            *("+12025550143", "12025550143", None),
            (
                "Same number as the phone number if the caller's is read with region US, "
                "but no region was given."
            ),
        ),
        (
            *("+12079460018", "+442079460018", "US"),
            "Same national number as the phone number, which has the country code of US.",
        ),
    ],
)
def test_the_same_number_under_another_region_is_possible_and_the_region_is_named(
    written: str, asked: str, region: str | None, reason: str
) -> None:
    matches = with_numbers(written, region=region).find(asked)

    assert found(matches) == [(1, "national")]
    assert (matches[0].certain, matches[0].reason) == (False, reason)
    assert matches.contact is None


@pytest.mark.parametrize(
    ("written", "asked", "region", "count"),
    [
        ("+1 202 555 0143", "555 0143", "US", 7),
        ("555 0143", "+1 202 555 0143", "US", 7),
        ("7946 0018", "+44 20 7946 0018", "US", 8),
        ("020 7946 0018", "20 7946 0018", None, 9),
        ("+1 44 20 7946 0018", "+44 20 7946 0018", "US", 9),
        ("+32123456", "32 12 34 56", "DK", 8),
        # The same digits, but the + makes one a number in Egypt and the other is in Washington.
        ("(202) 555-0143", "+2025550143", "US", 9),
        ("+2025550143", "(202) 555-0143", "US", 9),
    ],
)
def test_the_last_digits_are_possible_and_counted(
    written: str, asked: str, region: str | None, count: int
) -> None:
    matches = with_numbers(written, region=region).find(asked)

    assert found(matches) == [(1, "last digits")]
    assert not matches[0].certain
    assert matches[0].reason == f"Same last {count} digits as the phone number."
    assert matches.contact is None


def test_who_is_only_possible_is_not_shown_beside_somebody_certain() -> None:
    directory = with_numbers("7946 0018", "020 7946 0018", "+44 20 7946 0018")

    assert found(directory.find("+442079460018")) == [(3, "same digits")]
    assert found(directory.find(["7946 0018", "+442079460018"])) == [
        (1, "same digits"),
        (3, "same digits"),
    ]


def test_of_the_possible_rungs_the_best_that_finds_anybody_is_the_last() -> None:
    national = with_numbers("7946 0018", "020 7946 0018", "20 7946 0018 x7")
    longest = with_numbers("946 0018", "7946 0018", "17 7946 0018", "7946 0018 ext. 9")

    assert found(national.find("+442079460018")) == [(2, "national"), (3, "national")]
    assert found(longest.find("+442079460018")) == [
        (2, "last digits"),
        (3, "last digits"),
        (4, "last digits"),
    ]
    assert found(with_numbers("946 0018").find("+442079460018")) == [(1, "last digits")]


def test_the_best_of_a_contacts_numbers_is_the_possible_reason() -> None:
    row = {"id": 1, "name": "Bo", "phone": "7946 0018", "Mobile": "020 7946 0018"}

    matches = Directory([row], region="US").find("+442079460018")

    assert [match.reason for match in matches] == [
        f"Same number as the mobile phone number {WITH_GB}, not with US."
    ]


@pytest.mark.parametrize(
    "asked",
    [
        *("", " ", "anonymous", "sip:anonymous@anonymous.invalid", "Private", "n/a", None),
        *(float("nan"), pd.NA, True, object, b"4021", [], ["", None], {"number": "4021"}),
    ],
    ids=repr,
)
def test_who_withholds_the_number_is_nobody(asked: object) -> None:
    assert not with_numbers("4021", "anonymous", "", "1", "52").find(asked)


def test_of_several_numbers_all_are_looked_up_and_each_contact_is_found_once(
    contacts: Directory,
) -> None:
    numbers = ["", "+12025550143", "2025550143", "+1 202 555 0143", None]

    assert found(contacts.find(numbers)) == [("C-1", "same digits")]
    assert found(contacts.find(numbers[2:])) == [("C-1", "same digits")]
    assert [one.digits for one in ladder_module.asked(numbers, "US")] == [
        "12025550143",
        "2025550143",
    ]


def test_what_is_found_comes_in_the_order_of_certainty(contacts: Directory) -> None:
    matches = contacts.find(("+12025550143", "+442079460018"))

    assert found(matches) == [("C-2", "same digits"), ("C-1", "e164")]
    assert matches.contact is None


def test_a_contact_is_found_by_any_number_and_the_reason_names_which() -> None:
    row = {"id": 1, "name": "Bo", "phone": "4021", "Mobile": "(202) 555-0143"}

    matches = Directory([row], region="US").find(Phone("+12025550143"))

    assert matches[0].reason == (
        "Same international number as the mobile phone number, read with region US."
    )


def test_the_best_of_a_contacts_numbers_is_the_reason() -> None:
    row = {"id": 1, "name": "Bo", "phone": "(202) 555-0143", "Mobile": "+12025550143"}

    matches = Directory([row], region="US").find("+12025550143")

    assert [match.reason for match in matches] == ["Same digits as the mobile phone number."]


def test_rows_of_one_record_are_one_contact() -> None:
    row = {"id": 1, "name": "Bo", "phone": "4021"}

    same = Directory([{**row, "order": 1}, {**row, "order": 2}]).find("4021")
    namesake = Directory([{**row, "id": None}, {**row, "id": None}]).find("4021")
    other = Directory([row, {**row, "name": "Ines"}]).find("4021")

    assert (len(same), len(namesake), len(other)) == (2, 2, 2)
    assert same.contact is not None
    assert namesake.contact is None
    assert other.contact is None


def _formats(number: phonenumbers.PhoneNumber) -> st.SearchStrategy[str]:
    forms = phonenumbers.PhoneNumberFormat
    kinds = (forms.E164, forms.INTERNATIONAL, forms.NATIONAL, forms.RFC3966)
    return st.sampled_from([phonenumbers.format_number(number, kind) for kind in kinds])


@given(data=st.data(), region=st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_in_its_region_a_number_is_found_in_whatever_form(data: st.DataObject, region: str) -> None:
    number = phonenumbers.example_number(region)
    written, asked = data.draw(_formats(number)), data.draw(_formats(number))

    matches = with_numbers("4021", written, "+12025550143", region=region).find(asked)

    assert 2 in [match.contact.id for match in matches]


# ---------------------------------------------------------------- the index
def test_the_index_is_built_at_the_first_find_and_never_again(
    monkeypatch: pytest.MonkeyPatch, frame: pd.DataFrame
) -> None:
    built: list[None] = []
    whole = index_module.Index.__init__

    def counted(self: object, *given: object) -> None:
        built.append(None)
        whole(self, *given)

    monkeypatch.setattr(index_module.Index, "__init__", counted)
    directory = Directory(frame, region="US")
    assert (len(directory), directory.to_wire()[:11], built) == (4, b'{"count":"4', [])

    with ThreadPoolExecutor(4) as pool:
        several = list(pool.map(directory.find, ["+12025550143"] * 8))
    elsewhere = directory.with_region("GB").find("+12025550143")

    assert all(matches.contact for matches in several)
    assert not any(match.certain for match in elsewhere)
    assert len(built) == 1


def test_the_index_takes_twelve_bytes_a_number() -> None:
    index = index_module.Index((row, f"+1202555{row:04}") for row in range(1000))

    held = sum(part.itemsize * len(part) for part in (index._keys, index._rows))
    assert held == 12 * len(index)
