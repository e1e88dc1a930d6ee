"""One JupyterLab and one Chromium for all tests; a notebook and a kernel for each."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright.sync_api import BrowserContext, Page

OPENED = pytest.StashKey[list[Notebook]]()
FAILED = pytest.StashKey[bool]()
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


@pytest.fixture(scope="session")
def spare() -> list[Page]:
    """Pages of JupyterLab that earlier tests left as they had found them."""
    return []


@pytest.fixture
def notebook(
    request: pytest.FixtureRequest, server: Server, context: BrowserContext, spare: list[Page]
) -> Iterator[Callable[..., Notebook]]:
    """`notebook(cell, cell, ...)` opens one, in a spare page but for tests marked `own_page`."""
    opened = request.node.stash.setdefault(OPENED, [])
    own = request.node.get_closest_marker("own_page") is not None

    def make(*cells: str) -> Notebook:
        page = spare.pop() if spare and not own else None
        name = f"notebook-{next(_NUMBERS)}.ipynb"
        made = Notebook(context, server, name, *cells, page=page)
        opened.append(made)
        return made

    yield make
    for each in opened:
        if own or FAILED in request.node.stash:
            each.close()
        elif page := each.leave():
            spare.append(page)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show what cells, browser and server said of a test that failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.stash[FAILED] = True
        for each in item.stash.get(OPENED, []):
            report.sections.append((each.name, each.story()))
    return report
