"""What is kept in memory: the newest, by number and by bytes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget import Handlers
from crmwidget.client.interactions import Interactions
from crmwidget.safety.bounded import Bounded, size_of
from crmwidget.testing import Connector, interaction_log
from crmwidget.traffic import Traffic
from tests.client.test_order import Page, message


def kept(items: Bounded[Any]) -> list[Any]:
    return list(items)


def test_the_newest_stay_and_the_others_are_counted() -> None:
    bounded = Bounded[int](3, 10**9)
    for n in range(5):
        bounded.add(n, None)

    assert kept(bounded) == [2, 3, 4]
    assert (len(bounded), bounded.forgotten, bounded[-1], bounded[1:]) == (3, 2, 4, [3, 4])


def test_what_is_over_the_bytes_goes_but_never_the_newest() -> None:
    bounded = Bounded[str](100, 10_000)
    bounded.add("small", "x")
    bounded.add("half", "x" * 6_000)
    bounded.add("large", "x" * 50_000)
    alone = kept(bounded)
    bounded.add("small again", "y")

    assert alone == ["large"]
    assert kept(bounded) == ["small again"]
    assert bounded.forgotten == 3


def test_what_many_hold_counts_once() -> None:
    directory = b"x" * 9_000
    bounded = Bounded[int](4, 10_000)
    for n in range(20):
        bounded.add(n, directory)
    shared = kept(bounded)
    bounded.add(20, b"y" * 2_000)

    assert shared == [16, 17, 18, 19]
    assert kept(bounded) == [20]  # all four go before that one object is free


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 400)), max_size=60))
def test_the_bytes_that_are_counted_are_those_that_are_held(adds: list[tuple[int, int]]) -> None:
    objects = [bytes(100 * (n + 1)) for n in range(4)]
    bounded = Bounded[int](7, 1_000)
    for which, fresh in adds:
        bounded.add(which, objects[which] if fresh % 2 else bytes(fresh))

    left = {id(held): size for _, held, size in bounded._items if size}
    assert bounded._bytes == sum(size for _, _, size in bounded._items)
    assert len(left) == sum(1 for _, _, size in bounded._items if size)
    assert bounded._bytes <= 1_000 or len(bounded) == 1


def test_a_value_is_weighed_with_all_that_is_inside() -> None:
    text = "x" * 1_000

    assert size_of({"a": [text, {"b": text + "y"}]}) > 2_000
    assert size_of(b"x" * 1_000) == sys.getsizeof(b"x" * 1_000)
    shared: Any = ["x" * 1_000]
    for _ in range(100):  # 2 to the power of 100 ways lead to that text
        shared = [shared, shared]
    shared.append(shared)
    assert 1_000 < size_of(shared) < 20_000
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert size_of(deep) > 100_000


@pytest.mark.parametrize("size", [100_000, 250_000])
def test_large_messages_and_logs_do_not_fill_the_memory(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmwidget.traffic._log.BYTES", 1_000_000)
    monkeypatch.setattr("crmwidget.client.interactions.BYTES", 1_000_000)
    traffic, interactions = Traffic(), Interactions()
    from datetime import UTC, datetime

    from crmwidget.client.interactions import Entry

    for n in range(30):
        log = interaction_log(comments=str(n) * size)
        traffic.add("received", log.action, log.raw, at=datetime.now(UTC))
        interactions.add(Entry(log, "simulator", datetime.now(UTC)))

    most = 1_000_000 // size
    assert 1 <= len(traffic) <= most
    assert 1 <= len(interactions) <= most
    assert traffic.forgotten == 30 - len(traffic)
    assert f"{interactions.forgotten} older ones forgotten" in repr(interactions)


def test_large_messages_that_failed_are_not_kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.client.handler_errors.MESSAGES", 1_000_000)
    handlers = Handlers()

    @handlers.on_save_log
    def save(log: Any) -> None:
        raise OSError(log.topic)

    with Connector(handlers) as connector:
        errors = connector.errors
        for n in range(10):
            with pytest.raises(OSError, match=str(n)):
                connector.send(interaction_log(topic=str(n), comments="x" * 400_000))
        large = [str(failure.error) for failure in errors]
        with pytest.raises(OSError, match="huge"):
            connector.send(interaction_log(topic="huge", comments="x" * 4_000_000))

    assert large == ["8", "9"]
    assert [str(failure.error) for failure in errors] == ["huge"]


def test_what_the_panel_can_ask_about_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.client._inbox.CHARACTERS", 10_000)
    with Connector(Handlers()) as connector:
        page = Page(connector)
        page.say(*[message("agentState", str(n) * 3_000) for n in range(8)])

        recent = [job.message.raw[0] for job in page.client.inbox.recent("page")]

    assert recent == ["5", "6", "7"]
