"""Job lifecycle: started, parked, done, failed, late.

The runner calls them, on the threads on which handlers run; what they lead to
is the client's to carry out.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from crmwidget.client._card import Drawn, called
from crmwidget.client.handler_errors import MOST, PRINTED, Failure, advised
from crmwidget.core.session import Send, default_timeout, expiring, is_history
from crmwidget.errors import HandlerAbandonedError, HandlerTimeoutError, MessageRefusedError
from crmwidget.handlers import DEFAULT, Default
from crmwidget.handlers import replies as answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.client import Client
    from crmwidget.client._card import Saved
    from crmwidget.client._runner import Job
    from crmwidget.handlers import Handler, Timeout
    from crmwidget.handlers.resolver import Answerer


class ClientLifecycle:
    """One per client, and a part of it; see runner.Lifecycle."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def connector(self) -> str:
        """The origin that speaks now, or "simulator"."""
        return self._client.connector

    def claim(self, job: Job, noted: Callable[[], object]) -> bool:
        """A log is to be handled now; False: it is handled or discarded already.

        `noted` is called, maybe on another thread, when a next kernel could know of that.
        """
        client = self._client
        with client.lock:
            wanted = job.log is not None and client.journal.start(job.log, noted)
            client.schedule()  # the clock looks whether the disk comes back
            if not wanted:
                client.carry(client.session.fail(job.ticket), job)
                client.end(job, time.monotonic())
        if not wanted:
            job.finish()
        return wanted

    def put_back(self, job: Job) -> None:
        """A log that was claimed is not begun after all."""
        if job.log is not None:
            self._client.journal.put_back(job.log)

    def begun(self, job: Job, who: Answerer) -> None:
        """Its handler starts, and its time runs."""
        client = self._client
        timeout = self.time_for(job, who)
        with client.lock:
            job.handler = who.handler
            job.entry.queue = (time.monotonic() - job.arrived) * 1000
            client.session.begin(job.ticket, now=time.monotonic(), timeout=timeout)
            client.schedule()

    def overtakes(self, job: Job) -> bool:
        """Logs of its connector that came before this one are parked."""
        client = self._client
        with client.lock:
            return any(parked.connector == job.connector for parked in client.waiting)

    def time_for(self, job: Job, who: Answerer | None) -> float | None:
        """Seconds: the handler's own, the phone's, those of who answers, the action's."""
        given = self._given(who.handler if who else None)
        if not isinstance(given, Default):
            return given
        seconds = who.seconds if who else None
        return default_timeout(job.message.action) if seconds is None else seconds

    def limit_of(self, handler: Handler) -> float | None:
        """Seconds for a handler that owes no answer; None: as many as it likes."""
        given = self._given(handler)
        return default_timeout("") if isinstance(given, Default) else given

    def _given(self, handler: Handler | None) -> Timeout:
        """What the handler's registration says, else the phone."""
        own = DEFAULT if handler is None else handler.timeout
        return self._client.timeout if isinstance(own, Default) else own

    def parked(self, job: Job) -> None:
        """An interaction log that nobody saves yet: it waits, here and in the page."""
        client = self._client
        with client.lock:
            client.waiting.append(job)
            client.traced(job)
            self._log_became(job, "kept")
            client.revive()  # its handler may just have come
            client.summarise()
            client.flush()
        job.finish()

    def done(self, job: Job, who: Answerer | None, outcome: answers.Outcome) -> None:
        """It was answered, or nobody had to."""
        client = self._client
        try:  # before the lock: it is the user's code, and may take its time
            drawn = Drawn.of(outcome)
        except BaseException as error:  # noqa: BLE001 - whatever it raises is reported
            if who is not None:
                self.failed(job, who, error)
                return
        now = time.monotonic()
        with client.lock:
            unanswered = who is None and job.reply is not None
            self._note(job, who, outcome, now)
            more = self._further(job, outcome, now)
            client.carry(client.session.answer(job.ticket, outcome.reply, *more), job)
            client.panel.answered(job, who, outcome, drawn)
            if job.log:
                client.journal.done(job.log)
            self._log_became(job, "saved")
            client.end(job, now, keep=job.again)
        if drawn.html is None and outcome.display is not None and client.runner.cell is not None:
            client.runner.cell.show(outcome.display)
        if unanswered:
            self._nobody(job)
        for warning in outcome.warnings:
            self._warn(warning)
            if job.log:
                job.warnings += (warning,)
        job.finish()

    def _note(self, job: Job, who: Answerer | None, outcome: answers.Outcome, now: float) -> None:
        entry = job.entry
        entry.milliseconds = (now - job.arrived) * 1000
        entry.answered_by = "the page" if job.answered else who.who if who else None
        entry.shown = _shown(outcome)

    def _further(self, job: Job, outcome: answers.Outcome, now: float) -> list[Send]:
        """What is sent beside the reply: nothing twice, and nothing late but history."""
        if job.again:
            return []
        late = self._client.session.is_late(job.ticket)
        return [expiring(s, now) for s in outcome.more if not late or is_history(s)]

    def _log_became(self, job: Job, state: Saved) -> None:
        """What became of a call's log, on the card of that call."""
        if job.log is not None:
            item = _number_of(job.log.returned) if state == "saved" else None
            self._client.panel.logged(job.log.log, state, item)

    def failed(self, job: Job, who: Answerer, error: BaseException) -> None:
        """Whoever answers raised, or gave what has no meaning."""
        client = self._client
        failure = self.reported(job, who.name or who.who, advised(error), who.handler)
        now = time.monotonic()
        with client.lock:
            told = job.again or client.session.is_late(job.ticket)
            notice = () if told else (_notice(failure, now),)
            client.carry(client.session.fail(job.ticket, *notice), job)
            client.panel.failed(job, "failed", called(who), failure.summary)
            job.entry.milliseconds = (now - job.arrived) * 1000
            if job.log:
                client.journal.fail(job.log, failure.summary)
            self._log_became(job, "failed")
            client.end(job, now, keep=job.again or job.log is not None)
            if job.log:
                client.journal.ended(job.log)
        job.error = error
        job.finish()

    def late(self, job: Job, timeout: float) -> None:
        """The handler's time is over: say so, and let the next message have a thread."""
        client = self._client
        name = job.handler.name if job.handler else "the answer"
        error = HandlerTimeoutError(job.message.action, name, timeout)
        failure = self.reported(job, name, error, job.handler, late=True)
        by = f"{name}()" if job.handler else called(client.sources.answerer(job.message.action))
        with client.lock:
            if not job.finished:  # it may have come to its end just now
                if job.log:
                    client.journal.fail(job.log, failure.summary)
                self._log_became(job, "failed")
                client.panel.failed(job, "late", by, f"{timeout:g} s")
            if not job.again:
                client.carry([_notice(failure, time.monotonic())], job)
            client.flush()
        client.runner.give_up(job)
        job.error = job.error or error
        job.finish()

    def cancelled(self, job: Job) -> None:
        """Its coroutine has ended because its time was over, which was said."""
        client = self._client
        now = time.monotonic()
        with client.lock:
            client.carry(client.session.fail(job.ticket), job)
            job.entry.milliseconds = (now - job.arrived) * 1000
            client.end(job, now, keep=job.again or job.log is not None)
            if job.log:
                client.journal.ended(job.log)

    def abandoned(self, job: Job) -> None:
        """Its coroutine goes on though its time is over and it was cancelled."""
        name = job.handler.name if job.handler else "the answer"
        self.reported(job, name, HandlerAbandonedError(job.message.action, name), job.handler)

    def observer_failed(
        self, name: str, about: str, error: BaseException, *, late: bool = False
    ) -> Failure:
        """What the user has called at a change raised, or was late."""
        return self._keep(Failure(None, name, error, None, late=late, about=about), None)

    def refused(self, error: MessageRefusedError) -> None:
        """The page did not take a message, so no handler can tell notebook and agent of it."""
        client = self._client
        failure = Failure(None, "the page", error, None, about=error.action)
        client.errors.append(failure)
        with client.lock:
            client.panel.warnings[f"{error.action}, {error.reason}"] = str(error)
            client.summarise()
            client.send(_notice(failure, time.monotonic()))
            client.flush()
        self._print(failure)

    def reported(
        self,
        job: Job,
        name: str,
        error: BaseException,
        handler: Handler | None,
        *,
        late: bool = False,
    ) -> Failure:
        """Keep an error, show it in the widget's cell and in the panel."""
        kept = job.log is not None
        return self._keep(Failure(job.message, name, error, handler, late=late, kept=kept), job)

    def _keep(self, failure: Failure, job: Job | None) -> Failure:
        client = self._client
        client.errors.append(failure)
        with client.lock:
            if job is not None:
                job.entry.error = failure.summary
                job.entry.answered_by = failure.name
                client.traced(job)
            ours = job is not None and job.epoch == client.channel.epoch
            client.show("failed", failure.to_wire(), job.seq if job is not None and ours else None)
            client.flush()
        self._print(failure)
        return failure

    def _print(self, failure: Failure) -> None:
        """In the cell, as long as there are not too many of its kind."""
        cell, count = self._client.runner.cell, self._client.errors.repeats(failure)
        if cell is None or count > PRINTED:
            return
        cell.show_error(failure.error)
        if count == PRINTED:
            cell.say(
                f"{failure.name} has failed with {type(failure.error).__name__} {count} times. "
                f"More of these are not printed here: phone.errors has the newest {MOST}."
            )

    def _nobody(self, job: Job) -> None:
        """A question that nothing answers."""
        client = self._client
        self._warn(
            f"The connector asks {job.message.action} and nothing answers: give crm_data=, "
            "or register @phone.on_crm_data."
        )
        with client.lock:
            text = "The client application has no answer to this."
            client.send(answers.notice(text, severity="ERROR"), job)
            client.flush()

    def _warn(self, text: str) -> None:
        """Say once what is a mistake but no failure."""
        client = self._client
        with client.lock:
            if client.panel.warnings.get("answers") == text:
                return
            client.panel.warnings["answers"] = text
            client.summarise()
            client.flush()
        if client.runner.cell is not None:
            client.runner.cell.say(text)


def _number_of(returned: object) -> str | None:
    """What a CRM calls a log, as text; nothing of a class of the user's is called for it."""
    if isinstance(returned, str):
        return str.__str__(returned)
    return int.__repr__(returned) if isinstance(returned, int) else None


def _shown(outcome: answers.Outcome) -> tuple[str, ...] | None:
    """What the agent was shown, for captures: ids, not contents."""
    if outcome.link is not None:
        return (outcome.link,)
    if outcome.matches is None:
        return None
    marks = ("" if match.certain else "? " for match in outcome.matches)
    ids = (match.contact.id for match in outcome.matches)
    return tuple(f"{mark}{own}" for mark, own in zip(marks, ids, strict=True))


def _notice(failure: Failure, now: float) -> Send:
    sent = answers.notice(failure.for_agent, title="Client application", severity="ERROR")
    return expiring(sent, now)
