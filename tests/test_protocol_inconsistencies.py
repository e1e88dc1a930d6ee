"""The 21 places where the vendor's sources disagree: what we do in each of them.

The numbers are those of the table in the protocol reference. A row that this
package cannot keep names the part that does.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from crmwidget.protocol import (
    ACTIONS,
    RULES,
    CrmData,
    CurrentUser,
    CustomField,
    DirectoryRequest,
    InteractionLog,
    Navigate,
    ScreenPop,
    Settings,
    click_to_dial_response,
    crm_data,
    crm_directory,
    custom_fields_response,
    error_notification,
    history_item,
    incoming,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

AT = datetime(2026, 11, 24, tzinfo=UTC)
ELSEWHERE = {
    3: "core/session.py: nothing depends on the order of activation",
    4: "js/src/core/connection.ts: every ready is answered",
    5: "js/src/softphone/frame.ts: elements are held, an id is only a name",
    6: "js/src/softphone/frame.ts: camera, microphone and geolocation are allowed",
    11: "handlers/replies.py: a history item follows a handler that returned",
    12: "two names of one page of the documentation: nothing to do",
}


def log(**data: object) -> InteractionLog:
    found = parse("requestSaveInteractionLog", data, at=AT)
    assert isinstance(found, InteractionLog)
    return found


def row_1_both_directory_requests_are_one_action() -> None:
    for spelling in ("requestGetCRMDirectory", "requestGetCrmDirectory"):
        message = parse(spelling, None, at=AT)
        assert isinstance(message, DirectoryRequest)
        assert message.problems == ()
    assert isinstance(parse("requestgetcrmdirectory", None, at=AT), DirectoryRequest)


def row_2_names_are_read_in_any_case_and_sent_in_one() -> None:
    found = incoming("requestCRMData")
    assert found is not None
    assert (found.name, found.reply) == ("requestCrmData", "crmData")
    assert [action.name for action in ACTIONS if action.direction == "to_connector"] == [
        "ready",
        "crmData",
        "crmDirectory",
        "clickToDialResponse",
        "createHistoryItem",
        "customFieldsDataResponse",
        "displayErrorNotification",
    ]


def row_7_the_severity_is_spelt_severity() -> None:
    notice = error_notification("x", severity="WARNING")
    assert notice["severity"] == "WARNING"
    assert "serverity" not in notice


def row_8_a_notification_has_its_keys_beside_each_other_to_go_under_data() -> None:
    notice = error_notification("x")
    assert {"type", "textArray"} <= set(notice)
    assert "data" not in notice


def row_9_ready_takes_any_data() -> None:
    for data in (None, {}, [], "x", 1):
        assert parse("ready", data, at=AT).problems == ()


def row_10_the_task_id_is_the_handlers_or_else_the_interactions() -> None:
    received = log(message={"body": {"interactionId": "i-1", "interactionData": {}}})
    assert history_item(received, 7)["taskId"] == 7
    assert history_item(received)["taskId"] == "i-1"


def row_13_the_flag_is_called_is_enabled() -> None:
    name = "requestEnableClickToDial"
    assert parse(name, {"isEnabled": True}, at=AT).problems == ()
    assert parse(name, {"enableClickToDial": True}, at=AT).problems != ()


def row_14_the_user_decides_on_click_to_dial() -> None:
    for given in (True, False):
        data = CrmData(
            current_user=CurrentUser(id="1", name="Ada Marsh", username="ada"),
            call_center_settings=Settings(click_to_dial=given),
        )
        kept = data.with_defaults(
            call_log=False, click_to_dial=True, reports=False, directory=False
        )
        assert kept.call_center_settings.click_to_dial is given


def row_15_the_users_id_is_text_and_a_record_id_stays_what_it_is() -> None:
    user = {"Name": "a", "Username": "b", "LanguageLocaleKey": "c", "attributes": {"type": "d"}}
    data = crm_data({"callCenterSettings": {}, "currentUser": {**user, "Id": 7}})
    assert data.to_wire()["currentUser"] == {**user, "Id": "7"}
    assert CurrentUser(id=7, name="a", username="b").to_wire()["Id"] == "7"  # type: ignore[arg-type]

    found = parse("requestNavigateToClickToDialResult", {"recordId": 7}, at=AT)
    assert isinstance(found, Navigate)
    assert found.record_id == 7
    dialled = click_to_dial_response(number="1", record_id=7, name="a")
    assert dialled["onClickToDialResponse"]["recordId"] == 7


def row_16_emails_are_a_text_and_phones_an_array() -> None:
    dialled = click_to_dial_response(number="1", record_id=1, name="a", email="a@example.com")
    assert dialled["crmEmails"] == "a@example.com"
    assert dialled["crmPhones"] == ["1"]


def row_17_custom_fields_travel_as_a_string() -> None:
    text = custom_fields_response({"a": CustomField("A")}, {})
    assert isinstance(text, str)
    assert list(json.loads(text)) == ["digital", "voice"]


def row_18_no_duration_is_copied() -> None:
    received = log(
        message={
            "body": {
                "interactionId": "i",
                "interactionData": {"interaction": {"intrinsics": {"START_TIME": "10:00:00"}}},
            }
        }
    )
    assert received.log_parameters == {"start_time": "10:00:00"}


def row_19_nobody_is_looked_up_without_a_number() -> None:
    for values in ([], [""], ["  ", ""]):
        pop = parse("requestPerformInteractionScreenPop", {"aniValues": values}, at=AT)
        assert isinstance(pop, ScreenPop)
        assert pop.caller is None
        assert pop.problems != ()


def row_20_the_filtered_list_is_counted() -> None:
    found = crm_directory([{"id": 1, "name": "a"}, {"id": 2, "name": "b", "phone": "1"}])
    assert found["count"] == "1"


def row_21_both_spellings_of_the_section_are_read_and_one_is_sent() -> None:
    for spelling in ("reqGeneralInfo", "ReqGeneralInfo"):
        found = Settings.from_wire({spelling: {"reqDisplayName": "x"}})
        assert found.req_display_name == "x"
        assert found.to_wire() == {"ReqGeneralInfo": {"reqDisplayName": "x"}}


HERE: dict[int, Callable[[], None]] = {
    int(name.split("_")[1]): check for name, check in globals().items() if name.startswith("row_")
}


def test_every_row_is_kept_here_or_named_as_anothers() -> None:
    assert sorted([*HERE, *ELSEWHERE]) == list(range(1, 22))
    assert all(row in HERE for rule in RULES.values() for row in rule.rows)


@pytest.mark.parametrize("row", sorted(HERE), ids=lambda row: HERE[row].__name__)
def test_the_row_is_kept(row: int) -> None:
    HERE[row]()
