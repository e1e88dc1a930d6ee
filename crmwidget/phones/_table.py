"""Table: texts in, E.164 forms out, by the rules of the plans; phonenumbers where there is none.

What has been looked up once is found again by slices of the text: its length,
its first characters, then some at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import phonenumbers

from crmwidget.phones._decision_trees import CHUNK, LOCK, Node, Outcome, Tree, Verdict, walk
from crmwidget.phones._metadata import code_of
from crmwidget.phones._plain import MARKED, plain, plain_all
from crmwidget.phones._plans import Plans

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from phonenumbers import PhoneNumber

__all__ = [
    "convert",
    "convert_all",
    "displayed",
    "national_digits",
    "parse",
    "possible",
    "valid_region",
]

_HEAD: Final = 3
_SHORTEST: Final = 3
"""Whether two digits are a number depends on what stands between them."""
_BLOCK: Final = 512
"""Texts at a time, few enough to stay in the processor's cache."""
_MOST: Final = 500_000
"""Entries; a table that has more of them is left, and a new one begun."""
_WORTH_RULES: Final = 200
"""In a batch of so many texts the rules of its region are worked out at once."""
_MEMORY: Final = 8192
"""Texts that are remembered with what came out."""


class Head(Node):
    """Texts of one length, by their first characters; `region` is None if there is a +."""

    __slots__ = ("length", "plans", "region", "root")

    def __init__(self, plans: Plans, region: str | None, length: int) -> None:
        super().__init__([])
        self.plans = plans
        self.region = region
        self.length = length
        self.root: Node | None = None

    def __missing__(self, digits: str) -> Tree:
        if self.length < _SHORTEST or self.length >= MARKED:
            return Verdict.ASK
        return super().__missing__(digits)

    def after(self, digits: str, *, warm: bool = False) -> Tree:
        """What the first characters lead to."""
        if self.root is None:
            if self.region is None:
                self.root = self.plans.international(self.length - 1)
            else:
                self.root = self.plans.home(self.region, self.length)
        return walk(self.root, digits[1:] if self.region is None else digits, warm=warm)


class Heads(dict[int, Head]):
    """The heads by the length of the text."""

    def __init__(self, plans: Plans, region: str | None) -> None:
        super().__init__()
        self.plans = plans
        self.region = region

    def __missing__(self, length: int) -> Head:
        return self.setdefault(length, Head(self.plans, self.region, length))


class Invalid(Head):
    """Texts of which none is a valid number."""

    __slots__ = ()

    def __missing__(self, digits: str) -> Tree:
        return Verdict.ASK if self.length >= MARKED else None


class Nowhere(Heads):
    """The heads of numbers without a + where no region is given."""

    def __missing__(self, length: int) -> Head:
        return self.setdefault(length, Invalid(self.plans, None, length))


class Table:
    """All that is in memory."""

    def __init__(self) -> None:
        self.plans = Plans()
        self.abroad = Heads(self.plans, None)
        self.home: dict[str, Heads] = {}
        self.nowhere = Nowhere(self.plans, None)

    def heads_of(self, region: str) -> Heads:
        """The heads of numbers without a +."""
        if region not in self.home:
            self.home.setdefault(region, Heads(self.plans, region))
        return self.home[region]


_table = Table()


def table() -> Table:
    """The table that is in use."""
    global _table  # noqa: PLW0603 - who still has the full one goes on with it
    with LOCK:
        if Node.filled > _MOST:
            Node.filled = 0
            _table = Table()
        return _table


def convert_all(texts: Sequence[str], region: str | None) -> list[str | None]:
    """The E.164 form of each text, or None."""
    home, warm = _supported(region), len(texts) >= _WORTH_RULES
    found: list[str | None] = []
    for start in range(0, len(texts), _BLOCK):
        found += _block(texts[start : start + _BLOCK], home, warm=warm)
    return found


def _supported(region: str | None) -> str | None:
    """The region, or None: phonenumbers knows none of that name, and takes numbers with + only."""
    code = region.upper() if region else None
    return code if code in phonenumbers.SUPPORTED_REGIONS else None


