"""Index: which rows have a number that ends in given digits, by bisection.

A number is kept as the integer of its reversed digits, so the numbers with one
ending lie side by side: twelve bytes a number, and one index for every rung of
the ladder, whatever the region.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from crmwidget import phones

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Index"]

# 18 decimal digits fit in 64 bits; longer numbers are told apart by comparing them.
_WIDTH: Final = 18


class Index:
    """Rows by the digits of their numbers; candidates, to be compared by the caller."""

    def __init__(self, numbers: Iterable[tuple[int, str]]) -> None:
        """`numbers`: row and number as written, in any order."""
        keys, rows = array("Q"), array("I")
        for row, text in numbers:
            found = phones.digits(text)
            if found:
                keys.append(_key(found))
                rows.append(row)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        self._keys = array("Q", (keys[place] for place in order))
        self._rows = array("I", (rows[place] for place in order))

    def __len__(self) -> int:
        return len(self._keys)

    def same(self, digits: str) -> Sequence[int]:
        """The rows that may have a number of exactly these digits."""
        key = _key(digits)
        return self._between(key, key + 1)

    def ending(self, digits: str) -> Sequence[int]:
        """The rows with a number that ends in `digits`, in no order."""
        ending = digits[-_WIDTH:]
        lowest = _key(ending)
        return self._between(lowest, lowest + 10 ** (_WIDTH - len(ending)))

    def _between(self, lowest: int, beyond: int) -> Sequence[int]:
        start = bisect_left(self._keys, lowest)
        stop = bisect_left(self._keys, beyond, lo=start)
        return self._rows[start:stop]


def _key(digits: str) -> int:
    return int(digits[: -_WIDTH - 1 : -1].ljust(_WIDTH, "0"))
