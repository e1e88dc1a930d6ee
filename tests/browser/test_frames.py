"""The frame's life: whatever is done to its cell, the call in it goes on.

The proof is the connector's own: the same load of its page, the only one that its server has seen,
and a pair of peer connections in it that is still connected. The table names what JupyterLab
does to a bare frame in a cell, as the negative control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.browser.cells import POP, phone
from tests.browser.lab import NAP, Notebook, Server
from tests.browser.peer import Peer, Site

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

Open = Callable[..., Notebook]
Do = Callable[[Notebook], object]

CALL: Final = """async () => {
    const [one, two] = (window.call = [new RTCPeerConnection(), new RTCPeerConnection()]);
    const described = async (side) => {
        await side.setLocalDescription();
        while (side.iceGatheringState !== "complete") await new Promise((r) => setTimeout(r, 5));
        return side.localDescription;
    };
    one.createDataChannel("voice");
    await two.setRemoteDescription(await described(one));
    await one.setRemoteDescription(await described(two));
}"""
CONNECTED: Final = "() => call.every(({connectionState}) => connectionState === 'connected')"
POPPING: Final = """
pops = []

@phone.on_screen_pop
def pop(message):
    pops.append(message.caller)
"""
TALL: Final = "\n".join(["# a tall cell"] * 40)
NAIVE: Final = """
import anywidget

class Naive(anywidget.AnyWidget):
    _esm = '''export default {{ render({{ el }}) {{
        const frame = document.createElement("iframe");
        frame.src = "{url}";
        el.append(frame);
    }} }}'''

Naive()
"""


# ---------------------------------------------------------------- what is done
def commands(*names: str, cell: int = 0) -> Do:
    """Commands on a cell, one after another."""

    def do(opened: Notebook) -> None:
        opened.select(cell)
        for name in names:
            opened.command(name)

    return do


def scroll(opened: Notebook) -> None:
    """Out of view and back."""
    for index in (4, 0):
        opened._js("await w.content.scrollToItem(arg, 'start');", index)
        out = "(out) => (document.querySelector('.jp-Cell').getBoundingClientRect().y < 0) === out"
        opened.page.wait_for_function(out, arg=index > 0)


def turn(opened: Notebook) -> None:
    """To another tab and back."""
    opened.command("launcher:create")
    opened.page.wait_for_function("() => !jupyterapp.shell.currentWidget.context")
    opened.turn_to(opened.name)


def split(opened: Notebook) -> None:
    """Into a panel of its own beside the other tab, and back."""
    for mode in ("split-right", "tab-after"):
        opened._js(
            """const other = [...jupyterapp.shell.widgets('main')].find((each) => each !== w);
            jupyterapp.shell.add(w, 'main', {mode: arg, ref: other.id});
            jupyterapp.shell.activateById(w.id);""",
            mode,
        )


def view_elsewhere(opened: Notebook) -> None:
    """A new view for the output, which is closed again."""
    opened.select(0)
    opened.command("notebook:create-output-view")
    view = "(each) => !each.context && each.node.querySelector('.jp-OutputArea-output')"
    found = f"[...jupyterapp.shell.widgets('main')].find({view})"
    opened.page.wait_for_function(f"() => {found}?.node.querySelector('.crmw, iframe')")
    opened.page.evaluate(f"() => {found}.dispose()")
    opened.turn_to(opened.name)


def run_often(opened: Notebook) -> None:
    """Twenty times, as fast as it goes."""
    for _ in range(20):
        opened.start(0)
    opened.finish(0)


def restart_and_run_all(opened: Notebook) -> None:
    opened.restart_kernel()
    opened.run_all()


def clear(opened: Notebook) -> None:
    commands("notebook:clear-all-cell-outputs")(opened)


def reopen(opened: Notebook) -> None:
    """Close the notebook's tab, and open it again."""
    opened.command("docmanager:save")
    opened._js("w.close();")
    opened.page.wait_for_function(
        "name => ![...jupyterapp.shell.widgets('main')].some((w) => w.context?.path === name)",
        arg=opened.name,
    )
    opened.command("docmanager:open", path=opened.name)
    opened._until_ready()


