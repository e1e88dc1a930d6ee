"""Whose record is shown: from the moment the next one calls, nothing of the last caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.cells import BUSY, POP, interaction_log, phone
from tests.browser.lab import Notebook
from tests.browser.peer import Peer, Site

Open = Callable[..., Notebook]

BO, INES, SAM_AND_KIT = "+12025550143", "+442079460018", "+14155550132"
FOUND: Final = """
@phone.on_screen_pop
def who_is_calling(pop):
    return phone.find(pop.ani_values)
"""
GOES: Final = """
import pathlib, time

@phone.on_screen_pop{arguments}
def who_is_calling(pop):
    seen.append((pop.caller, phone.record, phone.candidates))
    {body}
"""
"""A handler that says what it saw of the last caller."""
WATCH: Final = """
([pop, number, texts]) => {
    // Nothing of the last caller: looked for when the call comes, and at every change from then on
    const read = () => [...document.querySelectorAll(
        '.crmw, .crmw-pill, .crmwidget-home, .crmwidget-announcer'
    )].map((each) => each.textContent).join('\\n');
    globalThis.before = read();
    globalThis.left = [];
    globalThis.rang = false;
    const look = () => {
        const text = read();
        if (globalThis.rang) {
            globalThis.left.push(...texts.filter((each) => text.includes(each)));
        }
    };
    const over = new AbortController();
    window.addEventListener('message', ({data}) => {
        if (data?.action !== pop || !JSON.stringify(data).includes(number)) return;
        globalThis.rang = true;
        look();
    }, {signal: over.signal});
    const observer = new MutationObserver(look);
    observer.observe(document.body, {childList: true, subtree: true, characterData: true});
    window.addEventListener('emptied', () => {
        over.abort();
        observer.disconnect();
    }, {once: true});
}
"""
OF_BO: Final = ["Bo Larsen", "bo@example.com", BO]


def handler(body: str, arguments: str = "") -> str:
    return "seen = []\n" + GOES.format(body=body, arguments=arguments)


def ring(peer: Peer, number: str) -> None:
    peer.send(POP, {"aniValues": [number]})


def bo_has_called(
    notebook: Open, site: Site, *cells: str, **arguments: object
) -> tuple[Notebook, Peer]:
    """Bo's record is shown, found by `who_is_calling`; from now on the page is watched."""
    opened = notebook(phone(site.greeting, **arguments), FOUND, *cells)
    opened.run(0)
    opened.run(1)
    peer = Peer(opened, site)
    peer.wait("crmData")
    ring(peer, BO)
    expect(opened.panel.locator(".crmw-name")).to_have_text("Bo Larsen")
    opened.page.evaluate(WATCH, [POP, INES, OF_BO])
    return opened, peer


def nothing_is_left(opened: Notebook) -> None:
    """Nothing of Bo was on the page since the next one called."""
    before, left, rang = opened.page.evaluate("() => [globalThis.before, left, rang]")
    assert all(text in before for text in OF_BO)
    assert rang
    assert left == []


@pytest.mark.parametrize(
    ("body", "arguments", "said"),
    [
        ("return {}['plan']", "", "who_is_calling() failed: KeyError: 'plan'"),
        ("return 42", "", "who_is_calling() failed: AnswerError"),
        ("while True: time.sleep(0.05)", "(timeout=1)", "who_is_calling() is late"),
        ("raise SystemExit", "", "who_is_calling() failed: SystemExit"),
        ("phone.record = phone.find(pop.ani_values).contact", "", "who_is_calling() failed: Trait"),
        ("return None", "", "who_is_calling() handled it"),
    ],
)
def test_a_handler_that_gives_no_record_leaves_no_other_callers(
    notebook: Open, site: Site, body: str, arguments: str, said: str
) -> None:
    opened, peer = bo_has_called(notebook, site, handler(body, arguments))
    opened.run(2)

    ring(peer, INES)

    expect(opened.panel.locator(".crmw-progress")).to_contain_text(said)
    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")
    nothing_is_left(opened)
    assert opened.value("[seen, phone.record, phone.candidates]") == [[[INES, None, []]], None, []]


def test_while_a_slow_handler_is_asked_the_call_is_said_and_then_its_record(
    notebook: Open, site: Site
) -> None:
    slow = """pathlib.Path('slow-asked').touch()
    while not pathlib.Path('slow-go').exists(): time.sleep(0.05)
    pathlib.Path('slow-go').unlink()
    return phone.find(pop.ani_values)"""
    opened, peer = bo_has_called(notebook, site, handler(slow))
    opened.run(2)

    ring(peer, INES)
    expect(opened.panel.locator(".crmw-progress")).to_contain_text("Asking who_is_calling() ...")
    opened.until((opened.server.root / "slow-asked").exists, "the handler to be asked")
    assert opened.value("[phone.record, phone.candidates]") == [None, []]
    (opened.server.root / "slow-go").touch()

    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")
    nothing_is_left(opened)
    assert opened.value("[seen, phone.record.name]") == [[[INES, None, []]], "Ines Okafor"]


