"""Desk: what the person at the screen is shown, and which record they look at.

Decides what goes into the record card, the status line and the contacts tab;
the shapes are those of js/src/core/wire.ts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from crmwidget.captured import STAGES

if TYPE_CHECKING:
    from crmwidget.answers import Outcome
    from crmwidget.directory import Contact, Match, Matches
    from crmwidget.handlers import Handlers
    from crmwidget.precedence import Answerer, Precedence
    from crmwidget.runner import Job

Show = Callable[[str, object, int | None], None]
"""Sends `show` to the page: what, data, the message it belongs to."""
Tell = Callable[[str, object], None]

ROWS: Final = 50
CARDS: Final = 20


@dataclass(slots=True)
class Card:
    """`show record` of the wire."""

    job: Job
    asked: str
    handler: str | None
    milliseconds: float
    matches: list[Match] = field(default_factory=list)
    link: str | None = None
    html: str | None = None
    changed: bool = False

    def to_wire(self) -> dict[str, Any]:
        """ShownRecord of js/src/core/wire.ts."""
        return {
            "action": self.job.message.action,
            "asked": self.asked,
            "matches": [
                {
                    "contact": _shown(m.contact),
                    "rule": m.reason.removesuffix("."),
                    "certain": m.certain,
                }
                for m in self.matches[:CARDS]
            ],
            "link": self.link and {"url": self.link, "text": f"Open {urlsplit(self.link).netloc}"},
            "html": self.html,
            "handler": self.handler,
            "ms": round(self.milliseconds, 1),
            "changed": self.changed,
            "at": self.job.message.at.timestamp() * 1000,
        }


class Desk:
    """One per client; called under its lock."""

    def __init__(self, sources: Precedence, show: Show, tell: Tell) -> None:
        self.record: Contact | None = None
        self.candidates: tuple[Contact, ...] = ()
        self.warnings: dict[str, str] = {}
        """What is to be mended, by where it was seen."""
        self._sources = sources
        self._show = show
        self._tell = tell
        self._card: Card | None = None
        self._summary: dict[str, Any] | None = None

    def draw(self, job: Job, who: Answerer | None, outcome: Outcome) -> Any:
        """The record card for what was found; returns what only a cell can display."""
        if outcome.matches is None and outcome.link is None and outcome.display is None:
            return None
        html = None if outcome.display is None else html_of(outcome.display)
        asked = getattr(job.message, "caller", None) or getattr(job.message, "record_id", None)
        self._card = Card(
            job=job,
            asked="" if asked is None else str(asked),
            handler=who.name if who else None,
            milliseconds=(time.monotonic() - job.arrived) * 1000,
            matches=list(outcome.matches or ()),
            link=outcome.link,
            html=html,
        )
        if outcome.matches is not None:
            self._found(outcome.matches)
        self.draw_again()
        return outcome.display if html is None else None

    def draw_again(self) -> None:
        """The last card, for a page that has not seen it or because it changed."""
        if self._card is not None:
            self._show("record", self._card.to_wire(), self._card.job.seq)

    def _found(self, matches: Matches) -> None:
        self.candidates = tuple(m.contact for m in matches)
        self.record = matches.contact
        self._tell("candidates", self.candidates)
        self._tell("record", self.record)

    def choose(self, index: int) -> None:
        """One of several, or a possible one, was picked by a person: now it is the record."""
        if self._card is None or not 0 <= index < len(self._card.matches):
            return
        match = self._card.matches[index]
        if not match.certain:
            match = replace(match, reason=f"Chosen by hand. {match.reason}", certain=True)
        self._card.matches = [match]
        self.record = match.contact
        self._tell("record", self.record)
        self.draw_again()

    def handlers_changed(self, handlers: Handlers) -> None:
        """The function that answered was redefined: the card offers to run it again."""
        card = self._card
        if card is None or card.changed or card.job.handler is None:
            return
        now = handlers.get(card.job.message.action)
        if now is not None and now.function is not card.job.handler.function:
            card.changed = True
            self.draw_again()

    def summarise(self, *, unsaved: int, failed: int, again: bool = False) -> None:
        """The facts of the status line that only the kernel has; sent when they changed."""
        directory: Any = self._sources.directory
        readable = hasattr(directory, "recognised")
        warnings = list(self.warnings.values())
        summary = {
            "agent": getattr(self._sources.crm_data, "agent", None),
            "contacts": len(directory) if readable else self._asked_for(directory),
            "region": self._sources.region,
            "recognised": directory.recognised if readable else None,
            "warnings": [*warnings, *directory.warnings] if readable else warnings,
            "unsaved": unsaved,
            "failed": failed,
        }
        if again or summary != self._summary:
            self._summary = summary
            self._show("summary", summary, None)

    def _asked_for(self, directory: object) -> int | None:
        """None: a function or the CRM gives contacts when they are asked for; 0: nobody does."""
        return 0 if directory is None and self._sources.adapter("contacts") is None else None

    def warn(self, text: str, re: int) -> None:
        """Why what a person asked for could not be done."""
        self._show("warning", {"text": text}, re)

    def trace(self, jobs: Iterable[Job]) -> None:
        """What became of these, for who looks at the traffic."""
        if traces := [_trace(job) for job in jobs]:
            self._show("trace", traces, None)

    def search(self, text: str, offset: int, re: int) -> None:
        """A page of contacts for the contacts tab."""
        directory: Any = self._sources.directory
        matching, found = 0, []
        if hasattr(directory, "search"):
            matching, found = directory.search(text, offset=offset, limit=ROWS)
        data = {
            "text": text,
            "total": len(directory) if hasattr(directory, "recognised") else 0,
            "matching": matching,
            "offset": offset,
            "rows": [_shown(contact) for contact in found],
        }
        self._show("contacts", data, re)

    def contact(self, wanted: object) -> Contact | None:
        """The contact with this id among those on the screen and in the directory."""
        if wanted is None:
            return None
        for contact in self.candidates:
            if str(contact.id) == str(wanted):
                return contact
        directory: Any = self._sources.directory
        return directory.get(wanted) if hasattr(directory, "get") else None


def _shown(contact: Contact) -> Mapping[str, Any]:
    """A contact as the panel draws it: texts only."""
    return {
        "id": contact.id if isinstance(contact.id, (str, int)) else None,
        "name": contact.name,
        "phones": [
            # A kind that says no more than that it is a number is left out.
            {"number": p.number, "kind": None if p.kind == "phone" else p.kind}
            for p in contact.phones
        ],
        "email": contact.email,
        "url": contact.url,
        "fields": {str(k): str(v)[:2000] for k, v in contact.fields.items() if v is not None},
    }


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


def html_of(value: Any) -> str | None:
    """A document for the sandboxed frame of the panel, where the value has one."""
    method = getattr(value, "_repr_html_", None)
    text = method() if callable(method) else None
    return text if isinstance(text, str) else None
