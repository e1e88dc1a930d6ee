"""Spellings: what a CRM is asked for, and that only an exact number is found."""

from __future__ import annotations

import pytest

from crmwidget import Contact
from crmwidget.adapters._number_queries import endings, national, spellings, verified


def test_a_number_is_searched_for_in_the_ways_people_write_it() -> None:
    found = spellings("(202) 555-0143", "US")

    assert found[:4] == ["+12025550143", "12025550143", "0012025550143", "2025550143"]
    assert {
        "+1 202-555-0143",
        "+1 (202) 555-0143",
        "+1 202 555 0143",
        "+1-202-555-0143",
        "+1.202.555.0143",
        "(202) 555-0143",
        "(202) 555 0143",
        "202-555-0143",
        "202.555.0143",
        "202 555 0143",
        "1-202-555-0143",
        "5550143",
    } <= set(found)
    assert len(found) == len(set(found))
    assert len(found) < 40


def test_a_national_prefix_is_written_where_people_dial_it() -> None:
    found = spellings("+442079460018", "GB")

    assert {
        "+442079460018",
        "02079460018",
        "020 7946 0018",
        "(020) 7946 0018",
        "020-7946-0018",
        "+44 20 7946 0018",
        "20 7946 0018",
        "2079460018",
        "79460018",
    } <= set(found)


def test_without_a_region_nothing_national_is_guessed() -> None:
    assert "02079460018" not in spellings("+442079460018")
    assert spellings("020 7946 0018")[:2] == ["02079460018", "020 7946 0018"]


@pytest.mark.parametrize("nothing", ["", "   ", "anonymous", "bo@example.com", "\0", "\ud800"])
def test_what_is_no_number_is_not_searched_for(nothing: str) -> None:
    assert spellings(nothing, "US") == []
    assert endings(nothing, "US") == []
    assert national(nothing, "US") == ""


def test_a_short_code_is_searched_for_as_it_is() -> None:
    assert spellings("110", "US") == ["110"]
    assert endings("110", "US") == []


def test_the_endings_are_the_last_nine_eight_and_seven_digits() -> None:
    assert endings("+44 20 7946 0018", "GB") == ["079460018", "79460018", "9460018"]
    assert national("020 7946 0018", "GB") == "2079460018"


@pytest.mark.parametrize(
    "hostile",
    [
        "+1 202 555 0143' OR Name != '",
        "+12025550143%' --",
        '"+12025550143" role:admin',
        "+12025550143*",
        "+12025550143\\",
        "+12025550143&name=x",
        "+12025550143}",
    ],
)
def test_only_digits_of_a_hostile_number_are_valid_or_searched_with_wildcards(hostile: str) -> None:
    assert national(hostile, "US").isdigit()
    assert all(one.isdigit() for one in endings(hostile, "US"))


def test_what_a_crm_found_is_matched_exactly_here() -> None:
    found = [
        Contact(1, "Bo Larsen", ("(202) 555-0143",)),
        Contact(2, "Sam Reyes", ("+1 415 555 0143",)),
        Contact(3, "Kit Reyes", ("+49 202 5550143",)),
        Contact("1", "Bo Larsen, again", ("(202) 555-0143",)),
    ]

    matches = verified(found, ["+12025550143"], "US")

    assert [m.contact.id for m in matches if m.certain] == [1]
    assert matches.contact is found[0]


def test_two_contacts_with_one_number_are_both_found_and_neither_is_chosen() -> None:
    found = [Contact(3, "Sam Reyes", ("415-555-0132",)), Contact(4, "Kit Reyes", ("4155550132",))]

    matches = verified(found, ["+14155550132"], "US")

    assert [contact.id for contact in matches.contacts] == [3, 4]
    assert matches.contact is None


def test_contacts_without_an_id_are_all_kept() -> None:
    found = [Contact(None, "Sam", ("4155550132",)), Contact(None, "Kit", ("4155550132",))]

    assert len(verified(found, ["4155550132"], "US")) == 2


def test_rows_of_one_record_count_with_all_their_numbers() -> None:
    found = [Contact(7, "Bo", ("+12025550100",)), Contact(7, "Bo", ("+12025550143",))]

    matches = verified(found, ["+12025550143"], "US")

    assert [(match.contact.id, match.certain) for match in matches] == [(7, True)]
