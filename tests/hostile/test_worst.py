"""The worst case: connector, CRM, page and file each do their worst at once, and memory is bounded.

The kernel is this process, with the built widget in a real page before it; a worker beside it reads
what a hostile CRM answers and what hostile files hold.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import gc
import gzip
import importlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from crmwidget.http.transport import LARGEST
from crmwidget.safety.reading import MOST_VALUES
from tests.browser.lab import chromium
from tests.hostile.arena import Arena
from tests.hostile.case import Beside
from tests.hostile.test_files import CAPTURES, SCENARIOS, planted
from tests.slow import SLOW, count

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = count("CRMWIDGET_WORST", 2, 60)
SCALE: Final = 1 if SLOW else 16
"""Two rounds fill a sixteenth of what a kernel may keep, and a minute fills all of it."""
BOUNDS: Final = (
    *("traffic._log.BYTES", "client.interactions.BYTES", "client.handler_errors.MESSAGES"),
    "client._inbox.CHARACTERS",
)
KERNEL: Final = 30_000_000 + 320_000_000 // SCALE
"""Bytes by which it may grow, however long it lasts: 64 MB of traffic, as much of logs, 50 MB of
failures, 100 MB of what the panel can ask about; and 30 MB of threads and C's allocator."""
PAGE: Final = 200_000_000
"""Bytes of the page's heap: 64 MB and 32 MB that wait, 16 MB of the timeline, and garbage."""
WORKER: Final = 400_000_000
"""Bytes at its peak: an answer of 16 MB of JSON is text, and then a million values of 200 bytes."""

CONNECTOR: Final = """() => {
    const heavy = Array.from({ length: 9_000 }, () => ({ a: 0 }));
    const pop = { aniValues: ["+12025550143"], heavy };
    const log = { message: { body: { comments: "x".repeat(240_000) } } };
    for (let n = 0; n < 12; n++) {
        say(message("heavy", heavy));
        say(message("requestPerformInteractionScreenPop", pop));
        say(message("requestSaveInteractionLog", log));
        say(message("huge", "x".repeat(300_000)));
        say(message("deep", nest(200)));
        for (let i = 0; i < 50; i++) say(message(`small ${i}`, i));
    }
}"""
STRANGER: Final = """() => {
    const large = "x".repeat(240_000);
    for (let n = 0; n < 20; n++) say(message("requestSaveInteractionLog", large));
}"""
HEAP: Final = "() => performance.memory.usedJSHeapSize"
BODIES: Final[dict[str, tuple[str | None, bytes]]] = {
    "bomb": ("gzip", gzip.compress(b"0" * (4 * LARGEST))),
    "json": (None, b"[" + b'"x",' * (MOST_VALUES - 10) + b'"x"]'),
    "values": (None, b"[" + b"{}," * (LARGEST // 3 - 1) + b"{}]"),
    "deep": (None, b"[" * 1_000_000),
    "xml": (None, b"<d:multistatus xmlns:d='DAV:'>" + b"<d:response/>" * 600_000),
}


class Kernel(Arena):
    """Counts what comes, and keeps none of it."""

    heard = 0

    def _hear(self, _: Any) -> None:
        self.heard += 1
        self._spoke.set()


@pytest.fixture
def crm() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            coding, body = BODIES.get(self.path.split("?")[0].split("/")[1], (None, b""))
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(207 if "xml" in self.path else 200 if body else 404)
            self.send_header("Content-Length", str(len(body)))
            if coding:
                self.send_header("Content-Encoding", coding)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body)

        do_PROPFIND = do_REPORT = do_GET  # noqa: N815 - the server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    made = [
        planted(tmp_path / f"{name}.{ending}", text)
        for name, (ending, text, _) in SCENARIOS.items()
    ]
    made += [planted(tmp_path / f"{name}.jsonl", line) for name, (line, _) in CAPTURES.items()]
    return [str(file) for file in made]


@contextlib.contextmanager
def worker(crm: str, files: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hostile.worker", crm, *files],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        yield process
    finally:
        process.communicate()


def resident() -> int:
    """Bytes of memory of this process, when what is free has been given back."""
    gc.collect()
    getattr(ctypes.CDLL(ctypes.util.find_library("c")), "malloc_trim", bool)(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def crm_is_down(_: Any) -> None:
    raise OSError("the CRM is down")


@pytest.mark.weight(20)
def test_the_worst_of_all_at_once_takes_no_more_memory_than_the_bounds(
    crm: str, files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in BOUNDS:
        module, _, name = bound.rpartition(".")
        whole = getattr(importlib.import_module(f"crmwidget.{module}"), name)
        monkeypatch.setattr(f"crmwidget.{bound}", whole // SCALE)
    monkeypatch.setattr("tests.hostile.arena.PATIENCE", 120.0)
    with chromium() as context, worker(crm, files) as beside:
        assert beside.stdin
        assert beside.stdout
        arena = Kernel(context)
        arena.client.handlers.on("save_log", crm_is_down)
        arena.client.handlers.on("screen_pop", crm_is_down)
        stranger = Beside("http://127.0.0.1:{other_port}/puppet", {})
        before, peaks, heaps = resident(), [], []
        with arena._speaker(stranger) as other:
            for _ in range(ROUNDS):
                beside.stdin.write("again\n")
                arena.connector.evaluate(CONNECTOR)
                other.evaluate(STRANGER)
                arena.turn()
                heaps.append(arena.page.evaluate(HEAP))
                peaks.append(int(beside.stdout.readline()))
        passed, hears = arena.check(again=25.0)
        kept = arena.client.journal
        grown = resident() - before
        heaps.append(arena.page.evaluate(HEAP))
        report = {"kernel": grown, "page": max(heaps), "worker": max(peaks)}

        assert grown < KERNEL, report
        assert max(heaps) < PAGE, report
        assert max(peaks) < WORKER, report
        assert len(peaks) == ROUNDS
        assert passed == []
        assert "displayErrorNotification" in hears  # the agent has heard of what was refused
        assert {"size", "depth", "source"} <= arena.state()[1].keys()
        assert arena.errors == []
        assert len(kept) == len(kept.failed) > 0  # what was taken is kept
        arena.close()
