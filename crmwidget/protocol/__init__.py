"""The vendor's wire as data: actions by name, payloads read leniently, answers written exactly.

The names of the actions are here at once; payloads, models and builders load
with the first message or the first `CrmData`, so that importing this costs
next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from crmwidget._lazy import lazily
from crmwidget.protocol._actions import (
    ACTIONS,
    FROM_CONNECTOR,
    TO_CONNECTOR,
    Action,
    incoming,
    named,
    nearest,
    outgoing,
)

if TYPE_CHECKING:
    from crmwidget.protocol._crm_data import (
        Capabilities,
        CrmData,
        CurrentUser,
        crm_data,
        user_from_row,
    )
    from crmwidget.protocol._incoming import parse
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
    from crmwidget.protocol._outgoing import (
        CustomField,
        HistoryItem,
        Reply,
        click_to_dial_response,
        crm_directory,
        custom_fields_response,
        error_notification,
        history_item,
        match_fields,
    )
    from crmwidget.protocol._rules import RULES, Rule
    from crmwidget.protocol._settings import Settings, settings_from_rows

__all__ = [
    "ACTIONS",
    "FROM_CONNECTOR",
    "RULES",
    "TO_CONNECTOR",
    "Action",
    "Capabilities",
    "ClickToDial",
    "CrmData",
    "CrmDataRequest",
    "CurrentUser",
    "CustomField",
    "CustomFieldsRequest",
    "DirectoryRequest",
    "HistoryItem",
    "InteractionLog",
    "Message",
    "Navigate",
    "OpenReports",
    "Ready",
    "Reply",
    "Rule",
    "ScreenPop",
    "Settings",
    "UnknownMessage",
    "click_to_dial_response",
    "crm_data",
    "crm_directory",
    "custom_fields_response",
    "error_notification",
    "history_item",
    "incoming",
    "match_fields",
    "named",
    "nearest",
    "outgoing",
    "parse",
    "settings_from_rows",
    "user_from_row",
]


__getattr__, __dir__ = lazily(
    __name__,
    {
        "_crm_data": ("Capabilities", "CrmData", "CurrentUser", "crm_data", "user_from_row"),
        "_incoming": ("parse",),
        "_messages": (
            "ClickToDial",
            "CrmDataRequest",
            "CustomFieldsRequest",
            "DirectoryRequest",
            "InteractionLog",
            "Message",
            "Navigate",
            "OpenReports",
            "Ready",
            "ScreenPop",
            "UnknownMessage",
        ),
        "_outgoing": (
            "CustomField",
            "HistoryItem",
            "Reply",
            "click_to_dial_response",
            "crm_directory",
            "custom_fields_response",
            "error_notification",
            "history_item",
            "match_fields",
        ),
        "_rules": ("RULES", "Rule"),
        "_settings": ("Settings", "settings_from_rows"),
    },
)
