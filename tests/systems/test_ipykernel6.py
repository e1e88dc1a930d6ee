"""ipykernel 6, whose messages wait for the running cell: it works, less well, and says so."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.browser.cells import BUSY, CRM_DATA, FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site
from tests.systems.server import System

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext

ASKED = {"object": {"voice": ["case_id"], "digital": []}}
ANSWER = "customFieldsDataResponse"
NUMBERS = itertools.count(1)
SYSTEM = System("ipykernel6", seed=lambda python, folder: None)


@pytest.fixture(scope="module")
def lab() -> Iterator[tuple[BrowserContext, Server]]:
    server = Server(python=SYSTEM.made().python)
    with chromium() as context:
        yield context, server
    server.close()


@pytest.fixture
def opened(lab: tuple[BrowserContext, Server]) -> Iterator[Callable[..., Notebook]]:
    notebooks: list[Notebook] = []

    def make(*cells: str) -> Notebook:
        notebooks.append(Notebook(*lab, f"n{next(NUMBERS)}.ipynb", *cells))
        return notebooks[-1]

    yield make
    for each in notebooks:
        each.close()


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def test_handlers_answer_and_the_status_line_names_the_kernel(
    opened: Callable[..., Notebook], site: Site
) -> None:
    notebook = opened(phone(site.greeting), FIELDS)
    notebook.run_all()
    peer = Peer(notebook, site)

    fields = peer.ask("requestCustomFieldsValues", ANSWER, ASKED)

    assert "Case_Id" in fields
    assert notebook.value("__import__('ipykernel').__version__").startswith("6.")
    notebook.until(lambda: "ipykernel 7" in notebook.panel.inner_text(), "the advice")
    notebook.check()


def test_the_cell_that_makes_the_phone_is_told_that_it_cannot_know_yet(
    opened: Callable[..., Notebook], site: Site
) -> None:
    asking = "display(phone)\nfound = phone.diagnose()"
    notebook = opened(phone(site.greeting).removesuffix("phone") + asking)
    notebook.run(0)
    notebook.until(lambda: notebook.value("phone.status") == "configured", "the phone")

    later = notebook.value("phone.diagnose().cause")

    assert notebook.value("[found.cause, found.certain]") == ["kernel-busy", False]
    assert "Ask again in a cell of its own" in notebook.value("found.sentence")
    assert later == "connected"
    notebook.check()


def test_while_a_cell_sleeps_the_page_answers_and_a_handler_answers_once_afterwards(
    opened: Callable[..., Notebook], site: Site
) -> None:
    notebook = opened(phone(site.url), FIELDS, BUSY)
    notebook.run(0)
    notebook.run(1)
    peer = Peer(notebook, site)
    notebook.start(2)
    notebook.until(lambda: "begins" in notebook.text(2), "the sleeping cell")

    crm_data = peer.ask("requestCrmData", "crmData")
    peer.send("requestCustomFieldsValues", ASKED)
    waiting = peer.received(ANSWER)
    (notebook.server.root / "go").touch()
    notebook.finish(2)
    notebook.until(lambda: peer.received(ANSWER), ANSWER)
    peer.ask("requestCrmData", "crmData")

    assert crm_data == CRM_DATA
    assert waiting == []
    assert len(peer.received(ANSWER)) == 1
