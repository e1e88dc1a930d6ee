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

from crmwidget.diagnosis.probes._framing import framing
from crmwidget.diagnosis.probes.http import Reach, is_loopback, origin_of, reach
from tests.policies import cases

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
        ("X-Frame-Options", "SAMEORIGIN, SAMEORIGIN", False, None),
        ("X-Frame-Options", "SAMEORIGIN, DENY", False, False),
        ("X-Frame-Options", "ALLOWALL, anything", False, False),
        ("X-Frame-Options", "anything, else", True, True),
        ("X-Frame-Options", '"DENY"', True, True),
        ("Content-Security-Policy", "frame-ancestors https://hub.example.com/lab", False, False),
        ("Content-Security-Policy", "frame-ancestors https://hub.example.com/", True, None),
        ("Content-Security-Policy", "frame-ancestors *, frame-ancestors 'self'", False, None),
        ("Content-Security-Policy", "frame-ancestors *; frame-ancestors 'none'", True, True),
        ("Content-Security-Policy", "frame-ancestors 'none' https://hub.example.com", True, None),
        ("Content-Security-Policy", "frame-ancestors https://*", True, None),
        ("Content-Security-Policy", "frame-ancestors https://*:*", True, None),
        ("Content-Security-Policy", "frame-ancestors *:8888", False, None),
        ("Content-Security-Policy", "frame-ancestors http://*:*", True, True),
        ("Content-Security-Policy", "frame-ancestors http:", True, True),
        ("Content-Security-Policy", "frame-ancestors http://hub.example.com:80", True, None),
        ("Content-Security-Policy", "frame-ancestors http://hub.example.com:443", False, None),
        ("Content-Security-Policy", "frame-ancestors [::1]:8888", False, False),
        ("Content-Security-Policy", "Frame-Ancestors HTTPS://HUB.example.com", True, None),
        ("Content-Security-Policy", "frame-ancestors caf\xe9; frame-ancestors 'none'", True, True),
        ("Content-Security-Policy", "x caf\xe9; frame-ancestors 'none'", False, False),
        ("Content-Security-Policy-Report-Only", "frame-ancestors 'none'", True, True),
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


@pytest.mark.parametrize(
    ("name", "values", "admitted"),
    [
        ("X-Frame-Options", ("SAMEORIGIN", "SAMEORIGIN"), False),
        ("X-Frame-Options", ("nonsense", "DENY"), False),
        ("Content-Security-Policy", (f"frame-ancestors {NOTEBOOK}", "frame-ancestors *"), True),
        ("Content-Security-Policy", (f"frame-ancestors {NOTEBOOK}", "default-src *"), True),
        (
            "Content-Security-Policy",
            (f"frame-ancestors {NOTEBOOK}", "frame-ancestors a.org"),
            False,
        ),
    ],
)
def test_a_header_that_is_sent_twice_counts_twice(
    site: Callable[..., Site], name: str, values: tuple[str, str], admitted: bool
) -> None:
    found = reach(site(*((name, value) for value in values)).origin)

    assert found.may_be_framed(NOTEBOOK) is admitted


def test_a_source_without_a_scheme_has_the_connectors() -> None:
    listed = framing([], ["frame-ancestors localhost:8888"])

    assert listed.admits("http://localhost:8888", "http://crm.example.com") is True
    assert listed.admits("http://localhost:8888", "https://crm.example.com") is False


def test_of_many_sources_the_last_one_counts_too() -> None:
    listed = framing([], [f"frame-ancestors {'https://a.example.org ' * 200}{NOTEBOOK}"])

    assert listed.admits(NOTEBOOK, "https://crm.example.com") is True
    assert len(str(listed)) < 200


def test_the_header_that_refuses_is_the_one_that_is_shown() -> None:
    read = framing([], [f"frame-ancestors {NOTEBOOK}", "frame-ancestors 'self'"])

    assert read.refusal(NOTEBOOK, "https://crm.example.com") == "frame-ancestors 'self'"
    assert read.refusal("https://x.example.com", NOTEBOOK) == f"frame-ancestors {NOTEBOOK}"


