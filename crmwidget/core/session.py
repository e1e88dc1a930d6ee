"""Session: what the connector said, and what we now owe it.

No clock, thread or widget. Feed it messages with the time and carry out the
effects it returns: widget, in-memory connector, replay and tests all do. It
knows which message wants which reply and until when; who answers, and what
the answer means on the wire, is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from crmwidget.protocol import incoming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crmwidget.protocol import Message

EXPIRES: Final = 5.0
"""Seconds after which a dial or a notice must not be posted any more."""
TIMEOUT: Final = 10.0
SAVING: Final = 60.0
"""Seconds for a handler; saving goes over a network and must not be cut short."""


class _Absent:
    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = _Absent()
"""No reply at all, as opposed to a reply of None."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to carry out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Effect):
    """Post a message to the connector."""

    action: str
    data: Any = ABSENT
    re: int | None = None
    """The ticket it belongs to."""
    expires: float | None = None
    """On the caller's clock; later it must not be posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDue(Effect):
    """Ask whoever answers this message; `reply` names the action of the answer, if one is owed."""

    ticket: int
    message: Message
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Late(Effect):
    """The time of this ticket's handler is over."""

    ticket: int
    timeout: float


@dataclass(frozen=True, slots=True)
class Changed(Effect):
    """acked, configured or can_dial is another than before."""


@dataclass(slots=True)
class _Ticket:
    message: Message
    reply: str | None
    timeout: float = 0.0
    deadline: float | None = None
    late: bool = False


@dataclass(slots=True)
class Session:
    """The state of one connection."""

    acked: bool = False
    """A `ready` was answered."""
    configured: bool = False
    """crmData was sent."""
    can_dial: bool = False
    """The connector has enabled click-to-dial."""
    crm_data: Any = ABSENT
    """The last good crmData, sent again when a later answer fails."""
    _tickets: dict[int, _Ticket] = field(default_factory=dict)
    _running: set[int] = field(default_factory=set)
    """Tickets whose time is running; a burst may have thousands of others."""

    def restore(self, facts: Mapping[str, object]) -> None:
        """Start from what the page knows: a new kernel is told that the call goes on."""
        self.acked = facts.get("acked") is True
        self.configured = facts.get("configured") is True
        self.can_dial = facts.get("dial") is True

    def receive(self, message: Message, ticket: int, *, answered: bool = False) -> list[Effect]:
        """What a message of the connector asks for; `answered`: the page has replied already."""
        action = incoming(message.action)
        effects: list[Effect] = []
        before = self.acked, self.configured, self.can_dial
        if action is None:
            reply = None
        elif action.name == "ready":
            reply = None
            if not answered:
                effects.append(Send(action="ready", re=ticket))
            if self.configured:  # [I] ready after crmData: the frame has reloaded
                self.configured = self.can_dial = False
            self.acked = True
        else:
            reply = None if answered else action.reply
            if action.name == "requestEnableClickToDial":
                self.can_dial = bool(getattr(message, "is_enabled", False))
            elif action.name == "requestCrmData" and answered:
                self.configured = True
        if (self.acked, self.configured, self.can_dial) != before:
            effects.append(Changed())
        self._tickets[ticket] = _Ticket(message, reply)
        effects.append(AnswerDue(ticket=ticket, message=message, reply=reply))
        return effects

    def ask_again(self, message: Message, ticket: int) -> None:
        """A message that had its reply is handled once more: only its time counts."""
        self._tickets[ticket] = _Ticket(message, None)

    def begin(self, ticket: int, *, now: float, timeout: float | None) -> None:
        """The handler starts now and has `timeout` seconds; None: no limit."""
        found = self._tickets.get(ticket)
        if found is not None and timeout is not None:
            found.timeout, found.deadline = timeout, now + timeout
            self._running.add(ticket)

    def answer(self, ticket: int, data: object = ABSENT, *more: Send) -> list[Effect]:
        """The handler is through: `data` of the reply it owes, and what else is to be sent."""
        found = self._close(ticket)
        if found is None or found.reply is None or data is ABSENT or found.late:
            return list(more)
        reply = Send(action=found.reply, data=data, re=ticket, expires=found.deadline)
        if found.reply != "crmData":
            return [reply, *more]
        self.crm_data = data
        return [reply, *self._configure(), *more]

    def fail(self, ticket: int, *notice: Send) -> list[Effect]:
        """The handler raised or its value has no meaning: the last good crmData, and a notice."""
        found = self._close(ticket)
        if found is None or found.reply != "crmData" or self.crm_data is ABSENT or found.late:
            return list(notice)
        last_good = Send(action="crmData", data=self.crm_data, re=ticket)
        return [last_good, *self._configure(), *notice]

    def _close(self, ticket: int) -> _Ticket | None:
        self._running.discard(ticket)
        return self._tickets.pop(ticket, None)

    def _configure(self) -> list[Effect]:
        if self.configured:
            return []
        self.configured = True
        return [Changed()]

    def tick(self, now: float) -> list[Late]:
        """Handlers that are late by now, each named once; their answers are not sent any more."""
        late: list[Late] = []
        for number in sorted(self._running):
            ticket = self._tickets[number]
            if ticket.deadline is not None and now >= ticket.deadline:
                ticket.late = True
                self._running.discard(number)
                late.append(Late(ticket=number, timeout=ticket.timeout))
        return late

    def is_late(self, ticket: int) -> bool:
        """Whether the ticket's time was over before its handler was through."""
        found = self._tickets.get(ticket)
        return found is not None and found.late

    def wake(self) -> float | None:
        """When `tick` has something to say next."""
        deadlines = (self._tickets[number].deadline for number in self._running)
        return min((at for at in deadlines if at is not None), default=None)


def is_history(send: Send) -> bool:
    """Whether it belongs into the history of whatever page comes next."""
    return send.action == "createHistoryItem"


def expiring(send: Send, now: float) -> Send:
    """Nothing that acts on its own arrives late; what was saved is history whenever it does."""
    if is_history(send):
        return send
    return Send(action=send.action, data=send.data, expires=now + EXPIRES)


def default_timeout(action: str) -> float:
    """Seconds a handler has unless said otherwise."""
    known = incoming(action)
    return SAVING if known and known.kept else TIMEOUT
