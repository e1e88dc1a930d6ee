"""Ladder: whether the number somebody asks for is the one a contact has.

Two certain rungs: the same digits as written, then the same E.164 number read
with the directory's region. Two that are only possible, climbed when nobody
is certain, each only when the one before found nobody: the same number under
another region than the one it was read with, then the last 9, 8 or 7 digits.
Two complete numbers that differ are two numbers, whatever they end in.
Who writes is looked for by the e-mail address, and that alone: it is certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from crmwidget import phones, tables
from crmwidget.directory._contacts import Phone, Rule
from crmwidget.directory._numbers import read

__all__ = ["CERTAIN", "ORDER", "POSSIBLE", "Asked", "Step", "asked", "rule_of"]

ORDER: Final[tuple[Rule, ...]] = ("same digits", "e164", "address", "national", "last digits")
"""The rules from the most certain on."""
CERTAIN: Final = ORDER[:3]
POSSIBLE: Final = ORDER[3:]

_ENDINGS: Final = (9, 8, 7)
# phonenumbers may put an area code before a local number, never within its last six digits.
_ENDING: Final = 6
_LONG: Final = len("+123") + _ENDING
_SHORTEST: Final = min(_ENDINGS)


class Step(NamedTuple):
    """How far up the ladder a number matched; the lowest is the best."""

    rank: int
    reason: str
    """A sentence."""


_RULES: Final[tuple[Rule, ...]] = (
    *ORDER[:4],
    *((ORDER[4],) * len(_ENDINGS)),
)
"""The rule of each rank: every count of last digits is a rung of its own."""


def rule_of(rank: int) -> Rule:
    """The rule that a rank belongs to."""
    return _RULES[rank]


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """A number somebody looks for."""

    number: str
    digits: str
    e164: str | None
    address: str = ""
    """An e-mail address, casefolded, of somebody who writes; then there is no number."""

    @property
    def region(self) -> str | None:
        """The region of the number, where it has an E.164 form."""
        return None if self.e164 is None else phones.region_of(self.e164)

    @property
    def is_short(self) -> bool:
        """Whether this is an extension or a short code, which only its own digits can find."""
        return len(self.digits) < _SHORTEST

    @property
    def ending(self) -> str:
        """What every number ends in that any rung but the first takes for this one."""
        if self.e164 is None:
            return self.digits[-_ENDING:]
        # A national number of six digits and more is all that a long one can end in.
        whole = self.e164 if len(self.e164) >= _LONG else phones.national(self.e164)
        return whole[-_ENDING:]

    def certain(self, phone: Phone, region: str | None) -> Step | None:
        """Why `phone` of a contact is this number without any assumption; None: it may not be."""
        if self.address:
            return None
        numbers = phones.read(phone.number, region).numbers
        steps = [self._certain(one, region, _said(phone)) for one in numbers]
        return min((step for step in steps if step is not None), default=None)

    def _certain(self, theirs: phones.Number, region: str | None, said: str) -> Step | None:
        number = theirs.spoken
        if theirs.digits == self.digits and not self._contradicts(number, region):
            return Step(0, f"Same digits as the {said}.")
        if self._is(number, region):
            how = f", read with region {region}" if region else ""
            return Step(1, f"Same international number as the {said}{how}.")
        return None

    def _is(self, number: str, region: str | None) -> bool:
        """Whether both are one number of E.164; neither has to be valid, if the region is known."""
        theirs = phones.e164(number, region)
        if self.e164 is not None or theirs is not None or region is None:
            return self.e164 is not None and theirs == self.e164
        form = phones.possible(self.number, region)
        return form is not None and form == phones.possible(number, region)

    def possible(self, phone: Phone, region: str | None) -> Step | None:
        """Why `phone` of a contact could be this number; None: nothing speaks for it."""
        if self.is_short:
            return None
        numbers = phones.read(phone.number, region).numbers
        steps = [self._possible(one, region, _said(phone)) for one in numbers]
        return min((step for step in steps if step is not None), default=None)

    def _possible(self, other: phones.Number, region: str | None, said: str) -> Step | None:
        digits = other.digits
        if len(digits) < _SHORTEST:
            return None
        theirs = phones.e164(other.spoken, region)
        if (elsewhere := self._elsewhere(other.spoken, theirs, region, said)) is not None:
            return Step(3, elsewhere)
        if theirs is not None and self.e164 is not None:
            return None
        for rank, count in enumerate(_ENDINGS, 4):
            if digits[-count:] == self.digits[-count:] and len(digits) >= count:
                return Step(rank, f"Same last {count} digits as the {said}.")
        return None

    def _elsewhere(
        self, number: str, theirs: str | None, region: str | None, said: str
    ) -> str | None:
        """Why the two are one number if a region other than the directory's is meant."""
        read = f"not with {region}" if region else "but no region was given"
        mine = None if self.e164 is None or _has_plus(number) else self.region
        if mine is not None and phones.e164(number, mine) == self.e164:
            return f"Same number as the {said} if that is read with region {mine}, {read}."
        if theirs is None:
            return None
        home = phones.region_of(theirs)
        apart = home is not None and not _has_plus(self.number)
        if apart and phones.e164(self.number, home) == theirs:
            return f"Same number as the {said} if the caller's is read with region {home}, {read}."
        if self.e164 is not None and _same_national(theirs, self.e164):
            return f"Same national number as the {said}, which has the country code of {home}."
        return None

    def _contradicts(self, number: str, region: str | None) -> bool:
        """Whether one is +20 255..., and the other, 20 255... without the +, means +1 202 55...

        Without a region that cannot be told, so it may.
        """
        if _has_plus(number) == _has_plus(self.number):
            return False
        if region is None:
            return True
        means = phones.e164(number, region) if _has_plus(self.number) else self.e164
        return means is not None and means != f"+{self.digits}"


def asked(value: object, region: str | None) -> Iterator[Asked]:
    """The numbers in what a lookup was given, each once; nothing of blanks and withheld ones."""
    several = isinstance(value, Iterable) and not isinstance(value, str | bytes)
    seen = set()
    for one in value if several else (value,):  # type: ignore[attr-defined]
        for each in _each(one, region):
            key = (each.digits, _has_plus(each.number), each.address)
            if key not in seen:
                seen.add(key)
                yield each


def _each(value: object, region: str | None) -> Iterator[Asked]:
    given = value.number if isinstance(value, Phone) else tables.plain(value)
    texts = [given] if isinstance(given, str) else [one.text for one in read(given).numbers]
    for text in texts:
        said = phones.read(text, region)
        for one in said.numbers:
            yield Asked(one.spoken, one.digits, phones.e164(one.spoken, region))
        for address in said.addresses:
            yield Asked("", "", None, address)


def _said(phone: Phone) -> str:
    return "phone number" if phone.kind == "phone" else f"{phone.kind} phone number"


def _same_national(one: str, other: str) -> bool:
    # Nearly all are told apart without being taken to pieces.
    if one[-_SHORTEST:] != other[-_SHORTEST:]:
        return False
    national = phones.national(one)
    return len(national) >= _SHORTEST and national == phones.national(other)


def _has_plus(number: str) -> bool:
    return number.startswith(("+", "\uff0b"))
