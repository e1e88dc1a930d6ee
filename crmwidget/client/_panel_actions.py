"""Panel actions: what a person asked for in the panel, from a closed list.

Runs where handlers run, but for what runs nothing of a user's. What goes wrong is
shown to the person who pressed.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from crmwidget.client._runner import PRESSED
from crmwidget.client.dry_run import DryRun
from crmwidget.client.handler_errors import Failure
from crmwidget.core.session import ABSENT, EXPIRES
from crmwidget.traffic import LARGE

if TYPE_CHECKING:
    from crmwidget.client import Client
    from crmwidget.client.dry_run import Ran
    from crmwidget.core.session import Send

Args = Mapping[str, Any]


class PanelActions:
    """One per client, and a part of it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._known: dict[str, Callable[[Args, int], object]] = {
            "dial": self._dial,
            "search": self._search,
            "run_again": self._run_again,
            "choose": self._choose,
            "retry": lambda args, seq: client.journal.retry(),
            "ring": lambda args, seq: client.command("ring", dict(args)),
            "run_message": self._run_message,
            "diagnose": self._diagnose,
        }

    def pressed_at_once(self, item: Mapping[str, Any], epoch: str) -> bool:
        """Whether this was something that need not wait for a handler; called under the lock."""
        args = item.get("args")
        if item.get("what") != "watch" or not isinstance(args, dict):
            return False
        self._client.watch(epoch if args.get("on") is True else None)
        return True

    def pressed(self, item: Mapping[str, Any]) -> None:
        """An item `do` of the wire, see js/src/core/wire.ts; one that nobody knows is ignored."""
        args, seq = item.get("args"), item["seq"]
        do = self._known.get(str(item.get("what")))
        if do is None or not isinstance(args, dict):
            return
        try:
            self._in_time(item)
            do(args, seq)
        except BaseException as error:  # noqa: BLE001 - shown to the person who pressed the button
            text = Failure.text_of(error)
            self._client.showing(lambda: self._client.panel.warn(text, seq))

    def _in_time(self, item: Mapping[str, Any]) -> None:
        """A customer's telephone rings when somebody presses, and not when Python is back."""
        age = self._client.inbox.age(item.get("at"))
        if item.get("what") in _RINGS and age > EXPIRES:
            raise TimeoutError(
                f"that was pressed {age:.0f} s ago, and Python was busy or away: press it again."
            )

    def late(self, item: Mapping[str, Any]) -> None:
        """It takes too long: said, and the next message is handled."""
        text = f"This takes more than {PRESSED:g} s. It is left to itself; the phone goes on."
        self._client.showing(lambda: self._client.panel.warn(text, item["seq"]))

    def _dial(self, args: Args, seq: int) -> None:
        contact = args.get("contact")
        wanted = contact.get("id") if isinstance(contact, dict) else None
        self._client.dial(str(args["number"]), self._client.panel.contact(wanted))

    def _search(self, args: Args, seq: int) -> None:
        text, offset = str(args.get("text", "")), int(args.get("offset", 0))
        found = self._client.panel.search(text, offset)
        self._client.showing(lambda: self._client.show("contacts", found, seq))

    def _choose(self, args: Args, seq: int) -> None:
        card, index = args.get("record"), int(args.get("index", -1))
        self._client.showing(lambda: self._client.panel.choose(card, index))

    def _run_again(self, args: Args, seq: int) -> None:
        """The same message through today's handler, for the card: nothing is answered twice."""
        self._client.run_again(args.get("record"))

    def _run_message(self, args: Args, seq: int) -> None:
        """An edited message through today's handlers; what it is answered goes to the panel."""
        client, action = self._client, str(args.get("action", ""))
        try:
            with DryRun(client, shown=True) as stage:
                # A key that no log has: a handler that saves must not take it for one it knows.
                found = _ran(stage.run(action, args.get("data"), f"again/{uuid.uuid4().hex}"))
        except BaseException as error:  # noqa: BLE001 - shown where the person pressed
            found = {"error": Failure.text_of(error)}
        data = {"ask": args.get("ask"), "action": action, **_NOTHING, **found}
        client.showing(lambda: client.show("ran", data, seq))

    def _diagnose(self, args: Args, seq: int) -> None:
        """On a thread of its own: an address may take its time, and no message waits for it."""
        from crmwidget.diagnosis import examine

        client = self._client

        def look() -> None:
            found = examine(client.page_status.evidence(answers=True))  # the page is there: it asks
            client.showing(lambda: client.show("diagnosis", found.to_wire(), seq))

        threading.Thread(target=look, name="crmwidget-diagnosis", daemon=True).start()


_RINGS: Final = ("dial", "ring")
_NOTHING: Final[Mapping[str, Any]] = {
    "answers": [], "shown": None, "by": None, "error": None, "problems": [], "ms": None,
}  # fmt: skip


def _ran(ran: Ran) -> dict[str, Any]:
    """ShownRan of js/src/core/wire.ts."""
    entry = ran.entry
    return {
        "answers": [{"action": send.action, **_said(send)} for send in ran.sent],
        "shown": None if entry.shown is None else list(entry.shown),
        "by": entry.answered_by,
        "error": entry.error,
        "problems": list(entry.problems),
        "ms": entry.milliseconds,
    }


def _said(send: Send) -> dict[str, Any]:
    if send.data is ABSENT:
        return {}
    if not isinstance(send.data, bytes):
        return {"data": send.data}
    if len(send.data) > LARGE:
        return {"data": {"$bytes": len(send.data)}}
    return {"data": json.loads(send.data)}
