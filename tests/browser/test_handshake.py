"""Every action of the wire, between a notebook and a foreign page that is embedded in it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from playwright.sync_api import expect

from tests.browser.cells import CONTACTS, CRM_DATA, FIELDS, POP, interaction_log, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]


def test_every_question_of_a_foreign_connector_is_answered_exactly(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.url), FIELDS)
    opened.run_all()
    peer = Peer(opened, site)

    greeting = peer.ask("ready", "ready")
    crm_data = peer.ask("requestCrmData", "crmData", {})
    documented = peer.ask("requestGetCRMDirectory", "crmDirectory")
    as_the_sample = peer.ask("requestGetCrmDirectory", "crmDirectory", {})
    asked = {"object": {"voice": ["case_id", ""], "digital": ["PRIORITY", "nobody's"]}}
    fields = peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", asked)

    assert greeting is None
    assert crm_data == CRM_DATA
    assert documented == as_the_sample == {"count": "4", "results": CONTACTS}
    assert fields == (
        '{"digital":{"priority":{"customFieldInfo":'
        '{"customFieldType":"PICKLIST","customFieldLabel":"Priority"}}},'
        '"voice":{"Case_Id":{"customFieldInfo":'
        '{"customFieldType":"STRING","customFieldLabel":"Case"}}}}'
    )
    assert [entry["data"]["action"] for entry in peer.received()] == [
        "ready",
        "crmData",
        "crmDirectory",
        "crmDirectory",
        "customFieldsDataResponse",
    ]
    assert peer.received()[0]["data"] == {"type": "ClientAppMessage", "action": "ready"}
    assert {entry["data"]["type"] for entry in peer.received()} == {"ClientAppMessage"}
    assert {entry["origin"] for entry in peer.received()} == {opened.server.url}
    assert all(entry["fromParent"] for entry in peer.received())
    opened.check()


def test_the_frame_may_use_what_the_vendor_asks_for_and_is_in_no_sandbox(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting))
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")

    frame = opened.page.locator("iframe#crmConnectIframeId")

    assert frame.get_attribute("src") == site.greeting
    assert frame.get_attribute("allow") == "camera; microphone; geolocation"
    assert frame.get_attribute("sandbox") is None
    expect(frame).to_be_visible()
    expect(opened.panel).to_contain_text("Connected")
    assert site.loads == [peer.load]


LISTENERS = """
heard, everything = [], []

def hear(message):
    heard.append([message.action, message.raw])

for action in (
    "requestEnableClickToDial",
    "requestNavigateToClickToDialResult",
    "requestPerformInteractionScreenPop",
    "requestOpenReports",
    "requestSomethingNew",
):
    phone.on(action, hear)

@phone.on_save_log
async def save(log):
    hear(log)
    return "call-1"

phone.on("*", lambda message: everything.append(message.action));
"""

PAGE_INFO = {"recordId": 7, "recordName": "Bo Larsen", "number": "+12025550143", "unknown": {}}
ONE_WAY: list[tuple[str, Any]] = [
    ("requestEnableClickToDial", {"isEnabled": True}),
    ("requestNavigateToClickToDialResult", PAGE_INFO),
    (POP, {"aniValues": ["", "+12025550143"], "customParam1": {"a": [1, None]}}),
    ("requestOpenReports", None),
    ("requestSaveInteractionLog", interaction_log()),
    ("requestSomethingNew", ["ü", 1.5, {"deep": None}]),
]


def test_every_message_reaches_its_handler_untouched_and_in_order(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), LISTENERS)
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")

    for action, data in ONE_WAY:
        peer.send(action, data)
    history = peer.wait("createHistoryItem")[0]
    opened.until(lambda: len(opened.value("heard")) == len(ONE_WAY), "every handler")

    assert opened.value("heard") == [list(one) for one in ONE_WAY]
    assert opened.value("everything") == [
        "ready",
        "requestCrmData",
        *(action for action, _ in ONE_WAY),
    ]
    given = interaction_log()
    assert history == {
        "taskId": "call-1",
        "data": {
            **given,
            "logParameters": history["data"]["logParameters"],
            "msgData": {"message": given["message"], "header": given["header"]},
        },
    }
    assert history["data"]["logParameters"]["caller"] == "+12025550143"
    actions = [entry["data"]["action"] for entry in peer.received()]
    # One that has to wait for its answer says ready once more, and is answered once more.
    assert [action for action, _ in groupby(actions)] == ["ready", "crmData", "createHistoryItem"]


def test_what_a_notebook_tells_the_connector_arrives_exactly(notebook: Open, site: Site) -> None:
    opened = notebook(
        phone(site.greeting),
        'phone.notify("A Gold customer", title="Who calls", severity="WARNING", kind="okDialog")',
        'phone.post("displayErrorNotification", {"textArray": ["raw"]})',
        'phone.post("displayErrorNotifikation")',
    )
    opened.run(0)
    peer = Peer(opened, site)
    peer.wait("crmData")

    for cell in (1, 2, 3):
        opened.run(cell)
    notices = peer.wait("displayErrorNotification", 2)

    assert notices == [
        {
            "type": "okDialog",
            "severity": "WARNING",
            "textArray": ["A Gold customer"],
            "title": "Who calls",
            "dialogId": 1,
            "persist": False,
            "store": False,
        },
        {"textArray": ["raw"]},
    ]
    assert "ActionError" in opened.text(3)
    assert "Did you mean 'displayErrorNotification'?" in opened.text(3)
