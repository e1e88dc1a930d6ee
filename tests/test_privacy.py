"""Secrets stay secret, and no customer's data is shown by chance."""

from __future__ import annotations

import copy
import json
import pickle
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmwidget.safety.privacy import Secret, is_id, is_sensitive, mask, redact, tag_of

# The usual example of such a token.
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.SflKxwRJSMeKKF2QT4"  # noqa: S105


# ---------------------------------------------------------------- Secret
def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("hunter2")

    shown = [repr(secret), str(secret), f"{secret}", f"{secret:>10}", repr([secret])]

    assert not any("hunter2" in text for text in shown)
    assert secret.reveal() == "hunter2"


def test_a_secret_is_written_nowhere() -> None:
    secret = Secret("hunter2")

    for write in (pickle.dumps, json.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError) as caught:
            write(secret)
        assert "hunter2" not in str(caught.value)


def test_secrets_compare_by_what_they_hold() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
    assert not Secret("")


def untagged(value: object) -> object:
    """A redacted value without its tags, which no test can know."""
    return json.loads(re.sub(r"<(\w+) [0-9a-f]{8}( ..\d\d)?>", r"<\1\2>", json.dumps(value)))


# ---------------------------------------------------------------- mask
@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("call +1 202 555-0143 now", "call <phone ..43> now"),
        ("(202) 555-0143", "<phone ..43>"),
        ("02079460018", "<phone ..18>"),
        ("+44.20.7946.0018", "<phone ..18>"),
        ("tel:+442079460018;ext=2", "tel:<phone ..18>;ext=2"),
        ("+44\N{NO-BREAK SPACE}20\N{NON-BREAKING HYPHEN}79460018", "<phone ..18>"),
        ("1234567\n7654321", "<phone ..67>\n<phone ..21>"),
        ("<bo@example.com>, or", "<<email>>, or"),
        ("to=bo%40example.com&x=1", "to=<email>&x=1"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer <token>"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic <token>"),
        (f"got {TOKEN}!", "got <token>!"),
        ("https://ada:p@ss@crm.example.com/x", "https://<token>@crm.example.com/x"),
        ("/cb?code=x1&state=y2&tenantId=AB", "/cb?code=<token>&state=<token>&tenantId=AB"),
        ("?access_token=x&sig=y#id_token=z", "?access_token=<token>&sig=<token>#id_token=<token>"),
        ("{'password': 'two words'}", "{'password': <token>}"),
        ('"api_key": "k-1", "n": 1', '"api_key": <token>, "n": 1'),
        ("client_secret=abc", "client_secret=<token>"),
        ("id 3f786850e387550fdab836ed7e6dc881de23001b", "id <token>"),
        ("4d8f3c5e-1a2b-4c3d-9e8f-0123456789ab", "<token>"),
        ("c2VjcmV0IHRva2Vu/b2YgMzIgYnl0ZXMh+MTIzNDU2Nzg5MA==", "<token>"),
    ],
)
def test_what_looks_like_a_person_or_a_key_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "no contact with 555-01, extension 4021",
        "2026-11-24T10:27:31.123 and 2026-11-24 10:27",
        "requestNavigateToClickToDialResult in requestPerformInteractionScreenPop",
        "transactionLogCustomField1 is missing",
        'File "/opt/python3.11/site-packages/crmwidget/client/_client.py", line 120, in run',
        "KeyError: 'aniValues'",
        "the token expired; a basic understanding of it",
        "https://crm.example.com/contacts/C-1?tab=2",
        "",
    ],
)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert mask(text) == text


@given(
    prefix=st.text(string.ascii_letters + " .,", max_size=8),
    digits=st.text(string.digits, min_size=7, max_size=15),
    gap=st.sampled_from(["", " ", "-", ".", "/", ") ", "\N{NO-BREAK SPACE}"]),
    at=st.integers(1, 6),
)
def test_no_run_of_seven_digits_is_left(prefix: str, digits: str, gap: str, at: int) -> None:
    text = f"{prefix} +{digits[:at]}{gap}{digits[at:]} end"

    masked = mask(text)

    assert sum(letter.isdigit() for letter in masked) <= 2


