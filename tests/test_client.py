"""A client in memory: questions, one-way actions, precedence, failures, logs."""

from __future__ import annotations

import asyncio
import json
import math
import threading
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import polars as pl
import pytest

from crmwidget import CrmData, CustomField, Handlers, HistoryItem, Reply
from crmwidget.channel import _survives
from crmwidget.errors import (
    ActionError,
    AnswerError,
    ClickToDialDisabled,
    CrmDataError,
    CRMWidgetError,
    HandlerTimeoutError,
    PhoneClosedError,
)
from crmwidget.testing import (
    Connector,
    click_to_dial,
    crm_data_request,
    custom_fields,
    directory_request,
    interaction_log,
    navigate,
    open_reports,
    ready,
    screen_pop,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

CRM_DATA: dict[str, Any] = {
    "callCenterSettings": {"DialingOptions": {"dialCountryCode": "44"}, "Own": {"key": "kept"}},
    "currentUser": {
        "attributes": {"type": "Admin"},
        "Id": "7",
        "Name": "Ada Marsh",
        "Username": "ada@example.com",
        "LanguageLocaleKey": "en_US",
    },
}
CONTACTS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "(202) 555-0143", "email": "bo@example.com"},
    {"id": "C-3", "name": "Sam Reyes", "phone": "+1 415 555 0132"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "415-555-0132"},
]


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def connector(handlers: Handlers) -> Iterator[Connector]:
    with Connector(handlers, crm_data=CRM_DATA, directory=CONTACTS, region="US") as connector:
        yield connector


@pytest.fixture
def bare(handlers: Handlers) -> Iterator[Connector]:
    """Nothing but handlers answers."""
    with Connector(handlers) as connector:
        yield connector


def notices(connector: Connector) -> list[str]:
    return [
        text
        for sent in connector.received
        if sent.action == "displayErrorNotification"
        for text in sent.data["textArray"]
    ]


# ------------------------------------------------------------ questions
def test_every_ready_is_answered(bare: Connector) -> None:
    bare.send(ready())
    bare.send("ready")

    assert [(s.action, s.data) for s in bare.received] == [("ready", None), ("ready", None)]


def test_crm_data_is_sent_as_given_with_the_settings_that_follow(connector: Connector) -> None:
    data = connector.ask("requestCrmData")

    assert data["currentUser"] == CRM_DATA["currentUser"]
    assert data["callCenterSettings"]["Own"] == {"key": "kept"}
    assert data["callCenterSettings"]["DialingOptions"] == {"dialCountryCode": "44"}
    assert data["callCenterSettings"]["SoftphoneOptions"] == {"clickToDial": "Y"}
    assert data["capabilities"] == {"directoryAvailable": True}


def test_settings_follow_handlers_where_the_user_set_nothing(
    handlers: Handlers, connector: Connector
) -> None:
    handlers.on_save_log(lambda log: 1)
    handlers.on_open_reports(lambda: "https://crm.example.com/reports")

    settings = connector.ask("crm_data")["callCenterSettings"]

    assert settings["LogOptions"]["callLogEnabled"] == "Y"
    assert settings["SoftphoneOptions"]["reportsEnabled"] == "Y"


@pytest.mark.parametrize("spelling", ["requestGetCRMDirectory", "requestGetCrmDirectory"])
def test_both_spellings_of_the_directory_request_are_answered(
    connector: Connector, spelling: str
) -> None:
    data = connector.ask(spelling)

    assert data["count"] == "3"
    assert data["results"][0] == {
        "id": "C-1",
        "name": "Bo Larsen",
        "phone": "(202) 555-0143",
        "email": "bo@example.com",
    }


