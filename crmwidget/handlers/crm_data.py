"""crmData from whatever the user has: a model, a mapping, a users frame, a settings frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmwidget import protocol
from crmwidget.errors import CrmDataError
from crmwidget.tables import is_table, rows


def crm_data_of(value: object, user: object = None) -> protocol.CrmData:
    """CrmData from a CrmData, a mapping, a users frame or a settings frame.

    `user`: who of a users frame is the agent (an id, login, e-mail, name or row), or
    whose settings a settings frame (columns section, key, value) are.
    Raises CrmDataError with everything that is missing.
    """
    if value is None:
        raise CrmDataError(["it is None; the function returned nothing"])
    if isinstance(value, protocol.CrmData):
        return value
    if is_table(value) or (isinstance(value, list) and all(isinstance(r, Mapping) for r in value)):
        records = list(rows(value))
        if _is_settings(records):
            return protocol.crm_data(
                {"callCenterSettings": _settings(records), "currentUser": _user(user)}
            )
        return protocol.crm_data({"callCenterSettings": {}, "currentUser": _user_of(records, user)})
    if isinstance(value, Mapping):
        given = dict(value)
        settings = given.get("callCenterSettings")
        if settings is not None and is_table(settings):
            given["callCenterSettings"] = _settings(list(rows(settings)))
        if "currentUser" not in given and user is not None:
            given["currentUser"] = _user(user)
        return protocol.crm_data(given)
    raise CrmDataError([f"it is a {type(value).__name__}"])


def _is_settings(records: list[dict[str, Any]]) -> bool:
    return bool(records) and {"section", "key", "value"} <= {str(c).lower() for c in records[0]}


def _settings(records: list[dict[str, Any]]) -> dict[str, Any]:
    if not _is_settings(records):
        raise CrmDataError(["a settings frame has the columns section, key and value"])
    lowered = [{str(k).lower(): v for k, v in row.items()} for row in records]
    return protocol.settings_from_rows((r["section"], r["key"], r["value"]) for r in lowered)


def _user(user: object) -> Any:
    if user is None:
        raise CrmDataError(["it says nothing of the agent: give user="])
    if isinstance(user, protocol.CurrentUser):
        return user
    to_dict = getattr(user, "to_dict", None)
    row = user if isinstance(user, Mapping) else to_dict() if callable(to_dict) else None
    if not isinstance(row, Mapping):
        raise CrmDataError([f"user={type(user).__name__} is no row: give a mapping or a row"])
    return row if "attributes" in row else protocol.user_from_row(row)


def _user_of(records: list[dict[str, Any]], user: object) -> Any:
    if isinstance(user, (Mapping, protocol.CurrentUser)) or hasattr(user, "to_dict"):
        return _user(user)
    found = records
    if user is not None:
        wanted = str(user).strip().casefold()
        found = [r for r in records if any(str(v).strip().casefold() == wanted for v in r.values())]
    if len(found) == 1:
        return protocol.user_from_row(found[0])
    columns = ", ".join(map(str, records[0])) if records else "none"
    if user is None:
        problem = (
            f"the users frame has {len(records)} rows: say with user= who of them is the agent"
        )
    else:
        problem = f"user= fits {len(found)} of the {len(records)} rows of the users frame"
    raise CrmDataError([f"{problem} (by a value of one of its columns: {columns})"])


def demonstration() -> protocol.CrmData:
    """The made-up agent of a simulator to which nobody has given crmData."""
    return protocol.crm_data(
        {
            "callCenterSettings": {
                "SoftphoneOptions": {"language": "en_US", "clickToDial": "Y"},
                "LogOptions": {"callLogEnabled": "Y"},
            },
            "currentUser": {
                "attributes": {"type": "User"},
                "Id": "1",
                "Name": "Ada Marsh",
                "Username": "ada@example.com",
                "LanguageLocaleKey": "en_US",
            },
        }
    )
