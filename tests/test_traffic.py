"""Traffic: every message as data, with the time that each stage took."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.testing import Connector, screen_pop
from crmwidget.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTACTS = [{"id": "C-1", "name": "Bo Larsen", "phone": "+1 202 555 0143"}]
USER = {
    "callCenterSettings": {},
    "currentUser": {
        "attributes": {"type": "agent"}, "Name": "Ada Marsh", "Username": "ada", "Id": "1",
        "LanguageLocaleKey": "en-US",
    },
}  # fmt: skip


class Page:
    """A page that says what it is told to, and when it sent it."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.seq = 0
        facts = {"shown": True, "acked": True, "configured": True}
        self._send([{"t": "hello", "n": 1, "v": 1, "lowest": 1, "facts": facts, "at": _ms()}])

    def send(self, content: Any, buffers: Any) -> None:
        """The kernel's messages are of no interest."""

    def say(self, action: str, *, waited: float = 0.0, answered: bool = False) -> None:
        self.seq += 1
        item = {
            "t": "msg",
            "seq": self.seq,
            "at": _ms() - waited,
            "m": json.dumps({"action": action}),
        }
        self._send([{**item, "answered": True} if answered else item])

    def _send(self, items: list[Any]) -> None:
        self.client.receive(self, {"crm": 1, "epoch": "e", "at": _ms(), "items": items})


def _ms() -> float:
    return time.time() * 1000


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def connector(handlers: Handlers) -> Iterator[Connector]:
    with Connector(handlers, directory=CONTACTS, crm_data=USER, region="US") as made:
        yield made


def test_what_the_page_answered_stands_as_a_reply(handlers: Handlers) -> None:
    client = Client("traffic-page", handlers)
    client.sources.crm_data = "crmData of the phone"
    client.session.crm_data = {"currentUser": {"Id": "1"}}
    page = Page(client)

    page.say("ready", answered=True)
    page.say("requestCrmData", answered=True)
    client.close(force=True)

    found = [(e.direction, e.action, e.re, e.answered_by) for e in client.traffic]
    assert ("sent", "ready", 1, "the page") in found
    assert ("sent", "crmData", 3, "the page") in found


def test_the_time_in_the_page_and_until_the_handler_is_told(handlers: Handlers) -> None:
    client = Client("traffic-times", handlers)
    handlers.on("*")(lambda message: None)
    page = Page(client)

    page.say("requestOpenReports", waited=40.0)
    page.say("requestCrmData", waited=40.0, answered=True)
    client.runner._worker.submit(lambda: None)
    client.close(force=True)
    client.runner._worker._thread.join(10)  # type: ignore[union-attr]

    entry = client.traffic[0]
    assert entry.page is not None
    assert 39 < entry.page < 2_000
    assert entry.channel is not None
    assert entry.channel >= 0
    answered = next(e for e in client.traffic if e.action == "requestCrmData")
    assert (answered.page, answered.channel is None) == (None, False)


def test_a_failed_handler_is_told_with_its_error(connector: Connector, handlers: Handlers) -> None:
    @handlers.on_screen_pop
    def pop() -> None:
        raise LookupError("no +12025550143 here")

    with pytest.raises(LookupError):
        connector.send(screen_pop("+12025550143"))

    entry = connector.traffic[0]
    assert entry.error is not None
    assert entry.error.startswith("LookupError: no <phone")
    assert entry.milliseconds is not None
    assert connector.traffic.counts["failed"] == 1


def test_what_was_shown_is_told_by_its_id(connector: Connector) -> None:
    connector.send(screen_pop("+12025550143"))
    connector.send(screen_pop("+13125550199"))

    shown = [e.shown for e in connector.traffic if e.direction == "received"]
    assert shown == [("C-1",), ()]


def test_latency_has_a_row_for_each_action_and_stage(connector: Connector) -> None:
    for _ in range(20):
        connector.send(screen_pop("+12025550143"))

    frame = connector.traffic.latency("polars")

    assert frame.columns == ["action", "stage", "count", "p50", "p95", "longest"]
    assert frame["stage"].to_list() == ["queue", "handler", "kernel"]
    assert frame["count"].to_list() == [20, 20, 20]
    assert all(row["p50"] <= row["p95"] <= row["longest"] for row in frame.iter_rows(named=True))


def test_quantiles_are_values_that_were_seen() -> None:
    traffic = Traffic()
    for ms in (5.0, 1.0, 2.0, 4.0, 3.0):
        traffic.add("received", "a", None, at=None).milliseconds = ms  # type: ignore[arg-type]

    row = traffic.latency("polars").row(0, named=True)

    assert (row["p50"], row["p95"], row["longest"]) == (3.0, 5.0, 5.0)


def test_empty_frames_have_their_columns() -> None:
    assert Traffic().latency("polars").columns[:2] == ["action", "stage"]
    assert "handler" in Traffic().to_frame("polars").columns


def test_the_sequence_is_a_diagram_without_data(connector: Connector) -> None:
    connector.send("ready")
    connector.send(screen_pop("+12025550143"))
    connector.send("evil\nNote over C: <img src=x>;drop", {"phone": "+12025550143"})

    diagram = connector.traffic.sequence()
    bundle = diagram._repr_mimebundle_()

    assert bundle["text/vnd.mermaid"] == str(diagram)
    lines = str(diagram).splitlines()
    assert lines[0] == "sequenceDiagram"
    assert "    C->>P: requestPerformInteractionScreenPop" in lines
    assert "    P->>C: ready" in lines
    assert "0143" not in str(diagram)
    assert "<img" not in str(diagram)
    assert not [line for line in lines if line.startswith("Note")]


def test_only_the_last_messages_are_drawn_and_the_rest_is_said(connector: Connector) -> None:
    for _ in range(50):
        connector.send("ready")

    diagram = str(connector.traffic.sequence(last=10))

    assert "90 earlier messages" in diagram
    assert diagram.count("C->>P: ready") == diagram.count("K->>P: ready") == 5


def test_the_plot_stacks_the_stages_of_each_action(connector: Connector) -> None:
    connector.send("ready")
    connector.send(screen_pop("+12025550143"))

    chart = connector.traffic.plot().to_dict()

    values = chart["data"]["values"]
    assert {row["action"] for row in values} == {"ready", "requestPerformInteractionScreenPop"}
    assert chart["encoding"]["color"]["scale"]["domain"] == ["queue", "handler"]
    assert "0143" not in json.dumps(chart)
