"""Writing: what we send, exactly as the wire has it, and what a user gives for it.

Each function returns the `data` of one client message, ready for JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar, get_args

from crmwidget.errors import ChoiceError
from crmwidget.protocol._shapes import FieldType, Kind, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crmwidget.protocol import _shapes
    from crmwidget.protocol._messages import InteractionLog

_FIELD_TYPES: tuple[FieldType, ...] = get_args(FieldType)
_SEVERITIES: tuple[Severity, ...] = get_args(Severity)
_KINDS: tuple[Kind, ...] = get_args(Kind)
_Word = TypeVar("_Word", bound=str)


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What a handler returns to answer with any client message."""

    action: str
    data: object = None
    """None: sent without data."""

    def __repr__(self) -> str:
        return f"Reply({self.action!r})"


@dataclass(frozen=True, slots=True, repr=False)
class HistoryItem:
    """A saved log for the connector's history: the record's id and the fields as saved."""

    task_id: str | int | None = None
    """None: the interaction's own id."""
    log_parameters: Mapping[str, object] | None = None
    """None: the log's own fields."""

    def __repr__(self) -> str:
        return "HistoryItem()"


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of the CRM that the agent fills in.

    How a PICKLIST's values travel is not known. A mapping in `options` goes
    into customFieldInfo as it is; a list goes there as `options` [I].
    """

    label: str
    type: FieldType = "STRING"
    options: Mapping[str, object] | Sequence[object] = field(default=(), repr=False)
    name: str | None = None
    """The CRM's name of it, where it is not the key of a mapping."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "type", _chosen(self.type, _FIELD_TYPES, "the type of a field"))

    def to_wire(self) -> dict[str, object]:
        """One entry of customFieldsDataResponse."""
        more = self.options
        if not isinstance(more, Mapping):
            more = {"options": list(more)} if more else {}
        return {
            "customFieldInfo": {
                **more,
                "customFieldType": self.type,
                "customFieldLabel": self.label,
            }
        }


def crm_directory(contacts: Iterable[Mapping[str, object]]) -> _shapes.DirectoryData:
    """The address book from mappings with id, name, phone, email.

    Who has neither phone nor email is left out, as documented [D]; `count` is
    text, as the sample client sends it [S].
    """
    results: list[_shapes.DirectoryRecord] = []
    for contact in contacts:
        phone, email = _given(contact.get("phone")), _given(contact.get("email"))
        if phone is not None or email is not None:
            identity, name = contact.get("id"), contact.get("name")
            results.append(
                {
                    "id": identity if isinstance(identity, str | int) else str(identity or ""),
                    "name": "" if name is None else str(name),
                    "phone": phone,
                    "email": email,
                }
            )
    return {"count": str(len(results)), "results": results}


def click_to_dial_response(
    *,
    number: str,
    record_id: str | int | None,
    name: str,
    email: str | None = None,
    url: str = "",
    object_type: str = "End User",
) -> _shapes.ClickToDialResponseData:
    """A call that the user has asked for: the connector starts it [D]. No number: ValueError."""
    if not number.strip():
        raise ValueError("there is no number to dial: give one, such as '+12025550143'")
    record: _shapes.DialledRecord = {
        "number": number,
        "objectType": object_type,
        "recordId": record_id,
        "recordName": name,
        "email": email,
        "url": url,
    }
    return {
        "onClickToDialResponse": record,
        "clickToDialLogDetails": {
            "id": record_id,
            "name": name,
            "personAccount": True,
            "type": object_type,
        },
        "softphoneItems": [],
        "doNotCall": False,
        "crmEmails": email or "",
        "crmPhones": [number],
        "nameObjects": None,
        "relatedToObjects": [
            {
                "isName": False,
                "isRelatedTo": True,
                "pageInfo": {
                    "recordId": record_id,
                    "url": url,
                    "recordName": name,
                    "objectType": object_type,
                },
            }
        ],
        "pageInfo": {**record},
    }


def history_item(
    log: InteractionLog,
    task_id: str | int | None = None,
    log_parameters: Mapping[str, object] | None = None,
) -> _shapes.HistoryItemData:
    """A saved log for the connector's history: what was received, and what was saved of it.

    `message` travels twice, and so does `header`, where there was one [D].
    Without `task_id` the interaction's id is taken, without `log_parameters`
    the log's own fields.
    """
    received = log.raw if isinstance(log.raw, dict) else {}
    parameters = log.log_parameters if log_parameters is None else {**log_parameters}
    copied = {key: received[key] for key in ("message", "header") if key in received}
    return {
        "taskId": log.interaction_id if task_id is None else task_id,
        "data": {**received, "logParameters": parameters, "msgData": copied},  # type: ignore[typeddict-item]
    }


def match_fields(asked: Iterable[str], known: Mapping[str, CustomField]) -> dict[str, CustomField]:
    """The `known` fields that were asked for in any case, by the CRM's own spelling [S][O]."""
    spelling: dict[str, str] = {}
    for name in known:
        spelling.setdefault(name.lower(), name)
    found = (spelling.get(name.lower()) for name in asked)
    return {name: known[name] for name in found if name is not None}


def custom_fields_response(
    digital: Mapping[str, CustomField], voice: Mapping[str, CustomField], *, none: bool = False
) -> str:
    """The fields by channel as JSON text, which the data of this message must be [D].

    A channel without a match is `{}`; `none`: the CRM has no custom fields at
    all, then the channels are left out [O].
    """
    channels = {
        channel: {name: found.to_wire() for name, found in fields.items()}
        for channel, fields in (("digital", digital), ("voice", voice))
    }
    return json.dumps({} if none else channels, ensure_ascii=False, separators=(",", ":"))


def error_notification(
    text: str | Sequence[str],
    *,
    title: str = "",
    severity: str = "INFO",
    kind: str = "transient",
    dialog_id: int = 1,
    persist: bool = False,
    store: bool = False,
) -> _shapes.NotificationData:
    """A notice that the connector shows to the agent [D].

    Severity and kind are taken in any case; another value raises ChoiceError,
    which names those that are known.
    """
    return {
        "type": _chosen(kind, _KINDS, "the kind of a notification"),
        "severity": _chosen(severity, _SEVERITIES, "the severity of a notification"),
        "textArray": [text] if isinstance(text, str) else [*text],
        "title": title,
        "dialogId": dialog_id,
        "persist": persist,
        "store": store,
    }


def _chosen(value: str, known: tuple[_Word, ...], what: str) -> _Word:
    found = next((word for word in known if word.lower() == str(value).lower()), None)
    if found is None:
        raise ChoiceError(what, value, known)
    return found


def _given(value: object) -> str | None:
    text = "" if value is None else str(value).strip()
    return text or None
