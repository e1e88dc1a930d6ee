"""Phones: a number as it was written, its digits, and its one international form.

The only door to phonenumbers, which is loaded when a number is first parsed;
what needs digits alone never loads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

__all__ = ["digits", "display", "e164", "national", "number_in", "region_code"]

LONGEST: Final = 250
"""Longer texts are no number; phonenumbers draws the same line."""

_SEPARATORS: Final = {ord(char): None for char in " ()-./+\t\u00a0"}
_KEYPAD: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_LETTERS: Final = re.compile("[a-z]", re.IGNORECASE)
_START: Final = re.compile(r"[+\uff0b\d]")
_URI: Final = re.compile(r"<?\s*(sips?|tel|callto):([^<>]*)>?\s*$", re.IGNORECASE)
_USER: Final = re.compile(r"[+\uff0b]?[\d\s().\-]+$")
_WITHHELD: Final = re.compile(
    r"\b(anonymous|private|restricted|withheld|unknown|unavailable|blocked)\b", re.IGNORECASE
)
_SHORTEST_NUMBER: Final = 7
_VANITY_LETTERS: Final = 3
# The words are those that phonenumbers takes for an extension.
_EXTENSION: Final = re.compile(
    r"[\s;,]*(?:e?xt(?:ensi[oó]n)?|extn|anexo|int|доб|x|\uff58|[#\uff03~\uff5e])"
    r"[\s.:=\uff0e]*\d{1,9}#?\s*$",
    re.IGNORECASE,
)


def e164(text: str, region: str | None = None) -> str | None:
    """The E.164 form of `text`, or None where phonenumbers does not find it valid.

    `region` ("US") says whose national numbers those without a country code
    are; without it they have no E.164 form. An extension is left out.
    """
    import phonenumbers

    parsed = _parse(text, region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def display(text: str, region: str | None = None) -> str:
    """`text` in the international format for people, or as written where it is not valid."""
    import phonenumbers

    parsed = _parse(text, region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return text
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def national(number: str) -> str:
    """The digits of a valid E.164 number without its country code."""
    import phonenumbers

    return phonenumbers.national_significant_number(phonenumbers.parse(number, None))


def region_code(text: str) -> str | None:
    """`text` as one of phonenumbers' regions ("us" is "US"), or None."""
    import phonenumbers

    code = text.strip().upper()
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


def digits(text: str) -> str:
    """The digits of the number in `text`, 0 to 9, without an extension.

    Letters of a vanity number count as the keys they are on. Empty where
    there is no number: a withheld name, an address without one.
    """
    quick = text.translate(_SEPARATORS)
    if quick.isascii() and quick.isdigit() and len(text) <= LONGEST:
        return quick
    number = number_in(text)
    letters = len(_LETTERS.findall(number))
    if letters >= _VANITY_LETTERS:
        number = number.lower().translate(_KEYPAD)
    return "".join(str(int(char)) for char in number if char.isdecimal())


def number_in(text: str) -> str:
    """The number in what a telephone system or a column wrote, without its extension.

    Takes it out of a sip: or tel: URI and of user@host, where the user has to
    be a number. Empty where there is none.
    """
    number = _unwrap(text.strip())
    start = _START.search(number)
    if start is None or len(number) > LONGEST:
        return ""
    few = sum(map(str.isdecimal, number)) < _SHORTEST_NUMBER
    if few and _WITHHELD.search(number):
        return ""
    number = number[start.start() :]
    return _EXTENSION.sub("", number) or number


def _unwrap(text: str) -> str:
    if len(text) > LONGEST:
        return ""
    uri = _URI.search(text)
    if uri is None and "@" not in text:
        return text
    body = unquote(uri[2] if uri else text)
    user = body.partition("@")[0].partition(";")[0].strip()
    # bo2@example.com is nobody's extension 2.
    return user if _USER.match(user) else ""


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    import phonenumbers

    try:
        return phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None
