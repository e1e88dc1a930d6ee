"""Road: a proxy between an adapter and a server, where answers and requests get lost.

It passes everything on and keeps what came by; a test says what is to happen
to the next request of a method instead. Not told anything, it changes nothing.
"""

from __future__ import annotations

import contextlib
import http.client
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

Fate = Literal["passes", "answer lost", "request lost"]
_PATIENCE = 60.0


@dataclass(frozen=True)
class Passed:
    """A request that came by."""

    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Instead:
    """What is answered instead of the server's answer; the server is not asked."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Road:
    """`url` leads to `server`, on another port."""

    def __init__(self, server: str) -> None:
        self._to = urlsplit(server)
        self.passed: list[Passed] = []
        self._fates: dict[str, deque[Fate | Instead]] = defaultdict(deque)
        self._came = Condition()
        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._proxy.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._proxy.server_address[1]}"
        self._thread = Thread(target=self._proxy.serve_forever, args=(0.05,))
        self._thread.start()

    def happens(self, method: str, *fates: Fate | Instead) -> None:
        """What happens to the next requests of this method, one after the other."""
        self._fates[method].extend(fates)

    def count(self, method: str) -> int:
        """How many requests of a method came by."""
        return sum(one.method == method for one in self.passed)

    def await_request(self, method: str) -> None:
        """Wait until a request of this method came by."""
        with self._came:
            assert self._came.wait_for(lambda: self.count(method), _PATIENCE), f"no {method} came"

    def close(self) -> None:
        """End it; connections that are open break."""
        self._proxy.shutdown()
        self._proxy.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        road = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                size = int(self.headers.get("Content-Length") or 0)
                came = Passed(self.command, self.path, dict(self.headers), self.rfile.read(size))
                with road._came:
                    road.passed.append(came)
                    waiting = road._fates[self.command]
                    fate = waiting.popleft() if waiting else None
                    road._came.notify_all()
                self.close_connection = True
                if fate == "request lost":
                    return
                given = fate if isinstance(fate, Instead) else None
                with contextlib.suppress(OSError, http.client.HTTPException):
                    given = given or road._asked(came)
                if given is not None and fate != "answer lost":
                    self._give(given)

            def _give(self, given: Instead) -> None:
                self.send_response(given.status)
                for name, value in given.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(given.body)

            def log_message(self, *message: object) -> None:
                pass

            do_GET = do_POST = do_PROPFIND = do_REPORT = handle_any  # noqa: N815 - as it looks them up

        return Handler

    def _asked(self, came: Passed) -> Instead:
        to = http.client.HTTPConnection(self._to.hostname or "", self._to.port, timeout=_PATIENCE)
        own = {"host", "connection"}
        sent = {name: value for name, value in came.headers.items() if name.lower() not in own}
        with contextlib.closing(to):
            to.request(came.method, came.path, came.body, sent)
            answer = to.getresponse()
            hop = {"connection", "transfer-encoding", "content-length"}
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in hop}
            return Instead(answer.status, kept, answer.read())
