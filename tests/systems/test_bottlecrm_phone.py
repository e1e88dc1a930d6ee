"""BottleCRM as `crm=`: what a connector gets on the wire, and with which clients."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import httpx2
import pandas as pd
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuth2Client

from crmwidget import CRMWidget, Handlers
from crmwidget.adapters import BottleCRM, from_env
from crmwidget.errors import CredentialsError, UnreachableError
from crmwidget.testing import (
    Connector,
    custom_fields,
    interaction_log,
    navigate,
    screen_pop,
)
from tests.systems.road import Road

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.systems.bottlecrm import BottleCRMServer

BO = "+12025550143"
URL = "https://connector.example.com/app/"


@pytest.fixture
def phone(road: Road, bottlecrm: BottleCRMServer) -> Iterator[CRMWidget]:
    """A phone with BottleCRM over the road, and a journal on disk."""
    crm = BottleCRM(
        road.url,
        auth=bottlecrm.credentials["personal"],
        app="https://app.example.com",
        timeout=5,
    )
    phone = CRMWidget(URL, crm=crm, region="US")
    yield phone
    phone.close(force=True)
    crm.close()


@pytest.fixture
def connector(phone: CRMWidget) -> Connector:
    return Connector(phone)


def test_everything_but_reports_is_answered_by_it(phone: CRMWidget) -> None:
    answered = [name for name, who in phone.answers.items() if who.startswith("crm=BottleCRM.")]

    assert answered == [
        "requestCrmData",
        "requestGetCrmDirectory",
        "requestNavigateToClickToDialResult",
        "requestPerformInteractionScreenPop",
        "requestSaveInteractionLog",
        "requestCustomFieldsValues",
    ]


def test_its_user_is_the_agent_and_what_it_answers_is_switched_on(connector: Connector) -> None:
    data = connector.ask("requestCrmData")

    assert data["currentUser"]["Name"] == "Ada Marsh"
    assert data["currentUser"]["Username"] == "ada@example.com"
    assert data["currentUser"]["attributes"] == {"type": "Admin"}
    assert data["callCenterSettings"]["LogOptions"]["callLogEnabled"] == "Y"
    assert data["callCenterSettings"]["SoftphoneOptions"]["clickToDial"] == "Y"
    assert data["capabilities"]["directoryAvailable"] is True


@pytest.mark.parametrize("spelling", ["requestGetCrmDirectory", "requestGetCRMDirectory"])
def test_its_contacts_are_the_address_book(
    connector: Connector, bottlecrm: BottleCRMServer, spelling: str
) -> None:
    data = connector.ask(spelling)

    people = {entry["name"]: entry for entry in data["results"]}
    assert data["count"] == str(bottlecrm.credentials["people"])
    assert people["Bo Larsen"]["phone"] == BO
    assert people["Ines Okafor"]["email"] == "ines@example.com"
    assert people["No Number"]["phone"] is None
    assert "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627" in people
    assert "=HYPERLINK(1) @SUM(A1)" in people


def test_its_contacts_are_a_frame_and_come_back_the_same(
    connector: Connector, phone: CRMWidget
) -> None:
    before = connector.ask("directory")["results"]

    phone.directory = pd.DataFrame(before)

    assert connector.ask("directory")["results"] == before


def test_a_caller_pops_with_a_link_to_the_record(connector: Connector, phone: CRMWidget) -> None:
    connector.send(screen_pop("(202) 555-0143"))

    assert phone.record is not None
    assert phone.record.name == "Bo Larsen"
    assert phone.record.url == f"https://app.example.com/contacts/{phone.record.id}"
    assert phone.record.fields["plan"] == "gold"


def test_a_number_of_two_pops_both_and_opens_neither(
    connector: Connector, phone: CRMWidget
) -> None:
    connector.send(screen_pop("+14155550132"))

    assert phone.record is None
    assert sorted(one.name for one in phone.candidates) == ["Kit Reyes", "Sam Reyes"]


def test_a_stranger_pops_nobody_and_the_agent_is_told(connector: Connector) -> None:
    connector.send(screen_pop("+12025550199"))

    (notice,) = connector.received
    assert notice.action == "displayErrorNotification"
    assert notice.data["textArray"] == ["No contact for +1 202-555-0199."]


def test_the_record_that_was_dialled_opens(connector: Connector, phone: CRMWidget) -> None:
    found = phone.find(BO).contact
    assert found is not None

    connector.send(navigate(str(found.id)))

    assert phone.record is not None
    assert phone.record.id == found.id


def test_custom_fields_are_answered_by_channel(connector: Connector) -> None:
    text = connector.ask(custom_fields(voice=["PLAN", "nothing"], digital=["case_id"]))

    fields = json.loads(text)
    assert list(fields["voice"]) == ["plan"]
    assert fields["voice"]["plan"]["customFieldInfo"]["customFieldType"] == "PICKLIST"
    assert fields["digital"]["case_id"]["customFieldInfo"]["customFieldLabel"] == "Case"


def test_a_saved_log_is_in_the_history_under_its_id(
    connector: Connector, phone: CRMWidget, bottlecrm: BottleCRMServer
) -> None:
    bo = phone.find(BO).contact
    assert bo is not None

    connector.send(interaction_log(caller=BO, comments="Wants the yearly plan"))

    (item,) = connector.received
    kept = bottlecrm.logged(bo.id)
    assert item.action == "createHistoryItem"
    assert item.data["taskId"] == kept[0]["id"]
    assert kept[0]["body"].startswith("Wants the yearly plan")
    assert phone.journal.failed == ()


def test_a_log_that_failed_stays_in_the_journal_and_is_written_once_by_the_retry(
    connector: Connector, phone: CRMWidget, road: Road, bottlecrm: BottleCRMServer
) -> None:
    number, identity = bottlecrm.person("20")
    road.happens("GET", *["passes"] * 2, *["answer lost"] * 4)
    road.happens("POST", "answer lost")
    with pytest.raises(UnreachableError):
        connector.send(interaction_log(caller=number, called="4021"))
    assert len(phone.journal.failed) == 1

    phone.journal.retry()
    connector.send(screen_pop("4021"))  # on the same thread: the retry has finished

    assert len(bottlecrm.logged(identity)) == 1
    assert (phone.journal.pending, phone.journal.failed) == ((), ())
    assert [one.action for one in connector.received].count("createHistoryItem") == 1


def test_a_refused_token_is_told_to_the_agent_and_raised(bottlecrm: BottleCRMServer) -> None:
    with (
        BottleCRM(bottlecrm.url, auth="bcrm_pat_wrong") as crm,
        Connector(Handlers(), crm=crm, region="US") as connector,
    ):
        with pytest.raises(CredentialsError):
            connector.send(screen_pop(BO))

        assert [one.action for one in connector.received] == ["displayErrorNotification"]
        assert "bcrm_pat" not in json.dumps([one.data for one in connector.received])


# ---------------------------------------------------------------- clients
def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


CLIENTS: dict[str, Callable[[str], Any]] = {
    "httpx": lambda token: httpx.Client(headers=_bearer(token)),
    "httpx2": lambda token: httpx2.Client(headers=_bearer(token)),
    "authlib": lambda token: OAuth2Client(token={"access_token": token, "token_type": "Bearer"}),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_a_ready_client_of_any_of_these_is_used_as_it_is(
    bottlecrm: BottleCRMServer, name: str
) -> None:
    with CLIENTS[name](bottlecrm.credentials["personal"]) as client:
        crm = BottleCRM(bottlecrm.url, client=client)
        with Connector(Handlers(), crm=crm, region="US") as connector:
            user = connector.ask("requestCrmData")["currentUser"]
            count = connector.ask("directory")["count"]
            connector.send(interaction_log(caller=BO, key=f"client/{name}"))
            saved = [one.action for one in connector.received].count("createHistoryItem")
        crm.close()

        assert not client.is_closed
    assert (user["Name"], count) == ("Ada Marsh", str(bottlecrm.credentials["people"]))
    assert saved == 1


@pytest.mark.parametrize("name", CLIENTS)
def test_a_connection_that_broke_is_the_same_error_with_each_of_them(
    bottlecrm: BottleCRMServer, name: str
) -> None:
    with Road(bottlecrm.url) as road, CLIENTS[name](bottlecrm.credentials["personal"]) as client:
        road.happens("POST", "answer lost")
        crm = BottleCRM(road.url, client=client, region="US", timeout=5)
        crm.save_log(interaction_log(caller=BO, key=f"broken/{name}"))
        assert road.count("POST") == 1
    with (
        CLIENTS[name]("x") as client,
        pytest.raises(UnreachableError, match=r"no connection to 127\.0\.0\.1"),
    ):
        BottleCRM(road.url, client=client).current_user()


@pytest.mark.parametrize(
    ("client", "twin"),
    [
        (httpx.AsyncClient, "Client"),
        (httpx2.AsyncClient, "Client"),
        (AsyncOAuth2Client, "OAuth2Client"),
    ],
    ids=["httpx", "httpx2", "authlib"],
)
def test_an_asynchronous_client_is_refused_with_its_twins_name(
    bottlecrm: BottleCRMServer, client: Callable[[], Any], twin: str
) -> None:
    with pytest.raises(TypeError, match=f"Use its twin {twin}"):
        BottleCRM(bottlecrm.url, client=client())


def test_a_token_may_come_from_the_environment(
    bottlecrm: BottleCRMServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLECRM_TOKEN", bottlecrm.credentials["personal"])

    with BottleCRM(bottlecrm.url, auth=from_env("BOTTLECRM_TOKEN")) as crm:
        assert crm.current_user().name == "Ada Marsh"
        assert bottlecrm.credentials["personal"] not in repr(crm)
