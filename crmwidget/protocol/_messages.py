"""What the connector asks or tells, one class per action: what a handler is given.

An attribute is the snake_case of its wire key; conveniences of ours say so.
_incoming.py makes these out of whatever arrives.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Final

from crmwidget.protocol._actions import incoming

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_FLAT: Final = ("raw", "extra", "problems", "header", "body", "interaction")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Message:
    """One message of the connector. Two equal messages are two: they compare by identity."""

    action: str
    """As received; the connector has more than one spelling."""
    raw: object
    """The message's `data`, untouched."""
    at: datetime
    """When it arrived, in UTC. Ours."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """The keys of the data that this project does not know."""
    problems: tuple[str, ...] = ()
    """What was tolerated, each ending in the rule's evidence, such as [I]."""

    def __repr__(self) -> str:
        # An action nobody knows is the sender's text: it is not repeated.
        known = incoming(self.action)
        action = known.name if known else "unknown action"
        return f"<{type(self).__name__} {action}, {len(self.problems)} problems>"

    def to_dict(self) -> dict[str, object]:
        """Flat, for a row of a frame: no lists, nested keys joined by a dot. Ours."""
        row: dict[str, object] = {}
        flat = [known.name for known in fields(self) if known.name not in _NOT_FLAT]
        for name in (*flat, "extra"):
            value = getattr(self, name)
            if isinstance(value, dict):
                row.update((f"{name}.{key}", _cell(inner)) for key, inner in value.items())
            else:
                row[name] = ", ".join(value) if isinstance(value, tuple) else _cell(value)
        return row


def _cell(value: object) -> object:
    if isinstance(value, str | int | float | datetime | None):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=lambda odd: f"<{type(odd).__name__}>")
    except (RecursionError, TypeError, ValueError):
        return f"<{type(value).__name__}>"


class Ready(Message):
    """`ready`: the connector looks for its client; answered already."""

    __slots__ = ()


class CrmDataRequest(Message):
    """`requestCrmData`: asks for the agent and the settings."""

    __slots__ = ()


class DirectoryRequest(Message):
    """`requestGetCRMDirectory`: the agent opened the address book."""

    __slots__ = ()


class OpenReports(Message):
    """`requestOpenReports`: the agent wants to see reports."""

    __slots__ = ()


class UnknownMessage(Message):
    """An action that this project does not know; `raw` has all of it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ClickToDial(Message):
    """`requestEnableClickToDial`: calls may be started from the CRM from now on, or no longer."""

    is_enabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Navigate(Message):
    """`requestNavigateToClickToDialResult`: open the record of the person who was dialled.

    Only `record_id` is evidenced [S]; the others are filled where they came [I].
    """

    record_id: str | int | None = None
    """As received."""
    number: str | None = None
    record_name: str | None = None
    object_type: str | None = None
    email: str | None = None
    url: str | None = None
    """From the connector: not to be followed unseen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScreenPop(Message):
    """`requestPerformInteractionScreenPop`: somebody calls, show who it is."""

    ani_values: tuple[str, ...] = ()
    """The originating addresses as received; blanks among them are kept."""

    @property
    def caller(self) -> str | None:
        """The first that is not blank. Ours."""
        return next((value for value in self.ani_values if value.strip()), None)

    def to_dict(self) -> dict[str, object]:
        """Flat, for a row of a frame. Ours."""
        return {**Message.to_dict(self), "caller": self.caller}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CustomFieldsRequest(Message):
    """`requestCustomFieldsValues`: asks which of these fields the CRM has."""

    voice: tuple[str, ...] = ()
    digital: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Those of both channels, each once. Ours."""
        return tuple(dict.fromkeys((*self.voice, *self.digital)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class InteractionLog(Message):
    """`requestSaveInteractionLog`: an interaction has ended, voice or digital; store it.

    Its contents vary by environment [D]: everything may be missing, and what
    is not known here is in `extra`, under its path within the data.
    """

    interaction_id: str | None = None
    caller: str | None = None
    """updatedOriginatingAddress."""
    called: str | None = None
    """updatedDestinationAddress."""
    topic: str | None = None
    subject: str | None = None
    """The sample client stores it as the type of the interaction [S]."""
    comments: str | None = None
    """The agent's notes."""
    custom_fields: dict[str, str] = field(default_factory=dict)
    """By logFieldName."""
    intrinsics: dict[str, object] = field(default_factory=dict)
    """START_TIME and START_DATE are seen [S]; the rest is open."""
    header: object = None
    """Opaque; it goes back with the history item."""
    key: str | None = None
    """The same for every delivery of this log: use it as an idempotency key. Ours."""
    body: Mapping[str, object] = field(default_factory=dict)
    """`message.body` as received."""
    interaction: Mapping[str, object] = field(default_factory=dict)
    """`interactionData.interaction` as received."""

    @property
    def started_at(self) -> datetime | None:
        """START_DATE and START_TIME, where both can be read for certain [I]; without a zone."""
        day, time = self.intrinsics.get("START_DATE"), self.intrinsics.get("START_TIME")
        if not isinstance(day, str) or not isinstance(time, str):
            return None
        found = _ISO_DATE.fullmatch(day.strip()), _TIME.fullmatch(time.strip())
        if found[0] is None or found[1] is None:
            return None
        try:
            return datetime.fromisoformat(f"{found[0][0]}T{found[1][1]}")
        except ValueError:
            return None

    @property
    def log_parameters(self) -> dict[str, object]:
        """What was given, flat, under the names the sample client saves it by [O].

        No duration: the sample client's is wrong, and none is evidenced.
        """
        named = {
            "interaction_type": self.subject,
            "caller": self.caller,
            "called": self.called,
            "start_time": self.intrinsics.get("START_TIME"),
            "start_date": self.intrinsics.get("START_DATE"),
            "topic": self.topic,
            "comments": self.comments,
        }
        given = {name: value for name, value in named.items() if value is not None}
        return {**self.custom_fields, **given}

    def to_dict(self) -> dict[str, object]:
        """Flat, for a row of a frame: `custom_fields.case_id` and so on. Ours."""
        return {**Message.to_dict(self), "started_at": self.started_at}


_ISO_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
# The sample client splits at parentheses and colons: a time of day, and perhaps a remark [S].
_TIME: Final = re.compile(r"(\d{2}:\d{2}:\d{2})(?:\s*\([^)]*\))?")
