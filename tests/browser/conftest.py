"""One JupyterLab and one Chromium for all tests; a notebook, a page and a kernel for each."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import BrowserContext

OPENED = pytest.StashKey[list[Notebook]]()
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="session")
def context() -> Iterator[BrowserContext]:
    with chromium() as context:
        yield context


@pytest.fixture
def site() -> Iterator[Site]:
    """The foreign connector's page."""
    site = Site()
    yield site
    site.close()


@pytest.fixture
def other_site() -> Iterator[Site]:
    """The same page on another port, which is another origin."""
    site = Site()
    yield site
    site.close()


@pytest.fixture
def notebook(
    request: pytest.FixtureRequest, server: Server, context: BrowserContext
) -> Iterator[Callable[..., Notebook]]:
    """`notebook(cell, cell, ...)` opens one."""
    opened = request.node.stash.setdefault(OPENED, [])

    def make(*cells: str) -> Notebook:
        made = Notebook(context, server, f"notebook-{next(_NUMBERS)}.ipynb", *cells)
        opened.append(made)
        return made

    yield make
    for each in opened:
        each.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show what cells, browser and server said of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        for each in item.stash.get(OPENED, []):
            report.sections.append((each.name, each.story()))
    return report
