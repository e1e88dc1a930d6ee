"""Busy: a handler's answers while a cell sleeps, beside those of an idle kernel.

Every figure is of a new notebook, in whose only cell the phone is made, shown
and given its handler; in the busy one that cell goes on and sleeps, so that
page and kernel meet while it does. The first trip is their first contact: it
is sent as soon as the frame is there, and waits for whatever is still missing.
"""

from __future__ import annotations

import contextlib
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks._rounds import Result, compared, in_turn
from benchmarks.roundtrip import FIELDS_ASKED, TRIPS
from tests.browser.cells import BUSY, FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import BrowserContext

COUNT: Final = 30
"""Trips of one figure, the first contact not counted."""


def run() -> list[Result]:
    """Goal 3."""
    print("busy")
    with contextlib.ExitStack() as ended:
        server, site = Server(), Site()
        ended.callback(server.close)
        ended.callback(site.close)
        phones = Phones(ended.enter_context(chromium()), server, site)
        phones.milliseconds("")  # so that no round fills caches
        first: dict[str, list[float]] = {"idle": [], "busy": []}

        def side(name: str, goes_on: str) -> Callable[[], float]:
            def measure() -> float:
                contact, later = phones.milliseconds(goes_on)
                first[name].append(contact)
                return later

            return measure

        found = in_turn({"idle": side("idle", ""), "busy": side("busy", BUSY)}, unit="ms")
    return [
        compared(
            "a handler while a cell sleeps", found["busy"], found["idle"], unit="ms", goal=1.5
        ),
        compared("the same, first contact", first["busy"], first["idle"], unit="ms", goal=1.5),
    ]


class Phones:
    """New notebooks, one after another."""

    def __init__(self, context: BrowserContext, server: Server, site: Site) -> None:
        self._context, self._server, self._site = context, server, site
        self._numbers = count(1)

    def milliseconds(self, goes_on: str) -> tuple[float, float]:
        """The first trip, and the median of those after it; `goes_on`: what the cell does then."""
        made = phone(self._site.url, journal=False).removesuffix("phone")
        cell = f"{made}display(phone)\n{FIELDS}{goes_on}"
        notebook = Notebook(self._context, self._server, f"busy{next(self._numbers)}.ipynb", cell)
        with contextlib.closing(notebook):
            notebook.start(0)
            if not goes_on:
                notebook.finish(0)
            trip = ["requestCustomFieldsValues", FIELDS_ASKED, "customFieldsDataResponse"]
            frame = Peer(notebook, self._site).frame
            first, *later = frame.evaluate(TRIPS, [1 + COUNT, *trip])
            if goes_on:
                if "ends" in notebook.text(0):
                    raise RuntimeError("the cell was over before the last trip")
                (self._server.root / "go").touch()
                notebook.finish(0)
        return first, median(later)