def test_nasty_text_arrives_as_it_is(handlers: Handlers) -> None:
    nasty = ["=cmd()", 'a"b', "\u202eabc", "a\x00b", "lone \ud800", "x" * 100_000]
    contacts = [{"id": n, "name": text, "phone": "4021"} for n, text in enumerate(nasty)]

    with Connector(handlers, directory=contacts) as connector:
        assert [r["name"] for r in connector.ask("directory")["results"]] == nasty
        connector.send(screen_pop("4021"))
        assert [c.name for c in connector._client.desk.candidates] == nasty
        carried = connector._client._carried("crmDirectory", {"name": nasty[4]})
        assert json.loads(connector._client.channel._parts[carried["part"]]) == {"name": nasty[4]}


def test_no_contacts_are_an_empty_address_book(bare: Connector) -> None:
    assert bare.ask(directory_request()) == {"count": "0", "results": []}


def test_custom_fields_are_answered_as_text_in_the_spelling_of_the_crm(
    handlers: Handlers, bare: Connector
) -> None:
    handlers.on_custom_fields(
        lambda asked: {"Ticket_Id": CustomField("Ticket", "PICKLIST"), "case": "Case", "other": "x"}
    )

    assert bare.ask(custom_fields(voice=["ticket_id", ""], digital=["CASE"])) == (
        '{"digital":{"case":{"customFieldInfo":{"customFieldType":"STRING","customFieldLabel":"Case"}}},'
        '"voice":{"Ticket_Id":{"customFieldInfo":{"customFieldType":"PICKLIST","customFieldLabel":"Ticket"}}}}'
    )


def test_without_custom_fields_the_text_is_empty(bare: Connector) -> None:
    assert bare.ask(custom_fields(voice=["a"], digital=["b"])) == "{}"


def test_asking_what_has_no_reply_names_what_has_one(bare: Connector) -> None:
    with pytest.raises(ActionError, match="requestCrmData, requestGetCrmDirectory"):
        bare.ask(screen_pop("1"))


def test_a_question_that_nothing_answers_is_said(bare: Connector) -> None:
    with pytest.raises(CRMWidgetError, match="nothing answered requestCrmData"):
        bare.ask(crm_data_request())

    assert notices(bare) == ["The client application has no answer to this."]


def test_reply_answers_with_anything(handlers: Handlers, bare: Connector) -> None:
    handlers.on_directory(lambda: Reply("crmDirectory", {"count": 0, "own": math.nan}))
    handlers.on_screen_pop(lambda pop: Reply("displayErrorNotification", {"type": "html"}))

    assert bare.ask("directory") == {"count": 0, "own": None}
    bare.send(screen_pop("1"))
    assert bare.received[-1].data == {"type": "html"}


# ------------------------------------------------------------ precedence
class Adapter:
    """A CRM that answers two of seven questions."""

    def find(self, numbers: tuple[str, ...]) -> list[dict[str, str]]:
        return [{"name": "From the CRM", "phone": numbers[0]}]

    def contacts(self) -> list[dict[str, str]]:
        return [{"name": "From the CRM", "phone": "+442079460018"}]


def test_the_first_that_can_answers_and_nothing_is_merged(handlers: Handlers) -> None:
    with Connector(handlers, crm=Adapter()) as connector:
        sources = connector._client.sources
        assert sources.table()["directory"] == "crm=Adapter.contacts"
        assert [r["name"] for r in connector.ask("directory")["results"]] == ["From the CRM"]

        sources.directory = sources._contacts().of(CONTACTS)
        assert sources.table()["directory"] == "directory="

        @handlers.on_directory
        def contacts() -> list[object]:
            return []

        assert sources.table()["directory"] == "your handler contacts()"
        assert connector.ask("directory") == {"count": "0", "results": []}


def test_a_handler_that_raises_does_not_fall_through(
    handlers: Handlers, connector: Connector
) -> None:
    @handlers.on_directory
    def contacts() -> None:
        raise LookupError("no")

    with pytest.raises(LookupError):
        connector.ask("directory")

    assert [s.action for s in connector.received] == ["displayErrorNotification"]


def test_an_adapter_is_asked_what_it_can_answer(handlers: Handlers) -> None:
    with Connector(handlers, crm=Adapter()) as connector:
        connector.send(screen_pop("+15551230001"))

        assert connector._client.desk.record.name == "From the CRM"  # type: ignore[union-attr]


