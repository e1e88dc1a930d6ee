"""Browser: a Chromium of this machine, wherever it is, driven by Playwright."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmwidget.errors import BrowserError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Playwright

_FLAGS: Final = (
    "no-sandbox",
    "disable-gpu",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    "no-first-run",
    "site-per-process",  # a headless shell would put a connector into the process of its client
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextlib.contextmanager
def chromium(*, headed: bool = False, extra: str = "check") -> Iterator[Page]:
    """Open a page in $CHROMIUM, Playwright's own, or one that is installed.

    extra: which of ours brings Playwright to who calls. Raises MissingExtraError without
    Playwright, BrowserError where no Chromium starts.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MissingExtraError("Playwright", extra)
    from playwright.sync_api import Error, sync_playwright

    with contextlib.ExitStack() as stack:
        try:
            playwright = stack.enter_context(sync_playwright())
            browser = playwright.chromium.launch(
                executable_path=_program(playwright),
                headless=not headed,
                args=[f"--{flag}" for flag in _FLAGS],
            )
        except Error as error:
            advice = "Set CHROMIUM to one's path, or run: playwright install chromium."
            raise BrowserError("no Chromium starts", advice) from error
        except Exception as error:  # its driver died: it says no more than this
            advice = "Its driver does not start, and says why above: mostly, a library is missing."
            raise BrowserError("Playwright does not start", advice) from error
        stack.callback(browser.close)
        context = browser.new_context(
            viewport={"width": 1300, "height": 1000}, ignore_https_errors=True
        )
        yield context.new_page()


def _program(playwright: Playwright) -> str | None:
    """A Chromium's path; left to itself Playwright would take its headless shell."""
    own = playwright.chromium.executable_path
    if given := os.environ.get("CHROMIUM") or (own if Path(own).exists() else None):
        return given
    return next(filter(None, map(shutil.which, _NAMES)), None)
