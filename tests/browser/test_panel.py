"""The panel in JupyterLab: its tabs, by the keyboard alone, with a real kernel behind them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.cells import BUSY, CONTACTS, FIELDS, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site
from tests.browser.test_quickstart import CONTACTS as FRAME
from tests.browser.test_quickstart import PHONE, POP, SAVE

if TYPE_CHECKING:
    from playwright.sync_api import Locator

Open = Callable[..., Notebook]

NAMES = ["Record", "Contacts", "Traffic", "Diagnosis"]


def tab(opened: Notebook, name: str) -> Locator:
    return opened.panel.get_by_role("tab", name=name)


def open_tab(opened: Notebook, name: str) -> None:
    """Show a tab with the arrow keys."""
    opened.panel.get_by_role("tab", selected=True).focus()
    opened.page.keyboard.press("Home")
    for _ in range(NAMES.index(name)):
        opened.page.keyboard.press("ArrowRight")
    expect(tab(opened, name)).to_be_focused()


def rows(opened: Notebook) -> list[str]:
    """What a screen reader says of the rows, oldest first."""
    return [
        str(row.get_attribute("aria-label"))
        for row in sorted(
            opened.panel.get_by_role("option").all(),
            key=lambda row: int(str(row.get_attribute("data-n"))),
        )
    ]


def reached(opened: Notebook, most: int = 60) -> list[str]:
    """What the Tab key comes to in the tabs, until it leaves them."""
    found: list[str] = []
    for _ in range(most):
        opened.page.keyboard.press("Tab")
        name = opened.page.evaluate(
            """() => {
                const at = document.activeElement;
                if (!at?.closest('.crmw-side')) return null;
                return at.ariaLabel || at.textContent || at.getAttribute('role');
            }"""
        )
        if name is None:
            break
        found.append(str(name))
    return found


def last_message(opened: Notebook) -> Locator:
    """Open the newest row by keyboard; its details."""
    opened.panel.get_by_role("listbox", name="Messages").focus()
    opened.page.keyboard.press("End")
    opened.page.keyboard.press("Enter")
    return opened.panel.locator(".crmw-message")


def press(opened: Notebook, name: str) -> None:
    """Press a button by keyboard."""
    opened.panel.get_by_role("button", name=name, exact=True).focus()
    opened.page.keyboard.press("Enter")


@pytest.fixture
def called(notebook: Open) -> Notebook:
    """A simulated call from ringing to its saved log."""
    opened = notebook(FRAME, PHONE, POP, SAVE)
    opened.run_all()
    opened.until_configured()
    opened.execute(
        "call = phone.simulator.ring(contacts.iloc[0])\n"
        "call.accept(); call.end(topic='Renewal', notes='Yearly')"
    )
    opened.until(lambda: opened.value("len(saved)"), "the log in save()")
    return opened


def test_every_tab_and_button_is_reached_by_keyboard(called: Notebook) -> None:
    expected: dict[str, set[str]] = {
        "Record": {"Call Bo Larsen (202) 555-0143", "bo@example.com"},
        "Contacts": {"Search contacts", "Let them call: Kit Reyes, 415-555-0132"},
        "Traffic": {
            "Filter messages", "Pause", "Clear", "Copy all shown messages", "received", "sent",
            "refused", "failed", "Messages",
        },
        "Diagnosis": {"Look again", "Copy"},
    }  # fmt: skip
    wait_for = {
        "Record": "bo@example.com",
        "Contacts": "Let them call",
        "Traffic": "createHistoryItem",
        "Diagnosis": "connected",
    }

    for name, buttons in expected.items():
        open_tab(called, name)
        expect(called.panel).to_contain_text(wait_for[name])

        assert buttons - set(reached(called)) == set(), name


def test_a_call_is_seen_as_pairs_with_stages_and_a_verdict(called: Notebook) -> None:
    open_tab(called, "Traffic")
    expect(called.panel.get_by_role("option", name="createHistoryItem")).to_be_visible()
    expect(called.panel.get_by_role("option", name="requestSaveInteractionLog, ok")).to_be_visible()

    seen = rows(called)
    log = next(i for i, row in enumerate(seen) if "requestSaveInteractionLog" in row)
    number = called.panel.get_by_role("option").nth(log).get_attribute("data-n")

    assert "received, requestSaveInteractionLog, ok [D]" in seen[log]
    assert any(row == f"sent, createHistoryItem, answer to {number}" for row in seen)
    assert any(row.startswith("received, ready, ok [D]") for row in seen)
    message = last_message(called)
    press(called, "Go to its request")
    for stage in ("page", "channel", "queue", "handler", "back"):
        expect(message).to_contain_text(f"{stage} ")
    expect(message).to_contain_text("Answered by your handler save().")
    called.page.keyboard.press("Escape")
    expect(message).to_have_count(0)


def test_messages_are_filtered_and_the_list_can_be_held(called: Notebook) -> None:
    open_tab(called, "Traffic")
    expect(called.panel.get_by_role("option").first).to_be_visible()
    called.panel.get_by_role("listbox", name="Messages").focus()
    called.page.keyboard.press("/")
    called.page.keyboard.type("screenpop")
    expect(called.panel.get_by_role("option")).to_have_count(1)
    called.page.keyboard.press("Escape")
    press(called, "sent")
    expect(called.panel.get_by_role("option", name="requestCrmData")).to_have_count(0)
    press(called, "sent")

    press(called, "Pause")
    count = called.panel.get_by_role("option").count()
    called.execute("phone.notify('held')")

    expect(called.panel.get_by_role("button", name="Resume (1 new)")).to_be_visible()
    assert called.panel.get_by_role("option").count() == count
    press(called, "Resume (1 new)")
    expect(called.panel.get_by_role("option")).to_have_count(count + 1)
    press(called, "Clear")
    expect(called.panel.get_by_role("option")).to_have_count(0)


def test_an_edited_message_runs_through_todays_handler_and_reaches_nobody(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POP.replace("Gold", "-"), FIELDS)
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", {"object": {"voice": ["a"]}})
    open_tab(opened, "Traffic")
    expect(opened.panel.get_by_role("option", name="customFieldsDataResponse")).to_be_visible()
    message = last_message(opened)
    press(opened, "Go to its request")
    opened.edit(2, FIELDS.replace('"Case"', '"Ticket"'))
    opened.run(2)
    heard = len(peer.received())

    press(opened, "Run again with today's handler")
    box = opened.panel.get_by_role("textbox", name="Message to run")
    edited: dict[str, Any] = json.loads(box.input_value())
    edited["data"]["object"]["voice"] = ["Case_Id"]
    box.fill(json.dumps(edited))
    press(opened, "Run")

    expect(message).to_contain_text("1 answer by your handler fields()")
    expect(message).to_contain_text("Ticket")
    opened.execute("phone.notify('after')")
    peer.told()
    assert len(peer.received()) == heard + 1


def test_running_a_log_again_asks_first_and_saves_for_real(called: Notebook) -> None:
    open_tab(called, "Traffic")
    expect(called.panel.get_by_role("option", name="createHistoryItem")).to_be_visible()
    message = last_message(called)
    press(called, "Go to its request")
    press(called, "Run again with today's handler")

    press(called, "Run")
    expect(message).to_contain_text("the handler saves it once more, for real")
    assert called.value("len(saved)") == 1
    press(called, "Save it for real")

    expect(message).to_contain_text("1 answer by your handler save()")
    assert called.value("[len(saved), len(phone.interactions)]") == [2, 1]


def test_nothing_is_traced_unless_somebody_looks(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), "watched = lambda: phone._client._watcher is not None")
    opened.run_all()
    Peer(opened, site).wait("crmData")
    assert opened.value("watched()") is False

    open_tab(opened, "Traffic")
    opened.until(lambda: opened.value("watched()"), "the kernel to know that somebody looks")
    open_tab(opened, "Record")

    opened.until(lambda: not opened.value("watched()"), "the kernel to know that nobody looks")


def test_a_silent_connector_and_a_configured_one_are_told_apart(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.url, directory=CONTACTS, silence=1))
    opened.run_all()
    opened.until(lambda: [one["silent"] for one in opened.facts()] == [True], "the silence")
    peer = Peer(opened, site)

    open_tab(opened, "Diagnosis")
    expect(opened.panel.locator(".crmw-cause")).to_have_text("silent")
    expect(tab(opened, "Diagnosis !")).to_be_visible()
    expect(opened.panel.get_by_role("listitem").filter(has_text="ready")).to_contain_text("wrong")
    peer.send("ready")
    peer.send("requestCrmData")
    peer.wait("crmData")
    press(opened, "Look again")

    expect(opened.panel.locator(".crmw-cause")).to_have_text("connected")
    expect(tab(opened, "Diagnosis ok")).to_be_visible()


def test_where_no_kernel_answers_the_page_says_so_and_keeps_what_comes(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting))
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    kernel = "const k = w.sessionContext.session.kernel;"
    opened._js(kernel + "await k.shutdown();")
    peer.send("requestOpenReports")

    open_tab(opened, "Diagnosis")

    expect(opened.panel.locator(".crmw-cause")).to_have_text("kernel-away")
    expect(opened.panel).to_contain_text("for Python.")
    open_tab(opened, "Traffic")
    expect(opened.panel.get_by_role("option", name="requestOpenReports, kept")).to_be_visible()


def test_the_list_is_there_while_a_cell_runs(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), BUSY)
    opened.run(0)
    peer = Peer(opened, site)
    peer.wait("crmData")
    opened.start(1)
    peer.send("requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]})

    open_tab(opened, "Traffic")

    expect(opened.panel.get_by_role("option", name="ScreenPop, ok")).to_be_visible()
    (opened.server.root / "go").touch()
    opened.finish(1)
