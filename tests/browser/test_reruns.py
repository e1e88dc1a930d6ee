"""Cells are run again, moved and folded, kernels restarted: the call goes on."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cells import FIELDS, POP, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

POPPING = """
pops = []

@phone.on_screen_pop
def pop(message):
    pops.append(message.caller)
    return phone.find(message.ani_values)
"""
CHANGED = """
@phone.on_screen_pop
def pop(message):
    return phone.find("+442079460018")
"""
MODELS = (
    "sum(type(w).__name__ == 'CRMWidget'"
    " for w in __import__('ipywidgets').widgets.widget._instances.values())"
)


def connected(opened: Notebook, site: Site) -> Peer:
    """All cells have run, and there is a call: something was typed at the connector."""
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.frame.get_by_label("Notes").fill("half a sentence")
    return peer


def alive(peer: Peer) -> bool:
    """The same load of the page, the only one, with what was typed there."""
    typed = peer.frame.get_by_label("Notes").input_value()
    return peer.site.loads == [peer.load] and typed == "half a sentence"


def test_running_the_widgets_cell_again_keeps_the_call_and_the_handlers(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING)
    peer = connected(opened, site)

    for number in range(3):
        opened.run(0)
        peer.send(POP, {"aniValues": [f"+120255501{number:02}"]})
    opened.until(lambda: len(opened.value("pops")) == 3, "three pops")

    assert opened.value("pops") == ["+12025550100", "+12025550101", "+12025550102"]
    assert alive(peer)
    assert opened.page.locator("iframe#crmConnectIframeId").count() == 1
    assert opened.value(MODELS) == 1
    assert opened.value("phone.status") == "configured"
    assert [entry["data"]["action"] for entry in peer.received()].count("crmData") == 1
    opened.check()


def test_a_handler_changed_while_it_rings_changes_the_card_and_not_the_call(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING)
    peer = connected(opened, site)
    peer.send(POP, {"aniValues": ["+12025550143"]})
    card = opened.panel.get_by_role("group", name="Bo Larsen")
    expect(card).to_be_visible()
    before = len(peer.received())

    opened.edit(1, CHANGED)
    opened.run(1)
    expect(opened.panel).to_contain_text("pop() has changed since.")
    opened.panel.get_by_role("button", name="Run again").click()

    expect(opened.panel.get_by_role("group", name="Ines Okafor")).to_be_visible()
    expect(card).to_have_count(0)
    expect(opened.panel).not_to_contain_text("has changed since")
    assert opened.value("phone.record.name") == "Ines Okafor"
    assert len(peer.received()) == before
    assert alive(peer)


def test_a_new_kernel_takes_over_the_call_and_what_was_said_meanwhile(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING + FIELDS)
    peer = connected(opened, site)
    peer.send("requestEnableClickToDial", {"isEnabled": True})
    opened.until(lambda: opened.value("phone.can_dial"), "click-to-dial")

    opened.restart_kernel()
    crm_data = peer.ask("requestCrmData", "crmData")
    peer.send(POP, {"aniValues": ["+12025550143"]})
    opened.run_all()
    opened.until(lambda: opened.value("pops"), "the pop that was kept")

    assert crm_data["currentUser"]["Name"] == "Ada Marsh"
    assert opened.value("pops") == ["+12025550143"]
    assert opened.value("[phone.status, phone.can_dial]") == ["configured", True]
    expect(opened.panel.get_by_role("group", name="Bo Larsen")).to_be_visible()
    assert alive(peer)
    opened.check()


def test_the_frame_outlives_what_is_done_to_its_cell(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), POPPING)
    peer = connected(opened, site)
    steps = [
        (0, "notebook:hide-cell-outputs"),
        (0, "notebook:show-cell-outputs"),
        (0, "notebook:move-cell-down"),
        (1, "notebook:move-cell-up"),
        (0, "notebook:clear-cell-output"),
        (0, "notebook:delete-cell"),
    ]

    for done, (cell, command) in enumerate(steps, 1):
        opened.select(cell)
        opened.command(command)
        peer.send(POP, {"aniValues": ["+12025550143"]})
        opened.until(lambda done=done: len(opened.value("pops")) == done, f"a pop after {command}")

        assert alive(peer), command
        expect(opened.page.locator("iframe#crmConnectIframeId")).to_have_count(1)
