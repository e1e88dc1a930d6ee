"""Phones: a number as it was written, its digits, and its one international form.

The only door to phonenumbers, which is loaded when a number is first parsed;
what needs digits alone never loads it. E.164 forms are what phonenumbers says,
found by rules that are worked out from its metadata (_table.py).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from urllib.parse import unquote

from crmwidget.phones._reading import Fault, Number, Reading, candidates, read
from crmwidget.phones._shapes import ORDINARY, digits_of, unshortened
from crmwidget.phones._words import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ORDINARY",
    "Fault",
    "Kind",
    "Number",
    "Reading",
    "candidates",
    "digits",
    "display",
    "e164",
    "e164_all",
    "extension",
    "kind",
    "national",
    "number_in",
    "possible",
    "read",
    "region_code",
    "region_of",
    "unshortened",
]

Kind: TypeAlias = Literal[
    "international", "national", "short code", "vanity", "sip", "withheld", "extension", "none"
]

LONGEST: Final = 250
"""Longer texts are no number; phonenumbers draws the same line."""

_SHORTEST_NUMBER: Final = 7
_MEMORY: Final = 1024
# Something other than digits and signs between them; an extension cannot do without.
_LABEL: Final = re.compile(r"[^\W\d_]|[#~,;\uff03\uff5e]")
_LETTERS: Final = re.compile("[a-z]", re.IGNORECASE)
_VANITY_LETTERS: Final = 3
_URI: Final = re.compile(r"<?\s*(sips?|tel|callto):([^<>]*)>?\s*$", re.IGNORECASE)


def e164(text: str, region: str | None = None) -> str | None:
    """The E.164 form of `text`, or None where phonenumbers does not find it valid.

    `region` ("US") says whose national numbers those without a country code
    are; without it they have no E.164 form. An extension is left out.
    """
    from crmwidget.phones._table import convert

    return convert(text, region)


def e164_all(texts: Sequence[str], region: str | None = None) -> list[str | None]:
    """What `e164` says of each text, many times faster than one by one."""
    from crmwidget.phones._table import convert_all

    return convert_all(texts, region)


@lru_cache(maxsize=_MEMORY)
def display(text: str, region: str | None = None) -> str:
    """`text` in the international format for people, or as written where it is not valid."""
    from crmwidget.phones._table import displayed

    return displayed(text, region) or text


@lru_cache(maxsize=_MEMORY)
def possible(text: str, region: str | None = None) -> str | None:
    """The E.164 form of a number that has a right length, whether or not it is valid; else None.

    Numbers that are given out since phonenumbers was made are such, and those of sandboxes.
    """
    from crmwidget.phones import _table

    return _table.possible(text, region)


def national(number: str) -> str:
    """The digits of a valid E.164 number without its country code."""
    from crmwidget.phones._table import national_digits

    return national_digits(number)


def region_of(number: str) -> str | None:
    """The region ("US") of a valid E.164 number; None where it has none (+800) or is not valid."""
    from crmwidget.phones._table import valid_region

    return valid_region(number)


def region_code(text: str) -> str | None:
    """`text` as one of phonenumbers' regions ("us" is "US"), or None."""
    import phonenumbers

    code = text.strip().upper()
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


@lru_cache(maxsize=_MEMORY)
def extension(text: str) -> str | None:
    """The extension that phonenumbers finds after a number ("12" in "+1 202 555 0143 x12")."""
    if _LABEL.search(text) is None:
        return None
    from crmwidget.phones._table import parse

    # Of which country the number is makes no difference to its extension.
    parsed = parse(text, "US")
    return None if parsed is None else parsed.extension


def kind(text: str, region: str | None = None) -> Kind:
    """What `text` is to somebody who wants to know who it is.

    "international": it has an E.164 form, or a + before it; "national": of a
    number's length, but it is not known or not valid in which country;
    "short code": one that all of `region` knows; "extension": shorter than a number;
    "vanity": letters are keys, 1-800-FLOWERS; "sip": an address of a name;
    "withheld": anonymous and the like; "none": nothing of these.
    """
    number = number_in(text)
    found = digits(number)
    if not found:
        return _without_number(text)
    valid = e164(number, region) is not None
    letters = len(_LETTERS.findall(number))
    if letters >= _VANITY_LETTERS and (valid or len(found) - letters < _SHORTEST_NUMBER):
        return "vanity"
    if valid or number.startswith(("+", "\uff0b")):
        return "international"
    if region is not None and _is_short_code(number, region):
        return "short code"
    return "extension" if len(found) < _SHORTEST_NUMBER else "national"


def digits(text: str) -> str:
    """The digits of the first number in `text`, 0 to 9, without an extension.

    Letters of a vanity number count as the keys they are on. Empty where
    there is no number: a withheld name, an address without one.
    """
    quick = digits_of(text)
    if quick.isascii() and quick.isdigit() and len(text) <= LONGEST:
        return quick
    found = read(text).numbers
    return found[0].digits if found else ""


def number_in(text: str) -> str:
    """The first number in what a telephone system or a column wrote, without its extension.

    Takes it out of a sip: or tel: URI and of user@host, where the user has to
    be a number. Empty where there is none.
    """
    found = read(text).numbers
    return found[0].spoken if found else ""


def _without_number(text: str) -> Kind:
    uri = _URI.search(text)
    body = unquote(uri[2] if uri else text)
    if uri is None and "@" not in text:
        return "withheld" if WITHHELD.search(text) else "none"
    user = body.partition("@")[0].partition(";")[0].strip()
    return "withheld" if not user or WITHHELD.fullmatch(user) else "sip"


def _is_short_code(number: str, region: str) -> bool:
    import phonenumbers

    from crmwidget.phones._table import parse

    parsed, code = parse(number, region), region.upper()
    if parsed is None or not phonenumbers.is_valid_short_number_for_region(parsed, code):
        return False
    # What one carrier alone gives out (in the US all of four digits) is more likely an extension.
    one_carriers = phonenumbers.is_carrier_specific_for_region(parsed, code)
    return not one_carriers or phonenumbers.is_emergency_number(number, code)
