"""A day of a desk in seconds: suspends, cut networks, restarted kernels, three tabs, 2,000 calls.

The clocks are given, so that nothing waits. Between two events everything that can happen has
happened: what is tried is the order of the events, not the speed of threads.
"""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.client.journal._file import JournalFile
from crmwidget.client.journal._process import in_process
from crmwidget.client.journal._writer import AtOnce
from crmwidget.core.channel import VERSION
from crmwidget.testing import interaction_log
from tests.slow import count
from tests.test_delivery import ORIGIN, settled

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

Item = dict[str, Any]
CALLS: Final = count("CRMWIDGET_CALLS", 2_000, 10_000)

APART: Final = 43.0
"""Seconds between two calls."""
BOTH, BACK = "both ways", "the way back"
CUTS: Final = (BOTH, BACK, BACK, BOTH)
"""The directions in which nothing goes; on the way back the kernel says what it has done."""
POP: Final = "requestPerformInteractionScreenPop"
LOG: Final = "requestSaveInteractionLog"
FIELDS: Final = "requestCustomFieldsValues"
_TIMED: Final = (
    *("_client", "_lifecycle", "_inbox", "_page_status", "journal._journal", "journal._store"),
)


class Time:
    """What `time` is for the kernel; a suspended machine's monotonic clock stands still."""

    def __init__(self) -> None:
        self.running, self.asleep = 1_000.0, 0.0

    def monotonic(self) -> float:
        return self.running

    def time(self) -> float:
        return 1_800_000_000.0 + self.running + self.asleep

    def steady(self) -> float:
        return self.running + self.asleep

    def sleep(self, seconds: float) -> None:
        self.running += seconds


class Alarm:
    """The client's clock, which rings when the day is so far."""

    at: float | None = None

    def set(self, at: float | None) -> None:
        self.at = at

    def stop(self) -> None:
        self.at = None


class Tab:
    """One page: numbers what its connector says, and keeps it until it may forget it."""

    def __init__(self, day: Day, epoch: str, kept: tuple[Item, ...] = ()) -> None:
        self.day, self.epoch = day, epoch
        self.outbox: dict[int, Item] = {}
        self.inbox: list[Item] = []
        self._seq = self._received = self._asked = 0
        self._kernel: str | None = None
        self._up = False
        for item in kept:  # from the tab's storage, after a reload
            self._number(item)

    def send(self, content: Item, buffers: list[bytes]) -> None:
        if self.day.cut is None and content["epoch"] == self.epoch:
            self.inbox.append(content)

    def says(self, action: str, data: object) -> str:
        """The connector's message; its key, where it is a log."""
        text = json.dumps({"type": "CRMConnectMessage", "action": action, "data": data})
        item = self._number({"t": "msg", "at": self.day.time.time() * 1000, "m": text})
        if action == LOG:
            item["key"] = f"{self.epoch}/{item['seq']}"
        if self._up:
            self._transmit([item])
        return str(item.get("key"))

    def hello(self, *, here: bool = False) -> None:
        """Ask for the kernel; `here`: a person wants the phone on this page."""
        self._up = False
        self._asked += 1
        wish = {"here": self._asked} if here else {}
        facts = {"shown": True, "loads": 1, "acked": True, "configured": True, "dial": True}
        self._transmit(
            [
                {
                    "t": "hello",
                    "n": self._asked,
                    **wish,
                    "v": VERSION,
                    "lowest": min(self.outbox, default=self._seq + 1),
                    "kernel": self._kernel,
                    "got": self._received,
                    "facts": facts,
                    "at": self.day.time.time() * 1000,
                }
            ]
        )

    @property
    def kept(self) -> tuple[Item, ...]:
        """Logs that the page must not lose with its reload."""
        return tuple(item for item in self.outbox.values() if "key" in item)

    def take(self) -> None:
        """What the kernel has sent."""
        while self.inbox:
            content = self.inbox.pop(0)
            for item in content["items"]:
                if item["t"] == "welcome":
                    self._welcome(item)
                elif item["t"] == "got":
                    for first, last in ([1, item["done"]], *item.get("also", ())):
                        for seq in range(first, last + 1):
                            self.outbox.pop(seq, None)
                elif item.get("seq") == self._received + 1:
                    self._received += 1
            self._transmit([{"t": "got", "n": self._received}])

    def _welcome(self, item: Item) -> None:
        fresh, self._kernel, self._up = item["kernel"] != self._kernel, item["kernel"], True
        self._received = item["lowest"] - 1 if fresh else max(self._received, item["lowest"] - 1)
        self._transmit([each for seq, each in self.outbox.items() if fresh or seq > item["got"]])

    def _number(self, item: Item) -> Item:
        self._seq += 1
        self.outbox[self._seq] = {**item, "seq": self._seq}
        return self.outbox[self._seq]

    def _transmit(self, items: list[Item]) -> None:
        if self.day.cut != BOTH and items:
            at = self.day.time.time() * 1000
            self.day.client.receive(self, {"crm": 1, "epoch": self.epoch, "items": items, "at": at})


