"""Which page has the phone, what of each is remembered, and how much goes to one at once."""

from __future__ import annotations

from typing import Any

import pytest

from crmwidget.core._outgoing import BATCH, BATCH_SIZE, LATE, ROOM, WINDOW
from crmwidget.core._pages import LEFT, PAGES
from crmwidget.core.channel import Attached, Channel
from tests.test_channel import batch, got, hello, numbers

Content = dict[str, Any]
LONG = 20_000


def contents(channel: Channel, now: float) -> list[Content]:
    return [content for content, _ in channel.flush(now=now)]


def to(channel: Channel, epoch: str, now: float) -> dict[str, Content]:
    """The items that this page is sent now, by their kind."""
    return {
        item["t"]: item
        for content in contents(channel, now)
        for item in content["items"]
        if content["epoch"] == epoch
    }


def greeted(*epochs: str) -> Channel:
    """A kernel to which these pages came, one after the other."""
    channel = Channel("kernel")
    for epoch in epochs:
        channel.receive(hello(epoch), now=0)
        channel.flush(now=0)
    return channel


# ------------------------------------------------------------ what is remembered
def test_a_page_with_something_unfinished_is_not_forgotten_however_many_come() -> None:
    channel = greeted("page")
    channel.receive(batch(1, 2, 3), now=0)
    for number in (2, 3):
        channel.finish("page", number, now=0)
    for n in range(3 * PAGES):
        channel.receive(hello(f"other {n}"), now=1)

    channel.receive(hello("page", 2, kernel="kernel", here=2), now=2)

    assert to(channel, "page", 2)["got"] == {"t": "got", "n": 3, "done": 0, "also": [[2, 3]]}
    assert numbers(channel.receive(batch(1, 2, 3, 4), now=3)) == [4]


def test_a_page_that_is_forgotten_goes_on_where_it_was() -> None:
    channel = greeted("page")
    channel.receive(batch(1, 2), now=0)
    for number in (1, 2):
        channel.finish("page", number, now=0)
    for n in range(3 * PAGES):
        channel.receive(hello(f"other {n}"), now=1)

    channel.receive(hello("page", 2, kernel="kernel", here=2), now=2)

    assert to(channel, "page", 2)["welcome"]["got"] == 2
    assert numbers(channel.receive(batch(1, 2, 3), now=3)) == [3]


def test_a_wish_that_was_fulfilled_is_remembered_of_a_page_that_is_forgotten() -> None:
    channel = greeted("page")
    channel.receive(hello("page", 2, kernel="kernel", here=2), now=0)
    for n in range(3 * PAGES):
        channel.receive(hello(f"other {n}"), now=1)

    assert channel.receive(hello("page", 3, kernel="kernel", here=2), now=2) == []


def test_the_page_that_was_heard_last_is_forgotten_last() -> None:
    channel = greeted(*(f"page {n}" for n in range(PAGES)))
    channel.receive(got(0, "page 0"), now=1)

    channel.receive(hello("another"), now=2)

    assert channel._pages.get("page 0") is not None
    assert channel._pages.get("page 1") is None


def test_the_page_that_has_the_phone_is_not_forgotten_while_others_talk() -> None:
    channel = greeted("page")
    for n in range(3 * PAGES):
        channel.receive(hello(f"other {n}", kernel="an earlier one"), now=n)

    assert channel.epoch == "page"
    assert numbers(channel.receive(batch(1), now=99)) == [1]


def test_what_is_remembered_of_pages_has_an_end() -> None:
    channel = greeted("page")
    for n in range(LEFT + 3 * PAGES):
        channel.receive(hello(f"other {n}"), now=1)

    assert (len(channel._pages._pages), len(channel._pages._left)) == (PAGES, LEFT)


def test_numbers_that_an_earlier_kernel_has_finished_come_as_one() -> None:
    channel = greeted("page")
    run = {"t": "note", "what": "done", "seq": 2, "n": LONG}

    early = channel.receive({"crm": 1, "epoch": "page", "items": [run]}, now=1)
    later = channel.receive(batch(5, 1, LONG + 2), now=1)
    again = channel.receive({"crm": 1, "epoch": "page", "items": [run]}, now=1)

    assert [numbers(events) for events in (early, later, again)] == [[], [1, LONG + 2], []]
    channel.finish("page", LONG + 2, now=1)
    assert to(channel, "page", 2)["got"] == {
        "t": "got",
        "n": LONG + 2,
        "done": 0,
        "also": [[LONG + 2, LONG + 2]],
    }


def test_what_is_finished_behind_one_that_is_not_is_told_as_one_run() -> None:
    channel = greeted("page")
    channel.receive(batch(*range(1, LONG)), now=0)
    for number in range(2, LONG):
        channel.finish("page", number, now=0)
    first = to(channel, "page", 1)

    channel.receive(hello("page", 2, kernel="kernel"), now=2)

    marks = {"t": "got", "n": LONG - 1, "done": 0, "also": [[2, LONG - 1]]}
    assert [first["got"], to(channel, "page", 2)["got"]] == [marks, marks]