def _block(texts: Sequence[str], region: str | None, *, warm: bool) -> list[str | None]:
    current = table()
    home = current.heads_of(region) if region else current.nowhere
    shown = plain_all(texts)
    found, doubtful = _looked_up(shown, current.abroad, home)
    left: dict[int, str | Literal[Verdict.ASK]] = {}
    marked: dict[int, str | Literal[Verdict.ASK]] = {}
    for at in doubtful:
        if _SHORTEST <= len(shown[at]) < MARKED:
            left[at] = shown[at]
        elif (number := plain(texts[at])) is not None:
            marked[at] = number
    asked = ["" if number is Verdict.ASK else number for number in marked.values()]
    forms, doubtful = _looked_up(asked, current.abroad, home)
    places = list(marked)
    for at, form in zip(places, forms, strict=True):
        found[at] = form
    left.update((places[index], marked[places[index]]) for index in doubtful)
    for at, number in left.items():
        found[at] = _one(texts[at], number, region, warm=warm)
    return found


def _looked_up(
    numbers: Iterable[str], abroad: Heads, home: Heads
) -> tuple[list[str | None], list[int]]:
    """The forms of plain numbers, and the places of those that no rule is known for yet."""
    found: list[str | None] = []
    doubtful: list[int] = []
    add, as_is, head, chunk = found.append, Verdict.AS_IS, _HEAD, CHUNK
    for number in numbers:
        # A + comes before all digits, and so does nothing at all.
        tree: Tree = (abroad if number < "0" else home)[len(number)][number[:head]]
        if type(tree) is Node:
            at = head
            while type(tree) is Node:
                end = at + chunk
                tree = tree[number[at:end]]
                at = end
        if tree is as_is:
            add(number)
        elif tree is None:
            add(None)
        elif type(tree) is Outcome:
            add(tree[0] + number[-tree[1] :])
        else:
            doubtful.append(len(found))
            add(None)
    return found, doubtful


@lru_cache(maxsize=_MEMORY)
def convert(text: str, region: str | None) -> str | None:
    """The E.164 form of a text, or None."""
    number = plain(text)
    return None if number is None else _one(text, number, _supported(region))


def _one(
    text: str,
    number: str | Literal[Verdict.ASK],
    region: str | None,
    *,
    warm: bool = False,
) -> str | None:
    if number is not Verdict.ASK:
        tree = _rule(number, region, warm=warm)
        if tree is Verdict.AS_IS:
            return number
        if tree is None:
            return None
        if type(tree) is Outcome:
            return tree.prefix + number[-tree.keep :]
    return _asked(text, region)


def _rule(number: str, region: str | None, *, warm: bool) -> Tree:
    current, plus = table(), number.startswith("+")
    if not plus and region is None:
        return None
    heads = current.abroad if plus or region is None else current.heads_of(region)
    head = heads[len(number)]
    tree: Tree = head[number[:_HEAD]]
    if tree is Verdict.ASK:
        with LOCK:
            tree = head.after(number[:_HEAD], warm=warm and not plus)
    at = _HEAD
    while type(tree) is Node:
        tree = tree[number[at : at + CHUNK]]
        at += CHUNK
    if tree is Verdict.UNKNOWN_CODE:
        if region is None:
            return None
        with LOCK:
            return walk(
                current.plans.home(region, len(number) - 1, plus=True), number[1:], warm=warm
            )
    return tree


@lru_cache(maxsize=_MEMORY)
def _asked(text: str, region: str | None) -> str | None:
    parsed = parse(text, region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def parse(text: str, region: str | None) -> PhoneNumber | None:
    """What phonenumbers reads in a text, or None where it finds no number."""
    try:
        return phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException:
        return None


def possible(text: str, region: str | None) -> str | None:
    """The E.164 form of a number whose length is right, be it valid or not."""
    parsed = parse(text, region)
    whole = phonenumbers.ValidationResult.IS_POSSIBLE  # and not only within its area
    if parsed is None or phonenumbers.is_possible_number_with_reason(parsed) != whole:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def displayed(text: str, region: str | None) -> str | None:
    """A valid number in the international format, or None."""
    parsed = parse(text, region)
    if parsed is None or not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def national_digits(number: str) -> str:
    """The digits of a number in E.164 form without its calling code."""
    found = convert(number, None)
    if found is None:
        return phonenumbers.national_significant_number(phonenumbers.parse(number, None))
    return found[1 + len(str(code_of(found[1:]))) :]


@lru_cache(maxsize=_MEMORY)
def valid_region(number: str) -> str | None:
    """The region of a valid number in E.164 form, or None."""
    found = convert(number, None)
    if found is None:
        return None
    region = walk(table().plans.regions(len(found) - 1), found[1:])
    if region is Verdict.ASK:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(found, None))
    return region if isinstance(region, str) and len(region) == len("US") else None
