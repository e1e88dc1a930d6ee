"""Client: one per name in this kernel; carries out what session, channel and journal say.

Widgets attach to it and lend it their comm and their cell. All state is
guarded by one lock; nothing of a user's runs under it. The comm's callback
sorts messages and hands them on; the runner takes each to its handler.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import inspect
import json
import threading
import time
import weakref
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from crmwidget.client._clocks import steady
from crmwidget.client._inbox import Inbox
from crmwidget.client._kept_logs import KeptLogs
from crmwidget.client._lifecycle import ClientLifecycle
from crmwidget.client._page_notes import FACTS, PageNotes
from crmwidget.client._page_status import PageStatus
from crmwidget.client._panel_actions import PanelActions
from crmwidget.client._panel_state import PanelState
from crmwidget.client._runner import Runner
from crmwidget.client._shutdown import Shutdown
from crmwidget.client._simulator_requests import SimulatorRequests
from crmwidget.client._standing import Standing
from crmwidget.client._threads import Clock
from crmwidget.client.handler_errors import HandlerErrors
from crmwidget.client.interactions import Interactions
from crmwidget.client.journal import Journal
from crmwidget.client.journal._writer import Writer
from crmwidget.core.channel import Attached, Channel, Delivered
from crmwidget.core.session import (
    ABSENT,
    AnswerDue,
    Changed,
    Effect,
    Send,
    Session,
    expiring,
    is_history,
)
from crmwidget.errors import ClickToDialDisabled
from crmwidget.handlers import DEFAULT, EVERY, Handlers, Timeout
from crmwidget.handlers import replies as answers
from crmwidget.handlers.resolver import Resolver
from crmwidget.traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from pathlib import Path

    from crmwidget.client._output import Output
    from crmwidget.client._runner import Job

LARGE: Final = 256 * 1024
"""Bytes from which an answer travels as a binary buffer."""
_SURROGATE: Final = b"\\ud"
living: dict[str, Client] = globals().get("living", {})
"""By key; importlib.reload and %autoreload run this file again: living phones survive that."""


class Link(Protocol):
    """The road to the page: a widget's comm."""

    def send(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        """Hand it to the comm; that it did not raise proves nothing."""


class Client:
    """The phone without its widget: works in tests, replay and exported applications alike."""

    def __init__(self, name: str = "phone", handlers: Handlers | None = None) -> None:
        self.name = name
        self.lock = threading.RLock()
        self.session = Session()
        self.channel = Channel()
        self.traffic = Traffic()
        self.interactions = Interactions()
        self.logs = KeptLogs(self)
        self.journal = Journal(
            self.logs.again,
            self.logs.given_up,
            self.logs.taken_over,
            self.logs.on_disk,
            Writer(f"crmwidget-{name}-journal"),
        )
        self.errors = HandlerErrors()
        self.sources = Resolver(Handlers() if handlers is None else handlers)
        self.lifecycle = ClientLifecycle(self)
        self.runner = Runner(name, self.sources, self.lifecycle)
        self.sources.finish = self.runner.value_of
        self.standing = Standing()
        """What follows from the sources, as it was settled last."""
        self.panel = PanelState(self.sources, self.channel, self.show, self._tell)
        self.timeout: Timeout = DEFAULT
        self.facts: dict[str, Any] = {}
        """What the page reports of the connection."""
        self.in_memory = False
        """A test's connector speaks; there is no page."""
        self.closed = False
        self.extra: Callable[[], str] | None = None
        """The script that the simulator's page asks for when somebody wants more than it has."""
        self.stand_in: Client | None = None
        """While a capture is replayed: whom that replay's handlers speak to in our place."""
        self._handles: list[weakref.WeakMethod[Callable[[str, object], None]]] = []
        """Told of every new status, last_message, record, candidates, can_dial."""
        self.sent: Callable[[Send], None] = lambda send: None
        """Told of every message that goes to the connector."""
        self._panel_actions = PanelActions(self)
        self.settings: dict[str, Any] | None = None
        self._link: Link | None = None
        self._clock = Clock(self._ring, f"crmwidget-{name}-clock")
        self._unwatch = self.handlers.watch(self._handlers_changed)
        self.page_status = PageStatus(self)
        self.inbox = Inbox(self)
        self._notes = PageNotes(self)
        self.shutdown = Shutdown(self)
        self._missed = 0
        self._watcher: str | None = None
        """The page on which a person looks at the traffic."""
        self.jobs: dict[int, Job] = {}
        self.waiting: list[Job] = []
        self.simulator_requests = SimulatorRequests()
        self._waiters: list[tuple[Callable[[str], bool], concurrent.futures.Future[str]]] = []

    # ------------------------------------------------------------ settings
    @property
    def connector(self) -> str:
        """The origin that speaks, or "simulator"."""
        return self.traffic.connector

    @connector.setter
    def connector(self, origin: str) -> None:
        self.traffic.connector = origin

    @property
    def handlers(self) -> Handlers:
        """The user's functions."""
        return self.sources.handlers

    def use_handlers(self, handlers: Handlers) -> None:
        """Swap the registry."""
        with self.lock:
            self._unwatch()
            self.sources.handlers = handlers
            self._unwatch = handlers.watch(self._handlers_changed)
        self._handlers_changed(EVERY)

    def adopt(self, cell: Output, changed: Callable[[str, object], None]) -> None:
        """A new handle: its cell shows the output; `changed`, a method, is told of the state.

        An earlier handle that a user still holds is told, too: its record must not stay another
        caller's.
        """
        with self.lock:
            self.runner.cell = cell
            self._handles.append(weakref.WeakMethod(changed))
            self._tell("record", self.panel.record)
            self._tell("candidates", self.panel.candidates)
        cell.when_ended(self.runner.wake)

    def configure(self, settings: dict[str, Any] | None = None) -> None:
        """New settings for the page (src or srcdoc, origins, ...), or new sources of answers."""
        with self.lock:
            if settings is not None:
                self.settings = settings
        self._settle()
        self.runner.wake()

    def _handlers_changed(self, action: str) -> None:
        with self.lock:
            if not self.closed:
                self.panel.handlers_changed(self.handlers)
        self._settle()
        self.runner.wake()

    def _settle(self) -> None:
        """What follows from who answers: standing answers, and logs that waited for a handler."""
        while not self.closed:
            standing = Standing.made(self.sources)
            with self.lock:
                if self.closed:
                    return
                if standing.holds(self.sources):  # else a cell has given another one meanwhile
                    self._stands(standing)
                    return

    def _stands(self, standing: Standing) -> None:
        self.standing = standing
        self.panel.warnings.pop("settings", None)
        if standing.contradictions:
            self.panel.warnings["settings"] = " ".join(standing.contradictions)
        if standing.crm_data is not ABSENT:
            self.session.crm_data = standing.crm_data
        if self.settings is not None:
            alone = self._alone(standing)
            self.channel.set({"t": "set", **self.settings, "standing": alone})
        self.revive()
        self._state()
        self.flush()

    def revive(self) -> None:
        """Parked logs that somebody saves now, in the order in which they came."""
        # Asked once: where a handler is registered meanwhile, some would overtake the others.
        if not self.waiting or self.sources.answerer(self.waiting[0].message.action) is None:
            return
        for job in self.waiting[:]:
            if job.connector == self.connector:
                self.waiting.remove(job)
                self.runner.revive(job)

    def _alone(self, standing: Standing) -> dict[str, Any]:
        """Finished answers for the page to give alone."""
        found: dict[str, Any] = {}
        if standing.crm_data is not ABSENT:
            found["requestCrmData"] = self._carried("crmData", standing.crm_data)
        if standing.directory is not None:
            found["requestGetCrmDirectory"] = self._carried("crmDirectory", standing.directory)
        return found

    def _carried(self, action: str, data: Any) -> dict[str, Any]:
        """A message of ours for the page; JSON that is large goes beside it as a buffer.

        So does text with a lone surrogate, which the comm's UTF-8 cannot carry and an escape can.
        """
        if data is ABSENT:
            return {"action": action}
        if isinstance(data, bytes):
            if len(data) > LARGE or _SURROGATE in data:
                return {"action": action, "part": self.channel.add_part(data)}
            return {"action": action, "data": json.loads(data)}
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            return {"action": action, "part": self.channel.add_part(json.dumps(data).encode())}
        return {"action": action, "data": data}

    # ------------------------------------------------------------ from the page
    def receive(self, link: Link, content: object) -> None:
        """The comm's callback: sort, note, hand on; returns at once."""
        now = time.monotonic()
        with self.lock:
            if self.closed:
                return
            self.page_status.hears(now)
            events = self.channel.receive(content, now=now)
            left = self.inbox.left_page(content)
            jobs = {
                event.seq: job
                for event in events
                if isinstance(event, Delivered) and (job := self.inbox.read(event, now, left))
            }
            new = self.inbox.accept(jobs.values(), now)
            for event in events:
                if isinstance(event, Attached):
                    self._link = link
                    self._attached(event)
                elif not isinstance(event, Delivered):
                    self.panel.warnings["version"] = "The page runs another version: reload it."
                elif event.item.get("t") != "msg":
                    self._delivered(event, now)
                elif (job := jobs.get(event.seq)) in new:
                    self.start(job)
            self.flush(link)
            if not self.channel.owed:
                self.page_status.reached.set()

    def _attached(self, event: Attached) -> None:
        self.facts = dict(event.facts)
        self.inbox.set_clock(event.at)
        self.session.restore(self.facts)
        if event.fresh or event.turned:
            self.panel.attached(event.epoch, event.taken)
            self.summarise(again=True)
        self._state()

    def _delivered(self, event: Delivered, now: float) -> None:
        """What the page did alone, or a person asked for."""
        item = event.item
        if item.get("t") == "note":
            self._notes.take(item)
            self._state()
        elif item.get("t") == "do" and not self._panel_actions.pressed_at_once(item, event.epoch):
            self.runner.press(
                lambda: self._panel_actions.pressed(item), lambda: self._panel_actions.late(item)
            )
        self.channel.finish(event.epoch, event.seq, now=now)

    def deliver(self, action: str, data: object = None, key: str | None = None) -> Job:
        """A message as if it came from the connector, without a page; see Job.wait."""
        self.shutdown.check()
        with self.lock:
            now = time.monotonic()
            job = self.inbox.make(action, data, key, now)
            if job in self.inbox.accept([job], now):
                self.start(job)
            return job

    def start(self, job: Job) -> None:
        """Let it be handled when its turn comes."""
        self.jobs[job.ticket] = job
        self._tell("last_message", job.message)
        self.panel.ask(job)
        if job.log:
            self.panel.logged(job.log.log, "came")
        if job.answered:
            self.inbox.answered_by_page(job)
        effects = self.session.receive(job.message, job.ticket, answered=job.answered)
        if not self.inbox.comes_too_late(job):
            self.carry(effects, job)
            return
        # The state counts all the same, and an answer would come to a question long past.
        self.carry([e for e in effects if isinstance(e, Changed)], job)
        self.session.answer(job.ticket)
        self.panel.failed(job, "missed", None, None)
        self._missed += 1
        job.entry.problems += ("missed: no kernel was there while it could be answered",)
        self.panel.warnings["missed"] = (
            f"{self._missed} messages came while no kernel was there, and were too old to be "
            "answered when one came. phone.traffic shows which."
        )
        self.end(job, time.monotonic())
        job.finish()

    # ------------------------------------------------------------ effects
    def carry(self, effects: Iterable[Effect], job: Job | None) -> None:
        """What the session asks for."""
        for effect in effects:
            if isinstance(effect, Send):
                self.send(effect, job)
            elif isinstance(effect, AnswerDue) and job is not None:
                job.reply = effect.reply
                self.runner.submit(job)
            elif isinstance(effect, Changed):
                self._state()

    def send(self, send: Send, job: Job | None = None) -> None:
        """A message to the connector, because of this job.

        A reply is for the page that asked: another one's connector would take it for its own.
        """
        if send.re is not None and job is not None and job.epoch not in (None, self.channel.epoch):
            job.entry.problems += ("not sent: another page shows the phone by now",)
            return
        carried = self._carried(send.action, send.data)
        plain = None if send.data is ABSENT else send.data
        re = job.entry.number if job else None
        self.traffic.add("sent", send.action, plain, at=_now(), re=re)
        if job:
            job.sent.append(send)
        self.sent(send)
        item: dict[str, Any] = {"t": "post", "m": carried}
        if job and job.seq is not None and job.epoch == self.channel.epoch:
            item["re"] = job.seq
        if job and job.load is not None and not is_history(send):
            item["load"] = job.load
        if send.expires is not None:
            item["exp"] = (steady() + send.expires - time.monotonic()) * 1000
        self.channel.push(item, part=carried.get("part"))

    def show(self, what: str, data: object, re: int | None = None) -> None:
        """Something for the person at the page, see `show` of the wire."""
        text = json.dumps(data, ensure_ascii=False).encode(errors="replace")
        item: dict[str, Any] = {"t": "show", "what": what, "data": json.loads(text)}
        self.channel.push(item if re is None else {**item, "re": re})

    def flush(self, asked: Link | None = None) -> None:
        """Hand the comm what is due, and set the clock for what is due later.

        asked: the comm by which a page has just spoken; one without the phone hears only that.
        """
        if self._link is not None:
            for content, buffers in self.channel.flush(now=time.monotonic(), at=steady()):
                has_it = content["epoch"] == self.channel.epoch
                link = self._link if has_it or asked is None else asked
                # A comm that is gone loses nothing: what is not acknowledged is sent again.
                with contextlib.suppress(Exception):
                    link.send(content, buffers)
            self.traffic.resent = self.channel.resent
            self.traffic.duplicates = self.channel.duplicates
        self.schedule()

    def schedule(self) -> None:
        """Set the clock for what is due next."""
        now = time.monotonic()
        channel_at = self.channel.wake(now=now) if self._link else None
        due = (channel_at, self.session.wake(), self.journal.wake)
        self._clock.set(min((at for at in due if at is not None), default=None))

    def _ring(self) -> None:
        now = time.monotonic()
        self.journal.tick(now)
        with self.lock:
            if self.closed:
                return
            late = [(self.jobs[each.ticket], each.timeout) for each in self.session.tick(now)]
            self.flush()
        for job, timeout in late:  # its error is shown: not under the lock
            self.lifecycle.late(job, timeout)

    def end(self, job: Job, now: float, *, keep: bool = False) -> None:
        """Nothing more becomes of it; `keep`: the page must not forget it yet."""
        self.jobs.pop(job.ticket, None)
        places = job.log.places if job.log else []
        if not places and job.epoch is not None and job.seq is not None:
            places = [(job.epoch, job.seq)]
        for epoch, seq in () if keep else places:
            self.channel.finish(epoch, seq, now=now)
        self.traced(job)
        self.summarise()
        self.flush()

    def open_journal(self, path: Path | None) -> None:
        """Keep interaction logs in this file, and go on with what an earlier kernel left in it."""
        self.logs.taken_over(self.journal.open(path))

    # ------------------------------------------------------------ what a program asks for
    def post(self, send: Send) -> None:
        """Send a client message."""
        if (other := self._standing_in()) is not None:
            other.post(send)
            return
        self.shutdown.check()
        with self.lock:
            self.send(send)
            self.flush()

    def dial(self, number: str, record: object = None) -> None:
        """Ask the connector to call; raises ClickToDialDisabled until it allows that."""
        if (other := self._standing_in()) is not None:
            other.dial(number, record)
            return
        send = self.prepared(number, record)
        with self.lock:
            self.send(expiring(send, time.monotonic()))
            name = send.data["clickToDialLogDetails"]["name"]
            self.show("dialled", {"number": number, "name": name})
            self.flush()

    def prepared(self, number: str, record: object = None) -> Send:
        """What dialling sends; raises what `dial` raises."""
        self.shutdown.check()
        if not self.session.can_dial:
            raise ClickToDialDisabled(self.status)
        if record is None and self.sources.knows_contacts:
            record = self.sources.find(number).contact
        return answers.dialled(number, record)

    def _standing_in(self) -> Client | None:
        """Who is meant where a replay's handler calls."""
        other = self.stand_in
        return other if other is not None and other.runner.here() else None

    def run_again(self, card: object) -> None:
        """Today's handler for the question that is on the screen.

        Raises LookupError where another one is by now.
        """
        with self.lock:
            job = self.inbox.once_more(self.panel.question(card))
            self.jobs[job.ticket] = job
            self.panel.again(job)
            self.flush()
        self.runner.revive(job)

    def watch(self, epoch: str | None) -> None:
        """On this page a person looks at the traffic; None: nobody does."""
        self._watcher = epoch
        if epoch is not None:
            self.panel.trace(job for job in self.inbox.recent(epoch) if job.finished)

    def traced(self, job: Job) -> None:
        """Something became of it; costs nothing while nobody looks."""
        if (
            self._watcher is not None
            and not job.again
            and job.epoch == self._watcher == self.channel.epoch
        ):
            self.panel.trace([job])

    def showing(self, show: Callable[[], object]) -> None:
        """Call what shows something to the person, and send it."""
        with self.lock:
            show()
            self.flush()

    def notify(self, send: Send) -> None:
        """A notice for the agent, not to be shown late."""
        self.post(expiring(send, time.monotonic()))

    def run(self, awaitable: Awaitable[Any]) -> concurrent.futures.Future[Any]:
        """Run a coroutine on the handlers' loop; PhoneClosedError where that is closed."""
        if self.closed:
            if inspect.iscoroutine(awaitable):
                awaitable.close()
            raise self.shutdown.error()
        return self.shutdown.told(self.runner.await_(awaitable))

    def command(self, what: str, args: dict[str, Any]) -> concurrent.futures.Future[dict[str, Any]]:
        """The simulator's remote control; resolves when all that the command caused is through."""
        self.shutdown.check()
        with self.lock:
            ref, future = self.simulator_requests.add()
            self.channel.push({"t": "sim", "ref": ref, "what": what, "args": args})
            self.flush()
        return future

    # ------------------------------------------------------------ state
    @property
    def status(self) -> str:
        """The word for where the connection stands, see CRMWidget.status."""
        if self.closed or self.facts.get("lost") is True:
            return "lost"
        if not self.in_memory and (
            self.channel.epoch is None or self.facts.get("shown") is not True
        ):
            return "not shown"
        if self.session.configured:
            return "configured"
        if self.session.acked:
            return "ready"
        return "silent" if self.facts.get("silent") is True else "loading"

    def reported_facts(self) -> dict[str, object]:
        """What the page has said of the connection, without contents."""
        return {name: self.facts[name] for name in FACTS if name in self.facts}

    def when(self, reached: Callable[[str], bool]) -> concurrent.futures.Future[str]:
        """Resolves as soon as `reached(status)` holds; raises PhoneClosedError where none will."""
        self.shutdown.check()
        future: concurrent.futures.Future[str] = concurrent.futures.Future()
        with self.lock:
            self._waiters.append((reached, future))
            self._state()
        return future

    def _state(self) -> None:
        self.summarise()
        status = self.status
        self._tell("status", status)
        self._tell("can_dial", self.session.can_dial)
        for waiter in self._waiters[:]:
            reached, future = waiter
            if future.cancelled() or reached(status):
                self._waiters.remove(waiter)
                if future.set_running_or_notify_cancel():
                    future.set_result(status)

    def summarise(self, *, again: bool = False) -> None:
        """The facts of the status line that only the kernel has."""
        if self.journal.trouble:
            self.panel.warnings["journal"] = self.journal.trouble
        else:
            self.panel.warnings.pop("journal", None)
        unsaved, failed = len(self.waiting), self.journal.stuck
        self.panel.summarise(self.standing, unsaved=unsaved, failed=failed, again=again)

    def _tell(self, name: str, value: object) -> None:
        for handle in self._handles[:]:
            changed = handle()
            if changed is None:
                self._handles.remove(handle)
            else:
                changed(name, value)

    def close(self, *, force: bool = False) -> None:
        """End the channel and the threads; PhoneClosedError while a log is kept, without `force`.

        Takes some seconds at most: what runs may finish, and coroutines are cancelled. What was
        not begun is left to the next phone. May be called twice, and by a handler.
        """
        self.shutdown.close(force=force)

    def end_page(self) -> None:
        """Nothing comes any more; the page ends its frame, and who waits for it hears of it."""
        with self.lock:
            self._unwatch()
            if self.closed:
                return
            if self.settings is not None:
                bare = {k: v for k, v in self.settings.items() if k not in ("src", "srcdoc")}
                self.channel.set({"t": "set", **bare, "standing": {}})
                self.flush()
            self.closed = True
            self._state()
            waiters, self._waiters = self._waiters, []
        for _, future in waiters:
            if future.set_running_or_notify_cancel():
                future.set_exception(self.shutdown.error())

    def stop_clock(self) -> None:
        """Nothing is due any more."""
        self._clock.stop()

    def forked(self) -> None:
        """In a child there is neither clock nor page."""
        self._link = None
        self._clock.forked()
        self._waiters = []
        self.waiting = []
        self._tell("status", self.status)


def _now() -> datetime:
    return datetime.now(UTC)
