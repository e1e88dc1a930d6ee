"""Calling from the notebook: only once the connector allows it, and exactly as the wire has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.cells import phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

DIAL = 'phone.dial("+12025550143")'
AT_ONCE = 'phone.dial("+12025550143", ask=False)'
RECORD = {
    "number": "+12025550143",
    "objectType": "End User",
    "recordId": "C-1",
    "recordName": "Bo Larsen",
    "email": "bo@example.com",
    "url": "",
}
DIALLED: dict[str, Any] = {
    "onClickToDialResponse": RECORD,
    "clickToDialLogDetails": {
        "id": "C-1",
        "name": "Bo Larsen",
        "personAccount": True,
        "type": "End User",
    },
    "softphoneItems": [],
    "doNotCall": False,
    "crmEmails": "bo@example.com",
    "crmPhones": ["+12025550143"],
    "nameObjects": None,
    "relatedToObjects": [
        {
            "isName": False,
            "isRelatedTo": True,
            "pageInfo": {
                "recordId": "C-1",
                "url": "",
                "recordName": "Bo Larsen",
                "objectType": "End User",
            },
        }
    ],
    "pageInfo": RECORD,
}


def test_dialling_needs_the_connectors_leave_and_then_sends_the_whole_record(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), DIAL, AT_ONCE, DIAL)
    opened.run(0)
    peer = Peer(opened, site)
    peer.wait("crmData")

    opened.run(1)
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    opened.until(lambda: opened.value("phone.can_dial"), "click-to-dial")
    opened.run(2)
    dialled = peer.wait("clickToDialResponse")
    peer.send("requestEnableClickToDial", {"isEnabled": False})
    opened.until(lambda: not opened.value("phone.can_dial"), "its end")
    opened.run(3)

    assert "ClickToDialDisabled" in opened.text(1)
    assert opened.text(2) == ""
    assert dialled == [DIALLED]
    assert "ClickToDialDisabled" in opened.text(3)
    assert len(peer.received("clickToDialResponse")) == 1


def test_run_all_rings_nobody_s_telephone_and_the_button_it_shows_rings_it_once(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), DIAL)
    opened.run(0)
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    opened.until(lambda: opened.value("phone.can_dial"), "click-to-dial")
    opened.run(1)
    button = opened.page.get_by_role("button", name="Call the number ending in 43")
    expect(button).to_be_visible()
    assert peer.received("clickToDialResponse") == []

    button.dblclick()

    dialled = peer.wait("clickToDialResponse")
    called = opened.page.get_by_role("button", name="Given to the phone: the number ending in 43")
    expect(called).to_be_disabled()
    assert dialled == [DIALLED]
    assert len(peer.received("clickToDialResponse")) == 1


def test_a_handler_and_the_simulator_are_not_asked_for(notebook: Open, site: Site) -> None:
    calls_back = """
@phone.on_navigate
def call_back(place):
    phone.dial("+12025550143")
"""
    opened = notebook(phone(site.greeting), calls_back)
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    opened.until(lambda: opened.value("phone.can_dial"), "click-to-dial")

    peer.send("requestNavigateToClickToDialResult", {"recordId": "C-1"})

    assert peer.wait("clickToDialResponse") == [DIALLED]


def test_a_double_click_on_call_calls_once(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting))
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    opened.panel.get_by_role("tab", name="Contacts").click()
    opened.panel.get_by_role("searchbox").fill("larsen")
    call = opened.panel.get_by_role("button", name="Call Bo Larsen")
    expect(call).not_to_have_attribute("aria-disabled", "true")

    call.dblclick()
    call.press("Enter")

    opened.panel.get_by_role("searchbox").fill("okafor")  # is answered after all that was pressed
    expect(opened.panel).to_contain_text("Ines Okafor")
    assert peer.wait("clickToDialResponse") == [DIALLED]
    assert len(peer.received("clickToDialResponse")) == 1


def test_the_contacts_tab_finds_somebody_and_calls_them(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting))
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    opened.panel.get_by_role("tab", name="Contacts").click()
    opened.panel.get_by_role("searchbox").fill("larsen")
    call = opened.panel.get_by_role("button", name="Call Bo Larsen")
    expect(call).to_be_visible()
    expect(opened.panel.get_by_role("button", name="Call Ines Okafor")).to_have_count(0)

    call.click(force=True)
    refused = peer.received("clickToDialResponse")
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    expect(call).not_to_have_attribute("aria-disabled", "true")
    call.click()
    dialled = peer.wait("clickToDialResponse")

    assert refused == []
    assert dialled == [DIALLED]
    expect(opened.panel).to_contain_text("Number given to the phone: Bo Larsen")
