"""Page status: what a client has seen of its page, and the evidence for why its phone is not ready.

It judges nothing: that is diagnosis/.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crmwidget.client import Client
    from crmwidget.client.handler_errors import Failure
    from crmwidget.diagnosis import Evidence
    from crmwidget.traffic import Entry

KNOCK: Final = 15.0
"""Seconds that the page may take to say that it is there: one on a busy machine is not away."""


class PageStatus:
    """One per client, and a part of it."""

    on_main: ClassVar[bool] = False
    """What a page has sent last came where cells run, so that nothing comes while one does."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.heard: float | None = None
        """When the page spoke last, on time.monotonic()."""
        self.refused: Counter[str] = Counter()
        """Messages that it did not take, by reason."""
        self.stranger: str | None = None
        """Who spoke in the frame without being allowed to, and nobody after that who may."""
        self.ended: str | None = None
        """Why it has no frame any more."""
        self.reached = threading.Event()
        """It holds all that was sent to it."""

    def hears(self, now: float) -> None:
        """The page has spoken, on the thread that calls this."""
        self.heard = now
        PageStatus.on_main = threading.current_thread() is threading.main_thread()

    def refuses(self, reasons: Mapping[str, object], stranger: object) -> None:
        """It says what it has not taken since it said so last."""
        self.refused.update({str(k): n for k, n in reasons.items() if isinstance(n, int)})
        self.stranger = stranger if isinstance(stranger, str) else None

    def knock(self, patience: float = KNOCK) -> bool | None:
        """Whether the page answers, in so many seconds; None: as things stand it cannot."""
        client = self._client
        with client.lock:
            if client.closed or client.in_memory or self.waits or client.channel.epoch is None:
                return None
            self.reached.clear()
            client.summarise(again=True)
            client.flush()
        return self.reached.wait(patience)

    @property
    def waits(self) -> bool:
        """This kernel receives nothing while a cell runs."""
        client = self._client
        cell = client.runner.cell
        in_notebook = cell is not None and cell.id is not None
        return "kernel" in client.panel.warnings or (in_notebook and self.on_main)

    def _since_ready(self) -> list[Entry]:
        """The messages of this load of the frame: from its `ready` on."""
        recent: list[Entry] = []
        for entry in reversed(list(self._client.traffic)):
            recent.append(entry)
            if (entry.direction, entry.action) == ("received", "ready"):
                break
        return recent

    def _crm_data_failure(self, recent: list[Entry]) -> Failure | None:
        """Of the last answer to requestCrmData, if it was asked for in these messages."""
        client = self._client
        asked = next(
            (e for e in recent if (e.direction, e.action) == ("received", "requestCrmData")), None
        )
        if asked is None or asked.error is None:
            return None
        action = asked.action
        return next((f for f in reversed(client.errors) if f.about == action), None)

    def evidence(self, *, answers: bool | None = None) -> Evidence:
        """What is known of why it is not ready; `answers`: what `knock` gave."""
        from crmwidget.diagnosis import Evidence

        client = self._client
        with client.lock:
            settings = client.settings or {}
            recent = self._since_ready()
            counted = Counter((e.direction, e.action) for e in recent)
            who = client.sources.answerer("requestCrmData")
            failed = self._crm_data_failure(recent)
            heard = None if self.heard is None else time.monotonic() - self.heard
            cell = client.runner.cell
            server = "JPY_PARENT_PID" in os.environ or "JPY_SESSION_NAME" in os.environ
            return Evidence(
                connector=client.connector,
                src=settings.get("src"),
                origins=tuple(settings.get("origins", ())),
                status=client.status,
                closed=client.closed,
                facts=dict(client.facts),
                ended=self.ended,
                page_heard=heard,
                answers=answers,
                making=cell is not None and not cell.ended.is_set(),
                silence=float(settings.get("limits", {}).get("silence", 15)),
                refused=dict(self.refused),
                stranger=self.stranger,
                received={a: n for (way, a), n in counted.items() if way == "received"},
                sent={a: n for (way, a), n in counted.items() if way == "sent"},
                crm_data_by=who.who if who else None,
                crm_data_error=None if failed is None else failed.bare,
                errors=tuple(f"{f.about}, {f.bare}" for f in client.errors),
                contradictions=client.standing.contradictions,
                kept=len(client.journal),
                waits=self.waits,
                old_kernel="kernel" in client.panel.warnings,
                nodelay=os.environ.get("CRMWIDGET_NODELAY") == "on" if server else None,
            )
