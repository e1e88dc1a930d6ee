"""Scale: what one message costs beside 49 other phones in its page, and after a million others.

The trips are those of `roundtrip`, in two pages of one browser: in one stands a phone alone, in the
other fifty, each with a frame. The messages after a million are handled in memory, without a page:
by a phone whose log has seen so many, beside a new one.
"""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from benchmarks._rounds import Result, compared, in_turn
from benchmarks.roundtrip import FIELDS_ASKED, IN_PAGE, TO_KERNEL, milliseconds
from crmwidget import CRMWidget
from crmwidget.testing import Connector
from tests.browser.cells import FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOAL: Final = 1.2
PHONES: Final = 50
ENTRIES: Final = 1_000_000
MESSAGES: Final = 2_000
"""Of one figure."""
ASKED: Final = "requestCustomFieldsValues"
ANSWER: Final = "customFieldsDataResponse"
OTHERS: Final = """
import ipywidgets
others = [CRMWidget({url!r}, name=f"other-{{i}}", journal=False) for i in range({count})]
ipywidgets.VBox(others)
"""


def run() -> list[Result]:
    """Goal 11."""
    print("scale")
    with pages() as (alone, among):
        page = in_turn(
            {"one": trips(alone, IN_PAGE, "ready"), "fifty": trips(among, IN_PAGE, "ready")},
            unit="ms",
        )
        kernel = in_turn(
            {"one": trips(alone, TO_KERNEL, ASKED), "fifty": trips(among, TO_KERNEL, ASKED)},
            unit="ms",
        )
    (_, new), (crowded, old) = in_memory("new"), in_memory("old")
    for _ in range(ENTRIES):
        crowded.traffic.add("received", ASKED, FIELDS_ASKED, at=datetime.now(UTC))
    log = in_turn({"new": partial(microseconds, new), "old": partial(microseconds, old)}, unit="us")
    compare = partial(compared, goal=GOAL)
    return [
        compare(f"`ready` among {PHONES} phones", page["fifty"], page["one"], unit="ms"),
        compare(f"a handler among {PHONES} phones", kernel["fifty"], kernel["one"], unit="ms"),
        compare(f"a message after {ENTRIES:,}", log["old"], log["new"], unit="us"),
    ]


def trips(peer: Peer, count: int, action: str) -> Callable[[], float]:
    """Trips of a page that is in front: what is behind is slowed down by the browser."""
    data, answer = (FIELDS_ASKED, ANSWER) if action == ASKED else ({}, action)

    def measure() -> float:
        peer.notebook.page.bring_to_front()
        return milliseconds(peer, count, action, data, answer)

    return measure


@contextlib.contextmanager
def pages() -> Iterator[tuple[Peer, Peer]]:
    """A connector that is alone in its page, and one among fifty; connected, and used."""
    with contextlib.ExitStack() as ended:
        context = ended.enter_context(chromium())
        peers = []
        for name, count in (("one", 0), ("fifty", PHONES - 1)):
            # Of its own: JupyterLab moves a second page away from the workspace of the first.
            server, site, other = Server(), Site(), Site()
            ended.callback(server.close)
            ended.callback(site.close)
            ended.callback(other.close)
            cells = [phone(site.greeting, journal=False), FIELDS]
            if count:
                cells.append(OTHERS.format(url=other.greeting, count=count))
            notebook = Notebook(context, server, f"{name}.ipynb", *cells)
            ended.callback(notebook.close)
            notebook.run_all()
            peers.append(Peer(notebook, site))
            peers[-1].wait("crmData")
            peers[-1].ask(ASKED, ANSWER, FIELDS_ASKED)
            notebook.until(lambda c=count, s=other: len(s.loads) >= c, f"{count} other frames")
        yield peers[0], peers[1]


def in_memory(name: str) -> tuple[CRMWidget, Connector]:
    """A phone without a page, whose handler has been asked once."""
    made = CRMWidget(name=name, journal=False)

    @made.on(ASKED)
    def fields(asked: object) -> dict[str, str]:
        del asked
        return {"case_id": "Case"}

    connector = Connector(made)
    connector.ask(ASKED, FIELDS_ASKED)
    return made, connector


def microseconds(one: Connector) -> float:
    """What a message costs."""
    start = time.perf_counter()
    for _ in range(MESSAGES):
        one.send(ASKED, FIELDS_ASKED)
    return (time.perf_counter() - start) / MESSAGES * 1e6
