from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget import phones

REGIONS = st.sampled_from([None, "US", "GB", "DE", "IT", "AR", "BR", "DK", "CN", "EG", "us", "XX"])
NUMBERS = st.builds(
    "".join, st.lists(st.sampled_from([*"0123456789+()-. /x#", "+44", "+1", "555", " ext 12"]))
)


@given(text=st.one_of(st.text(), NUMBERS), region=REGIONS)
def test_e164_is_what_phonenumbers_finds_valid(text: str, region: str | None) -> None:
    try:
        parsed = phonenumbers.parse(text, region and region.upper())
    except phonenumbers.NumberParseException:
        expected = None
    else:
        form = phonenumbers.PhoneNumberFormat.E164
        valid = phonenumbers.is_valid_number(parsed)
        expected = phonenumbers.format_number(parsed, form) if valid else None

    assert phones.e164(text, region) == expected


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+1 202 555 0143", None, "+12025550143"),
        ("(202) 555-0143", "US", "+12025550143"),
        ("(202) 555-0143", "us", "+12025550143"),
        ("(202) 555-0143", None, None),
        ("020 7946 0018", "GB", "+442079460018"),
        ("+1 202 555 0143 x12", None, "+12025550143"),
        ("+15551230001", None, None),
        ("4021", "US", None),
        ("", "US", None),
    ],
)
def test_a_national_number_needs_its_region(
    text: str, region: str | None, expected: str | None
) -> None:
    assert phones.e164(text, region) == expected


@given(text=st.one_of(st.text(), NUMBERS))
def test_digits_are_ascii_digits_and_have_themselves_as_digits(text: str) -> None:
    found = phones.digits(text)

    assert re.fullmatch("[0-9]*", found)
    assert phones.digits(found) == found


@given(number=st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True), gap=st.sampled_from(" -.()/"))
def test_digits_do_not_depend_on_what_is_written_between_them(number: str, gap: str) -> None:
    spread = gap.join(number)

    assert phones.digits(spread) == number.lstrip("+")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+1 202 555 0143 x12", "12025550143"),
        ("+1 202 555 0143, ext. 12", "12025550143"),
        ("+1 202 555 0143;ext=12", "12025550143"),
        ("+1 202 555 0143 extension 12", "12025550143"),
        ("+1 202 555 0143 #12", "12025550143"),
        ("1-800-FLOWERS", "18003569377"),
        ("Mobile: +44 20 7946 0018", "442079460018"),
        ("private: +44 20 7946 0018", "442079460018"),
        ("\u0664\u0664 \u0662\u0660", "4420"),
        ("\uff0b\uff14\uff14", "44"),
        ("tel:+1-202-555-0143", "12025550143"),
        ("tel:+1-202-555-0143;ext=12", "12025550143"),
        ("sip:+12025550143@pbx.example.com;user=phone", "12025550143"),
        ('"Bo Larsen" <sip:%2B12025550143@pbx.example.com:5060>', "12025550143"),
        ("sips:4021@pbx.example.com", "4021"),
        ("4021@pbx.example.com", "4021"),
        ("x12", "12"),
    ],
)
def test_the_number_is_taken_out_of_what_is_around_it(text: str, digits: str) -> None:
    assert phones.digits(text) == digits


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "n/a", "-", "anonymous", "Restricted", "Private Caller 2"),
        *("sip:anonymous@anonymous.invalid", "sip:bo2@example.com", "bo2@example.com"),
        *("tel:", "<sip:>", "+" + "1" * 300),
    ],
)
def test_a_withheld_name_or_an_address_is_no_number(text: str) -> None:
    assert phones.digits(text) == ""
    assert phones.number_in(text) == ""


def test_an_address_of_one_name_with_a_digit_is_nobodys_extension() -> None:
    assert phones.digits("bo2@example.com") != phones.digits("2")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_a_local_number_ends_as_its_e164_form_does(region: str) -> None:
    example = phonenumbers.example_number(region)
    form = phonenumbers.PhoneNumberFormat.NATIONAL
    written = phonenumbers.format_number(example, form)

    number = phones.e164(written, region)

    assert number is not None
    assert phones.digits(written).endswith(phones.national(number)[-6:])


def test_a_local_number_without_its_area_code_ends_as_its_e164_form_does() -> None:
    number = phones.e164("882345", "SM")

    assert number == "+3780549882345"
    assert phones.national(number)[-6:] == "882345"


def test_a_valid_number_is_displayed_internationally_and_any_other_as_written() -> None:
    assert phones.display("(202) 555-0143", "US") == "+1 202-555-0143"
    assert phones.display("+442079460018") == "+44 20 7946 0018"
    assert phones.display("+15551230001") == "+15551230001"
    assert phones.display("(202) 555-0143") == "(202) 555-0143"


def test_a_region_is_two_letters_that_phonenumbers_knows() -> None:
    assert phones.region_code(" us ") == "US"
    assert phones.region_code("UK") is None
    assert phones.region_code("United Kingdom") is None
