"""Wrong: servers for all that keeps a connector from being ready, each on an origin of its own.

A `Place` answers as it is told, over http or with a certificate that nobody
vouches for. `Fronted` is a Jupyter server behind https whose content policy is
strict. `Loose` is the widget in a page that is no notebook.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import trustme

import crmwidget
from crmwidget import Handlers
from crmwidget.client import Client
from tests.browser.lab import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

    from crmwidget.diagnosis import Diagnosis

READY: Final = 'parent.postMessage({type: "CRMConnectMessage", action: "ready"}, "*");'
ASKS: Final = 'parent.postMessage({type: "CRMConnectMessage", action: "requestCrmData"}, "*");'
CHATS: Final = 'parent.postMessage({type: "somethingElse", action: "ready"}, "*");'
GREETS: Final = f"{READY} addEventListener('message', () => {{ {ASKS} }}, {{once: true}});"
STATIC: Final = Path(crmwidget.__file__).with_name("static")


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered, whatever the path."""

    script: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200
    kind: str = "text/html; charset=utf-8"
    body: str | None = None
    with_cookie: str | None = None
    """The script for those who bring a cookie."""


class Place:
    """A page on a port of its own; `host` is the name by which it is called."""

    def __init__(self, page: Page, *, tls: ssl.SSLContext | None = None) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script = page.script
                if page.with_cookie is not None and "known=1" in self.headers.get("Cookie", ""):
                    script = page.with_cookie
                body = page.body or f"<!doctype html><title>Page</title><script>{script}</script>"
                self.send_response(page.status)
                self.send_header("Content-Type", page.kind)
                for name, value in page.headers:
                    self.send_header(name, value)
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        self.origin = f"{scheme}://localhost:{self._server.server_address[1]}"
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Mute:
    """A port that takes connections and says nothing."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(64)
        self.origin = f"http://localhost:{self._socket.getsockname()[1]}"

    def close(self) -> None:
        self._socket.close()


class Places:
    """Makes them, and ends them all."""

    def __init__(self) -> None:
        self.authority = trustme.CA()
        self._made: list[Place | Mute] = []

    def page(self, script: str = "", *headers: tuple[str, str], **more: Any) -> str:
        """The origin of a new page over http."""
        return self._add(Place(Page(script, headers, **more)))

    def secure(self, script: str = "", *headers: tuple[str, str], **more: Any) -> str:
        """The origin of a new page over https."""
        return self._add(Place(Page(script, headers, **more), tls=self.context()))

    def mute(self) -> str:
        return self._add(Mute())

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert("127.0.0.1", "localhost").configure_cert(made)
        return made

    def _add(self, place: Place | Mute) -> str:
        self._made.append(place)
        return place.origin

    def close(self) -> None:
        for each in self._made:
            each.close()


def nobody() -> str:
    """An origin at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://localhost:{probe.getsockname()[1]}"


class Fronted(Server):
    """JupyterLab under this content policy, reached over https."""

    def __init__(self, policy: str, tls: ssl.SSLContext) -> None:
        self._policy = policy
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        port = int(self.url.rpartition(":")[2])

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_flow(reader, inner_writer), _flow(inner_reader, writer))

        listen = asyncio.start_server(carry, "127.0.0.1", 0, ssl=tls)
        self._listening = asyncio.run_coroutine_threadsafe(listen, self._loop).result(20)
        self.front = f"https://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    def _environment(self) -> dict[str, str]:
        environment = super()._environment()
        headers = {"Content-Security-Policy": self._policy}
        settings = {"ServerApp": {"tornado_settings": {"headers": headers}}}
        folder = Path(environment["JUPYTER_CONFIG_DIR"])
        folder.mkdir(exist_ok=True)
        (folder / "jupyter_server_config.json").write_text(json.dumps(settings))
        return environment

    def address(self, name: str) -> str:
        return super().address(name).replace(self.url, self.front)

    def close(self) -> None:
        super().close()
        asyncio.run_coroutine_threadsafe(self._stop_carrying(), self._loop).result(20)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stop_carrying(self) -> None:
        self._listening.close()
        carrying = asyncio.all_tasks() - {asyncio.current_task()}
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)


async def _flow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
            writer.close()
            await writer.wait_closed()
    finally:
        # A farewell of TLS waits half a minute for a browser that does not say its own.
        writer.transport.abort()


_LOOSE: Final = """<!doctype html><title>A host</title><main></main>
<script type="module">
  import widget from "/widget.js";
  const said = [], listeners = [];
  const traits = { _key: "loose", _id: "m1", _born: 1 };
  const model = {
    get: (name) => traits[name],
    send: (content) => said.push(JSON.stringify(content)),
    on: (_, heard) => listeners.push(heard),
    off: () => {},
  };
  widget.initialize({ model });
  widget.render({ model, el: document.querySelector("main") });
  window.exchange = (contents) => {
    for (const content of contents) for (const heard of listeners) heard(JSON.parse(content), []);
    return said.splice(0);
  };
</script>"""


class Loose:
    """The widget in a page without an origin, and its client in this process: there is no kernel.

    JupyterLab itself does not start in such a page; hosts that show outputs in one do.
    """

    def __init__(self, context: BrowserContext, src: str) -> None:
        self._out: list[str] = []
        self._server = _loose()
        self.page = context.new_page()
        self.page.goto(f"http://127.0.0.1:{self._server.server_address[1]}/")
        self.page.wait_for_function("() => window.exchange")
        self.client = Client("loose", Handlers())
        self.client.connector = src
        self.client.configure(
            {
                "name": "loose", "simulated": False, "src": src, "origins": [src],
                "placement": "auto", "limits": {"silence": 1}, "mirror": False,
            }
        )  # fmt: skip

    def send(self, content: dict[str, Any], _: list[bytes]) -> None:
        self._out.append(json.dumps(content))

    def diagnosed(self, until: str) -> Diagnosis:
        """Carry messages both ways until the status is this one, then ask."""
        from crmwidget.diagnosis import examine

        for _ in range(1000):
            contents = [self._out.pop(0) for _ in range(len(self._out))]
            for text in self.page.evaluate("(contents) => exchange(contents)", contents):
                self.client.receive(self, json.loads(text))
            if self.client.status == until:
                return examine(self.client.page_status.evidence())
            self.page.wait_for_timeout(20)
        raise AssertionError(self.client.status)

    def close(self) -> None:
        self.client.close(force=True)
        self.page.close()
        self._server.shutdown()
        self._server.server_close()


def _loose() -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            script = self.path == "/widget.js"
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if script else "text/html")
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Security-Policy", "sandbox allow-scripts")
            self.end_headers()
            self.wfile.write((STATIC / "widget.js").read_bytes() if script else _LOOSE.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server
