"""Audit: what a directory would have done with calls, before it does it to a customer.

Every distinct number climbs the ladder once. What a screen pop opens is another
customer's data when it is the wrong record; the audit counts that, names what
would be opened, and compares two regions or two sets of rules.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from crmwidget import tables
from crmwidget.directory._match_rules import CERTAIN, ORDER, Asked, asked
from crmwidget.directory.audit._difference import Change, Difference
from crmwidget.directory.audit._html import summary_html
from crmwidget.directory.audit._verdict import (
    NONE,
    OUTCOMES,
    UNKNOWN,
    Outcome,
    Verdict,
    id_of,
    judged,
)
from crmwidget.errors import DirectoryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from crmwidget.directory._contacts import Matches, Rule
    from crmwidget.directory._lookup import Source
    from crmwidget.directory.audit._calls import Calls

__all__ = ["Audit", "audited"]

DISTINCT: Final = 10_000
"""So many different numbers a lazy frame is asked for at most."""
_AT_ONCE: Final = 20
"""Numbers that one question to an engine is about."""
_IN_MEMORY: Final = 25_000
"""Numbers whose candidates are held in memory at a time."""
WRONG: Final = "wrong record"
"""In tables and charts, the hits that open, or may open, another customer's record."""


class Audit:
    """What would have happened with each call, in the order of the calls."""

    def __init__(
        self,
        calls: Calls,
        verdicts: Sequence[Verdict],
        *,
        region: str | None,
        rules: tuple[Rule, ...],
        library: str | None,
    ) -> None:
        self.region = region
        """The region that national numbers were read with."""
        self.rules = rules
        """The rules that open a record."""
        self._calls = calls
        self._verdicts = verdicts
        self._library = library
        known = calls.right if calls.right is not None else [None] * len(verdicts)
        pairs = zip(verdicts, known, strict=True)
        self._wrong = [verdict.opens_other_than(id_of(right)) for verdict, right in pairs]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many calls had each outcome."""
        counted = Counter(verdict.outcome for verdict in self._verdicts)
        return {outcome: counted[outcome] for outcome in OUTCOMES}

    @property
    def disclosures(self) -> int:
        """How many calls open a record that is, or may be, another customer's.

        With `contact_id`, each that opens another one; without, each that a rule opens that is
        not certain.
        """
        return sum(self._wrong)

    @property
    def by_region(self) -> Any:
        """A frame: region, calls, a column for each outcome, "wrong record"; worst first."""
        return self._frame("region", self._tallied(lambda verdict: verdict.region))

    @property
    def by_rule(self) -> Any:
        """The same for each rule, in the order of the ladder; "none" is where nobody was found."""
        tallied = self._tallied(lambda verdict: verdict.rule or NONE)
        order = {name: place for place, name in enumerate((*ORDER, NONE))}
        tallied.sort(key=lambda pair: order[pair[0]])
        return self._frame("rule", tallied)

    def to_frame(self, library: str | None = None) -> Any:
        """One row a call, in their order; unredacted: these are your own numbers.

        Columns: number, region, outcome, rule, found, contact_id and contact (who would be
        opened), reason, right_id (as given), disclosure. In the directory's library, else
        whichever is installed; `library`: "pandas", "polars" or "pyarrow".
        """
        calls = self._calls
        rights = calls.right if calls.right is not None else [None] * len(self)
        every = zip(calls.numbers, self._verdicts, rights, self._wrong, strict=True)
        rows = [
            {
                "number": number,
                "region": verdict.region,
                "outcome": verdict.outcome,
                "rule": verdict.rule,
                "found": verdict.found,
                "contact_id": verdict.opened and verdict.opened.id,
                "contact": verdict.opened and verdict.opened.name,
                "reason": verdict.reason or None,
                "right_id": right,
                "disclosure": wrong,
            }
            for number, verdict, right, wrong in every
        ]
        return tables.from_rows(rows, like=self._library, library=library, names=_COLUMNS)

    def difference(self, other: Audit) -> Difference:
        """Which of the same calls `other` treats in another way, and whom it would open.

        Raises DirectoryError where the calls are not the same.
        """
        if [*map(str, self._calls.numbers)] != [*map(str, other._calls.numbers)]:
            raise DirectoryError(
                f"these are audits of different calls ({len(self):,} and {len(other):,}): "
                "audit the same calls twice, with other rules= or region=."
            )
        rights = self._calls.right or other._calls.right or [None] * len(self)
        every = enumerate(zip(self._calls.numbers, self, other, rights, strict=True), 1)
        changes = [
            Change(call, number, id_of(right), was, becomes)
            for call, (number, was, becomes, right) in every
            if (was.outcome, was.record) != (becomes.outcome, becomes.record)
        ]
        return Difference(changes, len(self), self._library)

    def plot(self) -> Any:
        """A bar for each region, of its calls by outcome; its `.chart` is Altair's.

        Raises MissingExtraError without Altair.
        """
        from crmwidget.tables.charts import outcomes

        return outcomes(
            [(name, _split(row)) for name, row in self._tallied(lambda one: one.region)],
            (WRONG, *_WORST_FIRST),
        )

    def __len__(self) -> int:
        return len(self._verdicts)

    def __iter__(self) -> Iterator[Verdict]:
        return iter(self._verdicts)

    def __repr__(self) -> str:
        counted = ", ".join(f"{count:,} {outcome}" for outcome, count in self.counts.items())
        return f"Audit({len(self):,} calls: {counted}; {self.disclosures:,} disclosures)"

    def _repr_html_(self) -> str:
        return summary_html(
            len(self),
            _split(dict(self._tallied(lambda _: UNKNOWN)).get(UNKNOWN, _blank())),
            [(name, _split(row)) for name, row in self._tallied(lambda one: one.region)],
            region=self.region,
            rules=self.rules,
        )

    def _tallied(self, key: Callable[[Verdict], str]) -> list[tuple[str, dict[str, int]]]:
        """Counts of each outcome and of the wrong records, by key; the worst key first."""
        tally: dict[str, dict[str, int]] = {}
        for verdict, wrong in zip(self._verdicts, self._wrong, strict=True):
            row = tally.setdefault(key(verdict), _blank())
            row[verdict.outcome] += 1
            row[WRONG] += wrong
        return sorted(tally.items(), key=lambda pair: _badness(pair[1]), reverse=True)

    def _frame(self, name: str, tallied: list[tuple[str, dict[str, int]]]) -> Any:
        rows = [
            {name: key, "calls": sum(row[outcome] for outcome in OUTCOMES), **row}
            for key, row in tallied
        ]
        names = (name, "calls", *OUTCOMES, WRONG)
        return tables.from_rows(rows, like=self._library, names=names)


def audited(
    calls: Calls,
    source: Source,
    *,
    region: str | None,
    rules: Iterable[Rule] | None,
    library: str | None,
) -> Audit:
    """The audit of `calls`, each distinct number looked up once in `source`.

    Raises DirectoryError for more distinct numbers than a lazy frame is asked for.
    """
    opening = _checked(rules)
    keys = [_key(number) for number in calls.numbers]
    distinct = dict(zip(keys, calls.numbers, strict=True))
    if source.pushed and len(distinct) > DISTINCT:
        raise DirectoryError(
            f"these are {len(distinct):,} different numbers, and a lazy frame is asked for "
            f"{DISTINCT:,} at most: audit a sample of the calls, or collect the contacts."
        )
    wanted = {key: list(asked(number, region)) for key, number in distinct.items()}
    known = {
        key: judged(wanted[key], matches, opening) for key, matches in _looked_up(wanted, source)
    }
    verdicts = [known[key] for key in keys]
    return Audit(calls, verdicts, region=region, rules=opening, library=library)


def _looked_up(
    wanted: dict[object, list[Asked]], source: Source
) -> Iterator[tuple[object, Matches]]:
    """Who has each of the numbers; an engine is asked for several at once."""
    keys = list(wanted)
    step = _AT_ONCE if source.pushed else _IN_MEMORY
    for start in range(0, len(keys), step):
        batch = keys[start : start + step]
        near = source.near([one for key in batch for one in wanted[key]])
        for key in batch:
            # Cut off, it says nothing of the single number.
            own = source.near(wanted[key]) if near.cut and len(batch) > 1 else near
            yield key, own.matches(wanted[key])


_COLUMNS: Final = (
    *("number", "region", "outcome", "rule", "found", "contact_id", "contact", "reason"),
    *("right_id", "disclosure"),
)
_WORST_FIRST: Final = (*OUTCOMES[1:], OUTCOMES[0])


def _checked(rules: Iterable[Rule] | None) -> tuple[Rule, ...]:
    given = CERTAIN if rules is None else (rules,) if isinstance(rules, str) else tuple(rules)
    unknown = [rule for rule in given if rule not in ORDER]
    if unknown or not given:
        what = f"there is no rule {unknown[0]!r}" if unknown else "rules= is empty"
        raise DirectoryError(f"{what}. The rules are {', '.join(map(repr, ORDER))}.")
    return tuple(rule for rule in ORDER if rule in given)


def _key(number: object) -> object:
    if isinstance(number, list | tuple):
        return tuple(map(_key, number))
    return (type(number), str(number))


def _blank() -> dict[str, int]:
    return dict.fromkeys((*OUTCOMES, WRONG), 0)


def _split(row: dict[str, int]) -> dict[str, int]:
    """The counts with the wrong records apart from the hits they are among."""
    return {**row, "hit": row["hit"] - row[WRONG]}


def _badness(row: dict[str, int]) -> tuple[int, int, int, int]:
    doubtful = row["ambiguous"] + row["wrong region"] + row["possible"]
    return (row[WRONG], doubtful, row["miss"], sum(row.values()))
