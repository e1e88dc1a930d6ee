"""Phones: E.164 forms of a column, beside phonenumbers alone.

Each round has new numbers, from a seed that is new in each run: in the usual
formats, one in eight mistyped, one in twenty-five dirty. Ours converts all of them,
the peer, which is slower, a part of them, and the two have to agree on that.
First a column of one country, of which one number in ten is from elsewhere;
then numbers of all regions at once, each read with its own. What comes before
the rounds, while the rules are worked out, is printed and is no part of them.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Final, TypeAlias

from benchmarks._rounds import Result, compared, in_turn
from crmwidget import phones
from tests.test_phones_corpus import corpus, expected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TEXTS: Final = 100_000
"""Of one figure of ours."""
SHARE: Final = 10
"""The peer converts one text in so many."""
SOILED: Final = 0.04
GOAL: Final = 1 / 15
COUNTRIES: Final = ("US", "GB", "DE", "FR", "IN", "BR", "JP", "AR", "IT")
Column: TypeAlias = "Mapping[str | None, list[str]]"


def run() -> list[Result]:
    """Goal 6."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"phones, seed {seed}")
    rng = random.Random(seed)  # noqa: S311 - no secret
    country = rng.choice(COUNTRIES)
    return [
        versus(f"numbers of {country}, and one in ten from elsewhere", country, rng),
        versus("numbers of all regions, each read with its own", None, rng),
    ]


def versus(name: str, country: str | None, rng: random.Random) -> Result:
    """One comparison."""
    contest = Contest(lambda: column(country, rng))
    for _ in range(3):
        print(f"  {name}, before: {contest.ours():.2f} us a number", flush=True)
    contest.texts = {}
    found = in_turn({"phonenumbers": contest.peer, "e164_all": contest.ours}, unit="us a number")
    disagreements = f"{contest.compared:,} compared, {contest.disagreements} disagreements"
    print(f"  {disagreements}", flush=True)
    return compared(
        f"E.164, {name} ({disagreements})",
        found["e164_all"],
        found["phonenumbers"],
        unit="us",
        goal=round(GOAL, 3),
    )


class Contest:
    """Both sides, on the same texts; whoever comes second in a round leaves them to no other."""

    def __init__(self, draw: Callable[[], Column]) -> None:
        self.draw = draw
        self.texts: Column = {}
        self.answers: dict[tuple[str | None, str], str | None] = {}
        self.compared = 0
        self.disagreements = 0

    def ours(self) -> float:
        """Microseconds of each text."""
        texts = self._next()
        began = time.process_time()
        found = {region: phones.e164_all(some, region) for region, some in texts.items()}
        took = time.process_time() - began
        self._compare(
            {
                (r, t): form
                for r, some in texts.items()
                for t, form in zip(some, found[r], strict=True)
            }
        )
        return took / sum(map(len, texts.values())) * 1e6

    def peer(self) -> float:
        """Microseconds of each text in the peer's part."""
        texts = self._next()
        part = [(r, text) for r, some in texts.items() for text in some[::SHARE]]
        began = time.process_time()
        found = [expected(text, region) for region, text in part]
        took = time.process_time() - began
        self._compare(dict(zip(part, found, strict=True)))
        return took / len(part) * 1e6

    def _next(self) -> Column:
        """The texts that the other side had, or new ones."""
        texts, self.texts = self.texts, {}
        if not texts:
            texts = self.texts = self.draw()
        return texts

    def _compare(self, found: dict[tuple[str | None, str], str | None]) -> None:
        common = found.keys() & self.answers.keys()
        self.compared += len(common)
        self.disagreements += sum(found[one] != self.answers[one] for one in common)
        self.answers = {} if common else found


def column(country: str | None, rng: random.Random) -> Column:
    """New texts by the region they are read with."""
    if country is None:
        return corpus(rng, TEXTS, soiled=SOILED)
    found = defaultdict(list)
    own = corpus(rng, TEXTS * 9 // 10, country, SOILED)
    for some in (own, corpus(rng, TEXTS // 10, soiled=SOILED)):
        for texts in some.values():
            found[country] += texts
    rng.shuffle(found[country])
    return found
