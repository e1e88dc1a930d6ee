"""A server for the simulated connector's page: any page can embed it as it would a real one."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self

from crmwidget.errors import SimulatorError
from crmwidget.simulator._login import Login, Redirect, Unframed
from crmwidget.simulator._page import page

if TYPE_CHECKING:
    from types import TracebackType

    from crmwidget.simulator._login import Answer, Way

HOST = "127.0.0.1"


class Server:
    """Serves the page at `url`, to this machine only, and prints nothing.

    `serve_forever()` serves until it is interrupted; as a context manager it
    serves in the background. `close()` ends both.
    """

    def __init__(self, port: int, login: Way | None = None) -> None:
        page()  # not built: say so now, and not to a browser
        try:
            self._server = ThreadingHTTPServer((HOST, port), BaseHTTPRequestHandler)
        except (OSError, OverflowError) as error:
            message = (
                f"cannot serve on port {port}: {error}. Give another port, or 0 for a free one."
            )
            raise SimulatorError(message) from error
        self._server.RequestHandlerClass = _handler(Login(login, self.port))
        self._serving = False

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


def serve(port: int = 0, login: Way | None = None) -> Server:
    """A server on 127.0.0.1 that has its port but does not serve yet; 0: a free one.

    login: the agent has to log in first, at the connector's own page ("form") or by single
    sign-on with an identity provider that forbids being framed ("sso"); None: only where an
    address asks for it, with `?login` or `?login=sso`.

    Raises SimulatorError when the port cannot be had, or the page is not built.
    """
    return Server(port, login)


LONGEST: Final = 1_000
"""Bytes of a form that are read; ours are far shorter."""


def _handler(login: Login) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """The page at /, in any variant of its query, and what its login needs; nothing else."""

        server_version = "crmwidget"
        sys_version = ""

        def do_GET(self) -> None:
            self.wfile.write(self._begin(login.get(self.path, self._host)))

        def do_HEAD(self) -> None:
            self._begin(login.get(self.path, self._host))

        def do_POST(self) -> None:
            length = min(int(self.headers.get("Content-Length") or 0), LONGEST)
            form = self.rfile.read(length).decode(errors="replace")
            self._begin(login.post(self.path, self._host, form))

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
            headers, text = _document(answer)
            body = text.encode()
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            return body

        def log_message(self, *_: object) -> None:
            """Stay silent: the command line prints the address and no more."""

    return Handler


def _document(answer: Answer) -> tuple[dict[str, str], str]:
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
    text = page(["login"] if answer.provider else (), **dict(answer.data))
    headers["Content-Security-Policy"] = _policy(text, answer.provider)
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
