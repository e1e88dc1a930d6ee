"""Two notebooks in one JupyterLab share a page and must not share a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cells import CONTACTS, POP, interaction_log, phone
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


def test_two_phones_of_one_name_in_two_notebooks_do_not_mix(
    notebook: Open, site: Site, other_site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING)
    first = opened.name
    opened.run_all()
    opened.open_beside("beside.ipynb", phone(other_site.greeting, directory=CONTACTS[1:2]), POPPING)
    opened.run_all()
    one, two = Peer(opened, site), Peer(opened, other_site)
    one.wait("crmData")
    two.wait("crmData")

    one.send(POP, {"aniValues": ["+12025550143"]})
    two.send(POP, {"aniValues": ["+442079460018"]})
    directories = [each.ask("requestGetCrmDirectory", "crmDirectory") for each in (one, two)]

    opened.until(lambda: opened.value("pops") == ["+442079460018"], "the second one's pop")
    expect(opened.panel.get_by_role("group", name="Ines Okafor")).to_be_visible()
    opened.turn_to(first)
    opened.until(lambda: opened.value("pops") == ["+12025550143"], "the first one's pop")
    expect(opened.panel.get_by_role("group", name="Bo Larsen")).to_be_visible()
    assert [directory["count"] for directory in directories] == ["4", "1"]
    assert [fact["configured"] for fact in opened.facts()] == [True, True]
    assert site.loads == [one.load]
    assert other_site.loads == [two.load]


FAILING = """
@phone.on_save_log
def save(log):
    raise OSError("the disk is full")
"""
SAVING = """
saved = []

@phone.on_save_log
def save(log):
    saved.append(log.key)
    return "later"
"""
RENAMED = "async name => { await window.jupyterapp.shell.currentWidget.context.rename(name); }"


def test_a_renamed_notebook_keeps_the_log_it_could_not_save(notebook: Open, site: Site) -> None:
    embedded = phone(site.greeting)
    opened = notebook(embedded, FAILING, SAVING)
    old = opened.name
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.send("requestSaveInteractionLog", interaction_log())
    peer.told()

    opened.page.evaluate(RENAMED, "renamed.ipynb")
    opened.name = "renamed.ipynb"
    opened.restart_kernel()
    opened.run(0)
    opened.run(2)
    kept = opened.value("len(phone.journal)")
    opened.panel.get_by_role("button", name="Retry").click()
    opened.until(lambda: opened.value("saved"), "the log in the renamed notebook")
    first = opened.value("saved")
    opened.open_beside(old, embedded, SAVING)  # another one, of the name that the first had
    opened.run_all()
    Peer(opened, site).wait("crmData")

    assert kept == 1
    assert len(first) == 1
    assert opened.value("[len(saved), len(phone.journal)]") == [0, 0]
