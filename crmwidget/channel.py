"""Channel: did it arrive. The kernel's end of the wire between page and kernel.

No clock, thread or comm: feed it the content of custom messages with the time
(seconds on the caller's clock), hand it what is to be sent, transmit what
`flush` returns, call again at `wake`. The page's end is js/src/core/channel.ts;
what the items mean is in js/src/core/wire.ts.

Two marks go back: `got`, this kernel holds it, send more; `done`, the page may
forget it. A page sends a new kernel all that is not done; the same kernel takes
each number once. On silence the page asks (`hello`), and only what the answer
shows to be missing is sent again: on a slow kernel resending would be a storm.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

VERSION: Final = 1
Item = dict[str, Any]

PAUSE: Final = 0.016
"""Seconds within which further items go as one message."""
MARKS: Final = 0.02
"""Seconds that a `done` may wait for company."""
LATE: Final = 1.0
"""Seconds without acknowledgement until the last items are sent again; then twice that."""
LATEST: Final = 2.0
"""While a neighbour floods it, Jupyter Server drops what a kernel sends: do not wait for long."""
SILENT: Final = 30.0
"""A page not heard for so long, though it has been sent something `TRIES` times, is asked nothing
more: it will say hello when it is back. One that had nothing to say is still there."""
TRIES: Final = 3
PAGES: Final = 8
PARTS: Final = 16
"""Buffers kept for the next page that needs them, beyond those on their way."""
_PARTS: Final = ("srcdoc", "traffic")
"""What in the settings is the name of a buffer."""
WAITING: Final = 1000
"""Items kept for a page that is not there yet."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A page said hello; from now on it is the one we speak to."""

    facts: dict[str, Any]
    fresh: bool
    """This kernel had not heard of the page before."""
    at: float = 0.0
    """The page's clock when it said so, in ms since 1970."""
    epoch: str = ""
    taken: int = 0
    """The last number of the page that this kernel had by then."""
    turned: bool = False
    """Another page was spoken to before."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The next item of a page, in order, for the first time in this kernel."""

    epoch: str
    seq: int
    item: Item


@dataclass(frozen=True, slots=True)
class WrongVersion:
    """A page of another build, whose messages we would misread."""

    version: object


Event = Attached | Delivered | WrongVersion


@dataclass(slots=True)
class _Page:
    """What we know of one page: taken >= done."""

    taken: int
    heard: float
    hold: dict[int, Item] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    finished: deque[int] = field(default_factory=lambda: deque(maxlen=WAITING))
    """Done above the cumulative mark, for a message that waits long."""
    cached: set[str] = field(default_factory=set)
    done: int = 0
    """All up to here are finished; `close` moves it."""

    def __post_init__(self) -> None:
        self.done = self.taken

    def close(self, seq: int) -> None:
        """Finished: the mark goes up to the lowest number that is still open."""
        self.open.remove(seq)
        while self.done < self.taken and self.done + 1 not in self.open:
            self.done += 1


@dataclass(slots=True)
class _Out:
    item: Item
    part: str | None
    sent: float


