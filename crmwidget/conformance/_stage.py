"""The stage: a client application in a browser, and the kit's own connector in its frame.

The simulator has habits: it pings, asks and rings by itself. So what the client loads from the
connector's origin is answered by connector.html, which does nothing that Python has not
said; one rule at the end plays with the simulator itself. Everything that waits is bounded.

A client may replace its frame at any time: it loads the record's page on a screen pop, or mounts
its component anew. Then the stage goes on in the new frame as a connector does, from `ready` on,
and asks again what was not answered.
"""

from __future__ import annotations

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from crmwidget.conformance._shape import MISSING
from crmwidget.errors import ConformanceError
from crmwidget.protocol import FROM_CONNECTOR
from crmwidget.safety.privacy import mask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from playwright.sync_api import Dialog, Error, Frame, Page, Request, Route

HERE: Final = Path(__file__).parent
OPENING: Final = 30.0
"""Seconds in which the client shows its frame."""
LOOKING: Final = 0.05
"""Seconds between two looks for it."""
HUNG: Final = 30.0
"""Seconds after which a page that answers nothing counts as hung."""
QUIET: Final = 0.02
"""Seconds that are always waited for what should not come."""
RETURNS: Final = 60
"""How often a client may replace its frame in a run."""
GREETING: Final = 1.0
"""Seconds between two first ready: a client may begin to listen after its frame has loaded."""
LONGEST: Final = 120
"""Characters of an error's text that are shown."""
_ANOTHER: Final = "known => globalThis.probe && probe.id !== known"
_LOADED: Final = f"known => document.readyState === 'complete' && ({_ANOTHER})(known)"
_KIT: Final = "window[Symbol.for('crmwidget.conformance')]"


@dataclass(slots=True)
class Heard:
    """A message that came to the frame."""

    message: Any
    text: bool
    """It was a string, and is shown here read as JSON."""
    client: bool
    """It came from the window around the frame."""
    taken: bool = False
    """Some rule has waited for it, or judged it."""

    @property
    def action(self) -> str:
        """The action in lower case; empty where there is none."""
        found = self.message.get("action") if isinstance(self.message, dict) else None
        return found.lower() if isinstance(found, str) else ""

    @property
    def data(self) -> Any:
        """Its data, or MISSING."""
        return self.message.get("data", MISSING) if isinstance(self.message, dict) else MISSING


class FrameGoneError(Exception):
    """The client has taken its frame away, or replaces it without end."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a rule began, for one that is judged again."""

    replaced: int
    heard: int
    kept: dict[str, Any]
    errors: tuple[str, ...]
    judged: frozenset[str]
    thrown: int


