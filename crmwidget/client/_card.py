"""Card: one question on the screen, from the moment it is asked to the end of its call.

    asking -> found | handled | failed | late | missed
    late -> found | handled         the answer came after all
    any but asking -> asking        a person runs it again

The page begins a card by itself, before Python has the message; what Python says
of it later has the same place among that page's messages, and the page takes
nothing whose place is before that of the card it shows (js/src/core/kernel-view.ts).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from crmwidget import tables
from crmwidget.handlers.replies import plain, text_of
from crmwidget.protocol import incoming

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from crmwidget.client._runner import Job
    from crmwidget.directory import Contact, Match
    from crmwidget.handlers.replies import Outcome
    from crmwidget.handlers.resolver import Answerer
    from crmwidget.protocol import InteractionLog, Message

Stage = Literal["asking", "found", "handled", "failed", "late", "missed"]
Saved = Literal["came", "saved", "kept", "failed"]
"""What became of an interaction log; kept: no handler saves it."""

CARDS: Final = 20
ABOUT: Final = ("requestPerformInteractionScreenPop", "requestNavigateToClickToDialResult")
"""Questions for the record of one person."""
_LONGEST: Final = 200
"""Characters of what is asked for that are shown."""
_LEAST: Final = 7
"""Digits that two spellings of one number have in common at least."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is seen of an answer; made without a lock, for texts of values are the user's code."""

    contacts: tuple[Mapping[str, Any], ...] = ()
    """Of the first `CARDS` matches."""
    html: str | None = None

    @classmethod
    def of(cls, outcome: Outcome) -> Drawn:
        """Draw it."""
        contacts = tuple(shown(match.contact) for match in islice(outcome.matches or (), CARDS))
        return cls(contacts, None if outcome.display is None else html_of(outcome.display))


@dataclass(slots=True)
class Card:
    """`show record` of the wire: ShownRecord of js/src/core/wire.ts."""

    job: Job
    """The one that was started last: what an earlier one brings is not shown any more."""
    first: int
    """Ticket of the one that came from the connector."""
    stage: Stage = "asking"
    by: str | None = None
    matches: list[Match] = field(default_factory=list)
    link: str | None = None
    drawn: Drawn = field(default_factory=Drawn)
    error: str | None = None
    milliseconds: float = 0.0
    changed: bool = False
    """The function that answered, or is asked, was redefined since."""
    stale: bool = False
    """What is shown while it is asked again is of a function that was redefined since."""
    log: tuple[Saved, str | None, datetime] | None = None
    places: dict[str | None, float] = field(default_factory=dict)
    """By page: its number of the message, or between the two that came before and after."""

    def to_wire(self, kernel: str, epoch: str | None) -> dict[str, Any]:
        """As the page `epoch` is to draw it; `kernel` makes its id one of a kind."""
        message = self.job.message
        known = incoming(message.action)
        return {
            "id": f"{kernel}/{self.job.ticket}",
            "place": self.places[epoch],
            "stage": self.stage,
            "action": known.name if known else message.action,
            "asked": asked_of(message),
            "matches": [
                {
                    "contact": contact,
                    "rule": m.reason.removesuffix("."),
                    "certain": m.certain,
                }
                for m, contact in zip(self.matches, self.drawn.contacts, strict=False)
            ],
            "link": self.link and {"url": self.link, "text": f"Open {urlsplit(self.link).netloc}"},
            "html": self.drawn.html,
            "handler": self.by,
            "ms": round(self.milliseconds, 1),
            "error": self.error,
            "changed": self.changed or (self.stale and self.stage == "asking"),
            "at": message.at.timestamp() * 1000,
            "log": self.log
            and {
                "state": self.log[0],
                "item": self.log[1],
                "at": self.log[2].timestamp() * 1000,
            },
        }

    def answer(self, by: str | None, outcome: Outcome, drawn: Drawn) -> None:
        """What was found, or that its handler needs nothing to be shown."""
        self._end("found" if shows(outcome) else "handled", by)
        self.matches = list(outcome.matches or ())
        self.link, self.drawn = outcome.link, drawn

    def choose(self, index: int) -> Match:
        """Of several, or of the possible ones, this one is it: a person says so."""
        match = self.matches[index]
        if not match.certain:
            match = replace(match, reason=f"Chosen by hand. {match.reason}", certain=True)
        self.matches = [match]
        self.drawn = Drawn(self.drawn.contacts[index : index + 1])
        return match

    def fail(self, stage: Stage, by: str | None, error: str | None) -> None:
        """Why there is no answer."""
        self._end(stage, by)
        self.error = error

    def again(self, job: Job) -> None:
        """Its question is asked once more; what was found stays until that is answered."""
        self.job, self.stage, self.error = job, "asking", None
        self.stale, self.changed = self.changed, False

    def _end(self, stage: Stage, by: str | None) -> None:
        self.stage, self.by = stage, by
        self.matches, self.link, self.drawn, self.error = [], None, Drawn(), None
        self.milliseconds = (time.monotonic() - self.job.arrived) * 1000


