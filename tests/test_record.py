"""Whose record it is: with the next call the last caller's goes, and no answer lands on another."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import Handlers
from crmwidget.client._card import same_call
from crmwidget.testing import Connector, interaction_log, navigate, open_reports, screen_pop
from tests.test_buttons import POP, Page

if TYPE_CHECKING:
    from collections.abc import Iterator

BO, INES = "+12025550143", "+442079460018"
CONTACTS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": BO},
    {"id": "C-2", "name": "Ines Okafor", "phone": INES},
    {"id": "C-3", "name": "Sam Reyes", "phone": "+14155550132"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "+14155550132"},
]


class Told:
    """Follows a client's state, as a widget's traits do."""

    def __init__(self, connector: Connector) -> None:
        self.records: list[str | None] = []
        self.now: dict[str, Any] = {}
        connector._client.adopt(Nowhere(), self.changed)  # type: ignore[arg-type]

    def changed(self, name: str, value: Any) -> None:
        self.now[name] = value
        if name == "record":
            self.records.append(value.name if value else None)


class Nowhere:
    """A cell that shows nothing."""

    def __init__(self) -> None:
        self.ended = threading.Event()
        self.ended.set()

    def when_ended(self, call: Any) -> None:
        call()

    def shown(self) -> threading.Lock:
        return threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


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


def ring(page: Page, number: str) -> int:
    return page.message(POP, {"aniValues": [number]})


def found(connector: Connector, value: Any) -> Any:
    return connector._client.sources.find(value.ani_values)


# ---------------------------------------------------------------- what Python knows
def test_the_record_is_nobodys_from_the_moment_the_next_call_comes(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    connector.send(screen_pop(BO))
    told, going = Told(connector), threading.Event()
    handlers.on_screen_pop(lambda pop: going.wait(10) and found(connector, pop))

    ring(page, INES)

    assert (connector.record, connector.candidates) == (None, ())
    assert (told.now["record"], told.now["candidates"]) == (None, ())
    going.set()
    page.settle()
    assert told.records == ["Bo Larsen", None, "Ines Okafor"]


@pytest.mark.parametrize("value", [42, {"no": "name"}])
def test_an_answer_without_meaning_leaves_nobody(
    handlers: Handlers, connector: Connector, value: object
) -> None:
    connector.send(screen_pop(BO))
    handlers.on_screen_pop(lambda pop: value)

    with pytest.raises(Exception, match="Return"):
        connector.send(screen_pop(INES))

    assert connector.record is None


def test_a_navigation_takes_the_record_of_the_last_one_away(connector: Connector) -> None:
    connector.send(screen_pop(BO))

    connector.send(navigate("C-9"))

    assert connector.record is None


def test_reports_leave_the_callers_record(handlers: Handlers, connector: Connector) -> None:
    connector.send(screen_pop(BO))
    handlers.on_open_reports(lambda: "https://crm.example.com/reports")

    connector.send(open_reports())

    record = connector.record
    assert record is not None
    assert record.name == "Bo Larsen"


def test_every_handle_to_a_phone_follows_it(connector: Connector) -> None:
    first, second = Told(connector), Told(connector)
    connector.send(screen_pop(BO))

    connector.send(screen_pop("+12025550199"))

    assert first.now["record"] is second.now["record"] is None


# ---------------------------------------------------------------- what the page is shown
def test_an_answer_stands_at_the_place_of_its_message(page: Page) -> None:
    page.message("ready")
    seq = ring(page, BO)

    (record,) = page.wait("record")
    assert (record["place"], record["stage"], record["asked"]) == (seq, "found", BO)


def test_the_answer_to_an_earlier_call_is_not_shown(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    going = threading.Event()

    @handlers.on_screen_pop
    async def who(pop: Any) -> Any:
        if pop.caller == BO:
            while not going.is_set():
                await _moment()
        return found(connector, pop)

    ring(page, BO)
    ring(page, INES)
    going.set()

    (record,) = page.wait("record")
    assert record["asked"] == INES
    assert connector.record is not None
    assert connector.record.name == "Ines Okafor"


async def _moment() -> None:
    import asyncio

    await asyncio.sleep(0.01)


def test_a_late_handlers_answer_is_still_that_of_its_call(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    going = threading.Event()
    handlers.on_screen_pop(lambda pop: going.wait(10) and found(connector, pop), timeout=0.05)

    ring(page, BO)
    (late,) = page.wait("record")
    going.set()

    assert (late["stage"], late["error"], late["matches"]) == ("late", "0.05 s", [])
    assert page.wait("record", 2)[1]["stage"] == "found"


def test_what_failed_says_why_and_who(handlers: Handlers, page: Page) -> None:
    @handlers.on_screen_pop
    def who(pop: Any) -> Any:
        return {}["plan"]

    ring(page, BO)

    (record,) = page.wait("record")
    said = record["stage"], record["handler"], record["error"], record["matches"]
    assert said == ("failed", "who()", "KeyError: 'plan'", [])


def test_a_handler_that_shows_nothing_by_itself_is_said(handlers: Handlers, page: Page) -> None:
    handlers.on_screen_pop(lambda pop: None)

    ring(page, BO)

    assert page.wait("record")[0]["stage"] == "handled"


def test_a_call_that_is_too_old_for_this_kernel_is_said_to_be_missed(page: Page) -> None:
    old = (time.time() - 3600) * 1000
    text = f'{{"type": "CRMConnectMessage", "action": "{POP}", "data": {{"aniValues": ["1"]}}}}'

    page._send([{"t": "msg", "seq": 1, "at": old, "m": text}])

    assert page.wait("record")[0]["stage"] == "missed"


def test_a_report_that_cannot_be_drawn_has_failed(handlers: Handlers, connector: Connector) -> None:
    class Report:
        def _repr_html_(self) -> str:
            raise RuntimeError("no column 'calls'")

    handlers.on_open_reports(Report)

    with pytest.raises(RuntimeError, match="no column"):
        connector.send(open_reports())

    assert len(connector.errors) == 1


def test_a_value_that_cannot_be_written_costs_no_record(handlers: Handlers, page: Page) -> None:
    class Odd:
        def __str__(self) -> str:
            raise RuntimeError

    handlers.on_screen_pop(lambda pop: {"id": 1, "name": "Bo Larsen", "odd": Odd()})

    ring(page, BO)

    (record,) = page.wait("record")
    assert record["matches"][0]["contact"]["fields"]["odd"] == "<Odd>"


# ---------------------------------------------------------------- pages that come later
def test_a_page_that_comes_later_is_shown_the_call_that_is_being_asked_about(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    going = threading.Event()
    handlers.on_screen_pop(lambda pop: going.wait(10) and found(connector, pop))
    ring(page, INES)

    other = Page(connector, "other")

    assert other.wait("record")[0]["stage"] == "asking"
    going.set()
    asking, answer = other.wait("record", 2)
    assert (answer["stage"], answer["place"]) == ("found", asking["place"])


def test_another_pages_record_stands_before_what_this_page_says_next(
    connector: Connector, page: Page
) -> None:
    ring(page, BO)
    page.wait("record")
    other = Page(connector, "other")

    seq = ring(other, INES)

    before, after = other.wait("record", 2)
    assert before["place"] < seq == after["place"]


def test_a_page_that_takes_the_phone_back_is_shown_what_came_meanwhile(
    connector: Connector, page: Page
) -> None:
    seq = ring(page, BO)
    page.wait("record")
    other = Page(connector, "other")
    ring(other, INES)
    other.wait("record", 2)
    hello = {"t": "hello", "n": 2, "v": 1, "lowest": 1, "kernel": None, "got": 0, "facts": {}}

    page._got = 0
    page._send([{**hello, "here": 2, "at": time.time() * 1000}])

    latest = page.wait("record", 2)[-1]
    assert (latest["asked"], latest["place"] > seq) == (INES, True)


# ---------------------------------------------------------------- what a person does
def test_run_again_asks_todays_handler_and_tells_the_connector_nothing(
    handlers: Handlers, connector: Connector, page: Page
) -> None:
    handlers.on_screen_pop(lambda pop: 1 / 0)
    ring(page, BO)
    (failed,) = page.wait("record")
    said = len(connector.received)
    handlers.on_screen_pop(lambda pop: [])

    page.press("run_again", record=failed["id"])

    assert [r["stage"] for r in page.wait("record", 4)[-2:]] == ["asking", "found"]
    assert len(connector.received) == said


def test_run_again_is_late_as_well(handlers: Handlers, page: Page) -> None:
    going = threading.Event()
    handlers.on_screen_pop(lambda pop: 1 / 0)
    ring(page, BO)
    (failed,) = page.wait("record")
    handlers.on_screen_pop(lambda pop: going.wait(10), timeout=0.05)

    page.press("run_again", record=failed["id"])

    assert page.wait("record", 4)[-1]["stage"] == "late"
    going.set()


@pytest.mark.parametrize("what", ["run_again", "choose"])
def test_a_button_of_an_earlier_call_does_nothing_to_the_next(
    connector: Connector, page: Page, what: str
) -> None:
    ring(page, "+14155550132")
    (several,) = page.wait("record")
    ring(page, INES)
    page.wait("record", 2)

    page.press(what, record=several["id"], index=0)

    assert "earlier call" in page.wait("warning")[0]["text"]
    record = connector.record
    assert record is not None
    assert record.name == "Ines Okafor"


def test_this_one_makes_it_the_record(connector: Connector, page: Page) -> None:
    ring(page, "+14155550132")
    (several,) = page.wait("record")

    page.press("choose", record=several["id"], index=1)

    assert page.wait("record", 2)[1]["matches"][0]["contact"]["name"] == "Kit Reyes"
    record = connector.record
    assert record is not None
    assert record.name == "Kit Reyes"


# ---------------------------------------------------------------- what became of the call
def test_the_log_of_a_call_is_told_as_it_came_and_was_saved(handlers: Handlers, page: Page) -> None:
    handlers.on_save_log(lambda log: "call-7")
    ring(page, BO)
    page.wait("record")
    log = interaction_log(caller=BO)

    page.message(log.action, log.raw)

    told = [record["log"] for record in page.wait("record", 3)]
    assert [each and (each["state"], each["item"]) for each in told] == [
        None, ("came", None), ("saved", "call-7"),
    ]  # fmt: skip


@pytest.mark.parametrize(("works", "state"), [(False, "failed"), (None, "kept")])
def test_a_log_that_is_not_saved_is_said_to_be_kept(
    handlers: Handlers, page: Page, works: bool | None, state: str
) -> None:
    if works is False:
        handlers.on_save_log(lambda log: 1 / 0)
    ring(page, BO)
    page.wait("record")
    log = interaction_log(caller=BO)

    page.message(log.action, log.raw)

    assert page.wait("record", 3)[-1]["log"]["state"] == state


@pytest.mark.parametrize(
    ("asked", "caller", "called", "same"),
    [
        (BO, BO, "+12025550100", True),
        (BO, "+12025550100", BO, True),
        ("(202) 555-0143", BO, "", True),
        (BO, INES, "+12025550100", False),
        ("4021", "+12025554021", "", False),
        ("", "", "+12025550100", True),
        ("", BO, "+12025550100", False),
    ],
)
def test_a_log_is_of_the_call_whose_number_it_names(
    asked: str, caller: str, called: str, same: bool
) -> None:
    pop = screen_pop(asked)

    assert same_call(pop, interaction_log(caller=caller, called=called)) is same


def test_a_log_that_came_before_the_call_is_of_another() -> None:
    log = interaction_log(caller=BO)

    assert not same_call(screen_pop(BO), log)
