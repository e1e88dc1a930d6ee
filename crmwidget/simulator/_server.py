"""A server for the simulator's page, so that it has an origin of its own."""

from __future__ import annotations

import base64
import hashlib
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from crmwidget.errors import SimulatorError
from crmwidget.simulator._page import page

if TYPE_CHECKING:
    from types import TracebackType

_HOST: Final = "127.0.0.1"


class Server:
    """Serves the page on this machine until it is closed."""

    def __init__(self, port: int = 0) -> None:
        html = page()
        handler = type("_Handler", (_Handler,), {"page": html.encode(), "policy": _policy(html)})
        try:
            self._server = ThreadingHTTPServer((_HOST, port), handler)
        except (OSError, OverflowError) as error:
            raise SimulatorError(
                f"port {port} cannot be had ({error}). Give another one, or 0 for any that is free."
            ) from None
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_port}/"
        """The page's address; another origin than a notebook on 127.0.0.1."""

    def serve_forever(self) -> None:
        """Answer requests until `close` is called from another thread."""
        self._server.serve_forever()

    def close(self) -> None:
        """Stop answering, and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.server_close()


def serve(port: int = 0) -> Server:
    """A server on this machine that is listening; 0: any free port. SimulatorError: it is taken."""
    return Server(port)


class _Handler(BaseHTTPRequestHandler):
    page: bytes
    policy: str

    def do_GET(self) -> None:
        if urlsplit(self.path).path != "/":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", self.policy)
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Requests are nobody's business."""


def _policy(html: str) -> str:
    """Nothing but what stands in the page may run or be loaded."""
    scripts = " ".join(
        _hash(text) for text in re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL)
    )
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
