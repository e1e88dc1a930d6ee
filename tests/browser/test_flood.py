"""A connector that has lost its mind: the page stays usable and the next good message works."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.cells import FIELDS, phone
from tests.browser.lab import Notebook, Server
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

COUNTING = """
import re
numbers = []

problems = []  # phone.traffic keeps the last 10,000 entries only
add = phone._client.traffic.add

def noting(direction, *given, **more):
    problems.extend(more.get("problems", ()) if direction == "rejected" else ())
    return add(direction, *given, **more)

phone._client.traffic.add = noting

def noted(reason):
    found = [re.match(rf"{reason}, (\\d+) times", problem) for problem in problems]
    return [int(match[1]) for match in found if match]

@phone.on("*")
def count(message):
    if message.action == "flood":
        numbers.append(message.raw)
"""
FRAMES = """() => {
    window.drawn = 0;
    const draw = () => { window.drawn++; requestAnimationFrame(draw); };
    requestAnimationFrame(draw);
}"""
FLOOD = "() => { for (let i = 0; i < 50_000; i++) peer.send('flood', i) }"
AT_ONCE = """() => {
    // On a slow machine the rate limit would not be reached: time stands still until all have come
    const now = performance.now();
    performance.now = () => now;
    let left = 50_000;
    addEventListener('message', () => { if (--left === 0) delete performance.now; });
}"""
NEIGHBOUR = """
import anywidget

class Neighbour(anywidget.AnyWidget):
    _esm = "export default { render() {} }"

neighbour = Neighbour()
neighbour
"""
BURST = "for _ in range(1_000): neighbour.send({'n': 0})"
LIMIT = "--ZMQChannelsWebsocketConnection.iopub_msg_rate_limit=100"
"""Less than that is let through by Jupyter Server for some seconds: it drops from everybody.

With its own limit, 1,000 a second, a slow machine would draw the flood for minutes, or be no flood.
"""
ASKED = {"object": {"voice": ["case_id"], "digital": []}}


def test_fifty_thousand_messages_at_once_leave_page_and_kernel_usable(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), COUNTING + FIELDS)
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    opened.command("launcher:create")
    opened.turn_to(opened.name)
    opened.page.evaluate(FRAMES)
    opened.page.evaluate(AT_ONCE)

    peer.frame.evaluate(FLOOD)
    before = opened.page.evaluate("drawn")
    opened.page.locator(".lm-TabBar-tab", has_text="Launcher").first.click()
    opened.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context")
    opened.page.wait_for_function("before => drawn > before + 10", arg=before)
    opened.turn_to(opened.name)
    expect(opened.panel).to_contain_text(re.compile(r"[\d,]+ messages refused"))
    fields = peer.ask("requestCustomFieldsValues", "customFieldsDataResponse", ASKED)
    accounts = "len(numbers) + sum(noted('rate')) + sum(noted('full'))"
    opened.until(lambda: opened.value(accounts) == 50_000, "an account of each message")

    assert "Case_Id" in fields
    assert opened.value("numbers == sorted(set(numbers)) and len(numbers)") > 2_000
    assert len(opened.value("noted('rate')")) < 30
    expect(opened.panel.get_by_text("messages refused")).to_have_count(1)
    assert peer.site.loads == [peer.load]
    opened.check()


def test_a_neighbour_that_floods_the_kernels_channel_delays_answers_and_loses_none(
    context: BrowserContext, site: Site
) -> None:
    server = Server(settings=[LIMIT])
    # Without a limit: an answer that comes after its handler's time is not sent any more.
    cells = (phone(site.greeting, timeout=None), FIELDS, NEIGHBOUR, BURST)
    with (
        contextlib.closing(server),
        contextlib.closing(Notebook(context, server, "flood.ipynb", *cells)) as opened,
    ):
        floods(opened, site)


def floods(opened: Notebook, site: Site) -> None:
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    answer = "customFieldsDataResponse"

    opened.run(2)
    for asked in range(1, 4):
        opened.start(3)
        peer.send("requestCustomFieldsValues", ASKED)
        opened.until(lambda n=asked: len(peer.received(answer)) >= n, answer)
    peer.ask("requestCustomFieldsValues", answer, ASKED)

    assert len(peer.received(answer)) == 4
    # The flood was one: else this shows nothing.
    assert "message rate exceeded" in opened.server.log.read_text(errors="replace").lower()
