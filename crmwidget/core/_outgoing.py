"""Outgoing: what the kernel's end of the channel has for the page, in order.

Numbered when it is sent, kept until the page says that it holds it, sent again
when it does not. So much is on its way at most, the rest waits: a page that
comes back after hours gets what it can take, and nothing whose time is over.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crmwidget.safety.bounded import size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Item = dict[str, Any]

PAUSE: Final = 0.016
"""Seconds within which further items go as one message."""
LATE: Final = 1.0
"""Seconds without acknowledgement until the last items are sent again; then twice that."""
LATEST: Final = 2.0
"""While a neighbour floods it, Jupyter Server drops what a kernel sends: do not wait for long."""
WINDOW: Final = 2000
"""Items on their way at most."""
BATCH: Final = 500
"""Items of one message at most."""
BATCH_SIZE: Final = 4_000_000
"""Bytes in memory of one message at most, unless one item alone has more; the wire has fewer."""
WAITING: Final = 1000
"""Items kept for a page that is not there yet."""
ROOM: Final = 20_000
"""Items kept for a page that was there and is silent."""


@dataclass(slots=True)
class Out:
    """A numbered item that the page has not acknowledged."""

    item: Item
    part: str | None
    sent: float
    """When it went last, in seconds."""


class Outgoing:
    """The items of one channel, whichever page it speaks to."""

    def __init__(self) -> None:
        self.resent = 0
        self._seq = 0
        self._waiting: deque[tuple[Item, str | None]] = deque()
        self._outs: deque[Out] = deque()
        self._again: deque[Out] = deque()
        """Those on their way that are to go once more."""
        self._next_at = 0.0
        self._late = LATE
        self._sift_at = WAITING

    def __bool__(self) -> bool:
        return bool(self._outs or self._waiting)

    @property
    def lowest(self) -> int:
        """Numbers below went to other pages, or were acknowledged."""
        return self._outs[0].item["seq"] if self._outs else self._seq + 1

    @property
    def sent_parts(self) -> Iterator[str | None]:
        """The buffers that went beside what is on its way."""
        return (out.part for out in self._outs)

    @property
    def parts(self) -> Iterator[str | None]:
        """The buffers that are still to go."""
        yield from self.sent_parts
        yield from (part for _, part in self._waiting)

    def push(self, item: Item, part: str | None, *, room: int) -> None:
        """One more; where more than `room` wait, the oldest that is no history goes."""
        if len(self._waiting) >= room:
            at = next((n for n, (old, _) in enumerate(self._waiting) if not survives(old)), 0)
            del self._waiting[at]
        self._waiting.append((item, part))

    def replace(self, item: Item) -> None:
        """One more, in place of those of its kind that wait."""
        self._waiting = deque(w for w in self._waiting if w[0]["t"] != item["t"])
        self._waiting.append((item, None))

    def turn(self) -> None:
        """To another page: answers to the old one are void, what it saved is history."""
        kept = [(out.item, out.part) for out in self._outs if survives(out.item)]
        self._waiting = deque(kept + [w for w in self._waiting if survives(w[0])])
        self._outs.clear()
        self._again.clear()

    def acknowledge(self, got: int) -> None:
        """The page holds all up to this number."""
        while self._outs and self._outs[0].item["seq"] <= got:
            self._outs.popleft()
        self._late = LATE

    def repeat(self) -> None:
        """The page may have missed all that it has not acknowledged."""
        self._again = deque(self._outs)
        self._late = LATE

    # ------------------------------------------------------------ when, and what
    @property
    def late_at(self) -> float | None:
        """When what is on its way counts as lost; None: nothing is."""
        return self._outs[0].sent + self._late if self._outs else None

    def wake(self, *, now: float) -> float | None:
        """When something is to go, silence of the page aside; None: nothing."""
        if self._again:
            return now
        return self._next_at if self._waiting and len(self._outs) < WINDOW else None

    def late(self) -> None:
        """The page is silent: what is on its way goes again, each time later."""
        self._again = deque(self._outs)
        self._late = min(2 * self._late, LATEST)

    def due(self, *, now: float, at: float) -> list[Out]:
        """What goes now; `at`: seconds on the clock by which items expire."""
        again = [out for out in self._again if out.item["seq"] >= self.lowest]
        self._again.clear()
        self.resent += len(again)
        for out in again:
            if is_over(out.item, at):  # its number has to come, or what follows is never taken
                out.item, out.part = {"t": "skip", "seq": out.item["seq"]}, None
        fresh = self._number(now, at) if now >= self._next_at else []
        for out in (*again, *fresh):
            out.sent = now
        return [*again, *fresh]

    def _number(self, now: float, at: float) -> list[Out]:
        self._sift(at)
        fresh: list[Out] = []
        while self._waiting and len(self._outs) + len(fresh) < WINDOW:
            item, part = self._waiting.popleft()
            if is_over(item, at):
                continue
            self._seq += 1
            fresh.append(Out({**item, "seq": self._seq}, part, now))
        if fresh:
            self._outs.extend(fresh)
            self._next_at = now + PAUSE
        return fresh

    def _sift(self, at: float) -> None:
        """What waits too long is thrown away now and then, not at each look."""
        if len(self._waiting) > self._sift_at:
            self._waiting = deque(w for w in self._waiting if not is_over(w[0], at))
            self._sift_at = max(WAITING, 2 * len(self._waiting))


def batches(outs: list[Out], size: Callable[[str], int]) -> Iterator[list[Out]]:
    """These items in messages of bounded size; `size`: bytes of a buffer, by its name."""
    if len(outs) == 1:  # most often; nothing to weigh
        yield outs
        return
    batch: list[Out] = []
    filled = 0
    for out in outs:
        weight = size_of(out.item) + (size(out.part) if out.part else 0)
        if batch and (len(batch) >= BATCH or filled + weight > BATCH_SIZE):
            yield batch
            batch, filled = [], 0
        batch.append(out)
        filled += weight
    if batch:
        yield batch


def is_over(item: Item, at: float) -> bool:
    """Whether its time is over; `at`: seconds on the clock by which items expire."""
    exp: float = item.get("exp", at * 1000)
    return exp < at * 1000


def survives(item: Item) -> bool:
    """A saved log belongs in the history of whatever page comes next; other answers are void."""
    return item.get("t") == "post" and item["m"]["action"] == "createHistoryItem"
