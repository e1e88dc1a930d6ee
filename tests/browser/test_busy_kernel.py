"""While a cell runs: who answers then, and where the output of handlers goes."""

from __future__ import annotations

from collections.abc import Callable

from tests.browser.cells import BUSY, CONTACTS, CRM_DATA, FIELDS, POP, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

ASKED = {"object": {"voice": ["case_id"], "digital": []}}

SPEAKING = """
@phone.on_screen_pop
def pop(message):
    print("the handler speaks")
    raise LookupError(f"no room for {message.caller}, write to bo@example.com")
"""


def test_a_sleeping_cell_keeps_no_question_waiting_and_keeps_its_own_output(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.url), FIELDS + SPEAKING, BUSY)
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    opened.start(2)
    opened.until(lambda: "begins" in opened.text(2), "the sleeping cell")

    peer.ask("ready", "ready")
    crm_data = peer.ask("requestCrmData", "crmData")
    directory = peer.ask("requestGetCrmDirectory", "crmDirectory")
    fields = peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", ASKED)
    peer.send(POP, {"aniValues": ["+12025550143"]})
    told = peer.told()
    opened.until(lambda: "LookupError" in opened.text(0), "the traceback")
    asleep = opened.text(2)
    (opened.server.root / "go").touch()
    opened.finish(2)

    assert asleep == "begins\n"
    assert crm_data == CRM_DATA
    assert directory["results"] == CONTACTS
    assert "Case_Id" in fields
    assert told == ["The screen pop failed."]
    assert opened.text(2) == "begins\nends\n"


def test_a_cell_that_makes_the_phone_and_goes_on_is_reached_by_the_connector(
    notebook: Open, site: Site
) -> None:
    opened = notebook(f"{phone(site.greeting).removesuffix('phone')}display(phone)\n{FIELDS}{BUSY}")
    opened.start(0)
    peer = Peer(opened, site)

    peer.wait("crmData")
    fields = peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", ASKED)
    running = "ends" not in opened.text(0)
    (opened.server.root / "go").touch()
    opened.finish(0)

    assert "Case_Id" in fields
    assert running
    opened.check()


def test_output_and_tracebacks_of_handlers_land_masked_in_the_widgets_cell(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), SPEAKING, 'print("another cell")')
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")

    peer.send(POP, {"aniValues": ["+12025550143"]})
    peer.told()
    opened.until(lambda: "LookupError" in opened.text(0), "the traceback")

    shown = opened.text(0)
    assert "the handler speaks" in shown
    assert "raise LookupError" in shown
    assert "_runner.py" not in shown
    assert "555" not in shown
    assert "bo@example.com" not in shown
    assert opened.text(1) == ""
    assert opened.text(2) == "another cell\n"
    assert opened.value("phone.errors[-1].message.caller") == "+12025550143"
