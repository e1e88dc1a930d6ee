"""Rest: a CRM that is declared answers what was declared, and no value leaves its place."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from crmwidget import Handlers
from crmwidget.adapters import Rest
from crmwidget.errors import (
    CredentialsError,
    CRMTimeoutError,
    RecordNotFoundError,
    UnexpectedAnswerError,
)
from crmwidget.testing import Connector, interaction_log, screen_pop
from tests.adapters.fake import Time, Vendor

URL = "https://crm.example.com/api"
BO = {
    "key": "C-1",
    "first": "Bo",
    "last": "Larsen",
    "numbers": {"work": "(202) 555-0143", "mobile": ["+1 202 555 0199", None]},
    "mail": "bo@example.com",
    "plan": "Gold",
}
FIELDS: dict[str, Any] = {
    "id": "key",
    "name": ["first", "last"],
    "phone": {"work": "numbers.work", "mobile": "numbers.mobile"},
    "email": "mail",
}


def rest(fake: Vendor, **more: Any) -> Rest:
    more.setdefault("fields", FIELDS)
    return Rest(URL, auth="canary", client=fake.client(), region="US", clock=Time().clock(), **more)


# ---------------------------------------------------------------- contacts
def test_a_number_is_asked_for_in_every_spelling_and_matched_exactly() -> None:
    other = {**BO, "key": "C-2", "numbers": {"work": "+44 555 0143"}}
    fake = Vendor().on("GET /api/people", {"data": {"list": [BO, other]}})
    adapter = rest(fake, find="/people?phone={number}&kind=person", items="data.list")

    matches = adapter.find(["+12025550143"])

    asked = [one.query["phone"] for one in fake.asked]
    assert asked[:2] == ["+12025550143", "12025550143"]
    assert "(202) 555-0143" in asked
    assert asked == adapter.spellings(["+12025550143"])
    assert {one.query["kind"] for one in fake.asked} == {"person"}
    assert [match.contact.id for match in matches if match.certain] == ["C-1"]
    contact = matches[0].contact
    assert contact.name == "Bo Larsen"
    assert [(p.kind, p.number) for p in contact.phones] == [
        ("work", "(202) 555-0143"),
        ("mobile", "+1 202 555 0199"),
    ]
    assert contact.email == "bo@example.com"
    assert contact.fields == {"plan": "Gold"}


def test_a_crm_that_ignores_how_numbers_are_written_is_asked_once() -> None:
    fake = Vendor().on("GET /api/people", [BO])

    assert len(rest(fake, find="/people?phone={number}", search="digits").find(["+12025550143"]))

    assert [one.query for one in fake.asked] == [{"phone": "2025550143"}]


def test_a_search_may_be_a_post_that_is_repeated_because_it_only_reads() -> None:
    fake = Vendor().on("POST /api/search", 503, [BO])
    adapter = rest(
        fake,
        find=("POST", "/search", {"where": [{"phone": "{number}"}], "note": "for {number}"}),
        search="digits",
    )

    assert len(adapter.find(["+12025550143"])) == 1

    body = {"where": [{"phone": "2025550143"}], "note": "for 2025550143"}
    assert [one.body for one in fake.asked] == [body, body]


@pytest.mark.parametrize(
    "hostile",
    [
        "+12025550143&admin=true",
        "+12025550143#",
        "../../+12025550143",
        "+12025550143?x=1",
        "{id}+12025550143",
        "+12025550143%26a=b",
        "+12025550143\r\nX-Injected: 1",
    ],
)
def test_a_hostile_number_stays_one_value(hostile: str) -> None:
    fake = Vendor().on("GET /api/people", [])

    rest(fake, find="/people?phone={number}").find([hostile])

    assert fake.asked
    assert all(set(one.query) == {"phone"} for one in fake.asked)
    assert all("x-injected" not in one.headers for one in fake.asked)


@pytest.mark.parametrize("record_id", ["../admin", "a/b", "a?b=c", "a#b", "a;b", "a%2Fb"])
def test_a_hostile_id_stays_one_piece_of_the_path(record_id: str) -> None:
    fake = Vendor()

    assert not rest(fake, open="/people/{id}").open(record_id)

    path = fake.asked[0].url.removeprefix(f"{URL}/people/")
    assert not set(path) & set("/?#;")


def test_a_record_is_opened_with_a_link_for_people() -> None:
    fake = Vendor().on("GET /api/people/C-1", BO)
    adapter = rest(fake, open="/people/{id}", record_url="https://crm.example.com/people/{id}")

    contact = adapter.open("C-1")

    assert contact.url == "https://crm.example.com/people/C-1"  # type: ignore[union-attr]


def test_a_link_that_an_answer_has_is_kept_only_if_it_is_one() -> None:
    fields = {**FIELDS, "url": "page"}
    fake = Vendor().on(
        "GET /api/people",
        [{**BO, "page": "https://crm.example.com/1"}, {**BO, "page": "javascript:alert(1)"}],
    )

    found = rest(fake, contacts="/people", fields=fields).contacts()

    assert [contact.url for contact in found] == ["https://crm.example.com/1", None]


def test_contacts_are_listed_by_links() -> None:
    fake = Vendor().on(
        "GET /api/people",
        {"results": [BO], "next": "https://crm.example.com/api/people?page=2"},
        {"results": [{**BO, "key": "C-2"}], "next": None},
    )

    found = rest(fake, contacts="/people", items="results", next="next").contacts()

    assert [contact.id for contact in found] == ["C-1", "C-2"]
    assert [one.query for one in fake.asked] == [{}, {"page": "2"}]


def test_contacts_are_listed_by_a_cursor() -> None:
    fake = Vendor().on(
        "GET /api/people",
        {"results": [BO], "paging": {"after": "x&y=1"}},
        {"results": [{**BO, "key": "C-2"}], "paging": {}},
    )
    adapter = rest(fake, contacts="/people", items="results", next=("paging.after", "cursor"))

    assert len(adapter.contacts()) == 2
    assert [one.query for one in fake.asked] == [{}, {"cursor": "x&y=1"}]


def test_a_next_page_on_another_host_is_refused() -> None:
    fake = Vendor().on("GET /api/people", {"results": [], "next": "https://evil.example.org/"})

    with pytest.raises(UnexpectedAnswerError, match=r"another host"):
        rest(fake, contacts="/people", items="results", next="next").contacts()


# -------------------------------------------------------------------- logs
BODY = {
    "note": "{text}",
    "title": "Call about {topic}",
    "person": "{contact_id}",
    "external_id": "{key}",
    "way": "{direction}",
    "fields": "{custom_fields}",
    "minutes": 3,
}


def test_a_log_fills_the_places_that_were_declared() -> None:
    fake = Vendor().on("GET /api/people", [BO]).on("POST /api/calls", (201, {"call": {"no": 5}}))
    adapter = rest(
        fake,
        find="/people?phone={number}",
        search="digits",
        save_log=("POST", "/calls", BODY),
        log_id="call.no",
    )

    saved = adapter.save_log(
        interaction_log(topic='"}, {text}', comments="{key}", custom_fields={"case": "C-7"})
    )

    assert saved == "5"
    body = fake.asked[-1].body
    assert body["note"].startswith("{key}\n\nTopic: ")
    assert body["title"] == 'Call about "}, {text}'
    assert body["person"] == "C-1"
    assert body["external_id"] == "test/1"
    assert body["way"] == "inbound"
    assert body["fields"] == {"case": "C-7"}
    assert body["minutes"] == 3


def test_a_log_is_looked_up_by_its_key_before_it_is_written() -> None:
    fake = Vendor().on("GET /api/calls", [{"id": 4, "external_id": "test/1"}])
    adapter = rest(fake, save_log=("POST", "/calls", BODY), find_log="/calls?external_id={key}")

    assert adapter.save_log(interaction_log()) == "4"
    assert [(one.method, one.query) for one in fake.asked] == [("GET", {"external_id": "test/1"})]


def test_a_log_that_shows_no_key_is_taken_where_the_server_finds_by_key() -> None:
    fake = Vendor().on("GET /api/calls", [{"id": 4}], [], [{"id": 4}])
    adapter = rest(fake, save_log=("POST", "/calls", BODY), find_log="/calls?external_id={key}")

    assert [adapter.save_log(interaction_log()) for _ in range(2)] == ["4", "4"]
    keys = [one.query["external_id"] for one in fake.asked]
    assert keys[0] == keys[2] == "test/1"
    assert len({*keys}) == 2  # and once a key that no log has


def test_where_logs_show_no_key_and_the_server_lists_all_none_is_taken_for_saved() -> None:
    fake = Vendor().on("GET /api/calls", [{"id": 4}, {"id": 5}])
    adapter = rest(fake, save_log=("POST", "/calls", BODY), find_log="/calls?external_id={key}")

    with pytest.raises(UnexpectedAnswerError, match="find_log="):
        adapter.save_log(interaction_log())

    assert {one.method for one in fake.asked} == {"GET"}


def test_a_log_is_looked_for_on_every_page() -> None:
    pages = [
        {"rows": [{"id": 4, "external_id": "test/0"}], "next": "B"},
        {"rows": [{"id": 5, "external_id": "test/1"}], "next": None},
    ]
    fake = Vendor().on("GET /api/calls", *pages)
    adapter = rest(
        fake,
        save_log=("POST", "/calls", BODY),
        find_log="/calls?external_id={key}&limit=1",
        items="rows",
        next=("next", "after"),
    )

    assert adapter.save_log(interaction_log()) == "5"
    asked = {"external_id": "test/1", "limit": "1"}
    assert [one.query for one in fake.asked] == [asked, {**asked, "after": "B"}]


def test_a_key_that_comes_back_as_a_number_is_the_same_key() -> None:
    fake = Vendor().on("GET /api/calls", [{"id": 4, "key": 16}, {"id": 5, "key": 17}])
    adapter = rest(fake, save_log=("POST", "/calls", BODY), find_log="/calls?key={key}")

    assert adapter.save_log(interaction_log(key="17")) == "5"


@pytest.mark.parametrize("within", ["external_id", "call.key"])
def test_a_server_that_lists_all_logs_whatever_is_asked_hides_none(within: str) -> None:
    name, _, inner = within.partition(".")
    others = [{"id": 4, name: {inner: "test/0"} if inner else "test/0"}]
    own = {"id": 6, name: {inner: "test/1"} if inner else "test/1"}
    body = {name: {inner: "{key}"} if inner else "{key}"}
    fake = Vendor().on("GET /api/calls", others, [*others, own]).on("POST /api/calls", (201, own))
    adapter = rest(fake, save_log=("POST", "/calls", body), find_log="/calls?q={key}")

    assert [adapter.save_log(interaction_log()) for _ in range(2)] == ["6", "6"]
    assert fake.routes() == ["GET /api/calls", "POST /api/calls", "GET /api/calls"]


def test_a_record_whose_own_id_has_the_name_of_the_parameter_is_the_one_asked_for() -> None:
    fake = Vendor().on("GET /api/calls", [{"id": "R-4"}], [])
    adapter = rest(fake, save_log=("POST", "/calls", BODY), find_log="/calls?id={key}")

    assert adapter.save_log(interaction_log()) == "R-4"


def test_a_write_with_a_key_in_its_header_is_repeated() -> None:
    fake = Vendor().on("POST /api/calls", 503, (201, {"id": 6}))
    adapter = rest(fake, save_log=("POST", "/calls", BODY), key_header="Idempotency-Key")

    assert adapter.save_log(interaction_log()) == "6"
    assert [one.headers["idempotency-key"] for one in fake.asked] == ["test/1"] * 2


def test_a_write_that_nothing_can_be_told_of_is_not_repeated() -> None:
    fake = Vendor().on("POST /api/calls", httpx.ReadTimeout("late"))

    with pytest.raises(CRMTimeoutError, match=r"look before writing again"):
        rest(fake, save_log=("POST", "/calls", BODY)).save_log(interaction_log())

    assert len(fake.asked) == 1


def test_an_answer_without_the_id_of_the_log_is_an_error() -> None:
    fake = Vendor().on("POST /api/calls", (200, {"ok": True}))

    with pytest.raises(UnexpectedAnswerError, match=r"nothing at 'id'"):
        rest(fake, save_log=("POST", "/calls", BODY)).save_log(interaction_log())


# ------------------------------------------------------------ the others
def test_the_agent_the_custom_fields_and_the_reports_are_what_was_declared() -> None:
    fake = Vendor().on("GET /api/me", {"u": {"id": 9, "full": "Ada Marsh", "login": "ada"}})
    fake.on("GET /api/fields", [{"key": "case", "title": "Case"}, {"key": None}])
    adapter = rest(
        fake,
        current_user=("/me", {"id": "u.id", "name": "u.full", "username": "u.login"}),
        custom_fields=("/fields", {"name": "key", "label": "title"}),
        reports="https://crm.example.com/reports",
    )

    user = adapter.current_user()

    assert (user.id, user.name, user.username) == ("9", "Ada Marsh", "ada")
    assert {n: f.label for n, f in adapter.custom_fields().items()} == {"case": "Case"}
    assert adapter.reports() == "https://crm.example.com/reports"


def test_what_was_not_declared_is_left_to_the_user() -> None:
    fake = Vendor().on("GET /api/people", [BO])

    with Connector(Handlers(), crm=rest(fake, find="/people?phone={number}")) as connector:
        answers = connector._client.sources.table()
        connector.send(screen_pop("+12025550143"))
        record = connector.record

    assert (
        answers["screen_pop"] == "crm=Rest.find (declared by you: not run against your CRM before)"
    )
    assert answers["save_log"] == "nobody"
    assert answers["open_reports"] == "nobody"
    assert record is not None
    assert record.name == "Bo Larsen"


def test_an_error_names_the_call() -> None:
    fake = Vendor().on("GET /api/people", 401)

    with pytest.raises(CredentialsError, match=r"the CRM, to list contacts: the credentials"):
        rest(fake, contacts="/people").contacts()


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"find": "/people"}, r"find= needs the place \{number\}"),
        ({"find": "/people?phone={phone}"}, r"find= has no place \{phone\}; known: \{number\}"),
        ({"find": "people?phone={number}"}, r"begins with one slash"),
        ({"find": "//evil.example.org/{number}"}, r"begins with one slash"),
        ({"find": ("POST", "/search", {"q": "{who}"})}, r"no place \{who\}"),
        ({"find": ("POST", "/search", {"q": "all"})}, r"needs the place \{number\}"),
        ({"open": "https://crm.example.com/{id}"}, r"begins with one slash"),
        ({"open": "/people/1"}, r"needs the place \{id\}"),
        ({"save_log": ("POST", "/calls", {"note": "{notes}"})}, r"no place \{notes\}"),
        ({"find_log": "/calls"}, r"needs the place \{key\}"),
        ({"contacts": "/people?id={id}"}, r"no place \{id\}; known: none"),
        ({"fields": {"telephone": "phone"}}, r"fields= knows email, id"),
        ({"search": "guess"}, r"search= is"),
    ],
)
def test_what_cannot_work_is_said_when_it_is_declared(declared: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Rest(URL, **declared)


def test_it_says_that_it_was_not_run_against_this_crm() -> None:
    assert "not run against your CRM" in repr(rest(Vendor()))


def test_what_a_path_asks_for_is_asked_for_on_every_page() -> None:
    pages = [{"rows": [{**BO, "key": 1}], "cur": "B"}, {"rows": [{**BO, "key": 2}], "cur": None}]
    fake = Vendor().on("GET /api/people", *pages)
    path = "/people?active=1&limit=50"
    adapter = rest(fake, contacts=path, items="rows", next=("cur", "after"))

    assert len(adapter.contacts()) == len(pages)
    first = {"active": "1", "limit": "50"}
    assert [one.query for one in fake.asked] == [first, {**first, "after": "B"}]


def test_a_parameter_that_a_path_has_twice_stays_so_and_a_cursor_takes_its_own_place() -> None:
    pages = [{"rows": [{**BO, "key": 1}], "cur": 50}, {"rows": [{**BO, "key": 2}], "cur": None}]
    fake = Vendor().on("GET /api/people", *pages)
    path = "/people?tag=a&tag=b&offset=0"

    rest(fake, contacts=path, items="rows", next=("cur", "offset")).contacts()

    queries = [one.url.partition("?")[2] for one in fake.asked]
    assert queries == ["tag=a&tag=b&offset=0", "tag=a&tag=b&offset=50"]


# ---------------------------------------------------------------- paths and places
@pytest.mark.parametrize(
    "number", ["+12025550143", "+442079460018", "+4930000000", "+390669882222"]
)
@pytest.mark.parametrize(
    ("find", "before", "behind"),
    [
        ('/people?where=[["phone","like","%{number}%"]]', '[["phone","like","%', '%"]]'),
        ("/people?where=%{number}", "%", ""),
        ("/people?where=100%25{number}", "100%", ""),
        ("/people?where=%2{number}%2", "%2", "%2"),
        ("/people?where=a%20b{number}", "a b", ""),
        ("/people?where=%zz{number}%", "%zz", "%"),
    ],
)
def test_a_percent_sign_beside_a_place_stays_one_and_takes_no_digit(
    find: str, before: str, behind: str, number: str
) -> None:
    fake = Vendor().on("GET /api/people", [])
    adapter = rest(fake, find=find)

    adapter.find([number])

    assert [one.query["where"] for one in fake.asked] == [
        f"{before}{text}{behind}" for text in adapter.spellings([number])
    ]


def test_a_percent_sign_in_the_link_of_a_record_takes_no_digit_of_its_id() -> None:
    fake = Vendor().on("GET /api/people", [{"id": "41", "phone": "(202) 555-0143"}])
    link = "https://crm.example.com/open?like=%{id}%"
    adapter = rest(fake, find="/people?q={number}", record_url=link, fields=None)

    assert adapter.find(["+12025550143"])[0].contact.url == (
        "https://crm.example.com/open?like=%2541%25"
    )


LISTED = {
    "id": 7,
    "name": [{"first": "Bo", "last": "Larsen"}],
    "phone": [
        {"label": "work", "value": "(202) 555-0143", "primary": False},
        {"label": "mobile", "value": "+1 202 555 0199", "primary": True},
        {"label": "none", "value": None},
    ],
    "email": [{"value": ""}, {"value": "bo@example.com"}],
}


@pytest.mark.parametrize(
    ("fields", "numbers"),
    [
        ({"phone": "phone.value"}, ["(202) 555-0143", "+1 202 555 0199"]),
        ({"phone": "phone.1.value"}, ["+1 202 555 0199"]),
        ({"phone": {"mobile": ["phone.1.value", "phone.9.value"]}}, ["+1 202 555 0199"]),
    ],
)
def test_a_path_goes_through_a_list_of_objects(fields: dict[str, Any], numbers: list[str]) -> None:
    fake = Vendor().on("GET /api/people", [LISTED])
    declared = {"id": "id", "name": ["name.first", "name.last"], "email": "email.value", **fields}

    contact = (
        rest(fake, find="/people?q={number}", fields=declared).find(["+12025550199"])[0].contact
    )

    assert [phone.number for phone in contact.phones] == numbers
    assert (contact.id, contact.name, contact.email) == (7, "Bo Larsen", "bo@example.com")
    assert contact.fields == {}


def test_a_name_with_a_point_in_it_is_a_place_too() -> None:
    row = {"id": 7, "Owner.Name": "Bo", "Tel.Work": "(202) 555-0143"}
    fake = Vendor().on("GET /api/people", [row])
    declared = {"id": "id", "name": "Owner.Name", "phone": "Tel.Work"}

    (contact,) = rest(fake, contacts="/people", fields=declared).contacts()

    assert (contact.name, contact.phone, contact.fields) == ("Bo", "(202) 555-0143", {})


@pytest.mark.parametrize(
    ("role", "place", "said"),
    [
        ("phone", "phone", "'phone' has objects with label, value, primary in it, and no text"),
        ("phone", "phone.number", "the objects in 'phone' have label, value, primary, and no"),
        ("phone", "id.value", "'id' is a value, and nothing is within it"),
        ("name", "name", "'name' has objects with first, last in it, and no text"),
        ("email", "email.address", "the objects in 'email' have value, and no 'address'"),
    ],
)
def test_a_place_that_was_declared_and_holds_no_text_is_said_with_what_it_holds(
    role: str, place: str, said: str
) -> None:
    fake = Vendor().on("GET /api/people", {"list": [LISTED]}).on("GET /api/people/7", LISTED)
    adapter = rest(
        fake,
        find="/people?q={number}",
        open="/people/{id}",
        contacts="/people",
        items="list",
        fields={"id": "id", "name": "name.first", "phone": "phone.value", role: place},
    )

    asks = (lambda: adapter.find(["+12025550143"]), adapter.contacts, lambda: adapter.open(7))
    for ask in asks:
        with pytest.raises(UnexpectedAnswerError) as raised:
            ask()
        assert f"have no {role} where fields= says: {said}" in str(raised.value)
        assert 'fields={"phone": "phone.value"}' in raised.value.advice
        assert "555" not in str(raised.value)


def test_one_record_of_another_shape_costs_no_other() -> None:
    rows = [LISTED, {"id": 8, "phone": "(202) 555-0143"}, {"id": 9, "phone": {}}, {"id": 10}]
    fake = Vendor().on("GET /api/people", rows)

    found = rest(fake, contacts="/people", fields={"id": "id", "phone": "phone.value"}).contacts()

    assert [contact.id for contact in found] == [7, 8, 9, 10]
    assert [len(contact.phones) for contact in found] == [2, 0, 0, 0]


@pytest.mark.parametrize("row", [{"id": 7}, {"id": 7, "phone": None}, {"id": 7, "phone": []}])
def test_a_record_without_a_number_is_nothing_to_complain_about(row: dict[str, Any]) -> None:
    fake = Vendor().on("GET /api/people", [row])

    found = rest(fake, contacts="/people", fields={"id": "id", "phone": "phone.value"}).contacts()

    assert [contact.phones for contact in found] == [()]


# ---------------------------------------------------------------- what was declared wrongly
def test_a_path_where_nothing_is_is_named_without_what_it_was_asked_for() -> None:
    fake = Vendor()  # which answers 404

    with pytest.raises(RecordNotFoundError) as raised:
        rest(fake, find="/persons?phone={number}").find(["+12025550143"])

    assert "nothing at /persons (HTTP 404). Check find=" in str(raised.value)
    assert "555" not in str(raised.value)


@pytest.mark.parametrize("argument", ["save_log", "find_log"])
def test_a_path_for_logs_where_nothing_is_is_named_too(argument: str) -> None:
    save_log = ("POST", "/calls", {"text": "{text}", "key": "{key}"})
    declared: dict[str, Any] = {"save_log": save_log}
    if argument == "find_log":
        declared["find_log"] = "/log?key={key}"
    adapter = rest(Vendor(), **declared)

    with pytest.raises(RecordNotFoundError, match=f"Check {argument}="):
        adapter.save_log(interaction_log(interaction_id="7"))


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("results", "no list at 'results'. Give items= the place of its list: the answer has rows"),
        (None, "its answer is not a list. Give items= the place of its list: the answer has rows"),
    ],
)
def test_a_list_that_is_somewhere_else_is_said_with_where_it_is(
    items: str | None, said: str
) -> None:
    fake = Vendor().on("GET /api/people", {"rows": [BO], "total": 1})

    with pytest.raises(UnexpectedAnswerError, match=re.escape(said)):
        rest(fake, contacts="/people", items=items).contacts()


@pytest.mark.parametrize(
    ("role", "place"), [("phone", "mobile"), ("name", "full.name"), ("id", "uuid")]
)
def test_a_key_that_no_record_has_is_said_once_with_those_they_have(role: str, place: str) -> None:
    fake = Vendor().on("GET /api/people", [BO])
    adapter = rest(fake, find="/people?phone={number}", fields={**FIELDS, role: place})

    with pytest.warns(UserWarning, match=f"no record has '{place}', .* key, first, last") as told:
        adapter.find(["+12025550143"])
    adapter.find(["+12025550143"])  # a second warning would be an error here

    assert len(told) == 1
    assert "Larsen" not in str(told[0].message)


def test_a_question_that_was_left_out_says_what_to_give_when_it_is_asked_by_hand() -> None:
    with pytest.raises(TypeError, match=re.escape("Give Rest(..., contacts=), or answer with a")):
        rest(Vendor(), find="/people?phone={number}").contacts()


def test_one_number_may_be_given_as_it_is() -> None:
    fake = Vendor().on("GET /api/people", [BO])

    found = rest(fake, find="/people?phone={number}").find("+12025550143")

    assert [match.contact.id for match in found] == ["C-1"]
