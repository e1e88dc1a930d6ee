"""The built page of the simulator: in a sandbox without an origin, and on an origin of its own."""

from __future__ import annotations

import http.server
import threading
from html import escape
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from crmwidget.simulator import Scenario, page, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, FrameLocator, Page

ANSWERS = """
const heard = [];
const answers = {
  ready: "ready", requestCrmData: "crmData", requestGetCrmDirectory: "crmDirectory",
};
const data = {
  crmData: {
    callCenterSettings: {SoftphoneOptions: {clickToDial: "Y"}},
    currentUser: {
      attributes: {type: "User"}, Name: "Ada Marsh", Username: "ada@example.com", Id: "U-1",
      LanguageLocaleKey: "en_US",
    },
    capabilities: {directoryAvailable: true},
  },
  crmDirectory: {
    count: "1",
    results: [{id: 1, name: "Bo Larsen", phone: "+1 202 555 0143", email: null}],
  },
};
addEventListener("message", ({source, origin, data: {action}}) => {
  heard.push([origin, action]);
  const answer = answers[action];
  if (answer)
    source.postMessage({type: "ClientAppMessage", action: answer, data: data[answer]}, "*");
});
"""


class Client:
    """A client application's page on localhost that answers whatever its frame asks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on(
            "console", lambda said: self.errors.append(said.text) if said.type == "error" else 0
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.body = ""
        client = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(client.body.encode())

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def embed(self, attributes: str) -> FrameLocator:
        frame = f"<iframe width=320 height=600 {attributes}></iframe>"
        self.body = (
            f'<!doctype html><link rel="icon" href="data:,"><script>{ANSWERS}</script>{frame}'
        )
        self.page.goto(self.url)
        return self.page.frame_locator("iframe")

    def close(self) -> None:
        self.page.close()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def client(context: BrowserContext) -> Iterator[Client]:
    client = Client(context.new_page())
    yield client
    client.close()
    assert client.errors == []


SANDBOXED = 'sandbox="allow-scripts" srcdoc="{}"'


def take_a_call(phone: FrameLocator) -> None:
    phone.get_by_role("button", name="Incoming call: Bo Larsen").click()
    phone.get_by_role("button", name="Accept").click()
    phone.get_by_role("button", name="End").click()
    phone.get_by_label("Topic").fill("Renewal")
    phone.get_by_role("button", name="Save log").click()
    expect(phone.get_by_text("log sent")).to_be_visible()


def test_it_works_in_a_sandbox_without_an_origin(client: Client) -> None:
    phone = client.embed(SANDBOXED.format(escape(page())))

    take_a_call(phone)

    assert client.page.evaluate("heard.at(-1)") == ["null", "requestSaveInteractionLog"]


def test_it_works_served_from_an_origin_of_its_own_under_its_policy(client: Client) -> None:
    with serve() as server:
        phone = client.embed(f'src="{server.url}"')

        take_a_call(phone)

    assert client.page.evaluate("heard.at(-1)") == [server.url[:-1], "requestSaveInteractionLog"]
    background = phone.locator("body").evaluate("body => getComputedStyle(body).backgroundColor")
    face = phone.locator(".face.free").evaluate("face => getComputedStyle(face).width")
    assert (background, face) == ("rgb(250, 252, 252)", "80px")


def test_served_it_neither_obeys_the_page_around_it_nor_tells_it_more_than_a_connector(
    client: Client,
) -> None:
    forge = """() => {
        window.kinds = new Set();
        addEventListener("message", ({data}) => kinds.add(data.type));
        const frame = document.querySelector("iframe").contentWindow;
        const command = (what, args) =>
            frame.postMessage({type: "crmwidget/simulator", id: 7, what, args}, "*");
        command("send", {action: "forged"});
        command("ring", {number: "+12025550143"});
        command("scenario", {scenario: "hold"});
        command("theme", {value: "dark"});
        frame.postMessage({type: "ClientAppMessage", action: "afterwards"}, "*");
    }"""
    with serve(scenario=Scenario([{"do": "state"}])) as server:
        phone = client.embed(f'src="{server.url}"')
        expect(phone.get_by_role("button", name="Incoming call: Bo Larsen")).to_be_visible()

        client.page.evaluate(forge)

        # Messages keep their order: what it has to say of the commands comes before this.
        expect(phone.get_by_role("button", name="Problems: 1")).to_be_visible()
        phone.locator("html").evaluate("simulator.send('last')")
        client.page.wait_for_function("heard.at(-1)[1] === 'last'")
        scheme = phone.locator("html").evaluate("html => html.style.colorScheme")
    assert client.page.evaluate("[...kinds]") == ["CRMConnectMessage"]
    assert client.page.evaluate("heard.filter(([, action]) => action == 'forged')") == []
    assert scheme == ""


def test_only_the_page_that_was_named_can_embed_it(client: Client) -> None:
    with serve(embedder=client.url) as server:
        phone = client.embed(f'src="{server.url}"')
        expect(phone.get_by_role("button", name="Incoming call: Bo Larsen")).to_be_visible()
    with serve(embedder="https://hub.example.com") as server:
        client.embed(f'src="{server.url}"')
        client.page.wait_for_function("frames[0].length === 0")
        assert client.page.evaluate("heard") == []

    assert all("frame-ancestors https://hub.example.com" in said for said in client.errors)
    client.errors.clear()


def test_it_loads_nothing_and_stores_nothing(client: Client) -> None:
    requests: list[str] = []
    client.page.on("request", lambda request: requests.append(request.url))

    take_a_call(client.embed(SANDBOXED.format(escape(page()))))

    assert requests == [client.url]


def test_opened_by_itself_it_says_what_it_is_for(client: Client) -> None:
    with serve() as server:
        client.page.goto(server.url)

        expect(client.page.get_by_text("Nobody embeds this page")).to_be_visible()
        expect(client.page.get_by_text(server.url[:-1])).to_be_visible()
        assert client.page.evaluate("simulator.transcript") == []


def test_it_can_be_asked_for_its_login_page_by_address(client: Client) -> None:
    with serve() as server:
        phone = client.embed(f'src="{server.url}?login"')
        phone.get_by_role("button", name="Sign in").click()

        expect(phone.get_by_text("Ada Marsh")).to_be_visible()
