"""Diagrams: decisions over the digits of a number, ten ways at each node.

A node is also what makes it fast: a table of the next few digits, filled as
numbers come by. Equal nodes are one object, so that the rules of a region
share most of what they are made of.
"""

from __future__ import annotations

import sys
import threading
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crmwidget.phones._automata import Language

__all__ = ["CHUNK", "LOCK", "Diagrams", "Node", "Outcome", "Tree", "Verdict", "unvisited", "walk"]

CHUNK: Final = 2
LOCK: Final = threading.RLock()
"""Held while anything grows; what is there already is read without it."""


class Verdict(Enum):
    """What is to be done with a number, where that is no rule."""

    AS_IS = "as is"
    """It is its own E.164 form."""
    ASK = "ask"
    """phonenumbers decides."""
    UNKNOWN_CODE = "unknown code"
    """No country has this calling code."""
    UNVISITED = "unvisited"
    """Nobody came by yet."""


class Outcome(NamedTuple):
    """A rule: the E.164 form is `prefix` and the last `keep` digits."""

    prefix: str
    keep: int


class Node(dict[str, "Tree"]):
    """Ten ways on, and what the next CHUNK digits lead to, as far as somebody came by.

    `grow` works a way out when it is first taken. While the node is `cold` it
    asks instead: working its ways out takes as long as asking some times.
    """

    __slots__ = ("cold", "grow", "ways")
    filled: ClassVar[int] = 0
    """How many entries all of them have."""

    def __init__(
        self, ways: list[Tree], grow: Callable[[int], Tree] | None = None, *, cold: int = 0
    ) -> None:
        super().__init__()
        self.ways = ways
        self.grow = grow
        self.cold = cold

    def way(self, digit: int) -> Tree:
        """Where one digit leads."""
        found = self.ways[digit]
        if found is Verdict.UNVISITED and self.grow is not None:
            found = self.ways[digit] = self.grow(digit)
        return found

    def after(self, digits: str) -> Tree:
        """Where several digits lead."""
        return walk(self, digits)

    def __missing__(self, digits: str) -> Tree:
        with LOCK:
            found = self.after(digits)
            if found is not Verdict.ASK:
                self[sys.intern(digits)] = found
                Node.filled += 1
            return found


Tree: TypeAlias = Node | Verdict | Outcome | str | bool | None
"""A node, or a leaf: what to do, a rule, a region, whether it matches; None: not valid."""


def walk(tree: Tree, digits: str, *, warm: bool = False) -> Tree:
    """Where digits lead; ASK where a node is still cold, unless it has to get `warm`."""
    for digit in digits:
        if type(tree) is not Node:
            return tree
        if tree.cold > 0:
            tree.cold = 0 if warm else tree.cold - 1
            if tree.cold > 0:
                return Verdict.ASK
        way = tree.ways[ord(digit) - 48]
        tree = tree.way(ord(digit) - 48) if way is Verdict.UNVISITED else way
    return tree


def unvisited(grow: Callable[[int], Tree], *, cold: int = 0) -> Node:
    """A node that is worked out on the way."""
    return Node([Verdict.UNVISITED] * 10, grow, cold=cold)


class Diagrams:
    """Makes nodes, each once."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[int, ...], Node] = {}
        self._leaves: dict[Tree, Tree] = {}
        self._chosen: dict[tuple[int, int, int], Tree] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def leaf(self, value: Tree) -> Tree:
        """The one object equal to `value`."""
        return self._leaves.setdefault(value, value)

    def node(self, ways: Iterable[Tree]) -> Tree:
        """The one node with these ways; no node where all are the same leaf."""
        listed = list(ways)
        first = listed[0]
        if first.__class__ is not Node and all(way is first for way in listed):
            return first
        key = tuple(map(id, listed))
        found = self._nodes.get(key)
        if found is None:
            found = self._nodes[key] = Node(listed)
        return found

    def matching(self, language: Language, length: int) -> Tree:
        """Whether a number of this length is of the language."""
        known: dict[tuple[int, int], Tree] = {}

        def after(state: int, left: int) -> Tree:
            if not state:
                return False
            if not left:
                return language.accepts(state)
            key = (state, left)
            if key not in known:
                known[key] = self.node(after(way, left - 1) for way in language.steps(state))
            return known[key]

        return after(language.start, length)

    def choose(self, condition: Tree, yes: Tree, no: Tree) -> Tree:
        """`yes` where the condition holds, else `no`."""
        if condition is True or yes is no:
            return yes
        if condition is False:
            return no
        if yes is True and no is False:
            return condition
        key = (id(condition), id(yes), id(no))
        found = self._chosen.get(key, Verdict.UNVISITED)
        if found is Verdict.UNVISITED:
            found = self.node(
                self.choose(_way(condition, digit), _way(yes, digit), _way(no, digit))
                for digit in range(10)
            )
            self._chosen[key] = found
        return found


def _way(tree: Tree, digit: int) -> Tree:
    return tree.ways[digit] if isinstance(tree, Node) else tree
