"""Loopback: one answer of a browser's redirect, received on 127.0.0.1 (RFC 8252).

Other programs and pages can knock here, too, so only a request with the state
of this login counts; everything else is told so and changes nothing. Requests
are not logged and nothing of them is in the page that answers.
"""

from __future__ import annotations

import hmac
import os
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import parse_qs, urlsplit

from crmwidget.adapters._login_answers import is_this_machine
from crmwidget.errors import LoginPlaceError

if TYPE_CHECKING:
    from crmwidget.privacy import Secret

__all__ = ["Loopback"]

_HOST: Final = "127.0.0.1"
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
        try:
            self._server = _Server((_HOST, parts.port or 0), self._handler())
        except OSError as error:
            reason = error.strerror
        else:
            self.uri = f"http://{parts.hostname}:{self._server.server_port}{parts.path}"
            threading.Thread(
                target=self._server.serve_forever,
                kwargs={"poll_interval": 0.1},
                name="crmwidget login",
                daemon=True,
            ).start()
            return
        raise LoginPlaceError(
            f"127.0.0.1:{parts.port or 0}",
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
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _received(self, target: str) -> tuple[int, tuple[str, str]]:
        parts = urlsplit(target)
        if parts.path != self._path:
            return 404, _NOTHING
        try:
            fields = parse_qs(parts.query, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
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
                status, (title, text) = received(self.path)
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


def _loopback_parts(redirect: str) -> _Parts:
    try:
        parts = urlsplit(redirect)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    whole = parts.query or parts.fragment or "@" in parts.netloc or port == 0
    # IPv6 is left out: what is bound is 127.0.0.1.
    if parts.scheme == "http" and is_this_machine(host) and ":" not in host and not whole:
        return parts
    raise TypeError(
        "redirect= is the loopback address registered with the login server, "
        "such as 'http://127.0.0.1/callback' or 'http://localhost:8765/'."
    )


if TYPE_CHECKING:
    from urllib.parse import SplitResult as _Parts
