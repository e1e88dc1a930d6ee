"""Difference: which calls two audits treat differently, and whom the second would open."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crmwidget import tables
from crmwidget.directory.audit._html import changes_html

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from crmwidget.directory.audit._verdict import Outcome, Verdict

__all__ = ["Change", "Difference"]

_CHANGED: Final = (
    *("call", "number", "was", "becomes", "rule_was", "rule", "opened_was", "opened", "contact"),
    *("right_id", "disclosure", "reason"),
)


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """A call that two audits treat differently."""

    call: int
    """Its place among the calls, from 1."""
    number: object
    right: str | None
    was: Verdict
    becomes: Verdict

    @property
    def disclosure(self) -> bool:
        """Whether the second opens a record that is not the right one.

        Where the right one is not known: one that the first does not open.
        """
        if self.right is not None:
            return self.becomes.opens_other_than(self.right)
        return self.becomes.opened is not None


class Difference:
    """The calls whose outcome, or whose opened record, differs between two audits."""

    def __init__(self, changes: Sequence[Change], calls: int, library: str | None) -> None:
        self._changes = changes
        self._calls = calls
        self._library = library

    @property
    def counts(self) -> dict[tuple[Outcome, Outcome], int]:
        """How many calls went from which outcome to which, most first."""
        pairs = Counter((one.was.outcome, one.becomes.outcome) for one in self._changes)
        return dict(pairs.most_common())

    @property
    def disclosures(self) -> int:
        """How many calls open a record in the second audit that may be another customer's."""
        return sum(change.disclosure for change in self._changes)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a changed call, disclosures first; unredacted.

        Columns: call (from 1), number, was, becomes, rule_was, rule, opened_was, opened,
        contact (the name of whom the second would open), right_id, disclosure, reason.
        """
        ordered = sorted(self._changes, key=lambda change: not change.disclosure)
        rows = [
            {
                "call": one.call,
                "number": one.number,
                "was": one.was.outcome,
                "becomes": one.becomes.outcome,
                "rule_was": one.was.rule,
                "rule": one.becomes.rule,
                "opened_was": one.was.opened and one.was.opened.id,
                "opened": one.becomes.opened and one.becomes.opened.id,
                "contact": one.becomes.opened and one.becomes.opened.name,
                "right_id": one.right,
                "disclosure": one.disclosure,
                "reason": one.becomes.reason or None,
            }
            for one in ordered
        ]
        return tables.from_rows(rows, like=self._library, library=library, names=_CHANGED)

    def __len__(self) -> int:
        return len(self._changes)

    def __iter__(self) -> Iterator[Change]:
        return iter(self._changes)

    def __repr__(self) -> str:
        changed = f"{len(self):,} of {self._calls:,} calls change"
        return f"Difference({changed}, {self.disclosures:,} disclosures)"

    def _repr_html_(self) -> str:
        disclosing = Counter(
            (one.was.outcome, one.becomes.outcome) for one in self._changes if one.disclosure
        )
        rows = [(*pair, count, disclosing[pair]) for pair, count in self.counts.items()]
        rows.sort(key=lambda row: row[3], reverse=True)
        return changes_html(self._calls, rows)
