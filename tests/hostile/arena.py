"""Arena: the built widget in a real page, with whoever speaks to it in real frames on real origins.

Only the comm is mocked: what the widget sends to its kernel is taken from the page as JSON text and
given to a real client in this process, and the client's messages the other way. There is no
notebook and no Jupyter. Pages on other ports and hosts of this machine come from servers, those
on other hosts and over https from the browser's router; the origins are the browser's own.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import math
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import crmwidget
from crmwidget.client import Client
from crmwidget.handlers import Handlers
from crmwidget.handlers.resolver import checked_crm_data, checked_directory
from tests.browser.cells import CONTACTS, CRM_DATA
from tests.hostile.case import CONNECTOR, Beside, Case, Inside, Popup, Returned, There

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import BrowserContext, ElementHandle, Frame, Page, Route

HERE: Final = Path(__file__).parent
PUPPET: Final = HERE / "puppet.html"
STATIC: Final = Path(crmwidget.__file__).with_name("static")
HOME: Final = f"{CONNECTOR}/puppet"
"""The connector's page."""
REDIRECTED: Final = "http://localhost:{other_port}"
"""Another origin that may speak."""
PATIENCE: Final = 60.0
"""Seconds until something that must happen counts as not happening."""
_FILES: Final = {
    "/arena": (HERE / "arena.html", "text/html"),
    "/widget.js": (STATIC / "widget.js", "text/javascript"),
    "/puppet": (PUPPET, "text/html"),
    "/sandboxed": (PUPPET, "text/html"),
}
_LOSSES: Final = ("rejected", "dropped")
_SPEAK: Final = "async () => { try { %s } catch (error) { return error.name } return '' }"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case."""

    passed: list[list[Any]]
    """[action, data] of what reached the kernel's handlers, in order."""
    refused: dict[str, int]
    """By reason, as the panel shows them."""
    hears: list[str]
    """What the connector was sent."""
    overheard: list[str]
    """What anybody else was sent."""
    throws: str
    """Name of the error with which it could not even be sent."""
    facts: dict[str, Any]
    """What the page then knows of the connection, and whether the kernel may dial."""


