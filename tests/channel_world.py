"""A world for both ends of the channel: pages and tabs, kernels, a bad road, clocks that stop.

Each page is the real js/src/core/channel.ts behind a bridge, each kernel the
real core/channel.py with as much of a client as decides what is finished: handlers,
a journal on disk or in memory. What must hold at each moment is asserted here,
where it happens; what must hold in the end in `World.heal`.

All times are ms of the world; each end reads them on clocks of its own.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from crmwidget.core.channel import Attached, Channel, Delivered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bridge import Bridge

Content = dict[str, Any]
Place = tuple[str, int]
LATENCY: Final = 5
LATE: Final = 1_500
"""ms by which a message is late that others overtake."""
WISH: Final = 30_000
"""ms for which a wish is said."""
NEW: Final = 0
"""The wish of a person who opens a page; another is a number of its own."""
SHARED: Final = 20
"""Items so far apart have the same buffer."""
SLACK: Final = 1_200
"""ms that clocks may be apart without being noticed, and a little."""


@dataclass(eq=False)
class Page:
    """One page in a tab, and what it is known to have said and heard."""

    epoch: str
    mirror: dict[str, str]
    """The tab's sessionStorage: logs by key; another page comes after a reload."""
    kernel: Kernel | None = None
    """To which its model's road leads."""
    road: int = 0
    slept: int = 0
    asleep_until: int = 0
    cut_until: int = 0
    fates: deque[str] = field(default_factory=deque)
    said: list[str] = field(default_factory=list)
    """By number."""
    shown: dict[str, int] = field(default_factory=dict)
    """The last thing that each kernel has shown here."""
    seen: set[int] = field(default_factory=set)
    settings: int = 0
    parts: set[str] = field(default_factory=set)
    """The buffers that have come; it says of none that it keeps it."""
    asked: dict[int, int] = field(default_factory=dict)
    trip: int = 0
    """ms that an answer took at most: how wrong the kernel's clock may be read here."""
    wishes: set[int] = field(default_factory=set)
    """Why the phone may come here, until the page has heard that it did."""
    opened: int = 0
    wished: int = 0
    """When a person last wanted the phone here."""
    wake_at: float | None = None
    lowest: int = 1


