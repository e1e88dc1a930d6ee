"""Framing and addresses: what `reach` and `address` say of them, and what a Chromium does.

A browser of its own, in which every name is one server on this machine, over http and https: so a
page may be of any origin. Combinations of headers are made by a grammar, from seeds that are fixed.
"""

from __future__ import annotations

import http.server
import itertools
import json
import os
import random
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import trustme
from playwright.sync_api import sync_playwright

from crmwidget.address import host_of
from crmwidget.reach import Hop, Reach, reach

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

Headers = tuple[tuple[str, str], ...]

PAGES: Final = (
    "http://127.0.0.1:8888",
    "http://localhost:8888",
    "http://[::1]:8888",
    "https://hub.example.com",
    "https://hub.example.com:8443",
    "http://hub.example.com",
    "http://hub.example.com:8000",
    "https://lab.hub.example.com",
)
OWN: Final = (
    "http://localhost:4200",
    "https://localhost:4200",
    "https://hub.example.com",
    "http://hub.example.com:8443",
    "http://[::1]:8888",
)


class Everywhere:
    """One server for every name: http and https at one port, told apart by the first byte."""

    def __init__(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("localhost").configure_cert(context)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                asked = {name: json.loads(values[0]) for name, values in parse_qs(
                    urlsplit(self.path).query, keep_blank_values=True
                ).items()}  # fmt: skip
                body = asked.get("body", "<!doctype html><script>"
                    "parent.postMessage('shown', '*')</script>")  # fmt: skip
                self.send_response(asked.get("status", 200))
                for name, value in asked.get("headers", []):
                    self.wfile_header(name, value)
                if not any(name == "Content-Type" for name, _ in asked.get("headers", [])):
                    self.send_header("Content-Type", "text/html")
                if asked.get("status") != 204:
                    self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode() if asked.get("status") != 204 else b"")

            def wfile_header(self, name: str, value: str) -> None:
                self._headers_buffer.append(f"{name}: {value}\r\n".encode("latin-1"))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Both(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def finish_request(self, request: Any, client_address: Any) -> None:
                if request.recv(1, 2) == b"\x16":  # MSG_PEEK; a TLS handshake begins with it
                    request = context.wrap_socket(request, server_side=True)
                super().finish_request(request, client_address)

            def handle_error(self, *_: object) -> None:
                """A browser ends what it does not want."""

        self._server = Both(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
