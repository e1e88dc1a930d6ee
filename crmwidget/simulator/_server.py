"""A server for the simulated connector's page: any page can embed it as it would a real one."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from crmwidget.errors import SimulatorError
from crmwidget.simulator._page import page

if TYPE_CHECKING:
    from types import TracebackType

HOST = "127.0.0.1"


class Server:
    """Serves the page at `url`, to this machine only, and prints nothing.

    `serve_forever()` serves until it is interrupted; as a context manager it
    serves in the background. `close()` ends both.
    """

    def __init__(self, port: int) -> None:
        body = page().encode()
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(body))
        except (OSError, OverflowError) as error:
            message = (
                f"cannot serve on port {port}: {error}. Give another port, or 0 for a free one."
            )
            raise SimulatorError(message) from error
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


def serve(port: int = 0) -> Server:
    """A server on 127.0.0.1 that has its port but does not serve yet; 0: a free one.

    Raises SimulatorError when the port cannot be had, or the page is not built.
    """
    return Server(port)


def _handler(body: bytes) -> type[BaseHTTPRequestHandler]:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
        "Content-Security-Policy": _policy(body.decode()),
        "X-Content-Type-Options": "nosniff",
    }

    class Handler(BaseHTTPRequestHandler):
        """The page at /, in any variant of its query; nothing else."""

        server_version = "crmwidget"
        sys_version = ""

        def do_GET(self) -> None:
            if self._found():
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self._found()

        def _found(self) -> bool:
            if self.path.partition("?")[0] != "/":
                self.send_error(HTTPStatus.NOT_FOUND)
                return False
            self.send_response(HTTPStatus.OK)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            return True

        def log_message(self, *_: object) -> None:
            """Stay silent: the command line prints the address and no more."""

    return Handler


def _policy(text: str) -> str:
    """A policy under which the page's own script and style run, and nothing else."""

    def sources(tag: str) -> str:
        found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.DOTALL)
        digests = [
            base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in found
        ]
        return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"

    return (
        f"default-src 'none'; script-src {sources('script')}; style-src {sources('style')}; "
        "base-uri 'none'; form-action 'none'"
    )