def change_theme(opened: Notebook) -> None:
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        opened.command("apputils:change-theme", theme=theme)


@dataclass(frozen=True)
class Action:
    name: str
    do: Do
    naive: str
    """What becomes of a bare frame in the cell: "ok", "reloaded", or "gone"."""
    everywhere: bool = True
    """Notebook 7 has it, too."""


ACTIONS: Final = (
    Action("scroll out of view and back", scroll, "ok"),
    Action("another tab and back", turn, "ok", everywhere=False),
    Action("split panel and back", split, "ok", everywhere=False),
    Action(
        "simple mode on and off",
        commands("application:toggle-mode", "application:toggle-mode"),
        "ok",
        everywhere=False,
    ),
    Action(
        "sidebar",
        commands("application:toggle-left-area", "application:toggle-left-area"),
        "ok",
        everywhere=False,
    ),
    Action("theme", change_theme, "ok"),
    Action(
        "output scrolling on and off",
        commands("notebook:enable-output-scrolling", "notebook:disable-output-scrolling"),
        "ok",
    ),
    Action(
        "insert and delete a cell above",
        commands("notebook:insert-cell-above", "notebook:delete-cell"),
        "ok",
    ),
    Action("run another cell", lambda opened: opened.run(2), "ok"),
    Action("save", commands("docmanager:save"), "ok"),
    Action("restart the kernel", Notebook.restart_kernel, "ok"),
    Action("run all", Notebook.run_all, "reloaded"),
    Action("run the cell 20 times", run_often, "reloaded"),
    Action("restart and run all", restart_and_run_all, "reloaded"),
    Action(
        "collapse and expand the output",
        commands("notebook:hide-cell-outputs", "notebook:show-cell-outputs"),
        "reloaded",
    ),
    Action(
        "move the cell down and up",
        commands("notebook:move-cell-down", "notebook:move-cell-up"),
        "reloaded",
    ),
    Action("new view for the output, closed again", view_elsewhere, "reloaded", everywhere=False),
    Action(
        "delete the cell and undo",
        commands("notebook:delete-cell", "notebook:undo-cell-action"),
        "reloaded",
    ),
    Action("close the tab and open it again", reopen, "reloaded", everywhere=False),
    Action("clear all outputs", clear, "gone"),
)


# ---------------------------------------------------------------- the phone
@pytest.fixture(scope="module")
def notebook_7() -> Iterator[Server]:
    server = Server("notebook")
    yield server
    server.close()


def calling(opened: Notebook, site: Site) -> Peer:
    """All cells have run, the connector is configured, and there is a call in its page."""
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    peer.frame.evaluate(CALL)
    peer.frame.wait_for_function(CONNECTED, polling=NAP)  # a frame out of view draws nothing
    return peer


def alive(peer: Peer) -> bool:
    """The same load of the page, the only one, and the call in it goes on."""
    return peer.site.loads == [peer.load] and bool(peer.frame.evaluate(CONNECTED))


def survives_all(opened: Notebook, site: Site, actions: list[Action]) -> None:
    peer = calling(opened, site)

    for action in actions:
        action.do(opened)
        peer.ask("requestCrmData", "crmData")

        assert alive(peer), action.name
        assert opened.page.locator("iframe#crmConnectIframeId").count() == 1, action.name

    opened.run_all()
    peer.send(POP, {"aniValues": ["+12025550143"]})
    opened.until(lambda: opened.value("pops") == ["+12025550143"], "the pop in the last kernel")
    opened.until(lambda: opened.panel.locator("iframe").count() == 1, "the frame in its cell")
    assert alive(peer)
    opened.check()


def test_a_call_outlives_everything_that_jupyterlab_can_do_to_its_cell(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING, "1 + 1", TALL, TALL, TALL)

    survives_all(opened, site, list(ACTIONS))


