"""What a caller's text is, and what is kept of it beside its number."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget import phones
from crmwidget.phones import _table
from crmwidget.phones._decision_trees import walk


@pytest.mark.parametrize(
    ("text", "region", "kind"),
    [
        ("+1 202 555 0143", None, "international"),
        ("+1 202 555 0143 x12", None, "international"),
        ("sip:+12025550143@pbx.example.com", None, "international"),
        ("(202) 555-0143", "US", "international"),
        ("+15551230001", None, "international"),
        ("(202) 555-0143", None, "national"),
        ("555 123 0001", "US", "national"),
        ("911", "US", "short code"),
        ("112", "DE", "short code"),
        ("411", "US", "short code"),
        ("911", None, "extension"),
        ("4021", "US", "extension"),
        ("x12", "US", "extension"),
        ("4021@pbx.example.com", "US", "extension"),
        ("1-800-FLOWERS", "US", "vanity"),
        ("1-800-FLOWERS", None, "vanity"),
        ("sip:bo2@example.com", "US", "sip"),
        ("bo.larsen@example.com", None, "sip"),
        ("anonymous", "US", "withheld"),
        ("Private Caller 2", "US", "withheld"),
        ("sip:anonymous@anonymous.invalid", "US", "withheld"),
        ("<sip:@example.com>", "US", "withheld"),
        ("", "US", "none"),
        ("n/a", None, "none"),
        ("-", None, "none"),
    ],
)
def test_a_text_is_named_for_what_it_is(text: str, region: str | None, kind: str) -> None:
    assert phones.kind(text, region) == kind


@given(text=st.text(), region=st.sampled_from([None, "US", "xx"]))
def test_every_text_is_of_some_kind(text: str, region: str | None) -> None:
    assert phones.kind(text, region) in phones.Kind.__args__


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("+1 202 555 0143 x12", "12"),
        ("020 7946 0018 ext. 0012", "0012"),
        ("tel:+1-202-555-0143;ext=12", "12"),
        ("+1 202 555 0143,,4021", "4021"),
        ("+1 202 555 0143", None),
        ("+1 202 555 0143 home", None),
        ("12", None),
        ("anonymous", None),
        ("", None),
    ],
)
def test_an_extension_is_kept(text: str, extension: str | None) -> None:
    assert phones.extension(text) == extension


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("+12025550143", "US"),
        ("+14165550143", "CA"),
        ("+442079460018", "GB"),
        ("+441481960194", "GG"),
        ("+80012345678", None),
        ("+15551230001", None),
        ("4021", None),
        ("", None),
    ],
)
def test_a_valid_number_has_a_region(number: str, region: str | None) -> None:
    assert phones.region_of(number) == region


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_region_and_the_national_number_are_those_that_phonenumbers_finds(region: str) -> None:
    example = phonenumbers.example_number(region)
    number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)

    expected = phonenumbers.region_code_for_number(example)
    assert phones.region_of(number) == expected
    assert by_rule(number) == expected
    assert phones.national(number) == phonenumbers.national_significant_number(example)


def by_rule(number: str) -> object:
    """The region, even where this is the first number of its country."""
    return walk(_table.table().plans.regions(len(number) - 1), number[1:], warm=True)
