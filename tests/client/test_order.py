"""A client in memory and a page of the wire: order, and what came before this kernel."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.core._outgoing import survives
from crmwidget.errors import MessageRefusedError
from crmwidget.testing import (
    Connector,
    interaction_log,
    ready,
    screen_pop,
)
from tests.client.known import notices, until

if TYPE_CHECKING:
    from crmwidget import Handlers


def test_two_of_one_action_never_overlap_and_start_in_order(
    handlers: Handlers, connector: Connector
) -> None:
    running: list[str] = []

    @handlers.on_screen_pop
    async def pop(message: Any) -> None:
        running.append(f"begin {message.caller}")
        await asyncio.sleep(0.01)
        running.append(f"end {message.caller}")

    client = connector._client
    jobs = [client.deliver("requestPerformInteractionScreenPop", {"aniValues": [n]}) for n in "123"]

    assert all(job.wait(10) for job in jobs)
    assert running == [f"{what} {n}" for n in "123" for what in ("begin", "end")]


def test_handlers_start_in_order_of_arrival_whether_they_are_coroutines_or_not(
    handlers: Handlers, connector: Connector
) -> None:
    started: list[str] = []

    @handlers.on_save_log
    async def save(log: Any) -> None:
        started.append("save")

    handlers.on_open_reports(lambda: started.append("reports"))
    client = connector._client
    log = interaction_log()
    jobs = []
    for _ in range(50):
        jobs.append(client.deliver(log.action, log.raw))
        jobs.append(client.deliver("requestOpenReports"))

    assert all(job.wait(10) for job in jobs)
    assert started == ["save", "reports"] * 50


class Page:
    """What a page sends over the comm, and what it is sent."""

    def __init__(self, connector: Connector, epoch: str = "page") -> None:
        self.client = connector._client
        self.epoch = epoch
        self.items: list[dict[str, Any]] = []
        self.posted = threading.Event()
        """A history item has arrived."""
        self._seq = 0
        hello = {"t": "hello", "n": 1, "v": 1, "lowest": 1, "kernel": None, "got": 0, "facts": {}}
        self.say({**hello, "at": time.time() * 1000})

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.items += content["items"]
        if any(survives(item) for item in content["items"]):
            self.posted.set()

    def say(self, *items: dict[str, Any]) -> None:
        numbered = []
        for item in items:
            if item["t"] != "hello":
                self._seq += 1
            numbered.append({"seq": self._seq, "at": time.time() * 1000, **item})
        self.client.receive(self, {"crm": 1, "epoch": self.epoch, "items": numbered})


def message(action: str, data: object = None) -> dict[str, Any]:
    text = json.dumps({"type": "CRMConnectMessage", "action": action, "data": data})
    return {"t": "msg", "m": text}


def test_a_command_is_through_when_what_it_caused_is_though_both_came_in_one_batch(
    handlers: Handlers, connector: Connector
) -> None:
    saved: list[str] = []
    handlers.on_save_log(lambda log: saved.append(log.topic))
    page = Page(connector)
    future = page.client.command("end", {})
    log = interaction_log()

    page.say(
        message(log.action, log.raw),
        {"t": "note", "what": "sim", "detail": {"id": 1, "ok": True, "state": {"phase": "idle"}}},
    )

    assert future.result(10) == {"phase": "idle"}
    assert saved == ["Renewal"]


def test_an_answer_names_the_document_that_asked_and_a_history_item_does_not(
    handlers: Handlers, connector: Connector
) -> None:
    handlers.on_save_log(lambda log: 1)
    page = Page(connector)
    log = interaction_log()
    page.say(
        {"t": "note", "what": "loaded", "detail": {"loads": 3}},
        {**message("requestGetCrmDirectory"), "load": 3},
        {**message(log.action, log.raw), "load": 3},
    )
    assert page.posted.wait(10)

    loads = {i["m"]["action"]: i.get("load") for i in page.items if i["t"] == "post"}
    assert loads == {"crmDirectory": 3, "createHistoryItem": None}


FIELDS = {"object": {"voice": ["case"], "digital": []}}


def test_an_answer_is_for_the_document_that_asked_though_the_kernel_hears_of_it_after_a_reload(
    handlers: Handlers, connector: Connector
) -> None:
    handlers.on_custom_fields(lambda fields: {"case": "4711"})
    page = Page(connector)  # a kernel that was restarted: the frame has been reloaded since
    page.client.facts["loads"] = 2

    page.say(
        message("requestGetCrmDirectory"),
        {**message("requestCustomFieldsValues", FIELDS), "load": 2},
    )
    until(lambda: len([i for i in page.items if i["t"] == "post"]) == 2)

    loads = {i["m"]["action"]: i.get("load") for i in page.items if i["t"] == "post"}
    assert loads == {"crmDirectory": 1, "customFieldsDataResponse": 2}


def test_what_came_before_this_kernel_and_is_too_old_is_missed_but_a_log_is_not(
    handlers: Handlers, connector: Connector
) -> None:
    ran: list[str] = []
    handlers.on_screen_pop(lambda pop: ran.append("pop"))
    handlers.on_click_to_dial(lambda change: ran.append("dial"), timeout=None)
    handlers.on_save_log(lambda log: ran.append("log"))
    page = Page(connector)
    log = interaction_log()
    old = (time.time() - 3600) * 1000

    page.say(
        {**message("requestPerformInteractionScreenPop", {"aniValues": ["1"]}), "at": old},
        {**message("requestEnableClickToDial", {"isEnabled": True}), "at": old},
        {**message(log.action, log.raw), "at": old},
    )
    connector.send(screen_pop("2"))

    assert ran == ["dial", "log", "pop"]
    assert page.client.session.can_dial
    assert "missed" in page.client.traffic[0].problems[0]
    assert "1 messages came while no kernel was there" in page.client.panel.warnings["missed"]


def test_a_message_that_python_cannot_read_is_counted_and_the_next_one_is_handled(
    connector: Connector,
) -> None:
    page = Page(connector)

    page.say({"t": "msg", "m": "[" * 5000}, {"t": "msg", "m": "3"}, message("ready"))

    directions = [entry.direction for entry in page.client.traffic]
    assert directions[:3] == ["rejected", "rejected", "received"]


def test_a_reply_is_for_the_page_that_asked_and_a_history_item_for_any(
    handlers: Handlers, connector: Connector
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    @handlers.on_custom_fields
    def fields(question: Any) -> dict[str, str]:
        asked.set()
        go_on.wait(60)
        return {"case": "Case"}

    handlers.on_save_log(lambda log: 1)
    page, log = Page(connector), interaction_log()
    question = {"object": {"voice": ["case"], "digital": []}}
    page.say(message("requestCustomFieldsValues", question), message(log.action, log.raw))
    assert asked.wait(60)
    other = Page(connector, "other")
    go_on.set()
    assert other.posted.wait(60)
    other.say(message("requestCustomFieldsValues", question))
    traffic = page.client.traffic
    until(lambda: [e.answered_by for e in traffic].count("your handler fields()") == 2)
    until(lambda: not page.client.channel._out._waiting)

    posted = [item["m"]["action"] for item in other.items if item["t"] == "post"]
    assert sorted(posted) == ["createHistoryItem", "customFieldsDataResponse"]
    first = next(e for e in page.client.traffic if e.action == "requestCustomFieldsValues")
    assert "another page" in first.problems[0]


@pytest.mark.parametrize(
    ("reason", "limit", "told"),
    [
        ("size", 262_144, "it is too large"),
        ("depth", 100, "it is too large"),
        ("nodes", 20_000, "it is too large"),
        ("rate", 2_000, "too many messages came"),
    ],
)
def test_what_the_page_could_not_take_is_told_to_agent_and_notebook(
    connector: Connector, reason: str, limit: int, told: str
) -> None:
    page = Page(connector)
    action = "requestSaveInteractionLog"
    detail = {"over": [{"action": action, "reason": reason, "limit": limit}]}

    page.say({"t": "note", "what": "rejected", "n": 1, "detail": detail})
    until(lambda: len(page.client.errors) and notices(connector))

    (failure,) = page.client.errors
    assert isinstance(failure.error, MessageRefusedError)
    assert f"{limit:,}" in failure.summary
    assert repr(failure).startswith("<the page for requestSaveInteractionLog: MessageRefusedError")
    assert notices(connector) == [f"Saving the call log failed: {told}."]
    assert str(failure.error) in page.client.panel.warnings.values()


def test_the_observer_sees_every_message_and_costs_none(
    handlers: Handlers, connector: Connector
) -> None:
    seen: list[str] = []

    @handlers.on("*")
    def every(message: Any) -> None:
        seen.append(message.action)
        raise RuntimeError("an observer's own trouble")

    connector.send(ready())
    connector.ask("directory")

    assert seen == ["ready", "requestGetCrmDirectory"]


def test_an_unknown_action_reaches_its_handler(handlers: Handlers, bare: Connector) -> None:
    seen: list[Any] = []
    with pytest.warns(UserWarning, match="no known action"):
        handlers.on("agentStateChanged", lambda m: seen.append(m.raw))

    bare.send("agentStateChanged", {"state": "Ready"})

    assert seen == [{"state": "Ready"}]


def test_traffic_is_redacted_unless_asked_otherwise(connector: Connector) -> None:
    connector.send(screen_pop("+12025550143"))

    traffic = connector.traffic
    assert "2025550143" not in repr(traffic) + repr(list(traffic)) + str(traffic[0].data)
    assert "2025550143" not in str(traffic.to_frame("polars")["data"].to_list())
    assert "2025550143" in str(traffic.to_frame("polars", redacted=False)["data"].to_list())
