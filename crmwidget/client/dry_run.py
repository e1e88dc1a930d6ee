"""Dry run: a client of its own that runs a phone's handlers and answers, and has no connector.

A replay of a capture uses one, and so does "Run again" in the panel. What
handlers do to the world outside is real: a log that they save is saved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from crmwidget.errors import CRMWidgetError

if TYPE_CHECKING:
    from crmwidget.client import Client
    from crmwidget.core.session import Send
    from crmwidget.traffic import Entry

PATIENCE: Final = 120.0
"""Seconds until a handler without a time-out is given up."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of one message."""

    entry: Entry
    sent: tuple[Send, ...]
    """What a connector would have been sent, oldest first."""


class DryRun:
    """Use it in a `with`; `shown`: what handlers print and raise lands in the phone's cell."""

    def __init__(self, phone: Client, *, shown: bool = False) -> None:
        self._phone = phone
        self._client = type(phone)("replay", phone.handlers)
        sources, own = phone.sources, self._client.sources
        own.crm_data, own.user, own.directory = sources.crm_data, sources.user, sources.directory
        own.crm, own.region = sources.crm, sources.region
        self._client.connector = phone.connector
        self._client.in_memory = True
        self._client.timeout = phone.timeout
        if shown:
            self._client.runner.cell = phone.runner.cell

    def __enter__(self) -> Self:
        self._client.configure()
        # What a handler sends by `phone.notify(...)` belongs to this as well.
        self._phone.stand_in = self._client
        return self

    def __exit__(self, *_: object) -> None:
        self._phone.stand_in = None
        self._client.close(force=True)

    def run(self, action: str, data: object, key: str | None = None) -> Ran:
        """Deliver one message and wait for its end; `key`: an interaction log's.

        Raises CRMWidgetError where its handler has no time-out and does not come back.
        """
        sent: list[Send] = []
        self._client.sent = sent.append
        job = self._client.deliver(action, data, key)
        if not job.wait(PATIENCE):
            raise CRMWidgetError(
                f"{action}: no handler finished within {PATIENCE:g} s. "
                "Give it a time-out: on(..., timeout=)."
            )
        return Ran(job.entry, tuple(sent))
