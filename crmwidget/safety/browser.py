"""Browser: a Chromium of this machine, wherever it is, driven by Playwright.

It runs in its own sandbox, since what it opens is somebody else's page. As root, and on systems
that forbid one, Chromium starts without it only: then whoever opens it is told.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmwidget.errors import BrowserError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, Playwright

_FLAGS: Final = (
    "disable-gpu",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "no-first-run",
    "site-per-process",  # a headless shell would put a connector into the process of its client
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _on_stderr(text: str) -> None:
    sys.stderr.write(f"crmwidget: {text}\n")
    sys.stderr.flush()


@contextlib.contextmanager
def chromium(
    *,
    headed: bool = False,
    extra: str = "check",
    insecure: bool = False,
    say: Callable[[str], None] = _on_stderr,
) -> Iterator[Page]:
    """Open a page in $CHROMIUM, Playwright's own, or one that is installed.

    extra: which of ours brings Playwright to who calls. insecure: take any certificate. say: is
    told where it runs without a sandbox. Raises MissingExtraError without Playwright, BrowserError
    where no Chromium starts.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MissingExtraError("Playwright", extra)
    from playwright.sync_api import Error, sync_playwright

    with contextlib.ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            browser = _start(playwright, headed=headed, say=say)
        except Error as error:
            advice = "Set CHROMIUM to one's path, or run: playwright install chromium."
            raise BrowserError("no Chromium starts", advice) from error
        except Exception as error:  # its driver died: it says no more than this
            advice = "Its driver does not start, and says why above: mostly, a library is missing."
            raise BrowserError("Playwright does not start", advice) from error
        stack.callback(browser.close)
        context = browser.new_context(
            viewport={"width": 1300, "height": 1000}, ignore_https_errors=insecure
        )
        yield context.new_page()


def _start(playwright: Playwright, *, headed: bool, say: Callable[[str], None]) -> Browser:
    """Start it, in its sandbox where it can; raises Playwright's Error."""
    from playwright.sync_api import Error

    def start(*, sandbox: bool) -> Browser:
        return playwright.chromium.launch(
            executable_path=_program(playwright),
            headless=not headed,
            args=[f"--{flag}" for flag in _FLAGS],
            chromium_sandbox=sandbox,
        )

    why = "because root runs it"
    if os.geteuid() != 0:
        with contextlib.suppress(Error):
            return start(sandbox=True)
        why = "because this system allows it none"
    browser = start(sandbox=False)
    say(
        f"Chromium runs without its sandbox, {why}: a page that breaks out of it has all that you "
        "may do here. Open only addresses that you trust."
    )
    return browser


def _program(playwright: Playwright) -> str | None:
    """A Chromium's path; left to itself Playwright would take its headless shell."""
    own = playwright.chromium.executable_path
    if given := os.environ.get("CHROMIUM") or (own if Path(own).exists() else None):
        return given
    return next(filter(None, map(shutil.which, _NAMES)), None)
