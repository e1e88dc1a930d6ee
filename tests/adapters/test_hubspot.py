"""HubSpot: the shape of every request, what becomes of every answer and error."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from crmwidget import Handlers
from crmwidget.adapters import HubSpot
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    CRMTimeoutError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.testing import Connector, interaction_log, navigate, screen_pop
from tests.adapters.fake import Time, Vendor

CONTACTS = "/crm/v3/objects/contacts"
CALLS = "/crm/v3/objects/calls"
BO = {
    "id": "501",
    "properties": {
        "firstname": "Bo",
        "lastname": "Larsen",
        "email": "bo@example.com",
        "phone": "(202) 555-0143",
        "mobilephone": "+1 202 555 0199",
        "company": "Example",
        "hs_object_id": "501",
    },
}
ACCOUNT = {"portalId": 4711, "uiDomain": "app-eu1.hubspot.com"}
OWNERS = {
    "results": [
        {
            "id": "61",
            "userId": 9,
            "email": "ada@example.com",
            "firstName": "Ada",
            "lastName": "Marsh",
        }
    ]
}
PROPERTIES = {
    "results": [
        {"name": "hs_call_title", "label": "Title", "type": "string", "hubspotDefined": True},
        {"name": "case_id", "label": "Case", "type": "string", "hubspotDefined": False},
        {
            "name": "reason",
            "label": "Reason",
            "type": "enumeration",
            "options": [{"label": "New", "value": "new"}, {"label": "Old", "value": "old"}],
        },
        {
            "name": "locked",
            "label": "Locked",
            "type": "string",
            "modificationMetadata": {"readOnlyValue": True},
        },
    ]
}


def vendor() -> Vendor:
    return (
        Vendor()
        .on("GET /account-info/v3/details", ACCOUNT)
        .on(f"POST {CONTACTS}/search", {"results": [BO]})
        .on(f"POST {CALLS}/search", {"results": []})
        .on(f"POST {CALLS}", (201, {"id": "9001"}))
        .on("GET /crm/v3/properties/calls", PROPERTIES)
        .on("GET /crm/v3/owners", OWNERS)
    )


def hubspot(fake: Vendor, **more: Any) -> HubSpot:
    more.setdefault("auth", "pat-canary")
    return HubSpot(client=fake.client(), region="US", clock=Time().clock(), **more)


def test_a_number_is_searched_for_in_every_field_in_one_request() -> None:
    fake = vendor()

    match = hubspot(fake).find(["+12025550143"])[0]

    body = fake.asked[0].body
    assert fake.routes()[0] == f"POST {CONTACTS}/search"
    assert fake.asked[0].headers["authorization"] == "Bearer pat-canary"
    filters = [group["filters"][0] for group in body["filterGroups"]]
    assert [(one["propertyName"], one["operator"]) for one in filters] == [
        ("hs_searchable_calculated_phone_number", "IN"),
        ("hs_searchable_calculated_mobile_number", "IN"),
        ("phone", "IN"),
        ("mobilephone", "IN"),
    ]
    assert filters[0]["values"] == ["2025550143"]
    assert "(202) 555-0143" in filters[2]["values"]
    assert body["limit"] == 100
    assert {"firstname", "lastname", "email", "phone", "mobilephone"} <= set(body["properties"])
    assert match.certain
    assert match.contact.name == "Bo Larsen"
    assert [(p.kind, p.number) for p in match.contact.phones] == [
        ("phone", "(202) 555-0143"),
        ("mobile", "+1 202 555 0199"),
    ]
    assert match.contact.email == "bo@example.com"
    assert match.contact.url == "https://app-eu1.hubspot.com/contacts/4711/record/0-1/501"
    assert match.contact.fields == {"company": "Example"}


def test_what_the_search_found_for_another_number_is_not_shown() -> None:
    other = {"id": "7", "properties": {"firstname": "Sam", "phone": "+1 415 555 0132"}}
    fake = vendor().on(f"POST {CONTACTS}/search", {"results": [other]})

    assert not hubspot(fake).find(["+12025550143"])


@pytest.mark.parametrize("numbers", [[], [""], ["anonymous"]])
def test_what_is_no_number_asks_nobody(numbers: list[str]) -> None:
    fake = vendor()

    assert not hubspot(fake).find(numbers)
    assert fake.asked == []


def test_of_a_thousand_numbers_ten_are_looked_for() -> None:
    fake = vendor()

    hubspot(fake).find([f"+1202555{n:04}" for n in range(1_000)])

    searches = [one for one in fake.asked if one.path.endswith("/search")]
    asked = [one.body["filterGroups"][0]["filters"][0]["values"] for one in searches]
    assert sum(map(len, asked)) == 10


def test_a_hostile_number_stays_a_value() -> None:
    fake = vendor()

    hubspot(fake).find(['+12025550143"}]}], "query": "*'])

    assert set(fake.asked[0].body) == {"filterGroups", "properties", "limit"}


def test_contacts_are_listed_page_by_page() -> None:
    fake = vendor().on(
        f"GET {CONTACTS}",
        {"results": [BO], "paging": {"next": {"after": "501", "link": "https://evil.example.org"}}},
        {"results": [{**BO, "id": "502"}]},
    )

    found = hubspot(fake).contacts()

    pages = [one for one in fake.asked if one.path == CONTACTS]
    assert [contact.id for contact in found] == ["501", "502"]
    assert [one.query.get("after") for one in pages] == [None, "501"]
    assert {one.query["limit"] for one in pages} == {"100"}
    assert all("mobilephone" in one.query["properties"] for one in pages)


def test_a_record_is_opened_by_its_id() -> None:
    fake = vendor().on(f"GET {CONTACTS}/501", BO)

    with Connector(Handlers(), crm=hubspot(fake)) as connector:
        connector.send(navigate("501"))

        record = connector.record
    assert record is not None
    assert record.url == "https://app-eu1.hubspot.com/contacts/4711/record/0-1/501"


@pytest.mark.parametrize(
    ("record_id", "path"),
    [
        ("../../owners", f"{CONTACTS}/..%2F..%2Fowners"),
        ("501?archived=true", f"{CONTACTS}/501%3Farchived%3Dtrue"),
        ("%2e%2e", f"{CONTACTS}/%252e%252e"),
    ],
)
def test_a_hostile_id_stays_one_piece_of_the_path(record_id: str, path: str) -> None:
    fake = vendor()

    assert not hubspot(fake).open(record_id)

    assert fake.asked[0].url.partition("?")[0].endswith(path)


@pytest.mark.parametrize("record_id", ["", ".", "..", "a\nb", "\0", "\ud800", "x" * 100_000])
def test_what_is_no_id_asks_nobody(record_id: str) -> None:
    fake = vendor()

    assert not hubspot(fake).open(record_id)
    assert fake.asked == []


def test_a_log_becomes_a_call_with_its_contact_and_its_key() -> None:
    fake = vendor()
    log = interaction_log(
        topic="Renewal",
        comments="Wants <b>the yearly</b> plan\nand a call",
        custom_fields={"case_id": "C-7", "hubspot_owner_id": "1", "unknown": "kept"},
    )

    saved = hubspot(fake, user="ada@example.com").save_log(log)

    assert saved == "9001"
    sent = fake.asked[-1].body
    properties = sent["properties"]
    assert fake.routes()[-1] == f"POST {CALLS}"
    assert properties["hs_call_title"] == "Renewal"
    assert properties["hs_call_external_id"] == "test/1"
    assert properties["hs_call_direction"] == "INBOUND"
    assert properties["hs_call_from_number"] == "+12025550143"
    assert properties["hs_call_to_number"] == "+12025550100"
    assert properties["hs_call_status"] == "COMPLETED"
    assert properties["hs_timestamp"] == log.at.isoformat()
    assert properties["case_id"] == "C-7"
    assert properties["hubspot_owner_id"] == "61"
    assert properties["hs_call_body"].startswith(
        "Wants &lt;b&gt;the yearly&lt;/b&gt; plan<br>and a call<br><br>Topic: Renewal<br>"
    )
    assert "unknown: kept" in properties["hs_call_body"]
    assert "hubspot_owner_id: 1" in properties["hs_call_body"]
    assert "case_id: C-7" not in properties["hs_call_body"]
    assert sent["associations"] == [
        {
            "to": {"id": "501"},
            "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 194}],
        }
    ]


def test_a_log_is_looked_up_by_its_key_before_it_is_written() -> None:
    fake = vendor().on(f"POST {CALLS}/search", {"results": [{"id": "8999"}]})

    assert hubspot(fake).save_log(interaction_log()) == "8999"

    search = next(one for one in fake.asked if one.path == f"{CALLS}/search")
    assert search.body["filterGroups"][0]["filters"] == [
        {"propertyName": "hs_call_external_id", "operator": "EQ", "value": "test/1"}
    ]
    assert f"POST {CALLS}" not in fake.routes()


def test_a_write_that_ended_unclearly_is_looked_for_and_never_written_again() -> None:
    fake = vendor()
    fake.on(f"POST {CALLS}", httpx.ReadTimeout("late"))
    fake.on(f"POST {CALLS}/search", {"results": []}, {"results": [{"id": "9001"}]})

    assert hubspot(fake).save_log(interaction_log()) == "9001"
    assert fake.routes().count(f"POST {CALLS}") == 1


def test_a_write_that_ended_unclearly_and_is_not_found_is_an_error() -> None:
    fake = vendor().on(f"POST {CALLS}", httpx.ReadTimeout("late"))

    with pytest.raises(CRMTimeoutError, match=r"look before writing again"):
        hubspot(fake).save_log(interaction_log())

    assert fake.routes().count(f"POST {CALLS}") == 1


def test_a_number_that_two_contacts_share_associates_none() -> None:
    fake = vendor().on(f"POST {CONTACTS}/search", {"results": [BO, {**BO, "id": "502"}]})

    hubspot(fake).save_log(interaction_log())

    sent = fake.asked[-1].body
    assert "associations" not in sent
    assert "hs_call_direction" not in sent["properties"]


def test_a_call_to_a_contact_is_outbound() -> None:
    fake = vendor()

    hubspot(fake).save_log(interaction_log(caller="+12025550100", called="+12025550143"))

    assert fake.asked[-1].body["properties"]["hs_call_direction"] == "OUTBOUND"


def test_a_nasty_log_is_sent_as_json_that_any_server_reads() -> None:
    fake = vendor()
    nasty = (
        '=cmd|"/c calc"!A1 \0 \ud800 \u202egnirts \u0645\u0631\u062d\u0628\u0627 ' + "x" * 100_000
    )

    with pytest.warns(UserWarning, match=r"cut off"):
        saved = hubspot(fake).save_log(interaction_log(topic=nasty, comments=nasty))

    assert saved == "9001"
    properties = fake.asked[-1].body["properties"]
    assert len(properties["hs_call_title"]) == 255
    assert properties["hs_call_title"].endswith(" [cut]")
    assert "\0" not in properties["hs_call_body"]
    assert "\ud800" not in properties["hs_call_body"]
    assert "\u202e" in properties["hs_call_body"]
    assert '=cmd|"/c calc"!A1' in properties["hs_call_body"]


@pytest.mark.parametrize("note", ["&" * 100_000, "a & b\n" * 9_000, "x" * 59_000 + "&" * 2_000])
def test_a_note_that_markup_makes_longer_still_has_room(note: str) -> None:
    fake = vendor()

    with pytest.warns(UserWarning, match=r"cut off"):
        hubspot(fake).save_log(interaction_log(comments=note))

    body = fake.asked[-1].body["properties"]["hs_call_body"]
    assert 59_990 < len(body) <= 60_000
    assert "Log: test/1" in body


def test_the_agent_is_the_owner_with_the_address_that_was_given() -> None:
    fake = vendor()

    user = hubspot(fake, user="ada@example.com").current_user()

    assert (user.id, user.name, user.username) == ("9", "Ada Marsh", "ada@example.com")
    assert fake.asked[0].query == {"email": "ada@example.com", "limit": "1"}


def test_without_an_address_the_agent_is_left_to_the_user() -> None:
    with Connector(Handlers(), crm=hubspot(vendor())) as connector:
        answers = connector._client.sources.table()

    assert answers["crm_data"] == "nobody"
    assert answers["screen_pop"] == "crm=HubSpot.find (not run against the vendor)"


def test_an_address_nobody_has_is_an_error() -> None:
    fake = vendor().on("GET /crm/v3/owners", {"results": []})

    with pytest.raises(UnexpectedAnswerError, match=r"no owner has the e-mail address"):
        hubspot(fake, user="sam@example.com").current_user()


def test_custom_fields_are_the_calls_own_properties_that_can_be_written() -> None:
    fields = hubspot(vendor()).custom_fields(["case_id"])

    assert list(fields) == ["case_id", "reason"]
    assert (fields["case_id"].label, fields["case_id"].type) == ("Case", "STRING")
    assert (fields["reason"].type, list(fields["reason"].options)) == ("PICKLIST", ["new", "old"])


def test_reports_are_a_link_to_the_accounts_dashboards() -> None:
    assert hubspot(vendor()).reports() == "https://app-eu1.hubspot.com/reports-dashboard/4711"


def test_a_host_that_an_answer_names_is_used_in_links_only_if_it_is_hubspots() -> None:
    fake = vendor().on(
        "GET /account-info/v3/details", {"portalId": 1, "uiDomain": "app.hubspot.com.example.org"}
    )

    assert hubspot(fake).reports().startswith("https://app.hubspot.com/")


def test_a_token_that_may_not_read_the_account_gives_contacts_without_links() -> None:
    fake = vendor().on("GET /account-info/v3/details", (403, {}))
    fake.on(f"GET {CONTACTS}", {"results": [BO, {**BO, "id": "502"}]})

    found = hubspot(fake).contacts()

    assert [contact.url for contact in found] == [None, None]
    assert fake.routes().count("GET /account-info/v3/details") == 1


def error(category: str, **more: Any) -> dict[str, Any]:
    return {
        "status": "error",
        "message": "bo@example.com +12025550143",
        "category": category,
        "correlationId": "0f8fad5b-d9cb-469f-a165-70867728950e",
        **more,
    }


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, error("INVALID_AUTHENTICATION"), CredentialsError, "INVALID_AUTHENTICATION"),
        (401, error("EXPIRED_AUTHENTICATION"), CredentialsError, "EXPIRED_AUTHENTICATION"),
        (403, error("MISSING_SCOPES"), CredentialsError, "not allowed.*MISSING_SCOPES.*scopes"),
        (404, error("OBJECT_NOT_FOUND"), RecordNotFoundError, "not found"),
        (429, error("RATE_LIMITS", policyName="DAILY"), RateLimitedError, "RATE_LIMITS"),
        (
            400,
            error("VALIDATION_ERROR", errors=[{"context": {"propertyName": ["case_id"]}}]),
            RefusedError,
            "VALIDATION_ERROR; it complains about case_id",
        ),
        (409, error("CONFLICT"), RefusedError, "CONFLICT"),
        (500, error("INTERNAL_ERROR"), UnexpectedAnswerError, "INTERNAL_ERROR"),
        (502, b"<html>bad gateway</html>", UnexpectedAnswerError, "it failed"),
        (200, b"<html>log in</html>", UnexpectedAnswerError, "no JSON"),
        (200, {"total": 0}, UnexpectedAnswerError, "no list of records"),
        (200, {"results": "none"}, UnexpectedAnswerError, "no list of records"),
        (200, [], UnexpectedAnswerError, "no list of records"),
    ],
)
def test_every_documented_error_is_one_that_says_what_to_do(
    status: int, body: Any, kind: type[AdapterError], words: str
) -> None:
    fake = vendor().on(f"POST {CONTACTS}/search", (status, body))

    with pytest.raises(kind, match=words) as raised:
        hubspot(fake).find(["+12025550143"])

    assert (raised.value.crm, raised.value.call) == ("HubSpot", "find contacts")
    assert "example.com" not in str(raised.value)
    assert "0143" not in str(raised.value)


def test_it_says_that_it_was_not_run_against_the_vendor() -> None:
    adapter = hubspot(vendor())

    assert "not run against the vendor" in repr(adapter)
    assert "not run against the vendor" in adapter._repr_html_()
    assert "Not run against the vendor" in str(HubSpot.__doc__)


def test_a_screen_pop_shows_the_contact_that_hubspot_has() -> None:
    fake = vendor()

    with Connector(Handlers(), crm=hubspot(fake), region="US") as connector:
        connector.send(screen_pop("+12025550143"))

        record = connector.record
    assert record is not None
    assert record.name == "Bo Larsen"


def test_many_numbers_are_searched_for_in_bodies_that_are_short_enough() -> None:
    fake = vendor()
    numbers = [f"+1202555{number:04}" for number in range(100, 108)]

    hubspot(fake).find([*numbers, "9" * 5_000])

    bodies = [one.body for one in fake.asked if one.path == f"{CONTACTS}/search"]
    assert 1 < len(bodies) < len(numbers)
    assert max(len(json.dumps(body)) for body in bodies) <= 3_000
    searched = {
        text for body in bodies for text in body["filterGroups"][-1]["filters"][0]["values"]
    }
    assert {*numbers} <= searched


@pytest.mark.parametrize("answer", [404, 500, 429, {"no": "portal"}, httpx.ReadTimeout("slow")])
def test_a_contact_is_found_whatever_becomes_of_its_link(answer: Any) -> None:
    fake = vendor().on("GET /account-info/v3/details", answer)

    found = hubspot(fake).find(["+12025550143"])

    assert [match.contact.url for match in found] == [None]