class Day:
    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.time, self.path = Time(), path
        self.cut: str | None = None
        for name in _TIMED:
            monkeypatch.setattr(f"crmwidget.client.{name}.time", self.time)
        monkeypatch.setattr("crmwidget.client._client.steady", self.time.steady)
        monkeypatch.setattr("crmwidget.client._client.Writer", lambda name: AtOnce())
        connect = JournalFile._connect  # no process dies here, so nothing waits for the disk
        monkeypatch.setattr(JournalFile, "_connect", lambda file, _: connect(file, "OFF"))
        self.saved: list[str] = []
        self.expected: list[str] = []
        self.kernels = 0
        self.alarm = Alarm()
        self.start_kernel()
        self.tabs = [Tab(self, f"tab {number}") for number in range(3)]
        self.tab = self.tabs[0]
        self.tab.hello()

    # ------------------------------------------------------------ the kernel
    def start_kernel(self) -> None:
        self.kernels += 1
        self.client = Client("day", Handlers())
        self.client._clock = self.alarm  # type: ignore[assignment]
        self.client.connector = ORIGIN
        self.client.open_journal(self.path)

    def register(self) -> None:
        """The notebook's cells with handlers have run."""
        self.client.handlers.on_save_log(lambda log: self.saved.append(log.key) or log.key)
        self.client.handlers.on_screen_pop(lambda pop: None)
        self.client.handlers.on_custom_fields(lambda fields: {"case": "4711"})

    def kill_kernel(self) -> None:
        """As a signal does: nothing is said, nothing more is written."""
        file = self.client.journal._store.file
        assert file is not None
        file.close()
        in_process.discard(self.client.journal)
        self.client.closed = True
        self.client.runner.close(0)

    # ------------------------------------------------------------ what passes
    def settle(self) -> None:
        """Until nothing more comes of what was said."""
        while True:
            settled(self.client)
            if not any(tab.inbox for tab in self.tabs):
                return
            for tab in self.tabs:
                tab.take()

    def passes(self, seconds: float) -> None:
        until = self.time.running + seconds
        while (at := self.alarm.at) is not None and at <= until:
            self.time.running = max(self.time.running, at)
            self.alarm.at = None
            self.client._ring()
            self.settle()
        self.time.running = until

    def call(self, number: int) -> None:
        self.tab.says(POP, {"aniValues": [f"+1202555{number % 10_000:04d}"]})
        if number % 5 == 0:
            self.tab.says(FIELDS, {"object": {"voice": ["case"], "digital": []}})
        self.passes(5)
        log = interaction_log(interaction_id=str(number), comments="Wants the yearly plan")
        self.expected.append(self.tab.says(LOG, log.raw))
        self.settle()

    # ------------------------------------------------------------ what happens
    def suspend(self) -> None:
        self.time.asleep += 3_600
        self.tab.hello()

    def reconnect(self) -> None:
        self.cut = None
        self.tab.hello()

    def restart_kernel(self) -> None:
        self.kill_kernel()
        self.start_kernel()
        self.tab.hello()

    def turn_to(self, number: int) -> None:
        self.tab = self.tabs[number % 3]
        self.tab.hello(here=True)

    def reload(self) -> None:
        place = self.tabs.index(self.tab)
        kept = self.tab.kept
        self.tab = self.tabs[place] = Tab(self, f"{self.tab.epoch}, reloaded", kept)
        self.tab.hello()

    def happens(self, number: int, calls: int) -> None:
        """Twice as many cuts as suspends, of five calls each, and within some of them more."""
        each = calls // 20
        turn, phase = divmod(number, each)
        within = phase - each // 2
        if within == 0:
            self.cut = CUTS[turn % 4]
        elif within == 5:
            self.reconnect()
        elif phase == each // 4 and turn % 2:
            self.suspend()
        elif phase == each - 7 and turn % 2:
            self.turn_to(turn)
        if turn % 4 == 2 and within == 2:
            self.restart_kernel()
        elif turn % 4 == 2 and within == 12:
            self.register()
        if turn % 4 in (1, 2) and within == 3:
            self.reload()


def held(client: Client) -> dict[str, int]:
    """What must not grow with the calls."""
    return {
        "jobs": len(client.jobs),
        "waiting": len(client.waiting),
        "journal": len(client.journal),
        "to the page": int(client.channel.owed),
        "open numbers": sum(len(page.open) for page in client.channel._pages._pages.values()),
        "tickets": len(client.session._tickets),
        "errors": len(client.errors),
        "cancelled": len(client.runner._cancelled),
        "aside": len(client.runner._aside),
    }


def test_a_day_at_a_desk_saves_every_log_once_and_takes_no_more_memory_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("client.interactions.MOST", "traffic._log.LIMIT", "client._inbox.RECENT"):
        monkeypatch.setattr(f"crmwidget.{bound}", 50)
    day = Day(tmp_path / "journal.sqlite", monkeypatch)
    day.register()
    blocks: list[int] = []

    for number in range(CALLS):
        day.happens(number, CALLS)
        day.call(number)
        day.passes(APART)
        if number in (CALLS // 2 - 1, CALLS - 1):
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    for tab in day.tabs:
        day.tab = tab
        tab.hello(here=True)
        day.settle()
        day.passes(APART)

    assert Counter(day.saved) == Counter(day.expected)
    assert len(day.expected) == CALLS
    assert day.kernels == 6
    assert set(held(day.client).values()) == {0}, held(day.client)
    assert [len(tab.outbox) for tab in day.tabs] == [0, 0, 0]
    assert day.client.journal.trouble is None
    # Of a call only the key of its log is kept (and here what the test itself notes of it)
    assert (blocks[1] - blocks[0]) / (CALLS / 2) < 5
    day.client.close()
