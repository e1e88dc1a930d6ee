"""Interaction logs on disk: accepted before they are acknowledged, gone when they are handled."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from crmwidget.journal import AGE, Entry, Journal, default_path
from crmwidget.testing import interaction_log
from tests.slow import count

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-4f1d"


def entry(number: int, *, received: datetime | None = None) -> Entry:
    log = interaction_log(key=f"page/{number}", comments=CANARY)
    return Entry(log, "https://connector.example.com", received or datetime.now(UTC))


def opened(path: Path | None) -> tuple[Journal, list[Entry]]:
    """A journal as a new kernel opens it, and what it finds there."""
    journal = Journal(lambda entries: None, lambda entries: None)
    return journal, journal.open(path)


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

    _, left = opened(path)
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

    later, left = opened(path)

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
    assert journal.wipe_at is not None
    journal.wipe()

    assert not in_files(path.parent, CANARY)
    assert journal.wipe_at is None


def test_a_kernel_that_dies_before_the_wipe_leaves_it_to_the_next(path: Path) -> None:
    journal, _ = opened(path)
    log = entry(1)
    journal.accept([log])
    journal.done(log)
    assert in_files(path.parent, CANARY)

    opened(path)

    assert not in_files(path.parent, CANARY)


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
    assert later.trouble == "1 call logs older than 30 days were given up."
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
    assert [e.key for e in opened(path)[1]] == ["page/1"]


def test_the_table_names_states_and_no_content(path: Path) -> None:
    journal, _ = opened(path)
    journal.accept([entry(1)])

    frame = journal.to_frame("polars")

    assert frame.columns == ["key", "state", "received", "connector", "error"]
    assert CANARY not in str(frame.rows()) + repr(journal) + repr(journal.pending)


def test_every_phone_and_connector_has_a_file_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")

    paths = {
        default_path(k, c)
        for k in ("one", "two")
        for c in ("https://a.example", "https://b.example")
    }

    assert len(paths) == 4
    assert {str(p.parent) for p in paths} == {"/state/crmwidget"}


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from crmwidget.journal import Entry, Journal
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
