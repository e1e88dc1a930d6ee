"""The Chromium of `check` and `diagnose`: it runs in its sandbox, or somebody is told why not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error

from crmwidget.safety import browser

if TYPE_CHECKING:
    from playwright.sync_api import Playwright


class Launches:
    """Playwright, which notes how a Chromium was to be started."""

    def __init__(self, *, allowed: bool = True) -> None:
        self.asked: list[dict[str, Any]] = []
        self._allowed = allowed
        self.chromium = SimpleNamespace(launch=self._launch, executable_path="/no/chromium")

    def _launch(self, **asked: Any) -> str:
        self.asked.append(asked)
        if asked["chromium_sandbox"] and not self._allowed:
            raise Error("No usable sandbox!")
        return "a browser"


def start(playwright: Launches) -> tuple[list[bool], list[str]]:
    """How it was started, one after the other, and what was said."""
    said: list[str] = []
    found: Playwright = playwright  # type: ignore[assignment]
    browser._start(found, headed=False, say=said.append)
    assert not any("sandbox" in flag for one in playwright.asked for flag in one["args"])
    return [one["chromium_sandbox"] for one in playwright.asked], said


@pytest.fixture(params=[0, 1000])
def user(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(browser.os, "geteuid", lambda: request.param)
    return int(request.param)


@pytest.mark.parametrize("user", [1000], indirect=True)
@pytest.mark.usefixtures("user")
def test_the_chromium_of_a_user_is_in_its_sandbox() -> None:
    assert start(Launches()) == ([True], [])


def test_a_chromium_without_a_sandbox_is_said(user: int) -> None:
    started, (said,) = start(Launches(allowed=False))

    assert started == [*([True] if user else []), False]
    assert "because this system allows it none" in said if user else "because root runs it" in said
    assert said.endswith("Open only addresses that you trust.")
