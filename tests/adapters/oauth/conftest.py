"""A login server that does as it is told, its clock and pauses, and a browser that comes back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest

from crmwidget.http.login import _tokens
from crmwidget.http.login import oauth as _oauth
from tests.adapters.oauth.login_double import LoginDouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def server() -> Iterator[LoginDouble]:
    with LoginDouble() as running:
        yield running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in seconds; the clock moves on by them."""
    made: list[float] = []
    start = _tokens.now()
    monkeypatch.setattr(_oauth, "_pause", made.append)
    monkeypatch.setattr(_oauth, "now", lambda: start + sum(made))
    return made


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which tokens end."""
    hand = SimpleNamespace(now=1_000_000.0)
    monkeypatch.setattr(_tokens, "now", lambda: hand.now)
    return hand


@pytest.fixture(autouse=True)
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test opens a person's browser."""
    monkeypatch.setattr(_oauth.webbrowser, "open", lambda _: False)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[httpx.Response]]:
    """A browser that comes straight back, with the answer's fields; the pages it was shown."""

    def comes_back(**fields: str) -> list[httpx.Response]:
        shown: list[httpx.Response] = []

        def opened(link: str) -> None:
            asked = httpx.URL(link).params
            answer = {"state": asked["state"], "code": "the-code", **fields}
            shown.append(httpx.get(asked["redirect_uri"], params=answer, trust_env=False))

        monkeypatch.setattr(_oauth.webbrowser, "open", opened)
        return shown

    return comes_back
