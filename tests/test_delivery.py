"""What must not be lost comes once and in order: keys, parked logs, a journal that fails."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from crmwidget import CRMWidget, Handlers
from crmwidget.client import Client
from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from crmwidget.core.channel import VERSION
from crmwidget.testing import interaction_log

if TYPE_CHECKING:
    from collections.abc import Iterator

Content = dict[str, Any]
ROOT: Final = Path(__file__).resolve().parents[1]
ORIGIN: Final = "https://connector.example.com"


class Page:
    """The other end of the comm."""

    def __init__(self, client: Client, epoch: str) -> None:
        self.client, self.epoch = client, epoch
        self._say({"t": "hello", "n": 1, "v": VERSION, "lowest": 1, "got": 0, "facts": {}})

    def send(self, content: Content, buffers: list[bytes]) -> None:
        """Nothing of it is looked at."""

    @property
    def done(self) -> int:
        """Up to which number it is told to forget."""
        with self.client.lock:
            page = self.client.channel._pages.get(self.epoch)
            assert page is not None
            return page.done

    def _say(self, *items: Content) -> None:
        content = {"crm": 1, "epoch": self.epoch, "items": list(items)}
        self.client.receive(self, content)

    def logs(self, *numbers: int, first: int = 1, **more: Any) -> None:
        """Interaction logs with these ids, numbered from `first`."""
        self._say(
            *(
                {"t": "msg", "seq": seq, "at": time.time() * 1000, "m": message(number), **more}
                for seq, number in enumerate(numbers, first)
            )
        )


class Running:
    """A cell that has not ended, and never does."""

    def __init__(self) -> None:
        self.ended = self
        self.asked = threading.Event()

    def is_set(self) -> bool:
        self.asked.set()
        return False

    def shown(self) -> Any:
        return threading.Lock()


def message(number: int) -> str:
    body = {"interactionId": str(number), "interactionData": {}}
    return json.dumps({"action": "requestSaveInteractionLog", "data": {"message": {"body": body}}})


@pytest.fixture
def handlers() -> Handlers:
    return Handlers()


@pytest.fixture
def client(handlers: Handlers) -> Iterator[Client]:
    client = Client("test", handlers)
    client.connector = ORIGIN
    yield client
    client.close(force=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


def settled(client: Client) -> None:
    """Everything that was handed to the handlers' thread until now is through, and on disk."""
    for _ in range(3):  # a task may have put another one
        assert client.journal.drain(20)
        through = threading.Event()
        client.runner.later(through.set)
        assert through.wait(20)


def saver(handlers: Handlers) -> list[str]:
    saved: list[str] = []
    handlers.on_save_log(lambda log: saved.append(log.interaction_id))
    return saved


def entry(number: int) -> Entry:
    return Entry(interaction_log(key=f"page/{number}"), ORIGIN, datetime.now(UTC))


def journal() -> Journal:
    return Journal(lambda entries: None, lambda entries: None)


# ------------------------------------------------------------ order
def test_logs_of_an_earlier_kernel_are_saved_before_what_the_page_sends(
    handlers: Handlers, client: Client, path: Path
) -> None:
    left = Client("earlier", Handlers())
    left.connector = ORIGIN
    left.open_journal(path)
    Page(left, "page").logs(1, 2, 3)
    left.close(force=True)

    client.open_journal(path)
    settled(client)
    client.runner.cell = cell = Running()  # type: ignore[assignment]
    page = Page(client, "page")
    page.logs(1, 2, 3, 4, 5, 6)
    assert cell.asked.wait(20)  # the fourth waits for a handler
    saved = saver(handlers)
    settled(client)

    assert saved == ["1", "2", "3", "4", "5", "6"]
    assert page.done == 6


