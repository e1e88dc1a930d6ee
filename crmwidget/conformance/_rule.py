"""A rule of the wire that a client application keeps, and what became of one in a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crmwidget.conformance._stage import Stage

Evidence = Literal["D", "S", "R", "O", "I"]
"""[D] documented, [S] done by the sample client, [R] its README, [O] observed, [I] inferred."""
Outcome = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome and what was seen: kinds and counts, never a value of a customer's."""

    result: Outcome
    seen: str


def kept(seen: str) -> Verdict:
    """The client keeps the rule."""
    return Verdict("passed", seen)


def broken(seen: str) -> Verdict:
    """The client breaks the rule."""
    return Verdict("failed", seen)


def idle(why: str) -> Verdict:
    """There was nothing to judge."""
    return Verdict("not applicable", why)


MOST: Final = 4
"""Faults of one rule that are spelled out."""


def judged(faults: Iterable[str], otherwise: str) -> Verdict:
    """Broken by the faults, or kept."""
    found = list(dict.fromkeys(faults))
    if not found:
        return kept(otherwise)
    more = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return broken("; ".join(found[:MOST]) + more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that a client does or leaves alone on the wire."""

    id: str
    """Short and stable: what a report is compared by."""
    title: str
    """The rule, as a sentence about the client."""
    evidence: Evidence
    checked: str
    """How the kit finds out."""
    advice: str
    """What to do where it is broken."""
    check: Callable[[Stage], Verdict]

    @property
    def counts(self) -> bool:
        """Whether breaking it fails a run: what was only inferred never does."""
        return self.evidence != "I"


def rule(
    id_: str, evidence: Evidence, title: str, *, checked: str, advice: str
) -> Callable[[Callable[[Stage], Verdict]], Rule]:
    """Make a rule of the function that finds out whether it is kept."""

    def made(check: Callable[[Stage], Verdict]) -> Rule:
        return Rule(
            id=id_, title=title, evidence=evidence, checked=checked, advice=advice, check=check
        )

    return made
