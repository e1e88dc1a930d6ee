"""Ways of not being ready, each produced for real; the diagnosis names the cause and what to do."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
from playwright.sync_api import expect

from tests.browser.cells import CRM_DATA, phone
from tests.browser.lab import Notebook, another
from tests.browser.wrong import (
    CHATS,
    GREETS,
    READY,
    Fronted,
    Loose,
    Places,
    nobody,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext

    from tests.browser.lab import Server

    Open = Callable[..., Notebook]

CANARY: Final = "canary-4711"
"""In the path and query of every address, and in what handlers raise: nowhere in a diagnosis."""
PATH: Final = f"/{CANARY}/app?tenant={CANARY}#{CANARY}"
ELSEWHERE: Final = "https://crm.example.com"

BEGIN: Final = f"""
import json
from crmwidget import CRMWidget, Handlers

phones = {{}}

def make(name, url, **more):
    given = {{"crm_data": {CRM_DATA!r}, "silence": 1, "journal": False, **more}}
    phones[name] = CRMWidget(url, name=name, **given)
    return phones[name]

def told(found):
    shown = [str(found), repr(found), found._repr_html_(), str(found.to_frame("polars").to_dicts())]
    assert {CANARY!r} not in "".join([*shown, json.dumps(found.to_wire())]), shown
    checks = {{check.name: [check.verdict, check.evidence] for check in found}}
    return [found.cause, found.certain, found.sentence, checks]
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis, as it came out of the kernel."""

    cause: str
    certain: bool
    sentence: str
    checks: dict[str, list[str]]


def diagnosed(opened: Notebook, name: str) -> Told:
    return Told(*opened.value(f"told(phones[{name!r}].diagnose())"))


def reaches(opened: Notebook, name: str, status: str) -> None:
    opened.until(
        lambda: opened.value(f"phones[{name!r}].status") == status, f"{name} to be {status}"
    )


def own(context: BrowserContext, *, trusts: bool = False) -> BrowserContext:
    """Another context of this browser; `trusts`: it takes any certificate."""
    assert context.browser is not None
    return another(context.browser, ignore_https_errors=trusts)


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    made = Places()
    yield made
    made.close()


# ---------------------------------------------------------------- what the address answers
@pytest.fixture(scope="module")
def addresses(places: Places) -> dict[str, str]:
    """An origin for each way in which an address can be wrong."""
    login = places.page("", ("X-Frame-Options", "DENY"))
    other = places.page(GREETS)
    silent = places.page()
    return {
        "wrong port": nobody(),
        "unknown host": "https://no-such-host.invalid",
        "never answers": places.mute(),
        "untrusted certificate": places.secure(GREETS),
        "https where http is spoken": places.page(GREETS).replace("http:", "https:"),
        "deny": places.page(GREETS, ("X-Frame-Options", "DENY")),
        "same origin": places.page(GREETS, ("X-Frame-Options", "SAMEORIGIN")),
        "no ancestors": places.page(GREETS, ("Content-Security-Policy", "frame-ancestors 'none'")),
        "another's": places.page(
            GREETS, ("Content-Security-Policy", f"frame-ancestors {ELSEWHERE}")
        ),
        "redirect": places.page("", ("Location", f"{other}{PATH}"), status=302),
        "redirect to a login": places.page("", ("Location", f"{login}{PATH}"), status=302),
        "redirect to silence": places.page("", ("Location", f"{silent}{PATH}"), status=302),
        "404": places.page(status=404),
        "500": places.page(status=500),
        "401": places.page(status=401),
        "json": places.page(kind="application/json", body="{}"),
        "silent": places.page(),
        "cookies": places.page(
            "if (!location.search.endsWith('again')) location.search += 'again'",
            ("Set-Cookie", "known=1; Path=/"),
            with_cookie=GREETS,
        ),
        "wanders": places.page(f"setTimeout(() => location = '{other}{PATH}')"),
        "wanders in silence": places.page(
            f"onload = () => setTimeout(() => location = '{silent}{PATH}', 100)"
        ),
        "another type": places.page(CHATS),
        "not activated": places.page(READY),
    }


WELL: Final = {"cookies that are sent": "configured", "well": "configured"}


@pytest.fixture(scope="module")
def ward(
    server: Server, context: BrowserContext, places: Places, addresses: dict[str, str]
) -> Iterator[Notebook]:
    """One notebook with a phone for each, once all of them are where they stay."""
    well = {
        "well": places.page(GREETS),
        "cookies that are sent": places.page(
            "if (!location.search.endsWith('again')) location.search += 'again'",
            ("Set-Cookie", "known=1; Path=/; SameSite=None; Secure; Partitioned"),
            with_cookie=GREETS,
        ),
    }
    cells = [
        f"display(make({name!r}, {origin + PATH!r}))"
        for name, origin in {**addresses, **well}.items()
    ]
    # JupyterLab moves a second page of one context to a workspace of its own.
    apart = own(context)
    opened = Notebook(apart, server, "ward.ipynb", BEGIN, *cells)
    opened.run_all()
    opened.check()
    expected = {**dict.fromkeys(addresses, "silent"), **WELL, "not activated": "ready"}

    def differing() -> dict[str, str]:
        now = opened.value("{name: phone.status for name, phone in phones.items()}")
        return {name: status for name, status in now.items() if status != expected[name]}

    with contextlib.suppress(AssertionError):  # the next line says which differ
        opened.until(lambda: not differing(), "all to be as expected")
    assert differing() == {}
    yield opened
    opened.close()
    apart.close()


@pytest.mark.parametrize(
    ("name", "cause", "certain", "says"),
    [
        ("wrong port", "unreachable", True, "nothing answers at this port"),
        ("unknown host", "unreachable", True, "no host of this name"),
        ("never answers", "unreachable", False, "no answer within 5 s"),
        ("untrusted certificate", "certificate", False, "open the address in a tab"),
        ("https where http is spoken", "unreachable", True, "does not speak https"),
        ("deny", "framing-refused", True, "X-Frame-Options: DENY"),
        ("same origin", "framing-refused", True, "X-Frame-Options: SAMEORIGIN"),
        ("no ancestors", "framing-refused", True, "frame-ancestors 'none'"),
        ("another's", "framing-refused", True, ELSEWHERE),
        ("redirect", "redirected", True, "allow_origins="),
        ("redirect to a login", "framing-refused", True, "redirects to: a login page"),
        ("redirect to silence", "redirected", True, "log in there"),
        ("404", "http-error", True, "404 instead of a page. Check the path"),
        ("500", "http-error", True, "500 instead of a page. The fault is on its side"),
        ("401", "http-error", False, "401 instead of a page. It may want a login"),
        ("json", "no-page", True, "application/json"),
        ("silent", "silent", True, "nobody is logged in"),
        ("cookies", "cookies-blocked", False, "a cookie without SameSite=None"),
        ("wanders", "origin-mismatch", True, "which speaks, and only"),
        ("wanders in silence", "silent", True, "has shown 2 pages"),
        ("another type", "not-a-connector", False, "not as a connector"),
        ("not activated", "not-activated", False, "has not asked for crmData"),
    ],
)
def test_the_cause_is_named(
    ward: Notebook, name: str, cause: str, certain: bool, says: str
) -> None:
    found = diagnosed(ward, name)

    assert (found.cause, found.certain) == (cause, certain), found
    assert says.lower() in found.sentence.lower()
    assert found.sentence.startswith("Probably: ") is not certain


@pytest.mark.parametrize("name", sorted(WELL))
def test_a_phone_that_is_ready_is_said_to_be_with_every_check_in_order(
    ward: Notebook, name: str
) -> None:
    found = diagnosed(ward, name)

    assert (found.cause, found.certain) == ("connected", True)
    looked = {name: verdict for name, (verdict, _) in found.checks.items() if verdict != "ok"}
    assert set(looked) <= {"server extension"}


def test_where_the_frame_is_refused_nothing_of_it_was_shown(
    ward: Notebook, addresses: dict[str, str]
) -> None:
    for name in ("deny", "same origin", "no ancestors", "another's"):
        assert any(addresses[name] in line for line in ward.console), name


def test_others_messages_are_counted_and_are_no_cause(
    ward: Notebook, places: Places, addresses: dict[str, str]
) -> None:
    stranger = places.page(f"setInterval(() => {{ {READY} }}, 50)")
    ward.page.evaluate(
        """url => {
            const frame = document.createElement('iframe');
            frame.src = url;
            document.body.append(frame);
        }""",
        stranger,
    )
    ward.until(lambda: "refused" in str(diagnosed(ward, "silent").checks), "a refused message")

    ward.until(
        lambda: "source" in diagnosed(ward, "silent").checks["refused messages"][1],
        "the other frame's messages to be refused",
    )

    assert diagnosed(ward, "silent").cause == "silent"
    assert diagnosed(ward, "well").cause == "connected"


# ---------------------------------------------------------------- crmData
CRM_DATA_CELLS: Final = """
import threading
go = threading.Event()

