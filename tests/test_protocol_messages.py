"""Payloads: what a handler may rely on, and that reading never fails."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget import protocol
from crmwidget.errors import ChoiceError
from crmwidget.protocol import (
    ACTIONS,
    RULES,
    CustomField,
    HistoryItem,
    InteractionLog,
    Message,
    Reply,
    error_notification,
    history_item,
    match_fields,
    parse,
)

AT = datetime(2026, 11, 24, 10, 27, 31, tzinfo=UTC)
SAVE = "requestSaveInteractionLog"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20
)


def odd(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Mostly as the wire has it, sometimes anything else."""
    return st.one_of(strategy, strategy, strategy, scalars, st.lists(scalars, max_size=2))


def shaped(**parts: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """An object with any of these keys, and perhaps others."""
    known = st.fixed_dictionaries({}, optional={key: odd(part) for key, part in parts.items()})
    return st.builds(lambda more, found: {**more, **found}, st.just({}) | json_objects, known)


json_objects = st.dictionaries(st.text(), scalars, max_size=2)
fields = shaped(logFieldName=st.sampled_from(["a", "b", ""]), currentValue=st.text())
wire_like = odd(
    shaped(
        isEnabled=st.booleans(),
        recordId=st.integers(),
        url=st.text(),
        aniValues=st.lists(odd(st.text())),
        object=shaped(voice=st.lists(odd(st.text())), digital=st.lists(st.text())),
        header=json_objects,
        message=shaped(
            body=shaped(
                interactionId=st.text(),
                interactionData=shaped(
                    updatedOriginatingAddress=st.text(),
                    interaction=shaped(topic=st.text(), intrinsics=json_objects),
                    logDetails=shaped(comments=st.text(), customFields=st.lists(odd(fields))),
                ),
            )
        ),
    )
)
names = st.sampled_from([spelling for action in ACTIONS for spelling in action.spellings])


def log(
    details: dict[str, object] | None = None,
    intrinsics: dict[str, object] | None = None,
    key: str | None = None,
) -> InteractionLog:
    data = {
        "message": {
            "body": {
                "interactionId": "i-1",
                "interactionData": {
                    "updatedOriginatingAddress": "+12025550143",
                    "interaction": {"topic": "Renewal", "intrinsics": intrinsics or {}},
                    "logDetails": details or {},
                },
            }
        }
    }
    found = parse(SAVE, data, at=AT, key=key)
    assert isinstance(found, InteractionLog)
    return found


@given(action=names | st.text(), data=json_values | wire_like)
def test_no_json_value_makes_reading_fail(action: str, data: object) -> None:
    message = parse(action, data, at=AT)

    assert isinstance(message, Message)
    assert message.raw is data
    assert all(problem[-3:] in {"[I]", "[D]", "[S]", "[O]"} for problem in message.problems)


@given(action=names, data=wire_like)
def test_every_payload_becomes_a_flat_row(action: str, data: object) -> None:
    row = parse(action, data, at=AT).to_dict()

    assert all(isinstance(name, str) for name in row)
    assert all(isinstance(v, str | int | float | datetime | None) for v in row.values())


@given(data=wire_like)
def test_a_history_item_of_any_log_keeps_what_came(data: object) -> None:
    message = parse(SAVE, data, at=AT)
    assert isinstance(message, InteractionLog)

    sent = history_item(message, "call-1")["data"]

    received = data if isinstance(data, dict) else {}
    assert set(sent) == {*received, "logParameters", "msgData"}
    assert sent["msgData"] == {k: received[k] for k in ("message", "header") if k in received}


def test_a_number_too_long_for_its_digits_is_left_out() -> None:
    pop = parse("requestPerformInteractionScreenPop", {"aniValues": [10**5000, 1e400]}, at=AT)

    assert isinstance(pop, protocol.ScreenPop)
    assert pop.ani_values == ("", "")


def test_a_value_nested_beyond_all_measure_still_makes_a_row() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]

    row = parse("requestTransfer", {"deep": deep}, at=AT).to_dict()

    assert row["extra.deep"] == "<list>"


def test_a_short_name_is_ours_and_means_nothing_on_the_wire() -> None:
    assert isinstance(parse("screen_pop", {}, at=AT), protocol.UnknownMessage)
    assert protocol.named("screen_pop") is protocol.incoming("requestPerformInteractionScreenPop")


def test_two_equal_messages_are_two() -> None:
    first, second = parse("ready", {}, at=AT), parse("ready", {}, at=AT)

    assert first != second
    assert len({first, second}) == 2


def test_a_payload_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        log().topic = "x"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        parse("ready", {}, at=AT).note = "x"  # type: ignore[attr-defined]


@given(action=names, data=json_values, canary=st.just("bo.larsen+12025550143"))
def test_a_repr_shows_no_data_of_the_message(action: str, data: object, canary: str) -> None:
    message = parse(action, {canary: data, "comments": canary, "aniValues": canary}, at=AT)

    assert canary not in repr(message)
    assert repr(message).startswith(f"<{type(message).__name__} ")


def test_the_name_of_an_unknown_action_is_not_repeated() -> None:
    assert (
        repr(parse("call +12025550143", {}, at=AT)) == "<UnknownMessage unknown action, 0 problems>"
    )


def test_what_a_user_returns_shows_no_data_either() -> None:
    shown = f"{Reply('crmData', 'Bo')!r} {HistoryItem('Bo', {'topic': 'Bo'})!r}"

    assert shown == "Reply('crmData') HistoryItem()"


