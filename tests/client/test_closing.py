"""The end of a phone: it is complete, and the next phone goes on with what is left."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

import pytest

from crmwidget import CRMWidget, Handlers
from crmwidget.client import Client
from crmwidget.client import _runner as runner
from crmwidget.client import _shutdown as ending
from crmwidget.client import _threads as workers
from crmwidget.errors import PhoneClosedError
from tests.client.known import until
from tests.test_delivery import ORIGIN, Page, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def phone(handlers: Handlers, path: Path, name: str = "closing") -> Client:
    made = Client(name, handlers)
    made.connector = ORIGIN
    made.open_journal(path)
    return made


class Saving:
    """A handler that is at its first log until it is let go."""

    def __init__(self) -> None:
        self.runs: list[str] = []
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.error: Exception | None = None

    def __call__(self, log: Any) -> None:
        self.runs.append(log.interaction_id)
        self.begun.set()
        assert self.go_on.wait(60)
        if self.error is not None:
            raise self.error


@pytest.fixture
def saving() -> Iterator[Saving]:
    saving = Saving()
    yield saving
    saving.go_on.set()


def threads(name: str = "closing") -> list[str]:
    return [each.name for each in threading.enumerate() if f"crmwidget-{name}" in each.name]


# ------------------------------------------------------------ logs
def test_what_runs_is_waited_for_and_what_waits_is_left_to_the_next_phone(
    handlers: Handlers, path: Path, saving: Saving
) -> None:
    handlers.on_save_log(saving)
    first = phone(handlers, path)
    Page(first, "page").logs(1, 2, 3)
    assert saving.begun.wait(60)
    threading.Timer(0.05, saving.go_on.set).start()

    first.close(force=True)

    assert saving.runs == ["1"]
    second = phone(handlers, path)
    until(lambda: len(second.journal) == 0)
    settled(second)
    assert saving.runs == ["1", "2", "3"]
    assert second.errors == []
    second.close()


@pytest.mark.parametrize("error", [None, OSError("the CRM is down")])
def test_what_ends_after_the_end_is_noted_by_the_next_phone(
    handlers: Handlers,
    path: Path,
    saving: Saving,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception | None,
) -> None:
    monkeypatch.setattr(ending, "FAREWELL", 0)
    handlers.on_save_log(saving)
    saving.error = error
    first = phone(handlers, path)
    Page(first, "page").logs(1)
    assert saving.begun.wait(60)
    first.close(force=True)
    second = phone(handlers, path)
    assert [e.key for e in second.journal.interrupted] == ["page/1"]

    saving.go_on.set()

    until(lambda: not second.journal.interrupted)
    assert [e.key for e in second.journal.failed] == ([] if error is None else ["page/1"])
    assert second.journal.stuck == len(second.journal) == (0 if error is None else 1)
    assert saving.runs == ["1"]
    second.close(force=True)


def test_what_ends_after_the_end_is_noted_in_the_file_where_there_is_no_next_phone_yet(
    handlers: Handlers, path: Path, saving: Saving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "FAREWELL", 0)
    handlers.on_save_log(saving)
    first = phone(handlers, path)
    Page(first, "page").logs(1)
    assert saving.begun.wait(60)
    first.close(force=True)

    saving.go_on.set()
    until(lambda: not threads())

    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM logs WHERE data NOT NULL").fetchone() == (0,)
    db.close()
    second = phone(handlers, path)
    assert len(second.journal) == 0
    second.close()


# ------------------------------------------------------------ the end is complete
def cancelled_command(made: Client) -> None:
    made.command("ring", {}).cancel()


def cancelled_wait(made: Client) -> None:
    made.when(lambda status: False).cancel()


def comm_that_is_gone(made: Client) -> None:
    class Gone:
        def send(self, content: object, buffers: object) -> None:
            raise OSError("gone")

    made._link = Gone()
    made.settings = {"origins": []}


def handlers_that_are_watched_no_more(made: Client) -> None:
    made._unwatch()


@pytest.mark.parametrize(
    "before",
    [cancelled_command, cancelled_wait, comm_that_is_gone, handlers_that_are_watched_no_more],
)
def test_closing_is_complete_and_may_be_repeated(
    handlers: Handlers, path: Path, before: Callable[[Client], None]
) -> None:
    handlers.on_save_log(lambda log: None)
    made = phone(handlers, path)
    Page(made, "page").logs(1)
    settled(made)
    made.run(asyncio.sleep(0)).result()
    before(made)

    made.close()
    made.close()
    made.close(force=True)

    until(lambda: not threads())
    assert handlers._watchers == []
    sqlite3.connect(path.with_name(f"{path.name}.lock")).execute("BEGIN EXCLUSIVE")


def test_an_answer_to_a_command_that_was_cancelled_is_ignored(
    caplog: pytest.LogCaptureFixture, handlers: Handlers
) -> None:
    made = Client("closing", handlers)
    made.command("ring", {}).cancel()

    made.simulator_requests.answered({"id": 1, "ok": True})

    made.close()
    assert caplog.records == []


def test_whoever_waits_for_the_phone_hears_that_it_is_closed(handlers: Handlers) -> None:
    made = Client("closing", handlers)
    reached = made.when(lambda status: status == "configured")
    asked = made.command("ring", {})

    made.close()

    for each in (reached, asked):
        with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
            each.result(0)


def test_a_message_that_is_not_handled_any_more_does_not_keep_who_waits_for_it(
    handlers: Handlers, saving: Saving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ending, "FAREWELL", 0)
    handlers.on_save_log(saving)
    made = Client("closing", handlers)
    made.deliver("requestSaveInteractionLog", {})
    waits = made.deliver("requestSaveInteractionLog", {})
    assert saving.begun.wait(60)

    made.close(force=True)

    assert waits.wait(0)
    assert isinstance(waits.error, PhoneClosedError)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_handler_may_close_the_phone_it_runs_for(handlers: Handlers, kind: str) -> None:
    made = Client("closing", handlers)
    closed = threading.Event()

    def close(pop: object) -> None:
        made.close(force=True)
        closed.set()

    async def close_async(pop: object) -> None:
        close(pop)

    handlers.on_screen_pop(close_async if kind == "async" else close)
    made.deliver("requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]})

    assert closed.wait(60)
    until(lambda: not threads())


# ------------------------------------------------------------ coroutines
@pytest.mark.parametrize("kind", ["a handler", "phone.run"])
def test_a_coroutine_that_runs_is_cancelled_and_awaited(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(ending, "FAREWELL", 0)
    monkeypatch.setattr(runner, "CANCELLED", 60)
    steps: list[str] = []
    begun = threading.Event()

    async def works(*_: object) -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            steps.append("tidied up")

    made = Client("closing", handlers)
    if kind == "phone.run":
        made.run(works())
    else:
        handlers.on_screen_pop(works)
        made.deliver("requestPerformInteractionScreenPop", {"aniValues": ["+12025550143"]})
    assert begun.wait(60)

    made.close()

    assert steps == ["tidied up"]
    until(lambda: not threads())


def test_a_coroutine_that_refuses_is_said_and_ends_by_itself(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(workers, "LINGER", 0.01)
    begun, go_on, steps = threading.Event(), threading.Event(), []

    async def refuses() -> None:
        begun.set()
        while not go_on.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                steps.append("refused")
        steps.append("ended")

    made = Client("closing", handlers)
    made.run(refuses())
    assert begun.wait(60)

    made.close()
    go_on.set()
    until(lambda: not threads())

    assert (steps[0], steps[-1]) == ("refused", "ended")
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == [
        "crmwidget: closed, and 1 coroutines refuse to be cancelled"
    ]


def test_a_cell_that_is_interrupted_cancels_what_it_awaits(handlers: Handlers) -> None:
    made = Client("closing", handlers)
    begun, ended = threading.Event(), threading.Event()

    async def works() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()

    waits = made.run(works())
    assert begun.wait(60)

    waits.cancel()

    assert ended.wait(60)
    made.close()


def test_what_a_cell_awaits_says_that_the_phone_was_closed_and_what_to_do(
    handlers: Handlers,
) -> None:
    made = Client("closing", handlers)
    waits = made.run(asyncio.Event().wait())

    made.close()

    with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
        waits.result(60)


def test_a_coroutine_for_a_phone_that_is_closed_is_refused_with_the_next_step() -> None:
    made = CRMWidget(name="closing")
    made.close()
    never = asyncio.sleep(0)

    with pytest.raises(PhoneClosedError, match="make a new CRMWidget"):
        made.run(never)

    with pytest.raises(RuntimeError):  # it was ended, so that Python does not warn of it
        never.send(None)
