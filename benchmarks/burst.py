"""Burst: 10,000 messages at once from a foreign frame, until the last one is handled.

In one page stand the frames of three phones, whose handlers are a coroutine, a
function, and one for interaction logs, which are journalled; and the frame of
a bare anywidget that sends each message through its comm. The clock starts
before the first postMessage; the handler of the last message writes into a
file what was handled when.
"""

from __future__ import annotations

import contextlib
import json
import time
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks._rounds import Result, compared, in_turn
from benchmarks.roundtrip import BARE, FIELDS_ASKED
from tests.browser.cells import FIELDS, phone
from tests.browser.lab import Notebook, Server, chromium
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COUNT: Final = 10_000
SAVE: Final = "requestSaveInteractionLog"
GOALS: Final = {"async": 0.12, "sync": 0.15, "journalled": 0.35}
ACTIONS: Final = {"async": "burst", "sync": "burst", "journalled": SAVE, "bare": "throughTheComm"}
PATIENCE: Final = 120.0
"""Seconds until a burst counts as stuck."""
TRIES: Final = 400
IN_A_ROW: Final = 20
AT_ONCE: Final = 1.5
"""So many times what a question takes before any burst."""

SEND: Final = """
([count, action]) => {
  const start = Date.now();
  for (let i = 0; i < count; i += 1) {
    const body = { interactionId: `${i}`.padStart(5, "0"), comments: "" };
    const data = { message: { body } };
    const size = JSON.stringify({ type: "CRMConnectMessage", action, data }).length;
    body.comments = "x".repeat(200 - size);
    peer.send(action, data);
  }
  return start / 1000;
}
"""
HANDLED: Final = f"""
import json, pathlib, time
handled = []

def note(data):
    number = int(data["message"]["body"]["interactionId"])
    handled.append((number, time.time()))
    if number == {COUNT - 1}:
        pathlib.Path("new").write_text(json.dumps(handled))
        pathlib.Path("new").rename("handled")
        handled.clear()
"""
HANDLERS: Final = f"""
@phones["async"].on("burst")
async def burst(message):
    note(message.raw)

@phones["sync"].on("burst")
def burst(message):
    note(message.raw)

@phones["journalled"].on("{SAVE}")
def save(message):
    note(message.raw)

if not phones["journalled"].journal.durable:
    raise RuntimeError(phones["journalled"].journal)
"""


class Burst(NamedTuple):
    """What became of one; `first` and `last` in seconds from its start."""

    first: float
    last: float
    lost: int
    doubled: int
    disordered: int


def run() -> list[Result]:
    """Goal 4."""
    print("burst")
    bursts: dict[str, list[Burst]] = {name: [] for name in ACTIONS}
    with frames() as peers:
        usual = median(_answered(peers["sync"]) for _ in range(IN_A_ROW))

        def side(name: str) -> Callable[[], float]:
            def measure() -> float:
                settle(peers["sync"], usual)
                bursts[name].append(burst(peers[name], ACTIONS[name]))
                return bursts[name][-1].last

            return measure

        found = in_turn({name: side(name) for name in ACTIONS}, unit="s")
    for name, ones in bursts.items():
        lost, doubled, disordered = (sum(column) for column in list(zip(*ones, strict=True))[2:])
        first = median(one.first for one in ones)
        print(
            f"  {name}: {lost} lost, {doubled} doubled, {disordered} out of order; "
            f"the first one handled after {first:.3f} s"
        )
    return [
        compared(f"{COUNT:,} messages, {name}", found[name], found["bare"], unit="s", goal=goal)
        for name, goal in GOALS.items()
    ]


def settle(peer: Peer, usual: float) -> None:
    """Wait until questions take no longer than usual, in seconds, several times in a row.

    JupyterLab and the server go on working at a bare burst for up to a minute after its last
    message was handled: whatever is measured meanwhile takes twice as long.
    """
    row = 0
    for _ in range(TRIES):
        row = row + 1 if _answered(peer) < AT_ONCE * usual else 0
        if row == IN_A_ROW:
            return
    print("  not as quick as before the bursts: the machine may have other work", flush=True)


def _answered(peer: Peer) -> float:
    """Seconds until a question is answered; one may stay unanswered while the server drops."""
    answer = "customFieldsDataResponse"
    had = len(peer.received(answer))
    started = time.monotonic()
    peer.send("requestCustomFieldsValues", FIELDS_ASKED)
    with contextlib.suppress(AssertionError):
        peer.notebook.until(lambda: len(peer.received(answer)) > had, answer, patience=5)
    return time.monotonic() - started


def burst(peer: Peer, action: str) -> Burst:
    """Send one, and wait for the handler of its last message."""
    notebook = peer.notebook
    file = notebook.server.root / "handled"
    start = peer.frame.evaluate(SEND, [COUNT, action])
    # No question to the kernel meanwhile: its answer may be dropped in such a crowd [I].
    notebook.until(file.exists, "the last message", PATIENCE)
    seen: list[tuple[int, float]] = json.loads(file.read_text())
    file.unlink()
    numbers = [number for number, _ in seen]
    different = len(set(numbers))
    return Burst(
        first=seen[0][1] - start,
        last=seen[-1][1] - start,
        lost=COUNT - different,
        doubled=len(numbers) - different,
        disordered=sum(a > b for a, b in pairwise(numbers)),
    )


@contextlib.contextmanager
def frames() -> Iterator[dict[str, Peer]]:
    """The frames by name, in one page; connected."""
    with contextlib.ExitStack() as ended:
        server = Server()
        ended.callback(server.close)
        sites = {name: Site() for name in ACTIONS}
        for site in sites.values():
            ended.callback(site.close)
        context = ended.enter_context(chromium())
        counted = (BARE % sites["bare"].url).replace("bare.send(content)", 'note(content["data"])')
        cells = ["phones = {}", HANDLED]
        for name in GOALS:
            journal = name == "journalled"
            made = phone(sites[name].greeting, name=name, journal=journal)
            cells += [made, f'phones["{name}"] = phone']
        cells += ['phone = phones["sync"]', FIELDS, HANDLERS, counted]
        notebook = Notebook(context, server, "burst.ipynb", *cells)
        ended.callback(notebook.close)
        notebook.run_all()
        peers = {name: Peer(notebook, site) for name, site in sites.items()}
        for name in GOALS:
            peers[name].wait("crmData")
        yield peers