# ------------------------------------------------------------ who has the phone
def test_a_page_that_only_asks_does_not_take_the_phone() -> None:
    channel = greeted("first", "second")

    events = channel.receive(hello("first", 2, kernel="kernel"), now=1)
    said = to(channel, "first", 1)

    assert (events, channel.epoch) == ([], "second")
    assert said["elsewhere"] == {"t": "elsewhere", "n": 2, "kernel": "kernel", "turn": 2}
    assert said["got"] == {"t": "got", "n": 0, "done": 0}


def test_a_page_whose_first_welcome_was_lost_does_not_take_the_phone_by_asking_again() -> None:
    channel = greeted("first", "second")

    assert channel.receive(hello("first", 2), now=1) == []
    assert channel.epoch == "second"


def test_a_page_that_says_something_without_having_the_phone_is_told_so_at_once() -> None:
    channel = greeted("first", "second")

    assert numbers(channel.receive(batch(1, epoch="first"), now=1)) == [1]

    said = to(channel, "first", 1)
    assert (said["elsewhere"]["turn"], said["got"]["n"]) == (2, 1)


def test_a_person_takes_the_phone_to_a_page_once_for_each_time_of_asking() -> None:
    channel = greeted("first", "second")

    asked = channel.receive(hello("first", 2, kernel="kernel", here=2), now=1)
    channel.receive(hello("second", 2, kernel="kernel", here=2), now=2)
    repeated = channel.receive(hello("first", 3, kernel="kernel", here=2), now=3)

    assert isinstance(asked[0], Attached)
    assert asked[0].turned
    assert (repeated, channel.epoch) == ([], "second")


def test_a_wish_that_was_fulfilled_stays_so_whatever_comes_after_it_and_before_its_copy() -> None:
    channel = greeted("first", "second")
    wish = hello("first", 2, kernel="kernel", here=2)
    channel.receive(wish, now=1)
    channel.receive(hello("first", 3, kernel="kernel"), now=2)
    channel.receive(hello("second", 2, kernel="kernel", here=2), now=3)

    assert channel.receive(wish, now=4) == []


def test_a_wish_that_a_later_hello_has_overtaken_takes_the_phone_from_nobody() -> None:
    channel = greeted("first", "second")
    channel.receive(hello("first", 2, kernel="kernel", here=2), now=1)
    channel.receive(hello("first", 4, kernel="kernel"), now=2)
    channel.receive(hello("second", 2, kernel="kernel", here=2), now=3)

    late = channel.receive(hello("first", 3, kernel="kernel", here=3), now=4)

    assert (late, channel.epoch) == ([], "second")


def test_a_page_that_was_opened_long_ago_gets_the_phone_only_where_no_other_has_it() -> None:
    channel = Channel("kernel")
    channel.receive(hello("first", 7, here=0), now=0)
    events = channel.receive(hello("second", 7, here=0), now=0)

    assert (events, channel.epoch) == ([], "first")
    assert "elsewhere" in to(channel, "second", 0)


def test_a_page_that_an_earlier_kernel_knew_gets_the_phone_only_where_no_other_has_it() -> None:
    channel = Channel("kernel")
    channel.receive(hello("first", 7, kernel="an earlier one"), now=0)
    channel.receive(hello("second", 3, kernel="an earlier one"), now=0)

    assert channel.epoch == "first"
    assert "elsewhere" in to(channel, "second", 0)


def test_every_page_is_told_what_has_become_of_what_it_said() -> None:
    channel = greeted("first")
    channel.receive(batch(1, epoch="first"), now=0)
    channel.receive(hello("second"), now=0)
    channel.flush(now=0)

    channel.finish("first", 1, now=1)
    due = channel.wake(now=1)

    assert due is not None
    assert to(channel, "first", due)["got"] == {"t": "got", "n": 1, "done": 1}
    assert channel.wake(now=due) is None


def test_a_page_without_the_phone_that_asks_again_is_told_all_that_is_finished() -> None:
    channel = greeted("first")
    channel.receive(batch(1, 2, 3, epoch="first"), now=0)
    channel.receive(hello("second"), now=0)
    channel.finish("first", 2, now=1)
    channel.flush(now=2)  # lost

    channel.receive(hello("first", 2, kernel="kernel"), now=3)

    assert to(channel, "first", 3)["got"] == {"t": "got", "n": 3, "done": 0, "also": [[2, 2]]}


def test_a_page_that_gets_the_phone_is_not_told_that_it_is_elsewhere() -> None:
    channel = greeted("first", "second")
    channel.receive(batch(1, epoch="first"), now=1)

    channel.receive(hello("first", 2, kernel="kernel", here=2), now=1)

    assert "elsewhere" not in to(channel, "first", 1)


