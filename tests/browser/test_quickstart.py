"""The quickstart as a person runs it, with the simulated phone in its frame."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.lab import Notebook

Open = Callable[..., Notebook]

CONTACTS = """
import pandas as pd
from crmwidget import CRMWidget

contacts = pd.DataFrame(
    [
        ("C-1", "Bo Larsen", "(202) 555-0143", "bo@example.com", "Gold"),
        ("C-2", "Ines Okafor", "+44 20 7946 0018", "ines@example.com", "Silver"),
        ("C-3", "Sam Reyes", "+1 415 555 0132", "sam@example.com", "Gold"),
        ("C-4", "Kit Reyes", "415-555-0132", "kit@example.com", "Trial"),
    ],
    columns=["id", "name", "phone", "email", "plan"],
)
"""
PHONE = """
phone = CRMWidget(directory=contacts, region="US")
phone
"""
POP = """
@phone.on_screen_pop
def who_is_calling(pop):
    found = phone.find(pop.ani_values)
    if found.contact and found.contact.fields["plan"] == "Gold":
        phone.notify("A Gold customer is calling", severity="INFO")
    return found
"""
SAVE = """
saved = []

@phone.on_save_log
def save(log):
    caller = phone.find(log.caller).contact
    saved.append({**log.to_dict(), "contact_id": caller.id if caller else None})
    return f"call-{len(saved)}"
"""
CALL = """
call = phone.simulator.ring(contacts.iloc[0])
await call.accept()
await call.end(topic="Renewal", notes="Wants the yearly plan")

table = pd.DataFrame(saved).merge(contacts, left_on="contact_id", right_on="id")
table[["name", "plan", "topic", "comments"]]
"""
CELLS = (CONTACTS, PHONE, POP, SAVE, CALL)


def test_the_quickstart_runs_from_top_to_bottom(notebook: Open) -> None:
    opened = notebook(*CELLS, "await phone.wait('configured')", "phone.interactions.to_frame()")

    for cell in range(len(CELLS) + 2):
        opened.run(cell)

    opened.check()
    assert " ".join(opened.text(4).split()) == (
        "name plan topic comments 0 Bo Larsen Gold Renewal Wants the yearly plan"
    )
    assert opened.text(5) == "'configured'"
    assert "Wants the yearly plan" in opened.text(6)
    assert opened.value("[phone.status, phone.can_dial]") == ["configured", True]
    assert opened.value("[phone.record.name, len(phone.candidates)]") == ["Bo Larsen", 1]
    opened.simulator.get_by_role("button", name="History").click()
    expect(opened.simulator.locator("body")).to_contain_text("call-1")
    expect(opened.panel).to_contain_text("SIMULATOR")
    expect(opened.panel).to_contain_text("agent Ada Marsh")
    expect(opened.panel).to_contain_text("4 contacts, US")


def test_a_call_taken_by_hand_shows_the_dataframes_row_and_reaches_save(notebook: Open) -> None:
    opened = notebook(*CELLS[:4])
    opened.run_all()
    phone = opened.simulator

    phone.get_by_role("button", name="Incoming call: Bo Larsen").click()
    card = opened.panel.get_by_role("group", name="Bo Larsen")
    expect(card).to_contain_text("bo@example.com")
    expect(card).to_contain_text("Gold")
    phone.get_by_role("button", name="Accept").click()
    phone.get_by_role("button", name="End").click()
    phone.get_by_label("Topic").fill("Renewal")
    phone.get_by_label("Notes").fill("By hand")
    phone.get_by_role("button", name="Save log").click()
    opened.until(lambda: opened.value("saved"), "the log in save()")

    expect(opened.panel).to_contain_text("who_is_calling() answered in")
    expect(phone.get_by_text("A Gold customer is calling")).to_be_visible()
    (log,) = opened.value("saved")
    assert [log["topic"], log["comments"], log["contact_id"]] == ["Renewal", "By hand", "C-1"]
    phone.get_by_role("button", name="History").click()
    expect(phone.locator("body")).to_contain_text("call-1")
    expect(phone.get_by_role("button", name="Incoming call: Ines Okafor")).to_be_enabled()
    opened.check()


def test_a_number_that_two_contacts_share_opens_neither(notebook: Open) -> None:
    opened = notebook(CONTACTS, PHONE)
    opened.run_all()
    phone = opened.simulator
    expect(phone.get_by_role("button", name="Incoming call: Bo Larsen")).to_be_enabled()

    phone.get_by_role("button", name="Who calls").click()
    phone.get_by_role("button", name="A number two contacts share").click()

    expect(opened.panel).to_contain_text("2 contacts have this number. None was opened.")
    for name in ("Sam Reyes", "Kit Reyes"):
        expect(opened.panel.get_by_role("group", name=name)).to_be_visible()
    assert opened.value("[phone.record, [c.name for c in phone.candidates]]") == [
        None,
        ["Sam Reyes", "Kit Reyes"],
    ]

    opened.panel.get_by_role("button", name="This one: Kit Reyes").click()

    expect(opened.panel.get_by_role("group", name="Sam Reyes")).to_have_count(0)
    opened.until(lambda: opened.value("phone.record and phone.record.name"), "the record")
    assert opened.value("phone.record.name") == "Kit Reyes"
    opened.check()


def test_the_simulated_phone_keeps_ringing_while_its_cells_run_again(notebook: Open) -> None:
    opened = notebook(*CELLS[:3], "phone.simulator.ring();")
    opened.run_all()
    ringing = opened.simulator.get_by_role("button", name="Accept")
    expect(ringing).to_be_visible()

    opened.run(1)
    opened.edit(2, POP.replace("found\n", "phone.find('+442079460018')\n"))
    opened.run(2)
    opened.panel.get_by_role("button", name="Run again").click()

    expect(opened.panel.get_by_role("group", name="Ines Okafor")).to_be_visible()
    expect(ringing).to_be_visible()
    sandbox = opened.page.locator("iframe[srcdoc]").get_attribute("sandbox")
    assert sandbox == "allow-scripts"
    assert opened.facts()[0]["loads"] == 1
    opened.check()
