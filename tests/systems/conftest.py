"""The servers, and the road to one; their logs in the report of a test that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crmwidget.adapters import BottleCRM
from tests.systems.bottlecrm import BottleCRMServer
from tests.systems.radicale import RadicaleServer
from tests.systems.road import Road
from tests.systems.server import LIVING
from tests.systems.tryton import TrytonServer

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def no_journal_of_the_persons_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@pytest.fixture(scope="session")
def bottlecrm() -> Iterator[BottleCRMServer]:
    """One for all: it takes long to start. A test that counts logs has a person of its own."""
    with BottleCRMServer() as server:
        yield server


@pytest.fixture(scope="module")
def tryton() -> Iterator[TrytonServer]:
    with TrytonServer() as server:
        yield server


@pytest.fixture(scope="module")
def radicale() -> Iterator[RadicaleServer]:
    with RadicaleServer() as server:
        yield server


@pytest.fixture
def road(bottlecrm: BottleCRMServer) -> Iterator[Road]:
    """The way to BottleCRM."""
    with Road(bottlecrm.url) as road:
        yield road


@pytest.fixture
def crm(bottlecrm: BottleCRMServer) -> Iterator[BottleCRM]:
    """Its adapter, with everything it takes."""
    auth = bottlecrm.credentials["personal"]
    with BottleCRM(bottlecrm.url, auth=auth, region="US", app="https://app.example.com") as crm:
        yield crm


@pytest.fixture
def far(road: Road, bottlecrm: BottleCRMServer) -> Iterator[BottleCRM]:
    """The same over the road, where answers get lost."""
    auth = bottlecrm.credentials["personal"]
    with BottleCRM(road.url, auth=auth, region="US", timeout=5) as crm:
        yield crm


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show what the servers printed."""
    report = yield
    if report.when == "call" and report.failed:
        for server in LIVING:
            report.sections.append((f"{server.name}, its log", server.log()))
    return report
