"""A disk that is slow, or never comes back, holds up nothing but the call logs it is to keep."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from crmwidget import Handlers
from crmwidget.client import Client
from crmwidget.client import _lanes as lanes
from crmwidget.client import _runner as runner
from crmwidget.client.journal._store import HUNG, SLOW
from tests.client.disk import Disk
from tests.client.known import until
from tests.test_delivery import ORIGIN, Page, settled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    monkeypatch.setattr(runner, "NOTED", 0.01)
    disk = Disk(monkeypatch)
    yield disk
    disk.go_on()


def phone(handlers: Handlers, path: Path) -> Client:
    client = Client("test", handlers)
    client.connector = ORIGIN
    client.open_journal(path)
    return client


@pytest.fixture
def client(handlers: Handlers, path: Path, disk: Disk) -> Iterator[Client]:
    client = phone(handlers, path)
    yield client
    disk.go_on()
    client.close(force=True)


def saver(handlers: Handlers, kind: str) -> list[str]:
    saved: list[str] = []

    async def save(log: object) -> None:
        saved.append(log.interaction_id)  # type: ignore[attr-defined]

    handlers.on_save_log(save if kind == "async" else lambda log: saved.append(log.interaction_id))
    return saved


def is_free(lock: threading.RLock) -> bool:  # type: ignore[valid-type]
    """Whether another thread gets it."""
    got: list[bool] = []

    def try_it() -> None:
        got.append(lock.acquire(timeout=10))  # type: ignore[attr-defined]
        if got[0]:
            lock.release()  # type: ignore[attr-defined]

    other = threading.Thread(target=try_it)
    other.start()
    other.join()
    return got[0]


kinds = pytest.mark.parametrize("kind", ["sync", "async"])


@kinds
def test_the_page_is_told_and_the_handler_called_only_when_a_log_is_on_disk(
    handlers: Handlers, client: Client, disk: Disk, kind: str
) -> None:
    saved = saver(handlers, kind)
    page = Page(client, "page")
    disk.stop()

    page.logs(1)

    assert disk.asked.wait(60)
    assert is_free(client.lock)
    assert (page.done, saved) == (0, [])
    disk.go_on()
    until(lambda: saved)
    settled(client)
    assert (page.done, saved, len(client.journal)) == (1, ["1"], 0)


@kinds
def test_other_messages_are_handled_meanwhile_and_logs_in_their_order_after_it(
    handlers: Handlers, client: Client, disk: Disk, kind: str
) -> None:
    saved = saver(handlers, kind)
    popped = threading.Event()
    handlers.on_screen_pop(lambda pop: popped.set())
    page = Page(client, "page")
    disk.stop()

    page.logs(1)
    page.logs(2, 3, first=2)
    client.deliver("requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]})

    assert popped.wait(60)
    assert saved == []
    disk.go_on()
    until(lambda: len(saved) == 3)
    settled(client)
    assert (page.done, saved) == (3, ["1", "2", "3"])


@kinds
def test_a_disk_that_takes_no_longer_than_usual_changes_no_order(
    handlers: Handlers, client: Client, disk: Disk, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(runner, "NOTED", 60)
    monkeypatch.setattr(lanes, "TURN", 60)
    heard = saver(handlers, kind)
    handlers.on_screen_pop(lambda pop: heard.append("a call"))
    disk.stop("mark")
    Page(client, "page").logs(1)
    assert disk.asked.wait(60)

    job = client.deliver("requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]})

    assert not job.wait(0.2)
    disk.go_on()
    assert job.wait(60)
    until(lambda: len(heard) == 2)
    assert heard == ["1", "a call"]


def test_what_became_of_a_log_is_written_behind_its_handler(
    handlers: Handlers, client: Client, disk: Disk
) -> None:
    def fail(log: object) -> None:
        disk.stop()
        raise OSError("the CRM is down")

    handlers.on_save_log(fail)
    Page(client, "page").logs(1)

    until(lambda: client.journal.failed)
    assert disk.asked.wait(60)
    assert is_free(client.lock)


def test_a_log_that_was_put_aside_at_the_end_is_as_if_it_had_not_been_begun(
    handlers: Handlers, path: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = saver(handlers, "sync")
    client = phone(handlers, path)
    page = Page(client, "page")
    page.logs(1)
    settled(client)
    disk.stop()
    page.logs(2, 3, first=2)
    client.runner.later(aside := threading.Event().set)
    until(lambda: len(client.runner._aside) == 2)
    assert aside is not None

    client.runner.close(0)
    disk.go_on()
    client.close(force=True)

    left = Client("next", Handlers())
    left.open_journal(path)
    assert [e.log.interaction_id for e in left.journal.pending] == ["2", "3"]
    assert (saved, left.journal.interrupted) == (["1"], ())
    left.close(force=True)


def test_a_slow_disk_is_said_until_it_is_quick_again(client: Client, disk: Disk) -> None:
    page = Page(client, "page")
    disk.stop()
    page.logs(1)
    assert disk.asked.wait(60)
    began = client.journal._writer.began
    assert began is not None
    assert client.journal.wake is not None
    assert client.journal.wake <= began + SLOW

    client.journal.tick(began + SLOW)

    assert "is slow" in client.panel.warnings["journal"]
    assert client.journal.durable
    disk.go_on()
    settled(client)
    page.logs(2, first=2)
    settled(client)
    assert "journal" not in client.panel.warnings


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.client.journal._store.SLOW", 0.02)
    monkeypatch.setattr("crmwidget.client.journal._store.HUNG", 0.04)


@kinds
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("write", ["put", "mark"])
def test_the_clock_looks_whether_the_disk_comes_back(
    handlers: Handlers, client: Client, disk: Disk, kind: str, write: str
) -> None:
    saved = saver(handlers, kind)
    disk.stop(write)

    page = Page(client, "page")
    page.logs(1)

    until(lambda: saved)
    until(lambda: page.done == 1)
    assert (saved, client.journal.durable) == (["1"], False)


@kinds
def test_a_disk_that_never_comes_back_costs_the_file_and_no_log(
    handlers: Handlers, client: Client, path: Path, disk: Disk, kind: str
) -> None:
    saved = saver(handlers, kind)
    page = Page(client, "page")
    disk.stop()
    page.logs(1)
    page.logs(2, first=2)
    assert disk.asked.wait(60)
    began = client.journal._writer.began
    assert began is not None

    client.journal.tick(began + HUNG)

    until(lambda: len(saved) == 2)
    until(lambda: page.done == 2)
    assert saved == ["1", "2"]
    assert not client.journal.durable
    assert "has not answered for 30 s" in client.panel.warnings["journal"]
    disk.go_on()  # what hung was written after all: by then its log was done
    until(lambda: client.journal.wake)
    client.close(force=True)
    left = Client("next", Handlers())
    left.open_journal(path)
    assert (left.journal.pending, left.journal.interrupted) == ((), ())
    left.close(force=True)
