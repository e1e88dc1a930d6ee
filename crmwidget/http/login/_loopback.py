"""Loopback: one answer of a browser's redirect, received on this machine (RFC 8252).

A browser takes `localhost` for 127.0.0.1 or for ::1, as it likes: both are listened at, so that no
other program can have one of them and, with it, the answer.

Other programs and pages can knock here, too, so only a request with the state
of this login counts; everything else is told so and changes nothing. Requests
are not logged and nothing of them is in the page that answers.
"""

from __future__ import annotations

import contextlib
import errno
import hmac
import os
import queue
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qs, urlsplit

from crmwidget.errors import LoginPlaceError
from crmwidget.http.login._answers import is_this_machine

if TYPE_CHECKING:
    from crmwidget.safety.privacy import Secret

__all__ = ["Loopback"]

_LOCALHOST: Final = ("127.0.0.1", "::1")
_NO_IPV6: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})
_PORTS_TRIED: Final = 20
"""Until one is free under both addresses."""
_MOST_FIELDS: Final = 20
_NAP: Final = 1.0
"""Seconds: an interrupt is noticed in between, also where a wait cannot be interrupted."""
_STALLED: Final = 10.0
"""Seconds for a request's lines; browsers open connections that they may never use."""
_PAGE: Final = (
    "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>{title}</title>"
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_RECEIVED: Final = ("Back to the notebook", "It has the answer. You can close this tab.")
_FOREIGN: Final = (
    "Not this login",
    "This answer is not of the login that is under way. Use the newest link of the notebook.",
)
_NOTHING: Final = ("Nothing here", "This address only receives the end of a login.")


class Loopback:
    """Receives at `uri` from its creation until `close()`, or the end of a `with`.

    redirect: the address registered with the login server, on loopback; without a
    port any free one is taken, as RFC 8252 has servers allow.
    """

    def __init__(self, redirect: str, state: Secret) -> None:
        parts = _loopback_parts(redirect)
        self._path = parts.path or "/"
        self._state = state
        self._answers: queue.SimpleQueue[dict[str, str]] = queue.SimpleQueue()
        self._refused = 0
        host = parts.hostname or ""
        try:
            self._servers = _listening(host, parts.port or 0, self._handler())
        except OSError as error:
            reason = error.strerror
        else:
            self.uri = f"http://{host}:{self._servers[0].server_port}{parts.path}"
            for server in self._servers:
                threading.Thread(
                    target=server.serve_forever,
                    kwargs={"poll_interval": 0.1},
                    name="crmwidget login",
                    daemon=True,
                ).start()
            return
        raise LoginPlaceError(
            f"{host}:{parts.port or 0}",
            "receive the login",
            f"nothing can be received there: {reason}",
            "End what listens on that port, or give another one in redirect=; "
            "DeviceFlow needs none.",
        )

    def answer(self, patience: float) -> dict[str, str] | None:
        """The fields of the answer, waited for up to `patience` seconds; None: none came."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            try:
                return self._answers.get(timeout=min(left, _NAP))
            except queue.Empty:
                continue
        return None

    @property
    def refused(self) -> int:
        """How many answers came that were of another login."""
        return self._refused

    def close(self) -> None:
        """Stop, and free the port."""
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _received(self, target: str) -> tuple[int, tuple[str, str]]:
        path, _, query = target.partition("?")
        if path != self._path:
            return 404, _NOTHING
        try:
            fields = parse_qs(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        except ValueError:
            fields = {}
        state = fields.get("state", [""])[0].encode(errors="replace")
        single = all(len(values) == 1 for values in fields.values())
        if not single or not hmac.compare_digest(state, self._state.reveal().encode()):
            self._refused += 1
            return 400, _FOREIGN
        self._answers.put({name: values[0] for name, values in fields.items()})
        return 200, _RECEIVED

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        received = self._received

        class Redirected(BaseHTTPRequestHandler):
            """A browser comes back."""

            timeout = _STALLED
            server_version = "crmwidget"
            sys_version = ""

            def do_GET(self) -> None:
                # As it was asked for: `self.path` has one slash where there were several.
                status, (title, text) = received(self.requestline.split()[1])
                body = _PAGE.format(title=title, text=text).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.send_header("Referrer-Policy", "no-referrer")
                self.send_header("Content-Security-Policy", "default-src 'none'")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
                """Nothing: the request's line has the code in it."""

        return Redirected


class _Server(ThreadingHTTPServer):
    # Elsewhere than on POSIX it would let two programs listen on one port.
    allow_reuse_address = os.name == "posix"

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: a browser that went away is no fault, and a traceback could show the code."""


class _ServerV6(_Server):
    address_family = socket.AF_INET6


def _listening(host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> list[_Server]:
    """Servers at all addresses of a host, under one port, 0: any that is free at all of them.

    Raises OSError where one of the addresses cannot be had.
    """
    addresses = _LOCALHOST if host == "localhost" else (host,)
    for left in reversed(range(1 if port else _PORTS_TRIED)):
        with contextlib.ExitStack() as opened:
            servers: list[_Server] = []
            try:
                for address in addresses:
                    number = servers[0].server_port if servers else port
                    if (server := _server(address, number, handler)) is not None:
                        opened.callback(server.server_close)
                        servers.append(server)
            except OSError:
                if not left:
                    raise
            else:
                opened.pop_all()
                return servers
    raise AssertionError


def _server(address: str, port: int, handler: type[BaseHTTPRequestHandler]) -> _Server | None:
    """A server there; None: this machine has no IPv6."""
    if ":" not in address:
        return _Server((address, port), handler)
    try:
        return _ServerV6((address, port), handler) if socket.has_ipv6 else None
    except OSError as error:
        if error.errno in _NO_IPV6:
            return None
        raise


def _loopback_parts(redirect: str) -> _Parts:
    try:
        parts = urlsplit(redirect)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    whole = parts.query or parts.fragment or "@" in parts.netloc or port == 0
    # An address of IPv6 is left out: servers take 127.0.0.1, and localhost has both.
    if parts.scheme == "http" and is_this_machine(host) and ":" not in host and not whole:
        return parts
    raise TypeError(
        "redirect= is the loopback address registered with the login server, "
        "such as 'http://127.0.0.1/callback' or 'http://localhost:8765/'."
    )


if TYPE_CHECKING:
    from urllib.parse import SplitResult as _Parts
