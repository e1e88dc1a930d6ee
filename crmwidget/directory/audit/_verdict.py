"""Verdict: what happens when a number calls, told from the matches a ladder found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from crmwidget.directory._match_rules import CERTAIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crmwidget.directory._contacts import Contact, Match, Matches, Rule
    from crmwidget.directory._match_rules import Asked

__all__ = ["NONE", "OUTCOMES", "UNKNOWN", "Outcome", "Verdict", "id_of", "judged"]

Outcome = Literal["hit", "ambiguous", "wrong region", "possible", "miss", "no number"]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    *("hit", "ambiguous", "wrong region", "possible", "miss", "no number"),
)
"""One certain contact; several; only under another region; only the last digits; nobody;
nothing to look up (withheld, a SIP name, an extension that nobody has)."""
UNKNOWN: Final = "unknown"
NONE: Final = "none"
_NOT_OPENED: Final[dict[str, Outcome]] = {"national": "wrong region"}


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """What happens when a number calls."""

    outcome: Outcome
    region: str
    """Of the number; "unknown" where it cannot be told, "none" where there is no number."""
    rule: Rule | None = None
    """The best that found anybody."""
    reason: str = ""
    found: int = 0
    """How many contacts."""
    opened: Contact | None = None

    def opens_other_than(self, right: object) -> bool:
        """Whether this opens a record that is not `right`, or, if that is None, may not be it."""
        if self.opened is None:
            return False
        if right is None:
            return self.rule not in CERTAIN
        return str(self.opened.id) != str(right)

    @property
    def record(self) -> tuple[object, str] | None:
        """What tells the opened record from others; None where none is opened."""
        return None if self.opened is None else (self.opened.id, self.opened.name)


def judged(numbers: list[Asked], matches: Matches, opening: tuple[Rule, ...]) -> Verdict:
    """What follows from `matches` when a record is opened by the rules `opening`."""
    regions = (region for one in numbers if (region := one.region) is not None)
    region = next(regions, UNKNOWN if numbers else NONE)
    if not matches:
        looked_up = any(not one.is_short for one in numbers)
        return Verdict("miss", region) if looked_up else Verdict("no number", NONE)
    by_rule = [match for match in matches if match.rule in opening and _holds(match)]
    best = (by_rule or list(matches))[0]
    outcome: Outcome = _NOT_OPENED.get(best.rule, "possible")
    opened = _only(by_rule)
    if by_rule:
        outcome = "ambiguous" if opened is None else "hit"
    return Verdict(outcome, region, best.rule, best.reason, len(by_rule or matches), opened)


def _holds(match: Match) -> bool:
    """Whether the rule says all: a lazy frame with too many candidates makes none certain."""
    return match.certain or match.rule not in CERTAIN


def _only(matches: Sequence[Match]) -> Contact | None:
    """The one contact among them; rows of one id and name are one record of the CRM."""
    contacts = [match.contact for match in matches]
    first = contacts[0] if contacts else None
    if first is None or any((one.id, one.name) != (first.id, first.name) for one in contacts):
        return None
    return first if first.id is not None or len(contacts) == 1 else None


def id_of(value: object) -> str | None:
    """A record's id as text; pandas makes floats of integers where one is missing."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "" if value is None else str(value).strip()
    return text or None
