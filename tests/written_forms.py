"""Numbers of all regions in the forms that people and programs give them; whose each is, is known.

What a form adds is never part of a number, so whoever is found must be who has it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import phonenumbers
from phonenumbers import PhoneNumberFormat

from crmwidget import phones
from tests.test_phones_corpus import numbers

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

BLANKS: Final = "\u00a0\u2002\u2007\u2009\u202f\u205f\u3000"
BETWEEN: Final = (
    *BLANKS,
    ".",
    "\u00b7",
    "\u2022",
    "\u2011",
    "\u2013",
    "\u2212",
    " \u200b",
    "\u2060-",
)
UNSEEN: Final = "\u00ad\u061c\u200b\u200c\u200d\u200e\u202a\u202c\u2068\u2069\ufeff"
EXTENSIONS: Final = (
    *(" x12", " ext. 12", " (ext. 12)", " [x12]", ",,001#", " #4021", " Ext 12.", ", ext. 7"),
    *(
        " ramal 12",
        " poste 12",
        " wew. 12",
        " DW 12",
        " \u5185\u7ebf 12",
        " (\u0434\u043e\u0431. 12)",
    ),
)
BEHIND: Final = (
    *(" B\u00fcro", " case manager", " (home)", " - ask for Ida", " privat", " w", " (after 5 pm)"),
    *(" \u0434\u043e\u043c", " \u81ea\u5b85", " \u05d1\u05d9\u05ea", ", speaks French"),
)
BEFORE: Final = (
    "Tel. ",
    "Mobile: ",
    "\u260e ",
    "\u96fb\u8a71 ",
    "Room 7, ",
    "home/",
    "T: ",
    "Ida ",
)
JOINTS: Final = ("; ", " / ", " or ", "\n", " | ", " ::: ", " & ", ", ", "\t", " und ", " \u3001")
NAMES: Final = ('"Route 66 Diner" ', '"Bo" ', "24 hours ", '"2 Brothers, Ltd." ', "")
TAGS: Final = (";tag=as12ab", "", ";tag=4021;user=phone", ";cpc=ordinary")
PARAMETERS: Final = (";isub=4021", ";npdi;rn=+13125559999", ";verstat=TN-Validation-Passed", "")
_A_DATE: Final = re.compile(
    r"^(?:(?:19|20)\d\d(?:19|20)\d\d|(?:19|20)\d\d[01]\d[0-3]\d|[0-3]\d[0-3]\d(?:19|20)\d\d)$"
)
"""Digits that are a date, or two years, where somebody separates them so: 2019-2024."""
ZEROS: Final = (0x660, 0x6F0, 0x966, 0xFF10)


@dataclass(frozen=True)
class Person:
    """A contact as written, and a caller who is this contact."""

    id: int
    e164: str
    contact: str
    caller: str


def people(rng: random.Random, count: int) -> dict[str | None, list[Person]]:
    """So many, by the region that their numbers are read with."""
    found: dict[str | None, list[Person]] = defaultdict(list)
    seen: set[str] = set()
    valid = _valid(rng, seen)
    for own, (region, number, e164) in enumerate(islice(valid, count)):
        plain = [text for text in _plain(number) if phones.e164(text, region) == e164]
        other = f"+1415555{rng.randrange(10_000):04}"
        contact = rng.choice(CONTACTS)(rng.choice(plain), e164, other, rng)
        caller = rng.choice(CALLERS)(rng.choice(plain), e164, rng)
        found[region].append(Person(own, e164, contact, caller))
    return found


def _valid(
    rng: random.Random, seen: set[str]
) -> Iterator[tuple[str | None, phonenumbers.PhoneNumber, str]]:
    for region, number in numbers(rng):
        if _A_DATE.search(str(number.national_number)):
            continue
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        if e164 not in seen and not e164.startswith("+1415555") and phones.e164(e164) == e164:
            seen.add(e164)
            yield region, number, e164


def _plain(number: phonenumbers.PhoneNumber) -> list[str]:
    kinds = (PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.NATIONAL)
    return [phonenumbers.format_number(number, kind) for kind in kinds]


def _respaced(text: str, rng: random.Random) -> str:
    between = rng.choice(BETWEEN)
    return text.replace(" ", between).replace("-", between)


def _strewn(text: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(text) + 1)
    return text[:at] + rng.choice(UNSEEN) + text[at:]


def _other_digits(text: str, rng: random.Random) -> str:
    zero = rng.choice(ZEROS)
    return text.translate({ord("0") + digit: chr(zero + digit) for digit in range(10)})


def _second(text: str, other: str, rng: random.Random) -> str:
    """Two numbers, the other one first, unless what is short behind it may be its extension."""
    short = sum(map(str.isdecimal, text)) < 7
    return rng.choice(JOINTS).join([text, other] if short else [other, text])


CONTACTS: Final[tuple[Callable[[str, str, str, random.Random], str], ...]] = (
    lambda text, e164, other, rng: text,
    lambda text, e164, other, rng: _respaced(text, rng),
    lambda text, e164, other, rng: _strewn(text, rng),
    lambda text, e164, other, rng: _other_digits(text, rng),
    lambda text, e164, other, rng: text + rng.choice(EXTENSIONS),
    lambda text, e164, other, rng: text + rng.choice(BEHIND),
    lambda text, e164, other, rng: rng.choice(BEFORE) + text,
    lambda text, e164, other, rng: text + rng.choice(JOINTS) + other,
    lambda text, e164, other, rng: _second(text, other, rng),
    lambda text, e164, other, rng: rng.choice(['="{}"', "'{}", '"{}"', " {} "]).format(text),
    lambda text, e164, other, rng: rng.choice(["{}.0", "'{}.0", '="{}.0"', "{}.00"]).format(e164),
    lambda text, e164, other, rng: f'["{text}", "{other}"]',
    lambda text, e164, other, rng: f"tel:{e164}{rng.choice(PARAMETERS)}",
    lambda text, e164, other, rng: f"{rng.choice(NAMES)}<{text}>",
)
CALLERS: Final[tuple[Callable[[str, str, random.Random], str], ...]] = (
    lambda text, e164, rng: e164,
    lambda text, e164, rng: text,
    lambda text, e164, rng: f"tel:{e164}{rng.choice(PARAMETERS)}",
    lambda text, e164, rng: f"sip:{e164}@pbx.example.com;user=phone",
    lambda text, e164, rng: f"{rng.choice(NAMES)}<sip:{e164}@192.0.2.7:5060>{rng.choice(TAGS)}",
    lambda text, e164, rng: f"{rng.choice(NAMES)}<{text}>",
    lambda text, e164, rng: text + rng.choice(EXTENSIONS),
    lambda text, e164, rng: _respaced(text, rng),
    lambda text, e164, rng: f"{e164[1:]}@s.whatsapp.net",
)
