"""Site: the reference client's page on a server of its own, as it is or with a defect planted."""

from __future__ import annotations

import http.server
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

PAGE: Final = Path(__file__).with_name("client.html")
CONNECTOR: Final = "https://connector.example.com"


class Site:
    """Serves the pages that were added, and takes calls to be saved."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        pages: dict[str, str] = {}
        self.pages = pages
        self.headers: dict[str, Sequence[tuple[str, str]]] = {}
        headers = self.headers

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place = urlsplit(self.path).path
                page = pages.get(place)
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for name, value in headers.get(place, ()):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write((page or "There is no such page.").encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(201)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.origin = f"{scheme}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def add(
        self,
        name: str,
        changes: Sequence[tuple[str, str]] = (),
        connector: str = CONNECTOR,
        headers: Sequence[tuple[str, str]] = (),
    ) -> str:
        """Serve the reference client with these replacements; returns its address."""
        self.headers[f"/{name}"] = headers
        text = PAGE.read_text(encoding="utf-8").replace("CONNECTOR/", f"{connector}/", 1)
        for old, new in changes:
            assert text.count(old) == 1, f"{name}: {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        self.pages[f"/{name}"] = text
        return f"{self.origin}/{name}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
