"""A login server that says what a test has it say, over http on this machine."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = "/.well-known/openid-configuration"


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    fields: Mapping[str, str]
    authorization: str


@dataclass
class LoginDouble:
    """Answers each path with what it was told to, in order; the last answer stays.

    An answer is a mapping (JSON), or a status and a body.
    """

    answers: dict[str, list[object]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    document: dict[str, object] = field(default_factory=dict)

    def says(self, path: str, *answers: object) -> None:
        """What it answers from now on."""
        self.answers[path] = list(answers)

    def asks(self, path: str) -> list[Asked]:
        """The requests for a path."""
        return [asked for asked in self.asked if asked.path == path]

    @property
    def url(self) -> str:
        """Its issuer."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def host(self) -> str:
        """As errors and prompts call it."""
        return self.url.removeprefix("http://")

    def _answer(self, path: str) -> tuple[int, bytes]:
        if path == DOCUMENT and path not in self.answers:
            return 200, json.dumps(self.document).encode()
        told = self.answers.get(path)
        if not told:
            return 404, b"not here"
        answer = told.pop(0) if len(told) > 1 else told[0]
        if isinstance(answer, tuple):
            return answer
        status = 400 if isinstance(answer, dict) and "error" in answer else 200
        return status, json.dumps(answer).encode()

    def __enter__(self) -> Self:
        double = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                fields = dict(parse_qsl(self.rfile.read(length).decode()))
                authorization = self.headers.get("Authorization", "")
                double.asked.append(Asked(self.path, fields, authorization))
                status, body = double._answer(self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def log_message(self, *_: object) -> None:
                """Nothing to read here."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.document |= {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/token",
            "authorization_endpoint": f"{self.url}/authorize",
            "device_authorization_endpoint": f"{self.url}/device",
        }
        self.says("/token", {"access_token": "first-token", "expires_in": 3600})
        self.says(
            "/device",
            {
                "device_code": "the-device-code",
                "user_code": "WDJB-MJHT",
                "verification_uri": "https://login.example.com/device",
                "expires_in": 600,
                "interval": 2,
            },
        )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
