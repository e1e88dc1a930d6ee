"""Replies: what a user's value means on the wire and to the person at the screen.

One function an action, all with the same shape: the message and the value that
came back, in; an Outcome, out. A value without meaning raises AnswerError or
CrmDataError, which name what would have one.
"""

from __future__ import annotations

import datetime as dt
import math
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from crmwidget import protocol, tables
from crmwidget.core.session import ABSENT, Send
from crmwidget.errors import ActionError, AnswerError, DirectoryError
from crmwidget.handlers.crm_data import crm_data_of
from crmwidget.phones import display
from crmwidget.protocol import incoming, nearest, outgoing

if TYPE_CHECKING:
    from crmwidget.directory import Contact, Matches
    from crmwidget.handlers.resolver import Resolver


@dataclass(frozen=True, slots=True)
class Outcome:
    """What follows from a handler's value."""

    reply: Any = ABSENT
    """Data of the reply; `bytes` are JSON already."""
    more: tuple[Send, ...] = ()
    """Further messages to the connector."""
    matches: Matches | None = None
    """The contacts to show; empty: nobody was found. None: nothing to show."""
    link: str | None = None
    display: Any = None
    """Something the notebook can display."""
    warnings: tuple[str, ...] = ()


def interpret(message: protocol.Message, value: object, sources: Resolver, who: str) -> Outcome:
    """What `value`, returned by `who` for `message`, means."""
    action = incoming(message.action)
    if isinstance(value, protocol.Reply):
        return _reply(message, value)
    if action is None or action.name not in _BY_ACTION:
        return Outcome()
    return _BY_ACTION[action.name](message, value, sources, who)


def notice(text: str, *, title: str = "", severity: str = "INFO", kind: str = "transient") -> Send:
    """A displayErrorNotification for the agent."""
    data = protocol.error_notification(text, title=title, severity=severity, kind=kind)
    return Send(action="displayErrorNotification", data=data)


def message_of_ours(action: str, data: object = ABSENT) -> Send:
    """A client message by its wire name, its data made fit for JSON."""
    known = outgoing(action)
    if known is None:
        names = tuple(a.name for a in protocol.ACTIONS if a.direction == "to_connector")
        raise ActionError(action, nearest(action, "to_connector"), names)
    return Send(action=known.name, data=ABSENT if data is ABSENT else plain(data, known.name))


def dialled(number: str, record: object) -> Send:
    """ClickToDialResponse for a number and, where there is one, the record it belongs to.

    `record`: a Contact, a Match, or a row of any kind, whose columns are recognised as in a
    Directory; `type` is the kind of record. Raises ValueError for several records.
    """
    if not isinstance(number, str) or not any(c.isalnum() for c in number):
        raise ValueError(
            f"dial() needs the number as text, such as '+12025550143', not {type(number).__name__}."
        )
    contact = _contact_in(record)
    fields = {} if contact is None else contact.fields
    own = None if contact is None else plain(contact.id, "clickToDialResponse")
    return Send(
        action="clickToDialResponse",
        data=protocol.click_to_dial_response(
            number=number,
            record_id="" if own is None else own,
            name=text_of(contact and contact.name) or number,
            email=text_of(contact and contact.email) or None,
            url=text_of(contact and contact.url) or text_of(fields.get("url")),
            object_type=text_of(fields.get("type")) or "End User",
        ),
    )


def _contact_in(record: object) -> Contact | None:
    """The contact that a record is; None for nobody, and for matches of which none is certain."""
    from crmwidget.directory import Matches, contacts_of

    if isinstance(record, Matches):
        return record.contact
    try:
        found = contacts_of(record)
    except DirectoryError:
        # An object of a CRM's own library, which has them as attributes.
        read = {name: getattr(record, name) for name in _ATTRIBUTES if hasattr(record, name)}
        if not read:
            raise
        found = contacts_of(read)
    if len(found) > 1:
        raise ValueError(
            f"dial() takes one record, and these are {len(found):,}: give the one that has the "
            "number, such as frame.iloc[0]."
        )
    return found[0] if found else None


_ATTRIBUTES: Final = ("id", "name", "email", "url", "type")


def _reply(message: protocol.Message, value: protocol.Reply) -> Outcome:
    sent = message_of_ours(value.action, ABSENT if value.data is None else value.data)
    action = incoming(message.action)
    if action and action.reply == sent.action:
        return Outcome(reply=sent.data)
    return Outcome(more=(sent,))