def test_an_answer_for_a_page_that_is_not_known_holds_for_every_page() -> None:
    for case in cases(seed=7, number=2000):
        read = framing(
            [value for name, value in case.headers if name.lower() == "x-frame-options"],
            [value for name, value in case.headers if name.lower() == "content-security-policy"],
        )
        without = read.admits(None, case.connector)
        assert without in (None, read.admits(case.page, case.connector)), case


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


@pytest.mark.parametrize(
    ("status", "headers", "says"),
    [
        (204, (), "answers 204"),
        (205, (), "answers 205"),
        (200, (("Content-Disposition", 'attachment; filename="a.html"'),), "a download"),
        (200, (("Content-Disposition", "unheard-of"),), "a download"),
        (200, (("Content-Disposition", "INLINE"),), ""),
        (200, (("Content-Disposition", 'filename="a.html"'),), ""),
        (200, (("Content-Encoding", "gzip"),), "not encoded as it says (Content-Encoding: gzip)"),
        (200, (("Content-Encoding", "unheard-of"),), ""),
    ],
)
def test_an_answer_that_is_no_page_is_told_from_one(
    site: Callable[..., Site], status: int, headers: tuple[tuple[str, str], ...], says: str
) -> None:
    found = reach(site(*headers, status=status).origin)

    assert says in found.no_page
    assert bool(found.no_page) is bool(says)
    assert found.problem is None


@pytest.mark.parametrize(
    "location", ["mailto:ana@example.org", "https://", "https://a:b/", "//a|b/"]
)
def test_a_redirect_to_what_is_no_page_is_said(site: Callable[..., Site], location: str) -> None:
    found = reach(site(("Location", location), status=302).origin)

    assert (found.problem, "no address of a page" in found.detail) == ("protocol", True)


def test_a_host_that_only_browsers_ask_for_is_said_to_be_one() -> None:
    found = reach("https://☕.invalid/")

    assert (found.problem, found.asked) == ("unasked", "https://xn--53h.invalid")


def test_a_redirect_to_nowhere_is_an_answer(site: Callable[..., Site]) -> None:
    found = reach(site(("Location", ""), status=302).origin)

    assert (found.problem, found.status) == (None, 302)


def test_redirects_that_contradict_each_other_lead_nowhere(site: Callable[..., Site]) -> None:
    found = reach(site(("Location", "/a"), ("Location", "/b"), status=302).origin)

    assert found.problem == "protocol"


def test_a_redirect_is_read_as_browsers_read_it(site: Callable[..., Site]) -> None:
    there = site()
    here = site(("Location", there.origin.replace("http://", " \\\\") + "\\page"), status=302)

    found = reach(here.origin)

    assert (found.last, there.asked) == (there.origin, ["/page"])


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


def test_headers_that_trickle_are_waited_for_as_a_whole() -> None:
    given_up = threading.Event()

    def trickle(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n")
            while True:
                connection.sendall(b"X: 1\r\n")
                given_up.wait(0.01)
        given_up.set()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=trickle, args=(listening,), daemon=True).start()
        found = reach(f"http://127.0.0.1:{listening.getsockname()[1]}/", whole=0.3)
        hung_up = given_up.wait(20)

    assert (found.problem, found.detail) == ("slow", "no complete answer within 0.3 s")
    assert hung_up  # the connection is not left behind


def test_a_name_server_that_does_not_answer_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, over = threading.Event(), threading.Event()

    def hangs(*_: object, **__: object) -> Any:
        asked.set()
        over.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    found = reach("https://connector.example.com/", whole=0.2)
    over.set()

    assert asked.is_set()
    assert (found.problem, found.asked) == ("slow", "https://connector.example.com")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.example.com:443/x", "https://a.example.com"),
        ("http://A.example.com:80", "http://a.example.com"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://a.example.com:8443", "https://a.example.com:8443"),
        ("https://Straße.example:443/", "https://xn--strae-oqa.example"),
        ("https://user@a.example.com:99999/", "https://a.example.com"),
        ("chrome-error://chromewebdata/", "chrome-error://chromewebdata"),
        ("about:blank", "about://"),
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
