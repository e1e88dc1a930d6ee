"""Numbers: what a cell of a phone column holds, and what its way through a file did to it.

What a text says is read by `phones.read`; here it is judged beside the other cells of its column.
"""

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
    "SEVERAL",
    "Cell",
    "Numeric",
    "Precision",
    "Written",
    "are_shortened",
    "is_ordinary",
    "read",
    "restored",
    "texts_in",
    "written",
]

SEVERAL: Final = ":::"
"""Between several values of one cell in Google's exports, with blanks around it."""
_NO_EXTENSION: Final = 8
_WITH_COUNTRY: Final = 11
# Excel shows 12 digits and more as 4.42E+11, with at most six of them.
_EXCEL_DIGITS: Final = 12
_KEPT: Final = 6
_ZEROS: Final = "0000"
"""What every long number of a column ends in whose digits were cut off."""
_ENOUGH_ZEROS: Final = 3
"""So many whole numbers or texts that end so are no coincidence; of floats, one is enough."""
_FLOAT32: Final = 2**24
"""Larger whole numbers are rounded in 32 bits."""
_ENOUGH: Final = 0.9
_SAMPLE: Final = 10_000
_BARE: Final = re.compile(r"\+?(\d{8,})(?:\.0+)?", re.ASCII)


class Written(NamedTuple):
    """One number of a cell, repaired where that is certain."""

    text: str
    numeric: bool
    """It was a number to the file's reader: a + or leading zeros may be gone."""


class Cell(NamedTuple):
    """What a cell says."""

    numbers: list[Written]
    fault: phones.Fault | None = None
    """Why there are no numbers, or not all of them; None also where there is nothing to be read."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How far the digits of a column can be trusted, judged by all its cells."""

    rounded: bool = False
    """It is of 32-bit floats, which cannot hold a telephone number."""
    shortened: bool = False
    """Every long number ends in zeros: some program kept the first digits only."""
    exact: frozenset[bool] = frozenset()
    """Forms like 3.1E9 (False) or 3.1E+09 (True) whose zeros alone were left out."""

    @classmethod
    def of(cls, values: Iterable[object], *, rounded: bool = False) -> Precision:
        """Judge the cells of a column; `rounded`: its floats have 32 bits."""
        listed = values if isinstance(values, list) else list(values)
        exact = frozenset(
            "+" in one
            for one in listed
            if one.__class__ is str and ("E" in one or "e" in one) and _shows_all(one)
        )
        return cls(rounded, are_shortened(listed), exact)


TRUSTED: Final = Precision()


def written(
    value: object, region: str | None = None, precision: Precision = TRUSTED
) -> list[Written]:
    """The numbers in a cell; none in an absent one, in text without digits or a lost number."""
    return read(value, region, precision).numbers


def read(value: object, region: str | None = None, precision: Precision = TRUSTED) -> Cell:
    """What a cell says; `region` says whose numbers those without a country code are."""
    if isinstance(value, str):
        return _read_text(value, region, precision)
    if isinstance(value, list | tuple):
        cells = [read(one, region, precision) for one in value]
        fault = next((one.fault for one in cells if one.fault), None)
        return Cell([number for one in cells for number in one.numbers], fault)
    # Odoo's API says False for an absent number.
    if value is None or value is False:
        return Cell([])
    if not _is_whole(value):
        return Cell([], "other")
    text = str(int(value))
    if _is_lost(text, value, precision):
        return Cell([], "lost")
    return Cell([Written(text, numeric=True)]) if value else Cell([], "other")


def texts_in(value: object) -> Iterator[str]:
    """The texts of a cell in which numbers may be, whatever the region."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)
    elif _is_whole(value):
        yield str(int(value))


def is_ordinary(text: str) -> bool:
    """Whether this is one number with nothing to repair, as nearly all are; a fast check."""
    return phones.ORDINARY.fullmatch(text) is not None


def _read_text(text: str, region: str | None, precision: Precision) -> Cell:
    if precision.shortened and _ends_in_zeros(text):
        return Cell([], "lost")
    if is_ordinary(text):
        return Cell([Written(text, numeric=False)])
    found = phones.read(text, region)
    if found.fault == "lost" and ("+" in text) in precision.exact:
        whole = phones.unshortened(text.strip())
        return Cell([Written(whole, numeric=True)]) if whole else Cell([], "lost")
    return Cell([Written(one.text, one.numeric) for one in found.numbers], found.fault)


def _shows_all(text: str) -> bool:
    """Whether this is a text like 3.102025014E9, and no digit is missing."""
    whole = phones.unshortened(text.strip())
    shown = phones.read(text).numbers if whole is not None else ()
    return whole is not None and len(whole) > _KEPT and bool(shown)


def _is_lost(text: str, value: object, precision: Precision) -> bool:
    if isinstance(value, float) and precision.rounded and value > _FLOAT32:
        return True
    few = len(text.rstrip("0")) <= _KEPT
    if isinstance(value, float) and few and len(text) >= _EXCEL_DIGITS:
        return True
    return precision.shortened and _ends_in_zeros(text)


def _ends_in_zeros(text: str) -> bool:
    found = _BARE.fullmatch(text.strip())
    return found is not None and found[1].endswith(_ZEROS)


def are_shortened(values: Iterable[object]) -> bool:
    """Whether all long numbers end in zeros, and there are enough of them; mostly soon known."""
    seen: set[str] = set()
    floats = False
    for value in values:
        if value.__class__ is str:
            found = _BARE.fullmatch(value.strip())
            if found is None:
                if len(value) >= _NO_EXTENSION and any(map(str.isdecimal, value)):
                    return False
                continue
            text = found[1]
        elif _is_whole(value):
            text = str(int(value))
            floats |= isinstance(value, float)
        else:
            continue
        if len(text) < _NO_EXTENSION:
            continue
        if not text.endswith(_ZEROS) or len(text.rstrip("0")) > _KEPT:
            return False
        seen.add(text)
    return len(seen) >= (1 if floats else _ENOUGH_ZEROS)


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
    return math.isfinite(value) and value >= 0 and value == int(value)