class Channel:
    """One per name in this kernel; pages come and go."""

    def __init__(self, kernel: str | None = None) -> None:
        self.kernel = kernel or uuid.uuid4().hex
        self.epoch: str | None = None
        """The page we speak to."""
        self.duplicates = 0
        self.resent = 0
        self._pages: dict[str, _Page] = {}
        self._seq = 0
        self._waiting: deque[tuple[Item, str | None]] = deque()
        self._outs: deque[_Out] = deque()
        self._urgent: list[Item] = []
        self._settings: Item | None = None
        self._settings_due = False
        self._parts: dict[str, bytes] = {}
        self._new_done: list[int] = []
        self._marks_at: float | None = None
        self._items_at = 0.0
        self._late = LATE
        self._in_silence = 0
        """How often items were sent again since the page was heard last."""

    # ------------------------------------------------------------ from the page
    def receive(self, content: object, *, now: float) -> list[Event]:
        """Take one custom message; what is not ours or not readable is ignored."""
        if not isinstance(content, dict) or content.get("crm") != 1:
            return []
        epoch, items = content.get("epoch"), content.get("items")
        if not isinstance(epoch, str) or not isinstance(items, list):
            return []
        events: list[Event] = []
        for item in items:
            if not isinstance(item, dict):
                continue
            kind = item.get("t")
            if kind == "hello":
                events += self._hello(epoch, item, now)
            elif (page := self._pages.get(epoch)) is None:
                continue  # its hello was lost with an earlier kernel; the page will say it again
            elif kind == "got":
                self._hear(epoch, page, now)
                if epoch == self.epoch:
                    self._acknowledge(item.get("n"))
            elif isinstance(item.get("seq"), int):
                self._hear(epoch, page, now)
                events += self._take(epoch, page, item)
                self._marks_at = now
        return events

    def _hello(self, epoch: str, item: Item, now: float) -> list[Event]:
        if item.get("v") != VERSION:
            return [WrongVersion(item.get("v"))]
        fresh = epoch not in self._pages
        if fresh:
            lowest = item.get("lowest")
            self._pages[epoch] = _Page((lowest if isinstance(lowest, int) else 1) - 1, now)
            while len(self._pages) > PAGES:
                del self._pages[next(iter(self._pages))]
        page = self._pages[epoch]
        facts = item.get("facts")
        facts = facts if isinstance(facts, dict) else {}
        page.cached = {h for h in facts.get("cached", ()) if isinstance(h, str)}
        turned = epoch != self.epoch
        if turned:
            self._turn_to(epoch)
        self._hear(epoch, page, now)
        # Numbers of an earlier kernel say nothing about ours.
        self._acknowledge(item.get("got") if item.get("kernel") == self.kernel else 0)
        self._urgent = [
            {
                "t": "welcome",
                "n": item.get("n"),
                "v": VERSION,
                "got": page.taken,
                "kernel": self.kernel,
                # Numbers below went to other pages.
                "lowest": self._outs[0].item["seq"] if self._outs else self._seq + 1,
            }
        ]
        self._settings_due = True
        self._marks_at = now
        self._new_done = list(page.finished)
        self._late = LATE
        for out in self._outs:
            out.sent = -1.0
        at = item.get("at")
        clock = at if isinstance(at, (int, float)) else 0.0
        return [Attached(facts, fresh, clock, epoch, page.taken, turned)]

    def _hear(self, epoch: str, page: _Page, now: float) -> None:
        page.heard = now
        if epoch == self.epoch:
            self._in_silence = 0

    def _turn_to(self, epoch: str) -> None:
        """Speak to another page: answers to the old one are void, what it saved is history."""
        if self.epoch is None:  # the first one: what waits was meant for it
            self.epoch = epoch
            return
        self.epoch = epoch
        kept = [(o.item, o.part) for o in self._outs if _survives(o.item)]
        self._waiting = deque(kept + [w for w in self._waiting if _survives(w[0])])
        self._outs.clear()

    def _take(self, epoch: str, page: _Page, item: Item) -> list[Event]:
        """The next number is taken; known ones are dropped, early ones wait."""
        seq = item["seq"]
        if seq <= page.taken or seq in page.hold:
            self.duplicates += 1
            return []
        page.hold[seq] = item
        events: list[Event] = []
        while (ready := page.hold.pop(page.taken + 1, None)) is not None:
            page.taken += 1
            page.open.add(page.taken)
            events.append(Delivered(epoch, page.taken, ready))
        return events

    def _acknowledge(self, got: object) -> None:
        if not isinstance(got, int):
            return
        while self._outs and self._outs[0].item["seq"] <= got:
            self._outs.popleft()
        self._late = LATE

    def finish(self, epoch: str, seq: int, *, now: float) -> None:
        """The page may forget this item."""
        page = self._pages.get(epoch)
        if page is None or seq not in page.open:
            return
        before = page.done
        page.close(seq)
        if page.done == before:
            page.finished.append(seq)
            if epoch == self.epoch:
                self._new_done.append(seq)
        if self._marks_at is None:
            self._marks_at = now + MARKS

    # ------------------------------------------------------------ to the page
    def push(self, item: Item, *, part: str | None = None) -> None:
        """Send a numbered item; `part`: the name of the buffer that goes beside it."""
        if self.epoch is None and len(self._waiting) >= WAITING:
            self._waiting.popleft()
        self._waiting.append((item, part))

    @property
    def owed(self) -> bool:
        """The page has not said yet that it holds all numbered items."""
        return bool(self._outs or self._waiting)

    @property
    def taken(self) -> int:
        """The last number of the page we speak to that this kernel has."""
        page = self._pages.get(self.epoch or "")
        return 0 if page is None else page.taken

    def set(self, settings: Item) -> None:
        """All settings; the last ones win."""
        self._settings = settings
        if self.epoch is None:
            self._settings_due = True
            return
        # Numbered, so that they come again where they were lost
        self._waiting = deque(w for w in self._waiting if w[0]["t"] != "set")
        self.push(settings)

    def add_part(self, data: bytes) -> str:
        """Keep a buffer, to be named by items; gives its name, a hash of the content."""
        digest = hashlib.sha256(data).hexdigest()[:32]
        self._parts.pop(digest, None)
        self._parts[digest] = data
        if len(self._parts) > PARTS:
            named = {
                digest,
                *self._named(),
                *(out.part for out in self._outs),
                *(p for _, p in self._waiting),
            }
            unused = [name for name in self._parts if name not in named]
            for name in unused[: len(self._parts) - PARTS]:
                del self._parts[name]
        return digest

    def _named(self) -> list[str]:
        """The buffers that the settings need."""
        if self._settings is None:
            return []
        names = [a["part"] for a in self._settings["standing"].values() if "part" in a]
        return [*names, *(self._settings[k] for k in _PARTS if k in self._settings)]

    def flush(
        self, *, now: float, at: float | None = None
    ) -> list[tuple[dict[str, Any], list[bytes]]]:
        """What is to be transmitted now: contents and their buffers.

        at: seconds on the clock by which items expire, which the page is told; None: `now`.
        """
        at = now if at is None else at
        page = self._pages.get(self.epoch or "")
        if page is None:
            return []
        items: list[Item] = [{**item, "at": at * 1000} for item in self._urgent]
        names: list[str] = []
        self._urgent = []
        if self._settings_due and self._settings is not None:
            items.append(self._settings)
            names += self._named()
            self._settings_due = False
        late_at = self._late_at(page, now)
        if late_at is not None and late_at <= now:
            self._late = min(2 * self._late, LATEST)
            self._in_silence += now - page.heard > SILENT
            for out in self._outs:
                out.sent = -1.0
        again = [out for out in self._outs if out.sent < 0]
        self.resent += len(again)
        fresh = self._number(now, at) if self._waiting and now >= self._items_at else []
        for out in (*again, *fresh):
            out.sent = now
            if out.item["t"] == "set" and self._settings is not None:
                out.item = {**self._settings, "seq": out.item["seq"]}  # the last ones win
                names += self._named()
            items.append(out.item)
            if out.part:
                names.append(out.part)
        if not items and (self._marks_at is None or now < self._marks_at):
            return []
        items.append(self._marks(page))
        parts = [name for name in dict.fromkeys(names) if name not in page.cached]
        page.cached.update(parts)
        content: dict[str, Any] = {"crm": 1, "epoch": self.epoch, "items": items}
        if parts:
            content["parts"] = parts
        return [(content, [self._parts[name] for name in parts])]

    def _number(self, now: float, at: float) -> list[_Out]:
        fresh = []
        while self._waiting:
            item, part = self._waiting.popleft()
            if item.get("exp", at * 1000) < at * 1000:
                continue
            self._seq += 1
            fresh.append(_Out({**item, "seq": self._seq}, part, now))
        self._outs.extend(fresh)
        self._items_at = now + PAUSE
        return fresh

    def _marks(self, page: _Page) -> Item:
        marks: Item = {"t": "got", "n": page.taken, "done": page.done}
        if also := [seq for seq in self._new_done if seq > page.done]:
            marks["also"] = also
        while page.finished and page.finished[0] <= page.done:
            page.finished.popleft()
        self._new_done = []
        self._marks_at = None
        return marks

    def _late_at(self, page: _Page, now: float) -> float | None:
        if not self._outs or (now - page.heard > SILENT and self._in_silence >= TRIES):
            return None
        return self._outs[0].sent + self._late

    def wake(self, *, now: float) -> float | None:
        """When `flush` has something to do if nothing happens before; None: never."""
        page = self._pages.get(self.epoch or "")
        if page is None:
            return None
        due = [self._marks_at, self._late_at(page, now)]
        if self._waiting:
            due.append(self._items_at)
        if self._urgent or (self._settings_due and self._settings is not None):
            due.append(now)
        return min((at for at in due if at is not None), default=None)


def _survives(item: Item) -> bool:
    """A saved log belongs in the history of whatever page comes next; other answers are void."""
    return item.get("t") == "post" and item["m"]["action"] == "createHistoryItem"
