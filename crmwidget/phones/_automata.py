"""Languages: which numbers match a pattern whole, as an automaton over digits."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from crmwidget.phones._patterns import (
    ANY,
    Choice,
    Digit,
    Group,
    Repeat,
    Sequence,
    UnknownPatternError,
    parsed,
)

if TYPE_CHECKING:
    from crmwidget.phones._patterns import Pattern

__all__ = ["Language", "language"]


@lru_cache(maxsize=64)
def language(patterns: tuple[str, ...], *, open_end: bool = False) -> Language:
    """The language of several patterns."""
    return Language(patterns, open_end=open_end)


class Language:
    """The numbers that match one of several patterns whole, or begin with one if `open_end`.

    An automaton over digits. A state is a set of positions, as bits: those
    whose turn it can be next. Bit `end` says that a number may end here.
    """

    def __init__(self, patterns: tuple[str, ...], *, open_end: bool = False) -> None:
        self._among: list[int] = []
        self._after: list[int] = []
        options = tuple(parsed(pattern) for pattern in patterns)
        self.start, last, empty = self._add(Choice(options))
        self._end = 1 << len(self._among)
        if open_end:
            self._among.append(ANY)
            self._after.append(self._end << 1 | self._end)
            self._follow(last, self._end)
            last |= self._end
            self.start |= self._end if empty else 0
            self._end <<= 1
        self._follow(last, self._end)
        if empty:
            self.start |= self._end
        self._fits = [
            sum(1 << at for at, among in enumerate(self._among) if among >> digit & 1)
            for digit in range(10)
        ]
        self._steps: dict[int, tuple[int, ...]] = {}

    def accepts(self, state: int) -> bool:
        """Whether a number may end in this state."""
        return bool(state & self._end)

    def steps(self, state: int) -> tuple[int, ...]:
        """The states after each of the ten digits; 0: no number begins like this."""
        known = self._steps.get(state)
        if known is None:
            reached: dict[int, int] = {0: 0}
            for digit in range(10):
                fitting = state & self._fits[digit]
                if fitting not in reached:
                    reached[fitting] = self._union(fitting)
            known = tuple(reached[state & self._fits[digit]] for digit in range(10))
            self._steps[state] = known
        return known

    def _union(self, positions: int) -> int:
        found = 0
        while positions:
            lowest = positions & -positions
            found |= self._after[lowest.bit_length() - 1]
            positions ^= lowest
        return found

    def _follow(self, positions: int, then: int) -> None:
        while positions:
            lowest = positions & -positions
            self._after[lowest.bit_length() - 1] |= then
            positions ^= lowest

    def _add(self, tree: Pattern) -> tuple[int, int, bool]:
        """Add the positions of a tree; those that begin it, those that end it, is it empty."""
        match tree:
            case Digit(among):
                self._among.append(among)
                self._after.append(0)
                only = 1 << len(self._among) - 1
                return only, only, False
            case Group(_, part):
                return self._add(part)
            case Choice(options):
                added = [self._add(option) for option in options]
                first = last = 0
                for starts, ends, _ in added:
                    first |= starts
                    last |= ends
                return first, last, any(empty for *_, empty in added)
            case Sequence(parts):
                return self._add_in_turn(parts, len(parts))
            case Repeat(part, least, most):
                return self._add_in_turn((part,) * most, least)
            case _:
                raise UnknownPatternError

    def _add_in_turn(self, parts: tuple[Pattern, ...], needed: int) -> tuple[int, int, bool]:
        """Add parts one after the other, those from `needed` on may be left out."""
        first, last, all_empty = 0, 0, True
        for at, part in enumerate(parts):
            starts, ends, empty = self._add(part)
            empty = empty or at >= needed
            self._follow(last, starts)
            first |= starts if all_empty else 0
            last = ends | (last if empty else 0)
            all_empty = all_empty and empty
        return first, last, all_empty
