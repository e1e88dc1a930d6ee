"""Ladder: whether the number somebody asks for is the one a contact has.

Two rungs, both certain: the same digits as written, then the same E.164
number. A national number is read with the region; nothing else is assumed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from crmwidget import phones, tables
from crmwidget.directory._contacts import Phone, Rule
from crmwidget.directory._numbers import written

__all__ = ["ORDER", "Asked", "asked"]

ORDER: Final[tuple[Rule, ...]] = ("same digits", "e164")
"""The rules from the most certain on."""


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A number somebody looks for."""

    number: str
    digits: str
    e164: str | None

    def rule(self, text: str, region: str | None) -> Rule | None:
        """Why `text`, a contact's number, is this one; None: it is not."""
        number = phones.number_in(text)
        if phones.digits(text) == self.digits and not self._contradicts(number, region):
            return "same digits"
        if self.e164 is not None and phones.e164(number, region) == self.e164:
            return "e164"
        return None

    def _contradicts(self, number: str, region: str | None) -> bool:
        """Whether one is +20 255..., and the other, 20 255... without the +, means +1 202 55..."""
        if _has_plus(number) == _has_plus(self.number):
            return False
        means = phones.e164(number, region) if _has_plus(self.number) else self.e164
        return means is not None and means != f"+{self.digits}"


def asked(value: object, region: str | None) -> Iterator[Asked]:
    """The numbers in what a lookup was given, each once; nothing of blanks and withheld ones."""
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    seen = set()
    for one in value if several else (value,):  # type: ignore[attr-defined]
        for text in _texts(one):
            number = phones.number_in(text)
            digits = phones.digits(text)
            key = (digits, _has_plus(number))
            if digits and key not in seen:
                seen.add(key)
                yield Asked(number, digits, phones.e164(number, region))


def _texts(value: object) -> list[str]:
    if isinstance(value, Phone):
        return [value.number]
    return [one.text for one in written(tables.plain(value))]


def _has_plus(number: str) -> bool:
    return number.startswith(("+", "\uff0b"))