def test_a_log_carries_the_key_of_its_delivery() -> None:
    assert log(key="epoch/7").key == "epoch/7"


def test_a_logs_row_has_a_column_for_each_field_of_the_agent() -> None:
    details = {
        "comments": "Yearly",
        "customFields": [{"logFieldName": "case_id", "currentValue": "7"}],
    }

    row = log(details, {"START_DATE": "2026-11-24", "START_TIME": "10:00:00"}, "k").to_dict()

    assert row == {
        "action": SAVE,
        "at": AT,
        "interaction_id": "i-1",
        "caller": "+12025550143",
        "called": None,
        "topic": "Renewal",
        "subject": None,
        "comments": "Yearly",
        "custom_fields.case_id": "7",
        "intrinsics.START_DATE": "2026-11-24",
        "intrinsics.START_TIME": "10:00:00",
        "key": "k",
        "started_at": datetime(2026, 11, 24, 10),  # noqa: DTZ001 - the wire names no zone
    }


def test_a_screen_pops_row_joins_its_numbers() -> None:
    pop = parse("requestPerformInteractionScreenPop", {"aniValues": ["", "4021"], "x": [1]}, at=AT)

    assert pop.to_dict() == {
        "action": pop.action,
        "at": AT,
        "ani_values": ", 4021",
        "extra.x": "[1]",
        "caller": "4021",
    }


@pytest.mark.parametrize(
    ("day", "time", "read"),
    [
        ("2026-11-24", "10:27:31", "2026-11-24T10:27:31"),
        ("2026-11-24", "10:27:31 (UTC)", "2026-11-24T10:27:31"),
        ("2026-11-24", "10:27:31(2)", "2026-11-24T10:27:31"),
        ("24.11.2026", "10:27:31", None),
        ("11/12/2026", "10:27:31", None),
        ("20261124", "10:27:31", None),
        ("2026-13-24", "10:27:31", None),
        ("2026-11-24", "25:27:31", None),
        ("2026-11-24", "10:27", None),
        ("2026-11-24", None, None),
        (20261123, "10:27:31", None),
    ],
)
def test_the_start_is_read_only_where_it_is_certain(day: object, time: object, read: str) -> None:
    found = log(intrinsics={"START_DATE": day, "START_TIME": time}).started_at

    assert (found and found.isoformat()) == read


def test_a_custom_field_named_like_one_of_ours_does_not_hide_it() -> None:
    fields = [{"logFieldName": "topic", "currentValue": "theirs"}]

    assert log({"customFields": fields}).log_parameters["topic"] == "Renewal"


def test_asked_fields_are_matched_in_any_case_by_the_crms_spelling() -> None:
    case, ticket = CustomField("Case"), CustomField("Ticket", "PICKLIST")
    known = {"Case_ID": case, "ticket_id": ticket}

    found = match_fields(["TICKET_ID", "case_id", "other", "Case_id"], known)

    assert list(found.items()) == [("ticket_id", ticket), ("Case_ID", case)]


def test_options_of_a_picklist_go_on_the_wire_as_the_user_gives_them() -> None:
    given = CustomField("Plan", "PICKLIST", {"values": ["Gold"]}).to_wire()
    listed = CustomField("Plan", "PICKLIST", ["Gold"]).to_wire()

    info = {"customFieldType": "PICKLIST", "customFieldLabel": "Plan"}
    assert given == {"customFieldInfo": {**info, "values": ["Gold"]}}
    assert listed == {"customFieldInfo": {**info, "options": ["Gold"]}}


def test_a_word_the_wire_does_not_have_is_refused_with_those_it_has() -> None:
    with pytest.raises(ChoiceError, match=r"severity.*EVENT, INFO, WARNING"):
        error_notification("x", severity="FATAL")
    with pytest.raises(ChoiceError, match=r"kind.*transient, okDialog"):
        error_notification("x", kind="popup")
    with pytest.raises(ChoiceError, match="STRING, PICKLIST"):
        CustomField("Plan", "NUMBER")  # type: ignore[arg-type]


def test_nothing_is_dialled_without_a_number() -> None:
    with pytest.raises(ValueError, match="no number to dial"):
        protocol.click_to_dial_response(number=" ", record_id=1, name="Bo Larsen")


def test_a_contact_without_a_name_or_with_a_foreign_id_is_still_a_record() -> None:
    found = protocol.crm_directory([{"id": 1.5, "phone": 4021}])

    assert found["results"] == [{"id": "1.5", "name": "", "phone": "4021", "email": None}]


def test_every_rule_has_an_id_of_its_own_and_names_its_evidence() -> None:
    assert len({rule.sentence for rule in RULES.values()}) == len(RULES)
    assert RULES["ani-string"].problem() == "aniValues is a string, taken as one number [I]"


def test_importing_the_protocol_loads_no_models() -> None:
    heavy = ("pydantic", "_messages", "_incoming", "_outgoing", "_crm_data", "_settings")
    code = (
        "import sys, crmwidget.protocol as p; p.incoming('ready');"
        f"print([m for m in sys.modules if m.split('.')[-1] in {heavy!r}])"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


def test_all_public_names_can_be_had_and_no_others() -> None:
    assert all(getattr(protocol, name) is not None for name in protocol.__all__)
    assert dir(protocol) == sorted(protocol.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        protocol.nothing  # noqa: B018


def test_what_is_written_is_plain_json() -> None:
    data = history_item(log(), "call-1")

    assert json.loads(json.dumps(data)) == data
