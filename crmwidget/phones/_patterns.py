"""Patterns: the regular expressions of numbering plans, and how they match a number half known.

Only what the metadata uses is understood: digits, sets, groups, alternatives,
counts and the end of the number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import accumulate, islice, repeat
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Match", "NeedsMoreDigits", "UnknownPatternError", "match_start", "parsed", "widths"]

ANY: Final = 0b11_1111_1111
"""The set of all digits: bit d is digit d."""


class UnknownPatternError(Exception):
    """A pattern has what this module does not understand: phonenumbers has to be asked."""


class NeedsMoreDigits(Exception):  # noqa: N818 - an answer, no failure
    """The known digits do not decide."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit of a set."""

    among: int


@dataclass(frozen=True, slots=True)
class End:
    """The end of the number."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    parts: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, the first that fits."""

    options: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part `least` to `most` times, as often as it fits."""

    part: Pattern
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Group:
    """A part that a transformation can refer to."""

    number: int
    part: Pattern


Pattern: TypeAlias = Digit | End | Sequence | Choice | Repeat | Group

_TOKEN: Final = re.compile(
    r"(?P<digit>\d)|(?P<any>\\d)|\[(?P<set>(?:\d-\d|\d|\\d)+)\]"
    r"|(?P<open>\((?:\?:)?)|(?P<close>\))|(?P<or>\|)|(?P<end>\$)"
    r"|\{(?P<least>\d+)(?P<range>,)?(?P<most>\d+)?\}|(?P<maybe>\?)",
    re.ASCII,
)


@lru_cache(maxsize=512)
def parsed(pattern: str) -> Pattern:
    """Read a regular expression. UnknownPatternError: it has what is not understood."""
    parser = _Parser(pattern)
    tree = parser.choice()
    if parser.at < len(parser.tokens):
        raise UnknownPatternError(pattern)
    return tree


class _Parser:
    """Recursive descent; groups are numbered by their opening bracket."""

    def __init__(self, pattern: str) -> None:
        self.tokens = list(_TOKEN.finditer(pattern))
        self.at = 0
        self.groups = 0
        if "".join(token[0] for token in self.tokens) != pattern:
            raise UnknownPatternError(pattern)

    def choice(self) -> Pattern:
        options = [self.sequence()]
        while self._next_is("or"):
            self.at += 1
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self) -> Pattern:
        parts: list[Pattern] = []
        while self.at < len(self.tokens) and not self._next_is("or", "close"):
            parts.append(self._counted(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _next_is(self, *kinds: str) -> bool:
        return self.at < len(self.tokens) and any(self.tokens[self.at][kind] for kind in kinds)

    def _atom(self) -> Pattern:
        token = self.tokens[self.at]
        self.at += 1
        if token["digit"]:
            return Digit(1 << int(token["digit"]))
        if token["any"]:
            return Digit(ANY)
        if token["set"]:
            return Digit(_members(token["set"]))
        if token["end"]:
            return End()
        if not token["open"]:
            raise UnknownPatternError(token.string)
        return self._group(captures=token["open"] == "(")

    def _group(self, *, captures: bool) -> Pattern:
        self.groups += captures
        number = self.groups
        part = self.choice()
        if not self._next_is("close"):
            raise UnknownPatternError
        self.at += 1
        return Group(number, part) if captures else part

    def _counted(self, part: Pattern) -> Pattern:
        if self._next_is("maybe"):
            least, most = 0, 1
        elif self._next_is("least"):
            token = self.tokens[self.at]
            least = int(token["least"])
            most = int(token["most"] or least)
            if token["range"] and not token["most"]:
                raise UnknownPatternError(token.string)
        else:
            return part
        self.at += 1
        if self._next_is("maybe", "least"):  # lazy, possessive or an error
            raise UnknownPatternError
        return Repeat(part, least, most)


def _members(inside: str) -> int:
    found = 0
    for first, last in re.findall(r"(\d|\\d)(?:-(\d))?", inside):
        if first == r"\d":
            found |= ANY
        else:
            for digit in range(int(first), int(last or first) + 1):
                found |= 1 << digit
    return found


Groups: TypeAlias = dict[int, tuple[int, int]]
Match: TypeAlias = tuple[int, Groups]
"""Where a match ends, and the spans of the groups that took part in it."""
_UNDECIDED: Final[Match] = (-1, {})
Then: TypeAlias = "Callable[[int, Groups], Match | None]"


def match_start(pattern: str, digits: str, length: int) -> Match | None:
    """Match the start of a number of `length` digits, the first ones known, as `re.match` does.

    NeedsMoreDigits: a digit matters that is not known.
    """
    # Beyond what the pattern can reach no digit matters, and of the length only that there is more.
    reach = max(widths(pattern))
    found = _matched(pattern, digits[:reach], min(length, reach + 1))
    if found is _UNDECIDED:
        raise NeedsMoreDigits
    return found


@lru_cache(maxsize=1 << 16)
def _matched(pattern: str, digits: str, length: int) -> Match | None:
    # Many regions share their prefixes, and each of them asks of every length.
    try:
        if not pattern.isdecimal():
            matcher = _Matcher(digits, length)
            return matcher.step(parsed(pattern), 0, {}, lambda end, groups: (end, groups))
    except NeedsMoreDigits:
        return _UNDECIDED
    if length < len(pattern) or not digits.startswith(pattern[: len(digits)]):
        return None
    return (len(pattern), {}) if len(digits) >= len(pattern) else _UNDECIDED


@lru_cache(maxsize=512)
def widths(pattern: str) -> frozenset[int]:
    """How many digits a match may have. UnknownPatternError: the pattern is not understood."""
    return frozenset(_widths(parsed(pattern)))


def _widths(tree: Pattern) -> set[int]:
    match tree:
        case Digit():
            return {1}
        case End():
            return {0}
        case Group(_, part):
            return _widths(part)
        case Choice(options):
            return set().union(*map(_widths, options))
        case Sequence(parts):
            return reduce(_sums, map(_widths, parts), {0})
        case Repeat(part, least, most):
            once = _widths(part)
            counts = accumulate(repeat(once, most), _sums, initial={0})
            return set().union(*islice(counts, least, None))


def _sums(some: set[int], others: set[int]) -> set[int]:
    return {a + b for a in some for b in others}


class _Matcher:
    """Tries what a pattern allows in Python's order; `then` is what has to match after it."""

    def __init__(self, digits: str, length: int) -> None:
        self.digits = digits
        self.length = length

    def step(self, tree: Pattern, at: int, groups: Groups, then: Then) -> Match | None:
        match tree:
            case Digit(among):
                return then(at + 1, groups) if self._fits(among, at) else None
            case End():
                return then(at, groups) if at == self.length else None
            case Group(number, part):
                return self.step(part, at, groups, lambda i, g: then(i, {**g, number: (at, i)}))
            case Choice(options):
                results = (self.step(option, at, groups, then) for option in options)
                return next((found for found in results if found is not None), None)
            case Sequence(parts):
                return self._in_turn(parts, at, groups, then)
            case Repeat(part, least, most):
                return self._repeated(part, (least, most), at, groups, then)

    def _fits(self, among: int, at: int) -> bool:
        if at >= self.length or among == ANY:
            return at < self.length
        if at >= len(self.digits):
            raise NeedsMoreDigits
        return bool(among >> int(self.digits[at]) & 1)

    def _in_turn(
        self, parts: tuple[Pattern, ...], at: int, groups: Groups, then: Then
    ) -> Match | None:
        if not parts:
            return then(at, groups)
        first, *rest = parts
        left = tuple(rest)
        return self.step(first, at, groups, lambda i, g: self._in_turn(left, i, g, then))

    def _repeated(
        self, part: Pattern, times: tuple[int, int], at: int, groups: Groups, then: Then
    ) -> Match | None:
        least, most = times
        if most > 0:
            left = (max(least - 1, 0), most - 1)
            found = self.step(part, at, groups, lambda i, g: self._repeated(part, left, i, g, then))
            if found is not None:
                return found
        return then(at, groups) if least <= 0 else None
