"""Roundtrip: from a foreign frame to whoever answers and back, in a real JupyterLab.

In one page stand two frames of one foreign site: ours, and one that a bare
anywidget has put there and whose messages it hands back at once, from the page
or through its comm. A trip is timed in the frame, from postMessage to the
answer; a figure is the median of many trips, one after another.
"""

from __future__ import annotations

import contextlib
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks._rounds import Result, compared, in_turn
from tests.browser.cells import FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

BARE: Final = '''
import anywidget

class Bare(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
      const frame = document.createElement("iframe");
      frame.src = "%s";
      el.append(frame);
      const back = (message) => frame.contentWindow.postMessage(message, frame.src);
      addEventListener("message", ({ data, source }) => {
        if (source !== frame.contentWindow) return;
        if (data.action === "throughTheComm") model.send(data);
        else back(data);
      });
      model.on("msg:custom", back);
    }
    export default { render };
    """

bare = Bare()
bare.on_msg(lambda _, content, buffers: bare.send(content))
bare
'''

TRIPS: Final = """
async ([count, action, data, answer]) => {
  const times = [];
  for (let i = 0; i < count; i += 1) {
    const came = new Promise((done) => {
      const hear = (event) => {
        if (event.data.action !== answer) return;
        removeEventListener("message", hear);
        done();
      };
      addEventListener("message", hear);
    });
    const start = performance.now();
    peer.send(action, data);
    await came;
    times.push(performance.now() - start);
  }
  return times;
}
"""
IN_PAGE: Final = 200
TO_KERNEL: Final = 30
"""Trips of one figure."""
FIELDS_ASKED: Final = {"object": {"voice": ["case_id"], "digital": []}}


def run() -> list[Result]:
    """Goal 1."""
    print("roundtrip")
    with frames() as (ours, bare):
        trips = partial(partial, milliseconds)
        page = in_turn(
            {
                "bare": trips(bare, IN_PAGE, "throughThePage", {}, "throughThePage"),
                "ready": trips(ours, IN_PAGE, "ready", {}, "ready"),
                "crmData": trips(ours, IN_PAGE, "requestCrmData", {}, "crmData"),
            },
            unit="ms",
        )
        answer = "customFieldsDataResponse"
        kernel = in_turn(
            {
                "bare": trips(bare, TO_KERNEL, "throughTheComm", FIELDS_ASKED, "throughTheComm"),
                "handler": trips(
                    ours, TO_KERNEL, "requestCustomFieldsValues", FIELDS_ASKED, answer
                ),
            },
            unit="ms",
        )
    return [
        compared("`ready`, by the page", page["ready"], page["bare"], unit="ms", goal=2.0),
        compared("`crmData`, by the page", page["crmData"], page["bare"], unit="ms", goal=2.0),
        compared("a Python handler", kernel["handler"], kernel["bare"], unit="ms", goal=1.05),
    ]


def milliseconds(peer: Peer, count: int, action: str, data: object, answer: str) -> float:
    """The median of `count` trips; the clock of a frame shows no less than 0.1 ms."""
    times: list[float] = peer.frame.evaluate(TRIPS, [count, action, data, answer])
    return median(times)


@contextlib.contextmanager
def frames() -> Iterator[tuple[Peer, Peer]]:
    """A connected connector, and the bare widget's frame, in one page; both have been used."""
    with contextlib.ExitStack() as ended:
        server = Server()
        ended.callback(server.close)
        site, other = Site(), Site()
        ended.callback(site.close)
        ended.callback(other.close)
        context = ended.enter_context(chromium())
        cells = phone(site.greeting, journal=False), FIELDS, BARE % other.url
        notebook = Notebook(context, server, "roundtrip.ipynb", *cells)
        ended.callback(notebook.close)
        notebook.run_all()
        ours, bare = Peer(notebook, site), Peer(notebook, other)
        ours.wait("crmData")
        ours.ask("requestCustomFieldsValues", "customFieldsDataResponse", FIELDS_ASKED)
        milliseconds(bare, 1, "throughTheComm", FIELDS_ASKED, "throughTheComm")
        yield ours, bare