def test_a_call_outlives_everything_that_notebook_7_can_do_to_its_cell(
    notebook_7: Server, context: BrowserContext, site: Site
) -> None:
    cells = (phone(site.greeting), POPPING, "1 + 1", TALL, TALL, TALL)
    opened = Notebook(context, notebook_7, "frames.ipynb", *cells)

    try:
        survives_all(opened, site, [action for action in ACTIONS if action.everywhere])
    finally:
        opened.close()


def test_a_bare_frame_in_a_cell_is_reported_as_reloaded_so_the_proof_can_fail(
    notebook: Open, site: Site
) -> None:
    opened = notebook(NAIVE.format(url=site.url), "1", "1 + 1", TALL, TALL, TALL)
    opened.run_all()
    opened.until(lambda: site.loads, "the bare frame")
    told = []

    for action in ACTIONS:
        before = len(site.loads)
        action.do(opened)
        if action.naive == "reloaded":
            opened.until(lambda before=before: len(site.loads) > before, action.name)
        frames = opened.page.locator(".jp-Cell iframe").count()
        happened = "gone" if frames == 0 else "reloaded" if len(site.loads) > before else "ok"
        told.append((action.name, happened))

    assert told == [(action.name, action.naive) for action in ACTIONS]


def test_without_move_before_the_phone_stays_in_its_dock_and_is_loaded_once(
    server: Server, context: BrowserContext, site: Site
) -> None:
    cells = (phone(site.greeting), POPPING, "1 + 1")
    without = "delete Element.prototype.moveBefore"
    opened = Notebook(context, server, "without.ipynb", *cells, script=without)

    try:
        peer = calling(opened, site)
        for _ in range(3):
            opened.run(0)
        opened.restart_kernel()
        opened.run_all()
        peer.send(POP, {"aniValues": ["+12025550143"]})
        opened.until(lambda: opened.value("pops") == ["+12025550143"], "the pop")

        assert alive(peer)
        expect(opened.page.locator(".crmwidget-home iframe")).to_be_visible()
        expect(opened.panel).to_contain_text("The phone is docked at the lower right.")
    finally:
        opened.close()


# ---------------------------------------------------------------- more than one place
def test_a_second_widget_of_the_name_takes_the_phone_and_the_first_cell_says_so(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting), POPPING, phone(site.greeting))
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    first, second = opened.cell(0), opened.cell(2)

    opened.run(2)
    expect(second.locator("iframe")).to_be_visible()
    expect(first).to_contain_text("The phone is shown in another place on this page.")
    first.get_by_role("button", name="Show it here").click()

    expect(first.locator("iframe")).to_be_visible()
    expect(second).to_contain_text("The phone is shown in another place on this page.")
    assert site.loads == [peer.load]


# ---------------------------------------------------------------- leaving
@pytest.mark.own_page
def test_leaving_the_page_asks_while_a_call_may_be_on_and_so_does_the_dock(
    notebook: Open, site: Site
) -> None:
    opened = notebook(phone(site.greeting, placement="dock"), POPPING)
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    dock = opened.page.locator(".crmwidget-home")
    asked: list[str] = []
    opened.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    opened.command("docmanager:save")

    peer.send(POP, {"aniValues": ["+12025550143"]})
    opened.until(lambda: opened.value("pops"), "the pop")
    opened.page.close(run_before_unload=True)
    opened.until(lambda: asked == ["beforeunload"], "the browser's question")
    dock.get_by_role("button", name="Close the phone").click()
    question = dock.get_by_role("alertdialog")

    expect(question).to_contain_text("A call may be on; it would end. Close the phone?")
    question.get_by_role("button", name="Keep the phone").click()
    expect(question).to_be_hidden()
    assert site.loads == [peer.load]
    dock.get_by_role("button", name="Close the phone").click()
    question.get_by_role("button", name="Close the phone all the same").click()
    expect(dock).to_be_hidden()
    expect(opened.panel).to_contain_text("The phone was closed.")
    assert opened.value("phone.status") == "lost"
