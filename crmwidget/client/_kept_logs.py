"""Kept logs: what the journal tells of interaction logs, and what follows for phone and page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crmwidget.client import Client
    from crmwidget.client.interactions import Entry


class KeptLogs:
    """One per client, and a part of it; called without a lock, on any thread."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def on_disk(self, entries: list[Entry]) -> None:
        """These logs are on disk: the page may forget them; or the journal has more to say."""
        client = self._client
        with client.lock:
            if client.closed:
                return
            self._forgotten_by_pages(entries)

    def taken_over(self, left: list[Entry]) -> None:
        """Go on with the logs of a kernel that is gone."""
        client = self._client
        with client.lock:
            if client.closed:
                return
            for entry in left:
                client.interactions.add(entry)
            self.again([entry for entry in left if entry.state == "accepted"])
            client.summarise()
            client.flush()

    def again(self, entries: list[Entry]) -> None:
        """Today's handler for logs that came earlier; the same key."""
        client = self._client
        with client.lock:
            for entry in entries:
                entry.state = "accepted"
                client.start(client.inbox.again(entry))
            client.flush()

    def given_up(self, entries: list[Entry]) -> None:
        """The user discards these logs: the page may forget them too."""
        client = self._client
        with client.lock:
            client.waiting = [job for job in client.waiting if job.log not in entries]
            self._forgotten_by_pages(entries)

    def _forgotten_by_pages(self, entries: list[Entry]) -> None:
        client = self._client
        for epoch, seq in (place for entry in entries for place in entry.places):
            client.channel.finish(epoch, seq, now=time.monotonic())
        client.summarise()
        client.flush()
