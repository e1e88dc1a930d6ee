"""What a customer said is nowhere at rest: not in the notebook, the widget's state or a console."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.cells import CRM_DATA, POP, interaction_log
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ"  # noqa: S105
CANARIES = (
    "Zdenka",
    "Canary",
    "5550177",
    "555-0177",
    "555 0177",
    "canary@example.com",
    "quiet word",
    TOKEN,
    "c2lnbmF0dXJl",
)
CONTACT = {
    "id": "C-9",
    "name": "Zdenka Canary",
    "phone": "+12025550177",
    "email": "canary@example.com",
}
LOG = interaction_log(
    "+12025550177",
    comments="a quiet word",
    customFields=[{"logFieldName": "token", "currentValue": TOKEN}],
)

PHONE = """
import json, pathlib
from crmwidget import CRMWidget

contacts = json.loads(pathlib.Path("contacts.json").read_text())
phone = CRMWidget({url!r}, crm_data={crm_data!r}, directory=contacts, region="US")
phone
"""
SAVING = """
@phone.on_save_log
def save(log):
    raise RuntimeError(f"cannot save {log.caller}, Bearer {log.custom_fields['token']}")
"""
LOOKING = """
print(phone, phone.last_message, phone.traffic, phone.journal, phone.errors)
print(phone.traffic.to_frame().to_csv(), list(phone.traffic), phone.journal.to_frame().to_csv())
print(phone.record, phone.candidates, phone.directory, phone.interactions, phone.crm_data)
phone.errors[-1]
"""
SAVES_STATE = "@jupyter-widgets/jupyterlab-manager:saveWidgetState"
SAVE_STATE = """async (command) => {
    const {commands} = window.jupyterapp;
    if (commands.isToggled(command)) return true;
    await commands.execute(command);  // does nothing, without a word, before the setting is loaded
    return false;
}"""
STATES = (
    "[w.get_state() for w in __import__('ipywidgets').widgets.widget._instances.values()"
    " if type(w).__name__ == 'CRMWidget']"
)


@pytest.mark.own_page
def test_no_customer_and_no_token_stays_in_notebook_state_console_or_server_log(
    notebook: Open, site: Site
) -> None:
    shown = PHONE.format(url=site.greeting, crm_data=CRM_DATA)
    opened = notebook(shown, SAVING, LOOKING)
    (opened.server.root / "contacts.json").write_text(json.dumps([CONTACT]))
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send(POP, {"aniValues": ["+12025550177"]})
    expect(opened.panel.get_by_role("group", name="Zdenka Canary")).to_be_visible()
    peer.send("requestSaveInteractionLog", LOG)
    peer.told()
    opened.until(lambda: "RuntimeError" in opened.text(0), "the traceback")
    opened.run(2)

    opened.until(lambda: opened.page.evaluate(SAVE_STATE, SAVES_STATE), "a setting that is on")
    places = {
        "the notebook": opened.saved(),
        "the widget's state": json.dumps(opened.value(STATES)),
        "the console": "\n".join(opened.console),
        "the server's log": opened.server.log.read_text(),
        "the address": opened.page.url,
    }

    assert "widget-state+json" in places["the notebook"]
    assert "_born" in places["the widget's state"]
    found = [(where, c) for where, text in places.items() for c in CANARIES if c in text]
    assert found == []