def shows(outcome: Outcome) -> bool:
    """Whether there is something to be seen of it."""
    seen = (outcome.matches, outcome.link, outcome.display)
    return any(each is not None for each in seen)


def about_a_person(message: Message) -> bool:
    """Whether it asks for somebody's record: with it, the record of the last one goes."""
    known = incoming(message.action)
    return known is not None and known.name in ABOUT


def asked_of(message: Message) -> str:
    """The number or id that is asked for, as it came; empty: there was none."""
    asked = getattr(message, "caller", None) or getattr(message, "record_id", None)
    return "" if asked is None else str(asked)[:_LONGEST]


def called(who: Answerer | None) -> str | None:
    """Who answers, for a sentence: "pop()", "HubSpot"; None: the built-in answer."""
    if who is None:
        return None
    if who.name is not None:
        return f"{who.name}()"
    kind, _, adapter = who.who.partition("=")
    return adapter.partition(".")[0] if kind == "crm" else None


def same_call(message: Message, log: InteractionLog) -> bool:
    """Whether the log is of this call [I]: it came later, and names the number that called.

    Nothing on the wire ties the two together: only the number does.
    """
    if log.at < message.at:
        return False
    asked = getattr(message, "caller", None) or getattr(message, "number", None)
    named = [number for number in (log.caller, log.called) if number]
    if asked is None:
        return not log.caller and getattr(message, "ani_values", None) is not None
    return any(_alike(asked, number) for number in named)


def _alike(one: str, other: str) -> bool:
    """The same text, or the same number with and without its country code."""
    if one.strip().casefold() == other.strip().casefold():
        return True
    short, long = sorted(("".join(filter(str.isdigit, each)) for each in (one, other)), key=len)
    return len(short) >= _LEAST and long.endswith(short)


def shown(contact: Contact) -> Mapping[str, Any]:
    """A contact as the panel draws it: texts only."""
    fields = ((str(name), tables.plain(value)) for name, value in contact.fields.items())
    return {
        "id": plain(contact.id, "contacts"),
        "name": contact.name,
        "phones": [
            # A kind that says no more than that it is a number is left out.
            {"number": p.number, "kind": None if p.kind == "phone" else p.kind}
            for p in contact.phones
        ],
        "email": contact.email,
        "url": text_of(contact.url) or None,
        "fields": {name: _text(value) for name, value in fields if value is not None},
    }


def _text(value: object) -> str:
    """A value of a row; one that cannot be written must not cost the record."""
    try:
        return str(value)[:2000]
    except Exception:  # noqa: BLE001 - a row may hold anything
        return f"<{type(value).__name__}>"


def html_of(value: Any) -> str | None:
    """A document for the sandboxed frame of the panel, where the value has one."""
    method = getattr(value, "_repr_html_", None)
    text = method() if callable(method) else None
    return text if isinstance(text, str) else None
