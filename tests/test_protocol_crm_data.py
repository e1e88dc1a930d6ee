"""crmData and its settings: what users give, what is sent, what is said about it."""

from __future__ import annotations

import json

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget.errors import CrmDataError
from crmwidget.protocol import (
    Capabilities,
    CrmData,
    CurrentUser,
    Settings,
    crm_data,
    settings_from_rows,
    user_from_row,
)
from crmwidget.protocol._settings import KEYS

USER = CurrentUser(id="1", name="Ada Marsh", username="ada@example.com")
NOTHING = {"call_log": False, "click_to_dial": False, "reports": False, "directory": False}
EVERYTHING = dict.fromkeys(NOTHING, True)

texts = st.text(max_size=5)
leaves = texts | st.booleans() | st.integers() | st.none() | st.floats() | st.lists(texts)
known = st.sampled_from(sorted(KEYS)).map(lambda name: (KEYS[name].section, KEYS[name].key))


# ---------------------------------------------------------------- settings
def test_settings_become_the_texts_of_the_wire() -> None:
    settings = Settings(
        call_log_enabled=True, click_to_dial=False, interaction_history_size=5, label_ready="Go"
    )

    assert settings.to_wire() == {
        "LogOptions": {"callLogEnabled": "Y", "interactionHistorySize": "5"},
        "SoftphoneOptions": {"clickToDial": "N"},
        "LabelOptions": {"ready": "Go"},
    }
    assert settings.problems == ()


def test_settings_read_back_as_booleans_and_texts() -> None:
    settings = Settings.from_wire(
        {"LogOptions": {"callLogEnabled": "Y", "interactionHistorySize": "5"}}
    )

    assert settings.call_log_enabled is True
    assert settings.interaction_history_size == "5"
    assert settings.click_to_dial is None
    assert settings.given == ("call_log_enabled", "interaction_history_size")


def test_every_known_setting_survives_the_wire() -> None:
    sent = {name: key.yes_no or f"value of {name}" for name, key in KEYS.items()}

    read = Settings.from_wire(Settings(**sent).to_wire())

    assert len(sent) == 91
    assert {name: getattr(read, name) for name in KEYS} == sent
    assert read.other == {}


def test_the_wire_spelling_is_the_samples() -> None:
    names = {
        "international_anisearch": "internationalAnisearch",
        "loggin_security_level": "logginSecurityLevel",
        "wait_before_perform_screenpop": "waitBeforePerformScreenpop",
        "transaction_log_custom_field2": "transactionLogCustomField2",
        "set_agent_state_to_not_ready_on_rona": "setAgentStateToNotReadyOnRona",
        "label_after_contact_work": "afterContactWork",
    }

    assert {name: KEYS[name].key for name in names} == names


@pytest.mark.parametrize(
    ("wrong", "nearest"),
    [
        ("call_log_enable", "call_log_enabled"),
        ("callLogEnabled", "call_log_enabled"),
        ("logging_security_level", "loggin_security_level"),
    ],
)
def test_an_unknown_setting_names_the_nearest(wrong: str, nearest: str) -> None:
    with pytest.raises(TypeError, match=f"no '{wrong}'. Did you mean {nearest}.*other="):
        Settings(**{wrong: True})  # type: ignore[arg-type]


def test_what_is_not_known_here_is_sent_all_the_same() -> None:
    settings = Settings(
        click_to_dial=True,
        other={"SoftphoneOptions": {"notReadyCode": "7", "beta": True}, "Scalar": "x"},
    )

    assert settings.to_wire() == {
        "SoftphoneOptions": {"clickToDial": "Y", "notReadyCode": "7", "beta": "Y"},
        "Scalar": "x",
    }
    assert settings.problems == ('SoftphoneOptions.beta is not text, sent as "Y" [S]',)


def test_a_known_setting_among_the_others_is_found() -> None:
    assert Settings(other={"LogOptions": {"callLogEnabled": "N"}}).call_log_enabled is False


def test_a_wrapper_beside_sections_is_only_an_unknown_section() -> None:
    wire = {"LogOptions": {"callLogEnabled": "Y"}, "parameters": {"a": "b"}}

    assert Settings.from_wire(wire).to_wire() == wire


@given(st.dictionaries(texts, st.dictionaries(texts, texts) | texts | st.integers()))
def test_texts_of_any_section_go_back_as_they_came(wire: dict[str, object]) -> None:
    settings = Settings.from_wire(wire)

    if "parameters" not in wire:
        assert settings.to_wire() == wire


