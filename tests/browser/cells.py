"""Cells: the code with which the notebooks of these tests begin."""

from __future__ import annotations

from typing import Any, Final

CRM_DATA: Final[dict[str, Any]] = {
    "callCenterSettings": {
        "DialingOptions": {"dialCountryCode": "1"},
        "LogOptions": {"callLogEnabled": "Y"},
        "SoftphoneOptions": {"clickToDial": "Y", "reportsEnabled": "N"},
        "Own": {"key": "kept"},
    },
    "currentUser": {
        "attributes": {"type": "Admin"},
        "Id": "7",
        "Name": "Ada Marsh",
        "Username": "ada@example.com",
        "LanguageLocaleKey": "en_US",
    },
    "capabilities": {"directoryAvailable": True, "name": "Notebook", "unknown": None},
}

CONTACTS: Final = [
    {"id": "C-1", "name": "Bo Larsen", "phone": "+12025550143", "email": "bo@example.com"},
    {"id": "C-2", "name": "Ines Okafor", "phone": "+442079460018", "email": None},
    {"id": "C-3", "name": "Sam Reyes", "phone": "+14155550132", "email": "sam@example.com"},
    {"id": "C-4", "name": "Kit Reyes", "phone": "+14155550132", "email": "kit@example.com"},
]

BUSY: Final = """
import pathlib, time
print("begins")
while not pathlib.Path("go").exists():
    time.sleep(0.05)
pathlib.Path("go").unlink()
print("ends")
"""
"""A cell that sleeps until there is a file called go."""

FIELDS: Final = """
from crmwidget import CustomField

@phone.on_custom_fields
def fields(asked):
    return {"Case_Id": "Case", "priority": CustomField("Priority", type="PICKLIST")}
"""

POP: Final = "requestPerformInteractionScreenPop"


def phone(url: str | None, **arguments: object) -> str:
    """Make a phone with the sample agent and contacts, and show it; `arguments` replace its own."""
    given = {"crm_data": CRM_DATA, "directory": CONTACTS, "region": "US", **arguments}
    listed = "".join(f", {name}={value!r}" for name, value in given.items())
    return f"from crmwidget import CRMWidget\n\nphone = CRMWidget({url!r}{listed})\nphone"


def interaction_log(caller: str = "+12025550143", **details: object) -> dict[str, Any]:
    """Data of requestSaveInteractionLog, with keys that nobody knows."""
    return {
        "header": {"opaque": [1, None]},
        "message": {
            "body": {
                "interactionId": "interaction-1",
                "interactionData": {
                    "updatedOriginatingAddress": caller,
                    "updatedDestinationAddress": "+12025550199",
                    "interaction": {
                        "topic": "Renewal",
                        "intrinsics": {"START_TIME": "12:04:31(UTC)", "START_DATE": "2026-01-15"},
                    },
                    "logDetails": {
                        "subject": "Incoming call",
                        "comments": "Wants the yearly plan",
                        "customFields": [{"logFieldName": "case_id", "currentValue": "77"}],
                        **details,
                    },
                    "unknown": {"deep": [{"er": "ü"}]},
                },
            }
        },
    }
