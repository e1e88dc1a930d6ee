"""Frontend: the size of what the page has to load, and the list of messages when it is long.

The list is the Traffic tab as it is shipped, in a page of its own. It is held against
the same rows with every one in the document, and its frames a second while 100
messages a second arrive against those while none does. Sizes do not vary.
"""

from __future__ import annotations

import contextlib
import gzip
import http.server
import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks._rounds import Result, compared, in_turn
from tests.browser.lab import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

STATIC = Path(__file__).resolve().parents[1] / "crmwidget" / "static"
LOG = Path(__file__).with_name("_log.html")
GOALS = {
    "widget.js": 30.0,
    "traffic.js": 8.0,
    "simulator.html": 25.0,
    "simulator.login.js": 3.0,
}
"""kB after gzip; the last one is a script that is sent when it is asked for."""
DURING: Final = 2000
"""ms for which frames are counted."""
RATE: Final = 100
ROWS_GOAL: Final = 0.03
FRAMES_GOAL: Final = 1.05


def run() -> list[Result]:
    """Goal 9."""
    print("frontend")
    results = []
    for name, goal in GOALS.items():
        size = len(gzip.compress((STATIC / name).read_bytes(), 9)) / 1000
        print(f"  {name}: {size:.2f} kB after gzip")
        results.append(Result(f"`{name}`", f"{size:.2f} kB gzip", f"{goal:g} kB", size / goal, 1.0))
    with shown() as page:
        rows = in_turn(
            {name: partial(page.evaluate, f"() => {name}()") for name in ("virtual", "full")},
            unit="ms",
        )
        # ms a frame, so that less is better here as well
        frames = in_turn(
            {
                name: partial(frame, page, rate)
                for name, rate in (("arriving", RATE), ("nothing", 0))
            },
            unit="ms a frame",
        )
    return [
        *results,
        compared("10,000 rows", rows["virtual"], rows["full"], unit="ms", goal=ROWS_GOAL),
        compared(
            f"a frame while {RATE} messages a second arrive",
            frames["arriving"],
            frames["nothing"],
            unit="ms",
            goal=FRAMES_GOAL,
        ),
    ]


def frame(page: Page, rate: int) -> float:
    """Milliseconds from frame to frame."""
    return 1000 / float(page.evaluate("([during, rate]) => smooth(during, rate)", [DURING, rate]))


@contextlib.contextmanager
def shown() -> Iterator[Page]:
    """A page with the tab."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/traffic.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.end_headers()
            self.wfile.write((STATIC / "traffic.js" if script else LOG).read_bytes())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with chromium() as context:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
            page.wait_for_function("() => window.measures")
            yield page
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