def fails():
    raise KeyError("Bo Larsen %(canary)s +12025550143")

def slow():
    go.wait(60)

make("nobody answers", %(url)r, crm_data=None)
make("fails", %(url)r, crm_data=fails)
make("incomplete", %(url)r, crm_data=lambda: {"currentUser": {"Name": "Bo %(canary)s"}})
make("slow", %(url)r, crm_data=slow, timeout=60)
make("contradicts", %(url)r, crm_data={**%(data)r, "callCenterSettings": {"LogOptions": {
    "callLogEnabled": "N"}}})
phones["contradicts"].on_save_log(lambda log: None)
for each in ("nobody answers", "fails", "incomplete", "slow", "contradicts"):
    display(phones[each])
"""


def test_crm_data_that_does_not_come_is_named_with_who_should_give_it(
    notebook: Open, places: Places
) -> None:
    cell = CRM_DATA_CELLS % {
        "url": places.page(GREETS) + PATH, "canary": CANARY, "data": CRM_DATA,
    }  # fmt: skip
    opened = notebook(BEGIN, cell)
    opened.run(0)
    opened.run(1)
    reaches(opened, "contradicts", "configured")
    asked = "[p.traffic.counts for p in phones.values()]"
    opened.until(
        lambda: opened.value(
            "all(any(e.action == 'requestCrmData' for e in p.traffic) for p in phones.values())"
            " and all(phones[n].errors for n in ('fails', 'incomplete'))"
        ),
        f"the questions, {asked}",
    )

    found = {name: diagnosed(opened, name) for name in opened.value("list(phones)")}
    opened.execute("go.set()")

    assert {name: each.cause for name, each in found.items()} == {
        "nobody answers": "no-crm-data",
        "fails": "no-crm-data",
        "incomplete": "no-crm-data",
        "slow": "no-crm-data",
        "contradicts": "connected",
    }
    assert "nothing answers. Give crm_data=" in found["nobody answers"].sentence
    assert "crm_data=fails raised KeyError" in found["fails"].sentence
    assert "Larsen" not in str(found)
    assert "callCenterSettings is missing" in found["incomplete"].sentence
    assert "crm_data=slow has not answered yet" in found["slow"].sentence
    assert "callLogEnabled" in found["contradicts"].checks["settings"][1]


# ---------------------------------------------------------------- the page and its phone
LATE: Final = """
phone = make("late", None, crm_data=None)
at_once = told(phone.diagnose())
"""


def test_a_phone_that_no_cell_shows_is_said_not_to_be_shown(notebook: Open) -> None:
    opened = notebook(BEGIN, LATE, "from crmwidget.errors import NotReadyError", WAIT)
    for cell in range(4):
        opened.run(cell)
    opened.check()

    same_cell = Told(*opened.value("at_once"))
    later = diagnosed(opened, "late")
    waited = Told(*opened.value("waited"))

    assert (same_cell.cause, same_cell.certain) == ("not-shown", False)
    assert "Ask again in the next cell" in same_cell.sentence
    assert (later.cause, later.certain) == ("not-shown", True)
    assert "Put `phone` on the last line of a cell" in later.sentence
    assert (waited.cause, waited.sentence) == (later.cause, later.sentence)
    assert "not-shown" in opened.value("str(error)")
    assert "Put `phone`" in opened.value("str(error)")


WAIT: Final = """
try:
    await phone.wait("ready", timeout=0.2)
