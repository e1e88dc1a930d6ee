"""Conformance: drives any client application in a browser, and says which rules it keeps.

`check` opens the page at a URL; whatever it loads from the connector's origin is answered by the
kit's own connector, and at the end by the simulator. Nothing else is touched: the page talks to its
servers as it does every day. Playwright and a Chromium are needed only when a check runs.
"""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from crmwidget.conformance._report import Report, Result
from crmwidget.conformance._rule import Rule
from crmwidget.errors import ConformanceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from playwright.sync_api import Page

__all__ = ["Report", "Result", "Rule", "check", "check_page", "origin_of", "rules"]

PATIENCE = 5.0


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order in which a run goes through them."""
    from crmwidget.conformance._run import RULES

    return RULES


def check(
    url: str,
    connector: str,
    dial: str | Sequence[str] | None = None,
    *,
    patience: float = PATIENCE,
    headed: bool = False,
    insecure: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Check the client application at `url` in a Chromium of its own.

    connector: the origin of its iframe's src; a whole address is taken for its origin.
    dial: a selector of what a user clicks to call, or several that are clicked one after the
    other. patience: seconds that an answer may take. insecure: take any certificate.
    progress: is told each part of the run.

    Raises ConformanceError where the URL cannot be opened, or loads nothing from the
    connector; OriginError where `connector` is none; MissingExtraError without Playwright.
    """
    origin = origin_of(connector)
    if _origin(url) == origin:
        raise ConformanceError(
            f"the client and its connector have one origin, {origin}",
            "Give the connector's: the kit answers everything that is loaded from there.",
        )

    def work() -> Report:
        from crmwidget.safety.browser import chromium

        with chromium(headed=headed, insecure=insecure) as page:
            return check_page(
                page,
                lambda: _open(page, url),
                origin,
                dial,
                url=url,
                patience=patience,
                progress=progress,
            )

    if not _in_a_loop():
        return work()
    # Playwright's plain interface refuses a thread with a loop, and a notebook's cells run in one
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def check_page(
    page: Page,
    show: Callable[[], object],
    connector: str,
    dial: str | Sequence[str] | None = None,
    *,
    url: str | None = None,
    patience: float = PATIENCE,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Check a client in a page of yours, as where it is shown only after a login.

    page: one of Playwright's synchronous interface, in a context with nothing else in it.
    show: opens the client in it, once everything is prepared. Further as `check`.
    """
    from crmwidget.conformance._run import run
    from crmwidget.conformance._stage import Stage

    clicks = [dial] if isinstance(dial, str) else dial or ()
    tell = progress or (lambda _: None)
    stage = Stage(page, origin_of(connector), clicks, patience)
    try:
        tell("opening the client")
        show()
        stage.find()
        return run(stage, url or page.url, tell)
    finally:
        stage.leave()


def origin_of(text: str) -> str:
    """The origin in an address, as a browser writes it; raises OriginError where there is none."""
    origin = _origin(text)
    if origin is None:
        from crmwidget.errors import OriginError

        advice = "Give scheme and host, as in https://connector.example.com."
        raise OriginError(text, "it is no origin of a web page", advice)
    return origin


def _in_a_loop() -> bool:
    with contextlib.suppress(RuntimeError):
        asyncio.get_running_loop()
        return True
    return False


def _origin(text: str) -> str | None:
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "*" in host:
        return None
    usual = {"http": 80, "https": 443}[parts.scheme]
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in (None, usual) else "")


def _open(page: Page, url: str) -> None:
    from playwright.sync_api import Error

    try:
        answer = page.goto(url, wait_until="domcontentloaded")
    except Error as error:
        said = error.message.splitlines()[0].removeprefix("Page.goto: ")
        advice = (
            "Start the client's server, or correct the URL; it begins with http://, https:// or "
            "file://."
        )
        if "ERR_CERT" in said:
            advice = (
                "Its certificate is not one that browsers trust for this address. If you know "
                "whose it is, --insecure (insecure=True) takes any."
            )
        raise ConformanceError(f"{url} cannot be opened ({said})", advice) from error
    if answer is not None and not answer.ok:
        raise ConformanceError(
            f"{url} answers {answer.status}", "Give the URL of the page that shows the client."
        )