class Kernel:
    """A channel, and the part of a client that decides what is finished."""

    def __init__(self, name: str, world: World) -> None:
        self.name = name
        self.world = world
        self.channel = Channel(name)
        self.slept = 0
        self.asleep_until = 0
        self.queue: list[tuple[str, list[Place]]] = []
        """What handlers are to do, and of which pages."""
        self.kept: dict[str, list[Place]] = {}
        """A journal in memory: logs that are not saved yet."""
        self.saved: Counter[str] = Counter()
        self.taken: dict[str, int] = {}
        self.wishes = {page.epoch: set(page.wishes) for page in world.pages}
        self.since_turn: list[int] = []
        """What the page that has the phone must be shown."""
        self.settings = 0
        self._alarm = object()

    def hear(self, content: Content) -> None:
        before = self.channel.epoch
        for event in self.channel.receive(content, now=self.now):
            if isinstance(event, Delivered):
                self._take(event)
            elif isinstance(event, Attached) and event.turned:
                self._turned(event.epoch, before)
        self.flush()

    @property
    def now(self) -> float:
        return (self.world.now - self.slept) / 1000

    def _turned(self, epoch: str, before: str | None) -> None:
        wishes = self.wishes.setdefault(epoch, set())
        if before is not None:
            assert wishes, f"{epoch} took the phone from {before} unasked"
            wishes.remove(min(wishes))
            self.since_turn.clear()
        wishes.discard(NEW)

    def _take(self, event: Delivered) -> None:
        epoch, seq, text = event.epoch, event.seq, event.item["m"]
        last = self.taken.get(epoch, 0)
        assert seq > last, f"{epoch}/{seq} is taken for the second time"
        missed = [n for n in range(last + 1, seq) if (epoch, n) not in self.world.finished]
        assert not missed, f"{epoch}/{missed} are passed over"
        assert self.world.page(epoch).said[seq - 1] == text
        self.taken[epoch] = seq
        if text.startswith("log"):
            self._log(event.item.get("key") or f"{epoch}/{seq}", (epoch, seq))
        else:
            self.queue.append((text, [(epoch, seq)]))

    def _log(self, key: str, place: Place) -> None:
        journal = self.world.journal
        if journal is not None:
            if key not in journal:
                journal[key] = "accepted"
                self.queue.append((key, []))
            self.finish(place)
        elif key in self.kept:
            self.kept[key].append(place)
        elif self.saved[key]:
            self.finish(place)
        else:
            self.kept[key] = [place]
            self.queue.append((key, self.kept[key]))

    def finish(self, place: Place) -> None:
        self.world.finished.add(place)
        self.channel.finish(*place, now=self.now)

    def handle(self, which: int) -> None:
        """A handler is through with one of its messages."""
        key, places = self.queue.pop(which % len(self.queue))
        self.saved[key] += 1
        self.world.saved[key] += 1
        assert self.saved[key] == 1
        self.kept.pop(key, None)
        if self.world.journal is not None and key in self.world.journal:
            assert self.world.saved[key] == 1
            self.world.journal[key] = "done"
        for place in places:
            self.finish(place)
        self.flush()

    def show(self, *, lasts: int | None = None) -> None:
        """Something for the page that has the phone; `lasts`: ms until it is too late for it."""
        item: Content = {"t": "show", "what": next(self.world.counter)}
        if lasts is not None:
            item["exp"] = self.world.now + lasts
        else:
            self.since_turn.append(item["what"])
        item["part"] = self.channel.add_part(b"%d" % (item["what"] % SHARED))
        self.channel.push(item, part=item["part"])
        self.flush()

    def configure(self) -> None:
        self.settings = next(self.world.counter)
        part = self.channel.add_part(b"set %d" % self.settings)
        standing = {"requestCrmData": {"action": "crmData", "part": part}}
        self.channel.set({"t": "set", "standing": standing, "name": self.settings})
        self.flush()

    def flush(self) -> None:
        for content, _ in self.channel.flush(now=self.now, at=self.world.now / 1000):
            self.world.to_pages(self, content)
        self._arm()

    def _arm(self) -> None:
        """Only the last time that it wanted to be woken counts."""
        due = self.channel.wake(now=self.now)
        self._alarm = alarm = object()
        if due is None:
            return
        at = max(self.world.now + 1, math.ceil(due * 1000 + self.slept))
        ring = lambda: self._alarm is alarm and self.flush()  # noqa: E731
        self.world.later(at, lambda: self.world.when_awake(self, ring))


