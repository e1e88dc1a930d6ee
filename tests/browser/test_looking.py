"""`crmwidget diagnose URL`: what it prints of addresses that are really there, and its status."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from tests.browser.wrong import CHATS, GREETS, Places, nobody

if TYPE_CHECKING:
    from collections.abc import Iterator

CANARY: Final = "canary-4711"
PATH: Final = f"/{CANARY}/app?tenant={CANARY}"
HUB: Final = "https://hub.example.com"


@pytest.fixture(scope="module")
def places() -> Iterator[Places]:
    made = Places()
    yield made
    made.close()


def diagnosed(*arguments: str) -> tuple[int, str, str]:
    """Status, output and error of the command; nothing of a path or query is in them."""
    done = subprocess.run(
        [sys.executable, "-m", "crmwidget", "diagnose", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert CANARY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_a_connector_that_greets_is_reachable(places: Places) -> None:
    status, out, err = diagnosed(places.page(GREETS) + PATH)

    assert status == 0
    assert [line for line in err.splitlines() if "without its sandbox" not in line] == []
    assert out.startswith("reachable: In a frame of http://127.0.0.1:8888 it says `ready` and ")
    assert "ok      in a browser: " in out


def test_each_reason_is_seen_by_a_browser(places: Places) -> None:
    login = places.page("", ("X-Frame-Options", "DENY"))
    other = places.page(GREETS)
    addresses = {
        "silent": places.page(),
        "not-logged-in": places.page("document.write('<input type=password>')"),
        "cookies-blocked": places.page("", ("Set-Cookie", f"{CANARY}=1")),
        "framing-refused": places.page("", ("Location", login + PATH), status=302),
        "unreachable": nobody(),
        "certificate": places.secure(GREETS),
        "origin-mismatch": places.page(f"setTimeout(() => location = '{other}{PATH}', 50)"),
        "not-a-connector": places.page(CHATS),
        "http-error": places.page(status=404),
        "no-page": places.page(kind="application/octet-stream", body="{}"),
    }

    # Most of the time each waits for what does not come.
    with ThreadPoolExecutor(3) as pool:
        asked = [origin + PATH for origin in addresses.values()]
        told = pool.map(lambda url: diagnosed(url, "--patience", "2"), asked)
        found = dict(zip(addresses, told, strict=True))

    assert {cause: out.partition(":")[0] for cause, (_, out, _) in found.items()} == {
        cause: cause for cause in addresses
    }
    assert {status for status, _, _ in found.values()} == {1}
    assert all("in a browser: In a frame of" in out for _, out, _ in found.values())
    assert "X-Frame-Options: DENY" in found["framing-refused"][1]


def test_the_page_around_has_the_origin_that_is_given(places: Places) -> None:
    policy = ("Content-Security-Policy", f"frame-ancestors {HUB}")
    address = places.page(GREETS, policy) + PATH

    here = diagnosed(address, "--patience", "2")
    there = diagnosed(address, "--patience", "2", "--page", HUB)

    assert (here[0], here[1].partition(":")[0]) == (1, "framing-refused")
    assert (there[0], there[1].partition(":")[0]) == (0, "reachable")
    assert f"In a frame of {HUB} it says `ready`" in there[1]


def test_without_a_browser_the_address_alone_is_asked(places: Places) -> None:
    status, out, _ = diagnosed(places.page() + PATH, "--no-browser")

    assert status == 0
    assert out.startswith("reachable: Nothing speaks against showing it in a frame.")
    assert out.endswith("No browser has looked: it was not asked to.\n")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (f"http://connector.example.com{PATH}", "http is only allowed on this machine"),
        (f"connector.example.com{PATH}", "no https origin in it"),
        (f"https://user:{CANARY}@connector.example.com/", "it carries a name, a password"),
    ],
)
def test_what_is_no_address_is_one_sentence_and_a_status_of_its_own(url: str, says: str) -> None:
    status, out, err = diagnosed(url)

    assert (status, out) == (2, "")
    assert err.startswith("crmwidget: cannot embed ")
    assert says in err
    assert err.count("\n") == 1