@given(st.lists(st.tuples(known, leaves)))
def test_a_setting_of_any_type_is_sent_as_text_or_complained_of(
    entries: list[tuple[tuple[str, str], object]],
) -> None:
    wire: dict[str, dict[str, object]] = {}
    for (section, key), value in entries:
        wire.setdefault(section, {})[key] = value

    settings = Settings.from_wire(wire)

    sent = {
        f"{section}.{key}": value
        for section, values in settings.to_wire().items()
        for key, value in values.items()  # type: ignore[attr-defined]
    }
    for section, values in wire.items():
        for key, value in values.items():
            path = f"{section}.{key}"
            said = any(problem.startswith(f"{path} ") for problem in settings.problems)
            assert said or sent[path] == value
            assert sent.get(path) is None or isinstance(sent[path], str | list)


def test_the_repr_of_settings_shows_no_values() -> None:
    assert repr(Settings(voicemail_number="+12025550143")) == "Settings(1 given)"


def test_rows_of_a_settings_frame_become_sections() -> None:
    rows = [
        ("LogOptions", "callLogEnabled", True),
        ("SoftphoneOptions", "clickToDial", "no"),
        ("SoftphoneOptions", "reportsEnabled", 1),
        ("SoftphoneOptions", "serverResponseTimeout", 120.0),
        ("SoftphoneOptions", "startWorkState", "NR"),
        ("SoftphoneOptions", "voicemailNumber", float("nan")),
        ("SoftphoneOptions", "debounceTime", None),
        ("", "dialCountryCode", 1),
        ("Own", "flag", True),
    ]

    assert settings_from_rows(rows) == {
        "LogOptions": {"callLogEnabled": "Y"},
        "SoftphoneOptions": {
            "clickToDial": "N",
            "reportsEnabled": "Y",
            "serverResponseTimeout": "120",
            "startWorkState": "NR",
        },
        "DialingOptions": {"dialCountryCode": "1"},
        "Own": {"flag": "Y"},
    }


def test_a_row_without_a_section_whose_key_is_unknown_is_refused() -> None:
    with pytest.raises(CrmDataError, match="'flag' has no section"):
        settings_from_rows([(None, "flag", "x")])


# ---------------------------------------------------------------- crmData
def test_everything_missing_is_named_at_once() -> None:
    with pytest.raises(CrmDataError) as caught:
        crm_data(
            {"currentUser": {"name": "Ada", "Username": " ", "attributes": []}, "capabilities": 1}
        )

    assert caught.value.problems == [
        "callCenterSettings is missing",
        "currentUser.Name is missing (it is written 'Name', not 'name')",
        "currentUser.Username is blank",
        "currentUser.Id is missing",
        "currentUser.LanguageLocaleKey is missing",
        "currentUser.attributes is list, not a mapping",
        "capabilities is int, not a mapping",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "currentUser.attributes.type is missing"),
        ({"callCenterSettings": "x"}, "callCenterSettings is str"),
        ({"call_center_settings": {}}, "written 'callCenterSettings', not 'call_center_settings'"),
        ({"currentUser": 1}, "currentUser is int"),
        ({"currentUser": {"Id": True}}, "currentUser.Id is bool, not text"),
        ({"currentUser": {"Name": 1}}, "currentUser.Name is int, not text"),
        (None, "it is NoneType, not a mapping"),
    ],
)
def test_what_is_wrong_is_said(value: object, said: str) -> None:
    with pytest.raises(CrmDataError) as caught:
        crm_data(value)  # type: ignore[arg-type]

    assert said in str(caught.value)


def test_models_and_mappings_can_be_mixed() -> None:
    data = crm_data(
        {
            "callCenterSettings": Settings(language="en_US"),
            "currentUser": USER,
            "capabilities": Capabilities(name="crmwidget"),
        }
    )

    assert data.to_wire() == {
        "callCenterSettings": {"SoftphoneOptions": {"language": "en_US"}},
        "currentUser": {
            "attributes": {"type": "User"},
            "Name": "Ada Marsh",
            "Username": "ada@example.com",
            "Id": "1",
            "LanguageLocaleKey": "en_US",
        },
        "capabilities": {"name": "crmwidget"},
    }
    assert crm_data(data) is data
    assert crm_data(data.to_wire()) == data


def test_what_is_sent_is_plain_json() -> None:
    wire = CrmData(current_user=USER).with_defaults(**EVERYTHING).to_wire()

    assert json.loads(json.dumps(wire)) == wire


