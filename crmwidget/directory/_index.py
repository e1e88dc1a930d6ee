"""Index: which rows have a number that ends in given digits, by bisection.

A number is kept as the integer of its reversed digits, so the numbers with one
ending lie side by side: twelve bytes a number, and one index for every rung of
the ladder, whatever the region.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from crmwidget import phones, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["WIDTH", "Addresses", "Index"]

WIDTH: Final = 18
"""So many decimal digits fit in 64 bits; longer numbers are told apart by comparing them."""

_UNITS: Final[list[int]] = [10 ** max(WIDTH - length, 0) for length in range(phones.LONGEST + 1)]
_NEAR: Final = 16
_ALL_BITS: Final = 2**63 - 1


class Index:
    """Rows by the digits of their numbers; candidates, to be compared by the caller."""

    def __init__(
        self,
        numbers: Iterable[tuple[int, str]],
        keys: Iterable[int] = (),
        rows: Iterable[int] = (),
    ) -> None:
        """`numbers`: row and number as written, in any order; keys and rows of those known."""
        all_keys, all_rows = array("Q", keys), array("I", rows)
        for row, text in numbers:
            for found in phones.candidates(text):
                all_keys.append(_key(found))
                all_rows.append(row)
        self._keys, self._rows = tables.sorted_together(all_keys, all_rows)

    def __len__(self) -> int:
        return len(self._keys)

    def same(self, digits: str) -> Sequence[int]:
        """The rows that may have a number of exactly these digits."""
        key = _key(digits)
        return self._between(key, key + 1)

    def ending(self, digits: str) -> Sequence[int]:
        """The rows with a number that ends in `digits`, in no order."""
        lowest = _key(digits)
        return self._between(lowest, lowest + _UNITS[len(digits)])

    def _between(self, lowest: int, beyond: int) -> Sequence[int]:
        keys = self._keys
        start = bisect_left(keys, lowest)
        # They are few, so the end is near.
        near = min(start + _NEAR, len(keys))
        stop = bisect_left(keys, beyond, start, near)
        if stop == near:
            stop = bisect_left(keys, beyond, near)
        return self._rows[start:stop]


class Addresses:
    """Rows by their e-mail addresses; candidates, to be compared by the caller."""

    def __init__(self, addresses: Iterable[tuple[int, str]]) -> None:
        """`addresses`: row and address, casefolded."""
        keys, rows = array("Q"), array("I")
        for row, text in addresses:
            keys.append(hash(text) & _ALL_BITS)
            rows.append(row)
        self._keys, self._rows = tables.sorted_together(keys, rows)

    def same(self, address: str) -> Sequence[int]:
        """The rows that may have this address."""
        key = hash(address) & _ALL_BITS
        start = bisect_left(self._keys, key)
        stop = bisect_left(self._keys, key + 1, start)
        return self._rows[start:stop]


def _key(digits: str) -> int:
    return int(digits[: -WIDTH - 1 : -1]) * (_UNITS[len(digits)] if len(digits) < WIDTH else 1)
