"""One server for the clients' pages, and browsers that work through the mutants side by side."""

from __future__ import annotations

import queue
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from crmwidget.conformance import check_page
from crmwidget.safety.browser import chromium
from tests.conformance.site import CONNECTOR, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from crmwidget.conformance import Report
    from tests.conformance.mutants import Mutant

PATIENCE = 4.0
"""Seconds that an answer may take: the pages answer from memory."""
BROWSERS = 4
"""More than there are cores: a run is a third waiting for what must not come."""


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def reports(request: pytest.FixtureRequest, site: Site) -> Iterator[dict[str, Future[Report]]]:
    """By the name of each mutant that is to be tested: its report, as soon as there is one."""
    params = [getattr(item, "callspec", None) for item in request.session.items]
    mutants = [one.params["mutant"] for one in params if one and "mutant" in one.params]
    futures: dict[str, Future[Report]] = {mutant.name: Future() for mutant in mutants}
    waiting: queue.SimpleQueue[Mutant | None] = queue.SimpleQueue()
    for mutant in [*mutants, *[None] * BROWSERS]:
        waiting.put(mutant)

    def work() -> None:
        with chromium() as page:
            while (mutant := waiting.get()) is not None:
                future = futures[mutant.name]
                try:
                    future.set_result(_checked(page, site, mutant))
                except BaseException as error:  # noqa: BLE001 - it is the test's
                    future.set_exception(error)

    with ThreadPoolExecutor(BROWSERS) as pool:
        for _ in range(BROWSERS):
            pool.submit(work)
        yield futures
        while not waiting.empty():
            waiting.get_nowait()  # the rest, where a test has ended the run
        for _ in range(BROWSERS):
            waiting.put(None)


def _checked(page: Page, site: Site, mutant: Mutant) -> Report:
    """One page for all: a new one, and its process, would cost as much as half of the rules."""
    name = mutant.name.replace(" ", "-")
    url = site.add(name, mutant.changes, headers=mutant.headers)
    try:
        return check_page(page, lambda: page.goto(url), CONNECTOR, "#call", patience=PATIENCE)
    finally:
        page.goto("about:blank")
