"""Dynamics: the shape of every request, what becomes of every answer and error."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmwidget.adapters import Dynamics
from crmwidget.adapters._dynamics import literal
from crmwidget.errors import (
    AdapterError,
    CredentialsError,
    RateLimitedError,
    RecordNotFoundError,
    RefusedError,
    UnexpectedAnswerError,
)
from crmwidget.testing import interaction_log
from tests.adapters.fake import Asked, Time, Vendor

URL = "https://acme.crm.dynamics.com"
API = "/api/data/v9.2"
GUID = "8da6e5b9-88df-e311-b8e5-6c3be5a8b200"
BO = {
    "@odata.etag": 'W/"1"',
    "contactid": GUID,
    "fullname": "Bo Larsen",
    "emailaddress1": "bo@example.com",
    "jobtitle": "Buyer",
    "telephone1": "+1 202-555-0143",
    "telephone2": None,
    "mobilephone": None,
}


class Dataverse(Vendor):
    """A Vendor that also takes phone calls at whatever id they are given."""

    created: Any = 204
    completed: Any = 204

    def __call__(self, request: Any) -> Any:
        path = request.url.path
        if path.startswith(f"{API}/phonecalls("):
            creates = request.headers.get("if-none-match") == "*"
            self.answers.setdefault(
                f"PATCH {path}", [lambda asked: self._next(asked, creates=creates)]
            )
        return super().__call__(request)

    def _next(self, asked: Asked, *, creates: bool) -> Any:
        given = self.created if asked.headers.get("if-none-match") == "*" else self.completed
        if isinstance(given, list):
            given = given.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


def vendor() -> Dataverse:
    fake = Dataverse()
    fake.on(f"GET {API}/contacts", {"value": [BO]})
    fake.on(
        f"GET {API}/EntityDefinitions(LogicalName='phonecall')/Attributes",
        {
            "value": [
                {
                    "LogicalName": "new_case",
                    "AttributeType": "String",
                    "IsValidForCreate": True,
                    "DisplayName": {"UserLocalizedLabel": {"Label": "Case"}},
                },
                {"LogicalName": "new_sum", "AttributeType": "Money", "IsValidForCreate": True},
                {
                    "LogicalName": "new_plain",
                    "AttributeType": "Memo",
                    "IsValidForCreate": True,
                    "DisplayName": {"UserLocalizedLabel": None},
                },
            ]
        },
    )
    return fake


def dynamics(fake: Vendor) -> Dynamics:
    return Dynamics(URL, auth="canary", client=fake.client(), region="US", clock=Time().clock())


def patches(fake: Vendor) -> list[Asked]:
    return [one for one in fake.asked if one.method == "PATCH"]


@pytest.mark.parametrize(
    ("text", "string"),
    [("O'Brien", "'O''Brien'"), ("' or 1 eq 1 or ''='", "''' or 1 eq 1 or ''''='''"), ("", "''")],
)
def test_a_text_in_odata_is_one_string_whatever_is_in_it(text: str, string: str) -> None:
    assert literal(text) == string


def test_a_number_is_searched_for_as_it_is_usually_written_in_every_column() -> None:
    fake = vendor()

    match = dynamics(fake).find(["+12025550143"])[0]

    asked = fake.asked[0]
    assert fake.routes() == [f"GET {API}/contacts"]
    assert asked.headers["authorization"] == "Bearer canary"
    assert asked.headers["odata-version"] == "4.0"
    assert asked.query["$select"].startswith("contactid,fullname,emailaddress1,jobtitle,telephone1")
    assert asked.query["$top"] == "200"
    assert asked.query["$filter"].startswith(
        "statecode eq 0 and (Microsoft.Dynamics.CRM.In(PropertyName='telephone1',"
        "PropertyValues=['+12025550143','12025550143',"
    )
    assert "'(202) 555-0143'" in asked.query["$filter"]
    assert " or Microsoft.Dynamics.CRM.In(PropertyName='mobilephone'," in asked.query["$filter"]
    assert match.contact.id == GUID
    assert [(p.kind, p.number) for p in match.contact.phones] == [("business", "+1 202-555-0143")]
    assert match.contact.url == f"{URL}/main.aspx?pagetype=entityrecord&etn=contact&id={GUID}"


def test_a_number_written_in_another_way_is_found_by_the_order_of_its_digits() -> None:
    odd = {**BO, "telephone1": "202/555*01-43"}
    fake = vendor()
    fake.on(f"GET {API}/contacts", {"value": []}, {"value": [odd]})

    assert len(dynamics(fake).find(["+12025550143"])) == 1

    assert "contains(telephone1,'2%0%2%5%5%5%0%1%4%3')" in fake.asked[1].query["$filter"]


@pytest.mark.parametrize("hostile", ["+12025550143') or contains(fullname,'", "'", "%", "')"])
def test_a_hostile_number_never_leaves_its_string(hostile: str) -> None:
    fake = vendor()
    fake.on(f"GET {API}/contacts", {"value": []})

    dynamics(fake).find([hostile])

    for one in fake.asked:
        outside = "".join(one.query["$filter"].replace("''", "").split("'")[::2])
        assert "fullname" not in outside


def test_contacts_are_listed_page_by_page_within_the_host() -> None:
    fake = vendor()
    more = f"{URL}{API}/contacts?$skiptoken=x"
    fake.on(f"GET {API}/contacts", {"value": [BO], "@odata.nextLink": more}, {"value": [BO, "odd"]})

    assert len(dynamics(fake).contacts()) == 2

    assert fake.asked[0].headers["prefer"] == "odata.maxpagesize=500"
    assert fake.asked[1].query == {"$skiptoken": "x"}
    assert fake.asked[1].headers["prefer"] == "odata.maxpagesize=500"


def test_a_next_page_on_another_host_is_refused() -> None:
    fake = vendor()
    fake.on(
        f"GET {API}/contacts", {"value": [], "@odata.nextLink": "https://x.crm4.dynamics.com/api"}
    )

    with pytest.raises(UnexpectedAnswerError, match=r"another host"):
        dynamics(fake).contacts()


def test_a_contact_is_opened_by_its_id() -> None:
    fake = vendor()
    fake.on(f"GET {API}/contacts({GUID})", BO)

    assert dynamics(fake).open(GUID).name == "Bo Larsen"  # type: ignore[union-attr]


@pytest.mark.parametrize("record_id", ["", "1", f"{GUID})/x", "accounts", f"{GUID}\n"])
def test_what_is_no_id_asks_nobody(record_id: str) -> None:
    fake = vendor()

    assert not dynamics(fake).open(record_id)
    assert fake.asked == []


def test_the_agent_is_whose_token_it_is() -> None:
    fake = vendor()
    fake.on(f"GET {API}/WhoAmI", {"UserId": GUID})
    fake.on(
        f"GET {API}/systemusers({GUID})", {"fullname": "Ada Marsh", "domainname": "ada@example.com"}
    )

    user = dynamics(fake).current_user()

    assert (user.id, user.name, user.username) == (GUID, "Ada Marsh", "ada@example.com")


def test_an_agent_without_an_id_is_no_agent() -> None:
    fake = vendor()
    fake.on(f"GET {API}/WhoAmI", {"UserId": "../contacts"})

    with pytest.raises(UnexpectedAnswerError, match=r"no UserId"):
        dynamics(fake).current_user()


def test_a_log_becomes_a_completed_phone_call_with_its_contact() -> None:
    fake = vendor()
    log = interaction_log(
        topic="Renewal",
        comments="Wants the yearly plan",
        custom_fields={"new_case": "C-7", "new_sum": "3", "ownerid": "x"},
    )

    record_id = dynamics(fake).save_log(log)

    created, completed = patches(fake)
    assert created.path == f"{API}/phonecalls({record_id})" == completed.path
    assert created.headers["if-none-match"] == "*"
    description = created.body.pop("description")
    assert created.body == {
        "new_case": "C-7",
        "subject": "Renewal",
        "phonenumber": "+12025550143",
        "directioncode": False,
        "regardingobjectid_contact@odata.bind": f"/contacts({GUID})",
        "phonecall_activity_parties": [
            {"partyid_contact@odata.bind": f"/contacts({GUID})", "participationtypemask": 1}
        ],
    }
    assert description.startswith("Wants the yearly plan\n\nTopic: Renewal\n")
    assert "new_sum: 3" in description
    assert "ownerid: x" in description
    assert completed.body == {"statecode": 1, "statuscode": 4}
    assert completed.headers["if-match"] == "*"


def test_the_same_log_twice_is_one_record() -> None:
    fake = vendor()
    fake.created = [204, 412]
    adapter = dynamics(fake)

    first, second = adapter.save_log(interaction_log()), adapter.save_log(interaction_log())

    assert first == second
    assert len({one.path for one in patches(fake)}) == 1
    assert adapter.save_log.__doc__


def test_another_log_is_another_record() -> None:
    fake = vendor()
    adapter = dynamics(fake)

    assert adapter.save_log(interaction_log(key="a/1")) != adapter.save_log(
        interaction_log(key="a/2")
    )


def test_a_write_that_was_cut_is_repeated_because_it_creates_only_what_is_not_there() -> None:
    fake = vendor()
    fake.created = [httpx.ReadError("cut"), 412]

    dynamics(fake).save_log(interaction_log())

    assert [one.headers.get("if-none-match") for one in patches(fake)] == ["*", "*", None]


def test_long_comments_are_cut_with_a_warning() -> None:
    fake = vendor()

    with pytest.warns(UserWarning, match=r"letters of the comments; the rest"):
        dynamics(fake).save_log(interaction_log(comments="x" * 100_000))

    description = patches(fake)[0].body["description"]
    assert len(description) == 2_000
    assert " [cut]\n\nTopic: Renewal\n" in description
    assert "Log: test/1" in description


def test_a_call_to_a_contact_goes_out() -> None:
    fake = vendor()

    dynamics(fake).save_log(interaction_log(caller="+12025550100", called="+12025550143"))

    created, completed = patches(fake)
    assert created.body["directioncode"] is True
    assert created.body["phonenumber"] == "+12025550143"
    assert created.body["phonecall_activity_parties"][0]["participationtypemask"] == 2
    assert completed.body["statuscode"] == 2


def test_custom_fields_are_the_text_columns_that_somebody_added() -> None:
    fields = dynamics(vendor()).custom_fields()

    assert {name: field.label for name, field in fields.items()} == {
        "new_case": "Case",
        "new_plain": "new_plain",
    }


def test_reports_are_a_link() -> None:
    assert dynamics(vendor()).reports() == f"{URL}/main.aspx?pagetype=dashboard"


def complaint(code: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": "bo@example.com with Id 8da6e5b9"}}


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, b"", CredentialsError, "has to be issued for this address"),
        (403, complaint("0x80040220"), CredentialsError, "a security role"),
        (404, complaint("0x80040217"), RecordNotFoundError, "not found"),
        (429, complaint("0x80072322"), RateLimitedError, "asked too often"),
        (400, complaint("0x80060888"), RefusedError, "it says error-8006-0888"),
        (500, complaint("0x80040216"), UnexpectedAnswerError, "it failed"),
        (503, b"<html></html>", UnexpectedAnswerError, "it failed"),
        (200, {"value": {}}, UnexpectedAnswerError, "no list of records"),
    ],
)
def test_every_documented_error_is_one_that_says_what_to_do(
    status: int, body: Any, kind: type[AdapterError], words: str
) -> None:
    fake = vendor()
    fake.on(f"GET {API}/contacts", (status, body))

    with pytest.raises(kind, match=words) as raised:
        dynamics(fake).find(["+12025550143"])

    assert "example.com" not in str(raised.value)
    assert "8da6e5b9" not in str(raised.value)


def test_it_says_that_it_was_not_run_against_the_vendor() -> None:
    assert "not run against the vendor" in repr(dynamics(vendor()))
    assert "Not run against the vendor" in str(Dynamics.__doc__)


def test_a_hostile_list_of_numbers_costs_no_more_than_a_few() -> None:
    few, many = vendor(), vendor()
    numbers = [f"+1202555{number:04}" for number in range(200, 300)]

    dynamics(few).find(numbers[:10])
    dynamics(many).find(numbers)

    assert len(many.asked) == len(few.asked)
