"""Framing and hosts: what `reach` and `address` say of them is what a Chromium does.

A browser of its own, for which every name is one server on this machine, over http and https: so a
page may be of any origin.
"""

from __future__ import annotations

import http.server
import itertools
import json
import os
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import trustme
from playwright.sync_api import sync_playwright

from crmwidget.diagnosis.probes.http import reach
from crmwidget.http.urls import host_of
from tests.hosts import BY_HAND, hosts
from tests.policies import CONNECTORS, PAGES, Case, cases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Page

CSP: Final = "Content-Security-Policy"
PEEK: Final = 2
HANDSHAKE: Final = b"\x16"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # A process for each site takes most of the time; who may frame whom is decided before that.
    "--disable-site-isolation-trials",
    "--disable-features=IsolateOrigins,site-per-process,HttpsUpgrades",
)
# An <object> is a frame by the same rules, and says by an event of its own that it was refused.
FRAMES: Final = """(urls) => Promise.all(urls.map((url) => new Promise((done) => {
  const frame = document.createElement("object");
  frame.type = "text/html";
  frame.onload = () => done(true);
  frame.onerror = () => done(false);
  frame.data = url;
  document.body.append(frame);
})))"""
LENIENT: Final = ("*", "\u3000", "%", "xn--")
HOSTS: Final = """(hosts) => hosts.map((host) => {
  try { return new URL(`https://${host}/`).host; } catch { return null; }
})"""


class Everywhere:
    """One server for every name; http and https at one port, told apart by the first byte."""

    def __init__(self) -> None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost").configure_cert(tls)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                query = parse_qs(urlsplit(self.path).query)
                body = b"<!doctype html>"
                lines = [["Content-Type", "text/html"], ["Content-Length", str(len(body))]]
                lines += json.loads(query.get("headers", ["[]"])[0])
                said = "".join(f"{name}: {value}\r\n" for name, value in lines)
                self.wfile.write(f"HTTP/1.1 200 OK\r\n{said}\r\n".encode("latin-1") + body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Both(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def finish_request(self, request: Any, client_address: Any) -> None:
                if request.recv(1, PEEK) != HANDSHAKE:
                    super().finish_request(request, client_address)
                    return
                with tls.wrap_socket(request, server_side=True) as secured:
                    super().finish_request(secured, client_address)

            def handle_error(self, *_: object) -> None:
                """A browser ends connections that it does not want."""

        self._server = Both(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Watcher:
    """The browser, on a thread of its own: another test may have one open on this one."""

    def __init__(self, port: int) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._port = port
        self._page: Page = self._do(self._launch)

    def _do(self, work: Callable[..., Any], *arguments: object) -> Any:
        return self._thread.submit(work, *arguments).result()

    def _launch(self) -> Page:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium",
            args=[*FLAGS, f"--host-resolver-rules=MAP * 127.0.0.1:{self._port}"],
        )
        return self._browser.new_context(ignore_https_errors=True).new_page()

    def shows(self, page: str, asked: Sequence[Case]) -> list[bool]:
        """Whether frames of a page of this origin show these connectors."""
        urls = [
            f"{case.connector}/?{urlencode({'headers': json.dumps(case.headers)})}"
            for case in asked
        ]
        return list(self._do(self._evaluate, page, FRAMES, urls))

    def hosts(self, texts: Sequence[str]) -> list[str | None]:
        """The hosts of addresses with these; None: it refuses them."""
        return list(self._do(self._evaluate, PAGES[0], HOSTS, texts))

    def _evaluate(self, origin: str, script: str, argument: object) -> Any:
        if origin.startswith("https:") or "example" not in origin:
            self._page.context.grant_permissions(["local-network-access"], origin=origin)
        self._page.goto(f"{origin}/")
        return self._page.evaluate(script, argument)

    def close(self) -> None:
        self._do(self._browser.close)
        self._do(self._playwright.stop)
        self._thread.shutdown()


@pytest.fixture(scope="module")
def watcher() -> Iterator[Watcher]:
    server = Everywhere()
    made = Watcher(server.port)
    yield made
    made.close()
    server.close()


def said(case: Case) -> bool | None:
    """Whether `reach` takes this answer for one that the page may show in a frame."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in case.headers]
    answer = httpx.MockTransport(lambda _: httpx.Response(200, headers=raw))
    with httpx.Client(transport=answer) as client:
        return reach(case.connector, client=client).may_be_framed(case.page)


def differing(watcher: Watcher, page: str, asked: Sequence[Case]) -> list[Case]:
    """The cases in which the browser does something else."""
    seen = watcher.shows(page, asked)
    return [case for case, shown in zip(asked, seen, strict=True) if said(case) != shown]


def pairs() -> Iterator[Case]:
    """Policies in which scheme and port decide, for every pair of a page and a connector."""
    policies = (
        "frame-ancestors 'self'", "frame-ancestors http:", "frame-ancestors *:8443",
        "frame-ancestors http://hub.example.org", "frame-ancestors http://*:* 'none'",
        "frame-ancestors http://hub.example.org:80 http://hub.example.org:8443",
        "frame-ancestors hub.example.org/lab hub.example.org:8443/",
        "frame-ancestors *, frame-ancestors https://*", "frame-ancestors; frame-ancestors *",
    )  # fmt: skip
    for page, own, policy in itertools.product(PAGES[2:6], CONNECTORS[1:5], policies):
        if own.startswith("https:") or page.startswith("http:"):
            yield Case(page, own, ((CSP, policy),))


@pytest.mark.parametrize("page", PAGES)
def test_headers_about_frames_decide_as_in_chromium(watcher: Watcher, page: str) -> None:
    made = [case for case in (*cases(seed=20, number=344), *pairs()) if case.page == page]

    assert differing(watcher, page, made) == []


def test_hosts_are_written_as_chromium_writes_them_or_refused(watcher: Watcher) -> None:
    texts = [*BY_HAND, *hosts(seed=46, number=20_000)]

    theirs = watcher.hosts(texts)

    read = [(text, host_of(text), host) for text, host in zip(texts, theirs, strict=True)]
    assert [one for one in read if one[1] not in (one[2], None)] == []
    # Chromium takes some blanks, stars and false xn-- labels; the URL standard takes none of them.
    refused = [text for text, ours, host in read if ours is None and host is not None]
    assert [text for text in refused if not any(sign in text for sign in LENIENT)] == []