# ---------------------------------------------------------------- crmData
def _crm_data(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    if isinstance(value, protocol.CurrentUser):
        value = {"callCenterSettings": {}, "currentUser": value}
    data = crm_data_of(value, sources.user).with_defaults(**sources.follows())
    return Outcome(reply=plain(data.to_wire(), message.action))


# ---------------------------------------------------------------- contacts
def _directory(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    from crmwidget.directory import Directory

    directory = Directory.of(value if value is not None else [], region=sources.region)
    warnings = tuple(directory.warnings)
    if not len(directory) and not who.startswith("built-in"):
        warnings += (f"{who} gave no contacts: the address book is empty.",)
    return Outcome(reply=directory.to_wire(), warnings=warnings)


def _screen_pop(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    def nobody() -> str:
        caller = message.caller
        return (
            f"No contact for {display(caller, sources.region) if caller else 'a withheld number'}."
        )

    return _shown(message, value, who, nobody)


def _navigate(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    return _shown(message, value, who, lambda: "There is no record with this id.")


def _shown(message: Any, value: object, who: str, nobody: Callable[[], str]) -> Outcome:
    from crmwidget.directory import matches_of
    from crmwidget.directory._paths import keys_of
    from crmwidget.errors import DirectoryError

    if value is None:  # "I handled it"
        return Outcome()
    if isinstance(value, str):
        return Outcome(link=_link(message.action, value))
    try:
        matches = matches_of(value, reason=f"Returned by {who.removeprefix('your handler ')}.")
    except DirectoryError:
        expected = _CONTACTS
        if isinstance(value, Mapping):
            expected += f"; a row with a name or a number, not only {keys_of([value])}"
        raise AnswerError(message.action, value, expected) from None
    if not matches:
        return Outcome(matches=matches, more=(notice(nobody(), title="Screen pop"),))
    return Outcome(matches=matches)


_CONTACTS: Final = (
    "phone.find(...), a contact, a row, several of these, a URL, or None when it was handled"
)


def _reports(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    if value is None:
        return Outcome()
    if isinstance(value, str):
        return Outcome(link=_link(message.action, value))
    return Outcome(display=value)


def _link(action: str, text: str) -> str:
    if urlsplit(text).scheme not in {"http", "https"}:
        raise AnswerError(action, text, "a URL that begins with https://, or a contact")
    return text


# ---------------------------------------------------------------- logs and fields
def _save_log(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    if value is None:
        return Outcome()
    parameters: Mapping[str, Any] | None = None
    task: object = value
    if isinstance(value, protocol.HistoryItem):
        task, parameters = value.task_id, value.log_parameters
    record = _id_of(task)
    if isinstance(record, bool) or not isinstance(record, (str, int, type(None))):
        warning = (
            f"{who} returned a {type(task).__name__}: the log counts as saved, but without an id "
            "it is not listed in the history. Return the id (text or integer) or a HistoryItem."
        )
        return Outcome(warnings=(warning,))
    data = protocol.history_item(message, record, plain(parameters, "createHistoryItem"))
    return Outcome(more=(Send(action="createHistoryItem", data=data),))


def _custom_fields(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    fields = _fields(message.action, value)
    if not fields:
        return Outcome(reply=protocol.custom_fields_response({}, {}, none=True))
    return Outcome(
        reply=protocol.custom_fields_response(
            protocol.match_fields(message.digital, fields),
            protocol.match_fields(message.voice, fields),
        )
    )


def _fields(action: str, value: object) -> dict[str, protocol.CustomField]:
    if value is None:
        return {}
    expected = "{name: CustomField(label) or label}, or a list of CustomField with names"
    found: dict[str, protocol.CustomField] = {}
    if isinstance(value, Mapping):
        for name, item in value.items():
            if isinstance(item, str):
                found[str(name)] = protocol.CustomField(item)
            elif isinstance(item, protocol.CustomField):
                found[str(name)] = item
            else:
                raise AnswerError(action, item, expected)
        return found
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
        raise AnswerError(action, value, expected)
    for item in value:
        if not isinstance(item, protocol.CustomField):
            raise AnswerError(action, item, expected)
        found[item.name or item.label] = item
    return found


def _ignored(message: Any, value: object, sources: Resolver, who: str) -> Outcome:
    return Outcome()


_BY_ACTION: Final[Mapping[str, Callable[[Any, object, Any, str], Outcome]]] = {
    "ready": _ignored,
    "requestEnableClickToDial": _ignored,
    "requestCrmData": _crm_data,
    "requestGetCrmDirectory": _directory,
    "requestPerformInteractionScreenPop": _screen_pop,
    "requestNavigateToClickToDialResult": _navigate,
    "requestOpenReports": _reports,
    "requestSaveInteractionLog": _save_log,
    "requestCustomFieldsValues": _custom_fields,
}


# ---------------------------------------------------------------- values
_SAID: Final = (uuid.UUID, dt.timedelta, PurePath, IPv4Address, IPv6Address)
"""Values of which the text says all."""
_LARGEST_SAFE: Final = 2**53 - 1


def plain(value: Any, action: str) -> Any:
    """A value as JSON can carry it, whatever dataframe or database it is from.

    What is absent (NaN, NaT, NA) and what is no number (infinity) is null. Dates
    are ISO text; a Decimal, a UUID and an integer that JavaScript would round are
    text; an array is a list; a row, a dataclass or a contact is an object.
    Raises AnswerError for anything else, and for what holds itself.
    """
    try:
        return _json(value, action)
    except RecursionError:
        raise AnswerError(action, value, _JSON) from None


_JSON: Final = "data of mappings, lists, texts, numbers, booleans and dates"


def _json(value: Any, action: str) -> Any:
    if hasattr(value, "to_wire"):
        told = value.to_wire()
        return told if isinstance(told, bytes) else _json(told, action)
    if isinstance(value, Enum):
        return _json(value.value, action)
    value = tables.plain(tables.row(value))
    if isinstance(value, Mapping):
        return {str(k): _json(v, action) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(v, action) for v in value]
    return _single(value, action)


def _single(value: object, action: str) -> object:
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= _LARGEST_SAFE else str(int(value))
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return str(value) if value.is_finite() else None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, _SAID):
        return str(value)
    raise AnswerError(action, value, _JSON)


def text_of(value: object) -> str:
    """What a value says, without blanks around it; empty where there is none."""
    found = tables.plain(value)
    return "" if found is None else str(found).strip()


def _id_of(value: object) -> object:
    """A record's id as JSON can carry it; what is no id as it is."""
    found = tables.plain(value)
    if isinstance(found, float) and found.is_integer():
        return int(found)
    wide = isinstance(found, int) and abs(found) > _LARGEST_SAFE
    return str(found) if wide or isinstance(found, uuid.UUID | Decimal) else found