def test_an_asynchronous_adapter_and_a_class_are_refused(handlers: Handlers) -> None:
    class Late(Adapter):
        async def find(self, numbers: tuple[str, ...]) -> list[dict[str, str]]:  # type: ignore[override]
            return []

    with pytest.raises(TypeError, match="Use the synchronous client"):
        Connector(handlers, crm=Late())
    with pytest.raises(TypeError, match="an instance, not the class"):
        Connector(handlers, crm=Adapter)
    with pytest.raises(TypeError, match="any of the methods current_user"):
        Connector(handlers, crm=object())


@pytest.mark.parametrize("asynchronous", [False, True])
def test_crm_data_and_directory_may_be_functions(handlers: Handlers, asynchronous: bool) -> None:
    async def later(value: Any) -> Any:
        await asyncio.sleep(0)
        return value

    wrap = later if asynchronous else lambda value: value
    with Connector(
        handlers, crm_data=lambda: wrap(CRM_DATA), directory=lambda: wrap(CONTACTS), region="US"
    ) as connector:
        assert connector.ask("crm_data")["currentUser"]["Name"] == "Ada Marsh"
        assert connector.ask("directory")["count"] == "3"
        connector.send(screen_pop("+12025550143"))
        assert connector._client.desk.record.name == "Bo Larsen"  # type: ignore[union-attr]


# ------------------------------------------------------------ crmData from what one has
USERS = pd.DataFrame(
    [
        ("1", "Ada Marsh", "ada@example.com", "Admin", "en_US"),
        ("2", "Bo Larsen", "bo@example.com", "User", "da_DK"),
    ],
    columns=["Id", "Name", "Username", "Role", "Locale"],
)


@pytest.mark.parametrize("user", ["ADA@example.com", "1", "Ada Marsh", USERS.iloc[0]])
@pytest.mark.parametrize("frame", [USERS, pl.from_pandas(USERS), USERS.to_dict("records")])
def test_a_users_frame_with_the_agent(handlers: Handlers, frame: Any, user: Any) -> None:
    with Connector(handlers, crm_data=frame, user=user) as connector:
        assert connector.ask("crm_data")["currentUser"] == {
            "attributes": {"type": "Admin"},
            "Id": "1",
            "Name": "Ada Marsh",
            "Username": "ada@example.com",
            "LanguageLocaleKey": "en_US",
        }


def test_a_function_may_give_a_users_frame_too(handlers: Handlers) -> None:
    with Connector(handlers, crm_data=lambda: USERS, user="2") as connector:
        assert connector.ask("crm_data")["currentUser"]["Name"] == "Bo Larsen"


def test_a_users_frame_needs_to_know_who_is_the_agent(handlers: Handlers) -> None:
    with pytest.raises(CrmDataError, match=r"has 2 rows: say with user= .* Id, Name, Username"):
        Connector(handlers, crm_data=USERS)
    with pytest.raises(CrmDataError, match="user= fits 0 of the 2 rows"):
        Connector(handlers, crm_data=USERS, user="nobody")


def test_a_settings_frame_with_the_agent(handlers: Handlers) -> None:
    settings = pl.DataFrame(
        {
            "section": ["LogOptions", "LogOptions", "Own"],
            "key": ["callLogEnabled", "interactionHistorySize", "x"],
            "value": ["true", "5", "y"],
        }
    )
    with Connector(handlers, crm_data=settings, user=CRM_DATA["currentUser"]) as connector:
        data = connector.ask("crm_data")

    assert data["callCenterSettings"]["LogOptions"] == {
        "callLogEnabled": "Y",
        "interactionHistorySize": "5",
    }
    assert data["callCenterSettings"]["Own"] == {"x": "y"}


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "callCenterSettings"),
        ({"callCenterSettings": {}, "currentUser": {"Name": "Ada"}}, "Username"),
        (5, "it is a int"),
        ([], "rows"),
    ],
)
def test_what_is_no_crm_data_is_refused_with_all_that_is_missing(
    handlers: Handlers, value: Any, problem: str
) -> None:
    with pytest.raises(CrmDataError, match=problem):
        Connector(handlers, crm_data=value)


