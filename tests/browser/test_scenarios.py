"""Scenarios and faults: from Python, from the page's menus, and from the command line."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest
from playwright.sync_api import expect

from tests.browser.cells import phone
from tests.browser.lab import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import BrowserContext

    from tests.browser.lab import Notebook

    Open = Callable[..., Notebook]

KEEPS: Final = """
saved = []

@phone.on_save_log
def save(log):
    saved.append(log.topic)
    return f"call-{len(saved)}"
"""
FAULTS: Final = [
    "silence",
    "delay",
    "duplicate",
    "reorder",
    "drop",
    "malformed",
    "reload",
    "login expiry",
    "both spellings",
    "missing keys",
    "blank ani",
    "bare log",
    "pinging",
]
"""All but the redirect, which a page that was written into its frame cannot have."""


def ready(notebook: Open, *cells: str) -> Notebook:
    opened = notebook(phone(None), KEEPS, *cells)
    opened.run(0)
    opened.run(1)
    opened.until_configured()
    return opened


def test_the_scenarios_that_are_built_in_pass_against_the_widget(notebook: Open) -> None:
    opened = ready(
        notebook,
        "from crmwidget.simulator import scenarios\n"
        "reports = [await phone.simulator.run(n) for n in scenarios() if n != 'click-to-dial']",
        "run = phone.simulator.run('click-to-dial')",
        "phone.dial('+12025550143')\nlast = await run",
    )

    opened.run(2)
    opened.check()
    opened.run(3)
    expect(opened.simulator.get_by_text("Call somebody from the page")).to_be_visible()
    opened.run(4)
    opened.check()

    assert opened.value("[str(report) for report in reports if not report.passed]") == []
    assert opened.value("len(reports)") == 14
    assert opened.value("[last.passed, str(last)]")[0] is True
    assert "Written afterwards" in opened.value("[log.comments for log in phone.interactions]")


def test_after_every_fault_the_widget_works_again(notebook: Open) -> None:
    opened = ready(
        notebook,
        f"""
fates = {{}}
for name in {FAULTS!r}:
    fault = phone.simulator.fault(name)
    await fault
    if name != "login expiry":
        call = phone.simulator.ring("+12025550143")
        call.accept()
        await call.end(topic=f"under {{name}}")
    await phone.simulator.end_faults()
    if name == "login expiry":
        await phone.simulator.log_in()
    await phone.wait("configured")
    report = await phone.simulator.run([
        {{"do": "ring", "number": "+12025550143"}},
        {{"do": "accept"}},
        {{"do": "end", "topic": f"after {{name}}", "expect": {{
            "message": "createHistoryItem", "within": 20}}}},
    ])
    fates[name] = str(report) if not report.passed else "works"
""",
    )

    opened.run(2)
    opened.check()

    assert opened.value("fates") == dict.fromkeys(FAULTS, "works")
    after = [f"after {name}" for name in FAULTS]
    assert (
        opened.value("[topic for topic in saved if topic and topic.startswith('after')]") == after
    )
    assert opened.value("saved.count('under duplicate')") == 2
    assert opened.facts()[0]["rejected"] > 0
    expect(opened.panel.locator(".crmw-card")).to_contain_text("Bo Larsen")


def test_the_menus_come_when_they_are_wanted_and_go_by_the_keyboard(notebook: Open) -> None:
    opened = ready(notebook)
    simulator, keyboard = opened.simulator, opened.page.keyboard
    assert "Says nothing more" not in simulator.locator("body").inner_html()

    simulator.get_by_role("button", name="Scenario").focus()
    keyboard.press("Enter")
    expect(simulator.get_by_role("dialog", name="Scenario")).to_be_visible()
    keyboard.press("Escape")
    simulator.get_by_role("button", name="Faults").focus()
    keyboard.press("Enter")
    expect(simulator.get_by_role("dialog", name="Faults")).to_contain_text("Is a log saved twice?")
    simulator.get_by_role("button", name="duplicate").focus()
    keyboard.press("Enter")
    simulator.get_by_role("button", name="Scenario").focus()
    keyboard.press("Enter")
    entries = simulator.get_by_role("dialog", name="Scenario").get_by_role("button")
    entries.filter(has_text="incoming call").focus()
    keyboard.press("Enter")
    expect(simulator.get_by_text("incoming call: passed.")).to_be_visible()

    opened.until(lambda: opened.value("saved") == ["Renewal", "Renewal"], "two logs")
    expect(simulator.get_by_title("End this fault")).to_be_visible()


def test_a_redirect_of_the_served_page_is_refused_until_it_is_allowed(notebook: Open) -> None:
    from crmwidget.simulator import serve

    with serve() as server:
        opened = notebook(phone(server.url))
        opened.run(0)
        opened.until_configured()
        frame = opened.page.frame_locator("#crmConnectIframeId")
        frame.get_by_role("button", name="Faults").click()
        frame.get_by_role("button", name="redirect").click()

        opened.until(lambda: opened.facts()[0]["rejected"] > 0, "a refused message")
        expect(opened.panel).to_contain_text(f"http://localhost:{server.port}")
        frame.get_by_role("button", name="Faults").click()
        frame.get_by_role("button", name="redirect").click()
        opened.until_configured()


@pytest.mark.parametrize(
    ("expected", "status", "said"),
    [("crmDirectory", 0, "mine: passed."), ("createHistoryItem", 1, "mine: failed.")],
)
def test_the_command_line_serves_a_scenario_and_its_exit_status_is_the_report(
    context: BrowserContext, tmp_path: Path, expected: str, status: int, said: str
) -> None:
    from tests.browser.test_simulated_page import Client

    (tmp_path / "mine.yaml").write_text(
        "steps:\n"
        f"  - {{do: address_book, expect: {{message: {expected}, within: 2}}}}\n"
        "  - do: ring\n    number: '+12025550143'\n"
        "  - do: decline\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "crmwidget", "simulate", "--scenario", str(tmp_path / "mine.yaml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    client = Client(context.new_page())
    try:
        client.embed(f'src="{process.stdout.readline().strip()}"')
        output, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        client.close()

    assert (process.returncode, errors) == (status, "")
    assert output.startswith(said)
    assert client.errors == []