def test_reprs_do_not_show_the_agent() -> None:
    shown = repr(CrmData(current_user=USER)) + repr(USER)

    assert "Ada" not in shown
    assert "ada@" not in shown


def test_what_something_answers_is_switched_on_where_nothing_was_given() -> None:
    wire = CrmData(current_user=USER).with_defaults(**EVERYTHING).to_wire()

    assert wire["callCenterSettings"] == {
        "LogOptions": {"callLogEnabled": "Y"},
        "SoftphoneOptions": {"clickToDial": "Y", "reportsEnabled": "Y"},
    }
    assert wire["capabilities"] == {"directoryAvailable": True}


def test_what_was_not_given_contradicts_nothing() -> None:
    assert CrmData(current_user=USER).contradictions(**EVERYTHING) == []


def test_what_nothing_answers_is_left_to_the_connector() -> None:
    wire = CrmData(current_user=USER).with_defaults(**NOTHING).to_wire()

    assert wire["callCenterSettings"] == {}
    assert wire["capabilities"] == {}


def test_what_was_given_is_never_overruled_but_named() -> None:
    data = CrmData(
        current_user=USER,
        call_center_settings=Settings(
            call_log_enabled=False, click_to_dial=False, reports_enabled=False
        ),
        capabilities=Capabilities(directory_available=False),
    )

    assert data.with_defaults(**EVERYTHING) == data
    assert data.contradictions(**NOTHING) == []
    assert [line.split(" ")[0] for line in data.contradictions(**EVERYTHING)] == [
        "callLogEnabled",
        "clickToDial",
        "reportsEnabled",
        "directoryAvailable",
    ]
    assert all(
        "[I]" in line and "leave it out" in line for line in data.contradictions(**EVERYTHING)
    )


def test_an_odd_value_of_the_users_is_not_overruled_either() -> None:
    value = {
        "callCenterSettings": {"LogOptions": {"callLogEnabled": "maybe"}},
        "currentUser": USER,
        "capabilities": {"directoryAvailable": "yes"},
    }

    wire = crm_data(value).with_defaults(**EVERYTHING).to_wire()

    assert wire["callCenterSettings"]["LogOptions"] == {"callLogEnabled": "maybe"}  # type: ignore[index]
    assert wire["capabilities"] == {"directoryAvailable": "yes"}


def test_the_agent_is_the_users_display_name() -> None:
    assert CrmData(current_user=USER).agent == "Ada Marsh"


@pytest.mark.parametrize(
    ("code", "region"),
    [
        ("1", "US"),
        ("+44", "GB"),
        ("0049", "DE"),
        (7, "RU"),
        ("", None),
        ("999", None),
        (None, None),
    ],
)
def test_the_region_is_the_main_one_of_the_calling_code(
    code: str | int | None, region: str | None
) -> None:
    settings = Settings(dial_country_code=code)

    assert CrmData(current_user=USER, call_center_settings=settings).dial_region == region


def test_the_regions_are_those_of_phonenumbers() -> None:
    for code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        data = CrmData(current_user=USER, call_center_settings=Settings(dial_country_code=code))
        assert data.dial_region == (None if regions[0] == "001" else regions[0])


# ---------------------------------------------------------------- users frame
@pytest.mark.parametrize(
    ("row", "read"),
    [
        (
            {
                "Id": 7,
                "Name": "Ada Marsh",
                "Username": "ada",
                "Profile": "Admin",
                "Locale": "en-US",
            },
            ("7", "Ada Marsh", "ada", "Admin", "en-US"),
        ),
        (
            {"First Name": "Ada", "Last Name": "Marsh", "Email": "ada@example.com"},
            ("ada@example.com", "Ada Marsh", "ada@example.com", "User", "en_US"),
        ),
        (
            {"user_id": "u-1", "display name": "Ada", "login": "ada", "role": float("nan")},
            ("u-1", "Ada", "ada", "User", "en_US"),
        ),
    ],
    ids=["salesforce", "an export without ids", "own columns"],
)
def test_a_row_of_a_users_frame_becomes_the_agent(
    row: dict[str, object], read: tuple[str, ...]
) -> None:
    user = user_from_row(row)

    assert (user.id, user.name, user.username, user.type, user.language_locale_key) == read


def test_a_row_that_says_nothing_of_a_user_names_its_columns() -> None:
    with pytest.raises(CrmDataError, match="no username or e-mail among: plan, since"):
        user_from_row({"plan": "Gold", "since": 2020})
