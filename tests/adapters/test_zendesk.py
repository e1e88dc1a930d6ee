"""Zendesk: the shape of every request, what becomes of every answer and error."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import httpx
import pytest

from crmwidget import Handlers
from crmwidget.adapters import Zendesk
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.testing import (
    Connector,
    crm_data_request,
    custom_fields,
    interaction_log,
    navigate,
    open_reports,
    screen_pop,
)
from tests.adapters.fake import Time, Vendor

URL = "https://acme.zendesk.com"
BO = {
    "id": 35,
    "name": "Bo Larsen",
    "phone": "+1 202 555 0143",
    "email": "bo@example.com",
    "role": "end-user",
    "tags": ["gold"],
    "result_type": "user",
}
ME = {
    "user": {
        "id": 9,
        "name": "Ada Marsh",
        "email": "ada@example.com",
        "role": "agent",
        "locale": "en-GB",
    }
}
FIELDS = {
    "ticket_fields": [
        {"id": 1, "type": "subject", "title": "Subject", "active": True, "removable": False},
        {"id": 77, "type": "text", "title": "Case", "active": True, "removable": True},
        {
            "id": 78,
            "type": "tagger",
            "title": "Reason",
            "active": True,
            "removable": True,
            "custom_field_options": [{"name": "New", "value": "new"}],
        },
        {"id": 79, "type": "text", "title": "Gone", "active": False, "removable": True},
    ]
}


def vendor() -> Vendor:
    return (
        Vendor()
        .on("GET /api/v2/users/me", ME)
        .on("GET /api/v2/search", {"results": [BO], "next_page": None})
        .on("GET /api/v2/tickets", {"tickets": []})
        .on("POST /api/v2/tickets", (201, {"ticket": {"id": 4001}}))
        .on("GET /api/v2/ticket_fields", FIELDS)
    )


def zendesk(fake: Vendor, **more: Any) -> Zendesk:
    more.setdefault("auth", ("ada@example.com", "canary"))
    return Zendesk(URL, client=fake.client(), region="US", clock=Time().clock(), **more)


@pytest.mark.parametrize("user", ["ada@example.com", "ada@example.com/token"])
def test_a_pair_is_an_address_and_an_api_token(user: str) -> None:
    fake = vendor()

    zendesk(fake, auth=(user, "canary")).current_user()

    given = fake.asked[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(given) == b"ada@example.com/token:canary"


def test_an_oauth_token_is_a_bearer() -> None:
    fake = vendor()

    zendesk(fake, auth="canary").current_user()

    assert fake.asked[0].headers["authorization"] == "Bearer canary"


def test_the_agent_is_whose_token_it_is() -> None:
    user = zendesk(vendor()).current_user()

    assert (user.id, user.name, user.username, user.type, user.language_locale_key) == (
        "9",
        "Ada Marsh",
        "ada@example.com",
        "Agent",
        "en_GB",
    )


def test_the_anonymous_user_with_a_200_means_that_the_credentials_do_not_count() -> None:
    anonymous = {"user": {"id": None, "name": "Anonymous user", "email": "invalid@example.com"}}
    fake = vendor().on("GET /api/v2/users/me", anonymous)

    with pytest.raises(CredentialsError, match=r"token access is switched on"):
        zendesk(fake).current_user()


@pytest.mark.parametrize(
    ("number", "term"),
    [("+12025550143", "*2025550143"), ("(202) 555-0143", "*2025550143"), ("110", "110")],
)
def test_a_number_is_searched_for_by_its_ending_a_short_one_whole(number: str, term: str) -> None:
    fake = vendor()

    zendesk(fake).find([number])

    query = f"type:user role:end-user phone:{term}"
    assert fake.asked[0].query == {"query": query, "per_page": "100"}


@pytest.mark.parametrize(
    "hostile",
    ["+12025550143 role:admin", "+12025550143*", "2025550143 -type:user", "1<2"],
)
def test_a_hostile_number_is_digits_in_a_search(hostile: str) -> None:
    fake = vendor()

    zendesk(fake).find([hostile])

    assert re.fullmatch(r"type:user role:end-user phone:\*?\d+", fake.asked[0].query["query"])


def test_a_text_that_is_no_number_is_not_searched_for() -> None:
    fake = vendor()

    assert not zendesk(fake).find(['202" OR name:*'])

    assert fake.asked == []


def test_an_end_user_is_found_however_the_number_is_written() -> None:
    match = zendesk(vendor()).find(["(202) 555-0143"])[0]

    assert match.certain
    assert match.contact.id == 35
    assert match.contact.url == "https://acme.zendesk.com/agent/users/35"
    assert match.contact.fields == {"role": "end-user", "tags": ["gold"]}


def test_an_ending_that_another_number_shares_is_not_certain() -> None:
    other = {**BO, "id": 36, "phone": "+44 2025550143"}
    fake = vendor().on("GET /api/v2/search", {"results": [other]})

    assert not [m for m in zendesk(fake).find(["+12025550143"]) if m.certain]


def test_what_is_no_number_asks_nobody() -> None:
    fake = vendor()

    assert not zendesk(fake).find(["", "anonymous"])
    assert fake.asked == []


def test_end_users_are_listed_page_by_page() -> None:
    fake = vendor().on(
        "GET /api/v2/users",
        {
            "users": [BO],
            "meta": {"has_more": True},
            "links": {"next": f"{URL}/api/v2/users?page%5Bafter%5D=x"},
        },
        {"users": [{**BO, "id": 36}], "meta": {"has_more": False}, "links": {"next": f"{URL}/x"}},
    )

    found = zendesk(fake).contacts()

    assert [contact.id for contact in found] == [35, 36]
    assert [one.query for one in fake.asked] == [
        {"role": "end-user", "page[size]": "100"},
        {"page[after]": "x"},
    ]


def test_a_next_page_on_another_host_is_refused() -> None:
    fake = vendor().on(
        "GET /api/v2/users",
        {"users": [], "meta": {"has_more": True}, "links": {"next": "https://evil.example.org/"}},
    )

    with pytest.raises(UnexpectedAnswerError, match=r"another host"):
        zendesk(fake).contacts()


def test_a_user_is_opened_by_id() -> None:
    fake = vendor().on("GET /api/v2/users/35", {"user": BO})

    contact = zendesk(fake).open("35")

    assert contact.url == "https://acme.zendesk.com/agent/users/35"  # type: ignore[union-attr]


@pytest.mark.parametrize("record_id", ["me", "../tickets", "35?include=x", "", "search"])
def test_what_is_no_id_of_a_user_asks_nobody(record_id: str) -> None:
    fake = vendor()

    assert not zendesk(fake).open(record_id)
    assert fake.asked == []


def test_a_user_who_is_gone_is_nobody() -> None:
    assert not zendesk(vendor()).open(36)


def test_a_log_becomes_a_ticket_with_an_internal_comment_its_requester_and_its_key() -> None:
    fake = vendor()
    log = interaction_log(
        topic="Renewal",
        comments="Wants the yearly plan",
        custom_fields={"Case": "C-7", "Gone": "x", "Subject": "overwritten"},
    )

    assert zendesk(fake).save_log(log) == "4001"

    sent = fake.asked[-1]
    ticket = sent.body["ticket"]
    assert sent.headers["idempotency-key"] == "test/1"
    assert ticket["external_id"] == "test/1"
    assert ticket["subject"] == "Renewal"
    assert ticket["requester_id"] == 35
    assert ticket["custom_fields"] == [{"id": 77, "value": "C-7"}]
    assert ticket["comment"]["public"] is False
    assert ticket["comment"]["body"].startswith("Wants the yearly plan\n\nTopic: Renewal\n")
    assert "Gone: x" in ticket["comment"]["body"]
    assert "Subject: overwritten" in ticket["comment"]["body"]


def test_a_log_is_looked_up_by_its_key_before_it_is_written() -> None:
    fake = vendor().on(
        "GET /api/v2/tickets",
        {"tickets": [{"id": 1, "external_id": "other"}, {"id": 3999, "external_id": "test/1"}]},
    )

    assert zendesk(fake).save_log(interaction_log()) == "3999"

    looked = next(one for one in fake.asked if one.path == "/api/v2/tickets")
    assert (looked.method, looked.query) == ("GET", {"external_id": "test/1"})
    assert "POST /api/v2/tickets" not in fake.routes()


def test_a_write_is_repeated_because_zendesk_honours_the_key() -> None:
    fake = vendor().on(
        "POST /api/v2/tickets", httpx.ReadError("cut"), 503, (201, {"ticket": {"id": 1}})
    )

    assert zendesk(fake).save_log(interaction_log()) == "1"

    sent = [one for one in fake.asked if one.method == "POST"]
    assert len(sent) == 3
    assert {one.headers["idempotency-key"] for one in sent} == {"test/1"}


def test_an_odd_key_is_sent_as_its_digest() -> None:
    fake = vendor()

    zendesk(fake).save_log(interaction_log(key="a,b\r\nX-Injected: 1"))

    key = fake.asked[-1].headers["idempotency-key"]
    assert len(key) == 40
    assert key == fake.asked[-1].body["ticket"]["external_id"]


def test_custom_fields_are_the_tickets_own_that_are_in_use() -> None:
    fields = zendesk(vendor()).custom_fields(["case"])

    assert list(fields) == ["Case", "Reason"]
    assert (fields["Reason"].type, list(fields["Reason"].options)) == ("PICKLIST", ["new"])


def test_reports_are_a_link() -> None:
    assert zendesk(vendor()).reports() == "https://acme.zendesk.com/explore"


def test_a_connector_gets_its_answers_from_the_crm() -> None:
    fake = vendor().on("GET /api/v2/users/35", {"user": BO})

    with Connector(Handlers(), crm=zendesk(fake)) as connector:
        agent = connector.ask(crm_data_request())["currentUser"]
        fields = json.loads(connector.ask(custom_fields(voice=["case"])))
        connector.send(screen_pop("(202) 555-0143"))
        popped = connector.record
        connector.send(navigate(35))
        opened = connector.record
        connector.send(open_reports())
        connector.send(interaction_log())

    assert (agent["Id"], agent["Name"]) == ("9", "Ada Marsh")
    assert "Case" in json.dumps(fields)
    assert popped is not None
    assert opened is not None
    assert popped.id == opened.id == 35
    assert [one.action for one in connector.received][-1] == "createHistoryItem"
    assert connector.received[-1].data["taskId"] == "4001"


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, {"error": "Couldn't authenticate you"}, CredentialsError, "Check auth="),
        (403, {"error": {"title": "Forbidden", "message": "x"}}, CredentialsError, "Forbidden"),
        (404, {"error": "RecordNotFound"}, RecordNotFoundError, "RecordNotFound"),
        (
            422,
            {
                "error": "RecordInvalid",
                "description": "bo@example.com",
                "details": {"subject": [{"description": "bo@example.com", "error": "Blank"}]},
            },
            RefusedError,
            "RecordInvalid; it complains about subject",
        ),
        (429, {"error": "APIRateLimitExceeded"}, RateLimitedError, "APIRateLimitExceeded"),
        (400, {"error": {"title": "Invalid attribute"}}, RefusedError, "refused what was sent"),
        (500, b"", UnexpectedAnswerError, "it failed"),
        (503, b"<html>maintenance</html>", UnexpectedAnswerError, "it failed"),
        (200, {"users": None}, UnexpectedAnswerError, "no list of records"),
    ],
)
def test_every_documented_error_is_one_that_says_what_to_do(
    status: int, body: Any, kind: type[AdapterError], words: str
) -> None:
    fake = vendor().on("GET /api/v2/search", (status, body))

    with pytest.raises(kind, match=words) as raised:
        zendesk(fake).find(["+12025550143"])

    assert "example.com" not in str(raised.value)


def test_it_says_that_it_was_not_run_against_the_vendor() -> None:
    assert "not run against the vendor" in repr(zendesk(vendor()))
    assert "Not run against the vendor" in str(Zendesk.__doc__)
