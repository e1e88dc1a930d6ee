"""The public face as a type checker sees it: checked, never run."""

from typing import Any, assert_type

from crmwidget import CrmData, CRMWidget, CustomField, Directory, Handlers, HistoryItem, Reply
from crmwidget.directory import Contact, Matches
from crmwidget.protocol import CustomFieldsRequest, InteractionLog, ScreenPop
from crmwidget.testing import Connector, interaction_log, screen_pop

phone = CRMWidget("https://connector.example.com/app", name="phone", region="US")
handlers = Handlers()


@phone.on_screen_pop
def pop(message: ScreenPop) -> Matches:
    assert_type(message.caller, str | None)
    return phone.find(message.ani_values)


@handlers.on_save_log(timeout=30)
async def save(log: InteractionLog) -> HistoryItem:
    assert_type(log.custom_fields, dict[str, str])
    return HistoryItem(log.key)


@phone.on("custom_fields")
def fields(asked: CustomFieldsRequest) -> dict[str, CustomField]:
    return {name: CustomField(name) for name in asked.names}


@phone.on_directory
def nobody() -> list[object]:
    return []


def wrong(log: InteractionLog) -> None: ...


phone.on_screen_pop(wrong)  # type: ignore[type-var]
handlers.on(3, pop)  # type: ignore[call-overload]

assert_type(pop(screen_pop("+12025550143")), Matches)
assert_type(phone.on_screen_pop(pop)(screen_pop()), Matches)
assert_type(phone.find("+12025550143").contact, Contact | None)
assert_type(Directory([]).find("4021"), Matches)
assert_type(interaction_log(), InteractionLog)
assert_type(Connector(handlers).ask("directory"), Any)
Reply("crmDirectory", {"count": "0", "results": []})
phone.dial("+12025550143", {"id": 1, "name": "Bo Larsen"})
data: CrmData | None = None
