"""The kernel's end of the channel, against a model of a page on a bad link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crmwidget.core._outgoing import LATE, PAUSE
from crmwidget.core.channel import (
    PARTS,
    SILENT,
    TRIES,
    VERSION,
    Attached,
    Channel,
    Delivered,
    WrongVersion,
)

Content = dict[str, Any]


def hello(epoch: str = "page", n: int = 1, **more: Any) -> Content:
    item = {
        "t": "hello",
        "n": n,
        "v": VERSION,
        "build": "b",
        "lowest": 1,
        "kernel": None,
        "got": 0,
        "facts": {},
        "at": 0,
        **more,
    }
    return {"crm": 1, "epoch": epoch, "items": [item]}


def batch(*numbers: int, epoch: str = "page") -> Content:
    items = [{"t": "msg", "seq": n, "at": 0, "m": f"message {n}"} for n in numbers]
    return {"crm": 1, "epoch": epoch, "items": items}


def numbers(events: list[Any]) -> list[int]:
    return [event.seq for event in events if isinstance(event, Delivered)]


def sent(channel: Channel, now: float) -> list[Content]:
    """All items that are transmitted now."""
    return [item for content, _ in channel.flush(now=now) for item in content["items"]]


@pytest.fixture
def channel() -> Channel:
    """A channel whose page has said hello."""
    channel = Channel("kernel")
    channel.receive(hello(), now=0)
    channel.flush(now=0)
    return channel


def test_a_hello_is_answered_with_welcome_settings_and_marks() -> None:
    channel = Channel("kernel")
    channel.set({"t": "set", "standing": {}})

    events = channel.receive(hello(lowest=4, facts={"acked": True}), now=2)

    attached = Attached({"acked": True}, fresh=True, at=0, epoch="page", taken=3, turned=True)
    assert events == [attached]
    assert sent(channel, 2) == [
        {
            "t": "welcome",
            "n": 1,
            "v": VERSION,
            "got": 3,
            "kernel": "kernel",
            "lowest": 1,
            "turn": 1,
            "at": 2000,
        },
        {"t": "set", "standing": {}},
        {"t": "got", "n": 3, "done": 3},
    ]


def test_a_page_of_another_version_is_named_and_not_read() -> None:
    channel = Channel()

    assert channel.receive(hello(v=99), now=0) == [WrongVersion(99)]
    assert channel.receive(batch(1), now=0) == []


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "text",
        {},
        {"crm": 1},
        {"crm": 1, "epoch": 1, "items": []},
        {"crm": 1, "epoch": "page", "items": "no"},
        {"crm": 1, "epoch": "page", "items": [None, 3, {"t": "msg"}, {"t": "msg", "seq": "1"}]},
        {"crm": 2, "epoch": "page", "items": []},
    ],
)
def test_what_is_not_ours_is_ignored(channel: Channel, content: object) -> None:
    assert channel.receive(content, now=0) == []


def test_early_items_wait_and_known_ones_are_dropped(channel: Channel) -> None:
    assert numbers(channel.receive(batch(2, 3), now=0)) == []
    assert numbers(channel.receive(batch(1), now=0)) == [1, 2, 3]
    assert numbers(channel.receive(batch(1, 2, 3, 4), now=0)) == [4]
    assert channel.duplicates == 3


def test_done_is_cumulative_and_what_is_done_above_it_is_named_once(channel: Channel) -> None:
    channel.receive(batch(1, 2, 3, 4), now=0)
    channel.finish("page", 2, now=0)
    channel.finish("page", 4, now=0)

    assert sent(channel, 1)[-1] == {"t": "got", "n": 4, "done": 0, "also": [[2, 2], [4, 4]]}

    channel.finish("page", 1, now=1)

    assert sent(channel, 2)[-1] == {"t": "got", "n": 4, "done": 2}


def test_a_page_that_may_have_missed_marks_is_told_them_again(channel: Channel) -> None:
    channel.receive(batch(1, 2), now=0)
    channel.finish("page", 2, now=0)
    channel.flush(now=1)

    channel.receive(hello(n=2), now=2)

    assert sent(channel, 2)[-1] == {"t": "got", "n": 2, "done": 0, "also": [[2, 2]]}


def test_the_first_item_goes_at_once_and_what_follows_goes_as_one(channel: Channel) -> None:
    channel.push({"t": "show", "what": "a"})
    first = sent(channel, 1)
    channel.push({"t": "show", "what": "b"})
    channel.push({"t": "show", "what": "c"})

    assert [i.get("what") for i in first][:1] == ["a"]
    assert sent(channel, 1) == []
    assert channel.wake(now=1) == 1 + PAUSE
    assert [i.get("what") for i in sent(channel, 1 + PAUSE)] == ["b", "c", None]


def test_what_is_not_acknowledged_is_sent_again_and_less_often_each_time(channel: Channel) -> None:
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)

    assert sent(channel, 1.5) == []
    assert next(i.get("what") for i in sent(channel, 1 + LATE)) == "a"
    assert sent(channel, 1 + 2 * LATE) == []
    assert next(i.get("what") for i in sent(channel, 1 + 3 * LATE)) == "a"


def test_a_page_that_is_silent_for_long_is_tried_some_times_and_left_alone(
    channel: Channel,
) -> None:
    """One that had nothing to say for so long may be there, and what was sent to it lost."""
    channel.push({"t": "show", "what": "a"})
    now = SILENT + 1.0
    sent = [channel.flush(now=now)]
    for _ in range(20):
        due = channel.wake(now=now)
        if due is None:
            break
        now = due
        sent.append(channel.flush(now=now))

    assert channel.wake(now=now) is None
    assert [content["items"][0]["what"] for ((content, _),) in sent] == ["a"] * (1 + TRIES)
    channel.receive(got(0), now=now)
    channel.push({"t": "show", "what": "b"})
    assert channel.wake(now=now) is not None


def got(number: int, epoch: str = "page") -> dict[str, Any]:
    return {"crm": 1, "epoch": epoch, "items": [{"t": "got", "n": number}]}


def test_settings_that_were_lost_come_again_as_they_are_by_then(channel: Channel) -> None:
    channel.flush(now=1)
    channel.set({"t": "set", "standing": {}, "name": "first"})
    lost = channel.flush(now=2)
    channel.set({"t": "set", "standing": {}, "name": "second"})
    channel.set({"t": "set", "standing": {}, "name": "third"})
    also_lost = channel.flush(now=2.1)

    due = channel.wake(now=2.1)
    assert due is not None
    ((content, _),) = channel.flush(now=due)

    names = [item["name"] for item in content["items"] if item["t"] == "set"]
    assert [len(lost), len(also_lost)] == [1, 1]
    assert names[-1] == "third"
    assert "first" not in names
    numbers = [item["seq"] for item in content["items"] if item["t"] == "set"]
    channel.receive(got(numbers[-1]), now=due)
    assert channel.wake(now=due) is None


def test_a_buffer_that_was_just_added_is_never_the_one_that_goes(channel: Channel) -> None:
    names = []
    for n in range(3 * PARTS):
        name = channel.add_part(b"[%d]" % n)
        names.append(name)
        channel.push({"t": "post", "m": {"action": "crmDirectory", "part": name}}, part=name)

    ((content, buffers),) = channel.flush(now=1)

    assert content["parts"] == names
    assert len(buffers) == len(names)


def test_what_expires_does_so_by_the_clock_that_the_page_is_told(channel: Channel) -> None:
    """The other one stands still while a machine sleeps."""
    channel.push({"t": "post", "m": {"action": "a"}, "exp": 5_000})
    channel.push({"t": "post", "m": {"action": "b"}, "exp": 9_000_000})

    ((content, _),) = channel.flush(now=1, at=3_600)

    posted = [item["m"]["action"] for item in content["items"] if item["t"] == "post"]
    assert posted == ["b"]
    channel.receive(hello(), now=2)
    ((again, _),) = channel.flush(now=2, at=3_601)
    assert again["items"][0]["at"] == 3_601_000


def test_acknowledged_items_are_forgotten(channel: Channel) -> None:
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)
    channel.receive({"crm": 1, "epoch": "page", "items": [{"t": "got", "n": 1}]}, now=1)

    assert channel.wake(now=1) is None
    assert sent(channel, 5) == []


def test_numbers_of_an_earlier_kernel_acknowledge_nothing(channel: Channel) -> None:
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)

    channel.receive(hello(n=2, got=7, kernel="an earlier one"), now=2)

    assert "a" in [i.get("what") for i in sent(channel, 2)]


def test_items_for_a_page_that_is_not_there_yet_wait_for_it() -> None:
    channel = Channel()
    channel.push({"t": "show", "what": "a"})
    assert channel.flush(now=0) == []

    channel.receive(hello(), now=1)

    assert "a" in [i.get("what") for i in sent(channel, 1)]


def test_an_item_whose_time_is_over_is_not_sent(channel: Channel) -> None:
    channel.push({"t": "post", "m": {"action": "clickToDialResponse"}, "exp": 1000})

    assert sent(channel, 2) == []


def test_a_new_page_gets_no_answers_to_the_old_one_but_its_history(channel: Channel) -> None:
    channel.push({"t": "post", "m": {"action": "crmDirectory"}})
    channel.push({"t": "post", "m": {"action": "createHistoryItem"}})
    channel.flush(now=1)

    channel.receive(hello("other"), now=2)

    posted = [i["m"]["action"] for i in sent(channel, 2) if i["t"] == "post"]
    assert posted == ["createHistoryItem"]


def test_a_buffer_goes_once_to_a_page_that_keeps_it(channel: Channel) -> None:
    name = channel.add_part(b"[1]")
    settings = {"t": "set", "standing": {"x": {"action": "crmDirectory", "part": name}}}
    channel.set(settings)

    (content, buffers), *_ = channel.flush(now=1)
    assert (content["parts"], buffers) == ([name], [b"[1]"])

    channel.set(settings)
    (content, buffers), *_ = channel.flush(now=1.5)
    assert ("parts" in content, buffers) == (False, [])

    channel.receive(hello("other"), now=3)
    (content, buffers), *_ = channel.flush(now=3)
    assert buffers == [b"[1]"]


def test_a_buffer_goes_with_its_item_and_is_kept_while_that_is_on_its_way(channel: Channel) -> None:
    name = channel.add_part(b"[1]")
    channel.push({"t": "post", "m": {"action": "crmDirectory", "part": name}}, part=name)
    for n in range(100):
        channel.add_part(b"[%d]" % (n + 2))

    (content, buffers), *_ = channel.flush(now=1)

    assert (content["parts"], buffers) == ([name], [b"[1]"])


def test_a_page_says_in_hello_which_buffers_it_still_has(channel: Channel) -> None:
    name = channel.add_part(b"[1]")
    channel.set({"t": "set", "standing": {"x": {"action": "crmDirectory", "part": name}}})

    channel.receive(hello("other", facts={"cached": [name]}), now=1)

    assert channel.flush(now=1)[0][1] == []


@dataclass
class Page:
    """A page as simple as can be: keeps what is not done, asks, and sends again what is missing."""

    epoch: str
    queue: dict[int, bool] = field(default_factory=dict)
    """By number; False: done, kept as a skip so that a new kernel sees no holes."""
    last: int = 0
    probe: int = 0
    kernel: str | None = None
    received: list[Any] = field(default_factory=list)
    got: int = 0

    def say(self) -> Content:
        self.last += 1
        self.queue[self.last] = True
        return self.item(self.last)

    def item(self, number: int) -> Content:
        content = batch(number, epoch=self.epoch)
        if not self.queue[number]:
            content["items"][0] = {"t": "note", "seq": number, "at": 0, "what": "done"}
        return content

    def ask(self, *, here: bool = False) -> Content:
        self.probe += 1
        lowest = min(self.queue, default=self.last + 1)
        said = {"lowest": lowest, "kernel": self.kernel, "got": self.got}
        return hello(self.epoch, self.probe, **said, **({"here": self.probe} if here else {}))

    def receive(self, content: Content) -> list[Content]:
        if content["epoch"] != self.epoch:
            return []
        again: list[Content] = []
        for item in content["items"]:
            if item["t"] == "welcome" and item["n"] == self.probe:
                if item["kernel"] != self.kernel:
                    self.kernel, self.got = item["kernel"], item["lowest"] - 1
                again = [self.item(n) for n in sorted(self.queue) if n > item["got"]]
            elif item["t"] == "got" and self.kernel is not None:
                for n in self.queue:
                    above = any(a <= n <= b for a, b in item.get("also", ()))
                    self.queue[n] &= n > item["done"] and not above
                while self.queue and not self.queue[min(self.queue)]:
                    del self.queue[min(self.queue)]
            # Before the welcome nothing is taken, as in channel.ts.
            elif item["t"] == "show" and self.kernel and item["seq"] == self.got + 1:
                self.got += 1
                self.received.append(item["what"])
        if self.got:
            again.append({"crm": 1, "epoch": self.epoch, "items": [{"t": "got", "n": self.got}]})
        return again


STEPS = st.lists(
    st.sampled_from(
        ["say", "push", "ask", "tick", "drop up", "drop down", "twice", "swap", "finish"]
    ),
    max_size=60,
)


@given(STEPS)
@example(["push", "ask", "swap", "tick", "drop up"])  # the first item comes before its welcome
def test_over_a_bad_link_everything_arrives_once_and_in_order_both_ways(  # noqa: C901, PLR0912 - the model is one list of steps
    steps: list[str],
) -> None:
    page, channel, now = Page("page"), Channel("kernel"), 0.0
    up: list[Content] = [page.ask()]
    down: list[Content] = []
    handled: list[int] = []
    open_: list[int] = []
    pushed = 0

    def exchange() -> None:
        nonlocal now
        now += 0.05
        for content in up[:]:
            got = numbers(channel.receive(content, now=now))
            handled.extend(got)
            open_.extend(got)
        up.clear()
        down.extend(content for content, _ in channel.flush(now=now))
        for content in down[:]:
            up.extend(page.receive(content))
        down.clear()

    for step in steps:
        if step == "say":
            up.append(page.say())
        elif step == "push":
            pushed += 1
            channel.push({"t": "show", "what": pushed})
        elif step == "ask":
            up.append(page.ask())
        elif step == "drop up":
            up.clear()
        elif step == "drop down":
            now += 0.05
            channel.flush(now=now)
        elif step == "twice":
            up.extend(up[:])
        elif step == "swap":
            up.reverse()
        elif step == "finish" and open_:
            channel.finish("page", open_.pop(), now=now)
        else:
            exchange()
    for _ in range(8):  # the link is good again: a few questions bring everything
        now += 8 * LATE
        up.append(page.ask())
        exchange()
        exchange()
    for number in open_:
        channel.finish("page", number, now=now)
    for _ in range(2):
        now += 1
        exchange()

    assert handled == list(range(1, page.last + 1))
    assert page.received == list(range(1, pushed + 1))
    assert page.queue == {}


TURNS = st.lists(
    st.tuples(
        st.sampled_from(["say", "ask", "tick", "drop up", "drop down", "finish"]),
        st.sampled_from(["one", "other"]),
    ),
    max_size=60,
)


@given(TURNS)
@example(  # what was done above the mark on one page was said to the other
    [
        *(("say", epoch) for epoch in ("one", "one", "other", "other")),
        ("tick", "one"),
        ("finish", "one"),
        ("tick", "one"),
    ]
)
def test_pages_that_take_turns_take_nothing_from_each_other(  # noqa: C901 - as above
    turns: list[tuple[str, str]],
) -> None:
    pages = {epoch: Page(epoch) for epoch in ("one", "other")}
    channel, now = Channel("kernel"), 0.0
    up: list[Content] = [page.ask() for page in pages.values()]
    handled: dict[str, list[int]] = {epoch: [] for epoch in pages}
    finished: dict[str, set[int]] = {epoch: set() for epoch in pages}

    def finish(epoch: str, number: int) -> None:
        finished[epoch].add(number)
        channel.finish(epoch, number, now=now)

    def exchange() -> None:
        nonlocal now
        now += 0.05
        for content in up[:]:
            handled[content["epoch"]] += numbers(channel.receive(content, now=now))
        up.clear()
        for content, _ in channel.flush(now=now):
            for page in pages.values():
                up.extend(page.receive(content))
        for epoch, page in pages.items():
            forgotten = {n for n in range(1, page.last + 1) if not page.queue.get(n)}
            assert forgotten <= finished[epoch]

    for step, epoch in turns:
        left = [n for n in handled[epoch] if n not in finished[epoch]]
        if step == "say":
            up.append(pages[epoch].say())
        elif step == "ask":
            up.append(pages[epoch].ask())
        elif step == "drop up":
            up.clear()
        elif step == "drop down":
            now += 0.05
            channel.flush(now=now)
        elif step == "finish" and left:
            finish(epoch, left[-1])
        else:
            exchange()
    for epoch, page in pages.items():  # a person wants one, then the other
        for _ in range(8):
            now += 8 * LATE
            up.append(page.ask(here=True))
            exchange()
            exchange()
        for number in range(1, page.last + 1):
            finish(epoch, number)
        now += 1
        exchange()

        assert handled[epoch] == list(range(1, page.last + 1))
        assert page.queue == {}


@given(st.integers(1, 20), st.data())
def test_a_new_kernel_is_sent_exactly_what_was_not_done(total: int, data: st.DataObject) -> None:
    page, first = Page("page"), Channel("first")
    first.receive(page.ask(), now=0)
    for _ in range(total):
        first.receive(page.say(), now=0)
    done = data.draw(st.sets(st.integers(1, total)))
    for number in done:
        first.finish("page", number, now=0)
    for content, _ in first.flush(now=1):
        page.receive(content)

    second, handled = Channel("second"), []
    second.receive(page.ask(), now=2)
    for content, _ in second.flush(now=2):
        for again in page.receive(content):
            events = second.receive(again, now=2)
            handled += [e.seq for e in events if e.item["t"] == "msg"]  # type: ignore[union-attr]

    assert handled == sorted(set(range(1, total + 1)) - done)