class Stage:
    """One client; `ask`, `post` and `settle` are the connector, `click` is the user."""

    def __init__(
        self, page: Page, connector: str, dial: Sequence[str] = (), patience: float = 5.0
    ) -> None:
        self.page = page
        self.connector = connector
        parts = urlsplit(connector)
        host = parts.hostname or ""
        named = any(letter.isalpha() for letter in host) and "." in host
        self.stranger = f"{parts.scheme}://{host if named else 'other'}.stranger.example"
        """Another origin, whose name begins like the connector's."""
        self.dial = tuple(dial)
        self.patience = patience
        self.heard: list[Heard] = []
        self.errors: list[str] = []
        """What the page threw and nobody has judged."""
        self.judged: set[str] = set()
        self.dialogs = 0
        self.windows = 0
        self.requests: list[tuple[str, str, str]] = []
        """Method, URL and body of each that went elsewhere than to the connector."""
        self.kept: dict[str, Any] = {}
        """What rules found out for each other."""
        self.slowest = 0.0
        """Seconds of the slowest answer so far."""
        self.barrier: tuple[str, str] | None = None
        """Question and answer that tell that all before has been read."""
        self.simulated = False
        self.replaced = 0
        """How often the client has replaced its frame so far."""
        self.hangs = False
        """The page answers nothing any more."""
        self.greeted = False
        """The connector has said ready: it says so to a new frame as well."""
        self._dialling = False
        self._thrown: list[str] = []
        self._pulled = 0
        self._number = 0
        self._id = ""
        self._listeners: Final[dict[Any, Callable[[Any], None]]] = {
            "pageerror": self._threw,
            "dialog": self._answer,
            "popup": self._popup,
            "request": self._request,
        }
        self._document = (HERE / "connector.html").read_text(encoding="utf-8")
        self._watch()

    # ------------------------------------------------------------ the browser
    def _watch(self) -> None:
        page = self.page
        page.add_init_script(path=HERE / "client.js")
        for event, listener in self._listeners.items():
            page.on(event, listener)
        page.context.route(self._ours, self._fulfil)

    def leave(self) -> None:
        """Let the page go: it may be checked again, or used for something else."""
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)
        if self.hangs:
            return  # the browser waits for such a page before it says that a route is gone
        with contextlib.suppress(Exception):  # a page that was closed
            self.page.context.unroute(self._ours, self._fulfil)

    def _ours(self, url: str) -> bool:
        return _within(url, self.connector, self.stranger)

    def _threw(self, error: Error) -> None:
        said = _said(error.name or "", error.message)
        self.errors.append(said)
        self._thrown.append(said)

    def _answer(self, dialog: Dialog) -> None:
        self.dialogs += 1
        dialog.accept()

    def _popup(self, page: Page) -> None:
        self.windows += 1
        page.close()

    def _request(self, request: Request) -> None:
        if not self._ours(request.url):
            body = request.post_data_buffer or b""
            text = body[:100_000].decode(errors="replace")
            self.requests.append((request.method, request.url, text))

    def _fulfil(self, route: Route) -> None:
        if route.request.resource_type not in {"document", "fetch", "xhr"}:
            route.fulfill(status=404)
            return
        text = self._document
        if self.simulated:
            from crmwidget.simulator import page

            text = page()
        headers = {
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": "*",
            # A client that isolates itself may only embed what allows it
            "Cross-Origin-Embedder-Policy": "require-corp",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        if _within(route.request.url, self.connector):
            # A process of its own, where possible: a client that hangs does not hang its frame
            headers["Origin-Agent-Cluster"] = "?1"
        route.fulfill(headers=headers, body=text)

    def find(self) -> None:
        """Wait for the client's frame; raises ConformanceError if there is none."""
        found = self._shown_frame()
        if found is None:
            raise ConformanceError(
                f"the client loaded nothing from {self.connector} into a frame within "
                f"{OPENING:g} s",
                "Give --connector the origin of its iframe's src, and a URL where the iframe is "
                "shown without a login or a click.",
            )
        if found.parent_frame is None:
            raise ConformanceError(
                f"{self.connector} was not loaded into a frame, but as the page itself",
                "Give the address of the client application, which embeds the connector.",
            )
        self._enter(found)
        self.address = found.url

    def _enter(self, frame: Frame) -> Any:
        """Talk to the document in this frame from now on; what it found left by the last one."""
        self.frame = frame
        self.client = frame.parent_frame or frame
        self._pulled = 0
        self._id, left = frame.evaluate("() => [probe.id, probe.left]")
        return left

    def _shown_frame(self) -> Frame | None:
        """The connector's frame, with another document than the one that is known."""
        end = time.monotonic() + OPENING
        while time.monotonic() < end:
            for frame in self.connectors():
                with contextlib.suppress(Exception):  # it is being replaced
                    # By the clock: a frame that is not in view draws nothing
                    limit = HUNG * 100
                    frame.wait_for_function(_ANOTHER, arg=self._id, polling=20, timeout=limit)
                    return frame
            self.page.wait_for_timeout(LOOKING * 1000)
        return None

    def connectors(self) -> list[Frame]:
        """Frames in which the client shows the connector now: one, but while it replaces it."""
        return [
            frame
            for frame in self.page.frames
            if _within(frame.url, self.connector)
            and not (frame.parent_frame and self._ours(frame.parent_frame.url))
        ]

    def lost(self) -> bool:
        """Whether the document that is known is there no more."""
        from playwright.sync_api import Error

        try:
            return bool(self.frame.evaluate("() => globalThis.probe?.id") != self._id)
        except Error:
            return True

    def follow(self) -> bool:
        """Go on in the frame that the client has put in the place of the last one.

        Returns whether the last one had posted what it was told last. Raises FrameGoneError.
        """
        from playwright.sync_api import Error

        known, pulled = self._id, self._pulled
        self.replaced += 1
        if self.replaced > RETURNS:
            raise FrameGoneError("the client replaces its frame again and again")
        try:
            found = self._shown_frame()
            if found is None:
                raise FrameGoneError(
                    f"the frame was removed, and did not come back within {OPENING:g} s"
                )
            left = self._enter(found)
        except Error as error:
            raise FrameGoneError("the page was closed, or has crashed") from error
        posted = True
        if left and left["id"] == known:
            posted = left["asked"] >= self._number
            self._hear(left["entries"][max(0, pulled - left["told"]) :])
        if self.greeted:
            self.greet()
        return posted

    def greet(self) -> None:
        """Begin in a frame that has loaded again, as a connector does."""
        since, slowest = len(self.heard), self.slowest
        for _ in range(max(2, round(self.patience / GREETING))):
            if self.ask("ready", reply="ready", wait=GREETING):
                break
        self.settle()
        for one in self.heard[since:]:
            one.taken = one.taken or one.action == "ready"
        # A page that has just been loaded is slower than it will be
        self.slowest = slowest
        if self._dialling:
            self.post(message(ENABLE, {"isEnabled": True}))

    def mark(self) -> Mark:
        """Where a rule begins."""
        errors, judged = tuple(self.errors), frozenset(self.judged)
        return Mark(
            self.replaced, len(self.heard), dict(self.kept), errors, judged, len(self._thrown)
        )

    def back_to(self, mark: Mark) -> None:
        """Forget what a rule has found out and heard; what was thrown is still to be judged."""
        self.kept = dict(mark.kept)
        for one in self.heard[mark.heard :]:
            one.taken = True
        self.errors = [*mark.errors, *self._thrown[mark.thrown :]]
        self.judged = set(mark.judged)

    def value(self, expression: str, arg: object = None) -> Any:
        """The value of a function in the client; unlike `evaluate` it does not wait for ever."""
        body = f"arg => ({{ value: ({expression})(arg) }})"
        found = self.client.wait_for_function(body, arg=arg, polling=10, timeout=HUNG * 1000)
        return found.json_value()["value"]

    # ------------------------------------------------------------ the connector
    def ask(
        self,
        action: str,
        *data: object,
        reply: str,
        count: int = 1,
        wait: float | None = None,
        times: int = 1,
    ) -> list[Heard]:
        """Post a question and wait for its answers: those that came, `count` at most."""
        messages = [message(action, *data)] * times
        since = len(self.pull())
        took = self._exchange(messages, reply, count, self.patience if wait is None else wait)
        came = (one for one in self.heard[since:] if not one.taken)
        new = [one for one in came if one.action == reply.lower()][:count]
        for one in new:
            one.taken = True
        if len(new) == count:
            self.slowest = max(self.slowest, took)
        return new

    def post(self, *messages: object) -> None:
        """Post without waiting."""
        self._exchange(list(messages))

    def wait_for(self, reply: str) -> None:
        """Wait for a message that somebody else has caused, as long as for an answer."""
        self._exchange([], reply, 1, self.patience)

    def _exchange(
        self,
        messages: Sequence[object],
        reply: str = "",
        count: int = 0,
        wait: float = 0,
        *,
        rest: float = 0,
        written: str = "",
    ) -> float:
        """Post, wait for answers, and take in what came; returns the seconds until then."""
        since = len(self.heard)
        self._note(messages)
        listed = [*([written] if written else []), *map(json.dumps, messages)]
        given = {"action": reply, "count": count, "ms": wait * 1000, "rest": rest * 1000}
        while True:
            found = self._probe("exchange", given, listed)
            if found is not None:
                return float(found["took"]) / 1000
            if self.follow() and not count:
                listed = []
            came = [one for one in self._answers(reply, since) if not one.taken]
            if count and len(came) >= count:
                return 0.0
            for one in came:
                one.taken = True  # all are asked again

    def _answers(self, reply: str, since: int) -> list[Heard]:
        return [one for one in self.heard[since:] if one.action == reply.lower()]

    def _probe(self, call: str, given: Mapping[str, object], listed: Sequence[str]) -> Any:
        """Call the connector's document, and take in what it heard; None: it is there no more.

        listed: the messages to be posted, as JavaScript.
        """
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

        self._number += 1
        known = {"id": self._id, "number": self._number, "since": self._pulled}
        script = f"arg => probe.{call}({{...arg, messages: [{', '.join(listed)}]}})"
        try:
            found = self.frame.evaluate(script, {**given, **known})
        except PlaywrightTimeoutError:
            raise
        except Error:
            if not self.lost():
                raise
            return None
        if found is not None:
            self._take_in(found["heard"])
        return found

    def _note(self, messages: Sequence[object]) -> None:
        """Remember whether the client may dial: a new frame is told so again."""
        for one in messages:
            if isinstance(one, dict) and one.get("action") == ENABLE:
                self._dialling = one["data"]["isEnabled"] is True

    def pull(self) -> list[Heard]:
        """All messages so far."""
        while self._probe("told", {}, ()) is None:
            self.follow()
        return self.heard

    def _take_in(self, entries: list[dict[str, Any]]) -> None:
        self._pulled += len(entries)
        self._hear(entries)

    def _hear(self, entries: list[dict[str, Any]]) -> None:
        self.heard += [Heard(one["message"], one["text"], one["client"]) for one in entries]

    def take(self, since: int) -> list[Heard]:
        """What came since that nobody asked for; notifications are nobody's answer."""
        new = [one for one in self.heard[since:] if not one.taken and one.action != NOTICE]
        for one in new:
            one.taken = True
        return new

    def pass_barrier(self, written: str = "", rest: float = 0) -> bool:
        """Wait until the client has read what was posted; whether it answers.

        written: what is posted before, in JavaScript. rest: seconds that are waited afterwards.
        """
        if self.barrier is None:
            return False
        asked, answer = self.barrier
        since = len(self.heard)
        if written:
            self._exchange([], written=written)
        self._exchange([message(asked)], answer, 1, self.patience, rest=rest)
        for one in self.heard[since:]:
            if one.action == answer.lower() and not one.taken:
                one.taken = True
                return True
        return False

    def settle(self) -> int:
        """Wait until an answer would be there; returns where the messages now end."""
        # To some clients ready means that the frame has loaded again: it would disable dialling
        if self.barrier and self.barrier[0] != "ready":
            self.pass_barrier(rest=self.late)
        else:
            self._exchange([], rest=self.late)
        return len(self.heard)

    @property
    def late(self) -> float:
        """Seconds after which an answer would be there."""
        return QUIET + 2 * self.slowest

    def survives(self, cases: Sequence[tuple[str, str]]) -> list[str]:
        """Post each written message; what the client threw, or that it fell silent.

        cases: what a message is called, and the message in JavaScript.
        """
        errors = len(self.errors)
        answered = self._go_through([expression for _, expression in cases])
        self.settle()
        self.value("() => 0")
        if answered and len(self.errors) == errors:
            return []
        # All in one go costs a tenth of the time; one after the other tells which of them it was.
        thrown = self.take_errors(errors)
        names = ", ".join(name for name, _ in cases)
        alone = [fault for name, expression in cases for fault in self._alone(name, expression)]
        return alone or [f"after {names}: the client threw {one}" for one in thrown]

    def _go_through(self, written: Sequence[str]) -> bool:
        """Post each of these, and the barrier's question after it; whether all were answered."""
        asked, answer = self.barrier or ("", "")
        question = message(asked) if asked else None
        given = {"asked": question, "action": answer, "ms": self.patience * 1000}
        since = len(self.heard)
        while (found := self._probe("goThrough", given, written)) is None:
            self.follow()
            for one in self._answers(answer, since):
                one.taken = True  # all are asked again
            since = len(self.heard)
        for one in self._answers(answer, since)[: found["answered"]]:
            one.taken = True
        return not asked or found["answered"] == len(written)

    def _alone(self, name: str, expression: str) -> Iterator[str]:
        errors = len(self.errors)
        if not self.barrier:
            self._exchange([], written=expression, rest=self.late)
        elif not self.pass_barrier(expression, rest=self.late):
            yield f"{name}: no message is answered any more"
        self.value("() => 0")
        yield from (f"{name}: the client threw {one}" for one in self.take_errors(errors))

    def take_errors(self, since: int) -> list[str]:
        """What was thrown since, for the rule that judges it; the rest is for the last rule."""
        found = self.errors[since:]
        del self.errors[since:]
        self.judged.update(found)
        return found

    def once(self, find: Callable[[Stage], Any]) -> Any:
        """What a function finds out, which is done once."""
        name = f"{find.__module__}.{find.__qualname__}"
        if name not in self.kept:
            self.kept[name] = find(self)
        return self.kept[name]

    def go(self, url: str) -> None:
        """Load another document into the frame."""
        from playwright.sync_api import Error
        from playwright.sync_api import TimeoutError as HungError

        self.pull()
        self._dialling = False
        known = self._id
        try:
            self.frame.goto(url, wait_until="load", timeout=HUNG * 1000)
        except HungError:
            raise
        except Error:
            # Where the document belongs to another process a headless shell says that the frame
            # is gone, and shows it all the same.
            pass
        left = self._enter(self._gone_to(url))
        if left and left["id"] == known:
            self._hear(left["entries"])

    def _gone_to(self, url: str) -> Frame:
        """The frame that was sent there, with another document; raises FrameGoneError."""
        end = time.monotonic() + OPENING
        while time.monotonic() < end:
            for frame in self.client.child_frames:
                if frame.url != url:
                    continue
                with contextlib.suppress(Exception):  # it is being replaced
                    limit = HUNG * 100
                    frame.wait_for_function(_LOADED, arg=self._id, polling=20, timeout=limit)
                    return frame
            self.page.wait_for_timeout(LOOKING * 1000)
        raise FrameGoneError(f"the frame did not load {url} within {OPENING:g} s")

    def kit(self, call: str) -> Any:
        """Call what client.js has put into the client's window; None: it is not there."""
        return self.value(f"() => {_KIT}?.{call} ?? null")

    # ------------------------------------------------------------ the user
    def clickable(self) -> bool:
        """Whether the (first) element to click is there, shown and enabled."""
        self.value("() => 0")
        first = self.client.locator(self.dial[0]).first
        with contextlib.suppress(Exception):
            return first.count() > 0 and first.is_visible() and first.is_enabled()
        return False

    def click(self, patience: float | None = None) -> str:
        """Do what a user does to call; returns why it could not be done, or nothing."""
        from playwright.sync_api import Error

        for selector in self.dial:
            try:
                wait = self.patience if patience is None else patience
                self.client.locator(selector).first.click(timeout=wait * 1000)
            except Error as error:
                return f"{selector} cannot be clicked ({error.message.splitlines()[0]})"
        return ""


NOTICE: Final = "displayerrornotification"
ENABLE: Final = "requestEnableClickToDial"


def message(action: str, *data: object) -> dict[str, object]:
    """A message of the connector; without `data` there is no such key."""
    envelope: dict[str, object] = {"type": FROM_CONNECTOR, "action": action}
    return {**envelope, "data": data[0]} if data else envelope


def _within(url: str, *origins: str) -> bool:
    return any(url == one or url.startswith((f"{one}/", f"{one}?", f"{one}#")) for one in origins)


def _said(name: str, text: str) -> str:
    whole = mask(f"{name}: {text}" if name and not text.startswith(name) else text)
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}..."
