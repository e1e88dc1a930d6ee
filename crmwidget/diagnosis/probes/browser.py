"""Browser probe: an address as a real browser sees it, in a frame of a page that is no connector's.

The page around has the origin of the notebook, or JupyterLab's usual one on this machine; the
browser's router serves it, and nothing else is touched. It answers `ready` and nothing further.
What is kept is in `Seen`: no message, path or name.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any, Final

from crmwidget.diagnosis import Seen
from crmwidget.diagnosis.probes.http import no_page, origin_of
from crmwidget.safety.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Frame, Page, Request

    from crmwidget.diagnosis import Refused

USUAL: Final = "http://127.0.0.1:8888"
"""Where a notebook on this machine is, unless somebody has changed it."""
PATIENCE: Final = 15.0
"""Seconds for a first `ready`, as in a notebook."""
_NAP: Final = 50
_AFTER: Final = 1.0
"""Seconds after its greeting in which a connector asks for crmData."""
_REASONS: Final[tuple[tuple[str, Refused], ...]] = (
    ("ERR_BLOCKED_BY_RESPONSE", "framing"),
    ("ERR_BLOCKED_BY_CSP", "framing"),
    ("ERR_CERT", "certificate"),
    ("ERR_SSL_SERVER_CERT", "certificate"),
    ("mixed-content", "mixed-content"),
    ("ERR_ABORTED", "no-page"),
    ("ERR_CONTENT_DECODING_FAILED", "no-page"),
)
# The frame's address arrives as a property: no text of ours has to quote it.
_AROUND: Final = """<!doctype html><meta charset="utf-8"><title>A notebook's page</title><script>
  const seen = { greeted: false, asked: false, odd: 0, strangers: [] };
  function look(src, origin) {
    const frame = document.createElement("iframe");
    frame.id = "crmConnectIframeId";
    frame.allow = "camera; microphone; geolocation";
    frame.style.cssText = "width:100%;height:600px";
    frame.src = src;
    addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow) return;
      const { type, action } = event.data ?? {};
      if (event.origin !== origin) {
        if (!seen.strangers.includes(event.origin)) seen.strangers.push(event.origin);
      } else if (type !== "CRMConnectMessage") seen.odd++;
      else if (action === "requestCrmData") seen.asked = true;
      else if (action === "ready") {
        seen.greeted = true;
        event.source.postMessage({ type: "ClientAppMessage", action: "ready" }, origin);
      }
    });
    document.body.append(frame);
  }
</script><body></body>"""


def look(
    url: str, page: str | None = None, *, patience: float = PATIENCE, headed: bool = False
) -> Seen:
    """Show `url` in a frame of a page of origin `page`, and wait for its `ready`.

    headed: in a window, so that a person can log in while it waits.
    Raises MissingExtraError without Playwright, BrowserError without a Chromium.
    """
    around = page or USUAL
    with chromium(headed=headed) as first:
        browser = first.context.browser
        assert browser is not None  # noqa: S101 - it was launched, so it is there
        with browser.new_context() as context:
            # A page that the router serves counts as far away, and people say yes to the question.
            with contextlib.suppress(Exception):  # an older browser does not ask
                context.grant_permissions(["local-network-access"], origin=around)
            return _Looking(context.new_page(), around, url).seen(patience)


class _Looking:
    """One look, in a fresh context: no cookie of anybody's takes part."""

    def __init__(self, page: Page, around: str, url: str) -> None:
        self._page = page
        self._around = around
        self._origin = origin_of(url)
        self._word: str | None = None
        self._no_page = False
        self._set: set[str] = set()
        served = {"body": _AROUND, "content_type": "text/html"}
        page.route(f"{around}/", lambda route: route.fulfill(**served))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)
        page.on("console", lambda said: self._mixed(said.text))
        page.goto(f"{around}/")
        page.evaluate("([src, origin]) => look(src, origin)", [url, self._origin])

    def _failed(self, request: Request) -> None:
        if not request.is_navigation_request() or request.frame.parent_frame is None:
            return
        word = (request.failure or "").removeprefix("net::")
        if word != "ERR_ABORTED" or self._no_page:  # or else the page itself has gone elsewhere
            self._word = self._word or word

    def _mixed(self, text: str) -> None:
        if text.startswith("Mixed Content"):
            self._word = "mixed-content"

    def _answered(self, response: Any) -> None:
        if response.frame.parent_frame is None or not response.request.is_navigation_request():
            return
        disposition = response.headers.get("content-disposition", "")
        self._no_page = no_page(response.status, disposition) != ""
        headers = response.headers_array()
        lines = (h["value"] for h in headers if h["name"].lower() == "set-cookie")
        self._set |= {line.partition("=")[0].strip() for text in lines for line in text.split("\n")}

    def seen(self, patience: float) -> Seen:
        """Wait until it has greeted and had time to ask, was refused, or the time is over."""
        end = time.monotonic() + patience
        while time.monotonic() < end and self._word is None:
            told = self._told()
            if told["asked"]:
                break
            if told["greeted"]:
                end = min(end, time.monotonic() + _AFTER)
            self._page.wait_for_timeout(_NAP)
        told = self._told()
        shown = [frame for frame in self._page.frames if frame.parent_frame is not None]
        return Seen(
            page=self._around,
            shows=None if self._word or not shown else origin_of(shown[0].url),
            refused=_refused(self._word),
            word=self._word or "",
            greeted=told["greeted"],
            asked=told["asked"],
            strangers=tuple(told["strangers"]),
            odd=told["odd"],
            password=any(map(_asks_for_a_password, shown)),
            lost=len(self._set - {str(cookie.get("name")) for cookie in self._kept()}),
        )

    def _told(self) -> dict[str, Any]:
        found: dict[str, Any] = self._page.evaluate("() => seen")
        return found

    def _kept(self) -> list[Any]:
        return list(self._page.context.cookies())


def _refused(word: str | None) -> Refused | None:
    if word is None:
        return None
    return next((reason for sign, reason in _REASONS if sign in word), "unreachable")


def _asks_for_a_password(frame: Frame) -> bool:
    with contextlib.suppress(Exception):  # it has just gone somewhere else
        return frame.locator("input[type=password]").count() > 0
    return False
