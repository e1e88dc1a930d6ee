"""Buttons: what a person asked for in the panel, from a closed list.

Runs where handlers run. What goes wrong is shown to the person who pressed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from crmwidget import answers
from crmwidget.failures import Failure, advised

if TYPE_CHECKING:
    from crmwidget.client import Client

Args = Mapping[str, Any]


class Buttons:
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
        }

    def pressed(self, item: Mapping[str, Any]) -> None:
        """An item `do` of the wire, see js/src/core/wire.ts; one that nobody knows is ignored."""
        args, seq = item.get("args"), item["seq"]
        do = self._known.get(str(item.get("what")))
        if do is None or not isinstance(args, dict):
            return
        try:
            do(args, seq)
        except Exception as error:  # noqa: BLE001 - shown to the person who pressed the button
            text = Failure.text_of(error)
            self._client.showing(lambda: self._client.desk.warn(text, seq))

    def _dial(self, args: Args, seq: int) -> None:
        contact = args.get("contact")
        wanted = contact.get("id") if isinstance(contact, dict) else None
        self._client.dial(str(args["number"]), self._client.desk.contact(wanted))

    def _search(self, args: Args, seq: int) -> None:
        text, offset = str(args.get("text", "")), int(args.get("offset", 0))
        self._client.showing(lambda: self._client.desk.search(text, offset, seq))

    def _choose(self, args: Args, seq: int) -> None:
        self._client.showing(lambda: self._client.desk.choose(int(args.get("index", -1))))

    def _run_again(self, args: Args, seq: int) -> None:
        """The same message through today's handler, for the card: nothing is answered twice."""
        client = self._client
        job = client.recent(int(args.get("seq", -1)))
        who = client.sources.answerer(job.message.action) if job else None
        if job is None or who is None or job.log:
            return
        started = time.monotonic()
        try:
            with client.runner.shown():
                value = client.runner.value_of(who.ask(job.message))
            outcome = answers.interpret(job.message, value, client.sources, who.who)
        except Exception as error:  # noqa: BLE001 - reported like the first time
            client.accounts.reported(job, who.name or who.who, advised(error), who.handler)
            return
        job.handler, job.arrived = who.handler, started
        client.showing(lambda: client.desk.draw(job, who, outcome))
