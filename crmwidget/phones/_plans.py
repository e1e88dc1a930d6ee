"""Plans: how phonenumbers parses and validates, followed for all numbers of a length at once.

Each step does what its counterpart in phonenumberutil.py does to one number,
for every number of `length` digits that begins with the `known` ones. What
these do not decide becomes a diagram, or needs one digit more.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from crmwidget.phones._automata import language
from crmwidget.phones._decision_trees import Diagrams, Node, Outcome, Tree, Verdict, unvisited, walk
from crmwidget.phones._metadata import (
    LENGTHS,
    LONGEST_CODE,
    Metadata,
    code_of,
    main_region_of,
    may_be_dialled,
    metadata_of,
    regions_of,
)
from crmwidget.phones._patterns import NeedsMoreDigits, UnknownPatternError, match_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.phones._patterns import Match

__all__ = ["Plans"]

_COLD: Final = 5
"""So many numbers are asked for, per region of a code, before a plan is worked out."""


class Candidate(NamedTuple):
    """What may be the national number: `new` digits, then the number's own from `start` on."""

    new: str
    start: int


WHOLE: Final = Candidate("", 0)


class Number(NamedTuple):
    """The numbers of `length` digits that begin with `known`."""

    known: str
    length: int

    def long(self, candidate: Candidate) -> int:
        """The length of a candidate."""
        return len(candidate.new) + self.length - candidate.start

    def digit(self, candidate: Candidate, at: int) -> int:
        """One digit of a candidate. NeedsMoreDigits: it is not known."""
        if at < len(candidate.new):
            return int(candidate.new[at])
        at += candidate.start - len(candidate.new)
        if at >= len(self.known):
            raise NeedsMoreDigits
        return int(self.known[at])

    def match(self, pattern: str, candidate: Candidate) -> Match | None:
        """Match the start of a candidate."""
        known = candidate.new + self.known[candidate.start :]
        return match_start(pattern, known, self.long(candidate))

    def inside(self, candidate: Candidate, tree: Tree) -> Tree:
        """What is left of the diagram of a candidate's digits after the known ones."""
        if candidate.start > len(self.known):
            raise NeedsMoreDigits
        return walk(tree, candidate.new + self.known[candidate.start :])

    def stripped(self, metadata: Metadata, candidate: Candidate, match: Match) -> Candidate:
        """A candidate without its national prefix, or what the metadata makes of it."""
        end, groups = match
        if not metadata.transformation or metadata.last_group not in groups:
            return _moved(candidate, "", end)
        new = ""
        for index, piece in enumerate(metadata.transformation, 1):
            if not piece.startswith("\\"):
                new += piece
                continue
            first, last = groups.get(int(piece[1:]), (0, 0))
            if index == len(metadata.transformation) and last == end:
                return _moved(candidate, new, first)
            new += "".join(str(self.digit(candidate, at)) for at in range(first, last))
        return _moved(candidate, new, end)


class _Growth:
    """Works out where one digit more leads. Not a closure: there are very many, of many parts."""

    __slots__ = ("evaluate", "known", "length")

    def __init__(self, evaluate: Callable[[Number], Tree], known: str, length: int) -> None:
        self.evaluate = evaluate
        self.known = known
        self.length = length

    def __call__(self, digit: int) -> Tree:
        number = Number(f"{self.known}{digit}", self.length)
        try:
            return self.evaluate(number)
        except NeedsMoreDigits:
            return unvisited(_Growth(self.evaluate, number.known, self.length))
        except (UnknownPatternError, AttributeError, LookupError):
            return Verdict.ASK


class Found(NamedTuple):
    """A tree that was found, be it None."""

    tree: Tree


