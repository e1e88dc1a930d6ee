"""Pages: what the kernel's end of the channel knows of each page: what it took, what is finished.

A page may be forgotten only while nothing of it is open, because then two
numbers say all: what it sends or wishes again is known, and what comes next.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

Item = dict[str, Any]
Run = tuple[int, int]
"""Numbers from one to the other, both included."""

PAGES: Final = 8
"""Of so many pages all is kept, and of every page that has unfinished items."""
LEFT: Final = 1000
"""Of so many pages that were there before them, the last numbers are kept."""


@dataclass(slots=True)
class Page:
    """What we know of one page: taken >= done."""

    taken: int
    """The last number that this kernel has taken, in order."""
    heard: float
    """When it said something last, in seconds on the channel's clock."""
    hold: dict[int, Item] = field(default_factory=dict)
    """Items that came before their turn."""
    open: set[int] = field(default_factory=set)
    cached: set[str] = field(default_factory=set)
    """The buffers that it keeps."""
    done: int = 0
    """All up to here are finished; `close` moves it."""
    unsaid: set[int] = field(default_factory=set)
    """Finished above that mark, which the page was not told yet."""
    repeats: bool = False
    """It may have missed what it was told: the next time it is told all of it."""
    asked: int = 0
    """The number of its newest hello."""
    granted: int = 0
    """Which hello brought the last wish of a person that was fulfilled."""

    def __post_init__(self) -> None:
        self.done = self.taken

    def take(self, item: Item) -> list[Item] | None:
        """What is next by now, in order; early items wait. None: this one came before."""
        first, last = item["seq"], _last(item)
        if last <= self.taken or first in self.hold:
            return None
        self.hold[max(first, self.taken + 1)] = item
        ready: list[Item] = []
        while (following := self.hold.pop(self.taken + 1, None)) is not None:
            if is_run(following):
                self._pass_over(_last(following))
            else:
                self.taken += 1
                self.open.add(self.taken)
                ready.append(following)
        self._settle()
        return ready

    def _pass_over(self, last: int) -> None:
        """What an earlier kernel has finished; a part of it may be here as it was before that."""
        self.taken = last
        self.hold = {seq: item for seq, item in self.hold.items() if seq > last}

    def close(self, seq: int) -> None:
        """Finished: the mark goes up to the lowest number that is still open."""
        self.open.remove(seq)
        self._settle()
        if seq > self.done:
            self.unsaid.add(seq)

    def _settle(self) -> None:
        while self.done < self.taken and self.done + 1 not in self.open:
            self.done += 1

    def marks(self) -> Item:
        """What the page is told: held, finished, and the runs that are finished above that."""
        marks: Item = {"t": "got", "n": self.taken, "done": self.done}
        also = self._gaps() if self.repeats else runs(self.unsaid)
        self.repeats = False
        if also := [run for run in also if run[1] > self.done]:
            marks["also"] = [list(run) for run in also]
        self.unsaid.clear()
        return marks

    def _gaps(self) -> list[Run]:
        """The finished numbers above the mark: those between the open ones."""
        edges = [*sorted(self.open), self.taken + 1]
        return [(a + 1, b - 1) for a, b in pairwise(edges) if b - a > 1]


def is_run(item: Item) -> bool:
    """Whether it stands for numbers that an earlier kernel has finished."""
    return item.get("t") == "note" and item.get("what") == "done"


def _last(item: Item) -> int:
    """The last number that an item stands for."""
    seq: int = item["seq"]
    n = item.get("n")
    return seq + n - 1 if is_run(item) and isinstance(n, int) and n > 0 else seq


def runs(numbers: set[int]) -> list[Run]:
    """These numbers, with neighbours as one."""
    found: list[Run] = []
    for n in sorted(numbers):
        if found and found[-1][1] == n - 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return found


class Pages:
    """The pages that this kernel has heard of, the one heard last at the end."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._left: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Of forgotten ones, what was taken and granted last."""

    def get(self, epoch: str | None) -> Page | None:
        """A page that has said hello and is not forgotten."""
        return None if epoch is None else self._pages.get(epoch)

    def __contains__(self, epoch: str) -> bool:
        """Whether it has ever said hello, as far as that is remembered."""
        return epoch in self._pages or epoch in self._left

    def greet(self, epoch: str, lowest: object, *, now: float, keep: str | None = None) -> Page:
        """The page that says hello, and that the lowest number it still has is this one.

        keep: another page that is not to be forgotten for it. now: seconds.
        """
        page = self._pages.get(epoch)
        if page is None:
            before = lowest - 1 if isinstance(lowest, int) else 0
            taken, granted = self._left.pop(epoch, (0, 0))
            page = self._pages[epoch] = Page(max(before, taken), now, granted=granted)
        self.hear(epoch, now=now)
        self._forget(epoch, keep)
        return page

    def hear(self, epoch: str, *, now: float) -> None:
        """It has said something."""
        self._pages[epoch].heard = now
        self._pages.move_to_end(epoch)

    def _forget(self, *keep: str | None) -> None:
        """Those that were not heard for longest, while more are here than must be."""
        for epoch, page in list(self._pages.items()):
            if len(self._pages) <= PAGES:
                break
            if not page.open and epoch not in keep:
                del self._pages[epoch]
                self._left[epoch] = (page.taken, page.granted)
        while len(self._left) > LEFT:
            self._left.popitem(last=False)
