"""Senders: who may speak. Nobody but the connector in our frame, from an origin that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.hostile.case import CONNECTOR, GOOD, PASSED, Beside, Case, Inside, Popup, Returned, There

if TYPE_CHECKING:
    from collections.abc import Iterator

SANDBOX: Final = {"sandbox": "allow-scripts"}
SAME: Final = {"sandbox": "allow-scripts allow-same-origin"}
ONCE: Final = {"source": 1}


def senders() -> Iterator[Case]:
    for name, url in _LOOK_ALIKES.items():
        yield Case(f"frame at {name}", GOOD, There(url), refused={"origin": 1})
    for name, who in _STRANGERS.items():
        yield Case(name, GOOD, who, refused=ONCE)
    for name, url in _STILL_THE_CONNECTOR.items():
        yield Case(name, GOOD, There(url), passed=PASSED)
    for name, (does, reasons) in _PAGE.items():
        yield Case(name, does, "page", refused=reasons)
    yield Case(
        "connector after it was elsewhere",
        GOOD,
        Returned("http://evil.example/puppet"),
        passed=PASSED,
    )
    yield Case(
        "stranger that makes no claim",
        "say('hello'); say({type: 'other'}); say(null); say(message('value').action);" + GOOD,
        Beside("{page}/puppet"),
        refused=ONCE,  # for the last one, which claims to be the connector's
    )
    yield Case(
        "page in the connector that speaks to the connector",
        "parent.postMessage(message('value', 1), '*');" + GOOD,
        Inside("http://localhost:{other_port}/puppet"),
        refused=ONCE,
    )
    yield Case(
        "page in the connector that borrows its voice",  # of one origin, it is the connector
        "parent.eval(`say(message('value', 1))`)",
        Inside(f"{CONNECTOR}/puppet"),
        passed=PASSED,
    )
    yield Case(
        "connector that speaks to top", "top.postMessage(message('value', 1), '*')", passed=PASSED
    )
    yield Case(
        "connector that hands a port over",
        "say(message('value', 1), [new MessageChannel().port1])",
        passed=PASSED,
    )


_LOOK_ALIKES: Final = {
    "another port": "http://127.0.0.1:{other_port}/puppet",
    "the address behind the name": "http://127.0.0.1:{port}/puppet",
    "the notebook's own origin": "{page}/puppet",
    "a subdomain": "http://sub.localhost:{port}/puppet",
    "a subdomain of nowhere": "http://connector.localhost:{port}/puppet",
    "the name and a suffix": "http://localhost.example:{port}/puppet",
    "the name as a suffix": "http://evillocalhost:{port}/puppet",
    "the name as a subdomain": "http://localhost.evil.example:{port}/puppet",
    "the name with a dot": "http://localhost.:{port}/puppet",
    "a name with a Cyrillic letter": "http://l\N{CYRILLIC SMALL LETTER O}calhost:{port}/puppet",
    "https": "https://localhost:{port}/puppet",
    "https and no port": "https://localhost/puppet",
    "no port": "http://localhost/puppet",
    "a port that begins alike": "http://localhost:{cut_port}/puppet",
    "the origin in its path": "http://evil.example/http://localhost:{port}/puppet",
    "the origin in its query": "http://evil.example/puppet?http://localhost:{port}",
    "the origin in its fragment": "http://evil.example/puppet#http://localhost:{port}",
    "IPv6": "http://[::1]:{port}/puppet",
    "a sandbox": f"{CONNECTOR}/sandboxed",
    "data:": "data:",
}
_STRANGERS: Final = {
    "frame beside, the connector's origin": Beside(f"{CONNECTOR}/puppet"),
    "frame beside, an allowed origin": Beside("http://localhost:{other_port}/puppet"),
    "frame beside, another origin": Beside("http://127.0.0.1:{other_port}/puppet"),
    "frame beside, the page's origin": Beside("{page}/puppet"),
    "frame beside, in a sandbox": Beside(f"{CONNECTOR}/puppet", SANDBOX),
    "frame beside, in a sandbox of its origin": Beside(f"{CONNECTOR}/puppet", SAME),
    "frame beside, srcdoc": Beside("srcdoc"),
    "frame beside, srcdoc in a sandbox": Beside("srcdoc", SANDBOX),
    "frame beside, with the customary id": Beside(
        f"{CONNECTOR}/puppet", {"id": "crmConnectIframeId"}
    ),
    "frame beside, with our title": Beside(f"{CONNECTOR}/puppet", {"name": "Softphone arena"}),
    "frame in the connector, its origin": Inside(f"{CONNECTOR}/puppet"),
    "frame in the connector, another origin": Inside("http://evil.example/puppet"),
    "frame in the connector, the page's origin": Inside("{page}/puppet"),
    "frame in the connector, in a sandbox": Inside(f"{CONNECTOR}/puppet", SANDBOX),
    "frame in the connector, in a sandbox of its origin": Inside(f"{CONNECTOR}/puppet", SAME),
    "frame in the connector, srcdoc": Inside("srcdoc"),
    "frame in the connector, srcdoc in a sandbox": Inside("srcdoc", SANDBOX),
    "popup of the connector, its origin": Popup(f"{CONNECTOR}/puppet"),
    "popup of the connector, another origin": Popup("http://evil.example/puppet"),
    "closed frame, put back into the page": "put back",
}
_STILL_THE_CONNECTOR: Final = {
    "connector at another path": f"{CONNECTOR}/puppet?another#one",
    "connector in capitals": "HTTP://LOCALHOST:{port}/puppet",
    "connector in a blob of its own": "blob:",
    "connector at a further allowed origin": "http://localhost:{other_port}/puppet",
}
_PAGE: Final[dict[str, tuple[str, dict[str, int]]]] = {
    "the page itself": (GOOD, ONCE),
    "the page, without a target": ("postMessage(message('value', 1))", ONCE),
    "event made by a script, all right": ("arena.forge(message('value', 1))", {"untrusted": 1}),
    "event made by a script, no message": ("arena.forge('text')", {"untrusted": 1}),
    "event made by a script, no source": (
        "arena.forge(message('value', 1), {source: null})",
        {"untrusted": 1},
    ),
    "event made by a script, the page as source": (
        "arena.forge(message('value', 1), {source: window})",
        {"untrusted": 1},
    ),
    "event made by a script, another origin": (
        "arena.forge(message('value', 1), {origin: 'http://evil.example'})",
        {"untrusted": 1},
    ),
    "event made by a script, a log": (
        "arena.forge(message('requestSaveInteractionLog', {}))",
        {"untrusted": 1},
    ),
    "event made by a script, initMessageEvent": (
        """const made = document.createEvent("MessageEvent");
        made.initMessageEvent("message", false, false, message("value", 1),
            new URL(arena.connector().src).origin, "", arena.connector().contentWindow, []);
        dispatchEvent(made)""",
        {"untrusted": 1},
    ),
    "event made by a script, a class that says it is trusted": (
        """class Trusted extends MessageEvent { get isTrusted() { return true } }
        dispatchEvent(new Trusted("message", {data: message("value", 1), source: window,
            origin: new URL(arena.connector().src).origin}))""",
        {"untrusted": 1},
    ),
    "true event, dispatched again": ("dispatchEvent(arena.last())", {"untrusted": 1}),
    "event without data": ("dispatchEvent(new Event('message'))", {}),
    "event of another class": (
        "dispatchEvent(new CustomEvent('message', {detail: message('x')}))",
        {},
    ),
}
