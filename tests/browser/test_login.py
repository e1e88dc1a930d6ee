"""A connector whose agent has to log in: its own page, single sign-on, and a login that expires."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from crmwidget.simulator import serve
from tests.browser.cells import phone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page

    from crmwidget.simulator import Server
    from tests.browser.lab import Notebook

    Open = Callable[..., Notebook]

WAITS = "Probably waiting for the agent to log in."
SPOKE = "heard = []\nphone.on('*', lambda message: heard.append(message.action));"
HANDSHAKE = ["ready", "requestCrmData", "requestEnableClickToDial", "requestGetCrmDirectory"]


@pytest.fixture
def form() -> Iterator[Server]:
    """The simulator, served with its own login page."""
    with serve(login="form") as server:
        yield server


@pytest.fixture
def sso() -> Iterator[Server]:
    """The simulator, served with a single sign-on that refuses to be framed."""
    with serve(login="sso") as server:
        yield server


@pytest.fixture
def tabs(context: BrowserContext) -> Iterator[list[Page]]:
    """The tabs that are opened, oldest first, but the notebooks' own."""
    opened: list[Page] = []

    def note(tab: Page) -> None:
        opened.append(tab)

    context.on("page", note)
    yield opened
    context.remove_listener("page", note)
    for tab in opened:
        if not tab.is_closed():
            tab.close()


def framed(opened: Notebook) -> FrameLocator:
    """What the connector's frame shows."""
    return opened.page.frame_locator("#crmConnectIframeId")


def press(opened: Notebook, name: str) -> Locator:
    return opened.panel.get_by_role("button", name=name, exact=True)


def link(opened: Notebook) -> Locator:
    return opened.panel.get_by_role("link", name="Open login in a tab")


def loads(opened: Notebook) -> int:
    return int(opened.facts()[0]["loads"])


def heard(opened: Notebook, count: int) -> list[str]:
    """The actions that reached Python, once there are so many."""

    def enough() -> list[str]:
        found: list[str] = opened.value("heard")
        return found if len(found) >= count else []

    return opened.until(enough, f"{count} messages in Python")


def test_a_connector_at_its_login_page_is_told_so_and_goes_on_after_it(
    notebook: Open, form: Server
) -> None:
    opened = notebook(phone(form.url), SPOKE)
    opened.run_all()

    expect(opened.panel).to_contain_text(WAITS)
    expect(link(opened)).to_have_attribute("href", form.url)
    expect(press(opened, "Reload")).to_be_visible()
    assert opened.facts()[0]["acked"] is False
    framed(opened).get_by_label("Name", exact=True).fill("Anybody")
    framed(opened).get_by_role("button", name="Sign in").click()
    opened.until_configured()

    expect(opened.panel).not_to_contain_text(WAITS)
    expect(link(opened)).to_have_count(0)
    assert heard(opened, 4) == HANDSHAKE


def test_a_login_that_expires_in_a_call_is_seen_and_the_handshake_comes_again(
    notebook: Open, form: Server
) -> None:
    opened = notebook(phone(form.url), SPOKE)
    opened.run_all()
    frame = framed(opened)
    frame.get_by_role("button", name="Sign in").click()
    frame.get_by_role("button", name="Incoming call: Bo Larsen").click()
    expect(opened.panel.locator(".crmw-card")).to_contain_text("Bo Larsen")
    before = heard(opened, 5)

    frame.get_by_role("button", name="Login").click()
    frame.get_by_role("button", name="Let the login expire").click()
    expect(frame.get_by_text("Your login has expired")).to_be_visible()
    expect(opened.panel).to_contain_text(WAITS)
    assert opened.facts()[0]["configured"] is False
    frame.get_by_role("button", name="Sign in").click()
    opened.until_configured()

    after = heard(opened, 9)
    assert before == [*HANDSHAKE, "requestPerformInteractionScreenPop"]
    assert after == [*before, *HANDSHAKE]


def test_where_single_sign_on_refuses_the_frame_a_tab_and_a_reload_get_past_it(
    notebook: Open, sso: Server, tabs: list[Page]
) -> None:
    url = f"{sso.url}?tenantId=ABCDEF"
    opened = notebook(phone(url), SPOKE)
    tabs.clear()
    opened.run_all()
    expect(opened.panel).to_contain_text(WAITS)

    link(opened).click()
    opened.until(lambda: tabs, "a tab")
    (tab,) = tabs
    tab.get_by_role("button", name="Log in").click()
    expect(tab.get_by_text("You are signed in")).to_be_visible()
    first = tab.evaluate("[performance.getEntriesByType('navigation').length, window.opener]")
    assert link(opened).get_attribute("href") == url
    press(opened, "Reload").click()
    opened.until_configured()

    assert first == [1, None]
    assert len(tabs) == 1
    assert heard(opened, 4) == HANDSHAKE
    assert loads(opened) == 2
    expect(framed(opened).get_by_text("Ada Marsh")).to_be_visible()


def test_a_reload_is_asked_about_while_a_call_may_be_on(notebook: Open, form: Server) -> None:
    opened = notebook(phone(form.url))
    opened.run_all()
    frame = framed(opened)
    frame.get_by_role("button", name="Sign in").click()
    frame.get_by_role("button", name="Incoming call: Bo Larsen").click()
    expect(opened.panel.locator(".crmw-card")).to_contain_text("Bo Larsen")
    reload = opened.panel.get_by_role("button", name="Reload the phone (ends a call)")

    press(opened, "More").click()
    reload.click()
    expect(opened.panel).to_contain_text("A call may be on; it would end.")
    opened.page.keyboard.press("Enter")
    expect(press(opened, "Keep it")).to_have_count(0)
    kept = loads(opened)
    press(opened, "More").click()
    reload.click()
    press(opened, "Reload it").click()
    opened.until(lambda: loads(opened) == kept + 1, "one more load")
    opened.until_configured()

    expect(frame.get_by_text("Ready, waiting for a call")).to_be_visible()


def test_the_built_in_simulator_is_logged_out_and_in_from_python(notebook: Open) -> None:
    opened = notebook(
        phone(None),
        SPOKE,
        "await phone.simulator.expire_login(sso=True)",
        "call = phone.simulator.ring()\nawait phone.simulator.log_in()",
        "await call\nstate = await phone.simulator.log_out()",
    )
    opened.run(0)
    opened.run(1)
    opened.until_configured()

    opened.run(2)
    expect(opened.simulator.get_by_text("refused to connect")).to_be_visible()
    expect(opened.panel).to_contain_text(WAITS)
    expect(press(opened, "Reload")).to_be_visible()
    expect(link(opened)).to_have_count(0)
    opened.run(3)
    opened.run(4)
    opened.check()

    expect(opened.simulator.get_by_role("button", name="Sign in")).to_be_visible()
    assert opened.value("state['phase']") == "login"
    assert heard(opened, 5)[-5:] == [*HANDSHAKE, "requestPerformInteractionScreenPop"]
    assert loads(opened) == 4
