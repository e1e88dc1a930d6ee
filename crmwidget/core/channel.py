"""Channel: did it arrive. The kernel's end of the wire between page and kernel.

No clock, thread or comm: feed it the content of custom messages with the time
(seconds on the caller's clock), hand it what is to be sent, transmit what
`flush` returns, call again at `wake`. The page's end is js/src/core/channel.ts;
what the items mean is in js/src/core/wire.ts.

Two marks go back: `got`, this kernel holds it, send more; `done`, the page may
forget it. A page sends a new kernel all that is not done; the same kernel takes
each number once. On silence the page asks (`hello`), and only what the answer
shows to be missing is sent again: on a slow kernel resending would be a storm.

One page has the phone. It goes to another one where a person wants it: in a
page that is new, or asks for it there. Any other that says something is told
that it is elsewhere, and what has become of what it had said.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from crmwidget.core._outgoing import ROOM, WAITING, Out, Outgoing, batches
from crmwidget.core._pages import Page, Pages

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Final = 1
Item = dict[str, Any]
Content = tuple[dict[str, Any], list[bytes]]
"""A custom message and its buffers."""

MARKS: Final = 0.02
"""Seconds that a `done` may wait for company."""
SILENT: Final = 30.0
"""A page not heard for so many seconds, though it has been sent something `TRIES` times, is asked
nothing more: it will say hello when it is back. One that had nothing to say is still there."""
TRIES: Final = 3
PARTS: Final = 16
"""Buffers kept for the next page that needs them, beyond those on their way."""
_PARTS: Final = ("srcdoc", "traffic")
"""What in the settings is the name of a buffer."""


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


class Channel:
    """One per name in this kernel; pages come and go."""

    def __init__(self, kernel: str | None = None) -> None:
        self.kernel = kernel or uuid.uuid4().hex
        self.epoch: str | None = None
        """The page we speak to: it has the phone."""
        self.duplicates = 0
        self._turn = 0
        """How often the phone went to a page: pages tell by it which news is the newest."""
        self._pages = Pages()
        self._out = Outgoing()
        self._welcome: Item | None = None
        self._settings: Item | None = None
        self._settings_due = False
        self._parts: dict[str, bytes] = {}
        self._marks_at: float | None = None
        self._elsewhere: dict[str, float] = {}
        """When the other pages are to be told that they have not got the phone."""
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
                self._hear(epoch, now)
                if epoch == self.epoch:
                    self._acknowledge(item.get("n"))
            elif isinstance(item.get("seq"), int):
                self._hear(epoch, now)
                events += self._take(epoch, page, item)
                self._tell(epoch, now)
        return events

    def _hello(self, epoch: str, item: Item, now: float) -> list[Event]:
        if item.get("v") != VERSION:
            return [WrongVersion(item.get("v"))]
        fresh = epoch not in self._pages
        page = self._pages.greet(epoch, item.get("lowest"), now=now, keep=self.epoch)
        self._hear(epoch, now)
        facts = item.get("facts")
        facts = facts if isinstance(facts, dict) else {}
        page.cached = {h for h in facts.get("cached", ()) if isinstance(h, str)}
        number = _number(item.get("n"))
        newest = number >= page.asked
        page.asked = max(page.asked, number)
        turned = self._wanted(page, item, fresh=fresh, newest=newest) and epoch != self.epoch
        if turned:
            self._turn_to(epoch)
        elif epoch != self.epoch:
            page.repeats = True
            self._tell(epoch, now)
            return []
        # Numbers of an earlier kernel say nothing about ours.
        self._acknowledge(item.get("got") if item.get("kernel") == self.kernel else 0)
        self._welcome = {
            "t": "welcome",
            "n": item.get("n"),
            "v": VERSION,
            "got": page.taken,
            "kernel": self.kernel,
            "lowest": self._out.lowest,
            "turn": self._turn,
        }
        self._settings_due = True
        self._marks_at = now
        page.repeats = True
        self._out.repeat()
        at = item.get("at")
        clock = at if isinstance(at, (int, float)) else 0.0
        return [Attached(facts, fresh, clock, epoch, page.taken, turned)]

    def _wanted(self, page: Page, item: Item, *, fresh: bool, newest: bool) -> bool:
        """Whether the phone belongs on this page: one has to, or a person wants it there.

        Who opens the phone on a new page wants it there, unless that was long ago (`here` is 0).
        Each wish counts once: the page repeats it until it hears an answer, or for so long as it
        can be meant, and by then the phone may be wanted on another one. A hello that another one
        has overtaken wants nothing: the page does not hear the answer to it.
        """
        said = item.get("here")
        here = _number(said)
        asked = here > page.granted
        page.granted = max(page.granted, here)
        opened = fresh and item.get("kernel") is None and said is None
        return self.epoch is None or (newest and (asked or opened))

    def _hear(self, epoch: str, now: float) -> None:
        self._pages.hear(epoch, now=now)
        if epoch == self.epoch:
            self._in_silence = 0

    def _turn_to(self, epoch: str) -> None:
        """Speak to another page."""
        self._turn += 1
        if self.epoch is not None:  # else what waits was meant for this one
            self._out.turn()
        self._elsewhere.pop(epoch, None)
        self.epoch = epoch

    def _take(self, epoch: str, page: Page, item: Item) -> list[Event]:
        taken = page.take(item)
        if taken is None:
            self.duplicates += 1
            return []
        return [Delivered(epoch, one["seq"], one) for one in taken]

    def _acknowledge(self, got: object) -> None:
        if isinstance(got, int):
            self._out.acknowledge(got)

    def _tell(self, epoch: str, at: float) -> None:
        """The page is told the marks by then: with the next message, or that it is elsewhere."""
        if epoch == self.epoch:
            self._marks_at = at if self._marks_at is None else min(self._marks_at, at)
        else:
            self._elsewhere[epoch] = min(self._elsewhere.get(epoch, at), at)

    def finish(self, epoch: str, seq: int, *, now: float) -> None:
        """The page may forget this item; `now`: seconds."""
        page = self._pages.get(epoch)
        if page is not None and seq in page.open:
            page.close(seq)
            self._tell(epoch, now + MARKS)

    # ------------------------------------------------------------ to the page
    def push(self, item: Item, *, part: str | None = None) -> None:
        """Send a numbered item; `part`: the name of the buffer that goes beside it."""
        self._out.push(item, part, room=WAITING if self.epoch is None else ROOM)

    @property
    def resent(self) -> int:
        """How many items went more than once."""
        return self._out.resent

    @property
    def owed(self) -> bool:
        """The page has not said yet that it holds all numbered items."""
        return bool(self._out)

    @property
    def taken(self) -> int:
        """The last number of the page we speak to that this kernel has."""
        page = self._pages.get(self.epoch)
        return 0 if page is None else page.taken

    def set(self, settings: Item) -> None:
        """All settings; the last ones win."""
        self._settings = settings
        if self.epoch is None:
            self._settings_due = True
        else:  # numbered, so that they come again where they were lost
            self._out.replace(settings)

    def add_part(self, data: bytes) -> str:
        """Keep a buffer, to be named by items; gives its name, a hash of the content."""
        digest = hashlib.sha256(data).hexdigest()[:32]
        self._parts.pop(digest, None)
        self._parts[digest] = data
        if len(self._parts) > PARTS:
            named = {digest, *self._named(), *self._out.parts}
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

    def flush(self, *, now: float, at: float | None = None) -> list[Content]:
        """What is to be transmitted now: contents and their buffers.

        now: seconds. at: seconds on the clock by which items expire, which the page is told;
        None: `now`.
        """
        at = now if at is None else at
        page = self._pages.get(self.epoch)
        if page is None:
            return []
        found = self._to_the_others(now)
        late_at = self._late_at(page, now)
        if late_at is not None and late_at <= now:
            self._in_silence += now - page.heard > SILENT
            self._out.late()
            page.cached -= {*self._out.sent_parts, *self._named()}  # they may be lost, too
        first, named = self._greeting(at)
        due = list(batches(self._out.due(now=now, at=at), lambda name: len(self._parts[name])))
        if not due and (first or (self._marks_at is not None and self._marks_at <= now)):
            due = [[]]
        for batch in due:
            found.append(self._content(page, first, named, batch))
            first, named = [], []
        return found

    def _greeting(self, at: float) -> tuple[list[Item], list[str]]:
        """What goes before all others and has no number, and the buffers that it needs."""
        items: list[Item] = []
        named: list[str] = []
        if self._welcome is not None:
            items.append({**self._welcome, "at": at * 1000})
            self._welcome = None
        if self._settings_due and self._settings is not None:
            items.append(self._settings)
            named = self._named()
            self._settings_due = False
        return items, named

    def _content(
        self, page: Page, first: list[Item], named: list[str], outs: Iterable[Out]
    ) -> Content:
        """One message to the page that has the phone."""
        items, names = [*first], [*named]
        for out in outs:
            if out.item["t"] == "set" and self._settings is not None:
                out.item = {**self._settings, "seq": out.item["seq"]}  # the last ones win
                names += self._named()
            items.append(out.item)
            if out.part:
                names.append(out.part)
        items.append(page.marks())
        self._marks_at = None
        parts = [name for name in dict.fromkeys(names) if name not in page.cached]
        page.cached.update(parts)
        content: dict[str, Any] = {"crm": 1, "epoch": self.epoch, "items": items}
        if parts:
            content["parts"] = parts
        return content, [self._parts[name] for name in parts]

    def _to_the_others(self, now: float) -> list[Content]:
        """Who has not got the phone is told so, and what has become of what it had said."""
        found: list[Content] = []
        for epoch in [epoch for epoch, at in self._elsewhere.items() if at <= now]:
            del self._elsewhere[epoch]
            if (page := self._pages.get(epoch)) is None:
                continue
            said = {"t": "elsewhere", "n": page.asked, "kernel": self.kernel, "turn": self._turn}
            found.append(({"crm": 1, "epoch": epoch, "items": [said, page.marks()]}, []))
        return found

    def _late_at(self, page: Page, now: float) -> float | None:
        if now - page.heard > SILENT and self._in_silence >= TRIES:
            return None
        return self._out.late_at

    def wake(self, *, now: float) -> float | None:
        """When `flush` has something to do if nothing happens before; None: never. In seconds."""
        page = self._pages.get(self.epoch)
        if page is None:
            return None
        due = [self._marks_at, self._late_at(page, now), self._out.wake(now=now)]
        due += self._elsewhere.values()
        if self._welcome or (self._settings_due and self._settings is not None):
            due.append(now)
        return min((at for at in due if at is not None), default=None)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
