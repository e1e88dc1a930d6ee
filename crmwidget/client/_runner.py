"""Runner: takes each message to whoever answers it, and brings back what came of it.

Sync functions run one after another on the worker's thread, coroutines on the
loop; both in the order of arrival, two of one action never at once. Whatever is
the user's has a time limit and a net. What the outcome means for the connection
is the client's business.
"""

from __future__ import annotations

import contextlib
import inspect
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from crmwidget.client._lanes import Lane
from crmwidget.client._threads import Loop, Worker
from crmwidget.core.session import TIMEOUT, default_timeout
from crmwidget.errors import CRMWidgetError, HandlerTimeoutError
from crmwidget.handlers import EVERY, Handler
from crmwidget.handlers import replies as answers
from crmwidget.protocol import incoming

if TYPE_CHECKING:
    import concurrent.futures
    from collections.abc import Awaitable, Iterator

    from crmwidget.client._output import Output
    from crmwidget.client.interactions import Entry as LogEntry
    from crmwidget.core.session import Send
    from crmwidget.handlers.resolver import Answerer, Resolver
    from crmwidget.protocol import Message
    from crmwidget.traffic import Entry

NOTED: Final = 2.0
"""Seconds that a log may keep the handlers' thread until it is on disk that it was begun: messages
are handled in their order. Where the disk is slower the next caller is not kept waiting: the log is
put aside, and what came after it goes on."""
GRACE: Final = 10.0
"""Seconds a message waits for a handler while the cell that made the widget still runs."""
PRESSED: Final = 30.0
"""Seconds for what a person asked for in the panel."""
CANCELLED: Final = 1.5
"""Seconds that closing waits for coroutines that it has cancelled."""

_finishing = threading.Condition()
"""One for all jobs: an event for each would cost a burst more than the rest of a job."""


@dataclass(slots=True, eq=False)
class Job:
    """A message on its way."""

    ticket: int
    message: Message
    entry: Entry
    connector: str
    """The origin it came from, or "simulator"."""
    arrived: float
    answered: bool = False
    """The page has replied already."""
    reply: str | None = None
    """The action of the reply it is owed."""
    epoch: str | None = None
    seq: int | None = None
    load: int | None = None
    """Which document of the frame it came from, as the page says; answers are for that alone."""
    log: LogEntry | None = None
    again: bool = False
    """A person runs it again, for the panel alone: nothing is sent because of it."""
    handler: Handler | None = None
    """Who is running, or has run."""
    error: BaseException | None = None
    sent: list[Send] = field(default_factory=list)
    """What was sent because of it."""
    warnings: tuple[str, ...] = ()
    """What a test is told of a log that was saved, though not as it was meant."""
    _finished: bool = False

    @property
    def finished(self) -> bool:
        """Nothing more becomes of it."""
        return self._finished

    def finish(self) -> None:
        """Nothing more becomes of it."""
        with _finishing:
            self._finished = True
            _finishing.notify_all()

    def wait(self, timeout: float) -> bool:
        """Whether it is finished within so many seconds."""
        with _finishing:
            return _finishing.wait_for(lambda: self._finished, timeout)


class Lifecycle(Protocol):
    """Who is told what became of a job; called on the worker's thread or the loop."""

    @property
    def connector(self) -> str:
        """The origin that speaks now, or "simulator"."""

    def claim(self, job: Job, noted: Callable[[], object]) -> bool:
        """A log is to be handled now; False: it is handled or discarded already.

        `noted` is called, maybe on another thread, when a next kernel could know of that.
        """

    def put_back(self, job: Job) -> None:
        """A log that was claimed is not begun after all."""

    def begun(self, job: Job, who: Answerer) -> None:
        """Its handler starts, and its time runs."""

    def overtakes(self, job: Job) -> bool:
        """Logs that came before this one are parked."""

    def parked(self, job: Job) -> None:
        """An interaction log that nobody saves yet."""

    def done(self, job: Job, who: Answerer | None, outcome: answers.Outcome) -> None:
        """It was answered, or nobody had to."""

    def failed(self, job: Job, who: Answerer, error: BaseException) -> None:
        """Whoever answers raised, or gave what has no meaning."""

    def cancelled(self, job: Job) -> None:
        """Its coroutine has ended because its time was over, which was said."""

    def abandoned(self, job: Job) -> None:
        """Its coroutine goes on though its time is over and it was cancelled."""

    def reported(
        self, job: Job, name: str, error: BaseException, handler: Handler | None, *, late: bool
    ) -> object:
        """An error that does not decide what becomes of the job."""

    def observer_failed(
        self, name: str, about: str, error: BaseException, *, late: bool = False
    ) -> object:
        """What the user has called at a change raised, or was late."""

    def limit_of(self, handler: Handler) -> float | None:
        """Seconds for a handler that owes no answer; None: as many as it likes."""


