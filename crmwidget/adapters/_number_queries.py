"""Spellings: how a number may stand in a CRM, and which of what it found has that number.

Most CRMs search the text as it was written, so one is asked for several
spellings; the exact match is made here, by the same ladder as everywhere else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from crmwidget import phones

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crmwidget.directory import Contact, Matches

__all__ = ["endings", "national", "spellings", "verified"]

_TRUNKS: Final = ("0", "8", "06", "1")
"""What people dial before a national number, somewhere."""
_ENDINGS: Final = (9, 8, 7)
_SEPARATORS: Final = (" ", "-", ".")
_GROUP: Final = re.compile(r"\d+")


def spellings(number: str, region: str | None = None) -> list[str]:
    """The ways a number may be written, the most exact first, each once.

    E.164; its digits; the national number with and without the prefix dialled
    at home; these with blanks, hyphens, points and an area code in parentheses;
    the number as it came; the last 9, 8 and 7 digits. Empty for what is no
    number. Short codes and numbers that are not valid have their digits only.
    """
    found: list[str] = []
    for one in phones.read(number, region).numbers:
        e164 = phones.e164(one.spoken, region)
        found += [one.digits] if e164 is None else _valid(e164, region)
        found += [one.spoken, one.digits, *_ends(one, region)]
    return list(dict.fromkeys(found))


def endings(number: str, region: str | None = None) -> list[str]:
    """The last 9, 8 and 7 digits, for a search within the text; fewer of a short number."""
    every = (_ends(one, region) for one in phones.read(number, region).numbers)
    return list(dict.fromkeys(text for ends in every for text in ends))


def national(number: str, region: str | None = None) -> str:
    """The digits without the country code; of what is not valid all digits, perhaps none."""
    numbers = phones.read(number, region).numbers
    return _national(numbers[0], region) if numbers else ""


def verified(
    contacts: Iterable[Contact], numbers: Iterable[str], region: str | None = None
) -> Matches:
    """Those of `contacts` that really have one of `numbers`, each record once.

    The rules are Directory's: nobody is found because a CRM's search said so.
    """
    from crmwidget.directory import Directory

    held: list[Contact] = []
    seen: dict[str, set[str]] = {}
    for contact in contacts:
        # Several searches find one record; a row with its id and other numbers is not the same.
        known = seen.setdefault(str(contact.id), set())
        here = {phone.number for phone in contact.phones}
        if contact.id is None or not here <= known:
            held.append(contact)
            known |= here
    return Directory(held, region).find(list(numbers))


def _ends(one: phones.Number, region: str | None) -> list[str]:
    digits = _national(one, region)
    return [digits[-count:] for count in _ENDINGS if len(digits) >= count]


def _national(one: phones.Number, region: str | None) -> str:
    e164 = phones.e164(one.spoken, region)
    return one.digits if e164 is None else phones.national(e164)


def _valid(e164: str, region: str | None) -> list[str]:
    shown = phones.display(e164)
    code, _, rest = shown.partition(" ")
    bare = phones.national(e164)
    groups = _GROUP.findall(rest)
    plain = [e164, e164[1:], f"00{e164[1:]}", bare]
    ways = [shown, *(f"{code}{mark}{mark.join(groups)}" for mark in _SEPARATORS)]
    ways += [f"{code} {way}" for way in _parenthesised(groups)]
    ways += [*(mark.join(groups) for mark in _SEPARATORS), *_parenthesised(groups)]
    trunk = _trunk(e164, bare, region)
    if trunk and groups:
        # "1" is written before the area code, "0" as a part of it.
        dialled = [trunk, *groups] if trunk == "1" else [trunk + groups[0], *groups[1:]]
        plain.append(trunk + bare)
        ways += [mark.join(dialled) for mark in _SEPARATORS]
        ways += [] if trunk == "1" else _parenthesised(dialled)
    return [*plain, *ways]


def _parenthesised(groups: list[str]) -> list[str]:
    if len(groups) < 2:  # noqa: PLR2004 - an area code and the rest
        return []
    first, *others = groups
    return [f"({first}) {mark.join(others)}" for mark in ("-", " ")]


def _trunk(e164: str, bare: str, region: str | None) -> str | None:
    """What is dialled before it at home; only where the number is one of `region`."""
    if region is None or phones.e164(bare, region) != e164:
        return None
    return next((t for t in _TRUNKS if phones.e164(t + bare, region) == e164), None)
