"""A client in memory: interaction logs are saved, wait, and are tried again."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import pytest

from crmwidget import Handlers, HistoryItem
from crmwidget.client._threads import Worker
from crmwidget.errors import HandlerTimeoutError, MessageRefusedError, PhoneClosedError
from crmwidget.handlers.resolver import Resolver
from crmwidget.safety.bounded import size_of
from crmwidget.testing import (
    Connector,
    interaction_log,
    ready,
)
from tests.client.known import notices, until
from tests.client.test_order import Page, message


@pytest.mark.parametrize("returned", [7, "task-1", HistoryItem("task-1", {"note": "kept"})])
def test_a_saved_log_becomes_a_history_item(
    handlers: Handlers, connector: Connector, returned: Any
) -> None:
    handlers.on_save_log(lambda log: returned)
    log = interaction_log(header={"h": 1}, comments="Wants the yearly plan")

    connector.send(log)

    (sent,) = connector.received
    assert sent.action == "createHistoryItem"
    assert sent.data["taskId"] == getattr(returned, "task_id", returned)
    assert sent.data["data"]["message"] == log.raw["message"]  # type: ignore[index]
    assert sent.data["data"]["msgData"] == log.raw
    if isinstance(returned, HistoryItem):
        assert sent.data["data"]["logParameters"] == {"note": "kept"}
    assert len(connector.journal) == 0


def test_a_log_that_returned_nothing_is_saved_without_history(
    handlers: Handlers, connector: Connector
) -> None:
    handlers.on_save_log(lambda log: None)

    connector.send(interaction_log())

    assert connector.received == []
    assert connector._client.interactions.to_frame("polars")["state"].to_list() == ["done"]


@pytest.mark.parametrize("returned", [3.5, True, {"id": 1}, object()])
def test_a_log_whose_handler_returned_the_wrong_thing_is_saved_and_warned_of(
    handlers: Handlers, connector: Connector, returned: Any
) -> None:
    handlers.on_save_log(lambda log: returned)

    with pytest.warns(UserWarning, match="not listed in the history"):
        connector.send(interaction_log())

    assert connector.received == []
    assert "counts as saved" in connector._client.panel.warnings["answers"]
    assert len(connector.journal) == 0


def test_a_log_that_was_not_saved_waits_and_is_tried_again_with_the_same_key(
    handlers: Handlers, connector: Connector
) -> None:
    keys: list[str] = []
    saved = threading.Event()

    @handlers.on_save_log
    def save(log: Any) -> int:
        keys.append(log.key)
        if len(keys) == 1:
            raise OSError("the CRM is down")
        saved.set()
        return 1

    with pytest.raises(OSError, match="down"):
        connector.send(interaction_log())
    journal = connector.journal
    assert [e.state for e in journal.failed] == ["failed"]
    assert notices(connector) == ["Saving the call log failed. The log is kept."]
    with pytest.raises(PhoneClosedError, match="not saved yet"):
        connector._client.close()

    assert journal.retry() == 1

    assert saved.wait(10)
    assert keys[0] == keys[1]


def test_a_log_that_nobody_saves_waits_for_a_handler(
    handlers: Handlers, connector: Connector
) -> None:
    connector.send(interaction_log(comments="before"))
    assert len(connector.journal.pending) == 1
    saved = threading.Event()

    handlers.on_save_log(lambda log: saved.set())

    assert saved.wait(10)


def parked(count: int, connector: Connector, handlers: Handlers) -> list[str]:
    """So many logs wait, and their handler has just been registered: what it has saved so far."""
    saved: list[str] = []
    client = connector._client
    for number in range(count):
        connector.send(interaction_log(interaction_id=str(number)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "revive", lambda: None)
        handlers.on_save_log(lambda log: saved.append(log.interaction_id))
    return saved


def test_a_log_does_not_overtake_those_that_are_being_taken_up_again(
    handlers: Handlers, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, saved = connector._client, parked(3, connector, handlers)
    pressed = Worker.pressed.fget  # type: ignore[attr-defined]

    def between(worker: Worker) -> bool:
        """Another thread, where the handler was registered, comes between two looks at the logs."""
        value = bool(pressed(worker))
        with client.lock:
            client.revive()
        return value

    monkeypatch.setattr(Worker, "pressed", property(between))

    last = interaction_log(interaction_id="3")
    client.deliver(last.action, last.raw)

    until(lambda: len(saved) == 4)
    assert saved == ["0", "1", "2", "3"]


def test_a_handler_that_comes_while_logs_are_taken_up_takes_all_of_them_in_order(
    handlers: Handlers, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, saved = connector._client, parked(4, connector, handlers)
    asked, answerer = itertools.count(), Resolver.answerer
    monkeypatch.setattr(
        Resolver,
        "answerer",
        lambda sources, action: answerer(sources, action) if next(asked) > 1 else None,
    )

    for _ in range(3):  # what comes after it, in another thread, looks again
        with client.lock:
            client.revive()

    until(lambda: len(saved) == 4)
    assert saved == ["0", "1", "2", "3"]


def test_waiting_logs_can_be_discarded(connector: Connector) -> None:
    connector.send(interaction_log())

    assert connector.journal.discard() == 1
    assert len(connector.journal) == 0


def test_a_simulated_log_never_reaches_the_handler_of_a_real_connector(
    handlers: Handlers, connector: Connector
) -> None:
    reached: list[object] = []
    connector.send(interaction_log())
    connector._client.connector = "https://connector.example.com"

    handlers.on_save_log(reached.append)
    connector.send(ready())

    assert reached == []
    assert len(connector.journal.pending) == 1


@pytest.mark.parametrize("fails", [False, True])
def test_a_log_that_is_late_and_still_being_saved_is_not_saved_beside_that(
    handlers: Handlers, connector: Connector, fails: bool
) -> None:
    go_on, saving = threading.Event(), [0, 0]

    @handlers.on_save_log(timeout=0.2)
    def save(log: Any) -> int:
        saving[0] += 1
        saving[1] = max(saving[1], saving[0])
        saved.append(log.key)
        go_on.wait(60)
        saving[0] -= 1
        if fails and len(saved) == 1:
            raise ConnectionError("the CRM is away")
        return len(saved)

    saved: list[str] = []
    journal = connector.journal
    with pytest.raises(HandlerTimeoutError):
        connector.send(interaction_log())
    assert journal.retry() == 1
    assert journal.discard() == 0
    assert connector.ask("directory")["count"] == "3"
    assert len(saved) == 1
    go_on.set()

    until(lambda: len(journal) == 0)
    assert saving[1] == 1
    assert saved == [saved[0]] * (2 if fails else 1)
    items = [sent for sent in connector.received if sent.action == "createHistoryItem"]
    assert len(items) == 1


def bounded(monkeypatch: pytest.MonkeyPatch, logs: int) -> None:
    """There is room for so many logs that are not saved."""
    weight = size_of(interaction_log().raw)
    monkeypatch.setattr("crmwidget.client.journal._held.ROOM", logs * weight + weight // 2)


def test_a_log_for_which_there_is_no_room_is_refused_aloud_and_none_that_waits_is_lost(
    handlers: Handlers, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, 3)
    page = Page(connector)
    page.say(*[message(log.action, log.raw) for log in [interaction_log()] * 5])
    until(lambda: notices(connector))
    client = page.client
    waiting = [e.key for e in client.journal.pending]
    problems = [e.problems for e in client.traffic if e.direction == "received"]
    errors = [failure.error for failure in client.errors]

    handlers.on_save_log(lambda log: 1)
    until(lambda: len(client.journal) == 0)
    page.say(message(interaction_log().action, interaction_log().raw))
    # The page keeps what waits, and forgets what was refused
    until(lambda: [item for item in page.items if item["t"] == "got"][-1]["done"] == 6)

    assert waiting == [f"page/{n}" for n in (1, 2, 3)]
    assert problems == [()] * 3 + [("refused: too many logs wait to be saved",)] * 2
    assert [type(error) for error in errors] == [MessageRefusedError]  # of two at once one is told
    assert "would take more than" in str(errors[0])
    assert notices(connector) == [
        "Saving the call log failed: too many call logs wait to be saved."
    ]
    assert [each.key for each in client.interactions] == [f"page/{n}" for n in (1, 2, 3, 6)]


def test_a_log_that_an_earlier_kernel_may_have_taken_finds_room(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(monkeypatch, 1)
    page = Page(connector)
    log = interaction_log()
    before = (time.time() - 60) * 1000

    page.say(*[{**message(log.action, log.raw), "at": before}] * 4)

    assert len(page.client.journal.pending) == 4
    page.say(message(log.action, log.raw))
    assert len(page.client.journal.pending) == 4
