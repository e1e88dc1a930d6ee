"""Reading: a connector's message becomes a payload, whatever its data looks like.

Nothing here raises on a JSON value. What had to be tolerated is said in
`problems`, in the words of _rules.py and never with a value of the message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from crmwidget.protocol._actions import incoming
from crmwidget.protocol._messages import (
    ClickToDial,
    CrmDataRequest,
    CustomFieldsRequest,
    DirectoryRequest,
    InteractionLog,
    Message,
    Navigate,
    OpenReports,
    Ready,
    ScreenPop,
    UnknownMessage,
)
from crmwidget.protocol._rules import RULES
from crmwidget.protocol._settings import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    Json = dict[str, object]

_LARGEST: Final = 10**30
"""A number beyond this is no phone number and no id; its digits are not worth their time."""


def parse(action: str, data: object, *, at: datetime, key: str | None = None) -> Message:
    """The payload of a message: typed where the action is known, never an exception.

    `at` is when it arrived; `key` the delivery's idempotency key, which an
    interaction log carries.
    """
    known = incoming(action)
    if known is None:
        return UnknownMessage(action=action, raw=data, at=at, extra=_object(data))
    problems: list[str] = []
    if action not in known.spellings:
        problems.append(RULES["action-case"].problem(name=known.name))
    return _READERS[known.name](action, data, at, key, problems)


def _bare(kind: type[Message]) -> Reader:
    """Requests without data: whatever comes is accepted [D][O]."""

    def read(
        action: str, data: object, at: datetime, _: str | None, problems: list[str]
    ) -> Message:
        return kind(action=action, raw=data, at=at, extra=_object(data), problems=tuple(problems))

    return read


def _click_to_dial(
    action: str, data: object, at: datetime, _: str | None, problems: list[str]
) -> Message:
    given = data
    extra: Mapping[str, object] = {}
    if isinstance(data, dict):
        given = data.get("isEnabled")
        extra = _without(data, ("isEnabled",))
    elif isinstance(data, bool):
        problems.append(RULES["bare-value"].problem(field="isEnabled"))
    if isinstance(given, bool):
        flag = given
    else:
        # What is unclear enables nothing: a call must follow a click.
        flag = (isinstance(given, str) and given.strip().lower() in {"true", "y"}) or given == 1
        problems.append(RULES["flag-read"].problem(flag="true" if flag else "false"))
    return ClickToDial(
        action=action, raw=data, at=at, extra=extra, problems=tuple(problems), is_enabled=flag
    )


_PAGE_INFO: Final = {
    "number": "number",
    "recordName": "record_name",
    "objectType": "object_type",
    "email": "email",
    "url": "url",
}


def _navigate(
    action: str, data: object, at: datetime, _: str | None, problems: list[str]
) -> Message:
    found = _object(data)
    record_id = _id(data if data is not found else found.get("recordId"))
    if data is not found:
        rule = RULES["no-data" if record_id is None else "bare-value"]
        problems.append(rule.problem(action="requestNavigateToClickToDialResult", field="recordId"))
    elif found.get("recordId") is None:
        problems.append(RULES["missing"].problem(field="recordId"))
    elif record_id is None:
        problems.append(RULES["no-record-id"].problem())
    return Navigate(
        action=action,
        raw=data,
        at=at,
        extra=_without(found, ("recordId", *_PAGE_INFO)),
        record_id=record_id,
        **{name: _text(found, key, problems) for key, name in _PAGE_INFO.items()},
        problems=tuple(problems),
    )


def _screen_pop(
    action: str, data: object, at: datetime, _: str | None, problems: list[str]
) -> Message:
    found = _object(data)
    given = found.get("aniValues")
    values: list[str] = []
    if isinstance(given, str):
        problems.append(RULES["ani-string"].problem())
        values = [given]
    elif isinstance(given, list | tuple):
        values = [value if isinstance(value, str) else _number(value) or "" for value in given]
        odd = sum(not isinstance(value, str) for value in given)
        if odd:
            problems.append(RULES["ani-not-text"].problem(count=odd))
    elif given is None:
        problems.append(RULES["missing"].problem(field="aniValues"))
    else:
        problems.append(RULES["not-a-list"].problem(field="aniValues"))
    if given is not None and not any(value.strip() for value in values):
        problems.append(RULES["ani-empty"].problem())
    return ScreenPop(
        action=action,
        raw=data,
        at=at,
        extra=_without(found, ("aniValues",)),
        problems=tuple(problems),
        ani_values=tuple(values),
    )


def _custom_fields(
    action: str, data: object, at: datetime, _: str | None, problems: list[str]
) -> Message:
    found = _object(data)
    around = found.get("object")
    extra = _without(found, ("object",))
    if isinstance(around, dict):
        found = around
        extra |= {f"object.{key}": around[key] for key in around if key not in {"voice", "digital"}}
    elif "voice" in found or "digital" in found:
        problems.append(RULES["names-bare"].problem())
        extra = _without(extra, ("voice", "digital"))
    else:
        problems.append(RULES["missing"].problem(field="object"))
        found = {"voice": [], "digital": []}
    return CustomFieldsRequest(
        action=action,
        raw=data,
        at=at,
        extra=extra,
        voice=_names(found, "voice", problems),
        digital=_names(found, "digital", problems),
        problems=tuple(problems),
    )


def _names(found: Json, channel: str, problems: list[str]) -> tuple[str, ...]:
    given = found.get(channel)
    if given is None:
        problems.append(RULES["missing"].problem(field=channel))
        return ()
    if isinstance(given, str):
        problems.append(RULES["names-string"].problem(field=channel))
        given = [given]
    if not isinstance(given, list | tuple):
        problems.append(RULES["not-a-list"].problem(field=channel))
        return ()
    odd = sum(not isinstance(name, str) for name in given)
    if odd:
        problems.append(RULES["names-not-text"].problem(field=channel, count=odd))
    return tuple(name for name in given if isinstance(name, str) and name.strip())


_CALLER: Final = "updatedOriginatingAddress"
_CALLED: Final = "updatedDestinationAddress"


def _interaction_log(
    action: str, data: object, at: datetime, key: str | None, problems: list[str]
) -> Message:
    top = _object(data)
    if not isinstance(data, dict):
        problems.append(RULES["no-data"].problem(action="requestSaveInteractionLog"))
    message = _part(top, "message", problems, needed=bool(top))
    body = _part(message, "body", problems, needed=bool(message))
    found = _part(body, "interactionData", problems, needed=bool(body))
    interaction = _part(found, "interaction", problems)
    intrinsics = _part(interaction, "intrinsics", problems)
    details = _part(found, "logDetails", problems)
    interaction_id = _text(body, "interactionId", problems)
    if body and "interactionId" not in body:
        problems.append(RULES["missing"].problem(field="interactionId"))
    return InteractionLog(
        action=action,
        raw=data,
        at=at,
        key=key,
        header=top.get("header"),
        body=body,
        interaction=interaction,
        intrinsics=intrinsics,
        interaction_id=interaction_id,
        caller=_text(found, _CALLER, problems),
        called=_text(found, _CALLED, problems),
        topic=_text(interaction, "topic", problems),
        subject=_text(details, "subject", problems),
        comments=_text(details, "comments", problems),
        custom_fields=_fields(details.get("customFields"), problems),
        extra=_unknown(
            (top, "", ("header", "message")),
            (message, "message.", ("body",)),
            (body, "message.body.", ("interactionId", "interactionData")),
            (found, _DATA, (_CALLER, _CALLED, "interaction", "logDetails")),
            (interaction, f"{_DATA}interaction.", ("topic", "intrinsics")),
            (details, f"{_DATA}logDetails.", ("subject", "comments", "customFields")),
        ),
        problems=tuple(problems),
    )


_DATA: Final = "message.body.interactionData."


def _fields(given: object, problems: list[str]) -> dict[str, str]:
    """The custom fields by name: an array of {logFieldName, currentValue} [S]."""
    if given is None:
        return {}
    if isinstance(given, dict):
        problems.append(RULES["fields-object"].problem())
        given = [{"logFieldName": name, "currentValue": given[name]} for name in given]
    if not isinstance(given, list | tuple):
        problems.append(RULES["not-a-list"].problem(field="customFields"))
        return {}
    found: dict[str, str] = {}
    unnamed = 0
    twice = False
    for entry in given:
        name = entry.get("logFieldName") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            unnamed += 1
            continue
        twice = twice or name in found
        found[name] = _text(entry, "currentValue", problems) or ""
    if unnamed:
        problems.append(RULES["field-unnamed"].problem(count=unnamed))
    if twice:
        problems.append(RULES["field-twice"].problem())
    return found


def _unknown(*parts: tuple[Json, str, tuple[str, ...]]) -> dict[str, object]:
    return {
        f"{path}{key}": part[key] for part, path, known in parts for key in part if key not in known
    }


def _part(found: Json, key: str, problems: list[str], *, needed: bool = False) -> Json:
    part = found.get(key)
    if isinstance(part, dict):
        return part
    if part is not None:
        problems.append(RULES["not-an-object"].problem(field=key))
    elif needed:
        problems.append(RULES["missing"].problem(field=key))
    return {}


def _object(data: object) -> Json:
    return data if isinstance(data, dict) else {}


def _without(found: Json, known: tuple[str, ...]) -> Json:
    return {key: value for key, value in found.items() if key not in known}


def _text(found: Json, key: str, problems: list[str]) -> str | None:
    """The text under `key`; a number becomes text, anything else is left out."""
    value = found.get(key)
    if value is None or isinstance(value, str):
        return value
    text = _number(value)
    problems.append(RULES["no-text" if text is None else "not-text"].problem(field=key))
    return text


def _number(value: object) -> str | None:
    """A number as people write it, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN is not within, and neither are the infinities.
    return number_text(value) if -_LARGEST < value < _LARGEST else None


def _id(value: object) -> str | int | None:
    if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
        return value
    return None


if TYPE_CHECKING:
    Reader = Callable[[str, object, datetime, str | None, list[str]], Message]

_READERS: Final[dict[str, Reader]] = {
    "ready": _bare(Ready),
    "requestCrmData": _bare(CrmDataRequest),
    "requestGetCrmDirectory": _bare(DirectoryRequest),
    "requestOpenReports": _bare(OpenReports),
    "requestEnableClickToDial": _click_to_dial,
    "requestNavigateToClickToDialResult": _navigate,
    "requestPerformInteractionScreenPop": _screen_pop,
    "requestSaveInteractionLog": _interaction_log,
    "requestCustomFieldsValues": _custom_fields,
}
