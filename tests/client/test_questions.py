"""A client in memory: what the connector asks, and who answers."""

from __future__ import annotations

import asyncio
import json
import math
from typing import Any

import pytest

from crmwidget import CustomField, Handlers, Reply
from crmwidget.errors import (
    ActionError,
    CRMWidgetError,
)
from crmwidget.testing import (
    Connector,
    crm_data_request,
    custom_fields,
    directory_request,
    ready,
    screen_pop,
)
from tests.client.known import CONTACTS, CRM_DATA, notices


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
        assert [c.name for c in connector.candidates] == nasty
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

        assert connector.record.name == "From the CRM"  # type: ignore[union-attr]


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
        assert connector.record.name == "Bo Larsen"  # type: ignore[union-attr]
