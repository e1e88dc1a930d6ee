"""Interaction logs on disk: accepted before they are acknowledged, gone when they are handled."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from crmwidget.client.journal._file import AGE, default_path
from crmwidget.notebook._identity import Identity
from crmwidget.testing import interaction_log
from tests.slow import count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CANARY = "canary-4f1d"


def entry(number: int, *, received: datetime | None = None, comments: str = CANARY) -> Entry:
    log = interaction_log(key=f"page/{number}", comments=comments)
    return Entry(log, "https://connector.example.com", received or datetime.now(UTC))


def opened(path: Path | None) -> tuple[Journal, list[Entry]]:
    """A journal as a new kernel opens it, and what it finds there, now or later."""
    found: list[Entry] = []
    journal = Journal(lambda entries: None, lambda entries: None, found.extend)
    found += journal.open(path)
    return journal, found


def after_its_death(path: Path) -> tuple[Journal, list[Entry], Path]:
    """The same for a kernel whose files are what this one's would be if it were killed now."""
    image = path.parent.with_name("image")
    shutil.copytree(path.parent, image)
    return *opened(image / path.name), image


def in_files(folder: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in folder.iterdir())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "logs.sqlite"


def test_what_was_accepted_is_there_for_the_next_kernel_in_order(path: Path) -> None:
    journal, _ = opened(path)
    start = datetime.now(UTC)
    logs = [entry(n, received=start + timedelta(seconds=n)) for n in range(3)]

    assert journal.accept(logs) == [True, True, True]

    _, left, _ = after_its_death(path)
    assert [(e.key, e.state) for e in left] == [(f"page/{n}", "accepted") for n in range(3)]
    assert left[0].log.comments == CANARY
    assert left[0].log.raw == logs[0].log.raw


def test_the_same_key_is_taken_once_in_this_kernel_and_in_the_next(path: Path) -> None:
    journal, _ = opened(path)
    journal.accept([entry(1), entry(2)])
    done = journal.pending[1]
    assert journal.accept([entry(1)]) == [False]
    journal.done(done)
    journal.close()

    later, _ = opened(path)

    assert later.accept([entry(1), entry(2), entry(3)]) == [False, False, True]


def test_what_was_begun_is_interrupted_and_what_failed_stays_failed(path: Path) -> None:
    journal, _ = opened(path)
    logs = [entry(1), entry(2), entry(3)]
    journal.accept(logs)
    journal.start(logs[0])
    journal.fail(logs[1], "OSError: the CRM is down")
    journal.done(logs[2])

    later, left, _ = after_its_death(path)

    assert [(e.key, e.state, e.error) for e in left] == [
        ("page/1", "interrupted", None),
        ("page/2", "failed", "OSError: the CRM is down"),
    ]
    assert [len(later.pending), len(later.failed), len(later.interrupted)] == [0, 1, 1]


def test_a_handled_payload_is_nowhere_in_the_files(path: Path) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    assert in_files(path.parent, CANARY)

    journal.start(log)
    journal.done(log)
    assert journal.wake is not None
    journal.tick(journal.wake)

    assert not in_files(path.parent, CANARY)
    assert journal.wake is None


def test_a_handled_payload_is_overwritten_though_other_logs_are_not(path: Path) -> None:
    journal, _ = opened(path)
    logs = [entry(n, comments=f"{CANARY}-{n}.") for n in range(1, 5)]
    journal.accept(logs)
    journal.start(logs[0])
    journal.fail(logs[0], "OSError: the CRM is down")
    for handled in logs[1:3]:
        journal.start(handled)
        journal.done(handled)

    journal.tick(journal.wake or 0)

    held = [in_files(path.parent, f"{CANARY}-{n}.") for n in range(1, 5)]
    assert held == [True, False, False, True]


def test_a_payload_is_overwritten_in_time_though_further_logs_are_handled(path: Path) -> None:
    journal, _ = opened(path)
    logs = [entry(n, comments=f"{CANARY}-{n}.") for n in range(1, 4)]
    journal.accept(logs)
    journal.done(logs[0])
    due = journal.wake
    assert due is not None

    journal.done(logs[1])

    assert journal.wake == due
    journal.tick(due)
    assert [in_files(path.parent, f"{CANARY}-{n}.") for n in range(1, 4)] == [False, False, True]


