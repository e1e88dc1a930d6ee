"""Journal: what keeping a call record until it is saved costs, beside one durable commit.

Ours is all that the journal does for a record: accepted, started, done. The
peer is the same row inserted into a table of its own, in the same folder, by
one SQLite commit with `synchronous=FULL`. Both have a write-ahead log.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
import time
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, cast

from benchmarks._rounds import Result, compared, in_turn
from crmwidget import protocol
from crmwidget.client.interactions import Entry
from crmwidget.client.journal import Journal
from tests.browser.cells import interaction_log

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.protocol import InteractionLog

RECORDS: Final = 100
"""Of one figure."""
SAVE: Final = "requestSaveInteractionLog"
CONNECTOR: Final = "https://connector.example"
_numbers = count(1)


def run() -> list[Result]:
    """Goal 10."""
    print("journal")
    with contextlib.ExitStack() as ended:
        folder = Path(ended.enter_context(tempfile.TemporaryDirectory()))
        alone, crowded = opened(folder / "alone.sqlite"), opened(folder / "crowded.sqlite")
        ended.callback(alone.close)
        ended.callback(crowded.close)
        crowded.accept([entry()])
        db = ended.enter_context(contextlib.closing(table(folder / "peer.sqlite")))
        sides = {
            "one commit": partial(milliseconds, partial(commit, db)),
            "journal": partial(milliseconds, partial(keep, alone)),
            "journal, another record waits": partial(milliseconds, partial(keep, crowded)),
        }
        for measure in sides.values():
            measure()
        found = in_turn(sides, unit="ms")
    peer = found.pop("one commit")
    return [
        compared(f"a call record: {name}", values, peer, unit="ms", goal=1.3)
        for name, values in found.items()
    ]


def opened(path: Path) -> Journal:
    """A journal in this file. RuntimeError: it cannot be had."""
    journal = Journal(lambda _: None, lambda _: None)
    journal.open(path)
    if not journal.durable:
        raise RuntimeError(journal.trouble)
    return journal


def table(path: Path) -> sqlite3.Connection:
    """A table like the journal's."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(
        "CREATE TABLE logs(key TEXT PRIMARY KEY, connector TEXT, received REAL, "
        "action TEXT, data TEXT, state INTEGER, error TEXT)"
    )
    return db


def entry() -> Entry:
    """A new call record of about 1 kB."""
    now = datetime.now(UTC)
    data = interaction_log(comments="Wants the yearly plan. " * 12)
    log = protocol.parse(SAVE, data, at=now, key=f"page/{next(_numbers)}")
    return Entry(cast("InteractionLog", log), CONNECTOR, now)


def milliseconds(write: Callable[[Entry], None]) -> float:
    """The median of what `RECORDS` records cost, one after another."""
    times = []
    for _ in range(RECORDS):
        record = entry()
        start = time.perf_counter()
        write(record)
        times.append((time.perf_counter() - start) * 1000)
    return median(times)


def keep(journal: Journal, record: Entry) -> None:
    """The journal's part in the life of a record."""
    journal.accept([record])
    journal.start(record)
    journal.done(record)


def commit(db: sqlite3.Connection, record: Entry) -> None:
    """One durable row."""
    text = json.dumps(record.log.raw, separators=(",", ":"))
    row = record.key, CONNECTOR, record.received.timestamp(), SAVE, text
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO logs VALUES(?, ?, ?, ?, ?, 0, NULL)", row)
    db.execute("COMMIT")
