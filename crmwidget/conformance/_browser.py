"""The browser: a Chromium of this machine, wherever it is."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmwidget.errors import ConformanceError, MissingExtraError

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
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@contextlib.contextmanager
def chromium(*, headed: bool = False) -> Iterator[Page]:
    """Open a page in $CHROMIUM, Playwright's own, or one that is installed.

    Raises MissingExtraError without Playwright, ConformanceError without a Chromium.
    """
    if importlib.util.find_spec("playwright") is None:
        raise MissingExtraError("Playwright", "check")
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
            raise ConformanceError("no Chromium starts", advice) from error
        stack.callback(browser.close)
        context = browser.new_context(
            viewport={"width": 1300, "height": 1000}, ignore_https_errors=True
        )
        yield context.new_page()


def _program(playwright: Playwright) -> str | None:
    """A Chromium's path; None: Playwright's own."""
    given = os.environ.get("CHROMIUM")
    if given or Path(playwright.chromium.executable_path).exists():
        return given
    return next(filter(None, map(shutil.which, _NAMES)), None)