def test_payloads_that_somebody_reads_are_overwritten_when_that_is_over(path: Path) -> None:
    journal, _ = opened(path)
    logs = [entry(1), entry(2)]
    journal.accept(logs[:1])
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM logs").fetchall()
    journal.accept(logs[1:])
    for log in logs:
        journal.done(log)
    journal.tick(journal.wake or 0)
    assert in_files(path.parent, CANARY)
    assert journal.wake is not None

    reader.close()
    journal.tick(journal.wake)

    assert not in_files(path.parent, CANARY)
    assert journal.wake is None


def test_a_kernel_that_dies_before_the_wipe_leaves_it_to_the_next(path: Path) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    journal.done(log)
    assert in_files(path.parent, CANARY)

    _, _, image = after_its_death(path)

    assert not in_files(image, CANARY)


def test_only_the_owner_may_read_the_folder_and_the_file(path: Path) -> None:
    journal, _ = opened(path)
    journal.accept([entry(1)])

    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


def test_logs_that_nobody_handles_are_given_up_after_their_time_and_that_is_said(
    path: Path,
) -> None:
    journal, _ = opened(path)
    journal.accept(
        [entry(1, received=datetime.fromtimestamp(time.time() - AGE - 1, UTC)), entry(2)]
    )
    journal.close()

    later, left = opened(path)

    assert [e.key for e in left] == ["page/2"]
    assert later.trouble == "1 call log older than 30 days was given up."
    assert later.accept([entry(1)]) == [False]


def test_a_file_that_cannot_be_had_is_said_and_logs_are_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    journal, left = opened(tmp_path / "file" / "logs.sqlite")

    assert left == []
    assert not journal.durable
    assert "Give journal= another path" in (journal.trouble or "")
    assert journal.accept([entry(1)]) == [True]
    assert len(journal.pending) == 1


def test_a_file_that_is_no_journal_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"something else entirely, and long enough to be looked at" * 20)

    journal, _ = opened(path)

    assert not journal.durable
    assert path.read_bytes().startswith(b"something else")


