"""Reach: what real servers answer, and whether a page may show them in a frame."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from crmwidget.reach import Reach, is_loopback, origin_of, reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOTEBOOK = "https://hub.example.com"


class Site:
    """A server on loopback that answers with these headers."""

    def __init__(self, status: int, headers: list[tuple[str, str]], *, tls: bool) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(b"x" * 100_000)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            trustme.CA().issue_cert("127.0.0.1", "localhost").configure_cert(context)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if tls else "http"
        self.origin = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def site() -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(*headers: tuple[str, str], status: int = 200, tls: bool = False) -> Site:
        made.append(Site(status, [("Content-Type", "text/html"), *headers], tls=tls))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_a_page_without_headers_may_be_framed(site: Callable[..., Site]) -> None:
    found = reach(f"{site().origin}/a?tenant=x")

    assert (found.problem, found.status, found.content_type) == (None, 200, "text/html")
    assert found.may_be_framed(NOTEBOOK) is True
    assert "tenant" not in repr(found)


@pytest.mark.parametrize(
    ("header", "value", "by_notebook", "unknown"),
    [
        ("X-Frame-Options", "DENY", False, False),
        ("X-Frame-Options", "sameorigin", False, None),
        ("X-Frame-Options", "ALLOW-FROM https://a.example.com", True, True),
        ("Content-Security-Policy", "frame-ancestors 'none'", False, False),
        ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'", False, None),
        ("Content-Security-Policy", "frame-ancestors https://hub.example.com", True, None),
        ("Content-Security-Policy", "frame-ancestors https://*.example.com", True, None),
        ("Content-Security-Policy", "frame-ancestors https://*.other.example", False, None),
        ("Content-Security-Policy", "frame-ancestors http://hub.example.com", True, None),
        ("Content-Security-Policy", "frame-ancestors https://hub.example.com:8443", False, None),
        ("Content-Security-Policy", "frame-ancestors hub.example.com:*", True, None),
        ("Content-Security-Policy", "frame-ancestors https:", True, None),
        ("Content-Security-Policy", "frame-ancestors", False, False),
        ("Content-Security-Policy", "frame-ancestors *", True, True),
        ("Content-Security-Policy", "default-src 'none'", True, True),
    ],
)
def test_headers_decide_as_browsers_read_them(
    site: Callable[..., Site],
    header: str,
    value: str,
    by_notebook: bool,
    unknown: bool | None,
) -> None:
    found = reach(site((header, value)).origin)

    assert found.may_be_framed(NOTEBOOK) is by_notebook
    assert found.may_be_framed(None) is unknown


def test_frame_ancestors_outweighs_x_frame_options(site: Callable[..., Site]) -> None:
    found = reach(
        site(
            ("X-Frame-Options", "DENY"),
            ("Content-Security-Policy", f"frame-ancestors {NOTEBOOK}"),
        ).origin
    )

    assert found.may_be_framed(NOTEBOOK) is True


def test_redirects_are_followed_and_named_by_origin(site: Callable[..., Site]) -> None:
    login = site(("X-Frame-Options", "DENY"))
    connector = site(("Location", f"{login.origin}/auth?state=secret"), status=302)

    found = reach(connector.origin)

    assert [hop.status for hop in found.hops] == [302, 200]
    assert found.redirected
    assert found.last == login.origin
    assert found.may_be_framed(NOTEBOOK) is False
    assert "secret" not in repr(found)
    assert login.asked == ["/auth?state=secret"]


def test_a_circle_of_redirects_ends(site: Callable[..., Site]) -> None:
    made = site(("Location", "/again"), status=302)

    found = reach(made.origin)

    assert found.problem == "protocol"
    assert len(made.asked) == 8


@pytest.mark.parametrize(
    ("cookie", "lost"),
    [
        ("s=1; Path=/", ("a cookie without SameSite=None",)),
        ("s=1; SameSite=None", ("a cookie without Secure",)),
        ("s=1; SameSite=None; Secure", ()),
    ],
)
def test_cookies_that_a_frame_would_lose_are_named(
    site: Callable[..., Site], cookie: str, lost: tuple[str, ...]
) -> None:
    assert reach(site(("Set-Cookie", cookie)).origin).cookies == lost


@pytest.mark.parametrize(
    ("cookie", "third_party"),
    [
        ("s=1; SameSite=None; Secure", True),
        ("s=1; SameSite=None; Secure; Partitioned", False),
        ("s=1; SameSite=None; Secure; Max-Age=0", False),
        ("s=1", False),
    ],
)
def test_cookies_that_need_third_party_cookies_to_be_allowed_are_told_apart(
    site: Callable[..., Site], cookie: str, third_party: bool
) -> None:
    assert reach(site(("Set-Cookie", cookie)).origin).third_party is third_party


def test_a_port_where_nothing_answers() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        found = reach(f"http://127.0.0.1:{taken.getsockname()[1]}/")

    assert found.problem == "refused"


def test_a_name_that_nobody_has() -> None:
    assert reach("https://no-such-host.invalid/").problem == "name"


def test_a_certificate_that_nobody_vouches_for(site: Callable[..., Site]) -> None:
    assert reach(site(tls=True).origin).problem == "certificate"


def test_https_where_http_is_spoken(site: Callable[..., Site]) -> None:
    assert reach(site().origin.replace("http:", "https:")).problem == "protocol"


def test_a_server_that_says_nothing() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        found = reach(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)

    assert found.problem == "timeout"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example.com:443/x", "https://a.example.com"),
        ("http://A.example.com:80", "http://a.example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://a.example.com:8443", "https://a.example.com:8443"),
    ],
)
def test_origins_are_written_as_browsers_do(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    ("origin", "secure"),
    [
        ("http://localhost:1", True),
        ("http://a.localhost", True),
        ("http://127.0.0.1:1", True),
        ("http://[::1]", True),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
    ],
)
def test_loopback_is_what_browsers_trust(origin: str, secure: bool) -> None:
    assert is_loopback(origin) is secure


def test_a_client_of_another_make_is_taken() -> None:
    class Timeout(Exception):  # noqa: N818 - as a twin of httpx might have it
        pass

    class TimeoutException(Timeout):
        pass

    class Client:
        def stream(self, *_: object, **__: object) -> Any:
            raise TimeoutException

    assert reach("https://a.example.com", client=Client()) == Reach(
        "https://a.example.com", (), "timeout", "no answer within 5 s", "https://a.example.com"
    )
