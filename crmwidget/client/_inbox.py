"""Inbox: messages of the connector become jobs, with their keys, times and lines in the log.

All of it runs under the client's lock; what is done with a job is the client's to decide.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from crmwidget import protocol
from crmwidget.client._runner import Job
from crmwidget.client.interactions import Entry as LogEntry
from crmwidget.client.journal import _held as held
from crmwidget.core.session import ABSENT
from crmwidget.errors import MessageRefusedError
from crmwidget.protocol import incoming

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from crmwidget.client import Client
    from crmwidget.core.channel import Delivered
    from crmwidget.protocol import InteractionLog

TOLD: Final = 1.0
"""Seconds between two notices that logs are refused for want of room."""
RECENT: Final = 1000
"""Messages that the panel can ask about, the newest ones ..."""
CHARACTERS: Final = 4_000_000
"""... as long as they had no more than this as text."""


class Inbox:
    """One per client, and a part of it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._recent: deque[tuple[str, Job, int]] = deque()
        """Those that a panel may show: page, job, and how much it had as text."""
        self._characters = 0
        self._born = time.time()
        self._skew = 0.0
        """Seconds to add to the page's clock to read ours."""
        self._quickest = float("inf")
        """ms from the page's clock to ours, by the message that came quickest."""
        self._told_at = float("-inf")
        """When the last such notice was given, on time.monotonic()."""
        self._tickets = itertools.count(1)
        self._keys = itertools.count(1)

    # ------------------------------------------------------------ the page's clock
    def set_clock(self, at: float) -> None:
        """A page that attaches says what its clock shows, in ms."""
        self._skew = time.time() - at / 1000

    def age(self, at: object) -> float:
        """Seconds since the page's clock showed so many ms; 0 if it is not a number."""
        if not isinstance(at, (int, float)):
            return 0.0
        return max(0.0, time.time() - at / 1000 - self._skew)

    def left_page(self, content: object) -> float | None:
        """When the page sent this, in ms on its clock; it also tells how far that clock is off."""
        at = content.get("at") if isinstance(content, dict) else None
        if not isinstance(at, (int, float)):
            return None
        self._quickest = min(self._quickest, time.time() * 1000 - at)
        return at

    def comes_too_late(self, job: Job) -> bool:
        """Whether it came before this kernel and has waited longer than its handler may take."""
        if job.log or not self._is_older(job):
            return False
        client = self._client
        who = client.sources.answerer(job.message.action)
        timeout = client.lifecycle.time_for(job, who)
        return timeout is not None and time.time() - self._came(job) > timeout

    def _is_older(self, job: Job) -> bool:
        """Whether a page had it before this kernel was there."""
        return job.seq is not None and self._came(job) < self._born

    def _came(self, job: Job) -> float:
        return job.message.at.timestamp() + self._skew

    # ------------------------------------------------------------ jobs
    def read(self, event: Delivered, now: float, left: float | None) -> Job | None:
        """The connector's message, as text; the page has judged it, Python may yet not read it."""
        item = event.item
        if item.get("t") != "msg":
            return None
        try:
            message = json.loads(item["m"])
            action, data = str(message["action"]), message.get("data")
            at = datetime.fromtimestamp(item["at"] / 1000, UTC)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
            self._refuse(event, "?", datetime.now(UTC), now, "the kernel cannot read it as JSON")
            return None
        if item.get("simulated") is True and self._client.connector != "simulator":
            why = "of the simulator, and this phone embeds a real connector by now"
            self._refuse(event, action, at, now, why)
            return None
        place = (event.epoch, event.seq)
        # A reloaded page sends what it had kept under a new number, but the old key.
        key = item["key"] if isinstance(item.get("key"), str) else f"{event.epoch}/{event.seq}"
        answered = item.get("answered") is True
        job = self._job(action, data, key, at=at, now=now, answered=answered, place=place)
        self._recall(event.epoch, job, len(item["m"]))
        load = item.get("load")
        job.load = load if isinstance(load, int) else 1
        if left is not None:
            if not answered:  # one that is waits for company, and nobody for it
                job.entry.page = max(left - item["at"], 0.0)
            job.entry.channel = max(time.time() * 1000 - left - self._quickest, 0.0)
        return job

    def _recall(self, epoch: str, job: Job, characters: int) -> None:
        self._recent.append((epoch, job, characters))
        self._characters += characters
        while len(self._recent) > RECENT or self._characters > CHARACTERS:
            _, _, characters = self._recent.popleft()
            self._characters -= characters

    def recent(self, epoch: str) -> Iterator[Job]:
        """The newest messages of this page."""
        return (job for page, job, _ in self._recent if page == epoch)

    def _refuse(self, event: Delivered, action: str, at: datetime, now: float, why: str) -> None:
        self._client.traffic.add("rejected", action, None, at=at, problems=(why,))
        self._client.channel.finish(event.epoch, event.seq, now=now)

    def make(self, action: str, data: object, key: str | None, now: float) -> Job:
        """A message that no page has sent."""
        key = key or f"{self._client.channel.kernel}/{next(self._keys)}"
        return self._job(action, data, key, at=datetime.now(UTC), now=now)

    def _job(
        self,
        action: str,
        data: object,
        key: str,
        *,
        at: datetime,
        now: float,
        answered: bool = False,
        place: tuple[str, int] | None = None,
    ) -> Job:
        client = self._client
        client.page_status.stranger = None  # one who may has spoken
        epoch, seq = place or (None, None)
        message = protocol.parse(action, data, at=at, key=key)
        entry = client.traffic.add("received", action, data, at=at, problems=message.problems)
        job = Job(
            next(self._tickets),
            message,
            entry,
            client.connector,
            now,
            answered=answered,
            epoch=epoch,
            seq=seq,
        )
        known = incoming(action)
        if known and known.kept:
            entry.key = key
            log = cast("InteractionLog", message)
            job.log = LogEntry(log, client.connector, at, places=[place] if place else [])
        return job

    def again(self, entry: LogEntry) -> Job:
        """An interaction log that came earlier; the same key."""
        noted = self._client.traffic.add(
            "received",
            entry.log.action,
            entry.log.raw,
            at=datetime.now(UTC),
            problems=("not for the first time",),
        )
        job = Job(next(self._tickets), entry.log, noted, entry.connector, time.monotonic())
        job.log = entry
        job.epoch, job.seq = entry.places[-1] if entry.places else (None, None)
        return job

    def once_more(self, job: Job) -> Job:
        """The same message for today's handler; its line in the log stays as it was."""
        made = Job(
            next(self._tickets),
            job.message,
            replace(job.entry),
            job.connector,
            time.monotonic(),
            epoch=job.epoch,
            seq=job.seq,
            again=True,
        )
        self._client.session.ask_again(made.message, made.ticket)
        return made

    # ------------------------------------------------------------ what is noted
    def accept(self, jobs: Collection[Job], now: float) -> set[Job]:
        """Journal the interaction logs in one commit; the jobs that are to be done.

        The page may forget a log when it is on disk, of which the journal tells.
        """
        client = self._client
        new_jobs: set[Job] = set()
        refused = self._without_room(jobs, now)
        jobs = [job for job in jobs if job not in refused]
        logs = [job.log for job in jobs if job.log]
        fresh = dict(zip(map(id, logs), client.journal.accept(logs), strict=True)) if logs else {}
        for job in jobs:
            if job.log is not None:
                new = fresh[id(job.log)]
                if not new:
                    kept = client.journal.get(job.log.key)
                    if kept is not None:
                        kept.places += job.log.places  # a page that was reloaded keeps it, too
                    if kept is None or kept.kept:
                        client.channel.finish(job.epoch or "", job.seq or 0, now=now)
                    job.finish()
                    continue
                client.interactions.add(job.log)
            new_jobs.add(job)
        return new_jobs

    def _without_room(self, jobs: Collection[Job], now: float) -> set[Job]:
        """Logs that are refused because too many wait to be saved; agent and notebook hear of it.

        One that a page had before this kernel was there is not: another kernel may have taken it.
        """
        client = self._client
        logs = {job.log: job for job in jobs if job.log and not self._is_older(job)}
        refused = {logs[entry] for entry in client.journal.beyond([*logs])} if logs else set()
        for job in refused:
            job.entry.problems += ("refused: too many logs wait to be saved",)
            if job.epoch is not None and job.seq is not None:
                client.channel.finish(job.epoch, job.seq, now=now)
            job.finish()
        if refused and now - self._told_at >= TOLD:
            self._told_at = now
            error = MessageRefusedError(next(iter(refused)).message.action, "room", held.ROOM)
            client.runner.later(lambda: client.lifecycle.refused(error))
        return refused

    def answered_by_page(self, job: Job) -> None:
        """Note what the page has replied, from the answer that stands now."""
        client = self._client
        known = incoming(job.message.action)
        if known is None:
            return
        data: Any = None
        if known.name == "requestCrmData":
            data = None if client.session.crm_data is ABSENT else client.session.crm_data
        elif known.name == "requestGetCrmDirectory":
            data = client.standing.directory
        said = client.traffic.add(
            "sent", known.reply or known.name, data, at=job.message.at, re=job.entry.number
        )
        said.answered_by = "the page"
