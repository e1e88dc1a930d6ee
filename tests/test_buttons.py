"""What the kernel does for a person at the panel: traces, a message run again, a diagnosis."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.client._inbox import RECENT
from crmwidget.testing import Connector, interaction_log

if TYPE_CHECKING:
    from collections.abc import Iterator

POP = "requestPerformInteractionScreenPop"
CONTACTS = [{"id": "C-1", "name": "Bo Larsen", "phone": "+1 202 555 0143"}]


class Page:
    """A page with a person at it."""

    def __init__(self, connector: Connector, epoch: str = "page") -> None:
        self.client = connector._client
        self.epoch = epoch
        self.shown: list[dict[str, Any]] = []
        self._seq = 0
        self._got = 0
        self._asked = 0
        self._arrived = threading.Condition()
        self.take_phone()

    def take_phone(self) -> None:
        """A person wants it on this page."""
        self._asked += 1
        hello = {"t": "hello", "v": 1, "lowest": 1, "kernel": None, "got": 0, "facts": {}}
        wish = {"n": self._asked, "here": self._asked, "at": time.time() * 1000}
        self._send([{**hello, **wish}])

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        if content["epoch"] != self.epoch:
            return
        with self._arrived:
            for item in content["items"]:
                if item.get("seq", 0) > self._got:
                    self._got = item["seq"]
                    self.shown += [item] if item["t"] == "show" else []
            self._arrived.notify_all()

    def message(self, action: str, data: object = None) -> int:
        self._seq += 1
        text = json.dumps({"type": "CRMConnectMessage", "action": action, "data": data})
        self._send([{"t": "msg", "seq": self._seq, "at": time.time() * 1000, "m": text}])
        return self._seq

    def press(self, what: str, *, ago: float = 0, **args: object) -> None:
        """`ago`: seconds before now."""
        self._seq += 1
        at = (time.time() - ago) * 1000
        self._send([{"t": "do", "seq": self._seq, "at": at, "what": what, "args": args}])

    def wait(self, what: str, count: int = 1) -> list[Any]:
        """The data of so many `show`s."""

        def found() -> list[Any]:
            return [item["data"] for item in self.shown if item["what"] == what]

        with self._arrived:
            assert self._arrived.wait_for(lambda: len(found()) >= count, 10), self.shown
            return found()

    def settle(self) -> None:
        """Until what was said so far is through."""
        done = threading.Event()
        self.client.runner.later(done.set)
        assert done.wait(10)

    def _send(self, items: list[dict[str, Any]]) -> None:
        content = {"crm": 1, "epoch": self.epoch, "at": time.time() * 1000, "items": items}
        self.client.receive(self, content)


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def connector(handlers: Handlers) -> Iterator[Connector]:
    with Connector(handlers, directory=CONTACTS, region="US") as made:
        yield made


@pytest.fixture
def page(connector: Connector) -> Page:
    return Page(connector)


# ---------------------------------------------------------------- traces
def test_whoever_looks_is_told_what_became_of_each_message(handlers: Handlers, page: Page) -> None:
    handlers.on_screen_pop(lambda pop: pop.caller and 1 / 0)
    page.press("watch", on=True)

    seq = page.message("REQUESTopenreports")
    failed = page.message(POP, {"aniValues": ["+12025550143"]})

    traces = {trace["seq"]: trace for (trace,) in page.wait("trace", 3)}
    assert traces[seq]["problems"] == [
        "the action is spelt in another case, read as requestOpenReports [I]"
    ]
    assert traces[failed]["error"].startswith("ZeroDivisionError")
    assert set(traces[failed]["stages"]) == {"page", "channel", "queue", "handler"}


def test_nobody_is_told_while_nobody_looks(page: Page) -> None:
    page.message(POP, {"aniValues": ["1"]})
    page.press("watch", on=True)
    page.press("watch", on=False)
    page.message(POP, {"aniValues": ["2"]})
    page.settle()

    assert len([item for item in page.shown if item["what"] == "trace"]) <= 1


def test_what_came_before_is_told_at_once_up_to_a_bound(page: Page) -> None:
    seqs = [page.message("ready") for _ in range(RECENT + 20)]
    page.settle()

    page.press("watch", on=True)

    (traces,) = page.wait("trace")
    assert [trace["seq"] for trace in traces] == seqs[20:]


def test_a_page_is_told_of_its_own_messages_though_another_page_has_the_same_numbers(
    connector: Connector, page: Page
) -> None:
    seqs = [page.message("ready") for _ in range(3)]
    other = Page(connector, "other")
    for _ in range(2):
        other.message("ready")
    page.take_phone()
    page.settle()

    page.press("watch", on=True)

    (traces,) = page.wait("trace")
    assert [trace["seq"] for trace in traces] == seqs


def test_a_card_of_a_page_that_was_reloaded_runs_its_own_message_again(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    ran: list[str] = []
    handlers.on_screen_pop(lambda pop: ran.append("pop"))
    handlers.on_open_reports(lambda: ran.append("reports"))
    seq = page.message(POP, {"aniValues": ["+12025550143"]})
    page.settle()
    card = page.wait("record")[-1]["id"]
    reloaded = Page(connector, "reloaded")
    assert reloaded.message("requestOpenReports") == seq
    page.settle()

    reloaded.press("run_again", record=card)

    page.settle()
    page.settle()
    assert ran == ["pop", "reports", "pop"]


def test_an_error_of_a_message_of_another_page_names_no_number_of_this_one(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    going = threading.Event()

    def fail(pop: object) -> None:
        assert going.wait(60)
        raise KeyError("plan")

    handlers.on_screen_pop(fail)
    page.message(POP, {"aniValues": ["+12025550143"]})
    other = Page(connector, "other")
    going.set()

    other.wait("failed")

    (failed,) = [item for item in other.shown if item["what"] == "failed"]
    assert "re" not in failed


def test_a_slow_handler_does_not_keep_the_list_waiting(handlers: Handlers, page: Page) -> None:
    going = threading.Event()
    handlers.on_screen_pop(lambda pop: going.wait(10))
    page.message("ready")
    page.settle()
    page.message(POP, {"aniValues": ["1"]})

    page.press("watch", on=True)

    assert page.wait("trace")[0][0]["seq"] == 1
    going.set()


def test_another_page_that_nobody_looks_at_is_told_nothing(
    connector: Connector, page: Page
) -> None:
    page.press("watch", on=True)
    other = Page(connector, "other")

    other.message("ready")
    other.settle()

    assert [item for item in other.shown if item["what"] == "trace"] == []


def test_a_log_that_nobody_saves_is_told_as_waiting(page: Page) -> None:
    page.press("watch", on=True)
    log = interaction_log()

    seq = page.message(log.action, log.raw)

    ((trace,),) = page.wait("trace")
    assert (trace["seq"], trace["by"], trace["error"]) == (seq, None, None)


# ---------------------------------------------------------------- run again
def test_an_edited_message_meets_todays_handler_and_no_connector(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    seen: list[str] = []

    @handlers.on_screen_pop
    def pop(message: Any) -> Any:
        seen.append(message.caller)
        return connector._client.sources.find(message.ani_values)

    page.press("run_message", ask=7, action=POP, data={"aniValues": ["2025550143"]})

    (ran,) = page.wait("ran")
    assert seen == ["2025550143"]
    assert (ran["ask"], ran["shown"], ran["error"]) == (7, ["C-1"], None)
    assert ran["by"] == "your handler pop()"
    assert connector.received == []
    assert connector.record is None
    assert len(connector.traffic) == 0


def test_what_it_would_answer_is_shown(page: Page) -> None:
    page.press("run_message", ask=1, action="requestGetCrmDirectory", data=None)

    (ran,) = page.wait("ran")
    (answer,) = ran["answers"]
    assert answer["action"] == "crmDirectory"
    assert answer["data"]["count"] == "1"


def test_an_error_is_shown_where_it_was_pressed_and_not_counted(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    handlers.on_screen_pop(lambda pop: CONTACTS[0]["x"])

    page.press("run_message", ask=1, action=POP, data={"aniValues": ["1"]})

    (ran,) = page.wait("ran")
    assert ran["error"].startswith("KeyError")
    assert connector.errors == []


@pytest.mark.parametrize(("what", "args"), [("dial", {"number": "+1"}), ("ring", {})])
def test_what_rings_a_telephone_is_not_done_long_after_it_was_pressed(
    page: Page, what: str, args: dict[str, object]
) -> None:
    page.press(what, ago=60, **args)

    (warning,) = page.wait("warning")
    assert "was pressed 60 s ago, and Python was busy or away" in warning["text"]


def test_a_log_that_is_run_again_has_a_key_of_its_own(handlers: Handlers, page: Page) -> None:
    keys: list[str] = []

    @handlers.on_save_log
    def save(log: Any) -> str:
        keys.append(log.key)
        return "call-1"

    log = interaction_log()

    for ask in (1, 2):
        page.press("run_message", ask=ask, action=log.action, data=log.raw)

    assert [ran["answers"][0]["action"] for ran in page.wait("ran", 2)] == ["createHistoryItem"] * 2
    assert len(set(keys)) == 2
    assert len(page.client.interactions) == 0


# ---------------------------------------------------------------- diagnosis
def test_a_diagnosis_is_what_phone_diagnose_gives(page: Page) -> None:
    page.press("diagnose")

    (found,) = page.wait("diagnosis")
    assert found["cause"] == "not-shown"
    assert {check["verdict"] for check in found["checks"]} <= {"ok", "look", "wrong", "unknown"}