def test_while_python_is_gone_the_call_is_kept_and_shown_as_that(
    notebook: Open, site: Site
) -> None:
    opened, peer = bo_has_called(notebook, site)
    opened._js("await w.sessionContext.session.kernel.shutdown();")

    ring(peer, INES)

    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")
    expect(opened.panel.locator(".crmw-progress")).to_contain_text("Python is")
    expect(opened.panel.locator(".crmw-progress")).to_contain_text("the call is kept")
    nothing_is_left(opened)


@pytest.mark.parametrize("end", ["shutdown()", "restart()"])
def test_a_kernel_that_ends_is_seen_without_a_message(notebook: Open, site: Site, end: str) -> None:
    opened, _ = bo_has_called(notebook, site)
    expect(opened.panel.locator(".crmw-line")).to_contain_text("Connected")
    call = opened.panel.get_by_role("button", name="Call Bo Larsen").first

    opened._js(f"await w.sessionContext.session.kernel.{end};")

    expect(opened.panel.locator(".crmw-line")).to_contain_text("Python away")
    expect(call).to_have_attribute("title", "Python is away: run the phone's cell again")


def test_a_kernel_that_dies_in_the_handler_leaves_the_question(notebook: Open, site: Site) -> None:
    opened, peer = bo_has_called(notebook, site, handler("import os; os._exit(1)"))
    opened.run(2)

    opened._js(
        """globalThis.statuses = [];
        const {kernel} = w.sessionContext.session;
        kernel.statusChanged.connect((_, status) => statuses.push(status));"""
    )

    ring(peer, INES)
    opened.page.wait_for_function("() => statuses.some((each) => each.endsWith('restarting'))")

    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")
    nothing_is_left(opened)


def test_a_restarted_kernel_gives_the_record_of_the_call_that_rings(
    notebook: Open, site: Site
) -> None:
    opened, peer = bo_has_called(notebook, site, timeout=600)
    opened.restart_kernel()
    ring(peer, INES)
    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")

    opened.run(0)

    expect(opened.panel).to_contain_text("Ines Okafor")
    nothing_is_left(opened)


def test_a_cell_that_is_interrupted_changes_nothing_of_it(notebook: Open, site: Site) -> None:
    opened, peer = bo_has_called(notebook, site, BUSY)
    opened.start(2)
    opened.until(lambda: "begins" in opened.text(2), "the cell to run")

    ring(peer, INES)
    opened._js("await w.sessionContext.session.kernel.interrupt();")
    opened.finish(2)

    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")
    nothing_is_left(opened)


def test_the_first_call_of_all_is_said_while_its_handler_fails(notebook: Open, site: Site) -> None:
    opened = notebook(phone(site.greeting), handler("return {}['plan']"))
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")

    ring(peer, INES)

    expect(opened.panel.locator(".crmw-progress")).to_contain_text("KeyError")
    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")
    expect(opened.panel).not_to_contain_text("Nobody is calling yet")


def test_the_answer_to_an_earlier_call_never_lands_on_the_next(notebook: Open, site: Site) -> None:
    late = """
import asyncio

@phone.on_screen_pop
async def who_is_calling(pop):
    if pop.caller == "+12025550143":
        await asyncio.sleep(1)
    return phone.find(pop.ani_values)
"""
    opened = notebook(phone(site.greeting), late)
    opened.run_all()
    peer = Peer(opened, site)
    peer.wait("crmData")
    opened.page.evaluate(WATCH, [POP, INES, OF_BO])

    ring(peer, BO)
    ring(peer, INES)

    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")
    left, rang = opened.page.evaluate("() => [left, rang]")
    assert [left, rang] == [[], True]


def test_a_failed_call_is_run_again_with_the_mended_handler(notebook: Open, site: Site) -> None:
    opened, peer = bo_has_called(notebook, site, handler("return {}['plan']"))
    opened.run(2)
    ring(peer, INES)
    expect(opened.panel.locator(".crmw-progress")).to_contain_text("failed")
    opened.panel.locator(".crmw-progress").get_by_role("button", name="Show").click()
    expect(opened.panel.locator(".crmw-more")).to_contain_text("phone.errors[-1]")
    opened.edit(1, FOUND)
    opened.run(1)

    opened.panel.locator(".crmw-record").get_by_role("button", name="Run again").click()

    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")
    assert opened.value("phone.record.name") == "Ines Okafor"
    assert len(peer.told()) == 1
    nothing_is_left(opened)


