"""Panel state: what the person at the screen is shown, and which record they look at.

Decides what goes into the record card, the status line and the contacts tab;
the shapes are those of js/src/core/wire.ts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from crmwidget.client._card import ABOUT, Card, about_a_person, called, same_call, shown, shows
from crmwidget.traffic.file import STAGES

if TYPE_CHECKING:
    from crmwidget.client._card import Drawn, Saved, Stage
    from crmwidget.client._runner import Job
    from crmwidget.client._standing import Standing
    from crmwidget.core.channel import Channel
    from crmwidget.directory import Contact
    from crmwidget.handlers import Handlers
    from crmwidget.handlers.replies import Outcome
    from crmwidget.handlers.resolver import Answerer, Resolver
    from crmwidget.protocol import InteractionLog

Show = Callable[[str, object, int | None], None]
"""Sends `show` to the page: what, data, the message it belongs to."""
Tell = Callable[[str, object], None]

ROWS: Final = 50


class PanelState:
    """One per client; called under its lock, where nothing else is said."""

    def __init__(self, sources: Resolver, channel: Channel, show: Show, tell: Tell) -> None:
        self.record: Contact | None = None
        self.candidates: tuple[Contact, ...] = ()
        self.warnings: dict[str, str] = {}
        """What is to be mended, by where it was seen."""
        self._sources = sources
        self._channel = channel
        self._show = show
        self._tell = tell
        self._card: Card | None = None
        self._summary: dict[str, Any] | None = None

    # ------------------------------------------------------------ the record
    @property
    def card(self) -> Card | None:
        """What is shown of the newest question; None before the first one."""
        return self._card

    def ask(self, job: Job) -> None:
        """Somebody calls: from now on nothing of the last caller is shown, here or in the page."""
        if about_a_person(job.message):
            self._card = self._made(job)
            self._found(None, ())

    def answered(self, job: Job, who: Answerer | None, outcome: Outcome, drawn: Drawn) -> None:
        """What came of a question; that of an earlier one changes nothing."""
        card = self._card_of(job)
        if card is None and shows(outcome) and self._newest(job):
            card = self._card = self._made(job)  # reports, which are about nobody
        if card is None:
            return
        card.answer(called(who), outcome, drawn)
        if outcome.matches is not None:
            self._found(outcome.matches.contact, tuple(m.contact for m in outcome.matches))
        self._draw()

    def failed(self, job: Job, stage: Stage, by: str | None, error: str | None) -> None:
        """Why a question has no answer; that of an earlier one changes nothing."""
        card = self._card_of(job)
        if card is not None:
            card.fail(stage, by, error)
            self._found(None, ())
            self._draw()

    def attached(self, epoch: str, taken: int) -> None:
        """A page attaches: it is shown what this kernel knows, behind the messages it has sent."""
        if self._card is not None:
            self._card.places.setdefault(epoch, taken + 0.5)
            self._draw()

    def logged(self, log: InteractionLog, state: Saved, item: str | None = None) -> None:
        """An interaction log came, or was saved: what became of the call, if it is of this one."""
        card = self._card
        if card is not None and same_call(card.job.message, log):
            card.log = (state, item, log.at)
            self._draw()

    def choose(self, card: object, index: int) -> None:
        """One of several, or a possible one, was picked by a person: now it is the record."""
        shown = self._named(card)
        if not 0 <= index < len(shown.drawn.contacts):
            return
        self._found(shown.choose(index).contact, self.candidates)
        self._draw()

    def question(self, card: object) -> Job:
        """The message that a person wants to run again."""
        return self._named(card).job

    def again(self, job: Job) -> None:
        """Its message is asked about once more, as this job."""
        if self._card is not None and self._card.job.message is job.message:
            self._card.again(job)
            self._draw()

    def handlers_changed(self, handlers: Handlers) -> None:
        """The function that answered was redefined: the card offers to run it again."""
        card = self._card
        if card is None or card.changed or card.job.handler is None:
            return
        now = handlers.get(card.job.message.action)
        if now is not None and now.function is not card.job.handler.function:
            card.changed = True
            self._draw()

    def _made(self, job: Job) -> Card:
        place = {job.epoch: float(job.seq)} if job.seq is not None else {}
        return Card(job, first=job.ticket, places=place)

    def _card_of(self, job: Job) -> Card | None:
        return self._card if self._card is not None and self._card.job is job else None

    def _newest(self, job: Job) -> bool:
        return self._card is None or job.ticket > self._card.first

    def _named(self, card: object) -> Card:
        """The card a person has pressed on, if it is still the one that counts."""
        shown = self._card
        if shown is None or f"{self._channel.kernel}/{shown.job.ticket}" != card:
            raise LookupError("this record is of an earlier call, or of an earlier kernel.")
        return shown

    def _found(self, record: Contact | None, candidates: tuple[Contact, ...]) -> None:
        self.record, self.candidates = record, candidates
        self._tell("candidates", candidates)
        self._tell("record", record)

    def _draw(self) -> None:
        card, epoch = self._card, self._channel.epoch
        if card is not None:
            card.places.setdefault(epoch, self._channel.taken + 0.5)
            self._show("record", card.to_wire(self._channel.kernel, epoch), None)

    # ------------------------------------------------------------ the rest
    def summarise(
        self, standing: Standing, *, unsaved: int, failed: int, again: bool = False
    ) -> None:
        """The facts of the status line that only the kernel has; sent when they changed."""
        summary = {
            "agent": standing.agent,
            "contacts": standing.contacts,
            "region": self._sources.region,
            "recognised": standing.recognised,
            "warnings": [*self.warnings.values(), *standing.warnings],
            "unsaved": unsaved,
            "failed": failed,
            "asks": {name: called(self._sources.answerer(name)) for name in ABOUT},
        }
        if again or summary != self._summary:
            self._summary = summary
            self._show("summary", summary, None)

    def warn(self, text: str, re: int) -> None:
        """Why what a person asked for could not be done."""
        self._show("warning", {"text": text}, re)

    def trace(self, jobs: Iterable[Job]) -> None:
        """What became of these, for who looks at the traffic."""
        if traces := [_trace(job) for job in jobs]:
            self._show("trace", traces, None)

    def search(self, text: str, offset: int) -> dict[str, Any]:
        """A page of contacts for the contacts tab.

        Not to be called under the client's lock: an engine may have to be asked.
        """
        directory: Any = self._sources.directory
        matching, found = 0, []
        if hasattr(directory, "search"):
            matching, found = directory.search(text, offset=offset, limit=ROWS)
        return {
            "text": text,
            "total": len(directory) if hasattr(directory, "recognised") else 0,
            "matching": matching,
            "offset": offset,
            "rows": [shown(contact) for contact in found],
        }

    def contact(self, wanted: object) -> Contact | None:
        """The contact with this id among those on the screen and in the directory."""
        if wanted is None:
            return None
        for contact in self.candidates:
            if str(contact.id) == str(wanted):
                return contact
        directory: Any = self._sources.directory
        return directory.get(wanted) if hasattr(directory, "get") else None


def _trace(job: Job) -> dict[str, Any]:
    """ShownTrace of js/src/core/wire.ts: no contents."""
    entry = job.entry
    stages = ((name, getattr(entry, name)) for name in STAGES)
    return {
        "seq": job.seq,
        "by": entry.answered_by,
        "stages": {name: round(ms, 2) for name, ms in stages if ms is not None},
        "problems": list(entry.problems),
        "error": entry.error,
    }
