"""Salesforce: the shape of every request, what becomes of every answer and error."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmwidget.adapters import Salesforce
from crmwidget.adapters._salesforce import like, quoted
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    CRMTimeoutError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.testing import interaction_log
from tests.adapters.fake import Time, Vendor

URL = "https://acme.my.salesforce.com"
API = "/services/data/v60.0"
BO = {
    "attributes": {"type": "Contact"},
    "Id": "003AB00000abcdeYAA",
    "FirstName": "Bo",
    "LastName": "Larsen",
    "Name": "Bo Larsen",
    "Email": "bo@example.com",
    "Title": None,
    "Phone": None,
    "MobilePhone": "(202) 555-0143",
    "HomePhone": "415-555-0132",
    "OtherPhone": None,
    "AssistantPhone": None,
}
DESCRIBED = {
    "fields": [
        {"name": "OwnerId", "label": "Owner", "custom": False, "createable": True},
        {
            "name": "Case__c",
            "label": "Case",
            "type": "string",
            "custom": True,
            "createable": True,
        },
        {
            "name": "Reason__c",
            "label": "Reason",
            "type": "picklist",
            "custom": True,
            "createable": True,
            "picklistValues": [
                {"label": "New", "value": "new", "active": True},
                {"label": "Old", "value": "old", "active": False},
            ],
        },
        {"name": "Sum__c", "label": "Sum", "type": "double", "custom": True, "createable": False},
    ]
}


def records(*rows: Any) -> dict[str, Any]:
    return {"totalSize": len(rows), "done": True, "records": list(rows)}


def vendor() -> Vendor:
    def query(asked: Any) -> Any:
        return records() if " FROM Task " in asked.query["q"] else records(BO)

    return (
        Vendor()
        .on(f"GET {API}/query", query)
        .on(f"POST {API}/sobjects/Task", (201, {"id": "00T1", "success": True, "errors": []}))
        .on(f"GET {API}/sobjects/Task/describe", DESCRIBED)
    )


def salesforce(fake: Vendor, **more: Any) -> Salesforce:
    return Salesforce(
        URL, auth="canary", client=fake.client(), region="US", clock=Time().clock(), **more
    )


@pytest.mark.parametrize(
    ("text", "string"),
    [
        ("+12025550143", "'+12025550143'"),
        ("O'Brien", r"'O\'Brien'"),
        ("\\' OR Name != '", r"'\\\' OR Name != \''"),
        ('a"b\nc\td', r"'a\"b\nc\td'"),
        ("\0\ud800", "'\ufffd\ufffd'"),
    ],
)
def test_a_text_in_soql_is_one_string_whatever_is_in_it(text: str, string: str) -> None:
    assert quoted(text) == string


def test_a_pattern_has_digits_only() -> None:
    assert like("2025") == "'%2%0%2%5%'"
    assert like("2'0_%\\") == "'%2%0%'"


def test_a_number_is_searched_for_as_it_is_usually_written_in_every_field() -> None:
    fake = vendor()

    match = salesforce(fake).find(["+12025550143"])[0]

    soql = fake.asked[0].query["q"]
    assert fake.routes() == [f"GET {API}/query"]
    assert fake.asked[0].headers["authorization"] == "Bearer canary"
    assert soql.startswith("SELECT Id, FirstName, LastName, Name, Email, Title, Phone, MobilePhone")
    assert " FROM Contact WHERE Phone IN ('+12025550143', '12025550143', " in soql
    assert "'(202) 555-0143'" in soql
    assert " OR MobilePhone IN (" in soql
    assert soql.endswith(" LIMIT 200")
    assert match.contact.id == "003AB00000abcdeYAA"
    assert [(p.kind, p.number) for p in match.contact.phones] == [
        ("mobile", "(202) 555-0143"),
        ("home", "415-555-0132"),
    ]
    assert match.contact.url == f"{URL}/lightning/r/Contact/003AB00000abcdeYAA/view"


def test_a_number_written_in_another_way_is_found_by_the_order_of_its_digits() -> None:
    odd = {**BO, "MobilePhone": "202/555*01-43"}
    fake = vendor().on(f"GET {API}/query", records(), records(odd))

    assert len(salesforce(fake).find(["+12025550143"])) == 1

    assert " WHERE Phone LIKE '%2%0%2%5%5%5%0%1%4%3%' OR " in fake.asked[1].query["q"]


@pytest.mark.parametrize(
    "hostile", ["+12025550143') OR (Name LIKE '%", "' OR Id != '", "\\", "%", "_______"]
)
def test_a_hostile_number_never_leaves_its_string(hostile: str) -> None:
    fake = vendor().on(f"GET {API}/query", records())

    salesforce(fake).find([hostile])

    for one in fake.asked:
        outside = "".join(one.query["q"].replace("\\'", "").split("'")[::2])
        assert "Name LIKE" not in outside
        assert "!=" not in outside


def test_contacts_are_listed_page_by_page() -> None:
    fake = vendor()
    more = f"{API}/query/01g-2000"
    fake.on(f"GET {API}/query", {"done": False, "nextRecordsUrl": more, "records": [BO]})
    fake.on(f"GET {more}", records({**BO, "Id": "003AB00000abcdfYAA"}))

    found = salesforce(fake).contacts()

    assert [contact.id for contact in found] == ["003AB00000abcdeYAA", "003AB00000abcdfYAA"]
    assert fake.asked[0].query["q"].endswith(" FROM Contact ORDER BY Id")
    assert fake.asked[1].query == {}


def test_a_contact_is_opened_by_its_id() -> None:
    fake = vendor().on(f"GET {API}/sobjects/Contact/003AB00000abcdeYAA", BO)

    contact = salesforce(fake).open("003AB00000abcdeYAA")

    assert contact.name == "Bo Larsen"  # type: ignore[union-attr]
    assert fake.asked[0].query["fields"].startswith("Id,FirstName")


@pytest.mark.parametrize("record_id", ["", "1", "../Account/001", "003AB00000abcde'--", "describe"])
def test_what_is_no_id_asks_nobody(record_id: str) -> None:
    fake = vendor()

    assert not salesforce(fake).open(record_id)
    assert fake.asked == []


def test_the_agent_is_whose_token_it_is() -> None:
    fake = vendor().on(
        "GET /services/oauth2/userinfo",
        {
            "user_id": "005AB",
            "name": "Ada Marsh",
            "preferred_username": "ada@example.com",
            "language": "en_GB",
        },
    )

    user = salesforce(fake).current_user()

    assert (user.id, user.name, user.username, user.language_locale_key) == (
        "005AB",
        "Ada Marsh",
        "ada@example.com",
        "en_GB",
    )


def test_a_log_becomes_a_finished_call_task_with_its_contact_and_its_key() -> None:
    fake = vendor()
    log = interaction_log(
        topic="Renewal",
        comments="Wants the yearly plan",
        custom_fields={"Case__c": "C-7", "OwnerId": "005-other", "Sum__c": "3"},
    )

    assert salesforce(fake).save_log(log) == "00T1"

    task = fake.asked[-1].body
    assert fake.routes()[-1] == f"POST {API}/sobjects/Task"
    description = task.pop("Description")
    assert task == {
        "Case__c": "C-7",
        "Subject": "Renewal",
        "Status": "Completed",
        "TaskSubtype": "Call",
        "ActivityDate": log.at.date().isoformat(),
        "CallObject": "test/1",
        "CallType": "Inbound",
        "WhoId": "003AB00000abcdeYAA",
    }
    assert description.startswith("Wants the yearly plan\n\nTopic: Renewal\n")
    assert "OwnerId: 005-other" in description
    assert "Sum__c: 3" in description


def test_a_log_is_looked_up_by_its_key_before_it_is_written() -> None:
    fake = vendor().on(f"GET {API}/query", records(BO), records({"Id": "00T0"}))

    assert salesforce(fake).save_log(interaction_log()) == "00T0"

    assert fake.asked[-1].query["q"] == "SELECT Id FROM Task WHERE CallObject = 'test/1' LIMIT 1"


def test_a_write_that_ended_unclearly_is_looked_for_and_never_written_again() -> None:
    fake = vendor()
    fake.on(f"GET {API}/query", records(BO), records(), records({"Id": "00T1"}))
    fake.on(f"POST {API}/sobjects/Task", httpx.ReadTimeout("late"))

    assert salesforce(fake).save_log(interaction_log()) == "00T1"
    assert fake.routes().count(f"POST {API}/sobjects/Task") == 1


def test_a_write_that_ended_unclearly_and_is_not_found_is_an_error() -> None:
    fake = vendor().on(f"POST {API}/sobjects/Task", httpx.ReadTimeout("late"))

    with pytest.raises(CRMTimeoutError) as raised:
        salesforce(fake).save_log(interaction_log())

    assert raised.value.unclear


def test_custom_fields_are_the_tasks_own_that_can_be_written() -> None:
    fields = salesforce(vendor()).custom_fields()

    assert list(fields) == ["Case__c", "Reason__c"]
    assert (fields["Reason__c"].type, list(fields["Reason__c"].options)) == ("PICKLIST", ["new"])


def test_reports_are_a_link() -> None:
    assert salesforce(vendor()).reports() == f"{URL}/lightning/o/Report/home"


def test_a_version_is_no_path() -> None:
    with pytest.raises(ValueError, match=r"version="):
        salesforce(vendor(), version="60.0/../../x")


def complaint(code: str, fields: Any = ()) -> list[Any]:
    return [{"message": "bo@example.com", "errorCode": code, "fields": list(fields)}]


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, complaint("INVALID_SESSION_ID"), CredentialsError, "INVALID_SESSION_ID.*some hours"),
        (403, complaint("REQUEST_LIMIT_EXCEEDED"), RateLimitedError, "REQUEST_LIMIT_EXCEEDED"),
        (403, complaint("API_DISABLED_FOR_ORG"), CredentialsError, "API Enabled"),
        (403, complaint("INSUFFICIENT_ACCESS"), CredentialsError, "the right to do this"),
        (404, complaint("NOT_FOUND"), RecordNotFoundError, "not found"),
        (400, complaint("MALFORMED_QUERY"), RefusedError, "MALFORMED_QUERY"),
        (400, complaint("INVALID_FIELD", ["HomePhone"]), RefusedError, "about HomePhone"),
        (503, complaint("SERVER_UNAVAILABLE"), UnexpectedAnswerError, "SERVER_UNAVAILABLE"),
        (500, b"", UnexpectedAnswerError, "it failed"),
        (300, [], UnexpectedAnswerError, "Check that|refused"),
        (200, {"records": None}, UnexpectedAnswerError, "no list of records"),
    ],
)
def test_every_documented_error_is_one_that_says_what_to_do(
    status: int, body: Any, kind: type[AdapterError], words: str
) -> None:
    fake = vendor().on(f"GET {API}/query", (status, body))

    with pytest.raises((kind, RefusedError) if status == 300 else kind, match=words) as raised:
        salesforce(fake).find(["+12025550143"])

    assert "example.com" not in str(raised.value)


def test_a_save_that_says_no_inside_a_success_is_an_error() -> None:
    said = {
        "id": None,
        "success": False,
        "errors": [{"statusCode": "STRING_TOO_LONG", "message": "bo", "fields": ["Subject"]}],
    }
    fake = vendor().on(f"POST {API}/sobjects/Task", (201, said))

    with pytest.raises(RefusedError, match=r"STRING_TOO_LONG; it complains about Subject"):
        salesforce(fake).save_log(interaction_log())


def test_it_says_that_it_was_not_run_against_the_vendor() -> None:
    assert "not run against the vendor" in repr(salesforce(vendor()))
    assert "Not run against the vendor" in str(Salesforce.__doc__)


def test_a_hostile_list_of_numbers_costs_no_more_than_a_few() -> None:
    few, many = vendor(), vendor()
    numbers = [f"+1202555{number:04}" for number in range(200, 300)]

    salesforce(few).find(numbers[:10])
    salesforce(many).find(numbers)

    assert len(many.asked) == len(few.asked)