except NotReadyError as raised:
    error, waited = raised, told(raised.diagnosis)
"""


def test_a_frame_that_was_closed_or_removed_is_said_to_be_lost(
    notebook: Open, places: Places
) -> None:
    url = places.page(GREETS) + PATH
    opened = notebook(BEGIN, f'make("removed", {url!r})', f'make("closed", {url!r})')
    opened.run_all()
    reaches(opened, "removed", "configured")
    reaches(opened, "closed", "configured")

    opened.page.evaluate(
        "() => document.querySelector('iframe[title=\"Softphone removed\"]').remove()"
    )
    opened.edit(1, "1")
    opened.run(1)
    reaches(opened, "removed", "lost")
    opened.execute("phones['closed'].close()")
    found = {name: diagnosed(opened, name) for name in ("removed", "closed")}

    assert found["removed"].cause == "lost"
    assert "taken out of the page. Run the cell" in found["removed"].sentence
    assert found["closed"].cause == "closed"


def test_what_the_diagnosis_finds_is_said_instead_of_waiting_for_a_login(
    notebook: Open,
) -> None:
    opened = notebook(phone(nobody()))
    opened.run(0)

    opened.panel.get_by_role("tab", name="Diagnosis").click()

    line = opened.panel.locator(".crmw-line")
    expect(line).to_contain_text("No connector")
    expect(line).to_contain_text("nothing answers at this port")
    expect(line).not_to_contain_text("log in")


def test_another_tab_that_takes_the_phone_is_the_one_that_is_diagnosed(
    notebook: Open, context: BrowserContext, places: Places
) -> None:
    opened = notebook(BEGIN, f'make("taken", {places.page(GREETS) + PATH!r})')
    opened.run_all()
    reaches(opened, "taken", "configured")
    opened.saved()
    tab = context.new_page()
    tab.goto(opened.server.address(opened.name))
    tab.get_by_text("Connected").first.wait_for()
    both = diagnosed(opened, "taken")
    tab.close()
    found = diagnosed(opened, "taken")

    assert both.cause == "connected"
    assert (found.cause, found.certain) == ("page-away", False)
    assert "open or reload the notebook" in found.sentence


def test_a_kernel_that_hears_nothing_while_a_cell_runs_says_so(
    notebook: Open, places: Places
) -> None:
    opened = notebook(
        BEGIN,
        f"display(make('first', {places.page(GREETS)!r}))",
        f"display(make('late', {places.page(GREETS)!r}))\nprint(phones['late'].diagnose())",
    )
    opened._js("w.sessionContext.session.kernel.commsOverSubshells = 'disabled';")
    opened.run(0)
    opened.run(1)
    reaches(opened, "first", "configured")  # it has been seen where its messages come
    opened.run(2)
    reaches(opened, "late", "configured")

    assert "kernel-busy: Probably: this kernel receives nothing" in opened.text(2)
    assert "commsOverSubshells" in opened.text(2)
    assert diagnosed(opened, "late").cause == "connected"


# ---------------------------------------------------------------- the host
POLICY: Final = (
    "script-src 'self' 'unsafe-eval' blob: data:; frame-src https://localhost:* http://plain.test"
)
PLAIN: Final = "http://plain.test"


@pytest.fixture(scope="module")
def strict(places: Places, context: BrowserContext) -> Iterator[tuple[BrowserContext, Fronted]]:
    """A notebook server over https that allows few frames and no inline script."""
    fronted, apart = Fronted(POLICY, places.context()), own(context, trusts=True)
    yield apart, fronted
    apart.close()
    fronted.close()


def test_a_host_on_https_with_a_strict_policy_is_named_where_it_is_in_the_way(
    strict: tuple[BrowserContext, Fronted], places: Places, tmp_path: Any
) -> None:
    authority = tmp_path / "authority.pem"
    places.authority.cert_pem.write_to_path(authority)
    trusting = f"import os\nos.environ['SSL_CERT_FILE'] = {str(authority)!r}"
    plain = places.secure("", ("Location", f"{PLAIN}{PATH}"), status=302)
    forbidden = places.page(GREETS)
    cells = {
        "plain": plain + PATH, "forbidden": forbidden + PATH, "simulated": None,
        "well": places.secure(GREETS) + PATH,
    }  # fmt: skip
    made = [f"make({name!r}, {url!r})" for name, url in cells.items()]
    opened = Notebook(*strict, "strict.ipynb", BEGIN, trusting, *made)
    with contextlib.closing(opened):
        opened.run_all()
        reaches(opened, "well", "configured")
        for name in ("plain", "forbidden", "simulated"):
            reaches(opened, name, "silent")

        found = {name: diagnosed(opened, name) for name in cells}

        assert {name: each.cause for name, each in found.items()} == {
            "plain": "mixed-content",
            "forbidden": "host-forbids-frames",
            "simulated": "scripts-forbidden",
            "well": "connected",
        }, found
        assert f"{PLAIN}, to which {plain} redirects, is on http" in found["plain"].sentence
        assert f"(frame-src) forbids frames of {forbidden}" in found["forbidden"].sentence
        assert "crmwidget simulate" in found["simulated"].sentence
        assert any("Mixed Content" in line for line in opened.console)


def test_a_page_without_an_origin_is_named(context: BrowserContext, places: Places) -> None:
    with contextlib.closing(Loose(context, places.page())) as loose:
        found = loose.diagnosed("silent")

    assert (found.cause, found.certain) == ("opaque-host", True)
    assert "Open the notebook in JupyterLab" in found.sentence
