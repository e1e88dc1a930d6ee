"""A server for the simulated connector's page: any page can embed it as it would a real one."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import re
import secrets
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

from crmwidget.errors import SimulatorError
from crmwidget.simulator._gate import Gate, ancestor, length_of
from crmwidget.simulator._login import Login, Redirect, Unframed
from crmwidget.simulator._page import page
from crmwidget.simulator._watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from crmwidget.simulator._login import Answer, Way
    from crmwidget.simulator._run import Report
    from crmwidget.simulator._scenario import Scenario

HOST = "127.0.0.1"


class Server:
    """Serves the page at `url`, to this machine only, and prints nothing.

    `serve_forever()` serves until it is interrupted; as a context manager it
    serves in the background. `close()` ends both.
    """

    def __init__(
        self,
        port: int,
        login: Way | None = None,
        scenario: Scenario | None = None,
        embedder: str | None = None,
    ) -> None:
        by = None if embedder is None else ancestor(embedder)
        page()  # not built: say so now, and not to a browser
        self.reason = ""
        """Why `serve_forever` has ended without a report."""
        try:
            self._server = _Server((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            message = (
                f"cannot serve on port {port}: {error}. Give another port, or 0 for a free one."
            )
            raise SimulatorError(message) from error
        self._asked = asked = None if scenario is None else _Asked(scenario, self._end)
        if asked is not None:
            self._server.look = self._look
        self._server.login, self._server.gate = Login(login, self.port), Gate(self.port)
        self._server.asked, self._server.by = asked, by
        self._serving = False

    @property
    def report(self) -> Report | None:
        """What came of the scenario, once a page has run it; `serve_forever` ends then."""
        return None if self._asked is None else self._asked.report

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._server.server_port

    @property
    def url(self) -> str:
        """Where the page is: an origin of its own."""
        return f"http://{HOST}:{self.port}/"

    def serve_forever(self) -> None:
        """Serve until `close()`, or an interrupt."""
        self._serving = True
        try:
            self._server.serve_forever(poll_interval=0.1)
        finally:
            self._serving = False

    def close(self) -> None:
        """Stop serving and free the port."""
        if self._serving:
            self._server.shutdown()
        self._server.server_close()

    @property
    def progress(self) -> str:
        """How far the scenario is, as a sentence."""
        return "" if self._asked is None else self._asked.watch.told()

    def _look(self) -> None:
        """Between requests: end where no report will come."""
        if self._asked is None or self.report is not None or self.reason:
            return
        self.reason = self._asked.watch.over(time.monotonic())
        if self.reason:
            self._end()

    def _end(self) -> None:
        # From a thread of its own: a request waits for no end of the server that serves it.
        threading.Thread(target=self._server.shutdown, daemon=True).start()

    def __enter__(self) -> Self:
        # Set here: close() must not come before the thread has begun.
        self._serving = True
        threading.Thread(target=self.serve_forever, name="crmwidget simulator", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def serve(
    port: int = 0,
    login: Way | None = None,
    scenario: Scenario | None = None,
    embedder: str | None = None,
) -> Server:
    """A server on 127.0.0.1 that has its port but does not serve yet; 0: a free one.

    login: the agent has to log in first, at the connector's own page ("form") or by single
    sign-on with an identity provider that forbids being framed ("sso"); None: only where an
    address asks for it, with `?login` or `?login=sso`.

    scenario: run by every page that is embedded, as soon as it is configured; the first report
    ends the server, and is in its `report`. It also ends where no report will come, because the
    client takes the page away twice, leaves it unanswered, or never embeds it: `reason` says so.

    embedder: the origin of the one page that may show it in a frame; None: any may.

    Raises SimulatorError when the port cannot be had, or the page is not built, and OriginError
    where `embedder` is no origin.
    """
    return Server(port, login, scenario, embedder)


LONGEST: Final = 1_000
"""Bytes of a form; ours are far shorter, and a longer one is refused."""
LONGEST_REPORT: Final = 1_000_000
_STALLED: Final = 10.0
"""Seconds for which a request may stand still."""
_DRAINED: Final = 16
"""Parts of a refused request that are read and thrown away."""


class _Server(ThreadingHTTPServer):
    """Looks after each request, and several times a second, whether it is to end."""

    look: Callable[[], None] | None = None
    asked: _Asked | None = None
    by: str | None = None
    """The origin that alone may embed the page."""
    login: Login
    gate: Gate

    def service_actions(self) -> None:
        if self.look is not None:
            self.look()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing: a program that breaks off its request is no fault of this one."""


