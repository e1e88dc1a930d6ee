"""Nodelay: trips to the kernel on a server that sends at once, and on one as it comes.

Two JupyterLabs in turn: on one `crmwidget.notebook.nodelay` is enabled and our handler
answers, on the other a bare anywidget hands each message back. A trip is timed
in the foreign frame; the pause is between an answer and the next question.
"""

from __future__ import annotations

import contextlib
import json
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks._rounds import Result, compared, in_turn
from benchmarks.roundtrip import BARE, FIELDS_ASKED, TRIPS
from tests.browser.cells import FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from collections.abc import Iterator

PACED: Final = f"""
async ([count, pause, ...trip]) => {{
  const times = [];
  for (let i = 0; i < count; i += 1) {{
    times.push(...(await ({TRIPS})([1, ...trip])));
    await new Promise((done) => setTimeout(done, pause));
  }}
  return times;
}}
"""
PACES: Final = {20: (30, 0.25), 400: (12, 1.2)}
"""By milliseconds of pause: trips of one figure, and the goal."""
ENABLED: Final = {"ServerApp": {"jpserver_extensions": {"crmwidget.notebook.nodelay": True}}}


def run() -> list[Result]:
    """Goal 2."""
    print("nodelay")
    results = []
    with frames() as (ours, bare):
        for pause, (count, goal) in PACES.items():
            answer = "customFieldsDataResponse"
            sides = {
                "stock": partial(milliseconds, bare, count, pause, "throughTheComm"),
                "nodelay": partial(
                    milliseconds, ours, count, pause, "requestCustomFieldsValues", answer
                ),
            }
            found = in_turn(sides, unit=f"ms, {pause} ms apart")
            what = f"a handler with `crmwidget.notebook.nodelay`, {pause} ms apart"
            results.append(compared(what, found["nodelay"], found["stock"], unit="ms", goal=goal))
    return results


def milliseconds(peer: Peer, count: int, pause: int, action: str, answer: str = "") -> float:
    """The median of `count` trips."""
    peer.notebook.page.bring_to_front()
    trip = [action, FIELDS_ASKED, answer or action]
    times: list[float] = peer.frame.evaluate(PACED, [count, pause, *trip])
    return median(times)


class WithoutDelay(Server):
    """A JupyterLab in whose settings the extension is enabled."""

    def _environment(self) -> dict[str, str]:
        found = super()._environment()
        settings = self.folder / "JUPYTER_CONFIG_DIR" / "jupyter_server_config.d"
        settings.mkdir(parents=True)
        (settings / "crmwidget.json").write_text(json.dumps(ENABLED))
        return found


@contextlib.contextmanager
def frames() -> Iterator[tuple[Peer, Peer]]:
    """A connector on a server with the extension, and a bare widget's frame on a stock one."""
    with contextlib.ExitStack() as ended:
        context = ended.enter_context(chromium())

        def opened(server: Server, site: Site, *cells: str) -> Peer:
            ended.callback(server.close)
            ended.callback(site.close)
            notebook = Notebook(context, server, "nodelay.ipynb", *cells)
            ended.callback(notebook.close)
            notebook.run_all()
            return Peer(notebook, site)

        site, other = Site(), Site()
        quick = WithoutDelay()
        ours = opened(quick, site, phone(site.greeting, journal=False), FIELDS)
        bare = opened(Server(), other, BARE % other.url)
        if "kernel websockets answer without delay" not in quick.log.read_text():
            raise RuntimeError(f"the extension was not loaded:\n{quick.log_tail()}")
        ours.wait("crmData")
        milliseconds(ours, 1, 0, "requestCustomFieldsValues", "customFieldsDataResponse")
        milliseconds(bare, 1, 0, "throughTheComm")
        yield ours, bare
