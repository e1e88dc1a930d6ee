"""Two notebooks in one JupyterLab share a page and must not share a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.cells import CONTACTS, POP, phone
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