class Arena:
    """One page with the widget in it, and the kernel's end of it."""

    def __init__(self, context: BrowserContext) -> None:
        self._servers = [_serve() for _ in range(3)]
        page, port, other = (server.server_address[1] for server in self._servers)
        self.places = {
            "page": f"http://127.0.0.1:{page}",
            "port": port,
            "other_port": other,
            "cut_port": port // 10,
        }
        self._ports = {page, port, other}
        context.route(self._is_elsewhere, self._fulfil)
        self.client = _client(self._hear)
        self.got: list[list[Any]] = []
        self.errors: list[str] = []
        self._outgoing: deque[str] = deque()
        self._spoke = threading.Event()
        self._number = 0
        self._frame: Frame | None = None
        self._counts: dict[str, int] = {}
        self._notes: dict[int, dict[str, Any]] = {}
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE * 1000)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else 0)
        self.page.goto(f"{self.places['page']}/arena")
        self.client.configure(
            {
                "name": "arena",
                "simulated": False,
                "src": self.address(HOME),
                "origins": [self.address(origin) for origin in (CONNECTOR, REDIRECTED)],
                "placement": "auto",
                "limits": {"silence": 15},
                "mirror": False,
            }
        )
        self.check()

    def address(self, text: str) -> str:
        """Fill the ports of this run into an address."""
        return text.format(**self.places)

    def close(self) -> None:
        self.page.close()
        self.client.close(force=True)
        for server in self._servers:
            server.shutdown()
            server.server_close()

    # ------------------------------------------------------------ the kernel's end
    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        """The comm's way to the page."""
        assert not buffers
        self._outgoing.append(json.dumps(content))
        self._spoke.set()

    def _hear(self, message: Any) -> None:
        self.got.append([message.action, message.raw])
        self._spoke.set()

    def noted(self, reason: str) -> int:
        """How many messages the page has told the kernel not to have passed on for this reason."""
        details = (note.get("detail", {}) | {"n": note.get("n")} for note in self._notes.values())
        found = (d.get("reasons", {d.get("reason"): d["n"]}).get(reason, 0) for d in details)
        return sum(found)

    def turn(self) -> None:
        """Let the comm carry what waits on either side."""
        self._spoke.clear()
        contents = [self._outgoing.popleft() for _ in range(len(self._outgoing))]
        for text in self.page.evaluate("contents => arena.exchange(contents)", contents):
            content = json.loads(text)
            notes = (item for item in content["items"] if item["t"] == "note")
            self._notes.update({note["seq"]: note for note in notes if note["what"] in _LOSSES})
            self.client.receive(self, content)

    def until(self, seen: Callable[[], Any], what: str) -> Any:
        """The first true value of `seen()`, with the comm going on."""
        end = time.monotonic() + PATIENCE
        while not (value := seen()):
            assert time.monotonic() < end, f"waited for {what}; last seen: {value!r}"
            self.turn()
            self._spoke.wait(0.005)
        return value

    # ------------------------------------------------------------ the frames
    @property
    def connector(self) -> Frame:
        """The page in the widget's frame, once its script has run."""

        if self._frame is None:
            self._frame = self.until(self._look, "the connector's frame")[0]
        return self._frame

    def _look(self, other_than: object = None) -> tuple[Frame, object] | None:
        """The widget's frame and the load of the page in it, if that is another one."""
        with contextlib.suppress(Exception):  # it is on its way to another page
            frame = _inside(self.page.evaluate_handle("() => arena.connector()").as_element())
            load = frame.evaluate("() => typeof after === 'function' && load")
            return (frame, load) if load and load != other_than else None
        return None

    def _reload(self) -> None:
        """As a person does it in the panel: another frame."""
        self._frame = None
        self.page.evaluate("() => arena.reload()")

    @contextlib.contextmanager
    def _speaker(self, who: object) -> Iterator[Frame | Page]:
        match who:
            case "connector":
                yield self.connector
            case "page":
                yield self.page
            case "put back":
                yield self._put_back()
            case Beside(url, attributes):
                yield self._framed(self.page, "arena.frame", url, attributes)
            case Inside(url, attributes):
                connector = self.connector
                yield self._framed(connector, "frame", url, attributes)
                connector.evaluate("() => document.querySelector('iframe').remove()")
            case Popup(url):
                with self.page.expect_popup() as opened:
                    self.connector.evaluate("url => { open(url) }", self.address(url))
                popup = opened.value
                popup.wait_for_function("typeof say === 'function'")
                yield popup
                popup.close()
            case There(url):
                yield self._go(url)
                self._come_back()
            case Returned(url):
                self._go(url)
                yield self._come_back()
            case _:
                raise AssertionError(who)
        self.page.evaluate("() => arena.clear()")

    def _go(self, url: str) -> Frame:
        """The widget's frame goes to an address, or to a copy of its page that it makes itself."""
        go = """async url => {
            const html = await (await fetch("/puppet")).text();
            location = {
                "blob:": () => URL.createObjectURL(new Blob([html], { type: "text/html" })),
                "data:": () => `data:text/html,${encodeURIComponent(html)}`,
            }[url]?.() ?? url;
            }"""
        connector = self.connector
        return self._arrived(lambda: connector.evaluate(go, self.address(url)))

    def _come_back(self) -> Frame:
        """Called back by the page: a browser may forbid a stranger the way to this machine."""
        go = "url => { arena.connector().contentWindow.location = url }"
        return self._arrived(lambda: self.page.evaluate(go, self.address(HOME)))

    def _arrived(self, go: Callable[[], object]) -> Frame:
        """The widget's frame with another document in it, once `go` has brought it there."""
        before = self.connector.evaluate("() => load")
        go()
        self._frame = self.until(lambda: self._look(before), "another page in the frame")[0]
        return self.connector

    def _framed(
        self, around: Frame | Page, make: str, url: str, attributes: dict[str, str]
    ) -> Frame:
        place = {"srcdoc": PUPPET.read_text()} if url == "srcdoc" else {"src": self.address(url)}
        made = around.evaluate_handle(f"given => {make}(given)", {**place, **attributes})
        return _inside(made.as_element())

    def _put_back(self) -> Frame:
        """The element of a frame that was closed, in the page again, with another window."""
        old = self.page.evaluate_handle("() => arena.connector()")
        self._reload()
        _ = self.connector
        self.page.evaluate(
            """old => new Promise((loaded) => {
            old.className = "hostile";
            old.title = "";
            old.addEventListener("load", loaded);
            document.body.append(old);
            })""",
            old,
        )
        return _inside(old.as_element())

    # ------------------------------------------------------------ a case
    def perform(self, case: Case) -> Outcome:
        """Do what the case says, then see that a good message is answered."""
        if case.fresh:
            self._reload()
        before = self._counts
        self.connector.evaluate("() => { heard.length = 0 }")
        self.got.clear()
        self.errors.clear()
        expected = sum(before.values()) + sum(case.refused.values())
        foreign = not isinstance(case.who, str | Returned)
        with self._speaker(case.who) as speaker:
            throws = speaker.evaluate(_SPEAK % case.does)
            if expected > sum(before.values()):
                self.until(lambda: self.state()[0]["rejected"] >= expected, f"{case.refused}")
            overheard = _heard(speaker) if foreign else []
        passed, hears = self.check()
        facts, after = self.until(self.drawn, "the panel")
        self._counts = after
        return Outcome(
            passed=passed,
            refused={
                why: n - before.get(why, 0) for why, n in after.items() if n != before.get(why)
            },
            hears=hears,
            overheard=overheard,
            throws=throws,
            facts={**facts, "can_dial": self.client.session.can_dial},
        )

    def check(self, again: float = math.inf) -> tuple[list[list[Any]], list[str]]:
        """A good ready is answered by the page, a good question by Python; what came before them.

        That is what reached the handlers, without ready, and what the connector was told.
        again: seconds after which the question is asked once more, since its answer was late, and
        dropped, as it must be.
        """
        self._number += 1
        name = f"after-{self._number}"
        asked = ["requestCustomFieldsValues", {"object": {"voice": [name], "digital": []}}]
        connector = self.connector
        answered = 'name => answered.some((text) => text.includes(`${name}"`))'
        ask_at = 0.0

        def is_answered() -> bool:
            nonlocal ask_at
            if time.monotonic() >= ask_at:
                connector.evaluate("name => after(name)", name)
                ask_at = time.monotonic() + again
            return bool(connector.evaluate(answered, name))

        self.until(is_answered, f"the answer to a good message ({self.errors})")
        hears = _heard(connector)
        for ours in ("ready", "customFieldsDataResponse"):
            del hears[-1 - hears[::-1].index(ours)]
        return [one for one in self.got if one[0] != "ready" and one != asked], hears

    def state(self) -> tuple[dict[str, Any], dict[str, int]]:
        """What the page knows, and what was refused as the panel shows it."""
        facts, refused = self.page.evaluate("() => [arena.facts(), arena.refused()]")
        return facts, refused

    def drawn(self) -> tuple[dict[str, Any], dict[str, int]] | None:
        """The same once the panel has drawn what the page has counted."""
        facts, refused = self.state()
        return (facts, refused) if sum(refused.values()) == facts["rejected"] else None

    # ------------------------------------------------------------ pages from nowhere
    def _is_elsewhere(self, url: str) -> bool:
        place = urlsplit(url)
        if place.scheme not in {"http", "https"}:
            return False
        local = place.hostname in {"localhost", "127.0.0.1", "sub.localhost"}
        return not (place.scheme == "http" and local and place.port in self._ports)

    def _fulfil(self, route: Route) -> None:
        route.fulfill(content_type="text/html", body=PUPPET.read_text())


def _client(hear: Callable[[Any], None]) -> Client:
    handlers = Handlers()
    handlers.on("*", hear)
    handlers.on("custom_fields", lambda asked: dict.fromkeys(asked.names, "Field"))
    handlers.on("save_log", lambda log: None)
    client = Client("arena", handlers)
    client.sources.crm_data = checked_crm_data(CRM_DATA)
    client.sources.directory = checked_directory(CONTACTS, "US")
    return client


def _heard(place: Frame | Page) -> list[str]:
    heard: list[str] = place.evaluate("() => heard")
    return heard


def _inside(element: ElementHandle | None) -> Frame:
    assert element is not None
    frame = element.content_frame()
    assert frame is not None
    return frame


def _serve() -> http.server.ThreadingHTTPServer:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            file, kind = _FILES.get(urlsplit(self.path).path, (None, ""))
            self.send_response(204 if file is None else 200)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Access-Control-Allow-Origin", "*")
            if self.path == "/sandboxed":
                self.send_header("Content-Security-Policy", "sandbox allow-scripts")
            self.end_headers()
            if file is not None:
                self.wfile.write(file.read_bytes())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