class World:
    """Everything that is there, and what is about to happen."""

    def __init__(self, bridge: Bridge, *, durable: bool) -> None:
        self.bridge = bridge
        self.now = 0
        self.counter = itertools.count(1)
        self.finished: set[Place] = set()
        self.saved: Counter[str] = Counter()
        self.journal: dict[str, str] | None = {} if durable else None
        self.logs: set[str] = set()
        """Keys of interaction logs that must be saved."""
        self.sent = 0
        self.pages: list[Page] = []
        self._known: dict[str, Page] = {}
        self._events: list[tuple[float, int, Callable[[], object]]] = []
        bridge.call("", "forget", {})
        self.kernel = Kernel("k0", self)

    def page(self, epoch: str) -> Page:
        return self._known[epoch]

    # ------------------------------------------------------------ time
    def later(self, at: float, what: Callable[[], object]) -> None:
        heapq.heappush(self._events, (at, next(self.counter), what))

    def awake(self, sleeper: Page | Kernel) -> bool:
        """Whether it is there; what a dead kernel was to do is over."""
        if isinstance(sleeper, Kernel):
            return sleeper is self.kernel
        return sleeper in self.pages

    def when_awake(self, sleeper: Page | Kernel, what: Callable[[], object]) -> None:
        if not self.awake(sleeper):
            return
        if self.now < sleeper.asleep_until:
            self.later(sleeper.asleep_until, lambda: self.when_awake(sleeper, what))
        else:
            what()

    def pass_(self, ms: int) -> None:
        end = self.now + ms
        while self._events and self._events[0][0] <= end:
            at, _, what = heapq.heappop(self._events)
            self.now = max(self.now, math.ceil(at))
            what()
        self.now = end

    def sleep(self, sleeper: Page | Kernel, ms: int) -> None:
        """Its machine is suspended: the clock that only goes forward stands still."""
        sleeper.slept += ms
        sleeper.asleep_until = self.now + ms

    # ------------------------------------------------------------ the road
    def tell(self, page: Page, what: str, *more: object) -> Any:
        """What happens to a page, and what it does about it."""
        time = {"now": self.now - page.slept, "at": self.now}
        effects = self.bridge.call(page.epoch, what, time, *more)
        if isinstance(effects, list):
            for effect in effects:
                self._carry(page, effect)
        return effects

    def _carry(self, page: Page, effect: Content) -> None:
        kind = effect["kind"]
        if kind == "wake":
            page.wake_at = effect["at"]
            self._arm(page)
        elif kind == "transmit":
            self._to_kernel(page, effect["content"])
        elif kind == "keep":
            page.mirror[effect["key"]] = effect["item"]["m"]
        elif kind == "forget":
            known = self.saved[effect["key"]] or (self.journal and effect["key"] in self.journal)
            assert known, f"{effect['key']} is forgotten, and nobody has it"
            page.mirror.pop(effect["key"], None)
        elif kind == "attached":
            page.wishes.clear()
        elif kind == "deliver":
            self._deliver(page, effect["item"])

    def _arm(self, page: Page) -> None:
        def ring() -> None:
            if page.wake_at is None:
                return
            if self.now - page.slept >= page.wake_at:
                page.wake_at = None
                self.tell(page, "wake")
            else:
                self._arm(page)

        assert page.wake_at is not None
        at = max(self.now, page.wake_at + page.slept)
        self.later(at, lambda: self.when_awake(page, ring))

    def _deliver(self, page: Page, item: Content) -> None:
        answers = item["standing"].values() if item["t"] == "set" else [item]
        assert {each["part"] for each in answers} <= page.parts, f"{item} has come without its part"
        if item["t"] == "set":
            page.settings = item["name"]
            return
        assert page.kernel is not None
        last = page.shown.get(page.kernel.name, 0)
        assert item["what"] > last, f"{page.epoch} is shown {item['what']} after {last}"
        page.shown[page.kernel.name] = item["what"]
        page.seen.add(item["what"])
        if "exp" in item:
            shows = self.tell(page, "kernelTime")
            slack = SLACK + page.trip / 2
            assert abs(shows - self.now) <= slack, f"{page.epoch} reads {shows} at {self.now}"

    def _to_kernel(self, page: Page, content: Content) -> None:
        self.sent += 1
        for item in content["items"]:
            if item["t"] == "hello":
                self._asks(page, item)
        kernel, road = page.kernel, page.road

        def arrive() -> None:
            if kernel is self.kernel and page.road == road:
                self.kernel.hear(content)

        self._travel(page, lambda: kernel and self.when_awake(kernel, arrive))

    def _asks(self, page: Page, hello: Content) -> None:
        page.asked[hello["n"]] = self.now
        page.lowest = hello["lowest"]
        here = hello.get("here")
        if here or (here is None and hello["kernel"] is None):
            since = page.wished if here else page.opened
            assert self.now - since <= WISH, f"{page.epoch} was wanted {self.now - since} ms ago"

    def to_pages(self, kernel: Kernel, content: Content) -> None:
        self.sent += 1
        greets = content["items"][0]["t"] == "welcome"
        for page in self.pages:
            if page.kernel is kernel and (greets or content["epoch"] == page.epoch):
                self._to_page(page, content)

    def _to_page(self, page: Page, content: Content) -> None:
        road = page.road

        def arrive() -> None:
            if page.road == road:
                for item in content["items"]:
                    if item["t"] == "welcome" and content["epoch"] == page.epoch:
                        page.trip = max(page.trip, self.now - page.asked[item["n"]])
                page.parts.update(content.get("parts", ()))
                self.tell(page, "receive", content)

        self._travel(page, lambda: self.when_awake(page, arrive))

    def _travel(self, page: Page, arrive: Callable[[], object]) -> None:
        fate = page.fates.popleft() if page.fates else "arrives"
        if fate == "lost" or self.now < page.cut_until:
            return
        self.later(self.now + (LATE if fate == "late" else LATENCY), arrive)
        if fate == "twice":
            self.later(self.now + LATE, arrive)

    # ------------------------------------------------------------ what people and machines do
    def open(self, mirror: dict[str, str] | None = None) -> Page:
        """A tab with a page in it; `mirror`: of a tab that was reloaded or duplicated."""
        number = next(self.counter)
        page = Page(f"p{number}", {} if mirror is None else mirror, wishes={NEW}, opened=self.now)
        self.kernel.wishes[page.epoch] = {NEW}
        self.pages.append(page)
        self._known[page.epoch] = page
        for key, text in list(page.mirror.items()):
            page.said.append(text)
            self.tell(page, "push", {"t": "msg", "m": text, "key": key}, True)
        self.attach(page)
        return page

    def attach(self, page: Page) -> None:
        """A model of the kernel that lives now."""
        if page.kernel is not self.kernel:
            page.kernel = self.kernel
            page.road += 1
        self.tell(page, "attach")

    def push(self, page: Page, *, log: bool = False) -> None:
        """The connector says something."""
        number = next(self.counter)
        text = f"log {number}" if log else f"message {number}"
        page.said.append(text)
        if log:
            self.logs.add(f"{page.epoch}/{len(page.said)}")
        self.tell(page, "push", {"t": "msg", "m": text}, log)

    def here(self, page: Page) -> None:
        number = next(self.counter)
        page.wishes.add(number)
        page.wished = self.now
        self.kernel.wishes.setdefault(page.epoch, set()).add(number)
        self.tell(page, "here")

    def reload(self, page: Page) -> None:
        self.pages.remove(page)
        self.open(page.mirror)

    def close(self, page: Page) -> None:
        """With the tab goes its storage."""
        self.pages.remove(page)
        self.logs -= set(page.mirror)

    def restart(self, *, models: bool) -> None:
        """Another kernel; `models`: the pages are there to get models of it."""
        self.kernel = Kernel(f"k{next(self.counter)}", self)
        left = [key for key, state in (self.journal or {}).items() if state == "accepted"]
        self.kernel.queue = [(key, []) for key in left]
        if self.pages:
            self.kernel.configure()
        for page in list(self.pages):
            if self.now < page.asleep_until:
                continue
            self.tell(page, "detach")
            if models:
                self.attach(page)

    # ------------------------------------------------------------ the end
    def heal(self) -> None:
        """The road is good again, all are awake, and there is time until all is quiet."""
        asleep = [one.asleep_until for one in (self.kernel, *self.pages)]
        self.pass_(max(0, max(asleep) - self.now))
        for page in self.pages:
            page.fates.clear()
            page.cut_until = 0
        self.pass_(2 * LATE)
        for page in self.pages:  # the others must find out by themselves
            if page.kernel is not self.kernel:
                self.attach(page)
        self.settle()
        for page in self.pages:
            self.push(page)
        self.settle()
        self._one_has_it()
        for page in list(self.pages):
            self.here(page)
            self.settle(4)
            self._all_is_done(page)
        self._nothing_is_left()

    def settle(self, seconds: int = 12) -> None:
        """So long that all that was lost is found, and all handlers are through."""
        for _ in range(seconds):
            while self.kernel.queue:
                self.kernel.handle(0)
            self.pass_(1_000)

    def state(self, page: Page) -> Content:
        found: Content = self.tell(page, "state")
        return found

    def _one_has_it(self) -> None:
        states = {page.epoch: self.state(page)["state"] for page in self.pages}
        has = {epoch for epoch, state in states.items() if state == "connected"}
        if self.pages and self.kernel.channel.epoch in states:
            assert has == {self.kernel.channel.epoch}, states
            assert set(states.values()) <= {"connected", "elsewhere"}, states
            page = self.page(self.kernel.channel.epoch)
            missing = set(self.kernel.since_turn) - page.seen
            assert not missing, f"{page.epoch} was never shown {missing}"
            assert page.settings == self.kernel.settings
        else:
            assert has == set()

    def _all_is_done(self, page: Page) -> None:
        assert self.kernel.channel.epoch == page.epoch
        state = self.state(page)
        assert state["state"] == "connected"
        assert (state["got"], state["logs"]) == (state["last"], 0)
        places = {(page.epoch, n) for n in range(1, len(page.said) + 1)}
        assert places <= self.finished
        assert page.mirror == {}
        assert page.settings == self.kernel.settings

    def _nothing_is_left(self) -> None:
        unsaved = {key for key in self.logs if not self.saved[key]}
        assert not unsaved
        self.pass_(60_000)  # a page that was closed is tried some times
        before = self.sent
        self.pass_(600_000)
        assert self.sent == before, "something is said though there is nothing to say"
        assert not (self.pages and self.kernel.channel.owed)
        for page in self.pages:
            self.here(page)
            assert page.lowest == len(page.said) + 1, f"{page.epoch} has not forgotten all"
