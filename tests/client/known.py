"""What these clients are given, and what their agent was told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from crmwidget.testing import Connector

CRM_DATA: dict[str, Any] = {
    "callCenterSettings": {"DialingOptions": {"dialCountryCode": "44"}, "Own": {"key": "kept"}},
    "currentUser": {
        "attributes": {"type": "Admin"},
        "Id": "7",
        "Name": "Ada Marsh",
        "Username": "ada@example.com",
        "LanguageLocaleKey": "en_US",
    },
}
CONTACTS = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "(202) 555-0143", "email": "bo@example.com"},
    {"id": "C-3", "name": "Sam Reyes", "phone": "+1 415 555 0132"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "415-555-0132"},
]


def notices(connector: Connector) -> list[str]:
    return [
        text
        for sent in connector.received
        if sent.action == "displayErrorNotification"
        for text in sent.data["textArray"]
    ]


def until(seen: Callable[[], object]) -> None:
    """Wait, but not for ever."""
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.01)
