"""Numbers: what a cell of a phone column holds, and what its way through a file did to it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, NamedTuple, TypeGuard

from crmwidget import phones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "ORDINARY",
    "SEVERAL",
    "Numeric",
    "Written",
    "is_lost",
    "is_ordinary",
    "restored",
    "written",
]

ORDINARY: Final = re.compile(r"\+?\(?\d[\d ()\-]*\d", re.ASCII)
# Without a plus and a point, as in 4E11, it could be letters that stand for keys.
_SHORTENED: Final = re.compile(r"\s*[+-]?\d(?:[.,]\d+e\+?|e\+)\d+\s*", re.IGNORECASE)
_FLOAT: Final = re.compile(r"\d{5,}\.0+")
# Odoo's CSV, and people against Excel: an apostrophe before the number.
_APOSTROPHE: Final = re.compile(r"'(?=\s*[+\d(])")
# Marks of direction and of width that come along when a number is copied.
_INVISIBLE: Final = dict.fromkeys(
    map(ord, "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
)
# A comma may be a pause before an extension and a slash part of a number, but not before a +.
_JOINED: Final = re.compile(r"[;|\n\r\t\uff1b]|[,/&\u3001]\s*(?=[+\uff0b])|(?<=\d)\s+(?=[+\uff0b])")
SEVERAL: Final = ":::"
"""Between several values of one cell in Google's exports, with blanks around it."""
_JOINTS: Final = (SEVERAL, *";|\n\r\t\uff1b,/&\u3001", " +", " \uff0b")
_FULL_LENGTH: Final = 7
_NO_EXTENSION: Final = 8
_WITH_COUNTRY: Final = 11
# Excel shows 12 digits and more as 4.42E+11, with at most six of them.
_EXCEL_DIGITS: Final = 12
_EXCEL_KEPT: Final = 6
_ENOUGH: Final = 0.9
_SAMPLE: Final = 10_000


class Written(NamedTuple):
    """One number of a cell, mended where that is certain."""

    text: str
    numeric: bool
    """It was a number to the file's reader: a + or leading zeros may be gone."""


def written(value: object) -> list[Written]:
    """The numbers in a cell; none in an absent one, in text without digits or a lost number."""
    if isinstance(value, str):
        if is_ordinary(value):
            return [Written(value, numeric=False)]
        if not any(joint in value for joint in _JOINTS):
            return _one(value)
        return [number for part in _parts(value) for number in _one(part)]
    if isinstance(value, list | tuple):
        return [number for item in value for number in written(item)]
    return [Written(str(int(value)), numeric=True)] if _is_whole(value) else []


def is_ordinary(text: str) -> bool:
    """Whether this is one number with nothing to mend, as nearly all are; a fast check."""
    return ORDINARY.fullmatch(text) is not None


def is_lost(value: object) -> bool:
    """Whether a spreadsheet shortened the number to a form like 4.42E+11, as text or as a float."""
    if isinstance(value, str):
        return ("E" in value or "e" in value) and bool(_SHORTENED.fullmatch(value))
    if isinstance(value, float) and value.is_integer():
        text = str(int(value))
        return len(text) >= _EXCEL_DIGITS and len(text.rstrip("0")) <= _EXCEL_KEPT
    return False


def restored(text: str, region: str | None) -> str:
    """`text`, the digits of a number, with the + it has lost; unchanged unless that is certain."""
    long_enough = len(text) >= (_NO_EXTENSION if region else _WITH_COUNTRY)
    international = phones.e164(f"+{text}") if long_enough else None
    if international is None or phones.e164(text, region) not in {None, international}:
        return text
    return f"+{text}"


@dataclass(frozen=True, slots=True)
class Numeric:
    """What was found out about the numbers in a column that were read as numbers."""

    count: int
    looked_at: int
    restored: int
    """Of those looked at, how many are certain to have lost a +."""
    placed: int
    """Of those looked at, how many are valid national numbers of the region."""
    long: int
    """Of those looked at, how many are no extensions."""

    @classmethod
    def of(cls, texts: Iterable[str], region: str | None) -> Numeric:
        """Judge a column; at most 10,000 of its numbers are looked at."""
        every = list(texts)
        sample = every[:: -(-len(every) // _SAMPLE)] if every else []
        long = [text for text in sample if len(text) >= _NO_EXTENSION]
        mended = sum(restored(text, region) != text for text in long)
        placed = sum(phones.e164(text, region) is not None for text in long) if region else 0
        return cls(len(every), len(sample), mended, placed, len(long))

    @property
    def international(self) -> bool:
        """Whether the column held E.164 numbers: nearly all are, once they have a +."""
        return self.long > 0 and self.restored >= _ENOUGH * self.long

    @property
    def national(self) -> bool:
        """Whether nearly all can be placed as they are."""
        return self.placed >= _ENOUGH * self.long


def _is_whole(value: object) -> TypeGuard[int | float | Decimal]:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    return math.isfinite(value) and value >= 0 and value == int(value) and not is_lost(value)


def _one(text: str) -> list[Written]:
    number = text.translate(_INVISIBLE).strip()
    if number.startswith('="') and number.endswith('"'):
        number = number[2:-1].strip()
    if number.startswith("'"):
        number = _APOSTROPHE.sub("", number, count=1)
    if ".0" in number and _FLOAT.fullmatch(number):
        return [Written(number.partition(".")[0], numeric=True)]
    if not phones.digits(number) or is_lost(number):
        return []
    return [Written(number, numeric=False)]


def _parts(text: str) -> Iterator[str]:
    """Google joins with " ::: "; others with a semicolon, bar ... between whole numbers."""
    for part in text.split(SEVERAL):
        pieces = [piece for piece in _JOINED.split(part) if phones.digits(piece)]
        whole = sum(len(phones.digits(piece)) >= _FULL_LENGTH for piece in pieces)
        # What is short behind the only whole one may be its extension, but not on another line.
        apart = whole == len(pieces) or whole > 1 or (whole and ";" not in part)
        yield from pieces if apart else [part]
