"""Peer: a connector's page on an origin of its own, that is not our simulator.

`Site` serves it and records every load; `Peer` speaks through the page that is
embedded in a notebook.
"""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Frame

    from tests.browser.lab import Notebook

PAGE: Final = Path(__file__).with_name("peer.html")


class Site:
    """The page at `http://localhost:PORT`; a notebook on 127.0.0.1 is another site."""

    def __init__(self) -> None:
        self.loads: list[str] = []
        """The random id of every load, oldest first."""
        loads = self.loads
        self.asked: list[str] = []
        """Paths and queries of all that was asked for, oldest first."""
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                url = urlsplit(self.path)
                if url.path == "/moved":
                    self.send_response(302)
                    self.send_header("Location", parse_qs(url.query)["to"][0])
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(PAGE.read_bytes())

            def do_POST(self) -> None:
                loads.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://localhost:{self._server.server_address[1]}"
        self.url = f"{self.origin}/peer"
        """The page, which says nothing by itself."""
        self.greeting = f"{self.url}?handshake"
        """The page, which begins with the handshake."""
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class Peer:
    """The page of a site, embedded in a notebook."""

    def __init__(self, notebook: Notebook, site: Site) -> None:
        self.notebook = notebook
        self.site = site
        self.frame = notebook.until(self._find, f"the frame of {site.origin}")

    def _find(self) -> Frame | None:
        for frame in self.notebook.page.frames:
            if frame.url.startswith(self.site.url) and frame.evaluate("() => 'peer' in window"):
                return frame
        return None

    @property
    def load(self) -> str:
        """The id of this load of the page."""
        return str(self.frame.evaluate("() => peer.load"))

    def send(self, action: str, data: object = None) -> None:
        """Send a message; without `data` the message has no such key."""
        call = "([action, data]) => peer.send(action, data ?? undefined)"
        self.frame.evaluate(call, [action, data])

    def post(self, expression: str) -> None:
        """Post any value that JavaScript can write down."""
        self.frame.evaluate(f"() => peer.post({expression})")

    def received(self, action: str | None = None) -> list[dict[str, Any]]:
        """The messages that came, exactly: {data, origin, fromParent}."""
        entries = json.loads(self.frame.evaluate("() => JSON.stringify(peer.transcript)"))
        return [e for e in entries if action is None or e["data"]["action"] == action]

    def wait(self, action: str, count: int = 1) -> list[Any]:
        """Wait until `action` came so often; the data of each, None where there was none."""

        def enough() -> list[dict[str, Any]]:
            found = self.received(action)
            return found if len(found) >= count else []

        entries = self.notebook.until(enough, f"{count} {action} at the connector")
        return [entry["data"].get("data") for entry in entries]

    def ask(self, action: str, reply: str, data: object = None) -> Any:
        """Ask, and give the data of the answer."""
        before = len(self.received(reply))
        self.send(action, data)
        return self.wait(reply, before + 1)[-1]

    def told(self, count: int = 1) -> list[str]:
        """The texts of the notices that the agent was given, once there are so many."""
        return [
            " ".join(data["textArray"]) for data in self.wait("displayErrorNotification", count)
        ]