def test_saved_logs_go_to_the_next_page_whether_they_were_on_their_way_or_waited() -> None:
    channel = greeted("first")
    for log in ("on its way", "waits"):
        channel.push({"t": "post", "m": {"action": "createHistoryItem", "data": log}})
        channel.push({"t": "post", "m": {"action": "crmData", "data": log}})
        if log == "on its way":
            channel.flush(now=1)

    channel.receive(hello("second"), now=2)

    items = [item for content in contents(channel, 2) for item in content["items"]]
    posts = [item["m"] for item in items if item["t"] == "post"]
    assert [post["data"] for post in posts] == ["on its way", "waits"]
    assert {post["action"] for post in posts} == {"createHistoryItem"}


def test_what_another_page_holds_says_nothing_of_the_one_that_has_the_phone() -> None:
    channel = greeted("first", "second")
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)

    channel.receive(got(1, "first"), now=1)

    assert channel.owed


# ------------------------------------------------------------ how much at once
def silent(items: int) -> Channel:
    """A page that acknowledges nothing, and what it was to be sent meanwhile."""
    channel = greeted("page")
    for n in range(items):
        channel.push({"t": "show", "what": n})
        channel.flush(now=n)
    return channel


def test_so_many_items_are_on_their_way_at_most_and_the_rest_waits_for_its_turn() -> None:
    channel = silent(2 * WINDOW)
    now = 3.0 * WINDOW
    arrived: list[Any] = []

    channel.receive(hello("page", 2, kernel="kernel"), now=now)
    while messages := contents(channel, now):
        items = [item for content in messages for item in content["items"] if item["t"] == "show"]
        assert all(len(content["items"]) <= BATCH + 2 for content in messages)
        assert len(items) <= WINDOW
        if items:
            arrived += [item["what"] for item in items]
            channel.receive(got(items[-1]["seq"]), now=now)
        now += 1

    assert arrived == list(range(2 * WINDOW))


def test_what_the_page_holds_by_now_does_not_go_again() -> None:
    channel = greeted("page")
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)
    channel.receive(hello("page", 2, kernel="kernel"), now=2)

    channel.receive(got(1, "page"), now=2)

    assert "show" not in to(channel, "page", 2)
    assert channel.resent == 0


def test_of_settings_that_wait_only_the_last_ones_go() -> None:
    channel = greeted("page")
    for number in range(3):
        channel.set({"t": "set", "standing": {}, "name": number})

    items = [item for content in contents(channel, 1) for item in content["items"]]

    assert [item["name"] for item in items if item["t"] == "set" and "seq" in item] == [2]


def test_large_items_go_in_more_messages() -> None:
    channel = Channel()
    for _ in range(6):
        channel.push({"t": "show", "what": "x" * (BATCH_SIZE // 2 - 1000)})

    channel.receive(hello(), now=0)

    shown = [[i for i in c["items"] if i["t"] == "show"] for c in contents(channel, 0)]
    assert [len(items) for items in shown] == [2, 2, 2]


def test_what_expired_on_its_way_is_not_sent_again_but_its_number_is() -> None:
    channel = greeted("page")
    channel.push({"t": "post", "m": {"action": "clickToDialResponse"}, "exp": 5_000})
    channel.push({"t": "show", "what": "a"})
    channel.flush(now=1)

    channel.receive(hello("page", 2, kernel="kernel"), now=6)

    items = [item for content in contents(channel, 6) for item in content["items"]]
    assert {"t": "skip", "seq": 1} in items
    assert {"t": "show", "what": "a", "seq": 2} in items
    assert "post" not in [item["t"] for item in items]


def test_a_page_that_takes_nothing_is_kept_so_much_and_every_saved_log() -> None:
    channel = silent(WINDOW)
    history = {"t": "post", "m": {"action": "createHistoryItem"}}
    channel.push(history)
    for n in range(ROOM + 100):
        channel.push({"t": "show", "what": n})

    assert len(channel._out._waiting) == ROOM
    assert channel._out._waiting[0][0] == history
    assert channel._out._waiting[-1][0]["what"] == ROOM + 99


def test_what_expires_while_it_waits_does_not_pile_up() -> None:
    channel = silent(WINDOW)
    for n in range(LONG // 4):
        channel.push({"t": "post", "m": {"action": "a"}, "exp": WINDOW * 1000 + n})
        channel.flush(now=WINDOW + n)

    assert len(channel._out._waiting) < LONG // 8


@pytest.mark.parametrize("waiting", [0, WINDOW, ROOM])
def test_a_flush_looks_at_what_is_due_and_at_nothing_else(
    waiting: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = silent(0)
    for n in range(waiting):
        channel.push({"t": "show", "what": n})
    channel.flush(now=0)
    looked: list[Any] = []
    over = "crmwidget.core._outgoing.is_over"
    monkeypatch.setattr(over, lambda item, at: looked.append(item) or False)

    channel.push({"t": "show", "what": "new"})
    channel.flush(now=LATE / 2)

    assert len(looked) <= 1