def test_a_bad_crm_data_handler_leaves_the_connector_with_the_last_good_answer(
    handlers: Handlers, connector: Connector
) -> None:
    good = connector.ask("crm_data")
    handlers.on_crm_data(lambda: None)

    with pytest.raises(CrmDataError, match="returned nothing"):
        connector.ask("crm_data")

    assert [s.data for s in connector.received if s.action == "crmData"] == [good, good]
    assert notices(connector) == ["The CRM's settings failed."]


# ------------------------------------------------------------ screen pops
def test_the_built_in_answer_finds_the_caller(connector: Connector) -> None:
    connector.send(screen_pop("", "+12025550143"))

    desk = connector._client.desk
    assert desk.record is not None
    assert desk.record.name == "Bo Larsen"
    assert connector.received == []


def test_several_are_shown_and_none_is_opened(connector: Connector) -> None:
    connector.send(screen_pop("+14155550132"))

    desk = connector._client.desk
    assert desk.record is None
    assert [c.name for c in desk.candidates] == ["Sam Reyes", "Kit Reyes"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("+442079460018", "No contact for +44 20 7946 0018."),
        ("", "No contact for a withheld number."),
    ],
)
def test_when_nobody_is_found_the_agent_is_told(
    connector: Connector, number: str, text: str
) -> None:
    connector.send(screen_pop(number))

    assert notices(connector) == [text]


@pytest.mark.parametrize(
    "value",
    [
        {"id": 1, "name": "Ines Okafor", "phone": "+442079460018"},
        [{"id": 1, "name": "Ines Okafor"}],
        pd.Series({"id": 1, "name": "Ines Okafor"}),
        pd.DataFrame([{"id": 1, "name": "Ines Okafor"}]),
        pl.DataFrame([{"id": 1, "name": "Ines Okafor"}]),
    ],
    ids=["mapping", "list", "series", "pandas", "polars"],
)
def test_a_handler_may_return_a_contact_in_any_form(
    handlers: Handlers, connector: Connector, value: Any
) -> None:
    handlers.on_screen_pop(lambda pop: value)

    connector.send(screen_pop("1"))

    assert connector._client.desk.record.name == "Ines Okafor"  # type: ignore[union-attr]
    assert connector.received == []


def test_none_means_handled_and_sends_nothing(handlers: Handlers, connector: Connector) -> None:
    handlers.on_screen_pop(lambda pop: None)

    connector.send(screen_pop("+442079460018"))

    assert connector.received == []


@pytest.mark.parametrize("value", [5, "javascript:alert(1)", "Bo Larsen", object()])
def test_a_value_without_meaning_names_what_has_one(
    handlers: Handlers, connector: Connector, value: Any
) -> None:
    handlers.on_screen_pop(lambda pop: value)

    with pytest.raises(AnswerError, match="Return"):
        connector.send(screen_pop("1"))

    assert notices(connector) == ["The screen pop failed."]


def test_navigation_opens_the_contact_with_this_id(connector: Connector) -> None:
    connector.send(navigate("C-3"))
    assert connector._client.desk.record.name == "Sam Reyes"  # type: ignore[union-attr]

    connector.send(navigate("C-9"))
    assert notices(connector) == ["There is no record with this id."]


def test_reports_are_a_link_or_a_document(handlers: Handlers, connector: Connector) -> None:
    handlers.on_open_reports(lambda: "https://crm.example.com/reports")
    connector.send(open_reports())
    card = connector._client.desk._card
    assert card is not None
    assert card.to_wire()["link"] == {
        "url": "https://crm.example.com/reports",
        "text": "Open crm.example.com",
    }

    handlers.on_open_reports(lambda: pd.DataFrame({"calls": [3]}))
    connector.send(open_reports())
    card = connector._client.desk._card
    assert card is not None
    assert "<table" in (card.html or "")