def test_a_journal_that_is_locked_for_long_counts_as_none(path: Path) -> None:
    journal, _ = opened(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    assert journal.accept([entry(1)]) == [True]

    assert not journal.durable
    assert "locked" in (journal.trouble or "")
    assert len(journal) == 1


def test_in_memory_it_says_that_it_is_lost_with_the_kernel() -> None:
    journal, _ = opened(None)

    assert "lost with the kernel" in repr(journal)
    assert not journal.durable
    assert journal.trouble is None


def test_discarding_forgets_all_that_nobody_is_saving(path: Path) -> None:
    given_up: list[str] = []
    journal = Journal(lambda entries: None, lambda entries: given_up.extend(e.key for e in entries))
    journal.open(path)
    logs = [entry(1), entry(2)]
    journal.accept(logs)
    journal.start(logs[0])

    assert journal.discard() == 1
    assert given_up == ["page/2"]
    assert [e.key for e in after_its_death(path)[1]] == ["page/1"]


def test_the_table_names_states_and_no_content(path: Path) -> None:
    journal, _ = opened(path)
    journal.accept([entry(1)])

    frame = journal.to_frame("polars")

    assert frame.columns == ["key", "state", "received", "connector", "error"]
    assert CANARY not in str(frame.rows()) + repr(journal) + repr(journal.pending)


# ---------------------------------------------------------------- one owner
HOLDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from crmwidget.testing import interaction_log

journal = Journal(lambda entries: None, lambda entries: None)
journal.open(Path(sys.argv[1]))
log = Entry(interaction_log(key="page/1"), "https://connector.example.com", datetime.now(UTC))
print(journal.accept([log]), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the file, and one log in it."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "[True]\n"
        yield process
        process.kill()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What lives is not waited for."""
    monkeypatch.setattr("crmwidget.client.journal._journal.ENDING", 0)


@pytest.mark.usefixtures("hasty")
def test_a_file_that_a_living_kernel_has_is_left_alone_and_taken_when_that_is_killed(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    journal, left = opened(path)
    assert left == []
    assert not journal.durable
    assert "Another kernel has the journal" in (journal.trouble or "")
    mine = entry(2)
    assert journal.accept([mine]) == [True]
    journal.start(mine)
    journal.fail(mine, "OSError: the CRM is down")
    assert journal.wake is not None
    journal.tick(journal.wake)
    assert left == []  # it lives

    holder.kill()
    holder.wait()
    assert journal.wake is not None
    journal.tick(journal.wake)

    assert [(e.key, e.state) for e in left] == [("page/1", "accepted")]
    assert journal.durable
    assert journal.trouble is None
    assert [e.key for e in journal.failed] == ["page/2"]
    _, later, _ = after_its_death(path)
    assert {(e.key, e.state) for e in later} == {("page/1", "accepted"), ("page/2", "failed")}


def test_a_kernel_waits_for_the_one_before_it_which_is_still_ending(
    path: Path, holder: subprocess.Popen[str]
) -> None:
    threading.Timer(0.5, holder.kill).start()

    journal, left = opened(path)

    assert [e.key for e in left] == ["page/1"]
    assert journal.durable
    assert journal.trouble is None


@pytest.mark.usefixtures("hasty")
def test_a_journal_that_was_closed_can_be_had_and_is_then_let_alone(path: Path) -> None:
    journal, _ = opened(path)
    later, _ = opened(path)
    assert later.trouble is not None

    journal.close()
    assert later.wake is not None
    later.tick(later.wake)

    assert later.durable
    assert later.wake is None


def test_what_came_while_it_was_in_memory_is_on_disk_once_there_is_a_file(path: Path) -> None:
    journal, _ = opened(None)
    logs = [entry(1), entry(2)]
    journal.accept(logs)
    journal.start(logs[0])

    journal.open(path)

    _, later, _ = after_its_death(path)
    assert [(e.key, e.state) for e in later] == [
        ("page/1", "interrupted"),
        ("page/2", "accepted"),
    ]


# ---------------------------------------------------------------- a file that takes nothing more
def full(journal: Journal) -> None:
    """Its file takes nothing more, until it is opened again."""
    file = journal._store.file
    assert file is not None
    for db in (file._db, file._marks):
        db.execute("PRAGMA query_only=ON")


@pytest.fixture
def no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crmwidget.client.journal._file.JournalFile.abandon", lambda file: False)


def test_a_folder_that_takes_no_sign_is_known_all_the_same(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    journal, _ = opened(path)
    logs = [entry(1), entry(2)]
    journal.accept(logs)
    file = journal._store.file
    assert file is not None
    file._signs = (path / "no folder" / "sign", file._signs[1])
    full(journal)

    journal.start(logs[0])

    assert len(list(tmp_path.glob("crmwidget-*.abandoned"))) == 1
    _, left = opened(path)
    states = [("page/1", "interrupted"), ("page/2", "interrupted")]
    assert [(e.key, e.state) for e in left] == states
    assert list(tmp_path.glob("crmwidget-*.abandoned")) == []


@pytest.mark.usefixtures("no_sign")
def test_what_may_be_done_twice_because_of_that_is_said(path: Path) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    full(journal)

    journal.start(log)

    assert "may be run once more by the next kernel" in (journal.trouble or "")


@pytest.mark.usefixtures("no_sign")
def test_what_is_done_is_noted_as_soon_as_the_file_can_be_written_again(path: Path) -> None:
    on_disk: list[str] = []
    journal = Journal(
        lambda _: None, lambda _: None, noted=lambda logs: on_disk.extend(e.key for e in logs)
    )
    journal.open(path)
    logs = [entry(1), entry(2), entry(3)]
    journal.accept(logs[:2])
    full(journal)
    journal.start(logs[0])
    journal.done(logs[0])
    journal.accept(logs[2:])
    assert (journal.durable, on_disk) == (False, ["page/1", "page/2"])
    assert journal.wake is not None

    journal.tick(journal.wake)

    assert (journal.durable, journal.trouble) == (True, None)
    assert on_disk[2:] == ["page/2", "page/3"]
    _, left, _ = after_its_death(path)
    assert [(e.key, e.state) for e in left] == [("page/2", "accepted"), ("page/3", "accepted")]


@pytest.mark.usefixtures("no_sign")
@pytest.mark.parametrize("at_the_end", ["closed", "alive"])
def test_another_phone_of_the_process_runs_nothing_that_is_done(
    path: Path, at_the_end: str
) -> None:
    journal, _ = opened(path)
    logs = [entry(1), entry(2), entry(3)]
    journal.accept(logs)
    full(journal)
    journal.start(logs[0])
    journal.done(logs[0])
    journal.start(logs[1])
    if at_the_end == "closed":
        journal.close()

    _, left = opened(path)

    third = "accepted" if at_the_end == "closed" else "interrupted"  # who lives runs it itself
    assert [(e.key, e.state) for e in left] == [("page/2", "interrupted"), ("page/3", third)]


# ---------------------------------------------------------------- what is settled stays settled
@pytest.mark.parametrize("settle", ["done", "discard"])
@pytest.mark.parametrize("after", ["fail", "start"])
def test_what_ends_after_its_log_was_settled_changes_nothing(
    path: Path, settle: str, after: str
) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    if settle == "done":
        journal.start(log)
        journal.done(log)
    else:
        journal.discard()

    if after == "fail":
        journal.fail(log, "OSError: late")
    else:
        assert journal.start(log) is False

    assert (log.state, journal.stuck, len(journal)) == ("done", 0, 0)
    later, left, _ = after_its_death(path)
    assert (left, later.trouble) == ([], None)


def test_of_two_who_retry_at_once_one_runs_the_log(path: Path) -> None:
    ran: list[str] = []
    journal = Journal(lambda entries: ran.extend(e.key for e in entries), lambda _: None)
    journal.open(path)
    log = entry(1)
    journal.accept([log])
    journal.start(log)
    journal.fail(log, "OSError")
    journal.ended(log)

    threads = [threading.Thread(target=journal.retry) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ran == ["page/1"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("data", None),
        ("data", "{"),
        ("data", "[" * 100_000),
        ("data", b"\xff"),
        ("received", "yesterday"),
        ("received", 1e300),
        ("state", 17),
        ("action", "requestCrmData"),
        ("action", None),
    ],
)
def test_a_damaged_row_is_named_and_keeps_no_phone_from_being_made(
    path: Path, column: str, value: object
) -> None:
    journal, _ = opened(path)
    journal.accept([entry(1), entry(2)])
    journal.close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE logs SET {column}=? WHERE key='page/1'", (value,))  # noqa: S608 - ours

    later, left = opened(path)

    assert [e.key for e in left] == ["page/2"]
    assert later.durable
    assert later.trouble == "1 call log in the journal cannot be read: it stays there."


def test_an_error_with_half_a_pair_of_surrogates_is_kept(path: Path) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    journal.start(log)

    journal.fail(log, "ValueError: \ud83d")

    assert journal.durable
    assert [e.error for e in after_its_death(path)[1]] == ["ValueError: ?"]


# ---------------------------------------------------------------- other sessions
CONNECTOR = "https://connector.example.com"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "crmwidget"


def session(
    key: str, name: str = "phone", connector: str = CONNECTOR
) -> tuple[Journal, Path, list[Entry]]:
    """The journal of a phone in another notebook."""
    path = default_path(Identity(key, f"{key}.ipynb"), name, connector)
    journal, left = opened(path)
    journal.visit(path, name, connector)
    return journal, path, left


def test_every_session_phone_and_connector_has_a_file_of_its_own(state: Path) -> None:
    paths = {
        default_path(Identity(key, None), name, connector)
        for key in ("one", "two")
        for name in ("phone", "other")
        for connector in ("https://a.example", "https://b.example")
    }

    assert len(paths) == 8
    assert {p.parent for p in paths} == {state}


def test_what_a_notebook_left_that_nobody_has_open_is_said_and_can_be_taken_over(
    state: Path,
) -> None:
    theirs, path, _ = session("theirs")
    logs = [entry(1), entry(2)]
    theirs.accept(logs)
    theirs.start(logs[0])
    mine, _, _ = session("mine")
    assert mine.trouble is None  # its kernel lives
    mine._store.said = "Another kernel has the journal"
    assert mine.adopt() == 0
    assert mine.trouble is not None
    theirs.close()

    mine.close()
    taken: list[str] = []
    mine = Journal(lambda _: None, lambda _: None, lambda e: taken.extend(x.key for x in e))
    own = default_path(Identity("mine", "mine.ipynb"), "phone", CONNECTOR)
    mine.open(own)
    mine.visit(own, "phone", CONNECTOR)
    assert "2 call logs of this connector wait from" in (mine.trouble or "")
    assert len(mine) == 0  # said, and nothing else

    assert mine.adopt() == 2
    assert taken == ["page/1", "page/2"]
    assert (len(mine.interrupted), len(mine.pending), mine.trouble) == (1, 1, None)
    assert not path.exists()
    assert mine.adopt() == 0
    _, left, _ = after_its_death(own)
    assert [(e.key, e.state) for e in left] == [("page/1", "interrupted"), ("page/2", "accepted")]


@pytest.mark.parametrize(
    ("name", "connector"), [("other", CONNECTOR), ("phone", "https://other.example.com")]
)
def test_what_another_phone_or_connector_left_is_no_business_of_this_one(
    state: Path, name: str, connector: str
) -> None:
    theirs, _, _ = session("theirs", name, connector)
    theirs.accept([entry(1)])
    theirs.close()

    mine, _, _ = session("mine")

    assert mine.trouble is None
    assert mine.adopt() == 0


def test_a_journal_that_nobody_has_had_for_its_time_is_deleted_and_that_is_said(
    state: Path,
) -> None:
    theirs, path, _ = session("theirs", "other")
    theirs.accept([entry(1)])
    theirs.close()
    living, held, _ = session("living", "other")
    living.accept([entry(1)])
    for file in state.iterdir():
        os.utime(file, (time.time() - AGE - 60,) * 2)

    mine, _, _ = session("mine")

    assert mine.trouble == "1 call log older than 30 days was given up."
    assert not path.exists()
    assert held.exists()
    assert {file.name[:4] for file in state.iterdir()} == {"mine", "livi", "sess"}


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from crmwidget.testing import interaction_log

journal = Journal(lambda entries: None, lambda entries: None)
journal.open(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    batch = [
        Entry(interaction_log(key=f"page/{number + n}"), "https://a.example", datetime.now(UTC))
        for n in range(3)
    ]
    if journal.accept(batch) != [True] * 3 or not journal.durable:
        sys.exit(journal.trouble or "refused")
    number += 3
    print(number, flush=True)  # the acknowledgement
"""


@pytest.mark.parametrize("kills", [count("CRMWIDGET_KILLS", 25, 300)])
def test_a_process_killed_at_any_moment_loses_no_acknowledged_log(path: Path, kills: int) -> None:
    number = 0
    for kill in range(kills):
        command = [sys.executable, "-c", WRITER, str(path), str(number)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(1 + kill % 7)]
            time.sleep(kill * 0.00037 % 0.005)  # somewhere within the batch after these
            writer.send_signal(signal.SIGKILL)
            lines += writer.stdout.read().splitlines(keepends=True)
        acknowledged = int([line for line in lines if line.endswith("\n")][-1])

        db = sqlite3.connect(path)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        keys = {key for (key,) in db.execute("SELECT key FROM logs")}
        db.close()

        assert {f"page/{n}" for n in range(acknowledged)} <= keys
        number = len(keys)
        assert keys == {f"page/{n}" for n in range(number)}