Trouble = Callable[["BaseException | None"], None]
"""Told what was raised, or None: its time is over."""


class Runner:
    """One per client."""

    def __init__(self, name: str, sources: Resolver, lifecycle: Lifecycle) -> None:
        self.cell: Output | None = None
        """Where the output of handlers goes."""
        self._sources = sources
        self._lifecycle = lifecycle
        self._worker = Worker(f"crmwidget-{name}-handlers")
        self._loop = Loop(f"crmwidget-{name}-loop")
        self._changed = threading.Condition()
        self._names_gone = False
        """The process ends, and the names that handlers use are cleared."""
        self._lanes: dict[str, Lane] = {}
        self._cancelled: set[int] = set()
        """Tickets of coroutines whose time is over."""
        self._turn = threading.Lock()
        self._current: Job | None = None
        """Whom the handlers' thread is at; of `_turn`, for its successor sets it, too."""
        self._aside: deque[tuple[Job, Answerer, threading.Event]] = deque()
        """Logs whose handler is called as soon as the disk has noted it, in their order."""

    def submit(self, job: Job) -> None:
        """Take a job behind all that were submitted before."""
        self._worker.submit(lambda: self._run(job))

    def revive(self, job: Job) -> None:
        """Take a log that nobody could save when its turn came: before all that wait."""
        self._worker.first(lambda: self._run_again(job))

    def press(self, task: Callable[[], object], overdue: Callable[[], object]) -> None:
        """Run what a person has asked for on the worker's thread; `overdue`: it takes too long."""

        def run() -> None:
            with self._worker.limited(PRESSED, overdue):
                task()

        self._worker.submit(run)

    def later(self, task: Callable[[], object]) -> None:
        """Run what is quick and ours on the worker's thread, behind all that was submitted."""
        self._worker.submit(task)

    def observe(self, function: Callable[[Any], object], about: str, change: object) -> None:
        """Tell an observer: as soon as the worker's thread is free, with a limit and a net."""
        self._worker.first(lambda: self._tell(function, about, change))

    def await_observer(self, function: Callable[[Any], object], about: str, value: object) -> None:
        """An observer was called where the change was made; the rest of a coroutine runs here."""
        if inspect.isawaitable(value):
            self._loop.run(self._finish(value, TIMEOUT, self._trouble_of(function, about)))

    def _tell(self, function: Callable[[Any], object], about: str, change: object) -> None:
        trouble = self._trouble_of(function, about)
        self._call(lambda: function(change), TIMEOUT, trouble, lambda: None)

    def _trouble_of(self, function: object, about: str) -> Trouble:
        name = getattr(function, "__name__", type(function).__name__)
        late = HandlerTimeoutError(about, name, TIMEOUT, observes=True)

        def trouble(error: BaseException | None) -> None:
            told = late if error is None else error
            self._lifecycle.observer_failed(name, about, told, late=error is None)

        return trouble

    def _call(
        self,
        function: Callable[[], object],
        seconds: float | None,
        trouble: Trouble,
        go_on: Callable[[], object],
    ) -> bool:
        """Call a function that owes no answer on this thread, the worker's; whether it came back.

        `go_on` is what is left to do on the next thread where it does not.
        """

        def overdue() -> None:
            trouble(None)
            self._worker.first(go_on)

        with self._worker.limited(seconds, overdue) as limit:
            try:
                with self.shown():
                    value = function()
            except BaseException as error:  # noqa: BLE001 - an observer never costs a message
                if not limit.over:
                    trouble(error)
            else:
                if inspect.isawaitable(value):
                    self._loop.run(self._finish(value, seconds, trouble))
        return not limit.over

    async def _finish(self, value: Awaitable[Any], seconds: float | None, trouble: Trouble) -> None:
        import asyncio

        try:
            with self.shown():
                task = asyncio.ensure_future(value)  # a task takes over where its maker's prints go
                done, _ = await asyncio.wait((task,), timeout=seconds)
                if not done:
                    task.cancel()
                    trouble(None)
                elif task.cancelled():
                    trouble(asyncio.CancelledError())
                elif (error := task.exception()) is not None:
                    trouble(error)
        except BaseException as error:  # noqa: BLE001 - see _call
            trouble(error)

    def await_(self, awaitable: Awaitable[Any]) -> concurrent.futures.Future[Any]:
        """Run an awaitable on the loop."""
        return self._loop.run(awaitable)

    def value_of(self, value: Any) -> Any:
        """What a user's function returned, waited for when it is a coroutine."""
        if not inspect.isawaitable(value):
            return value
        if self._loop.here():
            msg = "an asynchronous source cannot be asked from an asynchronous handler: await it."
            raise CRMWidgetError(msg)
        waited = self._loop.run(value)
        try:
            return waited.result(default_timeout(""))
        except TimeoutError:
            waited.cancel()
            raise

    def wake(self) -> None:
        """A handler was registered, or the cell is through: a message may be waiting for that."""
        with self._changed:
            self._changed.notify_all()

    def give_up(self, job: Job) -> None:
        """The job's time is over: the next one must not be stuck behind it."""
        with self._turn:
            stuck = self._current is job
        if stuck:
            self._worker.replace()
        lane = self._lanes.get(job.message.action)
        if lane is not None:
            self._cancelled.add(job.ticket)
            lane.give_up(job)

    def here(self) -> bool:
        """Whether this is one of its threads."""
        return self._worker.here() or self._loop.here()

    def end(self, until: float) -> None:
        """The process ends: begin nothing more; what runs may finish, see `_wait`."""
        self._names_gone = True
        self._wait(until)

    def close(self, until: float) -> None:
        """Begin nothing more, wait for what runs, cancel what is left of coroutines, end threads.

        A log that was not begun is as it was; what the thread that calls this runs goes on.
        """
        self._wait(until)
        self._loop.stop(time.monotonic() + CANCELLED)

    def forked(self) -> None:
        """In a child none of its threads is there, and nothing is run."""
        global _finishing  # noqa: PLW0603 - whoever held it is not there, either
        _finishing = threading.Condition()
        self._changed, self._turn = threading.Condition(), threading.Lock()
        self._worker.forked()
        self._loop.forked()
        self._lanes, self._aside = {}, deque()

    def _wait(self, until: float) -> None:
        """Until then, on time.monotonic(), what runs may finish."""
        self._worker.end(until)
        if not self._loop.here():
            for lane in list(self._lanes.values()):
                lane.idle.wait(max(0.0, until - time.monotonic()))
        while self._aside:
            self._lifecycle.put_back(self._aside.popleft()[0])

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Output of a user's function lands in the widget's cell."""
        if self.cell is None:
            yield
        else:
            with self.cell.shown():
                yield

    def _run(self, job: Job) -> None:
        if self._observe(job):
            self._proceed(job)

    def _proceed(self, job: Job) -> None:
        who = self._wait_for_answerer(job)
        # In the order in which logs go: those that are parked are put first, never the other way.
        ahead = job.log and (self._lifecycle.overtakes(job) or self._worker.pressed)
        if job.log and (who is None or ahead):
            self._lifecycle.parked(job)
        else:
            self._answer(job, who)

    def _run_again(self, job: Job) -> None:
        who = self._wait_for_answerer(job)
        if who is None:
            self._lifecycle.parked(job)
        else:
            self._answer(job, who)

    def _answer(self, job: Job, who: Answerer | None) -> None:
        if self._worker.ended:
            return
        action = incoming(job.message.action)
        if who is None or (job.answered and not (action and action.name == "ready")):
            self._lifecycle.done(job, who, answers.Outcome())
            return
        with self._turn:
            lane = self._lanes.get(job.message.action)
            if lane is None:
                lane = Lane(self._loop, self._await, self._lifecycle.abandoned)
                self._lanes[job.message.action] = lane
        if who.handler and inspect.iscoroutinefunction(who.handler.function):
            lane.add(job, who)
            return
        lane.idle.wait(default_timeout(job.message.action))
        for other in list(self._lanes.values()):
            other.wait_for_turn()
        if job.log is None or self._claim(job, who):
            self._begin(job, who, lane)

    def _claim(self, job: Job, who: Answerer) -> bool:
        """Whether a log may be handed to its handler now; else it is settled, or put aside."""
        noted = threading.Event()

        def note() -> None:
            noted.set()
            if self._aside:
                self._worker.first(self._take_up)

        if not self._lifecycle.claim(job, note):
            return False
        if not self._aside and noted.wait(NOTED):
            return not self._put_back(job)
        self._aside.append((job, who, noted))
        if noted.is_set():  # it came in between, and found nothing aside
            self._worker.first(self._take_up)
        return False

    def _put_back(self, job: Job) -> bool:
        """Whether the end has come before its handler was called."""
        if self._worker.ended:
            self._lifecycle.put_back(job)
        return self._worker.ended

    def _take_up(self) -> None:
        """Handle the first log that was put aside, if it is on disk by now."""
        if not self._aside or not self._aside[0][2].is_set():
            return
        job, who, _ = self._aside.popleft()
        if self._aside:  # on another thread, should this one hang
            self._worker.first(self._take_up)
        self._begin(job, who, self._lanes[job.message.action])

    def _begin(self, job: Job, who: Answerer, lane: Lane) -> None:
        with self._turn:
            self._current = job
        self._lifecycle.begun(job, who)
        self._ask(job, who, lane)
        with self._turn:
            if self._current is job:
                self._current = None

    def _ask(self, job: Job, who: Answerer, lane: Lane) -> None:
        try:
            with self.shown():
                value = who.ask(job.message)
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is reported
            self._failed(job, who, error)
        else:
            if inspect.isawaitable(value):
                lane.add(job, who, value)
            else:
                self._returned(job, who, value)

    async def _await(
        self, job: Job, who: Answerer, value: Awaitable[Any] | None, begun: Callable[[], object]
    ) -> None:
        if value is None and self._worker.ended:
            return
        try:
            with self.shown():
                if value is None:
                    if job.log is not None and not await self._claimed(job):
                        return
                    self._lifecycle.begun(job, who)
                    value = cast("Awaitable[Any]", who.ask(job.message))
                begun()
                result = await value
        except BaseException as error:  # noqa: BLE001 - whatever a handler raises is reported
            cancelled = type(error).__name__ == "CancelledError"
            if job.ticket in self._cancelled and cancelled:
                self._lifecycle.cancelled(job)
            elif not (self._worker.ended and cancelled):  # by `close`: it counts as interrupted
                self._failed(job, who, error)
        else:
            self._returned(job, who, result)
        finally:
            self._cancelled.discard(job.ticket)

    async def _claimed(self, job: Job) -> bool:
        """Wait until the disk has noted that a log is begun; False: it is settled already."""
        import asyncio

        loop = asyncio.get_running_loop()
        noted = asyncio.Event()
        through = threading.Event()

        def note() -> None:
            through.set()
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(noted.set)

        if not self._lifecycle.claim(job, note):
            return False
        if not through.is_set():
            await noted.wait()
        return not self._put_back(job)

    def _failed(self, job: Job, who: Answerer, error: BaseException) -> None:
        if not self._names_gone:  # or it has failed for want of them: it counts as interrupted
            self._lifecycle.failed(job, who, error)

    def _returned(self, job: Job, who: Answerer, value: object) -> None:
        try:
            outcome = answers.interpret(job.message, value, self._sources, who.who)
        except Exception as error:  # noqa: BLE001 - reported like an error of the handler
            if job.log is None:
                self._lifecycle.failed(job, who, error)
                return
            # It returned, so it has saved: only the history item is lost.
            self._lifecycle.reported(job, who.name or who.who, error, who.handler, late=False)
            outcome = answers.Outcome()
        if job.log:
            job.log.returned = getattr(value, "task_id", value)
        self._lifecycle.done(job, who, outcome)

    def _wait_for_answerer(self, job: Job) -> Answerer | None:
        """A message can come before `@phone.on_...` has run: wait for that or the cell's end."""
        end = time.monotonic() + GRACE
        with self._changed:
            while True:
                # A simulated log never reaches the handler of a real connector.
                if job.log and job.connector != self._lifecycle.connector:
                    return None
                who = self._sources.answerer(job.message.action)
                left = end - time.monotonic()
                settled = self.cell is None or self.cell.ended.is_set()
                if settled or left <= 0 or job.answered or (who and who.handler):
                    return who
                self._changed.wait(left)

    def _observe(self, job: Job) -> bool:
        """The handler of "*" sees every message; its value is ignored. Whether it came back."""
        observer = self._sources.handlers.get(EVERY)
        if observer is None:
            return True
        seconds = self._lifecycle.limit_of(observer)

        def trouble(error: BaseException | None) -> None:
            told = error or HandlerTimeoutError(EVERY, observer.name, seconds or 0)
            self._lifecycle.reported(job, observer.name, told, observer, late=error is None)

        return self._call(
            lambda: observer(job.message), seconds, trouble, lambda: self._proceed(job)
        )