# ------------------------------------------------------------ logs
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
    assert len(connector._client.journal) == 0


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

    connector.send(interaction_log())

    assert connector.received == []
    assert "counts as saved" in connector._client.desk.warnings["answers"]
    assert len(connector._client.journal) == 0


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
    journal = connector._client.journal
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
    assert len(connector._client.journal.pending) == 1
    saved = threading.Event()

    handlers.on_save_log(lambda log: saved.set())

    assert saved.wait(10)


def test_waiting_logs_can_be_discarded(connector: Connector) -> None:
    connector.send(interaction_log())

    assert connector._client.journal.discard() == 1
    assert len(connector._client.journal) == 0


def test_a_simulated_log_never_reaches_the_handler_of_a_real_connector(
    handlers: Handlers, connector: Connector
) -> None:
    reached: list[object] = []
    connector.send(interaction_log())
    connector._client.connector = "https://connector.example.com"

    handlers.on_save_log(reached.append)
    connector.send(ready())

    assert reached == []
    assert len(connector._client.journal.pending) == 1


# ------------------------------------------------------------ failures
def test_a_handler_that_raises_is_kept_with_its_message_and_can_be_run_again(
    handlers: Handlers, connector: Connector
) -> None:
    @handlers.on_screen_pop
    def pop(message: Any) -> None:
        raise ValueError(f"cannot find {message.caller}")

    with pytest.raises(ValueError, match="cannot find"):
        connector.send(screen_pop("+12025550143"))

    (failure,) = connector._client.errors
    assert "2025550143" not in repr(failure)
    assert "ValueError" in repr(failure)
    with pytest.raises(ValueError, match="cannot find"):
        failure.rerun()


def test_a_handler_that_hangs_is_named_and_the_next_message_is_handled(
    handlers: Handlers, connector: Connector
) -> None:
    hang, hanging = threading.Event(), threading.Event()

    @handlers.on_screen_pop(timeout=0.2)
    def pop(message: Any) -> None:
        hanging.set()
        hang.wait(30)

    with pytest.raises(HandlerTimeoutError, match=r"pop\(\) did not answer .* within 0.2 s"):
        connector.send(screen_pop("1"))
    assert hanging.is_set()

    assert connector.ask("directory")["count"] == "3"
    assert notices(connector) == ["The screen pop took too long."]
    hang.set()


def test_a_log_whose_handler_returns_late_is_saved_all_the_same(
    handlers: Handlers, connector: Connector
) -> None:
    late = threading.Event()
    handlers.on_save_log(lambda log: late.wait(30) and 5, timeout=0.2)

    with pytest.raises(HandlerTimeoutError):
        connector.send(interaction_log())
    assert len(connector._client.journal.failed) == 1
    done = threading.Event()
    connector._client.sent = lambda send: done.set()
    late.set()

    assert done.wait(10)
    assert len(connector._client.journal) == 0


def test_an_error_of_a_foreign_event_loop_is_explained(
    handlers: Handlers, connector: Connector
) -> None:
    @handlers.on_screen_pop
    async def pop(message: Any) -> None:
        raise RuntimeError("<asyncio.locks.Lock> is bound to a different event loop")

    with pytest.raises(RuntimeError) as caught:
        connector.send(screen_pop("1"))

    assert "synchronous client" in caught.value.__notes__[0]


def test_a_broken_exception_costs_nothing_else(handlers: Handlers, connector: Connector) -> None:
    class BrokenError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    @handlers.on_screen_pop
    def pop(message: Any) -> None:
        raise BrokenError

    with pytest.raises(BrokenError):
        connector.send(screen_pop("1"))

    assert connector.ask("directory")["count"] == "3"