def test_a_handler_that_comes_while_a_log_is_being_parked_saves_it(
    handlers: Handlers, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []
    park = client.lifecycle.parked

    def parked(job: Any) -> None:
        if not saved:
            handlers.on_save_log(lambda log: saved.append(log.interaction_id))
        park(job)

    monkeypatch.setattr(client.lifecycle, "parked", parked)

    Page(client, "page").logs(1, 2)
    settled(client)

    assert saved == ["1", "2"]


def test_the_observer_sees_a_log_once_however_long_it_is_parked(
    handlers: Handlers, client: Client
) -> None:
    seen: list[str] = []
    handlers.on("*", lambda message: seen.append(message.action))
    Page(client, "page").logs(1)
    settled(client)

    saved = saver(handlers)
    settled(client)

    assert (saved, seen) == (["1"], ["requestSaveInteractionLog"])


ENDING = """
import atexit, sys, time
from pathlib import Path

atexit.register(globals().clear)  # as IPython does

from crmwidget import Handlers
from tests.test_delivery import ORIGIN, Client, Page

handlers = Handlers()
client = Client("ending", handlers)
client.connector = ORIGIN
client.open_journal(Path(sys.argv[1]))
path = sys.argv[2]

def save(log):
    time.sleep(0.3)
    with open(path, "a") as account:
        print(log.interaction_id, file=account)

async def save_async(log):
    save(log)

handlers.on_save_log(save_async if sys.argv[3] == "async" else save)
Page(client, "page").logs(*range(1, 31))
while not Path(path).exists():
    time.sleep(0.01)
"""


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_kernel_that_ends_finishes_what_it_has_begun_and_begins_no_more(
    path: Path, kind: str
) -> None:
    account = path.with_name("account.txt")
    command = [sys.executable, "-c", ENDING, str(path), str(account), kind]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    handled = [int(number) for number in account.read_text().split()]
    left = journal()
    accepted = [entry.log.interaction_id for entry in left.open(path) if entry.state == "accepted"]
    assert handled == list(range(1, len(handled) + 1))
    assert accepted == [str(number) for number in range(len(handled) + 1, 31)]
    assert (left.failed, left.interrupted, ended.stderr) == ((), (), "")
    left.close()


# ------------------------------------------------------------ a page that was reloaded
@pytest.mark.parametrize("durable", [True, False])
def test_what_a_reloaded_page_sends_again_is_saved_once(
    handlers: Handlers, client: Client, path: Path, durable: bool
) -> None:
    client.open_journal(path if durable else None)
    saved = saver(handlers)
    Page(client, "old").logs(1, 2)
    settled(client)

    page = Page(client, "new")
    page.logs(2, key="old/2")
    page.logs(3, first=2)
    settled(client)

    assert saved == ["1", "2", "3"]
    assert page.done == 2


def test_without_a_journal_the_reloaded_page_keeps_a_log_until_its_handler_is_through(
    handlers: Handlers, client: Client
) -> None:
    began, may_end = threading.Event(), threading.Event()

    @handlers.on_save_log
    def save(log: object) -> None:
        began.set()
        may_end.wait(20)

    Page(client, "old").logs(1)
    assert began.wait(20)
    page = Page(client, "new")
    page.logs(1, key="old/1")
    during = page.done
    may_end.set()
    settled(client)

    assert (during, page.done) == (0, 1)


def test_a_log_that_a_duplicated_tab_sends_too_is_done_for_both(
    handlers: Handlers, client: Client
) -> None:
    may_end = threading.Event()
    handlers.on_save_log(lambda log: may_end.wait(20) and None)
    tab = Page(client, "tab")
    tab.logs(1)
    copy = Page(client, "copy")
    copy.logs(1, key="tab/1")

    during = (tab.done, copy.done)
    may_end.set()
    settled(client)

    assert (during, tab.done, copy.done) == ((0, 0), 1, 1)


def test_a_log_that_failed_is_kept_by_the_reloaded_page_until_it_is_saved(
    handlers: Handlers, client: Client
) -> None:
    @handlers.on_save_log
    def save(log: object) -> None:
        raise RuntimeError("no")

    Page(client, "old").logs(1)
    settled(client)
    page = Page(client, "new")
    page.logs(1, key="old/1")
    during = page.done
    saved = saver(handlers)
    client.journal.retry()
    settled(client)

    assert (during, saved, page.done) == (0, ["1"], 1)


def test_logs_of_one_millisecond_are_left_in_their_order(path: Path) -> None:
    first = journal()
    first.open(path)
    now = datetime.now(UTC)
    entries = [Entry(interaction_log(key=f"page/{n}"), ORIGIN, now) for n in range(8, 12)]
    first.accept(entries)
    first.close()

    second = journal()
    left = second.open(path)
    second.close()

    assert [e.key for e in left] == ["page/8", "page/9", "page/10", "page/11"]


def test_the_same_key_twice_in_one_message_is_one_log(
    handlers: Handlers, client: Client, path: Path
) -> None:
    client.open_journal(path)
    saved = saver(handlers)

    Page(client, "page").logs(1, 1, key="old/1")
    settled(client)

    assert saved == ["1"]
    assert client.journal.durable


def test_a_log_of_the_simulator_never_reaches_the_handler_of_a_real_connector(
    handlers: Handlers, client: Client
) -> None:
    saved = saver(handlers)

    page = Page(client, "page")
    page.logs(1, simulated=True)
    page.logs(2, first=2)
    settled(client)

    assert (saved, page.done) == (["2"], 2)
    assert "of the simulator" in next(iter(client.traffic)).problems[0]


# ------------------------------------------------------------ a journal that fails
def fill(journal: Journal) -> None:
    """Its file takes nothing more, until it is opened again."""
    file = journal._store.file
    assert file is not None
    for db in (file._db, file._marks):
        db.execute("PRAGMA query_only=ON")


def test_a_journal_that_comes_back_is_told_what_was_done_meanwhile(path: Path) -> None:
    mine = journal()
    mine.open(path)
    entries = [entry(n) for n in range(4)]
    mine.accept(entries)
    fill(mine)
    mine.start(entries[0])
    mine.done(entries[0])
    mine.start(entries[1])
    mine.fail(entries[2], "no")
    lost, trouble = mine.durable, mine.trouble

    again = mine.open(path)
    mine.close()
    theirs = journal()
    left = theirs.open(path)

    assert (lost, again) == (False, [])
    assert "cannot be written" in (trouble or "")
    assert [(e.key, e.state, e.error) for e in left] == [
        ("page/1", "interrupted", None),
        ("page/2", "failed", "no"),
        ("page/3", "accepted", None),
    ]
    theirs.close()


def test_what_a_kernel_could_not_note_is_interrupted_for_the_next_one(path: Path) -> None:
    first = journal()
    first.open(path)
    entries = [entry(n) for n in range(2)]
    first.accept(entries)
    fill(first)
    first.start(entries[0])
    first.done(entries[0])

    second = journal()
    left = second.open(path)
    second.close()
    third = journal()
    again = third.open(path)

    states = [("page/0", "interrupted"), ("page/1", "interrupted")]
    assert [(e.key, e.state) for e in left] == states
    assert [(e.key, e.state) for e in again] == states
    assert [file.name for file in path.parent.iterdir() if "abandoned" in file.name] == []
    third.close()


def test_a_full_journal_is_said_until_it_is_mended(
    handlers: Handlers, client: Client, path: Path
) -> None:
    client.open_journal(path)
    saved = saver(handlers)
    page = Page(client, "page")
    page.logs(1)
    settled(client)
    fill(client.journal)
    page.logs(2, first=2)
    settled(client)
    said = client.panel.warnings["journal"]

    client.open_journal(path)
    page.logs(3, first=3)
    settled(client)

    assert "kept in memory and in this page only" in said
    assert saved == ["1", "2", "3"]
    assert "journal" not in client.panel.warnings
    db = sqlite3.connect(path)
    assert db.execute("SELECT count(*) FROM logs WHERE data NOT NULL").fetchone() == (0,)
    db.close()


# ------------------------------------------------------------ the widget
def test_the_journal_is_open_before_a_page_can_speak(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    durable: list[bool] = []
    opened = CRMWidget.open

    def open_(self: CRMWidget) -> None:
        durable.append(self._client.journal.durable)
        opened(self)

    monkeypatch.setattr(CRMWidget, "open", open_)

    phone = CRMWidget(ORIGIN + "/app", journal=path, name="early")
    phone.close(force=True)

    assert durable == [True]


@pytest.mark.parametrize("mirror", [True, False])
def test_the_page_is_told_whether_to_mirror_logs(path: Path, mirror: bool) -> None:
    phone = CRMWidget(ORIGIN + "/app", journal=path, mirror=mirror, name="mirrored")

    settings = phone._client.channel._settings

    assert settings is not None
    assert settings["mirror"] is mirror
    phone.close(force=True)