@given(
    local=st.text(string.ascii_letters + string.digits + "._+-", min_size=1, max_size=80),
    before=st.sampled_from(["", "mailto:", "<", "user ", "'", "e=", "("]),
)
def test_no_address_is_left_wherever_it_stands(local: str, before: str) -> None:
    masked = mask(f"{before}{local}@crm.example.com")

    assert "@" not in masked
    assert "example" not in masked


@given(st.text(string.ascii_letters + string.digits + "_-", min_size=8, max_size=60))
def test_no_credential_is_left_behind_its_name(secret: str) -> None:
    for text in (
        f"token={secret}",
        f"password: {secret}",
        f"Bearer {secret}",
        f"https://x.example/?access_token={secret}&a=b",
        f"https://u:{secret}@x.example/",
        f"{{'api_key': '{secret}'}}",
    ):
        assert secret not in mask(text)


@given(st.text())
def test_masking_never_fails(text: str) -> None:
    assert isinstance(mask(text), str)


# ---------------------------------------------------------------- redact
CANARY = "Canaryzz"
SENSITIVE = [
    *("name", "Name", "recordName", "customerName", "Username", "first_name", "Full Name"),
    *("phone", "phoneNumber", "Mobile Phone", "email", "crmEmails", "crmPhones", "number"),
    *("aniValues", "dnis", "updatedOriginatingAddress", "updatedDestinationAddress"),
    *("comments", "topic", "subject", "textArray", "title", "currentValue", "notes"),
    *("header", "intrinsics", "logParameters", "customFields", "caller", "called"),
    *("password", "accessToken", "api_key", "Authorization", "set-cookie", "emailaddress"),
]

shapes = st.recursive(
    st.just(CANARY),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "id", "type"]), inner, min_size=1)
    ),
    max_leaves=6,
)


@given(
    name=st.sampled_from(SENSITIVE),
    planted=shapes,
    around=st.lists(st.sampled_from(["data", "message", "body", "results"]), max_size=4),
)
def test_nothing_planted_in_a_known_field_comes_through(
    name: str, planted: object, around: list[str]
) -> None:
    value: object = {name: planted}
    for key in around:
        value = {key: [value], "other": 1}

    shown = json.dumps(redact(value))

    assert CANARY not in shown
    assert json.dumps(name) in shown


def test_a_redacted_log_still_shows_its_shape() -> None:
    log = {
        "message": {
            "body": {
                "interactionId": "i-1",
                "interactionData": {
                    "updatedOriginatingAddress": "+12025550143",
                    "interaction": {"intrinsics": {"START_TIME": "10:27:31", "CALLER": "Bo"}},
                    "logDetails": {
                        "comments": "call me at home",
                        "customFields": [{"logFieldName": "case_id", "currentValue": 7}],
                    },
                    "queue": "sales, ask bo@example.com",
                },
            }
        }
    }

    assert untagged(redact(log)) == {
        "message": {
            "body": {
                "interactionId": "<text>",
                "interactionData": {
                    "updatedOriginatingAddress": "<phone ..43>",
                    "interaction": {"intrinsics": {"START_TIME": "10:27:31", "CALLER": "<text>"}},
                    "logDetails": {
                        "comments": "<text>",
                        "customFields": [{"logFieldName": "case_id", "currentValue": "<number>"}],
                    },
                    "queue": "sales, ask <email>",
                },
            }
        }
    }