class _Asked:
    """The scenario of a server, and where the page puts its report."""

    def __init__(self, scenario: Scenario, end: Callable[[], None]) -> None:
        # Unguessable: any page of this machine's browser can post to this server.
        self.place = f"/report/{secrets.token_urlsafe(16)}"
        self.data = (("scenario", json.dumps(scenario.wire())), ("report", self.place))
        self.report: Report | None = None
        self._end = end
        self.watch = Watch(scenario.name)

    def take(self, body: str) -> bool:
        """Take the report, or a sign of the page; False: it is neither."""
        from crmwidget.simulator._run import report_of

        try:
            said = json.loads(body)
            if "page" in said:
                self.watch.sign(said, time.monotonic())
            else:
                self.report = report_of(said)
        except (
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ):
            return False  # whatever was posted, it is no fault of the server
        return True

    def answered(self) -> None:
        """End the server once the page has the answer to its report, and not before."""
        if self.report is not None:
            self._end()


class _Handler(BaseHTTPRequestHandler):
    """The page at /, in any variant of its query, and what its login needs; nothing else."""

    server: _Server
    timeout = _STALLED
    server_version = "crmwidget"
    sys_version = ""

    def do_GET(self) -> None:
        if self._admitted():
            self.wfile.write(self._begin(self.server.login.get(self.path, self._host)))

    def do_HEAD(self) -> None:
        if self._admitted():
            self._begin(self.server.login.get(self.path, self._host))

    def do_POST(self) -> None:
        if not self._admitted(writes=True):
            return
        asked = self.server.asked
        whose = asked if asked is not None and self.path == asked.place else None
        length = length_of(self.headers, LONGEST_REPORT if whose else LONGEST)
        if isinstance(length, HTTPStatus):
            self._refuse(length)
            return
        form = self.rfile.read(length).decode(errors="replace")
        if whose:
            good = whose.take(form)
            self.send_response(HTTPStatus.NO_CONTENT if good else HTTPStatus.BAD_REQUEST)
            self.end_headers()
            whose.answered()
        else:
            self._begin(self.server.login.post(self.path, self._host, form))

    def _admitted(self, *, writes: bool = False) -> bool:
        """Whether the request may be answered; one that may not is refused here."""
        refusal = self.server.gate.refusal(self.path, self.headers, writes=writes)
        if refusal is not None:
            self._refuse(refusal)
        return refusal is None

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_error(status)
        # A connection that is closed over what it has not read takes its answer back.
        self.connection.settimeout(1.0)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            for _ in range(_DRAINED):
                if not self.connection.recv(65_536):
                    break

    @property
    def _host(self) -> str:
        return self.headers.get("Host") or ""

    def _begin(self, answer: Answer | None) -> bytes:
        """Send status and headers; returns the body."""
        if answer is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return b""
        moved = isinstance(answer, Redirect)
        self.send_response(HTTPStatus.SEE_OTHER if moved else HTTPStatus.OK)
        asked = self.server.asked
        headers, text = _document(answer, asked.data if asked else (), self.server.by)
        body = text.encode()
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        return body

    def log_message(self, *_: object) -> None:
        """Stay silent: the command line prints the address and no more."""


def _document(
    answer: Answer, more: tuple[tuple[str, str], ...] = (), by: str | None = None
) -> tuple[dict[str, str], str]:
    if isinstance(answer, Redirect):
        return {"Location": answer.to}, ""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "X-Content-Type-Options": "nosniff",
    }
    if isinstance(answer, Unframed):
        policy = _policy(answer.text, answer.back) + "; frame-ancestors 'none'"
        headers |= {"Content-Security-Policy": policy, "X-Frame-Options": "DENY"}
        return headers, answer.text
    extras = ["login", "scenario"] if answer.provider else ["scenario"]
    text = page(extras, **dict(answer.data), **dict(more))
    policy = _policy(text, answer.provider)
    policy += f"; frame-ancestors {by}" if by else ""
    headers["Content-Security-Policy"] = policy + ("; connect-src 'self'" if more else "")
    return headers, text


def _policy(text: str, onward: str | None) -> str:
    """A policy under which the page's own script and style run, and nothing else.

    onward: the origin to which its forms lead by way of this one; None: it has none.
    """

    def sources(tag: str) -> str:
        found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
        digests = [
            base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found
        ]
        return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"

    forms = f"'self' {onward}" if onward else "'none'"
    return (
        f"default-src 'none'; script-src {sources('script')}; style-src {sources('style')}; "
        f"base-uri 'none'; form-action {forms}"
    )