# ------------------------------------------------------------ order
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

    def __init__(self, connector: Connector) -> None:
        self.client = connector._client
        self.items: list[dict[str, Any]] = []
        self.posted = threading.Event()
        """A history item has arrived."""
        self._seq = 0
        hello = {"t": "hello", "n": 1, "v": 1, "lowest": 1, "kernel": None, "got": 0, "facts": {}}
        self.say({**hello, "at": time.time() * 1000})

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.items += content["items"]
        if any(_survives(item) for item in content["items"]):
            self.posted.set()

    def say(self, *items: dict[str, Any]) -> None:
        numbered = []
        for item in items:
            if item["t"] != "hello":
                self._seq += 1
            numbered.append({"seq": self._seq, "at": time.time() * 1000, **item})
        self.client.receive(self, {"crm": 1, "epoch": "page", "items": numbered})


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
        message("requestGetCrmDirectory"),
        message(log.action, log.raw),
    )
    assert page.posted.wait(10)

    loads = {i["m"]["action"]: i.get("load") for i in page.items if i["t"] == "post"}
    assert loads == {"crmDirectory": 3, "createHistoryItem": None}


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
    assert "1 messages came while no kernel was there" in page.client.desk.warnings["missed"]


def test_a_message_that_python_cannot_read_is_counted_and_the_next_one_is_handled(
    connector: Connector,
) -> None:
    page = Page(connector)

    page.say({"t": "msg", "m": "[" * 5000}, {"t": "msg", "m": "3"}, message("ready"))

    directions = [entry.direction for entry in page.client.traffic]
    assert directions[:3] == ["rejected", "rejected", "received"]


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


# ------------------------------------------------------------ dialling
def test_dialling_needs_the_connectors_leave(connector: Connector) -> None:
    with pytest.raises(ClickToDialDisabled, match="requestEnableClickToDial"):
        connector._client.dial("+12025550143")

    connector.send(click_to_dial())
    connector._client.dial("+12025550143")

    data = connector.received[-1].data
    assert data["onClickToDialResponse"] == {
        "number": "+12025550143",
        "objectType": "End User",
        "recordId": "C-1",
        "recordName": "Bo Larsen",
        "email": "bo@example.com",
        "url": "",
    }
    assert data["pageInfo"] == data["onClickToDialResponse"]

    connector.send(click_to_dial(enabled=False))
    with pytest.raises(ClickToDialDisabled):
        connector._client.dial("+12025550143")


def test_a_record_can_be_given_with_the_number(connector: Connector) -> None:
    connector.send(click_to_dial())

    connector._client.dial(
        "4021", {"id": 5, "name": "Front desk", "url": "https://crm.example.com/5", "type": "Desk"}
    )

    assert connector.received[-1].data["onClickToDialResponse"] == {
        "number": "4021",
        "objectType": "Desk",
        "recordId": 5,
        "recordName": "Front desk",
        "email": None,
        "url": "https://crm.example.com/5",
    }


def test_what_is_no_number_is_not_dialled(connector: Connector) -> None:
    connector.send(click_to_dial())

    with pytest.raises(ValueError, match="as text"):
        connector._client.dial(12025550143)  # type: ignore[arg-type]


def test_a_closed_client_says_so(handlers: Handlers) -> None:
    connector = Connector(handlers)
    connector.close()

    with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
        connector.send(ready())


def test_traffic_is_redacted_unless_asked_otherwise(connector: Connector) -> None:
    connector.send(screen_pop("+12025550143"))

    traffic = connector._client.traffic
    assert "2025550143" not in repr(traffic) + repr(list(traffic)) + str(traffic[0].data)
    assert "2025550143" not in str(traffic.to_frame("polars")["data"].to_list())
    assert "2025550143" in str(traffic.to_frame("polars", redacted=False)["data"].to_list())


def test_crm_data_models_are_taken_as_they_are(handlers: Handlers) -> None:
    from crmwidget.protocol import crm_data

    model = crm_data(CRM_DATA)
    assert isinstance(model, CrmData)
    with Connector(handlers, crm_data=model) as connector:
        assert connector.ask("crm_data")["currentUser"]["Id"] == "7"