class Plans:
    """The diagrams of the installed metadata, each made when it is first needed."""

    def __init__(self) -> None:
        self.diagrams = Diagrams()
        self._starts: dict[tuple[str, int], Node] = {}
        self._matched: dict[tuple[tuple[str, ...], int, bool], Tree] = {}
        self._placed: dict[tuple[int, int, Tree], Tree] = {}

    # Where a number starts: with a + or an international prefix, then a code; or at home.

    def international(self, length: int, *, written: bool = True) -> Node:
        """Numbers after a +, or after an international prefix if that is not `written`."""

        def after_code(code: int, left: int) -> Tree:
            if not main_region_of(code).may_have(left):
                return None
            evaluate = partial(self._national, code, written=written)
            return self._start(f"{written}{code}", left, evaluate, cold=_cold(code))

        unknown = Verdict.UNKNOWN_CODE if written else None
        return self._start(f"{written}", length, partial(_with_code, after_code, unknown))

    def regions(self, length: int) -> Node:
        """The region of a number after its +; None where it is not valid."""

        def after_code(code: int, left: int) -> Tree:
            def evaluate(number: Number) -> Tree:
                return number.inside(WHOLE, self._placed_in(code, left))

            return self._start(f"regions of {code}", left, evaluate, cold=_cold(code))

        return self._start("regions", length, partial(_with_code, after_code, None))

    def home(self, region: str, length: int, *, plus: bool = False) -> Node:
        """Numbers without a +, dialled in this region.

        `plus`: there was one, but no country has that code. Then phonenumbers
        tries without it, and wants to find a code.
        """
        evaluate = partial(self._at_home, region, plus=plus)
        return self._start(f"{plus}{region}", length, evaluate, cold=_COLD)

    def _start(
        self, place: str, length: int, evaluate: Callable[[Number], Tree], *, cold: int = 0
    ) -> Node:
        key = (place, length)
        if key not in self._starts:
            self._starts[key] = unvisited(_Growth(evaluate, "", length), cold=cold)
        return self._starts[key]

    # What is done to a number.

    def _at_home(self, region: str, number: Number, *, plus: bool) -> Tree:
        metadata = metadata_of(region)
        abroad = self._after_idd(metadata, number)
        if abroad is not None:
            return abroad.tree
        if not may_be_dialled(region, number.length):
            return None

        def national() -> Tree:
            return None if plus else self._settle(metadata, number, WHOLE, metadata.code)

        code = str(metadata.code)
        if number.match(code, WHOLE) is None:
            return national()
        rest = Candidate("", len(code))
        return self._strip(
            metadata, number, rest, partial(self._without_code, metadata, number, national)
        )

    def _after_idd(self, metadata: Metadata, number: Number) -> Found | None:
        """What follows an international prefix, or None: there is none."""
        if metadata.international_prefix is None:
            return None
        match = number.match(metadata.international_prefix, WHOLE)
        if match is None:
            return None
        end = match[0]
        if end < number.length and number.digit(WHOLE, end) == 0:
            return None
        left = number.length - end
        if left <= LENGTHS.start:
            return Found(None)
        tree = self.international(left, written=False)
        return Found(walk(tree, number.known[end:], warm=True))

    def _without_code(
        self, metadata: Metadata, number: Number, national: Callable[[], Tree], rest: Candidate
    ) -> Tree:
        """A number that begins as the code of its own country does: with or without that."""
        code = metadata.code
        without = self._settle(main_region_of(code), number, rest, code)
        if metadata.size(number.length) == "too long" or without is (whole := national()):
            return without
        return self._if(
            self._fits(metadata, number, WHOLE),
            lambda: whole,
            lambda: self.diagrams.choose(self._fits(metadata, number, rest), without, whole),
        )

    def _national(self, code: int, number: Number, *, written: bool) -> Tree:
        return self._settle(main_region_of(code), number, WHOLE, code, written=written)

    def _settle(
        self,
        metadata: Metadata,
        number: Number,
        candidate: Candidate,
        code: int,
        *,
        written: bool = False,
    ) -> Tree:
        """The end of parse(), is_valid_number() and format_number()."""
        if number.long(candidate) < LENGTHS.start:
            return None

        def settled(stripped: Candidate) -> Tree:
            usable = metadata.size(number.long(stripped)) != "other"
            chosen = stripped if usable else candidate
            length = number.long(chosen)
            if length not in LENGTHS:
                return None
            valid = self._placed_in(code, length, label=True)
            if valid is False:
                return None
            valid = number.inside(chosen, valid)
            if written and chosen == WHOLE:
                return self.diagrams.choose(valid, Verdict.AS_IS, None)
            rule = Outcome(f"+{code}{chosen.new}", number.length - chosen.start)
            return self.diagrams.choose(valid, self.diagrams.leaf(rule), None)

        return self._strip(metadata, number, candidate, settled)

    def _strip(
        self,
        metadata: Metadata,
        number: Number,
        candidate: Candidate,
        then: Callable[[Candidate], Tree],
    ) -> Tree:
        """Take a national prefix off, unless that makes a number unusable that is usable."""
        if not metadata.national_prefix or number.long(candidate) == 0:
            return then(candidate)
        match = number.match(metadata.national_prefix, candidate)
        if match is None:
            return then(candidate)
        stripped = number.stripped(metadata, candidate, match)
        without, whole = then(stripped), then(candidate)
        if without is whole:  # mostly because no number is as long as they are
            return without
        return self._if(
            self._fits(metadata, number, candidate),
            lambda: self.diagrams.choose(self._fits(metadata, number, stripped), without, whole),
            lambda: without,
        )

    def _if(self, condition: Tree, yes: Callable[[], Tree], no: Callable[[], Tree]) -> Tree:
        if condition is True:
            return yes()
        if condition is False:
            return no()
        return self.diagrams.choose(condition, yes(), no())

    # Which numbers match.

    def _fits(self, metadata: Metadata, number: Number, candidate: Candidate) -> Tree:
        """Whether a candidate matches the general description, whatever its length."""
        tree = self._matching((metadata.general,), number.long(candidate))
        return number.inside(candidate, tree)

    def _matching(self, patterns: tuple[str, ...], length: int, *, open_end: bool = False) -> Tree:
        if not any(patterns):
            return False
        key = (patterns, length, open_end)
        if key not in self._matched:
            found = self.diagrams.matching(language(patterns, open_end=open_end), length)
            self._matched[key] = found
        return self._matched[key]

    def _placed_in(self, code: int, length: int, *, label: Tree = None) -> Tree:
        """The region in which national numbers are valid, or `label`; None or False: nowhere.

        region_code_for_number() and is_valid_number_for_region().
        """
        key = (code, length, label)
        if key not in self._placed:
            found: Tree = False if label else None
            nowhere, regions = found, regions_of(code)
            for region in reversed(regions):
                metadata = metadata_of(region, code)
                valid = self._typed(metadata, length)
                here = self.diagrams.leaf(label or region)
                if metadata.leading_digits is None or len(regions) == 1:
                    found = self.diagrams.choose(valid, here, found)
                elif valid is not False or found is not nowhere:
                    begins = self._matching((metadata.leading_digits,), length, open_end=True)
                    here = self.diagrams.choose(valid, here, nowhere)
                    found = self.diagrams.choose(begins, here, found)
            self._placed[key] = found
        return self._placed[key]

    def _typed(self, metadata: Metadata, length: int) -> Tree:
        """Whether a number is of some type: the general one, and another."""
        patterns = metadata.patterns(length)
        if not patterns:
            return False
        typed = self._matching(patterns, length)
        return self.diagrams.choose(self._matching((metadata.general,), length), typed, no=False)


def _with_code(then: Callable[[int, int], Tree], unknown: Tree, number: Number) -> Tree:
    """What comes after the calling code, or `unknown` where no country has it."""
    code = code_of(number.known)
    if code is not None:
        left = number.length - len(str(code))
        return then(code, left) if left >= LENGTHS.start else None
    if number.known[:1] == "0" or len(number.known) == min(number.length, LONGEST_CODE):
        return unknown
    raise NeedsMoreDigits


def _cold(code: int) -> int:
    return _COLD * len(regions_of(code))


def _moved(candidate: Candidate, new: str, start: int) -> Candidate:
    """`new` and then the digits of a candidate from `start` on."""
    inside = len(candidate.new)
    if start < inside:
        return Candidate(new + candidate.new[start:], candidate.start)
    return Candidate(new, candidate.start + start - inside)