def test_a_page_that_comes_later_is_shown_the_call_that_is_asked_about(
    notebook: Open, site: Site
) -> None:
    waits = (
        "if pop.caller != '+12025550143':\n"
        "        while not pathlib.Path('late-go').exists(): time.sleep(0.05)\n"
        "    return phone.find(pop.ani_values)"
    )
    opened, peer = bo_has_called(notebook, site, handler(waits, "(timeout=60)"))
    opened.run(2)
    ring(peer, INES)
    expect(opened.panel.locator(".crmw-progress")).to_contain_text("Asking")

    opened.page.on("dialog", lambda asks: asks.accept())  # a call would end, as it does here
    opened.page.reload()
    opened._until_ready()
    opened.run(0)

    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Incoming {INES}")
    expect(opened.panel).not_to_contain_text("Bo Larsen")
    (opened.server.root / "late-go").touch()
    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")


def test_the_card_says_what_became_of_the_call(notebook: Open, site: Site) -> None:
    save = "@phone.on_save_log\ndef save(log):\n    return 'call-7'"
    opened, peer = bo_has_called(notebook, site, save)
    foot = opened.panel.locator(".crmw-foot")
    expect(foot).to_contain_text("No call log since.")

    peer.send("requestSaveInteractionLog", interaction_log(INES))
    expect(opened.panel).to_contain_text("1 call log not saved")
    expect(foot).to_contain_text("No call log since.")
    peer.send("requestSaveInteractionLog", interaction_log(BO))
    expect(foot).to_contain_text("is kept: nothing saves it yet.")
    opened.run(2)

    expect(foot).to_contain_text("Logged as call-7 at ")
    expect(opened.panel.locator(".crmw-asked")).to_contain_text(f"Call from {BO}")


def test_a_screen_reader_is_told_who_calls_and_who_was_found(notebook: Open, site: Site) -> None:
    opened, peer = bo_has_called(notebook, site)
    said = opened.page.locator(".crmwidget-announcer[role=status]")
    expect(said).to_have_text("Incoming: Bo Larsen. Same digits as the phone number.")

    ring(peer, SAM_AND_KIT)

    expect(said).to_have_text("Incoming: 2 contacts. 2 contacts have this number. None was opened.")


def test_a_handler_that_clears_its_output_leaves_the_phone_in_its_cell(
    notebook: Open, site: Site
) -> None:
    clears = """from IPython.display import clear_output
    clear_output(wait=True); print('caller', pop.caller); clear_output()
    return phone.find(pop.ani_values)"""
    opened, peer = bo_has_called(notebook, site, handler(clears))
    opened.run(2)
    load = peer.load

    ring(peer, INES)

    expect(opened.panel.locator(".crmw-name")).to_have_text("Ines Okafor")
    assert f"caller {INES}" in opened.text(0)
    assert opened.value("phone.status") == "configured"
    assert peer.load == load


LOADS: Final = """
<!doctype html><link rel="stylesheet" href="{0}/css?who"><style>@import "{0}/import?who";
p {{ background: url({0}/background?who) }}
@font-face {{ font-family: f; src: url({0}/font?who) }} p {{ font-family: f }}</style>
<img src="{0}/img?who"><img srcset="{0}/srcset?who 1x"><iframe src="{0}/frame?who"></iframe>
<object data="{0}/object?who"></object><embed src="{0}/embed?who">
<video src="{0}/video?who" poster="{0}/poster?who"></video><audio src="{0}/audio?who"></audio>
<svg><image href="{0}/image?who"/><use href="{0}/use?who#x"/></svg>
<link rel="prefetch" href="{0}/prefetch?who"><link rel="preload" as="image" href="{0}/pre?who">
<link rel="icon" href="{0}/icon?who"><meta http-equiv="refresh" content="0;url={0}/go?who">
<input type="image" src="{0}/input?who"><p>14 calls, drawn</p>
"""
LOADED: Final = """html => {
    const frame = document.createElement("iframe");
    frame.sandbox = "";
    frame.srcdoc = html;
    document.body.append(frame);
}"""


def test_what_a_handler_shows_as_html_loads_nothing(notebook: Open, site: Site) -> None:
    report = f"""
class Report:
    def _repr_html_(self):
        return {LOADS.format(site.origin)!r}

@phone.on_open_reports
def reports():
    return Report()
"""
    opened = notebook(phone(site.greeting), report)
    opened.run(0)
    opened.run(1)
    Peer(opened, site).wait("crmData")

    Peer(opened, site).send("requestOpenReports")

    shown = opened.page.frame_locator("iframe.crmw-page").get_by_text("14 calls, drawn")
    expect(shown).to_be_visible()
    # The same page in a frame of the test's: it loads what a browser lets it
    opened.page.evaluate(LOADED, LOADS.format(f"{site.origin}/free"))
    opened.until(lambda: len({path for path in site.asked if "/free/" in path}) > 8, "its parts")
    assert [path for path in site.asked if "who" in path and "/free/" not in path] == []