def test_settings_stay_readable() -> None:
    settings = {
        "reqDisplayName": "Notebook",
        "serverHostName": "https://connector.example.com",
        "screenPopOnAni": "Y",
        "callLogEnabled": "Y",
        "customerJourneyButtonEnabled": "Y",
        "notificationsEnabled": "Y",
        "activateAgent": "",
        "useLocalSessionSharing": "N",
        "dialCountryCode": "1",
    }

    assert redact(settings) == settings


def test_keys_blanks_and_numbers_are_looked_at_too() -> None:
    value = {"bo@example.com": 1, "phone": " ", "n": 4021, "x": 12025550143, "name": None, "f": 0.5}

    assert untagged(redact(value)) == {
        "<email>": 1,
        "phone": " ",
        "n": 4021,
        "x": "<number>",
        "name": None,
        "f": 0.5,
    }


def test_a_date_of_birth_is_no_harmless_date() -> None:
    assert untagged(redact({"birthdate": "1985-10-26"})) == {"birthdate": "<text>"}


def test_what_json_cannot_carry_is_named_by_its_class() -> None:
    assert redact({"a": {1, 2}, "b": b"x", "c": (1, Secret("s"))}) == {
        "a": "<set>",
        "b": "<bytes>",
        "c": [1, "<Secret>"],
    }


def test_what_is_nested_beyond_all_measure_is_cut() -> None:
    deep: object = "x"
    for _ in range(100_000):
        deep = [deep]

    assert "<nested too deeply>" in json.dumps(redact(deep))


def test_the_value_given_is_left_alone() -> None:
    value = {"data": {"aniValues": ["+12025550143"]}}

    redact(value)

    assert value == {"data": {"aniValues": ["+12025550143"]}}


@pytest.mark.parametrize(
    "name", ["count", "valid", "paid", "action", "isEnabled", "url", "type", "dialogId", ""]
)
def test_not_every_name_is_sensitive(name: str) -> None:
    assert not is_sensitive(name)


@pytest.mark.parametrize(
    "name",
    [
        *("Id", "id", "ids", "recordId", "record_id", "recordID", "recordids", "interactionId"),
        *("agentId", "userid", "taskId", "customerUUID", "login", "owner", "stationId"),
    ],
)
def test_ids_lead_to_a_person(name: str) -> None:
    assert is_id(name)
    assert is_sensitive(name)


def test_an_id_is_the_same_as_a_number_and_as_a_text() -> None:
    clicked, shown = redact({"recordId": 7}, key=b"k"), redact({"taskId": "7"}, key=b"k")

    assert clicked["recordId"] == shown["taskId"] == tag_of("7", b"k")  # type: ignore[index]


def test_json_within_a_text_is_looked_at_by_its_names() -> None:
    text = json.dumps({"Case": {"recordId": "C-1", "comments": "at home", "type": "TEXT"}})

    shown = json.loads(str(redact({"data": text}, key=b"k")["data"]))  # type: ignore[index]

    assert untagged(shown) == {"Case": {"recordId": "<text>", "comments": "<text>", "type": "TEXT"}}
    deep = "[" * 100_000
    assert redact({"data": deep}) == {"data": deep}


def test_equal_values_can_still_be_joined_and_only_with_the_key() -> None:
    calls = {"caller": "+1 (202) 555-0143", "comments": "at home"}
    contacts = {"phone": "12025550143", "email": "Bo@example.com", "mail": "bo@example.com"}

    (one, other), (again, _) = (
        [redact(value, key=key) for value in (calls, contacts)] for key in (b"key", b"other key")
    )

    assert one["caller"] == other["phone"]  # type: ignore[index]
    assert other["email"] == other["mail"]  # type: ignore[index]
    assert one["caller"] != again["caller"]  # type: ignore[index]
    assert redact(calls) == redact(calls)


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\ud83d\ude00"])
def test_any_text_can_be_a_secret_and_be_compared(text: str) -> None:
    assert Secret(text) == Secret(text)
    assert Secret(text) != Secret("x")
    assert hash(Secret(text)) == hash(Secret(text))
